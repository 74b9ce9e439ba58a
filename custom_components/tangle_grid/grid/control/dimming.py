"""Sharing under a grid operator's dimming order.

An order lowers a feeder's capacity for a while, but leaves each controllable device a floor (in Germany 4.2 kW, section
14a EnWG and the regulator's ruling BK6-22-300). So the room that an order leaves is widened to what the floors need, as
far as the fuse carries them: the fuse always wins.
"""

from collections.abc import Sequence

from ..network.protection import Room
from .allocator import Demand, allocate


def share_out(
    room_a: Sequence[float],
    room: Room,
    demands: Sequence[Demand],
    floors_a: Sequence[float],
    admission_a: Sequence[float],
) -> tuple[list[float], list[float]]:
    """Allocate, with a floor for each device below an order.

    Args:
        room_a: `room.hard_a` or `room.soft_a`.
        room: Where the orders are.
        demands: One per device.
        floors_a: What an order leaves each device, A per phase; not looked at without an order.
        admission_a: `room.keep_a` or `room.start_a`; not looked at with an order.

    Returns:
        A for each demand, and the room that was in force: `room_a`, wider where floors need it.
    """
    if not room.dimmed:
        return allocate(room_a, demands, admission_a), list(room_a)
    fuse_a = room.fuse_a(room_a)
    dimmed = [any(room.ordered_a[limit] for limit in demand.limits) for demand in demands]
    least = allocate(
        fuse_a,
        [
            demand._replace(max_a=min(demand.max_a, floor)) if below else demand
            for demand, floor, below in zip(demands, floors_a, dimmed, strict=True)
        ],
    )
    needed = [0.0] * len(room_a)
    for demand, amps in zip(demands, least, strict=True):
        for limit, weight in zip(demand.limits, demand.weights or (1.0,) * len(demand.limits), strict=True):
            needed[limit] += amps * abs(weight)
    wider = [
        min(fuse, max(ordered, need)) if order else ordered
        for ordered, fuse, need, order in zip(room_a, fuse_a, needed, room.ordered_a, strict=True)
    ]
    raised = [
        demand._replace(min_a=max(demand.min_a, amps)) if below and amps > 0 else demand
        for demand, amps, below in zip(demands, least, dimmed, strict=True)
    ]
    return allocate(wider, raised), wider

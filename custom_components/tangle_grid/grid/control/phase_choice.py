"""Whether a charger would have more on one phase or on three.

By what is left on each phase of each feeder above it once all others have their share, and over all phases where a
capacity tariff or the sun is the limit. Below its least current it has nothing: so a car whose three phases have too
little for that goes on with one, and one whose single phase is full goes back to three.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ..device.charging import wants_charge
from ..device.phase_change import ONE, THREE, Count
from ..model.world import NOMINAL_V
from ..network.topology import Topology, limit_at
from .charger_decision import ChargerDecision
from .charging_modes import ModeLimit
from .decision import Asked

#: Another number of phases must give more by this share, and by so much, W: a change costs a minute and wears contacts.
_SHARE: Final = 1.2
_MORE_W: Final = 300.0
#: Another number must be better for so long before a charger is changed over, s: one that waits, and others.
_CHANGE_SOON_S: Final = 60.0
_CHANGE_S: Final = 180.0


def change_phases(
    charging: Iterable[ChargerDecision],
    chargers: Iterable[ChargerDecision],
    left: Sequence[float],
    topology: Topology,
    asked: Asked,
) -> None:
    """Let a charger begin to change over that would have clearly more by that; one at a time.

    Args:
        charging: Those that share the room, decided.
        chargers: All.
        left: What nobody has of each limit, A; see `Room`.
        topology: The feeder tree.
        asked: What limits devices beside their feeders, now.
    """
    free = not any(each.device.change.target is not None for each in chargers)
    for plan in charging:
        change, device_id, amps = plan.device.change, plan.device.device_id, plan.value or 0.0
        if not change.possible:
            continue
        helps = device_id in asked.wanted or device_id in asked.held or device_id in asked.outage
        choice = None if helps else better_phases(plan, amps, left, topology, asked.modes.get(device_id))
        patience_s = _CHANGE_SOON_S if amps <= 0 else _CHANGE_S
        if change.favour(asked.now, choice, patience_s=patience_s) and free and choice is not None:
            change.begin(asked.now, choice)
            free = False


def better_phases(
    plan: ChargerDecision, amps: float, left: Sequence[float], topology: Topology, mode: ModeLimit | None = None
) -> Count | None:
    """Return how many phases would be clearly better for a charger; None: what it has, or nobody can tell.

    Args:
        plan: The charger.
        amps: What it is told now, A per phase.
        left: What nobody has of each limit, A; see `Room`.
        topology: The feeder tree.
        mode: What its charging mode leaves it.
    """
    device, _config, wiring = plan.device, plan.charger, plan.wiring
    sun_w = None if mode is None else mode.power_w
    in_use = device.change.in_use
    blind = wiring.blind or wiring.suspect or wiring.checked or bool(wiring.lids)
    wants = wants_charge(device) and not device.silent and (plan.ceiling > 0 or bool(sun_w))
    if blind or not wants or not _can_change(plan):
        return None
    if in_use is None and device.change.is_shown:
        return None
    learned = device.phases.learned
    if in_use == THREE and learned is not None and len(learned) == ONE:
        # The car uses one anyway.
        return None
    now = THREE if in_use is None else in_use
    other = ONE if now == THREE else THREE
    has_w = _power_w(plan, now, max(amps, _possible_a(plan, now, amps, left, topology, sun_w)))
    would_w = _power_w(plan, other, _possible_a(plan, other, amps, left, topology, sun_w))
    if would_w > has_w * _SHARE + _MORE_W:
        return other
    # Of one that shows nothing it is known only after it was told.
    return now if in_use is None and would_w + has_w > 0 else None


def _can_change(plan: ChargerDecision) -> bool:
    """Return whether it can be brought to what a change needs."""
    return not plan.device.change.pauses or plan.floor_a <= 0


def _possible_a(
    plan: ChargerDecision,
    count: Count,
    amps: float,
    left: Sequence[float],
    topology: Topology,
    sun_w: float | None,
) -> float:
    """Return what it could have on so many phases, A per phase."""
    device, config = plan.device, plan.charger
    phases = device.configured.phases[:count]
    has_a = max(amps, device.measured_a(), 0.0)
    most = [config.max_current_a]
    most += [each for each in (device.shown.most_a, device.limit_a) if each is not None]
    path = topology.path(config.feeder_id)
    most += [
        left[limit_at(number, phase)] + (has_a if phase in config.phases else 0.0)
        for number in path
        for phase in phases
    ]
    most += [] if sun_w is None else [sun_w / (NOMINAL_V * count)]
    most += [(left[total] + has_a * len(config.phases)) / count for total in plan.wiring.totals]
    return min(most)


def _power_w(plan: ChargerDecision, count: Count, amps: float) -> float:
    return 0.0 if amps < plan.charger.min_current_a else count * amps * NOMINAL_V

"""What meters and chargers that report seldom keep from cars in a pass: the price of knowing little.

Only what a car would take counts. With a seldom meter, that is what increases stay below for what may come between two
reports, and all of it while the meter is too old to be believed; with a seldom charger, what others leave it because it
may have changed by itself, and its own share while its newest report is too old to be believed.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ..device.charging import draw_of
from ..device.report_interval import ReportWatch
from ..model.world import NOMINAL_V, Cause, Timing
from ..network.protection import FeederWatch, Room
from ..network.topology import PHASES, Topology
from .decision import DeviceDecision

#: Who is held back for one of these gets no more from another meter.
_OTHERWISE: Final = frozenset({Cause.REQUEST, Cause.RESERVED, Cause.RELEASE, Cause.PLAN, Cause.PAYMENT})
#: So many reports within the time that increases wait are enough.
_OFTEN: Final = 5.0


def note_costs(
    plans: Sequence[DeviceDecision],
    room: Room,
    feeders: Sequence[FeederWatch],
    topology: Topology,
    *,
    now: float,
    timing: Timing,
) -> None:
    """Take in what each meter and each charger keeps from cars by this pass.

    Args:
        plans: All that was decided.
        room: What there was to decide about.
        feeders: By number.
        topology: Their tree.
        now: Grid time.
        timing: Of the island.
    """
    chargers = [plan for plan in plans if not plan.is_battery]
    wanting = [(plan, more_a) for plan in chargers if (more_a := _wants_a(plan, now, timing)) > 0]
    wanted_by = {plan.device.device_id: more_a for plan, more_a in wanting}
    by_charger: dict[str, float] = {}
    for number, (feeder, here) in enumerate(zip(feeders, _below(chargers, feeders, topology), strict=True)):
        waiting = [(plan, wanted_by[id_]) for plan in here if (id_ := plan.device.device_id) in wanted_by]
        kept_a = 0.0
        told = _per_phase((plan, max(0.0, plan.value or 0.0)) for plan in here)
        wanted = _per_phase(waiting)
        for phase in range(PHASES):
            limit, told_a, wanted_a = number * PHASES + phase, told[phase], wanted[phase]
            if feeder.blind:
                # What there was when it was seen last; a meter that is gone or wrong is another matter.
                if feeder.awaited(now) and feeder.left_a is not None:
                    kept_a += max(0.0, min(wanted_a, feeder.left_a[phase] - told_a))
                continue
            soft_a = room.soft_a[limit]
            kept_a += _between(soft_a, soft_a + room.by_meter_a[limit], told_a, wanted_a)
            wide_a = _between(soft_a, soft_a + room.by_chargers_a[limit], told_a, wanted_a)
            if wide_a > 0:
                _share_out(by_charger, here, feeder, phase, wide_a, timing)
        if not feeder.blind:
            first, second, third = room.soft_a[number * PHASES : number * PHASES + PHASES]
            feeder.left_a = (first, second, third)
        feeder.held_back.observe(now, kept_a * NOMINAL_V, seldom=_is_seldom(feeder.reports, timing))
    for plan, more_a in wanting:
        if plan.device.late and plan.wiring.limits:
            left_a = min(_left_a(limit, room, chargers) for limit in plan.wiring.limits)
            kept_a = max(0.0, min(more_a, left_a)) * len(plan.charger.phases)
            by_charger[plan.device.device_id] = by_charger.get(plan.device.device_id, 0.0) + kept_a
    for plan in chargers:
        device = plan.device
        seldom = device.late or _is_seldom(device.reports, timing)
        kept_w = by_charger.get(device.device_id, 0.0) * NOMINAL_V
        device.held_back.observe(now, kept_w if seldom else 0.0, seldom=seldom)


def _below(
    plans: Iterable[DeviceDecision], feeders: Sequence[FeederWatch], topology: Topology
) -> Sequence[Sequence[DeviceDecision]]:
    """Return for each feeder the chargers whose current passes through it."""
    below: list[list[DeviceDecision]] = [[] for _ in feeders]
    for plan in plans:
        for number in topology.path(plan.charger.feeder_id):
            below[number].append(plan)
    return below


def _per_phase(plans: Iterable[tuple[DeviceDecision, float]]) -> tuple[float, ...]:
    """Return the sums of what plans come with, A per phase."""
    amps: tuple[list[float], ...] = tuple([] for _ in range(PHASES))
    for plan, each_a in plans:
        for phase in plan.charger.phases:
            amps[phase].append(each_a)
    return tuple(map(sum, amps))


def _wants_a(plan: DeviceDecision, now: float, timing: Timing) -> float:
    """Return how much more a car would take if only the capacity counted, A per phase."""
    device = plan.device
    if plan.cause in _OTHERWISE or device.satisfied or not device.plugged_in or not device.watch.compliant:
        return 0.0
    most_a = device.usable_a(now, timing)
    if device.shown.most_a is not None:
        most_a = min(most_a, device.shown.most_a)
    return max(0.0, most_a - max(0.0, plan.value or 0.0))


def _between(least_a: float, most_a: float, told_a: float, wanted_a: float) -> float:
    """Return how much of what lies between two rooms would be taken, A."""
    return max(0.0, min(told_a + wanted_a, most_a) - max(told_a, least_a))


def _share_out(
    by_charger: dict[str, float],
    plans: Iterable[DeviceDecision],
    feeder: FeederWatch,
    phase: int,
    amps: float,
    timing: Timing,
) -> None:
    """Each charger bears what its own bounds add."""
    assert feeder.reading is not None  # noqa: S101  # callers know that it sees
    widths: dict[str, float] = {}
    for plan in plans:
        draw = draw_of(plan.device, feeder.reading.at, timing)
        # Who may draw less than it reports hides a load that nobody controls.
        if (width := draw.least[phase] - draw.wide_least[phase]) > 0:
            widths[plan.device.device_id] = width
    whole = sum(widths.values())
    for device_id, width in widths.items():
        by_charger[device_id] = by_charger.get(device_id, 0.0) + amps * width / whole


def _left_a(limit: int, room: Room, plans: Iterable[DeviceDecision]) -> float:
    """Return what all that was decided leaves of a limit, A; silent chargers are no part of the room."""
    told = (plan.value or 0.0 for plan in plans if limit in plan.wiring.limits and not plan.device.silent)
    return room.soft_a[limit] - sum(max(0.0, amps) for amps in told)


def _is_seldom(reports: ReportWatch, timing: Timing) -> bool:
    """Return whether a source reports so seldom that increases wait for it."""
    return reports.interval_s is not None and _OFTEN * reports.interval_s > timing.increase_hold_s

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
from ..network.feeder_watch import FeederWatch
from ..network.protection import Room
from ..network.topology import PHASES, Topology, limit_at, limits_at
from .charger_decision import ChargerDecision

#: Who is held back for one of these gets no more from another meter.
_OTHERWISE: Final = frozenset(
    {Cause.REQUEST, Cause.RESERVED, Cause.RELEASE, Cause.PLAN, Cause.PAYMENT, Cause.PHASES, Cause.TRIAL}
)
#: So many reports within the time that increases wait are enough.
_OFTEN: Final = 5.0


def note_costs(
    chargers: Sequence[ChargerDecision],
    room: Room,
    feeders: Sequence[FeederWatch],
    topology: Topology,
    *,
    now: float,
    timing: Timing,
) -> None:
    """Take in what each meter and each charger keeps from cars by this pass.

    Args:
        chargers: What is decided for them.
        room: What there was to decide about.
        feeders: By number.
        topology: Their tree.
        now: Grid time.
        timing: Of the island.
    """
    wanting = [(decision, more_a) for decision in chargers if (more_a := _wants_a(decision, now, timing)) > 0]
    wanted_by = {decision.device.device_id: more_a for decision, more_a in wanting}
    by_charger: dict[str, float] = {}
    for number, (feeder, here) in enumerate(zip(feeders, _below(chargers, feeders, topology), strict=True)):
        waiting = [(decision, wanted_by[id_]) for decision in here if (id_ := decision.device.device_id) in wanted_by]
        kept_a = 0.0
        told = _per_phase((decision, max(0.0, decision.value or 0.0)) for decision in here)
        wanted = _per_phase(waiting)
        for phase in range(PHASES):
            limit, told_a, wanted_a = limit_at(number, phase), told[phase], wanted[phase]
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
            first, second, third = room.soft_a[limits_at(number)]
            feeder.left_a = (first, second, third)
        feeder.held_back.observe(now, kept_a * NOMINAL_V, seldom=_is_seldom(feeder.reports, timing))
    for decision, more_a in wanting:
        if decision.device.late and decision.wiring.limits:
            left_a = min(_left_a(limit, room, chargers) for limit in decision.wiring.limits)
            kept_a = max(0.0, min(more_a, left_a)) * len(decision.charger.phases)
            by_charger[decision.device.device_id] = by_charger.get(decision.device.device_id, 0.0) + kept_a
    for decision in chargers:
        device = decision.device
        seldom = device.late or _is_seldom(device.reports, timing)
        kept_w = by_charger.get(device.device_id, 0.0) * NOMINAL_V
        device.held_back.observe(now, kept_w if seldom else 0.0, seldom=seldom)


def _below(
    decisions: Iterable[ChargerDecision], feeders: Sequence[FeederWatch], topology: Topology
) -> Sequence[Sequence[ChargerDecision]]:
    """Return for each feeder the chargers whose current passes through it."""
    below: list[list[ChargerDecision]] = [[] for _ in feeders]
    for decision in decisions:
        for number in topology.path(decision.charger.feeder_id):
            below[number].append(decision)
    return below


def _per_phase(decisions: Iterable[tuple[ChargerDecision, float]]) -> tuple[float, ...]:
    """Return the sums of what comes with decisions, A per phase."""
    amps: tuple[list[float], ...] = tuple([] for _ in range(PHASES))
    for decision, each_a in decisions:
        for phase in decision.charger.phases:
            amps[phase].append(each_a)
    return tuple(map(sum, amps))


def _wants_a(decision: ChargerDecision, now: float, timing: Timing) -> float:
    """Return how much more a car would take if only the capacity counted, A per phase."""
    device = decision.device
    if decision.cause in _OTHERWISE or device.car.satisfied or not device.car.plugged_in or not device.watch.compliant:
        return 0.0
    most_a = device.usable_a(now, timing)
    if device.shown.most_a is not None:
        most_a = min(most_a, device.shown.most_a)
    return max(0.0, most_a - max(0.0, decision.value or 0.0))


def _between(least_a: float, most_a: float, told_a: float, wanted_a: float) -> float:
    """Return how much of what lies between two rooms would be taken, A."""
    return max(0.0, min(told_a + wanted_a, most_a) - max(told_a, least_a))


def _share_out(
    by_charger: dict[str, float],
    decisions: Iterable[ChargerDecision],
    feeder: FeederWatch,
    phase: int,
    amps: float,
    timing: Timing,
) -> None:
    """Each charger bears what its own bounds add."""
    assert feeder.reading is not None  # noqa: S101  # callers know that it sees
    widths: dict[str, float] = {}
    for decision in decisions:
        draw = draw_of(decision.device, feeder.reading.at, timing)
        # Who may draw less than it reports hides a load that nobody controls.
        if (width := draw.least[phase] - draw.wide_least[phase]) > 0:
            widths[decision.device.device_id] = width
    whole = sum(widths.values())
    for device_id, width in widths.items():
        by_charger[device_id] = by_charger.get(device_id, 0.0) + amps * width / whole


def _left_a(limit: int, room: Room, decisions: Iterable[ChargerDecision]) -> float:
    """Return what all that was decided leaves of a limit, A; silent chargers are no part of the room."""
    told = (
        decision.value or 0.0
        for decision in decisions
        if limit in decision.wiring.limits and not decision.device.silent
    )
    return room.soft_a[limit] - sum(max(0.0, amps) for amps in told)


def _is_seldom(reports: ReportWatch, timing: Timing) -> bool:
    """Return whether a source reports so seldom that increases wait for it."""
    return reports.interval_s is not None and _OFTEN * reports.interval_s > timing.increase_hold_s

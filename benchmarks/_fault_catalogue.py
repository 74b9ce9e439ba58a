"""The faults of `scripts/bench faults`: what breaks, how, and what is allowed then."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import Any, Final
from zoneinfo import ZoneInfo

from benchmarks._fault_rig import CARS, Distort, Rig
from custom_components.tangle_grid.grid import NOMINAL_V, PhaseReading, PhaseTriple

_BERLIN: Final = ZoneInfo("Europe/Berlin")
SETTLE_S: Final = 480.0
FAULT_S: Final = 420.0
AFTER_S: Final = 240.0
ON_L1: Final = ((0,),) * 3
MORE_FROM_S, MORE_TO_S, MORE_A = 30.0, 150.0, 10.0
#: Of a load that rises when the cars have filled the feeder: what every fault has to do with.
_SURGE: Final = 0.18
#: The meter's age, how long it may stand still and contradict the chargers, and a charger that does not follow, s.
_GONE_S, _AGED_S, _STILL_S, _DOUBTED_S, _DISOBEYS_S = 12.0, 17.0, 124.0, 18.0, 47.0


def still(_rig: Rig) -> None:
    """Nothing to break or to mend."""


def nothing(_rig: Rig, _t: float) -> None:
    """A fault that needs no more than to begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: For the table.
        begin: Breaks it.
        end: Mends it.
        during: Called at every second of the fault, with the seconds since it began.
        over_s: The longest time without a break above the capacity that is allowed, s.
        worst: The greatest overshoot that is allowed, as a share of the capacity.
        keeps_a: What a charger draws at the most, whatever it is told, A; 0: nothing.
        reported_s: Within this time the grid has to say that something is wrong, s; None: there is nothing to say.
        doubtful: It may look like a meter that does not answer to the chargers, and may be reported or not.
        deaf_s: How long the grid may be unable to see or say anything, s.
        phases: Of each charger.
        rig: Further settings for `Rig`.
    """

    name: str
    begin: Callable[[Rig], None]
    end: Callable[[Rig], None]
    during: Callable[[Rig, float], None] = nothing
    over_s: float = 4.0
    worst: float = 0.18
    keeps_a: float = 0.0
    reported_s: float | None = None
    doubtful: bool = False
    deaf_s: float = 0.0
    phases: tuple[tuple[int, ...], ...] = ((0, 1, 2),) * 3
    rig: Mapping[str, Any] = field(default_factory=dict)


# The meter


def meter(name: str, distort: Callable[[], Distort], **bounds: Any) -> Fault:
    """Return a fault of the meter."""
    return Fault(
        name=f"meter {name}",
        begin=lambda rig: rig.distort.append(distort()),
        end=lambda rig: rig.distort.clear(),
        **bounds,
    )


def shown(rig: Rig, power_w: PhaseTriple, *, at: float | None = None, changed_at: float | None = None) -> PhaseReading:
    """Return a reading of now."""
    return PhaseReading(
        power_w=power_w,
        at=rig.wall if at is None else at,
        changed_at=rig.wall if changed_at is None else changed_at,
    )


def dead(_rig: Rig, _power_w: PhaseTriple) -> None:
    """No reading at all."""
    return


def without_phase(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
    """L1 has no value any more; the others go on."""
    return shown(rig, (math.nan, power_w[1], power_w[2]))


def frozen() -> Distort:
    """Goes on reporting what it showed last."""
    kept: list[tuple[PhaseTriple, float]] = []

    def distort(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
        if not kept:
            kept.append((power_w, rig.wall))
        return shown(rig, kept[0][0], changed_at=kept[0][1])

    return distort


def stopped() -> Distort:
    """Reports nothing new, and shows when it last did."""
    kept: list[PhaseReading] = []

    def distort(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
        if not kept:
            kept.append(shown(rig, power_w))
        return kept[0]

    return distort


def frozen_phase() -> Distort:
    """L1 stays as it is; the others go on."""
    kept: list[float] = []

    def distort(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
        kept.append(power_w[0])
        return shown(rig, (kept[0], power_w[1], power_w[2]))

    return distort


def dead_clamp(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
    """Return a fault: a clamp fell off: L1 shows nothing."""
    return shown(rig, (0.0, power_w[1], power_w[2]))


def late(seconds: float, *, honest: bool) -> Distort:
    """Return a fault: every value arrives so much later; `honest`: it says of when it is."""

    def distort(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
        past = next((loads for at, loads in reversed(rig.readings) if at <= rig.at - seconds), None)
        watts = power_w if past is None else (past[0] * NOMINAL_V, past[1] * NOMINAL_V, past[2] * NOMINAL_V)
        at = rig.wall - seconds if honest else rig.wall
        return shown(rig, watts, at=at, changed_at=at)

    return distort


def reversed_signs(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
    """Return a fault: all clamps are on backwards."""
    return shown(rig, (-power_w[0], -power_w[1], -power_w[2]))


def reversed_phase(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
    """Return a fault: one clamp is on backwards."""
    return shown(rig, (-power_w[0], power_w[1], power_w[2]))


def jumping(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
    """Return a fault: every third reading is off by up to 15 A in either direction."""
    first, second, third = (
        watts + (rig.noise.uniform(-15, 15) * NOMINAL_V if rig.noise.random() < 1 / 3 else 0.0) for watts in power_w
    )
    return shown(rig, (first, second, third))


def spikes(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
    """Now and then a number that cannot be, as from a bus with errors."""
    if rig.noise.random() < 1 / 20:
        wrong = rig.noise.choice((-32_768.0, 65_535.0, 0.0))
        return shown(rig, (wrong, wrong, wrong))
    return shown(rig, power_w)


# Chargers


def charger(
    name: str,
    device_id: str = "car_1",
    *,
    during: Callable[[Rig, float], None] | None = None,
    over_s: float = 4.0,
    worst: float = 0.18,
    keeps_a: float = 0.0,
    reported_s: float | None = None,
    doubtful: bool = False,
    **broken: Any,
) -> Fault:
    """Return a fault of one charger: its attributes have other values for a while."""

    def begin(rig: Rig) -> None:
        for attribute, value in broken.items():
            setattr(rig.chargers[device_id], attribute, value)

    def end(rig: Rig) -> None:
        whole = {"ignores": False, "silent": False, "own_limit_a": None, "gain": 1.0, "extra_a": 0.0, "follow_s": 2.0}
        whole |= {"late_s": 0.0, "least_a": 6.0}
        for attribute in broken:
            setattr(rig.chargers[device_id], attribute, whole[attribute])
        rig.chargers[device_id].rest(resting=False)

    return Fault(
        name=name,
        begin=begin,
        end=end,
        during=during or nothing,
        over_s=over_s,
        worst=worst,
        keeps_a=keeps_a,
        reported_s=reported_s,
        doubtful=doubtful,
    )


def ignoring(name: str, device_id: str) -> Fault:
    """Return a charger that lets its car draw what it likes."""
    return charger(
        name,
        device_id,
        ignores=True,
        keeps_a=16.0,
        over_s=32.0,
        worst=_SURGE + 0.175,
        reported_s=_DISOBEYS_S,
    )


def together(name: str, *, over_s: float, worst: float, **broken: Any) -> Fault:
    """Return the same fault of all chargers."""
    each = [charger(name, device_id, **broken) for device_id in CARS]

    def begin(rig: Rig) -> None:
        for fault in each:
            fault.begin(rig)

    def end(rig: Rig) -> None:
        for fault in each:
            fault.end(rig)

    return Fault(name=name, begin=begin, end=end, over_s=over_s, worst=worst)


def pauses(device_id: str) -> Callable[[Rig, float], None]:
    """Return a fault: the car pauses by itself for half a minute, every two minutes, and resumes."""

    def during(rig: Rig, t: float) -> None:
        rig.chargers[device_id].rest(resting=t % 120.0 < 30.0)

    return during


# Home Assistant


def slow(seconds: float, *, over_s: float = 4.0) -> Fault:
    """Passes come only so often."""

    def begin(rig: Rig) -> None:
        rig.every_s = seconds

    def end(rig: Rig) -> None:
        rig.every_s = 1.0

    name = f"Home Assistant: a pass every {seconds:g} s"
    # A doubt has to come true in a second look.
    return Fault(name=name, begin=begin, end=end, over_s=over_s, deaf_s=2 * seconds)


def clock(seconds: float) -> Fault:
    """Return a fault: the clock is set, and set back at the end."""

    def begin(rig: Rig) -> None:
        rig.clock_s += seconds

    def end(rig: Rig) -> None:
        rig.clock_s -= seconds

    way = "forward" if seconds > 0 else "back"
    return Fault(name=f"clock set {way} by {abs(seconds):g} s", begin=begin, end=end, reported_s=1.0)


def daylight_saving(name: str, at: datetime) -> Fault:
    """Return a fault: the clocks on the walls change while cars charge by a plan that needs all there is."""

    def begin(rig: Rig) -> None:
        assert abs(rig.at + 60.0 - at.timestamp()) < 1.0  # noqa: S101 - the rig was started for this

    rig = {
        "start": at.timestamp() - SETTLE_S - 60.0,
        "leave_at": at.timestamp() + 4 * 3600.0,
        "needs_wh": 30_000.0,
        "planning": True,
        "local": berlin,
    }
    return Fault(name=name, begin=begin, end=still, rig=rig)


def berlin(t: float) -> float:
    """Return what the clocks in Berlin show, as if it were UTC."""
    return datetime.fromtimestamp(t, _BERLIN).replace(tzinfo=UTC).timestamp()


def restarts(every_s: float, down_s: float, *, over_s: float = 4.0) -> Fault:
    """Return a fault: the process is killed again and again, and comes back with what it had saved."""

    def during(rig: Rig, t: float) -> None:
        if t % every_s < 1.0:
            rig.kill(down_s=down_s)

    return Fault(
        name=f"killed every {every_s:g} s, {down_s:g} s down",
        begin=still,
        end=still,
        during=during,
        over_s=over_s,
        deaf_s=down_s + 1.0,
    )


FAULTS: Final = (
    Fault(name="none", begin=still, end=still),
    meter("dead", lambda: dead, reported_s=_GONE_S),
    meter("without one phase", lambda: without_phase, reported_s=_GONE_S),
    meter("stopped", stopped, over_s=17.0, reported_s=_AGED_S),
    meter("frozen", frozen, over_s=122.0, reported_s=_STILL_S),
    meter("late by 10 s", lambda: late(10, honest=False), over_s=14.0),
    meter("late by 20 s, and says so", lambda: late(20, honest=True), reported_s=1.0),
    meter("with the wrong sign", lambda: reversed_signs, over_s=17.0, reported_s=_DOUBTED_S),
    meter("with the wrong sign on L1", lambda: reversed_phase, over_s=17.0, reported_s=_DOUBTED_S, phases=ON_L1),
    meter("jumping", lambda: jumping, doubtful=True),
    meter("with impossible spikes", lambda: spikes, reported_s=60.0),
    meter("without its clamp on L1", lambda: dead_clamp, over_s=17.0, reported_s=_DOUBTED_S, phases=ON_L1),
    meter("frozen on L1", frozen_phase, over_s=122.0, reported_s=_STILL_S, phases=ON_L1),
    charger("charger silent", silent=True, keeps_a=10.0, reported_s=1.0),
    ignoring("charger ignores its limit", "car_1"),
    charger(
        "charger resets its limit on resume",
        own_limit_a=16.0,
        during=pauses("car_1"),
        worst=_SURGE + 0.25,
        doubtful=True,
    ),
    charger("charger overshoots by 25 %", gain=1.25, worst=_SURGE + 0.06, reported_s=_DISOBEYS_S),
    together("all chargers overshoot by 0.9 A", extra_a=0.9, over_s=14.0, worst=_SURGE + 0.07),
    charger("charger follows after 20 s", follow_s=20.0, over_s=24.0),
    charger("charger reports 30 s late", late_s=30.0),
    charger("car needs 8 A", least_a=8.0),
    slow(1),
    slow(5, over_s=9.0),
    slow(30, over_s=34.0),
    slow(120, over_s=124.0),
    clock(3600),
    clock(-3600),
    daylight_saving("clocks go forward in spring", datetime(2027, 3, 28, 1, tzinfo=UTC)),
    daylight_saving("clocks go back in autumn", datetime(2027, 10, 31, 1, tzinfo=UTC)),
    restarts(97, 0),
    restarts(151, 40, over_s=44.0),
)
_BY_NAME: Final = {fault.name: fault for fault in FAULTS}
#: Some of each kind, for two at once. The charger of the second one is another than that of the first.
PAIRS: Final[list[tuple[Fault, ...]]] = [
    (first, second)
    for first, second in product(
        (
            _BY_NAME["meter frozen"],
            _BY_NAME["meter with the wrong sign"],
            _BY_NAME["meter jumping"],
            _BY_NAME["meter dead"],
            _BY_NAME["charger silent"],
            _BY_NAME["charger ignores its limit"],
        ),
        (
            charger("another charger silent", "car_2", silent=True, keeps_a=10.0, reported_s=1.0),
            ignoring("another charger ignores its limit", "car_2"),
            _BY_NAME["Home Assistant: a pass every 30 s"],
            _BY_NAME["clock set back by 3600 s"],
            _BY_NAME["killed every 151 s, 40 s down"],
        ),
    )
]

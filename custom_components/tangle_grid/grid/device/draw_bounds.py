"""What a device draws at the moment of a meter's reading, as bounds.

Device and meter report at different times, and a device follows what it is told after a while. So its draw at the time
of a meter's reading is known only within bounds:

- Between two reports it lies between them.
- After the newest report it is what was reported; where the device was told something else since shortly before that
  report, anything between the two.
- As long as the next report is still to come, it may also have changed by itself: between nothing and what it is told
  (`wide`).
- A total that was split over phases may flow in any of them.

How these bounds are used is told in `attribution`.
"""

from collections import deque
from typing import Final, NamedTuple

from ..model.world import NOMINAL_V, PhaseReading, PhaseTriple
from .measurement import PowerLog
from .report_interval import ReportWatch

#: CommandLog older than this are of no interest, s.
_KEEP_S: Final = 600.0
#: Nothing changes by itself so soon after a report, s.
_JUST_SEEN_S: Final = 2.0
_NOTHING: Final = (0.0, 0.0, 0.0)


class CommandLog:
    """What a device was told, A per phase, with the times."""

    def __init__(self) -> None:
        self._entries: deque[tuple[float, float]] = deque()

    def add(self, at: float, amps: float, *, before: float) -> None:
        """Note a setpoint and since when it is in force; `before` is what the device may have had before the first."""
        entries = self._entries
        if not entries:
            entries.append((-float("inf"), before))
        if entries[-1][1] == amps:
            return
        entries.append((at, amps))
        while len(entries) > 1 and entries[1][0] < at - _KEEP_S:
            entries.popleft()

    def clear(self) -> None:
        """Forget all but what is in force, as after the clock was set back."""
        if self._entries:
            last = self._entries[-1]
            self._entries.clear()
            self._entries.append((-float("inf"), last[1]))

    def in_force(self, start: float, end: float) -> tuple[float, float] | None:
        """Return the least and the greatest setpoint in force in (start, end], A; None: nothing was told by then."""
        least: float | None = None
        most = 0.0
        for at, amps in reversed(self._entries):
            if at > end:
                continue
            least, most = (amps, amps) if least is None else (min(least, amps), max(most, amps))
            if at <= start:
                break
        return None if least is None else (least, most)


class Draw(NamedTuple):
    """What one device draws at a moment, A per phase; negative feeds back.

    Attributes:
        likely: By its reports alone.
        least, most: What it can be, by reports and commands.
        wide_least, wide_most: The same where it may have changed by itself.
    """

    likely: PhaseTriple
    least: PhaseTriple
    most: PhaseTriple
    wide_least: PhaseTriple
    wide_most: PhaseTriple

    @classmethod
    def point(cls, amps: PhaseTriple) -> Draw:
        """Return one that is known exactly."""
        return cls(amps, amps, amps, amps, amps)


NO_DRAW: Final = Draw.point(_NOTHING)


def draw_at(
    at: float,
    *,
    log: PowerLog,
    reading: PhaseReading | None,
    commands: CommandLog,
    told_a: float,
    phases: tuple[int, ...],
    reports: ReportWatch,
    assumed: tuple[float, PhaseTriple] | None,
    placed: bool,
    follow_s: float,
    unknown_s: float,
) -> Draw:
    """Return what a charger draws at a moment.

    Args:
        at: Grid time of a meter's reading.
        log: Its measured power.
        reading: Its newest trusted reading.
        commands: What it was told.
        told_a: What is in force, A per phase.
        phases: Where its current may flow.
        reports: How often it reports.
        assumed: What a meter has shown of it since its last report: grid time and A per phase.
        placed: Whether it is known on which phases a total flows.
        follow_s: Time that it takes to follow, s.
        unknown_s: The interval of reports where it is not known, s.
    """
    before, after = log.around(at)
    if before is None:
        return NO_DRAW
    likely = _amps(before)
    reported_at = at if reading is None else min(reading.at, at)
    if after is None and assumed is not None and reported_at < assumed[0] <= at:
        reported_at, likely = assumed
    low, high = list(likely), list(likely)
    if after is not None:
        later = _amps(after)
        low = [min(first, second) for first, second in zip(low, later, strict=True)]
        high = [max(first, second) for first, second in zip(high, later, strict=True)]
    told = None if after is not None else commands.in_force(reported_at - follow_s, at)
    if not placed:
        # No phase carries more than it was told: what the others cannot carry flows in this one.
        total_a, number = sum(likely), len(phases)
        most_a = max(told_a, total_a / number, 0.0 if told is None else told[1])
        for phase in phases:
            low[phase] = min(low[phase], max(0.0, total_a - (number - 1) * most_a))
            high[phase] = max(high[phase], min(total_a, most_a))
    if told is not None and told[0] != told[1]:
        for phase in phases:
            low[phase] = min(low[phase], told[0])
            high[phase] = max(high[phase], told[1])
    least, most = _triple(low), _triple(high)
    just_seen = after is not None or at - reported_at <= _JUST_SEEN_S
    if just_seen or reading is None or not reports.awaits(at, unknown_s=unknown_s):
        return Draw(likely, least, most, least, most)
    for phase in phases:
        low[phase] = min(low[phase], 0.0)
        high[phase] = max(high[phase], told_a)
    return Draw(likely, least, most, _triple(low), _triple(high))


def _amps(power_w: PhaseTriple) -> PhaseTriple:
    return (power_w[0] / NOMINAL_V, power_w[1] / NOMINAL_V, power_w[2] / NOMINAL_V)


def _triple(values: list[float]) -> PhaseTriple:
    return (values[0], values[1], values[2])

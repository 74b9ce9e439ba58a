"""Energy of a session in whole watt hours, from a counter or from power, with what a device may report wrongly.

A counter is believed before power. Power is integrated between two readings that are not too far apart: each direction
by the mean of both, exact in millionths, and what is less than a watt hour is carried on. Energy during a longer gap
is counted if the counter tells it, and never guessed. What is doubted is said by a finding:

- A counter that runs backwards, or goes up by more than the charger could deliver, is not believed; power counts until
  it goes on from where it was, which settles the difference, or until it has counted on from its new value for three
  readings in a row: then it was reset or replaced.
- A clock that is set changes nothing of the energy of a counter. Power is integrated over what the caller's steady
  clock (`elapsed_s`) says, or not at all for this one interval.
"""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from math import isfinite
from typing import Any, Final

from ..stored import Stored

_VERSION: Final = 1
#: What is counted: half a milliwatt for a millisecond, because both ends of an interval count half.
_UNITS_PER_WH: Final = 2 * 3_600_000 * 1000
_UNITS_PER_MWH: Final = _UNITS_PER_WH // 1000
_MS_PER_S: Final = 1000
_MS_PER_H: Final = 3_600_000
_MWH_PER_WH: Final = 1000
#: A counter may be coarse, or late by a step.
_COUNTER_SLACK_MWH: Final = 150_000
_MARGIN_PCT: Final = 115
#: No counter of a charger goes up by this between two readings.
_IMPOSSIBLE_MWH: Final = 100_000_000
_RESET_AFTER: Final = 3
_CLOCK_SLACK_MS: Final = 5_000
#: Of how long ago a counter may tell what it did not tell at once.
_LATE_MS: Final = 900_000
#: What was stored of a counter before its room was.
_BEFORE: Final = ("rose_ms", "read_ms")
#: The years 2000 and 2200.
_EARLIEST_MS: Final = 946_684_800_000
_LATEST_MS: Final = 7_258_118_400_000
_MOST_WH: Final = 10**12


class Finding(StrEnum):
    """What was doubted in a reading."""

    POWER_UNUSABLE = "power_unusable"
    POWER_IMPOSSIBLE = "power_impossible"
    COUNTER_UNUSABLE = "counter_unusable"
    COUNTER_BACKWARDS = "counter_backwards"
    COUNTER_JUMP = "counter_jump"
    COUNTER_RESET = "counter_reset"
    GAP = "gap"
    CLOCK_UNUSABLE = "clock_unusable"
    CLOCK_SET_BACK = "clock_set_back"
    CLOCK_SET_FORWARD = "clock_set_forward"
    LEDGER_DIFFERS = "ledger_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a charger reports at a moment. What it does not report is None.

    Attributes:
        at: Epoch seconds, by a clock that may be wrong.
        elapsed_s: Seconds since the reading before this one by a steady clock; None if there is none, as after a start.
        power_w: Power that the car draws; negative where it feeds back.
        import_wh: A cumulative counter of what the charger gave to cars.
        export_wh: A cumulative counter of what cars fed back through it.
        charging: Whether the car charges or feeds back; None is told from the energy.
        held: Whether the island itself holds the car back: time is not billed meanwhile.
        on_request: Whether a request is active on this car: who pays for energy fed back is known when it is settled.
    """

    at: float
    elapsed_s: float | None = None
    power_w: float | None = None
    import_wh: float | None = None
    export_wh: float | None = None
    charging: bool | None = None
    held: bool = False
    on_request: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What an interval came to: from `before_ms` to `now_ms` of the session's own clock, which never goes back.

    `lasts_ms` is the part of it that counts as time, 0 in a gap; energy is in Wh.
    """

    before_ms: int
    now_ms: int
    lasts_ms: int
    wh_in: int
    wh_out: int
    findings: frozenset[Finding]


@dataclass(slots=True, kw_only=True)
class _Direction:
    """One direction: whole Wh that were given out, what is carried on, and its counter.

    `room_mwh` is what the charger could have delivered and the counter has not told yet. Of the time before it is for a
    quarter of an hour, and of a gap until a quarter of an hour after it (`late_until_ms`): what is read after a start
    may be older than the start.
    """

    wh: int = 0
    carry: int = 0
    counter_mwh: int | None = None
    room_mwh: int = 0
    late_until_ms: int = 0
    bridged: int = 0
    doubted_mwh: int | None = None
    first_doubted_mwh: int = 0
    bridged_until_doubt: int = 0
    doubts: int = 0

    def power(self, units: int) -> None:
        """Count integrated power; if a counter is waited for, remember how much stands for it."""
        self.carry += units
        if self.counter_mwh is not None:
            self.bridged += units

    def pass_time(self, lasts_ms: int, age_ms: int, most_mw: int) -> None:
        """Let time pass, in which the charger could deliver so much power."""
        if lasts_ms > _LATE_MS:
            self.late_until_ms = age_ms + _LATE_MS
        self.room_mwh += most_mw * lasts_ms // _MS_PER_H
        if age_ms > self.late_until_ms:
            self.room_mwh = min(self.room_mwh, most_mw * _LATE_MS // _MS_PER_H)

    def count(self, value_mwh: int, unsure_mwh: int) -> Finding | None:
        """Take a counter in. Return why it is not believed; None if it is. `unsure_mwh` is allowed beside the room."""
        if self.counter_mwh is None:
            self._begin(value_mwh)
            return None
        limit_mwh = max(0, self.room_mwh) + unsure_mwh
        delta = value_mwh - self.counter_mwh
        if 0 <= delta <= limit_mwh and delta < _IMPOSSIBLE_MWH:
            self.carry += delta * _UNITS_PER_MWH - self.bridged
            self.bridged, self.doubts, self.doubted_mwh = 0, 0, None
            self.counter_mwh, self.room_mwh = value_mwh, self.room_mwh - delta
            return None
        if self.doubted_mwh is not None and 0 <= value_mwh - self.doubted_mwh <= limit_mwh:
            self.doubts += 1
        else:
            self.doubts, self.first_doubted_mwh, self.bridged_until_doubt = 1, value_mwh, self.bridged
        self.doubted_mwh = value_mwh
        if self.doubts >= _RESET_AFTER:
            # It has counted since it was first doubted; before that, only power did.
            counted = (value_mwh - self.first_doubted_mwh) * _UNITS_PER_MWH
            self.carry += counted - (self.bridged - self.bridged_until_doubt)
            self._begin(value_mwh)
            return Finding.COUNTER_RESET
        return Finding.COUNTER_BACKWARDS if delta < 0 else Finding.COUNTER_JUMP

    def _begin(self, value_mwh: int) -> None:
        """Count from this value; what power has counted until here stays."""
        self.counter_mwh, self.room_mwh = value_mwh, 0
        self.bridged, self.doubts, self.doubted_mwh = 0, 0, None

    def take(self) -> int:
        """Return the whole Wh that have come together. What was counted too much is waited for, not taken back."""
        whole = max(0, self.carry // _UNITS_PER_WH)
        self.carry -= whole * _UNITS_PER_WH
        self.wh += whole
        return whole

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_dict(cls, stored: Stored) -> _Direction:
        """Return what was stored. Raises StoredError."""
        for name in _BEFORE:
            stored.has(name)
        found = cls(
            wh=stored.whole("wh", 0),
            carry=stored.whole("carry"),
            counter_mwh=stored.optional_whole("counter_mwh"),
            room_mwh=stored.optional_whole("room_mwh") or 0,
            late_until_ms=stored.optional_whole("late_until_ms", 0) or 0,
            bridged=stored.whole("bridged"),
            doubted_mwh=stored.optional_whole("doubted_mwh"),
            first_doubted_mwh=stored.whole("first_doubted_mwh"),
            bridged_until_doubt=stored.whole("bridged_until_doubt"),
            doubts=stored.whole("doubts", 0),
        )
        stored.end()
        return found


@dataclass(slots=True, kw_only=True)
class Meter:
    """The meter of one session. `most_w` is what the charger can deliver; a gap is longer than `longest_gap_s`.

    The session's own clock (`now_ms`) goes on with the readings. Where the caller's clock is set back it goes on
    regardless, ahead of it.
    """

    most_w: int
    longest_gap_s: int = 120
    now_ms: int | None = None
    wall_ms: int = 0
    age_ms: int = 0
    power_mw: int | None = None
    imported: _Direction = field(default_factory=_Direction)
    exported: _Direction = field(default_factory=_Direction)

    @property
    def wh_in(self) -> int:
        """Return what the car took so far, Wh."""
        return self.imported.wh

    @property
    def wh_out(self) -> int:
        """Return what the car fed back so far, Wh."""
        return self.exported.wh

    @property
    def _most_mw(self) -> int:
        """Return what no counter goes beyond, with a margin: mW, and mWh in an hour."""
        return self.most_w * 10 * _MARGIN_PCT

    def step(self, reading: Reading) -> Metered:
        """Take a reading in and return what the interval since the last one came to; nothing for the first."""
        findings: set[Finding] = set()
        wall_ms = _thousandths(reading.at)
        if wall_ms is None or not _EARLIEST_MS <= wall_ms < _LATEST_MS:
            wall_ms = self.wall_ms
            findings.add(Finding.CLOCK_UNUSABLE)
        before_ms, lasts_ms = self._clock(wall_ms, reading, findings)
        power_mw = self._power(reading, findings)
        counts = self.imported.counter_mwh is not None or reading.import_wh is not None
        if lasts_ms and power_mw is not None and self.power_mw is not None:
            self.imported.power(lasts_ms * (max(power_mw, 0) + max(self.power_mw, 0)))
            self.exported.power(lasts_ms * (max(-power_mw, 0) + max(-self.power_mw, 0)))
        elif reading.power_w is None and not counts:
            findings.add(Finding.POWER_UNUSABLE)
        self.power_mw = power_mw
        for direction, value in ((self.imported, reading.import_wh), (self.exported, reading.export_wh)):
            self._count(direction, value, findings)
        assert self.now_ms is not None  # noqa: S101  # `_clock` has set it
        return Metered(
            before_ms=before_ms,
            now_ms=self.now_ms,
            lasts_ms=lasts_ms,
            wh_in=self.imported.take(),
            wh_out=self.exported.take(),
            findings=frozenset(findings),
        )

    def _clock(self, wall_ms: int, reading: Reading, findings: set[Finding]) -> tuple[int, int]:
        """Go on. Return where the interval began and how much of it counts as time, ms."""
        if self.now_ms is None:
            self.now_ms = self.wall_ms = wall_ms
            return wall_ms, 0
        before_ms, by_wall = self.now_ms, wall_ms - self.wall_ms
        self.wall_ms = wall_ms
        elapsed = _thousandths(reading.elapsed_s)
        steady = elapsed if elapsed is not None and elapsed >= 0 else None
        if by_wall < 0:
            findings.add(Finding.CLOCK_SET_BACK)
        elif steady is not None and by_wall > steady + _CLOCK_SLACK_MS:
            findings.add(Finding.CLOCK_SET_FORWARD)
        lasts = max(0, by_wall) if steady is None else steady
        # A computer that slept has a steady clock that slept too: a counter may have gone on for longer.
        passed_ms = max(lasts, by_wall)
        self.age_ms += passed_ms
        for direction in (self.imported, self.exported):
            direction.pass_time(passed_ms, self.age_ms, self._most_mw)
        self.now_ms = max(wall_ms, before_ms + lasts)
        if lasts > self.longest_gap_s * _MS_PER_S:
            findings.add(Finding.GAP)
            return before_ms, 0
        return before_ms, lasts

    def _power(self, reading: Reading, findings: set[Finding]) -> int | None:
        if reading.power_w is None:
            return None
        power_mw = _thousandths(reading.power_w)
        if power_mw is None:
            findings.add(Finding.POWER_UNUSABLE)
            return None
        if abs(power_mw) * 100 > self.most_w * 1000 * _MARGIN_PCT:
            findings.add(Finding.POWER_IMPOSSIBLE)
            return None
        return power_mw

    def _count(self, direction: _Direction, value_wh: float | None, findings: set[Finding]) -> None:
        if value_wh is None:
            return
        value_mwh = _thousandths(value_wh)
        if value_mwh is None or abs(value_mwh) > _MOST_WH * _MWH_PER_WH:
            findings.add(Finding.COUNTER_UNUSABLE)
            return
        # After the clock was set back without a steady one, nobody knows how long it took: an hour is allowed for.
        unsure_mwh = self._most_mw if Finding.CLOCK_SET_BACK in findings else 0
        found = direction.count(value_mwh, unsure_mwh + _COUNTER_SLACK_MWH)
        if found:
            findings.add(found)

    def to_dict(self) -> dict[str, Any]:
        """Return the meter as JSON."""
        names = ("most_w", "longest_gap_s", "now_ms", "wall_ms", "age_ms", "power_mw")
        return {
            "version": _VERSION,
            **{name: getattr(self, name) for name in names},
            "imported": self.imported.to_dict(),
            "exported": self.exported.to_dict(),
        }

    @classmethod
    def from_dict(cls, value: object) -> Meter:
        """Return the meter that was stored. Raises StoredError for anything else."""
        stored = Stored.open(value, "meter", _VERSION)
        meter = cls(
            most_w=stored.whole("most_w", 1),
            longest_gap_s=stored.whole("longest_gap_s", 1),
            now_ms=stored.optional_whole("now_ms"),
            wall_ms=stored.whole("wall_ms"),
            age_ms=stored.whole("age_ms", 0),
            power_mw=stored.optional_whole("power_mw"),
            imported=_Direction.from_dict(stored.object("imported")),
            exported=_Direction.from_dict(stored.object("exported")),
        )
        stored.end()
        return meter


def _thousandths(value: float | None) -> int | None:
    """Return a figure in whole thousandths, None for what is no figure."""
    if value is None or isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not isfinite(value) or abs(value) > 10**15:
        return None
    return round(value * 1000)

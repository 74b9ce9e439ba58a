"""How often a device or a meter reports, learned: what is no older than that is not yet silence."""

from collections import deque
from collections.abc import Iterable
from typing import Final

#: Gaps that are remembered: of these the second longest counts, so that one drop-out is no habit.
_GAPS: Final = 8
#: Longer gaps are drop-outs, s.
_LONGEST_S: Final = 3600.0
#: A report is overdue after so many intervals and seconds.
_OVERDUE: Final = 2.2
_OVERDUE_S: Final = 5.0


class ReportWatch:
    """The reports of one source.

    Attributes:
        last_at: When it reported last, grid time.
    """

    def __init__(self) -> None:
        self.last_at: float | None = None
        self._gaps: deque[float] = deque(maxlen=_GAPS)
        self._interval_s: float | None = None

    @property
    def interval_s(self) -> float | None:
        """The usual time between two reports, s; None until it has been seen twice."""
        return self._interval_s

    def observe(self, at: float) -> None:
        """Take in when the newest report was made."""
        last_at, self.last_at = self.last_at, at
        if last_at is None or not 0.0 < at - last_at <= _LONGEST_S:
            return
        self._gaps.append(at - last_at)
        if len(self._gaps) > 1:
            self._interval_s = sorted(self._gaps)[-2]

    def interrupt(self) -> None:
        """Leave out the gap that ends next: the source could not be reached, or the clock was set."""
        self.last_at = None

    def max_age_s(self, least_s: float, most_s: float) -> float:
        """Return the age up to which a report is believed, s: by the interval, within bounds."""
        if self._interval_s is None:
            return least_s
        return min(max(least_s, most_s), max(least_s, _OVERDUE * self._interval_s + _OVERDUE_S))

    def awaits(self, at: float, *, unknown_s: float) -> bool:
        """Return whether at a moment after the last report the next one is still to come.

        Args:
            at: Grid time.
            unknown_s: The interval of a source whose own is not known, s.
        """
        interval_s = unknown_s if self._interval_s is None else self._interval_s
        return self.last_at is not None and at - self.last_at <= 1.5 * interval_s + 1.0

    def to_dict(self) -> list[float]:
        """Return JSON-able content: the gaps."""
        return [round(gap, 1) for gap in self._gaps]

    def restore(self, gaps: Iterable[float]) -> None:
        """Take over what an earlier run stored with `to_dict`."""
        known = [float(gap) for gap in gaps if 0.0 < float(gap) <= _LONGEST_S]
        self._gaps.extend(known)
        if len(self._gaps) > 1:
            self._interval_s = sorted(self._gaps)[-2]

"""A device's measured power over the last minutes."""

from collections import deque
from itertools import pairwise

from ..model.world import PhaseReading, PhaseTriple

_ENTRIES = 1200


class PowerLog:
    """Changes of a device's power, each valid until the next one; None marks a time without a trusted value."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._entries: deque[tuple[float, PhaseTriple | None]] = deque(maxlen=_ENTRIES)

    def add(self, now: float, reading: PhaseReading | None) -> None:
        """Note what is known at `now`."""
        entries = self._entries
        value = None if reading is None else reading.power_w
        at = now if reading is None else min(reading.at, now)
        if entries:
            last_at, last = entries[-1]
            if value == last:
                return
            # A clock that was set back must not make the past longer.
            at = max(at, last_at)
        entries.append((at, value))
        while len(entries) > 1 and entries[1][0] < now - self._keep_s:
            entries.popleft()

    def clear(self) -> None:
        """Forget everything, as after the clock was set back."""
        self._entries.clear()

    def at(self, moment: float) -> PhaseTriple | None:
        """Return what the device drew when a meter reported at `moment`.

        A meter's reading must be compared with the draw that it contains: a device that reported a moment later is
        already somewhere else.
        """
        value: PhaseTriple | None = None
        for at, power_w in reversed(self._entries):
            if at <= moment:
                return value if power_w is None else power_w
            if power_w is not None:
                value = power_w
        return value

    def known_w(self, moment: float) -> float:
        """Return the last total that was known at a moment, W; 0 where nothing was."""
        for at, power_w in reversed(self._entries):
            if power_w is not None and at <= moment:
                return sum(power_w)
        return 0.0

    def since_above(self, watts: float, now: float) -> float:
        """Return since when the total has been at least `watts` without a break; `now` if it is not."""
        since = now
        for at, power_w in reversed(self._entries):
            if power_w is None or sum(power_w) < watts:
                break
            since = at
        return since

    def around(self, moment: float) -> tuple[PhaseTriple | None, PhaseTriple | None]:
        """Return the trusted value in force at a moment, and the first other one reported after it, W.

        Where nothing had been reported by then, the first one that was counts.
        """
        before: PhaseTriple | None = None
        after: PhaseTriple | None = None
        for at, power_w in reversed(self._entries):
            if power_w is None:
                continue
            if at <= moment:
                before = power_w
                break
            after = power_w
        return (after, None) if before is None else (before, after)

    def mean_w(self, now: float, window_s: float, *, missing_w: float | None = 0.0) -> float | None:
        """Return mean total power over the last `window_s`, W.

        Time without a trusted value counts as `missing_w`; with None it is left out, and a window without any value
        has no mean.
        """
        start = now - window_s
        covered_s = 0.0
        energy_ws = 0.0
        for (begin, power_w), (end, _) in pairwise((*self._entries, (now, None))):
            duration = min(end, now) - max(begin, start)
            if power_w is not None and duration > 0:
                covered_s += duration
                energy_ws += sum(power_w) * duration
        if missing_w is None:
            return energy_ws / covered_s if covered_s > 0 else None
        return (energy_ws + missing_w * (window_s - covered_s)) / window_s

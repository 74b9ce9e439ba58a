"""The greatest loads of the last minutes: what a fridge, an oven or noise has taken a moment ago, it will take again.

Increases go by them. A high counts for the hold time after it was last seen. One that comes back after a pause will
come back again: it counts for one and a half of these pauses. So a cycling oven costs a charger a few writes and not
two a minute, and a single kettle holds it back no longer than it must.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ..model.timing import Timing
from ..model.world import PhaseTriple

#: A load within this of the greatest that is remembered is that high again, A.
_AGAIN_A: Final = 2.0
#: Pauses between these lengths make a high recurring, s; it counts for so many of them.
_LEAST_PAUSE_S: Final = 20.0
_MOST_PAUSE_S: Final = 300.0
_PAUSES: Final = 1.5
#: What has not been exceeded for so long is steady, s.
_STEADY_S: Final = 900.0
#: How many reports of a meter a high counts at least: of what comes between two of them nobody knows.
_REPORTS: Final = 5.0
#: A high of the last moments is not known yet, s.
_NEW_S: Final = 15.0
#: Readings within this share a place, s.
_PLACE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class HighsNow:
    """What is known of the load at a moment, per phase.

    Attributes:
        greatest_a: The greatest load that counts, A, that of now included.
        quick_a: The greatest that would count if the meter reported often, A.
        known_a: The greatest that is remembered, without that of the last moments, A.
        steady_a: The greatest of some minutes, A; infinite until that long has been seen.
        recurring: Whether it comes and goes, so that it is known and needs no margin.
    """

    greatest_a: PhaseTriple
    quick_a: PhaseTriple
    known_a: PhaseTriple
    steady_a: PhaseTriple
    recurring: tuple[bool, bool, bool]


@dataclass(slots=True)
class _PhaseHighs:
    """One phase: values that fall from the oldest to the newest, with their times; a lower one before a higher is gone.

    Attributes:
        high_at: When the load was last near the greatest.
        pause_s: The last pause of a high that came back, s; 0: none did.
        back_at: When it came back.
    """

    falling: deque[tuple[float, float]] = field(default_factory=deque)
    high_at: float | None = None
    pause_s: float = 0.0
    back_at: float = -math.inf

    def add(self, now: float, load_a: float, longest_s: float) -> None:
        falling = self.falling
        while falling and not 0.0 <= now - falling[0][0] <= longest_s:
            falling.popleft()
        level_a = falling[0][1] if falling else -math.inf
        if load_a >= level_a - _AGAIN_A:
            pause_s = 0.0 if self.high_at is None else now - self.high_at
            # What is higher than ever is new, and nothing that comes back.
            if load_a <= level_a + _AGAIN_A and _LEAST_PAUSE_S < pause_s <= _MOST_PAUSE_S:
                self.pause_s, self.back_at = pause_s, now
            self.high_at = now
        while falling and falling[-1][1] <= load_a:
            falling.pop()
        if not falling or now - falling[-1][0] >= _PLACE_S:
            falling.append((now, load_a))

    def recurs(self, now: float) -> bool:
        return 0.0 <= now - self.back_at <= 3 * _MOST_PAUSE_S

    def greatest(self, now: float, within_s: float, none: float, *, without_s: float = -1.0) -> float:
        return next((high for at, high in self.falling if without_s < now - at <= within_s), none)


class Highs:
    """The highs of one feeder.

    Attributes:
        interval_s: The time between two reports of its meter, s.
    """

    def __init__(self) -> None:
        self.interval_s = 0.0
        self._phases = tuple(_PhaseHighs() for _ in range(3))
        self._seen_since: float | None = None

    def clear(self) -> None:
        """Forget all, as after the clock was set back."""
        self._phases = tuple(_PhaseHighs() for _ in range(3))
        self._seen_since = None

    def greatest(self, now: float, load_a: Sequence[float], timing: Timing) -> HighsNow:
        """Take in the load of now, A per phase, and return the highs."""
        least_s = max(timing.increase_hold_s, _REPORTS * self.interval_s)
        longest_s = max(least_s, _PAUSES * _MOST_PAUSE_S, _STEADY_S)
        if self._seen_since is None or now < self._seen_since:
            self._seen_since = now
        steady = now - self._seen_since >= _STEADY_S
        greatest, quick, known, settled = [0.0] * 3, [0.0] * 3, [0.0] * 3, [math.inf] * 3
        for number, (phase, load) in enumerate(zip(self._phases, load_a, strict=True)):
            phase.add(now, load, longest_s)
            pauses_s = _PAUSES * phase.pause_s if phase.recurs(now) else 0.0
            hold_s = max(least_s, pauses_s)
            greatest[number] = phase.greatest(now, hold_s, load)
            quick[number] = phase.greatest(now, max(timing.increase_hold_s, pauses_s), load)
            known[number] = phase.greatest(now, longest_s, -math.inf, without_s=_NEW_S)
            if steady:
                settled[number] = phase.greatest(now, max(_STEADY_S, hold_s), load)
        first, second, third = self._phases
        return HighsNow(
            greatest_a=(greatest[0], greatest[1], greatest[2]),
            quick_a=(quick[0], quick[1], quick[2]),
            known_a=(known[0], known[1], known[2]),
            steady_a=(settled[0], settled[1], settled[2]),
            recurring=(first.recurs(now), second.recurs(now), third.recurs(now)),
        )

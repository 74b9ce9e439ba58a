"""What a charger makes of what it is told, by the limit that it shows.

Some clamp (told 16 A, they show 13 A): who shows the same lower value several times in a row is believed, until the
next car or for some hours. Nobody tells it for ever what it does not take. Some round up (told 7 A, they show 8 A):
that is the charger's own way and believed for a day. Who makes 12 A of 9 A does so of 10 and 11 A as well, and perhaps
of all down to the next one that it has taken as it was told: what lies between is not tried one by one. A number that
still shows what it showed before it was told may only be slow, and has more time.
"""

import math
from typing import Final

#: It has this long to show what it was told, s, and is believed when it has shown a lower value for so long, s, or a
#: higher one: being told less than before is never wrong.
_SETTLE_S: Final = 15.0
_BELIEVED_S: Final = 75.0
_BELIEVED_ABOVE_S: Final = 15.0
#: For how long a charger is taken to round up, s.
_ROUNDS_FOR_S: Final = 86_400.0
#: So long it is believed, s: where nobody sees a car leave, it would otherwise never be told more again.
_AGAIN_S: Final = 6 * 3600.0
_SAME_A: Final = 0.05


class ShownWatch:
    """One charger.

    Attributes:
        most_a: The most that it takes, A per phase; None: it takes all that it was told.
        clamp_a: The same, kept over the next cars until it is seen to take more.
        skips: Setpoints, A per phase, of which it makes more.
        least_a: The least that it makes of its lowest setpoint, A per phase; 0: what it is told.

    Args:
        lowest_a: Its lowest setpoint but a pause, A per phase.
        step_a: The steps of its setpoints, A per phase.
    """

    def __init__(self, lowest_a: float = 0.0, step_a: float = 1.0) -> None:
        self._lowest_a, self._step_a = lowest_a, step_a
        self.most_a: float | None = None
        self.clamp_a: float | None = None
        self.skips: frozenset[float] = frozenset()
        self.least_a = 0.0
        self._other: tuple[float, float] | None = None
        self._since: float | None = None
        self._told_at = -math.inf
        self._newest_a: float | None = None
        self._before_a: float | None = None
        self._rounds_since = -math.inf
        self._exact: set[float] = set()
        self._believed_at = 0.0
        self._more_since: float | None = None

    def observe(self, now: float, *, told_a: float, told_at: float, shown_a: float | None, slow_s: float = 0.0) -> None:
        """Take in what it shows of a setpoint; see `model.ChargerTelemetry`.

        Args:
            now: Grid time.
            told_a: What is in force, A per phase.
            told_at: Since when.
            shown_a: What it shows, A per phase; None: nothing.
            slow_s: The time that it may take until it shows something new, s.
        """
        if shown_a is not None and abs(shown_a - told_a) < _SAME_A and now - told_at >= _SETTLE_S:
            self._exact.add(told_a)
        if self.skips and now - self._rounds_since > _ROUNDS_FOR_S:
            self.skips, self.least_a, self._exact = frozenset(), 0.0, set()
        self._observe_more(now, shown_a)
        if told_at != self._told_at:
            self._told_at, self._before_a = told_at, self._newest_a
        self._newest_a = shown_a
        settled = now - told_at >= _SETTLE_S
        if told_a <= 0 or shown_a is None or shown_a <= 0 or not settled or abs(shown_a - told_a) < _SAME_A:
            self._other = self._since = None
            return
        if self._other != (told_a, shown_a) or self._since is None:
            self._other, self._since = (told_a, shown_a), now
        elif shown_a < told_a:
            if now - self._since >= max(_BELIEVED_S, slow_s):
                self.most_a = self.clamp_a = shown_a
                self._believed_at = now
                self._other = self._since = None
        elif now - self._since >= (max(_BELIEVED_S, slow_s) if shown_a == self._before_a else _BELIEVED_ABOVE_S):
            self._skip(told_a, shown_a)
            self._rounds_since = now
            self._other = self._since = None

    def _skip(self, told_a: float, shown_a: float) -> None:
        exact_a = max((amps for amps in self._exact if amps < told_a), default=told_a - self._step_a)
        between = math.ceil((shown_a - exact_a) / self._step_a - _SAME_A)
        self.skips |= {round(exact_a + number * self._step_a, 3) for number in range(1, between)} - self._exact
        if told_a <= self._lowest_a + _SAME_A:
            self.least_a = shown_a

    def _observe_more(self, now: float, shown_a: float | None) -> None:
        """Find out whether its own limit is gone: a number shows what it is told for a moment, whoever takes it."""
        if self.most_a is not None and now - self._believed_at >= _AGAIN_S:
            self.most_a = None
        if shown_a is None or self.clamp_a is None or shown_a <= self.clamp_a + _SAME_A:
            self._more_since = None
        elif self._more_since is None:
            self._more_since = now
        elif now - self._more_since >= _BELIEVED_S:
            self.clamp_a = self._more_since = None

    def forget(self) -> None:
        """Forget what was believed: another car may be different."""
        self.most_a = None
        self._other = self._since = None

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        if self._since is not None:
            self._since = min(self._since, now)
        self._rounds_since = min(self._rounds_since, now)
        self._told_at = -math.inf
        if self._more_since is not None:
            self._more_since = min(self._more_since, now)
        self._believed_at = min(self._believed_at, now)

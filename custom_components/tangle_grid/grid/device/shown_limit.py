"""What a charger makes of what it is told, by the limit that it shows.

Some clamp (told 16 A, they show 13 A), some round up (told 7 A, they show 8 A). Who shows the same other value several
times in a row is believed, until the next car: nobody tells it for ever what it does not take.
"""

from typing import Final

#: It has this long to show what it was told, s, and is believed when it has shown another value for so long, s.
_SETTLE_S: Final = 15.0
_BELIEVED_S: Final = 75.0
_SAME_A: Final = 0.05


class ShownWatch:
    """One charger.

    Attributes:
        most_a: The most that it takes, A per phase; None: it takes all that it was told.
        skips: Setpoints, A per phase, of which it makes more.
    """

    def __init__(self) -> None:
        self.most_a: float | None = None
        self.skips: frozenset[float] = frozenset()
        self._other: tuple[float, float] | None = None
        self._since: float | None = None

    def observe(self, now: float, *, told_a: float, told_at: float, shown_a: float | None) -> None:
        """Take in what it shows of a setpoint; see `model.ChargerTelemetry`."""
        settled = now - told_at >= _SETTLE_S
        if told_a <= 0 or shown_a is None or shown_a <= 0 or not settled or abs(shown_a - told_a) < _SAME_A:
            self._other = self._since = None
            return
        if self._other != (told_a, shown_a) or self._since is None:
            self._other, self._since = (told_a, shown_a), now
        elif now - self._since >= _BELIEVED_S:
            if shown_a < told_a:
                self.most_a = shown_a
            else:
                self.skips |= {told_a}
            self._other = self._since = None

    def forget(self) -> None:
        """Another car: it may be different now."""
        self.most_a, self.skips = None, frozenset()
        self._other = self._since = None

    def forget_future(self, now: float) -> None:
        """The clock was set back: nothing may lie in the future."""
        if self._since is not None:
            self._since = min(self._since, now)

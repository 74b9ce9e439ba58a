"""When a charger is tried although nobody sees what it does: one that was paused may only be silent for that."""

from typing import Final

#: A try lasts so long, s; the next one comes after a time that doubles, s.
_TRY_S: Final = 150.0
_WAIT_S: Final = 300.0
_LONGEST_WAIT_S: Final = 3600.0


class Probe:
    """The tries of one charger.

    Attributes:
        begun_at: When the last one began; None: there was none since it was heard of.
    """

    def __init__(self) -> None:
        self.begun_at: float | None = None
        self._tries = 0

    def may_begin(self, now: float) -> bool:
        """Return whether it is time for a try."""
        if self.begun_at is None:
            return True
        return now - self.begun_at >= min(_LONGEST_WAIT_S, _WAIT_S * 2.0 ** min(self._tries - 1, 8))

    def begin(self, now: float) -> None:
        """Note that a try begins."""
        self.begun_at = now
        self._tries += 1

    def lasts(self, now: float) -> bool:
        """Return whether a try is under way."""
        return self.begun_at is not None and now - self.begun_at < _TRY_S

    def heard(self) -> None:
        """Note that it charges and reports: what was tried has worked."""
        self.begun_at, self._tries = None, 0

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        if self.begun_at is not None:
            self.begun_at = min(self.begun_at, now)

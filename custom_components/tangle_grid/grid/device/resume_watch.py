"""A charger that forgets its limit when it charges again after a pause, or that starts above it.

Told 6 A after a pause it lets its car draw its maximum, while its number still shows what it was told. Whether it was
the charger shows soon: it is measured above its setpoint, or has to be paused again at once, twice in a row. From then
on its setpoint is written once more as soon as it charges again. Until it has had the time to follow that, what a meter
shows more is taken for its own, so that nobody is paused for it. Each start costs one more write, so this is for those
who were seen to need it.
"""

from typing import Final

#: It charges so soon after it was told to, s, and has come down so long after it was told again, s.
_STARTS_S: Final = 3.0
_COMES_DOWN_S: Final = 10.0
#: What happens later than this after a start has other reasons, s, unless its own report was on its way that long.
_AFTER_START_S: Final = 20.0
#: Pauses at once after a start, in a row, that no kettle explains any more.
_BOUNCES: Final = 2


class ResumeWatch:
    """One charger.

    Attributes:
        forgets: It does. That survives a restart.
    """

    def __init__(self) -> None:
        self.forgets = False
        self._begun_at: float | None = None
        self._told_again_at: float | None = None
        self._bounces = 0

    def begins(self, now: float) -> None:
        """Note that it is told to charge after a pause."""
        if self._begun_at is not None:
            # The start before this one did not end in a shortage.
            self._bounces = 0
        self._begun_at, self._told_again_at = now, None

    def paused(self, now: float) -> None:
        """Note that it is told to pause because its feeder is short."""
        if self._begun_at is None:
            return
        if now - self._begun_at <= _AFTER_START_S:
            self._bounces += 1
            self.forgets |= self._bounces >= _BOUNCES
        else:
            self._bounces = 0
        self._begun_at = None

    def seen_above(self, measured_at: float) -> None:
        """Note that it was measured above all that it was told by then."""
        begun_at = self._begun_at
        if begun_at is not None and _STARTS_S <= measured_at - begun_at <= _AFTER_START_S:
            self.forgets = True

    def due_at(self) -> float | None:
        """Return when its setpoint is to be written again, grid time; None: it need not be."""
        if not self.forgets or self._begun_at is None or self._told_again_at is not None:
            return None
        return self._begun_at + _STARTS_S

    def tell_again(self, now: float) -> bool:
        """Return whether its setpoint is to be written again now, because it has just started."""
        due_at = self.due_at()
        if due_at is None or now < due_at:
            return False
        self._told_again_at = now
        return True

    def above_until(self) -> float | None:
        """Return until when it may be above its setpoint because it has just started, grid time; None: it is not."""
        if not self.forgets or self._begun_at is None:
            return None
        told_at = self._begun_at + _STARTS_S if self._told_again_at is None else self._told_again_at
        return told_at + _COMES_DOWN_S

    def starts(self, now: float) -> bool:
        """Return whether it has just been told to charge after a pause."""
        return self._begun_at is not None and 0.0 <= now - self._begun_at <= _STARTS_S + _COMES_DOWN_S

    def forget_future(self) -> None:
        """Forget what lies in the future: the clock was set back."""
        self._begun_at = self._told_again_at = None

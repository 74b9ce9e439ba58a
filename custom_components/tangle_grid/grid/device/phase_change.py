"""Changes a charger over between one phase and three: what it uses now, and how it comes from the one to the other.

A change is a few steps: the charger is paused (or brought to its least current, where it may change over under load);
when it is measured to draw nothing it is told to change over; when it shows that it has, or, where it shows nothing,
has had the time, it charges again. From the first step to the last, and whenever nobody knows, its current counts on
all three phases. A charger that does not do it is left alone until the hold time is over, as after each change,
whoever made it.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

type Count = Literal[1, 3]

ONE: Final[Count] = 1
THREE: Final[Count] = 3
#: Until it draws nothing it is waited for so long, s; and until it shows the change.
_PAUSE_S: Final = 120.0
_FOLLOW_S: Final = 90.0
#: What shows nothing has done it after this, s; what shows something is believed after this.
_BLINDLY_S: Final = 30.0
_SETTLE_S: Final = 5.0
#: One phase that somebody else chose while it charged is believed after this, s.
_BY_OTHERS_S: Final = 20.0
#: It is told again after this, s.
_AGAIN_S: Final = 30.0


class PhaseChange:
    """The change-over of one charger.

    Args:
        hold_s: It stays with what it has for so long at least, s; None: it cannot change over.
        pauses: It has to be paused for it.

    Attributes:
        pauses: As above.
        target: What it is on its way to; None: it is not on its way.
        doubted: What it shows has been seen to be wrong.
    """

    def __init__(self, hold_s: float | None, *, pauses: bool = True) -> None:
        self._hold_s = hold_s
        self.pauses = pauses
        self.target: Count | None = None
        self.doubted = False
        self._in_use: Count | None = None
        # What was told last where nothing is shown, and what is shown, with the time since when.
        self._told: Count | None = None
        self._shown: Count | None = None
        self._shown_since = 0.0
        self._is_shown = False
        self._changed_at: float | None = None
        self._begun_at = 0.0
        self._ready = False
        self._told_at: float | None = None
        self._asked_at = 0.0
        self._favoured: tuple[Count, float] | None = None

    @property
    def possible(self) -> bool:
        """Whether it can change over at all."""
        return self._hold_s is not None

    @property
    def in_use(self) -> Count | None:
        """How many phases it is switched to; None: nobody knows, or it is changing over."""
        return None if self.target is not None or self.doubted else self._in_use

    @property
    def is_shown(self) -> bool:
        """Whether it has ever shown what it is switched to."""
        return self._is_shown

    def observe(self, now: float, shown: int | None, *, idle: bool, measured_at: float | None) -> None:
        """Take in what it shows.

        Args:
            now: Grid time.
            shown: How many phases it shows to be switched to; None: it shows nothing.
            idle: It is told to draw nothing, or its least current where that is enough, and is measured to do so.
            measured_at: When its newest reading was made; None: there is none.
        """
        if not self.possible:
            return
        count = _count(shown)
        if count is not None and count != self._shown:
            if self._shown is not None:
                # Whoever changed it over: it stays so for a while.
                self._changed_at = now
            self._shown, self._shown_since, self._is_shown, self.doubted = count, now, True, False
        if self.target is not None:
            self._go_on(now, count, idle=idle)
        if self.target is None:
            self._in_use = self._settled(now, count, idle=idle, measured_at=measured_at)

    def _settled(self, now: float, count: Count | None, *, idle: bool, measured_at: float | None) -> Count | None:
        if count is None:
            return None if self._is_shown else self._told
        if count == THREE or self._in_use == ONE or idle:
            return count
        seen = measured_at is not None and measured_at >= self._shown_since
        return count if seen and now - self._shown_since >= _BY_OTHERS_S else None

    def _go_on(self, now: float, count: Count | None, *, idle: bool) -> None:
        target = self.target
        if self._told_at is None:
            self._ready = idle
            if not idle and now - self._begun_at > _PAUSE_S:
                self._end(now, None)
        elif count == target:
            if now - max(self._shown_since, self._told_at) >= _SETTLE_S:
                self._end(now, target)
        elif not self._is_shown:
            if now - self._told_at >= _BLINDLY_S:
                self._end(now, target)
        elif now - self._told_at > _FOLLOW_S:
            self._end(now, None)

    def _end(self, now: float, told: Count | None) -> None:
        self.target, self._in_use, self._changed_at = None, told, now
        if self._told_at is not None:
            self._told = told
        self._told_at, self._ready, self._favoured = None, False, None

    def favour(self, now: float, target: Count | None, *, patience_s: float) -> bool:
        """Note what would be better now, and return whether that is so for long enough, and the hold time is over."""
        if target is None or self.target is not None or self._hold_s is None:
            self._favoured = None
            return False
        if self._favoured is None or self._favoured[0] != target:
            self._favoured = target, now
        held = self._changed_at is not None and now - self._changed_at < self._hold_s
        return not held and now - self._favoured[1] >= patience_s

    def begin(self, now: float, target: Count) -> None:
        """Begin to change over; the time that it is held counts from here, whatever comes of it."""
        self.target, self._begun_at, self._changed_at = target, now, now
        self._told_at, self._ready, self._favoured = None, False, None

    def asks(self, now: float) -> Count | None:
        """Return what it has to be told to change over to now; None: nothing."""
        if self.target is None or not self._ready:
            return None
        if self._told_at is None:
            self._told_at = now
            self._asked_at = now
            return self.target
        if now - self._asked_at >= _AGAIN_S:
            self._asked_at = now
            return self.target
        return None

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        self._shown_since = min(self._shown_since, now)
        self._begun_at = min(self._begun_at, now)
        self._favoured = None
        if self._changed_at is not None:
            self._changed_at = min(self._changed_at, now)
        if self._told_at is not None:
            self._told_at = self._asked_at = min(self._told_at, now)

    def to_dict(self) -> dict[str, Any] | None:
        """Return JSON-able content; None: there is nothing to keep."""
        if not self.possible:
            return None
        return {"told": None if self.target is not None else self._told, "changed_at": self._changed_at}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take over what an earlier run stored. What it was about to do is begun anew, if at all."""
        self._told = _count(data["told"])
        self._changed_at = data["changed_at"]


def _count(value: object) -> Count | None:
    return ONE if value == ONE else THREE if value == THREE else None

"""How late a meter shows a known change: a charger that is tried out comes down, and its meter has to follow."""

from dataclasses import dataclass
from typing import Final

#: What was not shown within this time is given up, s. What changed longer ago does not disturb the next change.
WITHIN_S: Final = 30.0
#: A change counts as shown once so much of it is, as a share.
_SHOWN: Final = 0.5
#: A smaller change is not told from what the house does, W.
_LEAST_W: Final = 600.0
#: Others that are told so much more or less meanwhile hide it, W.
_OTHERS_W: Final = 300.0
#: It is said to be missed only if it was so often, and never shown.
_TRIES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSight:
    """What the meter nearest to a charger shows.

    Attributes:
        power_w: W over all its phases.
        at: When that was measured.
        others_w: What all other devices on it are told, together, W.
    """

    power_w: float
    at: float
    others_w: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A charger was told to come down by `drop_w` W at `at`."""

    before: MeterSight
    at: float
    drop_w: float


class MeterLag:
    """Times what a meter shows of each change.

    Attributes:
        lag_s: How long after it was told a change was shown, the shortest, s; None: none was.
    """

    def __init__(self) -> None:
        self.lag_s: float | None = None
        self._change: _Change | None = None
        self._missed = 0

    @property
    def missed(self) -> bool:
        """Whether it showed nothing of what it should have shown."""
        return self.lag_s is None and self._missed >= _TRIES

    def told(self, now: float, meter: MeterSight | None, drop_w: float) -> None:
        """Note that the charger is told to come down by so much, W."""
        self._change = None
        if meter is not None and drop_w >= _LEAST_W:
            self._change = _Change(before=meter, at=now, drop_w=drop_w)

    def look(self, now: float, meter: MeterSight | None) -> None:
        """Take in what the meter shows now."""
        if (change := self._change) is None:
            return
        if meter is None or abs(meter.others_w - change.before.others_w) > _OTHERS_W:
            self._change = None
        elif meter.at >= change.at and change.before.power_w - meter.power_w >= _SHOWN * change.drop_w:
            after_s = meter.at - change.at
            self.lag_s = after_s if self.lag_s is None else min(self.lag_s, after_s)
            self._change = None
        elif now - change.at >= WITHIN_S:
            self._missed += 1
            self._change = None

    @property
    def waits(self) -> bool:
        """Whether a change is still to be shown."""
        return self._change is not None

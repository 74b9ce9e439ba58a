"""Whether a house's cars leave when it says so: who often stays longer than was told is believed to stay longer.

To leave sooner is what pays in an order by departure. So a street remembers, house by house, how long cars stayed by
what was told when they came, and stretches what it is told by the median of the last stays. Who tells the truth is
believed as it is; who halves each time is believed twice that. Nobody is believed to leave sooner than was told.
"""

from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

_STAYS: Final = 12
_LEAST: Final = 3
_MOST: Final = 4.0
_SHORT_S: Final = 300.0


@dataclass(slots=True)
class StayCheck:
    """What a street knows of one house's stays. Seconds are those of any clock that goes on."""

    ratios: deque[float] = field(default_factory=lambda: deque(maxlen=_STAYS))
    _since: dict[int, tuple[float, float]] = field(default_factory=dict)

    def observe(self, now: float, slot: int, *, connected: bool, within_s: float | None) -> None:
        """Take in what a report says of a slot."""
        began = self._since.get(slot)
        if connected and began is None and within_s is not None:
            self._since[slot] = (now, within_s)
        elif not connected and began is not None:
            del self._since[slot]
            if began[1] >= _SHORT_S:
                self.ratios.append((now - began[0]) / began[1])

    @property
    def factor(self) -> float:
        """How many times longer than told a car of this house is believed to stay: 1 to 4."""
        return min(_MOST, max(1.0, median(self.ratios))) if len(self.ratios) >= _LEAST else 1.0

    def believed_s(self, within_s: float | None) -> float | None:
        """Return until when a car is believed to stay, from now."""
        return None if within_s is None else within_s * self.factor

    def to_dict(self) -> dict[str, Any]:
        """Return what has to survive a restart, as JSON."""
        return {"ratios": list(self.ratios)}

"""Who is asked to give first among those who ask the same price: whoever earned least lately.

Each reward is remembered as a debt of its receiver to the others, and the debt halves every week: helping is a
chance to earn, and it goes round. With equal rewards the order is a plain rotation. Whoever is new starts with the
debt of the one who has least, so leaving and coming back gains nothing.
"""

from collections.abc import Mapping
from typing import Any, Final, Self

HALF_LIFE_S: Final = 7 * 86_400.0
#: Debts below this are forgotten, i.
_FORGOTTEN_I: Final = 0.5


class Debts:
    """Recent earnings by device id, decaying."""

    def __init__(self) -> None:
        self._debts: dict[str, tuple[float, float]] = {}

    def add(self, device_id: str, amount_i: int, now: float) -> None:
        """Count what somebody has earned."""
        self._debts[device_id] = (self.of(device_id, now) + amount_i, now)

    def of(self, device_id: str, now: float) -> float:
        """Return what somebody earned lately, i, decayed."""
        known = self._debts.get(device_id)
        if known is None:
            return min((_decayed(*debt, now) for debt in self._debts.values()), default=0.0)
        return _decayed(*known, now)

    def enrol(self, device_ids: list[str], now: float) -> None:
        """Give whoever is not known yet its place; forget nobody who may come back."""
        for device_id in device_ids:
            if device_id not in self._debts:
                self._debts[device_id] = (self.of(device_id, now), now)

    def forget_future(self, now: float) -> None:
        """Let debts decay from now on: the clock was set back."""
        self._debts = {device_id: (debt, min(at, now)) for device_id, (debt, at) in self._debts.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {device_id: list(debt) for device_id, debt in self._debts.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the debts that `to_dict` described.

        Raises:
            TypeError, ValueError: it is something else.
        """
        known = cls()
        known._debts = {str(device_id): (float(debt), float(at)) for device_id, (debt, at) in data.items()}
        return known


def _decayed(debt: float, at: float, now: float) -> float:
    left = debt * 0.5 ** (max(0.0, now - at) / HALF_LIFE_S)
    return left if left >= _FORGOTTEN_I else 0.0

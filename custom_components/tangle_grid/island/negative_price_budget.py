"""What negative prices may cost the operator on a day, and what of it is granted."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.util import dt as dt_util

from ..bridge.payment_desk import PaymentDesk

SAGA: Final = "charging_budget"


class NegativePriceBudget:
    """The budget of a day, granted to sessions bit by bit.

    Each grant is written down before the session that it is for: if that is the last thing which is written, the
    budget is smaller, never larger.
    """

    def __init__(self, desk: PaymentDesk, now: Callable[[], float]) -> None:
        """`now` returns the grid's time, epoch seconds."""
        self._desk, self._now = desk, now
        self._day, self._granted_i = "", 0

    def restore(self) -> None:
        """Go on with what was granted before."""
        stored: dict[str, Any] = dict(self._desk.open_sagas.get(SAGA, {}).get(SAGA, {}))
        self._day, self._granted_i = str(stored.get("day", "")), int(stored.get("granted_i", 0))

    def left_i(self, budget_i: int) -> int:
        """Return what is left today of a budget, i."""
        return max(0, budget_i - (self._granted_i if self._day == self._today() else 0))

    def grant(self, amount_i: int) -> None:
        """Grant some of it, i, and write it down."""
        today = self._today()
        self._granted_i = amount_i + (self._granted_i if self._day == today else 0)
        self._day = today
        self._desk.record(SAGA, SAGA, {"day": today, "granted_i": self._granted_i}, (), at=self._now())

    def _today(self) -> str:
        return dt_util.as_local(dt_util.utc_from_timestamp(self._now())).date().isoformat()

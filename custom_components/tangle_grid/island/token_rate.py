"""What tokens are worth in the currency of Home Assistant: by a number, by an entity, or one Mi a unit.

Prices are typed in the currency and paid in tokens; the rate of the moment is taken once, when a session or a stay
begins. What is shown beside amounts is only for people, and follows an entity once an hour: a rate that moves each
minute is no reason for a new state of each wallet.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..const import CONF_TOKEN_RATE, CONF_TOKEN_RATE_ENTITY, SUBENTRY_PARKING, SUBENTRY_TOLL
from ..devices.named import StoredEntry
from .charging_prices import is_priced
from .tariffs import token_rate

#: What stands beside an amount of tokens. Never recorded.
MONEY: Final = "money"
CURRENCY: Final = "currency"
MONEY_ATTRIBUTES: Final = frozenset({MONEY, CURRENCY})
#: Digits of an amount of money: a fee for a few Wh is far below a cent.
DIGITS: Final = 4
_SHOWN_S: Final = 3600.0
_PRICED: Final = frozenset({SUBENTRY_PARKING, SUBENTRY_TOLL})


class TokenRate:
    """The rate of an island."""

    def __init__(self, hass: HomeAssistant, entry: StoredEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._taken_at: float | None = None
        self._options: Mapping[str, Any] | None = None
        self._shown: float | None = None

    @property
    def now(self) -> Fraction | None:
        """How many iota a unit of the currency is now; None while its entity does not say so."""
        return token_rate(self._hass, self._entry.options)

    @property
    def is_told(self) -> bool:
        """Whether anybody has said what tokens are worth, or what costs anything here."""
        options = self._entry.options
        return (
            CONF_TOKEN_RATE in options
            or CONF_TOKEN_RATE_ENTITY in options
            or is_priced(options)
            or any(each.subentry_type in _PRICED for each in self._entry.subentries.values())
        )

    def told(self) -> Fraction | None:
        """Return how many iota a unit of the currency is now; None where nobody says so, or its entity does not now."""
        return self.now if self.is_told else None

    def beside(self, amount_i: float) -> dict[str, Any] | None:
        """Return an amount in the currency as the attributes of an entity; None where nobody said what it is worth."""
        money = self.money(amount_i)
        return None if money is None else {MONEY: money, CURRENCY: self._hass.config.currency}

    def money(self, amount_i: float) -> float | None:
        """Return what an amount is worth, in the currency, as it is shown: the rate is at most an hour old."""
        now = self._hass.loop.time()
        if self._taken_at is None or now - self._taken_at >= _SHOWN_S or self._options is not self._entry.options:
            rate = self.told()
            self._options, self._shown = self._entry.options, None if rate is None else float(rate)
            # What is not known yet is looked for again at once.
            self._taken_at = now if rate is not None or not self.is_told else None
        return None if self._shown is None else round(amount_i / self._shown, DIGITS)

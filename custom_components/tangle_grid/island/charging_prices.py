"""What charging costs on an island, as its operator set it in the options: nothing, until somebody does.

Figures stand in the options as they were typed, decimals in texts, so that a price of 0.1 is exactly that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final, Self

from homeassistant.core import HomeAssistant

from ..const import CONF_PRICE_ENTITY, CONF_PRICES, CONF_TARIFF_JSON, TREASURY
from ..economy.sessions import EmptyWallet, Fee, Guest, Terms
from ..economy.sessions.terms import DEFAULT_CREDIT_WH, DEFAULT_SLICE_WH
from ..economy.tariff_form import read_decimal
from .tariffs import charging_offer, token_rate

CONF_FEED_IN: Final = "feed_in"
CONF_SUN_PRICE: Final = "sun_price"
CONF_FEE_PERCENT: Final = "fee_percent"
CONF_GUESTS: Final = "guests"
CONF_GUEST_HOUSEHOLD: Final = "guest_household"
CONF_EMPTY_WALLET: Final = "empty_wallet"
CONF_SLICE_WH: Final = "slice_wh"
CONF_CREDIT_WH: Final = "credit_wh"
CONF_AWAY_WH: Final = "away_wh"
CONF_NEGATIVE_BUDGET: Final = "negative_budget"
#: What makes charging cost something.
PRICED: Final = ("kwh", "hour", "flat", CONF_TARIFF_JSON, CONF_PRICE_ENTITY)
_PERCENT: Final = 100


def is_priced(options: Mapping[str, Any]) -> bool:
    """Return whether charging costs anything by an entry's options."""
    stored = options.get(CONF_PRICES, {})
    return any(name in stored for name in PRICED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingPrices:
    """The prices of an island.

    Attributes:
        stored: What was typed, by the names of the form.
        options: The options that they are from, which say what tokens are worth.
        guests: What holds for a car without a wallet.
        guest_household: Whose account pays for guests.
        negative_budget: What negative prices may cost the operator on a day, in the currency.
    """

    stored: Mapping[str, Any]
    options: Mapping[str, Any]
    guests: Guest
    guest_household: str | None
    negative_budget: Fraction

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self | None:
        """Return the prices in an entry's options; None where charging costs nothing."""
        if not is_priced(options):
            return None
        stored = options[CONF_PRICES]
        return cls(
            stored=stored,
            options=options,
            guests=Guest(stored.get(CONF_GUESTS, Guest.FREE)),
            guest_household=stored.get(CONF_GUEST_HOUSEHOLD),
            negative_budget=_figure(stored, CONF_NEGATIVE_BUDGET),
        )

    def rate(self, hass: HomeAssistant) -> Fraction | None:
        """Return how many iota one unit of the currency is now; None while nobody knows."""
        return token_rate(hass, self.options)

    def terms(self, hass: HomeAssistant, at: datetime, *, most_per_kwh: Fraction | None = None) -> Terms | None:
        """Return the terms of a session that begins now; None while its price or the rate of tokens is not known.

        Args:
            hass: Has the entity that the price comes from, and the time zone of the tariff's times.
            at: The beginning, for prices that change.
            most_per_kwh: What the car pays at most for a kWh.
        """
        tariff = charging_offer(hass, self.stored, at)
        rate = self.rate(hass)
        if tariff is None or rate is None:
            return None
        credit_wh = int(self.stored.get(CONF_CREDIT_WH, DEFAULT_CREDIT_WH))
        return Terms(
            tariff=tariff,
            zone=hass.config.time_zone,
            rate=rate,
            seller=TREASURY,
            operator=TREASURY,
            feed_in=_figure(self.stored, CONF_FEED_IN),
            sun=_figure(self.stored, CONF_SUN_PRICE),
            fee=Fee(share=_figure(self.stored, CONF_FEE_PERCENT) / _PERCENT),
            slice_wh=min(int(self.stored.get(CONF_SLICE_WH, DEFAULT_SLICE_WH)), credit_wh),
            credit_wh=credit_wh,
            away_wh=int(self.stored.get(CONF_AWAY_WH, DEFAULT_CREDIT_WH)),
            empty=EmptyWallet(self.stored.get(CONF_EMPTY_WALLET, EmptyWallet.PAUSE)),
            most_per_kwh=most_per_kwh,
        )


def _figure(stored: Mapping[str, Any], name: str) -> Fraction:
    return Fraction(read_decimal(stored.get(name) or "0", name))

"""What a car is offered at a charger: the prices of the options, who pays by them, and what a kWh costs now."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..devices.named import StoredEntry
from ..economy.errors import FormError, TariffError
from ..economy.sessions import Guest, Quote, SessionError, Terms, quote
from ..economy.tariff import read_tariff
from .charging_prices import ChargingPrices, is_priced
from .configuration import Member
from .vehicles import Vehicles

_QUOTE_S: Final = 60.0


class ChargingTerms:
    """The prices of an island as they stand in its options now, read once for all chargers."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        *,
        vehicles: Vehicles,
        members: Mapping[str, Member],
        now: Callable[[], float],
    ) -> None:
        """`vehicles` say who is at which charger, `members` who has a wallet; `now` returns the grid's time, s."""
        self._hass, self._entry, self._now = hass, entry, now
        self._vehicles, self._members = vehicles, members
        self._options: Mapping[str, Any] | None = None
        self._prices: ChargingPrices | None = None
        self._quoted: tuple[float, Quote | None] | None = None

    @property
    def is_priced(self) -> bool:
        """Whether charging costs anything."""
        return is_priced(self._entry.options)

    def prices(self) -> ChargingPrices | None:
        """Return the prices, None where charging costs nothing. Raises FormError for what is no price."""
        if self._options is not self._entry.options:
            self._prices = ChargingPrices.from_options(self._entry.options)
            self._options, self._quoted = self._entry.options, None
        return self._prices

    def quote(self) -> Quote | None:
        """Return the price of a kWh for whoever comes now. None where there is no price."""
        now = self._now()
        if self._quoted is None or not 0 <= now - self._quoted[0] < _QUOTE_S:
            self._quoted = (now, self._offer(now))
        return self._quoted[1]

    def _offer(self, now: float) -> Quote | None:
        try:
            prices = self.prices()
            terms = None if prices is None else prices.terms(self._hass, dt_util.utc_from_timestamp(now))
            if terms is None:
                return None
            return quote(read_tariff(terms.tariff), now, dt_util.get_default_time_zone(), terms.rate)
        except (TariffError, FormError, SessionError) as error:
            LOGGER.debug("No price of charging at %s: %s", self._entry.title, error)
            return None

    def begin(self, prices: ChargingPrices, payer: str | None) -> Terms | None:
        """Return the terms of a session that begins now; None while its price or the rate of tokens is not known."""
        return prices.terms(
            self._hass, dt_util.utc_from_timestamp(self._now()), most_per_kwh=self.most_per_kwh(prices, payer)
        )

    def payer(self, charger_id: str, prices: ChargingPrices) -> tuple[str | None, Guest | None]:
        """Return who pays: the vehicle, the charger's own wallet on an island without vehicles, or as guests do."""
        vehicle_id = self._vehicles.at(charger_id).vehicle_id
        if vehicle_id is not None and vehicle_id in self._members:
            return vehicle_id, None
        if not self._vehicles.all:
            return charger_id, None
        if prices.guests is Guest.HOUSEHOLD:
            if prices.guest_household in self._members:
                return prices.guest_household, Guest.HOUSEHOLD
            return None, Guest.FREE
        return None, prices.guests

    def most_per_kwh(self, prices: ChargingPrices, payer: str | None) -> Fraction | None:
        """Return what a payer pays at most for a kWh, in the currency; None where it has no limit."""
        if payer is None or payer not in self._vehicles.all:
            return None
        most_i = self._vehicles.max_price_i(payer)
        rate = prices.rate(self._hass)
        return None if most_i is None or rate is None else most_i / rate

    def negative_budget_i(self, rate: Fraction) -> int:
        """Return what negative prices may cost on a day, i, where a unit of the currency is `rate`."""
        prices = self.prices()
        return 0 if prices is None else int(prices.negative_budget * rate)

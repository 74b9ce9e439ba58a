"""What car parks and tolls of an island offer now, and what the owner of a car allows."""

from collections.abc import Mapping
from datetime import tzinfo
from fractions import Fraction
from typing import Any

from homeassistant.core import HomeAssistant

from ..const import (
    CONF_PARKING_LIMIT,
    CONF_PARKING_MODE,
    CONF_PLACES,
    CONF_SERVICE_RULES,
    CONF_TOLL_LIMIT,
    CONF_TOLL_MODE,
    CONF_TOLL_PRICE,
    LOGGER,
    SUBENTRY_PARKING,
    SUBENTRY_TOLL,
    SUBENTRY_VEHICLE,
)
from ..devices.named import StoredEntry
from ..economy.errors import TariffError
from ..economy.services import CarPark, ConsentPolicy, Mode, Rule, Toll, Use
from .tariffs import parking_offer, price_i, token_rate


def consent(data: Mapping[str, Any]) -> ConsentPolicy:
    """Return what a vehicle allows, from its part of the config entry; where nobody said anything it is asked."""
    fields = {
        Use.PARKING: (CONF_PARKING_MODE, CONF_PARKING_LIMIT),
        Use.TOLL: (CONF_TOLL_MODE, CONF_TOLL_LIMIT),
    }
    return ConsentPolicy(
        uses={use: _rule(data.get(mode), data.get(limit)) for use, (mode, limit) in fields.items()},
        services={
            service: _rule(each.get("mode"), each.get("limit"))
            for service, each in data.get(CONF_SERVICE_RULES, {}).items()
        },
    )


def _rule(mode: str | None, limit: float | None) -> Rule:
    return Rule(mode=Mode(mode or Mode.ASK), limit_i=None if limit is None else int(limit))


class ServiceOffers:
    """The cars, car parks and tolls of a config entry, as they stand there now."""

    def __init__(self, hass: HomeAssistant, entry: StoredEntry) -> None:
        """`hass` has the entities that prices come from."""
        self._hass, self._entry = hass, entry

    @property
    def vehicles(self) -> dict[str, Mapping[str, Any]]:
        """The cars, by id."""
        return self._of(SUBENTRY_VEHICLE)

    @property
    def car_parks(self) -> dict[str, Mapping[str, Any]]:
        """The car parks, by id."""
        return self._of(SUBENTRY_PARKING)

    @property
    def tolls(self) -> dict[str, Mapping[str, Any]]:
        """The tolls, by id."""
        return self._of(SUBENTRY_TOLL)

    def _of(self, kind: str) -> dict[str, Mapping[str, Any]]:
        return {
            subentry_id: subentry.data
            for subentry_id, subentry in self._entry.subentries.items()
            if subentry.subentry_type == kind
        }

    def data(self, subentry_id: str) -> Mapping[str, Any]:
        """Return what is set up of a car or a service."""
        return self._entry.subentries[subentry_id].data

    def title(self, subentry_id: str) -> str:
        """Return what people call it."""
        return self._entry.subentries[subentry_id].title

    def car_park(self, service: str, now: int, zone: tzinfo) -> CarPark | None:
        """Return what a car park offers; None if it has no price now."""
        data, rate = self.data(service), self._rate
        try:
            tariff = parking_offer(self._hass, data)
            if tariff is None or rate is None:
                return None
            places = data.get(CONF_PLACES)
            park = CarPark(service=service, tariff=tariff, rate=rate, capacity=None if places is None else int(places))
            park.price_i(now, zone)
        except TariffError as error:
            LOGGER.debug("%s has no price now: %s", self.title(service), error)
            return None
        return park

    def toll(self, service: str) -> Toll | None:
        """Return what a passage costs; None if it has no price now."""
        price, rate = str(self.data(service)[CONF_TOLL_PRICE]), self._rate
        if rate is None:
            return None
        try:
            return Toll(service=service, price_i=price_i(rate, price, CONF_TOLL_PRICE))
        except TariffError:
            return None

    @property
    def _rate(self) -> Fraction | None:
        return token_rate(self._hass, self._entry.options)

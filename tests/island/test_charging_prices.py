"""The terms of a session: exact prices, also those of an entity, and none while nobody knows them."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.tangle_grid.economy.sessions import quote
from custom_components.tangle_grid.economy.tariff import read_tariff
from custom_components.tangle_grid.island.charging_prices import ChargingPrices


def prices(**stored: Any) -> ChargingPrices:
    """Return prices from stored options."""
    found = ChargingPrices.from_options({"prices": stored, "token_rate": "500"})
    assert found is not None
    return found


def test_without_prices_charging_costs_nothing() -> None:
    assert ChargingPrices.from_options({}) is None
    assert ChargingPrices.from_options({"prices": {"guests": "refused"}}) is None


async def test_terms_are_exact(hass: HomeAssistant) -> None:
    stored = prices(kwh="0.1", feed_in="0.07", fee_percent="2.5", credit_wh=400)
    terms = stored.terms(hass, dt_util.utcnow(), most_per_kwh=Fraction(1, 2))
    assert terms is not None
    assert (terms.feed_in, terms.fee.share, terms.rate) == (Fraction(7, 100), Fraction(1, 40), 500)
    assert (terms.slice_wh, terms.credit_wh, terms.most_per_kwh) == (400, 400, Fraction(1, 2))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "Australia/Sydney"])
async def test_prices_of_the_coming_hours_are_known_at_plug_in(hass: HomeAssistant, zone: str) -> None:
    await hass.config.async_set_time_zone(zone)
    stored = prices(price_entity="sensor.price", margin="0.05", hour="1.5")
    now = dt_util.utcnow().replace(minute=20, second=0, microsecond=0)
    assert stored.terms(hass, now) is None
    first = now.replace(minute=0)
    hours = [
        {
            "start": (first + timedelta(hours=hour)).isoformat(),
            "end": (first + timedelta(hours=hour + 1)).isoformat(),
            "value": round(0.1 + hour / 100, 2),
        }
        for hour in range(12)
    ]
    hass.states.async_set("sensor.price", "0.1", {"raw_today": hours, "raw_tomorrow": []})
    terms = stored.terms(hass, now)
    assert terms is not None
    tariff = read_tariff(terms.tariff)
    local = dt_util.get_time_zone(zone)
    assert local is not None
    for hour in range(12):
        at = now + timedelta(hours=hour)
        assert quote(tariff, at.timestamp(), local, Fraction(1)).per_kwh == Fraction(15 + hour, 100), hour
    # What nobody told costs what it cost at the beginning.
    assert quote(tariff, (now + timedelta(hours=15)).timestamp(), local, Fraction(1)).per_kwh == Fraction(15, 100)
    assert quote(tariff, now.timestamp(), local, Fraction(1)).standing_per_hour == Fraction(3, 2)

"""Energy of a common source, from the powers of devices to each member's CSV."""

import csv
import io
from typing import Any

import pytest
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from custom_components.tangle_grid.bridge.journal import Quarter
from custom_components.tangle_grid.economy.books import verify_sharing
from tests.support.island import CHARGER, HOUSEHOLD, SOLAR, Island, set_sensor
from tests.support.real_ledger import async_until, live_island, real_island

__all__ = ["live_island", "real_island"]


async def share(island: Island, **data: Any) -> Any:
    members = [island.device_id(CHARGER), island.device_id(HOUSEHOLD)]
    usual = {"source_device_id": island.device_id(SOLAR), "device_id": members, "key": "dynamic"}
    return await island.call("share_energy", response=True, **(usual | data))


async def test_what_devices_draw_and_give_is_shared_by_quarters(real_island: Island) -> None:
    hass, runtime = real_island.hass, real_island.runtime
    await async_until(hass, lambda: runtime.economy.desk.is_open)
    set_sensor(hass, "sensor.inverter_power", 2000, "W")
    set_sensor(hass, "sensor.home_power", 1000, "W")
    await real_island.run(2 * 900)
    found = await share(real_island)
    charger, household = found["members"]
    assert found["quarters"] >= 2
    # 11 kW, 1 kW, and 2 kW of sun, for half an hour, less what nobody saw at first.
    assert 900 < found["produced_wh"] <= 1_000
    assert 450 < household["used_wh"] <= 500
    assert charger["used_wh"] > 10 * household["used_wh"]
    assert found["fed_in_wh"] == 0
    assert charger["shared_wh"] + household["shared_wh"] == found["produced_wh"]
    rows = list(csv.DictReader(io.StringIO(household["csv"].removeprefix("\ufeff"), newline="")))
    assert len(rows) == found["quarters"] + 1
    assert round(float(rows[-1]["shared_kwh"]) * 1000) == household["shared_wh"]

    # A restart in the middle of a quarter loses none of it.
    await hass.config_entries.async_reload(real_island.entry.entry_id)
    await async_until(hass, lambda: real_island.runtime.economy.desk.is_open)
    again = await share(real_island)
    assert again["produced_wh"] >= found["produced_wh"]


async def test_keys_and_what_they_cannot_be(real_island: Island) -> None:
    hass, runtime = real_island.hass, real_island.runtime
    await async_until(hass, lambda: runtime.economy.desk.is_open)
    charger, household = real_island.device_id(CHARGER), real_island.device_id(HOUSEHOLD)
    at = int(runtime.economy.books.this_month().bounds(dt_util.get_default_time_zone())[0]) + 43_200
    quarters = [
        Quarter(participant=SOLAR, at=at, wh_in=0, wh_out=600),
        Quarter(participant=CHARGER, at=at, wh_in=1_000, wh_out=0),
        Quarter(participant=HOUSEHOLD, at=at, wh_in=100, wh_out=0),
    ]
    await hass.async_add_executor_job(runtime.economy.desk.journal.add_quarters, quarters)
    shares = {charger: 50, household: 50}
    for key, given, expected in (
        ("static", shares, [300, 100]),
        ("static", None, [300, 100]),
        ("hybrid", shares, [500, 100]),
        ("dynamic", None, [545, 55]),
        ("static", {charger: 12.5}, [75, 0]),
    ):
        found = await share(real_island, key=key, **({} if given is None else {"shares": given}))
        assert [member["shared_wh"] for member in found["members"]] == expected, key
        assert found["fed_in_wh"] == 600 - sum(expected)
    for wrong, reason in (
        ({charger: 60, household: 50}, "shares_cannot_be"),
        ({charger: -1}, "shares_cannot_be"),
        ({"another": 1}, "share_of_nobody"),
        ({charger: "much"}, "field_number"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await share(real_island, key="static", shares=wrong)
        assert refused.value.translation_key == reason
    # What it takes to repeat it, signed.
    found = await share(real_island, key="hybrid", shares=shares, format="json")
    repeated = verify_sharing(found["content"], runtime.link.signing_key().public)
    assert [repeated[0].shared_wh[who] for who in (CHARGER, HOUSEHOLD)] == [500, 100]
    assert all("csv" not in member for member in found["members"])
    empty = await share(real_island, month="2020-01")
    assert (empty["quarters"], empty["produced_wh"]) == (0, 0)

"""What was entered becomes the grid's configuration, and a meter."""

from collections.abc import Callable

import pytest
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.devices import build_device, build_meter, feeder_config, policy_from_data
from custom_components.tangle_grid.devices.config import device_config
from custom_components.tangle_grid.grid.model.world import (
    BatteryConfig,
    ChargerConfig,
    HouseholdConfig,
    PolicyConfig,
    PolicyMode,
    ShedLoad,
    SolarConfig,
)
from tests.support.device_builders import epoch, subentry

Show = Callable[..., None]


def test_a_feed_with_one_meter_sensor_has_one_phase() -> None:
    feeder = feeder_config({"capacity_a": 25, "threshold": 80, "meter": {"current": ["sensor.a"]}})
    assert feeder.capacity_a == (25.0, 0.0, 0.0)
    assert feeder.threshold_a == (20.0, 0.0, 0.0)


def test_feeder() -> None:
    feeder = feeder_config(
        {"capacity_a": 63, "threshold": 80, "meter": {"power": ["sensor.a", "sensor.b", "sensor.c"]}}
    )
    assert feeder.feeder_id == "main"
    assert feeder.capacity_a == (63.0, 63.0, 63.0)
    assert feeder.threshold_a == pytest.approx((50.4, 50.4, 50.4))


async def test_charger(hass: HomeAssistant) -> None:
    config, _ = build_device(
        hass,
        subentry(
            "charger",
            power="sensor.p",
            current_limit="number.l",
            phases=[3, 1, 2],
            min_current=8,
            max_current=16,
            safe_current=0,
            discharge_current="number.d",
            max_discharge_current=10,
            battery_kwh=77.5,
            target_soc=90,
            policy={"mode": "when_charged", "charged_above": 60, "min_rate": 5, "v2g_floor_soc": 40},
        ),
        epoch,
    )
    assert config == ChargerConfig(
        device_id="p1",
        name="Maple 4",
        feeder_id="main",
        phases=(2, 0, 1),
        min_current_a=8.0,
        max_current_a=16.0,
        safe_current_a=0.0,
        max_discharge_a=10.0,
        battery_wh=77_500,
        target_soc=90.0,
        policy=PolicyConfig(mode=PolicyMode.WHEN_CHARGED, charged_above=60.0, min_rate=5, v2g_floor_soc=40.0),
    )


async def test_charger_without_discharge_entity_never_feeds_back(hass: HomeAssistant) -> None:
    data = {"power": "sensor.p", "current_limit": "number.l", "min_current": 6, "max_current": 16, "safe_current": 6}
    config, _ = build_device(hass, subentry("charger", **data, max_discharge_current=10), epoch)
    assert isinstance(config, ChargerConfig)
    assert config.max_discharge_a == 0.0
    assert config.battery_wh is None


async def test_other_kinds(hass: HomeAssistant) -> None:
    data = {"power": "sensor.p", "soc": "sensor.s", "power_setpoint": "number.n", "battery_kwh": 9.8}
    config, _ = build_device(hass, subentry("battery", **data, max_charge_w=3000, max_discharge_w=2500), epoch)
    assert isinstance(config, BatteryConfig)
    assert (config.capacity_wh, config.max_charge_w, config.max_discharge_w, config.min_soc) == (9800, 3000, 2500, 10)
    loads = [{"entity": "switch.boiler", "rated_w": 2000}]
    config, _ = build_device(hass, subentry("household", power="sensor.p", phases=[2], loads=loads), epoch)
    assert isinstance(config, HouseholdConfig)
    assert config.loads == (ShedLoad(load_id="switch.boiler", rated_w=2000.0, phases=(1,)),)
    loads = [{"entity": "switch.pump", "rated_w": 900, "off_when": use} for use in ("fuse", "both")]
    loads[0] |= {"least_on": 600, "least_off": 900}
    config, _ = build_device(hass, subentry("household", power="sensor.p", loads=loads), epoch)
    assert isinstance(config, HouseholdConfig)
    first, second = config.loads
    assert (first.for_requests, first.for_fuse, first.least_on_s, first.least_off_s) == (False, True, 600.0, 900.0)
    assert (second.for_requests, second.for_fuse, second.least_on_s, second.least_off_s) == (True, True, 0.0, 300.0)
    assert (first.rank, second.rank) == (0, 1)
    config, _ = build_device(hass, subentry("solar", power="sensor.p"), epoch)
    assert isinstance(config, SolarConfig)


@pytest.mark.parametrize(
    ("control", "forced"), [(None, True), ("two_numbers", True), ("actions", True), ("maxima", False), ("modes", False)]
)
def test_a_battery_promises_what_it_can_be_told(control: str | None, forced: bool) -> None:
    """One that is only allowed to feed back, or told a mode, does so as it likes."""
    data = {"battery_kwh": 9.8, "max_charge_w": 3000, "max_discharge_w": 2500}
    config = device_config(subentry("battery", **data, **({} if control is None else {"control": control})))
    assert isinstance(config, BatteryConfig)
    assert (config.forced, config.on_order_w) == (forced, 2500.0 if forced else 0.0)


def test_without_a_word_the_answer_is_no() -> None:
    assert policy_from_data({}) == PolicyConfig(mode=PolicyMode.NEVER)


async def test_meter(hass: HomeAssistant, show: Show) -> None:
    meter = build_meter(hass, {"meter": {"power": ["sensor.l1", "sensor.l2", "sensor.l3"]}}, epoch)
    assert meter.entity_ids == {"sensor.l1", "sensor.l2", "sensor.l3"}
    show("sensor.l1", 1, "kW")
    show("sensor.l2", -500, "W")
    assert meter.reading() is None
    show("sensor.l3", 0, "W")
    reading = meter.reading()
    assert reading is not None
    assert reading.power_w == (1000.0, -500.0, 0.0)
    show("sensor.l3", "unavailable", "W")
    assert meter.reading() is None


async def test_a_meter_that_tells_what_is_fed_in_apart(hass: HomeAssistant, show: Show) -> None:
    """As DSMR: two sensors for each phase, of which one is 0."""
    data = {
        "power": ["sensor.in1", "sensor.in2", "sensor.in3"],
        "export": ["sensor.out1", "sensor.out2", "sensor.out3"],
    }
    meter = build_meter(hass, {"meter": data}, epoch)
    assert feeder_config({"meter": data, "capacity_a": 25}).capacity_a == (25.0, 25.0, 25.0)
    for phase, (taken, given) in enumerate(((1.2, 0), (0, 0.7), (0, 0)), start=1):
        assert meter.reading() is None
        show(f"sensor.in{phase}", taken, "kW")
        show(f"sensor.out{phase}", given, "kW")
    reading = meter.reading()
    assert reading is not None
    assert reading.power_w == pytest.approx((1200.0, -700.0, 0.0))
    assert meter.entity_ids == {*data["power"], *data["export"]}
    show("sensor.out3", "unavailable")
    assert meter.reading() is None


async def test_single_phase_current_meter(hass: HomeAssistant, show: Show) -> None:
    meter = build_meter(hass, {"meter": {"current": ["sensor.i"]}}, epoch)
    show("sensor.i", 10, "A")
    reading = meter.reading()
    assert reading is not None
    assert reading.power_w == (2300.0, 0.0, 0.0)

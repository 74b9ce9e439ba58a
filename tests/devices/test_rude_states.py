"""Whatever stands in the states: no adapter raises, believes what cannot be, or writes more than it was told."""

import math
import random
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.util import dt as dt_util

from custom_components.tangle_grid.devices import Adapter, DeviceError, build_device, build_meter
from custom_components.tangle_grid.devices.adapters.readout import Readout
from custom_components.tangle_grid.grid.device.belief import believable_w, believed
from custom_components.tangle_grid.grid.model.world import (
    BatterySetpoint,
    BatteryTelemetry,
    Cause,
    ChargerSetpoint,
    ChargerTelemetry,
    DeviceConfig,
    FeederConfig,
)
from tests.support.device_builders import epoch, subentry

VALUES = (
    *("0", "6", "16", "-5", "3680", "50", "100", "0.2", "on", "off", "unknown", "unavailable", "", "none", "07:00"),
    *("nan", "inf", "-inf", "1e308", "-1e308", "3.4e38", "1_000", "\u0661\u0662", "\uff11\uff16", "16 A", "0x10"),
    *("0000-00-00 00:00:00", "9999-12-31T23:59:59+00:00", "2026-11-30T07:00:00+01:00", "25:61", "1" * 255),
)
UNITS: tuple[Any, ...] = ("A", "mA", "W", "kW", "MW", "TW", "%", "kWh", "", None, ["W"], {"unit": "A"}, 5, True)
BOUNDS: tuple[Any, ...] = (0, 6, 16, 32, -5000, 5000, None, "six", [], math.nan, math.inf, -math.inf, 1e308, True, -1)
ENTITIES = (
    *("sensor.power", "sensor.i1", "sensor.i2", "sensor.i3", "sensor.soc", "sensor.leaves", "binary_sensor.plug"),
    *("number.limit", "number.discharge", "number.setpoint", "number.fail_safe", "switch.enable", "switch.load"),
    *("sensor.l1", "sensor.l2", "sensor.l3"),
)
DATA: Mapping[str, dict[str, Any]] = {
    "charger": {
        "current_limit": "number.limit",
        "enable": "switch.enable",
        "currents": ["sensor.i1", "sensor.i2", "sensor.i3"],
        "connected": "binary_sensor.plug",
        "soc": "sensor.soc",
        "departure_entity": "sensor.leaves",
        "discharge_current": "number.discharge",
        "max_discharge_current": 16,
        "fail_safe": "number.fail_safe",
        "min_current": 6,
        "max_current": 16,
        "safe_current": 6,
    },
    "battery": {
        "power_setpoint": "number.setpoint",
        "enable": "switch.enable",
        "soc": "sensor.soc",
        "battery_kwh": 10,
        "max_charge_w": 3000,
        "max_discharge_w": 3000,
    },
    "household": {"loads": [{"entity": "switch.load", "rated_w": 2000}]},
    "solar": {},
}
FEEDER = FeederConfig(feeder_id="main", capacity_a=(25.0,) * 3, threshold_a=(20.0,) * 3)
#: On one phase: three times a fuse of 25 A, and what is common for chargers and batteries.
MOST_W = {"charger": 22_080.0, "battery": 15_000.0, "household": 17_250.0, "solar": 17_250.0}
MEMORIES: tuple[Any, ...] = (None, {}, "bad", {"kept_off": "bad", "shed": "bad"}, {"shed": [1, None, "switch.load"]})
OPTIONAL = ("enable", "currents", "connected", "soc", "departure_entity", "discharge_current", "fail_safe")


def draw(hass: HomeAssistant, rng: random.Random) -> None:
    for entity_id in ENTITIES:
        if rng.random() < 0.1:
            hass.states.async_remove(entity_id)
            continue
        attributes = {"unit_of_measurement": rng.choice(UNITS)} if rng.random() < 0.8 else {}
        attributes |= {name: rng.choice(BOUNDS) for name in ("min", "max", "step") if rng.random() < 0.8}
        if rng.random() < 0.2:
            attributes["device_class"] = rng.choice(("timestamp", "power", ["power"], None))
        hass.states.async_set(entity_id, rng.choice(VALUES), attributes)


class Site:
    """One device of each kind and a meter, all with entities in any state."""

    def __init__(self, hass: HomeAssistant, rng: random.Random) -> None:
        self.hass = hass
        self.rng = rng
        self.written: list[tuple[str, float]] = []
        hass.services.async_register("number", "set_value", self._write)
        for service in ("turn_on", "turn_off"):
            hass.services.async_register("switch", service, self._press)
        self.adapters: dict[str, Adapter[Any, Any]] = {}
        self.configs: dict[str, DeviceConfig] = {}
        devices = {}
        for kind, data in DATA.items():
            config, adapter = build_device(hass, self._subentry(kind, data), epoch, rng.choice(MEMORIES))
            self.adapters[kind], self.configs[kind] = adapter, config
            devices[kind] = (kind, config, adapter)
        self.meter = build_meter(hass, {"meter": {"power": ["sensor.l1", "sensor.l2", "sensor.l3"]}}, epoch)
        self.readout = Readout({"main": self.meter}, devices)

    def _subentry(self, kind: str, data: Mapping[str, Any]) -> ConfigSubentry:
        given = {key: value for key, value in data.items() if key not in OPTIONAL or self.rng.random() < 0.8}
        if kind == "battery":
            given["soc"] = data["soc"]
        return subentry(kind, power="sensor.power", feeder="main", **given)

    async def _write(self, call: ServiceCall) -> None:
        self.written.append((call.data["entity_id"], call.data["value"]))

    async def _press(self, _call: ServiceCall) -> None:
        if self.rng.random() < 0.3:
            raise ValueError("no")

    def read(self) -> None:
        """Nothing raises, and nothing is believed that cannot be."""
        for adapter in self.adapters.values():
            adapter.telemetry()
        reading = self.meter.reading()
        assert reading is None or all(abs(watts) <= 1e9 for watts in reading.power_w)
        for kind, reported in self.readout.devices().items():
            telemetry, _ = believed(reported, believable_w(self.configs[kind], FEEDER), dt_util.utcnow().timestamp())
            assert telemetry is not None
            if telemetry.reading is not None:
                assert all(abs(watts) <= MOST_W[kind] for watts in telemetry.reading.power_w), telemetry
            if isinstance(telemetry, ChargerTelemetry | BatteryTelemetry):
                assert telemetry.soc is None or 0 <= telemetry.soc <= 100
            if isinstance(telemetry, ChargerTelemetry):
                assert telemetry.departure_at is None or 9e8 < telemetry.departure_at < 4.2e9
                assert telemetry.shown_a is None or abs(telemetry.shown_a) <= 1e9
                assert 0 <= telemetry.lowest_a <= 1e7

    async def tell(self) -> None:
        """Only devices' own errors come out, and no number is set to more than was told, or than it goes down to."""
        told, again = self.rng.choice((-16.0, -6.0, 0.0, 6.0, 10.0, 16.0)), self.rng.random() < 0.3
        charge = ChargerSetpoint(device_id="p1", current_a=told, expires_at=0.0, cause=Cause.ALLOCATION, again=again)
        power = BatterySetpoint(device_id="p1", power_w=200 * told, expires_at=0.0, cause=Cause.ALLOCATION)
        for kind, setpoint in (("charger", charge), ("battery", power)):
            with suppress(DeviceError):
                await self.adapters[kind].apply(setpoint)
            with suppress(DeviceError):
                await self.adapters[kind].safe_state()
        for entity_id, value in self.written:
            assert math.isfinite(value)
            state = self.hass.states.get(entity_id)
            assert state is not None
            lowest = state.attributes.get("min")
            floor = lowest if isinstance(lowest, int | float) and math.isfinite(lowest) else 0.0
            scale = 1000.0 if state.attributes.get("unit_of_measurement") == "mA" else 1.0
            if entity_id == "number.limit":
                assert value <= max(6.0 * scale, told * scale, floor), (value, told, state)


@pytest.mark.parametrize("seed", range(60))
async def test_any_states(hass: HomeAssistant, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.tangle_grid.devices.io.entity_writing.SETTLE_S", 0.0)
    rng = random.Random(seed)  # noqa: S311 - an example, not a secret
    site = Site(hass, rng)
    wrote = 0
    for _ in range(40):
        draw(hass, rng)
        site.read()
        site.written.clear()
        await site.tell()
        wrote += len(site.written)
    assert wrote > 10

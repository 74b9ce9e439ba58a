"""What cannot be read is left out, said once, and keeps nobody from the others."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.devices import build_device, build_meter
from custom_components.tangle_grid.devices.adapters.readout import Readout
from custom_components.tangle_grid.grid.model.world import ChargerTelemetry
from tests.support.device_builders import epoch, subentry

pytestmark = pytest.mark.usefixtures("helpers")
Show = Callable[..., None]

KINDS: dict[str, dict[str, Any]] = {
    "charger": {"current_limit": "input_number.limit", "min_current": 6, "max_current": 16, "safe_current": 6},
    "battery": {
        "power_setpoint": "input_number.setpoint",
        "soc": "sensor.soc",
        "battery_kwh": 10,
        "max_charge_w": 3000,
        "max_discharge_w": 3000,
    },
    "household": {},
    "solar": {},
}


@pytest.fixture
def readout(hass: HomeAssistant) -> Readout:
    devices = {}
    for kind, data in KINDS.items():
        config, adapter = build_device(hass, subentry(kind, power=f"sensor.{kind}", feeder="main", **data), epoch)
        devices[kind] = (f"The {kind}", config, adapter)
    meter = build_meter(hass, {"meter": {"power": ["sensor.l1", "sensor.l2", "sensor.l3"]}}, epoch)
    return Readout({"main": meter}, devices)


@pytest.fixture(autouse=True)
def _all_speak(show: Show) -> None:
    for kind in (*KINDS, "l1", "l2", "l3"):
        show(f"sensor.{kind}", 1000, "W")
    show("sensor.soc", 50, "%")


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_raises_is_left_out(readout: Readout, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    _, _, adapter = readout._devices[kind]
    with patch.object(adapter, "telemetry", side_effect=TypeError("unhashable type: 'list'")):
        devices = [readout.devices() for _ in range(3)][-1]
    assert {each for each, telemetry in devices.items() if not telemetry.available} == {kind}
    assert caplog.text.count("cannot be read") == 1
    assert "Traceback" not in caplog.text
    if kind == "charger":
        charger = devices[kind]
        assert isinstance(charger, ChargerTelemetry)
        # Nothing says any more that it can be brought down to nothing.
        assert charger.lowest_a == 6.0
    assert readout.devices()[kind].available


def test_a_meter_that_raises_is_a_missing_one(readout: Readout, caplog: pytest.LogCaptureFixture) -> None:
    with patch("custom_components.tangle_grid.devices.adapters.meter.Meter.reading", side_effect=RuntimeError("no")):
        assert [readout.meters() for _ in range(3)][-1] == {"main": None}
    assert caplog.text.count("cannot be read") == 1
    assert readout.meters()["main"] is not None


@pytest.mark.parametrize("text", ["1e308", "3.4e38", "nan", "inf", "1_000", "\u0661", "", "on"])
@pytest.mark.parametrize("entity", [*(f"sensor.{kind}" for kind in KINDS), "sensor.soc", "sensor.l2"])
def test_rude_texts_reach_nobody(readout: Readout, show: Show, entity: str, text: str) -> None:
    show(entity, text, "%" if entity == "sensor.soc" else "W")
    readings = [*readout.meters().values(), *(each.reading for each in readout.devices().values())]
    assert sum(reading is None for reading in readings) == (entity != "sensor.soc")
    assert all(abs(watts) < 1e5 for reading in readings if reading for watts in reading.power_w)
    battery = readout.devices()["battery"]
    assert (getattr(battery, "soc") is None) == (entity == "sensor.soc")  # noqa: B009 - of this kind alone

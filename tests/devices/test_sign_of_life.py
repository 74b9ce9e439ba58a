"""Any entity that a device's own integration reports is a sign of life; what others say of it is none."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.devices import build_device, build_meter
from custom_components.tangle_grid.devices.io.entity_reading import EntityReader
from tests.support.device_builders import epoch, subentry

Show = Callable[..., None]


class Device:
    """A device in the registry, with entities of one or more integrations."""

    def __init__(self, hass: HomeAssistant, name: str) -> None:
        self.entry = MockConfigEntry(domain=name)
        self.entry.add_to_hass(hass)
        self._entities = er.async_get(hass)
        self.id = (
            dr.async_get(hass).async_get_or_create(config_entry_id=self.entry.entry_id, identifiers={(name, "1")}).id
        )
        self._name = name

    def entity(self, domain: str, key: str, platform: str | None = None) -> str:
        return self._entities.async_get_or_create(
            domain, platform or self._name, f"{self._name}_{key}", device_id=self.id, suggested_object_id=key
        ).entity_id


@pytest.fixture
def wallbox(hass: HomeAssistant) -> Device:
    return Device(hass, "wallbox")


def moment(at: float) -> object:
    """Epoch seconds to a tenth: without `rel` half an hour would be near enough."""
    return pytest.approx(at, rel=0, abs=0.1)


def now() -> float:
    return dt_util.utcnow().timestamp()


async def test_any_entity_of_the_device_is_heard(
    hass: HomeAssistant, reader: EntityReader, show: Show, freezer: FrozenDateTimeFactory, wallbox: Device
) -> None:
    power, status = wallbox.entity("sensor", "power"), wallbox.entity("sensor", "status")
    helper = wallbox.entity("sensor", "energy", platform="integration")
    update = wallbox.entity("update", "firmware")
    show(power, 3000, "W")
    first = now()
    assert reader.heard_at(power) == moment(first)
    freezer.tick(timedelta(seconds=90))
    # None of these comes from the device.
    show(helper, 5, "kWh")
    show(update, "off")
    show(status, "unavailable")
    assert reader.heard_at(power) == moment(first)
    show(status, "charging")
    assert reader.heard_at(power) == moment(now())
    freezer.tick(timedelta(seconds=90))
    # Repeated, and as such no event.
    show(status, "charging")
    assert reader.heard_at(power) == moment(now())
    sample = reader.power_w(power)
    assert sample is not None
    assert sample.at == moment(first)


async def test_what_others_write_is_no_sign(
    reader: EntityReader, show: Show, freezer: FrozenDateTimeFactory, wallbox: Device
) -> None:
    power, limit = wallbox.entity("sensor", "power"), wallbox.entity("number", "limit")
    show(power, 3000, "W")
    first = now()
    freezer.tick(timedelta(seconds=90))
    show(limit, 10, "A")
    assert reader.heard_at(power, but={limit}) == moment(first)
    assert reader.heard_at(power) == moment(now())


async def test_new_entities_are_found(
    reader: EntityReader, show: Show, freezer: FrozenDateTimeFactory, wallbox: Device, hass: HomeAssistant
) -> None:
    power = wallbox.entity("sensor", "power")
    show(power, 3000, "W")
    reader.heard_at(power)
    freezer.tick(timedelta(seconds=90))
    rssi = wallbox.entity("sensor", "rssi")
    await hass.async_block_till_done()
    show(rssi, -60, "dBm")
    assert reader.heard_at(power) == moment(now())


def test_without_a_device_it_speaks_for_itself(
    reader: EntityReader, show: Show, freezer: FrozenDateTimeFactory
) -> None:
    assert reader.heard_at("sensor.p") is None
    show("sensor.p", 3000, "W")
    show("sensor.q", 3000, "W")
    first = now()
    freezer.tick(timedelta(seconds=90))
    show("sensor.q", 3000, "W")
    assert reader.heard_at("sensor.p") == moment(first)


async def test_a_meter_is_as_alive_as_its_quietest_phase(
    hass: HomeAssistant, show: Show, freezer: FrozenDateTimeFactory, wallbox: Device
) -> None:
    other = Device(hass, "other")
    phases = [wallbox.entity("sensor", "l1"), wallbox.entity("sensor", "l2"), other.entity("sensor", "l3")]
    for entity_id in phases:
        show(entity_id, 100, "W")
    first = now()
    meter = build_meter(hass, {"meter": {"power": phases}}, epoch)
    freezer.tick(timedelta(seconds=20))
    show(phases[0], 200, "W")
    reading = meter.reading()
    assert reading is not None
    assert reading.heard_at == moment(first)
    show(phases[2], 200, "W")
    reading = meter.reading()
    assert reading is not None
    # The second phase was not reported, but its meter was.
    assert (reading.at, reading.heard_at) == (moment(first), moment(now()))


@pytest.mark.usefixtures("helpers")
@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("charger", {"current_limit": "input_number.limit", "min_current": 6, "max_current": 16, "safe_current": 6}),
        (
            "battery",
            {
                "power_setpoint": "input_number.setpoint",
                "soc": "sensor.soc",
                "battery_kwh": 10,
                "max_charge_w": 3000,
                "max_discharge_w": 3000,
            },
        ),
        ("household", {}),
        ("solar", {}),
    ],
)
async def test_every_kind_says_when_it_was_heard(
    hass: HomeAssistant,
    show: Show,
    freezer: FrozenDateTimeFactory,
    wallbox: Device,
    kind: str,
    data: dict[str, Any],
) -> None:
    power, status = wallbox.entity("sensor", "power"), wallbox.entity("sensor", "status")
    show(power, 500, "W")
    show("sensor.soc", 50, "%")
    soc_at = now()
    freezer.tick(timedelta(seconds=90))
    show(status, "on")
    _, adapter = build_device(hass, subentry(kind, power=power, **data), epoch)
    telemetry = adapter.telemetry()
    assert telemetry.reading.heard_at == moment(now())
    if kind in ("charger", "battery"):
        assert telemetry.heard_at == moment(now())
    if kind == "battery":
        assert telemetry.soc_at == moment(soc_at)

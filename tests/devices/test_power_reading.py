"""A power, however it is told."""

from collections.abc import Callable
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.devices import build_device
from custom_components.tangle_grid.devices.io.entity_reading import EntityReader, Sample
from custom_components.tangle_grid.devices.io.power_reading import PowerReader, net
from custom_components.tangle_grid.devices.shape import power_source
from tests.support.device_builders import epoch, subentry

Show = Callable[..., None]


def watts(reader: EntityReader, **data: Any) -> float | None:
    sample = PowerReader(reader, power_source(data)).sample()
    return None if sample is None else sample.value


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(2_300_000, "mW", 2300.0), (2.3, "kW", 2300.0), (-2300, "W", -2300.0), (2300, None, None), (10, "A", None)],
)
async def test_one_sensor(
    reader: EntityReader, show: Show, value: float, unit: str | None, expected: float | None
) -> None:
    show("sensor.p", value, unit)
    assert watts(reader, power="sensor.p") == (None if expected is None else pytest.approx(expected))
    inverted = watts(reader, power="sensor.p", power_inverted=True)
    assert inverted == (None if expected is None else pytest.approx(-expected))


async def test_import_and_export_apart(reader: EntityReader, show: Show) -> None:
    data = {"power": "sensor.in", "power_export": "sensor.out"}
    show("sensor.in", 0.0, "kW")
    assert watts(reader, **data) is None
    show("sensor.out", 1.2, "kW")
    assert watts(reader, **data) == -1200.0
    assert watts(reader, **data, power_inverted=True) == 1200.0
    show("sensor.in", 0.5, "kW")
    show("sensor.out", 0, "kW")
    assert watts(reader, **data) == 500.0
    show("sensor.out", "unavailable", "kW")
    assert watts(reader, **data) is None


def test_the_direction_that_stands_still_does_not_make_the_other_one_old() -> None:
    moving, still = Sample(500.0, 100.0, 99.0), Sample(0.0, 10.0, 5.0)
    assert net(moving, still) == Sample(500.0, 100.0, 99.0)
    assert net(still, moving) == Sample(-500.0, 100.0, 99.0)
    assert net(moving, Sample(20.0, 10.0, 5.0)) == Sample(480.0, 10.0, 99.0)
    assert net(still, still) == Sample(0.0, 10.0, 5.0)


async def test_an_attribute(reader: EntityReader, show: Show) -> None:
    show("sensor.charger", "charging", power=3.5, bad="much")
    assert watts(reader, power="sensor.charger", power_attribute="power", power_unit="kW") == 3500.0
    assert watts(reader, power="sensor.charger", power_attribute="power") == 3.5
    assert watts(reader, power="sensor.charger", power_attribute="bad") is None
    assert watts(reader, power="sensor.charger", power_attribute="none") is None
    show("sensor.charger", "unavailable")
    assert watts(reader, power="sensor.charger", power_attribute="power") is None


async def test_an_attribute_moves_while_the_state_stands_still(
    hass: HomeAssistant, reader: EntityReader, show: Show, freezer: FrozenDateTimeFactory
) -> None:
    source = PowerReader(reader, power_source({"power": "sensor.charger", "power_attribute": "power"}))
    show("sensor.charger", "charging", power=1000)
    before = source.sample()
    freezer.tick(60)
    show("sensor.charger", "charging", power=1100)
    after = source.sample()
    assert before is not None
    assert after is not None
    assert after.changed_at == before.changed_at + 60


async def test_a_unit_that_the_sensor_does_not_tell(reader: EntityReader, show: Show) -> None:
    show("sensor.p", 3.5)
    assert watts(reader, power="sensor.p", power_unit="kW") == 3500.0
    show("sensor.p", 3.5, "W")
    assert watts(reader, power="sensor.p", power_unit="kW") == 3.5


async def test_currents_alone(reader: EntityReader, show: Show) -> None:
    currents = ["sensor.i1", "sensor.i2", "sensor.i3"]
    for sensor, amps in zip(currents, (10, 10, "unknown"), strict=True):
        show(sensor, amps, "A")
    assert watts(reader, currents=currents) is None
    show("sensor.i3", 9000, "mA")
    assert watts(reader, currents=currents) == pytest.approx(29 * 230)
    assert watts(reader, currents=currents, voltage=240) == pytest.approx(29 * 240)
    assert watts(reader, currents=currents[:1]) == pytest.approx(2300)


async def test_currents_in_attributes_of_one_sensor(hass: HomeAssistant, show: Show) -> None:
    show("sensor.i", 16, "A", l1=16.0, l2="0", l3=0.0)
    show("sensor.p", 3.68, "kW")
    show("number.limit", 16, "A", min=0, max=32)
    data = {"current_limit": "number.limit", "min_current": 6, "max_current": 16, "safe_current": 6}
    attributes = {"currents": ["sensor.i"], "current_attributes": ["l1", "l2", "l3"]}
    for more in ({"power": "sensor.p"}, {}):
        _, adapter = build_device(hass, subentry("charger", **data, **attributes, **more), epoch)
        reading = adapter.telemetry().reading
        assert reading is not None
        assert reading.power_w == pytest.approx((3680.0, 0.0, 0.0))
        assert not reading.split
    assert "sensor.i" in adapter.entity_ids


async def test_what_has_two_sensors_is_there_when_both_are(reader: EntityReader, show: Show) -> None:
    source = PowerReader(reader, power_source({"power": "sensor.in", "power_export": "sensor.out"}))
    show("sensor.in", 1, "W")
    assert (source.is_there, source.is_live, source.heard_at() is None) == (False, False, False)
    show("sensor.out", "unknown")
    assert (source.is_there, source.is_live) == (True, False)
    show("sensor.out", 0, "W")
    assert (source.is_there, source.is_live) == (True, True)


async def test_solar_and_households_read_the_same_way(hass: HomeAssistant, show: Show) -> None:
    show("sensor.made", 3.0, "kW")
    show("sensor.used", 0.1, "kW")
    data = {"power": "sensor.made", "power_export": "sensor.used"}
    _, solar = build_device(hass, subentry("solar", **data), epoch)
    _, home = build_device(hass, subentry("household", **data, power_inverted=True), epoch)
    for adapter in (solar, home):
        reading = adapter.telemetry().reading
        assert reading is not None
        assert reading.total_w == pytest.approx(-2900.0)

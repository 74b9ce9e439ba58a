"""Which entity is meant, and what its device says of its limits."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.devices.presets import Catalogue, Match, find, find_all, presets_from

POWER = {"domain": "sensor", "device_class": "power"}
LIMIT = {"domain": "number", "unique_id": "*.limit"}
BATTERY: dict[str, Any] = {
    "power": POWER,
    "soc": {"domain": "sensor", "device_class": "battery"},
    "power_setpoint": {"domain": "number"},
}


def catalogue(*devices: dict[str, Any], integration: Any = "maker") -> Catalogue:
    raw = {
        "name": "Maker",
        "integration": integration,
        "source": [{"repository": "home-assistant/core", "paths": ["sensor.py"]}],
        "devices": list(devices),
    }
    return Catalogue(presets_from("maker.json", raw))


def charger(**change: Any) -> dict[str, Any]:
    return {"kind": "charger", "entities": {"power": POWER, "current_limit": LIMIT}, **change}


class House:
    """Devices and entities, made as they are needed."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.entries: dict[str, MockConfigEntry] = {}

    def device(self, name: str, domain: str = "maker", **said: Any) -> str:
        if domain not in self.entries:
            self.entries[domain] = MockConfigEntry(domain=domain)
            self.entries[domain].add_to_hass(self.hass)
        device = dr.async_get(self.hass).async_get_or_create(
            config_entry_id=self.entries[domain].entry_id, identifiers={(domain, name)}, name=name, **said
        )
        return device.id

    def entity(self, device_id: str, domain: str, unique_id: str, platform: str = "maker", **said: Any) -> str:
        registry = er.async_get(self.hass)
        entry = self.entries[platform]
        made = registry.async_get_or_create(
            domain, platform, unique_id, config_entry=entry, device_id=device_id, **said
        )
        return made.entity_id

    def charger(self, name: str = "box", **said: Any) -> str:
        device_id = self.device(name)
        self.entity(device_id, "sensor", f"{name}.power", original_device_class="power")
        self.entity(device_id, "number", f"{name}.limit", **said)
        return device_id


@pytest.fixture
def house(hass: HomeAssistant) -> House:
    return House(hass)


def found(house: House, presets: Catalogue, device_id: str, kind: str = "charger") -> Match:
    match = find(house.hass, presets, kind, device_id)
    assert match is not None
    return match


def test_only_devices_that_a_preset_fits_are_listed(house: House) -> None:
    presets = catalogue(charger(device={"manufacturer": "maker *", "model": ["big", "huge"], "identifier": "b*"}))
    fits = house.device("box", manufacturer="Maker Inc", model="Big")
    others = [
        house.device("b2", manufacturer="Maker Inc", model="Small"),
        house.device("other", manufacturer="Maker Inc", model="Big"),
        house.device("b3", model="Big"),
        house.device("b4", manufacturer="Maker Inc", model="Big"),
        house.device("b5", "someone", manufacturer="Maker Inc", model="Big"),
    ]
    for device_id in (fits, *others[:3]):
        house.entity(device_id, "sensor", f"{device_id}.power", original_device_class="power")
        house.entity(device_id, "number", f"{device_id}.limit")
    assert [match.place for match in find_all(house.hass, presets, "charger")] == [fits]
    assert not find_all(house.hass, presets, "battery")
    for device_id in (*others, "gone"):
        assert find(house.hass, presets, "charger", device_id) is None


def test_a_disabled_device_is_none(house: House) -> None:
    device_id = house.charger()
    assert find(house.hass, catalogue(charger()), "charger", device_id) is not None
    dr.async_get(house.hass).async_update_device(device_id, disabled_by=dr.DeviceEntryDisabler.USER)
    assert find(house.hass, catalogue(charger()), "charger", device_id) is None


def test_the_first_pattern_counts_and_the_enabled_entity(house: House) -> None:
    device_id = house.charger()
    off = er.RegistryEntryDisabler.INTEGRATION
    house.entity(device_id, "switch", "box.a", translation_key="charge", disabled_by=off)
    second = house.entity(device_id, "switch", "box.b", original_name="Charging enabled", unit_of_measurement=None)
    patterns = [{"domain": "switch", "translation_key": "charge"}, {"domain": "switch", "name": "charging *"}]
    presets = catalogue(charger(entities={"power": POWER, "current_limit": LIMIT, "enable": {"any_of": patterns}}))
    match = found(house, presets, device_id)
    assert match.entities["enable"] == (second,)
    assert match.data["enable"] == second


def test_entities_of_an_integration_without_devices(house: House, hass: HomeAssistant) -> None:
    registry = er.async_get(hass)
    power = registry.async_get_or_create("sensor", "maker", "1.power", original_device_class="power").entity_id
    limit = registry.async_get_or_create("number", "maker", "1.limit").entity_id
    registry.async_get_or_create("sensor", "other", "1.power", original_device_class="power")
    presets = catalogue(charger())
    [match] = find_all(hass, presets, "charger")
    assert (match.place, match.name) == ("maker", "Maker")
    assert match.entities == {"power": (power,), "current_limit": (limit,)}
    assert found(house, presets, "maker").data["power"] == power
    assert find_all(hass, catalogue(charger(device={"model": "*"})), "charger") == []


def test_what_is_disabled_is_named_and_filled_in_only_where_it_must_be(house: House) -> None:
    device_id = house.device("box")
    off = er.RegistryEntryDisabler.INTEGRATION
    power = house.entity(device_id, "sensor", "box.power", original_device_class="power", disabled_by=off)
    house.entity(device_id, "number", "box.limit")
    switch = house.entity(device_id, "switch", "box.on", disabled_by=off)
    entities = {"power": POWER, "current_limit": LIMIT, "enable": {"domain": "switch"}}
    match = found(house, catalogue(charger(entities=entities)), device_id)
    assert match.disabled == (power, switch)
    assert match.data["power"] == power
    assert "enable" not in match.data


def test_the_first_preset_that_finds_everything_counts(house: House) -> None:
    """Also where it is disabled: whoever wrote it down first meant that it is better."""
    device_id = house.charger()
    fine = charger(name="Fine", entities={"power": {"domain": "sensor", "unique_id": "*.fine"}, "current_limit": LIMIT})
    assert found(house, catalogue(fine, charger(name="Plain")), device_id).preset.name == "Plain"
    off = er.RegistryEntryDisabler.INTEGRATION
    house.entity(device_id, "sensor", "box.fine", original_device_class="energy", disabled_by=off)
    assert found(house, catalogue(fine, charger(name="Plain")), device_id).preset.name == "Fine"


def test_what_a_form_cannot_take_is_passed_over(house: House) -> None:
    device_id = house.charger()
    presets = catalogue(charger(name="Better", values={"keep_alive": 20}), charger(name="Plain"))
    assert found(house, presets, device_id).preset.name == "Better"
    fields = {"name", "power", "current_limit"}
    match = find(house.hass, presets, "charger", device_id, fields)
    assert match is not None
    assert match.preset.name == "Plain"
    assert [each.preset.name for each in find_all(house.hass, presets, "charger", fields)] == ["Plain"]
    assert find_all(house.hass, presets, "charger", {"power"}) == []


def test_entities_of_what_a_device_is_made_of_and_part_of(house: House) -> None:
    hub = house.device("hub")
    box = house.device("box", via_device_id=hub)
    power = house.entity(box, "sensor", "box.power", original_device_class="power")
    limit = house.entity(hub, "number", "hub.limit")
    presets = catalogue(charger())
    assert found(house, presets, box).entities == {"power": (power,), "current_limit": (limit,)}
    assert found(house, presets, hub).entities == {"power": (power,), "current_limit": (limit,)}
    # Both find the same: it is one device.
    [match] = find_all(house.hass, presets, "charger")
    assert match.place in (box, hub)
    other = house.device("other", via_device_id=hub)
    house.entity(other, "sensor", "other.power", original_device_class="power")
    third = house.entity(other, "number", "other.limit")
    listed = {each.place: each.entities["current_limit"] for each in find_all(house.hass, presets, "charger")}
    assert listed[other] == (third,)
    registry = dr.async_get(house.hass)
    part = registry.async_get_or_create_child(
        config_entry_id=house.entries["maker"].entry_id,
        identifiers={("maker", "part")},
        parent_device_id=hub,
        name="part",
    )
    switch = house.entity(part.id, "switch", "part.on")
    both = catalogue(charger(entities={"power": POWER, "current_limit": LIMIT, "enable": {"domain": "switch"}}))
    assert found(house, both, hub).entities["enable"] == (switch,)
    # Whoever chooses the part means the whole.
    assert found(house, both, part.id).place == hub


def test_the_only_entity_of_another_integration(house: House) -> None:
    device_id = house.device("car")
    house.entity(device_id, "number", "car.limit")
    wall = house.device("wall", "wall")
    power = house.entity(wall, "sensor", "wall.power", "wall", original_device_class="power")
    presets = catalogue(charger(entities={"power": {**POWER, "integration": "wall"}, "current_limit": LIMIT}))
    assert found(house, presets, device_id).entities["power"] == (power,)
    # Of two nobody knows which one it is.
    house.entity(house.device("wall2", "wall"), "sensor", "w2.power", "wall", original_device_class="power")
    assert find(house.hass, presets, "charger", device_id) is None


def test_limits_come_from_the_device(house: House) -> None:
    device_id = house.charger(capabilities={"min": 0, "max": 32, "step": 2}, unit_of_measurement="A")
    data = found(house, catalogue(charger()), device_id).data
    assert (data["min_current"], data["max_current"], data["step"]) == (6, 32, 2)
    narrower = catalogue(charger(values={"min_current": 8, "max_current": 20}))
    data = found(house, narrower, device_id).data
    assert (data["min_current"], data["max_current"]) == (8, 20)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"capabilities": {"min": 8000, "max": 16500, "step": 1000}, "unit_of_measurement": "mA"}, (8, 16.5)),
        ({"capabilities": {"min": 6, "max": 1000000}, "unit_of_measurement": "A"}, (6, None)),
        ({"capabilities": {"min": 0, "max": 100}, "unit_of_measurement": "%"}, (None, None)),
        ({"capabilities": {"min": "low"}}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_bounds_that_mean_something_else_are_left_out(
    house: House, said: dict[str, Any], expected: tuple[float | None, float | None]
) -> None:
    data = found(house, catalogue(charger()), house.charger(**said)).data
    assert (data.get("min_current"), data.get("max_current")) == expected
    assert "step" not in data


@pytest.mark.parametrize(
    ("bounds", "unit", "values", "expected"),
    [
        ({"min": -3, "max": 5}, "kW", {}, (5000, 3000)),
        ({"min": -3000, "max": 5000}, "W", {"setpoint_inverted": True}, (3000, 5000)),
        ({"min": 0, "max": 5000}, "W", {}, (5000, 0)),
        ({"min": -1000000, "max": 1000000}, "W", {}, (None, None)),
    ],
)
def test_limits_of_a_battery(
    house: House, bounds: dict[str, Any], unit: str, values: dict[str, Any], expected: tuple[float | None, float | None]
) -> None:
    device_id = house.device("cells")
    house.entity(device_id, "sensor", "cells.power", original_device_class="power")
    house.entity(device_id, "sensor", "cells.soc", original_device_class="battery")
    house.entity(device_id, "number", "cells.set", capabilities=bounds, unit_of_measurement=unit)
    presets = catalogue({"kind": "battery", "entities": BATTERY, "values": values})
    data = found(house, presets, device_id, "battery").data
    assert (data.get("max_charge_w"), data.get("max_discharge_w")) == expected


def test_entities_and_the_device_stand_where_the_preset_puts_them(house: House) -> None:
    device_id = house.charger()
    values = {"max_age": 90, "step": ["${current_limit}", {"of": "${device}", "not": "${nobody}"}]}
    match = found(house, catalogue(charger(values=values)), device_id)
    limit = match.entities["current_limit"][0]
    assert match.data["step"] == [limit, {"of": device_id, "not": "${nobody}"}]
    assert match.data["max_age"] == 90
    assert match.data["name"] == "box"


def test_a_device_of_an_unknown_entry_is_none(house: House, hass: HomeAssistant) -> None:
    device_id = house.charger()
    presets = catalogue(charger())
    entry = house.entries["maker"]
    hass.config_entries._entries.pop(entry.entry_id)
    assert find(hass, presets, "charger", device_id) is None

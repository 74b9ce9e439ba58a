"""Storage: a street that was put away goes on as if nothing had happened."""

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from custom_components.tangle_grid.simulation import Fault, SimulationError, Street, StreetConfig

if TYPE_CHECKING:
    from tests.simulation.conftest import StreetMaker


def everything(street: Street) -> dict[str, dict[str, object]]:
    return {device.id: dict(street.values(device.id)) for device in street.devices}


def busy(street: Street) -> None:
    street.advance(street.now + 2_710.7)
    street.set_current_limit("charger_2", 9)
    street.set_discharge_current("charger_1", 12)
    street.set_enabled("charger_4", enabled=False)
    street.set_battery_power("battery_1", -2_000)
    street.set_load("home_2", "boiler", on=False)
    street.fault("transformer", Fault.METER_FROZEN)
    street.fault("charger_3", Fault.CHARGER_IGNORES)
    street.fault("charger_3", Fault.METER_DEAD)
    street.advance(street.now + 400.3)


@pytest.mark.parametrize("later", [0.5, 2.0, 61.0, 5_000.0, 90_000.0, 400_000.0])
def test_a_restored_street_goes_on_identically(make_street: StreetMaker, later: float) -> None:
    street = make_street(seed=9)
    busy(street)
    stored = json.loads(json.dumps(street.to_dict()))
    # What was configured as the start does not matter any more.
    other = make_street("03:00", seed=9, days=5, state=stored)
    assert other.now == street.now
    assert everything(other) == everything(street)
    assert other.to_dict() == street.to_dict()
    for one in (street, other):
        one.advance(one.now + later)
        one.clear_faults()
        one.advance(one.now + 30)
    assert everything(other) == everything(street)
    assert other.to_dict() == street.to_dict()


def test_the_first_evening_survives_a_restart_before_it(make_street: StreetMaker) -> None:
    street = make_street()
    restored = Street.from_dict(street.config, json.loads(json.dumps(street.to_dict())))
    restored.advance(restored.now + 1_200)
    assert restored.value("charger_3", "soc") == pytest.approx(31, abs=3)


def test_a_stored_street_cannot_be_set_back(make_street: StreetMaker) -> None:
    street = make_street()
    street.advance(street.now + 60)
    restored = make_street(state=street.to_dict())
    with pytest.raises(SimulationError) as error:
        restored.advance(street.config.start)
    assert error.value.key == "clock_backwards"


def test_the_state_of_another_street_is_refused(make_street: StreetMaker) -> None:
    state = make_street(seed=2).to_dict()
    for settings in ({"seed": 3}, {"seed": 2, "homes": 9}):
        with pytest.raises(SimulationError) as error:
            make_street(state=state, **settings)
        assert error.value.key == "state_mismatch"


def _without(state: dict[str, Any], *path: str) -> dict[str, Any]:
    changed = copy.deepcopy(state)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return changed


def _with(state: dict[str, Any], value: object, *path: str) -> dict[str, Any]:
    changed = copy.deepcopy(state)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    "path",
    [
        ("version",),
        ("now",),
        ("story_day",),
        ("models",),
        ("energy",),
        ("faults",),
        ("models", "home_2"),
        ("models", "home_2", "loads", "boiler", "temperature"),
        ("models", "charger_1", "car", "soc"),
        ("models", "charger_1", "enabled"),
        ("models", "battery_1", "soc"),
        ("energy", "solar_1"),
    ],
)
def test_a_damaged_state_is_refused(make_street: StreetMaker, path: tuple[str, ...]) -> None:
    state = make_street().to_dict()
    damaged = [_without(state, *path), _with(state, "x", *path), _with(state, float("nan"), *path)]
    for one in damaged:
        with pytest.raises(SimulationError) as error:
            make_street(state=one)
        assert error.value.key == "invalid_state"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (101.0, ("models", "charger_1", "car", "soc")),
        (99.0, ("models", "charger_1", "current_limit")),
        (9_000.0, ("models", "battery_1", "setpoint_w")),
        ({"nobody": {"meter_dead": None}}, ("faults",)),
        ({"home_1": {"on_fire": None}}, ("faults",)),
        ({"home_1": {"meter_dead": 3}}, ("faults",)),
        ([1.0], ("energy", "home_1")),
        ([-1.0, 0.0], ("energy", "home_1")),
    ],
)
def test_an_impossible_state_is_refused(make_street: StreetMaker, value: object, path: tuple[str, ...]) -> None:
    with pytest.raises(SimulationError) as error:
        make_street(state=_with(make_street().to_dict(), value, *path))
    assert error.value.key == "invalid_state"


def test_state_that_is_no_mapping_is_refused(make_street: StreetMaker) -> None:
    config: StreetConfig = make_street().config
    with pytest.raises(SimulationError):
        Street(config, [])  # type: ignore[arg-type]

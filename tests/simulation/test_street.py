"""The street as a whole: its devices, its clock, its door, its sums."""

import math
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from custom_components.tangle_grid.simulation import Layout, SimulatedKind, SimulationError, Street, StreetConfig

if TYPE_CHECKING:
    from tests.simulation.conftest import StreetMaker

BERLIN = ZoneInfo("Europe/Berlin")
PHASES = (1, 2, 3)


def everything(street: Street) -> dict[str, dict[str, object]]:
    return {device.id: dict(street.values(device.id)) for device in street.devices}


def test_the_default_street_has_its_devices(make_street: StreetMaker) -> None:
    street = make_street()
    kinds = [device.kind for device in street.devices]
    assert kinds.count(SimulatedKind.TRANSFORMER) == 1
    assert kinds.count(SimulatedKind.HOUSEHOLD) == 8
    assert kinds.count(SimulatedKind.CHARGER) == 4
    assert kinds.count(SimulatedKind.BATTERY) == 1
    assert kinds.count(SimulatedKind.SOLAR) == 1
    homes = [device for device in street.devices if device.kind is SimulatedKind.HOUSEHOLD]
    assert {phase for home in homes for phase in home.phases} == {0, 1, 2}
    assert sum(bool(home.loads) for home in homes) >= 3
    assert len({device.id for device in street.devices}) == len(street.devices)
    for device in street.devices:
        for quantity in device.quantities:
            street.value(device.id, quantity)


@pytest.mark.parametrize(
    ("layout", "kinds"),
    [
        (Layout.SUNNY, ["transformer", "household", "household", "household", "battery", "solar"]),
        (Layout.HOUSE, ["transformer", "household", "charger"]),
    ],
)
def test_other_layouts_live_through_a_day_and_a_restart(
    make_street: StreetMaker, layout: Layout, kinds: list[str]
) -> None:
    street = make_street(layout=layout)
    assert [device.kind.value for device in street.devices] == kinds
    street.advance(street.config.start + 86_400)
    again = Street.from_dict(street.config, street.to_dict())
    assert everything(again) == everything(street)
    if layout is Layout.HOUSE:
        # The car is there when the street's evening begins, and hungry.
        assert street.value("charger_1", "connected") is True
        assert float(street.value("charger_1", "power")) > 3_000


def test_two_streets_with_one_seed_are_one(make_street: StreetMaker) -> None:
    first, second, other = make_street(seed=4), make_street(seed=4), make_street(seed=5)
    for street in (first, second, other):
        for minute in range(90):
            street.advance(street.config.start + minute * 60)
    assert everything(first) == everything(second)
    assert everything(first) != everything(other)


def test_the_transformer_carries_the_sum_of_all(make_street: StreetMaker) -> None:
    street = make_street()
    for minute in range(0, 240, 7):
        street.advance(street.config.start + minute * 60)
        expected = [0.0, 0.0, 0.0]
        for device in street.devices[1:]:
            power = street.value(device.id, "power")
            assert isinstance(power, int)
            for phase in device.phases:
                expected[phase] += power / len(device.phases)
        for phase in PHASES:
            shown = street.value("transformer", f"power_l{phase}")
            current = street.value("transformer", f"current_l{phase}")
            assert shown == pytest.approx(expected[phase - 1], abs=60)
            assert current == pytest.approx(shown / 230, abs=0.06)
        assert street.value("transformer", "power") == sum(street.value("transformer", f"power_l{p}") for p in PHASES)


def test_what_hangs_beside_flows_through_the_transformer_until_it_is_said_anew(make_street: StreetMaker) -> None:
    alone, beside = make_street(), make_street()
    beside.hang_on((1000.0, 0.0, -500.0))
    for street in (alone, beside):
        street.advance(street.config.start + 3600)

    def more(quantity: str) -> float:
        return float(beside.value("transformer", quantity)) - float(alone.value("transformer", quantity))

    assert [more(f"power_l{phase}") for phase in PHASES] == pytest.approx([1000, 0, -500], abs=2)
    assert more("energy_import") == pytest.approx(500, abs=1)
    beside.hang_on((0.0, 0.0, 0.0))
    for street in (alone, beside):
        street.settle()
    assert [more(f"power_l{phase}") for phase in PHASES] == [0, 0, 0]


def test_the_meter_is_never_still(make_street: StreetMaker) -> None:
    street = make_street("02:00")
    shown = []
    for second in range(120):
        street.advance(street.config.start + second)
        shown.append(tuple(street.value("transformer", f"power_l{phase}") for phase in PHASES))
    assert all(shown[index] != shown[index + 1] for index in range(len(shown) - 1))
    first = [row[0] for row in shown]
    assert max(first.count(value) for value in first) < 30
    assert all(isinstance(value, int) for row in shown for value in row)


def test_energy_of_the_parts_is_the_energy_of_the_whole(make_street: StreetMaker) -> None:
    street = make_street()
    street.advance(street.now + 86_400)
    parts = 0
    for device in street.devices[1:]:
        for quantity, sign in (("energy_import", 1), ("energy_export", -1)):
            if quantity in device.quantities:
                value = street.value(device.id, quantity)
                assert isinstance(value, int)
                assert value >= 0
                parts += sign * value
    net = street.value("transformer", "energy_import") - street.value("transformer", "energy_export")
    assert net == pytest.approx(parts, abs=len(street.devices))
    assert net > 50_000


def test_a_jump_ends_near_where_small_steps_end(make_street: StreetMaker) -> None:
    small, jump = make_street("20:30"), make_street("20:30")
    for step in range(1, 12 * 60 + 1):
        small.advance(small.config.start + step * 60)
    jump.advance(small.now)
    for charger in range(1, 5):
        assert small.value(f"charger_{charger}", "connected") == jump.value(f"charger_{charger}", "connected")
        assert small.value(f"charger_{charger}", "energy_import") == pytest.approx(
            jump.value(f"charger_{charger}", "energy_import"), rel=0.02
        )
    assert small.value("transformer", "energy_import") == pytest.approx(
        jump.value("transformer", "energy_import"), rel=0.03
    )


def test_two_weeks_pass_in_one_call(make_street: StreetMaker) -> None:
    street = make_street()
    street.advance(street.now + 14 * 86_400)
    assert street.now == street.config.start + 14 * 86_400
    assert street.value("transformer", "energy_import") > 14 * 50_000


def test_the_clock_only_goes_forward(make_street: StreetMaker) -> None:
    street = make_street()
    street.advance(street.now)
    before = everything(street)
    with pytest.raises(SimulationError) as error:
        street.advance(street.now - 1)
    assert error.value.key == "clock_backwards"
    for nonsense in (math.nan, math.inf, 1e300):
        with pytest.raises(SimulationError) as error:
            street.advance(nonsense)
        assert error.value.key == "invalid_time"
    assert everything(street) == before


def test_days_on_which_clocks_change_pass(make_street: StreetMaker) -> None:
    start = 1_774_720_000.0  # the evening before 29 March 2026
    street = Street(StreetConfig(start=start, timezone=BERLIN))
    street.advance(start + 3 * 86_400)
    assert street.value("transformer", "energy_import") > 0


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"homes": 0}, "invalid_homes"),
        ({"homes": 1000}, "invalid_homes"),
        ({"season_day": 0}, "invalid_season_day"),
        ({"season_day": 366}, "invalid_season_day"),
        ({"start": math.nan}, "invalid_time"),
        ({"start": -1.0}, "invalid_time"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, float], key: str) -> None:
    with pytest.raises(SimulationError) as error:
        Street(StreetConfig(**{"start": 1_800_000_000.0, "timezone": BERLIN, **settings}))
    assert error.value.key == key


@pytest.mark.parametrize("homes", [1, 3, 20])
def test_other_sizes_of_street(make_street: StreetMaker, homes: int) -> None:
    street = make_street(homes=homes)
    street.advance(street.now + 3_600)
    assert sum(device.kind is SimulatedKind.HOUSEHOLD for device in street.devices) == homes


@pytest.mark.parametrize(
    ("command", "arguments", "key"),
    [
        ("set_current_limit", ("charger_9", 8), "unknown_device"),
        ("set_current_limit", ("home_1", 8), "not_a_charger"),
        ("set_current_limit", ("charger_1", -1), "invalid_current"),
        ("set_current_limit", ("charger_1", 16.1), "invalid_current"),
        ("set_current_limit", ("charger_1", math.nan), "invalid_current"),
        ("set_current_limit", ("charger_1", math.inf), "invalid_current"),
        ("set_current_limit", ("charger_1", True), "invalid_current"),
        ("set_current_limit", ("charger_1", None), "invalid_current"),
        ("set_current_limit", ("charger_1", "8"), "invalid_current"),
        ("set_discharge_current", ("charger_1", 17), "invalid_discharge_current"),
        ("set_discharge_current", ("charger_2", 6), "invalid_discharge_current"),
        ("set_discharge_current", ("charger_1", math.nan), "invalid_discharge_current"),
        ("set_enabled", ("charger_1", 1), "invalid_switch"),
        ("set_enabled", ("battery_1", True), "not_a_charger"),
        ("set_battery_power", ("battery_1", 5_001), "invalid_power"),
        ("set_battery_power", ("battery_1", -5_001), "invalid_power"),
        ("set_battery_power", ("battery_1", math.nan), "invalid_power"),
        ("set_battery_power", ("charger_1", 100), "not_a_battery"),
        ("set_battery_power", ("battery_2", 100), "unknown_device"),
        ("set_load", ("home_2", "sauna", False), "unknown_load"),
        ("set_load", ("home_1", "boiler", False), "unknown_load"),
        ("set_load", ("charger_1", "boiler", False), "not_a_household"),
        ("set_load", ("home_2", "boiler", 0), "invalid_switch"),
        ("set_load", ("home_99", "boiler", True), "unknown_device"),
        ("value", ("home_1", "soc"), "unknown_quantity"),
        ("value", ("nobody", "power"), "unknown_device"),
    ],
)
def test_the_door_refuses_nonsense_and_changes_nothing(
    make_street: StreetMaker, command: str, arguments: tuple[object, ...], key: str
) -> None:
    street = make_street("20:00")
    before = street.to_dict()
    with pytest.raises(SimulationError) as error:
        getattr(street, command)(*arguments)
    assert error.value.key == key
    assert error.value.placeholders["device_id"] == arguments[0]
    assert street.to_dict() == before

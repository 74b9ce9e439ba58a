"""The evening that the street is there for: the peak comes, would break the fuse, and can be turned."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from custom_components.tangle_grid.simulation import Street
    from tests.simulation.conftest import StreetMaker

CAPACITY_W = 3 * 63 * 230
THRESHOLD_W = 0.8 * CAPACITY_W
SEEDS = (1, 2, 3, 42)


def follow(street: Street, minutes: int) -> list[tuple[float, int]]:
    """Minutes since now, and total load, one a minute."""
    start = street.now
    rows = []
    for minute in range(minutes):
        street.advance(start + minute * 60)
        rows.append((minute, street.value("transformer", "power")))
    return rows


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_evening_tells_the_story(make_street: StreetMaker, seed: int) -> None:
    street = make_street(seed=seed)
    assert street.value("transformer", "power") < 0.6 * THRESHOLD_W
    assert not any(street.value(f"charger_{number}", "connected") for number in range(1, 5))
    rows = follow(street, 75)
    over = [minute for minute, load in rows if load > THRESHOLD_W]
    assert over
    assert 8 <= over[0] <= 60, "before half past six, but not at once"
    peak = max(load for _, load in rows)
    assert peak > 1.15 * THRESHOLD_W
    assert peak > CAPACITY_W, "without control the capacity would be exceeded"
    assert peak < 1.5 * CAPACITY_W


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cars_of_the_first_evening(make_street: StreetMaker, seed: int) -> None:
    street = make_street(seed=seed)
    arrivals: dict[int, tuple[int, float]] = {}
    for minute in range(60):
        street.advance(street.config.start + minute * 60)
        for number in range(1, 5):
            if number not in arrivals and street.value(f"charger_{number}", "connected"):
                arrivals[number] = (minute, street.value(f"charger_{number}", "soc"))
    assert {number: soc for number, (_, soc) in arrivals.items()} == {
        1: pytest.approx(88, abs=2.5),
        2: pytest.approx(65, abs=2.5),
        3: pytest.approx(30, abs=2.5),
        4: pytest.approx(55, abs=2.5),
    }
    assert all(1 <= minute <= 40 for minute, _ in arrivals.values())
    leaves = (street.value("charger_3", "departure") - street.config.start) / 3600
    assert leaves == pytest.approx(13, abs=0.4), "half past six in the morning"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_peak_comes_on_later_evenings_too(make_street: StreetMaker, seed: int) -> None:
    street = make_street(seed=seed)
    for day in range(1, 5):
        street.advance(street.config.start + day * 86_400 - 1800)
        assert max(load for _, load in follow(street, 150)) > 1.1 * THRESHOLD_W, day


@pytest.mark.parametrize("seed", SEEDS)
def test_the_load_can_fall_clearly_below_the_threshold(make_street: StreetMaker, seed: int) -> None:
    street = make_street(seed=seed)
    street.advance(street.config.start + 3_900)
    assert street.value("transformer", "power") > THRESHOLD_W
    street.set_discharge_current("charger_1", 16)
    street.set_current_limit("charger_2", 6)
    street.set_current_limit("charger_4", 8)
    street.set_battery_power("battery_1", -5_000)
    for device in street.devices:
        for load in device.loads:
            street.set_load(device.id, load.load_id, on=False)
    street.settle()
    assert street.value("transformer", "power") < 0.6 * THRESHOLD_W
    for phase in (1, 2, 3):
        assert street.value("transformer", f"current_l{phase}") < 0.8 * 63


def test_homes_meet_the_week(make_street: StreetMaker) -> None:
    street = make_street("00:30")
    away = 0
    for hour in range(24 * 7):
        street.advance(street.config.start + hour * 3_600)
        clock = (hour + 0.5) % 24
        for number in range(1, 5):
            charger = f"charger_{number}"
            connected = street.value(charger, "connected")
            if clock > 20 or clock < 6:
                assert connected
            if 11 < clock < 16:
                assert not connected
                away += 1
            if connected:
                assert street.value(charger, "departure") > street.now
                assert 0 < street.value(charger, "soc") <= 100
            else:
                assert street.value(charger, "departure") is None
                assert street.value(charger, "soc") is None
                assert street.value(charger, "power") == 0
                assert street.value(charger, "status") == "available"
    assert away > 50

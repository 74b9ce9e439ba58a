"""Chargers and cars: minimum, ramp, taper, feeding back, and energy that goes where it should."""

from typing import TYPE_CHECKING

import pytest

from custom_components.tangle_grid.simulation import SimulatedKind, Street

if TYPE_CHECKING:
    from tests.simulation.conftest import StreetMaker

CHARGERS = {"charger_1": (3, 6, 16), "charger_2": (3, 6, 16), "charger_3": (1, 6, 32), "charger_4": (3, 8, 16)}


def model(street: Street, charger_id: str):  # noqa: ANN201 - the inside of the room
    return street._inventory.chargers[charger_id]


@pytest.mark.parametrize(("charger_id", "nameplate"), CHARGERS.items())
def test_a_charger_follows_its_limit(
    make_street: StreetMaker, charger_id: str, nameplate: tuple[int, int, int]
) -> None:
    phases, least, most = nameplate
    street = make_street("20:00")
    model(street, charger_id).car.soc = 40.0
    device = next(device for device in street.devices if device.id == charger_id)
    assert device.kind is SimulatedKind.CHARGER
    assert len(device.phases) == phases
    assert (device.parameters["min_current_a"], device.parameters["max_current_a"]) == (least, most)
    for amps in (most, least, (least + most) // 2, 0, least, most):
        street.set_current_limit(charger_id, amps)
        street.settle()
        assert street.value(charger_id, "current_limit") == amps
        assert street.value(charger_id, "power") == pytest.approx(amps * 230 * phases, rel=0.002, abs=1)
        assert [street.value(charger_id, f"current_l{phase}") for phase in (1, 2, 3)] == [
            amps if phase in device.phases else 0 for phase in (0, 1, 2)
        ]
    street.set_current_limit(charger_id, least - 0.5)
    street.settle()
    assert street.value(charger_id, "power") == 0
    assert street.value(charger_id, "status") == "paused"


def test_a_ramp_takes_a_second_or_two_and_skips_what_no_car_draws(make_street: StreetMaker) -> None:
    street = make_street("20:00")
    model(street, "charger_4").car.soc = 40.0
    street.set_enabled("charger_4", enabled=False)
    street.settle()
    assert street.value("charger_4", "power") == 0
    street.set_enabled("charger_4", enabled=True)
    start, seen = street.now, []
    for step in range(1, 21):
        street.advance(start + step / 10)
        seen.append(street.value("charger_4", "current_l1"))
    assert seen == sorted(seen)
    assert 8 <= seen[0] < 16
    assert seen[-1] == 16
    assert len(set(seen)) > 5


def test_a_setpoint_is_kept_until_it_is_changed(make_street: StreetMaker) -> None:
    street = make_street("20:00")
    street.set_current_limit("charger_3", 10)
    street.advance(street.now + 3 * 86_400)
    assert street.value("charger_3", "current_limit") == 10


def test_nobody_ever_sits_between_nothing_and_the_minimum(make_street: StreetMaker) -> None:
    street = make_street("20:00", seed=3)
    start = street.now
    for step in range(1, 1200):
        street.advance(start + step * 7)
        if step % 5 == 0:
            for number, (charger_id, (_, _, most)) in enumerate(CHARGERS.items()):
                street.set_current_limit(charger_id, (step * (number + 3)) % most)
            street.set_discharge_current("charger_1", 10 if step % 3 == 0 else 0)
            street.set_enabled("charger_2", enabled=step % 4 != 0)
        for charger_id, (phases, least, _) in CHARGERS.items():
            power = abs(street.value(charger_id, "power"))
            assert power == 0 or power >= least * 230 * phases


def test_charging_tapers_above_the_knee_and_ends_at_full(make_street: StreetMaker) -> None:
    street = make_street("20:00")
    car = model(street, "charger_2").car
    car.soc = 75.0
    street.settle()
    assert street.value("charger_2", "current_l1") == 16
    seen = {}
    while street.value("charger_2", "soc") < 100:
        street.advance(street.now + 300)
        seen[street.value("charger_2", "soc")] = street.value("charger_2", "current_l1")
    rising = [seen[soc] for soc in sorted(seen)]
    assert rising == sorted(rising, reverse=True)
    assert all(amps < 16 for soc, amps in seen.items() if soc > 84)
    assert all(6 <= amps <= 16 for soc, amps in seen.items() if soc < 100)
    street.settle()
    assert street.value("charger_2", "power") == 0
    street.advance(street.now + 3_600)
    assert street.value("charger_2", "soc") == 100


def test_energy_at_the_plug_times_efficiency_is_the_change_of_charge(make_street: StreetMaker) -> None:
    street = make_street("20:00")
    car = model(street, "charger_4").car
    car.soc = 20.0
    counter = street._counters["charger_4"]
    before = counter.import_wh
    start = street.now
    for step in range(1, 200):
        street.set_current_limit("charger_4", step % 17)
        street.advance(start + step * 37)
    taken = counter.import_wh - before
    assert taken > 8_000
    assert (car.soc - 20.0) / 100 * car.model.battery_wh == pytest.approx(taken * car.model.efficiency, rel=1e-9)


def test_feeding_back_costs_charge_and_stops_at_the_floor(make_street: StreetMaker) -> None:
    street = make_street("20:00")
    car = model(street, "charger_1").car
    car.soc = 14.0
    counter = street._counters["charger_1"]
    street.set_discharge_current("charger_1", 16)
    street.settle()
    assert street.value("charger_1", "power") == pytest.approx(-11_040, rel=0.002)
    assert street.value("charger_1", "current_l2") == -16
    assert street.value("charger_1", "status") == "feeding"
    street.advance(street.now + 3_600)
    assert street.value("charger_1", "power") == 0
    assert car.soc == pytest.approx(10.0)
    assert counter.export_wh / car.model.efficiency == pytest.approx(0.04 * car.model.battery_wh, rel=1e-6)
    street.set_discharge_current("charger_1", 0)
    street.settle()
    assert street.value("charger_1", "power") == pytest.approx(11_040, rel=0.002)


def test_feeding_back_below_the_minimum_pauses(make_street: StreetMaker) -> None:
    street = make_street("20:00")
    street.set_discharge_current("charger_1", 4)
    street.settle()
    assert street.value("charger_1", "power") == 0


def test_a_full_car_can_feed_back_and_takes_it_again_later(make_street: StreetMaker) -> None:
    street = make_street("20:00")
    model(street, "charger_1").car.soc = 100.0
    street.settle()
    assert street.value("charger_1", "power") == 0
    street.set_discharge_current("charger_1", 16)
    street.advance(street.now + 1_800)
    assert street.value("charger_1", "soc") < 95
    street.set_discharge_current("charger_1", 0)
    street.settle()
    assert street.value("charger_1", "power") > 4_000


def test_a_disabled_charger_draws_nothing_even_when_told_to_feed(make_street: StreetMaker) -> None:
    street = make_street("20:00")
    street.set_discharge_current("charger_1", 10)
    street.set_enabled("charger_1", enabled=False)
    street.settle()
    assert street.value("charger_1", "power") == 0
    assert street.value("charger_1", "enabled") is False


def test_a_drive_uses_the_battery(make_street: StreetMaker) -> None:
    street = make_street("20:00")
    for charger_id in CHARGERS:
        street.set_enabled(charger_id, enabled=False)
    before = {charger_id: street.value(charger_id, "soc") for charger_id in CHARGERS}
    street.advance(street.now + 86_400)
    for charger_id in CHARGERS:
        trip = model(street, charger_id).car
        assert street.value(charger_id, "soc") < before[charger_id]
        assert street.value(charger_id, "soc") >= 6
        assert trip.model.battery_wh >= 40_000

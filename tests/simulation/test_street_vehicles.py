"""The cars of the street: who they are can be read at the chargers, and two of them do not always come to the same."""

import json
from typing import TYPE_CHECKING

import pytest

from custom_components.tangle_grid.simulation import SimulatedKind, SimulationError, Street

if TYPE_CHECKING:
    from tests.simulation.conftest import StreetMaker

DAY_S = 86_400.0
CHARGERS = tuple(f"charger_{number}" for number in range(1, 5))


def _cards(street: Street) -> tuple[object, ...]:
    return tuple(street.value(charger_id, "card") for charger_id in CHARGERS)


def _evening(make_street: StreetMaker, days: int) -> Street:
    street = make_street("16:00", seed=3)
    street.advance(street.now + days * DAY_S + 4 * 3_600)
    return street


def test_each_car_has_a_card_and_tells_what_it_knows(make_street: StreetMaker) -> None:
    street = make_street("15:00", seed=3)
    assert [vehicle.kind for vehicle in street.vehicles] == [SimulatedKind.VEHICLE] * 4
    assert len({vehicle.card for vehicle in street.vehicles}) == 4
    assert _cards(street) == (None,) * 4
    for vehicle in street.vehicles:
        assert street.value(vehicle.id, "at_home") is False
        assert street.value(vehicle.id, "departure") is None
        assert isinstance(street.value(vehicle.id, "soc"), float)


def test_on_the_first_evening_each_is_at_its_own_charger(make_street: StreetMaker) -> None:
    street = _evening(make_street, 0)
    assert _cards(street) == tuple(vehicle.card for vehicle in street.vehicles)
    for charger_id, vehicle in zip(CHARGERS, street.vehicles, strict=True):
        for quantity in ("soc", "departure"):
            assert street.value(vehicle.id, quantity) == street.value(charger_id, quantity)


def test_after_that_two_of_them_trade_places_day_by_day(make_street: StreetMaker) -> None:
    first, second, third = (_cards(_evening(make_street, days)) for days in range(3))
    assert second == (first[0], first[3], first[2], first[1])
    assert third == first


def test_a_stored_street_knows_where_they_are(make_street: StreetMaker) -> None:
    street = _evening(make_street, 1)
    stored = json.loads(json.dumps(street.to_dict()))
    again = make_street("16:00", seed=3, state=stored)
    assert _cards(again) == _cards(street)
    later = street.now + 2 * DAY_S
    street.advance(later)
    again.advance(later)
    assert _cards(again) == _cards(street)

    # One that was stored before there were cards goes on with each at its own charger.
    before = {key: value for key, value in stored.items() if key not in ("cars", "traded_on")}
    assert _cards(make_street("16:00", seed=3, state=before)) == tuple(each.card for each in street.vehicles)


@pytest.mark.parametrize("cars", [[], {}, {"charger_1": "car_1"}, dict.fromkeys(CHARGERS, "car_1")])
def test_cars_that_cannot_be_there_are_refused(make_street: StreetMaker, cars: object) -> None:
    stored = make_street("16:00", seed=3).to_dict()
    with pytest.raises(SimulationError) as refused:
        make_street("16:00", seed=3, state={**stored, "cars": cars})
    assert refused.value.key == "invalid_state"

"""What an island bids with: what it needs by its plan and the forecast, what its feed and its batteries can do."""

from dataclasses import replace

import pytest

from custom_components.tangle_grid.grid.engine.trading import TradeTerms, shaped_prices
from custom_components.tangle_grid.grid.model.forecast import Forecast, Series
from custom_components.tangle_grid.grid.model.supply import SupplyConfig
from custom_components.tangle_grid.grid.model.world import NOMINAL_V
from custom_components.tangle_grid.grid.trade import OwnWindow, Store
from tests.support.grid.feeder_plant import Car, Plant, Store as Battery, battery, charger

HOUR = 3600.0
TERMS = TradeTerms(
    import_prices=(300, 200, 100, 300),
    export_prices=(60, 60, 100, 60),
    missing_price=4_000,
    stored_price=150,
    keep_w=2_000,
    floor_soc=30.0,
)


def windows(street: Plant, terms: TradeTerms = TERMS) -> tuple[OwnWindow, ...]:
    begin = street.now // HOUR * HOUR
    return street.engine.own_windows(street.now, street.forecast, terms, begin=begin, window_s=HOUR)


def test_what_is_forecast_is_what_is_needed() -> None:
    street = Plant(base_a=(2.0, 2.0, 2.0))
    street.run(60)
    begin = street.now // HOUR * HOUR
    street.forecast = Forecast(
        base_w=Series(start=begin, step_s=HOUR, values=(1_000.0, 2_000.0, 3_000.0, 4_000.0)),
        sun_w=Series(start=begin, step_s=HOUR, values=(0.0, 5_000.0, 500.0, -10.0)),
    )
    found = windows(street)
    assert [each.load for each in found] == [1_000, -3_000, 2_500, 4_000]
    feeder = street.config.feeders[0]
    most_w = int(sum(feeder.capacity_a) * NOMINAL_V * (1 - street.config.capacity_margin)) - 2_000
    assert [each.imports for each in found] == [((price, most_w),) for price in TERMS.import_prices]
    # What is drawn is dearer than what is fed back, whatever somebody entered.
    assert [each.exports[0][0] for each in found] == [60, 60, 99, 60]


def test_without_a_forecast_it_is_what_is_usual_and_at_first_what_is() -> None:
    street = Plant(base_a=(2.0, 2.0, 2.0))
    assert [each.load for each in windows(street)] == [0] * 4
    street.run(1_800)
    assert windows(street)[0].load == pytest.approx(6 * NOMINAL_V, abs=20)
    assert windows(street)[3].load == pytest.approx(6 * NOMINAL_V, abs=20)


def test_what_flows_to_neighbours_is_no_load() -> None:
    street = Plant(base_a=(2.0, 2.0, 2.0))
    street.run(15)
    (shown, *_), (own, *_) = windows(street), windows(street, replace(TERMS, tied_w=900.0))
    assert shown.load - own.load == 900


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((10.0, 20.0, 30.0), (150, 300, 450)),
        # In another unit it is the same.
        ((0.1, 0.2, 0.3), (150, 300, 450)),
        # Within bounds, also where prices are negative; and what is not forecast is what was entered.
        ((-5.0, 1.0, 100.0, 0.0), (30, 30, 900, 30)),
        ((20.0, 20.0), (300, 300, 300)),
        ((-1.0, -2.0, -3.0), (300, 300, 300)),
        ((), (300, 300, 300)),
    ],
)
def test_the_price_of_the_own_feed_follows_the_shape_of_a_forecast(
    values: tuple[float, ...], expected: tuple[int, ...]
) -> None:
    series = Series(start=7_200.0, step_s=HOUR, values=values)
    assert shaped_prices(300, series, begin=7_200.0, window_s=HOUR, count=len(expected)) == expected
    assert shaped_prices(300, None, begin=7_200.0, window_s=HOUR, count=2) == (300, 300)


def test_what_the_plan_gives_cars_is_needed() -> None:
    car = Car(charger(target_soc=80.0), soc=40.0)
    street = Plant(car, base_a=(1.0, 1.0, 1.0), planning=True)
    car.departure_at = street.now + 10 * HOUR
    street.run(900)
    runs = street.engine.planned("car")
    assert runs
    begin = street.now // HOUR * HOUR
    terms = TradeTerms(import_prices=(300,) * 12, export_prices=(60,) * 12)
    loads = [each.load for each in windows(street, terms)]
    planned_wh = sum(each.current_a * 3 * NOMINAL_V * (each.end - each.start) / HOUR for each in runs)
    assert sum(loads) == pytest.approx(planned_wh + 12 * 3 * NOMINAL_V, rel=0.1)
    assert max(loads) > 3_000
    assert begin <= runs[0].start


def test_without_the_cable_there_is_nothing_but_neighbours() -> None:
    supply = SupplyConfig(inverter_a=(10.0,) * 3)
    street = Plant(Battery(battery(), soc=60.0), supply=supply)
    street.run(60)
    street.cable, street.formed = False, True
    street.run(30)
    assert {(each.imports, each.exports) for each in windows(street)} == {((), ())}
    assert windows(street)[0].missing_price == 4_000


def test_batteries_count_with_what_is_above_the_floor() -> None:
    street = Plant(
        Battery(battery(), soc=60.0),
        Battery(
            battery("low", capacity_wh=5_000, min_soc=40.0, max_charge_w=1_000.0, max_discharge_w=2_000.0), soc=50.0
        ),
        Battery(battery("mute"), soc=None),
    )
    assert street.engine.stored(TERMS, window_s=HOUR) is None
    street.run(60)
    assert street.engine.stored(TERMS, window_s=HOUR) == Store(
        now=8_500, least=5_000, most=15_000, charge_most=6_000, discharge_most=7_000, worth=150
    )
    quarter = street.engine.stored(TERMS, window_s=HOUR / 4)
    assert quarter is not None
    assert (quarter.now, quarter.most, quarter.discharge_most) == (34_000, 60_000, 7_000)

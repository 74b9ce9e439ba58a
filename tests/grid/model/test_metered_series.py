"""What is paid for is measured: gaps earn nothing, and no baseline grows while somebody waits."""

import pytest

from custom_components.tangle_grid.grid import PolicyConfig, PolicyMode, RequestState
from custom_components.tangle_grid.grid.model.metered_series import ReadingSeries
from tests.support.grid.asked import ask_for, plant_of
from tests.support.grid.feeder_plant import ALWAYS, Car, Home, charger, household

ASK = PolicyConfig(mode=PolicyMode.ASK)


def series(*, strict: bool) -> ReadingSeries:
    return ReadingSeries(slot_s=10, strict=strict, fill_w=1_000)


@pytest.mark.parametrize(
    ("gap_s", "strictly", "otherwise"),
    [(0.0, 100, 100), (0.5, 145, 145), (1.0, None, 190), (3.0, None, 370), (9.0, None, 910), (10.0, None, None)],
)
def test_a_gap_earns_nothing_and_of_who_may_draw_anything_its_whole_slot_does_not(
    gap_s: float, strictly: int | None, otherwise: int | None
) -> None:
    for strict, expected in ((True, strictly), (False, otherwise)):
        found = series(strict=strict)
        found.add(0, 4, 100)
        if gap_s < 10:
            found = series(strict=strict)
            found.add(0, (10 - gap_s) / 2, 100)
            found.add((10 + gap_s) / 2, 10, 100)
        else:
            found = series(strict=strict)
            found.add(10, 20, 100)
        found.finish()
        assert found.readings[0] == [0, expected], strict


@pytest.mark.parametrize(("power_w", "kept_w"), [(100.0, 100), (100.1, 101), (100.9, 101), (-100.9, -100), (0.0, 0)])
def test_a_fraction_of_a_watt_is_rounded_against_the_helper(power_w: float, kept_w: int) -> None:
    found = series(strict=False)
    found.add(0, 10, power_w)
    assert found.readings == [[0, kept_w]]


@pytest.mark.parametrize("power_w", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_power_is_a_gap(power_w: float) -> None:
    found = series(strict=False)
    found.add(0, 5, power_w)
    found.add(5, 10, 100.0)
    assert found.readings == [[0, 550]]


def test_a_slot_that_was_cut_off_is_judged_by_what_there_is_of_it() -> None:
    found = series(strict=True)
    found.add(0, 4, 100)
    found.finish()
    assert found.readings == [[0, 100]]
    assert found.done_s == 4
    found = series(strict=True)
    found.add(2, 4, 100)
    found.finish()
    assert found.readings == [[0, None]]


def test_households_are_measured_strictly_and_chargers_are_not() -> None:
    plant = plant_of(Car(charger(policy=ALWAYS)), Home(household(policy=ALWAYS)))
    plant.run(300)
    request_id = ask_for(plant, 12_000.0)
    plant.run(20)
    asks = plant.engine.requests[request_id].asks
    assert {name: ask.series.strict for name, ask in asks.items()} == {"car": False, "home": True}


def test_a_baseline_does_not_rise_by_waiting_with_the_answer() -> None:
    """Asked at 6 A, it draws 16 A until it says yes: what it drew when it was asked is all that it can give up."""
    car = Car(charger(policy=ASK), accepts_a=6.0)
    plant = plant_of(car)
    request_id = ask_for(plant, 3_000.0, duration_s=1_800.0)
    ask = plant.engine.requests[request_id].asks["car"]
    asked_w = ask.baseline_w
    assert asked_w == pytest.approx(6 * 3 * 230, rel=0.01)
    car.accepts_a = 16.0
    # Longer than what a baseline looks back on: nothing measured before the request counts any more.
    plant.run(900)
    assert car.power_w[0] == pytest.approx(16 * 230)
    plant.engine.commands.answer(plant.now, request_id=request_id, device_id="car", accept=True)
    plant.run(20)
    assert ask.state is RequestState.ACTIVE
    assert ask.baseline_w <= asked_w
    assert ask.promised_w <= asked_w


def test_a_baseline_falls_with_what_is_drawn_while_waiting() -> None:
    car = Car(charger(policy=ASK))
    plant = plant_of(car)
    request_id = ask_for(plant, 3_000.0, duration_s=1_800.0)
    ask = plant.engine.requests[request_id].asks["car"]
    car.accepts_a = 7.0
    plant.run(900)
    plant.engine.commands.answer(plant.now, request_id=request_id, device_id="car", accept=True)
    plant.run(20)
    assert ask.state is RequestState.ACTIVE
    assert ask.baseline_w == pytest.approx(7 * 3 * 230, rel=0.01)


class Blinking(Car):
    """It draws much and little in turn, from one measurement to the next."""

    def follow(self, dt: float) -> None:
        super().follow(dt)
        helps = 0 < self.told < 16.0
        self.blinks = helps and not getattr(self, "blinks", False)
        if helps:
            self.draws_a = 6.0 if self.blinks else 16.0


def test_of_two_measurements_the_greater_counts_for_the_time_between_them() -> None:
    plant = plant_of(Blinking(charger(policy=ALWAYS)))
    request_id = ask_for(plant, 3_000.0)
    plant.run(1_000)
    ask = plant.engine.requests[request_id].asks["car"]
    assert ask.series.readings
    # Every second of it may have been at 16 A.
    assert max(watts for _offset, watts in ask.series.readings if watts is not None) > 10_000
    assert ask.energy_wh <= 5


def test_nothing_is_measured_beyond_the_end_of_a_request() -> None:
    """Steps come when they come; the last of them is cut at the end."""
    plant = plant_of(Car(charger(policy=ALWAYS)))
    request_id = ask_for(plant, 3_000.0, duration_s=902.0)
    request = plant.engine.requests[request_id]
    plant.run(1_000)
    ask = request.asks["car"]
    assert ask.active_at is not None
    assert ask.series.done_s == int(request.ends_at - ask.active_at)
    assert ask.energy_wh <= max(watts for _offset, watts in ask.quantities) * 902 // 3_600

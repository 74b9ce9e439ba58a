"""What a yes would mean is what a yes then does, and earns."""

import pytest

from custom_components.tangle_grid.grid import GridError, PolicyConfig, PolicyMode, RequestState
from custom_components.tangle_grid.grid.model.world import ChargerConfig
from custom_components.tangle_grid.grid.requests.consequence import Effect
from tests.support.grid.asked import ask_for, plant_of
from tests.support.grid.feeder_plant import Car, Home, Store, battery, charger, household

ASK = PolicyConfig(mode=PolicyMode.ASK)
GIVES = PolicyConfig(mode=PolicyMode.ASK, v2g_floor_soc=20.0)


def _car(**values: object) -> Car:
    return Car(charger("it", battery_wh=60_000, policy=ASK, **values), soc=50.0)


def _feeding() -> Car:
    config: ChargerConfig = charger("it", battery_wh=60_000, policy=GIVES, max_discharge_a=16.0)
    return Car(config, soc=70.0)


@pytest.mark.parametrize(
    ("device", "power_w", "effect"),
    [
        (_car(), 20_000.0, Effect.PAUSES),
        (_car(), 1_500.0, Effect.CHARGES_SLOWER),
        (_feeding(), 30_000.0, Effect.FEEDS_BACK),
        (Store(battery("it", policy=ASK), soc=80.0), 3_000.0, Effect.FEEDS_BACK),
        (Home(household("it", policy=ASK)), 20_000.0, Effect.SWITCHES_OFF),
    ],
    ids=["pause", "less", "back", "battery", "home"],
)
def test_what_is_said_before_is_what_happens(device: Car | Store | Home, power_w: float, effect: Effect) -> None:
    plant = plant_of(device)
    plant.run(900)
    request_id = ask_for(plant, power_w, device_ids=["it"])
    means = plant.engine.consequence(plant.now, request_id, "it")
    ask = plant.engine.requests[request_id].asks["it"]
    assert means.effect is effect
    assert means.power_w == int(ask.quantity_w)
    assert means.duration_s == 900
    assert means.ends_at == plant.now + 900
    plant.engine.commands.answer(plant.now, request_id=request_id, device_id="it", accept=True)
    plant.run(60)
    if means.setpoint is not None:
        assert plant.setpoint("it") == pytest.approx(means.setpoint)
    plant.run(900)
    assert ask.state is RequestState.SETTLED
    assert 0.85 * means.earns_i <= ask.amount_i <= means.earns_i


def test_it_earns_for_no_more_than_the_time_that_is_left_and_the_energy_that_is_needed() -> None:
    plant = plant_of(_car())
    request_id = ask_for(plant, 20_000.0, device_ids=["it"])
    whole = plant.engine.consequence(plant.now, request_id, "it")
    plant.run(300)
    later = plant.engine.consequence(plant.now, request_id, "it")
    assert later.duration_s == 600
    assert later.earns_i == pytest.approx(whole.earns_i * 2 / 3, rel=0.01)
    nearly_full = plant_of(Car(charger("it", battery_wh=60_000, policy=ASK, target_soc=51.0), soc=50.0))
    request_id = ask_for(nearly_full, 20_000.0, device_ids=["it"])
    assert nearly_full.engine.consequence(nearly_full.now, request_id, "it").earns_i < whole.earns_i / 2


def test_when_the_car_is_ready_is_known_where_its_need_is() -> None:
    plant = plant_of(_car(), Car(charger("stranger", policy=ASK), soc=None))
    plant.run(900)
    request_id = ask_for(plant, 40_000.0, device_ids=["it", "stranger"])
    means = plant.engine.consequence(plant.now, request_id, "it")
    assert plant.engine.consequence(plant.now, request_id, "stranger").ready_at is None
    need_wh = (80.0 - plant.car("it").soc) / 100 * 60_000  # type: ignore[operator]
    assert means.ready_at == pytest.approx(means.ends_at + need_wh / 11_040 * 3600 * 1.15, abs=120)


def test_who_was_not_asked_is_told_so() -> None:
    plant = plant_of(_car())
    request_id = ask_for(plant, 1_000.0, device_ids=["it"])
    for request, device, key in (("nothing", "it", "unknown_request"), (request_id, "x", "unknown_device")):
        with pytest.raises(GridError) as refused:
            plant.engine.consequence(plant.now, request, device)
        assert refused.value.key == key

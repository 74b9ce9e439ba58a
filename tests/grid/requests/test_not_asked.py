"""Whoever is not asked is told why, and a request waits for those who soon can."""

import json

import pytest

from custom_components.tangle_grid.grid import CurtailmentRequest, MarketConfig, RequestState, Settlement
from tests.support.grid.feeder_plant import ALWAYS, Car, Home, Plant, Store, battery, charger, household

QUIET = MarketConfig(automatic=False)


def why_not(request: CurtailmentRequest) -> dict[str, str]:
    return {device_id: reason.key for device_id, reason in request.not_asked.items()}


def test_everybody_has_a_part_or_a_reason() -> None:
    silent = Car(charger("silent", policy=ALWAYS))
    plant = Plant(
        Car(charger("helps", policy=ALWAYS)),
        Car(charger("unplugged", policy=ALWAYS), connected=False),
        Car(charger("full", policy=ALWAYS), soc=85.0),
        silent,
        Store(battery("empty", policy=ALWAYS), soc=10.0),
        Home(household("off", policy=ALWAYS), loads={"boiler": False, "pump": False}),
        market=QUIET,
        base_a=(0.0, 0.0, 0.0),
    )
    plant.run(700)
    silent.silent = True
    plant.run(10)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=3000.0, duration_s=900.0)
    assert set(request.asks) == {"helps"}
    assert why_not(request) == {
        "unplugged": "not_asked_unplugged",
        "full": "not_asked_draws_nothing",
        "silent": "not_asked_silent",
        "empty": "not_asked_empty",
        "off": "not_asked_no_load_on",
    }
    assert CurtailmentRequest.from_dict(json.loads(json.dumps(request.to_dict()))) == request
    again, _ = plant.engine.commands.request_curtailment(plant.now, power_w=3000.0, duration_s=900.0)
    assert why_not(again)["helps"] == "not_asked_busy"
    assert again.closed


def test_who_is_on_another_phase_is_told_so_and_who_was_not_chosen_needs_no_reason() -> None:
    car = Car(charger("one", policy=ALWAYS, phases=(0,)))
    plant = Plant(car, Car(charger("two", policy=ALWAYS, phases=(1,))), base_a=(2.0, 12.0, 2.0))
    plant.run(700)
    request, _ = plant.engine.commands.request_curtailment(
        plant.now, power_w=2000.0, duration_s=60.0, device_ids=["one"]
    )
    assert why_not(request) == {}
    plant.run(400)
    plant.base_a = (2.0, 20.0, 2.0)
    plant.run(60)
    made = [each for each in plant.engine.requests.values() if each.automatic]
    assert made
    assert why_not(made[0]) == {"one": "not_asked_other_phase"}
    assert made[0].not_asked["one"].placeholders == {"phases": "L2"}


def begun_after(wait_s: float, power_w: float = 6000.0) -> tuple[Plant, CurtailmentRequest]:
    """A car that has charged for a while, and a request for half an hour."""
    car = Car(charger(policy=ALWAYS), connected=False)
    plant = Plant(car, market=QUIET)
    plant.run(700)
    car.connected = True
    # A minute of ramp, and then.
    plant.run(90 + wait_s)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=power_w, duration_s=1800.0)
    return plant, request


@pytest.mark.parametrize("restart", [False, True])
def test_a_request_waits_for_a_car_that_has_just_begun_to_charge(*, restart: bool) -> None:
    plant, request = begun_after(60.0)
    reason = request.not_asked["car"]
    assert reason.key == "not_asked_just_begun"
    assert reason.placeholders["needed"] == 5
    assert 0 <= int(reason.placeholders["minutes"]) <= 2
    assert not request.closed
    if restart:
        plant.restart()
    request = plant.engine.requests["r1"]
    plant.run(700 if restart else 400)
    part = request.asks["car"]
    assert part.state is RequestState.ACTIVE
    assert request.not_asked == {}
    assert part.asked_at is not None
    assert part.active_at is not None
    assert request.issued_at < part.asked_at <= part.active_at
    plant.run(1800)
    paid = plant.of(Settlement)
    assert [each.device_id for each in paid] == ["car"]
    assert paid[0].energy_wh >= 6000 * 900 / 3600
    # No more than it drew when the request was made.
    assert part.baseline_w <= 11_040


@pytest.mark.parametrize("duration_s", [60.0, 240.0])
def test_a_window_that_is_too_short_closes_at_once(duration_s: float) -> None:
    plant, _ = begun_after(60.0)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=6000.0, duration_s=duration_s)
    assert request.closed
    assert why_not(request) == {"car": "not_asked_just_begun"}


def test_nobody_begins_to_draw_for_a_request_that_is_there() -> None:
    plant, request = begun_after(60.0)
    late = plant.car()
    late.connected = False
    plant.run(60)
    assert request.closed
    late.connected = True
    plant.run(900)
    assert request.asks == {}
    assert plant.of(Settlement) == []

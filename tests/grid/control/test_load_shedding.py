"""Loads that are shed: a restart throws nobody out, a hand always has the last word."""

from random import Random

import pytest

from custom_components.tangle_grid.grid import MarketConfig, Reason, RequestState, Settlement
from tests.support.grid.feeder_plant import ALWAYS, Home, Plant, household

QUIET = MarketConfig(automatic=False)
WINDOW_S = 1800.0


def helping() -> tuple[Plant, Home]:
    """A household that is asked for its boiler, and has switched it off."""
    home = Home(household(policy=ALWAYS))
    plant = Plant(home, market=QUIET)
    plant.run(700)
    plant.engine.commands.request_curtailment(plant.now, power_w=1800.0, duration_s=WINDOW_S)
    plant.run(60)
    assert not home.loads["boiler"]
    return plant, home


def part_of(plant: Plant) -> tuple[RequestState, Reason | None]:
    ask = plant.engine.requests["r1"].asks["home"]
    return ask.state, ask.reason


@pytest.mark.parametrize("hidden_s", [0.0, 3.0, 45.0, 200.0])
@pytest.mark.parametrize("restored", [True, False])
def test_a_restart_throws_nobody_out(*, restored: bool, hidden_s: float) -> None:
    """The safe state of a clean stop switches loads on; after a crash they are off; entities come minutes later."""
    plant, home = helping()
    home.loads["boiler"] = restored
    home.hidden_until = plant.now + hidden_s
    plant.now += 20
    plant.restart()
    plant.run(300)
    assert part_of(plant)[0] is RequestState.ACTIVE
    assert not home.loads["boiler"]
    plant.run(WINDOW_S)
    assert part_of(plant)[0] is RequestState.SETTLED
    # Of the slots in which it could not be seen nothing is paid.
    assert plant.of(Settlement)[0].energy_wh >= 2000 * (WINDOW_S - 600 - hidden_s) / 3600
    assert home.loads == {"boiler": True, "pump": True}


def test_after_a_restart_a_hand_has_the_last_word() -> None:
    plant, home = helping()
    home.loads["boiler"] = True
    plant.restart()
    plant.run(60)
    assert not home.loads["boiler"]
    home.heeds, home.loads["boiler"] = False, True
    plant.run(10)
    assert part_of(plant) == (RequestState.SETTLED, Reason(key="ended_load_switched_on"))


def test_a_load_that_never_goes_off_ends_its_part() -> None:
    home = Home(household(policy=ALWAYS), heeds=False)
    plant = Plant(home, market=QUIET)
    plant.run(700)
    plant.engine.commands.request_curtailment(plant.now, power_w=1800.0, duration_s=WINDOW_S)
    plant.run(120)
    assert part_of(plant) == (RequestState.SETTLED, Reason(key="ended_not_following"))
    assert plant.of(Settlement) == []


@pytest.mark.parametrize("seed", range(8))
def test_restarts_at_any_time_leave_every_load_as_it_was(seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - a test
    plant, home = helping()
    end = plant.now + WINDOW_S
    while plant.now < end - 600:
        plant.run(draw.uniform(5, 300))
        home.loads["boiler"] = draw.random() < 0.7
        home.hidden_until = plant.now + draw.choice([0.0, 30.0, 90.0])
        plant.restart()
    plant.run(200)
    assert part_of(plant)[0] is RequestState.ACTIVE
    assert not home.loads["boiler"]
    plant.run(1200)
    assert home.loads == {"boiler": True, "pump": True}

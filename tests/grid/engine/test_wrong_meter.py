"""A meter that goes wrong without a trace, in a closed loop: chargers are never far above the fuse for long."""

import random
from collections.abc import Callable
from typing import Final, override

import pytest

from benchmarks._zoo_draw import draw
from benchmarks._zoo_site import START, ChargerSpec, FeederSpec, Site
from benchmarks.zoo import judge
from custom_components.tangle_grid.grid import ChargerConfig, FeederConfig, SafeState
from custom_components.tangle_grid.simulation.zoo import showing
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.load import Appliance, BaseLoad
from custom_components.tangle_grid.simulation.zoo.reporting import Every

FUSE_A: Final = 25.0
METER_S: Final = 5.0
WRONG_S: Final = 500.0
OVEN_S: Final = 700.0
#: As in the documents: what follows, reports, half a minute, and a raise with a look downwards.
ALLOWED_S: Final = METER_S + 2.0 + 30.0 + 130.0


def site(*, lines: int, report_s: float, wrong: Behaviour | None, oven_a: float = 0.0) -> Site:
    """Return a house of 8 A a phase with a car of 32 A; the oven goes on on all phases at 700 s."""
    phases = tuple(range(lines))
    loads = [Appliance(amps=(oven_a,) * 3, begin=START + OVEN_S, end=START + 1e6, on_s=1e6, off_s=0.0)]
    feeder = FeederSpec(
        config=FeederConfig(feeder_id="main", capacity_a=(FUSE_A,) * 3, threshold_a=(FUSE_A,) * 3),
        base=BaseLoad(seed=1, mean_a=(8.0,) * 3, swing_a=(0.5,) * 3, flicker_a=0.5, appliances=loads),
        meter=(Every(METER_S, 1.0), *(() if wrong is None else (wrong,))),
    )
    config = ChargerConfig(
        device_id="car", feeder_id="main", phases=phases, battery_wh=90_000, max_current_a=32.0, safe_current_a=6.0
    )
    found = Site([feeder], [ChargerSpec(config=config, behaviours=(Every(report_s, 3.0),), per_phase=lines > 1)])
    car = ZooCar(soc=10.0, max_a=32.0, lines=phases)
    found.agenda.at(START + 30.0, lambda: found.chargers["car"].plug_in(car))
    return found


class Generates(Behaviour):
    """The house has a generator that nobody measures: its meter shows so much less on each phase, A."""

    def __init__(self, amps: float) -> None:
        self._watts = amps * 230.0

    @override
    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        return f"{float(text) - self._watts:.0f}", unit


@pytest.mark.parametrize(
    ("lines", "report_s", "oven_a"), [(1, 10.0, 4.0), (1, 60.0, 4.0), (1, 60.0, 0.0), (3, 60.0, 0.0)]
)
@pytest.mark.parametrize(
    "wrong",
    [lambda: showing.Scaled(0.5), lambda: showing.NoiseAroundAConstant(3000.0)],
    ids=["half", "constant"],
)
def test_it_is_found_in_time(wrong: Callable[[], Behaviour], lines: int, report_s: float, oven_a: float) -> None:
    house = site(lines=lines, report_s=report_s, wrong=wrong().between(WRONG_S), oven_a=oven_a)
    house.run(1500.0)
    assert house.felt["main"].needless_s <= ALLOWED_S + report_s
    found = [at - START for at, event in house.events if isinstance(event, SafeState) and event.entered]
    assert found
    assert found[0] > WRONG_S


@pytest.mark.parametrize(("generator", "takes_a"), [(None, 15.0), (Generates(10.0), 24.0)], ids=["none", "10 A"])
def test_one_that_is_right_is_believed(generator: Behaviour | None, takes_a: float) -> None:
    """Also where a house feeds back, so that its meter shows less than the car draws."""
    house = site(lines=1, report_s=10.0, wrong=generator)
    house.run(1500.0)
    assert not [event for _, event in house.events if isinstance(event, SafeState)]
    assert house.chargers["car"].amps >= takes_a


@pytest.mark.parametrize("seed", [15, 67, 95, 89, 99, 102, 161])
def test_what_was_drawn_once(seed: int) -> None:
    """A constant meter and reports each minute; a charger that cannot pause and rounds up; one that draws more.

    And what was told too often: who shows its limit half a minute late, who draws 3 A more, who reports what changes,
    and whose reading cannot be true whenever it charges.
    """
    result = judge(draw(random.Random(seed)), seed)  # noqa: S311 - a model, not a secret
    assert not result.wrong, result


@pytest.mark.parametrize("seed", [20175, 21868, 22403, 23685, 26868])
def test_a_meter_that_begins_to_show_half_on_a_busy_site(seed: int) -> None:
    """Eight chargers of which one is always about to report; a charger alone, and a battery that turns.

    And one that never says that it was paused, and two that forget their limits and start together.
    """
    result = judge(draw(random.Random(seed)), seed)  # noqa: S311 - a model, not a secret
    assert not result.wrong, result

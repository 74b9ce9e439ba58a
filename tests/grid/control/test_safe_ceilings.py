"""What a charger has at most while nobody knows better: a look at the meter, a start, a new session."""

import json
from dataclasses import replace

import pytest

from custom_components.tangle_grid.grid import Cause, ChargerTelemetry, Inputs, MarketConfig, StepResult
from tests.support.grid.feeder_plant import Car, Plant, charger, feeder

QUIET = MarketConfig(automatic=False)


def plant(*cars: Car) -> Plant:
    return Plant(*cars, feeders=(feeder(63.0, 63.0),), market=QUIET)


def causes(site: Plant) -> dict[str, tuple[float | None, Cause | None]]:
    assert site.result is not None
    return {name: (each.setpoint, each.cause) for name, each in site.result.status.devices.items()}


def test_while_a_meter_is_checked_all_have_their_least_current() -> None:
    site = plant(
        Car(charger("one", safe_current_a=10.0)),
        Car(charger("two", safe_current_a=0.0, min_current_a=8.0)),
        Car(charger("full", safe_current_a=10.0), soc=100.0),
    )
    site.run(300)
    assert site.car("one").told > 10.0
    assert site.car("two").told > 8.0
    site.engine._parts.feeders[0].echo.checking_since = site.now
    site.step()
    assert causes(site)["one"] == (6.0, Cause.SAFE_STATE)
    assert causes(site)["two"] == (8.0, Cause.SAFE_STATE)
    assert causes(site)["full"][0] == 0.0, "who had less is not raised by it"


@pytest.mark.parametrize("safe_a", [0.0, 10.0])
def test_a_meter_that_is_not_believed_counts_more_than_one_that_is_checked(safe_a: float) -> None:
    """There is nothing to look at, so the safe currents hold."""
    site = plant(Car(charger(safe_current_a=safe_a)))
    site.run(300)
    site.engine._parts.feeders[0].echo.checking_since = site.now
    site.engine._parts.feeders[0].plausibility.doubt(site.now, site.config.timing)
    site.step()
    assert causes(site)["car"] == (safe_a, Cause.SAFE_STATE)


def started_anew(site: Plant, shown_a: float | None) -> StepResult:
    """Start with what was saved; the charger shows another limit than it was told."""
    site.engine = site.make_engine(json.loads(json.dumps(site.engine.to_dict())))
    return seeing(site, shown_a)


def seeing(site: Plant, shown_a: float | None) -> StepResult:
    site.now += site.dt
    inputs = site.inputs()
    telemetry = inputs.devices["car"]
    assert isinstance(telemetry, ChargerTelemetry)
    devices = {"car": replace(telemetry, shown_a=shown_a)}
    return site.engine.step(site.now, Inputs(meters=inputs.meters, devices=devices))


@pytest.mark.parametrize(("shown_a", "told_a"), [(8.0, 8.0), (7.5, 7.0), (0.0, 0.0), (16.0, 10.0), (None, 10.0)])
def test_a_start_raises_nobody_who_shows_less_than_its_safe_current(shown_a: float | None, told_a: float) -> None:
    site = plant(Car(charger(max_current_a=16.0, safe_current_a=10.0)))
    site.run(300)
    assert site.car().told == 16.0
    result = started_anew(site, shown_a)
    assert result.status.devices["car"].setpoint == told_a


@pytest.mark.parametrize(("shown_a", "told_a"), [(8.0, 8.0), (0.0, 0.0), (16.0, 10.0)])
def test_nor_where_its_entities_come_later(shown_a: float, told_a: float) -> None:
    site = plant(Car(charger(max_current_a=16.0, safe_current_a=10.0)))
    site.run(300)
    for _ in range(3):
        result = started_anew(site, None)
    assert result.status.devices["car"].setpoint == 10.0
    assert seeing(site, shown_a).status.devices["car"].setpoint == told_a


def test_only_the_first_sight_of_it_counts() -> None:
    """Later it shows what it was told some time ago, and must not be held back by that."""
    site = plant(Car(charger(max_current_a=16.0, safe_current_a=10.0)))
    started_anew(site, 8.0)
    for _ in range(60):
        result = seeing(site, 8.0)
    assert (result.status.devices["car"].setpoint or 0.0) > 8.0


def test_a_session_that_begins_is_saved_at_once() -> None:
    """Else a crash would count the last session's energy on, or count this one's from a moment before it."""
    car = Car(charger(), connected=False)
    site = plant(car)
    site.run(300)
    assert not any(site.step().persist for _ in range(10))
    car.connected = True
    first = site.step()
    assert first.persist
    assert first.status.devices["car"].session_at == site.now
    assert not site.step().persist
    site.restart()
    assert site.step().status.devices["car"].session_at == site.now - 2 * site.dt

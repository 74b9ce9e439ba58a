"""A feeder that hangs on another island keeps the envelope that was granted, and falls back by itself."""

import pytest

from custom_components.tangle_grid.grid import GridError, MarketConfig, RequestIssued
from tests.support.grid.feeder_plant import START, Car, Plant, V, charger

SAFE = (12.0, 12.0, 12.0)


def plant(**settings: object) -> Plant:
    cars = [Car(charger(f"car{number}")) for number in range(3)]
    return Plant(*cars, planning=False, **settings)  # type: ignore[arg-type]


def most_a(made: Plant, seconds: float) -> float:
    """The greatest current of any phase within the last seconds."""
    return max(max(load) for load in made.loads_a[-int(seconds / made.dt) :])


def grant(made: Plant, amps: float, seconds: float = 60.0) -> None:
    made.engine.commands.set_envelope(made.now, fallback_a=SAFE, limit_a=(amps,) * 3, until=made.now + seconds)


def run(made: Plant, seconds: float, amps: float) -> None:
    end = made.now + seconds
    while made.now < end:
        grant(made, amps)
        made.step()


def test_an_envelope_is_kept_within_seconds_and_given_back() -> None:
    made = plant(base_a=(5.0, 5.0, 5.0))
    made.run(600)
    assert most_a(made, 60) > 30
    run(made, 10, 20.0)
    run(made, 300, 20.0)
    assert 12 < most_a(made, 300) <= 20
    run(made, 900, 40.0)
    assert most_a(made, 60) > 30


def test_without_another_one_it_falls_back_by_itself() -> None:
    made = plant()
    run(made, 300, 30.0)
    assert most_a(made, 60) > 12
    made.run(60)
    made.run(60)
    assert most_a(made, 55) <= 12
    status = made.engine.status(made.now).feeders["main"]
    assert status.envelope_until is None
    assert status.envelope_w == tuple(amps * V for amps in SAFE)


def test_after_a_restart_it_is_safe_until_one_is_heard() -> None:
    made = plant()
    run(made, 300, 30.0)
    made.restart()
    made.run(10)
    made.run(300)
    assert most_a(made, 300) <= 12
    run(made, 600, 30.0)
    assert most_a(made, 60) > 20


def test_the_fuse_stays_the_fuse() -> None:
    made = plant()
    run(made, 600, 100.0)
    assert 30 < most_a(made, 60) <= 40
    assert made.engine.status(made.now).feeders["main"].capacity_w == (40 * V,) * 3


def test_the_least_of_a_grid_operators_order_and_an_envelope_holds() -> None:
    """An order leaves each charger its floor, but not beyond the envelope."""
    made = plant()
    made.engine.commands.set_temporary_capacity(made.now, power_w=3 * 10 * V, until=made.now + 7200)
    run(made, 600, 20.0)
    assert 10 < most_a(made, 300) <= 20
    run(made, 600, 9.0)
    assert most_a(made, 300) <= 9


def test_nobody_is_asked_for_help_because_an_envelope_is_short() -> None:
    made = plant(market=MarketConfig(automatic=True))
    run(made, 600, 16.0)
    assert not made.of(RequestIssued)
    status = made.engine.status(made.now).feeders["main"]
    assert status.threshold_w == (32 * V,) * 3
    assert status.capacity_w == (16 * V,) * 3


def test_load_that_nobody_controls_is_stated_and_counted() -> None:
    made = plant(base_a=lambda now: (18.0, 5.0, 5.0) if now > START + 300 else (5.0, 5.0, 5.0))
    run(made, 300, 15.0)
    before = made.engine.status(made.now).feeders["main"]
    assert before.over_envelope_w == (0.0, 0.0, 0.0)
    assert before.over_envelope_s == 0.0
    run(made, 120, 15.0)
    status = made.engine.status(made.now).feeders["main"]
    assert status.over_envelope_w[0] == pytest.approx(3 * V, abs=V)
    assert status.over_envelope_w[1:] == (0.0, 0.0)
    assert 90 <= status.over_envelope_s <= 120
    assert made.car("car0").draws_a == 0.0
    made.engine.start_day(made.now)
    assert made.engine.status(made.now).feeders["main"].over_envelope_s == 0.0
    made.meter_alive = False
    made.run(60)
    assert made.engine.status(made.now).feeders["main"].envelope_w is not None


def test_what_hangs_on_nothing_any_more_has_its_own_fuse() -> None:
    made = plant()
    run(made, 60, 16.0)
    made.engine.commands.clear_envelope(made.now)
    made.run(900)
    assert most_a(made, 60) > 30
    assert made.engine.status(made.now).feeders["main"].envelope_w is None
    made.restart()
    made.run(60)
    assert made.engine.status(made.now).feeders["main"].envelope_w is None


def test_a_clock_that_is_set_back_makes_no_envelope_longer() -> None:
    made = plant()
    run(made, 300, 30.0)
    made.now -= 86_400
    made.run(70)
    made.run(60)
    assert most_a(made, 60) <= 12


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"limit_a": (16.0, 16.0)}, "invalid_capacity"),
        ({"limit_a": (16.0, 16.0, -1.0)}, "invalid_capacity"),
        ({"limit_a": (16.0, 16.0, float("nan"))}, "invalid_capacity"),
        ({"limit_a": "16 16 16"}, "invalid_capacity"),
        ({"fallback_a": (True, 1.0, 1.0)}, "invalid_capacity"),
        ({"until": None}, "invalid_duration"),
        ({"until": START - 1}, "invalid_duration"),
        ({"feeder_id": "no"}, "unknown_feeder"),
    ],
)
def test_what_is_wrong_changes_nothing(values: dict[str, object], key: str) -> None:
    made = plant()
    made.run(10)
    before = made.engine.to_dict()
    with pytest.raises(GridError) as caught:
        made.engine.commands.set_envelope(
            made.now, **{"fallback_a": SAFE, "limit_a": SAFE, "until": made.now + 60, **values}
        )
    assert caught.value.key == key
    assert made.engine.to_dict() == before

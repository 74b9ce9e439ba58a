"""Chargers that can only be on or off are shared the feed in whole steps, within its fuse."""

from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid import ChargerSetpoint
from tests.support.grid.feeder_plant import START, Car, Plant, charger

CAPACITY_A = 40.0
#: What a base load holds for, s; and how long after a change of it the feed may be above its fuse.
HOLDS_S = 600.0
REACTS_S = 15.0
ON_OFF = {
    "min_current_a": 16.0,
    "max_current_a": 16.0,
    "step_a": 16.0,
    "safe_current_a": 0.0,
    "write_interval_s": 300.0,
}


@settings(max_examples=12, deadline=None)
@given(base=st.lists(st.integers(0, 38), min_size=3, max_size=6), seldom=st.booleans())
def test_all_or_nothing_within_the_fuse(base: list[int], *, seldom: bool) -> None:
    def base_a(now: float) -> tuple[float, float, float]:
        amps = float(base[min(int((now - START) // HOLDS_S), len(base) - 1)])
        return (amps, amps, amps)

    first, second = Car(charger("first", **ON_OFF)), Car(charger("second", **ON_OFF))
    other = Car(charger("other", safe_current_a=0.0))
    cars = (first, second) if seldom else (first, second, other)
    plant = Plant(*cars, base_a=base_a)
    while plant.now < START + HOLDS_S * len(base):
        plant.step()
        if (plant.now - START) % HOLDS_S > REACTS_S:
            assert max(plant.loads_a[-1]) <= CAPACITY_A + 0.1
    for device_id in ("first", "second"):
        told = [
            (at, each.current_a)
            for at, each in plant.setpoints
            if isinstance(each, ChargerSetpoint) and each.device_id == device_id
        ]
        assert {amps for _, amps in told} <= {0.0, 16.0}
        on = [at for (at, amps), (_, before) in zip(told[1:], told, strict=False) if amps > before]
        off = [at for (at, amps), (_, before) in zip(told[1:], told, strict=False) if amps < before]
        assert all(later - earlier >= 300.0 for earlier in off for later in on if later > earlier)


def test_it_charges_when_there_is_room_for_all_of_it() -> None:
    plant = Plant(Car(charger(**ON_OFF)), base_a=(20.0, 20.0, 20.0))
    plant.run(900)
    assert plant.setpoint() == 16.0
    plant = Plant(Car(charger(**ON_OFF)), base_a=(26.0, 26.0, 26.0))
    plant.run(900)
    assert plant.setpoint() == 0.0

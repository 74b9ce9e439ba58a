"""A meter that is right and quick is not doubted, and nobody waits for it, whatever chargers below it do."""

from dataclasses import replace
from itertools import count

import pytest

from custom_components.tangle_grid.grid import ChargerTelemetry, Inputs, PolicyConfig, PolicyMode, Timing
from tests.support.grid.feeder_plant import START, Car, Plant, charger, feeder

V2G = PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=20)
#: The meter shows a moment before the chargers do, s.
BEFORE_S = 0.2
#: The last digit of what chargers show never stands still, W per phase.
LAST_DIGIT_W = 11.0


@pytest.mark.parametrize("giver_a", [0.0, 16.0], ids=["from a pause", "from charging"])
def test_a_car_that_begins_to_feed_back_is_no_wrong_meter(giver_a: float) -> None:
    """On three phases it makes the meter fall by the same on each, where the load is the same on each."""
    giver = charger("giver", max_discharge_a=16.0, policy=V2G, target_soc=95.0 if giver_a else 50.0)
    plant = Plant(
        Car(giver, soc=90.0), Car(charger("other"), soc=20.0), base_a=(8.0, 8.0, 8.0), feeders=(feeder(63.0, 55.0),)
    )
    plant.run(300)
    assert (plant.car("giver").told, plant.car("other").told) == (giver_a, 16.0)
    before = plant.load_a()[0]
    plant.engine.commands.request_curtailment(plant.now, power_w=9000.0 + giver_a * 690, duration_s=900.0)
    for _ in range(60):
        plant.step()
        assert plant.car("other").told == 16.0
    assert plant.car("giver").told < 0
    assert plant.load_a()[0] < before - 10.0


class Restless(Plant):
    """Chargers report just after the meter, and each time something else in the last digit."""

    def __init__(self, *devices: Car, grace_s: float) -> None:
        self._digits = count()
        timing = Timing(compliance_grace_s=grace_s)
        super().__init__(*devices, base_a=(3.0, 3.0, 3.0), feeders=(feeder(80.0, 75.0),), dt=10.0, timing=timing)

    def inputs(self) -> Inputs:
        known = super().inputs()
        main, devices = known.meters["main"], dict(known.devices)
        assert main is not None
        for device_id, said in known.devices.items():
            assert isinstance(said, ChargerTelemetry)
            assert said.reading is not None
            first, second, third = said.reading.power_w
            more_w = LAST_DIGIT_W * (next(self._digits) % 3) if first else 0.0
            power_w = first + more_w, second + more_w, third + more_w
            devices[device_id] = replace(said, reading=replace(said.reading, power_w=power_w))
        return replace(known, meters={"main": replace(main, at=self.now - BEFORE_S)}, devices=devices)


@pytest.mark.parametrize("grace_s", [30.0, 900.0], ids=["as usual", "on a fast clock"])
def test_what_has_shown_is_not_waited_for(grace_s: float) -> None:
    """Four cars that are raised by more than may be before all was seen: they have it as soon as the ramp lets them.

    However long they may take to follow, once they have reported that they did.
    """
    plant = Restless(*(Car(charger(f"car{number}"), soc=20.0) for number in range(4)), grace_s=grace_s)
    while any(plant.car(device_id).told < 16.0 for device_id in plant.devices):
        plant.step()
        assert plant.now - START <= 130.0

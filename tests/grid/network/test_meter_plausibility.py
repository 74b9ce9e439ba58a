"""A phase that shows the same number although what chargers draw on it has changed is stuck."""

import pytest

from custom_components.tangle_grid.grid import ChargerTelemetry, PhaseReading, Timing
from custom_components.tangle_grid.grid.device.freshness import MeterFault
from custom_components.tangle_grid.grid.device.state import DeviceState
from custom_components.tangle_grid.grid.network.meter_plausibility import Plausibility
from tests.support.grid.feeder_plant import START, V, charger, reading

TIMING = Timing()
#: Not a whole number of tenths of an ampere, and one of whole amperes, W.
FINE_W, COARSE_W = 2345.6, 10 * V
MOVED_S = 30.0


class Stuck:
    """A meter whose first phase shows `shown_w` for ever, and a car there that draws 8 A and then something else."""

    def __init__(self, shown_w: float, then_a: float) -> None:
        self.watch = Plausibility(capacity_a=(25.0, 25.0, 25.0))
        self.device = DeviceState(charger(phases=(0,)), TIMING)
        self.shown_w, self.then_a = shown_w, then_a

    def after(self, seconds: float) -> MeterFault | None:
        """Return what is wrong so long after the start."""
        fault = None
        for at in range(0, int(seconds) + 1, 5):
            now = START + at
            amps = 8.0 if at < MOVED_S else self.then_a
            self.device.observe(now, 5.0, ChargerTelemetry(reading=reading((amps * V, 0.0, 0.0), now)), TIMING)
            shown = PhaseReading(power_w=(self.shown_w, 500.0 + at, 500.0 + at), at=now, changed_at=now)
            fault = self.watch.check(now, shown, [self.device], TIMING)
        return fault


@pytest.mark.parametrize("shown_w", [FINE_W, COARSE_W])
@pytest.mark.parametrize("then_a", [10.0, 6.0, 0.0])
def test_a_phase_that_does_not_move_with_the_car_is_stuck(shown_w: float, then_a: float) -> None:
    stuck = Stuck(shown_w, then_a)
    assert stuck.after(MOVED_S + TIMING.telemetry_max_age_s) is None
    assert stuck.watch.suspect, "nobody gets more while it may be a matter of timing"
    assert Stuck(shown_w, then_a).after(MOVED_S + TIMING.telemetry_max_age_s + 5.0) is MeterFault.FROZEN


@pytest.mark.parametrize("then_a", [8.0, 9.9, 6.1])
def test_less_than_two_amperes_need_not_show(then_a: float) -> None:
    stuck = Stuck(FINE_W, then_a)
    assert stuck.after(TIMING.meter_frozen_s) is None
    assert not stuck.watch.suspect
    assert Stuck(COARSE_W, then_a).after(3600.0) is None, "a meter of whole amperes may stand still"


def test_a_phase_that_stands_still_while_a_car_draws_is_stuck_in_the_end() -> None:
    assert Stuck(FINE_W, 8.0).after(TIMING.meter_frozen_s + 5.0) is MeterFault.FROZEN

"""What the charging modes leave chargers: nothing while they are paused, and what the sun leaves over.

What is left over is what would leave the island through its feed if these chargers drew nothing: so what homes and
home batteries take comes first, and what batteries give does not count. It is averaged over half a minute, a car
begins when there has been enough for a while, and goes on with its least current through a cloud.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..device.state import DeviceState
from ..model.world import BatteryConfig, Cause, ChargerConfig, ChargingMode, Timing
from ..network.feeder_watch import FeederWatch, drawn_w
from .precedence import Precedence
from .ramp import charge_step

#: What is left over is averaged with this time constant, s; a longer gap than this starts anew.
_MEAN_S: Final = 30.0
_GAP_S: Final = 300.0
#: There has to be enough for a start for so long, s, and too little for a stop.
_START_S: Final = 60.0
_STOP_S: Final = 180.0
#: A current is kept while what is left over is not further from it than this beyond its own step, A.
_BAND_A: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeLimit:
    """What its mode leaves a charger.

    Attributes:
        most_a: At most, A per phase.
        cause: The mode, as the cause of a setpoint.
        power_w: What the sun leaves it, W over all phases; None: its mode is not for the sun.
    """

    most_a: float
    cause: Cause
    power_w: float | None = None


_PAUSED: Final = ModeLimit(most_a=0.0, cause=Cause.PAUSED)


@dataclass(slots=True)
class _Car:
    """A charger in the mode for the sun.

    Attributes:
        most_a: What it has, A per phase; 0: it waits.
        turned_at: Since when what is left over speaks for a start, or for a stop; None: it does not.
    """

    most_a: float = 0.0
    turned_at: float | None = None

    def follow(self, now: float, config: ChargerConfig, there_a: float) -> None:
        """Take in what there is for it, A per phase."""
        enough = there_a >= config.min_current_a
        if enough is (self.most_a > 0):
            self.turned_at = None
        elif self.turned_at is None or now < self.turned_at:
            self.turned_at = now
        patience_s = _STOP_S if self.most_a > 0 else _START_S
        if self.turned_at is not None and now - self.turned_at >= patience_s:
            self.most_a, self.turned_at = (config.min_current_a if enough else 0.0), None
        if self.most_a <= 0:
            return
        if not enough:
            self.most_a = config.min_current_a
        elif not -_BAND_A <= there_a - self.most_a < config.step_a + _BAND_A:
            self.most_a = charge_step(config, there_a)
        # What was learned meanwhile may be another least or most.
        self.most_a = max(config.min_current_a, charge_step(config, self.most_a))


class ChargingModes:
    """What the modes leave, from step to step."""

    def __init__(self) -> None:
        self._cars: dict[str, _Car] = {}
        self._mean_w: float | None = None
        self._at = -math.inf

    def update(
        self,
        now: float,
        devices: Sequence[DeviceState],
        feed: FeederWatch,
        precedence: Precedence,
        timing: Timing,
    ) -> Mapping[str, ModeLimit]:
        """Return what chargers are left whose mode limits them, by device id.

        Args:
            now: Grid time.
            devices: All devices, brought up to date.
            feed: The feeder above all, brought up to date.
            precedence: Who comes first, brought up to date.
            timing: Of the island.
        """
        chargers = [device for device in devices if isinstance(device.config, ChargerConfig)]
        limits = {device.device_id: _PAUSED for device in chargers if device.mode is ChargingMode.PAUSE}
        waiting = [device for device in chargers if device.mode is ChargingMode.SUN]
        self._cars = {device.device_id: self._cars.get(device.device_id) or _Car() for device in waiting}
        if not waiting:
            self._mean_w = None
            return limits
        left_w = self._left_over_w(now, devices, waiting, feed)
        for device in sorted(waiting, key=lambda each: self._place(each, precedence)):
            config = device.config
            assert isinstance(config, ChargerConfig)  # noqa: S101  # only chargers are in a mode
            car = self._cars[device.device_id]
            if not device.car.plugged_in:
                # The next car begins anew.
                car = self._cars[device.device_id] = _Car()
            else:
                car.follow(now, config, left_w / config.watts_per_amp)
            limits[device.device_id] = ModeLimit(most_a=car.most_a, cause=Cause.SUN, power_w=left_w)
            used_a = 0.0 if device.car.satisfied else min(car.most_a, device.usable_a(now, timing))
            left_w = max(0.0, left_w - used_a * config.watts_per_amp)
        return limits

    def _place(self, device: DeviceState, precedence: Precedence) -> tuple[float, ...]:
        """Those that charge come first: who waits does not push them aside."""
        return (0.0 if self._cars[device.device_id].most_a > 0 else 1.0, *precedence.place(device))

    def _left_over_w(
        self, now: float, devices: Sequence[DeviceState], waiting: Sequence[DeviceState], feed: FeederWatch
    ) -> float:
        """Return what is left over, W over all phases, averaged; nothing where nobody can tell."""
        newest_w = _newest_w(devices, waiting, feed)
        elapsed_s, self._at = now - self._at, now
        if newest_w is None:
            self._mean_w = None
        elif self._mean_w is None or not 0.0 <= elapsed_s <= _GAP_S:
            self._mean_w = newest_w
        else:
            self._mean_w += (newest_w - self._mean_w) * (1.0 - math.exp(-elapsed_s / _MEAN_S))
        return max(0.0, self._mean_w or 0.0)


def _newest_w(devices: Sequence[DeviceState], waiting: Sequence[DeviceState], feed: FeederWatch) -> float | None:
    """Return what would be exported without the waiting chargers and what batteries give, W; None: nobody knows."""
    if feed.reading is None or feed.blind:
        return None
    over_w = -feed.reading.total_w
    for device in devices:
        if isinstance(device.config, BatteryConfig) and device.silent:
            # It may be what feeds in.
            return None
        if isinstance(device.config, (BatteryConfig, ChargerConfig)):
            over_w += min(0.0, sum(drawn_w(device, feed)))
    return over_w + sum(max(0.0, sum(drawn_w(device, feed))) for device in waiting)

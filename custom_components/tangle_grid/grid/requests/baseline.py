"""What a participant would have drawn without the request: measured, never told by the participant.

- A car: the lowest of several means of its own measured power, see `_steady_w`. Raising the power shortly before a
  request, or once it can be foreseen, raises none of them. It ends with the energy that the car still needs
  (`claims`) and with unplugging.
- A household: its habit at this time of such a day (`profile`); before it has one, the lowest of its recent means, one
  of which ends before the last minutes.
- A battery: what it was doing, the lowest of the same means, so that loading it up before a request earns nothing.

Time in which the participant helped is left out, so that helping lowers nobody's baseline for the next request.
"""

from dataclasses import dataclass

from ..device.measurement import PowerLog
from ..device.state import DeviceState
from ..model.world import BatteryConfig, ChargerConfig, HouseholdConfig, Timing
from .baseline_history import Habits

#: The window before a request could be foreseen is cut into so many pieces.
_PIECES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Expected power, W, and how it was found: `recent`, `comparable_days` or `none`."""

    power_w: float
    method: str


NO_BASELINE = Baseline(power_w=0.0, method="none")


def baseline_of(
    device: DeviceState, now: float, timing: Timing, habits: Habits, *, known_at: float, until: float
) -> Baseline:
    """Return expected power of a device from `now` to `until`; negative for a battery that is discharging anyway.

    A household's counts only up to the rated power of the loads that it sheds.

    Args:
        device: Whose.
        now: Grid time.
        timing: Of the island; `baseline_window_s` is the length of the windows.
        habits: What was learned of the participants.
        known_at: Since when the request can be foreseen: later power counts only if it is lower.
        until: End of the request.
    """
    # On a feeder that has been short for long there is nothing older to look at.
    known_at = min(now, max(known_at, now - timing.baseline_window_s))
    window_s, own_now, own_known_at = timing.baseline_window_s, device.own.at(now), device.own.at(known_at)
    match device.config:
        case ChargerConfig() as config:
            steady_w = max(0.0, _steady_w(device.own.log, own_now, own_known_at, window_s, missing_w=0.0))
            if device.setpoint is not None and not device.own.helping:
                # More than it was allowed is no claim, either.
                steady_w = min(steady_w, max(0.0, device.setpoint) * config.watts_per_amp)
            return Baseline(power_w=steady_w, method="recent")
        case HouseholdConfig():
            habit_w = habits.household_w(device, now, until, known_at)
            if habit_w is not None:
                return Baseline(power_w=habit_w, method="comparable_days")
            ends = (own_now, own_known_at, own_known_at - window_s)
            means = [device.own.log.mean_w(end, window_s) or 0.0 for end in ends]
            return Baseline(power_w=max(0.0, min(means)), method="recent")
        case BatteryConfig():
            steady_w = _steady_w(device.own.log, own_now, own_known_at, window_s, missing_w=None)
            return Baseline(power_w=steady_w, method="recent")
        case _:
            return NO_BASELINE


def _steady_w(log: PowerLog, now: float, known_at: float, window_s: float, *, missing_w: float | None) -> float:
    """Return the power that a device kept up.

    The lowest mean of the last window and of each piece of one before `known_at`.

    A rise enters only when it is older than all but the first piece of that window.
    """
    piece_s = window_s / _PIECES
    means = [log.mean_w(now, window_s, missing_w=missing_w)]
    means += [log.mean_w(known_at - number * piece_s, piece_s, missing_w=missing_w) for number in range(_PIECES)]
    known = [mean for mean in means if mean is not None]
    return min(known, default=0.0)

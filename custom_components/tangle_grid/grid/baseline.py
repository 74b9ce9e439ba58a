"""What a participant would have drawn without the request: measured, never told by the participant.

The first honest version: the time-weighted mean of its own measured power over the last minutes before the request,
with time that was not measured counted as no power. A short burst just before a request moves such a mean little.
"""

from .device_state import DeviceState
from .model import BatteryConfig, ChargerConfig, HouseholdConfig, Timing


def baseline_w(device: DeviceState, now: float, timing: Timing) -> float:
    """Expected power of a device from `now` on, W; negative for a battery that is discharging anyway.

    A charger's later ends with the energy that its car needs, and with unplugging. A household's counts only up to the
    rated power of the loads that it sheds.
    """
    window_s = timing.baseline_window_s
    match device.config:
        case ChargerConfig() | HouseholdConfig():
            return max(0.0, device.log.mean_w(now, window_s) or 0.0)
        case BatteryConfig():
            return device.log.mean_w(now, window_s, missing_w=None) or 0.0
        case _:
            return 0.0

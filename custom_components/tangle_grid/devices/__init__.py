"""Devices behind Home Assistant entities: readings for the grid, set-points as action calls.

Nothing is decided here, and no device is known by its maker. Begin with `config`, which makes of what people entered
the grid's configuration and an adapter.
"""

from .adapters.base import Adapter, DeviceError
from .adapters.meter import Meter
from .config import build_device, device_config, policy_from_data
from .feeders import build_meter, build_meters, feeder_config, feeder_configs

__all__ = [
    "Adapter",
    "DeviceError",
    "Meter",
    "build_device",
    "build_meter",
    "build_meters",
    "device_config",
    "feeder_config",
    "feeder_configs",
    "policy_from_data",
]

"""Devices behind Home Assistant entities: readings for the grid, setpoints as service calls."""

from .base import Adapter, DeviceError
from .config import build_device, build_meter, device_config, feeder_config, policy_from_data
from .meter import Meter

__all__ = [
    "Adapter",
    "DeviceError",
    "Meter",
    "build_device",
    "build_meter",
    "device_config",
    "feeder_config",
    "policy_from_data",
]

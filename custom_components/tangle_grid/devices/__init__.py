"""Devices behind Home Assistant entities: readings for the grid, setpoints as service calls."""

from .base import Adapter, DeviceError
from .config import build_device, device_config, policy_from_data
from .feeders import build_meter, build_meters, feeder_config, feeder_configs
from .meter import Meter

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

"""Power that is sold to neighbours: for as long as it is, batteries give their part of it."""

from collections.abc import Mapping
from typing import Final

from ..model.world import BatteryConfig
from .parts import EngineParts

_ABOVE_FLOOR: Final = 0.5


def sold_w(parts: EngineParts, now: float) -> Mapping[str, float]:
    """Return what batteries are to give for what is sold, W by device, negative as for a request.

    Nothing while the cable is dead: then batteries carry the island by themselves.
    """
    sale = parts.sale
    if sale is None or now >= sale.until or (parts.supply is not None and parts.supply.alone):
        return {}
    able = {
        device.device_id: device.config.max_discharge_w
        for device in parts.devices.values()
        if isinstance(device.config, BatteryConfig)
        and device.config.forced
        and device.lease is not None
        and device.least_soc is not None
        and device.least_soc > max(device.config.min_soc, sale.floor_soc) + _ABOVE_FLOOR
    }
    most = sum(able.values())
    if most <= 0:
        return {}
    return {device_id: -min(watts, sale.power_w * watts / most) for device_id, watts in able.items()}

"""What the street's meters show: rounded as real meters round, and never perfectly still."""

from typing import TYPE_CHECKING

from .catalogue import ALL_PHASES, TRANSFORMER_ID, Inventory
from .model import NOMINAL_VOLTAGE, Reading
from .randomness import noise, stream_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .battery import HomeBattery
    from .car import Car
    from .charger import Charger
    from .clock import StreetDay
    from .household import Household

# A class 1 meter; the mains itself is never still either.
_METER_NOISE_W = 8.0
_METER_NOISE_SHARE = 0.001
_VOLTAGE_NOISE_SHARE = 0.001


class EnergyCounter:
    """Energy since the street began, Wh, in both directions."""

    __slots__ = ("export_wh", "import_wh")

    def __init__(self) -> None:
        self.import_wh = 0.0
        self.export_wh = 0.0

    def add(self, power_w: float, dt: float) -> None:
        """Count `power_w` (negative: export) for `dt` seconds."""
        if power_w >= 0:
            self.import_wh += power_w * dt / 3_600
        else:
            self.export_wh -= power_w * dt / 3_600


class Meters:
    """Turns the state of the models into readings at one moment."""

    __slots__ = ("_charger_keys", "_inventory", "_phase_keys", "beside_w", "phase_w")

    def __init__(self, inventory: Inventory, seed: int) -> None:
        self._inventory = inventory
        self._phase_keys = tuple(stream_key(seed, TRANSFORMER_ID, phase) for phase in ALL_PHASES)
        self._charger_keys = {charger_id: stream_key(seed, charger_id, "meter") for charger_id in inventory.chargers}
        self.beside_w: Sequence[float] = (0.0, 0.0, 0.0)
        self.phase_w = [0.0, 0.0, 0.0]

    def sum_phases(self) -> None:
        """Add up what flows through the transformer, per phase, from what each model draws now."""
        phase_w = list(self.beside_w)
        inventory = self._inventory
        for device in inventory.devices:
            if device.id in inventory.homes:
                power = inventory.homes[device.id].power_w
            elif device.id in inventory.chargers:
                power = inventory.chargers[device.id].power_w
            elif device.id in inventory.batteries:
                power = inventory.batteries[device.id].power_w
            elif device.id in inventory.plants:
                power = inventory.plants[device.id].power_w
            else:
                continue
            share = power / len(device.phases)
            for phase in device.phases:
                phase_w[phase] += share
        self.phase_w = phase_w

    def read(
        self, device_id: str, now: float, day: StreetDay, counters: Mapping[str, EnergyCounter]
    ) -> dict[str, Reading]:
        """Return all readings of one device at `now`."""
        inventory = self._inventory
        counter = counters[device_id]
        imported, exported = round(counter.import_wh), round(counter.export_wh)
        if device_id in inventory.homes:
            return {**_home(inventory.homes[device_id]), "energy_import": imported}
        if device_id in inventory.plants:
            return {"power": round(inventory.plants[device_id].power_w), "energy_export": exported}
        if device_id in inventory.chargers:
            wobble = 1.0 + _VOLTAGE_NOISE_SHARE * abs(noise(self._charger_keys[device_id], int(now)))
            readings = _charger(inventory.chargers[device_id], wobble, now, day)
        elif device_id in inventory.batteries:
            readings = _battery(inventory.batteries[device_id])
        else:
            readings = self._transformer(now)
        return {**readings, "energy_import": imported, "energy_export": exported}

    def _transformer(self, now: float) -> dict[str, Reading]:
        shown = [
            power + (_METER_NOISE_W + _METER_NOISE_SHARE * abs(power)) * noise(key, int(now))
            for power, key in zip(self.phase_w, self._phase_keys, strict=True)
        ]
        readings: dict[str, Reading] = {"power": sum(round(power) for power in shown)}
        for phase, power in enumerate(shown, start=1):
            readings[f"power_l{phase}"] = round(power)
            readings[f"current_l{phase}"] = round(power / NOMINAL_VOLTAGE, 1)
        return readings


def _home(home: Household) -> dict[str, Reading]:
    readings: dict[str, Reading] = {"power": round(home.power_w)}
    for load_id, load in home.loads.items():
        readings[load_id] = load.allowed
        readings[f"{load_id}_power"] = round(load.power_w)
        readings[f"{load_id}_temperature"] = round(load.temperature, 1)
    return readings


def _status(charger: Charger) -> str:
    if not charger.car.connected:
        return "available"
    if charger.current_a == 0.0:
        return "paused"
    return "charging" if charger.current_a > 0 else "feeding"


def _charger(charger: Charger, wobble: float, now: float, day: StreetDay) -> dict[str, Reading]:
    car = charger.car
    readings: dict[str, Reading] = {
        "power": round(charger.power_w * wobble),
        "connected": car.connected,
        "soc": round(car.soc, 1) if car.connected else None,
        "departure": car.departure(now, day),
        "card": car.card if car.connected else None,
        "status": _status(charger),
        "enabled": charger.enabled,
        "current_limit": charger.current_limit,
        "discharge_current": charger.discharge_current,
    }
    for phase in ALL_PHASES:
        readings[f"current_l{phase + 1}"] = (
            round(charger.current_a, 1) if phase in charger.phases[: charger.phases_in_use] else 0.0
        )
    return readings


def vehicle_readings(car: Car, now: float, day: StreetDay) -> dict[str, Reading]:
    """Return what a car tells of itself, wherever it is."""
    return {"soc": round(car.soc, 1), "departure": car.departure(now, day), "at_home": car.connected}


def _battery(battery: HomeBattery) -> dict[str, Reading]:
    return {"power": round(battery.power_w), "soc": round(battery.soc, 1), "power_setpoint": battery.setpoint_w}


def reversed_readings(readings: Mapping[str, Reading], quantities: Sequence[str]) -> dict[str, Reading]:
    """Return the same readings from a meter that was put on backwards."""
    turned = dict(readings)
    for quantity in quantities:
        value = turned[quantity]
        if (
            quantity.startswith(("power", "current_l"))
            and quantity != "power_setpoint"
            and isinstance(value, float | int)
        ):
            turned[quantity] = 0 - value
    return turned

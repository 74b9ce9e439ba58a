"""The street: advances all models in time, shows their readings, and takes commands as real devices do."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from .catalogue import PROSUMER_ID, TRADERS, TRANSFORMER_ID, Inventory, build
from .clock import Calendar
from .faults import Fault, applies
from .model import Reading, SimulatedDevice, SimulatedKind, SimulationError, StreetConfig
from .readings import EnergyCounter, Meters, reversed_readings, vehicle_readings
from .stored import number, section
from .weather import Weather

if TYPE_CHECKING:
    from .charger import Charger
    from .clock import StreetDay

STATE_VERSION = 1
SETTLE_S = 2.0

_STEP_S = 10.0
# Nobody watches while a street catches up, so it may take longer steps.
_CATCH_UP = ((2 * 86_400.0, 300.0), (3_600.0, 60.0))
_LATEST = 253_000_000_000.0
_MOST_HOMES = 40
_NOON_S = 12 * 3_600.0
_NOON_FOR_S = 2 * 3_600.0
_LAST_DAY = 366


def _check(config: StreetConfig) -> None:
    if not 1 <= config.homes <= _MOST_HOMES:
        raise SimulationError("invalid_homes", {"homes": config.homes})
    if not 1 <= config.season_day < _LAST_DAY:
        raise SimulationError("invalid_season_day", {"season_day": config.season_day})
    if not (math.isfinite(config.start) and 0 <= config.start <= _LATEST):
        raise SimulationError("invalid_time", {"time": str(config.start)})


class Street:
    """Homes, cars, a battery and sun behind one transformer, from a seed.

    Street time `now` is in epoch seconds and only moves by `advance`. Powers are W, currents A per phase, both
    positive for load and negative for feed-in; energies Wh; states of charge percent. `state` is what `to_dict` gave;
    a street that is restored from it goes on exactly as the stored one would have.
    """

    def __init__(self, config: StreetConfig, state: Mapping[str, Any] | None = None) -> None:
        _check(config)
        self.config = config
        self._calendar = Calendar(config.timezone)
        self.now = config.start if state is None else self._stored_now(state)
        day = self._calendar.day(self.now)
        self._story_day = day.ordinal if state is None else int(number(state, "story_day", 1, 3_652_059))
        self._inventory: Inventory = build(config, self._story_day)
        self._weather = Weather(config.seed, config.season_day)
        self.devices: tuple[SimulatedDevice, ...] = self._inventory.devices
        self.vehicles: tuple[SimulatedDevice, ...] = self._inventory.vehicles
        self._by_id = {device.id: device for device in (*self.devices, *self.vehicles)}
        self._traded_on = self._story_day
        self._counters = {device.id: EnergyCounter() for device in self.devices}
        self._meters = Meters(self._inventory, config.seed)
        self._faults: dict[str, dict[Fault, dict[str, Reading] | None]] = {}
        self._shown: dict[str, dict[str, Reading]] = {}
        if state is None:
            for charger in self._inventory.chargers.values():
                charger.car.start(self.now, day)
            self._prime()
        else:
            self._restore(state)
        self._measure()

    # Time

    def advance(self, to: float) -> None:
        """Run the street up to the epoch second `to`, in steps of at most 10 s (longer when it has to catch up).

        Raises:
            SimulationError: `invalid_time` for a time that is no number, `clock_backwards` for one before `now`.
        """
        if not (math.isfinite(to) and to <= _LATEST):
            raise SimulationError("invalid_time", {"time": str(to)})
        if to < self.now:
            raise SimulationError("clock_backwards", {"now": self.now, "time": to})
        jump = to - self.now
        step = next((long for least, long in _CATCH_UP if jump >= least), _STEP_S)
        while self.now < to:
            end = min(to, (math.floor(self.now / step) + 1) * step)
            self._substep(end - self.now)
            self.now = end
        self._measure()

    def settle(self) -> None:
        """Let the two seconds pass in which devices follow a command."""
        self.advance(self.now + SETTLE_S)

    def _substep(self, dt: float) -> None:
        now, counters, inventory = self.now, self._counters, self._inventory
        day = self._calendar.day(now)
        self._trade_places(now, day)
        outdoor_c = self._weather.temperature(now, day)
        total = prosumer = 0.0
        for home_id, home in inventory.homes.items():
            power = home.step(now, dt, day, outdoor_c)
            counters[home_id].add(power, dt)
            total += power
            if home_id == PROSUMER_ID:
                prosumer = power
        for plant_id, plant in inventory.plants.items():
            power = plant.measure(now, day)
            counters[plant_id].add(power, dt)
            total += power
            prosumer += power
        for battery_id, battery in inventory.batteries.items():
            power = battery.step(dt, prosumer)
            counters[battery_id].add(power, dt)
            total += power
        for charger_id, charger in inventory.chargers.items():
            power = charger.step(now, dt, day)
            counters[charger_id].add(power, dt)
            total += power
        counters[TRANSFORMER_ID].add(total + sum(self._meters.beside_w), dt)

    def hang_on(self, power_w: Sequence[float]) -> None:
        """Let something that is not simulated hang on the transformer as well, W per phase, until it is said anew."""
        self._meters.beside_w = tuple(power_w)

    def _trade_places(self, now: float, day: StreetDay) -> None:
        """Around noon, while both are away, two cars decide to come to the other's charger; not on the first day."""
        if day.ordinal <= self._traded_on or not _NOON_S <= now - day.midnight < _NOON_S + _NOON_FOR_S:
            return
        if not self._inventory.chargers.keys() >= set(TRADERS):
            return
        first, second = (self._inventory.chargers[charger_id] for charger_id in TRADERS)
        if not (first.car.connected or second.car.connected):
            first.car, second.car = second.car, first.car
            self._traded_on = day.ordinal

    def _measure(self) -> None:
        day = self._calendar.day(self.now)
        for home in self._inventory.homes.values():
            home.measure(self.now, day)
        for plant in self._inventory.plants.values():
            plant.measure(self.now, day)
        for charger in self._inventory.chargers.values():
            charger.settle_presence(self.now, day)
        self._meters.sum_phases()
        self._shown = {}

    def _prime(self) -> None:
        """Let thermostats decide, so that a new street does not begin with everything off."""
        day = self._calendar.day(self.now)
        for home in self._inventory.homes.values():
            home.step(self.now, 0.0, day, self._weather.temperature(self.now, day))

    # Readings

    def value(self, device_id: str, quantity: str) -> Reading:
        """Return what the device shows now; None when it shows nothing (no car, or a fault).

        Raises:
            SimulationError: `unknown_device` or `unknown_quantity`.
        """
        device = self._device(device_id)
        if quantity not in device.quantities:
            raise SimulationError("unknown_quantity", {"device_id": device_id, "quantity": quantity})
        return self._readings(device)[quantity]

    def values(self, device_id: str) -> dict[str, Reading]:
        """Return all readings of a device, by quantity."""
        return dict(self._readings(self._device(device_id)))

    def _readings(self, device: SimulatedDevice) -> dict[str, Reading]:
        shown = self._shown.get(device.id)
        if shown is None and device.kind is SimulatedKind.VEHICLE:
            car = self._inventory.cars[device.id]
            shown = self._shown[device.id] = vehicle_readings(car, self.now, self._calendar.day(self.now))
        if shown is None:
            shown = self._meters.read(device.id, self.now, self._calendar.day(self.now), self._counters)
            faults = self._faults.get(device.id)
            if faults:
                shown = self._falsify(device, shown, faults)
            self._shown[device.id] = shown
        return shown

    @staticmethod
    def _falsify(
        device: SimulatedDevice, readings: dict[str, Reading], faults: Mapping[Fault, dict[str, Reading] | None]
    ) -> dict[str, Reading]:
        frozen = faults.get(Fault.METER_FROZEN)
        if frozen is not None:
            readings = frozen
        if Fault.METER_REVERSED in faults:
            readings = reversed_readings(readings, device.quantities)
        if Fault.METER_DEAD in faults or Fault.CHARGER_SILENT in faults:
            readings = dict.fromkeys(readings)
        return readings

    # The door: what the owner of a device can do

    def set_current_limit(self, charger_id: str, amps: float) -> None:
        """Tell a charger the highest current per phase, 0..its maximum A; below the minimum the car pauses.

        Raises:
            SimulationError: `unknown_device`, `not_a_charger` or `invalid_current`.
        """
        charger = self._charger(charger_id)
        value = self._amount("invalid_current", charger_id, amps, 0.0, charger.max_current_a)
        if self._reaches(charger_id):
            charger.current_limit = value

    def set_discharge_current(self, charger_id: str, amps: float) -> None:
        """Tell a charger to feed back with this current per phase, A; 0 ends it.

        Raises:
            SimulationError: `unknown_device`, `not_a_charger`, or `invalid_discharge_current` (above 0 on a charger
                that cannot feed back).
        """
        charger = self._charger(charger_id)
        value = self._amount("invalid_discharge_current", charger_id, amps, 0.0, charger.max_discharge_a)
        if self._reaches(charger_id):
            charger.discharge_current = value

    def set_enabled(self, charger_id: str, enabled: bool) -> None:  # noqa: FBT001 - the one thing that it sets
        """Switch a charger on or off.

        Raises:
            SimulationError: `unknown_device`, `not_a_charger` or `invalid_switch`.
        """
        charger = self._charger(charger_id)
        value = self._switch(charger_id, enabled)
        if self._reaches(charger_id):
            charger.enabled = value

    def set_battery_power(self, battery_id: str, watts: float | None) -> None:
        """Give a home battery a power in W (positive charges), or None: it looks after its household again.

        Raises:
            SimulationError: `unknown_device`, `not_a_battery` or `invalid_power`.
        """
        device = self._device(battery_id)
        battery = self._inventory.batteries.get(device.id)
        if battery is None:
            raise SimulationError("not_a_battery", {"device_id": battery_id})
        if watts is not None:
            watts = self._amount("invalid_power", battery_id, watts, -battery.max_power_w, battery.max_power_w)
        battery.setpoint_w = watts
        self._shown.pop(battery_id, None)

    def set_load(self, home_id: str, load_id: str, on: bool) -> None:  # noqa: FBT001 - the one thing that it sets
        """Allow a load of a home to run, or switch it off.

        Raises:
            SimulationError: `unknown_device`, `not_a_household`, `unknown_load` or `invalid_switch`.
        """
        device = self._device(home_id)
        home = self._inventory.homes.get(device.id)
        if home is None:
            raise SimulationError("not_a_household", {"device_id": home_id})
        load = home.loads.get(load_id)
        if load is None:
            raise SimulationError("unknown_load", {"device_id": home_id, "load_id": load_id})
        load.allowed = self._switch(home_id, on)
        self._shown.pop(home_id, None)

    def _device(self, device_id: str) -> SimulatedDevice:
        device = self._by_id.get(device_id)
        if device is None:
            raise SimulationError("unknown_device", {"device_id": device_id})
        return device

    def _charger(self, charger_id: str) -> Charger:
        charger = self._inventory.chargers.get(self._device(charger_id).id)
        if charger is None:
            raise SimulationError("not_a_charger", {"device_id": charger_id})
        return charger

    def _reaches(self, charger_id: str) -> bool:
        self._shown.pop(charger_id, None)
        return Fault.CHARGER_SILENT not in self._faults.get(charger_id, {})

    @staticmethod
    def _amount(key: str, device_id: str, value: float, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise SimulationError(key, {"device_id": device_id, "value": str(value), "min": low, "max": high})
        return float(value)

    @staticmethod
    def _switch(device_id: str, value: bool) -> bool:  # noqa: FBT001 - it is what is checked
        if not isinstance(value, bool):
            raise SimulationError("invalid_switch", {"device_id": device_id, "value": str(value)})
        return value

    # Faults

    def fault(self, device_id: str, fault: Fault) -> None:
        """Begin a fault; it lasts until `clear_faults`.

        Raises:
            SimulationError: `unknown_device` or `fault_not_applicable`.
        """
        device = self._device(device_id)
        if not applies(fault, device.kind):
            raise SimulationError("fault_not_applicable", {"device_id": device_id, "fault": str(fault)})
        frozen = self.values(device_id) if fault is Fault.METER_FROZEN else None
        self._faults.setdefault(device_id, {})[fault] = frozen
        self._heed_faults()

    def clear_faults(self, device_id: str | None = None) -> None:
        """End all faults of a device, or of the whole street."""
        if device_id is None:
            self._faults.clear()
        else:
            self._faults.pop(self._device(device_id).id, None)
        self._heed_faults()

    def _heed_faults(self) -> None:
        for charger_id, charger in self._inventory.chargers.items():
            charger.obeys = Fault.CHARGER_IGNORES not in self._faults.get(charger_id, {})
        self._shown = {}

    # Storage

    def to_dict(self) -> dict[str, Any]:
        """Return everything that does not follow from the configuration, ready for JSON."""
        inventory = self._inventory
        return {
            "version": STATE_VERSION,
            "seed": self.config.seed,
            "homes": self.config.homes,
            "now": self.now,
            "story_day": self._story_day,
            "traded_on": self._traded_on,
            "cars": {charger_id: self._car_id(charger) for charger_id, charger in inventory.chargers.items()},
            "models": {
                **{home_id: home.to_dict() for home_id, home in inventory.homes.items()},
                **{charger_id: charger.to_dict() for charger_id, charger in inventory.chargers.items()},
                **{battery_id: battery.to_dict() for battery_id, battery in inventory.batteries.items()},
            },
            "energy": {
                device_id: [counter.import_wh, counter.export_wh] for device_id, counter in self._counters.items()
            },
            "faults": {
                device_id: {
                    str(fault): dict(frozen) if frozen is not None else None for fault, frozen in faults.items()
                }
                for device_id, faults in self._faults.items()
            },
        }

    @classmethod
    def from_dict(cls, config: StreetConfig, state: Mapping[str, Any]) -> Self:
        """Return the street that `to_dict` described.

        Raises:
            SimulationError: `invalid_state`, or `state_mismatch` for the state of another street.
        """
        return cls(config, state)

    def _stored_now(self, state: Mapping[str, Any]) -> float:
        if not isinstance(state, Mapping) or state.get("version") != STATE_VERSION:
            raise SimulationError("invalid_state", {"field": "version"})
        if state.get("seed") != self.config.seed or state.get("homes") != self.config.homes:
            raise SimulationError("state_mismatch", {"seed": self.config.seed, "homes": self.config.homes})
        return number(state, "now", 0.0, _LATEST)

    def _restore(self, state: Mapping[str, Any]) -> None:
        models, inventory = section(state, "models"), self._inventory
        for home_id, home in inventory.homes.items():
            home.restore(section(models, home_id))
        for battery_id, battery in inventory.batteries.items():
            battery.restore(section(models, battery_id))
        self._traded_on = int(number({"traded_on": self._story_day, **state}, "traded_on", 1, 3_652_059))
        self._restore_places(state)
        for charger_id, charger in inventory.chargers.items():
            stored = section(models, charger_id)
            charger.restore(stored, section(stored, "car"))
        energy = section(state, "energy")
        for device_id, counter in self._counters.items():
            pair = energy.get(device_id)
            if not isinstance(pair, list | tuple) or len(pair) != 2:  # noqa: PLR2004 - in and out
                raise SimulationError("invalid_state", {"field": "energy"})
            counts = {"import": pair[0], "export": pair[1]}
            counter.import_wh, counter.export_wh = number(counts, "import", 0.0), number(counts, "export", 0.0)
        for device_id, faults in section(state, "faults").items():
            self._restore_faults(device_id, faults)
        self._heed_faults()

    def _car_id(self, charger: Charger) -> str:
        return next(car_id for car_id, car in self._inventory.cars.items() if car is charger.car)

    def _restore_places(self, state: Mapping[str, Any]) -> None:
        """Bring the cars to their chargers. Earlier streets do not say: each car was at its own."""
        if "cars" not in state:
            return
        places, cars = section(state, "cars"), self._inventory.cars
        if set(places) != set(self._inventory.chargers) or sorted(map(str, places.values())) != sorted(cars):
            raise SimulationError("invalid_state", {"field": "cars"})
        for charger_id, charger in self._inventory.chargers.items():
            charger.car = cars[places[charger_id]]

    def _restore_faults(self, device_id: str, faults: Any) -> None:
        if device_id not in self._by_id or not isinstance(faults, Mapping):
            raise SimulationError("invalid_state", {"field": "faults"})
        known = {}
        for name, frozen in faults.items():
            if name not in set(Fault) or not (frozen is None or isinstance(frozen, Mapping)):
                raise SimulationError("invalid_state", {"field": "faults"})
            known[Fault(name)] = dict(frozen) if frozen is not None else None
        self._faults[device_id] = known

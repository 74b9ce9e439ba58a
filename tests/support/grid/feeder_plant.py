"""A tiny feeder to control: a base load, chargers that follow with a lag, and an engine around them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from custom_components.tangle_grid.grid import (
    BatteryConfig,
    BatterySetpoint,
    BatteryTelemetry,
    Cause,
    ChargerConfig,
    ChargerSetpoint,
    ChargerTelemetry,
    FeederConfig,
    GridConfig,
    GridEngine,
    GridEvent,
    HouseholdConfig,
    HouseholdSetpoint,
    HouseholdTelemetry,
    Inputs,
    PhaseReading,
    PhaseTriple,
    PolicyConfig,
    PolicyMode,
    RequestState,
    Setpoint,
    ShedLoad,
    StepResult,
    Telemetry,
)
from custom_components.tangle_grid.grid.model.forecast import Forecast
from custom_components.tangle_grid.grid.model.supply import SupplyTelemetry

V = 230.0
START = 1_000_000.0
ALWAYS = PolicyConfig(mode=PolicyMode.ALWAYS)


def reading(power_w: PhaseTriple | float, at: float, changed_at: float | None = None) -> PhaseReading:
    power = power_w if isinstance(power_w, tuple) else (power_w / 3, power_w / 3, power_w / 3)
    return PhaseReading(power_w=power, at=at, changed_at=at if changed_at is None else changed_at)


def feeder(capacity_a: float = 40.0, threshold_a: float = 32.0, **values: object) -> FeederConfig:
    return FeederConfig(
        **{  # type: ignore[arg-type]
            "feeder_id": "main",
            "capacity_a": (capacity_a,) * 3,
            "threshold_a": (threshold_a,) * 3,
            **values,
        }
    )


def charger(device_id: str = "car", **values: object) -> ChargerConfig:
    return ChargerConfig(**{"device_id": device_id, "feeder_id": "main", "battery_wh": 60_000, **values})  # type: ignore[arg-type]


def battery(device_id: str = "battery", **values: object) -> BatteryConfig:
    defaults = {"capacity_wh": 10_000, "max_charge_w": 5000.0, "max_discharge_w": 5000.0}
    return BatteryConfig(**{"device_id": device_id, "feeder_id": "main", **defaults, **values})  # type: ignore[arg-type]


def household(device_id: str = "home", **values: object) -> HouseholdConfig:
    loads = (ShedLoad(load_id="boiler", rated_w=2000.0), ShedLoad(load_id="pump", rated_w=1000.0))
    return HouseholdConfig(**{"device_id": device_id, "feeder_id": "main", "loads": loads, **values})  # type: ignore[arg-type]


@dataclass
class Car:
    """What is plugged into a charger, and how it behaves."""

    config: ChargerConfig
    connected: bool = True
    soc: float | None = 50.0
    departure_at: float | None = None
    accepts_a: float = 32.0
    obeys: bool = True
    silent: bool = False
    told: float = 0.0
    draws_a: float = 0.0
    #: What its plug is reported as at a moment, where that is not what it is.
    says_connected: Callable[[float], bool | None] | None = None
    #: The state of charge that is reported at a moment, and when it was taken, where that is not what it is now.
    says_soc: Callable[[float], tuple[float | None, float | None]] | None = None
    #: How many phases its charger is switched to, and shows; whether it does what it is told of that, and shows it.
    switched: int = 3
    switches: bool = True
    shows_phases: bool = True
    split: bool = False
    #: The least that it says it can be told, A per phase.
    says_lowest_a: object = 0.0
    changed: list[tuple[int, float]] = field(default_factory=list)

    def change(self, count: int) -> None:
        """Change over, and note what it drew at that moment."""
        self.changed.append((count, self.draws_a))
        if self.switches:
            self.switched = count

    def follow(self, dt: float) -> None:
        told = self.told if self.obeys else self.accepts_a
        if not self.connected or (self.soc is not None and self.soc >= 100):
            told = 0.0
        self.draws_a = min(told, self.accepts_a) if told > 0 else max(told, -self.config.max_discharge_a)
        if self.soc is not None and self.config.battery_wh:
            watts = self.draws_a * V * len(self.config.phases[: self.switched])
            self.soc += watts * dt / 3600 / self.config.battery_wh * 100

    @property
    def power_w(self) -> PhaseTriple:
        phases = self.config.phases[: self.switched]
        return tuple(self.draws_a * V if phase in phases else 0.0 for phase in range(3))  # type: ignore[return-value]


@dataclass
class Store:
    """A home battery; under its own control it does `own_w`."""

    config: BatteryConfig
    soc: float | None = 60.0
    own_w: float = 0.0
    told: float | None = None

    @property
    def total_w(self) -> float:
        return self.own_w if self.told is None else self.told


@dataclass
class Home:
    """A household; `loads` says what runs."""

    config: HouseholdConfig
    base_w: float = 500.0
    loads: dict[str, bool] = field(default_factory=lambda: {"boiler": True, "pump": True})
    heeds: bool = True
    #: Until then nobody knows which loads are on.
    hidden_until: float = 0.0

    @property
    def total_w(self) -> float:
        return self.base_w + sum(load.rated_w for load in self.config.loads if self.loads[load.load_id])


def spread(device: Store | Home) -> PhaseTriple:
    """What it draws on each phase, W."""
    phases = device.config.phases
    return tuple(device.total_w / len(phases) if phase in phases else 0.0 for phase in range(3))  # type: ignore[return-value]


class Plant:
    """Runs engine and devices together; `base_a` is the load per phase that nobody controls."""

    def __init__(
        self,
        *devices: Car | Store | Home,
        base_a: PhaseTriple | Callable[[float], PhaseTriple] = (5.0, 5.0, 5.0),
        config: GridConfig | None = None,
        dt: float = 5.0,
        **settings: object,
    ) -> None:
        self.now = START
        self.dt = dt
        self.base_a = base_a
        self.devices = {device.config.device_id: device for device in devices}
        configs = tuple(device.config for device in devices)
        self.config = config or GridConfig(
            **{"feeders": (feeder(),), "devices": configs, **settings},  # type: ignore[arg-type]
        )
        self._ids = count(1)
        self.engine = self.make_engine(None)
        self.meter_alive = True
        self.forecast: Forecast | None = None
        #: Whether the cable feeds, whether the island is formed, and what the inverters say they can give.
        self.cable: bool | None = True
        self.formed: bool | None = False
        self.inverter_a: PhaseTriple | None = None
        self.meter_frozen_at: PhaseReading | None = None
        self.events: list[GridEvent] = []
        self.loads_a: list[PhaseTriple] = []
        self.setpoints: list[tuple[float, Setpoint]] = []
        self.result: StepResult | None = None

    def make_engine(self, state: Mapping[str, object] | None) -> GridEngine:
        return GridEngine(self.config, new_id=lambda: f"r{next(self._ids)}", state=state)

    def car(self, device_id: str = "car") -> Car:
        device = self.devices[device_id]
        assert isinstance(device, Car)
        return device

    def load_a(self) -> PhaseTriple:
        load = list(self.base_a(self.now) if callable(self.base_a) else self.base_a)
        for device in self.devices.values():
            for phase in range(3):
                if isinstance(device, Car):
                    load[phase] += device.power_w[phase] / V
                else:
                    load[phase] += spread(device)[phase] / V
        return (load[0], load[1], load[2])

    def inputs(self) -> Inputs:
        load = self.load_a()
        # No load stands still to the last digit, and a meter that shows it does counts as frozen.
        flicker = 0.02 * (int(self.now) % 7)
        meter = PhaseReading(
            power_w=(load[0] * V + flicker, load[1] * V + flicker, load[2] * V + flicker),
            at=self.now,
            changed_at=self.now,
        )
        if self.meter_frozen_at is not None:
            frozen = self.meter_frozen_at
            meter = PhaseReading(power_w=frozen.power_w, at=self.now, changed_at=frozen.changed_at)
        telemetry: dict[str, Telemetry] = {}
        for device_id, device in self.devices.items():
            if isinstance(device, Car):
                connected = device.connected if device.says_connected is None else device.says_connected(self.now)
                soc, soc_at = (device.soc, None) if device.says_soc is None else device.says_soc(self.now)
                telemetry[device_id] = ChargerTelemetry(
                    reading=None if device.silent else self.seen(device),
                    phases_shown=device.switched if device.shows_phases and device.config.phase_hold_s else None,
                    connected=None if device.silent else connected,
                    soc=soc,
                    soc_at=soc_at,
                    departure_at=device.departure_at,
                    available=not device.silent,
                )
            elif isinstance(device, Store):
                telemetry[device_id] = BatteryTelemetry(reading=reading(spread(device), self.now), soc=device.soc)
            else:
                hidden = self.now < device.hidden_until
                telemetry[device_id] = HouseholdTelemetry(
                    reading=reading(spread(device), self.now),
                    loads_on={load: None if hidden else on for load, on in device.loads.items()},
                )
        supply = SupplyTelemetry(
            cable=self.cable, formed=self.formed, inverter_a=self.inverter_a, reading=meter if self.formed else None
        )
        return Inputs(
            meters={"main": meter if self.meter_alive and self.cable else None},
            devices=telemetry,
            forecast=self.forecast,
            supply=supply,
        )

    def seen(self, car: Car) -> PhaseReading:
        """What a charger reports; of a total nobody knows where it flows."""
        if not car.split:
            return reading(car.power_w, self.now)
        return replace(reading(sum(car.power_w), self.now), split=True)

    def freeze_meter(self) -> None:
        load = self.load_a()
        self.meter_frozen_at = reading((load[0] * V, load[1] * V, load[2] * V), self.now)

    def step(self) -> StepResult:
        self.now += self.dt
        for device in self.devices.values():
            if isinstance(device, Car):
                device.follow(self.dt)
        self.loads_a.append(self.load_a())
        result = self.engine.step(self.now, self.inputs())
        for setpoint in result.setpoints:
            self.setpoints.append((self.now, setpoint))
            self.write(setpoint)
        self.events += result.events
        self.result = result
        self.check_causes()
        return result

    def check_causes(self) -> None:
        """Nobody is told that it is for a request who has no part in one."""
        assert self.result is not None
        active = {
            ask.device_id
            for request in self.engine.requests.values()
            for ask in request.asks.values()
            if ask.state is RequestState.ACTIVE
        }
        for device_id, status in self.result.status.devices.items():
            assert status.cause is not Cause.REQUEST or device_id in active

    def write(self, setpoint: Setpoint) -> None:
        device = self.devices[setpoint.device_id]
        if isinstance(device, Car) and isinstance(setpoint, ChargerSetpoint):
            amps, config = setpoint.current_a, device.config
            assert (
                amps == 0
                or config.min_current_a <= amps <= config.max_current_a
                or config.min_current_a <= -amps <= config.max_discharge_a
                or amps == device.says_lowest_a
            )
            if not device.silent:
                device.told = amps
                if setpoint.change_to is not None:
                    device.change(setpoint.change_to)
        elif isinstance(device, Store) and isinstance(setpoint, BatterySetpoint):
            device.told = setpoint.power_w
        elif isinstance(device, Home) and isinstance(setpoint, HouseholdSetpoint) and device.heeds:
            for load in setpoint.shed:
                device.loads[load] = False
            for load in setpoint.restore:
                device.loads[load] = True

    def run(self, seconds: float) -> StepResult:
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.step()
        assert self.result is not None
        return self.result

    def restart(self) -> None:
        self.engine = self.make_engine(self.engine.to_dict())
        assert self.engine.lost == (), "what is sound is read again, all of it"

    def of[EventT](self, kind: type[EventT]) -> list[EventT]:
        return [event for event in self.events if isinstance(event, kind)]

    def setpoint(self, device_id: str = "car") -> float | None:
        assert self.result is not None
        return self.result.status.devices[device_id].setpoint

"""The grid and the simulated street in a closed loop: reads, decides, writes, pays, and watches what really flows."""

import json
from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from custom_components.tangle_grid.grid import (
    Answered,
    AskChanged,
    BatteryConfig,
    BatterySetpoint,
    BatteryTelemetry,
    ChargerConfig,
    ChargerSetpoint,
    ChargerTelemetry,
    DeviceConfig,
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
    Settlement,
    ShedLoad,
    SolarConfig,
    SolarTelemetry,
    StepResult,
    Telemetry,
)
from custom_components.tangle_grid.simulation import SimulatedDevice, SimulatedKind, Street, StreetConfig

FEEDER = "main"
METER = "transformer"
STEP_S = 10.0
DAY_S = 86_400.0
HOUR_S = 3600.0
EVENING = datetime(2026, 5, 15, 17, 30, tzinfo=UTC).timestamp()
TREASURY = "treasury"
SUPPLY_I = 2_779_530_283_277_761
TARGET_SOC = 90.0

CHARGER_POLICIES = (
    PolicyConfig(mode=PolicyMode.WHEN_CHARGED, charged_above=80, v2g_floor_soc=60),
    PolicyConfig(mode=PolicyMode.WHEN_CHARGED, charged_above=60),
    PolicyConfig(mode=PolicyMode.DEPARTURE_HOLDS),
    PolicyConfig(mode=PolicyMode.ASK),
)


@dataclass
class Ledger:
    """Tokens, and nothing but tokens: pays each settlement once."""

    balances: Counter[str] = field(default_factory=lambda: Counter({TREASURY: SUPPLY_I}))
    paid: dict[str, int] = field(default_factory=dict)

    def pay(self, settlement: Settlement) -> None:
        assert settlement.amount_i > 0
        if settlement.payment_id in self.paid:
            assert self.paid[settlement.payment_id] == settlement.amount_i
            return
        self.paid[settlement.payment_id] = settlement.amount_i
        self.balances[TREASURY] -= settlement.amount_i
        self.balances[settlement.device_id] += settlement.amount_i
        assert self.balances[TREASURY] >= 0
        assert self.balances.total() == SUPPLY_I


@dataclass
class Sample:
    """What the feeder really carried at one moment, faults of its meter or not."""

    at: float
    load_a: PhaseTriple
    homes_a: PhaseTriple
    chargers_a: dict[str, PhaseTriple]
    total_w: float


class Loop:
    """A street and its grid: reads, decides, writes, pays, and watches."""

    def __init__(self, seed: int, *, capacity_a: float = 63.0, start: float = EVENING, step_s: float = STEP_S) -> None:
        self.street = Street(StreetConfig(seed=seed, start=start, timezone=UTC))
        self.devices = {device.id: device for device in self.street.devices}
        self.step_s = step_s
        self.config = GridConfig(
            feeders=(
                FeederConfig(
                    feeder_id=FEEDER,
                    capacity_a=(capacity_a, capacity_a, capacity_a),
                    threshold_a=(capacity_a * 0.8, capacity_a * 0.8, capacity_a * 0.8),
                ),
            ),
            devices=tuple(self._configs()),
            # Nobody is asked for help on an evening that is planned ahead; what the plan does has its own tests.
            planning=False,
        )
        self._ids = count(1)
        self.engine = self._engine(None)
        self.ledger = Ledger()
        self.events: list[GridEvent] = []
        self.samples: list[Sample] = []
        self.told: dict[str, Setpoint] = {}
        self.written: list[Setpoint] = []
        self.changes: Counter[str] = Counter()
        self.currents: dict[str, list[float]] = {}
        self._last_soc: dict[str, float] = {}
        self.departures: dict[str, list[float]] = {}
        self.changed: dict[str, tuple[object, float]] = {}
        self.result: StepResult | None = None

    # Wiring

    def _engine(self, state: dict[str, object] | None) -> GridEngine:
        return GridEngine(self.config, new_id=lambda: f"request-{next(self._ids)}", state=state)

    def _configs(self) -> Iterator[DeviceConfig]:
        policies = iter(CHARGER_POLICIES)
        sheds = iter((PolicyConfig(mode=PolicyMode.ALWAYS), PolicyConfig(mode=PolicyMode.ALWAYS, min_rate=1_250_000)))
        for device in self.street.devices:
            nameplate = device.parameters
            match device.kind:
                case SimulatedKind.CHARGER:
                    yield ChargerConfig(
                        device_id=device.id,
                        feeder_id=FEEDER,
                        phases=device.phases,
                        min_current_a=nameplate["min_current_a"],
                        safe_current_a=nameplate["min_current_a"],
                        max_current_a=nameplate["max_current_a"],
                        max_discharge_a=nameplate["max_discharge_a"],
                        battery_wh=int(nameplate["battery_wh"]),
                        target_soc=TARGET_SOC,
                        policy=next(policies, PolicyConfig()),
                    )
                case SimulatedKind.BATTERY:
                    yield BatteryConfig(
                        device_id=device.id,
                        feeder_id=FEEDER,
                        phases=device.phases,
                        capacity_wh=int(nameplate["capacity_wh"]),
                        max_charge_w=nameplate["max_charge_w"],
                        max_discharge_w=nameplate["max_discharge_w"],
                        min_soc=nameplate["min_soc"],
                        policy=PolicyConfig(mode=PolicyMode.ALWAYS),
                    )
                case SimulatedKind.HOUSEHOLD:
                    loads = tuple(
                        ShedLoad(load_id=load.load_id, rated_w=load.rated_w, phases=device.phases)
                        for load in device.loads
                    )
                    yield HouseholdConfig(
                        device_id=device.id,
                        feeder_id=FEEDER,
                        phases=device.phases,
                        loads=loads,
                        policy=next(sheds, PolicyConfig()) if loads else PolicyConfig(),
                    )
                case SimulatedKind.SOLAR:
                    yield SolarConfig(device_id=device.id, feeder_id=FEEDER, phases=device.phases)
                case _:
                    pass

    def _reading(self, device: SimulatedDevice) -> PhaseReading | None:
        values = self.street.values(device.id)
        if values["power"] is None:
            return None
        if device.id == METER:
            power = tuple(float(values[f"power_l{phase}"] or 0.0) for phase in (1, 2, 3))
        elif device.kind is SimulatedKind.CHARGER:
            currents = [abs(float(values[f"current_l{phase}"] or 0.0)) for phase in (1, 2, 3)]
            total = sum(currents)
            power = tuple(float(values["power"]) * amps / total if total else 0.0 for amps in currents)
        else:
            share = float(values["power"]) / len(device.phases)
            power = tuple(share if phase in device.phases else 0.0 for phase in range(3))
        now = self.street.now
        last, changed_at = self.changed.get(device.id, (None, now))
        if power != last:
            changed_at = now
        self.changed[device.id] = (power, changed_at)
        return PhaseReading(power_w=(power[0], power[1], power[2]), at=now, changed_at=changed_at)

    def telemetry(self, device: SimulatedDevice) -> Telemetry:
        reading = self._reading(device)
        values = self.street.values(device.id)
        available = reading is not None

        def number(quantity: str) -> float | None:
            value = values[quantity]
            return None if value is None else float(value)

        match device.kind:
            case SimulatedKind.CHARGER:
                connected = values["connected"]
                return ChargerTelemetry(
                    reading=reading,
                    connected=None if connected is None else bool(connected),
                    soc=number("soc"),
                    departure_at=number("departure"),
                    available=available,
                )
            case SimulatedKind.BATTERY:
                return BatteryTelemetry(reading=reading, soc=number("soc"), available=available)
            case SimulatedKind.HOUSEHOLD:
                loads_on = {load.load_id: bool(values[load.load_id]) for load in device.loads}
                return HouseholdTelemetry(reading=reading, loads_on=loads_on, available=available)
            case _:
                return SolarTelemetry(reading=reading, available=available)

    def _write(self, setpoint: Setpoint) -> None:
        street, device_id = self.street, setpoint.device_id
        before = self.told.get(device_id)
        self.changes[device_id] += before is None or _value(before) != _value(setpoint)
        self.told[device_id] = setpoint
        self.written.append(setpoint)
        match setpoint:
            case ChargerSetpoint(current_a=amps):
                self._assert_allowed(device_id, amps)
                feeds_back = self.devices[device_id].parameters["max_discharge_a"] > 0
                if amps >= 0:
                    if feeds_back:
                        street.set_discharge_current(device_id, 0.0)
                    street.set_current_limit(device_id, amps)
                    street.set_enabled(device_id, amps > 0)
                else:
                    street.set_current_limit(device_id, 0.0)
                    street.set_discharge_current(device_id, -amps)
                    street.set_enabled(device_id, True)
            case BatterySetpoint(power_w=power_w):
                street.set_battery_power(device_id, power_w)
            case HouseholdSetpoint(shed=shed, restore=restore):
                for load in shed:
                    street.set_load(device_id, load, False)
                for load in restore:
                    street.set_load(device_id, load, True)

    def _assert_allowed(self, device_id: str, amps: float) -> None:
        nameplate = self.devices[device_id].parameters
        low = nameplate["min_current_a"]
        assert (
            amps == 0 or low <= amps <= nameplate["max_current_a"] or -nameplate["max_discharge_a"] <= amps <= -low
        ), (device_id, amps)

    # Running

    def step(self) -> StepResult:
        street = self.street
        street.advance(street.now + self.step_s)
        self.sample()
        result = self.engine.step(
            street.now,
            Inputs(
                meters={FEEDER: self._reading(self.devices[METER])},
                devices={device.id: self.telemetry(device) for device in street.devices if device.id != METER},
            ),
        )
        for setpoint in result.setpoints:
            self._write(setpoint)
        self.events += result.events
        self._settle_payments()
        self.result = result
        return result

    def sample(self) -> None:
        """The true load: the sum of all devices, on their phases; a fault of the meter does not change it."""
        load, homes = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        chargers: dict[str, PhaseTriple] = {}
        for device in self.street.devices:
            if device.id == METER:
                continue
            drawn = self._true_amps(device)
            for phase, amps in enumerate(drawn):
                load[phase] += amps
                homes[phase] += amps if device.kind is SimulatedKind.HOUSEHOLD else 0.0
            if device.kind is SimulatedKind.CHARGER:
                chargers[device.id] = drawn
                self._watch_car(device)
        self.samples.append(
            Sample(
                self.street.now,
                (load[0], load[1], load[2]),
                (homes[0], homes[1], homes[2]),
                chargers,
                sum(load) * 230.0,
            )
        )

    def _watch_car(self, device: SimulatedDevice) -> None:
        """Remember what a car draws, and how full it is when it leaves."""
        self.currents.setdefault(device.id, []).append(max(map(abs, self._true_amps(device))))
        soc = self.street.value(device.id, "soc")
        if soc is not None:
            self._last_soc[device.id] = float(soc)
        elif device.id in self._last_soc:
            self.departures.setdefault(device.id, []).append(self._last_soc.pop(device.id))

    def _true_amps(self, device: SimulatedDevice) -> PhaseTriple:
        values = self.street._meters.read(  # what the device really does, whatever its own meter shows
            device.id, self.street.now, self.street._calendar.day(self.street.now), self.street._counters
        )
        power = float(values["power"] or 0.0)
        if device.kind is SimulatedKind.CHARGER:
            sign = -1.0 if power < 0 else 1.0
            return tuple(sign * abs(float(values[f"current_l{phase}"] or 0.0)) for phase in (1, 2, 3))  # type: ignore[return-value]
        share = power / 230.0 / len(device.phases)
        return tuple(share if phase in device.phases else 0.0 for phase in range(3))  # type: ignore[return-value]

    def _settle_payments(self) -> None:
        for settlement in self.engine.commands.unpaid():
            self.ledger.pay(settlement)
            names = {"request_id": settlement.request_id, "device_id": settlement.device_id}
            self.events += self.engine.commands.mark_paid(self.street.now, **names, reference="tail")
            self.events += self.engine.commands.mark_confirmed(self.street.now, **names)

    def run(self, duration_s: float, *, until: Callable[[StepResult], bool] | None = None) -> bool:
        end = self.street.now + duration_s
        while self.street.now < end:
            if until is not None and until(self.step()):
                return True
            if until is None:
                self.step()
        return False

    def restart(self) -> None:
        """The process dies and comes back with what it had saved."""
        self.engine = self._engine(json.loads(json.dumps(self.engine.to_dict())))

    # Looking

    def over_capacity_s(self, capacity_a: float, *, since: float = 0.0, broken: Container[str] = ()) -> float:
        """Return the longest time without a break above the capacity, s.

        With chargers that are broken, homes alone can be too much for what is left: then only the time counts in
        which another charger still draws something on the phase that carries too much.
        """
        longest = current = 0.0
        for sample in self.samples:
            over = sample.at >= since and any(
                amps > capacity_a
                and (
                    not broken
                    or any(drawn[phase] > 0 for each, drawn in sample.chargers_a.items() if each not in broken)
                )
                for phase, amps in enumerate(sample.load_a)
            )
            current = current + self.step_s if over else 0.0
            longest = max(longest, current)
        return longest

    def states(self) -> Counter[RequestState]:
        return Counter(event.state for event in self.events if isinstance(event, AskChanged))

    def writes_of[SetpointT](self, kind: type[SetpointT]) -> list[SetpointT]:
        return [setpoint for setpoint in self.written if isinstance(setpoint, kind)]

    def decisions(self) -> Counter[bool]:
        return Counter(event.decision.accepted for event in self.events if isinstance(event, Answered))

    def told_a(self, charger_id: str) -> float:
        setpoint = self.told[charger_id]
        assert isinstance(setpoint, ChargerSetpoint)
        return setpoint.current_a

    def chargers(self) -> list[SimulatedDevice]:
        return [device for device in self.street.devices if device.kind is SimulatedKind.CHARGER]


def _value(setpoint: Setpoint) -> object:
    match setpoint:
        case ChargerSetpoint(current_a=amps):
            return amps
        case BatterySetpoint(power_w=power_w):
            return power_w
        case HouseholdSetpoint(shed=shed, restore=restore):
            return shed, restore

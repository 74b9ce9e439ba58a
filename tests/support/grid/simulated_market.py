"""The market alone, fast: real requests, baselines, measurement and settlement around people who do as they like.

What the control pass would decide is replaced by the simplest thing that obeys a request: whoever has an active part is
told what it asks for, whoever waits for its release is held, and all others may take what they want.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from random import Random
from typing import Final

from custom_components.tangle_grid.grid import (
    BatteryConfig,
    BatteryTelemetry,
    Cause,
    ChargerConfig,
    ChargerTelemetry,
    GridConfig,
    GridEvent,
    HouseholdConfig,
    HouseholdTelemetry,
    MarketConfig,
    PhaseReading,
    RequestState,
    Settlement,
    Telemetry,
)
from custom_components.tangle_grid.grid.control.load_shedding import keep_loads
from custom_components.tangle_grid.grid.device.compliance import measured_current_a
from custom_components.tangle_grid.grid.engine.commands import Commands
from custom_components.tangle_grid.grid.engine.parts import EngineParts
from custom_components.tangle_grid.grid.model.lease import grant
from tests.support.grid.feeder_plant import START, V, feeder, reading

DT_S: Final = 30.0

type Path = Callable[[float], float]


@cache
def path(seed: int, low: float, high: float, *, least_s: float = 120.0, most_s: float = 1200.0) -> Path:
    """A random step function of time."""
    draw = Random(seed)  # noqa: S311 - a test
    times, values = [0.0], [draw.uniform(low, high)]
    while times[-1] < 20_000:
        times.append(times[-1] + draw.uniform(least_s, most_s))
        values.append(draw.uniform(low, high))
    return lambda second: values[bisect_right(times, max(0.0, second)) - 1]


def always(value: float) -> Path:
    return lambda _: value


@dataclass
class Driver:
    """A car: takes `wants_a` of what it may, tells `lie` percent less charge than it has."""

    config: ChargerConfig
    wants_a: Path
    really: float = 20.0
    connected: bool = True
    silent: bool = False
    lie: Path = field(default=always(0.0))
    told: float = 0.0
    draws_a: float = 0.0

    def follow(self, second: float) -> None:
        config = self.config
        assert config.battery_wh
        if not self.connected:
            self.draws_a = 0.0
        elif self.told >= 0:
            wants = self.wants_a(second)
            left_a = (100 - self.really) / DT_S * 36 * config.battery_wh / config.watts_per_amp
            self.draws_a = min(self.told, wants, left_a) if wants >= config.min_current_a else 0.0
        else:
            self.draws_a = max(self.told, -config.max_discharge_a) if self.really > 0 else 0.0
        self.really += self.draws_a * config.watts_per_amp * DT_S / 36 / config.battery_wh

    @property
    def total_w(self) -> float:
        return self.draws_a * self.config.watts_per_amp

    def telemetry(self, now: float) -> Telemetry:
        soc = min(100.0, max(0.0, self.really - self.lie(now - START)))
        return ChargerTelemetry(
            reading=reading(self.total_w, now), connected=self.connected, soc=soc, available=not self.silent
        )


@dataclass
class Resident:
    """A household: `base_w` that nobody may touch, and loads of which the grid switches those off that are on."""

    config: HouseholdConfig
    base_w: Path
    wants_on: Callable[[float, str], bool] = field(default=lambda _second, _load: True)
    says_on: Callable[[str, bool], bool] = field(default=lambda _load, is_on: is_on)
    silent: bool = False
    shed: frozenset[str] = frozenset()
    on: dict[str, bool] = field(default_factory=dict)
    other_w: float = 0.0

    def follow(self, second: float) -> None:
        self.on = {
            load.load_id: self.wants_on(second, load.load_id) and load.load_id not in self.shed
            for load in self.config.loads
        }
        self.other_w = max(0.0, self.base_w(second))

    @property
    def total_w(self) -> float:
        return self.other_w + sum(load.rated_w for load in self.config.loads if self.on.get(load.load_id))

    def telemetry(self, now: float) -> Telemetry:
        told = {load: self.says_on(load, is_on) for load, is_on in self.on.items()}
        return HouseholdTelemetry(reading=reading(self.total_w, now), loads_on=told, available=not self.silent)


@dataclass
class Cell:
    """A home battery that does `own_w` of its own, and tells `lie` percent more charge than it has."""

    config: BatteryConfig
    own_w: Path
    really: float = 60.0
    lie: float = 0.0
    told: float | None = None
    silent: bool = False
    total_w: float = 0.0

    def follow(self, second: float) -> None:
        watts = self.own_w(second) if self.told is None else self.told
        possible = self.really < 100 if watts > 0 else self.really > self.config.min_soc
        self.total_w = watts if possible else 0.0
        self.really += self.total_w * DT_S / 36 / self.config.capacity_wh

    def telemetry(self, now: float) -> Telemetry:
        soc = min(100.0, max(0.0, self.really + self.lie))
        return BatteryTelemetry(reading=reading(self.total_w, now), soc=soc, available=not self.silent)


type Participant = Driver | Resident | Cell


class Bazaar(Commands):
    """A feeder with its market; nothing here protects anything."""

    def __init__(self, *participants: Participant, base_a: float = 5.0, automatic: bool = False) -> None:
        self.people = {each.config.device_id: each for each in participants}
        config = GridConfig(
            feeders=(feeder(1000.0, 32.0),),
            devices=tuple(each.config for each in participants),
            market=MarketConfig(automatic=automatic),
        )
        ids = count(1)
        super().__init__(EngineParts(config, new_id=lambda: f"r{next(ids)}", state=None, plan_batch=0))
        self.now = START
        self.base_a = base_a
        self.seen: list[GridEvent] = []

    def step(self) -> None:
        self.now += DT_S
        now, timing, second = self.now, self._parts.config.timing, self.now - START
        load_w = self.base_a * 3 * V
        for device_id, person in self.people.items():
            person.follow(second)
            load_w += person.total_w
            self._parts.devices[device_id].observe(now, DT_S, person.telemetry(now), timing)
        meter = load_w / 3
        for watch in self._parts.feeders:
            watch.observe(now, PhaseReading(power_w=(meter, meter, meter), at=now, changed_at=now), timing)
        self._watch(now)
        self._parts.lifecycle.measure(now, DT_S)
        self._parts.market.advance(now, self.seen)
        self._tell(now)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / DT_S)):
            self.step()

    def run_until(self, second: float) -> None:
        self.run(START + second - self.now)

    def ask(self, duration_s: float, power_w: float, rate: int) -> None:
        request, events = self.request_curtailment(
            self.now, power_w=power_w, duration_s=duration_s, rate_i_per_kwh=rate
        )
        assert request.rate_i_per_kwh == rate
        self.seen += events
        self._tell(self.now)

    def active(self, device_id: str) -> bool:
        return any(
            device_id in request.asks and request.asks[device_id].state is RequestState.ACTIVE
            for request in self._parts.lifecycle.open()
        )

    def earned_i(self, device_id: str) -> int:
        return sum(each.amount_i for each in self.settlements(device_id))

    def settlements(self, device_id: str) -> Sequence[Settlement]:
        return [each for each in self.seen if isinstance(each, Settlement) and each.device_id == device_id]

    def _watch(self, now: float) -> None:
        for device in self._parts.devices.values():
            if isinstance(device.config, ChargerConfig) and device.reading is not None and device.setpoint is not None:
                told, drawn = device.setpoint, measured_current_a(device.config, device.reading)
                device.watch.observe(now, told, drawn, self._parts.config.timing.compliance_grace_s)

    def _tell(self, now: float) -> None:
        wanted, held = self._parts.market.activation.wanted(), self._parts.market.activation.releasing()
        for device_id, device in self._parts.devices.items():
            person = self.people[device_id]
            if isinstance(person, Driver):
                most = person.config.max_current_a if device.car.plugged_in and not device.car.satisfied else 0.0
                amps = wanted.get(device_id, min(most, held.get(device_id, most)))
                device.lease = grant(device.lease, amps, Cause.ALLOCATION, now, 3600.0)
                person.told = amps
            elif isinstance(person, Cell):
                person.told = wanted.get(device_id, held.get(device_id))
                device.lease = grant(device.lease, person.told, Cause.ALLOCATION, now, 3600.0)
            else:
                setpoint = keep_loads(device, now, self._parts.config.timing).setpoint
                if setpoint is not None:
                    person.shed = (person.shed | setpoint.shed) - setpoint.restore

"""Any site around the real engine: feeders, chargers of the zoo, and a runtime that calls the engine as it is called.

Time advances from event to event. A pass runs when a meter's entity changes, a second after one of a device does, and
with each heartbeat, as in `runtime.py`. What is judged is what really flows.
"""

import json
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, Final, NamedTuple

from benchmarks._zoo_adapter import Hands, ZooHass, battery_hands, charger_hands, home_hands, meter_of, solar_hands
from custom_components.tangle_grid.devices.adapters.battery import BatteryAdapter
from custom_components.tangle_grid.devices.adapters.readout import Readout
from custom_components.tangle_grid.grid import (
    BatteryConfig,
    ChargerConfig,
    ChargerSetpoint,
    DeviceConfig,
    FeederConfig,
    GridConfig,
    GridEngine,
    GridEvent,
    HouseholdConfig,
    Inputs,
    MarketConfig,
    SolarConfig,
    StepResult,
)
from custom_components.tangle_grid.simulation.zoo.agenda import Agenda
from custom_components.tangle_grid.simulation.zoo.battery import SETPOINT, ZooBattery, ZooHome
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.charger import LIMIT, ZooCharger
from custom_components.tangle_grid.simulation.zoo.felt import Felt
from custom_components.tangle_grid.simulation.zoo.load import Amps, BaseLoad
from custom_components.tangle_grid.simulation.zoo.meter import ZooMeter

START: Final = 1_700_000_000.0
QUIET: Final = MarketConfig(automatic=False)
_DEVICE_CHANGE_DELAY_S: Final = 1.0
_SAVE_S: Final = 60.0
_NOTHING: Final = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeederSpec:
    """A feeder, what nobody controls directly on it, and the behaviours of its meter."""

    config: FeederConfig
    base: BaseLoad | None = None
    meter: tuple[Behaviour, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSpec:
    """A charger as it was entered (`config`), and as it is; `floor_a` is what it draws whatever it is told, A."""

    config: ChargerConfig
    behaviours: tuple[Behaviour, ...] = ()
    car: ZooCar | None = None
    wires: tuple[int, ...] | None = None
    max_a: float | None = None
    lowest_a: float = 0.0
    has_switch: bool = True
    per_phase: bool = True
    in_watts: bool = False
    floor_a: float = 0.0
    switch_pauses: bool = False
    on_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySpec:
    """A battery; `own_w` says what it would do by itself at a moment, W.

    `make` and `hands` are for one that is told otherwise than by one number.
    """

    config: BatteryConfig
    behaviours: tuple[Behaviour, ...] = ()
    own_w: Callable[[float], float] = lambda _: 0.0
    make: Callable[..., ZooBattery] = ZooBattery
    hands: Callable[[ZooHass, Any, BatteryConfig], Hands[BatteryAdapter]] = battery_hands


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSpec:
    """A home with a meter of its own; its load is what nobody controls on its feeder beside the feeder's own."""

    config: HouseholdConfig
    base: BaseLoad
    behaviours: tuple[Behaviour, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SunSpec:
    """A solar system, and what it gives, A per phase."""

    config: SolarConfig
    gives: BaseLoad
    behaviours: tuple[Behaviour, ...] = ()


class Able(NamedTuple):
    """A car that could charge: where, on which of the charger's own phases, with how much, A."""

    device_id: str
    lines: tuple[int, ...]
    max_a: float


@dataclass(slots=True)
class Trace:
    """What was, second by second: what a charger could have charged with, and what all drew."""

    able: list[tuple[Able, ...]] = field(default_factory=list)
    power_w: list[float] = field(default_factory=list)


class Site:
    """The closed loop.

    Args:
        feeders: Parents before their children.
        chargers: On them.
        batteries: On them.
        homes: On them.
        suns: On them.
        gather_s: How long a pass waits for more entities of a meter that are still to come, s.
        settings: For `GridConfig`.
    """

    def __init__(
        self,
        feeders: Sequence[FeederSpec],
        chargers: Sequence[ChargerSpec],
        *,
        batteries: Sequence[BatterySpec] = (),
        homes: Sequence[HomeSpec] = (),
        suns: Sequence[SunSpec] = (),
        gather_s: float = 0.05,
        **settings: Any,
    ) -> None:
        self.agenda = Agenda(START)
        self.specs = {spec.config.device_id: spec for spec in chargers}
        self.feeders = {spec.config.feeder_id: spec for spec in feeders}
        self._homes, self._suns = homes, suns
        configs: tuple[DeviceConfig, ...] = (
            *(spec.config for spec in chargers),
            *(spec.config for spec in batteries),
            *(spec.config for spec in homes),
            *(spec.config for spec in suns),
        )
        self.paths = {config.device_id: self._path(config.feeder_id) for config in configs}
        self.chargers = {
            spec.config.device_id: ZooCharger(
                self.agenda,
                *spec.behaviours,
                wires=spec.config.phases if spec.wires is None else spec.wires,
                max_a=spec.config.max_current_a if spec.max_a is None else spec.max_a,
                lowest_a=spec.lowest_a,
                has_switch=spec.has_switch,
                per_phase=spec.per_phase,
                in_watts=spec.in_watts,
            )
            for spec in chargers
        }
        self.batteries = {
            spec.config.device_id: spec.make(
                self.agenda,
                *spec.behaviours,
                phases=spec.config.phases,
                max_w=spec.config.max_charge_w,
                capacity_wh=spec.config.capacity_wh,
                own_w=spec.own_w,
            )
            for spec in batteries
        }
        self.homes = {
            spec.config.device_id: ZooHome(
                self.agenda, *spec.behaviours, load=partial(lambda base: base.at(self.now), spec.base)
            )
            for spec in homes
        }
        self.suns = {
            sun.config.device_id: ZooHome(
                self.agenda, *sun.behaviours, load=partial(lambda gives: gives.at(self.now), sun.gives)
            )
            for sun in suns
        }
        self.hass = ZooHass(self.agenda)
        self.hands: dict[str, Hands[Any]] = {
            device_id: charger_hands(
                self.hass,
                charger,
                self.specs[device_id].config,
                switch_pauses=self.specs[device_id].switch_pauses,
                on_off=self.specs[device_id].on_off,
            )
            for device_id, charger in self.chargers.items()
        }
        for store in batteries:
            device_id = store.config.device_id
            self.hands[device_id] = store.hands(self.hass, self.batteries[device_id], store.config)
        for home in homes:
            device_id = home.config.device_id
            self.hands[device_id] = home_hands(self.hass, self.homes[device_id], home.config)
        for sun in suns:
            device_id = sun.config.device_id
            self.hands[device_id] = solar_hands(self.hass, self.suns[device_id], sun.config)
        self.felt = {feeder_id: Felt(spec.config.capacity_a) for feeder_id, spec in self.feeders.items()}
        self._could_fall = {feeder_id: partial(self.could_fall, feeder_id) for feeder_id in self.feeders}
        self.trace = Trace()
        self.agenda.passing.append(self._feel)
        self.meters = {
            feeder_id: ZooMeter(
                self.agenda,
                *spec.meter,
                load=lambda at=feeder_id: self.load_a(at),  # type: ignore[misc]
                total=spec.config.is_total,
            )
            for feeder_id, spec in self.feeders.items()
        }
        self.config = GridConfig(
            feeders=tuple(spec.config for spec in feeders),
            devices=configs,
            **{"market": QUIET, "planning": False, **settings},
        )
        self._meters = {feeder_id: meter_of(self.hass, feeder_id, meter) for feeder_id, meter in self.meters.items()}
        self.events: list[tuple[float, GridEvent]] = []
        self.told: list[tuple[float, str, float]] = []
        self.crashes: list[str] = []
        self.result: StepResult | None = None
        self.passes = 0
        self._gather_s = gather_s
        self._ids = count(1)
        self._disk: str | None = None
        self._saved_at = START
        self._meter_pass = self._device_pass = False
        self._listen()
        for device_id, spec in self.specs.items():
            if spec.car is not None:
                self.chargers[device_id].plug_in(spec.car)
        self.running = False
        self.start()
        self._beat()

    # Running

    @property
    def now(self) -> float:
        """The present moment, epoch seconds."""
        return self.agenda.now

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.agenda.run_until(self.agenda.now + seconds)

    def start(self) -> None:
        """Home Assistant starts, with what was saved last."""
        state: Mapping[str, Any] | None = None if self._disk is None else json.loads(self._disk)
        stored = state or {"engine": None, "adapters": {}}
        for device_id, hands in self.hands.items():
            hands.restart(stored["adapters"].get(device_id, {}))
        devices = self.config.devices
        self._readout = Readout(
            self._meters,
            {each.device_id: (each.device_id, each, self.hands[each.device_id].adapter) for each in devices},
        )
        self.engine = GridEngine(self.config, new_id=lambda: f"r{next(self._ids)}", state=stored["engine"])
        self.running = True
        self.step()

    def kill(self) -> None:
        """The process dies."""
        self.running = False

    def stop(self) -> None:
        """Home Assistant stops as it should."""
        self.running = False
        for hands in self.hands.values():
            hands.safe_state()
        self._save()

    def reload(self) -> None:
        """The entry is reloaded."""
        self.stop()
        self.start()

    def step(self) -> None:
        """One pass."""
        if not self.running:
            return
        self.passes += 1
        try:
            with self.hass.clock():
                inputs = Inputs(meters=self._readout.meters(), devices=self._readout.devices())
            result = self.engine.step(self.now, inputs)
        except Exception:  # noqa: BLE001 - as in the runtime: whatever it is, all devices go to their safe state
            self.crashes.append(traceback.format_exc())
            for hands in self.hands.values():
                hands.safe_state()
            return
        self.result = result
        for setpoint in result.setpoints:
            if isinstance(setpoint, ChargerSetpoint):
                before = self.told[-1] if self.told else None
                if before is None or (setpoint.device_id, setpoint.current_a) != before[1:]:
                    self.told.append((self.now, setpoint.device_id, setpoint.current_a))
            self.hands[setpoint.device_id].apply(setpoint)
        self.events += ((self.now, event) for event in result.events)
        if result.persist or self.now - self._saved_at >= _SAVE_S:
            self._save()

    # What flows

    def base_a(self, feeder_id: str, at: float) -> Amps:
        """Return what nobody controls on a feeder and below it, A per phase."""
        amps = [0.0, 0.0, 0.0]
        for spec in self.feeders.values():
            if spec.base is not None and feeder_id in self._path(spec.config.feeder_id):
                amps = [have + more for have, more in zip(amps, spec.base.at(at), strict=True)]
        for home in self._homes:
            if feeder_id in self.paths[home.config.device_id]:
                amps = [have + more for have, more in zip(amps, home.base.at(at), strict=True)]
        for sun in self._suns:
            if feeder_id in self.paths[sun.config.device_id]:
                amps = [have - less for have, less in zip(amps, sun.gives.at(at), strict=True)]
        return (amps[0], amps[1], amps[2])

    def load_a(self, feeder_id: str, at: float | None = None) -> Amps:
        """Return what flows through a feeder, A per phase."""
        first, second, third = self.base_a(feeder_id, self.now if at is None else at)
        for device_id, charger in self.chargers.items():
            if charger.amps and feeder_id in self.paths[device_id]:
                more = charger.phase_amps
                first, second, third = first + more[0], second + more[1], third + more[2]
        for device_id, battery in self.batteries.items():
            if battery.power_w and feeder_id in self.paths[device_id]:
                more = battery.phase_amps
                first, second, third = first + more[0], second + more[1], third + more[2]
        return (first, second, third)

    def could_fall(self, feeder_id: str, phases: Collection[int]) -> bool:
        """Return whether a device below a feeder that can be told something draws more on these phases than it must."""
        return any(
            charger.amps > self.specs[device_id].floor_a + 1e-6
            and charger.entities[LIMIT].live
            and feeder_id in self.paths[device_id]
            and any(charger.phase_amps[phase] > 0 for phase in phases)
            for device_id, charger in self.chargers.items()
        ) or any(
            battery.power_w > 0
            and battery.entities[SETPOINT].live
            and feeder_id in self.paths[device_id]
            and any(phase in battery.phases for phase in phases)
            for device_id, battery in self.batteries.items()
        )

    def _path(self, feeder_id: str | None) -> tuple[str, ...]:
        path: list[str] = []
        while feeder_id is not None:
            path.append(feeder_id)
            feeder_id = self.feeders[feeder_id].config.parent_id
        return tuple(path)

    def _feel(self, begin: float, end: float) -> None:
        at = begin
        while at < end:
            until = min(end, float(int(at) + 1))
            for feeder_id, felt in self.felt.items():
                felt.add(at, until, self.load_a(feeder_id, at), self._could_fall[feeder_id])
            if int(at) - int(START) >= len(self.trace.able):
                self.trace.able.append(tuple(_able(self.chargers)))
                self.trace.power_w.append(0.0)
            self.trace.power_w[-1] += (until - at) * sum(
                sum(charger.phase_amps) * 230.0 for charger in self.chargers.values() if charger.amps
            )
            at = until

    # When passes run

    def _listen(self) -> None:
        for meter in self.meters.values():
            for entity in meter.entities.values():
                entity.on_change.append(self._meter_changed)
        for device in (
            *self.chargers.values(),
            *self.batteries.values(),
            *self.homes.values(),
            *self.suns.values(),
        ):
            for entity in device.entities.values():
                entity.on_change.append(self._device_changed)

    def _meter_changed(self) -> None:
        """Phases that come in one moment are one pass, as in `meter_moment.py`."""
        if not self._meter_pass:
            self._meter_pass = True
            self.agenda.after(self._gather_s, self._on_meter)

    def _on_meter(self) -> None:
        self._meter_pass = False
        self.step()

    def _device_changed(self) -> None:
        if not self._device_pass:
            self._device_pass = True
            self.agenda.after(_DEVICE_CHANGE_DELAY_S, self._on_device)

    def _on_device(self) -> None:
        self._device_pass = False
        self.step()

    def _beat(self) -> None:
        self.step()
        self.agenda.after(self.config.timing.heartbeat_s, self._beat)

    def _save(self) -> None:
        adapters = {device_id: dict(hands.adapter.memory()) for device_id, hands in self.hands.items()}
        self._disk = json.dumps({"engine": self.engine.to_dict(), "adapters": adapters})
        self._saved_at = self.now


def _able(chargers: Mapping[str, ZooCharger]) -> Iterator[Able]:
    """Yield the cars that would charge if they were let."""
    for device_id, charger in chargers.items():
        car = charger.car
        if charger.powered and car is not None and not car.full and not car.resting:
            yield Able(device_id, car.lines, car.max_a)

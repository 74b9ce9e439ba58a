"""A charger with its car: how it is told a limit, how it is paused, and perhaps a current to feed back."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.const import UnitOfElectricCurrent

from ...grid.model.world import ChargerConfig, ChargerSetpoint, ChargerTelemetry, PhaseTriple
from ..io.action_running import ActionRunner
from ..io.entity_reading import EntityReader, Sample, reading_of_total
from ..io.entity_writing import EntityWriter
from ..io.power_reading import PowerReader
from ..io.setting import Scale
from ..io.toggle import SelectToggle, SwitchToggle, Toggle
from ..shape import Actions, ChargerControl, ChargerShape, Status
from .base import OVER_RATING, Adapter, DeviceError
from .charge_limit import ActionLimit, ChargeLimit, EntityLimit, FixedLimit
from .charging_switch import ChargingSwitch
from .hand_pause import HandPause
from .keep_alive import KeepAlive
from .phase_switch import PhaseSwitch

#: Less than this is what an idle charger takes itself, W.
_DRAWS_W: Final = 300.0
#: A phase with more is in use, A, once another carries what a car charges with.
_USED_A: Final = 1.1
_CHARGING_A: Final = 4.0
#: With these it draws nothing, whether its sensor of power has a value or not.
_IDLE: Final = frozenset({Status.DISCONNECTED, Status.CONNECTED, Status.FINISHED})
#: What says whether a car is there.
_PLUGGED: Final = {Status.DISCONNECTED: False, Status.CONNECTED: True, Status.CHARGING: True, Status.FINISHED: True}

type RunnerOf = Callable[[Actions], ActionRunner]
"""Makes what runs a list of actions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarEntities:
    """Where to read of the car at a charger.

    Attributes:
        soc: The sensor of its state of charge.
        departure: The time of day at which it usually leaves, "HH:MM[:SS]".
        departure_entity: An entity that knows when it leaves.
    """

    soc: str | None = None
    departure: str | None = None
    departure_entity: str | None = None


class ChargerAdapter(Adapter[ChargerTelemetry, ChargerSetpoint]):
    """A charger. Its charge limit and its discharge current are never both above zero."""

    def __init__(
        self,
        reader: EntityReader,
        writer: EntityWriter,
        config: ChargerConfig,
        shape: ChargerShape,
        *,
        actions: RunnerOf,
        car: CarEntities | None = None,
        discharge_current: str | None = None,
        fail_safe: str | None = None,
        memory: Mapping[str, Any] | None = None,
    ) -> None:
        """`actions` makes what runs a list of actions; `memory` is what `memory()` gave before a restart."""
        # It can be changed while the charger works.
        self.car = CarEntities() if car is None else car
        self._config = config
        self._shape = shape
        self._status = shape.status
        self._connected = shape.connected
        self._power = PowerReader(reader, shape.power)
        self._limit = _limit(reader, writer, config, shape, actions)
        toggle = _toggle(reader, writer, shape)
        self._switch = None if toggle is None else ChargingSwitch(toggle, memory=memory)
        by_limit = toggle is None and not shape.pause.pause_actions and shape.pause.zero and shape.limit is not None
        self._hand = HandPause(memory) if by_limit else None
        self._pause_actions = actions(shape.pause.pause_actions) if shape.pause.pause_actions else None
        self._resume_actions = actions(shape.pause.resume_actions) if shape.pause.resume_actions else None
        change = shape.phases
        runner = actions(change.actions) if change is not None and change.actions else None
        self._phase_switch = None if change is None else PhaseSwitch(reader, writer, change, runner)
        # Whether it was paused by actions; None: nobody has told it since the start.
        self._is_paused: bool | None = None
        # One number for both directions is told the one or the other in any case.
        self._is_signed = discharge_current is not None and discharge_current == self._limit.entity_id
        self._discharge = discharge_current
        self._fail_safe = fail_safe
        self._told_a: float | None = None
        self._phases = 1 if config.limit_undivided else len(config.phases)
        self._keep_alive = KeepAlive(shape.keep_alive_s)
        self.keep_alive_s = shape.keep_alive_s
        status = None if shape.status is None else shape.status.entity_id
        pausing = None if toggle is None else toggle.entity_id
        phases = None if change is None else change.entity_id
        read = (*shape.power.entity_ids, self._limit.entity_id, pausing, phases, shape.connected, status)
        super().__init__(reader, writer, *read, self.car.soc, self.car.departure_entity)
        written = (self._limit.entity_id, pausing, phases, discharge_current, fail_safe)
        self._written = frozenset(each for each in written if each is not None)
        self.enrolment_ids = frozenset(() if fail_safe is None else (fail_safe,))

    @override
    def telemetry(self) -> ChargerTelemetry:
        reader = self._reader
        phases = self._config.phases
        power = self._drawn()
        connected = self._observe_switch()
        soc = reader.percent(self.car.soc)
        heard_at = self._power.heard_at(but=self._written)
        return ChargerTelemetry(
            reading=reading_of_total(power, phases, weights=self._weights(), heard_at=heard_at),
            connected=connected,
            soc=None if soc is None else soc.value,
            departure_at=self._departure_at(),
            energy_needed_wh=None,
            # Many know no power before their first session.
            available=(power is not None or self._power.is_there) and self._limit.available,
            soc_at=None if soc is None else soc.at,
            heard_at=heard_at,
            shown_a=self._shown_a(),
            lowest_a=self.lowest_a,
            kept_off=self.kept_off,
            phases_shown=None if self._phase_switch is None else self._phase_switch.shown(),
            least_w=self._limit.least_w,
        )

    @property
    def kept_off(self) -> bool:
        """Whether somebody else switched it off, or set its limit to 0."""
        watched = self._switch if self._hand is None else self._hand
        return watched is not None and watched.kept_off

    @property
    def lowest_a(self) -> float:
        """The least current that it can be told, A: 0 when it can be paused.

        A switch that cannot be reached pauses nothing; many are away while there is no car.
        """
        if self._pause_actions is not None or (self._switch is not None and self._switch.reachable):
            return 0.0
        return self._limit.lowest_a

    @override
    async def apply(self, setpoint: ChargerSetpoint) -> None:
        self._told_a = setpoint.current_a
        self._count_phases(setpoint.phases)
        if setpoint.current_a > 0.0:
            if self._hand is not None and self._hand.kept_off:
                return
            await self._charge(setpoint.current_a, again=setpoint.again)
        elif setpoint.current_a < 0.0 and self._discharge is not None:
            await self._feed_back(self._discharge, -setpoint.current_a)
        else:
            await self._pause(again=setpoint.again)
        if setpoint.change_to is not None and self._phase_switch is not None:
            # Only now: what it was told before this has been taken.
            await self._phase_switch.set(setpoint.change_to)

    @override
    async def safe_state(self) -> None:
        """Bring it to its safe current, from above: what is lower stays, so that a stop never adds load."""
        safe_a = self._config.safe_current_a
        if self._config.limit_undivided:
            # Whoever charges next, while nobody watches, may have a car on one phase.
            self._phases = 1
        lower = [each for each in (self._shown_a(), self._told_a) if each is not None]
        amps = min(safe_a, *lower) if lower else safe_a
        if amps > 0.0:
            await self._charge(amps)
            return
        await self._pause()
        can_pause = self._switch is not None or self._pause_actions is not None
        if can_pause and safe_a > 0.0 and (self._limit.shown_a() or 0.0) > safe_a:
            # Whoever switches it on while nobody watches must not find an old limit there.
            await self._limit.set(safe_a, phases=self._phases)

    @override
    async def enrol(self) -> None:
        """Give the charger its fail-safe current: when Home Assistant dies, nobody else can bring it down."""
        if self._fail_safe is not None:
            await self._writer.set_current(self._fail_safe, self._config.safe_current_a)

    @override
    def memory(self) -> Mapping[str, Any]:
        watched = self._switch if self._hand is None else self._hand
        return {} if watched is None else watched.memory()

    @property
    @override
    def enrolled(self) -> bool | None:
        if self._fail_safe is None:
            return None
        return self._writer.shows_current(self._fail_safe, self._config.safe_current_a)

    async def _charge(self, amps: float, *, again: bool = False) -> None:
        await self._stop_feeding_back()
        # The limit comes before the switch, so that a paused car never resumes at its old limit.
        await self._limit.set(amps, phases=self._phases, again=again or self._keep_alive.due)
        self._keep_alive.told()
        await self._let_go()

    async def _pause(self, *, again: bool = False) -> None:
        await self._stop_feeding_back()
        failure: DeviceError | None = None
        by_switch = self._switch is not None or self._pause_actions is not None
        if again and (by_switch or self.lowest_a < self._config.min_current_a):
            # It draws all the same: perhaps it takes 0 for "no change", or its switch is none. Then it is to draw its
            # least.
            least = self._limit.set(self._config.min_current_a, phases=self._phases, again=True)
            failure = await self._attempt(least)
        if by_switch:
            off = await self._attempt(self._hold(again=again))
            failure = failure or off
            if off is not None:
                await self._attempt(self._limit.set_lowest(phases=self._phases, again=again))
        else:
            lowest = self._limit.set_lowest(phases=self._phases, again=again or self._keep_alive.due)
            kept = await self._attempt(lowest)
            failure = kept or failure
            if kept is None:
                self._keep_alive.told()
        if failure is not None:
            raise failure

    async def _hold(self, *, again: bool) -> None:
        """Pause it by what there is for that."""
        if self._switch is not None:
            await self._switch.turn_off(again=again)
        elif self._pause_actions is not None and (again or self._is_paused is not True or self._keep_alive.due):
            self._is_paused = None
            await self._pause_actions.run(amps=0, watts=0, phases=self._phases)
            self._is_paused = True
            self._keep_alive.told()

    @staticmethod
    async def _attempt(write: Coroutine[Any, Any, None]) -> DeviceError | None:
        """Return why a write failed, if it did: what comes after it is done all the same."""
        try:
            await write
        except DeviceError as error:
            return error
        return None

    async def _feed_back(self, discharge: str, amps: float) -> None:
        if self._is_signed:
            await self._writer.set_current(discharge, -amps)
        else:
            await self._limit.set_lowest(phases=self._phases)
            await self._writer.set_current(discharge, amps)
        await self._let_go()

    async def _stop_feeding_back(self) -> None:
        if self._discharge is not None and not self._is_signed:
            await self._writer.set_lowest(self._discharge)

    async def _let_go(self) -> None:
        """Let it charge, where it was paused."""
        if self._switch is not None:
            await self._switch.turn_on(connected=self._observe_switch())
        elif self._resume_actions is not None and self._is_paused is not False:
            await self._resume_actions.run(amps=self._told_a or 0.0, watts=0, phases=self._phases)
            self._is_paused = False
        else:
            self._is_paused = False

    def _observe_switch(self) -> bool | None:
        """Let the switch see what there is to see; returns whether a car is plugged in."""
        connected = self._plugged_in()
        if self._hand is not None and self._shape.limit is not None:
            self._hand.observe(self._reader.state(self._shape.limit), self._limit.shown_a(), connected=connected)
        if self._switch is not None:
            power = self._power.sample()
            self._switch.observe(connected=connected, draws=power is not None and abs(power.value) >= _DRAWS_W)
        return connected

    def _shown_a(self) -> float | None:
        """Return the limit that it shows, A: 0 while it is switched off; None while it shows none."""
        if self._switch is not None and self._switch.on is False:
            return 0.0
        if self._is_paused:
            return 0.0
        return self._limit.shown_a()

    def _meaning(self) -> Status | None:
        """Return what its status means; None while it says nothing that is known."""
        if self._status is None or (state := self._reader.state(self._status.entity_id)) is None:
            return None
        return self._status.meanings.get(state.state)

    def _plugged_in(self) -> bool | None:
        connected = self._reader.on(self._connected)
        if connected is None and (meaning := self._meaning()) is not None:
            return _PLUGGED.get(meaning)
        return connected

    def _drawn(self) -> Sample | None:
        """Return what it draws, W. Many say nothing about that while they are idle: then their status tells it."""
        if (power := self._power.sample()) is not None:
            return power
        said = self._connected if self._reader.on(self._connected) is False else None
        if said is None and self._status is not None and self._meaning() in _IDLE:
            said = self._status.entity_id
        at = None if said is None else self._reader.heard_at(said, but=self._written)
        return None if at is None else Sample(value=0.0, at=at, changed_at=at)

    def _weights(self) -> PhaseTriple | None:
        most_a = OVER_RATING * max(self._config.max_current_a, self._config.max_discharge_a)
        return self._power.weights(self._config.phases, most_a=most_a)

    def _count_phases(self, known: int | None) -> None:
        """Find out how many phases are in use: as few as there is reason to believe, since each then has more."""
        count = len(self._config.phases) if known is None else known
        weights = self._weights()
        if weights is not None and max(weights) >= _CHARGING_A:
            count = min(count, sum(1 for amps in weights if amps > _USED_A))
        self._phases = max(1, count)

    def _departure_at(self) -> float | None:
        car = self.car
        if car.departure_entity is not None:
            return self._reader.moment(car.departure_entity)
        return None if car.departure is None else self._reader.next_time_of_day(car.departure)


def _limit(
    reader: EntityReader, writer: EntityWriter, config: ChargerConfig, shape: ChargerShape, actions: RunnerOf
) -> ChargeLimit:
    volts, zero = shape.power.voltage_v, shape.pause.zero
    match shape.control:
        case ChargerControl.ACTIONS:
            return ActionLimit(actions(shape.set_actions), config, volts=volts, zero_pauses=zero)
        case ChargerControl.ON_OFF:
            return FixedLimit(config)
        case ChargerControl.LIMIT:
            assert shape.limit is not None  # noqa: S101  # the shape has seen to that
            scale = limit_scale(shape, config.max_current_a, len(config.phases))
            return EntityLimit(reader, writer, shape.limit, scale, config, zero_pauses=zero)


def limit_scale(shape: ChargerShape, max_current_a: float, phases: int) -> Scale:
    """Return how a charger's limit is written.

    Args:
        shape: How it is told.
        max_current_a: Its greatest current, A per phase.
        phases: How many phases it has.
    """
    return Scale(
        base=UnitOfElectricCurrent.AMPERE,
        watts_per_amp=shape.power.voltage_v * phases,
        full=shape.limit_full or max_current_a,
        unit=shape.limit_unit or UnitOfElectricCurrent.AMPERE,
    )


def _toggle(reader: EntityReader, writer: EntityWriter, shape: ChargerShape) -> Toggle | None:
    pause = shape.pause
    if pause.switch is not None:
        return SwitchToggle(reader, writer, pause.switch, inverted=pause.inverted)
    if pause.select is not None and pause.pause_option is not None and pause.resume_option is not None:
        return SelectToggle(reader, writer, pause.select, on=pause.resume_option, off=pause.pause_option)
    return None

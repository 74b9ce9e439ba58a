"""A charger with its car: a current limit, perhaps a switch that pauses, perhaps a current to feed back."""

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from ...grid.model.world import ChargerConfig, ChargerSetpoint, ChargerTelemetry
from ..io.entity_reading import EntityReader, reading_of_total
from ..io.entity_writing import EntityWriter
from .base import OVER_RATING, Adapter, DeviceError, phase_weights
from .charging_switch import ChargingSwitch

#: Less than this is what an idle charger takes itself, W.
_DRAWS_W: Final = 300.0


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
        *,
        power: str,
        currents: tuple[str, ...],
        current_limit: str,
        enable: str | None = None,
        enable_pauses: bool = False,
        connected: str | None = None,
        car: CarEntities | None = None,
        discharge_current: str | None = None,
        fail_safe: str | None = None,
        memory: Mapping[str, Any] | None = None,
    ) -> None:
        # It can be changed while the charger works.
        self.car = CarEntities() if car is None else car
        own = (self.car.soc, self.car.departure_entity)
        super().__init__(reader, writer, power, *currents, current_limit, enable, connected, *own)
        self._config = config
        self._power = power
        self._currents = currents
        self._limit = current_limit
        self._switch = (
            None if enable is None else ChargingSwitch(reader, writer, enable, pauses=enable_pauses, memory=memory)
        )
        self._connected = connected
        self._discharge = discharge_current
        self._fail_safe = fail_safe
        written = (current_limit, enable, discharge_current, fail_safe)
        self._written = frozenset(each for each in written if each is not None)
        # The least that the limit goes down to, A: what it said last, while it says nothing.
        self._lowest_a = config.min_current_a
        self._told_a: float | None = None
        self.enrolment_ids = frozenset(() if fail_safe is None else (fail_safe,))

    @override
    def telemetry(self) -> ChargerTelemetry:
        reader = self._reader
        phases = self._config.phases
        power = reader.power_w(self._power)
        connected = self._observe_switch()
        soc = reader.percent(self.car.soc)
        heard_at = reader.heard_at(self._power, but=self._written)
        most_a = OVER_RATING * max(self._config.max_current_a, self._config.max_discharge_a)
        weights = phase_weights(reader, self._currents, phases, most_a=most_a)
        return ChargerTelemetry(
            reading=reading_of_total(power, phases, weights=weights, heard_at=heard_at),
            connected=connected,
            soc=None if soc is None else soc.value,
            departure_at=self._departure_at(),
            energy_needed_wh=None,
            # Many know no power before their first session.
            available=reader.is_there(self._power) and reader.setting_a(self._limit) is not None,
            soc_at=None if soc is None else soc.at,
            heard_at=heard_at,
            shown_a=self._shown_a(),
            lowest_a=self.lowest_a,
            kept_off=self.kept_off,
        )

    @property
    def kept_off(self) -> bool:
        """Whether somebody else switched it off."""
        return self._switch is not None and self._switch.kept_off

    @property
    def lowest_a(self) -> float:
        """The least current that it can be told, A: 0 when it can be paused.

        A switch that cannot be reached pauses nothing; many are away while there is no car.
        """
        if self._switch is not None and self._switch.reachable:
            return 0.0
        self._lowest_a = _or(self._writer.lowest_a(self._limit), self._lowest_a)
        return self._lowest_a

    @override
    async def apply(self, setpoint: ChargerSetpoint) -> None:
        self._told_a = setpoint.current_a
        if setpoint.current_a > 0.0:
            await self._charge(setpoint.current_a, again=setpoint.again)
        elif setpoint.current_a < 0.0 and self._discharge is not None:
            await self._feed_back(self._discharge, -setpoint.current_a)
        else:
            await self._pause(again=setpoint.again)

    @override
    async def safe_state(self) -> None:
        """Bring it to its safe current, from above: what is lower stays, so that a stop never adds load."""
        safe_a = self._config.safe_current_a
        lower = [each for each in (self._shown_a(), self._told_a) if each is not None]
        amps = min(safe_a, *lower) if lower else safe_a
        if amps > 0.0:
            await self._charge(amps)
            return
        await self._pause()
        if self._switch is not None and safe_a > 0.0 and (self._reader.setting_a(self._limit) or 0.0) > safe_a:
            # Whoever switches it on while nobody watches must not find an old limit there.
            await self._writer.set_current(self._limit, safe_a)

    @override
    async def enrol(self) -> None:
        """Give the charger its fail-safe current: when Home Assistant dies, nobody else can bring it down."""
        if self._fail_safe is not None:
            await self._writer.set_current(self._fail_safe, self._config.safe_current_a)

    @override
    def memory(self) -> Mapping[str, Any]:
        return {} if self._switch is None else self._switch.memory()

    @property
    @override
    def enrolled(self) -> bool | None:
        if self._fail_safe is None:
            return None
        return self._writer.shows_current(self._fail_safe, self._config.safe_current_a)

    async def _charge(self, amps: float, *, again: bool = False) -> None:
        await self._stop_feeding_back()
        # The limit comes before the switch, so that a paused car never resumes at its old limit.
        await self._writer.set_current(self._limit, amps, again=again)
        await self._switch_on()

    async def _pause(self, *, again: bool = False) -> None:
        await self._stop_feeding_back()
        failure: DeviceError | None = None
        if again and (self._switch is not None or self.lowest_a < self._config.min_current_a):
            # It draws all the same: perhaps it takes 0 for "no change", or its switch is none. Then it is to draw its
            # least.
            failure = await self._attempt(self._writer.set_current(self._limit, self._config.min_current_a, again=True))
        if self._switch is not None:
            off = await self._attempt(self._switch.turn_off(again=again))
            failure = failure or off
            if off is not None:
                await self._attempt(self._writer.set_lowest(self._limit, again=again))
        else:
            failure = await self._attempt(self._writer.set_lowest(self._limit, again=again)) or failure
        if failure is not None:
            raise failure

    @staticmethod
    async def _attempt(write: Coroutine[Any, Any, None]) -> DeviceError | None:
        """Return why a write failed, if it did: what comes after it is done all the same."""
        try:
            await write
        except DeviceError as error:
            return error
        return None

    async def _feed_back(self, discharge: str, amps: float) -> None:
        await self._writer.set_lowest(self._limit)
        await self._writer.set_current(discharge, amps)
        await self._switch_on()

    async def _stop_feeding_back(self) -> None:
        if self._discharge is not None:
            await self._writer.set_lowest(self._discharge)

    async def _switch_on(self) -> None:
        if self._switch is not None:
            await self._switch.turn_on(connected=self._observe_switch())

    def _observe_switch(self) -> bool | None:
        """Let the switch see what there is to see; returns whether a car is plugged in."""
        connected = self._reader.on(self._connected)
        if self._switch is not None:
            power = self._reader.power_w(self._power)
            self._switch.observe(connected=connected, draws=power is not None and abs(power.value) >= _DRAWS_W)
        return connected

    def _shown_a(self) -> float | None:
        """Return the limit that it shows, A: 0 while it is switched off; None while it shows none."""
        if self._switch is not None and self._switch.on is False:
            return 0.0
        return self._reader.setting_a(self._limit)

    def _departure_at(self) -> float | None:
        car = self.car
        if car.departure_entity is not None:
            return self._reader.moment(car.departure_entity)
        return None if car.departure is None else self._reader.next_time_of_day(car.departure)


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value

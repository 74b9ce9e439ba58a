"""A charger with its car: a current limit, perhaps a switch that pauses, perhaps a current to feed back."""

from typing import override

from ..grid.model import ChargerConfig, ChargerSetpoint, ChargerTelemetry
from .base import Adapter, phase_weights
from .entity_reading import EntityReader, reading_of_total
from .entity_writing import EntityWriter


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
        connected: str | None = None,
        soc: str | None = None,
        discharge_current: str | None = None,
        departure: str | None = None,
        departure_entity: str | None = None,
        fail_safe: str | None = None,
    ) -> None:
        super().__init__(reader, writer, power, *currents, current_limit, enable, connected, soc, departure_entity)
        self._config = config
        self._power = power
        self._currents = currents
        self._limit = current_limit
        self._enable = enable
        self._connected = connected
        self._soc = soc
        self._discharge = discharge_current
        self._departure_entity = departure_entity
        self._fail_safe = fail_safe
        self.enrolment_ids = frozenset(() if fail_safe is None else (fail_safe,))
        # "HH:MM[:SS]"; it can be changed while the charger works.
        self.departure = departure

    @property
    def can_pause(self) -> bool:
        """Whether the charger can be brought to 0 A."""
        return self._enable is not None or self._writer.can_be_zero(self._limit)

    @override
    def telemetry(self) -> ChargerTelemetry:
        reader = self._reader
        phases = self._config.phases
        power = reader.power_w(self._power)
        return ChargerTelemetry(
            reading=reading_of_total(power, phases, weights=phase_weights(reader, self._currents, phases)),
            connected=reader.on(self._connected),
            soc=reader.percent(self._soc),
            departure_at=self._departure_at(),
            energy_needed_wh=None,
            available=(power is not None or reader.is_live(self._power)) and reader.is_live(self._limit),
        )

    @override
    async def apply(self, setpoint: ChargerSetpoint) -> None:
        if setpoint.current_a > 0.0:
            await self._charge(setpoint.current_a, again=setpoint.again)
        elif setpoint.current_a < 0.0 and self._discharge is not None:
            await self._feed_back(self._discharge, -setpoint.current_a)
        else:
            await self._pause()

    @override
    async def safe_state(self) -> None:
        if self._config.safe_current_a > 0.0:
            await self._charge(self._config.safe_current_a)
        else:
            await self._pause()

    @override
    async def enrol(self) -> None:
        """Give the charger its fail-safe current: when Home Assistant dies, nobody else can bring it down."""
        if self._fail_safe is not None:
            await self._writer.set_current(self._fail_safe, self._config.safe_current_a)

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
        if self._enable is not None:
            await self._writer.set_switch(self._enable, on=True)

    async def _pause(self) -> None:
        await self._stop_feeding_back()
        if self._enable is not None:
            await self._writer.set_switch(self._enable, on=False)
        else:
            await self._writer.set_lowest(self._limit)

    async def _feed_back(self, discharge: str, amps: float) -> None:
        await self._writer.set_lowest(self._limit)
        await self._writer.set_current(discharge, amps)
        if self._enable is not None:
            await self._writer.set_switch(self._enable, on=True)

    async def _stop_feeding_back(self) -> None:
        if self._discharge is not None:
            await self._writer.set_lowest(self._discharge)

    def _departure_at(self) -> float | None:
        if self._departure_entity is not None:
            return self._reader.moment(self._departure_entity)
        return None if self.departure is None else self._reader.next_time_of_day(self.departure)

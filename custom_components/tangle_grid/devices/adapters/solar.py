"""Rooftop sun: measured, never told anything."""

from typing import Never, override

from ...grid.model.world import SolarConfig, SolarTelemetry
from ..io.entity_reading import EntityReader, reading_of_total
from ..io.entity_writing import EntityWriter
from .base import Adapter


class SolarAdapter(Adapter[SolarTelemetry, Never]):
    """A solar inverter. Its sensor counts production as positive unless `production_negative`; the grid does not."""

    def __init__(
        self,
        reader: EntityReader,
        writer: EntityWriter,
        config: SolarConfig,
        *,
        power: str,
        production_negative: bool = False,
    ) -> None:
        super().__init__(reader, writer, power)
        self._config = config
        self._power = power
        self._production_negative = production_negative

    @override
    def telemetry(self) -> SolarTelemetry:
        power = self._reader.power_w(self._power)
        if power is not None and not self._production_negative:
            power = power.negated()
        return SolarTelemetry(
            reading=reading_of_total(power, self._config.phases, heard_at=self._reader.heard_at(self._power)),
            available=self._reader.is_live(self._power),
        )

    @override
    async def apply(self, setpoint: Never) -> None:
        """The sun takes no orders."""

    @override
    async def safe_state(self) -> None:
        """The sun has no other state."""

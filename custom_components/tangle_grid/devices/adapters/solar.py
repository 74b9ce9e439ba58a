"""Rooftop sun: measured, never told anything."""

from typing import Never, override

from ...grid.model.world import SolarConfig, SolarTelemetry
from ..io.entity_reading import EntityReader, reading_of_total
from ..io.entity_writing import EntityWriter
from ..io.power_reading import PowerReader
from ..shape import PowerSource
from .base import Adapter


class SolarAdapter(Adapter[SolarTelemetry, Never]):
    """A solar inverter. In the grid what it gives is negative."""

    def __init__(
        self,
        reader: EntityReader,
        writer: EntityWriter,
        config: SolarConfig,
        *,
        power: PowerSource,
    ) -> None:
        """`power` counts what is taken as positive."""
        super().__init__(reader, writer, *power.entity_ids)
        self._config = config
        self._power = PowerReader(reader, power)

    @override
    def telemetry(self) -> SolarTelemetry:
        phases = self._config.phases
        return SolarTelemetry(
            reading=reading_of_total(
                self._power.sample(), phases, weights=self._power.weights(phases), heard_at=self._power.heard_at()
            ),
            available=self._power.is_live,
        )

    @override
    async def apply(self, setpoint: Never) -> None:
        """Do nothing: the sun takes no orders."""

    @override
    async def safe_state(self) -> None:
        """Do nothing: the sun has no other state."""

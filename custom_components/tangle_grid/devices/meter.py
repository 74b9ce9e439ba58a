"""The meter of the feed."""

from collections.abc import Sequence

from ..grid.model import PhaseReading
from .entity_reading import NOMINAL_VOLTAGE_V, EntityReader, reading_per_phase


class Meter:
    """One sensor on a single-phase feed, or three in the order L1, L2, L3.

    Attributes:
        entity_ids: The sensors.
    """

    def __init__(self, reader: EntityReader, *, power: Sequence[str] = (), current: Sequence[str] = ()) -> None:
        self.entity_ids = frozenset((*power, *current))
        self._reader = reader
        self._power = tuple(power)
        self._current = tuple(current)

    def reading(self) -> PhaseReading | None:
        """Measured power, or None while any phase is missing.

        Current sensors do not say which way the power flows: all of it counts as load.
        """
        if self._power:
            return reading_per_phase([self._reader.power_w(entity_id) for entity_id in self._power])
        samples = [self._reader.current_a(entity_id) for entity_id in self._current]
        return reading_per_phase(samples, factor=NOMINAL_VOLTAGE_V)

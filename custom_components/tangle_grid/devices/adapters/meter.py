"""The meter of a feeder."""

from collections.abc import Sequence
from dataclasses import replace

from ...grid.model.world import PhaseReading
from ..io.entity_reading import NOMINAL_VOLTAGE_V, PHASE_COUNT, EntityReader, reading_of_total, reading_per_phase
from ..io.power_reading import net


class Meter:
    """One sensor on a single-phase feeder, three in the order of `phases`, or one for all of them.

    Attributes:
        entity_ids: The sensors.
    """

    def __init__(
        self,
        reader: EntityReader,
        *,
        power: Sequence[str] = (),
        current: Sequence[str] = (),
        export: Sequence[str] = (),
        phases: Sequence[int] = (0, 1, 2),
        total: bool = False,
    ) -> None:
        """Take its sensors.

        Args:
            reader: Reads them.
            power: Of power, signed, unless there is `export`.
            current: Of currents, where there are none of power.
            export: For each sensor of power the one of what is fed in; none: they are signed.
            phases: Which grid phase each sensor is on; of one sensor the first one counts.
            total: The one sensor of power measures all phases together.
        """
        self.entity_ids = frozenset((*power, *current, *export))
        self._reader = reader
        self._power = tuple(power)
        self._current = tuple(current)
        self._export = tuple(export)
        self._phases = tuple(phases)
        self._total = total

    def reading(self) -> PhaseReading | None:
        """Return measured power, or None while any phase is missing; a total is spread evenly over its phases.

        Current sensors do not say which way the power flows: all of it counts as load.
        """
        heard_at = self._heard_at()
        if self._power:
            samples = [self._reader.power_w(entity_id) for entity_id in self._power]
            if self._export:
                given = [self._reader.power_w(entity_id) for entity_id in self._export]
                samples = [net(taken, given_w) for taken, given_w in zip(samples, given, strict=False)]
            if self._total:
                return reading_of_total(samples[0], self._phases, heard_at=heard_at)
            reading = reading_per_phase(samples, heard_at=heard_at)
        else:
            samples = [self._reader.current_a(entity_id) for entity_id in self._current]
            reading = reading_per_phase(samples, factor=NOMINAL_VOLTAGE_V, heard_at=heard_at)
        if reading is None or self._phases == tuple(range(PHASE_COUNT)):
            return reading
        power = [0.0] * PHASE_COUNT
        for watts, phase in zip(reading.power_w, self._phases, strict=False):
            power[phase] = watts
        return replace(reading, power_w=(power[0], power[1], power[2]))

    def _heard_at(self) -> float | None:
        """Return the sign of life of the phase that was heard longest ago: three meters may be one each."""
        heard = [self._reader.heard_at(entity_id) for entity_id in (*self._power, *self._current)]
        known = [each for each in heard if each is not None]
        return min(known) if len(known) == len(heard) and known else None

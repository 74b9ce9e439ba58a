"""The power of a device, however it is told.

By one signed sensor, by two for the two directions, by an attribute, or by the currents of its phases.
"""

import math
from collections.abc import Container, Sequence
from typing import Final

from ...grid.model.world import PhaseTriple
from ..shape import PowerSource
from .entity_reading import PHASE_COUNT, EntityReader, Sample

#: Less than this flows only because no sensor is exact, W.
_NOTHING_W: Final = 1.0


class PowerReader:
    """Reads one device's power."""

    def __init__(self, reader: EntityReader, source: PowerSource) -> None:
        self._reader = reader
        self._source = source
        self._entity_ids = source.entity_ids if source.power is None else source.entity_ids[: 2 if source.export else 1]

    @property
    def is_there(self) -> bool:
        """Whether all its sensors can be reached, although they may have had nothing to say yet."""
        return all(self._reader.is_there(entity_id) for entity_id in self._entity_ids)

    @property
    def is_live(self) -> bool:
        """Whether all its sensors have something to say."""
        return all(self._reader.is_live(entity_id) for entity_id in self._entity_ids)

    def heard_at(self, *, but: Container[str] = ()) -> float | None:
        """Return grid time of the newest sign of life of the device, epoch s; `but`: see `EntityReader.heard_at`."""
        return self._reader.heard_at(*self._entity_ids, but=but)

    def sample(self) -> Sample | None:
        """Return the power over all phases, W; None while any part of it is missing."""
        source = self._source
        if source.power is None:
            sample = self._of_currents()
        elif source.attribute is not None or source.unit is not None:
            sample = self._reader.power_w_in(source.power, source.attribute, source.unit)
        else:
            sample = self._reader.power_w(source.power)
        if source.export is not None:
            sample = net(sample, self._reader.power_w(source.export))
        return sample.negated() if sample is not None and source.inverted else sample

    def weights(self, phases: Sequence[int], *, most_a: float = math.inf) -> PhaseTriple | None:
        """Return the measured share of each phase, A per grid phase; None where the currents do not tell it.

        Args:
            phases: Grid phases of the device. With three of them their order says which grid phase the device's L1 is
                on; otherwise its currents are taken to count the grid's phases.
            most_a: More than this is no measurement, A.
        """
        samples = self._currents()
        if len(samples) != PHASE_COUNT:
            return None
        weights = [0.0] * PHASE_COUNT
        order = phases if len(phases) == PHASE_COUNT else tuple(range(PHASE_COUNT))
        for phase, sample in zip(order, samples, strict=True):
            if sample is None or abs(sample.value) > most_a:
                return None
            weights[phase] = abs(sample.value)
        return (weights[0], weights[1], weights[2])

    def _currents(self) -> list[Sample | None]:
        source = self._source
        if source.current_attributes:
            return [self._reader.current_a_in(source.currents[0], each) for each in source.current_attributes]
        return [self._reader.current_a(entity_id) for entity_id in source.currents]

    def _of_currents(self) -> Sample | None:
        samples = self._currents()
        known = [sample for sample in samples if sample is not None]
        if not known or len(known) != len(samples):
            return None
        return Sample(
            value=sum(sample.value for sample in known) * self._source.voltage_v,
            at=min(sample.at for sample in known),
            changed_at=max(sample.changed_at for sample in known),
        )


def net(taken: Sample | None, given: Sample | None) -> Sample | None:
    """Return one signed power of two for the two directions; None while either is missing.

    Many devices report only the one that moves, and the other stands at 0 as long as nothing flows that way. So the
    one that is not 0 says how old both are.
    """
    if taken is None or given is None:
        return None
    if abs(given.value) < _NOTHING_W <= abs(taken.value):
        at = taken.at
    elif abs(taken.value) < _NOTHING_W <= abs(given.value):
        at = given.at
    else:
        at = min(taken.at, given.at)
    return Sample(value=taken.value - abs(given.value), at=at, changed_at=max(taken.changed_at, given.changed_at))

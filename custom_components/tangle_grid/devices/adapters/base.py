"""What every adapter offers: the entities it reads, its telemetry, and a way to tell the device something."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from ...grid.model.world import PhaseTriple, Setpoint, Telemetry
from ..io.entity_reading import EntityReader, Sample
from ..io.entity_writing import DeviceError, EntityWriter

__all__ = ["OVER_RATING", "Adapter", "DeviceError", "phase_weights"]

#: A device that reports so many times what it can do is not measured but misread.
OVER_RATING: Final = 3.0


class Adapter[TelemetryT: Telemetry, SetpointT: Setpoint](ABC):
    """One device behind its Home Assistant entities.

    Reading is synchronous and cheap: it looks at states that are already in memory. Telling is asynchronous, takes
    at most a few seconds, and raises `DeviceError`. Calls of `apply` must not overlap.

    Attributes:
        entity_ids: The entities whose changes may change the telemetry.
        enrolment_ids: The entities that `enrol` sets.
    """

    enrolment_ids: frozenset[str] = frozenset()

    def __init__(self, reader: EntityReader, writer: EntityWriter, *entity_ids: str | None) -> None:
        self.entity_ids = frozenset(entity_id for entity_id in entity_ids if entity_id is not None)
        self._reader = reader
        self._writer = writer

    @abstractmethod
    def telemetry(self) -> TelemetryT:
        """Return what the device measures now."""

    @abstractmethod
    async def apply(self, setpoint: SetpointT) -> None:
        """Tell the device; writes only what the entities do not show already.

        Raises:
            DeviceError: The device did not take it.
        """

    @abstractmethod
    async def safe_state(self) -> None:
        """Leave the device as it should be when nobody controls it.

        Raises:
            DeviceError: The device did not take it.
        """

    async def enrol(self) -> None:  # noqa: B027 - most devices have nothing to keep
        """Set what the device keeps for the time when nobody controls it any more; most have nothing of the kind.

        Raises:
            DeviceError: The device did not take it.
        """

    @property
    def enrolled(self) -> bool | None:
        """Whether the device shows what `enrol` set; None: it cannot be told, or there is nothing to set."""
        return None

    def memory(self) -> Mapping[str, Any]:
        """Return what the adapter must know again after a restart (JSON-able); most know nothing."""
        return {}


def phase_weights(
    reader: EntityReader, currents: tuple[str, ...], phases: tuple[int, ...], *, most_a: float = math.inf
) -> PhaseTriple | None:
    """Measured share of each phase, from three current sensors.

    Args:
        reader: Reads the sensors.
        currents: Sensors of the device's own L1, L2, L3; anything but three tells nothing about the phases.
        phases: Grid phases of the device. With three of them their order says which grid phase the device's L1 is
            on; otherwise the sensors are taken to count the grid's phases.
        most_a: More than this is no measurement, A.

    Returns:
        Amps per grid phase, or None when a sensor has no value that can be right.
    """
    weights = [0.0, 0.0, 0.0]
    if len(currents) != len(weights):
        return None
    samples: list[Sample | None] = [reader.current_a(entity_id) for entity_id in currents]
    order = phases if len(phases) == len(samples) else tuple(range(len(samples)))
    for phase, sample in zip(order, samples, strict=True):
        if sample is None or abs(sample.value) > most_a:
            return None
        weights[phase] = abs(sample.value)
    return (weights[0], weights[1], weights[2])

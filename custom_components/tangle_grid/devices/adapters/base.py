"""What every adapter offers: the entities it reads, its telemetry, and a way to tell the device something."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from ...grid.model.world import Setpoint, Telemetry
from ..io.device_error import DeviceError
from ..io.entity_reading import EntityReader
from ..io.entity_writing import EntityWriter

__all__ = ["OVER_RATING", "Adapter", "DeviceError"]

#: A device that reports so many times what it can do is not measured but misread.
OVER_RATING: Final = 3.0


class Adapter[TelemetryT: Telemetry, SetpointT: Setpoint](ABC):
    """One device behind its Home Assistant entities.

    Reading is synchronous and cheap: it looks at states that are already in memory. Telling is asynchronous, takes
    at most a few seconds, and raises `DeviceError`. Calls of `apply` must not overlap.

    Attributes:
        entity_ids: The entities whose changes may change the telemetry.
        keep_alive_s: What it was told last is applied again after this, s; None: it does not forget.
        enrolment_ids: The entities that `enrol` sets.
    """

    enrolment_ids: frozenset[str] = frozenset()
    keep_alive_s: float | None = None

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

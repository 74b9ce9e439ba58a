"""A device that somebody else controls: it is looked at, and left alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, override

from ...grid.model.world import Setpoint, Telemetry
from .base import Adapter


class HandsOff(Adapter[Telemetry, Setpoint]):
    """Stands before the adapter of a device that another island controls.

    It counts as one that cannot be reached: the grid keeps free what it may draw, and believes nothing of what it says
    about limits that others set.
    """

    def __init__(self, adapter: Adapter[Any, Any]) -> None:  # it has no entities of its own
        self.entity_ids = adapter.entity_ids
        self._adapter = adapter

    @override
    def telemetry(self) -> Telemetry:
        telemetry: Telemetry = self._adapter.telemetry()
        return replace(telemetry, available=False)

    @override
    async def apply(self, setpoint: Setpoint) -> None:
        """Do nothing: it is told by somebody else."""

    @override
    async def safe_state(self) -> None:
        """Do nothing: it is left as it is."""

    @override
    def memory(self) -> Mapping[str, Any]:
        return self._adapter.memory()

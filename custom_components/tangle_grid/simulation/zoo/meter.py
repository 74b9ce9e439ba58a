"""The meter of a feeder, and a home battery."""

from collections.abc import Callable, Mapping
from typing import override

from ..model import NOMINAL_VOLTAGE
from .agenda import Agenda
from .behaviour import Behaviour
from .device import ZooDevice

type Amps = tuple[float, float, float]


class ZooMeter(ZooDevice):
    """Three sensors of power, one for each phase, or one of all; `load` gives what flows now, A per phase."""

    def __init__(self, agenda: Agenda, *behaviours: Behaviour, load: Callable[[], Amps], total: bool = False) -> None:
        super().__init__(agenda, *behaviours)
        self._load, self._total = load, total
        self.introduce()

    @override
    def values(self) -> Mapping[str, tuple[str, object]]:
        if self._total:
            return {"power": (f"{sum(self._load()) * NOMINAL_VOLTAGE:.0f}", "W")}
        return {f"power_l{line}": (f"{amps * NOMINAL_VOLTAGE:.0f}", "W") for line, amps in enumerate(self._load(), 1)}

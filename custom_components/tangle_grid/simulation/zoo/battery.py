"""A home battery of the zoo, and a home whose load is measured."""

from collections.abc import Callable, Mapping
from typing import Final, override

from ..model import NOMINAL_VOLTAGE
from .agenda import Agenda
from .behaviour import Behaviour
from .charger import FOLLOW_S, SOC, SWITCH
from .device import ZooDevice
from .entity import Entity
from .load import PHASES, Amps

POWER, SETPOINT = "power", "setpoint"
_FULL: Final = 100.0
#: A battery under its own control thinks again so often, s.
_OWN_S: Final = 60.0


class ZooBattery(ZooDevice):
    """A battery that follows a number while its switch is on, and its own mind otherwise.

    Args:
        agenda: The clock.
        behaviours: What it does differently.
        phases: Of the grid.
        max_w: The most that it charges or discharges with.
        capacity_wh: Usable.
        own_w: What it would do by itself at a moment (epoch seconds), W; negative discharges.

    Attributes:
        soc: Its true state of charge, percent.
        power_w: What flows.
        writes: Commands that it got.
    """

    def __init__(
        self,
        agenda: Agenda,
        *behaviours: Behaviour,
        phases: tuple[int, ...] = (0, 1, 2),
        max_w: float = 3000.0,
        capacity_wh: float = 10_000.0,
        own_w: Callable[[float], float] = lambda _: 0.0,
    ) -> None:
        super().__init__(agenda, *behaviours)
        self.phases, self.max_w, self.capacity_wh = phases, max_w, capacity_wh
        self._own_w = own_w
        self.soc = 50.0
        self.power_w = 0.0
        self.writes = 0
        self._told_w = 0.0
        self._follows = False
        self.entities[SETPOINT] = Entity("0", "W", agenda.now, agenda.now, -max_w, max_w)
        self.entities[SWITCH] = Entity("off", None, agenda.now, agenda.now)
        agenda.passing.append(self._store)
        self.introduce()
        self._think()

    def set_power(self, watts: float) -> None:
        """Take a command to its number."""
        if self.reachable:
            self.writes += 1
            self._show(SETPOINT, f"{watts:g}", "W")
            self.agenda.after(FOLLOW_S, lambda: self._take(told_w=watts))

    def set_switch(self, *, on: bool) -> None:
        """Take a command to its switch: whether it follows its number."""
        if self.reachable:
            self.writes += 1
            self._show(SWITCH, "on" if on else "off", None)
            self.agenda.after(FOLLOW_S, lambda: self._take(follows=on))

    @property
    def phase_amps(self) -> Amps:
        """What flows on each phase of the grid, A."""
        amps = [0.0] * PHASES
        for phase in self.phases:
            amps[phase] = self.power_w / NOMINAL_VOLTAGE / len(self.phases)
        return (amps[0], amps[1], amps[2])

    @override
    def values(self) -> Mapping[str, tuple[str, object]]:
        return {POWER: (f"{self.power_w:.0f}", "W"), SOC: (f"{self.soc:.0f}", "%")}

    def _take(self, *, told_w: float | None = None, follows: bool | None = None) -> None:
        self._told_w = self._told_w if told_w is None else told_w
        self._follows = self._follows if follows is None else follows
        self._update()

    def _think(self) -> None:
        self._update()
        self.agenda.after(_OWN_S, self._think)

    def _update(self) -> None:
        wanted = self._told_w if self._follows else self._own_w(self.agenda.now)
        wanted = min(self.max_w, max(-self.max_w, wanted))
        if (wanted > 0 and self.soc >= _FULL) or (wanted < 0 and self.soc <= 0):
            wanted = 0.0
        if wanted != self.power_w:
            self.power_w = wanted
            self.changed()

    def _store(self, begin: float, end: float) -> None:
        stored = self.power_w * (end - begin) / 3600 / self.capacity_wh * _FULL
        self.soc = min(_FULL, max(0.0, self.soc + stored))


class ZooHome(ZooDevice):
    """A home with a meter of its own: `load` gives what flows now, A per phase."""

    def __init__(self, agenda: Agenda, *behaviours: Behaviour, load: Callable[[], Amps]) -> None:
        super().__init__(agenda, *behaviours)
        self._load = load
        self.introduce()

    @override
    def values(self) -> Mapping[str, tuple[str, object]]:
        return {POWER: (f"{sum(self._load()) * NOMINAL_VOLTAGE:.0f}", "W")}

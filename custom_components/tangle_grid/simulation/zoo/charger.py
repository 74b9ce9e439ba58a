"""A charging point of the zoo: what really flows, what it is told, and what its entities say about both."""

from collections.abc import Mapping
from typing import Final, override

from ..model import NOMINAL_VOLTAGE
from .agenda import Agenda
from .behaviour import Behaviour
from .car import ZooCar
from .device import ZooDevice
from .entity import Entity

PHASES: Final = 3
#: IEC 61851-1 gives a car five seconds to follow; current ones need one to two.
FOLLOW_S: Final = 2.0
_PARKED: Final = 1e-9

POWER, LIMIT, SWITCH, PLUG = "power", "limit", "switch", "connected"
SOC, DEPARTURE = "soc", "departure"


class ZooCharger(ZooDevice):
    """One charging point. Currents in A per phase.

    Args:
        agenda: The clock.
        behaviours: What it does differently.
        wires: The grid's phase behind each of its own.
        max_a: The most that it lets flow; also its limit from the factory.
        lowest_a: The least that its number takes.
        has_switch: It can be switched.
        per_phase: It measures the current of each phase, and not only the total power.
        in_watts: Its number is a power, which the phases that its car uses share; to behaviours it is the current that
            it would be on one.

    Attributes:
        most_a: The greatest limit: that from the factory.
        limit_a: The limit that is in force.
        enabled: It may let current flow.
        amps: What flows on each phase that the car uses.
        writes: Commands that it got.
        starts: How often current began to flow.
        taken_wh: What cars have taken.
    """

    def __init__(
        self,
        agenda: Agenda,
        *behaviours: Behaviour,
        wires: tuple[int, ...] = (0, 1, 2),
        max_a: float = 16.0,
        lowest_a: float = 0.0,
        has_switch: bool = True,
        per_phase: bool = True,
        in_watts: bool = False,
    ) -> None:
        super().__init__(agenda, *behaviours)
        self.wires, self.max_a, self.per_phase = wires, max_a, per_phase
        self._unit, self._scale = ("W", NOMINAL_VOLTAGE) if in_watts else ("A", 1.0)
        self.most_a = max_a * len(wires) if in_watts else max_a
        self.car: ZooCar | None = None
        self.limit_a = self.most_a
        self.enabled = True
        self.powered = True
        self.amps = 0.0
        self.is_stopping = False
        self.writes = self.starts = 0
        self.taken_wh = 0.0
        self._shown_a = self.most_a
        self._shown_on = True
        self._soc_text: str | None = None
        shown, most = f"{self.most_a * self._scale:g}", self.most_a * self._scale
        self.entities[LIMIT] = Entity(shown, self._unit, agenda.now, agenda.now, lowest_a * self._scale, most)
        if has_switch:
            self.entities[SWITCH] = Entity("on", None, agenda.now, agenda.now)
        agenda.passing.append(self._charge)
        for each in behaviours:
            each.begins(self)
        self.introduce(SOC, DEPARTURE)

    # What others do to it

    def set_number(self, value: float) -> None:
        """Take a command to its number entity, in its unit."""
        if not self.reachable:
            return
        self.writes += 1
        amps = value / self._scale
        active = tuple(self.active())
        shown, taken = amps, amps
        passes = True
        for each in active:
            shown = each.shows_number(self, shown)
            answer = each.takes_number(self, taken) if passes else None
            passes, taken = answer is not None, taken if answer is None else answer
        self._shown_a = shown
        self._show(LIMIT, f"{shown * self._scale:g}", self._unit)
        if passes:
            self.is_stopping = self.amps > 0 and taken <= 0
            if self.is_stopping:
                self.changed()
            self.agenda.after(self._follow_s(), lambda: self._take(limit_a=taken))

    def set_switch(self, *, on: bool) -> None:
        """Take a command to its switch entity."""
        if not self.reachable:
            return
        self.writes += 1
        self.show_switch(on=on)
        taken: bool | None = on
        for each in self.active():
            taken = None if taken is None else each.takes_switch(self, on=taken)
        if taken is not None:
            self.is_stopping = self.amps > 0 and not taken
            if self.is_stopping:
                self.changed()
            wanted = taken
            self.agenda.after(self._follow_s(), lambda: self._take(enabled=wanted))

    def plug_in(self, car: ZooCar) -> None:
        """Let a car come."""
        self.car = car
        for each in self.active():
            each.begins_session(self)
        if car.departure is not None:
            self._show(DEPARTURE, car.departure, None)
        if car.soc_every_s is not None:
            self._hear_soc(car, car.soc_every_s)
        self._update()
        self.changed()

    def unplug(self) -> None:
        """Let the car leave."""
        self.car = None
        self._soc_text = None
        for each in self.active():
            each.ends_session(self)
        self._update()
        self.changed()

    def cut_power(self, *, off: bool) -> None:
        """Let the mains go, or come back."""
        self.powered = not off
        if not off:
            for each in self.active():
                each.power_returns(self)
        self._update()
        self.cut_off(off=off)

    # What behaviours do to it

    def forget(self) -> None:
        """Fall back to the limit from the factory, and forget a pause; its entities show what they showed."""
        self.limit_a, self.enabled = self.most_a, True
        self._update()

    def set_enabled(self, *, on: bool) -> None:
        """Switch by itself, and show it."""
        self.enabled = on
        self.show_switch(on=on)
        self._update()

    def show_switch(self, *, on: bool) -> None:
        """Show a position of the switch."""
        self._shown_on = on
        if SWITCH in self.entities:
            self._show(SWITCH, "on" if on else "off", None)

    def rest(self, *, resting: bool) -> None:
        """Let the car itself pause, or go on."""
        if self.car is not None:
            resumes = self.car.resting and not resting
            self.car.resting = resting
            for each in self.active() if resumes else ():
                each.resumes(self)
            self._update()

    # What is so

    @property
    def phase_amps(self) -> tuple[float, float, float]:
        """What flows on each phase of the grid, A."""
        amps = [0.0] * PHASES
        if self.car is not None and self.amps:
            for line in self._lines():
                amps[self.wires[line]] += self.amps
        return (amps[0], amps[1], amps[2])

    @override
    def in_session(self) -> bool:
        return self.amps > 0

    @override
    def values(self) -> Mapping[str, tuple[str, object]]:
        measured = self.amps
        for each in self.active():
            measured = each.measures(self, measured)
        lines = self._lines()
        values: dict[str, tuple[str, object]] = {
            POWER: (f"{measured * NOMINAL_VOLTAGE * len(lines):.0f}", "W"),
            LIMIT: (f"{self._shown_a * self._scale:g}", self._unit),
        }
        if self.per_phase:
            for line in range(PHASES):
                values[f"current_l{line + 1}"] = (f"{measured if line in lines else 0.0:.2f}", "A")
        if SWITCH in self.entities:
            values[SWITCH] = ("on" if self._shown_on else "off", None)
        plugged = self.car is not None
        values[PLUG] = ("on" if plugged else "off", None)
        return values

    def _lines(self) -> tuple[int, ...]:
        return () if self.car is None else tuple(line for line in self.car.lines if line < len(self.wires))

    def _follow_s(self) -> float:
        return FOLLOW_S + sum(each.follow_s() for each in self.active())

    def _take(self, *, limit_a: float | None = None, enabled: bool | None = None) -> None:
        before = self.enabled and self.limit_a > 0
        self.limit_a = self.limit_a if limit_a is None else limit_a
        self.enabled = self.enabled if enabled is None else enabled
        if not before and self.enabled and self.limit_a > 0:
            for each in self.active():
                each.resumes(self)
        self._update()

    def _update(self) -> None:
        amps = 0.0
        if self.car is not None and self.powered:
            offered = self.limit_a if self.enabled else 0.0
            for each in self.active():
                offered = each.draws(self, offered)
            if self._unit == "W":
                offered /= len(self._lines())
            amps = self.car.accepts(min(offered, self.max_a))
        if amps <= 0:
            self.is_stopping = False
        if abs(amps - self.amps) > _PARKED:
            self.starts += self.amps <= 0 < amps
            self.amps = amps
            self.changed()

    def _charge(self, begin: float, end: float) -> None:
        if self.car is None or self.amps <= 0:
            return
        energy_wh = self.amps * NOMINAL_VOLTAGE * len(self._lines()) * (end - begin) / 3600
        self.taken_wh += energy_wh
        self.car.take(energy_wh)
        if self.car.full:
            self.agenda.at(end, self._fill)

    def _fill(self) -> None:
        if self.car is not None and self.car.full and self.amps > 0:
            for each in self.active():
                each.ends_session(self)
            self._update()

    def _hear_soc(self, car: ZooCar, every_s: float) -> None:
        if self.car is not car:
            return
        shown = car.soc if car.soc_stands is None else car.soc_stands
        self._show(SOC, f"{shown:.0f}", "%")
        self.agenda.after(every_s, lambda: self._hear_soc(car, every_s))

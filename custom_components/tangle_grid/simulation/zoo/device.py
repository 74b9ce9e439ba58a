"""What chargers, meters and batteries of the zoo have in common: entities that are reported now and then."""

import math
from collections.abc import Iterator, Mapping
from typing import Final

from .agenda import Agenda
from .behaviour import Behaviour
from .entity import UNAVAILABLE, UNKNOWN, Entity
from .reporting import Every

#: A device without a behaviour that says when, reports this often, s.
_USUAL_S: Final = 5.0


class ZooDevice:
    """A device with behaviours, and with the entities that it shows.

    Attributes:
        agenda: The clock.
        entities: By quantity.
        reachable: Its reports and commands come through.
    """

    def __init__(self, agenda: Agenda, *behaviours: Behaviour) -> None:
        self.agenda = agenda
        self.behaviours = behaviours
        self.entities: dict[str, Entity] = {}
        self.reachable = True
        self._started_at = agenda.now
        timers = [each for each in behaviours if each.every_s() is not None]
        if not timers and all(each.on_change_s() is None for each in behaviours):
            timers = [Every(_USUAL_S)]
        for timer in timers:
            period_s, offset_s = timer.every_s() or (_USUAL_S, 0.0)
            agenda.after(offset_s or period_s, lambda timer=timer: self._tick(timer))  # type: ignore[misc]
        for each in behaviours:
            if math.isfinite(each.ends_s):
                # What was not there, or said something else, is there again: that is a change.
                agenda.after(each.ends_s, self.changed)

    def active(self) -> Iterator[Behaviour]:
        """Return the behaviours that are at work now."""
        since_s = self.agenda.now - self._started_at
        return (each for each in self.behaviours if each.active(since_s))

    # To be said by each kind

    def values(self) -> Mapping[str, tuple[str, object]]:
        """Return text and unit of each quantity, as the device measures them."""
        raise NotImplementedError

    def in_session(self) -> bool:
        """Note that something happens that devices with few words speak of."""
        return True

    # Reporting

    def introduce(self, *more: str) -> None:
        """Appear: entities that know nothing yet, of `more` quantities as well, and a first report."""
        for quantity in (*self.values(), *more):
            self.entities.setdefault(quantity, Entity(UNKNOWN))
        self.report()

    def report(self) -> None:
        """Report now, unless something keeps it quiet."""
        active = tuple(self.active())
        if not self.reachable or any(each.quiet(in_session=self.in_session()) for each in active):
            return
        for number, (quantity, (text, unit)) in enumerate(self.values().items()):
            late_s = sum(each.late_s(number) for each in active)
            if late_s > 0:
                self.agenda.after(
                    late_s,
                    lambda quantity=quantity, text=text, unit=unit: self._show(quantity, text, unit),  # type: ignore[misc]
                )
            else:
                self._show(quantity, text, unit)

    def changed(self) -> None:
        """Report soon what has changed of what it measures, if that is its way."""
        delays = [delay for each in self.active() if (delay := each.on_change_s()) is not None]
        if delays:
            self.agenda.after(min(delays), self.report)

    def cut_off(self, *, off: bool) -> None:
        """Take its connection away, or give it back: meanwhile all entities are unavailable."""
        self.reachable = not off
        if off:
            for entity in self.entities.values():
                entity.show(self.agenda.now, UNAVAILABLE, entity.unit)
        else:
            self.report()

    def _show(self, quantity: str, text: str, unit: object) -> None:
        if not self.reachable:
            return
        shown: str | None = text
        for each in self.active():
            if shown is not None:
                shown, unit = each.says(self.agenda.now, quantity, shown, unit)
        entity = self.entities[quantity]
        if (shown, unit) != (entity.text, entity.unit) or all(each.repeats() for each in self.active()):
            entity.show(self.agenda.now, shown, unit)

    def _tick(self, timer: Behaviour) -> None:
        self.report()
        period_s, _ = timer.every_s() or (_USUAL_S, 0.0)
        self.agenda.after(period_s, lambda: self._tick(timer))

"""What a device shows: a text with its age, as a home automation keeps it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

UNAVAILABLE: Final = "unavailable"
UNKNOWN: Final = "unknown"


@dataclass(slots=True)
class Entity:
    """One entity.

    Attributes:
        text: What it shows; None: there is no such entity (it was renamed, or does not exist yet).
        unit: Its unit of measurement. Rude integrations give things that are no texts.
        reported_at: When the device spoke last, changed or not, epoch seconds.
        changed_at: When the text changed last, epoch seconds.
        lowest, highest, step: Bounds of a number that can be set.
        on_change: Called after each change of the text or unit, as opposed to a repetition.
    """

    text: str | None = None
    unit: object = None
    reported_at: float = 0.0
    changed_at: float = 0.0
    lowest: float = 0.0
    highest: float = 0.0
    step: float = 1.0
    on_change: list[Callable[[], None]] = field(default_factory=list)

    def show(self, at: float, text: str | None, unit: object = None) -> None:
        """Show a text from `at` (epoch seconds) on."""
        changed = text != self.text or unit != self.unit
        self.text, self.unit, self.reported_at = text, unit, at
        if changed:
            self.changed_at = at
            for call in self.on_change:
                call()

    @property
    def live(self) -> bool:
        """It has something to say."""
        return self.text not in {None, UNAVAILABLE, UNKNOWN}

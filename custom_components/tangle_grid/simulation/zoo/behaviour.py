"""What a device may do differently from what one would wish: the places at which a behaviour can interfere.

A device has any number of behaviours. Where values pass through several, they do so in the order in which the device
has them. A behaviour that does not care about a place leaves it as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from .car import ZooCar


class BehavingCharger(Protocol):
    """What a behaviour may know of its charger, and do to it; currents in A.

    Attributes:
        max_a: The most that the charger lets flow.
        car: The car that is plugged in.
    """

    max_a: float
    car: ZooCar | None

    @property
    def is_stopping(self) -> bool:
        """Whether the car was told to stop and still draws."""

    def forget(self) -> None:
        """Go back to the limit from the factory."""

    def set_enabled(self, *, on: bool) -> None:
        """Charge, or pause."""

    def show_switch(self, *, on: bool) -> None:
        """Show a position of the switch."""


class Behaviour:
    """A well-behaved nothing; each rude one overrides what it does differently.

    Currents are A per phase, powers W, times epoch seconds, durations s.
    """

    _from_s = float("-inf")
    _to_s = float("inf")

    def between(self, begin_s: float, end_s: float = float("inf")) -> Self:
        """Limit it to the time from `begin_s` to `end_s` seconds after the start of the device."""
        self._from_s, self._to_s = begin_s, end_s
        return self

    @property
    def ends_s(self) -> float:
        """How long after the start of the device it ends, s."""
        return self._to_s

    def active(self, since_start_s: float) -> bool:
        """Return whether it is at work so long after the start of the device."""
        return self._from_s <= since_start_s < self._to_s

    # When something is reported

    def every_s(self) -> tuple[float, float] | None:
        """Return period and phase of regular reports, s; None: this behaviour brings none about."""
        return None

    def on_change_s(self) -> float | None:
        """Return how much later a change is reported, s; None: not by this behaviour."""
        return None

    def quiet(self, *, in_session: bool) -> bool:
        """Return whether nothing is reported now."""
        return False

    def repeats(self) -> bool:
        """Return whether a value is reported again that is still the same."""
        return True

    def late_s(self, number: int) -> float:
        """Return how old what is shown is when it is shown; `number` counts the entities of one report."""
        return 0.0

    # What is shown

    def measures(self, charger: BehavingCharger, amps: float) -> float:
        """Return what the device takes its own current for, A."""
        return amps

    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        """Return text and unit of a quantity."""
        return text, unit

    def shows_number(self, charger: BehavingCharger, amps: float) -> float:
        """Return what the number shows when the device was told `amps`."""
        return amps

    # What it takes

    def takes_number(self, charger: BehavingCharger, amps: float) -> float | None:
        """Return the limit that a command really sets, A; None: it is lost."""
        return amps

    def takes_switch(self, charger: BehavingCharger, *, on: bool) -> bool | None:
        """Return what a command to the switch really sets; None: it is lost."""
        return on

    def follow_s(self) -> float:
        """Return how much later than others it follows a command, s."""
        return 0.0

    def draws(self, charger: BehavingCharger, amps: float) -> float:
        """Return what it lets its car draw at a limit, A."""
        return amps

    # What happens to it

    def begins(self, charger: BehavingCharger) -> None:
        """Begin: it was put up."""

    def begins_session(self, charger: BehavingCharger) -> None:
        """Begin a session: a car was plugged in."""

    def ends_session(self, charger: BehavingCharger) -> None:
        """End a session: a car was unplugged, or is full."""

    def resumes(self, charger: BehavingCharger) -> None:
        """Go on: it was paused and is told to charge."""

    def power_returns(self, charger: BehavingCharger) -> None:
        """Start: it had no mains and has it again."""

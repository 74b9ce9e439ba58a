"""What a charger does with what it is told."""

import math
from typing import override

from .behaviour import BehavingCharger, Behaviour


class Follows(Behaviour):
    """Follows `after_s` later than others, s."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s

    @override
    def follow_s(self) -> float:
        return self._after_s


class Ignores(Behaviour):
    """Commands are lost, `times` of them; its entities show them all the same."""

    def __init__(self, times: int = 1_000_000) -> None:
        self._left = times

    def _lost(self) -> bool:
        lost = self._left > 0
        self._left -= lost
        return lost

    @override
    def takes_number(self, charger: BehavingCharger, amps: float) -> float | None:
        return None if self._lost() else amps

    @override
    def takes_switch(self, charger: BehavingCharger, *, on: bool) -> bool | None:
        return None if self._lost() else on


class DoesAnotherThing(Behaviour):
    """Shows what it was told and lets its car draw `gain` times that and `more_a` A, up to its maximum."""

    def __init__(self, *, gain: float = 1.0, more_a: float = 0.0) -> None:
        self._gain, self._more_a = gain, more_a

    @override
    def draws(self, charger: BehavingCharger, amps: float) -> float:
        return min(charger.max_a, amps * self._gain + self._more_a) if amps > 0 else 0.0


class ZeroIsNoChange(Behaviour):
    """Takes 0 for "leave it as it is"."""

    @override
    def takes_number(self, charger: BehavingCharger, amps: float) -> float | None:
        return None if amps <= 0 else amps


class Clamps(Behaviour):
    """Takes no more than `to_a`, and shows that: 16 becomes 13."""

    def __init__(self, to_a: float) -> None:
        self._to_a = to_a

    @override
    def takes_number(self, charger: BehavingCharger, amps: float) -> float | None:
        return min(amps, self._to_a)

    @override
    def shows_number(self, charger: BehavingCharger, amps: float) -> float:
        return min(amps, self._to_a)


class RoundsUp(Behaviour):
    """Rounds up to multiples of `step_a`, and shows that."""

    def __init__(self, step_a: float = 2.0) -> None:
        self._step_a = step_a

    def _rounded(self, charger: BehavingCharger, amps: float) -> float:
        return min(charger.max_a, math.ceil(amps / self._step_a) * self._step_a)

    @override
    def takes_number(self, charger: BehavingCharger, amps: float) -> float | None:
        return self._rounded(charger, amps)

    @override
    def shows_number(self, charger: BehavingCharger, amps: float) -> float:
        return self._rounded(charger, amps)


class SwitchInverted(Behaviour):
    """Its switch is called "paused": on means off."""

    @override
    def begins(self, charger: BehavingCharger) -> None:
        charger.show_switch(on=False)

    @override
    def takes_switch(self, charger: BehavingCharger, *, on: bool) -> bool | None:
        return not on


class SwitchIsSession(Behaviour):
    """Its switch starts and ends sessions: off without a car, off when one is full, on when one is started.

    With `starts_alone` a car that is plugged in starts its session by itself.
    """

    def __init__(self, *, starts_alone: bool = True) -> None:
        self._starts_alone = starts_alone

    @override
    def takes_switch(self, charger: BehavingCharger, *, on: bool) -> bool | None:
        if on and (charger.car is None or charger.car.full):
            charger.show_switch(on=False)
            return None
        return on

    @override
    def begins_session(self, charger: BehavingCharger) -> None:
        charger.set_enabled(on=self._starts_alone)

    @override
    def ends_session(self, charger: BehavingCharger) -> None:
        charger.set_enabled(on=False)


class Forgets(Behaviour):
    """Goes back to its maximum, from a pause as well, while its entities still show the old values.

    Attributes:
        at_session: When a car is plugged in.
        at_resume: When it was paused and is to charge again.
        at_power_cut: When the mains comes back.
    """

    def __init__(self, *, at_session: bool = False, at_resume: bool = False, at_power_cut: bool = False) -> None:
        self.at_session, self.at_resume, self.at_power_cut = at_session, at_resume, at_power_cut

    @override
    def begins_session(self, charger: BehavingCharger) -> None:
        if self.at_session:
            charger.forget()

    @override
    def resumes(self, charger: BehavingCharger) -> None:
        if self.at_resume:
            charger.forget()

    @override
    def power_returns(self, charger: BehavingCharger) -> None:
        if self.at_power_cut:
            charger.forget()


class OwnMind(Behaviour):
    """Goes its own way: draws its maximum, whatever it was told, and shows what it was told."""

    @override
    def draws(self, charger: BehavingCharger, amps: float) -> float:
        return charger.max_a

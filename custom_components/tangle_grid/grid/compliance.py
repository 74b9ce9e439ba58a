"""Notices a charger that draws more than it was told."""

from dataclasses import dataclass

from .model import NOMINAL_V, ChargerConfig, PhaseReading

_ABSOLUTE_A = 1.0
_RELATIVE = 0.1


def measured_current_a(config: ChargerConfig, reading: PhaseReading) -> float:
    """The current that counts against a setpoint: the greatest of its phases, A, negative when feeding back."""
    return max(reading.power_w[phase] for phase in config.phases) / NOMINAL_V


@dataclass(slots=True)
class ComplianceWatch:
    """One charger's obedience.

    Attributes:
        compliant: Follows, as far as is known.
        over_since: Draws too much without a break since then; None: does not.
    """

    compliant: bool = True
    over_since: float | None = None

    def observe(self, now: float, told_a: float, measured_a: float, grace_s: float) -> bool:
        """Take in a measurement; True when the verdict changed.

        The time counts on through further reductions: who never follows is not excused by being told again.
        """
        if measured_a <= told_a + max(_ABSOLUTE_A, _RELATIVE * abs(told_a)):
            self.over_since = None
            changed, self.compliant = not self.compliant, True
            return changed
        if self.over_since is None:
            self.over_since = now
        if self.compliant and now - self.over_since >= grace_s:
            self.compliant = False
            return True
        return False

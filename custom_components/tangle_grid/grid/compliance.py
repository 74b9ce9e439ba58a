"""Notices a charger that draws more than it was told."""

from dataclasses import dataclass

from .model import NOMINAL_V, ChargerConfig, PhaseReading

_ABSOLUTE_A = 1.0
_RELATIVE = 0.1
#: Shares of the grace time: until a setpoint is written once more, and between that and the next time.
_AGAIN_SHARE = 1 / 3
_SELDOM = 10.0


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
    _told_again_at: float | None = None

    def forget_future(self, now: float) -> None:
        """The clock was set back: nothing may lie in the future."""
        if self.over_since is not None:
            self.over_since = min(self.over_since, now)
        self._told_again_at = None

    def tell_again(self, now: float, grace_s: float) -> bool:
        """Whether its setpoint should be written once more: a charger may have fallen back to a limit of its own.

        A third of the grace time after it was first seen to draw too much, and then seldom: memories wear out.
        """
        if self.over_since is None or now - self.over_since < grace_s * _AGAIN_SHARE:
            return False
        again_at = self._told_again_at
        if again_at is not None and again_at >= self.over_since and now - again_at < grace_s * _SELDOM:
            return False
        self._told_again_at = now
        return True

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

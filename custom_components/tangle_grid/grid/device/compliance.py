"""Notices a charger that draws more than it was told."""

import math
from dataclasses import dataclass
from typing import Final

from ..model.world import NOMINAL_V, ChargerConfig, PhaseReading

_ABSOLUTE_A: Final = 1.0
_RELATIVE: Final = 0.1
#: Shares of the grace time: until a setpoint is written once more, and the least and the longest time that a device is
#: taken to follow.
_AGAIN_SHARE: Final = 1 / 3
_FOLLOW_SHARE: Final = 1 / 3
_LATEST_SHARE: Final = 4.0
#: It is written again after a time that doubles, up to so many times the grace time.
_SELDOM: Final = 10.0


def measured_current_a(config: ChargerConfig, reading: PhaseReading) -> float:
    """Return the current that counts against a setpoint: the greatest of its phases, A, negative when feeding back."""
    power_w = reading.power_w
    return max([power_w[phase] for phase in config.phases]) / NOMINAL_V


def exceeds(measured_a: float, told_a: float) -> bool:
    """Return whether a current is more than a setpoint, beyond what meters and chargers may differ."""
    return measured_a > told_a + max(_ABSOLUTE_A, _RELATIVE * abs(told_a))


@dataclass(slots=True)
class ComplianceWatch:
    """One charger's obedience. A verdict needs a reading that was taken after the charger had its time to follow.

    Attributes:
        compliant: Follows, as far as is known.
        over_since: Draws too much without a break since then; None: does not.
        pause_fails: It was told to pause, again and again, and goes on charging: it is told its least current instead.
    """

    compliant: bool = True
    over_since: float | None = None
    pause_fails: bool = False
    _evidence_at: float = -math.inf
    _told_again_at: float | None = None
    _times_again: int = 0
    _late_s: float = 0.0
    _falls_at: float | None = None

    def follow_s(self, grace_s: float) -> float:
        """Return the time that it takes to follow a setpoint, s, as seen so far."""
        return max(grace_s * _FOLLOW_SHARE, self._late_s)

    def grace_s(self, grace_s: float) -> float:
        """Return the time after which it must have followed a setpoint, s."""
        return max(grace_s, 1.5 * self._late_s)

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        if self.over_since is not None:
            self.over_since = min(self.over_since, now)
        self._told_again_at = self._falls_at = None
        self._evidence_at = -math.inf

    def falls(self, now: float) -> None:
        """Note that it is told less than before: how late it is counts from the last such command on."""
        self._falls_at = now

    def tell_again(self, now: float, grace_s: float, *, short: bool = False) -> bool:
        """Return whether its setpoint should be written once more: it may have fallen back to a limit of its own.

        A third of the grace time after it was first seen to draw too much, or while its feeder is `short` although all
        were told less, and then more and more seldom: memories wear out.
        """
        if self.over_since is None and not short:
            self._times_again = 0
            return False
        if self.over_since is not None and now - self.over_since < grace_s * _AGAIN_SHARE and not short:
            return False
        wait_s = min(grace_s * 2.0 ** min(self._times_again - 1, 8), grace_s * _SELDOM)
        if self._told_again_at is not None and 0.0 <= now - self._told_again_at < wait_s:
            return False
        self._told_again_at = now
        self._times_again += 1
        return True

    def observe(self, evidence_at: float, told_a: float, measured_a: float, grace_s: float) -> bool:
        """Take in a measurement; returns True when the verdict changed.

        The time counts on through further reductions: who never follows is not excused by being told again.

        Args:
            evidence_at: When it was measured, grid time.
            told_a: The most that was in force in the time that it has to follow before that, A per phase.
            measured_a: What was measured, A per phase.
            grace_s: Time to follow, s.
        """
        if evidence_at <= self._evidence_at:
            return False
        self._evidence_at = evidence_at
        if not exceeds(measured_a, told_a):
            if self._falls_at is not None and self._falls_at < evidence_at:
                # Only what it was told tells of its time to follow: a car that stops by itself has not obeyed late.
                if self.over_since is not None and not exceeds(told_a, measured_a):
                    late_s = evidence_at - self._falls_at
                    self._late_s = min(max(self._late_s, late_s), grace_s * _LATEST_SHARE)
                self._falls_at = None
            self.over_since = None
            changed, self.compliant = not self.compliant, True
            return changed
        if self.over_since is None:
            self.over_since = evidence_at
        if told_a <= 0 and evidence_at - self.over_since >= 3 * grace_s:
            self.pause_fails = True
        if self.compliant and evidence_at - self.over_since >= self.grace_s(grace_s):
            self.compliant = False
            return True
        return False

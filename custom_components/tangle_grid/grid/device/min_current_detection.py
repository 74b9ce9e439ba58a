"""The least current with which a car charges, learned: some stop below 8 or even 10 A, whatever is configured.

Such a car shows it: it is told 6 A, wants energy, and draws nothing. Then it is given more or nothing, first 8 A, then
10 A, and when it charges with that, that is its least current until it leaves. Otherwise it was something else (it is
full and did not say so, or waits for a time of its own): then the configured current counts again, and nothing is
concluded until it has charged once more. So a car that only waits costs two attempts.

A charger that is told a power may need that of three phases before its car charges at all (`tries_all`): it is given
its greatest current or nothing, and again after a while.
"""

from collections.abc import Mapping
from typing import Any, Final

#: It charges when it draws more than the one, and does not when it draws less than the other, A.
_CHARGES_A: Final = 3.0
_IDLE_A: Final = 1.0
#: What is measured belongs to what it was told after this, s; and it refuses what it has not used for so long, s.
_SETTLED_S: Final = 30.0
_REFUSED_S: Final = 90.0
#: What is tried, A: there is no car that needs more (IEC 61851-1 says 6, some need 8, few 10).
ATTEMPTS_A: Final = (8.0, 10.0)
#: What could not be tried for so long, because there was no room, is forgotten, s.
_ATTEMPT_S: Final = 1800.0
#: Who may need the power of three phases is given it once more after this, s.
_RETRY_S: Final = 600.0
#: After a longer time without watching, another car may be there, s.
_SAME_CAR_S: Final = 600.0


class MinimumWatch:
    """The least current of the car at one charger.

    Args:
        configured_a: What is configured, A per phase.
        max_a: The charger's greatest current, A per phase.

    Attributes:
        learned: What it needs, A per phase: tried, or being tried; None: the configured current counts.
        confirmed: It has charged with that.
        tries_all: What is tried is the greatest current, and nothing below it.
        has_refused: It was given all that there is to try, and did not charge.
    """

    tries_all = False
    has_refused = False

    def __init__(self, configured_a: float, max_a: float) -> None:
        self._configured_a = configured_a
        self._max_a = max_a
        self.learned: float | None = None
        self.confirmed = False
        self._seen_at: float | None = None
        self._idle_since: float | None = None
        self._tried_at = 0.0
        #: The least that it charged with, and the most that it did not use since it charged last.
        self._used_a: float | None = None
        self._refused_a = 0.0
        self._closed_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is more to try: it has neither charged nor refused all."""
        return self._used_a is None and self._refused_a < self._max_a

    @property
    def current_a(self) -> float:
        """The least current that makes sense, A per phase."""
        return self._configured_a if self.learned is None else self.learned

    def forget(self) -> None:
        """Go back to the configured current: there is another car, or a doubt."""
        self.learned = None
        self.confirmed = self.has_refused = False
        self._idle_since = self._used_a = None
        self._refused_a = 0.0

    def observe(self, now: float, *, told_a: float, told_at: float, drawn_a: float, wants: bool) -> None:
        """Take in a measurement.

        Args:
            now: Grid time of the measurement.
            told_a: What the charger was told, A per phase.
            told_at: Since when.
            drawn_a: Greatest phase current of its car, A.
            wants: The car needs energy, as far as anybody knows.
        """
        if self._seen_at is not None and not 0.0 <= now - self._seen_at <= _SAME_CAR_S:
            self.forget()
        self._seen_at = now
        if self.learned is not None and self.learned > ATTEMPTS_A[-1] and not self.tries_all:
            # How many phases share the power is known by now: it was no least current.
            self.forget()
        if self.learned is not None and not self.confirmed and now - self._tried_at >= _ATTEMPT_S:
            self.learned, self._refused_a = None, 0.0
        if self.tries_all and not self.is_open and not 0.0 <= now - self._closed_at < _RETRY_S:
            self._refused_a = 0.0
        if told_a < self._configured_a or now - told_at < _SETTLED_S:
            self._idle_since = None
        elif drawn_a >= _CHARGES_A:
            self._charges(told_a)
        elif drawn_a >= _IDLE_A or not wants:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        elif now - self._idle_since >= _REFUSED_S:
            self._refuses(now, told_a)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {
            "learned": self.learned if self.confirmed else None,
            "seen_at": self._seen_at,
            "configured": self._configured_a,
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take over what was learned; it ends if nobody has watched for too long since."""
        seen_at, learned = data["seen_at"], data["learned"]
        if learned is None or seen_at is None or data["configured"] != self._configured_a:
            return
        if self._configured_a < float(learned) <= min(self._max_a, ATTEMPTS_A[-1]):
            self.learned, self.confirmed = float(learned), True
            self._used_a, self._seen_at = float(learned), float(seen_at)

    def _charges(self, told_a: float) -> None:
        self._idle_since = None
        self._refused_a = 0.0
        self._used_a = told_a if self._used_a is None else min(self._used_a, told_a)
        if self.learned is not None and told_a >= self.learned:
            self.confirmed = True

    def _refuses(self, now: float, told_a: float) -> None:
        self._refused_a = max(self._refused_a, told_a)
        known = self._used_a is not None and self._used_a <= self._refused_a
        steps = (self._max_a,) if self.tries_all else ATTEMPTS_A
        attempts = [amps for amps in steps if self._refused_a < amps <= self._max_a]
        if known or not attempts:
            # It has charged with no more than that, or uses nothing at all: it waits for something else.
            if not self.confirmed:
                self.learned = None
            self._closed_at, self.has_refused = now, True
            return
        self.learned, self.confirmed, self._tried_at = attempts[0], False, now
        self._idle_since = None

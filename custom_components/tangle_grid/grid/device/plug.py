"""Whether a car is plugged in: the bit that a charger reports, without its slips.

A contact bounces, a charger restarts, a message is lost: for some seconds a car that is there is reported to be gone.
If that were believed, a session would end, a request that it helps in, and a stay that never was would be learned. So:

- A plug counts at once.
- That it is gone counts when it was reported without a break for `Timing.plug_hold_s`. Until then nothing changes,
  but nobody is given more there; and nobody is paid for that time unless the car turns out to have stayed.
- Power that flows is a plug, whatever is reported; where there was none, when it flows for as long.
"""

from dataclasses import dataclass
from typing import Final

from ..model.world import NOMINAL_V, PhaseReading

#: Current on any phase that no charger draws for itself, A.
_FLOWS_A: Final = 1.0


@dataclass(slots=True)
class PlugWatch:
    """One charger's plug, from step to step.

    Attributes:
        connected: A car is plugged in; None: nobody ever said.
        doubted_since: It is reported to be gone since then, but not for long enough; grid time.
        cleared_since: The doubt that began then has ended with this step: the car has stayed.
    """

    connected: bool | None = None
    doubted_since: float | None = None
    cleared_since: float | None = None
    _unknown_since: float | None = None
    _gone_at: float | None = None
    _flows_since: float | None = None
    _observed_at: float | None = None

    @property
    def doubted(self) -> bool:
        """It is reported to be gone, but not for long enough to be believed."""
        return self.doubted_since is not None

    def may_be_there(self, now: float, hold_s: float) -> bool:
        """Return whether a car may be there: what nobody can tell any more counts as there."""
        unknown_since = self._unknown_since
        return self.connected is not False or (unknown_since is not None and now - unknown_since >= hold_s)

    def observe(self, now: float, *, said: bool | None, reading: PhaseReading | None, hold_s: float) -> None:
        """Take in what is reported.

        Args:
            now: Grid time.
            said: A car is plugged in; None: nothing is reported.
            reading: Trusted power of the charger; None while it is silent.
            hold_s: See `Timing.plug_hold_s`.
        """
        blind_s = 0.0 if self._observed_at is None else now - self._observed_at
        self._observed_at, self.cleared_since = now, None
        if said is None:
            self._unknown_since = now if self._unknown_since is None else self._unknown_since
            return
        self._unknown_since = None
        if said:
            self._is_there()
        elif self.connected:
            self._doubt(now, blind_s, reading, hold_s)
        else:
            self._look_for_flow(now, reading, hold_s)

    def forget_future(self) -> None:
        """Wait anew for what was waited for: the clock was set back."""
        self.doubted_since = self._unknown_since = self._gone_at = self._flows_since = self._observed_at = None

    def _is_there(self) -> None:
        self.connected, self.cleared_since = True, self.doubted_since
        self.doubted_since = self._gone_at = self._flows_since = None

    def _doubt(self, now: float, blind_s: float, reading: PhaseReading | None, hold_s: float) -> None:
        if self.doubted_since is not None and _flows(reading, self.doubted_since):
            self._is_there()
            return
        # Who looks as seldom as that cannot tell a slip from a car that has left.
        since = now - blind_s if blind_s >= hold_s else now
        self.doubted_since = since if self.doubted_since is None else self.doubted_since
        if now - self.doubted_since >= hold_s:
            self.connected, self.doubted_since, self._gone_at = False, None, now

    def _look_for_flow(self, now: float, reading: PhaseReading | None, hold_s: float) -> None:
        """Reported to be gone as before: there is a car all the same if power flows for long enough."""
        self.connected = False
        self._gone_at = now if self._gone_at is None else self._gone_at
        if not _flows(reading, self._gone_at):
            self._flows_since = None
        elif self._flows_since is None:
            self._flows_since = now
        elif now - self._flows_since >= hold_s:
            self._is_there()


def _flows(reading: PhaseReading | None, since: float) -> bool:
    """Return whether a reading that was taken later than `since` shows a car."""
    return reading is not None and reading.at > since and max(map(abs, reading.power_w)) > _FLOWS_A * NOMINAL_V

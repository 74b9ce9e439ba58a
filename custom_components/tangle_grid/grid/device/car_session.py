"""The car at a charger: whether it is there, since when, what it was charged with, and when it leaves."""

from collections.abc import Mapping
from typing import Any, Final

from ..model.world import PhaseReading, Timing
from .departure import Departure
from .plug import PlugWatch
from .state_of_charge import ChargeWatch
from .stay_forecast import StayLog

#: The longest time for which one reading says what a car was charged with, s: a clock may jump by a month.
_VOUCHED_S: Final = 900.0
#: With fewer stays of its own, a charger goes by those of all chargers.
_OWN_STAYS: Final = 10
#: What was shorter was no stay, s.
_LEAST_STAY_S: Final = 120.0
#: A below its setpoint at which a car no longer uses what it is granted.
_IDLE_GAP_A: Final = 1.0


class CarSession:
    """What is known of the car at one charger; of other devices nothing ever is.

    Attributes:
        plug: Whether a car is plugged in.
        plugged_in: A car may be there: unknown counts as there, and a slip of the plug's bit is none.
        departure: When it leaves, as somebody said.
        satisfied: It is charged as far as it is to be.
        stays: How long the charger's cars stayed.
        session_ws: What it was charged with since the session began, W·s.
        session_at: When that was, grid time; it stays until the next one begins. None: nobody knows any more.
        arrived_at: When it was plugged in; None: there is none, or nobody saw it.
        slack_since: Since when it uses less than it is told; None: it uses that.
    """

    def __init__(self, charge: ChargeWatch, all_stays: StayLog) -> None:
        """`charge` is how full it is, `all_stays` how long cars stayed at all chargers."""
        self._charge, self._all_stays = charge, all_stays
        self.stays = StayLog(local=all_stays.local)
        self.plug = PlugWatch()
        self.plugged_in = True
        self.departure = Departure()
        self.satisfied = False
        self.session_ws = 0.0
        self.session_at: float | None = None
        self.arrived_at: float | None = None
        self.slack_since: float | None = None
        self._expected_at: float | None = None

    @property
    def connected(self) -> bool | None:
        """A car is there; None: nobody ever said."""
        return self.plug.connected

    # What is seen of it

    def observe_plug(self, now: float, *, said: bool | None, reading: PhaseReading | None, timing: Timing) -> bool:
        """Take in what the plug says, and return whether a session begins."""
        plug, before = self.plug, self.connected
        doubted_since = plug.doubted_since
        plug.observe(now, said=said, reading=reading, hold_s=timing.plug_hold_s)
        self.plugged_in = plug.may_be_there(now, timing.plug_hold_s)
        begins = bool(plug.connected) and before is False
        if begins:
            self.session_ws, self.session_at = 0.0, now
            self.satisfied = False
            self.arrived_at = now
            self._expected_at = None
            self._charge.arrive(now)
        elif before and not plug.connected:
            left_at = now if doubted_since is None else doubted_since
            if self.arrived_at is not None and left_at - self.arrived_at >= _LEAST_STAY_S:
                for stays in (self.stays, self._all_stays):
                    stays.add(arrived_at=self.arrived_at, left_at=left_at)
            self.arrived_at = self._expected_at = None
            self._charge.leave(now)
        if plug.connected is False:
            self.departure.leave()
        return begins

    def count(self, now: float, elapsed_s: float, power_w: float | None) -> None:
        """Count what it is charged with, W."""
        if self.session_at is None and not self.session_ws:
            self.session_at = now
        if power_w is not None:
            self.session_ws += max(0.0, power_w) * min(elapsed_s, _VOUCHED_S)

    def observe_departure(self, now: float, said: float | None) -> None:
        """Take in when it leaves, as somebody says; None: nobody does."""
        connected = self.connected
        if connected is not False:
            self.departure.observe(now, said, charged=self.satisfied, watched=connected is True)

    def observe_use(self, now: float, used_a: float | None, told_a: float | None) -> None:
        """Take in what it draws of what it is told, A per phase."""
        if used_a is None or told_a is None or used_a >= told_a - _IDLE_GAP_A:
            self.slack_since = None
        elif self.slack_since is None:
            self.slack_since = now

    # When it leaves

    def told_departure_at(self, now: float) -> float | None:
        """Return when the car leaves, as somebody said; None when nobody did, or when that time has passed."""
        departure = self.departure.at
        return departure if departure is not None and departure > now else None

    def overdue(self, now: float) -> bool:
        """Return whether the car should have left by now, as somebody said, but is there and not charged."""
        return self.departure.overdue(now) and self.plugged_in and not self.satisfied

    def departure_at(self, now: float) -> float:
        """Return when the car leaves: told, else expected from earlier stays; later than `now`."""
        told = self.told_departure_at(now)
        if told is not None:
            return told
        if self._expected_at is None or self._expected_at <= now:
            stays = self.stays if self.stays.count >= _OWN_STAYS else self._all_stays
            arrived_at = now if self.arrived_at is None else self.arrived_at
            self._expected_at = stays.expected_departure(arrived_at=arrived_at, now=now)
        return self._expected_at

    def shown_departure_at(self) -> float | None:
        """Return when the car leaves: told, else as it was expected last; None where nothing is known."""
        if self.connected is False:
            return None
        return self._expected_at if self.departure.at is None else self.departure.at

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        if self.slack_since is not None:
            self.slack_since = min(self.slack_since, now)
        self.plug.forget_future()
        self.departure.forget_future(now)
        if self.arrived_at is not None:
            self.arrived_at = min(self.arrived_at, now)
        self._expected_at = None

    # What is stored

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {
            "session_ws": self.session_ws,
            "session_at": self.session_at,
            "connected": self.connected,
            "arrived_at": self.arrived_at,
            "departure_at": self.departure.at,
            "stays": self.stays.to_dict(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Go on with what `to_dict` gave."""
        self.session_ws, self.session_at = float(data["session_ws"]), data.get("session_at")
        self.plug.connected = data["connected"]
        self.arrived_at = data.get("arrived_at")
        self.departure.at = data.get("departure_at")
        self.stays = StayLog.from_dict(data.get("stays", []), self._all_stays.local)
        for arrived_at, stayed_s in self.stays.to_dict():
            self._all_stays.add(arrived_at=arrived_at, left_at=arrived_at + stayed_s)

"""How far a car's reported need is believed: a baseline must not last longer because somebody reports a false charge.

Three bounds, all from the charger's own measurement:

- Within a stay a need only falls, by what is drawn. Whoever reports a lower state of charge later on (a quarter of an
  hour after arrival: car services are slow) is not believed.
- A car that stops by itself, although it may charge and says that it needs more, has claimed too much. That much is
  taken off its later claims; if it then draws on after all, it is given back.
- A car that reports nothing needs no more than the most that this charger gave in one of its last stays.

A false claim that is consistent from the arrival on is believed until the car stops for the first time. Then it is seen
how much it really needed when each part of this stay began, and what was paid beyond that is owed: so much less is
believed in later parts, until it is made up for. What cannot be known: whether a car that is unplugged before it stops
would have drawn what it claimed.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..device.state import DeviceState
from ..model.request import Ask
from ..model.world import ChargerConfig

#: How long after its arrival a car's first reports may still be corrected, s.
_SETTLING_S: Final = 900.0
#: It has stopped by itself when it draws less than this for so long, A and s.
_STOPPED_A: Final = 1.0
_STOPPED_S: Final = 300.0
#: Who never drew more than this in a stay has not stopped but not begun (a timer of its own), Wh.
_BEGUN_WH: Final = 500.0
#: A claim may be wrong by this much without being false, Wh.
_TOLERANCE_WH: Final = 500.0
_STAYS: Final = 10
_WS_PER_WH: Final = 3600.0


@dataclass(slots=True)
class Paid:
    """A part of a request in the present stay, as it was settled.

    Attributes:
        drawn_wh: What the car had drawn when it began, Wh.
        baseline_wh: What counted as its baseline, Wh.
        reward_i: What each Wh of that was worth, i.
    """

    drawn_wh: float
    baseline_wh: float
    reward_i: float


@dataclass(slots=True)
class Claim:
    """One charger.

    Attributes:
        arrived_at: When the present stay began; None without a car.
        drawn_wh: Drawn in it, less what was fed back, Wh.
        most_wh: The least of need plus what was drawn that was claimed in it, Wh: the need that is believed at arrival.
        overclaim_wh: By how much its claims were too great, Wh.
        idle_since: Draws nothing since then, although it may.
        stays: Energy of the last stays, Wh.
        owed_i: Paid for energy that the car turned out not to need, in earlier stays, i.
        stopped: It has stopped by itself in this stay.
        paid: What was paid in this stay.
        made_up_i: What was owed for this stay and has been made up for in it, i.
    """

    arrived_at: float | None = None
    drawn_wh: float = 0.0
    most_wh: float = math.inf
    overclaim_wh: float = 0.0
    idle_since: float | None = None
    stays: deque[float] = field(default_factory=lambda: deque(maxlen=_STAYS))
    owed_i: float = 0.0
    stopped: bool = False
    paid: list[Paid] = field(default_factory=list)
    made_up_i: float = 0.0
    _begun: tuple[float, float | None] = (0.0, None)

    def observe(self, device: DeviceState, now: float, elapsed_s: float, *, asked: bool) -> None:
        """Take in a step; `asked`: an active request keeps it from charging."""
        config = device.config
        if not isinstance(config, ChargerConfig):
            return
        if not device.car.plugged_in:
            self._leave()
            return
        if self.arrived_at is None:
            self.arrived_at = now
        claim_wh = device.need_wh()
        if device.power_w is not None:
            self._draw(device.power_w * elapsed_s / _WS_PER_WH, claim_wh)
        if claim_wh is not None and now - self.arrived_at >= _SETTLING_S:
            self.most_wh = min(self.most_wh, claim_wh + self.drawn_wh)
        told = device.setpoint
        may_charge = not asked and not device.silent and told is not None and told >= config.min_current_a
        if not may_charge or device.last_a >= _STOPPED_A:
            self.idle_since = None
        elif self.idle_since is None:
            self.idle_since = now
        elif now - self.idle_since >= _STOPPED_S and self.drawn_wh >= _BEGUN_WH:
            self._stopped(claim_wh)

    def need_wh(self, claim_wh: float | None) -> float | None:
        """Return what is believed of a need, Wh; None: nothing is known."""
        bounds = [self.most_wh - self.drawn_wh]
        if claim_wh is not None:
            bounds.append(claim_wh - self.overclaim_wh)
        elif self.stays:
            bounds.append(max(self.stays) - self.drawn_wh)
        least = min(bounds)
        return max(0.0, least) if math.isfinite(least) else None

    @property
    def owes_i(self) -> float:
        """Paid for energy that the car turned out not to need, and not yet made up for, i; less if it draws on."""
        if not self.stopped:
            return self.owed_i
        beyond = ((each.baseline_wh - max(0.0, self.drawn_wh - each.drawn_wh)) * each.reward_i for each in self.paid)
        return self.owed_i + max(0.0, sum(max(0.0, each_i) for each_i in beyond) - self.made_up_i)

    def begin(self, ask: Ask, claim_wh: float | None) -> float | None:
        """Return the need that is believed as a part begins, less what is owed, Wh; None: no end is known."""
        believed_wh = self.need_wh(claim_wh)
        self._begun = (self.drawn_wh, believed_wh)
        owed_i, reward_i = self.owes_i, _reward_i(ask)
        if owed_i <= 0 or reward_i <= 0:
            return believed_wh
        return 0.0 if believed_wh is None else max(0.0, believed_wh - owed_i / reward_i)

    def end(self, ask: Ask) -> None:
        """Remember a settled part, and what was made up for in it."""
        begun_wh, believed_wh = self._begun
        reward_i = _reward_i(ask)
        if ask.paid_baseline_w <= 0:
            return
        full_wh = ask.paid_baseline_w * ask.series.done_s / _WS_PER_WH
        made_up_i = (min(full_wh, math.inf if believed_wh is None else believed_wh) - ask.baseline_wh) * reward_i
        if made_up_i > 0 and (owes_i := self.owes_i) > 0:
            made_up_i = min(made_up_i, owes_i)
            earlier_i = min(self.owed_i, made_up_i)
            self.owed_i -= earlier_i
            self.made_up_i += made_up_i - earlier_i
        self.paid.append(Paid(begun_wh, float(ask.baseline_wh), reward_i))

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        self.arrived_at = None if self.arrived_at is None else min(self.arrived_at, now)
        self.idle_since = None if self.idle_since is None else min(self.idle_since, now)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {
            "arrived_at": self.arrived_at,
            "drawn_wh": self.drawn_wh,
            "most_wh": self.most_wh if math.isfinite(self.most_wh) else None,
            "overclaim_wh": self.overclaim_wh,
            "stays": list(self.stays),
            "owed_i": self.owes_i,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Claim:
        """Return what `to_dict` has given."""
        most = data["most_wh"]
        return cls(
            arrived_at=data["arrived_at"],
            drawn_wh=float(data["drawn_wh"]),
            most_wh=math.inf if most is None else float(most),
            overclaim_wh=float(data["overclaim_wh"]),
            stays=deque(map(float, data["stays"]), maxlen=_STAYS),
            owed_i=float(data.get("owed_i", 0.0)),
        )

    def _draw(self, drawn_wh: float, claim_wh: float | None) -> None:
        self.drawn_wh += drawn_wh
        if drawn_wh > 0 and self.idle_since is None and claim_wh is not None and claim_wh < self.overclaim_wh:
            # By what was learned of it, it should be full: that was wrong by as much as it draws now.
            self.overclaim_wh = max(0.0, self.overclaim_wh - drawn_wh)

    def _stopped(self, claim_wh: float | None) -> None:
        """It has stopped by itself: whatever it still claims is too much."""
        self.stopped = True
        if claim_wh is not None and claim_wh > _TOLERANCE_WH:
            self.overclaim_wh = max(self.overclaim_wh, claim_wh)

    def _leave(self) -> None:
        if self.arrived_at is not None and self.drawn_wh >= _BEGUN_WH:
            self.stays.append(round(self.drawn_wh))
        self.owed_i = self.owes_i
        self.stopped, self.paid, self.made_up_i = False, [], 0.0
        self.arrived_at = self.idle_since = None
        self.drawn_wh, self.most_wh = 0.0, math.inf


def _reward_i(ask: Ask) -> float:
    """Return what a Wh of a part's baseline is worth, i: only what it is asked for is paid."""
    if ask.baseline_w <= 0:
        return 0.0
    return min(1.0, ask.quantity_w / ask.baseline_w) * ask.rate / 1000

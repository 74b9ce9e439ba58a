"""How far a car's reported need is believed: a baseline must not last longer because somebody reports a false charge.

Three bounds, all from the charger's own measurement:

- Within a stay a need only falls, by what is drawn. Whoever reports a lower state of charge later on (a quarter of an
  hour after arrival: car services are slow) is not believed.
- A car that stops by itself, although it may charge and says that it needs more, has claimed too much. That much is
  taken off its later claims; if it then draws on after all, it is given back.
- A car that reports nothing needs no more than the most that this charger gave in one of its last stays.

What cannot be known: a false claim that is consistent from the arrival on is believed until the car stops for the
first time. It gains once, and at most what is missing in one window.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .device_state import DeviceState
from .model import ChargerConfig

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
class Claim:
    """One charger.

    Attributes:
        arrived_at: When the present stay began; None without a car.
        drawn_wh: Drawn in it, less what was fed back, Wh.
        most_wh: The least of need plus what was drawn that was claimed in it, Wh: the need that is believed at arrival.
        overclaim_wh: By how much its claims were too great, Wh.
        idle_since: Draws nothing since then, although it may.
        stays: Energy of the last stays, Wh.
    """

    arrived_at: float | None = None
    drawn_wh: float = 0.0
    most_wh: float = math.inf
    overclaim_wh: float = 0.0
    idle_since: float | None = None
    stays: deque[float] = field(default_factory=lambda: deque(maxlen=_STAYS))

    def observe(self, device: DeviceState, now: float, elapsed_s: float, *, asked: bool) -> None:
        """Take in a step; `asked`: an active request keeps it from charging."""
        config = device.config
        if not isinstance(config, ChargerConfig):
            return
        if not device.plugged_in:
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
        """What is believed of a need, Wh; None: nothing is known."""
        bounds = [self.most_wh - self.drawn_wh]
        if claim_wh is not None:
            bounds.append(claim_wh - self.overclaim_wh)
        elif self.stays:
            bounds.append(max(self.stays) - self.drawn_wh)
        least = min(bounds)
        return max(0.0, least) if math.isfinite(least) else None

    def to_dict(self) -> dict[str, Any]:
        """JSON-able content."""
        return {
            "arrived_at": self.arrived_at,
            "drawn_wh": self.drawn_wh,
            "most_wh": self.most_wh if math.isfinite(self.most_wh) else None,
            "overclaim_wh": self.overclaim_wh,
            "stays": list(self.stays),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Claim:
        """Inverse of `to_dict`."""
        most = data["most_wh"]
        return cls(
            arrived_at=data["arrived_at"],
            drawn_wh=float(data["drawn_wh"]),
            most_wh=math.inf if most is None else float(most),
            overclaim_wh=float(data["overclaim_wh"]),
            stays=deque(map(float, data["stays"]), maxlen=_STAYS),
        )

    def _draw(self, drawn_wh: float, claim_wh: float | None) -> None:
        self.drawn_wh += drawn_wh
        if drawn_wh > 0 and self.idle_since is None and claim_wh is not None and claim_wh < self.overclaim_wh:
            # By what was learned of it, it should be full: that was wrong by as much as it draws now.
            self.overclaim_wh = max(0.0, self.overclaim_wh - drawn_wh)

    def _stopped(self, claim_wh: float | None) -> None:
        """It has stopped by itself: whatever it still claims is too much."""
        if claim_wh is not None and claim_wh > _TOLERANCE_WH:
            self.overclaim_wh = max(self.overclaim_wh, claim_wh)

    def _leave(self) -> None:
        if self.arrived_at is not None and self.drawn_wh >= _BEGUN_WH:
            self.stays.append(round(self.drawn_wh))
        self.arrived_at = self.idle_since = None
        self.drawn_wh, self.most_wh = 0.0, math.inf

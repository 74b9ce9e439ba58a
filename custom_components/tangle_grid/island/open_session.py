"""A charging session that is not paid yet, with what surrounds it: its plug, its clock, and what its meter is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, Self

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..economy.sessions import Reading, Session, SessionReceipt
from ..grid.engine.status import DeviceStatus
from ..grid.model.request import RequestState
from ..grid.model.world import Cause
from .sun_meter import SunReading

_VERSION: Final = 1
#: Where no plug is seen, a car that draws nothing for so long has left, grid s.
_GONE_S: Final = 1_800.0
#: Another car was plugged in while nobody looked if its session began so much later.
_SAME_PLUG_S: Final = 60.0
_CHARGING_W: Final = 100.0


def draws(device: DeviceStatus) -> bool:
    """Return whether a charger is seen to give power, or to take it."""
    return device.power_w is not None and abs(device.power_w) >= _CHARGING_W


@dataclass(slots=True, kw_only=True)
class OpenSession:
    """A session, and what surrounds it.

    Attributes:
        session: What is metered and paid.
        plugged_at: When the grid saw the plug, grid time.
        looked_at: When the meter was last told anything, grid time.
        steady_at: The same on a clock that is never set; None if Home Assistant was not running then.
        was_asked: Whether the device was in a request then.
        drew_at: When it was last seen to draw, grid time.
        is_another: Whether another car was plugged in while Home Assistant was not running.
        sun: What roofs had given and all had drawn then.
    """

    session: Session
    plugged_at: float | None
    looked_at: float
    steady_at: float | None = None
    was_asked: bool = False
    drew_at: float = 0.0
    is_another: bool = False
    sun: SunReading = field(default_factory=SunReading)

    def is_connected(self, device: DeviceStatus, now: float) -> bool:
        """Return whether the car is there; of a charger that does not say so: it draws, or did lately."""
        if device.connected is not None:
            return device.connected
        if draws(device):
            self.drew_at = now
        return now - self.drew_at < _GONE_S

    def is_another_plug(self, device: DeviceStatus) -> bool:
        """Return whether the grid has seen another plug than the one this session began with."""
        if self.plugged_at is None or device.session_at is None:
            return False
        return device.session_at - self.plugged_at > _SAME_PLUG_S

    def reading(
        self,
        device: DeviceStatus,
        counters_wh: tuple[float | None, float | None],
        now: float,
        *,
        speed: float,
        on_request: bool | None = None,
    ) -> Reading:
        """Return what the meter is told now.

        Args:
            device: What the last pass knows of the charger.
            counters_wh: Its energy counters, of what cars took and of what they fed back; None where there is none.
            now: Grid time, s.
            speed: How many seconds of it pass in one of the steady clock.
            on_request: Whether it is in a request; None: as the device says.
        """
        steady, before = monotonic(), self.steady_at
        self.looked_at, self.steady_at = now, steady
        power_w, (import_wh, export_wh) = device.power_w, counters_wh
        if self.is_another:  # what was read is of both cars
            power_w = import_wh = export_wh = None
        charging = None if power_w is None else draws(device)
        asked = device.curtailment is RequestState.ACTIVE if on_request is None else on_request
        return Reading(
            at=now,
            elapsed_s=None if before is None else (steady - before) * speed,
            power_w=power_w,
            import_wh=import_wh,
            export_wh=export_wh,
            charging=bool(charging) if import_wh is None else charging,
            held=not charging and device.cause not in {None, Cause.ALLOCATION, Cause.PAYMENT},
            # The last interval of a request counts, too.
            on_request=asked or self.was_asked,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what is stored of it."""
        return {"version": _VERSION, "plugged_at": self.plugged_at, "session": self.session.to_dict()}

    def receipt_dict(self) -> dict[str, Any]:
        """Return what is stored of it when it is paid: its receipt."""
        return {"version": _VERSION, "receipt": SessionReceipt.of(self.session).to_dict()}

    @classmethod
    def from_dict(cls, hass: HomeAssistant, stored: Mapping[str, Any], now: float) -> Self:
        """Go on with what was stored.

        Raises:
            SessionError, TariffError, KeyError, TypeError, ValueError: It cannot be read.
        """
        zone = dt_util.get_default_time_zone()
        name = stored["session"]["terms"]["zone"]
        if name != hass.config.time_zone:
            zone = dt_util.get_time_zone(name) or zone
        session = Session.from_dict(stored["session"], zone)
        return cls(session=session, plugged_at=stored.get("plugged_at"), looked_at=now, drew_at=now)

"""Who is asked for a request, why the others are not, and which of them may be asked later."""

from dataclasses import dataclass, field
from typing import Final

from ..device.state import DeviceState
from ..model.world import Reason
from ..requests.offers import BUSY, COMING_BACK, JUST_BEGUN, SILENT, STARTING, Offer

#: It could help, and nothing is missing just now.
ENOUGH: Final = "not_asked_enough"
#: What passes, nobody knows when.
_PASSES: Final = frozenset({COMING_BACK, ENOUGH, SILENT, STARTING})


def may_pass(reason: Reason, now: float, within_s: float) -> bool:
    """Return whether somebody who is not asked for this reason now may be asked within a time."""
    placeholders = reason.placeholders
    match reason.key:
        case key if key == JUST_BEGUN:
            wait_s = (float(placeholders["needed"]) - float(placeholders["minutes"])) * 60
        case key if key == BUSY:
            wait_s = float(placeholders["ends_at"]) - now
        case key if key in _PASSES:
            wait_s = 0.0
        case _:
            return False
    return wait_s <= within_s


@dataclass(slots=True)
class Choice:
    """Who is asked for a request and for how much, W, and why the others are not.

    `foreseen_at`: since when the request could be foreseen, grid time.
    """

    foreseen_at: float
    asked: list[tuple[DeviceState, Offer, float]] = field(default_factory=list)
    left_out: dict[str, Reason] = field(default_factory=dict)
    _drawn_w: dict[str, float] = field(default_factory=dict)

    def ask(self, device: DeviceState, offer: Offer, want_w: float) -> None:
        """Count one that is asked."""
        self.asked.append((device, offer, want_w))

    def leave_out(self, device: DeviceState, reason: Reason) -> None:
        """Count one that is not asked."""
        self.left_out[device.device_id] = reason
        self._drawn_w[device.device_id] = device.own.log.known_w(device.own.at(self.foreseen_at))

    def coming(self, now: float, within_s: float) -> dict[str, float]:
        """Return what those drew who may be asked within a time, before the request could be foreseen, W."""
        return {
            device_id: self._drawn_w[device_id]
            for device_id, reason in self.left_out.items()
            if may_pass(reason, now, within_s)
        }

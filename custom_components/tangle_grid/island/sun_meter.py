"""How much each roof gives, and how much is drawn on the whole island: of this, sessions may be given a share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ..grid.engine.status import GridStatus

_WS_PER_WH: Final = 3600


@dataclass(frozen=True, slots=True)
class SunReading:
    """What was given and drawn until a moment, Wh, since this meter began."""

    sun_wh: Mapping[str, int] = field(default_factory=dict)
    drawn_wh: int = 0

    def since(self, before: SunReading) -> SunReading:
        """Return what was given and drawn after another reading."""
        given = {name: wh - before.sun_wh.get(name, 0) for name, wh in self.sun_wh.items()}
        return SunReading(given, self.drawn_wh - before.drawn_wh)


class SunMeter:
    """Counts energy from the power that passes see; a gap counts nothing."""

    def __init__(self, suns: Iterable[str], roots: Iterable[str]) -> None:
        """`suns` are the participants that are roofs, `roots` the feeders with nothing above them."""
        self._sun_ws = dict.fromkeys(suns, 0.0)
        self._roots = tuple(roots)
        self._drawn_ws = self._at = 0.0

    def measure(self, status: GridStatus, longest_gap_s: float) -> None:
        """Count what came since the pass before, unless that is longer ago than this."""
        lasts_s, self._at = status.at - self._at, status.at
        if not self._sun_ws or not 0 < lasts_s <= longest_gap_s:
            return
        given_w = 0.0
        for name in self._sun_ws:
            power_w = status.devices[name].power_w
            if power_w is not None and power_w < 0:
                given_w -= power_w
                self._sun_ws[name] -= power_w * lasts_s
        net_w = sum(status.feeders[root].total_w or 0.0 for root in self._roots)
        self._drawn_ws += max(0.0, net_w + given_w) * lasts_s

    def read(self) -> SunReading:
        """Return what was given and drawn until now."""
        given = {name: int(ws / _WS_PER_WH) for name, ws in self._sun_ws.items()}
        return SunReading(given, int(self._drawn_ws / _WS_PER_WH))

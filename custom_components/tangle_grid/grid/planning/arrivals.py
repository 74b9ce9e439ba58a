"""Which cars are still expected today, learned from the stays at each charger.

What came to a charger on the last days comes again, each stay with the weight of one day. A charger that is taken has
no other car before its own leaves; for a free one only those days count on which it was free at this time of the day.
So an evening on which most cars are late still expects them, and one on which all are home expects nobody.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ..model.local_time import LocalTime, moment_of, utc

_DAY_S: Final = 86_400.0
#: Stays that are remembered per charger, and for how many days.
_STAYS: Final = 30
_DAYS: Final = 14.0
_TODAY_S: Final = 6 * 3600.0
#: A car of which nothing is known is taken to stay this much longer, s.
_A_WHILE_S: Final = 4 * 3600.0
#: Shorter stays, s, and smaller needs, Wh, are none.
_SHORT_S: Final = 600.0
_SMALL_WH: Final = 200.0


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay that is over: times of the grid, and what the car wanted in all, Wh."""

    arrived_at: float
    left_at: float
    wanted_wh: float


class _Shown(NamedTuple):
    """A stay, and what the clocks on the walls showed when the car came and when it left."""

    stay: Stay
    came: float
    left: float


class Arrivals:
    """The stays at all chargers.

    Args:
        state: What `to_dict` gave, if any.
        local: What the clocks on the walls show: who comes at six comes at six, also after they have changed.
    """

    def __init__(self, state: Mapping[str, Any] | None = None, local: LocalTime = utc) -> None:
        self._local = local
        self._stays: dict[str, deque[_Shown]] = {}
        self._since: dict[str, float] = {}
        self._present: dict[str, tuple[float, float]] = {}
        for device_id, (since, stays) in (state or {}).items():
            self._since[device_id] = float(since)
            self._stays[device_id] = deque((self._shown(Stay(*map(float, stay))) for stay in stays), maxlen=_STAYS)

    def observe(self, now: float, device_id: str, arrived_at: float | None, wanted_wh: float) -> None:
        """Take in what is at a charger.

        Args:
            now: Grid time.
            device_id: The charger.
            arrived_at: Since when its car is there; None: there is none, or nobody knows.
            wanted_wh: What the car has had and still wants, Wh.
        """
        self._since.setdefault(device_id, now)
        before = self._present.get(device_id)
        if arrived_at is not None:
            self._present[device_id] = (arrived_at, wanted_wh)
        if before is None or before[0] == arrived_at:
            return
        if arrived_at is None:
            del self._present[device_id]
        left_at = now if arrived_at is None else min(now, arrived_at)
        if left_at - before[0] >= _SHORT_S and before[1] >= _SMALL_WH:
            self.add(device_id, Stay(before[0], left_at, before[1]))

    def add(self, device_id: str, stay: Stay) -> None:
        """Remember a stay."""
        stays = self._stays.setdefault(device_id, deque(maxlen=_STAYS))
        self._since[device_id] = min(self._since.get(device_id, stay.arrived_at), stay.arrived_at)
        stays.append(self._shown(stay))

    def taken_until(self, device_id: str, now: float) -> float | None:
        """Return when a charger will be free whose car is not planned: not known, so in a while; None if it is free."""
        return now + _A_WHILE_S if device_id in self._present else None

    def expected(
        self, device_id: str, now: float, until: float, *, taken_until: float | None, end: float | None = None
    ) -> Sequence[tuple[float, float, float]]:
        """Return what is still expected of a charger: times of arrival and departure, and Wh by their likelihood.

        Args:
            device_id: The charger.
            now: Grid time.
            until: Who arrives later is left out.
            taken_until: When the car that is there leaves; None: there is none.
            end: What is wanted after that is left out; None: after `until`.
        """
        stays = [each for each in self._stays.get(device_id, ()) if now - each.stay.arrived_at <= _DAYS * _DAY_S]
        if not stays:
            return ()
        since = max(self._since[device_id], stays[0].stay.arrived_at if len(stays) == _STAYS else now - _DAYS * _DAY_S)
        days = max(1.0, min(_DAYS, (now - since) / _DAY_S))
        shown_now = self._local(now)
        taken = sum(1 for _, came, left in stays if (shown_now - came) % _DAY_S < left - came)
        days_free = days if taken_until is not None else max(1.0, days - taken)
        end = until if end is None else end
        result: list[tuple[float, float, float]] = []
        for stay, came, left in stays:
            later_s = math.ceil((shown_now - came) / _DAY_S) * _DAY_S
            arrives = max(now, moment_of(came + later_s, self._local))
            if arrives >= until or (taken_until is not None and arrives < taken_until):
                continue
            leaves = max(arrives + _SHORT_S, moment_of(left + later_s, self._local))
            share = min(1.0, (end - arrives) / (leaves - arrives))
            # That it is free now says something about today, not about tomorrow.
            likely = 1.0 / (days_free if arrives - now < _TODAY_S else days)
            result.append((arrives, min(leaves, end), stay.wanted_wh * share * likely))
        return result

    def to_dict(self) -> dict[str, Any]:
        """Return what is stored: per charger since when it is known, and its stays."""
        return {
            device_id: [
                round(since),
                [
                    [round(stay.arrived_at), round(stay.left_at), round(stay.wanted_wh)]
                    for stay, _, _ in self._stays.get(device_id, ())
                ],
            ]
            for device_id, since in self._since.items()
        }

    def _shown(self, stay: Stay) -> _Shown:
        return _Shown(stay, self._local(stay.arrived_at), self._local(stay.left_at))

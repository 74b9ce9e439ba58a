"""Who charges first when there is not enough for all, from what each car still needs and when it leaves.

Three steps, O(n log n) for n cars:

1. Triage. In the order of departure, the cars are booked on the capacity. Where the work that is due by a departure
   does not fit, the car whose postponement frees most is no longer promised all of its energy but only a share of it:
   `Fairness.promised_share`, or less if not even that is possible for all. That is the rule of Moore, An n job, one
   machine sequencing algorithm for minimizing the number of late jobs, Management Science 15 (1968), with a promise in
   the place of a rejection: as many cars as possible are filled, and none is given up.
2. Order of those with an open promise. While there is plenty of slack, by departure, or earlier for a car that must
   charge at full power almost all the time to be ready (its laxity is short: Dertouzos and Mok, Multiprocessor on-line
   scheduling of hard-real-time tasks, 1989). Otherwise by departure, or sooner for those that will soon be finished:
   a car that is full helps all that come later, one that is nearly full does not.
3. Those whose promise is met take what is left, the least served first.

The result is only an order. What is possible at all is decided by the allocator, whose limits it cannot break.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: Departures that are nearer than this, or over, count as this near, s.
_SOON_S: Final = 150.0
#: Energy by which a promise may be missed and still counts as kept, Wh.
_ENOUGH_WH: Final = 1.0
#: Wh by which a car may fail to be finished in time, on paper, and still be worth finishing.
_NEARLY_WH: Final = 50.0

OPEN: Final = 0.0
MET: Final = 1.0

type Standing = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One car at its charger.

    Attributes:
        need_wh: What it still needs, Wh.
        total_wh: What the whole session needs, with what it has had, Wh.
        departs_in_s: Time until it leaves, s; known or estimated (see `stay`).
        full_w: Most that it can draw, W.
    """

    need_wh: float
    total_wh: float
    departs_in_s: float
    full_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """The trade between many full cars, even shares and all energy.

    Attributes:
        promised_share: Of its energy, what a car is promised at most that cannot be filled, 0..1. Less fills more cars;
            more spreads the shortage evenly.
        common_part: Of the share that all could reach alike, how much is promised at most, 0..1: the rest fills cars.
        protected_share: Of its energy, what a car gets before it leaves however many others are soon full, 0..1: the
            least that keeps a great need from starving. More fills fewer cars.
        short_first: How many times the time to fill a car is added to its departure when there is little slack.
            0 is by departure alone; more fills more cars and wastes more of a quiet night.
        calm_slack: Share of the capacity that must be unused until every departure before laxity counts, 0..1.
        laxity_factor: A car counts as leaving within this many times its laxity.
    """

    promised_share: float = 0.75
    common_part: float = 0.85
    protected_share: float = 0.05
    short_first: float = 2.0
    calm_slack: float = 0.34
    laxity_factor: float = 10.0


DEFAULT_FAIRNESS: Final = Fairness()
#: For departures that are only estimated: a plan that leans on them less, and fills whoever is soon full.
ESTIMATED_DEPARTURES: Final = Fairness(short_first=6.0, calm_slack=1.0)


def standings(sessions: Sequence[Session], capacity_w: float, fairness: Fairness = DEFAULT_FAIRNESS) -> list[Standing]:
    """The place of each car in the order: smaller is served first.

    Args:
        sessions: Cars that want energy.
        capacity_w: Power for all of them together, W; the plan is made as if it stayed.
        fairness: The trade.

    Returns:
        (OPEN or MET, key) per session, for `Demand.order` and `Demand.rank`. Equal cars get equal places, unless only
        some of them can be promised all: then the order of the input decides.
    """
    promises, slack = _promises(sessions, max(capacity_w, 0.0), fairness)
    calm = slack > fairness.calm_slack
    result: list[Standing] = []
    for session, promise_wh in zip(sessions, promises, strict=True):
        if promise_wh <= _ENOUGH_WH:
            result.append((MET, 1.0 - session.need_wh / session.total_wh if session.total_wh > 0 else 1.0))
            continue
        charging_s = promise_wh / session.full_w * 3600.0
        if calm:
            laxity_s = max(0.0, session.departs_in_s - charging_s)
            key = min(session.departs_in_s, fairness.laxity_factor * laxity_s)
        else:
            key = session.departs_in_s + fairness.short_first * charging_s
            protected_wh = session.need_wh - (1.0 - fairness.protected_share) * session.total_wh
            if protected_wh > 0:
                spare_s = session.departs_in_s - protected_wh / session.full_w * 3600.0
                key = min(key, fairness.laxity_factor * max(0.0, spare_s))
        result.append((OPEN, key))
    return result


def _promises(sessions: Sequence[Session], capacity_w: float, fairness: Fairness) -> tuple[list[float], float]:
    """What each car is promised, Wh, and the least slack until any departure, as a share of the capacity.

    A slack of 0 is returned when somebody's promise had to be reduced.
    """
    by_departure = sorted(range(len(sessions)), key=lambda index: sessions[index].departs_in_s)
    common = _common_share([sessions[index] for index in by_departure], capacity_w)
    share = min(fairness.promised_share, fairness.common_part * common)
    promises = [0.0] * len(sessions)
    slack = 1.0
    reduced = False
    work_wh = 0.0
    reducible: list[tuple[float, int, float]] = []
    for index in by_departure:
        session = sessions[index]
        hours = max(session.departs_in_s, _SOON_S) / 3600.0
        most_wh = session.full_w * hours
        least_wh = min(session.need_wh, max(0.0, session.need_wh - (1.0 - share) * session.total_wh))
        if session.full_w <= 0 or session.need_wh <= 0:
            continue
        if session.need_wh <= most_wh + _NEARLY_WH:
            promises[index] = session.need_wh
            heapq.heappush(reducible, (least_wh - session.need_wh, index, least_wh))
        else:
            promises[index] = least_wh
        work_wh += min(promises[index], most_wh)
        room_wh = capacity_w * hours
        while work_wh > room_wh + _ENOUGH_WH and reducible:
            freed_wh, late, promise_wh = heapq.heappop(reducible)
            work_wh += freed_wh
            promises[late] = promise_wh
            reduced = True
        slack = min(slack, 1.0 - work_wh / room_wh if room_wh > 0 else 0.0)
    return promises, 0.0 if reduced else slack


def _common_share(by_departure: Sequence[Session], capacity_w: float) -> float:
    """The share of its energy that every car could reach by its departure: no more than that can be promised to all."""
    share = 1.0
    had_wh = total_wh = 0.0
    for session in by_departure:
        had_wh += max(0.0, session.total_wh - session.need_wh)
        total_wh += session.total_wh
        room_wh = capacity_w * max(session.departs_in_s, _SOON_S) / 3600.0
        if total_wh > 0:
            share = min(share, (had_wh + room_wh) / total_wh)
    return share

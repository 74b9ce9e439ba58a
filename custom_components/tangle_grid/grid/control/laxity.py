"""Who charges first when there is not enough for all, from what each car still needs and when it leaves.

Three steps, O(n log n) for n cars:

1. Triage. In the order of departure, the cars are booked on the capacity. Where the work that is due by a departure
   does not fit, the car whose postponement frees most is no longer promised all of its energy but only a share of it:
   a little less than all could reach alike. That is the rule of Moore, An n job, one machine sequencing algorithm for
   minimizing the number of late jobs, Management Science 15 (1968), with a promise in the place of a rejection: as many
   cars as possible are filled, and none is given up.
2. Order of those with an open promise, by departure and by the time that it takes to charge what is promised. With
   plenty of slack until every departure, by laxity: the time is taken off the departure, so that as many cars as
   possible stay able to take power later (Dertouzos and Mok, Multiprocessor on-line scheduling of hard-real-time tasks,
   1989). Where much more is due than fits, the time is added: a car that is full helps all that come later, one that
   is nearly full does not. In between, in between.
3. Those whose promise is met take what is left, the least served first.

All of this is done for each lane: cars whose current takes the same conductors. Where any lane is short of slack, the
lanes take turns (`in_turns`): the first of each is served, all to the same current, before the second of any. Cars that
are all on one phase would otherwise, by their order alone, stop those that need that phase and others, and most of a
feeder would stay empty.

The result is only an order. What is possible at all is decided by the allocator, whose limits it cannot break.
"""

import heapq
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from typing import Final

#: Departures that are nearer than this, or over, count as this near, s.
_SOON_S: Final = 150.0
#: Energy by which a promise may be missed and still counts as kept, Wh.
_ENOUGH_WH: Final = 1.0
#: Wh by which a car may fail to be finished in time, on paper, and still be worth finishing: whoever lacks less than
#: 100 Wh counts as served.
_NEARLY_WH: Final = 95.0

#: The slack of a lane without any capacity.
_NO_ROOM: Final = -1.0

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
        common_part: Of the share that all could reach alike, what a car is promised that cannot be filled, 0..1: the
            rest fills cars.
        short_first: How many times the time to fill a car is added to its departure where it is crowded. 0 is by
            departure alone; more fills more cars and wastes more of a quiet night.
        calm_slack: Share of the capacity that must be unused until every departure for an order by laxity alone.
            Above 1 it never goes by laxity alone.
        crowded: Share of the capacity by which what is due by some departure must exceed it for `short_first` in full;
            between the two the order lies between the two.
        turns_slack: With less slack than this, lanes take turns.
    """

    common_part: float = 0.95
    short_first: float = 4.0
    calm_slack: float = 0.4
    crowded: float = 0.3
    turns_slack: float = 0.3


DEFAULT_FAIRNESS: Final = Fairness()
#: For departures that are only estimated: nearly by who is soonest full, as far as everybody's share is kept.
ESTIMATED_DEPARTURES: Final = Fairness(common_part=0.975, short_first=15.0, calm_slack=1.5, turns_slack=2.0)

_MIDDLE: Final = 0.5
#: The ends of the setting: most energy, and most full cars. With estimates there is little left to trade at that end.
_MOST_ENERGY: Final = Fairness(common_part=1.0, short_first=0.5, calm_slack=0.35)
_MOST_FULL: Final = Fairness(common_part=0.9, short_first=8.0, calm_slack=0.55)
_MOST_FULL_ESTIMATED: Final = Fairness(common_part=0.95, short_first=15.0, calm_slack=1.5, turns_slack=2.0)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The order of the cars of one lane.

    Attributes:
        places: (OPEN or MET, key) per session, smaller is served first. Equal cars get equal places, unless only some
            of them can be promised all: then the order of the input decides.
        slack: The least slack until any departure, as a share of the capacity until then; below 0 where more is due
            than fits.
    """

    places: list[Standing]
    slack: float


def fairness_for(setting: float, *, departures_known: bool = True) -> Fairness:
    """Return the trade that one setting stands for, straight from one end to the middle and from there to the other.

    Args:
        setting: 0 delivers most energy, 0.5 is the default, 1 fills most cars; beyond that it counts as 0 or 1.
        departures_known: Whether most departures were told; otherwise they are only estimated.
    """
    middle = DEFAULT_FAIRNESS if departures_known else ESTIMATED_DEPARTURES
    most_full = _MOST_FULL if departures_known else _MOST_FULL_ESTIMATED
    end = _MOST_ENERGY if setting < _MIDDLE else most_full
    part = min(1.0, abs(setting - _MIDDLE) / _MIDDLE)

    def between(name: str) -> float:
        start: float = getattr(middle, name)
        return start + part * (float(getattr(end, name)) - start)

    return Fairness(**{each.name: between(each.name) for each in fields(Fairness)})


def standings(sessions: Sequence[Session], capacity_w: float, fairness: Fairness = DEFAULT_FAIRNESS) -> Ranking:
    """Return the place of each car in the order.

    Args:
        sessions: Cars that want energy.
        capacity_w: Power for all of them together, W; the plan is made as if it stayed.
        fairness: The trade.
    """
    promises, slack = _promises(sessions, max(capacity_w, 0.0), fairness)
    span = fairness.calm_slack + fairness.crowded
    calm = min(1.0, max(0.0, slack + fairness.crowded) / span) if span > 0 else float(slack >= 0)
    weight = fairness.short_first * (1.0 - calm) - calm
    places: list[Standing] = []
    for session, promise_wh in zip(sessions, promises, strict=True):
        if promise_wh <= _ENOUGH_WH:
            places.append((MET, 1.0 - session.need_wh / session.total_wh if session.total_wh > 0 else 1.0))
        else:
            charging_s = promise_wh / session.full_w * 3600.0
            places.append((OPEN, max(0.0, session.departs_in_s + weight * charging_s)))
    return Ranking(places, slack)


def in_turns(places: Sequence[Standing], lanes: Sequence[Hashable]) -> list[Standing]:
    """Let lanes take turns instead of comparing their keys.

    Args:
        places: What `standings` gave for each car among those of its lane.
        lanes: The conductors that each car uses, in any form.

    Returns:
        (OPEN, turn) for those with an open promise: the first of every lane, and its equals, have turn 0. The others
        keep their places.
    """
    keys: dict[Hashable, set[float]] = {}
    for (tier, key), lane in zip(places, lanes, strict=True):
        if tier == OPEN:
            keys.setdefault(lane, set()).add(key)
    turns = {lane: {key: float(turn) for turn, key in enumerate(sorted(known))} for lane, known in keys.items()}
    return [
        (tier, turns[lane][key]) if tier == OPEN else (tier, key)
        for (tier, key), lane in zip(places, lanes, strict=True)
    ]


def _promises(sessions: Sequence[Session], capacity_w: float, fairness: Fairness) -> tuple[list[float], float]:
    """Return what each car is promised, Wh, and the least slack until any departure with all that is due by then."""
    by_departure = sorted(range(len(sessions)), key=lambda index: sessions[index].departs_in_s)
    share = fairness.common_part * _common_share([sessions[index] for index in by_departure], capacity_w)
    promises = [0.0] * len(sessions)
    slack = 1.0
    work_wh = due_wh = 0.0
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
        due_wh += min(session.need_wh, most_wh)
        room_wh = capacity_w * hours
        while work_wh > room_wh + _ENOUGH_WH and reducible:
            freed_wh, late, promise_wh = heapq.heappop(reducible)
            work_wh += freed_wh
            promises[late] = promise_wh
        slack = min(slack, 1.0 - due_wh / room_wh if room_wh > 0 else _NO_ROOM)
    return promises, slack


def _common_share(by_departure: Sequence[Session], capacity_w: float) -> float:
    """Return the share of its energy that every car could reach by its departure.

    No more than that can be promised to all.
    """
    share = 1.0
    had_wh = total_wh = 0.0
    for session in by_departure:
        had_wh += max(0.0, session.total_wh - session.need_wh)
        total_wh += session.total_wh
        room_wh = capacity_w * max(session.departs_in_s, _SOON_S) / 3600.0
        if total_wh > 0:
            share = min(share, (had_wh + room_wh) / total_wh)
    return share

"""Which loads an island keeps while its cable is dead, so that what matters most lives longest.

Loads have ranks: 0 is what is always on, and nobody decides about it; a load of a higher rank may run only as long as
that takes nothing from those of lower ranks until the end of the horizon. That is found by looking ahead with what is
expected of the sun and of the loads: energy that flows now is missing later, unless the sun fills the batteries before
it is missed, or would not find room in them. The energy that ranks below go without is compared for both answers; a
load runs when it costs them nothing (a lexicographic order of goals, decided one quarter of an hour at a time, with a
receding horizon).

Expectations are discounted: less sun than is forecast, more load. A load that runs already is judged a little more
mildly than one that is off, so that a forecast that trembles does not switch it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from ..model.tolerance import EPSILON

#: Of the sun that is forecast, what is counted on: for who runs, and for who wants to start.
_SUN_FOR_RUNNING: Final = 0.8
_SUN_FOR_STARTING: Final = 0.65
#: What loads are taken to draw, of what is usual.
_LOAD_SHARE: Final = 1.05
#: Of what a battery takes in, what it gives back.
_RETURNED: Final = 0.9
#: Who starts should be able to stay for so long, slots.
_STAYS_SLOTS: Final = 8
#: What may be missing later for all that it matters, Wh.
_NOTHING_WH: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The energy that the island can live on, of all its batteries and cars together, above their owners' reserves.

    Attributes:
        energy_wh: What can be taken out, Wh.
        room_wh: What can be in there when all are full, Wh.
        discharge_w: What they give at most, W.
        charge_w: What they take at most, W.
    """

    energy_wh: float
    room_wh: float
    discharge_w: float
    charge_w: float

    def after(self, net_w: float, hours: float) -> tuple[Stored, float]:
        """Return what is stored after a load of `net_w` (less the sun; negative: surplus), and what was missing, Wh."""
        if net_w <= 0:
            taken = min(-net_w, self.charge_w) * hours * _RETURNED
            return self._with(min(self.room_wh, self.energy_wh + taken)), 0.0
        given = min(self.energy_wh, min(net_w, self.discharge_w) * hours)
        return self._with(self.energy_wh - given), net_w * hours - given

    def _with(self, energy_wh: float) -> Stored:
        return Stored(energy_wh=energy_wh, room_wh=self.room_wh, discharge_w=self.discharge_w, charge_w=self.charge_w)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageLoad:
    """A load that may be kept off.

    Attributes:
        load_id: Whose.
        rank: From 1 on; lower is kept longer.
        power_w: What it draws when it runs now, W.
        usual_w: What it is expected to draw from the next slot on, W per slot; past its end it is taken as the last.
        running: It is on now.
    """

    load_id: str
    rank: int
    power_w: float
    usual_w: Sequence[float]
    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutagePlan:
    """What is decided for now.

    Attributes:
        kept: Loads that may run.
        lasts_s: How long what is always on is expected to last, s; None: beyond the horizon.
    """

    kept: frozenset[str]
    lasts_s: float | None


def plan_outage(
    stored: Stored,
    *,
    base_w: Sequence[float],
    sun_w: Sequence[float],
    loads: Iterable[OutageLoad],
    most_w: float,
    slot_s: float = 900.0,
) -> OutagePlan:
    """Return which loads may run in this slot.

    Args:
        stored: What there is.
        base_w: What nobody controls, W per slot; the first value is what it draws now. Its length is the horizon.
        sun_w: What the sun is expected to give, W per slot; the first value is what it gives now.
        loads: Those that may be kept off.
        most_w: What inverters may give in all, W, the sun's included.
        slot_s: Length of a slot, s.

    Returns:
        The plan. Loads of equal rank are taken by power, the smallest first: so most of them run.
    """
    hours = slot_s / 3600.0
    now_w, sun_now_w = base_w[0], sun_w[0]
    later_w = [watts * _LOAD_SHARE for watts in base_w[1:]]
    runs_sun, starts_sun = ([watts * share for watts in sun_w[1:]] for share in (_SUN_FOR_RUNNING, _SUN_FOR_STARTING))
    kept: set[str] = set()
    for _, rank in groupby(sorted(loads, key=_place), key=lambda load: load.rank):
        members = list(rank)
        for load in members:
            with_w = now_w + load.power_w
            if not _fits(with_w, sun_now_w, stored, most_w):
                continue
            expected, stays = (runs_sun, 0) if load.running else (starts_sun, _STAYS_SLOTS)
            served, missing_now = stored.after(with_w - sun_now_w, hours)
            spared, _ = stored.after(now_w - sun_now_w, hours)
            more_w = [_usual(load, slot) * _LOAD_SHARE for slot in range(stays)]
            cost_wh = _costs_wh(served, spared, later_w, expected, hours, more_w)
            if missing_now <= _NOTHING_WH and cost_wh <= _NOTHING_WH:
                kept.add(load.load_id)
                now_w = with_w
        later_w = [
            watts + sum(_usual(load, slot) for load in members) * _LOAD_SHARE for slot, watts in enumerate(later_w)
        ]
    return OutagePlan(kept=frozenset(kept), lasts_s=_lasts_s(stored, base_w, sun_w, now_w, slot_s))


def keep_what_fits(
    stored: Stored, *, base_w: float, sun_w: float, loads: Iterable[OutageLoad], most_w: float
) -> frozenset[str]:
    """Return which loads that run may go on running at this moment, without a look ahead: cheap enough for each pass.

    Args:
        stored: What there is.
        base_w: What nobody controls draws now, W.
        sun_w: What the sun gives now, W.
        loads: Those that may be kept off.
        most_w: What inverters may give in all, W, the sun's included.
    """
    kept: set[str] = set()
    for load in sorted((each for each in loads if each.running), key=_place):
        if _fits(base_w + load.power_w, sun_w, stored, most_w):
            kept.add(load.load_id)
            base_w += load.power_w
    return frozenset(kept)


def _fits(load_w: float, sun_w: float, stored: Stored, most_w: float) -> bool:
    return load_w <= most_w + EPSILON and load_w - sun_w <= stored.discharge_w + EPSILON


def _place(load: OutageLoad) -> tuple[int, float, str]:
    return load.rank, load.power_w, load.load_id


def _usual(load: OutageLoad, slot: int) -> float:
    return load.usual_w[min(slot, len(load.usual_w) - 1)] if load.usual_w else load.power_w


def _costs_wh(
    served: Stored,
    spared: Stored,
    load_w: Sequence[float],
    sun_w: Sequence[float],
    hours: float,
    more_w: Sequence[float],
) -> float:
    """Return what those who come first go without later if this load is served now, and `more_w` after that, Wh."""
    cost = 0.0
    for slot, (load, sun) in enumerate(zip(load_w, sun_w, strict=True)):
        if slot < len(more_w):
            served, missing = served.after(load + more_w[slot] - sun, hours)
            spared, missing_anyway = spared.after(load - sun, hours)
            cost += missing - missing_anyway
            continue
        if spared.energy_wh - served.energy_wh <= EPSILON:
            # From here on both are the same.
            break
        served, missing = served.after(load - sun, hours)
        spared, missing_anyway = spared.after(load - sun, hours)
        cost += missing - missing_anyway
    return cost


def _lasts_s(
    stored: Stored, base_w: Sequence[float], sun_w: Sequence[float], now_w: float, slot_s: float
) -> float | None:
    """Return how long what is always on lasts, s, with what runs now until the end of this slot."""
    for slot, (base, sun) in enumerate(zip(base_w, sun_w, strict=True)):
        net_w = now_w - sun if slot == 0 else base * _LOAD_SHARE - sun * _SUN_FOR_RUNNING
        before = stored
        stored, missing = stored.after(net_w, slot_s / 3600.0)
        if missing > _NOTHING_WH and net_w > 0:
            return slot * slot_s + min(slot_s, before.energy_wh / net_w * 3600.0)
    return None

"""When each car charges: its energy before it leaves, and the feeder's peak as low as that allows.

Three steps. The level (`valley`): the lowest height of the first feeder's load at which everything fits in time: the
load that nobody controls, what the cars that are here still need, and what is expected of those that are still to come
(`arrivals`). Where a phase is nearly all taken, the lanes (`spread`): how much the cars of each set of phases have of
it and when, so that it is shared in time; where that takes a higher peak, the level is raised to it. Then turns
(`turns`): in each slot so many cars charge that the load keeps to the level and not below it: what is charged early
costs the peak nothing, leaves room for whoever comes unexpected, and whoever leaves sooner than expected has it.

- The level is never below the peak that the day has anyway (reached already, sure to come, or paid for).
- Where the sun gives more than is used before the cars leave, own sun comes first.
- A price raises the ground where it is high, up to `_PRICE_SHARE` of the capacity.

The plan only holds back. A car that would have to charge nearly all the time that it has left, that does not fit into
the plan, or of which not enough is known, is not held back at all. One plan costs O(slots x cars log cars + slots x
lanes x departures). It is made piece by piece, in several calls of `update` or `go_on`, so that none of them takes
long.
"""

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..model.forecast import Forecast
from ..model.world import NOMINAL_V, ChargerConfig, GridConfig, PhaseTriple
from ..network.topology import PHASES, Topology, limit_at
from .arrivals import Arrivals
from .lane_schedule import Job, Lane, Poured, by_release, crowded, spread_of, used_shares
from .net_load_forecast import Outlook, alone_w
from .plan_builder import Draft
from .slot_dispatch import PlanCar, Turn, slot_ends
from .valley_filling import SLOT_S, Valley, due_work, price_height_w, slot_of

#: The plan is made anew after this, s, when a slot begins, and when cars come, go or change their minds.
REPLAN_S: Final = 300.0
#: Arrivals are expected this far ahead, and nothing is planned further ahead than the second, s.
_EXPECT_S: Final = 12 * 3600.0
_HORIZON_S: Final = 36 * 3600.0
#: A car is to be ready this long before it leaves, s, and at most this share of its time.
_RESERVE_S: Final = 300.0
_RESERVE_SHARE: Final = 0.05
#: A departure that is only expected may come this much sooner, as a share of the time until then.
_DOUBT: Final = 0.3
#: Cars with less spare time than this are not held back, s, nor those whose spare time is this share of charging time.
_TIGHT_S: Final = 600.0
_TIGHT_SHARE: Final = 0.05
#: What is planned above a need, as a share of it: chargers ramp, wait and round down.
_SPARE: Final = 0.02
#: How much of the capacity a high price is worth.
_PRICE_SHARE: Final = 0.5
#: Cars that are looked at in one call of `update`, over all slots, unless somebody else goes on with the plan.
BATCH: Final = 3000
#: So many, where others wait for their turn in between: some milliseconds.
SMALL_BATCH: Final = 200
#: How often all work is poured anew for a plan: from nothing, and going on from the plan before.
_FIRST_SWEEPS: Final = 6
_SWEEPS: Final = 2
#: Lanes are kept to on limits of which more than this share is taken at some time.
_FULL: Final = 0.8


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a car's plan: from `start` for `SLOT_S`, A per phase."""

    start: float
    current_a: float


@dataclass(frozen=True, slots=True)
class Run:
    """Slots one after the other with the same current: from `start` to `end`, grid time, A per phase."""

    start: float
    end: float
    current_a: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStatus:
    """The plan of the first feeder, for display.

    Attributes:
        start: Beginning of the first slot, grid time; each slot is `SLOT_S` long.
        base_w: Expected load without the planned cars, W per slot.
        total_w: With them.
        peak_w: The greatest of these.
        energy_wh: What is planned for all cars, Wh.
        held_back: Cars that wait or are limited now.
    """

    start: float
    base_w: tuple[int, ...]
    total_w: tuple[int, ...]
    peak_w: float
    energy_wh: int
    held_back: int


class Planner:
    """Plans all cars of an island.

    Args:
        config: The island.
        topology: Its feeder tree.
        state: What `to_dict` gave, if any; what does not fit starts afresh.
        batch: See `BATCH`; 0 leaves it all to `go_on`.
    """

    def __init__(
        self, config: GridConfig, topology: Topology, state: Mapping[str, Any] | None = None, *, batch: int = BATCH
    ) -> None:
        self._config = config
        self._topology = topology
        stored: Mapping[str, Any] = {} if state is None else state
        self._outlook = Outlook(config, topology, stored)
        arrivals = dict(stored.get("arrivals", {}))
        chargers = [device for device in config.devices if isinstance(device, ChargerConfig)]
        self.arrivals = Arrivals(
            {each.device_id: arrivals[each.device_id] for each in chargers if each.device_id in arrivals}, config.local
        )
        self._lanes = {each.device_id: topology.limits(each.feeder_id, each.phases) for each in chargers}
        self._poured: Poured = {}
        self._plan: Draft | None = None
        self._making: Iterator[int] | None = None
        self._batch = batch
        self._shown: tuple[int, PlanStatus] | None = None
        self._runs: tuple[Draft, dict[str, tuple[Run, ...]]] | None = None
        self._known: frozenset[tuple[str, float]] = frozenset()
        self._made_at: float | None = None

    @property
    def outlook(self) -> Outlook:
        """What is usual."""
        return self._outlook

    def observe(
        self,
        now: float,
        base_w: Mapping[str, PhaseTriple],
        *,
        others_w: float = 0.0,
        sun_w: float | None = None,
        load_w: float | None = None,
    ) -> None:
        """Learn from a measurement.

        Args:
            now: Grid time.
            base_w: Load of each feeder that is not blind, without its chargers, W per phase; sun is negative load.
            others_w: What chargers draw whose cars are not planned, W.
            sun_w: What the sun gives, W, positive; None: not measured.
            load_w: Load of the first feeder with everything, W; None: not measured.
        """
        self._outlook.observe(now, base_w, others_w=others_w, sun_w=sun_w, load_w=load_w)

    def update(
        self,
        now: float,
        cars: Sequence[PlanCar],
        *,
        forecast: Forecast | None = None,
        limits_w: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        """Make or go on with a plan, where one is due.

        Args:
            now: Grid time.
            cars: Those that need energy and of which enough is known.
            forecast: What is expected; what is missing comes from earlier days.
            limits_w: Lower capacities of feeders for a while: W, and until when.
        """
        known = frozenset((car.device_id, car.departs_at if car.certain else 0.0) for car in cars)
        made_at = self._made_at
        # A slot that begins is planned from what is measured in it.
        old = made_at is None or not 0.0 <= now - made_at < REPLAN_S or slot_of(now) != slot_of(made_at)
        # A draft is finished first: where cars come and go all the time, no plan would ever be made otherwise.
        if self._making is None and (old or known != self._known):
            self._known, self._made_at = known, now
            self._making = self._make(now, cars, forecast or Forecast(), limits_w or {})
        self.go_on(self._batch)

    def go_on(self, batch: int) -> bool:
        """Go on with a plan that is being made: look at about so many cars. Returns whether there is more to do."""
        while self._making is not None and batch > 0:
            looked_at = next(self._making, None)
            if looked_at is None:
                self._making = None
            else:
                batch -= looked_at
        return self._making is not None

    def ceiling_a(self, device_id: str, now: float) -> float | None:
        """Return the most that the plan lets a charger have now, A per phase; None: no limit from the plan."""
        plan = self._plan
        turn = None if plan is None else plan.turns.get(device_id)
        # A plan that was not renewed holds nobody back.
        if plan is None or turn is None or turn.first or not 0.0 <= now - plan.now <= 2 * SLOT_S:
            return None
        return turn.placed.get(slot_of(now) - plan.first, 0.0)

    def begins_at(self, device_id: str, now: float) -> float | None:
        """Return when the plan next lets a charger have something, grid time; None: it holds nothing for it."""
        plan = self._plan
        turn = None if plan is None else plan.turns.get(device_id)
        if plan is None or turn is None:
            return None
        ahead = (slot for slot, amps in turn.placed.items() if amps > 0 and plan.first + slot > slot_of(now))
        slot = min(ahead, default=None)
        return None if slot is None else (plan.first + slot) * SLOT_S

    def schedule(self) -> dict[str, tuple[Slot, ...]]:
        """Return what is planned for each car, soonest first."""
        plan = self._plan
        if plan is None:
            return {}
        return {
            device_id: tuple(Slot((plan.first + slot) * SLOT_S, turn.placed[slot]) for slot in sorted(turn.placed))
            for device_id, turn in plan.turns.items()
        }

    def runs(self, device_id: str) -> Sequence[Run]:
        """Return what is planned for a car, soonest first. It costs something once for each plan."""
        plan = self._plan
        turn = None if plan is None else plan.turns.get(device_id)
        if plan is None or turn is None:
            return ()
        if self._runs is None or self._runs[0] is not plan:
            self._runs = (plan, {})
        known = self._runs[1]
        if device_id not in known:
            known[device_id] = tuple(_runs(plan.first, turn.placed))
        return known[device_id]

    def status(self, now: float) -> PlanStatus | None:
        """Return the plan for the first feeder; None before there is one."""
        plan = self._plan
        if plan is None or not plan.turns:
            return None
        if self._shown is None or self._shown[0] != slot_of(now):
            self._shown = (slot_of(now), self._status(plan, now))
        return self._shown[1]

    def _status(self, plan: Draft, now: float) -> PlanStatus:
        total_w = [plan.total_w(slot) for slot in range(len(plan.base_w))]
        return PlanStatus(
            start=plan.first * SLOT_S,
            base_w=tuple(round(watts) for watts in plan.base_w),
            total_w=tuple(round(watts) for watts in total_w),
            peak_w=max(total_w),
            energy_wh=round(sum(turn.need_ws - turn.left_ws for turn in plan.turns.values()) / 3600.0),
            held_back=sum(1 for device_id in plan.turns if self.ceiling_a(device_id, now) == 0.0),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what was learned, JSON-able: 96 numbers per feeder."""
        return {**self._outlook.to_dict(), "arrivals": self.arrivals.to_dict()}

    # Making a plan

    def _make(
        self,
        now: float,
        cars: Sequence[PlanCar],
        forecast: Forecast,
        limits_w: Mapping[str, tuple[float, float]],
    ) -> Iterator[int]:
        """Make a plan, piece by piece: yields how many cars, or what takes as long, were looked at."""
        draft = yield from self._begin(now, cars, forecast, limits_w)
        sweeps = _SWEEPS if draft.spread.resume(self._poured) else _FIRST_SWEEPS
        for _ in range(sweeps):
            for number in range(len(draft.spread.jobs)):
                yield draft.spread.pour(number)
        self._poured = draft.spread.state()
        # What the load will come to anyway, it may come to now.
        least_w = alone_w(draft.base_w, draft.turns.values(), draft.first)
        draft.level_w = max(draft.level_w, draft.spread.peak_w() if draft.spread.tight else 0.0, least_w)
        draft.lanes_w = draft.spread.lanes_w()
        draft.full = draft.spread.full()
        draft.start()
        yield len(cars)
        while not draft.done or draft.again():
            yield draft.take_turns()
        self._plan, self._shown = draft, None

    def _begin(
        self,
        now: float,
        cars: Sequence[PlanCar],
        forecast: Forecast,
        limits_w: Mapping[str, tuple[float, float]],
    ) -> Generator[int, None, Draft]:
        first = slot_of(now)
        latest = max(now + 2 * _EXPECT_S, *(car.departs_at for car in cars)) if cars else now
        slots = max(1, math.ceil(min(latest, now + _HORIZON_S) / SLOT_S) - first)
        starts = [(first + slot) * SLOT_S for slot in range(slots)]
        grounds = self._outlook.grounds_w(now, starts, forecast)
        room = self._outlook.room_w(starts, grounds, limits_w)
        yield len(cars)
        # In an order that has nothing to do with names, so that sums do not either.
        turns = {car.device_id: self._turn(car, now, first) for car in sorted(cars, key=_like)}
        root = self._topology.number[self._topology.root]
        most_w = [sum(room[limit_at(root, phase)][slot] for phase in range(PHASES)) for slot in range(slots)]
        valley = Valley(
            seconds=[end - begin for begin, end in (slot_ends(first, slot, now) for slot in range(slots))],
            base_w=grounds[root],
            most_w=most_w,
            price_w=price_height_w(
                forecast, starts, _PRICE_SHARE * sum(self._topology.feeders[root].capacity_a) * NOMINAL_V
            ),
            floor_w=self._outlook.floor_w(grounds[root], turns.values(), first),
        )
        yield len(cars)
        jobs = self._jobs(now, first, valley.seconds, turns)
        yield len(cars)
        taken = used_shares(jobs, room, valley.seconds)
        for turn in turns.values():
            turn.crowded = crowded(turn.limits, taken)
        yield len(cars)
        lanes_on = frozenset(limit for limit, share in enumerate(taken) if share > _FULL)
        level_w = valley.level_w(by_release(jobs)) if cars else 0.0
        if level_w is None:
            level_w = valley.top_w
        return Draft(
            now=now,
            first=first,
            base_w=grounds[root],
            valley=valley,
            level_w=level_w,
            full_room=room,
            turns=turns,
            spread=spread_of(first, valley, room, level_w, jobs if lanes_on else ()),
            lanes_on=lanes_on,
        )

    def _turn(self, car: PlanCar, now: float, first: int) -> Turn:
        left_s = max(0.0, car.departs_at - now)
        if not car.certain:
            left_s *= 1.0 - _DOUBT
        left_s -= min(_RESERVE_S, _RESERVE_SHARE * left_s)
        need_ws = car.need_wh * (1.0 + _SPARE) * 3600.0
        charging_s = need_ws / car.full_w if car.full_w > 0 else math.inf
        return Turn(
            car=car,
            limits=self._topology.limits(car.feeder_id, car.phases),
            need_ws=need_ws,
            spare_ws=car.need_wh * _SPARE * 3600.0,
            ready_at=min(now + left_s, now + _HORIZON_S),
            last=max(0, math.ceil(min(now + left_s, now + _HORIZON_S) / SLOT_S) - first - 1),
            begins_a=self._begins_a(car, now),
            first=left_s - charging_s < max(_TIGHT_S, _TIGHT_SHARE * charging_s),
        )

    def _begins_a(self, car: PlanCar, now: float) -> float:
        """Return what a car charges with, as it was planned, A."""
        if not car.charging:
            return 0.0
        before = None if self._plan is None else self._plan.turns.get(car.device_id)
        if self._plan is None or before is None:
            return car.min_a
        return max(car.min_a, before.placed.get(slot_of(now - 1.0) - self._plan.first, 0.0))

    def _jobs(self, now: float, first: int, seconds: Sequence[float], turns: Mapping[str, Turn]) -> Sequence[Job]:
        """Return what is to be done in which slots: by the cars that are here, and by those that are expected."""
        work: dict[tuple[Lane, int, int, bool], float] = {}
        for turn in turns.values():
            last = max(0, min(len(seconds), math.ceil(turn.ready_at / SLOT_S) - first) - 1)
            begin, _ = slot_ends(first, last, now)
            for slot, ws in due_work(
                turn.need_ws, turn.car.full_w, seconds[: last + 1], min(seconds[last], max(0.0, turn.ready_at - begin))
            ):
                key = (turn.limits, 0, slot, True)
                work[key] = work.get(key, 0.0) + ws
        end = (first + len(seconds)) * SLOT_S
        until = min(now + _EXPECT_S, end)
        for device_id, lane in self._lanes.items():
            here = turns.get(device_id)
            taken_until = self.arrivals.taken_until(device_id, now) if here is None else here.car.departs_at
            for arrives, leaves, wh in self.arrivals.expected(device_id, now, until, taken_until=taken_until, end=end):
                slot = min(len(seconds) - 1, slot_of(arrives) - first)
                due = min(len(seconds) - 1, max(slot, slot_of(leaves) - first - 1))
                key = (lane, slot, due, False)
                work[key] = work.get(key, 0.0) + wh * 3600.0
        return [
            Job(lane=lane, release=release, due=due, ws=ws, here=here)
            for (lane, release, due, here), ws in work.items()
            if ws > 0.0
        ]


def _like(car: PlanCar) -> tuple[Any, ...]:
    return car.feeder_id, car.phases, car.departs_at, car.need_wh, car.min_a, car.max_a, car.step_a, car.charging


def _runs(first: int, placed: Mapping[int, float]) -> Iterator[Run]:
    """Yield slots as runs of the same current; `placed` is A per phase by slot, counted from `first`."""
    run: tuple[int, int, float] | None = None
    for slot in sorted(placed):
        if run is not None and run[1] == slot and run[2] == placed[slot]:
            run = (run[0], slot + 1, run[2])
            continue
        if run is not None:
            yield Run((first + run[0]) * SLOT_S, (first + run[1]) * SLOT_S, run[2])
        run = (slot, slot + 1, placed[slot])
    if run is not None:
        yield Run((first + run[0]) * SLOT_S, (first + run[1]) * SLOT_S, run[2])

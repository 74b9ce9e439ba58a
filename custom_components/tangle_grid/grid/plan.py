"""When each car charges: its energy before it leaves, and the feeder's peak as low as that allows.

Two steps. The level (`valley`): the lowest height of the first feeder's load at which everything fits in time: the load
that nobody controls, what the cars that are here still need, and what is expected of those that are still to come
(`arrivals`). Then turns (`turns`): in each slot so many cars charge, those with the least time to spare first, that the
load keeps to the level and not below it: what is charged early costs the peak nothing, leaves room for whoever comes
unexpected, and whoever leaves sooner than expected has it.

- The level is never below the peak that the day has anyway (expected, or paid for).
- Where the sun gives more than is used before the cars leave, own sun comes first.
- A price raises the ground where it is high, up to `_PRICE_SHARE` of the capacity.

The plan only holds back. A car that would have to charge nearly all the time that it has left, that does not fit into
the plan, or of which not enough is known, is not held back at all. One plan costs O(slots x cars log cars); a large one
is made over several calls of `update`, so that none of them takes long.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .arrivals import Arrivals
from .forecast import DayProfile, Forecast
from .model import NOMINAL_V, ChargerConfig, GridConfig, PhaseTriple
from .topology import PHASES, Topology
from .turns import PlanCar, Turn, fill, slot_ends
from .valley import SLOT_S, Valley, Work, due_work, price_height_w, slot_of

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
_SPARE: Final = 0.04
#: Share of what is expected of arrivals that is counted on: they can still raise the level when they come.
_COUNTED_SHARE: Final = 0.5
#: Share of the capacity that is planned with: what nobody controls does not keep to its habit.
_PLANNED_SHARE: Final = 0.97
#: Of a peak that is paid for, what the load may reach without need.
_PAID_SHARE: Final = 0.95
#: How much of the capacity a high price is worth.
_PRICE_SHARE: Final = 0.5
#: Cars that are looked at in one call of `update`, over all slots, before the rest waits for the next call.
_BATCH: Final = 3000
#: How often turns are taken in all: anew with a higher level where somebody gets too little, then with those first.
_ROUNDS: Final = 6
#: By how much the level is raised each time, on top of what is missing, as a share of it.
_RAISE: Final = 0.025
#: The difference between what is measured and what is usual fades by half in this time, s.
_FADES_S: Final = 3600.0
_DAY_SLOTS: Final = 96


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a car's plan: from `start` for `SLOT_S`, A per phase."""

    start: float
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


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A plan in the making; powers in W per slot, rooms per limit (a phase of a feeder)."""

    now: float
    first: int
    base_w: Sequence[float]
    valley: Valley
    level_w: float
    full_room: Sequence[Sequence[float]]
    turns: Mapping[str, Turn]
    room: list[list[float]] = field(default_factory=list)
    slot: int = 0
    rounds: int = 0

    @property
    def done(self) -> bool:
        """Every slot has been given away."""
        return self.slot >= len(self.base_w)

    def start(self) -> None:
        """Take turns from the first slot on."""
        self.room = [list(room) for room in self.full_room]
        self.slot = 0
        self.rounds += 1
        for turn in self.turns.values():
            turn.start()

    def again(self) -> bool:
        """Once more, if anybody did not get enough: with a higher level, and if that does not help, with them first."""
        short = [turn for turn in self.turns.values() if turn.missing and not turn.first]
        if not short or self.rounds >= _ROUNDS:
            for turn in short:
                turn.first = True
            return False
        if self.rounds < _ROUNDS - 1:
            seconds = max(turn.ready_at for turn in short) - self.now
            self.level_w *= 1.0 + _RAISE
            self.level_w += sum(turn.left_ws for turn in short) / max(SLOT_S, seconds)
        else:
            for turn in short:
                turn.first = True
        self.start()
        return True

    def total_w(self, slot: int) -> float:
        """The load with the cars, W."""
        return self.base_w[slot] + sum(
            turn.placed.get(slot, 0.0) * turn.car.watts_per_amp for turn in self.turns.values()
        )


class Planner:
    """Plans all cars of an island.

    Args:
        config: The island.
        topology: Its feeder tree.
        state: What `to_dict` gave, if any; what does not fit starts afresh.
    """

    def __init__(self, config: GridConfig, topology: Topology, state: Mapping[str, Any] | None = None) -> None:
        self._config = config
        self._topology = topology
        stored: Mapping[str, Any] = {} if state is None else state
        profiles = dict(stored.get("profiles", {}))
        self._profiles = {feeder.feeder_id: DayProfile(profiles.get(feeder.feeder_id)) for feeder in config.feeders}
        self._sun = DayProfile(stored.get("sun"))
        arrivals = dict(stored.get("arrivals", {}))
        chargers = [device for device in config.devices if isinstance(device, ChargerConfig)]
        self.arrivals = Arrivals(
            {each.device_id: arrivals[each.device_id] for each in chargers if each.device_id in arrivals}
        )
        self._chargers = tuple(each.device_id for each in chargers)
        self._base_w: dict[str, PhaseTriple] = {}
        self._others_w = 0.0
        self._plan: _Draft | None = None
        self._draft: _Draft | None = None
        self._shown: tuple[int, PlanStatus] | None = None
        self._known: frozenset[tuple[str, float]] = frozenset()
        self._made_at: float | None = None

    def observe(
        self,
        now: float,
        base_w: Mapping[str, PhaseTriple],
        *,
        others_w: float = 0.0,
        sun_w: float | None = None,
    ) -> None:
        """Learn from a measurement.

        Args:
            now: Grid time.
            base_w: Load of each feeder that is not blind, without its chargers, W per phase; sun is negative load.
            others_w: What chargers draw whose cars are not planned, W.
            sun_w: What the sun gives, W, positive; None: not measured.
        """
        self._base_w = dict(base_w)
        self._others_w = others_w
        if sun_w is not None:
            self._sun.observe(now, sun_w)
        for feeder_id, power_w in base_w.items():
            sun = (sun_w or 0.0) if feeder_id == self._topology.root else 0.0
            self._profiles[feeder_id].observe(now, sum(power_w) + sun)

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
        if self._draft is None and (old or known != self._known):
            self._known, self._made_at = known, now
            self._draft = self._begin(now, cars, forecast or Forecast(), limits_w or {})
        if self._draft is not None:
            self._go_on(self._draft)

    def ceiling_a(self, device_id: str, now: float) -> float | None:
        """The most that the plan lets a charger have now, A per phase; None: no limit from the plan."""
        plan = self._plan
        turn = None if plan is None else plan.turns.get(device_id)
        # A plan that was not renewed holds nobody back.
        if plan is None or turn is None or turn.first or not 0.0 <= now - plan.now <= 2 * SLOT_S:
            return None
        return turn.placed.get(slot_of(now) - plan.first, 0.0)

    def schedule(self) -> dict[str, tuple[Slot, ...]]:
        """What is planned for each car, soonest first."""
        plan = self._plan
        if plan is None:
            return {}
        return {
            device_id: tuple(Slot((plan.first + slot) * SLOT_S, turn.placed[slot]) for slot in sorted(turn.placed))
            for device_id, turn in plan.turns.items()
        }

    def status(self, now: float) -> PlanStatus | None:
        """The plan for the first feeder; None before there is one."""
        plan = self._plan
        if plan is None or not plan.turns:
            return None
        if self._shown is None or self._shown[0] != slot_of(now):
            self._shown = (slot_of(now), self._status(plan, now))
        return self._shown[1]

    def _status(self, plan: _Draft, now: float) -> PlanStatus:
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
        """What was learned, JSON-able: 96 numbers per feeder."""
        return {
            "profiles": {feeder_id: profile.to_list() for feeder_id, profile in self._profiles.items()},
            "sun": self._sun.to_list(),
            "arrivals": self.arrivals.to_dict(),
        }

    # Making a plan

    def _begin(
        self,
        now: float,
        cars: Sequence[PlanCar],
        forecast: Forecast,
        limits_w: Mapping[str, tuple[float, float]],
    ) -> _Draft:
        first = slot_of(now)
        latest = max(now + 2 * _EXPECT_S, *(car.departs_at for car in cars)) if cars else now
        slots = max(1, math.ceil(min(latest, now + _HORIZON_S) / SLOT_S) - first)
        starts = [(first + slot) * SLOT_S for slot in range(slots)]
        grounds = [self._ground(feeder.feeder_id, now, starts, forecast) for feeder in self._topology.feeders]
        room = self._room(starts, grounds, limits_w)
        turns = {car.device_id: self._turn(car, now) for car in cars}
        root = self._topology.number[self._topology.root]
        most_w = [sum(room[root * PHASES + phase][slot] for phase in range(PHASES)) for slot in range(slots)]
        valley = Valley(
            seconds=[end - begin for begin, end in (slot_ends(first, slot, now) for slot in range(slots))],
            base_w=grounds[root],
            most_w=most_w,
            price_w=price_height_w(
                forecast, starts, _PRICE_SHARE * sum(self._topology.feeders[root].capacity_a) * NOMINAL_V
            ),
            floor_w=self._floor_w(root, grounds[root], turns.values(), first),
        )
        level_w = valley.level_w(self._work(now, first, valley.seconds, turns)) if cars else 0.0
        if level_w is None:
            # What does not fit is not held back.
            level_w = math.inf
        draft = _Draft(
            now=now,
            first=first,
            base_w=grounds[root],
            valley=valley,
            level_w=level_w,
            full_room=room,
            turns=turns,
        )
        draft.start()
        return draft

    def _turn(self, car: PlanCar, now: float) -> Turn:
        left_s = max(0.0, car.departs_at - now)
        if not car.certain:
            left_s *= 1.0 - _DOUBT
        left_s -= min(_RESERVE_S, _RESERVE_SHARE * left_s)
        need_ws = car.need_wh * (1.0 + _SPARE) * 3600.0
        charging_s = need_ws / car.full_w if car.full_w > 0 else math.inf
        return Turn(
            car=car,
            limits=tuple(
                number * PHASES + phase for number in self._topology.path(car.feeder_id) for phase in car.phases
            ),
            need_ws=need_ws,
            spare_ws=car.need_wh * _SPARE * 3600.0,
            ready_at=min(now + left_s, now + _HORIZON_S),
            first=left_s - charging_s < max(_TIGHT_S, _TIGHT_SHARE * charging_s),
        )

    def _work(self, now: float, first: int, seconds: Sequence[float], turns: Mapping[str, Turn]) -> Work:
        """What is to be done: by the cars that are here, and by those that are expected."""
        work: dict[int, list[tuple[int, float]]] = {}
        due_ws = [0.0] * len(seconds)
        for turn in turns.values():
            last = max(0, min(len(seconds), math.ceil(turn.ready_at / SLOT_S) - first) - 1)
            begin, _ = slot_ends(first, last, now)
            for slot, ws in due_work(
                turn.need_ws, turn.car.full_w, seconds[: last + 1], min(seconds[last], max(0.0, turn.ready_at - begin))
            ):
                due_ws[slot] += ws
        work[0] = [(slot, ws) for slot, ws in enumerate(due_ws) if ws > 0.0]
        until = min(now + _EXPECT_S, (first + len(seconds)) * SLOT_S)
        for device_id in self._chargers:
            here = turns.get(device_id)
            taken_until = self.arrivals.taken_until(device_id, now) if here is None else here.car.departs_at
            for arrives, leaves, wh in self.arrivals.expected(device_id, now, until, taken_until=taken_until):
                slot = min(len(seconds) - 1, slot_of(arrives) - first)
                due = min(len(seconds) - 1, max(slot, slot_of(leaves) - first - 1))
                work.setdefault(slot, []).append((due, wh * 3600.0 * _COUNTED_SHARE))
        return work

    def _floor_w(self, root: int, ground: Sequence[float], turns: Iterable[Turn], first: int) -> float:
        """The peak that the load has anyway, W: expected in the coming day, or paid for; 0 while the sun is awaited."""
        latest = max((turn.ready_at for turn in turns), default=0.0)
        if any(watts < 0.0 for watts in ground[: max(0, slot_of(latest) - first + 1)]):
            return 0.0
        return max(0.0, *ground[:_DAY_SLOTS], _PAID_SHARE * (self._topology.feeders[root].peak_target_w or 0.0))

    def _go_on(self, draft: _Draft) -> None:
        turns = tuple(draft.turns.values())
        looked_at = 0
        while looked_at < _BATCH:
            begin, end = slot_ends(draft.first, draft.slot, draft.now)
            level_w = draft.valley.room_w(draft.level_w, draft.slot)
            looked_at += 1 + fill(turns, draft.slot, begin, end, draft.room, level_w)
            draft.slot += 1
            if draft.done and not draft.again():
                self._plan, self._draft, self._shown = draft, None, None
                return

    def _room(
        self, starts: Sequence[float], base: Sequence[Sequence[float]], limits_w: Mapping[str, tuple[float, float]]
    ) -> list[list[float]]:
        """What each phase of each feeder leaves to cars, W per slot."""
        share = _PLANNED_SHARE * (1.0 - self._config.capacity_margin - self._config.increase_band)
        room: list[list[float]] = []
        for number, feeder in enumerate(self._topology.feeders):
            lower_w, until = limits_w.get(feeder.feeder_id, (math.inf, -math.inf))
            measured = self._base_w.get(feeder.feeder_id, (0.0, 0.0, 0.0))
            for phase in range(PHASES):
                # The load of later slots is expected to be as uneven as it is now.
                uneven_w = measured[phase] - sum(measured) / PHASES
                full_w = feeder.capacity_a[phase] * NOMINAL_V * share
                dimmed_w = min(full_w, lower_w / PHASES * share)
                room.append(
                    [
                        (dimmed_w if start < until else full_w) - watts / PHASES - uneven_w
                        for start, watts in zip(starts, base[number], strict=True)
                    ]
                )
        return room

    def _ground(self, feeder_id: str, now: float, starts: Sequence[float], forecast: Forecast) -> list[float]:
        """Load without the cars that is expected of a feeder, W, from what is measured now on."""
        root = feeder_id == self._topology.root
        profile = self._profiles[feeder_id]
        measured = sum(self._base_w[feeder_id]) if feeder_id in self._base_w else None
        others_w = self._others_w if root else 0.0

        def expected(t: float) -> float | None:
            watts = profile.at(t)
            if not root:
                return watts
            if forecast.base_w is not None:
                forecast_w = forecast.base_w.mean(t, t + SLOT_S)
                watts = watts if forecast_w is None else forecast_w
            sun_w = None if forecast.sun_w is None else forecast.sun_w.mean(t, t + SLOT_S)
            if sun_w is None:
                sun_w = self._sun.at(t)
            return None if watts is None else watts - (sun_w or 0.0)

        # Of the whole slot, as what is forecast of the next one may be something else.
        usual = expected(math.floor(now / SLOT_S) * SLOT_S)
        off = 0.0 if measured is None or usual is None else measured - usual
        ground: list[float] = []
        for start in starts:
            watts = expected(start)
            if watts is None:
                watts = 0.0 if measured is None else measured
            else:
                watts += off * 0.5 ** (max(0.0, start - now) / _FADES_S)
            ground.append(watts + others_w * 0.5 ** (max(0.0, start - now) / _FADES_S))
        return ground

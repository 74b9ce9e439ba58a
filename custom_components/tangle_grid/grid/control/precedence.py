"""The order in which cars are served, kept steady between reviews.

What decides is `priority`: from what each car still needs and when it leaves. An order that followed every watt would
make chargers change places all day, so it is made anew only every few minutes, and at once when a car comes or goes, is
full, or runs out of time.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Final

from ..device.charging import wants_charge
from ..device.state import DeviceState
from ..model.world import NOMINAL_V, ChargerConfig, GridConfig
from ..network.feeder_watch import FeederWatch, drawn_w
from ..network.topology import PHASES, Topology
from .laxity import DEFAULT_FAIRNESS, Fairness, Session, Standing, fairness_for, in_turns, standings

#: Share of the free power that a plan may count on: the phases are never loaded quite evenly.
PLANNED_SHARE: Final = 0.97
#: The order is made anew after this, s.
_REVIEW_S: Final = 600.0
#: With less spare time than this a car is seen at once, s.
_URGENT_S: Final = 900.0
#: Where nobody knows what a car needs, it is taken to want this much in all, Wh, and never less than a share of it.
_ASSUMED_WH: Final = 15_000.0
_ALWAYS_MORE: Final = 0.1
_WS_PER_WH: Final = 3600.0
#: Places of cars of which nothing is known are told apart by this, s.
_ABOUT_S: Final = 14_400.0
#: Behind all that have a place.
_LAST: Final = float("inf")

type Place = tuple[float, ...]


def places[Lane: Hashable](
    sessions: Sequence[Session],
    lanes: Sequence[Lane],
    free_w: Mapping[Lane, float],
    fairness: Fairness = DEFAULT_FAIRNESS,
) -> list[Standing]:
    """Return the place of each car: smaller is admitted first and filled first, for `Demand.order` and `Demand.rank`.

    Args:
        sessions: Cars that share a feeder.
        lanes: The conductors that each of them uses, in any form.
        free_w: What the feeder leaves for the cars of each lane, W.
        fairness: The trade, see `priority`.
    """
    members: dict[Lane, list[int]] = {}
    for index, lane in enumerate(lanes):
        members.setdefault(lane, []).append(index)
    result: list[Standing] = [(_LAST, _LAST)] * len(sessions)
    slack = 1.0
    for lane, indices in members.items():
        own = standings([sessions[index] for index in indices], free_w[lane] * PLANNED_SHARE, fairness)
        slack = min(slack, own.slack)
        for index, standing in zip(indices, own.places, strict=True):
            result[index] = standing
    return in_turns(result, lanes) if slack < fairness.turns_slack else result


def lane_power(
    sessions: Sequence[Session], lanes: Sequence[tuple[int, ...]], free_w: Sequence[float]
) -> dict[tuple[int, ...], float]:
    """Return what each lane may count on when lanes share phases: of every phase a part by what it still needs.

    Args:
        sessions: Cars that share a feeder.
        lanes: The phases that each of them uses.
        free_w: What the feeder leaves for them per phase, W.
    """
    needs: dict[tuple[int, ...], float] = {}
    for session, lane in zip(sessions, lanes, strict=True):
        needs[lane] = needs.get(lane, 0.0) + max(session.need_wh, 1.0) / len(lane)
    of_phase = [sum(need for lane, need in needs.items() if phase in lane) for phase in range(PHASES)]
    return {
        lane: len(lane) * min(free_w[phase] * need / of_phase[phase] for phase in lane) for lane, need in needs.items()
    }


class Precedence:
    """Who comes first, from step to step.

    Args:
        config: The island.
        topology: Its feeder tree.
    """

    def __init__(self, config: GridConfig, topology: Topology) -> None:
        self._config = config
        self._topology = topology
        self._reviewed_at: float | None = None
        self._now = 0.0
        self._contenders: frozenset[str] = frozenset()
        self._urgent: frozenset[str] = frozenset()
        self._places: dict[str, Standing] = {}
        self._ties: dict[str, tuple[float, float]] = {}

    def update(self, now: float, devices: Sequence[DeviceState], feeders: Sequence[FeederWatch]) -> None:
        """Look whether the order still holds, and make it anew where it does not. O(n log n) then, else O(n)."""
        self._now = now
        cars = [device for device in devices if _wants_energy(device)]
        contenders = frozenset(car.device_id for car in cars)
        urgent = frozenset(car.device_id for car in cars if is_pressed(car, now))
        due = self._reviewed_at is None or not 0.0 <= now - self._reviewed_at < _REVIEW_S
        if due or contenders != self._contenders or not urgent <= self._urgent:
            self._reviewed_at = now
            self._places = self._review(now, cars, feeders)
        self._contenders, self._urgent = contenders, urgent

    def place(self, device: DeviceState) -> Place:
        """Return a charger's place among all: smaller first."""
        config = device.config
        priority = config.priority if isinstance(config, ChargerConfig) else 0
        return (-priority, *self._places.get(device.device_id, (_LAST, _LAST)))

    def rank(self, device: DeviceState, place: Place) -> Place:
        """Return the part of a charger's place that decides who is filled first: equal ones share.

        Where nobody told anything about a car, what was assumed of it is no reason to prefer it to another one.
        """
        if device.car.told_departure_at(self._now) is not None or device.need_wh() is not None:
            return place
        *first, key = place
        return (*first, key // _ABOUT_S)

    def tie(self, device: DeviceState) -> Place:
        """Return what decides between equal places: who leaves sooner, then who needs less."""
        return self._ties.get(device.device_id, (_LAST, _LAST))

    def _review(self, now: float, cars: Sequence[DeviceState], feeders: Sequence[FeederWatch]) -> dict[str, Standing]:
        free_w = self._free_w(cars, feeders)
        groups: dict[int, list[DeviceState]] = {}
        for car in cars:
            groups.setdefault(self._tightest(car, free_w), []).append(car)
        result: dict[str, Standing] = {}
        for number, group in groups.items():
            told = sum(1 for car in group if car.car.told_departure_at(now) is not None)
            fairness = fairness_for(self._config.fairness, departures_known=2 * told >= len(group))
            sessions = [session_of(car, now) for car in group]
            lanes = [car.config.phases for car in group]
            power = lane_power(sessions, lanes, free_w[number][0])
            for car, standing in zip(group, places(sessions, lanes, power, fairness), strict=True):
                result[car.device_id] = standing
            self._ties.update(
                (car.device_id, (session.departs_in_s, session.need_wh))
                for car, session in zip(group, sessions, strict=True)
            )
        return result

    def _free_w(self, cars: Sequence[DeviceState], feeders: Sequence[FeederWatch]) -> list[tuple[list[float], float]]:
        """Per feeder: power that cars may use now on each phase, and what all cars below could use, W."""
        free: list[list[float]] = []
        for feeder in feeders:
            margin = 1.0 - self._config.capacity_margin
            load = (0.0, 0.0, 0.0) if feeder.reading is None else feeder.reading.power_w
            free.append([limit * margin * NOMINAL_V - watts for limit, watts in zip(feeder.limit_a, load, strict=True)])
        full = [0.0] * len(feeders)
        for car in cars:
            for number in self._topology.path(car.config.feeder_id):
                full[number] += _full_w(car)
                for phase, watts in enumerate(drawn_w(car, feeders[number])):
                    free[number][phase] += watts / NOMINAL_V * NOMINAL_V
        return [([max(0.0, watts) for watts in phases], wanted) for phases, wanted in zip(free, full, strict=True)]

    def _tightest(self, car: DeviceState, free_w: Sequence[tuple[Sequence[float], float]]) -> int:
        """Return the feeder above a car that binds: the one with the least power for what its cars could use."""
        return min(
            self._topology.path(car.config.feeder_id),
            key=lambda number: sum(free_w[number][0]) / free_w[number][1] if free_w[number][1] > 0 else _LAST,
        )


def session_of(car: DeviceState, now: float) -> Session:
    """Return what a car still needs and when it leaves; what nobody told is assumed or learned."""
    had_wh = car.car.session_ws / _WS_PER_WH
    need_wh = car.need_wh()
    if need_wh is None:
        need_wh = max(_ASSUMED_WH - had_wh, _ALWAYS_MORE * _ASSUMED_WH)
    full_w = _full_w(car)
    departs_in_s = max(0.0, car.car.departure_at(now) - now)
    if car.car.overdue(now) and full_w > 0:
        # It may leave at any moment, but who knows when: it has no time to spare, and is not given up either.
        departs_in_s = need_wh / full_w * _WS_PER_WH
    return Session(need_wh=need_wh, total_wh=need_wh + had_wh, departs_in_s=departs_in_s, full_w=full_w)


def is_pressed(car: DeviceState, now: float) -> bool:
    """Return whether a car leaves so soon, as somebody told, that it can hardly wait any more."""
    return _spare_s(car, now) < _URGENT_S


def _full_w(car: DeviceState) -> float:
    config = car.config
    return config.max_current_a * config.watts_per_amp if isinstance(config, ChargerConfig) else 0.0


def _spare_s(car: DeviceState, now: float) -> float:
    """Return time to a departure that was told which charging at full power would not need, s.

    Negative: it is overdue.
    """
    if car.car.overdue(now):
        return -_LAST
    if (departure := car.car.told_departure_at(now)) is None or (need_wh := car.need_wh()) is None:
        return _LAST
    return departure - now - need_wh / _full_w(car) * _WS_PER_WH


def _wants_energy(device: DeviceState) -> bool:
    heard = not device.silent or device.resting
    return isinstance(device.config, ChargerConfig) and heard and wants_charge(device)

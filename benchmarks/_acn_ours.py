"""Our allocator behind the interface of ACN-Sim's algorithms."""

import cmath
import math
from collections.abc import Sequence
from typing import Any

from acnportal.algorithms import BaseAlgorithm

from custom_components.tangle_grid.grid.control.allocator import Demand, all_they_can_use, ration
from custom_components.tangle_grid.grid.control.laxity import DEFAULT_FAIRNESS, ESTIMATED_DEPARTURES, Session
from custom_components.tangle_grid.grid.control.precedence import places
from custom_components.tangle_grid.grid.device.stay_forecast import StayLog

#: A that a car must stay below its pilot to be known as one that takes no more, and what it is offered on top.
_NOTICED_A = 1.0
_HEADROOM_A = 2.0
#: Of the transformer's power, what cars between the same two lines may count on: all of them alone could take
#: 1 / sqrt(3), with the other two pairs as busy they get 1 / 3. They seldom are, until the last of them departs.
_PAIR_PART = 0.75 / math.sqrt(3) + 0.25 / 3


class TangleGridAlgorithm(BaseAlgorithm):  # type: ignore[misc]  # the library has no types
    """The order of `priority` and the shares of `allocator`, once in each period.

    Args:
        capacity_kw: The transformer's.
        departures_known: Whether the departures that the drivers stated are used. Otherwise they are estimated from the
            stays that are over.
    """

    def __init__(self, *, capacity_kw: float, departures_known: bool = True) -> None:
        super().__init__()
        self.max_recompute = 1
        self._capacity_w = capacity_kw * 1000.0
        self._departures_known = departures_known
        self._fairness = DEFAULT_FAIRNESS if departures_known else ESTIMATED_DEPARTURES
        self._stays = StayLog()
        self._plugged_in: dict[str, tuple[int, int]] = {}
        self._expected: dict[str, float] = {}
        self._told: dict[str, tuple[float, float, float]] = {}

    def register_interface(self, interface: Any) -> None:
        """Learn the network: which limits each station's current passes through, and with which weight."""
        super().register_interface(interface)
        network = interface.infrastructure_info()
        self._limits_a = [float(limit) for limit in network.constraint_limits]
        self._stations: dict[str, tuple[tuple[int, ...], tuple[complex, ...], float, float, float]] = {}
        self._lanes: dict[str, float] = {}
        for column, station in enumerate(network.station_ids):
            turn = cmath.rect(1.0, math.radians(float(network.phases[column])))
            rows = [
                (row, float(factor) * turn) for row, factor in enumerate(network.constraint_matrix[:, column]) if factor
            ]
            self._lanes[station] = float(network.phases[column])
            self._stations[station] = (
                tuple(row for row, _ in rows),
                tuple(weight for _, weight in rows),
                float(network.voltages[column]),
                float(network.min_pilot[column]),
                float(network.max_pilot[column]),
            )
        self._period_s = float(interface.period) * 60.0

    def schedule(self, active_sessions: Sequence[Any]) -> dict[str, list[float]]:
        """Return one decision: A per station."""
        now = self.interface.current_time
        departures = self._departures(active_sessions, now)
        sessions: list[Session] = []
        most: list[float] = []
        for each, departure in zip(active_sessions, departures, strict=True):
            _, _, volts, _, max_pilot = self._stations[each.station_id]
            usable = self._usable_a(each, volts, max_pilot)
            need_wh = max(0.0, each.remaining_demand) * 1000.0
            most.append(min(usable, need_wh * 3600.0 / volts / self._period_s))
            sessions.append(
                Session(
                    need_wh=need_wh,
                    total_wh=each.requested_energy * 1000.0,
                    departs_in_s=(departure - now) * self._period_s,
                    full_w=usable * volts,
                )
            )
        shares = self._shares(active_sessions, sessions, most)
        self._told = {
            each.session_id: (each.energy_delivered, share, usable.full_w)
            for each, share, usable in zip(active_sessions, shares, sessions, strict=True)
        }
        return {each.station_id: [share] for each, share in zip(active_sessions, shares, strict=True)}

    def _shares(
        self, active_sessions: Sequence[Any], sessions: Sequence[Session], most: Sequence[float]
    ) -> list[float]:
        """Return A for each car: an order is made only where not all fits.

        As the integration makes one only now and then.
        """
        stations = [self._stations[each.station_id] for each in active_sessions]
        plenty = all_they_can_use(
            self._limits_a,
            [
                Demand(limits=limits, weights=weights, min_a=min_pilot, max_a=amps)
                for (limits, weights, _, min_pilot, _), amps in zip(stations, most, strict=True)
            ],
        )
        if plenty is not None:
            return plenty
        lanes = [self._lanes[each.station_id] for each in active_sessions]
        order = places(sessions, lanes, dict.fromkeys(lanes, self._counted_on_w()), self._fairness)
        demands = [
            Demand(limits=limits, weights=weights, min_a=min_pilot, max_a=amps, order=standing, rank=standing)
            for (limits, weights, _, min_pilot, _), amps, standing in zip(stations, most, order, strict=True)
        ]
        return ration(self._limits_a, demands)

    def _counted_on_w(self) -> float:
        """Return what the cars between the same two lines may count on, W."""
        return self._capacity_w * (_PAIR_PART if len(set(self._lanes.values())) > 1 else 1.0)

    def _usable_a(self, each: Any, volts: float, max_pilot: float) -> float:
        """Return what the car will take, from what it took of the last pilot."""
        before, told, full_w = self._told.get(each.session_id, (0.0, 0.0, max_pilot * volts))
        took: float = (each.energy_delivered - before) * 1000.0 * 3600.0 / volts / self._period_s
        if told - took > _NOTICED_A:
            return min(max_pilot, max(took + _HEADROOM_A, took * 1.1))
        return min(max_pilot, max(full_w / volts, took + _HEADROOM_A))

    def _departures(self, active_sessions: Sequence[Any], now: int) -> list[float]:
        if self._departures_known:
            return [each.estimated_departure for each in active_sessions]
        result = []
        for each in active_sessions:
            # The true departure is kept only to notice, as a charger does, when the car is unplugged.
            self._plugged_in[each.session_id] = (each.arrival, each.departure)
            expected = self._expected.get(each.session_id, -math.inf)
            if expected <= now:
                at = self._stays.expected_departure(arrived_at=each.arrival * self._period_s, now=now * self._period_s)
                expected = self._expected[each.session_id] = at / self._period_s
            result.append(expected)
        for session_id, (arrival, departure) in list(self._plugged_in.items()):
            if departure <= now:
                self._stays.add(arrived_at=arrival * self._period_s, left_at=departure * self._period_s)
                del self._plugged_in[session_id]
                del self._expected[session_id]
        return result

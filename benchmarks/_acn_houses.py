"""Our allocator where the cars stand at many houses: the street shares out what houses report, each house the rest.

A house's circuits are what its phases are elsewhere: the stations of one pair of lines, behind the same breakers. It
reports its demands, without a name, as they go over a link; what the street reckons for them is the envelope of its
circuits, rounded down as on a link; within it the house shares by what it knows itself.
"""

import math
from collections.abc import Sequence
from typing import Any

from custom_components.tangle_grid.grid.control.allocator import Demand, all_they_can_use, ration
from custom_components.tangle_grid.grid.control.laxity import Session
from custom_components.tangle_grid.grid.control.precedence import places

from ._acn_ours import TangleGridAlgorithm

_STEP_A = 0.01

type Circuit = tuple[int, float, tuple[int, ...]]


class HousesAlgorithm(TangleGridAlgorithm):
    """Two levels of the same allocator.

    Args:
        capacity_kw: The transformer's.
        houses: Over how many houses the stations are spread.
        single_total: A house tells one total for each circuit instead of its demands.
    """

    def __init__(self, *, capacity_kw: float, houses: int, single_total: bool = False) -> None:
        super().__init__(capacity_kw=capacity_kw)
        self._houses = houses
        self._single_total = single_total
        self._needed: dict[Any, float] = {}
        self.violations = 0

    def register_interface(self, interface: Any) -> None:
        """Learn the network, and spread the stations of each circuit over the houses."""
        super().register_interface(interface)
        self._circuits: dict[str, Circuit] = {}
        placed: dict[tuple[float, tuple[int, ...]], int] = {}
        for station, (limits, *_rest) in self._stations.items():
            kind = (self._lanes[station], limits)
            placed[kind] = placed.get(kind, -1) + 1
            self._circuits[station] = (placed[kind] % self._houses, *kind)

    def _shares(
        self, active_sessions: Sequence[Any], sessions: Sequence[Session], most: Sequence[float]
    ) -> list[float]:
        circuits = [self._circuits[each.station_id] for each in active_sessions]
        told = self._told_by_houses(active_sessions, circuits, sessions, most)
        envelopes: dict[Circuit, float] = {}
        for (circuit, _, _), share in zip(told, self._of_street(told), strict=True):
            envelopes[circuit] = envelopes.get(circuit, 0.0) + share
        envelopes = {circuit: math.floor(amps / _STEP_A + 1e-9) * _STEP_A for circuit, amps in envelopes.items()}
        shares = [0.0] * len(sessions)
        for circuit, envelope in envelopes.items():
            mine = [number for number, each in enumerate(circuits) if each == circuit]
            given = self._of_house(
                envelope,
                [sessions[number] for number in mine],
                [most[number] for number in mine],
                self._stations[active_sessions[mine[0]].station_id][2],
            )
            self.violations += sum(given) > envelope + 1e-6
            for number, amps in zip(mine, given, strict=True):
                shares[number] = amps
        return shares

    def _told_by_houses(
        self,
        active_sessions: Sequence[Any],
        circuits: Sequence[Circuit],
        sessions: Sequence[Session],
        most: Sequence[float],
    ) -> list[tuple[Circuit, Session, float]]:
        """Return what the street hears: for each demand its circuit, what it needs, and the most that it can use."""
        if self._single_total:
            return self._totals(circuits, sessions, most)
        heard = []
        for each, circuit, session, amps in zip(active_sessions, circuits, sessions, most, strict=True):
            volts = self._stations[each.station_id][2]
            # As a report says it: whole Wh, whole seconds, tenths of an ampere.
            need_wh, departs_in_s = float(round(session.need_wh)), max(0.0, float(round(session.departs_in_s)))
            full_a = round(session.full_w / volts, 1)
            # The street knows what a slot needed when its car came, and nothing of the car.
            total_wh = self._needed[each.session_id] = max(self._needed.get(each.session_id, 0.0), need_wh)
            usable = min(amps, full_a)
            heard.append(
                (
                    circuit,
                    Session(need_wh=need_wh, total_wh=total_wh, departs_in_s=departs_in_s, full_w=full_a * volts),
                    usable,
                )
            )
        return heard

    def _totals(
        self, circuits: Sequence[Circuit], sessions: Sequence[Session], most: Sequence[float]
    ) -> list[tuple[Circuit, Session, float]]:
        heard = []
        for circuit in dict.fromkeys(circuits):
            mine = [number for number, each in enumerate(circuits) if each == circuit]
            need = sum(sessions[number].need_wh for number in mine)
            leaves = sum(sessions[number].departs_in_s * sessions[number].need_wh for number in mine)
            total = Session(
                need_wh=need,
                total_wh=sum(sessions[number].total_wh for number in mine),
                departs_in_s=leaves / need if need > 0 else max(sessions[number].departs_in_s for number in mine),
                full_w=sum(sessions[number].full_w for number in mine),
            )
            heard.append((circuit, total, sum(most[number] for number in mine)))
        return heard

    def _of_street(self, told: Sequence[tuple[Circuit, Session, float]]) -> list[float]:
        """Share the site out among all that houses told, by its own order."""
        weights = {self._circuits[station]: each[1] for station, each in self._stations.items()}
        demands = [
            Demand(limits=circuit[2], weights=weights[circuit], min_a=0.0, max_a=amps) for circuit, _, amps in told
        ]
        plenty = all_they_can_use(self._limits_a, demands)
        if plenty is not None:
            return plenty
        lanes = [circuit[1] for circuit, _, _ in told]
        order = places(
            [session for _, session, _ in told], lanes, dict.fromkeys(lanes, self._counted_on_w()), self._fairness
        )
        return ration(
            self._limits_a,
            [demand._replace(order=standing, rank=standing) for demand, standing in zip(demands, order, strict=True)],
        )

    def _of_house(
        self, envelope_a: float, sessions: Sequence[Session], most: Sequence[float], volts: float
    ) -> list[float]:
        """Share an envelope out among the cars of a house's circuit."""
        demands = [Demand(limits=(0,), weights=(1.0,), min_a=0.0, max_a=amps) for amps in most]
        plenty = all_they_can_use([envelope_a], demands)
        if plenty is not None:
            return plenty
        lanes = [0.0] * len(sessions)
        order = places(sessions, lanes, {0.0: max(1.0, envelope_a * volts)}, self._fairness)
        return ration(
            [envelope_a],
            [demand._replace(order=standing, rank=standing) for demand, standing in zip(demands, order, strict=True)],
        )

"""What the plan has to reckon with: the load that nobody controls, and what each phase leaves to cars."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from ..model.forecast import DayProfile, Forecast, PastPeak
from ..model.world import NOMINAL_V, GridConfig, PhaseTriple
from ..network.topology import PHASES, Topology
from .slot_dispatch import Turn
from .valley_filling import SLOT_S, slot_of

#: Of the peak that is expected of the load anyway, what is taken to come for sure.
_SURE_SHARE: Final = 0.9
#: Of the peak that was reached already.
_PAST_SHARE: Final = 0.99
#: Of a peak that is paid for, what the load may reach without need.
_PAID_SHARE: Final = 0.95
#: The difference between what is measured and what is usual fades by half in this time, s.
_FADES_S: Final = 3600.0
_DAY_SLOTS: Final = 96


class Outlook:
    """What is usual, what is measured and what is forecast, put together.

    Args:
        config: The island.
        topology: Its feeder tree.
        state: What `to_dict` gave, if any; what does not fit starts afresh.
    """

    def __init__(self, config: GridConfig, topology: Topology, state: Mapping[str, Any]) -> None:
        self._config = config
        self._topology = topology
        # Under other names than those that were kept by the hours of UTC.
        days_w = dict(state.get("days_w", {}))
        self._profiles = {
            each.feeder_id: DayProfile(days_w.get(each.feeder_id), config.local) for each in config.feeders
        }
        self._sun = DayProfile(state.get("sun_w"), config.local)
        self._base_w: dict[str, PhaseTriple] = {}
        self._others_w = 0.0
        self._past = PastPeak()

    def observe(
        self,
        now: float,
        base_w: Mapping[str, PhaseTriple],
        *,
        others_w: float,
        sun_w: float | None,
        load_w: float | None,
    ) -> None:
        """Learn from a measurement, see `Planner.observe`."""
        if load_w is not None:
            self._past.observe(now, load_w)
        self._base_w = dict(base_w)
        self._others_w = others_w
        if sun_w is not None:
            self._sun.observe(now, sun_w)
        for feeder_id, power_w in base_w.items():
            sun = (sun_w or 0.0) if feeder_id == self._topology.root else 0.0
            self._profiles[feeder_id].observe(now, sum(power_w) + sun)

    def usual_load_w(self, t: float) -> float | None:
        """Return the first feeder's usual load without cars and sun at a time of the day, W; None: unknown."""
        return self._profiles[self._topology.root].at(t)

    def usual_sun_w(self, t: float) -> float | None:
        """Return what the sun usually gives at a time of the day, W; None: unknown."""
        return self._sun.at(t)

    def to_dict(self) -> dict[str, Any]:
        """Return what was learned, JSON-able: 96 numbers per feeder."""
        return {
            "days_w": {feeder_id: profile.to_dict() for feeder_id, profile in self._profiles.items()},
            "sun_w": self._sun.to_dict(),
        }

    def grounds_w(self, now: float, starts: Sequence[float], forecast: Forecast) -> list[list[float]]:
        """Load without the cars that is expected of each feeder, W per slot, from what is measured now on."""
        return [self._ground_w(feeder.feeder_id, now, starts, forecast) for feeder in self._topology.feeders]

    def floor_w(self, ground_w: Sequence[float], turns: Iterable[Turn], first: int) -> float:
        """Return the peak that the load has anyway, W.

        Reached before, sure to come, or paid for; 0 while the sun is awaited.

        Args:
            ground_w: Load of the first feeder without the cars, W per slot.
            turns: All cars.
            first: Number of the first slot.
        """
        latest = max((turn.ready_at for turn in turns), default=0.0)
        if any(watts < 0.0 for watts in ground_w[: max(0, slot_of(latest) - first + 1)]):
            return 0.0
        target_w = self._topology.feeders[self._topology.number[self._topology.root]].peak_target_w or 0.0
        expected_w = max(ground_w[:_DAY_SLOTS], default=0.0)
        return max(0.0, _SURE_SHARE * expected_w, _PAST_SHARE * self._past.peak_w(), _PAID_SHARE * target_w)

    def room_w(
        self, starts: Sequence[float], grounds_w: Sequence[Sequence[float]], limits_w: Mapping[str, tuple[float, float]]
    ) -> list[list[float]]:
        """Return what each phase of each feeder leaves to cars, W per slot.

        Args:
            starts: When the slots begin.
            grounds_w: Load without the cars, per feeder.
            limits_w: Lower capacities of feeders for a while: W, and until when.
        """
        share = 1.0 - self._config.capacity_margin - self._config.increase_band
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
                        for start, watts in zip(starts, grounds_w[number], strict=True)
                    ]
                )
        return room

    def _ground_w(self, feeder_id: str, now: float, starts: Sequence[float], forecast: Forecast) -> list[float]:
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


def alone_w(ground_w: Sequence[float], turns: Iterable[Turn], first: int) -> float:
    """Return what the load comes to even where the cars charge one after the other, W.

    There is no use in waiting below it.

    Each has to charge at some time, with its least current or more.

    Args:
        ground_w: Load without the cars, W per slot.
        turns: All cars.
        first: Number of the first slot.
    """
    lowest_w = tuple(accumulate(ground_w, min))
    return max(
        (
            lowest_w[min(len(lowest_w) - 1, max(0, slot_of(turn.ready_at) - first))]
            + turn.car.min_a * turn.car.watts_per_amp
            for turn in turns
        ),
        default=0.0,
    )

"""The fuse's side: the room that each limit leaves for devices, the load that nobody controls taken out first."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from ..device.state import DeviceState
from ..model.world import NOMINAL_V, ChargerConfig, Timing
from .feeder_watch import FeederWatch, drawn_a
from .topology import PHASES, Topology, feeder_of, limit_at, limits_at, phase_of, total_at
from .uncontrolled_load import Members, uncontrolled_a

#: The part of the band that increases keep free above what has not been exceeded for minutes.
_STEADY_BAND: Final = 0.5
#: Who charges keeps the least current while single readings lie no further above the capacity, in margins.
_KEPT: Final = 2.0


@dataclass(slots=True)
class Room:
    """Current that controllable devices may use, A per limit.

    A limit is a phase of a feeder (see `Topology`). Behind these come, one per feeder, the sums over the phases, for
    capacity tariffs.

    Attributes:
        hard_a: Up to the capacity less its margin: what forces reductions.
        soft_a: With the increase band kept free as well, and without counting on energy that is fed back: what
            allows increases.
        ordered_a: What temporary capacities take off both, A per limit; 0 where there is none.
        load_a: What is not about to be decided and counts for increases, A per limit without totals.
        keep_a, start_a: The same as `hard_a` and `soft_a` for least currents alone: who charges keeps it, and who waits
            gets it, as far as the capacity carries it, the margin included.
        by_meter_a, by_chargers_a: How much `soft_a` would be more if the meter, or all chargers, reported often, A per
            limit without totals.
    """

    hard_a: list[float]
    soft_a: list[float]
    ordered_a: list[float]
    load_a: list[float]
    keep_a: list[float]
    start_a: list[float]
    by_meter_a: list[float]
    by_chargers_a: list[float]

    @property
    def dimmed(self) -> bool:
        """A temporary capacity is in force somewhere."""
        return any(self.ordered_a)

    def fuse_a(self, room_a: Sequence[float]) -> list[float]:
        """Return `hard_a` or `soft_a` as they would be without any temporary capacity."""
        return [amps + ordered for amps, ordered in zip(room_a, self.ordered_a, strict=True)]


def limits_of(device: DeviceState, topology: Topology, feeders: Sequence[FeederWatch]) -> tuple[int, ...]:
    """Return the limits that a device's current passes through, without those of blind feeders: they are unknown."""
    return tuple(
        limit_at(number, phase)
        for number in topology.path(device.config.feeder_id)
        if not feeders[number].blind
        for phase in device.config.phases
    )


def totals_of(device: DeviceState, topology: Topology, feeders: Sequence[FeederWatch]) -> tuple[int, ...]:
    """Return the limits of capacity tariffs that a device's total counts on.

    The weight of 1 A is its number of phases.
    """
    return tuple(
        total_at(number, len(feeders))
        for number in topology.path(device.config.feeder_id)
        if not feeders[number].blind and feeders[number].peak is not None
    )


def room_for(
    members: Members,
    feeders: Sequence[FeederWatch],
    *,
    margin: float,
    band: float,
    now: float,
    timing: Timing,
) -> Room:
    """Return what is left for the controlled devices.

    What a feeder meters is split by `attribution`; increases go by the highs of the last minutes as well.

    Args:
        members: Who is what.
        feeders: All feeders, by number.
        margin: Share of the capacity that is kept free.
        band: Share of the capacity that increases keep free on top.
        now: Grid time.
        timing: Of the island.
    """
    least_a, most_a = uncontrolled_a(members, feeders, now, timing)
    hard: list[float] = []
    soft: list[float] = []
    keep: list[float] = []
    start: list[float] = []
    ordered: list[float] = []
    load: list[float] = []
    by_meter: list[float] = []
    by_chargers: list[float] = []
    for number, feeder in enumerate(feeders):
        loads_a = most_a[limits_at(number)]
        if feeder.reading is not None:
            feeder.mean.observe(feeder.reading.at, loads_a)
            feeder.linked.count(now, feeder.reading.at, least_a[number * PHASES : number * PHASES + PHASES])
        below_a, peak_a = feeder.mean.below_a, feeder.mean.peak_a
        highs = feeder.highs.greatest(now, [amps - below_a[phase] for phase, amps in enumerate(loads_a)], timing)
        for phase in range(PHASES):
            limit, limit_a = limit_at(number, phase), feeder.limit_a[phase]
            least, most = least_a[limit] - below_a[phase], most_a[limit] - below_a[phase]
            high_a, peak = highs.greatest_a[phase], peak_a[phase]
            known_a = highs.known_a[phase] + peak
            # The margin is for what nobody knows yet. What has come before, and was allowed for, needs none.
            fresh_a = min(limit_a * (1 - margin) - least, limit_a - least_a[limit])
            hard.append(max(fresh_a, limit_a - known_a) if least_a[limit] <= known_a else fresh_a)
            rooms = partial(
                _soft_a,
                fresh_a=limit_a * (1 - margin - band),
                high_a=limit_a - max(peak, 0.0 if highs.recurring[phase] else limit_a * margin),
                steady_a=limit_a * (1 - margin - band * _STEADY_BAND),
            )
            steady_a = highs.steady_a[phase]
            soft.append(rooms(most, high_a, steady_a))
            by_meter.append(rooms(most, highs.quick_a[phase], steady_a) - soft[limit])
            hidden_a = max(0.0, feeder.attribution.wide_a[phase] - feeder.attribution.near_a[phase])
            by_chargers.append(rooms(most - hidden_a, high_a - hidden_a, steady_a) - soft[limit])
            keep.append(min(limit_a - least, limit_a * (1 + _KEPT * margin) - least_a[limit]))
            start.append(min(limit_a * (1 - margin) - most, limit_a - high_a))
            ordered.append((feeder.fuse_a[phase] - limit_a) * (1 - margin - band))
            load.append(max(high_a, most_a[limit]))
    for device, limits in members.uncertain:
        reserve = may_rise_a(device)
        for limit in limits:
            load[limit] += reserve
            for room in (hard, soft, keep, start):
                room[limit] -= reserve
    for device, limits in members.feeding:
        for limit in limits:
            fed_a = min(0.0, drawn_a(device, feeders[feeder_of(limit)], phase_of(limit)))
            soft[limit] += fed_a
            start[limit] += fed_a
            load[limit] -= fed_a
    _add_totals(hard, soft, feeders, band, least_a, members.feeding)
    ordered += [0.0] * len(feeders)
    totals = total_at(0, len(feeders))
    return Room(hard, soft, ordered, load, [*keep, *hard[totals:]], [*start, *soft[totals:]], by_meter, by_chargers)


def _soft_a(most: float, high: float, steady: float, *, fresh_a: float, high_a: float, steady_a: float) -> float:
    """Return what increases may use above a load of now, its high of the last minutes and that of a quarter of an hour.

    A.
    """
    return max(min(fresh_a - most, high_a - high), steady_a - max(high, steady))


def _add_totals(
    hard: list[float],
    soft: list[float],
    feeders: Sequence[FeederWatch],
    band: float,
    uncontrolled_a: Sequence[float],
    feeding: Sequence[tuple[DeviceState, tuple[int, ...]]],
) -> None:
    """Add the rooms of capacity tariffs: what may still be drawn over all phases, in A of one phase."""
    for number, feeder in enumerate(feeders):
        if feeder.peak is None or feeder.reading is None:
            hard.append(0.0)
            soft.append(0.0)
            continue
        load_a = sum(uncontrolled_a[limits_at(number)])
        fed_a = sum(
            min(0.0, drawn_a(device, feeder, phase_of(limit)))
            for device, limits in feeding
            for limit in limits
            if feeder_of(limit) == number
        )
        hard.append(feeder.peak.allowed_w() / NOMINAL_V - load_a)
        soft.append(feeder.peak.steady_w() * (1 - band) / NOMINAL_V - load_a + fed_a)


def may_rise_a(device: DeviceState) -> float:
    """Return how much more than at its last reading a silent charger may draw by now, A per phase."""
    config = device.config
    if not isinstance(config, ChargerConfig):
        return 0.0
    told = config.safe_current_a if device.setpoint is None else device.setpoint
    return max(0.0, told - max(0.0, device.last_a))

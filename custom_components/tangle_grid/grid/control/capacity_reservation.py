"""What helpers give up is kept for the feeder: a lid on the chargers below it, until all helpers are back.

The lid lies on each phase of each feeder that a helper's current passes through: from its first active part until the
last that helped there has come back, or has had the time for it (`release`). No setpoint of a charger rises beyond

    C + R <= max(B, T - U)

with, all in A on that phase of that feeder, now:

- C: what the chargers below it draw, or may draw where that is more.
- R: what the helpers below it have given up and not been given back; those that are no chargers and those that feed
  back as well where it is about T.
- B: what the chargers drew when a part began, with R if others helped already; of several parts the greatest. Who used
  all but 1 A of its setpoint counts with its setpoint.
- T - U: what is left below the threshold by what no charger draws.

So each helper finds its place again when its turn has come, and yet nobody loses anything: chargers that take no part
keep what they have, share as ever what those leave that go, and rise together up to the threshold. Nobody has to make
way for who waits because of a lid.

The bound. While the lid is on, C + R is never more than the greatest of B (with what chargers may draw instead of what
they do) and of T - U at any moment since, but for three:

- A car that is pressed, see `order.is_pressed`, is not held: it has what the capacity leaves.
- Who has had nothing for `request_duration_s` + `release_hold_s`, one usual request and the way back, starts with its
  least current. So nobody starves below a lid, however long requests are or however closely they follow each other.
- Chargers that are silent or do not follow do what they do. The others keep away from it.

A lid forces nothing down: that is for protection alone, which it does not touch. It knows no total over phases and no
capacity tariff. Once it is off, all is as before.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ..device.state import DeviceState
from ..model.world import ChargerConfig, GridConfig, Timing
from ..network.feeder_watch import FeederWatch
from ..network.protection import Room
from ..network.topology import Topology, feeder_of, phase_of
from ..network.uncontrolled_load import owed_a
from .decision import DeviceDecision, Wiring
from .precedence import is_pressed

#: Who draws less than its setpoint by no more than this uses all of it, A.
_GAP_A: Final = 1.0


@dataclass(frozen=True, slots=True)
class Help:
    """What one helper has given up, A per phase.

    Attributes:
        before_a: What it had; counts for chargers only.
        reserved_a: How much of it has not been given back.
    """

    before_a: float
    reserved_a: float


@dataclass(slots=True)
class Lid:
    """That on one phase of one feeder, A: B and R of the module; R of the chargers, and of all."""

    before_a: float = 0.0
    chargers_a: float = 0.0
    all_a: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lids:
    """All that are on.

    Attributes:
        lids: By limit, see `Topology`.
        free: Chargers that are not held by them.
        starting: Chargers that get their least current whatever they say.
    """

    lids: Mapping[int, Lid]
    free: frozenset[str]
    starting: frozenset[str]


NO_LIDS: Final = Lids(lids={}, free=frozenset(), starting=frozenset())


class LidWatch:
    """Puts the lids on and takes them off.

    Args:
        topology: The feeder tree.
        timing: Of the island.
    """

    def __init__(self, topology: Topology, timing: Timing) -> None:
        self._topology = topology
        self._longest_s = timing.request_duration_s + timing.release_hold_s
        self._lids: dict[int, Lid] = {}
        self._helping: dict[str, float] = {}
        self._nothing_since: dict[str, float] = {}
        self._pressed: frozenset[str] = frozenset()
        self._starting: frozenset[str] = frozenset()

    def current(self) -> Lids:
        """Return those that are on."""
        if not self._lids:
            return NO_LIDS
        return Lids(lids=self._lids, free=self._pressed, starting=self._starting)

    def update(self, now: float, helps: Mapping[str, Help], devices: Mapping[str, DeviceState]) -> None:
        """Take in who helps, or is on its way back, by device id; setpoints are those before this step's decision."""
        if not helps:
            self._lids, self._helping, self._nothing_since = {}, {}, {}
            return
        lids: dict[int, Lid] = {}
        newly: set[int] = set()
        for device_id, help_ in helps.items():
            device = devices[device_id]
            limits = self._limits(device)
            for limit in limits:
                lid = lids.setdefault(limit, Lid())
                lid.all_a += help_.reserved_a
                if isinstance(device.config, ChargerConfig):
                    lid.chargers_a += help_.reserved_a
            if device_id not in self._helping:
                newly.update(limits)
        helping = {
            device_id: max(help_.before_a, self._helping.get(device_id, 0.0)) for device_id, help_ in helps.items()
        }
        chargers = [device for device in devices.values() if isinstance(device.config, ChargerConfig)]
        drawn = self._drawn_a(newly, chargers, helping) if newly else {}
        for limit, lid in lids.items():
            known = self._lids.get(limit)
            lid.before_a = max(0.0 if known is None else known.before_a, drawn.get(limit, 0.0))
        self._lids, self._helping = lids, helping
        self._watch_those_below(now, chargers)

    def _drawn_a(
        self, limits: set[int], chargers: Sequence[DeviceState], helping: Mapping[str, float]
    ) -> dict[int, float]:
        """Return what chargers draw, those that helped already with what they had before, A per limit."""
        drawn = dict.fromkeys(limits, 0.0)
        for device in chargers:
            for limit in limits.intersection(self._limits(device)):
                drawn[limit] += max(_uses_a(device), helping.get(device.device_id, 0.0))
        return drawn

    def _watch_those_below(self, now: float, chargers: Sequence[DeviceState]) -> None:
        """Note who cannot wait, and who has waited for too long."""
        below = [
            device
            for device in chargers
            if device.car.plugged_in
            and not device.car.satisfied
            and not self._lids.keys().isdisjoint(self._limits(device))
        ]
        self._pressed = frozenset(device.device_id for device in below if is_pressed(device, now))
        self._nothing_since = {
            device.device_id: min(now, self._nothing_since.get(device.device_id, now))
            for device in below
            if device.device_id not in self._helping and (device.setpoint or 0.0) <= 0 and device.measured_a() < _GAP_A
        }
        self._starting = frozenset(
            device_id for device_id, since in self._nothing_since.items() if now - since >= self._longest_s
        )

    def _limits(self, device: DeviceState) -> tuple[int, ...]:
        return self._topology.limits(device.config.feeder_id, device.config.phases)


def put_lids_on(
    lids: Lids,
    room: Room,
    *,
    charging: Sequence[DeviceDecision],
    storing: Sequence[DeviceDecision],
    others: Sequence[DeviceDecision],
    feeders: Sequence[FeederWatch],
    config: GridConfig,
) -> None:
    """Give each lid a limit of its own behind all others in `room`, and let the chargers below it count on it.

    Args:
        lids: Those that are on.
        room: What there is without them.
        charging: Chargers that are about to share it.
        storing: Batteries that charge.
        others: All other devices.
        feeders: By number.
        config: The island.
    """
    if not lids.lids:
        return
    below, free = _sorted_out(lids, charging)
    settle_s = config.timing.compliance_grace_s / 3
    outside = [each for each in (*free, *others) if isinstance(each.device.config, ChargerConfig)]
    used_a = _sums(lids, outside, lambda decision, _: _uses_a(decision.device))
    # What `room` takes for free, although it is not for those below a lid.
    taken_a = _sums(
        lids,
        (*free, *storing),
        lambda decision, limit: owed_a(decision.device, feeders[feeder_of(limit)], phase_of(limit), settle_s),
    )
    rows: dict[int, int] = {}
    for limit, lid in lids.lids.items():
        feeder, phase = feeders[feeder_of(limit)], phase_of(limit)
        if feeder.blind:
            continue
        below_threshold_a = feeder.threshold_a()[phase] - room.load_a[limit] - taken_a[limit] - lid.all_a
        as_before_a = lid.before_a - used_a[limit] - lid.chargers_a
        rows[limit] = len(room.soft_a)
        room.soft_a.append(max(below_threshold_a, as_before_a))
        room.start_a.append(room.soft_a[-1])
        room.hard_a.append(math.inf)
        room.keep_a.append(math.inf)
        room.ordered_a.append(0.0)
    wirings: dict[int, Wiring] = {}
    for decision in below:
        known = id(decision.wiring)
        if known not in wirings:
            wirings[known] = _below(decision.wiring, rows)
        decision.wiring = wirings[known]


def under_a_lid(wiring: Wiring, more_a: float, left: Sequence[float]) -> bool:
    """Return whether a charger could have so much more if nothing were kept for helpers; `left` is A per limit."""
    kept = min((left[lid] for lid in wiring.lids), default=math.inf)
    return kept < more_a <= min(left[limit] for limit in wiring.limits)


def _sums(
    lids: Lids, decisions: Iterable[DeviceDecision], amps: Callable[[DeviceDecision, int], float]
) -> dict[int, float]:
    """Return what decisions add up to, per limit that has a lid."""
    sums = dict.fromkeys(lids.lids, 0.0)
    for decision in decisions:
        for limit in decision.wiring.limits:
            if limit in sums:
                sums[limit] += amps(decision, limit)
    return sums


def _sorted_out(lids: Lids, charging: Sequence[DeviceDecision]) -> tuple[list[DeviceDecision], list[DeviceDecision]]:
    """Return who is below the lids, and who is free of them."""
    below: list[DeviceDecision] = []
    free: list[DeviceDecision] = []
    for decision in charging:
        if decision.device.device_id in lids.starting:
            decision.ceiling = min(decision.ceiling, decision.least_a)
            free.append(decision)
        else:
            (free if decision.device.device_id in lids.free else below).append(decision)
    return below, free


def _below(wiring: Wiring, rows: Mapping[int, int]) -> Wiring:
    added = tuple(rows[limit] for limit in wiring.limits if limit in rows)
    loads = (*wiring.loads, *((row, 1.0) for row in added))
    return replace(
        wiring,
        loads=loads,
        every=wiring.every + added,
        weights=tuple(weight for _, weight in loads) if wiring.weights else (),
        lids=added,
    )


def _uses_a(device: DeviceState) -> float:
    """Return what a charger draws, or may draw where it uses all of its setpoint or nobody sees what it does.

    In A per phase.
    """
    drawn, told = max(0.0, device.measured_a()), device.setpoint or 0.0
    return max(drawn, told) if device.silent or drawn >= told - _GAP_A else drawn

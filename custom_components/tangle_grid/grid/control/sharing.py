"""How the room is shared among those that follow and can be seen: fast down, slow up."""

from collections.abc import Iterable, Sequence

from ..model.tolerance import EPSILON
from ..model.world import GridConfig
from ..network.feeder_watch import FeederWatch
from ..network.protection import Room
from ..network.topology import PHASES, limit_at
from .allocator import Demand, excess_a
from .decision import Asked, DeviceDecision, Share
from .dimming import share_out
from .ramp import may_increase


class Sharing:
    """Decides for those that share.

    Args:
        decisions: Theirs, each with what it is told and may have, and with its place.
        room: What there is to share.
        feeders: By number.
        config: The island.
        asked: What limits devices beside it.
    """

    def __init__(
        self,
        decisions: Sequence[DeviceDecision],
        room: Room,
        feeders: Sequence[FeederWatch],
        config: GridConfig,
        asked: Asked,
    ) -> None:
        self._decisions, self._room, self._feeders = decisions, room, feeders
        self._config, self._asked = config, asked
        floor_w = config.dimming_floor_w
        self._floors = [each.dimmed_a(floor_w) if room.dimmed else 0.0 for each in decisions]

    def decide(self) -> Sequence[float]:
        """Decide for all of them, and return what they leave of each limit, A."""
        return self._share(self._kept())

    # Fast down

    def _kept(self) -> list[float]:
        """Return what each keeps of its setpoint, A: all of it unless the capacity is short."""
        decisions, room = self._decisions, self._room
        full = [min(each.told, each.ceiling) for each in decisions]
        demands = self._demands(full)
        # More than rounding can explain: then how this would be shared need not be known.
        short = not room.dimmed and excess_a(room.hard_a, demands) > 2 * PHASES * len(decisions) * EPSILON
        if short:
            kept, in_force = full, room.hard_a
        else:
            kept, in_force = share_out(room.hard_a, room, demands, self._floors, room.keep_a)
        self._show_floors(in_force)
        if short or any(amps < most - EPSILON for amps, most in zip(kept, full, strict=True) if most > 0):
            # What a car does not use anyway is given up before anybody else loses something.
            used = [min(most, each.usable_a(self._asked)) for each, most in zip(decisions, full, strict=True)]
            kept, _ = share_out(room.hard_a, room, self._demands(used), self._floors, room.keep_a)
        return kept

    def _show_floors(self, in_force: Sequence[float]) -> None:
        """Remember how far floors go beyond a temporary capacity."""
        hard_a, margin = self._room.hard_a, self._config.capacity_margin
        for number, feeder in enumerate(self._feeders):
            if feeder.temporary is not None:
                first, second, third = (
                    min(capacity, limit + max(0.0, in_force[i] - hard_a[i]) / (1 - margin))
                    for i, (capacity, limit) in enumerate(
                        zip(feeder.fuse_a, feeder.limit_a, strict=True), start=limit_at(number, 0)
                    )
                )
                feeder.granted_a = (first, second, third)

    # Slow up

    def _share(self, kept: Sequence[float]) -> list[float]:
        """Move towards fair shares: raise slowly, and take from some only what others wait for."""
        decisions, room, asked = self._decisions, self._room, self._asked
        most = [min(each.ceiling, each.usable_a(asked)) for each in decisions]
        fair, left = share_out(room.soft_a, room, self._demands(most), self._floors, room.start_a)
        # An order leaves more than `start_a` where floors need it.
        left_at_start = [max(start, soft) for start, soft in zip(room.start_a, left, strict=True)]
        new = [max(each.floor_a, each.stepped(amps)) for each, amps in zip(decisions, kept, strict=True)]
        rising = [self._rises(each, new[i], fair[i]) for i, each in enumerate(decisions)]
        occupied = [max(new[i], each.drawn_a) for i, each in enumerate(decisions)]
        for decision, amps in zip(decisions, occupied, strict=True):
            for limit, weight in decision.wiring.loads:
                left[limit] -= amps * weight
                left_at_start[limit] -= amps * weight
        waited_for: set[int] = set()
        starts = _Starts(decisions, asked.now)
        for i in sorted(range(len(decisions)), key=lambda i: decisions[i].order):
            decision = decisions[i]
            if not rising[i] or (new[i] <= 0 and not starts.may(decision)):
                continue
            # Behind all others stand the lids. Nobody makes way for who waits because of them.
            here = left if new[i] > 0 else left_at_start
            possible = [here[limit] / weight + occupied[i] for limit, weight in decision.wiring.loads] or [fair[i]]
            unkept = min(possible[: len(possible) - len(decision.wiring.lids)])
            raised = decision.raised(new[i], min(fair[i], *possible), asked)
            wanted = decision.raised(new[i], fair[i], asked)
            waits = decision.raised(new[i], min(fair[i], unkept), asked) < wanted
            if waits and decision.has_a_claim(raised, fair[i]):
                waited_for.update(decision.wiring.every)
            for limit, weight in decision.wiring.loads:
                taken = (max(raised, occupied[i]) - occupied[i]) * weight
                left[limit] -= taken
                left_at_start[limit] -= taken
            if new[i] <= 0 < raised:
                starts.add(decision)
            new[i] = raised
        for i, decision in enumerate(decisions):
            if not rising[i] and fair[i] < new[i] - EPSILON and not waited_for.isdisjoint(decision.wiring.every):
                # What is given up here can be taken by others once it is measured to be free.
                new[i] = max(decision.floor_a, decision.stepped(fair[i]))
            decision.conclude(Share(amps=new[i], fair=fair[i], most=most[i], left=left), asked)
        return left

    def _rises(self, decision: DeviceDecision, told: float, fair: float) -> bool:
        device, now = decision.device, self._asked.now
        return (
            fair > told + decision.least_rise_a(told, fair, self._asked)
            and (not device.resting or device.probe.may_begin(now))
            and not decision.falls
            and not decision.wiring.suspect
            and may_increase(device, now, self._asked.timing)
        )

    def _demands(self, most: Sequence[float]) -> list[Demand]:
        return [
            Demand(each.wiring.every, each.least_a, amps, each.order, each.rank, each.wiring.weights)
            for each, amps in zip(self._decisions, most, strict=True)
        ]


class _Starts:
    """Chargers that start: one that forgets its setpoint then draws its maximum for a moment, so it starts alone.

    Args:
        decisions: All that may start or have just started.
        now: Grid time.
    """

    def __init__(self, decisions: Iterable[DeviceDecision], now: float) -> None:
        self._any: set[int] = set()
        self._forgetful: set[int] = set()
        for decision in decisions:
            if decision.device.resume.starts(now):
                self.add(decision)

    def may(self, decision: DeviceDecision) -> bool:
        """Return whether a device may start now."""
        others = self._any if decision.device.resume.forgets else self._forgetful
        return others.isdisjoint(decision.wiring.limits)

    def add(self, decision: DeviceDecision) -> None:
        """Take in that a device starts."""
        self._any.update(decision.wiring.limits)
        if decision.device.resume.forgets:
            self._forgetful.update(decision.wiring.limits)

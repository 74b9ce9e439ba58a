"""The control pass: one decision for all chargers and batteries at once, from measurement to setpoint."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ..device.charging import at_start_a, floor_a
from ..device.state import DeviceState
from ..model.lease import Lease
from ..model.tolerance import EPSILON
from ..model.world import NOMINAL_V, BatteryConfig, Cause, ChargerConfig, GridConfig
from ..network.protection import FeederWatch, Members, Room, drawn_a, room_for
from ..network.topology import PHASES, Topology
from .allocator import Demand, excess_a
from .batteries import Role, conclude, role_of
from .capacity_reservation import NO_LIDS, Lids, put_lids_on, under_a_lid
from .decision import DeviceDecision, Wiring
from .dimming import share_out
from .precedence import Place, Precedence
from .ramp import charge_step, discharge_step, may_increase, next_increase
from .reporting_cost import note_costs

#: A that a running charger must be below its fair share before others make way for it.
_UNFAIR_A: Final = 2.0
#: A car that is held back is not told about smaller improvements, A, before this time has passed, s.
_RISE_A: Final = 2.0
_PATIENCE_S: Final = 60.0
_BATTERY_STEP_W: Final = 50.0
#: What a charger draws beyond its safe current before others stand in for it, A.
_BEYOND_A: Final = 1.0
#: A limited battery is not told about smaller improvements, A.
_BATTERY_RISE_A: Final = 1.0
_LAST: Final = (float("inf"),)


class ControlPass:
    """Decides for all chargers and batteries.

    Args:
        config: The island.
        topology: Its feeder tree.
        feeders: By number, brought up to date.
        devices: All devices, brought up to date.
        wanted: What active requests ask of a device: A for a charger, W for a battery.
        held: What those who wait for their release after a request are told at most: A for a charger, W for a battery.
        lids: What keeps others from taking up what helpers give up.
        precedence: Who comes first, brought up to date.
        planned: The most that chargers may have by the plan, A; those that are missing are not limited by it.
        outage_a: The most that chargers may have while the feeding cable is dead, or until it is their turn after that,
            A; negative feeds back.
        now: Grid time.
    """

    def __init__(
        self,
        *,
        config: GridConfig,
        topology: Topology,
        feeders: Sequence[FeederWatch],
        devices: Sequence[DeviceState],
        wanted: Mapping[str, float],
        held: Mapping[str, float] = MappingProxyType({}),
        lids: Lids = NO_LIDS,
        precedence: Precedence,
        planned: Mapping[str, float],
        now: float,
        outage_a: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self._config = config
        self._timing = config.timing
        self._topology = topology
        self._feeders = feeders
        self._now = now
        self._wanted = wanted
        self._held = held
        self._lids = lids
        self._precedence = precedence
        self._planned = planned
        self._outage_a = outage_a
        wirings: dict[tuple[str, tuple[int, ...]], Wiring] = {}
        self._plans: list[DeviceDecision] = []
        for device in devices:
            device_config = device.config
            if isinstance(device_config, (ChargerConfig, BatteryConfig)):
                where = (device_config.feeder_id, device_config.phases)
                if (wiring := wirings.get(where)) is None:
                    wiring = wirings[where] = Wiring.of(device, topology, feeders)
                self._plans.append(DeviceDecision(device=device, wiring=wiring))
        self._uncertain: list[DeviceDecision] = []
        self._disobedient: list[DeviceDecision] = []
        self._feeding: list[DeviceDecision] = []
        self._charging: list[DeviceDecision] = []
        self._storing: list[DeviceDecision] = []
        self._idle: list[DeviceDecision] = []

    def run(self) -> list[DeviceDecision]:
        """Decide; every plan comes back with its value and cause."""
        for plan in self._plans:
            if plan.is_battery:
                self._sort_battery(plan)
            else:
                self._sort_charger(plan)
        controlled = [*self._charging, *self._storing]
        for plan in controlled:
            plan.order = self._order(plan)
            plan.rank = self._precedence.rank(plan.device, plan.order[:3]) if not plan.is_battery else plan.order[:3]
            if plan.floor_a > 0:
                # What cannot be paused draws its least current whatever is decided: it comes out of what others get.
                plan.order = (-_LAST[0], *plan.order)
        self._stand_in()
        room = room_for(
            Members(
                controlled=_limits(controlled),
                uncertain=_limits(self._uncertain),
                feeding=_limits(self._feeding),
                others=_limits((*self._disobedient, *self._idle)),
            ),
            self._feeders,
            margin=self._config.capacity_margin,
            band=self._config.increase_band,
            now=self._now,
            timing=self._timing,
        )
        self._doubt_phases(room)
        put_lids_on(
            self._lids,
            room,
            charging=self._charging,
            storing=self._storing,
            others=(*self._uncertain, *self._disobedient, *self._feeding),
            feeders=self._feeders,
            config=self._config,
        )
        self._restrain(room)
        self._feed_back()
        kept = self._reduce(room, controlled)
        self._share(room, controlled, kept)
        note_costs(self._plans, room, self._feeders, self._topology, now=self._now, timing=self._timing)
        return self._plans

    # Who is what

    def _sort_charger(self, plan: DeviceDecision) -> None:
        device, config = plan.device, plan.charger
        fallen = device.lease is None or device.lease.expired(self._now)
        if device.setpoint is None:
            plan.told = at_start_a(device, config)
        else:
            plan.told = min(device.setpoint, config.safe_current_a) if fallen else device.setpoint
        if device.first_shown_a is not None:
            # Nobody has told it anything yet: what is lower is not raised by a start.
            plan.told = min(plan.told, device.first_shown_a)
        plan.falls = fallen
        plan.floor_a = floor_a(device)
        self._set_ceiling(plan, fallen=fallen)
        if device.silent and not (device.resting and plan.ceiling >= 0):
            self._uncertain.append(plan)
        elif not device.watch.compliant:
            self._disobedient.append(plan)
        elif plan.ceiling < 0:
            self._feeding.append(plan)
        else:
            if plan.told < 0:
                # It stops feeding back at once: nobody pays for it any more. Charging has to wait.
                plan.told = 0.0
                plan.falls = True
            self._charging.append(plan)

    def _set_ceiling(self, plan: DeviceDecision, *, fallen: bool) -> None:
        device, config = plan.device, plan.charger
        plan.ceiling = config.max_current_a
        wanted = self._wanted.get(device.device_id)
        if wanted is not None:
            plan.ceiling = wanted
            plan.ceiling_cause = Cause.REQUEST
        elif device.satisfied or not device.plugged_in:
            plan.ceiling = 0.0
        elif self._held.get(device.device_id, plan.ceiling) < plan.ceiling:
            plan.ceiling = self._held[device.device_id]
            plan.ceiling_cause = Cause.RELEASE
        planned = self._planned.get(device.device_id)
        if planned is not None and planned < plan.ceiling:
            plan.ceiling = planned
            plan.ceiling_cause = Cause.PLAN
        if device.limit_a is not None and device.limit_a < plan.ceiling:
            plan.ceiling = device.limit_a
            plan.ceiling_cause = Cause.PAYMENT
        if (asked_a := device.asked_a(self._now, self._timing)) is not None and asked_a < plan.ceiling:
            plan.ceiling = max(config.min_current_a, asked_a)
        if plan.wiring.checked and not plan.wiring.blind and plan.ceiling > config.min_current_a:
            plan.ceiling = config.min_current_a
            plan.ceiling_cause = Cause.SAFE_STATE
        if plan.wiring.blind or fallen:
            # Feeding back needs sight, too.
            plan.ceiling = min(max(plan.ceiling, 0.0), config.safe_current_a)
            plan.ceiling_cause = Cause.SAFE_STATE
        if (alone_a := self._outage_a.get(device.device_id)) is not None:
            plan.ceiling = 0.0 if plan.wiring.blind or fallen else min(alone_a, plan.ceiling)
            plan.ceiling_cause = Cause.OUTAGE

    def _sort_battery(self, plan: DeviceDecision) -> None:
        device_id = plan.device.device_id
        role = role_of(
            plan,
            wanted_w=self._wanted.get(device_id),
            held_w=self._held.get(device_id),
        )
        if role is Role.FEEDING:
            self._feeding.append(plan)
        elif role is Role.STORING:
            self._storing.append(plan)
        else:
            self._idle.append(plan)

    def _stand_in(self) -> None:
        """Below a blind feeder all safe currents fit together: what one draws beyond its own, others go without."""
        beyond: dict[int, list[float]] = {}
        for plan in (*self._uncertain, *self._disobedient):
            more_a = max(0.0, plan.device.measured_a() - plan.charger.safe_current_a)
            for number in self._topology.path(plan.charger.feeder_id):
                if more_a > 0.0 and self._feeders[number].blind:
                    phases = beyond.setdefault(number, [0.0] * PHASES)
                    for phase in plan.charger.phases:
                        phases[phase] += more_a
        for plan in sorted(self._charging, key=lambda plan: plan.order, reverse=True) if beyond else ():
            for number in self._topology.path(plan.charger.feeder_id):
                short = beyond.get(number)
                if short is not None and any(short[phase] > _BEYOND_A for phase in plan.charger.phases):
                    plan.ceiling, plan.ceiling_cause = 0.0, Cause.SAFE_STATE
                    for phase in plan.charger.phases:
                        short[phase] -= plan.charger.safe_current_a

    # Those that are not shared among

    def _doubt_phases(self, room: Room) -> None:
        """Where a phase is short of more than cars can give, a car may be on it that was believed to be elsewhere."""
        short = [limit for limit, amps in enumerate(room.hard_a[: PHASES * len(self._feeders)]) if amps < 0]
        for plan in self._plans if short else ():
            path = {limit // PHASES for limit in plan.wiring.limits}
            phases = frozenset(limit % PHASES for limit in short if limit // PHASES in path)
            if phases and plan.device.phases.doubt(phases):
                plan.device.take_phases()
                plan.configure()

    def _restrain(self, room: Room) -> None:
        """Silent and disobedient chargers may only fall; when their feeder is short they are told to stop."""
        fuse_a = room.fuse_a(room.hard_a)
        for plan in (*self._uncertain, *self._disobedient):
            if any(room.hard_a[limit] < 0 for limit in plan.wiring.limits):
                # A temporary capacity leaves them their floor.
                plan.told = min(plan.told, self._floor_a(plan))
            if any(fuse_a[limit] < 0 for limit in plan.wiring.limits):
                plan.settle(plan.floor_a, Cause.PROTECTION)
                continue
            value, cause = plan.told, Cause.ALLOCATION
            if plan.device.silent and plan.device.probe.lasts(self._now) and value <= plan.charger.min_current_a:
                cause = Cause.SAFE_STATE
            elif plan.device.silent and value > plan.charger.safe_current_a:
                value, cause = plan.charger.safe_current_a, Cause.SAFE_STATE
            elif plan.device.silent:
                cause = Cause.SAFE_STATE
            if plan.ceiling < value:
                value, cause = plan.ceiling, plan.ceiling_cause
            plan.settle(max(plan.floor_a, charge_step(plan.charger, max(0.0, value))), cause)

    def _feed_back(self) -> None:
        """Cars and batteries that were asked to give energy do, as far as the feeder can carry it away."""
        carried: dict[int, float] = {}
        for plan in self._feeding:
            device, amps = plan.device, -plan.ceiling
            for limit in plan.wiring.limits:
                feeder = self._feeders[limit // PHASES]
                assert feeder.reading is not None  # noqa: S101  # blind feeders have no limits here
                drawn = drawn_a(device, feeder, limit % PHASES)
                load = carried.get(limit, feeder.reading.power_w[limit % PHASES] / NOMINAL_V)
                capacity = feeder.limit_a[limit % PHASES] * (1 - self._config.capacity_margin)
                amps = min(amps, max(0.0, capacity + load - drawn))
            if plan.is_battery:
                plan.settle(-round(amps * plan.battery.watts_per_amp), Cause.REQUEST)
                given = amps
            else:
                plan.settle(discharge_step(plan.charger, amps), plan.ceiling_cause)
                given = -(plan.value or 0.0)
            for limit in plan.wiring.limits:
                feeder = self._feeders[limit // PHASES]
                assert feeder.reading is not None  # noqa: S101  # blind feeders have no limits here
                load = carried.get(limit, feeder.reading.power_w[limit % PHASES] / NOMINAL_V)
                carried[limit] = load - drawn_a(device, feeder, limit % PHASES) - given

    # Fast down

    def _reduce(self, room: Room, plans: Sequence[DeviceDecision]) -> list[float]:
        """Return what each keeps of its setpoint, A: all of it unless the capacity is short."""
        full = [min(plan.told, plan.ceiling) for plan in plans]
        floors = self._floors_a(room, plans)
        demands = self._demands(plans, full)
        # More than rounding can explain: then how this would be shared need not be known.
        short = not room.dimmed and excess_a(room.hard_a, demands) > 2 * PHASES * len(plans) * EPSILON
        kept, in_force = (full, room.hard_a) if short else share_out(room.hard_a, room, demands, floors, room.keep_a)
        self._show_floors(room, in_force)
        if short or any(amps < most - EPSILON for amps, most in zip(kept, full, strict=True) if most > 0):
            # What a car does not use anyway is given up before anybody else loses something.
            used = [min(most, self._usable_a(plan)) for plan, most in zip(plans, full, strict=True)]
            kept, _ = share_out(room.hard_a, room, self._demands(plans, used), floors, room.keep_a)
        return kept

    def _show_floors(self, room: Room, in_force: Sequence[float]) -> None:
        """Remember how far floors go beyond a temporary capacity."""
        for number, feeder in enumerate(self._feeders):
            if feeder.temporary is not None:
                first, second, third = (
                    min(capacity, limit + max(0.0, in_force[i] - room.hard_a[i]) / (1 - self._config.capacity_margin))
                    for i, (capacity, limit) in enumerate(
                        zip(feeder.config.capacity_a, feeder.limit_a, strict=True), start=number * PHASES
                    )
                )
                feeder.granted_a = (first, second, third)

    # Slow up

    def _share(self, room: Room, plans: Sequence[DeviceDecision], kept: list[float]) -> None:
        """Move towards fair shares: raise slowly, and take from some only what others wait for."""
        most = [min(plan.ceiling, self._usable_a(plan)) for plan in plans]
        floors = self._floors_a(room, plans)
        fair, left = share_out(room.soft_a, room, self._demands(plans, most), floors, room.start_a)
        # An order leaves more than `start_a` where floors need it.
        left_at_start = [max(start, soft) for start, soft in zip(room.start_a, left, strict=True)]
        new = [max(plan.floor_a, self._floor(plan, amps)) for plan, amps in zip(plans, kept, strict=True)]
        rising = [self._rises(plan, new[i], fair[i]) for i, plan in enumerate(plans)]
        occupied = [max(new[i], self._drawn(plan)) for i, plan in enumerate(plans)]
        for plan, amps in zip(plans, occupied, strict=True):
            for limit, weight in plan.wiring.loads:
                left[limit] -= amps * weight
                left_at_start[limit] -= amps * weight
        waited_for: set[int] = set()
        for i in sorted(range(len(plans)), key=lambda i: plans[i].order):
            plan = plans[i]
            if not rising[i]:
                continue
            # Behind all others stand the lids. Nobody makes way for who waits because of them.
            here = left if new[i] > 0 else left_at_start
            possible = [here[limit] / weight + occupied[i] for limit, weight in plan.wiring.loads] or [fair[i]]
            unkept = min(possible[: len(possible) - len(plan.wiring.lids)])
            raised = self._raise(plan, new[i], min(fair[i], *possible))
            wanted = self._raise(plan, new[i], fair[i])
            if self._raise(plan, new[i], min(fair[i], unkept)) < wanted and self._has_a_claim(plan, raised, fair[i]):
                waited_for.update(plan.wiring.every)
            for limit, weight in plan.wiring.loads:
                taken = (max(raised, occupied[i]) - occupied[i]) * weight
                left[limit] -= taken
                left_at_start[limit] -= taken
            new[i] = raised
        for i, plan in enumerate(plans):
            if not rising[i] and fair[i] < new[i] - EPSILON and not waited_for.isdisjoint(plan.wiring.every):
                # What is given up here can be taken by others once it is measured to be free.
                new[i] = max(plan.floor_a, self._floor(plan, fair[i]))
            self._conclude(plan, new[i], fair[i], most[i], left)

    def _rises(self, plan: DeviceDecision, told: float, fair: float) -> bool:
        least = EPSILON
        lease = plan.device.lease
        if plan.is_battery and fair < plan.ceiling - EPSILON:
            least = _BATTERY_RISE_A
        elif told > 0 and fair < plan.ceiling - EPSILON and lease and self._is_recent(plan.device, lease):
            # What others leave comes and goes: an ampere more is worth a write only when it has stayed for a while.
            least = _RISE_A - EPSILON
        return (
            fair > told + least
            and (not plan.device.resting or plan.device.probe.may_begin(self._now))
            and not plan.falls
            and not plan.wiring.suspect
            and may_increase(plan.device, self._now, self._timing)
        )

    def _is_recent(self, device: DeviceState, lease: Lease) -> bool:
        """Return whether a setpoint has changed so lately that a small improvement is not worth a write."""
        return self._now - lease.changed_at < _PATIENCE_S * (1 + device.turns.number(self._now))

    def _has_a_claim(self, plan: DeviceDecision, told: float, fair: float) -> bool:
        """Return whether others must make way: for a car that waits, or gets far less than its fair share."""
        return not plan.is_battery and (told <= 0 or fair - told >= _UNFAIR_A)

    def _raise(self, plan: DeviceDecision, told: float, target: float) -> float:
        if plan.is_battery:
            # A limited battery is set free when its full power fits, and otherwise gets what there is.
            return max(told, target)
        return next_increase(plan.charger, told, target, self._timing, proven_a=plan.device.turns.proven_a(self._now))

    def _conclude(self, plan: DeviceDecision, amps: float, fair: float, most: float, left: Sequence[float]) -> None:
        device = plan.device
        lowered = amps < plan.told - EPSILON
        # Whoever is still on the way up to a share is not held back by the capacity.
        held_back = fair < most - EPSILON and amps > fair - max(self._timing.ramp_a_per_step, _UNFAIR_A)
        short = amps < min(plan.told, plan.ceiling) - EPSILON or held_back
        if plan.is_battery:
            conclude(plan, amps)
        elif plan.ceiling_cause is not Cause.ALLOCATION and amps >= plan.ceiling - plan.charger.step_a:
            plan.settle(amps, plan.ceiling_cause)
        elif short:
            plan.settle(amps, Cause.RESERVED if under_a_lid(plan, amps, left) else Cause.PROTECTION)
            plan.falls |= lowered
        elif (
            device.lease is not None
            and amps < min(most, plan.ceiling) - EPSILON
            and device.lease.cause in {Cause.REQUEST, Cause.RESERVED, Cause.RELEASE, Cause.SAFE_STATE}
        ):
            plan.settle(amps, Cause.RELEASE)
        else:
            plan.settle(amps, Cause.ALLOCATION)
        if lowered and plan.cause in {Cause.PROTECTION, Cause.SAFE_STATE}:
            plan.falls = True

    # Small things

    def _demands(self, plans: Sequence[DeviceDecision], most: Sequence[float]) -> list[Demand]:
        return [
            Demand(
                plan.wiring.every,
                0.0 if plan.is_battery else plan.charger.min_current_a,
                amps,
                plan.order,
                plan.rank,
                plan.wiring.weights,
            )
            for plan, amps in zip(plans, most, strict=True)
        ]

    def _order(self, plan: DeviceDecision) -> Place:
        """Return who comes first: cars by priority and standing, those that run before those that wait.

        Batteries come after them.
        """
        if plan.is_battery:
            return _LAST * 4
        precedence, device = self._precedence, plan.device
        return (*precedence.place(device), 0.0 if plan.told > 0 else 1.0, *precedence.tie(device))

    def _floor_a(self, plan: DeviceDecision) -> float:
        """Return what a temporary capacity leaves a device, A per phase."""
        floor_w = self._config.dimming_floor_w
        if plan.is_battery:
            return floor_w / plan.battery.watts_per_amp
        return charge_step(plan.charger, floor_w / plan.charger.watts_per_amp)

    def _floors_a(self, room: Room, plans: Sequence[DeviceDecision]) -> list[float]:
        return [self._floor_a(plan) for plan in plans] if room.dimmed else [0.0] * len(plans)

    def _usable_a(self, plan: DeviceDecision) -> float:
        if plan.is_battery:
            return plan.ceiling
        most_a = plan.device.shown.most_a
        usable_a = plan.device.usable_a(self._now, self._timing)
        return usable_a if most_a is None else min(usable_a, most_a)

    def _drawn(self, plan: DeviceDecision) -> float:
        return max(0.0, plan.device.measured_a()) if not plan.is_battery else 0.0

    def _floor(self, plan: DeviceDecision, amps: float) -> float:
        if not plan.is_battery:
            return charge_step(plan.charger, amps)
        if amps >= plan.told - EPSILON:
            return amps
        watts_per_amp = plan.battery.watts_per_amp
        return amps * watts_per_amp // _BATTERY_STEP_W * _BATTERY_STEP_W / watts_per_amp


def _limits(plans: Iterable[DeviceDecision]) -> list[tuple[DeviceState, tuple[int, ...]]]:
    return [(plan.device, plan.wiring.limits) for plan in plans]

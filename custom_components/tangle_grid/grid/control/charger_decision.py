"""A charger in a control pass."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, override

from ..device.charging import at_start_a, floor_a
from ..model.tolerance import EPSILON
from ..model.world import Cause, ChargerConfig, ChargerSetpoint, Setpoint
from .capacity_reservation import under_a_lid
from .decision import Asked, DeviceDecision, Role, Share
from .precedence import Precedence
from .ramp import charge_step, discharge_step, next_increase

#: A that a running charger must be below its fair share before others make way for it.
_UNFAIR_A: Final = 2.0
#: A car that is held back is not told about smaller improvements, A, before this time has passed, s.
_RISE_A: Final = 2.0
_PATIENCE_S: Final = 60.0
_FIRST: Final = float("-inf")
_AFTER: Final = frozenset({Cause.REQUEST, Cause.RESERVED, Cause.RELEASE, Cause.SAFE_STATE})


@dataclass(slots=True, kw_only=True)
class ChargerDecision(DeviceDecision):
    """What a charger may have, A per phase."""

    charger: ChargerConfig = field(init=False)

    @override
    def configure(self) -> None:
        config = self.device.config
        assert isinstance(config, ChargerConfig)  # noqa: S101  # only chargers are decided for here
        self.charger = config

    @override
    def take_role(self, asked: Asked) -> Role:
        device, config = self.device, self.charger
        fallen = device.lease is None or device.lease.expired(asked.now)
        if device.setpoint is None:
            self.told = at_start_a(device, config)
        else:
            self.told = min(device.setpoint, config.safe_current_a) if fallen else device.setpoint
        if device.first_shown_a is not None:
            # Nobody has told it anything yet: what is lower is not raised by a start.
            self.told = min(self.told, device.first_shown_a)
        self.falls = fallen
        self.floor_a = floor_a(device, seen=not self.wiring.blind)
        self._set_ceiling(asked, fallen=fallen)
        if device.silent and not (device.resting and self.ceiling >= 0):
            return Role.UNCERTAIN
        if not device.watch.compliant:
            return Role.DISOBEDIENT
        if self.ceiling < 0:
            return Role.FEEDING
        if self.told < 0:
            # It stops feeding back at once: nobody pays for it any more. Charging has to wait.
            self.told = 0.0
            self.falls = True
        return Role.SHARING

    def _set_ceiling(self, asked: Asked, *, fallen: bool) -> None:
        device, config, wiring = self.device, self.charger, self.wiring
        self.ceiling = config.max_current_a
        wanted = asked.wanted.get(device.device_id)
        if wanted is not None:
            self.ceiling, self.ceiling_cause = wanted, Cause.REQUEST
        elif device.car.satisfied or not device.car.plugged_in:
            self.ceiling = 0.0
        else:
            self._lower_ceiling(asked.held.get(device.device_id), Cause.RELEASE)
        if device.trial is None or device.trial.most_a is None:
            # Who is tried out does not wait for a better time.
            self._lower_ceiling(asked.planned.get(device.device_id), Cause.PLAN)
            if (mode := asked.modes.get(device.device_id)) is not None:
                self._lower_ceiling(mode.most_a, mode.cause)
        else:
            self._lower_ceiling(device.trial.most_a, Cause.TRIAL)
        self._lower_ceiling(device.limit_a, Cause.PAYMENT)
        self._lower_ceiling(device.phases_lid_a, Cause.ALLOCATION)
        if (asked_a := device.asked_a(asked.now, asked.timing)) is not None and asked_a < self.ceiling:
            self.ceiling = max(config.min_current_a, asked_a)
        if wiring.checked and not wiring.blind:
            self._lower_ceiling(config.min_current_a, Cause.SAFE_STATE)
        if wiring.blind or fallen:
            # Feeding back needs sight, too.
            self.ceiling = min(max(self.ceiling, 0.0), config.safe_current_a)
            self.ceiling_cause = Cause.SAFE_STATE
        if (alone_a := asked.outage.get(device.device_id)) is not None:
            self.ceiling = 0.0 if wiring.blind or fallen else min(alone_a, self.ceiling)
            self.ceiling_cause = Cause.OUTAGE
        if device.change.target is not None:
            # Who changes over between one phase and three draws nothing meanwhile, or its least current.
            self._lower_ceiling(0.0 if device.change.pauses or self.told <= 0 else config.min_current_a, Cause.PHASES)

    def _lower_ceiling(self, most_a: float | None, cause: Cause) -> None:
        if most_a is not None and most_a < self.ceiling:
            self.ceiling, self.ceiling_cause = most_a, cause

    @override
    def queue(self, precedence: Precedence) -> None:
        # By priority and standing, those that run before those that wait.
        running = 0.0 if self.told > 0 else 1.0
        self.order = (*precedence.place(self.device), running, *precedence.tie(self.device))
        self.rank = precedence.rank(self.device, self.order[:3])
        if self.floor_a > 0 or self.device.is_first_tried:
            # Who has to be given all to show how many phases share it is served better, and others lose less, after.
            # What cannot be paused draws its least current whatever is decided: it comes out of what others get.
            self.order = (_FIRST, *self.order)

    @property
    @override
    def least_a(self) -> float:
        return self.charger.min_current_a

    @property
    @override
    def drawn_a(self) -> float:
        return max(0.0, self.device.measured_a())

    @property
    def beyond_safe_a(self) -> float:
        """What it draws beyond its safe current, A per phase."""
        return max(0.0, self.device.measured_a() - self.charger.safe_current_a)

    @override
    def usable_a(self, asked: Asked) -> float:
        most_a = self.device.shown.most_a
        usable_a = self.device.usable_a(asked.now, asked.timing)
        return usable_a if most_a is None else min(usable_a, most_a)

    @override
    def dimmed_a(self, floor_w: float) -> float:
        return charge_step(self.charger, floor_w / self.charger.watts_per_amp)

    @override
    def stepped(self, amps: float) -> float:
        return charge_step(self.charger, amps)

    @override
    def raised(self, told: float, target: float, asked: Asked) -> float:
        proven_a = self.device.turns.proven_a(asked.now)
        return next_increase(self.charger, told, target, asked.timing, proven_a=proven_a)

    @override
    def least_rise_a(self, told: float, fair: float, asked: Asked) -> float:
        lease = self.device.lease
        if told <= 0 or fair >= self.ceiling - EPSILON or lease is None:
            return EPSILON
        # What others leave comes and goes: an ampere more is worth a write only when it has stayed for a while.
        recent = asked.now - lease.changed_at < _PATIENCE_S * (1 + self.device.turns.number(asked.now))
        return _RISE_A - EPSILON if recent else EPSILON

    @override
    def has_a_claim(self, told: float, fair: float) -> bool:
        # A car that waits, or gets far less than its fair share.
        return told <= 0 or fair - told >= _UNFAIR_A

    def restrain(self, now: float, *, fuse_short: bool) -> None:
        """Decide for one that is silent or does not follow: it may only fall, to its floor where the fuse is short."""
        if fuse_short:
            self.settle(self.floor_a, Cause.PROTECTION)
            return
        device, value, cause = self.device, self.told, Cause.ALLOCATION
        if device.silent:
            cause = Cause.SAFE_STATE
            tried = device.probe.lasts(now) and not self.wiring.blind
            if not (tried and value <= self.charger.min_current_a):
                value = min(value, self.charger.safe_current_a)
        if self.ceiling < value:
            value, cause = self.ceiling, self.ceiling_cause
        self.settle(max(self.floor_a, charge_step(self.charger, max(0.0, value))), cause)

    @override
    def feed_back(self, amps: float) -> float:
        self.settle(discharge_step(self.charger, amps), self.ceiling_cause)
        return -(self.value or 0.0)

    @override
    def conclude(self, share: Share, asked: Asked) -> None:
        amps, lease = share.amps, self.device.lease
        lowered = amps < self.told - EPSILON
        # Whoever is still on the way up to a share is not held back by the capacity.
        way_up_a = max(asked.timing.ramp_a_per_step, _UNFAIR_A)
        held_back = share.fair < share.most - EPSILON and amps > share.fair - way_up_a
        cause = Cause.ALLOCATION
        if self.ceiling_cause is not Cause.ALLOCATION and amps >= self.ceiling - self.charger.step_a:
            cause = self.ceiling_cause
        elif amps < min(self.told, self.ceiling) - EPSILON or held_back:
            cause = Cause.RESERVED if self._waits_for_helpers(amps, share.left) else Cause.PROTECTION
            self.falls |= lowered
        elif lease is not None and amps < min(share.most, self.ceiling) - EPSILON and lease.cause in _AFTER:
            cause = Cause.RELEASE
        self.settle(amps, cause)
        self.falls |= lowered and cause in {Cause.PROTECTION, Cause.SAFE_STATE}

    def _waits_for_helpers(self, amps: float, left: Sequence[float]) -> bool:
        return under_a_lid(self.wiring, self.charger.step_a if amps > 0 else self.charger.min_current_a, left)

    @override
    def setpoint(self, before: float | None, *, expires_at: float, again: bool) -> Setpoint:
        amps = self.value or 0.0
        return ChargerSetpoint(
            device_id=self.device.device_id,
            current_a=amps,
            expires_at=expires_at,
            cause=self.cause,
            reduces=before is None or amps < before,
            again=again,
            phases=self.device.phases_told(amps),
        )

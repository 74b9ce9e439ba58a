"""A home battery in a control pass: left to itself unless a request or the capacity says otherwise.

A battery that is told a power follows it, whatever it would do by itself. So after a request it is left to itself when
its time has come. One that was limited for the fuse is when what it took by itself before fits; if it takes more then,
it is limited once more, until that fits.
"""

from dataclasses import dataclass, field
from typing import Final, override

from ..model.lease import Lease
from ..model.tolerance import EPSILON
from ..model.world import BatteryConfig, BatterySetpoint, Cause, Setpoint
from .decision import Asked, DeviceDecision, Role, Share
from .precedence import Place, Precedence

#: Batteries under their own control that charge with less are left alone, W.
_IDLE_W: Final = 100.0
_STEP_W: Final = 50.0
#: A limited battery is not told about smaller improvements, A.
_RISE_A: Final = 1.0
_LAST: Final[Place] = (float("inf"),) * 4


@dataclass(slots=True, kw_only=True)
class BatteryDecision(DeviceDecision):
    """What a battery may have; in A per phase while it shares, in W when it is decided."""

    battery: BatteryConfig = field(init=False)
    gives_by: Cause = Cause.REQUEST

    @override
    def configure(self) -> None:
        config = self.device.config
        assert isinstance(config, BatteryConfig)  # noqa: S101  # only batteries are decided for here
        self.battery = config

    @override
    def take_role(self, asked: Asked) -> Role:
        device, config, lease = self.device, self.battery, self.device.lease
        wanted_w, held_w = asked.wanted.get(device.device_id), asked.held.get(device.device_id)
        power_w = device.power_w
        if lease is None:
            self.settle(None, Cause.SAFE_STATE)
            return Role.SETTLED
        if self.wiring.blind or device.silent:
            if _held_down(lease):
                # Whoever cannot see must not let a battery charge that had been told to take less.
                self.settle(0.0, Cause.PROTECTION)
            else:
                self.settle(None, Cause.SAFE_STATE)
            return Role.SETTLED
        limit_w = lease.value if lease.cause is Cause.PROTECTION else None
        if wanted_w is not None and wanted_w <= 0:
            self.ceiling = wanted_w / config.watts_per_amp
            return Role.FEEDING
        sold_w = asked.sold.get(device.device_id)
        if wanted_w is None and sold_w is not None:
            # Who helps by a request is paid for that, and gives nothing else.
            self.ceiling, self.gives_by = sold_w / config.watts_per_amp, Cause.SALE
            return Role.FEEDING
        if (told_w := held_w if wanted_w is None else wanted_w) is not None:
            self.ceiling_cause = Cause.RELEASE if wanted_w is None else Cause.REQUEST
            self.told = self.ceiling = told_w / config.watts_per_amp
            if limit_w is not None:
                # It rises as any other, also to what a request leaves it.
                self.told = min(self.told, limit_w / config.watts_per_amp)
            return Role.SHARING
        if limit_w is not None:
            self.told = limit_w / config.watts_per_amp
            self.ceiling = max(min(device.own_w, config.max_charge_w) / config.watts_per_amp, self.told)
            return Role.SHARING
        if power_w is not None and power_w > _IDLE_W:
            self.told = self.ceiling = min(power_w, config.max_charge_w) / config.watts_per_amp
            return Role.SHARING
        self.settle(None, Cause.ALLOCATION if lease.value is None else Cause.RELEASE)
        return Role.SETTLED

    @override
    def queue(self, precedence: Precedence) -> None:
        self.order = _LAST
        self.rank = _LAST[:3]

    @property
    @override
    def least_a(self) -> float:
        return 0.0

    @property
    @override
    def drawn_a(self) -> float:
        return 0.0

    @override
    def usable_a(self, asked: Asked) -> float:
        return self.ceiling

    @override
    def dimmed_a(self, floor_w: float) -> float:
        return floor_w / self.battery.watts_per_amp

    @override
    def stepped(self, amps: float) -> float:
        if amps >= self.told - EPSILON:
            return amps
        watts_per_amp = self.battery.watts_per_amp
        return amps * watts_per_amp // _STEP_W * _STEP_W / watts_per_amp

    @override
    def raised(self, told: float, target: float, asked: Asked) -> float:
        # A limited battery is set free when its full power fits, and otherwise gets what there is.
        return max(told, target)

    @override
    def least_rise_a(self, told: float, fair: float, asked: Asked) -> float:
        return _RISE_A if fair < self.ceiling - EPSILON else EPSILON

    @override
    def has_a_claim(self, told: float, fair: float) -> bool:
        return False

    @override
    def feed_back(self, amps: float) -> float:
        self.settle(-round(amps * self.battery.watts_per_amp), self.gives_by)
        return amps

    @override
    def conclude(self, share: Share, asked: Asked) -> None:
        amps, lease = share.amps, self.device.lease
        limited = lease is not None and lease.value is not None and lease.cause is Cause.PROTECTION
        is_asked = self.ceiling_cause is not Cause.ALLOCATION
        if is_asked and amps >= self.ceiling - EPSILON:
            self.settle(round(amps * self.battery.watts_per_amp), self.ceiling_cause)
        elif not is_asked and amps >= (self.ceiling if limited else self.told) - EPSILON:
            self.settle(None, Cause.RELEASE if limited else Cause.ALLOCATION)
        else:
            self.settle(round(amps * self.battery.watts_per_amp), Cause.PROTECTION)
        self.falls |= amps < self.told - EPSILON and self.cause in {Cause.PROTECTION, Cause.SAFE_STATE}

    @override
    def setpoint(self, before: float | None, *, expires_at: float, again: bool) -> Setpoint:
        before_w = (self.device.power_w or 0.0) if before is None else before
        power_w = self.value
        if not self.battery.forced and power_w is not None and power_w <= 0:
            # It is to take nothing. What it gives by itself only helps, and nobody has counted on it.
            power_w = -self.battery.max_discharge_w
        return BatterySetpoint(
            device_id=self.device.device_id,
            power_w=power_w,
            expires_at=expires_at,
            cause=self.cause,
            reduces=self.value is not None and self.value < before_w,
        )


def _held_down(lease: Lease) -> bool:
    """Return whether a battery was told a power that is no more than it would take, and not to feed in."""
    told = lease.cause in {Cause.PROTECTION, Cause.REQUEST, Cause.RELEASE}
    return told and lease.value is not None and lease.value >= 0

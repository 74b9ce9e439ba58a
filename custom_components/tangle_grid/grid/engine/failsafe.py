"""The way out of a pass that failed: every device is told its safe state, and nobody is raised.

Nothing of the pass is used here but what stands in the devices' own attributes: whatever function it was that failed,
this one must not fail as well.
"""

from typing import Final, NamedTuple

from ..device.freshness import MeterFault
from ..device.state import DeviceState
from ..model.lease import Lease
from ..model.world import (
    NOMINAL_V,
    BatteryConfig,
    BatterySetpoint,
    Cause,
    ChargerConfig,
    ChargerSetpoint,
    ChargerTelemetry,
    DeviceConfig,
    FeederConfig,
    GridConfig,
    Setpoint,
    Telemetry,
)
from .status import IDLE, DeviceStatus, FeederState, FeederStatus, GridStatus

#: What stops a battery from charging again when nobody watches.
_HOLDS_DOWN: Final = frozenset({Cause.PROTECTION, Cause.REQUEST, Cause.RELEASE})


class Told(NamedTuple):
    """What a device had been told when a step began: what that step decided may never have reached it."""

    lease: Lease | None
    shed: frozenset[str]
    restore: frozenset[str]

    @classmethod
    def of(cls, device: DeviceState) -> Told:
        """Return what a device has been told."""
        return cls(device.lease, device.loads.told_shed, device.loads.told_restore)


def back_to_safety(
    device: DeviceState,
    before: Told | None,
    telemetry: Telemetry | None,
    now: float,
    lease_s: float,
    *,
    again: bool,
) -> Setpoint | None:
    """Bring a device into its safe state.

    Args:
        device: Its lease becomes that of the setpoint.
        before: What it had been told when the step that failed began; None: all that was decided has reached it.
        telemetry: What it reports, if anything is known of it.
        now: Grid time, s.
        lease_s: Life of the setpoint, s.
        again: Write it even if the charger shows it already.

    Returns:
        What has to be written. None for whoever is not controlled: a household's loads stay as they are, and the next
        step that works says again what this one did not.
    """
    device.reduced_at = now
    lease = device.lease
    config = device.config
    told = [each for each in (lease, None if before is None else before.lease) if each is not None]
    if isinstance(config, ChargerConfig):
        amps = _safe_a(config, told, telemetry)
        device.lease = _lease(amps, lease, now, lease_s)
        return ChargerSetpoint(
            device_id=config.device_id,
            current_a=amps,
            expires_at=now + lease_s,
            cause=Cause.SAFE_STATE,
            reduces=any(each.value is not None and each.value > amps for each in told),
            again=again,
            # A power counts for as few phases as it may be switched to, or as its car may use.
            phases=1 if config.limit_undivided or config.phase_hold_s is not None else len(config.phases),
        )
    if isinstance(config, BatteryConfig):
        # Whoever cannot see must not let a battery charge that had been told to take less; others have their own rule.
        held = any(each.value is not None and each.value >= 0 and each.cause in _HOLDS_DOWN for each in told)
        watts = 0.0 if held else None
        device.lease = _lease(watts, lease, now, lease_s, Cause.PROTECTION if held else Cause.SAFE_STATE)
        return BatterySetpoint(
            device_id=config.device_id,
            power_w=watts,
            expires_at=now + lease_s,
            cause=device.lease.cause,
            reduces=held,
        )
    if before is not None:
        device.lease = before.lease
        device.loads.told_shed, device.loads.told_restore = before.shed, before.restore
    return None


def _safe_a(config: ChargerConfig, told: list[Lease], telemetry: Telemetry | None) -> float:
    """Return the least of what is safe, what it was told and what it shows, A; it stops feeding back."""
    known = [config.safe_current_a, *(each.value for each in told if each.value is not None)]
    shown_a = telemetry.shown_a if isinstance(telemetry, ChargerTelemetry) else None
    # Nobody has looked yet whether that is a number.
    if isinstance(shown_a, int | float) and shown_a >= 0:
        known.append(shown_a)
    amps = min(known)
    return amps if amps >= config.min_current_a else 0.0


def _lease(
    value: float | None, before: Lease | None, now: float, lease_s: float, cause: Cause = Cause.SAFE_STATE
) -> Lease:
    same = before is not None and before.value == value
    return Lease(
        value=value,
        cause=cause,
        written_at=now,
        changed_at=before.changed_at if same and before is not None else now,
        expires_at=now + lease_s,
    )


def nothing_known(config: GridConfig, now: float) -> GridStatus:
    """Return what is shown before any step has worked: all feeders blind, all devices silent.

    Args:
        config: The island.
        now: Grid time, s.
    """
    return GridStatus(
        at=now,
        feeders={feeder.feeder_id: _blind(feeder) for feeder in config.feeders},
        devices={device.device_id: _silent(device) for device in config.devices},
        open_requests=(),
        reward_rate_i_per_kwh=config.market.rate_i_per_kwh,
    )


def _blind(feeder: FeederConfig) -> FeederStatus:
    first, second, third = (amps * NOMINAL_V for amps in feeder.capacity_a)
    return FeederStatus(
        feeder_id=feeder.feeder_id,
        load_w=None,
        total_w=None,
        capacity_w=(first, second, third),
        threshold_w=(first, second, third),
        headroom_w=None,
        utilisation=None,
        peak_w=0.0,
        blind=True,
        fault=MeterFault.MISSING,
        state=FeederState.BLIND,
    )


def _silent(device: DeviceConfig) -> DeviceStatus:
    return DeviceStatus(
        device_id=device.device_id,
        kind=device.kind,
        power_w=None,
        setpoint=None,
        cause=None,
        silent=True,
        expires_at=None,
        compliant=True,
        session_energy_wh=0,
        curtailment=IDLE,
        request_id=None,
        last_decision=None,
        shed=frozenset(),
        delivered_wh=0,
        earned_i=0,
    )

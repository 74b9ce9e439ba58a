"""Snapshots: the grid, its feeders and its devices as they are shown."""

from collections.abc import Mapping
from typing import Any

from ..device.state import DeviceState
from ..model.request import CurtailmentRequest
from ..model.supply import Supply
from ..model.world import NOMINAL_V, BatteryConfig, Cause, ChargerConfig, PhaseTriple, SolarConfig
from ..network.feeder_watch import FeederWatch
from ..network.supply import SupplyWatch
from .parts import EngineParts
from .status import IDLE, DeviceStatus, FeederState, FeederStatus, GridStatus, MarketAccount, SupplyStatus

_WS_PER_WH = 3600
#: A limit that was set for the capacity's sake is protection only while a phase is this close to it.
_NEAR_CAPACITY = 0.9
#: Chargers that round what they are told show less by so much, A.
_ROUNDED_A = 1.0


def grid_status(parts: EngineParts, now: float) -> GridStatus:
    """Return a snapshot; also before the first step."""
    requests = parts.lifecycle.open()
    balancing = {request.feeder_id for request in requests}
    protecting = {
        number
        for device in parts.devices.values()
        if device.lease is not None and device.lease.cause is Cause.PROTECTION
        for number in parts.topology.path(device.config.feeder_id)
    }
    return GridStatus(
        at=now,
        feeders={
            feeder.config.feeder_id: feeder_status(
                feeder,
                now,
                balancing=feeder.config.feeder_id in balancing,
                protecting=number in protecting,
                awaited=feeder.awaited(now),
            )
            for number, feeder in enumerate(parts.feeders)
        },
        devices={
            device_id: device_status(device, parts.lifecycle.requests, parts.planned.get(device_id))
            for device_id, device in parts.devices.items()
        },
        open_requests=tuple(request.request_id for request in requests),
        reward_rate_i_per_kwh=parts.market.rate(parts.feeder(None)),
        plan=parts.planning.status(now) if parts.config.planning else None,
        supply=None if parts.supply is None else supply_status(parts, parts.supply),
    )


def supply_status(parts: EngineParts, supply: SupplyWatch) -> SupplyStatus:
    """Return what feeds the island, as it is shown."""
    return SupplyStatus(
        supply=supply.state,
        since=supply.since,
        lost_at=supply.lost_at,
        lasts_until=parts.outage_lasts_until if supply.state is Supply.ISLAND else None,
        kept_off={device_id: frozenset(loads) for device_id, loads in parts.outage_off.items()},
    )


def market_account(parts: EngineParts, now: float) -> MarketAccount:
    """Return what the rewards of this day have cost, and who earned them lately."""
    lifecycle = parts.lifecycle
    return MarketAccount(
        spent_today_i=lifecycle.budget.spent_i,
        set_aside_i=lifecycle.budget.aside_i(lifecycle.requests),
        left_today_i=lifecycle.budget.left_today_i(lifecycle.requests),
        debts_i={
            device_id: round(lifecycle.debts.of(device_id, now))
            for device_id, device in parts.devices.items()
            if not isinstance(device.config, SolarConfig)
        },
    )


def _envelope(feeder: FeederWatch, now: float) -> dict[str, Any]:
    """Return what a feeder's status says of its envelope."""
    envelope = feeder.linked.envelope
    if envelope is None:
        return {}
    return {
        "envelope_w": _watts(feeder.fuse_a),
        "envelope_until": envelope.until if now < envelope.until else None,
        "over_envelope_w": _watts(feeder.linked.over_a),
        "over_envelope_s": feeder.linked.over_s,
    }


def feeder_status(feeder: FeederWatch, now: float, *, balancing: bool, protecting: bool, awaited: bool) -> FeederStatus:
    """Return one feeder, as it is shown."""
    capacity_w = _watts(feeder.limit_a)
    threshold_w = _watts(feeder.threshold_a())
    temporary_until = None if feeder.temporary is None else feeder.temporary.until
    reading = feeder.reading
    if reading is None:
        return FeederStatus(
            feeder_id=feeder.config.feeder_id,
            load_w=None,
            total_w=None,
            capacity_w=capacity_w,
            threshold_w=threshold_w,
            headroom_w=None,
            utilisation=None,
            peak_w=feeder.peak_w,
            temporary_until=temporary_until,
            window_mean_w=None if feeder.peak is None else feeder.peak.mean_w(),
            window_projected_w=None if feeder.peak is None else feeder.peak.projected_w(),
            blind=True,
            fault=feeder.fault,
            awaited=awaited,
            report_s=feeder.reports.interval_s,
            held_back_wh=int(feeder.held_back.energy_wh),
            seldom_costs=feeder.held_back.costs,
            state=FeederState.BLIND,
            **_envelope(feeder, now),
        )
    load_w = reading.power_w
    allowed_w = capacity_w if feeder.granted_a is None else _watts(feeder.granted_a)
    over_capacity = any(load > limit for load, limit in zip(load_w, allowed_w, strict=True))
    utilisation = max((load / limit for load, limit in zip(load_w, capacity_w, strict=True) if limit > 0), default=0.0)
    if over_capacity or (protecting and utilisation >= _NEAR_CAPACITY):
        state = FeederState.PROTECTING
    elif balancing:
        state = FeederState.BALANCING
    elif feeder.over_since is not None:
        state = FeederState.CONSTRAINED
    else:
        state = FeederState.NORMAL
    return FeederStatus(
        feeder_id=feeder.config.feeder_id,
        load_w=load_w,
        total_w=reading.total_w,
        capacity_w=capacity_w,
        threshold_w=threshold_w,
        headroom_w=(capacity_w[0] - load_w[0], capacity_w[1] - load_w[1], capacity_w[2] - load_w[2]),
        utilisation=utilisation,
        peak_w=feeder.peak_w,
        temporary_until=temporary_until,
        window_mean_w=None if feeder.peak is None else feeder.peak.mean_w(),
        window_projected_w=None if feeder.peak is None else feeder.peak.projected_w(),
        allowed_w=None if feeder.granted_a is None else _watts(feeder.granted_a),
        blind=False,
        state=state,
        report_s=feeder.reports.interval_s,
        held_back_wh=int(feeder.held_back.energy_wh),
        seldom_costs=feeder.held_back.costs,
        not_asked=dict(feeder.not_asked),
        **_envelope(feeder, now),
    )


def device_status(
    device: DeviceState, requests: Mapping[str, CurtailmentRequest], planned_a: float | None = None
) -> DeviceStatus:
    """Return one device, as it is shown."""
    request = requests.get(device.request_id) if device.request_id is not None else None
    ask = None if request is None else request.asks.get(device.device_id)
    expected_departure_at = device.car.shown_departure_at()
    controlled = isinstance(device.config, (ChargerConfig, BatteryConfig))
    lease = device.lease
    return DeviceStatus(
        device_id=device.device_id,
        kind=device.config.kind,
        power_w=device.power_w,
        setpoint=device.setpoint if controlled else None,
        cause=None if lease is None else lease.cause,
        silent=device.silent,
        expires_at=None if lease is None else lease.expires_at,
        compliant=device.watch.compliant,
        phases=device.config.phases,
        phases_learned=device.phases.learned is not None,
        switched_to=device.change.in_use,
        min_current_a=getattr(device.config, "min_current_a", None),
        min_current_learned=device.minimum.confirmed,
        expected_departure_at=expected_departure_at,
        session_energy_wh=int(device.car.session_ws / _WS_PER_WH),
        curtailment=IDLE if ask is None else ask.state,
        request_id=None if ask is None else device.request_id,
        last_decision=device.last_decision,
        shed=frozenset(device.loads.shed.keys() | device.loads.protecting.keys()),
        delivered_wh=device.delivered_wh,
        earned_i=device.earned_i,
        planned_a=planned_a,
        fault=device.fault,
        report_s=device.reports.interval_s,
        held_back_wh=int(device.held_back.energy_wh),
        seldom_costs=device.held_back.costs,
        takes_at_most_a=device.shown.most_a,
        clamp_a=_clamp_a(device),
        session_at=device.car.session_at,
        connected=device.car.connected,
        mode=device.mode if isinstance(device.config, ChargerConfig) else None,
    )


def _clamp_a(device: DeviceState) -> float | None:
    """Return the limit that is set in a charger, A; None where it takes nearly all that it may be told."""
    config, clamp_a = device.config, device.shown.clamp_a
    clamps = isinstance(config, ChargerConfig) and clamp_a is not None and clamp_a < config.max_current_a - _ROUNDED_A
    return clamp_a if clamps else None


def _watts(amps: PhaseTriple) -> PhaseTriple:
    return (amps[0] * NOMINAL_V, amps[1] * NOMINAL_V, amps[2] * NOMINAL_V)

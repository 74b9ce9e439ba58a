"""What saying yes to a request would mean for a participant: what its device does, until when, and what that earns."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..device.state import DeviceState
from ..model.metered_series import WS_PER_WH, delivery
from ..model.request import Ask, CurtailmentRequest
from ..model.world import BatteryConfig, ChargerConfig
from .offers import battery_target, charger_target
from .policy import TIME_RESERVE
from .settlement import reward_i

_HOUR_S: Final = 3600.0


class Effect(StrEnum):
    """What the device does while it helps."""

    PAUSES = "pauses"
    CHARGES_SLOWER = "charges_slower"
    FEEDS_BACK = "feeds_back"
    SWITCHES_OFF = "switches_off"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What follows from a yes, as far as it is known before.

    Attributes:
        effect: See `Effect`.
        setpoint: What a charger (A per phase) or a battery (W) is told; None: a household, which is told nothing.
        power_w: How much less load that is, W.
        duration_s: For how long, s.
        ends_at: When it is over, grid time.
        ready_at: When a car would have what it wants, charging with its maximum from then on and with time in reserve;
            None: nobody knows.
        rate_i_per_kwh: The reward, i/kWh.
        earns_i: What it comes to if all of it is delivered, i.
    """

    effect: Effect
    setpoint: float | None
    power_w: int
    duration_s: int
    ends_at: float
    ready_at: float | None
    rate_i_per_kwh: int
    earns_i: int


def consequence_of(
    device: DeviceState, request: CurtailmentRequest, ask: Ask, now: float, *, need_wh: float | None
) -> Consequence:
    """Return what a yes would mean now.

    `need_wh`: energy that a car is paid for not drawing, see `Habits.payable_wh`; None: no such bound.
    """
    ends_at = request.ends_at - request.ahead_s
    duration_s = max(0, math.floor(ends_at - max(now, request.starts_at - request.ahead_s)))
    asked_w, baseline_w = math.floor(ask.quantity_w), ask.paid_baseline_w
    promised = delivery(
        readings=[[0, baseline_w - asked_w]] if duration_s else [],
        quantities=[[0, asked_w]],
        duration_s=duration_s,
        baseline_w=baseline_w,
        need_wh=None if need_wh is None else math.floor(need_wh),
    )
    effect, setpoint = _effect(device, ask)
    return Consequence(
        effect=effect,
        setpoint=setpoint,
        power_w=asked_w,
        duration_s=duration_s,
        ends_at=ends_at,
        ready_at=_ready_at(device, setpoint, ends_at, duration_s),
        rate_i_per_kwh=ask.rate,
        earns_i=reward_i(promised.delivered_ws // WS_PER_WH, ask.rate),
    )


def _effect(device: DeviceState, ask: Ask) -> tuple[Effect, float | None]:
    config = device.config
    if ask.quantity_w <= 0:
        return Effect.NOTHING, None
    if isinstance(config, ChargerConfig):
        setpoint = charger_target(config, ask)
    elif isinstance(config, BatteryConfig):
        setpoint = battery_target(config, ask)
    else:
        return Effect.SWITCHES_OFF, None
    if setpoint < 0:
        return Effect.FEEDS_BACK, setpoint
    return (Effect.CHARGES_SLOWER if setpoint > 0 else Effect.PAUSES), setpoint


def _ready_at(device: DeviceState, amps: float | None, ends_at: float, duration_s: int) -> float | None:
    config, need_wh = device.config, device.need_wh()
    if not isinstance(config, ChargerConfig) or amps is None or need_wh is None:
        return None
    missing_wh = max(0.0, need_wh - amps * config.watts_per_amp * duration_s / _HOUR_S)
    return ends_at + missing_wh / (config.max_current_a * config.watts_per_amp) * _HOUR_S * TIME_RESERVE

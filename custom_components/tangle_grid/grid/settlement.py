"""What a part of a request has delivered, and what it earns: measured energy only, in integers."""

from typing import Any, Final

from .curtailment import WH_PER_WS, Ask, CurtailmentRequest
from .events import Settlement

RECEIPT_VERSION: Final = 1
_WH_PER_KWH: Final = 1000


def integrate(ask: Ask, measured_w: float, elapsed_s: float) -> None:
    """Add an interval in which the device drew `measured_w`.

    Delivered is what it drew less than its baseline, never more than it was asked for. A car's baseline ends when it
    would have been full.
    """
    if elapsed_s <= 0:
        return
    baseline_w = ask.baseline_w
    if ask.need_wh is not None and baseline_w > 0 and ask.baseline_ws * WH_PER_WS >= ask.need_wh:
        baseline_w = 0.0
    ask.baseline_ws += baseline_w * elapsed_s
    ask.measured_ws += measured_w * elapsed_s
    ask.delivered_ws += min(max(0.0, baseline_w - measured_w), ask.quantity_w) * elapsed_s


def reward_i(energy_wh: int, rate_i_per_kwh: int) -> int:
    """Reward for an energy, i; fractions of an iota are not paid."""
    return energy_wh * rate_i_per_kwh // _WH_PER_KWH


def settle(ask: Ask) -> None:
    """Fix energy and amount of a part that has ended. Payment is due only for an amount above 0."""
    ask.energy_wh = int(ask.delivered_ws * WH_PER_WS)
    ask.baseline_wh = int(ask.baseline_ws * WH_PER_WS)
    ask.measured_wh = int(ask.measured_ws * WH_PER_WS)
    ask.amount_i = reward_i(ask.energy_wh, ask.rate)


def settlement_of(request: CurtailmentRequest, ask: Ask) -> Settlement:
    """The reward to pay for a settled part, always the same for the same part."""
    return Settlement(
        request_id=request.request_id,
        device_id=ask.device_id,
        payment_id=f"{request.request_id}:{ask.device_id}",
        energy_wh=ask.energy_wh,
        baseline_wh=ask.baseline_wh,
        measured_wh=ask.measured_wh,
        rate_i_per_kwh=ask.rate,
        amount_i=ask.amount_i,
        receipt=_receipt(request, ask),
    )


def _receipt(request: CurtailmentRequest, ask: Ask) -> dict[str, Any]:
    return {
        "version": RECEIPT_VERSION,
        "request_id": request.request_id,
        "device_id": ask.device_id,
        "feeder_id": request.feeder_id,
        "active_at": ask.active_at,
        "ended_at": ask.ended_at,
        "quantity_w": round(ask.quantity_w),
        "baseline_w": round(ask.baseline_w),
        "baseline_method": "recent_mean",
        "baseline_wh": ask.baseline_wh,
        "measured_wh": ask.measured_wh,
        "energy_wh": ask.energy_wh,
        "rate_i_per_kwh": ask.rate,
        "amount_i": ask.amount_i,
    }

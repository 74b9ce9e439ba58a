"""What a part of a request has delivered, and what it earns: measured energy only, in whole numbers.

The arithmetic, so that anybody can repeat it from a receipt alone (version 2). All values are integers, `//` rounds
down, and nothing else enters:

- `duration_s`: the part's measured time in whole seconds, from its start (offset 0).
- `readings`: `[[offset_s, w], ...]`, offsets strictly rising from 0. From each offset to the next one, and from the
  last one to `duration_s`, the device drew `w` watts on average; negative fed back, `null` was not measured. An empty
  list goes with a `duration_s` of 0.
- `quantities`: `[[offset_s, w], ...]`, the same for what was asked for: a part may be asked for more, or for less,
  while it is active. `quantity_w` repeats the last of them, for people.
- `baseline_w`: what the device would have drawn, one value for the whole part; negative when it would have fed back.
- `need_wh`: energy after which a car would have been full, or `null` where there is no such end.

For each second s from 0 to `duration_s` - 1, in order, with w and q the reading and the quantity in force at s:

1. If w is `null`: nothing, neither delivered nor drawn nor counted against the need.
2. b = `baseline_w`. With a need and b > 0: if what is left of `need_wh` * 3600 is at least b, it falls by b;
   otherwise b = 0 (the car would have been full).
3. delivered += min(max(0, b - w), q); baseline += b; measured += w. All in W·s.

`energy_wh` = delivered // 3600, `baseline_wh` = baseline // 3600, `measured_wh` = measured // 3600 and
`amount_i` = energy_wh * rate_i_per_kwh // 1000. Once the need is used up it stays so: what is left is less than b.

Seconds with the same values need not be walked one by one: with n = min(length, left // b) of them at b and the rest
at 0 the result is the same. That is how `readings.delivery` does it.
"""

from typing import Any, Final

from ..model.events import Settlement
from ..model.metered_series import WS_PER_WH, Delivery
from ..model.request import Ask, CurtailmentRequest, RequestState

RECEIPT_VERSION: Final = 2
#: A part that was settled before receipts carried readings, and is still to be paid.
_WITHOUT_READINGS: Final = 1
_WH_PER_KWH: Final = 1000


def reward_i(energy_wh: int, rate_i_per_kwh: int) -> int:
    """Return reward for an energy, i; fractions of an iota are not paid."""
    return energy_wh * rate_i_per_kwh // _WH_PER_KWH


def settle(ask: Ask) -> None:
    """Fix energy and amount of a part that has ended. Payment is due only for an amount above 0."""
    ask.series.finish()
    for name, value in energies(ask.delivery(), ask.rate).items():
        setattr(ask, name, value)


def energies(total: Delivery, rate_i_per_kwh: int) -> dict[str, int]:
    """Return what a part's evidence comes to: `energy_wh`, `baseline_wh`, `measured_wh`, `amount_i`."""
    energy_wh = total.delivered_ws // WS_PER_WH
    return {
        "energy_wh": energy_wh,
        "baseline_wh": total.baseline_ws // WS_PER_WH,
        "measured_wh": total.measured_ws // WS_PER_WH,
        "amount_i": reward_i(energy_wh, rate_i_per_kwh),
    }


def progress(ask: Ask) -> tuple[int, int]:
    """Return what a part has delivered (Wh) and earned (i) so far, up to the last closed slot while it is active."""
    if ask.state is not RequestState.ACTIVE:
        return ask.energy_wh, ask.amount_i
    so_far = energies(ask.delivery(), ask.rate)
    return so_far["energy_wh"], so_far["amount_i"]


def settlement_of(request: CurtailmentRequest, ask: Ask) -> Settlement:
    """Return the reward to pay for a settled part, always the same for the same part."""
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
        "version": RECEIPT_VERSION if ask.series.done_s or not ask.energy_wh else _WITHOUT_READINGS,
        "request_id": request.request_id,
        "device_id": ask.device_id,
        "feeder_id": request.feeder_id,
        "active_at": ask.active_at,
        "ended_at": ask.ended_at,
        "duration_s": ask.series.done_s,
        "quantity_w": ask.quantities[-1][1] if ask.quantities else 0,
        "quantities": [list(step) for step in ask.quantities],
        "baseline_method": ask.baseline_method,
        "baseline_w": ask.paid_baseline_w,
        "need_wh": ask.paid_need_wh,
        "readings": [list(reading) for reading in ask.series.readings],
        "baseline_wh": ask.baseline_wh,
        "measured_wh": ask.measured_wh,
        "energy_wh": ask.energy_wh,
        "rate_i_per_kwh": ask.rate,
        "amount_i": ask.amount_i,
    }

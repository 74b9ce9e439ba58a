"""What the island writes on the Tangle: the grid's events and readings as messages. Pure functions."""

from collections.abc import Mapping
from typing import Any

from ..const import MAIN_FEEDER
from ..grid.engine.status import GridStatus
from ..grid.model.events import Answered, Asked, GridEvent, Settlement
from ..grid.model.request import CurtailmentRequest
from ..protocol import Answer, Body, CurtailmentAsk, MeterReading, SettlementReceipt, to_body

type Message = tuple[str, dict[str, Any]]


def _message(body: Body) -> Message:
    return body.kind, to_body(body)


def speaker(kind: str, body: Mapping[str, Any]) -> str | None:
    """Return the participant whose word a message is: it signs its answers. None is the island itself."""
    return str(body["participant"]) if kind == Answer.kind else None


def meter_message(status: GridStatus) -> Message | None:
    """Return the newest meter reading; None while the meter cannot be trusted, for nothing is ever made up."""
    feeder = status.feeders[MAIN_FEEDER]
    if feeder.load_w is None:
        return None
    return _message(
        MeterReading(
            feeder_id=feeder.feeder_id,
            measured_at=round(status.at, 1),
            power_w=tuple(round(power) for power in feeder.load_w),
            capacity_w=round(sum(feeder.capacity_w)),
            threshold_w=round(sum(feeder.threshold_w)),
        )
    )


def event_message(event: GridEvent, requests: Mapping[str, CurtailmentRequest]) -> Message | None:
    """Return the message of an event, for those events that others must be able to check."""
    match event:
        case Asked(request_id=request_id, device_id=device_id) if request_id in requests:
            request = requests[request_id]
            ask = request.asks[device_id]
            return _message(
                CurtailmentAsk(
                    request_id=request_id,
                    participant=device_id,
                    power_w=round(ask.quantity_w),
                    rate_i_per_kwh=ask.rate,
                    answer_by=round(request.answer_by, 1),
                    starts_at=round(request.starts_at, 1),
                    ends_at=round(request.ends_at, 1),
                )
            )
        case Answered(request_id=request_id, device_id=device_id, decision=decision):
            return _message(
                Answer(
                    request_id=request_id,
                    participant=device_id,
                    accepted=decision.accepted,
                    power_w=round(decision.power_w),
                    # Nobody needs more to check a reward: how full a car is and when it leaves stay in this house.
                    reason={"key": decision.reason.key},
                )
            )
        case Settlement():
            return _message(
                SettlementReceipt(
                    request_id=event.request_id,
                    participant=event.device_id,
                    payment_id=event.payment_id,
                    baseline_wh=event.baseline_wh,
                    measured_wh=event.measured_wh,
                    energy_wh=event.energy_wh,
                    rate_i_per_kwh=event.rate_i_per_kwh,
                    amount_i=event.amount_i,
                    evidence=dict(event.receipt),
                )
            )
        case _:
            return None


def owed_by(body: Mapping[str, Any]) -> Settlement | None:
    """Return the reward that a settlement promised; None where it is none of this grid's making."""
    try:
        receipt = SettlementReceipt(**body)
    except TypeError:
        return None
    if receipt.payment_id != f"{receipt.request_id}:{receipt.participant}" or receipt.amount_i <= 0:
        return None
    return Settlement(
        request_id=receipt.request_id,
        device_id=receipt.participant,
        payment_id=receipt.payment_id,
        energy_wh=receipt.energy_wh,
        baseline_wh=round(receipt.baseline_wh),
        measured_wh=round(receipt.measured_wh),
        rate_i_per_kwh=receipt.rate_i_per_kwh,
        amount_i=receipt.amount_i,
        receipt=receipt.evidence,
    )

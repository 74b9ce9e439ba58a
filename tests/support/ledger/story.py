"""A request from its question to its receipt, as it stands on a Tangle."""

from typing import Any

from custom_components.tangle_grid.ledger import TREASURY, Ledger, PaymentOrder, Verification
from custom_components.tangle_grid.protocol import (
    Answer,
    CurtailmentAsk,
    SettlementReceipt,
    to_body,
)

PAYMENT = "r1:car"


EVIDENCE: dict[str, Any] = {
    "version": 2,
    "active_at": 100.0,
    "ended_at": 1_000.0,
    "duration_s": 900,
    "readings": [[0, 11_000], [15, 6_900]],
    "quantities": [[0, 4_140]],
    "quantity_w": 4_140,
    "baseline_w": 11_040,
    "need_wh": None,
    "rate_i_per_kwh": 1_000_000,
}


ASK = CurtailmentAsk(
    request_id="r1",
    participant="car",
    power_w=4_140,
    rate_i_per_kwh=1_000_000,
    answer_by=160.0,
    starts_at=90.0,
    ends_at=1_000.0,
)


ANSWER = Answer(request_id="r1", participant="car", accepted=True, power_w=4_140, reason={"key": "x"})


SETTLEMENT = SettlementReceipt(
    request_id="r1",
    participant="car",
    payment_id=PAYMENT,
    baseline_wh=2_760,
    measured_wh=1_742,
    energy_wh=1_017,
    rate_i_per_kwh=1_000_000,
    amount_i=1_017_000,
    evidence=EVIDENCE,
)


type Body = CurtailmentAsk | Answer | SettlementReceipt


async def tell(ledger: Ledger, *bodies: Body, **changed: Any) -> None:
    """Publish, each under the key of whose word it is."""
    for body in bodies:
        said = {**to_body(body), **changed}
        await ledger.publish(body.kind, said, sender=said["participant"] if isinstance(body, Answer) else None)


async def reward(ledger: Ledger, amount_i: int = 1_017_000, payment_id: str = PAYMENT) -> None:
    await ledger.pay(PaymentOrder(payment_id=payment_id, source=TREASURY, target="car", amount_i=amount_i))
    assert await ledger.drain(20)


async def whole_story(ledger: Ledger, amount_i: int = 1_017_000) -> None:
    await tell(ledger, ASK, ANSWER, SETTLEMENT)
    assert await ledger.drain(20)
    await reward(ledger, amount_i)


def failed(found: Verification) -> set[str]:
    return {check.key for check in found.failed}

"""Rows of the outbox as what they mean: payments and transfers."""

from dataclasses import dataclass
from typing import Any, Final

from ..base.model import Payment, PaymentState
from ..base.stored_values import (
    StrangeError,
    amount,
    from_json,
    hash_of,
    number,
    perhaps,
    text,
    time,
    trytes_of,
    understood,
    unpacked,
)
from ..pyota.library import BundlePlan, PreparedBundle
from ..store.database import Row
from ..trinary import has_valid_checksum, is_trytes

_ADDRESS_TRYTES: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A bundle on its way."""

    id: int
    source: str
    state: str
    plan: BundlePlan
    prepared: PreparedBundle | None
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPayment:
    """A payment that is not over. It is to be sent `alone` after a bundle that it shared with others came to nothing.

    `attempts` are those that came to nothing, and `last_error` says how the last of them did.
    """

    payment: Payment
    alone: bool
    transfer: int | None
    attempts: int
    last_error: str | None


@understood("a payment")
def payment_of(row: Row) -> Payment:
    """Return a payment."""
    memo = from_json(row[4])
    target = text(row[2])
    # An address elsewhere has a checksum: nothing is ever paid to one in which a bit has changed.
    if not isinstance(memo, dict) or (is_trytes(target, _ADDRESS_TRYTES) and not has_valid_checksum(target)):
        raise StrangeError("memo or target")
    return Payment(
        payment_id=text(row[0]),
        source=text(row[1]),
        target=target,
        amount_i=amount(row[3]),
        memo=memo,
        state=PaymentState(row[5]),
        bundle=perhaps(hash_of, row[6]),
        tail=perhaps(hash_of, row[7]),
        error=perhaps(text, row[8]),
        created_at=time(row[9]),
        sent_at=perhaps(time, row[10]),
        confirmed_at=perhaps(time, row[11]),
        tangle=perhaps(text, row[12]),
    )


@understood("a transfer")
def transfer_of(row: Row) -> Transfer:
    """Return a transfer on its way."""
    return Transfer(
        id=number(row[0]),
        source=text(row[1]),
        state=text(row[2]),
        plan=BundlePlan.from_text(row[3]),
        prepared=None if row[5] is None else _prepared(row[4], row[5]),
        refused=number(row[6]),
    )


def _prepared(bundle: Any, data: Any) -> PreparedBundle:
    return PreparedBundle(bundle=hash_of(bundle), trytes=tuple(map(trytes_of, unpacked(data).split("\n"))))


@understood("a payment")
def open_payment_of(row: Row) -> OpenPayment:
    """Return a payment that is not over."""
    alone, transfer, refused, last_error = row[-4:]
    # The bundle that it shared with others counts, and is told as long as nothing newer is.
    return OpenPayment(
        payment=payment_of(row),
        alone=bool(alone),
        transfer=transfer,
        attempts=(refused or 0) + alone,
        last_error=last_error or row[8],
    )

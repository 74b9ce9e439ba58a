"""What a saga of the economy wants done: to move tokens, and to write a line into the books.

A step gives its effects as values. Whoever runs it stores the new state and the effects together before anything is
paid, and hands the transfers over again until the ledger has taken them: a transfer is one payment, however often.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


class Kind(StrEnum):
    """What a line of the books is about."""

    CHARGING = "charging"
    FEED_IN = "feed_in"
    FEE = "fee"
    PARKING = "parking"
    TOLL = "toll"
    DATA = "data"
    REWARD = "reward"
    REFUND = "refund"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Pay `amount_i` iota (at least 1) from one participant's wallet to another's.

    `payment_id` names the payment for ever: the same id again is the same payment, so the other fields of a transfer
    may never change once it was given. `memo` is written, signed, beside the payment on the Tangle, for everybody:
    nothing in it may tell who somebody is or where they were.
    """

    payment_id: str
    source: str
    target: str
    amount_i: int
    memo: Mapping[str, Any] = field(default=_EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEntry:
    """A line in the books of one participant; the other side has a line of its own.

    Attributes:
        entry_id: Names the line for ever: the same id again is the same line.
        participant: Whose books.
        at: When, epoch seconds.
        kind: What it is about.
        reference: The session, passage, report or request that it belongs to.
        amount_i: Iota that came in; negative is what went out. Zero where only energy moved.
        wh_in: Energy that the participant took, Wh, at least 0.
        wh_out: Energy that the participant gave, Wh, at least 0.
        counterparty: The other side: a participant, or None where it has no wallet here.
        payment_id: The transfer that moved the amount, or None where none was needed.
        details: What a statement or a receipt shows beside it; JSON, stays on this machine.
        rate: What tokens were worth then, iota of a unit of the currency; None where nobody said so.
    """

    entry_id: str
    participant: str
    at: float
    kind: Kind
    reference: str
    amount_i: int = 0
    wh_in: int = 0
    wh_out: int = 0
    counterparty: str | None = None
    payment_id: str | None = None
    details: Mapping[str, Any] = field(default=_EMPTY)
    rate: Fraction | None = None


type Effect = Transfer | BookEntry

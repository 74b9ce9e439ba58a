"""What the ledger takes and gives: orders, payments, wallets, messages, events. Amounts are integer iota."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

TREASURY: Final = "treasury"
"""The wallet that holds the supply at genesis and pays the rewards."""

SUPPLY: Final = 2_779_530_283_277_761
"""All the iota there are: (3**33 - 1) / 2."""

_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


class PaymentState(StrEnum):
    """Where a payment stands. It only ever moves to the right; failed is final, and nothing was paid."""

    QUEUED = "queued"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrder:
    """Pay ``amount_i`` from a wallet to another wallet, or to an address (90 trytes, with checksum).

    ``payment_id`` makes the order idempotent: the same order again is the same payment. ``memo`` is JSON and is
    written, signed, on the Tangle beside the payment.
    """

    payment_id: str
    source: str
    target: str
    amount_i: int
    memo: Mapping[str, Any] = field(default=_EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """An accepted order and what became of it. ``tail`` is the hash that ``Ledger.transaction`` looks up."""

    payment_id: str
    source: str
    target: str
    amount_i: int
    memo: Mapping[str, Any] = field(default=_EMPTY)
    state: PaymentState
    bundle: str | None = None
    tail: str | None = None
    error: str | None = None
    created_at: float
    confirmed_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletState:
    """A wallet as its owner sees it.

    ``balance_i`` is confirmed, ``available_i`` is what a new payment may spend (confirmed less everything queued),
    ``incoming_i`` and ``outgoing_i`` are on their way, ``earned_i`` and ``spent_i`` are totals of confirmed payments.
    ``address`` receives: 90 trytes with checksum, a new one after every spend.
    """

    wallet_id: str
    balance_i: int
    available_i: int
    incoming_i: int
    outgoing_i: int
    earned_i: int
    spent_i: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TangleMessage:
    """A message as it was read back from the Tangle. ``rejection`` says why ``verified`` is false."""

    message_id: str
    kind: str
    body: Mapping[str, Any]
    sender: str
    sequence: int
    issued_at: float
    tail: str
    confirmed: bool
    verified: bool
    rejection: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionInfo:
    """A transaction as it stands on the Tangle. ``conflict`` says why it was seen by a milestone but not booked."""

    hash: str
    bundle: str
    address: str
    value: int
    tag: str
    timestamp: float
    confirmed: bool
    milestone: int | None
    conflict: str | None = None
    message: TangleMessage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStatus:
    """The ledger's health. ``queued`` counts payments and messages that have not reached the Tangle."""

    reachable: bool
    queued: int
    transactions: int
    milestone: int
    supply_ok: bool
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentChanged:
    """A payment was queued, sent, confirmed, or failed."""

    payment: Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancesChanged:
    """Confirmed balances moved. ``wallets`` holds every wallet, by id."""

    wallets: Mapping[str, WalletState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A message reached the Tangle. ``tail`` is the hash of its first transaction."""

    message_id: str
    kind: str
    tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChanged:
    """The ledger became usable or unusable, or its last error changed."""

    status: LedgerStatus


type LedgerEvent = PaymentChanged | BalancesChanged | Published | HealthChanged

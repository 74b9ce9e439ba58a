"""What the ledger takes and gives: orders, payments, wallets, messages, events. Amounts are integer iota."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from .errors import LedgerFault

TREASURY: Final = "treasury"
"""The wallet that holds the supply at genesis and pays the rewards."""

SUPPLY: Final = 2_779_530_283_277_761
"""All the iota there are: (3**33 - 1) / 2."""

_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


class PaymentState(StrEnum):
    """Where a payment stands. It moves to the right only; failed is final, and nothing was paid.

    A Tangle that was set back to an earlier moment takes its payments back with it: they are made again.
    """

    QUEUED = "queued"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrder:
    """Pay `amount_i` from a wallet to another wallet, or to an address (90 trytes, with checksum).

    `payment_id` makes the order idempotent: the same order again is the same payment. `memo` is JSON and is
    written, signed, on the Tangle beside the payment.
    """

    payment_id: str
    source: str
    target: str
    amount_i: int
    memo: Mapping[str, Any] = field(default=_EMPTY)


RECEIPTS: Final = "receipts"
"""What a memo has where the payment tells of a person: commitments to what it was for."""


def is_personal(memo: Mapping[str, Any]) -> bool:
    """Tell whether a payment with this memo tells where somebody was, by whom it pays: nobody else may read that."""
    return RECEIPTS in memo


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """An accepted order and what became of it. `tail` is the hash that `Ledger.transaction` looks up.

    `tangle` names the Tangle that it was signed for: another one than now, where the back end was changed since.
    """

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
    sent_at: float | None = None
    confirmed_at: float | None = None
    tangle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedPayment:
    """A payment that is neither confirmed nor failed, and what keeps it.

    `position` counts from 1 in the order of the orders; those of one wallet are paid in this order. `attempts` are
    those that failed so far, `last_error` says how the last of them did, and `next_try_at` (epoch seconds) is when
    the next one comes; None when nothing but its turn, or its confirmation, is waited for.
    """

    position: int
    payment: Payment
    attempts: int = 0
    next_try_at: float | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingLimits:
    """The most iota that a wallet pays in one payment, and within any 24 hours. None is no limit; 0 stops it."""

    per_payment_i: int | None = None
    per_day_i: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerAddress:
    """Where a wallet's owner keeps the rest: an address (90 trytes) whose key is not here.

    Once the wallet has more than `sweep_above_i` to spend, all but `keep_i` goes there by itself; None is never.
    `problem` is the key of the error that the last try by itself ended with.
    """

    address: str
    sweep_above_i: int | None = None
    keep_i: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRules:
    """What an owner decided for a wallet, and the iota that its limit per day still lets it spend (None: no limit)."""

    limits: SpendingLimits
    allowance_i: int | None
    owner: OwnerAddress | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletState:
    """A wallet as its owner sees it.

    `balance_i` is confirmed, `available_i` is what a new payment may spend (confirmed less everything queued),
    `incoming_i` and `outgoing_i` are on their way, `earned_i` and `spent_i` are totals of confirmed payments.
    `address` receives: 90 trytes with checksum, a new one after every spend.
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
    """A message as it was read back from the Tangle. `rejection` says why `verified` is false.

    `participant` is whose key signed it; None is the island's own, or nobody's. `sealed` tells that others cannot
    read its body on the Tangle; here it is what it says, as far as a key opens it.
    """

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
    participant: str | None = None
    sealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionInfo:
    """A transaction as it stands on the Tangle. `conflict` says why it was seen by a milestone but not booked."""

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
class TangleNode:
    """A bundle in the graph of the Tangle: one that carries a message, or one that stands between two of these.

    `tail` and the two that it approves are hashes (81 trytes); `value` is what it moves, i; `attached_at` is epoch
    seconds. `kind` is that of its message, None where its tag names none.
    """

    tail: str
    approves: tuple[str, str]
    kind: str | None
    value: int
    attached_at: float
    confirmed: bool


class Mishap(StrEnum):
    """What had happened to the files."""

    WALLETS_OLDER = "wallets_older"
    """The wallets' file was set back: payments were found on the Tangle that it did not know."""
    TANGLE_OLDER = "tangle_older"
    """The Tangle was set back: payments that it had lost were made again, as they were signed."""
    WALLETS_REBUILT = "wallets_rebuilt"
    """The wallets' file was damaged or gone: another one was made from the seeds and the Tangle."""
    TANGLE_REBUILT = "tangle_rebuilt"
    """The Tangle's file was damaged or gone: another one was begun with what everybody had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """`found` payments became known from the Tangle, `again` bundles are sent again, `anew` payments wait anew.

    `aside` are the names that damaged files have now; `at` is the time of the opening, epoch seconds.
    """

    mishaps: tuple[Mishap, ...]
    at: float
    found: int = 0
    again: int = 0
    anew: int = 0
    aside: tuple[str, ...] = ()

    def joined(self, later: Findings) -> Findings:
        """Return both together, for somebody who has read neither."""
        return replace(
            later,
            mishaps=tuple(dict.fromkeys((*self.mishaps, *later.mishaps))),
            found=self.found + later.found,
            again=self.again + later.again,
            anew=self.anew + later.anew,
            aside=(*self.aside, *later.aside),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStatus:
    """The ledger's health. `queued` counts payments and messages that have not reached the Tangle.

    `queued_messages` are the messages among them.
    `confirm_s` is how long the last payments took from the order to the confirmed balance: the median of up to 50.
    `backend` is `embedded` or `remote`. `reachable` tells whether it works; when it does not, `fault` says
    why, as far as somebody can do something about it, and `last_error` says it in words. `synced` is false while
    a remote node does not know all of its Tangle yet. `transactions` and `supply_ok` are None where a remote node
    keeps that to itself. `findings` tell what was put right when the files were opened, until somebody has read it.
    """

    reachable: bool
    queued: int
    transactions: int | None
    milestone: int
    supply_ok: bool | None
    last_error: str | None = None
    confirm_s: float | None = None
    backend: str = "embedded"
    synced: bool = True
    fault: LedgerFault | None = None
    queued_messages: int = 0
    findings: Findings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentChanged:
    """A payment was queued, sent, confirmed, or failed."""

    payment: Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancesChanged:
    """Confirmed balances moved. `wallets` holds every wallet, by id."""

    wallets: Mapping[str, WalletState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A message reached the Tangle. `tail` is the hash of its first transaction."""

    message_id: str
    kind: str
    tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChanged:
    """The ledger became usable or unusable, or its last error changed."""

    status: LedgerStatus


type LedgerEvent = PaymentChanged | BalancesChanged | Published | HealthChanged

"""Does a reward stand up? Everything is recomputed from what stands on the Tangle, and nothing else is believed.

A reward is a chain of four signed messages: the request with its rate, the answer, the settlement with the readings,
and the payment, which is part of the bundle that moves the tokens. The answer is signed by the participant, all else by
the island, which announced the participant's key on the Tangle. An answer names the hash of the request, and a
settlement that of the answer. The keys in what follows are the checks' names.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ...protocol import (
    Answer,
    CurtailmentAsk,
    Envelope,
    KeyNotice,
    KeyRegistry,
    ProtocolError,
    Recomputed,
    SettlementReceipt,
    contradictions,
    is_sealed,
    read_body,
    recompute,
    to_body,
    why_rejected,
)
from ..base.errors import LedgerError
from ..messages.archive import ArchiveError, TangleArchive
from ..messages.chronicle import PAYMENT_KIND, Opens, text_of
from ..node import Transaction
from ..node.bundle import find_fault
from ..trinary import HASH_TRYTES, TrytesError, is_trytes

_ROUNDING_S: Final = 1.0
_ROUNDING_W: Final = 1.0
_BEFORE_S: Final = 86_400.0
"""How long before its settlement a payment could have been made: messages wait while a ledger cannot be reached."""


_MEMO_REQUEST: Final = "request"

type _Part = Answer | CurtailmentAsk | SettlementReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must be true. `placeholders` fill a sentence about it."""

    key: str
    ok: bool
    placeholders: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedText:
    """A message that a reward stands on, as it stands on the Tangle, for whoever wants to check it by other means.

    `transaction` is its bundle's tail, `text` the envelope with its signature. `body` is what a sealed one says.
    """

    kind: str
    transaction: str
    text: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came out: `ok` when every check holds. `recomputed` is what the readings come to, if they can be read.

    `address` (81 trytes) received `amount_i`; both are as they stand in the bundle, not as somebody says.
    `messages` are those that it stands on: payment, settlement, answer, request, and the answering key's notice.
    """

    payment_id: str
    request_id: str | None
    participant: str | None
    transaction: str
    bundle: str
    address: str | None
    amount_i: int | None
    island: str
    public_key: str
    recomputed: Recomputed | None
    checks: tuple[Check, ...]
    messages: tuple[SignedText, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every check holds."""
        return all(check.ok for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.ok)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMessage:
    """A message on the Tangle. `body` is what it says, opened if it was sealed; nothing if no key opens it."""

    tail: str
    envelope: Envelope
    body: Mapping[str, Any]
    bundle: tuple[Transaction, ...]

    @property
    def is_shut(self) -> bool:
        """Whether it says something that cannot be read."""
        return is_sealed(self.envelope.body) and not self.body


def _no_keys(_body: Mapping[str, Any]) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A payment as its bundle says it, and the transaction that credits it."""

    message: FoundMessage
    payment_id: str
    said: Mapping[str, Any]
    credit: Transaction | None


def found_message(archive: TangleArchive, tail: str, opens: Opens) -> FoundMessage | None:
    """Return the message of a bundle, by its tail; None where there is none. `opens` gives the keys if it is sealed."""
    bundle = archive.bundle(tail)
    try:
        envelope = Envelope.decode(text_of(bundle).encode()) if bundle else None
    except TrytesError, ProtocolError:
        return None
    if envelope is None:
        return None
    try:
        body = envelope.open(opens(envelope.body))
    except ProtocolError:
        body = {}
    return FoundMessage(tail=tail, envelope=envelope, body=body, bundle=tuple(bundle))


def payouts(message: FoundMessage) -> list[Payout]:
    """Return the payments that a message names, in the order of the bundle's outputs."""
    payments = message.body.get("payments")
    if not isinstance(payments, list):
        return []
    credits_ = [each for each in message.bundle if each.value > 0]
    return [
        Payout(
            message=message,
            payment_id=said["id"],
            said=said,
            credit=credits_[place] if place < len(credits_) else None,
        )
        for place, said in enumerate(payments)
        if isinstance(said, dict) and isinstance(said.get("id"), str)
    ]


class _Inquiry:
    """Reads one island's messages, and remembers what it saw of the senders' chains."""

    def __init__(self, archive: TangleArchive, island: str, public_key: str, opens: Opens) -> None:
        self.archive = archive
        self.island = island
        self.public_key = public_key
        self.registry = KeyRegistry(island, public_key)
        self.seen: dict[tuple[str, int], Envelope] = {}
        self.forked = False
        self._opens = opens
        self.notices = list(self.messages(KeyNotice.kind))
        self.registry = KeyRegistry.replay(island, public_key, [message.envelope for message in self.notices])

    def genuine(self, message: FoundMessage) -> bool:
        """Tell whether the island, or a member for itself, signed this, and note it."""
        envelope = message.envelope
        if self.registry.why_rejected(envelope) is not None:
            return False
        if not self.registry.speaks_for_itself(envelope, message.body):
            return False
        known = self.seen.setdefault((envelope.sender, envelope.sequence), envelope)
        self.forked = self.forked or known.digest() != envelope.digest()
        return True

    def messages(self, kind: str) -> Iterator[FoundMessage]:
        """Give the genuine messages of a kind, the newest first."""
        for tail in self.archive.newest(kind):
            message = found_message(self.archive, tail, self._opens)
            if message is not None and message.envelope.kind == kind and self.genuine(message):
                yield message

    def links(self) -> tuple[int, bool]:
        """Count the neighbours that were seen, and tell whether each names the hash of the one before."""
        pairs = [
            (self.seen[sender, at - 1], later)
            for (sender, at), later in self.seen.items()
            if (sender, at - 1) in self.seen
        ]
        return len(pairs), not self.forked and all(later.previous == earlier.digest() for earlier, later in pairs)


@dataclass(slots=True)
class _Search:
    """Looks for a payment, and notes whether there are messages that no key opens."""

    archive: TangleArchive
    opens: Opens
    shut: bool = False

    def _read(self, tail: str, island: str | None, public_key: str | None) -> FoundMessage | None:
        """Return a payment's message, if it is from whose word counts."""
        message = found_message(self.archive, tail, self.opens)
        if message is None or message.envelope.kind != PAYMENT_KIND:
            return None
        sender = message.envelope
        if why_rejected(sender, island or sender.island, frozenset({public_key or sender.sender})) is not None:
            return None
        self.shut |= message.is_shut
        return message

    def by_id(self, payment_id: str, island: str | None, public_key: str | None) -> Payout | None:
        """Look for the payment, the oldest confirmed one if there are several; a forgery does not count."""
        best: Payout | None = None
        for tail in self.archive.newest(PAYMENT_KIND):
            message = self._read(tail, island, public_key)
            for payout in payouts(message) if message is not None else ():
                if payout.payment_id == payment_id and (best is None or self.archive.is_confirmed(tail)):
                    best = payout
        return best

    def by_transaction(self, transaction_hash: str) -> Payout | None:
        """Return the payment that this transaction credits."""
        transaction = self.archive.transaction(transaction_hash)
        if transaction is None:
            return None
        tails = self.archive.copies(transaction.bundle) if transaction.index else [transaction_hash]
        for tail in tails:
            message = found_message(self.archive, tail, self.opens)
            if message is None or transaction_hash not in {each.hash for each in message.bundle}:
                continue
            self.shut |= message.is_shut
            paid = payouts(message)
            credited = [each for each in paid if each.credit is not None and each.credit.hash == transaction_hash]
            if credited or len(paid) == 1:
                return (credited or paid)[0]
        return None


def verify_payment(
    archive: TangleArchive,
    *,
    payment_id: str | None = None,
    transaction: str | None = None,
    island: str | None = None,
    public_key: str | None = None,
    opens: Opens = _no_keys,
) -> Verification:
    """Recompute a reward, named by its payment id or by the transaction (81 trytes) that credits it.

    `island` and `public_key` (64 hex digits) say whose word counts; without them it is the sender's, whoever that
    is, and the caller has to see to it that this is the right one. `opens` gives the keys for sealed bodies.

    Raises:
        LedgerError: unknown_transaction or unknown_payment: nothing there names it.
        ArchiveError: the Tangle cannot be read, or the messages on it, which are sealed.
    """
    search = _Search(archive, opens)
    if transaction is not None:
        payout = search.by_transaction(transaction) if is_trytes(transaction, HASH_TRYTES) else None
        unknown = LedgerError("unknown_transaction", {"transaction": str(transaction)[:100]})
    else:
        payout = search.by_id(str(payment_id), island, public_key)
        unknown = LedgerError("unknown_payment", {"payment_id": str(payment_id)[:255]})
    if payout is None:
        raise ArchiveError("the messages are sealed, and no key that was given opens them") if search.shut else unknown
    envelope = payout.message.envelope
    inquiry = _Inquiry(archive, island or envelope.island, public_key or envelope.sender, opens)
    return _Verifier(inquiry, payout).run()


class _Verifier:
    """Collects the checks of one payment."""

    def __init__(self, inquiry: _Inquiry, payout: Payout) -> None:
        self._inquiry = inquiry
        self._payout = payout
        self._checks: list[Check] = []
        self._messages = [payout.message]

    def _check(self, key: str, /, *, ok: bool, **placeholders: Any) -> None:
        self._checks.append(Check(key=key, ok=ok, placeholders=placeholders))

    def run(self) -> Verification:
        """Make all checks; those that need a message that is not there fail with it."""
        payout, credit = self._payout, self._payout.credit
        self._check("signature", ok=self._inquiry.genuine(payout.message), key=self._inquiry.public_key)
        settled = self._settlement()
        receipt = None if settled is None else settled[1]
        self._check("receipt", ok=receipt is not None, payment_id=payout.payment_id)
        recomputed = None
        if settled is not None:
            recomputed = self._check_receipt(*settled)
        self._check_bundle(receipt)
        self._check_once(settled[0].envelope if settled is not None else None)
        links, intact = self._inquiry.links()
        self._check("chain", ok=intact, links=links)
        return Verification(
            payment_id=payout.payment_id,
            request_id=None if receipt is None else receipt.request_id,
            participant=None if receipt is None else receipt.participant,
            transaction=payout.message.tail if credit is None else credit.hash,
            bundle=payout.message.bundle[0].bundle,
            address=None if credit is None else credit.address,
            amount_i=None if credit is None else credit.value,
            island=self._inquiry.island,
            public_key=self._inquiry.public_key,
            recomputed=recomputed,
            checks=tuple(self._checks),
            messages=tuple(map(_signed_text, self._messages)),
        )

    def _bodies[T](self, body_type: type[T], kind: str) -> Iterator[tuple[FoundMessage, T]]:
        for message in self._inquiry.messages(kind):
            try:
                body = read_body(kind, message.body)
            except ProtocolError:
                continue
            if isinstance(body, body_type):
                yield message, body

    def _settlement(self) -> tuple[FoundMessage, SettlementReceipt] | None:
        # Its number says nothing against the payment's: payments do not wait in the queue of messages.
        found = self._bodies(SettlementReceipt, SettlementReceipt.kind)
        return next((each for each in found if each[1].payment_id == self._payout.payment_id), None)

    def _check_receipt(self, settlement: FoundMessage, receipt: SettlementReceipt) -> Recomputed | None:
        answered = next(
            (
                each
                for each in self._bodies(Answer, Answer.kind)
                if _is_of(each[1], receipt) and each[1].accepted and _precedes(each[0], settlement)
            ),
            None,
        )
        later = settlement if answered is None else answered[0]
        asked = next(
            (
                each
                for each in self._bodies(CurtailmentAsk, CurtailmentAsk.kind)
                if _is_of(each[1], receipt) and _precedes(each[0], later)
            ),
            None,
        )
        self._messages += [settlement, *(each[0] for each in (answered, asked) if each is not None)]
        self._check("request", ok=asked is not None, request_id=receipt.request_id)
        self._check("answer", ok=asked is not None and answered is not None, participant=receipt.participant)
        if answered is not None:
            signer = answered[0].envelope.sender
            own = self._inquiry.registry.owner(signer) == receipt.participant
            self._check("key", ok=own, participant=receipt.participant, key=signer)
            self._messages += [each for each in self._inquiry.notices if each.body.get("public_key") == signer]
            # What it took on is agreed, not what it was asked for: it may have promised less, and it moves in steps.
            agreed = answered[1].power_w
            self._check("quantity", ok=_within(receipt.evidence.get("quantities"), agreed), power_w=agreed)
        evidence = receipt.evidence
        self._check_contradictions([each for each in (asked, answered, (settlement, receipt)) if each is not None])
        if asked is not None:
            ask = asked[1]
            shown = ask.rate_i_per_kwh
            self._check("rate", ok=shown == receipt.rate_i_per_kwh, shown=shown, paid=receipt.rate_i_per_kwh)
            self._check("window", ok=_in_window(evidence, ask), starts_at=ask.starts_at, ends_at=ask.ends_at)
        try:
            found = recompute({**evidence, "rate_i_per_kwh": receipt.rate_i_per_kwh})
        except ProtocolError as error:
            self._check("energy", ok=False, said=receipt.energy_wh, recomputed=str(error))
            return None
        energies = (found.energy_wh, found.baseline_wh, found.measured_wh)
        said = (receipt.energy_wh, receipt.baseline_wh, receipt.measured_wh)
        self._check("energy", ok=energies == said, said=receipt.energy_wh, recomputed=found.energy_wh)
        self._check("amount", ok=found.amount_i == receipt.amount_i, said=receipt.amount_i, recomputed=found.amount_i)
        return found

    def _check_contradictions(self, told: Sequence[tuple[FoundMessage, _Part]]) -> None:
        """Check that nothing the island or the participant signed says otherwise; the same again says nothing new."""
        receipt = next(body for _message, body in told if isinstance(body, SettlementReceipt))
        fields = list(contradictions(receipt.evidence, to_body(receipt)))
        memo = self._payout.said.get("memo")
        if isinstance(memo, Mapping) and memo.get(_MEMO_REQUEST, receipt.request_id) != receipt.request_id:
            fields.append("memo")
        self._check("evidence", ok=not fields, fields=", ".join(fields))
        since = min(message.envelope.issued_at for message, _body in told) - _BEFORE_S
        others = []
        for _message, body in told:
            for message, other in self._bodies(type(body), body.kind):
                if message.envelope.issued_at < since:
                    break
                if other != body and _is_of(other, receipt):
                    others.append(other.kind)
        self._check("unanimous", ok=not others, others=len(others), kinds=", ".join(dict.fromkeys(others)))

    def _check_bundle(self, receipt: SettlementReceipt | None) -> None:
        payout, credit = self._payout, self._payout.credit
        fault = find_fault(payout.message.bundle)
        self._check("bundle", ok=fault is None, bundle=payout.message.bundle[0].bundle, fault=fault or "")
        paid = 0 if credit is None else credit.value
        exact = paid == payout.said.get("amount_i") and (receipt is None or paid == receipt.amount_i)
        self._check("paid", ok=exact, paid=paid, owed=paid if receipt is None else receipt.amount_i)
        address = payout.said.get("address")
        named = credit is not None and credit.address == address
        self._check("address", ok=named, address=credit.address if credit is not None else "")
        bundle = payout.message.bundle[0].bundle
        self._check("confirmed", ok=self._confirmed(bundle), bundle=bundle)

    def _check_once(self, settlement: Envelope | None) -> None:
        """Check that no other bundle pays the same: one bundle attached again is booked once by the ledger itself."""
        own = self._payout.message.envelope.issued_at
        since = min(own, own if settlement is None else settlement.issued_at) - _BEFORE_S
        others = set()
        for message in self._inquiry.messages(PAYMENT_KIND):
            if message.envelope.issued_at < since:
                break
            bundle = message.bundle[0].bundle
            named = any(each.payment_id == self._payout.payment_id for each in payouts(message))
            if named and bundle != self._payout.message.bundle[0].bundle and self._confirmed(bundle):
                others.add(bundle)
        self._check("once", ok=not others, others=len(others))

    def _confirmed(self, bundle: str) -> bool:
        return any(map(self._inquiry.archive.is_confirmed, self._inquiry.archive.copies(bundle)))


def _signed_text(message: FoundMessage) -> SignedText:
    envelope = message.envelope
    return SignedText(kind=envelope.kind, transaction=message.tail, text=envelope.encode().decode(), body=message.body)


def _precedes(earlier: FoundMessage, later: FoundMessage) -> bool:
    """Tell whether a message was there when the later one was signed: by number, or by its hash in that one."""
    if earlier.envelope.sender == later.envelope.sender:
        return earlier.envelope.sequence < later.envelope.sequence
    return bool(later.body.get("re") == earlier.envelope.digest())


def _is_of(body: _Part, receipt: SettlementReceipt) -> bool:
    return body.request_id == receipt.request_id and body.participant == receipt.participant


def _in_window(evidence: Mapping[str, Any], ask: CurtailmentAsk) -> bool:
    """Return whether the part lies in the window that was asked for, and is not longer than it."""
    times = [evidence.get(name) for name in ("active_at", "ended_at", "duration_s")]
    numbers = [each for each in times if isinstance(each, int | float)]
    if len(numbers) < len(times):
        return False
    start, end, duration = numbers
    inside = ask.starts_at - _ROUNDING_S <= start and end <= ask.ends_at + _ROUNDING_S
    return inside and 0 <= duration <= end - start + _ROUNDING_S


def _within(quantities: Any, agreed_w: float) -> bool:
    """Check that no more is paid for than was agreed."""
    if not isinstance(quantities, list):
        return False
    return all(
        isinstance(step, list) and len(step) == 2 and isinstance(step[1], int) and step[1] <= agreed_w + _ROUNDING_W  # noqa: PLR2004 - a pair
        for step in quantities
    )

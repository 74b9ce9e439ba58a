"""What stands on the Tangle as messages: how they are written there, and how they are read back and checked."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from ...protocol import MAX_BYTES, Envelope, KeyRegistry, ProtocolError, Rejection, is_sealed
from ..backends.backend import Backend, Found
from ..base.model import TangleMessage, TangleNode, TransactionInfo
from ..node import Transaction
from ..pyota.library import BundlePlan
from ..trinary import TrytesError, kerl_hash_trytes, text_to_trytes, trytes_to_text

TAG_PREFIX: Final = "TG"
PAYMENT_KIND: Final = "payment"
_TAG_TRYTES: Final = 27
_NOT_TRYTES: Final = re.compile(r"[^A-Z]")
_PAGE: Final = 100
_MAX_PAGES: Final = 20
_MS: Final = 1_000


def tag_of(kind: str) -> str:
    """Return the tag (27 trytes) under which messages of a kind are found: TG and the kind's letters."""
    return (TAG_PREFIX + _NOT_TRYTES.sub("9", kind.upper()))[:_TAG_TRYTES].ljust(_TAG_TRYTES, "9")


def message_address(island_id: str) -> str:
    """Return the address (81 trytes) at which an island writes its messages. Nobody holds its key."""
    return kerl_hash_trytes(text_to_trytes(f"tangle-grid:{island_id}"))


def message_plan(envelope: Envelope) -> BundlePlan:
    """Return the bundle without value that carries an envelope."""
    return BundlePlan(
        outputs=((message_address(envelope.island), 0),),
        tag=tag_of(envelope.kind),
        text=envelope.encode().decode(),
        timestamp=int(envelope.issued_at),
    )


def text_of(bundle: Sequence[Transaction]) -> str:
    """Return the text of the tail and the transactions that continue it. Raises TrytesError when it is no text."""
    if not bundle:
        raise TrytesError("there is no text")
    fragments = []
    for transaction in bundle:
        if transaction.address != bundle[0].address or transaction.value < 0:
            break
        fragments.append(transaction.fragment)
    if len(fragments) * len(bundle[0].fragment) > 2 * MAX_BYTES + 2 * len(bundle[0].fragment):
        raise TrytesError("text is too long")
    return trytes_to_text("".join(fragments))


type Opens = Callable[[Mapping[str, Any]], Sequence[str]]
"""Gives the keys that may open a sealed body."""


class Chronicle:
    """Reads messages and transactions back from the Tangle. Blocks: call it from worker threads."""

    def __init__(self, backend: Backend, *, registry: Callable[[], KeyRegistry], opens: Opens) -> None:
        """`registry` gives the keys that may send by now."""
        self._backend = backend
        self._registry = registry
        self._opens = opens

    def _read(self, stored: Found) -> TangleMessage | None:
        """Return the message of a tail; None when there is no envelope in it."""
        bundle = self._backend.bundle_of(stored.hash)
        try:
            envelope = Envelope.decode(text_of(bundle).encode())
        except TrytesError, ProtocolError:
            return None
        registry = self._registry()
        rejection = registry.why_rejected(envelope)
        body = envelope.body
        try:
            body = envelope.open(self._opens(body))
        except ProtocolError as error:
            rejection = rejection or error.key
        if rejection is None and not registry.speaks_for_itself(envelope, body):
            rejection = Rejection.NOT_ALLOWED
        return TangleMessage(
            message_id=envelope.message_id,
            kind=envelope.kind,
            body=body,
            sender=envelope.sender,
            sequence=envelope.sequence,
            issued_at=envelope.issued_at,
            tail=stored.hash,
            confirmed=stored.is_confirmed,
            verified=rejection is None,
            rejection=rejection,
            participant=registry.owner(envelope.sender),
            sealed=is_sealed(envelope.body),
        )

    def envelopes(self, kind: str, limit: int) -> list[Envelope]:
        """Return the newest envelopes of a kind, genuine or not, the newest first."""
        found = []
        for stored in self._backend.recent_tails(tag=tag_of(kind), prefix=TAG_PREFIX, limit=limit, below=None):
            with suppress(TrytesError, ProtocolError):
                envelope = Envelope.decode(text_of(self._backend.bundle_of(stored.hash)).encode())
                if envelope.kind == kind:
                    found.append(envelope)
        return found

    def messages(self, *, kind: str | None, limit: int) -> list[TangleMessage]:
        """Return the newest messages, the newest first; one that somebody attached again is given once."""
        found: dict[tuple[str, int], TangleMessage] = {}
        below: int | None = None
        for _ in range(_MAX_PAGES):
            page = self._backend.recent_tails(
                tag=None if kind is None else tag_of(kind), prefix=TAG_PREFIX, limit=_PAGE, below=below
            )
            for stored in page:
                message = self._read(stored)
                if message is None or (kind is not None and message.kind != kind):
                    continue
                # A forgery must not take the place of the message that it imitates.
                key = (message.sender, message.sequence) if message.verified else (stored.hash, 0)
                found.setdefault(key, message)
                if len(found) == limit:
                    return list(found.values())
            if len(page) < _PAGE:
                break
            below = page[-1].id
        return list(found.values())

    def graph(self, limit: int) -> list[TangleNode]:
        """Return the newest bundles that carry messages and what stands between them, the newest first.

        Between two messages there are milestones as a rule: each of these approves what came before it.
        """
        found = self._backend.recent_tails(tag=None, prefix=TAG_PREFIX, limit=limit, below=None)
        nodes = {each.hash: _node(bundle, each) for each in found if (bundle := self._backend.bundle_of(each.hash))}
        between = {approved for node in nodes.values() for approved in node.approves} - nodes.keys()
        for approved in sorted(between):
            stored = self._backend.find(approved)
            transaction = self._backend.load(approved)
            if stored is not None and transaction is not None:
                nodes[approved] = _node([transaction], stored)
        return sorted(nodes.values(), key=lambda node: (node.attached_at, node.tail), reverse=True)

    def transaction(self, transaction_hash: str) -> TransactionInfo | None:
        """Return a transaction with what the node knows of it, and the message that its bundle carries."""
        stored = self._backend.find(transaction_hash)
        transaction = self._backend.load(transaction_hash)
        if stored is None or transaction is None:
            return None
        tails = self._backend.tails(transaction.bundle) if transaction.index else [stored]
        return TransactionInfo(
            hash=transaction_hash,
            bundle=transaction.bundle,
            address=transaction.address,
            value=transaction.value,
            tag=transaction.tag,
            timestamp=float(transaction.timestamp),
            confirmed=stored.is_confirmed,
            milestone=stored.milestone,
            conflict=stored.conflict,
            message=self._read(tails[0]) if tails else None,
        )

    def payouts(self, tail: str) -> Mapping[str, tuple[str, int]] | None:
        """Return what a bundle pays, by the payment id that its message names: address (81 trytes), i.

        None while no milestone has confirmed it.
        """
        stored = self._backend.find(tail)
        if stored is None or not stored.is_confirmed:
            return None
        message = self._read(stored)
        said = None if message is None else message.body.get("payments")
        named = said if isinstance(said, list) else []
        outputs = [each for each in self._backend.bundle_of(tail) if each.value > 0]
        ids = (
            [each.get("id") if isinstance(each, Mapping) else None for each in named] if isinstance(named, list) else []
        )
        # Each output is of one payment, in the order of the message.
        return {
            payment: (output.address, output.value)
            for payment, output in zip(ids, outputs, strict=False)
            if isinstance(payment, str)
        }


def _node(bundle: Sequence[Transaction], stored: Found) -> TangleNode:
    tail, head = bundle[0], bundle[-1]
    is_message = tail.tag.startswith(TAG_PREFIX)
    return TangleNode(
        tail=stored.hash,
        # The last transaction of a bundle is the one that approves two others.
        approves=(head.trunk, head.branch),
        kind=tail.tag.removeprefix(TAG_PREFIX).rstrip("9").lower() if is_message else None,
        value=sum(each.value for each in bundle if each.value > 0),
        attached_at=tail.attached_at / _MS,
        confirmed=stored.is_confirmed,
    )

"""Reads transactions from a remote node, and believes none that is not what was asked for.

A transaction is its hash: what hashes to something else is refused. A bundle counts only when it is complete, its hash
covers it, and its signatures are right. Whether it is confirmed is the node's word, and nothing can check that here.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched
from threading import Lock
from typing import Final

from ..base.errors import LedgerFault, node_fault
from ..node import Transaction
from ..node.bundle import MAX_BUNDLE, find_fault
from ..pyota.library import PyotaClient
from ..trinary import curl_hash, curl_hashes, trytes_to_int
from .tangles import SeenTransaction, Tangles

_BATCH: Final = 200
_KEPT: Final = 4_000
_KEPT_CONFIRMED: Final = 20_000
_MANY: Final = 16
_MOST_READ: Final = 2_000
"""The most transactions that one question reads; the rest is read when the question comes again."""

_UNKNOWN: Final = "9"
_IDS_PER_MS: Final = 1_024
_AHEAD_MS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFound:
    """A transaction that the node has. Which milestone saw it, the node does not say."""

    id: int
    hash: str
    position: int
    is_confirmed: bool
    milestone: int | None = None
    conflict: str | None = None


class RemoteReader:
    """Transactions of a remote node. Any thread may call; errors are those of `Backend`."""

    def __init__(
        self, client: PyotaClient, tangles: Tangles, *, address: str, tag: str, clock: Callable[[], float] = time.time
    ) -> None:
        """Messages stand at the `address`, but for those with this `tag`, which stand anywhere."""
        self._client = client
        self._tangles = tangles
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[str, Transaction] = OrderedDict()
        self._confirmed: OrderedDict[str, None] = OrderedDict()
        # Where to look for messages of any kind: a node finds tags, but not how they begin.
        self._address = address
        self._tag = tag

    # Single transactions

    def _keep(self, transactions: Iterable[Transaction]) -> None:
        with self._lock:
            for transaction in transactions:
                self._kept[transaction.hash] = transaction
                self._kept.move_to_end(transaction.hash)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def load_all(self, hashes: Sequence[str]) -> dict[str, Transaction]:
        """Return the transactions that the node has, by hash."""
        with self._lock:
            found = {each: kept for each in hashes if (kept := self._kept.get(each)) is not None}
        for batch in batched([each for each in dict.fromkeys(hashes) if each not in found], _BATCH, strict=False):
            answered = self._client.trytes(batch)
            known = [
                (asked, trytes) for asked, trytes in zip(batch, answered, strict=True) if trytes.strip(_UNKNOWN) != ""
            ]
            texts = [trytes for _asked, trytes in known]
            computed = curl_hashes(texts) if len(texts) >= _MANY else [curl_hash(each) for each in texts]
            if computed != [asked for asked, _trytes in known]:
                raise node_fault(LedgerFault.NODE_WRONG_ANSWER, "a transaction is not the one that was asked for")
            read = [Transaction.parse(trytes, asked) for asked, trytes in known]
            self._keep(read)
            found.update((each.hash, each) for each in read)
        return found

    def load(self, transaction: str) -> Transaction | None:
        """Return a transaction, or None when the node has none of this hash."""
        return self.load_all([transaction]).get(transaction)

    def confirmed(self, hashes: Sequence[str], milestone_hash: str) -> list[bool]:
        """Tell which transactions the node says are confirmed, as of a milestone. What once was stays so."""
        with self._lock:
            unsure = [each for each in dict.fromkeys(hashes) if each not in self._confirmed]
        for batch in batched(unsure, _BATCH, strict=False):
            states = self._client.inclusion(batch, milestone_hash)
            with self._lock:
                self._confirmed.update((each, None) for each, state in zip(batch, states, strict=True) if state)
                while len(self._confirmed) > _KEPT_CONFIRMED:
                    self._confirmed.popitem(last=False)
        with self._lock:
            return [each in self._confirmed for each in hashes]

    def forget_confirmation(self, hashes: Iterable[str]) -> None:
        """Ask again: it does not agree with what else the node says."""
        with self._lock:
            for each in hashes:
                self._confirmed.pop(each, None)

    # Bundles

    def bundle_of(self, tail: str) -> list[Transaction]:
        """Follow the trunk from a tail through its bundle, tail first; shorter than it says when it is incomplete."""
        bundle: list[Transaction] = []
        next_hash = tail
        while len(bundle) < MAX_BUNDLE:
            transaction = self.load(next_hash)
            if transaction is None or transaction.index != len(bundle):
                break
            if bundle and transaction.bundle != bundle[0].bundle:
                break
            bundle.append(transaction)
            if transaction.index == transaction.last_index:
                break
            next_hash = transaction.trunk
        return bundle

    def attachments(self, bundle: str) -> list[list[Transaction]]:
        """Return every complete and valid attachment of a bundle, tail first, the oldest attachment first."""
        hashes = self._client.find(bundles=[bundle])[:_MOST_READ]
        transactions = self.load_all(hashes)
        tails = [each for each in transactions.values() if each.bundle == bundle and each.index == 0]
        tails.sort(key=lambda tail: (tail.attached_at, tail.hash))
        found = [self.bundle_of(tail.hash) for tail in tails]
        return [each for each in found if find_fault(each) is None]

    def spends(self, addresses: Sequence[str], *, except_of: str | None) -> list[list[Transaction]]:
        """Return the valid bundles that spend from these addresses, other than the one with this hash.

        Their signatures were checked: whoever made them has the keys.
        """
        hashes = [each for address in addresses for each in self._client.find(addresses=[address])[:_MOST_READ]]
        bundles = {
            each.bundle
            for each in self.load_all(hashes).values()
            if each.value < 0 and each.address in addresses and each.bundle != except_of
        }
        return [attachment for bundle in sorted(bundles) for attachment in self.attachments(bundle)[:1]]

    # The newest

    def note(self, transactions: Sequence[Transaction]) -> None:
        """Note transactions that were sent from here: they need not be read again."""
        self._keep(transactions)
        self._tangles.add_seen([self._seen(each) for each in transactions])

    def _seen(self, transaction: Transaction) -> SeenTransaction:
        # Whoever dates his message into the future is not the newest for ever.
        at_ms = max(0, min(transaction.attached_at, int(self._clock() * 1000) + _AHEAD_MS))
        return SeenTransaction(
            hash=transaction.hash, tag=transaction.tag, position=transaction.index, at=self._id(at_ms, transaction.hash)
        )

    @staticmethod
    def _id(at_ms: int, transaction_hash: str) -> int:
        return at_ms * _IDS_PER_MS + trytes_to_int(transaction_hash[:3]) % _IDS_PER_MS

    def recent_tails(
        self, *, tag: str | None, prefix: str, limit: int, below: int | None, milestone_hash: str
    ) -> list[RemoteFound]:
        """Return the newest tails with this tag, or with any that begins so at the places that are known here."""
        if below is None:
            self._look_for_more(tag)
        seen = self._tangles.newest_tails(tag=tag, prefix=prefix, below=2**62 if below is None else below, limit=limit)
        tails = self.load_all([each.hash for each in seen])
        longer = sorted({each.bundle for each in tails.values() if each.last_index})
        for some in batched(longer, _BATCH, strict=False):
            # All parts at once, rather than one after the other along the trunk.
            self.load_all(self._client.find(bundles=list(some))[:_MOST_READ])
        present = [each for each in seen if each.hash in tails]
        states = self.confirmed([each.hash for each in present], milestone_hash)
        return [
            RemoteFound(id=each.at, hash=each.hash, position=0, is_confirmed=state)
            for each, state in zip(present, states, strict=True)
        ]

    def _look_for_more(self, tag: str | None) -> None:
        hashes: list[str] = []
        if tag in {None, self._tag}:
            hashes += self._client.find(tags=[self._tag])
        if tag != self._tag:
            # Others may use the same tags on the same Tangle; a node gives what meets both.
            hashes += self._client.find(addresses=[self._address], tags=[] if tag is None else [tag])
        new = self._tangles.unseen(list(dict.fromkeys(hashes)))[:_MOST_READ]
        for batch in batched(new, _BATCH, strict=False):
            self._tangles.add_seen([self._seen(each) for each in self.load_all(batch).values()])

    def find(self, transaction_hash: str, milestone_hash: str) -> RemoteFound | None:
        """Return what the node knows of a transaction."""
        transaction = self.load(transaction_hash)
        if transaction is None:
            return None
        return self.located(transaction, milestone_hash)

    def located(self, transaction: Transaction, milestone_hash: str) -> RemoteFound:
        """Return what the node knows of a transaction that was read."""
        (state,) = self.confirmed([transaction.hash], milestone_hash)
        return RemoteFound(
            id=self._id(max(0, transaction.attached_at), transaction.hash),
            hash=transaction.hash,
            position=transaction.index,
            is_confirmed=state,
        )

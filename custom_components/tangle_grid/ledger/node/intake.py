"""What has to be true of transactions before they are stored; computed in batches, before the file is touched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Self

from .bundle import MAX_BUNDLE, find_fault
from .errors import NodeError
from .store import NewRow, TangleStore, pack
from .transaction import Transaction, parse_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Transactions, parents first, and the bundles that are complete among them, by their tails."""

    transactions: Sequence[Transaction]
    packed: Mapping[str, bytes]
    checked: Mapping[str, Sequence[Transaction]]

    @classmethod
    def read(cls, trytes: Sequence[object], mwm: int) -> Self:
        """Read transactions in any order.

        Raises NodeError: malformed, too little proof of work, no place in a bundle, a circle of approvals, an invalid
        bundle; or the bundles that they complete are too long to be checked for one request.
        """
        found = {transaction.hash: transaction for transaction in parse_all(trytes)}
        for transaction in found.values():
            if transaction.weight < mwm:
                raise NodeError(f"Invalid transaction: weight {transaction.weight} is below {mwm}")
            if not 0 <= transaction.index <= transaction.last_index < MAX_BUNDLE:
                raise NodeError("Invalid bundle: index or length")
        if sum(each.last_index + 1 for each in found.values() if each.index == 0) > MAX_BUNDLE:
            raise NodeError("Could not complete request: bundles too long")
        return cls.of(_parents_first(found))

    @classmethod
    def of(cls, transactions: Sequence[Transaction]) -> Self:
        """Take transactions that stand with the parents first. Raises NodeError for an invalid bundle."""
        found = {transaction.hash: transaction for transaction in transactions}
        checked = {}
        for tail in transactions:
            if tail.index == 0 and len(bundle := _within(found, tail)) == tail.last_index + 1:
                check_bundle(bundle)
                checked[tail.hash] = bundle
        return cls(transactions=transactions, packed={each.hash: pack(each) for each in transactions}, checked=checked)


def check_bundle(bundle: Sequence[Transaction]) -> None:
    """Raise NodeError when a bundle, tail first, is not valid."""
    if (fault := find_fault(bundle)) is not None:
        raise NodeError(f"Invalid bundle: {fault}")


def _is_sorted(transactions: Iterable[Transaction], found: Mapping[str, Transaction]) -> bool:
    seen: set[str] = set()
    for each in transactions:
        if (each.trunk in found and each.trunk not in seen) or (each.branch in found and each.branch not in seen):
            return False
        seen.add(each.hash)
    return True


def _parents_first(found: Mapping[str, Transaction]) -> list[Transaction]:
    given = list(found.values())
    # Clients send bundles from tail to head or the other way; anything else is sorted.
    for transactions in (given, given[::-1]):
        if _is_sorted(transactions, found):
            return transactions
    order: TopologicalSorter[str] = TopologicalSorter(
        {each.hash: {each.trunk, each.branch} & found.keys() for each in found.values()}
    )
    try:
        return [found[each] for each in order.static_order()]
    except CycleError:
        raise NodeError("Invalid transaction: it approves itself") from None


def _within(found: Mapping[str, Transaction], tail: Transaction) -> list[Transaction]:
    """Follow a bundle as far as it is among these transactions."""
    bundle = [tail]
    while (
        bundle[-1].index < bundle[-1].last_index
        and (following := found.get(bundle[-1].trunk)) is not None
        and following.bundle == tail.bundle
        and following.index == len(bundle)
    ):
        bundle.append(following)
    return bundle


def store_batch(store: TangleStore, batch: Batch, kept_tags: Sequence[str]) -> list[str]:
    """Store what is new of a batch, inside a transaction of the file; return the new hashes.

    Raises NodeError: parents unknown, or the bundle that a tail completes is not valid.
    """
    fresh = {transaction.hash: transaction for transaction in batch.transactions}
    asked = {each for one in batch.transactions for each in (one.hash, one.trunk, one.branch)}
    known = store.parents(asked, entries=False)
    stored = known.keys() & fresh.keys()
    known.update(store.parents(asked - known.keys() - fresh.keys()))
    next_id = store.next_id()
    ids = {each: parent.id for each, parent in known.items()}
    roots = {each: parent.root for each, parent in known.items()}
    rows: dict[str, NewRow] = {}
    for transaction in batch.transactions:
        if transaction.hash in stored:
            continue
        trunk, branch = transaction.trunk, transaction.branch
        if trunk not in ids or branch not in ids:
            raise NodeError("Invalid transaction: trunk or branch is unknown")
        row_id = next_id + len(rows)
        root = min(roots[trunk], roots[branch])
        rows[transaction.hash] = NewRow(
            transaction=transaction,
            id=row_id,
            trunk=ids[trunk],
            branch=ids[branch],
            root=root,
            data=batch.packed[transaction.hash],
        )
        ids[transaction.hash], roots[transaction.hash] = row_id, root
    _mark_bundles(store, batch, rows, kept_tags)
    store.insert(list(rows.values()))
    return list(rows)


def _mark_bundles(store: TangleStore, batch: Batch, rows: Mapping[str, NewRow], kept_tags: Sequence[str]) -> None:
    """Check the bundles that new tails complete, and mark those that move value or are to be kept."""
    new = {each: row.transaction for each, row in rows.items()}
    for tail in new.values():
        if tail.index:
            continue
        bundle = batch.checked.get(tail.hash)
        if bundle is None:
            bundle = store.bundle_of(tail.hash, new)
            check_bundle(bundle)
        signed = any(each.value for each in bundle)
        kept = tail.tag.startswith(tuple(kept_tags))
        if not signed and not kept:
            continue
        for each in bundle:
            if each.hash in rows:
                rows[each.hash].signed |= signed
                rows[each.hash].kept |= kept
        store.mark([each.hash for each in bundle if each.hash not in rows], signed=signed, kept=kept)
        store.balances.expose(each.address for each in bundle if each.value < 0)

"""The signed milestones that a node shows: the newest, and from it back by the hash of the one before."""

from ..backends.backend import Backend
from ..node.milestone import SignedMilestone, read_signed


def milestones(backend: Backend, *, island: str, public_key: str, down_to: int, limit: int) -> list[SignedMilestone]:
    """Return what the node shows now, the oldest first: the newest milestone, and those before it.

    Those of other islands or keys are none. It ends at the number `down_to`, at the first that the node has no more,
    or with `limit`. Raises LedgerError (ledger_unavailable), or NodeRefusedError.
    """
    found: list[SignedMilestone] = []
    next_hash = backend.latest_milestone()
    while len(found) < limit:
        transaction = backend.load(next_hash)
        signed = None if transaction is None else read_signed(transaction, island=island, public_key=public_key)
        if signed is None:
            break
        found.append(signed)
        if signed.milestone.number <= down_to:
            break
        next_hash = signed.milestone.previous
    return found[::-1]

"""What stands on the Tangle, as the rest of the integration reads it."""

from collections.abc import Mapping
from typing import Final

from ..protocol import Answer
from .base.errors import LedgerError
from .base.model import TangleMessage, TangleNode, TransactionInfo
from .messages.milestones import milestones
from .node.milestone import SignedMilestone
from .trinary import HASH_TRYTES, is_trytes
from .verify.receipts import Verification
from .worker import Worker

MAX_LIMIT: Final = 1_000
"""So many messages or payments are read at once."""


class TangleReader:
    """Belongs to an open ledger; every method raises LedgerError (ledger_unavailable) when nothing can be read."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._core = worker.core

    async def answers_from_outside(self) -> list[Answer]:
        """Return what participants whose key is elsewhere have answered on the Tangle, each answer once.

        Each is genuine, in its sender's order and in time. Whether it answers anything is not asked here.
        """
        return await self._worker.read(self._core.outside.take)

    async def messages(self, *, kind: str | None = None, limit: int = 50) -> list[TangleMessage]:
        """Read messages back from the Tangle, the newest first; `kind` "payment" gives what payments say."""
        bounded = max(1, min(limit, MAX_LIMIT))
        return await self._worker.read(self._core.chronicle.messages, kind=kind, limit=bounded)

    async def graph(self, limit: int = 60) -> list[TangleNode]:
        """Return the newest bundles of messages with what each approves, the newest first."""
        return await self._worker.read(self._core.chronicle.graph, max(1, min(limit, MAX_LIMIT)))

    async def milestones(
        self, *, island: str, public_key: str, down_to: int = 0, limit: int = 20
    ) -> list[SignedMilestone]:
        """Return what the node shows now, the oldest first: the newest milestone, and those before it.

        Only those that this island signed with this key count. It ends at the number `down_to`, at the first that the
        node has no more, or with `limit`: each is a request of its own, and a guest may make 60 in a burst.
        """
        return await self._worker.read(
            milestones, self._core.backend, island=island, public_key=public_key, down_to=down_to, limit=limit
        )

    async def transaction(self, tail: str) -> TransactionInfo | None:
        """Look a transaction up on the Tangle by its hash (81 trytes); None when it is not there.

        Raises:
            LedgerError: unknown_transaction, when this cannot be a transaction's hash.
        """
        if not is_trytes(tail, HASH_TRYTES):
            raise LedgerError("unknown_transaction", {"transaction": str(tail)[:100]})
        return await self._worker.read(self._core.chronicle.transaction, tail)

    async def payouts(self, tail: str) -> Mapping[str, tuple[str, int]] | None:
        """Return what the bundle with this tail (81 trytes) pays, by payment id: address (81 trytes), i.

        None while the Tangle does not show it as confirmed, or if this cannot be a transaction's hash.
        """
        if not is_trytes(tail, HASH_TRYTES):
            return None
        return await self._worker.read(self._core.chronicle.payouts, tail)

    async def verify(self, *, payment_id: str | None = None, transaction: str | None = None) -> Verification:
        """Recompute a reward from what stands on the Tangle: name its payment id, or the transaction that credits it.

        Raises:
            LedgerError: unknown_payment or unknown_transaction: nothing on the Tangle names it.
        """
        return await self._worker.read(self._core.verify, payment_id, transaction)

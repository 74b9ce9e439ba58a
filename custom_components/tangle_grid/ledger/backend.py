"""The ledger's back end: a node, reached through pyota's commands, and the few things that are not IRI commands."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..protocol import SigningKey
from .node import Api, EmbeddedNode, NodeError, PreparedMilestone, Stored, Transaction
from .pyota import NodeRefusedError, PyotaClient


class EmbeddedBackend:
    """The node in this process. Blocks: call it from worker threads.

    Every method raises LedgerError (``ledger_unavailable``) when the node's file cannot be used.
    """

    def __init__(
        self,
        path: Path,
        *,
        island_id: str,
        key: SigningKey,
        genesis_address: str,
        mwm: int,
        clock: Callable[[], float],
    ) -> None:
        self.mwm = mwm
        self.node = EmbeddedNode(
            path, island_id=island_id, key=key, genesis_address=genesis_address, mwm=mwm, clock=clock
        )
        self._api = Api(self.node)
        try:
            self.client = PyotaClient(self._handle)
        except BaseException:
            self.node.close()
            raise

    def _handle(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self._api.handle(request)
        except NodeError as error:
            raise NodeRefusedError(str(error)) from None

    def close(self) -> None:
        """Stop working and close the file."""
        self.node.close()

    @property
    def tangle_id(self) -> str:
        """The identity of this Tangle: another one has other balances."""
        return self.node.store.meta("tangle_id")

    @property
    def supply_ok(self) -> bool:
        """Whether all balances add up to the supply."""
        return self.node.supply_ok

    @property
    def milestone(self) -> int:
        """The number of the latest milestone."""
        return self.node.latest_milestone[0]

    @property
    def transactions(self) -> int:
        """The number of transactions on the Tangle."""
        return self.node.store.count()

    def send(self, trytes: Sequence[str]) -> list[Transaction]:
        """Attach a bundle (head to tail) and store it; return its transactions, tail first.

        Raises NodeRefusedError when the node does not take it, PyotaError when pyota fails.
        """
        attached = [Transaction.parse(each) for each in self.client.send(trytes, self.mwm)]
        return sorted(attached, key=lambda transaction: transaction.index)

    def tails(self, bundle: str) -> list[Stored]:
        """Return the tails of a bundle that is on the Tangle: several when somebody attached it again."""
        found = [self.node.store.find(each) for each in self.client.find_bundle(bundle)]
        tails = [each for each in found if each is not None and each.position == 0]
        return sorted(tails, key=lambda tail: tail.id)

    def attached(self, bundle: str) -> list[Transaction]:
        """Return the transactions, tail first, of a bundle where it was attached first; none when it was not."""
        tails = self.tails(bundle)
        return self.bundle_of(tails[0].hash) if tails else []

    def stop(self) -> None:
        """Stop a running proof of work, now and from now on. May be called from any thread."""
        self.node.stop()

    def prepare_milestone(self) -> PreparedMilestone | None:
        """Do the work for a milestone over what waits; None when nothing waits.

        Raises NodeRefusedError when stopped.
        """
        try:
            return self.node.prepare_milestone()
        except NodeError as error:
            raise NodeRefusedError(str(error)) from None

    def issue(self, prepared: PreparedMilestone) -> bool:
        """Issue the milestone; tell whether it moved a balance."""
        return self.node.issue(prepared).moved

    def is_waiting(self) -> bool:
        """Tell whether anything waits for a milestone."""
        return self.node.store.is_waiting()

    def find(self, transaction: str) -> Stored | None:
        """Return what is known of a transaction, its conflict included."""
        return self.node.store.find(transaction)

    def load(self, transaction: str) -> Transaction | None:
        """Return a transaction, or None."""
        return self.node.store.load(transaction)

    def bundle_of(self, tail: str) -> list[Transaction]:
        """Return a bundle, tail first."""
        return self.node.store.bundle_of(tail)

    def recent_tails(self, *, tag: str | None, prefix: str, limit: int, below: int | None) -> list[Stored]:
        """Return the newest tails with this tag, or with any tag that starts so."""
        return self.node.store.recent_tails(tag=tag, prefix=prefix, limit=limit, below=below)

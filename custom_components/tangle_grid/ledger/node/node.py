"""The embedded node: takes transactions in, chooses tips, issues milestones, and books what they confirm.

Conflicts are ignored, not avoided ("white flag", as later IOTA networks do): a milestone confirms everything that its
parents approve, and books value in the order of storing; of two bundles that contradict each other the second is
marked and moves nothing. Any solid tip is therefore good to build on, and no honest message is ever orphaned.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from http import HTTPStatus
from pathlib import Path
from threading import Event, Lock
from typing import Final

from ...protocol import SigningKey
from ..errors import LedgerError
from ..trinary import WorkCancelledError, with_nonce
from .bundle import SUPPLY, Conflict, find_fault
from .errors import NodeError
from .milestone import Milestone, seal
from .state import Booking
from .store import Stored, TangleStore
from .transaction import Transaction, attach, parse_all

MAX_DEPTH: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What one milestone did. ``moved`` tells whether it changed a balance."""

    number: int
    hash: str
    transactions: int
    moved: bool
    conflicts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedMilestone:
    """A milestone with its proof of work done, not issued yet."""

    milestone: Milestone
    transaction: Transaction


class EmbeddedNode:
    """A node in this process. Its methods block: call them from worker threads; any number of threads may."""

    def __init__(
        self,
        path: Path,
        *,
        island_id: str,
        key: SigningKey,
        genesis_address: str,
        mwm: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the Tangle, or start one whose whole supply stands at ``genesis_address`` (81 trytes)."""
        self.mwm = mwm
        self.public_key = key.public
        self.island_id = island_id
        self.clock = clock
        self._key = key
        self.store = TangleStore(path, genesis_address=genesis_address)
        self._stop = Event()
        self._working = Lock()
        self.closed = False
        self.supply_ok = self.store.supply() == SUPPLY
        if self.store.meta("genesis_address") != genesis_address:
            self.close()
            raise LedgerError("ledger_unavailable", {"error": f"{path.name} belongs to another treasury"})

    def close(self) -> None:
        """Stop a running proof of work and close the file."""
        self.stop()
        self.store.database.close()

    def stop(self) -> None:
        """Stop a running proof of work, and start no other. May be called from any thread."""
        self.closed = True
        self._stop.set()

    # Taking in

    def take_in(self, trytes: Sequence[object]) -> list[str]:
        """Store transactions, parents first whatever their order; return the hashes of those that are new.

        All are stored or none. Raises NodeError: malformed, too little proof of work, parents unknown, or the bundle
        that a tail completes is not valid.
        """
        batch = {transaction.hash: transaction for transaction in parse_all(trytes)}
        for transaction in batch.values():
            if transaction.weight < self.mwm:
                raise NodeError(f"Invalid transaction: weight {transaction.weight} is below {self.mwm}")
        order: TopologicalSorter[str] = TopologicalSorter(
            {each.hash: {each.trunk, each.branch} & batch.keys() for each in batch.values()}
        )
        try:
            parents_first = [batch[each] for each in order.static_order()]
        except CycleError:
            raise NodeError("Invalid transaction: it approves itself") from None
        with self.store.database.transaction():
            known = self.store.ids(batch)
            new = [transaction for transaction in parents_first if transaction.hash not in known]
            for transaction in new:
                self._store_one(transaction)
        return [transaction.hash for transaction in new]

    def _store_one(self, transaction: Transaction) -> None:
        parents = self.store.ids((transaction.trunk, transaction.branch))
        if len(parents) < len({transaction.trunk, transaction.branch}):
            raise NodeError("Invalid transaction: trunk or branch is unknown")
        self.store.insert(transaction, parents[transaction.trunk], parents[transaction.branch])
        if transaction.index == 0:
            bundle = self.store.bundle_of(transaction.hash)
            if (fault := find_fault(bundle)) is not None:
                raise NodeError(f"Invalid bundle: {fault}")
            if any(each.value for each in bundle):
                self.store.set_signed(bundle)

    # Attaching

    def choose_tips(self, depth: int, reference: str | None = None) -> tuple[str, str]:
        """Return trunk and branch for a new bundle: two random tips, not below ``depth`` milestones, or a reference.

        Raises NodeError for a depth outside 0..15 or an unknown reference.
        """
        if not 0 <= depth <= MAX_DEPTH:
            raise NodeError("Invalid depth input")
        latest, latest_hash = self.store.latest_milestone()
        tips = [
            tip.hash
            for tip in self.store.tips()
            if tip.position == 0 and (tip.milestone is None or tip.milestone >= latest - depth)
        ]
        trunk = secrets.choice(tips) if tips else latest_hash
        if reference is not None:
            if not self.store.ids([reference]):
                raise NodeError("Reference transaction is not known")
            return reference, trunk
        others = [tip for tip in tips if tip != trunk]
        return trunk, secrets.choice(others) if others else trunk

    def attach(self, trytes: Sequence[str], *, trunk: str, branch: str, mwm: int) -> list[str]:
        """Chain a bundle (head first) onto two parents with proof of work; return its transactions, tail first.

        Raises NodeError (500) when interrupted.
        """
        attached: list[str] = []
        with self._working:
            self._stop.clear()
            if self.closed:
                self._stop.set()
            for each in trytes:
                parent = Transaction.parse(attached[-1]).hash if attached else trunk
                plain = attach(
                    each, trunk=parent, branch=trunk if attached else branch, now_ms=int(self.clock() * 1000)
                )
                try:
                    attached.append(with_nonce(plain, mwm, self._stop))
                except WorkCancelledError:
                    raise NodeError("attachToTangle was interrupted", HTTPStatus.INTERNAL_SERVER_ERROR) from None
        return attached[::-1]

    def interrupt(self) -> None:
        """Stop a running proof of work."""
        self._stop.set()

    # Confirming

    def prepare_milestone(self) -> PreparedMilestone | None:
        """Do the work for the next milestone, over up to two waiting tips; None when nothing waits.

        Raises NodeError (500) when interrupted.
        """
        waiting = [tip for tip in self.store.tips() if tip.milestone is None]
        if not waiting:
            return None
        latest, latest_hash = self.store.latest_milestone()
        trunk = waiting[0].hash
        branch = waiting[1].hash if len(waiting) > 1 else latest_hash
        milestone = Milestone(
            island=self.island_id,
            number=latest + 1,
            previous=latest_hash,
            trunk=trunk,
            branch=branch,
            at=round(self.clock(), 3),
        )
        (trytes,) = self.attach([seal(milestone, self._key)], trunk=trunk, branch=branch, mwm=self.mwm)
        return PreparedMilestone(milestone=milestone, transaction=Transaction.parse(trytes))

    def issue(self, prepared: PreparedMilestone) -> Confirmation:
        """Issue a prepared milestone and book what it confirms, all or nothing.

        Raises:
            LedgerError: the sum of all balances is not the supply any more (nothing was written), or the file fails.
        """
        roots = list(self.store.ids((prepared.milestone.trunk, prepared.milestone.branch)).values())
        moves = any(seen.value for seen in self.store.cone(roots))
        # Money waits until it is safe from a power failure; everything before it in the file is then safe as well.
        with self.store.database.transaction(durable=moves):
            self._store_one(prepared.transaction)
            return self._confirm(prepared.milestone, prepared.transaction.hash)

    def issue_milestone(self) -> Confirmation | None:
        """Prepare and issue the next milestone; None when nothing waits."""
        prepared = self.prepare_milestone()
        return None if prepared is None else self.issue(prepared)

    def _confirm(self, milestone: Milestone, milestone_hash: str) -> Confirmation:
        seen = self.store.cone([self.store.ids([milestone_hash])[milestone_hash]])
        booking = Booking(self.store)
        conflicts = booking.book_cone(seen)
        booking.write(milestone.number)
        self.store.set_milestone(milestone.number, seen, conflicts, milestone.at)
        self.supply_ok = self.store.supply() == SUPPLY
        if not self.supply_ok:
            raise LedgerError("ledger_unavailable", {"error": "the sum of all balances is not the supply"})
        return Confirmation(
            number=milestone.number,
            hash=milestone_hash,
            transactions=len(seen),
            moved=not booking.is_empty,
            conflicts=conflicts,
        )

    def find_conflict(self, tails: Sequence[Stored]) -> Conflict | str | None:
        """Say why these tails, with everything they approve, cannot all be booked now; None when they can."""
        conflicts = Booking(self.store).book_cone(self.store.cone([tail.id for tail in tails]))
        return next((conflict for tail in tails if (conflict := tail.conflict or conflicts.get(tail.hash))), None)

    @property
    def latest_milestone(self) -> tuple[int, str]:
        """Number and hash of the latest milestone."""
        return self.store.latest_milestone()

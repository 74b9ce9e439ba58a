"""The embedded node: takes transactions in, chooses tips, issues milestones, and books what they confirm.

Conflicts are ignored, not avoided ("white flag", as later IOTA networks do): a milestone confirms everything that its
parents approve, and books value in the order of storing; of two bundles that contradict each other the second is
marked and moves nothing. Any solid tip is therefore good to build on, and no honest message is ever orphaned: new
transactions are led to recent tips, and milestones take in the others, those above payments first.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...protocol import SigningKey
from ..base.errors import LedgerError
from ..base.stored_values import understood
from .bundle import SUPPLY, Conflict
from .effort import Effort
from .errors import NodeError
from .intake import Batch, store_batch
from .milestone import Milestone, seal
from .pow_queue import Lanes
from .pruning import Housekeeping, Pruner
from .state import Booking
from .store import Beginning, Stored, TangleStore
from .transaction import Transaction

MAX_DEPTH: Final = 15
_APPROVED: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What one milestone did. `moved` tells whether it changed a balance."""

    number: int
    hash: str
    transactions: int
    moved: bool
    conflicts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedMilestone:
    """A milestone with its proof of work done, not issued yet. `more` tells whether other tips have to wait."""

    milestone: Milestone
    transaction: Transaction
    more: bool


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
        keep_s: float | None = None,
        kept_tags: Sequence[str] = (),
        beginning: Beginning | None = None,
    ) -> None:
        """Open the Tangle, or start one whose whole supply stands at `genesis_address` (81 trytes).

        One that takes the place of another has a `beginning` of its own.

        Transactions go `keep_s` seconds after they were confirmed (None: never), but not those of bundles that moved
        tokens, nor those whose tail's tag starts with one of `kept_tags`. `keep_tidy` sees to it.
        """
        self.mwm = mwm
        self.public_key = key.public
        self.island_id = island_id
        self.clock = clock
        self._key = key
        self._kept_tags = tuple(kept_tags)
        self.store = TangleStore(path, genesis_address=genesis_address, beginning=beginning)
        self.pruner = Pruner(self.store, keep_s=keep_s)
        self.lanes = Lanes(clock)
        self._lane = self.lanes.open()
        self._housekeeping: Housekeeping | None = None
        self.supply_ok = self.store.balances.supply() == SUPPLY
        if self.store.meta("genesis_address") != genesis_address:
            self.close()
            raise LedgerError("ledger_unavailable", {"error": f"{path.name} belongs to another treasury"})

    def close(self) -> None:
        """Stop a running proof of work and close the file."""
        self.stop()
        if self._housekeeping is not None:
            self._housekeeping.end()
        self.store.database.close()

    def stop(self) -> None:
        """Stop a running proof of work, and start no other. May be called from any thread."""
        self.lanes.stop()

    @property
    def closed(self) -> bool:
        """Whether the node was told to stop."""
        return self.lanes.stopped

    # Taking in

    def take_in(self, trytes: Sequence[object]) -> list[str]:
        """Store transactions, parents first whatever their order; return the hashes of those that are new.

        All are stored or none, and they are safe from a power failure when this returns. Raises NodeError: malformed,
        too little proof of work, parents unknown, or the bundle that a tail completes is not valid.
        """
        batch = Batch.read(trytes, self.mwm)
        with self.store.database.transaction(durable=True):
            return store_batch(self.store, batch, self._kept_tags)

    # Attaching

    def choose_tips(self, depth: int, reference: str | None = None) -> tuple[str, str]:
        """Return trunk and branch for a new bundle: two random tips (URTS), one of them the reference if there is one.

        Tips whose past is older than `depth` milestones are left out; without any other, the latest milestone is
        taken. Raises NodeError for a depth outside 0..15, and for a reference that is unknown or older than 15.
        """
        if not 0 <= depth <= MAX_DEPTH:
            raise NodeError("Invalid depth input")
        latest, latest_hash = self.store.latest_milestone()
        if reference is not None:
            age_root = self.store.age_root(reference)
            if age_root is None:
                raise NodeError("Reference transaction is not known")
            if age_root < latest - MAX_DEPTH:
                raise NodeError("Reference transaction is too old")
        tips = self.store.good_tips(latest - depth)
        trunk = secrets.choice(tips) if tips else latest_hash
        if reference is not None:
            return reference, trunk
        others = [tip for tip in tips if tip != trunk]
        return trunk, secrets.choice(others) if others else trunk

    def is_too_old(self, transaction_hash: str) -> bool:
        """Tell whether nothing can be attached to a known transaction any more: its past is below the maximum depth."""
        age_root = self.store.age_root(transaction_hash)
        return age_root is not None and age_root < self.store.latest_milestone()[0] - MAX_DEPTH

    # Confirming

    def prepare_milestone(self) -> PreparedMilestone | None:
        """Do the work for the next milestone, over up to two waiting tips; None when nothing waits.

        Raises NodeError (500) when interrupted.
        """
        waiting = self.store.waiting_tips(_APPROVED + 1)
        if not waiting:
            return None
        latest, latest_hash = self.store.latest_milestone()
        trunk = waiting[0]
        branch = waiting[1] if len(waiting) > 1 else latest_hash
        milestone = Milestone(
            island=self.island_id,
            number=latest + 1,
            previous=latest_hash,
            trunk=trunk,
            branch=branch,
            at=round(self.clock(), 3),
        )
        (trytes,) = self._lane.attach([seal(milestone, self._key)], trunk=trunk, branch=branch, mwm=self.mwm)
        return PreparedMilestone(
            milestone=milestone, transaction=Transaction.parse(trytes), more=len(waiting) > _APPROVED
        )

    def issue(self, prepared: PreparedMilestone) -> Confirmation:
        """Issue a prepared milestone and book what it confirms, all or nothing.

        Raises:
            LedgerError: the sum of all balances is not the supply any more (nothing was written), or the file fails.
        """
        roots = list(self.store.ids((prepared.milestone.trunk, prepared.milestone.branch)).values())
        moves = any(seen.signed for seen in self.store.cone(roots))
        batch = Batch.of([prepared.transaction])
        # Money waits until it is safe from a power failure; everything before it in the file is then safe as well.
        with self.store.database.transaction(durable=moves):
            store_batch(self.store, batch, self._kept_tags)
            return self._confirm(prepared.milestone, prepared.transaction.hash)

    def issue_milestone(self) -> Confirmation | None:
        """Prepare and issue the next milestone; None when nothing waits."""
        prepared = self.prepare_milestone()
        return None if prepared is None else self.issue(prepared)

    def confirm_some(self) -> bool:
        """Prepare and issue the next milestone; tell whether tips were left for another one."""
        prepared = self.prepare_milestone()
        if prepared is None:
            return False
        self.issue(prepared)
        return prepared.more

    def _confirm(self, milestone: Milestone, milestone_hash: str) -> Confirmation:
        with understood("the latest milestone"):
            seen = self.store.cone([self.store.ids([milestone_hash])[milestone_hash]])
        booking = Booking(self.store)
        conflicts = booking.book_cone(seen)
        booking.write(milestone.number)
        self.store.set_milestone(milestone.number, seen, conflicts, milestone.at)
        self.supply_ok = self.store.balances.supply() == SUPPLY
        if not self.supply_ok:
            raise LedgerError("ledger_unavailable", {"error": "the sum of all balances is not the supply"})
        return Confirmation(
            number=milestone.number,
            hash=milestone_hash,
            transactions=len(seen),
            moved=not booking.is_empty,
            conflicts=conflicts,
        )

    def keep_tidy(self) -> None:
        """Prune from now on, in a thread of its own, until the node is closed; without `keep_s` nothing is done."""
        if self.pruner.keep_s is not None and self._housekeeping is None:
            self._housekeeping = Housekeeping(self.prune)

    def prune(self) -> bool:
        """Delete a few transactions that are old enough; tell whether there are more. Takes some milliseconds."""
        return self.pruner.step(self.clock())

    def find_conflict(self, tails: Sequence[Stored], effort: Effort) -> Conflict | str | None:
        """Say why these tails, with everything they approve, cannot all be booked now; None when they can.

        Raises NodeError when telling takes more than the `effort`.
        """
        cone = self.store.cone([tail.id for tail in tails], effort)
        conflicts = Booking(self.store).book_cone(cone, effort)
        return next((conflict for tail in tails if (conflict := tail.conflict or conflicts.get(tail.hash))), None)

    @property
    def latest_milestone(self) -> tuple[int, str]:
        """Number and hash of the latest milestone."""
        return self.store.latest_milestone()

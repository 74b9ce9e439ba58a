"""The ledger's back ends: what the wallets and messages need of a Tangle, whoever keeps it.

`Backend` is all that the rest of the ledger knows. Nothing in it is particular to the node in this process:
milestones, balances and files are the business of whoever has them. A back end blocks: call it from worker threads.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

import aiohttp

from ...protocol import SigningKey
from ..base.errors import LedgerFault
from ..node import Api, Beginning, EmbeddedNode, NodeError, PreparedMilestone, Stored, Transaction
from ..pyota.library import Client, NodeRefusedError, PyotaClient, TransferInput

DEFAULT_MWM: Final = 9

ADDRESS_SPENT: Final = "address_spent"
"""Why a payment failed: an address that it needed was spent from by somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """The node in this process. `mwm` is its proof of work (the work grows as 3**mwm).

    `milestone_interval_s` is the least time between milestones that confirm messages; payments are confirmed at
    once. `keep_s` is how long, after they were confirmed, messages are kept; None keeps them all. Payments and
    receipts always stay.
    """

    mwm: int = DEFAULT_MWM
    milestone_interval_s: float = 5.0
    keep_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A node that speaks the IRI commands over HTTP, asked through the caller's session.

    `mwm` is the proof of work that its network asks for. It is done here, unless `remote_work` is set and the node
    offers it. `tangle_id` (`NodeInfo.tangle_id`) is the network that the user agreed to; when it is given, no other
    is worked with, and setting it anew is how a user says that a node was started afresh on purpose.
    `poll_s` is the time between looks at payments on their way, `idle_poll_s` between looks when there are none.
    """

    url: str
    session: aiohttp.ClientSession = field(repr=False)
    token: str | None = field(default=None, repr=False)
    mwm: int = DEFAULT_MWM
    tangle_id: str | None = None
    remote_work: bool = False
    timeout_s: float = 20.0
    poll_s: float = 2.0
    idle_poll_s: float = 20.0
    push_after_s: float = 120.0


type BackendConfig = Embedded | Remote


class Found(Protocol):
    """What is known of a transaction on the Tangle."""

    @property
    def id(self) -> int:
        """A number that orders transactions, the newest last."""

    @property
    def hash(self) -> str:
        """The transaction's hash."""

    @property
    def position(self) -> int:
        """Its place in its bundle; 0 is the tail."""

    @property
    def milestone(self) -> int | None:
        """The milestone that saw it, where the back end knows."""

    @property
    def conflict(self) -> str | None:
        """Why it was seen but not booked, where the back end knows."""

    @property
    def is_confirmed(self) -> bool:
        """Whether it is confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A signed bundle that left for the Tangle."""

    bundle: str
    trytes: tuple[str, ...]
    inputs: tuple[TransferInput, ...]
    outputs: tuple[tuple[str, int], ...]


class Fate(StrEnum):
    """What became of a bundle that was sent."""

    MISSING = "missing"
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleVerdict:
    """A bundle's fate; the transactions that were booked if it is confirmed, the reason if it never will be."""

    fate: Fate
    booked: Sequence[Transaction] = ()
    reason: str | None = None


class Round(Protocol):
    """One look at what is on its way. It is made without a lock, and finished under the wallets' lock."""

    @property
    def did_work(self) -> bool:
        """Whether anything happened that is worth another step."""

    def finish(self) -> bool:
        """Make it so, and tell whether balances moved."""

    def verdict(self, sent: Outgoing) -> BundleVerdict:
        """Return what became of one of the bundles that the round was made for; call it after `finish`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """What addresses hold to be spent, in iota.

    `spent` were spent from by somebody else, whether they still hold something or not: never use them again.
    """

    balances: Mapping[str, int]
    spent: frozenset[str] = frozenset()


class Backend(Protocol):
    """A Tangle, for the ledger. `trusted`: its refusals are final, and its balances are the balances.

    Methods that ask a node raise LedgerError (`ledger_unavailable`) when it cannot be asked or its answer cannot be
    true, and NodeRefusedError when it does not take what it is given. Properties never wait.
    """

    kind: str
    trusted: bool
    push_after_s: float | None

    @property
    def client(self) -> Client:
        """The node, asked now."""

    @property
    def tangle_id(self) -> str:
        """The identity of this Tangle: another one has other balances. May ask the node the first time."""

    @property
    def supply_ok(self) -> bool | None:
        """Whether all balances add up to the supply; None where nobody here can add them up."""

    @property
    def milestone(self) -> int:
        """The number of the latest milestone, as far as it is known."""

    @property
    def transactions(self) -> int | None:
        """The number of transactions on the Tangle; None where it is not known."""

    @property
    def fault(self) -> tuple[LedgerFault, str] | None:
        """What keeps this back end from working, as far as it is known, in a word and in words."""

    def close(self) -> None:
        """Stop working."""

    def stop(self) -> None:
        """Stop what takes long, proof of work included, now and from now on. May be called from any thread."""

    def send(self, trytes: Sequence[str]) -> list[Transaction]:
        """Attach a bundle (head to tail) and store it; return its transactions, tail first."""

    def push(self, sent: Outgoing) -> None:
        """Help a bundle that has waited for long: build on it, or attach it again."""

    def attached(self, bundle: str) -> list[Transaction]:
        """Return the transactions, tail first, of a bundle where it was attached first; none when it was not."""

    def tails(self, bundle: str) -> Sequence[Found]:
        """Return the tails of a bundle that is on the Tangle: several when somebody attached it again."""

    def find(self, transaction: str) -> Found | None:
        """Return what is known of a transaction."""

    def load(self, transaction: str) -> Transaction | None:
        """Return a transaction, or None."""

    def bundle_of(self, tail: str) -> list[Transaction]:
        """Return a bundle, tail first."""

    def recent_tails(self, *, tag: str | None, prefix: str, limit: int, below: int | None) -> Sequence[Found]:
        """Return the newest tails with this tag, or with any tag that starts so; those with an id `below`."""

    def latest_milestone(self) -> str:
        """Return the hash of the milestone that is the newest now; the genesis' where there is none."""

    def known_balances(self, addresses: Sequence[str]) -> list[int]:
        """Return the confirmed balances as far as they are known here, without asking anybody."""

    def funds(self, addresses: Sequence[str]) -> Funds | None:
        """Return what these addresses of ours hold, to spend it; None when it is not certain yet: ask again later."""

    def may_receive(self, address: str) -> bool | None:
        """Tell whether an address was never spent from; None when it is not certain yet: ask again later."""

    def is_known_spent(self, address: str) -> bool:
        """Tell whether an address was spent from, as far as it is known here, without asking anybody."""

    def note_booked(self, outputs: Sequence[tuple[str, int]]) -> None:
        """Take note of what a confirmed bundle of ours paid. Called in the transaction that confirms the payments."""

    def next_round_s(self, *, sending: bool, since_s: float) -> float | None:
        """Return in how many seconds a round is due, the last one being `since_s` ago; None when none is needed."""

    def begin_round(self, sent: Sequence[Outgoing], addresses: Callable[[], Sequence[str]], /) -> Round:
        """Look at what is on its way, and at these addresses of ours, should anybody have to be asked about them."""


class _EmbeddedRound:
    """A milestone, if anything waits for one, and what it confirmed."""

    def __init__(self, backend: EmbeddedBackend, prepared: PreparedMilestone | None) -> None:
        self._backend = backend
        self._prepared = prepared

    @property
    def did_work(self) -> bool:
        return self._prepared is not None

    def finish(self) -> bool:
        return self._prepared is not None and self._backend.issue(self._prepared)

    def verdict(self, sent: Outgoing) -> BundleVerdict:
        tails = self._backend.tails(sent.bundle)
        if not tails:
            return BundleVerdict(fate=Fate.MISSING)
        booked = next((tail for tail in tails if tail.is_confirmed), None)
        if booked is not None:
            return BundleVerdict(fate=Fate.CONFIRMED, booked=self._backend.bundle_of(booked.hash))
        if all(tail.conflict is not None for tail in tails):
            return BundleVerdict(fate=Fate.CONFLICT, reason=tails[0].conflict)
        return BundleVerdict(fate=Fate.WAITING)


class EmbeddedBackend:
    """The node in this process. Blocks: call it from worker threads.

    Every method raises LedgerError (`ledger_unavailable`) when the node's file cannot be used.
    """

    kind = "embedded"
    trusted = True
    push_after_s: float | None = None
    fault: tuple[LedgerFault, str] | None = None

    def __init__(
        self,
        path: Path,
        *,
        island_id: str,
        key: SigningKey,
        genesis_address: str,
        mwm: int,
        clock: Callable[[], float] = time.time,
        milestone_interval_s: float = 5.0,
        keep_s: float | None = None,
        kept_tags: Sequence[str] = (),
        beginning: Beginning | None = None,
    ) -> None:
        """Open the node. What `keep_s`, `kept_tags` and `beginning` mean is said there."""
        self.mwm = mwm
        self._behind = False
        self._interval_s = milestone_interval_s
        self.node = EmbeddedNode(
            path,
            island_id=island_id,
            key=key,
            genesis_address=genesis_address,
            mwm=mwm,
            clock=clock,
            keep_s=keep_s,
            kept_tags=kept_tags,
            beginning=beginning,
        )
        self._api = Api(self.node)
        try:
            self.client: Client = PyotaClient(self._handle)
        except BaseException:
            self.node.close()
            raise
        self.node.keep_tidy()

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
    def supply_ok(self) -> bool | None:
        """Whether all balances add up to the supply."""
        return self.node.supply_ok

    @property
    def milestone(self) -> int:
        """The number of the latest milestone."""
        return self.node.latest_milestone[0]

    @property
    def transactions(self) -> int | None:
        """The number of transactions on the Tangle."""
        return self.node.store.count()

    def send(self, trytes: Sequence[str]) -> list[Transaction]:
        """Attach a bundle (head to tail) and store it; return its transactions, tail first.

        Raises NodeRefusedError when the node does not take it, PyotaError when pyota fails.
        """
        attached = [Transaction.parse(each) for each in self.client.send(trytes, self.mwm)]
        return sorted(attached, key=lambda transaction: transaction.index)

    def push(self, sent: Outgoing) -> None:
        """Do nothing: the next milestone confirms whatever is there."""

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

    def next_round_s(self, *, sending: bool, since_s: float) -> float | None:
        """Return in how many seconds a milestone is due: at once for payments; None when nothing waits for one."""
        if sending or self._behind:
            return 0.0
        return self._interval_s - since_s if self.node.store.is_waiting() else None

    def begin_round(self, _sent: Sequence[Outgoing], _addresses: Callable[[], Sequence[str]]) -> Round:
        """Do the work for a milestone over what waits."""
        prepared = self.prepare_milestone()
        self._behind = prepared is not None and prepared.more
        return _EmbeddedRound(self, prepared)

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

    def latest_milestone(self) -> str:
        """Return the hash of the newest milestone."""
        return self.node.latest_milestone[1]

    def known_balances(self, addresses: Sequence[str]) -> list[int]:
        """Return the confirmed balances."""
        return self.client.balances(addresses)

    def funds(self, addresses: Sequence[str]) -> Funds | None:
        """Return what these addresses hold."""
        balances = dict(zip(addresses, self.client.balances(addresses), strict=True))
        return Funds(balances=balances, spent=frozenset(filter(self.is_known_spent, addresses)))

    def may_receive(self, address: str) -> bool | None:
        """Tell whether an address was never spent from."""
        return not self.is_known_spent(address)

    def is_known_spent(self, address: str) -> bool:
        """Tell whether an address was spent from."""
        return self.node.store.balances.is_used_up(address)

    def note_booked(self, outputs: Sequence[tuple[str, int]]) -> None:
        """Do nothing: the node keeps the books."""

"""Brings the wallets' file and the Tangle together again, when one of them is of another moment than the other.

Files come back from backups, from snapshots of a machine, and from `cp`, each of them from a moment of its own. Which
one is older needs no count of its own: what the Tangle shows of ours and the wallets do not know makes them the older
ones, and what they know as booked and the Tangle does not have makes it the older one; both can be true. Then

* wallets take over from the Tangle which addresses were used, which payments were made, and what was said,
* what the Tangle has lost is sent again, as it was signed: the same bundle, with no other signature,
* a payment whose bundle can never be booked waits anew, and a bundle whose payments were made by others goes nowhere.
"""

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence, Set as AbstractSet
from typing import Final

from ...protocol import Envelope, KeyRegistry, ProtocolError, epoch_of, is_sealed
from ..backends.backend import Backend, EmbeddedBackend, Found
from ..base.model import Findings, Mishap
from ..messages.message_queue import MessageQueue
from ..messages.participant_keys import ParticipantKeys
from ..messages.privacy import Privacy
from ..messages.sender_chains import SenderChains
from ..payments.accounts import Accounts
from ..pyota.library import BundlePlan, PreparedBundle, PyotaError, prepare
from ..store.database import Database
from ..store.properties import Properties
from ..trinary import address_of
from .findings import tell
from .history import History, OwnBundle
from .journal import Entry, Journal

_CONFIRMED: Final = "confirmed"


class Reconciler:
    """Belongs to one opening of a ledger. Blocks; errors are those of `Database` and `Backend`."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        backend: Backend,
        history: History,
        *,
        members: ParticipantKeys,
        privacy: Privacy,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._backend = backend
        self._history = history
        self._members = members
        self._privacy = privacy
        self._clock = clock
        self._properties = Properties(database)
        self._chains = SenderChains(database)
        self._messages = MessageQueue(database)
        self._journal = Journal(database)
        self._tally = {"found": 0, "again": 0, "anew": 0}
        self._spoilt: set[int] = set()

    def run(self, *, mishaps: Sequence[Mishap] = (), aside: Sequence[str] = ()) -> bool:
        """Look whether wallets and Tangle agree, and see to it that they do; tell whether anything had to be done.

        `mishaps` are known already, and files were put `aside` then. All is done or nothing.
        """
        strange = self._history.strange_bundles(self._journal.bundles())
        lost = self._lost()
        ahead = self._is_ahead() or any(self._own(tail) is not None for tail in strange)
        if not (lost or ahead or mishaps):
            return False
        notices, spoken = self._history.notices(), [*self._history.spoken(), *self._history.newest()]
        used = {wallet_id: self._accounts.later_use(wallet_id) for wallet_id in self._accounts.wallet_ids()}
        with self._database.transaction(durable=True):
            self._take_over_words(notices, spoken)
            for wallet_id, later in used.items():
                self._accounts.take_over(wallet_id, later)
            for tail in strange:
                if (found := self._own(tail)) is not None:
                    self._adopt(found, {entry.id for entry in lost})
            if self._backend.trusted:
                self._go_on(lost)
            found_out = [
                *mishaps,
                *([Mishap.WALLETS_OLDER] if ahead and Mishap.WALLETS_REBUILT not in mishaps else []),
                *([Mishap.TANGLE_OLDER] if lost and Mishap.TANGLE_REBUILT not in mishaps else []),
            ]
            tell(
                self._properties,
                Findings(mishaps=tuple(found_out), at=self._clock(), aside=tuple(aside), **self._tally),
            )
        return True

    # What does not agree

    def _lost(self) -> list[Entry]:
        """Return the transfers that were booked, as the wallets know, and are not on the Tangle in this process.

        A node elsewhere is not believed so easily: it may hold back what it has.
        """
        if not isinstance(self._backend, EmbeddedBackend):
            return []
        booked = {bundle for bundle, state in self._journal.bundles().items() if state == _CONFIRMED}
        missing = booked - self._backend.node.store.balances.applied()
        found = [self._journal.entry(bundle) for bundle in missing]
        return sorted((each for each in found if each is not None), key=lambda each: each.id)

    def _is_ahead(self) -> bool:
        """Tell whether the Tangle has messages of ours that the wallets do not know of."""
        registry = self._members.registry()
        return any(
            envelope.sequence > self._chains.last(envelope.sender)[0]
            for envelope in self._history.newest()
            if registry.why_not(envelope) is None
        )

    # Words

    def _take_over_words(self, notices: Sequence[Envelope], spoken: Sequence[Envelope]) -> None:
        """Go on after the messages that stand on the Tangle: numbers, keys, and what later messages refer to."""
        said = [each.body for each in notices]
        self._members.take_over(said)
        registry = self._members.registry()
        genuine = [each for each in (*notices, *spoken) if registry.why_not(each) is None]
        self._privacy.take_over(_epochs(genuine, registry))
        for envelope in sorted(genuine, key=lambda each: each.sequence):
            if envelope.sequence > self._chains.last(envelope.sender)[0]:
                self._chains.set_last(envelope.sender, envelope.sequence, envelope.digest())
            self._members.note(envelope.kind, self._history.body(envelope), envelope.digest(), envelope.issued_at)
        self._messages.drop_said(each.message_id for each in genuine)
        self._members.announce_missing(said)

    # Bundles on the Tangle

    def _own(self, tail: str) -> OwnBundle | None:
        return self._history.own_bundle(tail, self._accounts.book.owner)

    def _fate(self, bundle: str) -> str:
        """Return the state that a transfer with this bundle has to begin in."""
        tails = self._backend.tails(bundle)
        if tails and all(tail.conflict is not None for tail in tails):
            return "failed"
        return "sent"

    def _adopt(self, found: OwnBundle, lost: Container[int]) -> None:
        """Enter a bundle that was not known, with the payments that it makes. `lost` transfers make none any more."""
        book = self._accounts.book
        source = book.owner(found.inputs[0])
        indices = {each: index for each in found.inputs if (index := book.key_index(each)) is not None}
        if source is None:  # pragma: no cover - its own bundle has an owner
            return
        fate = self._fate(found.bundle)
        made = () if fate == "failed" else found.payments
        spoilt: set[int] = set()
        entered = []
        for payment in made:
            state, transfer = self._journal.transfer_of(payment.payment_id) or (None, None)
            if state == _CONFIRMED:
                if transfer not in lost:
                    continue
                self._unbook(transfer, payment.payment_id)
            if transfer is not None:
                spoilt.add(transfer)
            entered.append(payment)
        adopted = self._journal.adopt(found, source, indices, fate)
        for payment in entered:
            self._journal.enter(payment, adopted, found.at)
        self._tally["found"] += len(entered)
        self._spoilt |= spoilt
        for transfer in spoilt:
            if transfer not in lost:
                self._give_up(transfer)

    def _unbook(self, transfer: int | None, payment_id: str | None = None) -> None:
        """Take the payments of a transfer, or one of them, out of the wallets' totals: they will be booked again."""
        for each, source, target, amount in self._journal.booked(transfer) if transfer is not None else ():
            if payment_id in {None, each}:
                self._accounts.book.book(source, spent_i=-amount)
                self._accounts.book.book(target, earned_i=-amount)

    def _give_up(self, transfer: int) -> None:
        """End a transfer that is not over, unless it is on the Tangle: one of its payments was made in another one."""
        entry = next((each for each in self._journal.open() if each.id == transfer), None)
        if entry is not None and all(tail.conflict is not None for tail in self._tails(entry)):
            self._end(transfer)

    def _end(self, transfer: int) -> None:
        """End a transfer for good. What its addresses hold, or will, is moved on: their keys have signed once."""
        addresses = self._journal.addresses(transfer)
        balances = self._backend.known_balances(addresses) if self._backend.trusted else [0] * len(addresses)
        held = [
            address
            for address, balance in zip(addresses, balances, strict=True)
            if self._backend.trusted and (balance or not self._backend.is_known_spent(address))
        ]
        self._tally["anew"] += self._journal.dissolve(transfer, held)

    # Bundles that are not on the Tangle

    def _go_on(self, lost: Sequence[Entry]) -> None:
        """Let go to the Tangle what can be booked there, and end what cannot: its payments wait anew.

        What was signed spends an address with all that it held then, and pays to addresses that were good then. It is
        the same on this Tangle, or nothing is sent: the rest of an address that was spent from can never be spent.
        """
        arriving, exposed = Counter[str](), set[str]()
        absent: list[tuple[Entry, BundlePlan]] = []
        lost_ids = {entry.id for entry in lost}
        for entry in sorted((*self._journal.open(), *lost), key=lambda each: each.id):
            if entry.id in lost_ids:
                self._unbook(entry.id)
            plan, tails = entry.plan, self._tails(entry)
            if plan is None or (tails and all(tail.conflict is not None for tail in tails)):
                self._end(entry.id)
            elif not tails:
                absent.append((entry, plan))
            elif not any(tail.is_confirmed for tail in tails):
                self._expect(plan, arriving, exposed)
                if entry.id in lost_ids:
                    self._reopen(entry, plan)
        for entry, plan in absent:
            if entry.id in self._spoilt or not self._can_be_booked(plan, arriving, exposed):
                self._end(entry.id)
            elif entry.id not in lost_ids or self._reopen(entry, plan):
                self._expect(plan, arriving, exposed)

    def _tails(self, entry: Entry) -> Sequence[Found]:
        bundle = entry.bundle or (prepare(entry.plan).bundle if entry.plan is not None else None)
        return () if bundle is None else self._backend.tails(bundle)

    @staticmethod
    def _expect(plan: BundlePlan, arriving: Counter[str], exposed: set[str]) -> None:
        """Count with what a bundle will do."""
        for address, amount in plan.outputs:
            arriving[address] += amount
        for spent in plan.inputs:
            arriving[spent.address] -= spent.balance_i
        exposed.update(spent.address for spent in plan.inputs)

    def _can_be_booked(self, plan: BundlePlan, arriving: Mapping[str, int], exposed: AbstractSet[str]) -> bool:
        """Tell whether a bundle finds what it spends, no less and no more, and may pay to all whom it pays."""
        inputs = [spent.address for spent in plan.inputs]
        if any(each in exposed or self._backend.is_known_spent(each) for each, _amount in plan.outputs):
            return False
        # What only signed may still be spent from: a bundle that moves on what another one left there does so.
        held = self._backend.known_balances(inputs)
        return exposed.isdisjoint(inputs) and all(
            balance + arriving.get(spent.address, 0) == spent.balance_i
            for balance, spent in zip(held, plan.inputs, strict=True)
        )

    def _reopen(self, entry: Entry, plan: BundlePlan) -> bool:
        """Let a booked transfer be sent again, as it was signed; end it where that cannot be done any more."""
        again = self._as_signed(entry, plan)
        if again is None:
            self._end(entry.id)
            return False
        self._journal.reopen(entry.id, plan, again)
        self._tally["again"] += 1
        return True

    def _as_signed(self, entry: Entry, plan: BundlePlan) -> PreparedBundle | None:
        """Return the bundle of a plan with the signatures that it had; None when that cannot be done any more."""
        spent = plan.inputs[0]
        seeds: Mapping[str, str] = self._accounts.secrets.seeds
        seed = next((each for each in seeds.values() if address_of(each, spent.key_index) == spent.address), None)
        try:
            prepared = None if seed is None else prepare(plan, seed)
        except PyotaError:
            return None
        return prepared if prepared is not None and prepared.bundle == entry.bundle else None


def _epochs(envelopes: Sequence[Envelope], registry: KeyRegistry) -> list[int]:
    """Return the epochs in which the island itself has sealed."""
    found = []
    for each in envelopes:
        if each.sender == registry.root and is_sealed(each.body):
            try:
                found.append(epoch_of(each.body))
            except ProtocolError:
                continue
    return found

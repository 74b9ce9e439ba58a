"""What stands on the Tangle of this ledger's own: read to find what the wallets' file does not know."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ...protocol import Envelope, KeyNotice, ProtocolError, canonical
from ..backends.backend import Backend, EmbeddedBackend
from ..messages.chronicle import PAYMENT_KIND, TAG_PREFIX, Opens, tag_of, text_of
from ..node import Transaction
from ..node.bundle import find_fault
from ..pyota.library import BundlePlan, PreparedBundle, TransferInput
from ..trinary import TrytesError

NEWEST: Final = 100
"""How many of the newest messages tell whether the wallets' file is older than the Tangle."""

_PAGE: Final = 100
_MOST_PAGES: Final = 2_000
_MOST_PAGES_ELSEWHERE: Final = 20
_SPOKEN: Final = ("request", "answer", "settlement", "data", "report")
_MOST_SPOKEN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPayment:
    """A payment as the message in its bundle names it, and as the bundle makes it."""

    payment_id: str
    source: str
    target: str
    amount_i: int
    memo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBundle:
    """A bundle that moves tokens of a wallet here: its transactions, tail first, and the payments that it tells of."""

    tail: str
    transactions: Sequence[Transaction]
    payments: tuple[ToldPayment, ...]
    at: float

    @property
    def bundle(self) -> str:
        """The bundle's hash."""
        return self.transactions[0].bundle

    @property
    def inputs(self) -> list[str]:
        """The addresses that it spends from."""
        return [each.address for each in self.transactions if each.value < 0]

    def plan(self, key_indices: Mapping[str, int]) -> BundlePlan:
        """Return what decides the bundle, as far as that can be seen."""
        spent = [each for each in self.transactions if each.value < 0]
        return BundlePlan(
            outputs=tuple((each.address, each.value) for each in self.transactions if each.value > 0),
            inputs=tuple(
                TransferInput(address=each.address, balance_i=-each.value, key_index=key_indices[each.address])
                for each in spent
            ),
            tag=self.transactions[0].tag,
            text=text_of(self.transactions) if self.payments else "",
            timestamp=self.transactions[0].timestamp,
        )

    @property
    def prepared(self) -> PreparedBundle:
        """The signed bundle, to be attached again if need be."""
        return PreparedBundle(bundle=self.bundle, trytes=tuple(each.trytes for each in reversed(self.transactions)))


class History:
    """Reads. Blocks; errors are those of `Backend`."""

    def __init__(self, backend: Backend, *, island_id: str, root: str, opens: Opens) -> None:
        """`root` is the island's public key; `opens` gives the keys that may open a sealed body."""
        self._backend = backend
        self._island_id = island_id
        self._root = root
        self._opens = opens

    def _pages(self, tag: str | None, most: int) -> Iterator[Sequence[str]]:
        below: int | None = None
        for _ in range(most):
            page = self._backend.recent_tails(tag=tag, prefix=TAG_PREFIX, limit=_PAGE, below=below)
            yield [each.hash for each in page]
            if len(page) < _PAGE:
                return
            below = page[-1].id

    def _read(self, tail: str) -> Envelope | None:
        """Return the message of a tail, if it is of this island; who may have signed it is not looked at."""
        try:
            envelope = Envelope.decode(text_of(self._backend.bundle_of(tail)).encode())
        except TrytesError, ProtocolError:
            return None
        return envelope if envelope.island == self._island_id and envelope.is_authentic() else None

    def body(self, envelope: Envelope) -> Mapping[str, Any]:
        """Return what a message says; nothing when no key of ours opens it."""
        try:
            return envelope.open(self._opens(envelope.body))
        except ProtocolError:
            return {}

    def newest(self) -> list[Envelope]:
        """Return the newest messages of any kind."""
        page = next(self._pages(None, 1), [])
        return [envelope for tail in page[:NEWEST] if (envelope := self._read(tail)) is not None]

    def spoken(self) -> list[Envelope]:
        """Return what others refer to, or what only a participant says: of each kind the newest ones."""
        found = []
        for kind in (*_SPOKEN, PAYMENT_KIND):
            for page in self._pages(tag_of(kind), _MOST_SPOKEN):
                found += [envelope for tail in page if (envelope := self._read(tail)) is not None]
        return found

    def notices(self) -> list[Envelope]:
        """Return all key messages of the island, in the order of their numbers."""
        found = [
            envelope
            for page in self._pages(tag_of(KeyNotice.kind), _MOST_PAGES)
            for tail in page
            if (envelope := self._read(tail)) is not None and envelope.sender == self._root
        ]
        return sorted(found, key=lambda each: each.sequence)

    def strange_bundles(self, known: Container[str]) -> list[str]:
        """Return the tails of the bundles with the tag of payments that are not among those known, the oldest first."""
        backend = self._backend
        if isinstance(backend, EmbeddedBackend):
            rows = backend.node.store.tails_with(tag_of(PAYMENT_KIND))
            return list({bundle: tail for tail, bundle in reversed(rows) if bundle not in known}.values())[::-1]
        found: list[str] = []
        for page in self._pages(tag_of(PAYMENT_KIND), _MOST_PAGES_ELSEWHERE):
            loaded = [(tail, transaction) for tail in page if (transaction := backend.load(tail)) is not None]
            strange = [tail for tail, transaction in loaded if transaction.bundle not in known]
            found += strange
            if not strange:
                break
        return found[::-1]

    def own_bundle(self, tail: str, owner: Callable[[str], str | None]) -> OwnBundle | None:
        """Return the bundle of a tail when it spends from wallets here, all of it from one; None for anything else.

        `owner` gives the wallet of an address. What is said in it counts where the bundle does it: a text can be
        copied into another bundle, and a signature for what an address holds cannot.
        """
        bundle = self._backend.bundle_of(tail)
        if not bundle or len(bundle) != bundle[0].last_index + 1:
            return None
        owners = {owner(each.address) for each in bundle if each.value < 0}
        if len(owners) != 1 or (source := owners.pop()) is None:
            return None
        if not self._backend.trusted and find_fault(bundle) is not None:
            return None
        envelope = self._read(tail)
        signed = envelope if envelope is not None and envelope.sender == self._root else None
        payments = () if signed is None else self._payments(self.body(signed), bundle, source)
        at = float(bundle[0].timestamp) if signed is None else signed.issued_at
        return OwnBundle(tail=tail, transactions=bundle, payments=payments, at=at)

    @staticmethod
    def _payments(body: Mapping[str, Any], bundle: Sequence[Transaction], source: str) -> tuple[ToldPayment, ...]:
        credited = [(each.address, each.value) for each in bundle if each.value > 0]
        payments = []
        try:
            for told, made in zip(body["payments"], credited, strict=False):
                if (told["address"], told["amount_i"]) != made or told["from"] != source:
                    return ()
                payments.append(
                    ToldPayment(
                        payment_id=str(told["id"]),
                        source=source,
                        target=str(told["to"]),
                        amount_i=made[1],
                        memo=canonical(told["memo"]).decode(),
                    )
                )
        except KeyError, TypeError, ProtocolError:
            return ()
        return tuple(payments)

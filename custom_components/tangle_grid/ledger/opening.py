"""Opens a ledger's files and its back end together, and sees that they belong together before anything changes."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from ..protocol import SigningKey
from .backends.backend import Backend, BackendConfig, Embedded, EmbeddedBackend, Remote
from .backends.http_client import HttpClient, checked_url
from .backends.remote import RemoteBackend, RemoteNode
from .backends.tangles import TANGLES_SCHEMA, Tangles
from .base.errors import LedgerError, LedgerFault, node_fault
from .base.keys import Secrets
from .base.model import Mishap
from .messages.chronicle import PAYMENT_KIND, message_address, tag_of
from .messages.participant_keys import MEMBERS_SCHEMA
from .node import Beginning
from .payments.outbox import OUTBOX_SCHEMA, OUTBOX_UPGRADE, OUTBOX_UPGRADE_2
from .restore.snapshot import Snapshot
from .store.database import Database
from .store.properties import PROPERTIES_SCHEMA, Properties
from .store.set_aside import is_there, read_genesis, set_aside
from .trinary import address_of
from .wallet import ADDRESS_SCHEMA, POLICY_SCHEMA, AddressBook

WALLET_VERSION: Final = 3
_TANGLE_FILE: Final = "tangle.sqlite"
_WALLET_FILE: Final = "wallet.sqlite"
_EMBEDDED: Final = "embedded"
_RESCAN: Final = "rescan"
_NEAR: Final = 200
_KEPT_KINDS: Final = ("request", "answer", "settlement", "key", PAYMENT_KIND)


def _place(config: BackendConfig) -> str:
    """Name the back end that was chosen: another name is another choice. A token is no part of it."""
    if isinstance(config, Embedded):
        return _EMBEDDED
    return " ".join(filter(None, (checked_url(config.url), config.tangle_id)))


class Opening:
    """One opening of a ledger's folder. Everything that was opened is closed by `stack`."""

    def __init__(
        self,
        stack: ExitStack,
        folder: Path,
        *,
        config: BackendConfig | None,
        island_id: str,
        secrets: Secrets,
        key: SigningKey,
        http: HttpClient | None,
        mwm: int,
        milestone_interval_s: float,
        clock: Callable[[], float],
        begun: bool = False,
    ) -> None:
        """Open all; without `config`, with the node in this process, unless another back end was chosen before.

        With `begun` there was a ledger in this folder: another one is not begun in its place. Where only one of its
        two files is damaged or gone, it is set aside, and made anew from the other one.

        Raises LedgerError (ledger_unavailable) as `Ledger.open` says; then nothing was changed.
        """
        self._stack = stack
        self._folder = folder
        self._is_chosen = config is not None
        self._island_id = island_id
        self._secrets = secrets
        self._key = key
        self._clock = clock
        self._begun = begun
        self.mishaps: list[Mishap] = []
        self.aside: list[str] = []
        config = config or Embedded(mwm=mwm, milestone_interval_s=milestone_interval_s)
        self._place = _place(config)
        self.database: Database
        self.tangles: Tangles
        self.backend: Backend
        if isinstance(config, Remote):
            if http is None:
                raise ValueError("a remote back end needs a client")
            self._open_remote(config, http)
        else:
            self._open_embedded(config)

    def _open_wallets(self, tangle_id: Callable[[], str]) -> None:
        """Open the wallets' file; when there is none, make one for this Tangle."""

        def create(database: Database) -> None:
            properties = Properties(database)
            for name, value in (("tangle_id", tangle_id()), ("island_id", self._island_id), ("backend", self._place)):
                properties.set(name, value)

        self.database = Database(
            self._folder / _WALLET_FILE,
            schema=ADDRESS_SCHEMA + POLICY_SCHEMA + PROPERTIES_SCHEMA + OUTBOX_SCHEMA + TANGLES_SCHEMA + MEMBERS_SCHEMA,
            version=WALLET_VERSION,
            create=create,
            upgrades={
                1: POLICY_SCHEMA + OUTBOX_UPGRADE + TANGLES_SCHEMA,
                2: OUTBOX_UPGRADE_2 + MEMBERS_SCHEMA,
            },
        )
        self._stack.callback(self.database.close)
        self._properties = Properties(self.database)
        if self._properties.get("island_id") != self._island_id:
            raise LedgerError("ledger_unavailable", {"error": "the wallets belong to another island"})
        self.tangles = Tangles(self.database)

    def _move_or_stay(self, tangle_id: str) -> None:
        """Let the wallets work on this Tangle: because it is theirs, or because its owner chose another back end."""
        if tangle_id == self.tangles.tangle_id:
            if self._place != self.tangles.place:
                self.tangles.stay(self._place)
        elif self._place == self.tangles.place:
            raise node_fault(LedgerFault.NODE_OTHER_TANGLE, "the wallets belong to another Tangle")
        else:
            with self.database.transaction(durable=True):
                self.tangles.move(tangle_id, self._place)
                self._properties.set(_RESCAN, "1")

    @property
    def wants_rescan(self) -> bool:
        """Whether the Tangle is new to the wallets, and has to be asked what their seeds were used for there."""
        return bool(self._properties.get(_RESCAN))

    def rescanned(self) -> None:
        """Note that it was asked."""
        self._properties.set(_RESCAN, "")

    # The node in this process

    def _open_embedded(self, config: Embedded) -> None:
        wallets, tangle = self._folder / _WALLET_FILE, self._folder / _TANGLE_FILE
        first = address_of(self._secrets.genesis_seed, 0)
        damage = self._open_known_wallets(wallets)
        if damage is None and is_there(wallets):
            if not self._is_chosen and self.tangles.place != _EMBEDDED:
                # Wallets move because their owner says so, and not because nobody says anything.
                raise LedgerError("ledger_unavailable", {"error": "the wallets work with a node elsewhere"})
            self._open_known_tangle(config, tangle, self._genesis(first))
        else:
            self._open_tangle_without_wallets(config, tangle, first, damage)
        backend = self.backend
        self._move_or_stay(backend.tangle_id)

    def _open_known_wallets(self, wallets: Path) -> LedgerError | None:
        """Open the wallets if they are there and sound; return what is wrong with a file that is damaged."""
        if not is_there(wallets):
            return None
        try:
            self._open_wallets(str)
        except LedgerError as error:
            if error.fault is not LedgerFault.CORRUPT:
                raise
            return error
        return None

    def _open_known_tangle(self, config: Embedded, tangle: Path, genesis: str) -> None:
        """Open the Tangle of these wallets, or begin one with what everybody had on the one that is lost."""
        ours = self.tangles.place == _EMBEDDED
        beginning = Snapshot(self.database).beginning() if ours else None
        if not is_there(tangle) and ours and beginning is None:
            raise LedgerError("ledger_unavailable", {"error": f"{tangle.name} is missing"}, fault=LedgerFault.LOST)
        if not is_there(tangle) and ours:
            self.mishaps.append(Mishap.TANGLE_REBUILT)
        try:
            self._open_node(config, tangle, genesis, beginning)
        except LedgerError as error:
            if error.fault is not LedgerFault.CORRUPT or beginning is None:
                raise
            self.aside += set_aside(tangle)
            self.mishaps.append(Mishap.TANGLE_REBUILT)
            self._open_node(config, tangle, genesis, beginning)

    def _open_tangle_without_wallets(
        self, config: Embedded, tangle: Path, first: str, damage: LedgerError | None
    ) -> None:
        """Begin wallets with what the Tangle shows of them, or a ledger where none ever was."""
        wallets = self._folder / _WALLET_FILE
        if not is_there(tangle):
            if damage is not None:
                raise damage
            if self._begun:
                raise LedgerError("ledger_unavailable", {"error": "both files are missing"}, fault=LedgerFault.LOST)
            self._open_node(config, tangle, first, None)
            self._open_wallets(lambda: self.backend.tangle_id)
            return
        # Which of the treasury's addresses the supply began at, only the wallets' file said.
        begin = read_genesis(tangle)
        mine = begin is not None and begin in {address_of(self._secrets.genesis_seed, place) for place in range(_NEAR)}
        backend = self._open_node(config, tangle, begin if mine and begin is not None else first, None)
        if damage is not None:
            self.aside += set_aside(wallets)
        self._open_wallets(lambda: self.backend.tangle_id)
        if begin is not None and begin != first:
            self._properties.set("genesis_address", begin)
        if self._begun or damage is not None or backend.node.store.count():
            # A Tangle without a transaction is what a first start leaves that did not come to its end.
            self.mishaps.append(Mishap.WALLETS_REBUILT)

    def _open_node(self, config: Embedded, tangle: Path, genesis: str, beginning: Beginning | None) -> EmbeddedBackend:
        backend = EmbeddedBackend(
            tangle,
            island_id=self._island_id,
            key=self._key,
            genesis_address=genesis,
            mwm=config.mwm,
            clock=self._clock,
            milestone_interval_s=config.milestone_interval_s,
            keep_s=config.keep_s,
            kept_tags=[tag_of(kind).rstrip("9") for kind in _KEPT_KINDS],
            beginning=beginning,
        )
        self._stack.callback(backend.close)
        self.backend = backend
        return backend

    def _genesis(self, first: str) -> str:
        """Return where the supply of this folder's own Tangle began, or will begin.

        The treasury's first address may have been spent from elsewhere by now; then it must never hold anything again.
        """
        known = self._properties.get("genesis_address") or first
        if (self._folder / _TANGLE_FILE).exists() or self.tangles.place == _EMBEDDED:
            return known
        book = AddressBook(self.database)
        treasury = book.owner(first)
        if treasury is None or not book.has(treasury):
            return first
        begin = book.wallet(treasury).address
        with self.database.transaction(durable=True):
            self._properties.set("genesis_address", begin)
        return begin

    # A node elsewhere

    def _open_remote(self, config: Remote, http: HttpClient) -> None:
        node = RemoteNode(http, mwm=config.mwm, remote_work=config.remote_work, clock=self._clock)
        self._stack.callback(node.stop)

        def tangle_id() -> str:
            info = node.info()
            if not info.synced:
                raise node_fault(LedgerFault.NODE_NOT_SYNCED, "the node is not synced yet")
            if config.tangle_id not in {None, info.tangle_id}:
                raise node_fault(
                    LedgerFault.NODE_OTHER_TANGLE, "the node has another Tangle than the one that was chosen"
                )
            return info.tangle_id

        damage = self._open_known_wallets(self._folder / _WALLET_FILE)
        if damage is not None:
            # Only from a Tangle that can be asked can they be made anew.
            known = tangle_id()
            self.aside += set_aside(self._folder / _WALLET_FILE)
            self.mishaps.append(Mishap.WALLETS_REBUILT)
            self._open_wallets(lambda: known)
        elif not is_there(self._folder / _WALLET_FILE):
            if self._begun:
                self.mishaps.append(Mishap.WALLETS_REBUILT)
            self._open_wallets(tangle_id)
        if self._place != self.tangles.place:
            # Only a node that answers can be moved to.
            self._move_or_stay(tangle_id())
        backend = RemoteBackend(
            node,
            config,
            self.tangles,
            address=message_address(self._island_id),
            tag=tag_of(PAYMENT_KIND),
            clock=self._clock,
        )
        self.backend = backend
        try:
            backend.check()
        except LedgerError as error:
            # Without the node the outbox takes orders all the same; but never for another Tangle.
            if error.fault is LedgerFault.NODE_OTHER_TANGLE:
                raise

"""The ledger in one piece: it opens the files, takes orders and messages in, and answers questions.

Synchronous. `advance` is for one worker thread; everything else may be called from any other.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ..protocol import SigningKey
from .backends.backend import DEFAULT_MWM, BackendConfig, EmbeddedBackend
from .backends.http_client import HttpClient
from .base.errors import LedgerError, LedgerFault
from .base.keys import Secrets
from .base.model import (
    LedgerStatus,
)
from .messages.answers_from_outside import AnswersFromOutside
from .messages.archive import ArchiveError, BackendArchive
from .messages.chronicle import Chronicle
from .messages.message_queue import MessageQueue
from .messages.participant_keys import ParticipantKeys
from .messages.privacy import Privacy, PrivacyMode
from .messages.publisher import Publisher
from .opening import Opening
from .payments.accounts import Accounts
from .payments.orders import MAX_ID, Orders
from .payments.outbox import Outbox
from .payments.pipeline import Pipeline, Progress
from .payments.sweeper import Sweeper
from .payments.wallet_rules import RulesOfWallets
from .restore.findings import read, unread
from .restore.history import History
from .restore.reconcile import Reconciler
from .restore.snapshot import Snapshot
from .store.database import Database
from .store.folder_lock import FolderLock
from .store.properties import Properties
from .verify.receipts import Verification, verify_payment

_LOGGER: Final = logging.getLogger(__name__)
_NOBODY: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})
_COUNTED_S: Final = 2 * 86_400
"""What was paid so lately may still count for the limits of a wallet."""


class LedgerCore:
    """Wallets, outbox and back end together."""

    def __init__(
        self,
        folder: Path,
        *,
        island_id: str,
        secrets: Secrets,
        clock: Callable[[], float],
        mwm: int = DEFAULT_MWM,
        milestone_interval_s: float = 5.0,
        backend: BackendConfig | None = None,
        http: HttpClient | None = None,
        privacy: PrivacyMode = "open",
        begun: bool = False,
        persons: Mapping[str, Sequence[str]] = _NOBODY,
    ) -> None:
        """Open or start the ledger in a folder; where one was `begun` before, no other is started.

        Without `backend` it is the node in this process, with `mwm` and `milestone_interval_s`; `http` is the way to a
        remote one, and `persons` gives the keys of people by their wallets. Raises LedgerError (ledger_unavailable)
        when a file is damaged, cannot be written, or belongs to another island, seed or Tangle; nothing is changed
        then.
        """
        self._island_id = island_id
        key = SigningKey.from_hex(secrets.signing_key)
        self._public_key = key.public
        self._clock = clock
        with ExitStack() as opened:
            lock = FolderLock(folder)
            opened.callback(lock.release)
            opening = Opening(
                opened,
                folder,
                config=backend,
                mwm=mwm,
                milestone_interval_s=milestone_interval_s,
                island_id=island_id,
                secrets=secrets,
                key=key,
                http=http,
                clock=clock,
                begun=begun,
            )
            self.backend, self._database = opening.backend, opening.database
            self._outbox = Outbox(self._database)
            self._messages = MessageQueue(self._database)
            self.members = ParticipantKeys(
                self._database, island_id=island_id, signing_key=secrets.signing_key, clock=clock
            )
            self.privacy = Privacy(
                self._database, island_id=island_id, signing_key=secrets.signing_key, mode=privacy, persons=persons
            )
            self.accounts = Accounts(self._database, self.backend, secrets)
            if opening.wants_rescan:
                self.accounts.look_again()
                self.members.announce_again()
                opening.rescanned()
            history = History(self.backend, island_id=island_id, root=self._public_key, opens=self.privacy.opens)
            reconciler = Reconciler(
                self._database,
                self.accounts,
                self.backend,
                history,
                members=self.members,
                privacy=self.privacy,
                clock=clock,
            )
            reconcile = partial(reconciler.run, mishaps=opening.mishaps, aside=opening.aside)
            if isinstance(self.backend, EmbeddedBackend):
                reconcile()
                self._remember()
            self._opened = opened.pop_all()
        self.chronicle = Chronicle(self.backend, registry=self.members.registry, opens=self.privacy.opens)
        self.outside = AnswersFromOutside(self.chronicle, self.members, self.privacy, clock=clock)
        self.publisher = Publisher(self._database, self.members, clock=clock)
        self.rules = RulesOfWallets(self._database, self.accounts, clock=clock)
        self.orders = Orders(self._database, self.accounts, self.backend, self.rules, clock=clock)
        self.sweeper = Sweeper(self._database, self.accounts, self.backend, clock=clock)
        self.steps = Pipeline(
            self._database,
            self.accounts,
            self.backend,
            island_id=island_id,
            members=self.members,
            body_key=self.privacy.sealing,
            whose=self.privacy.person_of,
            sweeper=self.sweeper,
            clock=clock,
            reconcile=None if isinstance(self.backend, EmbeddedBackend) else reconcile,
            remember=self._remember,
        )

    def close(self) -> None:
        """Stop a running proof of work and close the files; the outbox stays as it is."""
        with suppress(LedgerError):
            self._remember()
        self._opened.close()

    def stop(self) -> None:
        """Stop a running proof of work. May be called from any thread."""
        self.backend.stop()

    def health(self) -> LedgerStatus:
        """Return the state of the ledger as it is now."""
        fault, text = self.backend.fault or (None, None)
        payments, messages = self._outbox.unsent(), self._messages.count()
        return LedgerStatus(
            reachable=fault is None,
            queued=payments + messages,
            queued_messages=messages,
            transactions=self.backend.transactions,
            milestone=self.backend.milestone,
            supply_ok=self.backend.supply_ok,
            last_error=text,
            confirm_s=self._outbox.confirm_s(),
            backend=self.backend.kind,
            synced=fault is not LedgerFault.NODE_NOT_SYNCED,
            fault=fault,
            findings=unread(Properties(self._database)),
        )

    def _files(self) -> list[Database]:
        tangle = [self.backend.node.store.database] if isinstance(self.backend, EmbeddedBackend) else []
        return [self._database, *tangle]

    def lie_still(self, seconds: float) -> None:
        """Let the files be as they are for so many seconds, for whoever copies them; writing goes on in their logs."""
        self._remember()
        for file in self._files():
            file.lie_still(seconds)

    def _remember(self) -> None:
        """Keep what everybody has on the Tangle in this process."""
        if isinstance(self.backend, EmbeddedBackend):
            Snapshot(self._database).take(self.backend.node)

    def go_on(self) -> None:
        """Let the files change again."""
        for file in self._files():
            file.go_on()

    def hold_payments(self, *, held: bool) -> None:
        """Take no orders, and sign and send no payments, until they are held no more. From any thread."""
        self.orders.held = self.steps.held = held

    def advance(self, after: LedgerFault | None) -> tuple[Progress, LedgerStatus]:
        """Take a step, and tell how the ledger is then. Belongs to the worker thread.

        `after` is the fault that there was. Where somebody's order or message could not be written, a step with
        nothing to write proves nothing: that the files can be written again is tried first.
        """
        if after in {LedgerFault.DISK_FULL, LedgerFault.READ_ONLY}:
            for file in self._files():
                file.check_writable()
        return self.steps.advance(), self.health()

    def forget_person(self, wallet: str, keys: Sequence[str]) -> int:
        """Seal with other keys what tells of a person, and forget what is known beside its payments that are over.

        Return of how many payments. What was sealed so far is unreadable from now on, and what the files held of it is
        overwritten.
        """
        self.privacy.change_person(wallet, keys)
        count = self._outbox.forget_person(wallet, before=self._clock() - _COUNTED_S)
        self._database.rewrite()
        return count

    def findings_read(self) -> None:
        """Note that somebody has read what was put right when the files were opened."""
        with self._database.transaction():
            read(Properties(self._database))

    def verify(self, payment_id: str | None, transaction: str | None) -> Verification:
        """Recompute a reward from the Tangle. Raises LedgerError (unknown_payment, unknown_transaction)."""
        try:
            return verify_payment(
                BackendArchive(self.backend),
                payment_id=payment_id,
                transaction=transaction,
                island=self._island_id,
                public_key=self._public_key,
                opens=self.privacy.opens,
            )
        except ArchiveError:
            # What no key of this island opens was not sealed by it.
            pass
        if transaction is not None:
            raise LedgerError("unknown_transaction", {"transaction": str(transaction)[:100]})
        raise LedgerError("unknown_payment", {"payment_id": str(payment_id)[:MAX_ID]})

    def is_drained(self) -> bool:
        """Tell whether everything is on the Tangle, and every payment confirmed or failed."""
        return not self._messages.count() and not self._outbox.unsent() and not self._outbox.pending()

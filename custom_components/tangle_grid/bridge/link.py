"""The island's way to its ledger. The grid never waits for it.

Opening, publishing and paying happen in the background. While the ledger cannot be opened, messages are held, and
payments stay in the grid's state as settled but unpaid, from where they are handed over again: the payment id makes
that harmless.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..backoff import wait_s
from ..const import LOGGER, TREASURY
from ..ledger import (
    BalancesChanged,
    HealthChanged,
    Ledger,
    LedgerError,
    LedgerEvent,
    LedgerFault,
    LedgerStatus,
    Payment,
    PaymentChanged,
    Published,
    Secrets,
    SpendingLimits,
    WalletRules,
    WalletState,
)
from ..protocol import SigningKey
from .held_messages import HeldMessages
from .ledger_packages import async_ensure_ledger_packages
from .options import LedgerChoice
from .publisher import Publisher
from .secrets import Keyring, SecretStore, keys_of, ledger_folder
from .treasury import Treasury

_RETRY_S: Final = (5, 15, 60, 300)
LONGEST_COPY_S: Final = 3_600.0


class LedgerLink:
    """Opens the ledger in the background, keeps the latest balances, and passes its events on."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        island_id: str,
        choice: LedgerChoice,
        keyring: Keyring,
        store: SecretStore,
        held: HeldMessages,
        on_open: Callable[[list[Payment]], None],
        on_event: Callable[[LedgerEvent], None],
        on_trouble: Callable[[], None],
    ) -> None:
        self._hass = hass
        self._island_id = island_id
        self._choice = choice
        self._secrets = keyring.secrets
        self._saved = keyring.saved
        self._keyring = keyring
        self._people = dict(keyring.people)
        self._store = store
        self.held = held
        self.publisher = Publisher(held, keyring, lambda: self._ledger)
        self.treasury = Treasury(lambda: self.ledger)
        self._on_open = on_open
        self._on_event = on_event
        self._on_trouble = on_trouble
        self._unsubscribe: CALLBACK_TYPE | None = None
        self._ledger: Ledger | None = None
        self._changing = asyncio.Lock()
        self._closed = False
        self._lies_still = False
        self._payments_held = False
        self._looking: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self.wallets: Mapping[str, WalletState] = {}
        self.rules: Mapping[str, WalletRules] = {}
        self.status: LedgerStatus | None = None
        self.error: str | None = None
        self.fault: LedgerFault | None = None
        self.published = 0

    @property
    def ledger(self) -> Ledger:
        """The open ledger.

        Raises:
            LedgerError: It is not open (yet).
        """
        if self._ledger is None:
            raise LedgerError("ledger_unavailable", {"error": self.error or "starting"})
        return self._ledger

    @property
    def is_open(self) -> bool:
        """Whether the ledger's files are open."""
        return self._ledger is not None

    @property
    def address(self) -> str | None:
        """Where the operator receives tokens now, 90 trytes; None while nobody knows."""
        treasury = self.wallets.get(TREASURY)
        return None if treasury is None else treasury.address

    @property
    def healthy(self) -> bool:
        """Whether the ledger is open and answers."""
        return self._ledger is not None and self.status is not None and self.status.reachable

    @callback
    def async_start(self) -> None:
        """Open the ledger in the background, however long it takes."""
        self._task = self._hass.async_create_background_task(self._async_run(), "tangle_grid ledger")

    async def async_choose(self, choice: LedgerChoice) -> None:
        """Work with another Tangle, or keep messages for another time; queued payments go with the wallets."""
        async with self._changing:
            if self._closed or choice == self._choice:
                return
            await self._async_stop()
            self._choice = choice
            self.status = None
            self._on_trouble()
            self.async_start()

    async def _async_run(self) -> None:
        attempt = 0
        while True:
            try:
                await self._async_open()
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the ledger, the grid goes on
                self.error = _in_words(error)
                self.fault = error.fault if isinstance(error, LedgerError) else None
                delay = wait_s(_RETRY_S, attempt)
                if not attempt:
                    LOGGER.warning("The ledger could not be opened, and is tried again until it is: %s", self.error)
                attempt += 1
                self._on_trouble()
                await asyncio.sleep(delay)
            else:
                if attempt:
                    LOGGER.info("The ledger is open again")
                return

    async def _async_open(self) -> None:
        if self._keyring.unreadable is not None:
            raise LedgerError("ledger_unavailable", {"error": self._keyring.unreadable})
        if not self._saved:
            await self._async_save_secrets(self._secrets)
        await async_ensure_ledger_packages(self._hass)
        choice = self._choice
        begun = await self._store.async_begun()
        ledger = await Ledger.open(
            ledger_folder(self._hass, self._island_id),
            island_id=self._island_id,
            secrets=self._secrets,
            backend=choice.backend(self._hass, await self._store.async_token(choice.token_id)),
            privacy=choice.privacy,
            begun=begun,
            persons=self._people,
            held=self._payments_held,
        )
        try:
            if not begun:
                await self._store.async_note_begun()
            if ledger.seeds.secrets != self._secrets:
                # An import that was cut off has come to its end.
                await self._async_save_secrets(ledger.seeds.secrets)
            wallets, rules = await ledger.wallets(), await ledger.rules.all()
            payments = await ledger.payments(limit=1_000)
        except BaseException:
            await ledger.close()
            raise
        self.wallets, self.rules, self.status = wallets, rules, ledger.status()
        self.error = self.fault = None
        self._unsubscribe = ledger.subscribe(self._async_ledger_event)
        self._ledger = ledger
        ledger.hold_payments(held=self._payments_held)
        if self._lies_still:
            await ledger.copies.lie_still(LONGEST_COPY_S)
        self._on_open(payments)
        await self.publisher.async_publish_held()

    async def _async_save_secrets(self, secrets: Secrets) -> None:
        await self._store.async_save_secrets(secrets)
        self._secrets, self._saved = secrets, True

    @callback
    def _async_ledger_event(self, event: LedgerEvent) -> None:
        match event:
            case BalancesChanged(wallets=wallets):
                self.wallets = wallets
            case Published():
                self.published += 1
            case HealthChanged(status=status):
                self.status = status
            case PaymentChanged():
                self._async_rules_changed()
        if self._ledger is not None:
            self.status = self._ledger.status()
        self._on_event(event)

    @callback
    def async_hold_payments(self, *, held: bool) -> None:
        """Have no payment made until they are held no more, also by a ledger that is opened meanwhile."""
        self._payments_held = held
        if self._ledger is not None:
            self._ledger.hold_payments(held=held)

    def signing_key(self) -> SigningKey:
        """Return the island's key, with which it signs what it says. It shows its public half only."""
        return SigningKey.from_hex(self._secrets.signing_key)

    # What owners decide

    @callback
    def _async_rules_changed(self) -> None:
        """Look once, however many payments changed at the same time."""
        if self._looking is None or self._looking.done():
            self._looking = self._hass.async_create_task(self.async_refresh_rules(), "tangle_grid rules")

    async def async_refresh_rules(self) -> None:
        """Look up what the wallets may spend: what was spent long ago counts no more, and sweeps can fail."""
        if self._ledger is None:
            return
        with suppress(LedgerError):
            # When it cannot be looked up, the ledger has said so.
            rules = await self._ledger.rules.all()
            if rules != self.rules:
                self.rules = rules
                self._on_trouble()

    async def async_set_limits(self, wallet: str, limits: SpendingLimits) -> None:
        """Set what a wallet may spend. Raises LedgerError."""
        await self.ledger.rules.set_limits(wallet, limits)
        await self.async_refresh_rules()

    async def async_set_owner_address(
        self, wallet: str, address: str | None, *, sweep_above_i: int | None, keep_i: int
    ) -> None:
        """Set or forget where a wallet's owner keeps the rest. Raises LedgerError."""
        await self.ledger.rules.set_owner_address(wallet, address, sweep_above_i=sweep_above_i, keep_i=keep_i)
        await self.async_refresh_rules()

    async def async_import_seed(self, wallet: str, seed: str) -> None:
        """Give a wallet another seed, which is stored before and after. Raises LedgerError."""
        await self.ledger.seeds.replace(wallet, seed, persist=self._async_save_secrets)
        await self.async_refresh_rules()

    async def async_forget_person(self, wallet: str, key: str) -> int:
        """Seal what tells of a person with another key, and forget what was said beside its payments.

        Return of how many that was. Raises LedgerError.
        """
        if wallet not in self._people:
            return 0
        self._people[wallet] = keys_of(key)
        return await self.ledger.keys.forget_person(wallet, self._people[wallet])

    # Copies

    async def async_lie_still(self) -> None:
        """Let the files be copied, those of a ledger that is opened meanwhile as well. Raises LedgerError."""
        self._lies_still = True
        if self._ledger is not None:
            await self._ledger.copies.lie_still(LONGEST_COPY_S)

    async def async_go_on(self) -> None:
        """Let the files change again. Raises LedgerError."""
        self._lies_still = False
        if self._ledger is not None:
            await self._ledger.copies.go_on()

    async def async_findings_read(self) -> None:
        """Note that somebody has read what was put right when the ledger was opened. Raises LedgerError."""
        await self.ledger.copies.findings_read()
        if self.status is not None:
            self.status = replace(self.status, findings=None)
        self._on_trouble()

    # End

    async def async_close(self) -> None:
        """Close the ledger; its outbox stays on disk."""
        self._closed = True
        async with self._changing:
            await self._async_stop()

    async def _async_stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        if self._looking is not None:
            self._looking.cancel()
        if self._unsubscribe:
            self._unsubscribe()
            self._unsubscribe = None
        if self._ledger is not None:
            ledger, self._ledger = self._ledger, None
            await ledger.close()


def _in_words(error: Exception) -> str:
    if isinstance(error, LedgerError):
        return str(error.placeholders.get("error", error))
    return str(error) or type(error).__name__

"""The island's way to its ledger. The grid never waits for it.

Opening, publishing and paying happen in the background. While the ledger cannot be reached, messages wait in memory
up to a limit (their content is also part of the grid's own state), and payments stay in the grid's state as settled
but unpaid, from where they are handed over again: the payment id makes that harmless.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .const import LOGGER, TREASURY
from .ledger import (
    BalancesChanged,
    HealthChanged,
    Ledger,
    LedgerError,
    LedgerEvent,
    LedgerStatus,
    Payment,
    PaymentChanged,
    PaymentOrder,
    Published,
    Secrets,
    WalletState,
)
from .persistence import ledger_folder
from .pyota_installation import async_ensure_pyota

_RETRY_S: Final = (5, 15, 60, 300)
_WAITING_MESSAGES: Final = 1_000


class LedgerLink:
    """Opens the ledger in the background, keeps the latest balances, and passes its events on."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        island_id: str,
        secrets: Secrets,
        on_open: Callable[[list[Payment]], None],
        on_event: Callable[[LedgerEvent], None],
        on_trouble: Callable[[], None],
    ) -> None:
        self._hass = hass
        self._island_id = island_id
        self._secrets = secrets
        self._on_open = on_open
        self._on_event = on_event
        self._on_trouble = on_trouble
        self._waiting: deque[tuple[str, Mapping[str, Any]]] = deque(maxlen=_WAITING_MESSAGES)
        self._unsubscribe: CALLBACK_TYPE | None = None
        self._ledger: Ledger | None = None
        self._publishing = asyncio.Lock()
        self.wallets: Mapping[str, WalletState] = {}
        self.status: LedgerStatus | None = None
        self.error: str | None = None
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
    def healthy(self) -> bool:
        """Whether the ledger is open and answers."""
        return self._ledger is not None and self.status is not None and self.status.reachable

    async def async_run(self) -> None:
        """Open the ledger, however long it takes."""
        attempt = 0
        while True:
            try:
                await self._async_open()
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the ledger, the grid goes on
                self.error = str(error) or type(error).__name__
                delay = _RETRY_S[min(attempt, len(_RETRY_S) - 1)]
                LOGGER.warning("The ledger could not be opened, trying again in %s s: %s", delay, self.error)
                attempt += 1
                self._on_trouble()
                await asyncio.sleep(delay)
            else:
                return

    async def _async_open(self) -> None:
        await async_ensure_pyota(self._hass)
        folder = ledger_folder(self._hass, self._island_id)
        ledger = await Ledger.open(folder, island_id=self._island_id, secrets=self._secrets)
        self.wallets = await ledger.wallets()
        self.status = ledger.status()
        self.error = None
        self._unsubscribe = ledger.subscribe(self._async_ledger_event)
        self._ledger = ledger
        self._on_open(await ledger.payments(limit=1_000))
        await self._async_publish_waiting()

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
                pass
        if self._ledger is not None:
            self.status = self._ledger.status()
        self._on_event(event)

    async def async_publish(self, kind: str, body: Mapping[str, Any]) -> None:
        """Put a message in the ledger's outbox; until the ledger is open it waits here."""
        self._waiting.append((kind, body))
        if self._ledger is not None:
            await self._async_publish_waiting()

    async def _async_publish_waiting(self) -> None:
        async with self._publishing:
            while self._waiting and self._ledger is not None:
                kind, body = self._waiting[0]
                try:
                    await self._ledger.publish(kind, body)
                except LedgerError as error:
                    if error.key == "ledger_unavailable":
                        return
                    LOGGER.error("A %s message was not published: %s", kind, error)
                self._waiting.popleft()

    async def async_reward(self, payment_id: str, wallet: str, amount_i: int, memo: Mapping[str, Any]) -> Payment:
        """Pay from the treasury; the same payment id is paid once."""
        order = PaymentOrder(payment_id=payment_id, source=TREASURY, target=wallet, amount_i=amount_i, memo=memo)
        return await self.ledger.pay(order)

    async def async_close(self) -> None:
        """Close the ledger; its outbox stays on disk."""
        if self._unsubscribe:
            self._unsubscribe()
            self._unsubscribe = None
        if self._ledger is not None:
            ledger, self._ledger = self._ledger, None
            await ledger.close()

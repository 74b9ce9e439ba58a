"""Where the economy hands in what it wants done: it is written down first, then paid, and handed over until it is.

The event loop never waits here. What cannot be written is kept in memory and tried again, and nothing of it is paid
before it is on disk.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..backoff import wait_s
from ..const import LOGGER
from ..economy.effects import BookEntry, Effect
from ..ledger import LedgerError, Payment, PaymentState
from ..log_once import LogOnce
from .bookings import Bookings, opening_lines, payment_lines
from .journal import Journal, OrderedTransfer, Step, TransferState
from .journal_writer import JournalWriter
from .link import LONGEST_COPY_S, LedgerLink
from .open_transfers import OpenTransfers
from .transfer_payer import TransferPayer

_RETRY_S: Final = (1.0, 5.0, 15.0, 60.0)
_MADE_SURE_OF: Final = 200

ELSEWHERE: Final = "roaming/"
"""What the ids of payments begin with that are agreed with another island: the books get their lines from there."""


class PaymentDesk:
    """Writes steps of sagas down, and sees that their transfers are paid, each once.

    Args:
        path: The journal's file.
        link: The way to the ledger.
        wallet_of: Gives the wallet of a participant, None for somebody who has none.
        opened: Is called once the journal can be read: sagas go on from what `open_sagas` says.
        changed: Is called with each transfer whose state, or amount, changed.
        rate: Gives what tokens are worth now, iota of a unit of the currency; None where nobody says so.
        receipt: Gives what stands beside a payment, for everybody, in place of what a line says of it; None: nothing.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        path: Path,
        link: LedgerLink,
        *,
        wallet_of: Callable[[str], str | None],
        opened: Callable[[], None],
        changed: Callable[[OrderedTransfer], None],
        receipt: Callable[[BookEntry], str | None] = lambda _line: None,
        rate: Callable[[], Fraction | None] = lambda: None,
    ) -> None:
        self._hass, self._path, self._link = hass, path, link
        self._opened, self._changed = opened, changed
        self.bookings = Bookings(wallet_of, receipt, rate)
        self._rate = rate
        self.transfers = OpenTransfers(self._transfer_changed)
        self._writer = JournalWriter(hass)
        self._payer = TransferPayer(hass, link, self.transfers, journal=lambda: self.journal)
        self._said = LogOnce(LOGGER)
        self._journal: Journal | None = None
        self._task: asyncio.Task[None] | None = None
        self._running = self._again = False
        self._retry: CALLBACK_TYPE | None = None
        self._attempt = 0
        self._others: list[Payment] = []
        self._ledger_opened = self._sure = False
        self.open_sagas: Mapping[str, Mapping[str, Mapping[str, Any]]] = {}

    @property
    def journal(self) -> Journal:
        """The journal, for those who read it in a worker thread.

        Raises:
            LedgerError: ledger_unavailable. It is not open (yet).
        """
        if self._journal is None:
            raise LedgerError("ledger_unavailable", {"error": "the books are not open"})
        return self._journal

    @property
    def is_open(self) -> bool:
        """Whether the journal can be read and written."""
        return self._journal is not None

    @property
    def is_idle(self) -> bool:
        """Whether all that was handed in is written, and nothing is being done."""
        return not len(self._writer) and (self._task is None or self._task.done())

    def affordable_i(self, participant: str) -> int:
        """Return what a participant's wallet could pay beside all that it has to, iota; 0 while nobody knows."""
        wallet = self._link.wallets.get(self.bookings.account_of(participant))
        if wallet is None:
            return 0
        amounts_i = [wallet.available_i]
        if (rules := self._link.rules.get(wallet.wallet_id)) is not None and rules.allowance_i is not None:
            amounts_i.append(rules.allowance_i)
        amount_i = min(amounts_i) - self.transfers.waiting_i(wallet.wallet_id)
        if rules is not None and rules.limits.per_payment_i is not None:
            amount_i = min(amount_i, rules.limits.per_payment_i)
        return max(0, amount_i)

    # Life

    @callback
    def async_start(self) -> None:
        """Open the journal in the background, and begin to write and to pay."""
        self._running = True
        self._wake()

    async def async_close(self) -> None:
        """Write what is left, if that is possible, and close. What is unpaid is paid after the next start."""
        self._wake()
        await self.async_settled()
        self._running = False
        if self._retry is not None:
            self._retry()
        if (journal := self._journal) is not None:
            self._journal = None
            await self._hass.async_add_executor_job(journal.close)

    async def async_lie_still(self) -> None:
        """Let copies of the journal be whole from now on, until `async_go_on`. Raises LedgerError."""
        await self.async_settled()
        if self._journal is not None:
            await self._hass.async_add_executor_job(self._journal.lie_still, LONGEST_COPY_S)

    async def async_go_on(self) -> None:
        """Let the journal change again. Raises LedgerError."""
        if self._journal is not None:
            await self._hass.async_add_executor_job(self._journal.go_on)

    async def async_settled(self) -> None:
        """Wait until all that was handed in is written, and was offered to the ledger, or could not be."""
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    # Steps in

    @callback
    def record(
        self,
        kind: str,
        saga_id: str,
        state: Mapping[str, Any],
        effects: Sequence[Effect],
        *,
        at: float,
        ended: bool = False,
    ) -> None:
        """Take one step of a saga: it is written with its effects, and what it wants paid is paid after that."""
        booked = self.bookings.booked(tuple(effects))
        self.transfers.hand_in(booked)
        # Last: the work begins at once, and may have written it before this returns.
        self._take(Step(kind=kind, saga_id=saga_id, state=state, at=at, effects=booked, ended=ended))

    def _take(self, step: Step) -> None:
        self._writer.add(step)
        self._wake()

    @callback
    def ledger_opened(self, payments: Sequence[Payment]) -> None:
        """See that the ledger, which may be one that was restored, knows of the newest transfers, and the books of it.

        `payments` are the newest ones that it knows.
        """
        self._ledger_opened, self._sure = True, False
        for payment in payments:
            self.payment_changed(payment)
        self._wake()

    @callback
    def pay_again(self) -> None:
        """Offer what is refused once more: a balance or a limit changed, or some time went by."""
        if self.transfers.waiting:
            self._wake()

    @callback
    def payment_changed(self, payment: Payment) -> None:
        """Follow what became of a payment; one that no saga ordered gets lines of its own in the books."""
        if payment.payment_id.startswith(ELSEWHERE):
            return
        ordered = self.transfers.of_order(payment.payment_id)
        if ordered is None:
            if payment.state is PaymentState.CONFIRMED:
                self._others.append(payment)
                self._wake()
        elif payment.state is PaymentState.CONFIRMED:
            self.transfers.follow(ordered, TransferState.CONFIRMED)
        elif payment.state is PaymentState.FAILED:
            LOGGER.warning("The payment %s failed and is made anew: %s", payment.payment_id, payment.error)
            self.transfers.fail(ordered)

    def _transfer_changed(self, ordered: OrderedTransfer) -> None:
        """Have it noted where a transfer stands, behind what is written already."""
        self._wake()
        self._changed(ordered)

    # The work

    @callback
    def _wake(self) -> None:
        """Begin to work, or let the work that goes on look once more."""
        self._again = True
        if self._running and (self._task is None or self._task.done()):
            self._task = self._hass.async_create_background_task(self._async_work(), "tangle_grid payments")

    @callback
    def _async_try_again(self, _now: datetime) -> None:
        self._retry = None
        self._wake()

    async def _async_work(self) -> None:
        """Write, then pay, until nothing is left to do now."""
        while self._again:
            self._again = False
            try:
                if self._journal is None:
                    await self._async_open()
                await self._async_write()
                await self._async_note()
                await self._async_book_others()
                await self._async_make_sure()
                self._said.right("journal", "The books of the economy can be written again")
                await self._payer.async_pay()
                self._said.right("work", "Payments can be made again")
            except LedgerError as error:
                self._said.wrong(
                    "journal", "The books of the economy cannot be written; nothing of it is paid: %s", error
                )
                self._try_later()
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, the grid goes on
                self._said.wrong("work", "Payments cannot be made", level=logging.ERROR, error=error)
                self._try_later()
                return
            self._attempt = 0

    def _try_later(self) -> None:
        if self._retry is None and self._running:
            self._retry = async_call_later(self._hass, wait_s(_RETRY_S, self._attempt), self._async_try_again)
        self._attempt += 1

    async def _async_open(self) -> None:
        journal = await self._hass.async_add_executor_job(Journal, self._path)
        sagas, transfers = await self._hass.async_add_executor_job(
            lambda: (journal.open_sagas(), journal.open_transfers())
        )
        if journal.aside:
            LOGGER.error("The books of the economy were damaged; they lie beside as %s", ", ".join(journal.aside))
        self._journal = journal
        self.open_sagas = sagas
        self.transfers.restore(transfers)
        self._opened()

    async def _async_write(self) -> None:
        while len(self._writer):
            for step in await self._writer.async_write(self.journal):
                self.transfers.saved(step.effects)

    async def _async_book_others(self) -> None:
        """Write the lines of payments that no saga ordered: rewards, and what owners move by hand."""
        if not self._ledger_opened:
            return
        others, wallets, journal, rate = self._others[:], self._link.wallets, self.journal, self._rate()

        def write() -> None:
            now = dt_util.utcnow().timestamp()
            since = journal.begin([replace(line, rate=rate) for line in opening_lines(wallets, now)], now)
            ours = journal.ordered_here([each.payment_id for each in others])
            journal.add_lines(
                replace(line, rate=rate)
                for payment in others
                if payment.payment_id not in ours and (payment.confirmed_at or 0.0) > since
                for line in payment_lines(payment, wallets)
            )

        await self._hass.async_add_executor_job(write)
        del self._others[: len(others)]

    async def _async_make_sure(self) -> None:
        """Offer the newest transfers once more to a ledger that was just opened: it may know less than the journal."""
        if not self._ledger_opened or self._sure:
            return
        newest = await self._hass.async_add_executor_job(self.journal.newest_transfers, _MADE_SURE_OF)
        self.transfers.offer_again(newest)
        self._sure = True

    async def _async_note(self) -> None:
        """Note in the journal where transfers stand: what is not noted is offered again after the next start."""
        while noted := self.transfers.to_note():
            await self._hass.async_add_executor_job(self.journal.note_states, noted)
            self.transfers.noted(len(noted))

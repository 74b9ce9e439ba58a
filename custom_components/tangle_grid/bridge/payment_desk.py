"""Where the economy hands in what it wants done: it is written down first, then paid, and handed over until it is.

The event loop never waits here. What cannot be written is kept in memory and tried again, and nothing of it is paid
before it is on disk.
"""

import asyncio
import logging
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..backoff import wait_s
from ..const import LOGGER, TREASURY
from ..economy.effects import BookEntry, Effect, Kind, Transfer
from ..ledger import LedgerError, Payment, PaymentOrder, PaymentState
from ..log_once import LogOnce
from .journal import Journal, OrderedTransfer, Step, TransferState, with_amount
from .link import LONGEST_COPY_S, LedgerLink

_RETRY_S: Final = (1.0, 5.0, 15.0, 60.0)
_LOOKED_THROUGH: Final = 1_000
_MADE_SURE_OF: Final = 200
# It goes through by itself, and says nothing about the wallet.
_LATER: Final = frozenset({"ledger_unavailable", "wallet_queue_full"})


class PaymentDesk:
    """Writes steps of sagas down, and sees that their transfers are paid, each once.

    Args:
        path: The journal's file.
        link: The way to the ledger.
        wallet_of: Gives the wallet of a participant, None for somebody who has none.
        opened: Is called once the journal can be read: sagas go on from what `open_sagas` says.
        changed: Is called with each transfer whose state, or amount, changed.
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
    ) -> None:
        self._hass = hass
        self._path = path
        self._link = link
        self._wallet_of = wallet_of
        self._opened = opened
        self._changed = changed
        self._receipt = receipt
        self._said = LogOnce(LOGGER)
        self._journal: Journal | None = None
        self._task: asyncio.Task[None] | None = None
        self._running = self._again = False
        self._retry: CALLBACK_TYPE | None = None
        self._attempt = 0
        self._unwritten: list[Step | BookEntry] = []
        self._others: list[Payment] = []
        self._to_note: list[OrderedTransfer] = []
        self._unsaved: set[str] = set()
        self._ledger_opened = self._sure = False
        self._open: dict[str, OrderedTransfer] = {}
        self._by_order: dict[str, str] = {}
        self._refused: dict[str, str] = {}
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
    def refused(self) -> Mapping[str, str]:
        """Why transfers are not paid: a key of the ledger's errors by payment id."""
        return self._refused

    def state_of(self, payment_id: str) -> TransferState:
        """Return where a transfer stands that was handed in at some time."""
        ordered = self._open.get(payment_id)
        return TransferState.CONFIRMED if ordered is None else ordered.state

    def waiting_i(self, participant: str) -> int:
        """Return what a participant still has to pay and the ledger has not taken, iota."""
        account = self.account_of(participant)
        return sum(
            each.transfer.amount_i
            for each in self._open.values()
            if each.state is TransferState.WAITING and each.transfer.source == account
        )

    def account_of(self, participant: str) -> str:
        """Return under which name a participant stands in the books: its wallet's, which outlives it."""
        return self._wallet_of(participant) or participant

    def affordable_i(self, participant: str) -> int:
        """Return what a participant's wallet could pay beside all that it has to, iota; 0 while nobody knows."""
        wallet = self._link.wallets.get(self._wallet_of(participant) or "")
        if wallet is None:
            return 0
        amounts_i = [wallet.available_i]
        if (rules := self._link.rules.get(wallet.wallet_id)) is not None and rules.allowance_i is not None:
            amounts_i.append(rules.allowance_i)
        amount_i = min(amounts_i) - self.waiting_i(participant)
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
        if self._unwritten and not effects:
            last = self._unwritten[-1]
            if isinstance(last, Step) and not last.effects and (last.kind, last.saga_id) == (kind, saga_id):
                # Only the newest state counts.
                self._unwritten.pop()
        booked = self._with_receipts(tuple(map(self._booked, effects)))
        for effect in booked:
            if isinstance(effect, Transfer) and effect.payment_id not in self._open:
                self._unsaved.add(effect.payment_id)
                self._keep(OrderedTransfer(transfer=effect))
        # Last: the work begins at once, and may have written it before this returns.
        self._take(Step(kind=kind, saga_id=saga_id, state=state, at=at, effects=booked, ended=ended))

    @callback
    def add_line(self, line: BookEntry) -> None:
        """Take a line of the books that belongs to no saga."""
        self._take(self._booked_line(line))

    def _booked(self, effect: Effect) -> Effect:
        if isinstance(effect, BookEntry):
            return self._booked_line(effect)
        return replace(effect, source=self.account_of(effect.source), target=self.account_of(effect.target))

    def _with_receipts(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        """Return the effects with a receipt beside each payment, for each line that a side has of it."""
        receipts: dict[str, dict[str, str]] = {}
        for line in effects:
            if not isinstance(line, BookEntry) or line.payment_id is None or not line.amount_i:
                continue
            if (receipt := self._receipt(line)) is not None:
                of_payment, side = receipts.setdefault(line.payment_id, {}), "to" if line.amount_i > 0 else "from"
                of_payment[f"{line.kind.value}_{side}" if side in of_payment else side] = receipt
        return tuple(
            replace(effect, memo={**effect.memo, "receipts": receipts[effect.payment_id]})
            if isinstance(effect, Transfer) and effect.payment_id in receipts
            else effect
            for effect in effects
        )

    def _booked_line(self, line: BookEntry) -> BookEntry:
        other = None if line.counterparty is None else self.account_of(line.counterparty)
        return replace(line, participant=self.account_of(line.participant), counterparty=other)

    def _take(self, what: Step | BookEntry) -> None:
        self._unwritten.append(what)
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
        if any(each.state is TransferState.WAITING for each in self._open.values()):
            self._wake()

    @callback
    def payment_changed(self, payment: Payment) -> None:
        """Follow what became of a payment; one that no saga ordered gets lines of its own in the books."""
        payment_id = self._by_order.get(payment.payment_id)
        ordered = None if payment_id is None else self._open.get(payment_id)
        if ordered is None:
            if payment.state is PaymentState.CONFIRMED:
                self._others.append(payment)
                self._wake()
        elif payment.state is PaymentState.CONFIRMED:
            self._follow(ordered, TransferState.CONFIRMED)
        elif payment.state is PaymentState.FAILED:
            LOGGER.warning("The payment %s failed and is made anew: %s", payment.payment_id, payment.error)
            self._follow(ordered, TransferState.WAITING, tries=ordered.tries + 1)
            self._wake()

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
                await self._async_pay()
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
        handed_in = self._open
        self._open = {}
        for ordered in transfers:
            self._keep(ordered)
        for payment_id, ordered in handed_in.items():
            if payment_id not in self._open:
                self._keep(ordered)
        self._opened()

    async def _async_write(self) -> None:
        while self._unwritten:
            batch, self._unwritten = self._unwritten, []
            try:
                await self._hass.async_add_executor_job(self._write, self.journal, batch)
            except BaseException:
                self._unwritten = batch + self._unwritten
                raise
            for each in batch:
                if isinstance(each, Step):
                    self._unsaved.difference_update(map(_payment_id, each.effects))

    @staticmethod
    def _write(journal: Journal, batch: Sequence[Step | BookEntry]) -> None:
        if steps := [each for each in batch if isinstance(each, Step)]:
            journal.record(steps)
        if lines := [each for each in batch if isinstance(each, BookEntry)]:
            journal.add_lines(lines)

    async def _async_book_others(self) -> None:
        """Write the lines of payments that no saga ordered: rewards, and what owners move by hand."""
        if not self._ledger_opened:
            return
        others, wallets, journal = self._others[:], self._link.wallets, self.journal

        def write() -> None:
            openings = [
                BookEntry(
                    entry_id=f"opening/{name}",
                    participant=name,
                    at=dt_util.utcnow().timestamp(),
                    kind=Kind.TRANSFER,
                    reference="opening",
                    amount_i=wallet.balance_i,
                )
                for name, wallet in wallets.items()
                if wallet.balance_i
            ]
            since = journal.begin(openings, dt_util.utcnow().timestamp())
            ours = journal.ordered_here([each.payment_id for each in others])
            journal.add_lines(
                line
                for payment in others
                if payment.payment_id not in ours and (payment.confirmed_at or 0.0) > since
                for line in _lines_of(payment, wallets)
            )

        await self._hass.async_add_executor_job(write)
        del self._others[: len(others)]

    async def _async_make_sure(self) -> None:
        """Offer the newest transfers once more to a ledger that was just opened: it may know less than the journal."""
        if not self._ledger_opened or self._sure:
            return
        for ordered in await self._hass.async_add_executor_job(self.journal.newest_transfers, _MADE_SURE_OF):
            if ordered.transfer.payment_id not in self._open:
                self._keep(ordered)
        self._open = {
            payment_id: replace(ordered, state=TransferState.WAITING) for payment_id, ordered in self._open.items()
        }
        self._sure = True

    async def _async_pay(self) -> None:
        """Offer everything that waits to the ledger, the oldest first; who cannot pay one, pays none after it."""
        if not self._link.is_open:
            return
        poor: set[str] = set()
        for ordered in [each for each in self._open.values() if each.state is TransferState.WAITING]:
            transfer = ordered.transfer
            if transfer.source in poor or transfer.payment_id in self._unsaved:
                continue
            try:
                payment = await self._async_order(ordered)
            except LedgerError as error:
                poor.add(transfer.source)
                if error.key not in _LATER:
                    self._refused[transfer.payment_id] = error.key
                    self._said.wrong(
                        transfer.source, "A payment waits, %s is the first: %s", transfer.payment_id, error
                    )
                continue
            if self._refused.pop(transfer.payment_id, None) is not None:
                self._said.right(transfer.source, "Payments of %s that waited are made", transfer.source)
            if payment.amount_i != transfer.amount_i:
                await self._async_made_otherwise(ordered, payment)
            elif payment.state is PaymentState.CONFIRMED:
                self._follow(ordered, TransferState.CONFIRMED)
            elif payment.state is PaymentState.FAILED:
                self._follow(ordered, TransferState.WAITING, tries=ordered.tries + 1)
                self._wake()
            else:
                self._follow(ordered, TransferState.TAKEN)

    async def _async_order(self, ordered: OrderedTransfer) -> Payment:
        transfer = ordered.transfer
        order = PaymentOrder(
            payment_id=ordered.order_id,
            source=transfer.source,
            target=transfer.target,
            amount_i=transfer.amount_i,
            memo=transfer.memo,
        )
        try:
            return await self._link.ledger.pay(order)
        except LedgerError as error:
            if error.key != "payment_conflict":
                raise
            payments = await self._link.ledger.payments(limit=_LOOKED_THROUGH)
            before = next((each for each in payments if each.payment_id == order.payment_id), None)
            if before is None or (before.source, before.target) != (order.source, order.target):
                raise
            return before

    async def _async_made_otherwise(self, ordered: OrderedTransfer, payment: Payment) -> None:
        """Believe the ledger: the journal was set back to before this payment, and had it made with another amount."""
        transfer = ordered.transfer
        LOGGER.warning("%s was paid before, with %s i: it stays so", transfer.payment_id, payment.amount_i)
        await self._hass.async_add_executor_job(self.journal.note_amount, transfer.payment_id, payment.amount_i)
        state = TransferState.CONFIRMED if payment.state is PaymentState.CONFIRMED else TransferState.TAKEN
        self._follow(with_amount(ordered, payment.amount_i), state)

    def _keep(self, ordered: OrderedTransfer) -> None:
        self._open[ordered.transfer.payment_id] = ordered
        self._by_order[ordered.order_id] = ordered.transfer.payment_id

    def _follow(self, before: OrderedTransfer, state: TransferState, *, tries: int | None = None) -> None:
        """Note where a transfer stands, here and, behind what is written already, in the journal."""
        payment_id = before.transfer.payment_id
        ordered = OrderedTransfer(transfer=before.transfer, state=state, tries=before.tries if tries is None else tries)
        self._by_order.pop(before.order_id, None)
        if state is TransferState.CONFIRMED:
            self._open.pop(payment_id, None)
            self._refused.pop(payment_id, None)
        else:
            self._keep(ordered)
        self._to_note.append(ordered)
        self._wake()
        self._changed(ordered)

    async def _async_note(self) -> None:
        """Note in the journal where transfers stand: what is not noted is offered again after the next start."""
        while noted := self._to_note[:]:
            await self._hass.async_add_executor_job(self.journal.note_states, noted)
            del self._to_note[: len(noted)]


def _payment_id(effect: Effect) -> str:
    return effect.payment_id or ""


def _lines_of(payment: Payment, wallets: Container[str]) -> Iterator[BookEntry]:
    """Return the lines of a payment that no saga ordered, one for each side that has a wallet here."""
    request = payment.memo.get("request")
    is_reward = payment.source == TREASURY and isinstance(request, str)
    sides = (
        (payment.source, -payment.amount_i, payment.target, "out"),
        (payment.target, payment.amount_i, payment.source, "in"),
    )
    for account, amount_i, other, way in sides:
        if account in wallets:
            yield BookEntry(
                entry_id=f"{payment.payment_id}/{way}",
                participant=account,
                at=payment.confirmed_at or payment.created_at,
                kind=Kind.REWARD if is_reward else Kind.TRANSFER,
                reference=str(request) if is_reward else payment.payment_id,
                amount_i=amount_i,
                counterparty=other if other in wallets else None,
                payment_id=payment.payment_id,
            )

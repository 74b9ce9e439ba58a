"""Turns what is queued into transfers: which payments share a bundle, what they spend, and where the change goes."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from ...protocol import canonical
from ..backends.backend import ADDRESS_SPENT, Backend
from ..base.model import Payment, PaymentState, is_personal
from ..messages.chronicle import PAYMENT_KIND, tag_of
from ..pyota.library import BundlePlan, TransferInput
from ..store.database import Database
from ..trinary import HASH_TRYTES
from ..wallet import MANY, choose_gathered, choose_inputs
from .accounts import Accounts
from .outbox import Outbox
from .outbox_rows import OpenPayment, Transfer
from .payees import is_elsewhere, resolve_target
from .transfers import Transfers

_MAX_OUTPUTS: Final = 8
_MAX_TOLD_BYTES: Final = 6_144
"""What the ids and memos of a bundle's payments may come to: its message has to fit an envelope, also sealed."""

type Seal = Callable[[str, str, Mapping[str, Any], float], BundlePlan]
"""Numbers and signs a message (kind, id, body, time), inside the transaction that stores the plan."""

type Whose = Callable[[str, str], str | None]
"""Tells the person of whom a payment tells, from who pays and who is paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What planning came to: a transfer to send, or payments that ended before they began."""

    transfer: Transfer | None = None
    failed: tuple[Payment, ...] = ()


class TransferPlanner:
    """Serves the wallets in turn, each with one transfer at a time and in the order of its payments.

    What decides a bundle is on disk, the key indices included, before anything is signed. Call it from one thread.
    """

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        backend: Backend,
        *,
        seal: Seal,
        whose: Whose,
        clock: Callable[[], float],
    ) -> None:
        """`seal` makes the message of a bundle; what that says of people is about one only, as `whose` tells."""
        self._whose = whose
        self._database = database
        self._accounts = accounts
        self._backend = backend
        self._outbox = Outbox(database)
        self._transfers = Transfers(database)
        self._seal = seal
        self._clock = clock

    def plan(self, transfers: Sequence[Transfer]) -> Planned | None:
        """Serve the first wallet that can pay now, with as much of its queue as fits a bundle; None if none can.

        `transfers` are those on their way.
        """
        busy = {transfer.source for transfer in transfers}
        rescue = self._rescue(busy, {address for each in transfers for address, _amount in each.plan.outputs})
        if rescue is not None:
            return rescue
        for source in self._outbox.waiting():
            if source not in self._accounts or source in busy:
                continue
            planned = self._serve(source, transfers)
            if planned is not None:
                return planned
        return None

    def _rescue(self, busy: Container[str], expected: Container[str]) -> Planned | None:
        """Move what an address still holds after a transfer from it came to nothing for good to a fresh address.

        Nothing was spent from it, but its key has signed once. It signs this one other bundle, which spends all that
        the address holds and pays to nobody else, so that it cannot fail as the first did; and then never again.
        """
        if not self._backend.trusted:
            return None
        for source, address, index in self._accounts.book.stranded():
            if source not in self._accounts or source in busy or address in expected:
                # What is still on its way to the address would stay there for ever.
                continue
            (balance,) = self._backend.known_balances([address])
            if balance:
                return self._store(
                    source, [], [TransferInput(address=address, balance_i=balance, key_index=index)], rescue=True
                )
        return None

    def gather(self, transfers: Sequence[Transfer]) -> Planned | None:
        """Move the tokens of a wallet that has them on many addresses to one of them; None when no wallet has."""
        busy = {transfer.source for transfer in transfers}
        for source in self._accounts.wallet_ids():
            # The back end is asked about those wallets only that have many addresses at all.
            if source in busy or len(self._accounts.book.live(source, reserved=False)) <= MANY:
                continue
            funded = self._funded(source, transfers)
            inputs = choose_gathered(funded) if funded is not None else []
            if inputs:
                return self._store(source, [], inputs)
        return None

    def _serve(self, source: str, transfers: Sequence[Transfer]) -> Planned | None:
        queue = self._outbox.unplanned(source, _MAX_OUTPUTS)
        may_pay = {target: self._may_pay(target) for target in dict.fromkeys(each.payment.target for each in queue)}
        if None in may_pay.values():
            return None
        if dead := [each.payment for each in queue if not may_pay[each.payment.target]]:
            return self._fail(dead, "invalid_address")
        funded = self._funded(source, transfers)
        if funded is None:
            return None
        head = queue[0].payment
        inputs = choose_inputs(
            funded, head.amount_i if queue[0].alone else sum(each.payment.amount_i for each in queue)
        )
        batch = self._fitting(queue, sum(spent.balance_i for spent in inputs))
        if batch:
            return self._store(source, batch, inputs)
        if len(inputs) > 1 and sum(spent.balance_i for spent in funded) >= head.amount_i:
            # It has enough, on more addresses than one bundle can spend from.
            return self._store(source, [], inputs)
        if not transfers:
            # Nothing is on its way to this wallet any more: what it had when the order was taken is gone.
            return self._fail([head], self._why_poor(head))
        return None

    def _why_poor(self, payment: Payment) -> str:
        """Say why a wallet has less than when the order was taken: as a rule, somebody else has spent from it."""
        known = self._outbox.payment(payment.payment_id)
        return ADDRESS_SPENT if known is not None and known.error == ADDRESS_SPENT else "insufficient_funds"

    def _may_pay(self, target: str) -> bool | None:
        """Tell whether a target may be paid: a wallet here always, at another address if somebody has spent from it."""
        if is_elsewhere(target, self._accounts.book):
            return self._backend.may_receive(target[:HASH_TRYTES])
        may = self._backend.may_receive(resolve_target(target, self._accounts.book))
        return None if may is None else True

    def _address_of(self, target: str) -> str:
        """Return the address to pay to; of a wallet here, a new one if somebody else has spent from its latest."""
        address = resolve_target(target, self._accounts.book)
        owner = self._accounts.book.owner(address)
        if owner is not None and owner in self._accounts and self._backend.is_known_spent(address):
            return self._accounts.renew(owner)
        return address

    def _fitting(self, queue: Sequence[OpenPayment], funds: int) -> list[Payment]:
        """Return the payments from the head of the queue that fit one bundle, in their order."""
        batch: list[Payment] = []
        total = told_bytes = 0
        for each in queue:
            total += each.payment.amount_i
            told_bytes += len(canonical([each.payment.payment_id, each.payment.memo]))
            if total > funds or (batch and (each.alone or told_bytes > _MAX_TOLD_BYTES)):
                break
            if batch and self._secrecy(each.payment) != self._secrecy(batch[0]):
                # What one bundle says of its payments is sealed for one person, or it is not.
                break
            batch.append(each.payment)
            if each.alone:
                break
        return batch

    def _secrecy(self, payment: Payment) -> tuple[bool, str | None]:
        personal = is_personal(payment.memo)
        return personal, self._whose(payment.source, payment.target) if personal else None

    def _fail(self, payments: Sequence[Payment], error: str) -> Planned:
        with self._database.transaction(durable=True):
            for payment in payments:
                self._outbox.fail_payment(payment.payment_id, error)
        return Planned(failed=tuple(replace(each, state=PaymentState.FAILED, error=error) for each in payments))

    def _funded(self, source: str, transfers: Sequence[Transfer]) -> list[TransferInput] | None:
        """Return the wallet's open addresses that hold tokens; None when that is not certain yet.

        An address that a transfer pays to waits. One that somebody else with the same seed spends from is left out.
        """
        expected = {address for transfer in transfers for address, _amount in transfer.plan.outputs}
        live = [each for each in self._accounts.book.live(source, reserved=False) if each[0] not in expected]
        funds = self._backend.funds([address for address, _index in live])
        if funds is None:
            return None
        if funds.spent:
            with self._database.transaction(durable=True):
                self._outbox.note_loss(source, ADDRESS_SPENT)
                self._accounts.give_up(source, [each for each in funds.spent if not funds.balances.get(each)])
        return [
            TransferInput(address=address, balance_i=balance, key_index=index)
            for address, index in live
            if (balance := funds.balances.get(address, 0)) and address not in funds.spent
        ]

    def _store(
        self, source: str, batch: Sequence[Payment], inputs: Sequence[TransferInput], *, rescue: bool = False
    ) -> Planned | None:
        """Store what decides the bundle, and give it its addresses; without payments it moves all to the change."""
        now = round(self._clock(), 3)
        funds = sum(spent.balance_i for spent in inputs)
        with self._database.transaction(durable=True):
            addresses = [spent.address for spent in inputs]
            if not rescue and not self._accounts.book.are_open(source, addresses):
                return None
            transfer = self._transfers.add(source, [payment.payment_id for payment in batch])
            if rescue:
                self._accounts.book.hand_on(addresses[0], transfer)
            self._accounts.book.reserve(addresses, transfer)
            change = self._accounts.renew(source)
            outputs = [(self._address_of(payment.target), payment.amount_i) for payment in batch]
            total = sum(amount for _address, amount in outputs)
            if funds > total:
                outputs.append((change, funds - total))
            plan = BundlePlan(
                outputs=tuple(outputs),
                inputs=tuple(inputs),
                tag=tag_of(PAYMENT_KIND),
                text="",
                timestamp=int(now),
            )
            if batch:
                sealed = self._seal(PAYMENT_KIND, uuid4().hex, _told(batch, outputs), now)
                plan = replace(plan, text=sealed.text, timestamp=sealed.timestamp)
            self._transfers.set_plan(transfer, plan)
        return Planned(
            transfer=Transfer(id=transfer, source=source, state="planned", plan=plan, prepared=None, refused=0)
        )


def _told(batch: Sequence[Payment], outputs: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Return what the bundle says about its payments, in the order of its outputs."""
    return {
        "payments": [
            {
                "id": payment.payment_id,
                "from": payment.source,
                "to": payment.target,
                "address": address,
                "amount_i": payment.amount_i,
                "memo": payment.memo,
            }
            for payment, (address, _amount) in zip(batch, outputs, strict=False)
        ]
    }

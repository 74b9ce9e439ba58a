"""The books of an island, as people ask for them: statements out of the journal, signed with the island's key."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..bridge.journal import Erased, Journal
from ..bridge.link import LedgerLink
from ..bridge.payment_desk import PaymentDesk
from ..bridge.secrets import SecretStore
from ..const import CONF_RETENTION
from ..devices.named import StoredEntry
from ..economy.books import (
    Form,
    Month,
    Quarter as SharedQuarter,
    Shared,
    SharingKey,
    Statement,
    Worth,
    share,
    signed_sharing,
    signed_statement,
    statement,
    statement_csv,
)
from ..economy.effects import BookEntry
from ..economy.privacy import DEFAULT_DAYS, KINDS_OF, Category, erase, receipt_data, receipt_of, receipt_salt
from ..ledger import LedgerError
from ..protocol import ProtocolError
from .charging_sessions import KIND as CHARGING
from .token_rate import TokenRate
from .visits import PARKING_RECEIPT, PARKING_VISIT, TOLL_RECEIPT, TOLL_VISIT

FORGET_EVERY: Final = timedelta(hours=6)
_DAY_S: Final = 86_400
#: Which ended sessions, stays and passages are kept for how long, by what they are called in the journal.
_SAGAS_OF: Final[Mapping[str, Category]] = {
    CHARGING: Category.CHARGING,
    PARKING_VISIT: Category.PARKING,
    PARKING_RECEIPT: Category.PARKING,
    TOLL_VISIT: Category.TOLLS,
    TOLL_RECEIPT: Category.TOLLS,
}


def kept_days(options: Mapping[str, Any]) -> dict[Category, int]:
    """Return for how many days each kind of data is kept, by the options of an entry."""
    stored = options.get(CONF_RETENTION, {})
    return {category: int(stored.get(category.value, days)) for category, days in DEFAULT_DAYS.items()}


class Receipts:
    """Receipts that only the person whose line it is can open; the keys of them, by wallet."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """Begin with the stored keys."""
        self._keys = dict(keys)

    def of(self, line: BookEntry) -> str | None:
        """Return the receipt of a line; None where there is no key, or nothing that could be committed to."""
        key = self._keys.get(line.participant)
        if key is None:
            return None
        try:
            return receipt_of(line, key)
        except ProtocolError:
            return None

    def opened(self, line: BookEntry, published: Mapping[str, Any]) -> dict[str, Any]:
        """Return what proves to others what a payment was for: data and salt of the receipt that stands beside it.

        Nothing where that cannot be opened any more: details are forgotten after their time, and keys destroyed.
        """
        receipt = self.of(line)
        if receipt is None or receipt not in published.values():
            return {}
        salt = receipt_salt(line, self._keys[line.participant])
        return {"receipt": {"commitment": receipt, "data": receipt_data(line), "salt": salt}}

    @callback
    def change(self, account: str, key: str) -> None:
        """Use another key for a wallet's owner from now on."""
        self._keys[account] = key


class Books:
    """Reads the journal in worker threads. Every method may raise LedgerError (`ledger_unavailable`)."""

    def __init__(
        self,
        hass: HomeAssistant,
        island_id: str,
        *,
        desk: PaymentDesk,
        link: LedgerLink,
        store: SecretStore,
        receipts: Receipts,
        rate: TokenRate,
        entry: StoredEntry,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._rate = rate
        self._island_id = island_id
        self._desk = desk
        self._link = link
        self._store = store
        self._receipts = receipts

    def this_month(self) -> Month:
        """Return the month that it is now, by Home Assistant's time zone."""
        return Month.of(dt_util.utcnow().timestamp(), dt_util.get_default_time_zone())

    async def async_statement(self, participant: str, month: Month) -> Statement:
        """Return a participant's statement of a month, by Home Assistant's time zone; the treasury has one too."""
        await self._desk.async_settled()
        journal, account = self._desk.journal, self._desk.bookings.account_of(participant)
        zone, time_zone = dt_util.get_default_time_zone(), self._hass.config.time_zone
        _start, end = month.bounds(zone)
        rate = self._rate.told()
        worth = None if rate is None else Worth(currency=self._hass.config.currency, rate=rate)

        def read() -> Statement:
            return statement(
                journal.lines(participant=account, until=end),
                island=self._island_id,
                participant=account,
                month=month,
                zone=zone,
                time_zone=time_zone,
                worth=worth,
            )

        return await self._hass.async_add_executor_job(read)

    def signed(self, of: Statement) -> dict[str, Any]:
        """Return a statement as JSON with the island's signature. Raises BooksError."""
        return signed_statement(of, self._link.signing_key())

    def signed_sharing(self, shared: Sequence[Shared], key: SharingKey, month: Month) -> dict[str, Any]:
        """Return a sharing of energy as JSON with the island's signature: all that it takes to repeat it."""
        return signed_sharing(
            shared,
            key,
            island=self._island_id,
            month=month,
            time_zone=self._hass.config.time_zone,
            signing=self._link.signing_key(),
        )

    def csv(self, of: Statement, form: Form, names: Mapping[str, str]) -> str:
        """Return a statement as CSV, by Home Assistant's time zone. `names` are those of wallets."""
        return statement_csv(of, dt_util.get_default_time_zone(), form, names)

    async def async_share(
        self, sources: Sequence[str], members: Sequence[str], key: SharingKey, month: Month
    ) -> list[Shared]:
        """Return who used how much of what the sources gave in a month, by quarters of an hour."""
        journal = self._desk.journal
        start, end = month.bounds(dt_util.get_default_time_zone())
        given = {self._desk.bookings.account_of(each) for each in sources}
        names = {self._desk.bookings.account_of(each): each for each in members}

        def read() -> list[Shared]:
            produced: dict[int, int] = {}
            used: dict[int, dict[str, int]] = {}
            for each in journal.quarters(since=int(start), until=int(end)):
                if each.participant in given:
                    produced[each.at] = produced.get(each.at, 0) + each.wh_out
                if each.participant in names:
                    used.setdefault(each.at, {})[names[each.participant]] = each.wh_in
            nobody = dict.fromkeys(members, 0)
            quarters = [
                SharedQuarter(start=at, produced_wh=produced.get(at, 0), used_wh=nobody | used.get(at, {}))
                for at in sorted({*produced, *used})
            ]
            return share(quarters, key)

        return await self._hass.async_add_executor_job(read)

    # What people may ask for by law

    async def async_export(self, participant: str) -> dict[str, Any]:
        """Return all that the books hold of a participant, with what opens the receipts on the Tangle."""
        await self._desk.async_settled()
        journal, account = self._desk.journal, self._desk.bookings.account_of(participant)

        def published(line: BookEntry) -> Mapping[str, Any]:
            ordered = None if line.payment_id is None else journal.transfer(line.payment_id)
            receipts = None if ordered is None else ordered.transfer.memo.get("receipts")
            return receipts if isinstance(receipts, Mapping) else {}

        def read() -> dict[str, Any]:
            lines = list(journal.lines(participant=account))
            quarters = [each for each in journal.quarters(since=0, until=2**40) if each.participant == account]
            return {
                "account": account,
                "balance_i": sum(line.amount_i for line in lines),
                "lines": [_exported(line) | self._receipts.opened(line, published(line)) for line in lines],
                "quarters": [{"at": each.at, "wh_in": each.wh_in, "wh_out": each.wh_out} for each in quarters],
            }

        return await self._hass.async_add_executor_job(read)

    async def async_erase(self, participant: str) -> Erased:
        """Erase what the books hold of a participant but for its sums by month, and destroy the key of its receipts.

        What was said beside its payments cannot be read any more by anybody. What is under way stays until it has
        ended, and is erased when this is called once more.
        """
        await self._desk.async_settled()
        journal, account = self._desk.journal, self._desk.bookings.account_of(participant)
        zone, secret = dt_util.get_default_time_zone(), secrets.token_bytes(32)

        def rewritten(lines: Iterable[BookEntry], is_kept: Callable[[str], bool]) -> Iterable[BookEntry]:
            return erase(
                lines,
                account,
                secret=secret,
                month_start=lambda at: Month.of(at, zone).bounds(zone)[0],
                is_kept=is_kept,
            )

        _open = self._link.ledger  # else nothing is erased
        erased = await self._hass.async_add_executor_job(journal.erase, account, (participant,), rewritten)
        if (key := await self._store.async_destroy_person_key(account)) is not None:
            self._receipts.change(account, key)
            return replace(erased, payments=await self._link.async_forget_person(account, key))
        return erased

    # What is kept for a time only

    async def async_forget_old(self, _now: datetime | None = None) -> None:
        """Forget what is older than its kind is kept. Amounts and energy of the books stay exact."""
        now = dt_util.utcnow().timestamp()
        days = kept_days(self._entry.options)
        before = {category: now - days[category] * _DAY_S for category in Category}

        def forget(journal: Journal) -> None:
            for category, kinds in KINDS_OF.items():
                journal.forget_details(kinds=sorted(kinds), before=before[category])
            for saga, category in _SAGAS_OF.items():
                journal.forget_ended(saga, before[category])
            # What nobody says a time for goes with what is kept longest.
            journal.forget_ended(None, min(before[category] for category in _SAGAS_OF.values()))
            journal.forget_quarters(int(before[Category.ENERGY]))

        # When the journal cannot be written, the desk has said so; it is tried again.
        with suppress(LedgerError):
            await self._hass.async_add_executor_job(forget, self._desk.journal)


def _exported(line: BookEntry) -> dict[str, Any]:
    return {
        "entry_id": line.entry_id,
        "at": dt_util.as_local(dt_util.utc_from_timestamp(line.at)).isoformat(timespec="seconds"),
        "kind": line.kind.value,
        "reference": line.reference,
        "amount_i": line.amount_i,
        "wh_in": line.wh_in,
        "wh_out": line.wh_out,
        "counterparty": line.counterparty,
        "payment_id": line.payment_id,
        "details": dict(line.details),
    }

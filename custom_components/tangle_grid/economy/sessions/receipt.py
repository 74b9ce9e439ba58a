"""A session's receipt, and what recomputing it finds.

The receipt carries all that its amounts come from: the metered rows, the tariff, the rate, the fee and the payments.
Anybody repeats the arithmetic: `pricing.price` prices the rows as a charge detail record, the rate turns the total into
iota, rounded down once, and the payments of the last payer come to that, less what it still owes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from typing import Any, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..contradiction import Contradiction
from ..pricing import limited, price
from ..stored import Stored
from ..tariff import Amount, Tariff, read_tariff
from .errors import SessionError
from .orders import Order, Stream, parts_of
from .running_bill import Row, RunningBill, cdr_of
from .session import Phase, Session
from .terms import Terms

_VERSION: Final = 1
_WHOLE: Final = (
    *("started_at", "ended_at", "wh_in", "wh_out", "fed_in_wh", "rewarded_wh"),
    *("charge_i", "fee_i", "feed_in_i", "granted_i", "owed_i", "older"),
)
_WH_PER_KWH: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReceipt:
    """What a session came to. Energy in Wh, amounts in iota; `rows` as `running_bill.Row`.

    `charge_i` is what the tariff's prices come to (negative is what the car got), beside it the fee, and what the car
    earned by feeding back. `granted_i` is what negative prices took of the operator's budget. `without_tax` and
    `with_tax` are the charge in the tariff's currency, as information. Of payments that are too many to list, `older`
    is how many, and `older_i` their sums by payer, stream and both sides.
    """

    session_id: str
    charger: str
    terms: Terms
    payers: tuple[str | None, ...]
    started_at: int
    ended_at: int
    rows: tuple[Row, ...]
    wh_in: int
    wh_out: int
    fed_in_wh: int
    rewarded_wh: int
    charge_i: int
    fee_i: int
    feed_in_i: int
    granted_i: int
    owed_i: int
    without_tax: Fraction
    with_tax: Fraction
    sun_wh: Mapping[str, int]
    payments: tuple[Order, ...]
    older: int
    older_i: Mapping[str, int]
    findings: tuple[str, ...]

    @classmethod
    def of(cls, session: Session) -> Self:
        """Return the receipt of a session that is over. Raises SessionError `session_not_over` before that."""
        if session.phase is Phase.OPEN:
            raise SessionError("session_not_over", {"session": session.session_id})
        account, metered = session.account, session.metered
        return cls(
            session_id=session.session_id,
            charger=session.charger,
            terms=session.terms,
            payers=tuple(account.payers),
            started_at=session.started_at,
            ended_at=session.ended_at,
            rows=tuple(Row.from_dict(row.to_dict(), "row") for row in metered.bill.rows),
            wh_in=session.wh_in,
            wh_out=session.wh_out,
            fed_in_wh=metered.fed.feed_in,
            rewarded_wh=metered.fed.rewarded,
            charge_i=session.charge_i,
            fee_i=session.fee_i,
            feed_in_i=session.feed_in_i,
            granted_i=sum(metered.granted.values()),
            owed_i=account.debt_i,
            without_tax=metered.total().excl_vat,
            with_tax=metered.total().incl_vat,
            sun_wh=dict(account.sun_wh),
            payments=tuple(account.orders),
            older=account.older,
            older_i=dict(account.older_i),
            findings=tuple(sorted(session.found)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON, without a float."""
        return {
            "version": _VERSION,
            "session_id": self.session_id,
            "charger": self.charger,
            "terms": self.terms.to_dict(),
            "payers": list(self.payers),
            **{name: getattr(self, name) for name in _WHOLE},
            "rows": [row.to_dict() for row in self.rows],
            "without_tax": str(self.without_tax),
            "with_tax": str(self.with_tax),
            "sun_wh": dict(self.sun_wh),
            "payments": [order.to_dict() for order in self.payments],
            "older_i": dict(self.older_i),
            "findings": list(self.findings),
        }

    @classmethod
    def from_dict(cls, value: object) -> Self:
        """Return the receipt that was written. Raises StoredError for anything else, SessionError for its terms."""
        stored = Stored.open(value, "receipt", _VERSION)
        payers = stored.list("payers")
        if not payers or not all(each is None or isinstance(each, str) for each in payers):
            raise stored.wrong("payers", "a list of payers")
        receipt = cls(
            session_id=stored.text("session_id"),
            charger=stored.text("charger"),
            terms=Terms.from_dict(stored.value("terms")),
            payers=tuple(payers),
            started_at=stored.whole("started_at"),
            ended_at=stored.whole("ended_at"),
            rows=tuple(Row.from_dict(each, f"receipt.rows[{n}]") for n, each in enumerate(stored.list("rows"))),
            wh_in=stored.whole("wh_in", 0),
            wh_out=stored.whole("wh_out", 0),
            fed_in_wh=stored.whole("fed_in_wh", 0),
            rewarded_wh=stored.whole("rewarded_wh", 0),
            charge_i=stored.whole("charge_i"),
            fee_i=stored.whole("fee_i", 0),
            feed_in_i=stored.whole("feed_in_i", 0),
            granted_i=stored.whole("granted_i", 0),
            owed_i=stored.whole("owed_i", 0),
            without_tax=stored.fraction("without_tax"),
            with_tax=stored.fraction("with_tax"),
            sun_wh=stored.wholes("sun_wh"),
            payments=tuple(Order.from_dict(each) for each in stored.objects("payments")),
            older=stored.whole("older", 0),
            older_i=stored.wholes("older_i"),
            findings=stored.texts("findings"),
        )
        stored.end()
        return receipt


def listing_all(receipt: SessionReceipt, older: Sequence[Order]) -> SessionReceipt:
    """Return the receipt with its older payments one by one; as it is where these do not come to what it sums up."""
    if not receipt.older or len(older) != receipt.older or _sums(older) != _summed_up(receipt):
        return receipt
    return replace(receipt, payments=(*older, *receipt.payments), older=0, older_i={})


def _sums(orders: Iterable[Order]) -> dict[tuple[int, str], int]:
    """Return what payments come to, by payer and stream."""
    sums: dict[tuple[int, str], int] = {}
    for order in orders:
        for stream, amount_i in parts_of(order):
            key = order.payer, stream.value
            sums[key] = sums.get(key, 0) + amount_i
    return sums


def _summed_up(receipt: SessionReceipt) -> dict[tuple[int, str], int]:
    """Return the same of the payments that a receipt does not list."""
    sums: dict[tuple[int, str], int] = {}
    for name, amount_i in receipt.older_i.items():
        key = int(name.split(":")[0]), name.split(":")[1]
        sums[key] = sums.get(key, 0) + amount_i
    return sums


def recompute(receipt: SessionReceipt) -> tuple[Contradiction, ...]:
    """Return where a receipt contradicts itself; nothing for one that is right.

    Raises TariffError for a tariff that cannot be, SessionError `out_of_range` for a time zone that nobody knows.
    """
    return tuple(
        Contradiction(name, str(said), str(computed)) for name, said, computed in _figures(receipt) if said != computed
    )


def _figures(receipt: SessionReceipt) -> Iterator[tuple[str, object, object]]:
    """Yield the name of each figure, what the receipt says, and what it comes to."""
    terms, rows = receipt.terms, list(receipt.rows)
    yield "wh_in", receipt.wh_in, sum(row.wh for row in rows)
    yield "wh_out", receipt.wh_out, sum(row.wh_out for row in rows)
    yield "fed_back", receipt.fed_in_wh + receipt.rewarded_wh, receipt.wh_out
    starts = [row.at for row in rows]
    yield "rows", starts, sorted(starts)
    if rows:
        yield "time", True, receipt.started_at <= starts[0] and starts[-1] <= receipt.ended_at
    tariff = read_tariff(terms.tariff)
    charge, total, energy, negative = _charge(receipt, tariff)
    paying = receipt.payers[-1] is not None
    yield "without_tax", receipt.without_tax, total.excl_vat
    yield "with_tax", receipt.with_tax, total.incl_vat
    yield "charge_i", receipt.charge_i, floor(charge * terms.rate) if paying else 0
    yield "granted_i", True, receipt.granted_i <= negative * terms.rate
    fee = terms.fee.of(energy, receipt.wh_in) if rows and paying else Fraction(0)
    yield "fee_i", receipt.fee_i, floor(fee * terms.rate)
    fed_in = Fraction(receipt.fed_in_wh, _WH_PER_KWH) * terms.feed_in * terms.rate if paying else Fraction(0)
    yield "feed_in_i", receipt.feed_in_i, floor(fed_in)
    yield from _payments(receipt)


def _charge(receipt: SessionReceipt, tariff: Tariff) -> tuple[Fraction, Amount, Fraction, Fraction]:
    """Return the charge as written, the same without and with tax, the energy's positive part, and the negative one."""
    zone, rows = _zone(receipt.terms.zone), list(receipt.rows)
    if not rows:
        return Fraction(0), Amount(), Fraction(0), Fraction(0)
    signed = RunningBill(tariff, zone, receipt.started_at, receipt.terms.slice_wh)
    signed.restore(rows)
    negative = signed.priced().negative
    withheld = max(Fraction(0), negative - receipt.granted_i / receipt.terms.rate)
    lines = price(tariff, cdr_of(rows, receipt.started_at, receipt.ended_at, tariff.currency), zone).lines
    if not any(line.billed for line in lines):
        return Fraction(0), Amount(), Fraction(0), Fraction(0)
    whole = sum((line.cost for line in lines), Amount(excl_vat=withheld, incl_vat=withheld))
    total = limited(whole, tariff.minimum, tariff.maximum)
    return signed.written(total), total, signed.positive_energy(), negative


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError:
        raise SessionError("out_of_range", {"where": "zone", "value": name}) from None


def _payments(receipt: SessionReceipt) -> Iterator[tuple[str, object, object]]:
    """Yield what each payer's payments come to: nothing for those who were taken for the payer by mistake."""
    sums = _sums(receipt.payments)
    for key, amount_i in _summed_up(receipt).items():
        sums[key] = sums.get(key, 0) + amount_i

    def paid(payer: int, *signed: tuple[int, Stream]) -> int:
        return sum(sign * sums.get((payer, stream.value), 0) for sign, stream in signed)

    last, terms = len(receipt.payers) - 1, receipt.terms
    for payer in range(last):
        net = paid(payer, (1, Stream.ENERGY), (-1, Stream.ENERGY_BACK), (1, Stream.FEE), (-1, Stream.FEED_IN))
        back = paid(payer, (1, Stream.REFUND), (-1, Stream.REFUND_BACK))
        yield f"refund_{payer}", back, net
    charge_i = 0 if receipt.payers[-1] == terms.seller else receipt.charge_i
    fee_i = 0 if receipt.payers[-1] == terms.operator else receipt.fee_i
    feed_in_i = 0 if receipt.payers[-1] == terms.operator else receipt.feed_in_i
    owed = charge_i - paid(last, (1, Stream.ENERGY), (-1, Stream.ENERGY_BACK)), fee_i - paid(last, (1, Stream.FEE))
    yield "owed_i", receipt.owed_i, sum(owed)
    yield "overpaid", False, min(owed) < 0
    yield "paid_feed_in_i", feed_in_i, paid(last, (1, Stream.FEED_IN))

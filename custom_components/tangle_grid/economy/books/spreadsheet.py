"""Statements and sharings as CSV (RFC 4180) that opens right in a spreadsheet, whichever sign a country has.

A byte order mark says that it is UTF-8. Where the decimal sign is a comma, spreadsheets expect a semicolon between
columns. Texts are quoted, and one that a spreadsheet would take for a formula gets an apostrophe before it.
Energy is in kWh with three decimals, which is exact to the Wh; amounts are whole iota, and beside them what they are
worth by the rate that stood when each thing happened.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ..effects import BookEntry
from .money import decimal
from .sharing import QUARTER_S, Shared
from .statement import Statement

_BYTE_ORDER_MARK: Final = "\ufeff"
_LINE_END: Final = "\r\n"
_WH_PER_KWH: Final = 1000
# What begins a formula, also in the wide forms of East Asian keyboards, and what some programs skip before it.
_FORMULA: Final = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
_SKIPPED: Final = ("\t", "\r", "\n")
# A name of digits and signs may be taken for a number (007, 1e5), a date (3/4) or a time (12:30).
_NUMERIC: Final = re.compile(r"[\d.,:/eE%+\- ]*\d[\d.,:/eE%+\- ]*")
_PLAIN: Final = re.compile(r"0|[1-9]\d{0,14}")
_QUOTE: Final = '"'

STATEMENT_COLUMNS: Final = (
    "row",
    "date",
    "time",
    "utc_offset",
    "kind",
    "reference",
    "counterparty",
    "energy_in_kwh",
    "energy_out_kwh",
    "amount_i",
    "balance_i",
    "payment",
    "entry",
    "amount_money",
    "balance_money",
    "currency",
)
SHARING_COLUMNS: Final = (
    "row",
    "date",
    "time",
    "utc_offset",
    "produced_kwh",
    "used_by_all_kwh",
    "used_kwh",
    "shared_kwh",
    "from_grid_kwh",
)


class Form(StrEnum):
    """Which sign stands between columns: comma with a decimal point, or semicolon with a decimal comma."""

    COMMA = "comma"
    SEMICOLON = "semicolon"


type _Cell = str | int | Kwh | Money | Moment | None


class Kwh(int):
    """A figure in Wh that is written in kWh."""


class Money(int):
    """A figure in ten thousandths of a currency's unit that is written in units."""


class Moment(str):
    """A date or a time, which a spreadsheet may take for one."""

    __slots__ = ()


def _text(value: str) -> str:
    first = value.lstrip()[:1]
    runs = value.startswith(_SKIPPED) or (first and first in _FORMULA)
    changes = _NUMERIC.fullmatch(value) and not _PLAIN.fullmatch(value)
    apostrophe = "'" if runs or changes else ""
    return f'"{apostrophe}{value.replace(_QUOTE, _QUOTE * 2)}"'


def _cell(value: _Cell, form: Form) -> str:
    match value:
        case None:
            return ""
        case Money():
            return decimal(value, "," if form is Form.SEMICOLON else ".")
        case Kwh():
            sign = "," if form is Form.SEMICOLON else "."
            whole, rest = divmod(abs(value), _WH_PER_KWH)
            return f"{'-' if value < 0 else ''}{whole}{sign}{rest:03}"
        case int():
            return str(value)
        case Moment():
            return f'"{value}"'
        case str():
            return _text(value)


def _table(columns: tuple[str, ...], rows: Iterable[tuple[_Cell, ...]], form: Form) -> str:
    between = ";" if form is Form.SEMICOLON else ","
    lines = (between.join(_cell(cell, form) for cell in row) for row in (columns, *rows))
    return _BYTE_ORDER_MARK + "".join(line + _LINE_END for line in lines)


def _moment(at: float, zone: tzinfo) -> tuple[Moment, Moment, str]:
    """Return date, time and difference from UTC: without it, an hour would be told twice in autumn."""
    local = datetime.fromtimestamp(int(at), zone)
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    return Moment(local.date().isoformat()), Moment(local.time().isoformat("seconds")), f"UTC{offset}"


def statement_csv(
    statement: Statement, zone: tzinfo, form: Form, names: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return a statement as CSV: what was there, each line with the balance after it, and the sums.

    `names` are shown in place of the ids of the other side.
    """
    return _table(STATEMENT_COLUMNS, _statement_rows(statement, zone, names), form)


def _statement_rows(statement: Statement, zone: tzinfo, names: Mapping[str, str]) -> Iterator[tuple[_Cell, ...]]:
    empty: tuple[_Cell, ...] = (None, None, None)
    balance, money, worth = statement.opening_i, statement.money, statement.worth
    currency, units = None if worth is None else worth.currency, statement.opening_units
    opening = _money(currency, None, units)
    yield ("opening", *_moment(statement.start, zone), *empty, None, None, None, balance, None, None, *opening)
    for line in statement.lines:
        balance += line.amount_i
        worth_units = 0 if worth is None else worth.units(line)
        units += worth_units
        yield (*_line_row(line, zone, balance, names), *_money(currency, worth_units, units))
    totals = statement.totals
    sums = (Kwh(totals.wh_in), Kwh(totals.wh_out), totals.net_i)
    closing = _money(currency, 0 if money is None else money.received - money.paid, units)
    yield ("closing", *_moment(statement.end, zone), *empty, *sums, statement.closing_i, None, None, *closing)


def _money(currency: str | None, amount: int | None, balance: int) -> tuple[_Cell, ...]:
    """Return an amount and a balance in the currency, of ten thousandths."""
    if currency is None:
        return (None, None, None)
    return (None if amount is None else Money(amount), Money(balance), currency)


def _line_row(line: BookEntry, zone: tzinfo, balance: int, names: Mapping[str, str]) -> tuple[_Cell, ...]:
    other = None if line.counterparty is None else names.get(line.counterparty, line.counterparty)
    said = (line.kind.value, line.reference, other, Kwh(line.wh_in), Kwh(line.wh_out), line.amount_i)
    return ("line", *_moment(line.at, zone), *said, balance, line.payment_id, line.entry_id)


def sharing_csv(shared: Iterable[Shared], member: str, zone: tzinfo, form: Form) -> str:
    """Return a member's part of a sharing as CSV: each quarter of an hour, and the sums.

    Of the other members it tells only what all used together.
    """
    return _table(SHARING_COLUMNS, _sharing_rows(sorted(shared, key=lambda each: each.start), member, zone), form)


def _sharing_rows(shared: list[Shared], member: str, zone: tzinfo) -> Iterator[tuple[_Cell, ...]]:
    sums = [0] * 5
    for each in shared:
        used, got = each.used_wh.get(member, 0), each.shared_wh.get(member, 0)
        figures = [each.produced_wh, sum(each.used_wh.values()), used, got, used - got]
        sums = [before + figure for before, figure in zip(sums, figures, strict=True)]
        yield ("quarter", *_moment(each.start, zone), *map(Kwh, figures))
    end = _moment(shared[-1].start + QUARTER_S, zone) if shared else (None, None, None)
    yield ("sum", *end, *map(Kwh, sums))

"""A statement as JSON, signed by the island's key: whoever has its public half can check it without the island.

The signature (Ed25519) covers the canonical encoding (RFC 8785) of everything else. Every sum in it can be made again
from its lines, and is, when it is checked.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import tzinfo
from fractions import Fraction
from typing import Any, Final, NoReturn

from ...protocol import ProtocolError, SigningKey, canonical, is_signed_by
from ..effects import BookEntry, Kind
from .balance import once
from .errors import BooksError
from .money import DIGITS, Worth, decimal
from .month import Month
from .statement import Statement, Sums, summed

FORMAT: Final = "tangle_grid.statement"
VERSION: Final = 2
_SIGNATURE: Final = "signature"
_MONEY: Final = "money"
LINE: Final[Mapping[str, tuple[type, ...]]] = {
    "entry_id": (str,),
    "at": (int, float),
    "kind": (str,),
    "reference": (str,),
    "amount_i": (int,),
    "wh_in": (int,),
    "wh_out": (int,),
    "counterparty": (str, type(None)),
    "payment_id": (str, type(None)),
    "details": (dict,),
    "rate": (str, type(None)),
}
HEAD: Final[Mapping[str, tuple[type, ...]]] = {
    "format": (str,),
    "v": (int,),
    "island": (str,),
    "participant": (str,),
    "month": (str,),
    "time_zone": (str,),
    "from": (int, float),
    "until": (int, float),
    "opening_i": (int,),
    "closing_i": (int,),
    "sessions": (int,),
    "totals": (dict,),
    "kinds": (dict,),
    "lines": (list,),
    "money": (dict, type(None)),
    "public_key": (str,),
    _SIGNATURE: (str,),
}


def _sums(sums: Sums) -> dict[str, int]:
    return asdict(sums)


def _money(statement: Statement) -> dict[str, str] | None:
    """Return the sums in the currency: those of the lines, each valued by its rate."""
    worth, money = statement.worth, statement.money
    if worth is None or money is None:
        return None
    return {
        "currency": worth.currency,
        "i_per_unit": str(worth.rate),
        "opening": decimal(money.opening),
        "received": decimal(money.received),
        "paid": decimal(money.paid),
        "closing": decimal(money.closing),
    }


def _worth(said: Any) -> tuple[Worth | None, int]:
    """Return the rate of lines without one, and the opening balance in ten thousandths."""
    if said is None:
        return None, 0
    try:
        worth = Worth(currency=str(said["currency"]), rate=_rate(str(said["i_per_unit"])))
        opening = Fraction(str(said["opening"])) * 10**DIGITS
    except KeyError, ValueError, ZeroDivisionError:
        _refuse("money has no rate")
    if opening.denominator != 1:
        _refuse("money has no rate")
    return worth, int(opening)


def _rate(said: str) -> Fraction:
    """Return a rate. Raises ValueError for what is none."""
    rate = Fraction(said)
    if rate <= 0:
        raise ValueError
    return rate


def _line(entry: BookEntry) -> dict[str, Any]:
    """Return a line; whose it is stands at the top."""
    said = {name: getattr(entry, name) for name in LINE}
    rate = None if entry.rate is None else str(entry.rate)
    return said | {"kind": entry.kind.value, "details": dict(entry.details), "rate": rate}


def _unsigned(statement: Statement, public_key: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "v": VERSION,
        "island": statement.island,
        "participant": statement.participant,
        "month": str(statement.month),
        "time_zone": statement.time_zone,
        "from": statement.start,
        "until": statement.end,
        "opening_i": statement.opening_i,
        "closing_i": statement.closing_i,
        "sessions": statement.sessions,
        "totals": _sums(statement.totals),
        "kinds": {kind.value: _sums(sums) for kind, sums in statement.by_kind.items()},
        "lines": [_line(line) for line in statement.lines],
        _MONEY: _money(statement),
        "public_key": public_key,
    }


def signed_statement(statement: Statement, key: SigningKey) -> dict[str, Any]:
    """Return the statement as JSON with the island's public key and its signature.

    Raises BooksError `not_a_statement` when the details of a line are no JSON that can be signed.
    """
    said = _unsigned(statement, key.public)
    try:
        return said | {_SIGNATURE: key.sign(canonical(said))}
    except ProtocolError as error:
        raise BooksError("not_a_statement", {"detail": str(error)}) from None


def _refuse(detail: str) -> NoReturn:
    raise BooksError("not_a_statement", {"detail": detail})


def _checked(value: Any, shape: Mapping[str, tuple[type, ...]], where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or value.keys() != shape.keys():
        _refuse(f"{where} has other fields")
    for name, types in shape.items():
        if type(value[name]) not in types:  # a bool is no whole number here
            _refuse(f"{where}.{name} is of another type")
    return value


def _read_line(value: Any, participant: str, where: str) -> BookEntry:
    said = _checked(value, LINE, where)
    if said["kind"] not in tuple(Kind):
        _refuse(f"{where}.kind is not known")
    if said["wh_in"] < 0 or said["wh_out"] < 0:
        _refuse(f"{where} has negative energy")
    try:
        rate = None if said["rate"] is None else _rate(said["rate"])
    except ValueError, ZeroDivisionError:
        _refuse(f"{where}.rate is none")
    return BookEntry(**{**said, "kind": Kind(said["kind"]), "rate": rate}, participant=participant)


def verify_statement(document: Any, public_key: str, zone: tzinfo | None = None) -> Statement:
    """Return the statement that stands in the JSON (already parsed), if the island with this public key signed it.

    All sums are made again from its lines; with `zone`, the month's bounds too.

    Raises:
        BooksError: not_a_statement, statement_not_signed, statement_wrong, line_differs.
    """
    said = _checked(document, HEAD, "statement")
    if said["format"] != FORMAT or said["v"] != VERSION:
        _refuse("another format or version")
    unsigned = {name: value for name, value in said.items() if name != _SIGNATURE}
    try:
        good = said["public_key"] == public_key and is_signed_by(public_key, said[_SIGNATURE], canonical(unsigned))
    except ProtocolError as error:
        _refuse(str(error))
    if not good:
        raise BooksError("statement_not_signed", {"public_key": public_key})
    worth, opening_units = _worth(said[_MONEY])
    lines = [_read_line(line, said["participant"], f"lines[{index}]") for index, line in enumerate(said["lines"])]
    found = Statement(
        island=said["island"],
        participant=said["participant"],
        month=Month.parse(said["month"]),
        time_zone=said["time_zone"],
        start=said["from"],
        end=said["until"],
        opening_i=said["opening_i"],
        lines=tuple(lines),
        worth=worth,
        opening_units=opening_units,
    )
    _check(found, said, zone)
    return found


def _check(found: Statement, said: Mapping[str, Any], zone: tzinfo | None) -> None:
    """Compare what is said with what the lines come to."""
    expected = _unsigned(found, said["public_key"])
    pairs = [(name, expected[name], said[name]) for name in ("closing_i", "sessions", "totals", "kinds", _MONEY)]
    pairs.append(("lines", len(once(found.lines)), len(found.lines)))
    outside = summed(line for line in found.lines if not found.start <= line.at < found.end)
    pairs.append(("lines of another month", 0, outside.references))
    if zone is not None:
        pairs.append(("from and until", found.month.bounds(zone), (found.start, found.end)))
    for field, should, does in pairs:
        if should != does:
            raise BooksError("statement_wrong", {"field": field, "expected": should, "found": does})

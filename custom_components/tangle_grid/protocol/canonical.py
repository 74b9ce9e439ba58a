"""One byte string for each JSON value, so that a signature over it means the same everywhere.

The encoding is RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, no white space, numbers as
ECMAScript prints them. What that scheme cannot carry between implementations is refused: whole numbers beyond 2**53 - 1
that are printed in full, numbers that are not finite, keys that are not text, lone surrogates.
"""

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn

from .errors import ProtocolError, Rejection

MAX_INTEGER: Final = 2**53 - 1
MAX_DEPTH: Final = 32
_MAX_DIGITS: Final = 17
_FIRST_EXPONENT: Final = 1e21
_PLAIN_DIGITS: Final = 21
_PLAIN_ZEROS: Final = -6


def _refuse(detail: str) -> NoReturn:
    raise ProtocolError(Rejection.MALFORMED, {"detail": detail})


def _number(value: float) -> str:
    """Print a float as ECMAScript does: plain between 1e-6 and 1e21, with an exponent outside."""
    if not math.isfinite(value):
        _refuse("number is not finite")
    if value == 0:
        return "0"
    if MAX_INTEGER < abs(value) < _FIRST_EXPONENT:
        # It would be printed without a point, and read as an integer that is refused.
        _refuse("number is too large")
    sign, digit_tuple, exponent = Decimal(repr(value)).as_tuple()
    digits = "".join(map(str, digit_tuple)).rstrip("0")
    point = len(digit_tuple) + int(exponent)
    if point > _PLAIN_DIGITS or point <= _PLAIN_ZEROS:
        mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
        text = f"{mantissa}e{point - 1:+d}"
    elif point <= 0:
        text = "0." + "0" * -point + digits
    elif len(digits) <= point:
        text = digits + "0" * (point - len(digits))
    else:
        text = f"{digits[:point]}.{digits[point:]}"
    return f"-{text}" if sign else text


def _integer(value: int) -> str:
    if abs(value) > MAX_INTEGER:
        _refuse("integer too large")
    return int.__repr__(value)


def _object(value: Mapping[Any, Any], depth: int) -> str:
    if not all(isinstance(key, str) for key in value):
        _refuse("key is not text")
    items = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{_encode(key, depth)}:{_encode(item, depth + 1)}" for key, item in items) + "}"


def _encode(value: Any, depth: int) -> str:
    if depth > MAX_DEPTH:
        _refuse("nested too deeply")
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int():
            return _integer(value)
        case float():
            return _number(value)
        case Mapping():
            return _object(value, depth)
        case list() | tuple():
            return "[" + ",".join([_encode(item, depth + 1) for item in value]) + "]"
        case _:
            _refuse(f"{type(value).__name__} is not JSON")


def canonical(value: Any) -> bytes:
    """Return the canonical encoding. Raises ProtocolError (malformed) for what it cannot carry."""
    try:
        return _encode(value, 0).encode()
    except UnicodeEncodeError:
        raise ProtocolError(Rejection.MALFORMED, {"detail": "text is not Unicode"}) from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    _refuse(f"{name} is not JSON")


def _bounded(digits: str) -> int:
    if len(digits) > _MAX_DIGITS or abs(value := int(digits)) > MAX_INTEGER:
        _refuse("integer too large")
    return value


def parse(data: bytes) -> Any:
    """Read JSON (UTF-8) from outside. Raises ProtocolError (malformed) for anything doubtful, and nothing else."""
    try:
        return json.loads(
            data.decode(), object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_int=_bounded
        )
    except ValueError, RecursionError:
        raise ProtocolError(Rejection.MALFORMED, {"detail": "not JSON"}) from None

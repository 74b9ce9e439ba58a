"""What stands in the ledger's files is read with care: what cannot be understood is damage, and never a mystery.

SQLite finds pages that are broken, and not a value in which a bit has changed. Whatever such a value would do to those
who read it, they say the same.
"""

import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from ...protocol import ProtocolError
from ..trinary import HASH_TRYTES, TRANSACTION_TRYTES, is_trytes
from .errors import LedgerError, LedgerFault
from .model import SUPPLY

MAX_NUMBER: Final = 2**63 - 1
_MAX_DIGITS: Final = 20
_MOST_BYTES: Final = 64 * 1024 * 1024
_STRANGE: Final = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError)


class StrangeError(ValueError):
    """A stored value is not what it has to be."""


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Read something that is stored; as a decorator, by a whole function. `what` names it, for people.

    Raises LedgerError (ledger_unavailable, corrupt) instead of whatever a value that makes no sense would lead to.
    """
    try:
        yield
    except (*_STRANGE, zlib.error, ProtocolError):
        raise damaged(what) from None


def damaged(what: str) -> LedgerError:
    """Return the error of something stored that cannot be understood, or is not there and has to be."""
    return LedgerError(
        "ledger_unavailable", {"error": f"what is stored cannot be understood: {what}"}, fault=LedgerFault.CORRUPT
    )


def number(value: Any, low: int = 0, high: int = MAX_NUMBER) -> int:
    """Return a stored whole number. Raises StrangeError."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise StrangeError("number")
    return value


def amount(value: Any) -> int:
    """Return a stored amount of iota. Raises StrangeError."""
    return number(value, 0, SUPPLY)


def text(value: Any) -> str:
    """Return a stored text. Raises StrangeError."""
    if not isinstance(value, str):
        raise StrangeError("text")
    return value


def hash_of(value: Any) -> str:
    """Return a stored hash or address (81 trytes). Raises StrangeError."""
    if not is_trytes(value, HASH_TRYTES):
        raise StrangeError("hash")
    return text(value)


def trytes_of(value: Any) -> str:
    """Return the stored trytes of a transaction. Raises StrangeError."""
    if not is_trytes(value, TRANSACTION_TRYTES):
        raise StrangeError("trytes")
    return text(value)


def time(value: Any) -> float:
    """Return a stored time, epoch seconds. Raises StrangeError."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= MAX_NUMBER:
        raise StrangeError("time")
    return value


def perhaps[T](read: Callable[[Any], T], value: Any) -> T | None:
    """Return None where nothing is stored, and otherwise what `read` makes of it."""
    return None if value is None else read(value)


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise StrangeError("number")
    return int(digits)


def from_json(value: Any) -> Any:
    """Return what a stored JSON text says. Raises ValueError."""
    return json.loads(text(value), parse_int=_whole)


def unpacked(data: Any) -> str:
    """Return a text that was stored compressed, which has a checksum of its own. Raises zlib.error or ValueError."""
    if not isinstance(data, bytes):
        raise StrangeError("data")
    read = zlib.decompressobj()
    plain = read.decompress(data, _MOST_BYTES)
    if not read.eof:
        raise StrangeError("data")
    return plain.decode()


def sealed(fields: dict[str, Any]) -> str:
    """Return fields as JSON with a checksum: what decides about money is not believed with a bit changed."""
    return json.dumps({**fields, "crc": _crc(fields)})


def unsealed(value: Any) -> dict[str, Any]:
    """Return fields that were stored so. Those of former versions have no checksum. Raises ValueError."""
    fields: dict[str, Any] = dict(from_json(value))
    if "crc" in fields and fields.pop("crc") != _crc(fields):
        raise StrangeError("checksum")
    return fields


def _crc(fields: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(fields, sort_keys=True).encode())

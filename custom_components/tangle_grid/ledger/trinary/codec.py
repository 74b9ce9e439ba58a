"""Trytes, trits, integers and text, and the ways between them.

A tryte is one of `9ABCDEFGHIJKLMNOPQRSTUVWXYZ` and holds three balanced trits, the least significant first. A
string of trytes is also one balanced integer, and that is the fast form: Python's own big-number code does the work.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

ALPHABET: Final = "9ABCDEFGHIJKLMNOPQRSTUVWXYZ"
HASH_TRYTES: Final = 81
HASH_TRITS: Final = 243

_TRYTES: Final = re.compile(r"[9A-Z]*\Z")


class TrytesError(ValueError):
    """Text that is not made of trytes, or a value that trytes of this length cannot hold."""


def is_trytes(text: object, length: int | None = None) -> bool:
    """Tell whether this is a string of trytes (of exactly this length)."""
    return isinstance(text, str) and (length is None or len(text) == length) and _TRYTES.match(text) is not None


def _trits_of(number: int, count: int) -> tuple[int, ...]:
    trits = []
    for _ in range(count):
        trit = (number + 1) % 3 - 1
        trits.append(trit)
        number = (number - trit) // 3
    return tuple(trits)


def _tryte_value(tryte: str) -> int:
    place = ALPHABET.index(tryte)
    return place if place <= 13 else place - 27  # noqa: PLR2004 - half of the alphabet is negative


_TRITS_BY_TRYTE: Final = {tryte: _trits_of(_tryte_value(tryte), 3) for tryte in ALPHABET}
_TRYTE_BY_TRITS: Final = {trits: tryte for tryte, trits in _TRITS_BY_TRYTE.items()}
VALUE_BY_TRYTE: Final = {tryte: _tryte_value(tryte) for tryte in ALPHABET}
"""The value of each tryte, -13 to 13."""

# Unbalanced digits: a balanced digit plus 13, so that int(text, 27) reads a whole string of trytes at once.
_DIGITS: Final = "0123456789abcdefghijklmnopq"
_TO_DIGITS: Final = str.maketrans({tryte: _DIGITS[_tryte_value(tryte) + 13] for tryte in ALPHABET})
_CHUNK: Final = 3
_CHUNK_BASE: Final = 27**_CHUNK
_TRYTES_BY_CHUNK: Final = tuple(
    "".join(ALPHABET[(chunk // 27**place % 27 - 13) % 27] for place in range(_CHUNK)) for chunk in range(_CHUNK_BASE)
)
_TRITS_BY_CHUNK: Final = tuple(
    tuple(trit for tryte in trytes for trit in _TRITS_BY_TRYTE[tryte]) for trytes in _TRYTES_BY_CHUNK
)


def _half(trytes: int) -> int:
    half: int = (27**trytes - 1) // 2
    return half


_HALF: Final = {length: _half(length) for length in (9, 27, HASH_TRYTES)}


def trytes_to_int(trytes: str) -> int:
    """Return the balanced integer that the trytes spell. Raises TrytesError for other characters."""
    if not trytes:
        return 0
    if _TRYTES.match(trytes) is None:
        raise TrytesError("not trytes")
    half = _HALF.get(len(trytes)) or _half(len(trytes))
    return int(trytes.translate(_TO_DIGITS)[::-1], 27) - half


def int_to_trytes(number: int, length: int) -> str:
    """Return the number as `length` trytes. Raises TrytesError when it does not fit."""
    half = _HALF.get(length) or _half(length)
    if not -half <= number <= half:
        raise TrytesError("number out of range")
    rest = number + half
    chunks = []
    for _ in range(-(-length // _CHUNK)):
        rest, chunk = divmod(rest, _CHUNK_BASE)
        chunks.append(_TRYTES_BY_CHUNK[chunk])
    return "".join(chunks)[:length]


def int_to_trits(number: int) -> list[int]:
    """Return a number of hash size as 243 trits. Raises TrytesError when it does not fit."""
    half = _HALF[HASH_TRYTES]
    if not -half <= number <= half:
        raise TrytesError("number out of range")
    rest = number + half
    trits: list[int] = []
    for _ in range(HASH_TRYTES // _CHUNK):
        rest, chunk = divmod(rest, _CHUNK_BASE)
        trits += _TRITS_BY_CHUNK[chunk]
    return trits


def trits_to_int(trits: Sequence[int]) -> int:
    """Return the balanced integer that up to a few thousand trits spell. Raises TrytesError for other values."""
    if not trits:
        return 0
    half: int = (3 ** len(trits) - 1) // 2
    try:
        return int(bytes([trit + 49 for trit in trits])[::-1], 3) - half
    except ValueError, TypeError:
        raise TrytesError("not trits") from None


def trytes_to_trits(trytes: str) -> list[int]:
    """Return three trits per tryte. Raises TrytesError for other characters."""
    try:
        return list(chain.from_iterable([_TRITS_BY_TRYTE[tryte] for tryte in trytes]))
    except KeyError:
        raise TrytesError("not trytes") from None


def trits_to_trytes(trits: Iterable[int]) -> str:
    """Return the trytes, the last one filled up with zero trits. Raises TrytesError for other values."""
    flat = list(trits)
    flat += [0] * (-len(flat) % 3)
    try:
        return "".join([_TRYTE_BY_TRITS[trits] for trits in zip(flat[::3], flat[1::3], flat[2::3], strict=True)])
    except KeyError:
        raise TrytesError("not trits") from None


_TRYTES_BY_BYTE: Final = tuple(ALPHABET[byte % 27] + ALPHABET[byte // 27] for byte in range(256))
_BYTE_BY_TRYTES: Final = {trytes: byte for byte, trytes in enumerate(_TRYTES_BY_BYTE)}


def bytes_to_trytes(data: bytes) -> str:
    """Encode two trytes per byte, the way every legacy client writes text."""
    return "".join([_TRYTES_BY_BYTE[byte] for byte in data])


def trytes_to_bytes(trytes: str) -> bytes:
    """Decode what `bytes_to_trytes` wrote. Raises TrytesError for an odd length or a pair that is no byte."""
    if len(trytes) % 2:
        raise TrytesError("odd number of trytes")
    try:
        return bytes([_BYTE_BY_TRYTES[trytes[at : at + 2]] for at in range(0, len(trytes), 2)])
    except KeyError:
        raise TrytesError("not bytes in trytes") from None


def text_to_trytes(text: str) -> str:
    """Encode text (UTF-8)."""
    return bytes_to_trytes(text.encode())


def trytes_to_text(trytes: str) -> str:
    """Decode text, without the nines that fill up a fragment. Raises TrytesError when it is no text."""
    stripped = trytes.rstrip("9")
    stripped += "9" * (len(stripped) % 2)
    try:
        return trytes_to_bytes(stripped).decode()
    except UnicodeDecodeError:
        raise TrytesError("not text in trytes") from None

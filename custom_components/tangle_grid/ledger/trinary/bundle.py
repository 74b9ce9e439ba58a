"""The hash that ties the transactions of a bundle together, and the search for one that is safe to sign."""

from collections.abc import Sequence
from typing import Final

from .codec import HASH_TRYTES, int_to_trytes, trytes_to_int
from .keccak import load_keccak
from .kerl import number_of, to_bytes
from .signing import is_insecure

ESSENCE_TRYTES: Final = 162
"""Of each transaction: address, value, obsolete tag, timestamp, current index, last index."""

TAG_TRYTES: Final = 27
_TAG_AT: Final = 108
_TAG_WRAP: Final = 27**TAG_TRYTES
_TAG_HALF: Final = (_TAG_WRAP - 1) // 2


def _blocks(essence: str) -> tuple[bytes, bytes]:
    return to_bytes(trytes_to_int(essence[:HASH_TRYTES])), to_bytes(trytes_to_int(essence[HASH_TRYTES:]))


def bundle_number(essences: Sequence[str]) -> int:
    """Return the hash of the essences, tail first, as an integer. Raises TrytesError when they are not trytes."""
    data = b"".join(block for essence in essences for block in _blocks(essence))
    return number_of(load_keccak()(data).digest())


def bundle_hash(essences: Sequence[str]) -> str:
    """Return the hash (81 trytes) of the essences, tail first. Raises TrytesError when they are not trytes."""
    return int_to_trytes(bundle_number(essences), HASH_TRYTES)


def secure_tag(essences: Sequence[str]) -> tuple[str, str]:
    """Count the tail's obsolete tag up until the bundle hash is safe to sign; return that tag and that hash.

    The same search as every legacy client makes, some two hundred steps on average. Raises TrytesError.
    """
    tail = essences[0]
    before, tag, after = tail[HASH_TRYTES:_TAG_AT], tail[_TAG_AT : _TAG_AT + TAG_TRYTES], tail[_TAG_AT + TAG_TRYTES :]
    first = to_bytes(trytes_to_int(tail[:HASH_TRYTES]))
    rest = b"".join(block for essence in essences[1:] for block in _blocks(essence))
    number = trytes_to_int(tag)
    while True:
        second = to_bytes(trytes_to_int(before + tag + after))
        found = int_to_trytes(number_of(load_keccak()(first + second + rest).digest()), HASH_TRYTES)
        if not is_insecure(found):
            return tag, found
        number = (number + 1 + _TAG_HALF) % _TAG_WRAP - _TAG_HALF
        tag = int_to_trytes(number, TAG_TRYTES)

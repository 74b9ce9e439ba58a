"""Curl-P-81 on many states at once: one bit lane each, in NumPy arrays or, where NumPy is missing, in Python integers.

Each of the 729 places of the state is a row of lanes, so that the rotation of a round (see `curl`) only says which
rows meet, and every operation of a round works on all lanes of a row. The forms of a round are those of
`curl.transform`. Memory is bounded by the number of lanes: five arrays of 729 rows.
"""

from collections.abc import Sequence
from functools import cache
from itertools import batched
from operator import and_, or_, xor
from typing import TYPE_CHECKING, Any, Final

from .codec import ALPHABET, HASH_TRITS, HASH_TRYTES, VALUE_BY_TRYTE, TrytesError, is_trytes, trytes_to_trits
from .curl import STATE_TRITS, curl_hash, places, rotations

if TYPE_CHECKING:
    from numpy import uint64
    from numpy.typing import NDArray

    type Words = NDArray[uint64]

WORD_BITS: Final = 64
BATCH_LANES: Final = 2_048
"""Lanes in one pass: with more the arrays outgrow the cache, with fewer the calls cost more than the work."""

_WORTHWHILE: Final = 16
_ALL_ONES: Final = 2**WORD_BITS - 1


def load_numpy() -> Any:
    """Return NumPy, or None where it is missing."""
    try:
        import numpy as np  # noqa: PLC0415 - optional: everything here also works without it
    except ImportError:
        return None
    return np


class ArrayLanes:
    """States in NumPy arrays of shape (729 places, words of 64 lanes). No operation allocates an array."""

    def __init__(self, np: Any, words: int) -> None:
        """Start with as many states of zeros as the words have bits."""
        self._np = np
        self._spare: tuple[Words, ...] = tuple(np.empty((STATE_TRITS, words), np.uint64) for _ in range(3))
        self.low: Words = np.full((STATE_TRITS, words), _ALL_ONES, np.uint64)
        self.high: Words = self.low.copy()

    def transform(self, layout: int) -> None:
        """Run the 81 rounds on all states, which are in this layout; then they are in `(layout + 1) % 6`."""
        np = self._np
        low, high = self.low, self.high
        other, next_high, free = self._spare
        for k, rotation in enumerate(rotations(layout)):
            cut = STATE_TRITS - rotation
            np.bitwise_xor(high[:cut], low[rotation:], out=other[:cut])
            np.bitwise_xor(high[cut:], low[:rotation], out=other[cut:])
            np.bitwise_xor(low[:cut], high[rotation:], out=next_high[:cut])
            np.bitwise_xor(low[cut:], high[:rotation], out=next_high[cut:])
            if k % 2 == 0:
                np.bitwise_or(next_high, other, out=next_high)
                np.bitwise_and(low, other, out=low)
            else:
                np.bitwise_and(next_high, other, out=next_high)
                np.invert(next_high, out=next_high)
                np.bitwise_or(low, other, out=low)
            high, next_high = next_high, high
        np.invert(low, out=low)
        self.low, self.high, self._spare = low, high, (other, next_high, free)


def transform_rows(low: list[int], high: list[int], layout: int, ones: int) -> tuple[list[int], list[int]]:
    """Do what `ArrayLanes.transform` does on 729 Python integers each; `ones` has the bits of all lanes."""
    for k, rotation in enumerate(rotations(layout)):
        other = list(map(xor, high, low[rotation:] + low[:rotation], strict=True))
        mixed = map(xor, low, high[rotation:] + high[:rotation], strict=True)
        if k % 2 == 0:
            high = list(map(or_, mixed, other, strict=True))
            low = list(map(and_, low, other, strict=True))
        else:
            high = [row ^ ones for row in map(and_, mixed, other, strict=True)]
            low = list(map(or_, low, other, strict=True))
    return [row ^ ones for row in low], high


# A tryte as six bits, so that a block of text is split into rows of bits without looking at single characters.
_BITS_BY_CHARACTER: Final = bytes(
    sum(
        (trit <= 0) << place | (trit >= 0) << place + 3
        for place, trit in enumerate(trytes_to_trits(chr(character)) if chr(character) in ALPHABET else ())
    )
    for character in range(256)
)


@cache
def _public(layout: int) -> Any:
    """Give the rows of the public trits in this layout: those of all first, second and third trits of a tryte."""
    np = load_numpy()
    return np.array(places(layout)[:HASH_TRITS]).reshape(HASH_TRYTES, 3).T.copy()


def _absorb(np: Any, lanes: ArrayLanes, block: Any, layout: int) -> None:
    """Write a block, six-bit trytes of shape (81, texts), into the public rows of these lanes."""
    words = lanes.low.shape[1]
    packed = np.zeros((HASH_TRYTES, words * 8), np.uint8)
    for bit in range(6):
        bits = np.packbits(block & (1 << bit), axis=1, bitorder="little")
        packed[:, : bits.shape[1]] = bits
        into = lanes.low if bit < 3 else lanes.high  # noqa: PLR2004 - three trits a tryte
        into[_public(layout)[bit % 3]] = packed.view("<u8")


def _digests(np: Any, lanes: ArrayLanes, count: int, layout: int) -> list[str]:
    """Read the public trytes of the first `count` lanes."""
    value = np.zeros((HASH_TRYTES, count), np.int8)
    for place, rows in enumerate(_public(layout)):
        low, high = (
            np.unpackbits(word[rows].astype("<u8").view(np.uint8), axis=1, count=count, bitorder="little")
            for word in (lanes.low, lanes.high)
        )
        value += (high.astype(np.int8) - low.astype(np.int8)) * 3**place
    letters = np.frombuffer("".join(sorted(ALPHABET, key=VALUE_BY_TRYTE.__getitem__)).encode(), np.uint8)
    text = letters[value + VALUE_BY_TRYTE["M"]].T.tobytes().decode()
    return ["".join(digest) for digest in batched(text, HASH_TRYTES, strict=True)]


def _hash_batch(np: Any, texts: Sequence[str]) -> list[str]:
    """Hash texts of one length, a multiple of 81 trytes."""
    codes = "".join(texts).encode().translate(_BITS_BY_CHARACTER)
    columns = np.ascontiguousarray(np.frombuffer(codes, np.uint8).reshape(len(texts), -1).T)
    lanes = ArrayLanes(np, -(-len(texts) // WORD_BITS))
    layout = 0
    for at in range(0, len(columns), HASH_TRYTES):
        _absorb(np, lanes, columns[at : at + HASH_TRYTES], layout)
        lanes.transform(layout)
        layout = (layout + 1) % 6
    return _digests(np, lanes, len(texts), layout)


def curl_hashes(texts: Sequence[str]) -> list[str]:
    """Return the Curl-P-81 hash (81 trytes) of each text, as `curl_hash` does one by one.

    From some sixteen texts of one length on it is faster, from a few hundred on many times. Raises TrytesError.
    """
    np = load_numpy()
    if not all(map(is_trytes, texts)):
        raise TrytesError("not trytes")
    found: dict[str, str] = {}
    by_length: dict[int, list[str]] = {}
    for text in dict.fromkeys(texts):
        by_length.setdefault(-(-len(text) // HASH_TRYTES) * HASH_TRYTES, []).append(text)
    for length, group in by_length.items():
        if np is None or not length or len(group) < _WORTHWHILE:
            found.update((text, curl_hash(text)) for text in group)
            continue
        for part in batched(group, BATCH_LANES, strict=False):
            padded = [text.ljust(length, "9") for text in part]
            found.update(zip(part, _hash_batch(np, padded), strict=True))
    return [found[text] for text in texts]

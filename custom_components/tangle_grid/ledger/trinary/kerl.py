"""Kerl, the hash of bundles, addresses and signatures, on Python integers.

Algorithm: Keccak-384 (the original padding, before FIPS 202) over 48-byte numbers, as in the IOTA reference
implementation. The 243 trits of a block are one balanced integer; "the last trit is zero" is then a reduction modulo
3**242 into the balanced range, and the bytes are its two's complement, big-endian.
"""

from collections.abc import Iterable
from typing import Final

from .codec import HASH_TRYTES, int_to_trytes, trytes_to_int
from .keccak import Keccak, load_keccak

_BYTES: Final = 48
_MODULUS: Final = 3**242
_HALF: Final = (_MODULUS - 1) // 2
_ALL_ONES: Final = (1 << 8 * _BYTES) - 1


def reduce(number: int) -> int:
    """Return the number with its last trit (of 243) set to zero."""
    return number if -_HALF <= number <= _HALF else (number + _HALF) % _MODULUS - _HALF


def to_bytes(number: int) -> bytes:
    """Return the 48 bytes that Keccak absorbs for a block."""
    return reduce(number).to_bytes(_BYTES, "big", signed=True)


def number_of(digest: bytes) -> int:
    """Return the block that a Keccak digest stands for."""
    return reduce(int.from_bytes(digest, "big", signed=True))


class Kerl:
    """One sponge that absorbs and squeezes hashes as balanced integers."""

    __slots__ = ("_keccak",)

    def __init__(self) -> None:
        self._keccak: Keccak = load_keccak()()

    def reset(self) -> None:
        """Start again."""
        self._keccak = load_keccak()()

    def absorb(self, number: int) -> None:
        """Absorb one block of 243 trits."""
        self._keccak.update(to_bytes(number))

    def squeeze(self) -> int:
        """Return one block of 243 trits."""
        digest = self._keccak.digest()
        flipped = int.from_bytes(digest, "big") ^ _ALL_ONES
        self._keccak = load_keccak()(flipped.to_bytes(_BYTES, "big"))
        return number_of(digest)


def kerl_hash(numbers: Iterable[int]) -> int:
    """Return the hash of these blocks."""
    return number_of(load_keccak()(b"".join(map(to_bytes, numbers))).digest())


def chain(number: int, times: int) -> int:
    """Hash a block, and the result again, this many times: the step of a Winternitz signature."""
    data = to_bytes(number)
    keccak = load_keccak()
    for _ in range(times):
        data = to_bytes(int.from_bytes(keccak(data).digest(), "big", signed=True))
    return int.from_bytes(data, "big", signed=True) if times else number


def kerl_hash_trytes(trytes: str) -> str:
    """Return the hash (81 trytes) of trytes, in blocks of 81. Raises TrytesError for other characters."""
    blocks = (trytes[at : at + HASH_TRYTES].ljust(HASH_TRYTES, "9") for at in range(0, len(trytes), HASH_TRYTES))
    return int_to_trytes(kerl_hash(map(trytes_to_int, blocks)), HASH_TRYTES)

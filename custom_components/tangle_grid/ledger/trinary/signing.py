"""Keys, addresses and one-time signatures of the legacy protocol (Winternitz over Kerl).

A key of security level s is s fragments of 27 hashes. The address is the hash of the fragments' digests. Signing
reveals, for each of 27 s trytes of the bundle hash, that hash of the key carried 13 - tryte steps on; checking carries
it the other 13 + tryte steps. A key must therefore sign only once. Here a hash is a balanced integer (see `kerl`).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from .codec import HASH_TRYTES, VALUE_BY_TRYTE, TrytesError, int_to_trytes, is_trytes, trytes_to_int
from .kerl import Kerl, chain, kerl_hash, kerl_hash_trytes

SECURITY: Final = 2
"""The level that wallets use: two fragments a signature."""

FRAGMENT_TRYTES: Final = 2187
CHECKSUM_TRYTES: Final = 9
_FRAGMENT_HASHES: Final = 27
_STEPS: Final = 26
_MAX: Final = 13
_WRAP: Final = 3**243
_WRAP_HALF: Final = (_WRAP - 1) // 2


def key_hashes(seed: int, index: int, security: int = SECURITY) -> list[int]:
    """Return the private key: 27 hashes per security level."""
    subseed = kerl_hash([(seed + index + _WRAP_HALF) % _WRAP - _WRAP_HALF])
    sponge = Kerl()
    sponge.absorb(subseed)
    return [sponge.squeeze() for _ in range(_FRAGMENT_HASHES * security)]


def key_digests(key: Sequence[int]) -> list[int]:
    """Return one digest per fragment of the key."""
    return [
        kerl_hash([chain(number, _STEPS) for number in key[at : at + _FRAGMENT_HASHES]])
        for at in range(0, len(key), _FRAGMENT_HASHES)
    ]


def address_of(seed: str, index: int, security: int = SECURITY) -> str:
    """Return the address (81 trytes) of a seed's key. Raises TrytesError when the seed is not made of trytes."""
    number = trytes_to_int(seed.ljust(HASH_TRYTES, "9"))
    return int_to_trytes(kerl_hash(key_digests(key_hashes(number, index, security))), HASH_TRYTES)


def checksum(address: str) -> str:
    """Return the nine trytes that guard an address against misreading."""
    return kerl_hash_trytes(address)[-CHECKSUM_TRYTES:]


def with_checksum(address: str) -> str:
    """Return the address with its checksum: 90 trytes."""
    return address + checksum(address)


def has_valid_checksum(address: str) -> bool:
    """Tell whether this is an address of 90 trytes whose checksum is right."""
    return is_trytes(address, HASH_TRYTES + CHECKSUM_TRYTES) and address == with_checksum(address[:HASH_TRYTES])


def normalize(bundle_hash: str) -> list[int]:
    """Return the 81 tryte values of a hash, each third balanced to a sum of zero, so that no forger can add steps."""
    values = [VALUE_BY_TRYTE[tryte] for tryte in bundle_hash]
    normalized: list[int] = []
    for at in range(0, HASH_TRYTES, _FRAGMENT_HASHES):
        part = values[at : at + _FRAGMENT_HASHES]
        excess = sum(part)
        for place, value in enumerate(part):
            moved = min(excess, value + _MAX) if excess > 0 else max(excess, value - _MAX)
            part[place] = value - moved
            excess -= moved
            if not excess:
                break
        normalized += part
    return normalized


def is_insecure(bundle_hash: str) -> bool:
    """Tell whether signing this hash would reveal a key's hash itself (a normalised tryte of 13).

    The same as looking for 13 in what `normalize` returns, without making it: normalising sets the first trytes of a
    third to one bound after the other until the sum is zero, and the rest stays as it is.
    """
    for at in range(0, HASH_TRYTES, _FRAGMENT_HASHES):
        part = bundle_hash[at : at + _FRAGMENT_HASHES]
        excess = sum([VALUE_BY_TRYTE[tryte] for tryte in part])
        place = 0
        if excess < 0:
            if VALUE_BY_TRYTE[part[0]] - excess >= _MAX:
                return True
            place = 1
        while excess > 0:
            excess -= VALUE_BY_TRYTE[part[place]] + _MAX
            place += 1
        if "M" in part[place:]:
            return True
    return False


def sign_fragment(key_fragment: Sequence[int], normalized: Sequence[int]) -> list[int]:
    """Return the signature of 27 normalised values with one fragment of the key."""
    return [chain(number, _MAX - value) for number, value in zip(key_fragment, normalized, strict=True)]


def _fragment_numbers(fragment: str) -> Iterator[int]:
    for at in range(0, FRAGMENT_TRYTES, HASH_TRYTES):
        yield trytes_to_int(fragment[at : at + HASH_TRYTES])


def signature_address(fragments: Sequence[str], bundle_hash: str) -> str:
    """Return the address that signed the bundle with these fragments. Raises TrytesError for malformed fragments."""
    normalized = normalize(bundle_hash)
    digests = []
    for place, fragment in enumerate(fragments):
        if not is_trytes(fragment, FRAGMENT_TRYTES):
            raise TrytesError("not a signature fragment")
        at = place * _FRAGMENT_HASHES % HASH_TRYTES
        values = normalized[at : at + _FRAGMENT_HASHES]
        numbers = zip(_fragment_numbers(fragment), values, strict=True)
        digests.append(kerl_hash([chain(number, _MAX + value) for number, value in numbers]))
    return int_to_trytes(kerl_hash(digests), HASH_TRYTES)

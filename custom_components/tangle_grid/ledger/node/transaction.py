"""A transaction of the legacy protocol: 2,673 trytes and what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from ..trinary import (
    HASH_TRYTES,
    TRANSACTION_TRYTES,
    curl_hash,
    curl_hashes,
    int_to_trytes,
    is_trytes,
    trailing_zeros,
    trytes_to_int,
)
from ..trinary.bundle import ESSENCE_TRYTES, secure_tag
from .errors import NodeError

NULL_HASH: Final = "9" * HASH_TRYTES
"""The parent of the first transactions: the genesis."""

FRAGMENT_TRYTES: Final = 2187
TAG_TRYTES: Final = 27
MAX_TIMESTAMP_MS: Final = (3**27 - 1) // 2
_MANY: Final = 16
_ESSENCE: Final = slice(FRAGMENT_TRYTES, FRAGMENT_TRYTES + ESSENCE_TRYTES)
_TRUNK: Final = slice(2430, 2511)
_BRANCH: Final = slice(2511, 2592)
_TAG: Final = slice(2592, 2619)
_ATTACHED: Final = slice(2619, 2646)


@lru_cache(maxsize=256)
def transaction_hash(trytes: str) -> str:
    """Return the hash; a client sends the same transaction several times (attach, broadcast, store)."""
    return curl_hash(trytes)


def parse_all(trytes: Sequence[object]) -> list[Transaction]:
    """Read transactions, each once; many of them are hashed together. Raises NodeError when one is not 2,673 trytes."""
    if not all(isinstance(each, str) and is_trytes(each, TRANSACTION_TRYTES) for each in trytes):
        raise NodeError("Invalid trytes input")
    texts = [str(each) for each in dict.fromkeys(trytes)]
    hashes = curl_hashes(texts) if len(texts) >= _MANY else map(transaction_hash, texts)
    return [Transaction.of(each, known) for each, known in zip(texts, hashes, strict=True)]


def _number(trytes: str) -> int:
    """Return the number in a field; most of them are empty, or nearly so."""
    stripped = trytes.rstrip("9")
    return trytes_to_int(stripped) if stripped else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A transaction. Hashes are 81 trytes, `timestamp` is epoch seconds, `attached_at` epoch milliseconds."""

    trytes: str
    hash: str
    address: str
    value: int
    obsolete_tag: str
    timestamp: int
    index: int
    last_index: int
    bundle: str
    trunk: str
    branch: str
    tag: str
    attached_at: int

    @classmethod
    def parse(cls, trytes: object, known_hash: str | None = None) -> Self:
        """Read a transaction; its hash is computed unless it is known. Raises NodeError when it is not 2,673 trytes."""
        if not isinstance(trytes, str) or not is_trytes(trytes, TRANSACTION_TRYTES):
            raise NodeError("Invalid trytes input")
        return cls.of(trytes, known_hash or transaction_hash(trytes))

    @classmethod
    def of(cls, trytes: str, known_hash: str) -> Self:
        """Read 2,673 trytes that were looked at before, with their hash."""
        return cls(
            trytes=trytes,
            hash=known_hash,
            address=trytes[2187:2268],
            value=_number(trytes[2268:2295]),
            obsolete_tag=trytes[2295:2322],
            timestamp=_number(trytes[2322:2331]),
            index=_number(trytes[2331:2340]),
            last_index=_number(trytes[2340:2349]),
            bundle=trytes[2349:2430],
            trunk=trytes[_TRUNK],
            branch=trytes[_BRANCH],
            tag=trytes[_TAG],
            attached_at=_number(trytes[2619:2628]),
        )

    @property
    def fragment(self) -> str:
        """The signature or message: 2,187 trytes."""
        return self.trytes[:FRAGMENT_TRYTES]

    @property
    def essence(self) -> str:
        """What the bundle hash covers."""
        return self.trytes[_ESSENCE]

    @property
    def weight(self) -> int:
        """The number of zero trits at the end of the hash: the proof of work."""
        return trailing_zeros(self.hash)


def attach(trytes: str, *, trunk: str, branch: str, now_ms: int) -> str:
    """Return the transaction with its parents and the time of attachment, still without a nonce.

    As in IRI, an empty tag takes the obsolete tag.
    """
    tag = trytes[_TAG]
    if tag == "9" * TAG_TRYTES:
        tag = trytes[2295:2322]
    attached = int_to_trytes(now_ms, 9) + int_to_trytes(0, 9) + int_to_trytes(MAX_TIMESTAMP_MS, 9)
    return trytes[: _TRUNK.start] + trunk + branch + tag + attached + trytes[_ATTACHED.stop :]


def compose(*, address: str, fragment: str, tag: str, timestamp: int) -> str:
    """Return a transaction without value that is a bundle of its own, not attached yet."""
    fields = address + int_to_trytes(0, 27) + tag.ljust(TAG_TRYTES, "9") + int_to_trytes(timestamp, 9)
    essence = fields + int_to_trytes(0, 9) + int_to_trytes(0, 9)
    obsolete_tag, bundle = secure_tag([essence])
    essence = essence[:108] + obsolete_tag + essence[135:]
    body = fragment.ljust(FRAGMENT_TRYTES, "9") + essence + bundle + NULL_HASH + NULL_HASH
    return (body + tag.ljust(TAG_TRYTES, "9")).ljust(TRANSACTION_TRYTES, "9")

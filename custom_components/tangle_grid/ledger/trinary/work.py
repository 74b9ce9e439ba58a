"""Proof of work: search the nonce that gives a transaction's hash enough zero trits at its end.

A batch of nonces is tried in one pass, one bit lane each: with NumPy 2,048 lanes in arrays of 64-bit words, without it
243 lanes in Python integers. Everything before the nonce is hashed once. Within a batch the lanes differ in the
first trits of the nonce; the rest of the nonce counts the batches. The search is deterministic and in bounded memory.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from .codec import HASH_TRITS, HASH_TRYTES, TrytesError, is_trytes, trits_to_trytes, trytes_to_trits
from .curl import STATE_TRITS, Curl, places, rotations, transform

if TYPE_CHECKING:
    from threading import Event

    from numpy import uint64
    from numpy.typing import NDArray

    type Words = NDArray[uint64]

TRANSACTION_TRYTES: Final = 2673
NONCE_TRYTES: Final = 27
MAX_MWM: Final = HASH_TRITS

_NONCE_AT: Final = HASH_TRITS - 3 * NONCE_TRYTES
_NUMPY_WORDS: Final = 32
_NUMPY_LANE_TRITS: Final = 7
_PLAIN_LANE_TRITS: Final = 5
_WORD_BITS: Final = 64
_MINUS: Final = (1, 0)
_BITS: Final = {-1: _MINUS, 0: (1, 1), 1: (0, 1)}

type Batches = Callable[[list[int]], int | None]
"""Try all lanes with these trits in the nonce after the lane trits; return a lane that won, or None."""


class WorkCancelledError(Exception):
    """The search was told to stop."""


def _digits(number: int, count: int) -> list[int]:
    """Return the number in ``count`` base-3 digits, 0..2 written as trits -1..1, the least significant first."""
    return [number // 3**place % 3 - 1 for place in range(count)]


@cache
def _lane_bits(trit: int, lanes: int) -> tuple[int, int]:
    """Return low and high bits of one lane trit over all lanes."""
    low = high = 0
    for lane in range(lanes):
        low_bit, high_bit = _BITS[lane // 3**trit % 3 - 1]
        low |= low_bit << lane
        high |= high_bit << lane
    return low, high


def _plain_batches(start: Curl, last_block: list[int], mwm: int) -> tuple[int, Batches]:
    """Lanes in Python integers: place p of the state owns the bits p * lanes and on."""
    lanes = 3**_PLAIN_LANE_TRITS
    low_word, high_word, layout = start.state()
    at = places(layout)
    all_lanes = (1 << lanes) - 1

    def spread(word: int) -> int:
        return sum(all_lanes << place * lanes for place in range(STATE_TRITS) if word >> place & 1)

    def put(word: int, trit: int, bits: int) -> int:
        place = at[trit] * lanes
        return word & ~(all_lanes << place) | bits << place

    base_low, base_high = spread(low_word), spread(high_word)
    for trit, value in enumerate(last_block[:_NONCE_AT]):
        low_bit, high_bit = _BITS[value]
        base_low, base_high = put(base_low, trit, low_bit * all_lanes), put(base_high, trit, high_bit * all_lanes)
    for trit in range(_PLAIN_LANE_TRITS):
        low_bits, high_bits = _lane_bits(trit, lanes)
        base_low, base_high = put(base_low, _NONCE_AT + trit, low_bits), put(base_high, _NONCE_AT + trit, high_bits)
    ends = [place * lanes for place in places((layout + 1) % 6)[HASH_TRITS - mwm : HASH_TRITS]]

    def batch(counter: list[int]) -> int | None:
        low, high = base_low, base_high
        for trit, value in enumerate(counter, _NONCE_AT + _PLAIN_LANE_TRITS):
            low_bit, high_bit = _BITS[value]
            low, high = put(low, trit, low_bit * all_lanes), put(high, trit, high_bit * all_lanes)
        low, high = transform(low, high, layout, lanes)
        won, zero = all_lanes, low & high
        for end in ends:
            won &= zero >> end
            if not won:
                return None
        return (won & -won).bit_length() - 1

    return _PLAIN_LANE_TRITS, batch


def _numpy_round(np: Any, state: tuple[Words, Words], spare: tuple[Words, Words, Words], rotation: int) -> None:
    """Write one round of the state into the first two spare arrays; the third is scratch. No array is allocated."""
    low, minus = state
    new_low, new_minus, scratch = spare
    cut = STATE_TRITS - rotation
    for here, partner in ((slice(0, cut), slice(rotation, None)), (slice(cut, None), slice(0, rotation))):
        into, other = new_low[here], scratch[here]
        np.bitwise_or(low[here], minus[partner], out=into)
        np.invert(into, out=into)
        np.bitwise_xor(low[partner], minus[here], out=other)
        np.bitwise_or(into, other, out=into)
        np.bitwise_xor(low[here], minus[partner], out=other)
        np.bitwise_and(other, into, out=new_minus[here])


def _numpy_batches(np: Any, start: Curl, last_block: list[int], mwm: int) -> tuple[int, Batches]:
    """Lanes in arrays of shape (729 places, 32 words of 64 bits), as low and "not high" words (see ``transform``)."""
    lanes = _NUMPY_WORDS * _WORD_BITS
    ones = np.uint64(2**_WORD_BITS - 1)
    low_word, high_word, layout = start.state()
    at = places(layout)
    low, minus, new_low, new_minus, scratch = (np.empty((STATE_TRITS, _NUMPY_WORDS), np.uint64) for _ in range(5))
    base_low = np.zeros_like(low)
    base_minus = np.zeros_like(low)
    for place in range(STATE_TRITS):
        base_low[place] = ones if low_word >> place & 1 else 0
        base_minus[place] = 0 if high_word >> place & 1 else ones

    def put(into_low: Words, into_minus: Words, trit: int, value: int) -> None:
        low_bit, high_bit = _BITS[value]
        into_low[at[trit]] = ones if low_bit else 0
        into_minus[at[trit]] = 0 if high_bit else ones

    for trit, value in enumerate(last_block[:_NONCE_AT]):
        put(base_low, base_minus, trit, value)
    for trit in range(_NUMPY_LANE_TRITS):
        low_bits, high_bits = _lane_bits(trit, lanes)
        place = at[_NONCE_AT + trit]
        base_low[place] = np.frombuffer(low_bits.to_bytes(lanes // 8, "little"), "<u8")
        base_minus[place] = ~np.frombuffer(high_bits.to_bytes(lanes // 8, "little"), "<u8")
    ends = places((layout + 1) % 6)[HASH_TRITS - mwm : HASH_TRITS]
    rounds = rotations(layout)

    def batch(counter: list[int]) -> int | None:
        nonlocal low, minus, new_low, new_minus
        np.copyto(low, base_low)
        np.copyto(minus, base_minus)
        for trit, value in enumerate(counter, _NONCE_AT + _NUMPY_LANE_TRITS):
            put(low, minus, trit, value)
        for rotation in rounds:
            _numpy_round(np, (low, minus), (new_low, new_minus, scratch), rotation)
            low, minus, new_low, new_minus = new_low, new_minus, low, minus
        won = np.bitwise_and.reduce(low[ends] & ~minus[ends], axis=0)
        if not won.any():
            return None
        word = int(won.nonzero()[0][0])
        bits = int(won[word])
        return word * _WORD_BITS + (bits & -bits).bit_length() - 1

    return _NUMPY_LANE_TRITS, batch


def load_numpy() -> Any:
    """Return NumPy, or None where it is missing."""
    try:
        import numpy as np  # noqa: PLC0415 - optional: the search also runs without it
    except ImportError:
        return None
    return np


def with_nonce(trytes: str, mwm: int, stop: Event | None = None, *, use_numpy: bool = True) -> str:
    """Return the transaction (2,673 trytes) with a nonce whose hash ends in at least ``mwm`` zero trits.

    Raises TrytesError for a malformed transaction or magnitude, WorkCancelledError soon after ``stop`` is set. The
    work grows as 3**mwm; it holds no lock that keeps other threads from running.
    """
    if not is_trytes(trytes, TRANSACTION_TRYTES) or not 0 <= mwm <= MAX_MWM:
        raise TrytesError("not a transaction")
    start = Curl()
    start.absorb_trytes(trytes[:-HASH_TRYTES])
    last_block = trytes_to_trits(trytes[-HASH_TRYTES:])
    np = load_numpy() if use_numpy else None
    lane_trits, batch = (
        _plain_batches(start, last_block, mwm) if np is None else _numpy_batches(np, start, last_block, mwm)
    )
    free_trits = 3 * NONCE_TRYTES - lane_trits
    counter = 0
    while True:
        if stop is not None and stop.is_set():
            raise WorkCancelledError
        rest = _digits(counter, free_trits)
        lane = batch(rest)
        if lane is not None:
            return trytes[:-NONCE_TRYTES] + trits_to_trytes(_digits(lane, lane_trits) + rest)
        counter += 1

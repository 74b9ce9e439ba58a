"""Proof of work: search the nonce that gives a transaction's hash enough zero trits at its end.

A batch of nonces is tried in one pass, one bit lane each: with NumPy 2,048 lanes in arrays of 64-bit words (256 where
little work is asked for), without it 6,561 lanes in Python integers. Everything before the nonce is hashed once. Within
a batch the lanes differ in the first trits of the nonce; the rest of the nonce counts the batches. With NumPy, up to
four cores take turns with the batches. The search is deterministic and in bounded memory: one megabyte a core.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Event, Lock
from typing import Any, Final

from .codec import HASH_TRITS, HASH_TRYTES, TrytesError, is_trytes, trits_to_trytes, trytes_to_trits
from .curl import STATE_TRITS, Curl, places
from .lanes import BATCH_LANES, WORD_BITS, ArrayLanes, load_numpy, transform_rows

TRANSACTION_TRYTES: Final = 2673
NONCE_TRYTES: Final = 27
MAX_MWM: Final = HASH_TRITS

_NONCE_AT: Final = HASH_TRITS - 3 * NONCE_TRYTES
_NUMPY_LANE_TRITS: Final = 7
_LITTLE_MWM: Final = 4
_LITTLE_LANES: Final = 256
_LITTLE_LANE_TRITS: Final = 6
_PLAIN_LANE_TRITS: Final = 8
_MAX_CORES: Final = 4
_SHARED_MWM: Final = 9
_MINUS: Final = (1, 0)
_BITS: Final = {-1: _MINUS, 0: (1, 1), 1: (0, 1)}

type Batches = Callable[[list[int]], int | None]
"""Try all lanes with these trits in the nonce after the lane trits; return a lane that won, or None."""


class WorkCancelledError(Exception):
    """The search was told to stop."""


def _digits(number: int, count: int) -> list[int]:
    """Return the number in `count` base-3 digits, 0..2 written as trits -1..1, the least significant first."""
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


def _plain_batches(start: Curl, last_block: list[int], mwm: int) -> tuple[int, Callable[[], Batches]]:
    """Return how many lanes 729 Python integers have, and what makes their batches."""
    lanes = 3**_PLAIN_LANE_TRITS
    ones = (1 << lanes) - 1
    low_word, high_word, layout = start.state()
    at = places(layout)
    base_low = [ones if low_word >> place & 1 else 0 for place in range(STATE_TRITS)]
    base_high = [ones if high_word >> place & 1 else 0 for place in range(STATE_TRITS)]

    def put(into_low: list[int], into_high: list[int], trit: int, value: int) -> None:
        low_bit, high_bit = _BITS[value]
        into_low[at[trit]], into_high[at[trit]] = low_bit * ones, high_bit * ones

    for trit, value in enumerate(last_block[:_NONCE_AT]):
        put(base_low, base_high, trit, value)
    for trit in range(_PLAIN_LANE_TRITS):
        place = at[_NONCE_AT + trit]
        base_low[place], base_high[place] = _lane_bits(trit, lanes)
    ends = places((layout + 1) % 6)[HASH_TRITS - mwm : HASH_TRITS]

    def batch(counter: list[int]) -> int | None:
        low, high = base_low.copy(), base_high.copy()
        for trit, value in enumerate(counter, _NONCE_AT + _PLAIN_LANE_TRITS):
            put(low, high, trit, value)
        low, high = transform_rows(low, high, layout, ones)
        won = ones
        for end in ends:
            won &= low[end] & high[end]
        return (won & -won).bit_length() - 1 if won else None

    return _PLAIN_LANE_TRITS, lambda: batch


def _numpy_batches(np: Any, start: Curl, last_block: list[int], mwm: int) -> tuple[int, Callable[[], Batches]]:
    """Return the same for arrays of shape (729 places, words of 64 bits); each search has arrays of its own."""
    lanes, lane_trits = BATCH_LANES, _NUMPY_LANE_TRITS
    if mwm <= _LITTLE_MWM:
        # As a rule the first batch has more nonces than are needed.
        lanes, lane_trits = _LITTLE_LANES, _LITTLE_LANE_TRITS
    ones = np.uint64(2**WORD_BITS - 1)
    low_word, high_word, layout = start.state()
    at = places(layout)
    shape = (STATE_TRITS, lanes // WORD_BITS)
    base_low, base_high = (
        np.repeat(np.array([ones if word >> place & 1 else 0 for place in range(STATE_TRITS)], np.uint64), shape[1])
        for word in (low_word, high_word)
    )
    base_low, base_high = base_low.reshape(shape), base_high.reshape(shape)

    def put(into_low: Any, into_high: Any, trit: int, value: int) -> None:
        low_bit, high_bit = _BITS[value]
        into_low[at[trit]] = ones if low_bit else 0
        into_high[at[trit]] = ones if high_bit else 0

    for trit, value in enumerate(last_block[:_NONCE_AT]):
        put(base_low, base_high, trit, value)
    for trit in range(lane_trits):
        place = at[_NONCE_AT + trit]
        for base, bits in zip((base_low, base_high), _lane_bits(trit, lanes), strict=True):
            base[place] = np.frombuffer(bits.to_bytes(lanes // 8, "little"), "<u8")
    ends = places((layout + 1) % 6)[HASH_TRITS - mwm : HASH_TRITS]

    def search() -> Batches:
        state = ArrayLanes(np, shape[1])

        def batch(counter: list[int]) -> int | None:
            np.copyto(state.low, base_low)
            np.copyto(state.high, base_high)
            for trit, value in enumerate(counter, _NONCE_AT + lane_trits):
                put(state.low, state.high, trit, value)
            state.transform(layout)
            won = np.bitwise_and.reduce(state.low[ends] & state.high[ends], axis=0)
            if not won.any():
                return None
            word = int(won.nonzero()[0][0])
            bits = int(won[word])
            return word * WORD_BITS + (bits & -bits).bit_length() - 1

        return batch

    return lane_trits, search


class _Race:
    """Several searches for one nonce. The first batch that has one wins, whoever tries it: always the same one."""

    def __init__(self, free_trits: int, step: int, stop: Event | None) -> None:
        self._free_trits = free_trits
        self._step = step
        self._stop = stop
        self._lock = Lock()
        self._over = False
        self.won: tuple[int, int] | None = None

    def end(self) -> None:
        """Let no search begin another batch."""
        self._over = True

    def run(self, batch: Batches, counter: int) -> None:
        """Try every `step`-th batch from this one on, until nothing better can be found."""
        while not self._over and (self.won is None or counter < self.won[0]):
            if self._stop is not None and self._stop.is_set():
                self.end()
                return
            lane = batch(_digits(counter, self._free_trits))
            if lane is not None:
                with self._lock:
                    self.won = min(self.won or (counter, lane), (counter, lane))
                return
            counter += self._step


def _cores(mwm: int) -> int:
    """Return how many searches are worth their start."""
    return min(_MAX_CORES, os.process_cpu_count() or 1) if mwm >= _SHARED_MWM else 1


def with_nonce(trytes: str, mwm: int, stop: Event | None = None, *, use_numpy: bool = True) -> str:
    """Return the transaction (2,673 trytes) with a nonce whose hash ends in at least `mwm` zero trits.

    Raises TrytesError for a malformed transaction or magnitude, WorkCancelledError soon after `stop` is set. The
    work grows as 3**mwm; it holds no lock that keeps other threads from running.
    """
    if not is_trytes(trytes, TRANSACTION_TRYTES) or not 0 <= mwm <= MAX_MWM:
        raise TrytesError("not a transaction")
    start = Curl()
    start.absorb_trytes(trytes[:-HASH_TRYTES])
    last_block = trytes_to_trits(trytes[-HASH_TRYTES:])
    np = load_numpy() if use_numpy else None
    cores = 1 if np is None else _cores(mwm)
    lane_trits, search = (
        _plain_batches(start, last_block, mwm) if np is None else _numpy_batches(np, start, last_block, mwm)
    )
    free_trits = 3 * NONCE_TRYTES - lane_trits
    race = _Race(free_trits, cores, stop)
    if cores == 1:
        race.run(search(), 0)
    else:
        with ThreadPoolExecutor(cores - 1, thread_name_prefix="tangle-pow") as others:
            try:
                running = [others.submit(race.run, search(), first) for first in range(1, cores)]
                race.run(search(), 0)
                for each in running:
                    each.result()
            finally:
                race.end()
    if race.won is None or (stop is not None and stop.is_set()):
        raise WorkCancelledError
    counter, lane = race.won
    return trytes[:-NONCE_TRYTES] + trits_to_trytes(_digits(lane, lane_trits) + _digits(counter, free_trits))

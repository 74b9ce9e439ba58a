"""Curl-P-81, the hash of transactions, on Python integers.

Algorithm: the sponge of the IOTA reference implementation (81 rounds, 729 trits of state), with each trit as one bit
in two words: -1 is (low 1, high 0), 0 is (1, 1), 1 is (0, 1), and so a round is a few operations on whole words.

The reference walks the state by steps of 364 modulo 729. Here round k's state is kept permuted by 364**-k, which turns
the walk into a plain rotation by 364**(k+1) modulo 729. After 81 rounds the layout is the one of multiplier 364**81,
which has order 6: a state is always in one of six layouts, and a block of trits is scattered into the current one.

Many states at once are the business of ``lanes``.
"""

from functools import cache
from operator import getitem, itemgetter
from typing import Any, Final

from .codec import ALPHABET, HASH_TRITS, HASH_TRYTES, TrytesError, is_trytes, trits_to_trytes, trytes_to_trits

STATE_TRITS: Final = 729
ROUNDS: Final = 81
STEP: Final = 364
LAYOUTS: Final = tuple(pow(STEP, ROUNDS * k, STATE_TRITS) for k in range(6))
"""The multiplier of each layout: trit i of the state stands at place (multiplier * i) modulo 729."""


def places(layout: int) -> list[int]:
    """Return where each trit of the state stands in this layout."""
    return [LAYOUTS[layout] * trit % STATE_TRITS for trit in range(STATE_TRITS)]


@cache
def _words_by_tryte(layout: int) -> tuple[dict[str, int], ...]:
    """Give, for each of the 81 trytes of a block, the bits of its three trits in both words (high above low).

    About half a megabyte a layout; a block is then scattered by 81 look-ups.
    """
    multiplier = LAYOUTS[layout]
    words = []
    for place in range(HASH_TRYTES):
        bits = [1 << (multiplier * (3 * place + trit) % STATE_TRITS) for trit in range(3)]
        words.append(
            {
                tryte: sum(
                    (bit if trit <= 0 else 0) | (bit << STATE_TRITS if trit >= 0 else 0)
                    for bit, trit in zip(bits, trytes_to_trits(tryte), strict=True)
                )
                for tryte in ALPHABET
            }
        )
    return tuple(words)


def _gather(layout: int) -> itemgetter[Any]:
    """Pick the 243 public trits out of the text of a word (most significant bit first)."""
    return itemgetter(*[STATE_TRITS - 1 - LAYOUTS[layout] * trit % STATE_TRITS for trit in range(HASH_TRITS)])


def _keep(layout: int) -> int:
    """Mask, for both words, of the places that absorbing a block leaves alone."""
    word = sum(1 << (LAYOUTS[layout] * trit % STATE_TRITS) for trit in range(HASH_TRITS, STATE_TRITS))
    return word | word << STATE_TRITS


_WORD: Final = (1 << STATE_TRITS) - 1
_GATHER: Final = tuple(_gather(layout) for layout in range(6))
_KEEP: Final = tuple(_keep(layout) for layout in range(6))
_TRIT_BY_BITS: Final = {("1", "0"): -1, ("1", "1"): 0, ("0", "1"): 1}


def rotations(layout: int) -> list[int]:
    """Return the rotation of each of the 81 rounds of a transform that starts in this layout."""
    return [LAYOUTS[layout] * pow(STEP, k + 1, STATE_TRITS) % STATE_TRITS for k in range(ROUNDS)]


def _turns(layout: int) -> list[tuple[int, int, int]]:
    """Return each round's rotation as right shift, left shift, and the mask of the bits that come in at the top."""
    return [(right, STATE_TRITS - right, (1 << right) - 1) for right in rotations(layout)]


_PAIRS: Final = tuple(tuple((*_turns(k)[at], *_turns(k)[at + 1]) for at in range(0, ROUNDS - 1, 2)) for k in range(6))
_LAST: Final = tuple(_turns(layout)[-1] for layout in range(6))


def transform(low: int, high: int, layout: int) -> tuple[int, int]:
    """Run the 81 rounds on a state in this layout; the result is in layout ``(layout + 1) % 6``.

    No state has both bits clear, so that a round has cheaper forms than the usual one. Four operations lead from (low,
    high) to (plus, high), where "plus" is "not low"; four more, and a complement, lead back to (low, high).
    """
    word = _WORD
    for right, left, top, right_2, left_2, top_2 in _PAIRS[layout]:
        other = high ^ (low >> right | (low & top) << left)
        high = (low ^ (high >> right | (high & top) << left)) | other
        plus = low & other
        other = high ^ (plus >> right_2 | (plus & top_2) << left_2)
        high = (plus ^ (high >> right_2 | (high & top_2) << left_2)) & other ^ word
        low = plus | other
    right, left, top = _LAST[layout]
    other = high ^ (low >> right | (low & top) << left)
    high = (low ^ (high >> right | (high & top) << left)) | other
    return low & other ^ word, high


class Curl:
    """One sponge. The state is held as two words in one of the six layouts."""

    __slots__ = ("_high", "_layout", "_low")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start again with a state of zeros."""
        self._low = self._high = _WORD
        self._layout = 0

    def _transform(self) -> None:
        self._low, self._high = transform(self._low, self._high, self._layout)
        self._layout = (self._layout + 1) % 6

    def absorb_trytes(self, trytes: str) -> None:
        """Absorb blocks of 81 trytes; a short last block is filled up with nines. Raises TrytesError."""
        if not is_trytes(trytes):
            raise TrytesError("not trytes")
        for at in range(0, len(trytes), HASH_TRYTES):
            block = trytes[at : at + HASH_TRYTES].ljust(HASH_TRYTES, "9")
            words = (self._low | self._high << STATE_TRITS) & _KEEP[self._layout]
            words += sum(map(getitem, _words_by_tryte(self._layout), block, strict=True))
            self._low, self._high = words & _WORD, words >> STATE_TRITS
            self._transform()

    def public_trits(self) -> list[int]:
        """Return the 243 public trits of the state as it stands."""
        gather = _GATHER[self._layout]
        pairs = zip(gather(f"{self._low:0729b}"), gather(f"{self._high:0729b}"), strict=True)
        return [_TRIT_BY_BITS[pair] for pair in pairs]

    def squeeze_trits(self) -> list[int]:
        """Return the 243 public trits, and transform on."""
        trits = self.public_trits()
        self._transform()
        return trits

    def digest(self) -> str:
        """Return the 81 public trytes without transforming on: the hash of what was absorbed."""
        return trits_to_trytes(self.public_trits())

    def state(self) -> tuple[int, int, int]:
        """Return low word, high word, layout: what a proof of work starts from."""
        return self._low, self._high, self._layout


def curl_hash(trytes: str) -> str:
    """Return the Curl-P-81 hash (81 trytes) of trytes. Raises TrytesError for other characters."""
    sponge = Curl()
    sponge.absorb_trytes(trytes)
    return sponge.digest()


def trailing_zeros(hash_trytes: str) -> int:
    """Count the zero trits at the end of a hash: the weight that its proof of work reached."""
    stripped = hash_trytes[:HASH_TRYTES].rstrip("9")
    zeros = 3 * (len(hash_trytes) - len(stripped))
    if stripped:
        for trit in reversed(trytes_to_trits(stripped[-1])):
            if trit:
                break
            zeros += 1
    return zeros

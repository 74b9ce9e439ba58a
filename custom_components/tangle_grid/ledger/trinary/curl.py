"""Curl-P-81, the hash of transactions, on Python integers.

Algorithm: the sponge of the IOTA reference implementation (81 rounds, 729 trits of state), with each trit as one bit
in two words: -1 is (low 1, high 0), 0 is (1, 1), 1 is (0, 1), and so a round is a few operations on whole words.

The reference walks the state by steps of 364 modulo 729. Here round k's state is kept permuted by 364**-k, which turns
the walk into a plain rotation by 364**(k+1) modulo 729. After 81 rounds the layout is the one of multiplier 364**81,
which has order 6: a state is always in one of six layouts, and a block of trits is scattered into the current one.

Many states at once are the business of `lanes`.
"""

from dataclasses import dataclass
from typing import Final, Self

from .codec import ALPHABET, HASH_TRITS, HASH_TRYTES, TrytesError, is_trytes, trytes_to_trits

STATE_TRITS: Final = 729
ROUNDS: Final = 81
STEP: Final = 364
LAYOUTS: Final = tuple(pow(STEP, ROUNDS * k, STATE_TRITS) for k in range(6))
"""The multiplier of each layout: trit i of the state stands at place (multiplier * i) modulo 729."""


def places(layout: int) -> list[int]:
    """Return where each trit of the state stands in this layout."""
    return [LAYOUTS[layout] * trit % STATE_TRITS for trit in range(STATE_TRITS)]


def _octal(*, backwards: bool, high: bool) -> dict[int, int]:
    """Translate each tryte to the octal digit of its trits in one word; read backwards, the first trit is on top."""
    digits = {}
    for tryte in ALPHABET:
        trits = trytes_to_trits(tryte)[:: 1 if backwards else -1]
        bits = "".join(str(int(trit >= 0 if high else trit <= 0)) for trit in trits)
        digits[ord(tryte)] = ord(str(int(bits, 2)))
    return digits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """How a block of 81 trytes lies in a layout: read as octal numbers, in order or backwards, in a few large pieces.

    The multipliers are 1 and -1, and those plus 243 or 486: so the trits are moved by thirds of the state only, all
    that leave the same rest modulo 3 together. `moves` are masks of the pieces, and their shifts to the left and
    right. Both words are moved as one, high above low.
    """

    step: int
    low: dict[int, int]
    high: dict[int, int]
    moves: tuple[tuple[int, int, int], ...]
    trytes: dict[tuple[str, str], str]

    @classmethod
    def of(cls, layout: int) -> Self:
        multiplier = LAYOUTS[layout]
        backwards = multiplier % 3 == 2  # noqa: PLR2004 - minus one
        masks: dict[int, int] = {}
        for trit in range(HASH_TRITS):
            bit = HASH_TRITS - 1 - trit if backwards else trit
            shift = multiplier * trit % STATE_TRITS - bit
            masks[shift] = masks.get(shift, 0) | 1 << bit | 1 << STATE_TRITS + bit
        low, high = (_octal(backwards=backwards, high=each) for each in (False, True))
        return cls(
            step=1 if backwards else -1,
            low=low,
            high=high,
            moves=tuple((mask, max(shift, 0), max(-shift, 0)) for shift, mask in masks.items()),
            trytes={(chr(low[ord(tryte)]), chr(high[ord(tryte)])): tryte for tryte in ALPHABET},
        )

    def scatter(self, trytes: str) -> int:
        """Return both words with the trits of a block in their places."""
        digits = trytes[:: self.step]
        block = int(digits.translate(self.low), 8) + (int(digits.translate(self.high), 8) << STATE_TRITS)
        return sum([(block & mask) << left >> right for mask, left, right in self.moves])

    def gather(self, words: int) -> str:
        """Return the trytes that stand in the places of a block."""
        block = sum([words >> left << right & mask for mask, left, right in self.moves])
        digits = (f"{part:0{HASH_TRYTES}o}"[:: self.step] for part in (block & _PUBLIC, block >> STATE_TRITS))
        return "".join([self.trytes[pair] for pair in zip(*digits, strict=True)])


def _keep(layout: int) -> int:
    """Mask, for both words, of the places that absorbing a block leaves alone."""
    word = sum(1 << (LAYOUTS[layout] * trit % STATE_TRITS) for trit in range(HASH_TRITS, STATE_TRITS))
    return word | word << STATE_TRITS


_WORD: Final = (1 << STATE_TRITS) - 1
_PUBLIC: Final = (1 << HASH_TRITS) - 1
_BLOCKS: Final = tuple(map(_Block.of, range(6)))
_KEEP: Final = tuple(map(_keep, range(6)))


def rotations(layout: int) -> list[int]:
    """Return the rotation of each of the 81 rounds of a transform that starts in this layout."""
    return [LAYOUTS[layout] * pow(STEP, k + 1, STATE_TRITS) % STATE_TRITS for k in range(ROUNDS)]


def _turns(layout: int) -> list[tuple[int, int, int]]:
    """Return each round's rotation as right shift, left shift, and the mask of the bits that come in at the top."""
    return [(right, STATE_TRITS - right, (1 << right) - 1) for right in rotations(layout)]


_PAIRS: Final = tuple(tuple((*_turns(k)[at], *_turns(k)[at + 1]) for at in range(0, ROUNDS - 1, 2)) for k in range(6))
_LAST: Final = tuple(_turns(layout)[-1] for layout in range(6))


def transform(low: int, high: int, layout: int) -> tuple[int, int]:
    """Run the 81 rounds on a state in this layout; the result is in layout `(layout + 1) % 6`.

    No state has both bits clear, so that a round has cheaper forms than the usual one. Four operations lead from (low,
    high) to (plus, high), where "plus" is "not low"; four more, and a complement, lead back to (low, high).
    """
    word = _WORD
    for right, left, top, right_2, left_2, top_2 in _PAIRS[layout]:
        other = high ^ (low >> right) + ((low & top) << left)
        high = low ^ (high >> right) + ((high & top) << left) | other
        plus = low & other
        other = high ^ (plus >> right_2) + ((plus & top_2) << left_2)
        high = (plus ^ (high >> right_2) + ((high & top_2) << left_2)) & other ^ word
        low = plus | other
    right, left, top = _LAST[layout]
    other = high ^ (low >> right) + ((low & top) << left)
    high = low ^ (high >> right) + ((high & top) << left) | other
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
            words = self._low + (self._high << STATE_TRITS) & _KEEP[self._layout]
            words += _BLOCKS[self._layout].scatter(block)
            self._low, self._high = words & _WORD, words >> STATE_TRITS
            self._transform()

    def public_trits(self) -> list[int]:
        """Return the 243 public trits of the state as it stands."""
        return trytes_to_trits(self.digest())

    def squeeze_trits(self) -> list[int]:
        """Return the 243 public trits, and transform on."""
        trits = self.public_trits()
        self._transform()
        return trits

    def digest(self) -> str:
        """Return the 81 public trytes without transforming on: the hash of what was absorbed."""
        return _BLOCKS[self._layout].gather(self._low + (self._high << STATE_TRITS))

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

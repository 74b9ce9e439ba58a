"""Chance that can be repeated: everything random follows from the seed, a name and a time, never from what came before.

So a street that was stored and restored, or that jumped over a day, meets the same clouds, cars and kettles.
"""

import math
import random

_MASK = (1 << 64) - 1


def generator(*parts: object) -> random.Random:
    """Return a random generator that depends on `parts` alone, the same in every process."""
    return random.Random("/".join(str(part) for part in parts))  # noqa: S311 - a model, not a secret


def stream_key(*parts: object) -> int:
    """Return a 64-bit key for `noise`."""
    return generator(*parts).getrandbits(64)


def noise(key: int, index: int) -> float:
    """Return a number in -1..1 for every index of a stream (SplitMix64, Steele, Lea and Flood 2014).

    Fast, and no state.
    """
    value = (key + index * 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return (value ^ (value >> 31)) / (1 << 63) - 1.0


def poisson(source: random.Random, mean: float) -> int:
    """Return a Poisson-distributed count (Knuth's multiplication method; meant for means of up to some tens)."""
    limit = math.exp(-mean)
    count = 0
    product = source.random()
    while product > limit:
        count += 1
        product *= source.random()
    return count

"""Which addresses a payment spends from: few, so that a bundle stays small, and all of what each of them holds."""

from collections.abc import Sequence
from typing import Final

from ..pyota.library import TransferInput

MAX_INPUTS: Final = 10
"""The most addresses that one bundle spends from; each takes two of its transactions."""

MANY: Final = 16
"""A wallet with its tokens on more addresses than this gathers them."""


def choose_inputs(funded: Sequence[TransferInput], wanted_i: int) -> list[TransferInput]:
    """Return the fewest addresses that cover the amount, the largest first; at most MAX_INPUTS."""
    chosen: list[TransferInput] = []
    total = 0
    for spent in sorted(funded, key=lambda each: (-each.balance_i, each.key_index))[:MAX_INPUTS]:
        if total >= wanted_i:
            break
        chosen.append(spent)
        total += spent.balance_i
    return chosen


def choose_gathered(funded: Sequence[TransferInput]) -> list[TransferInput]:
    """Return the addresses to gather on one, the smallest first; none when there are not many."""
    if len(funded) <= MANY:
        return []
    return sorted(funded, key=lambda each: (each.balance_i, each.key_index))[:MAX_INPUTS]

"""Any site of rude devices, with anything that happens to it: what the fuse and the people feel stays within bounds.

The sites and what must be so are those of `scripts/bench zoo`.
"""

import random

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from benchmarks._zoo_draw import Drawn, draw
from benchmarks.zoo import DAY_S, Result, judge

#: Of a perfect controller's energy, where nothing lies: the median of all examples.
ENOUGH = 0.9
slow = settings(deadline=None, suppress_health_check=list(HealthCheck))


def played(drawn: Drawn, seed: int = 0) -> Result:
    result = judge(drawn, seed)
    assert not result.wrong, "\n".join((*result.wrong, *result.says))
    return result


#: Beside the first ones: two clamps that change places between restarts.
SEEDS = (*range(12), 40_050)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_half_hour_of_any_site(seed: int) -> None:
    """By number: what Hypothesis draws, even derandomized, goes by the constants of all modules loaded beside it."""
    played(draw(random.Random(seed), length_s=1800.0), seed)  # noqa: S311 - a model


@pytest.mark.long
@settings(slow, max_examples=300)
@given(st.randoms(use_true_random=False))
def test_any_site(chance: random.Random) -> None:
    played(draw(chance))


@pytest.mark.long
def test_cars_get_their_energy() -> None:
    shares = [played(draw(random.Random(seed)), seed).share for seed in range(200)]  # noqa: S311 - a model
    known = sorted(share for share in shares if share is not None)
    assert known[len(known) // 2] >= ENOUGH


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_whole_days(seed: int) -> None:
    played(draw(random.Random(seed), length_s=DAY_S), seed)  # noqa: S311 - a model

"""Amounts as people read them."""

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.amounts import IOTA_PER_MI, about, in_currency, in_mi


@pytest.mark.parametrize(
    ("amount_i", "text"),
    [
        (0, "0 Mi"),
        (1, "1 i"),
        (-999, "-999 i"),
        (1_000, "0.001 Mi"),
        (850_000, "0.85 Mi"),
        (1_000_000, "1 Mi"),
        (-2_500_000, "-2.5 Mi"),
        (1_234_567_000_001, "1\u202f234\u202f567.000001 Mi"),
        (10_000_000, "10 Mi"),
    ],
)
def test_in_mi(amount_i: int, text: str) -> None:
    assert in_mi(amount_i) == text


@given(st.integers(-(2**53), 2**53))
def test_no_iota_is_lost(amount_i: int) -> None:
    number, unit = in_mi(amount_i).replace("\u202f", "").split(" ")
    assert Fraction(number) * (IOTA_PER_MI if unit == "Mi" else 1) == amount_i


@given(st.integers(-(2**53), 2**53))
def test_about_is_close(amount_i: int) -> None:
    assert abs(about(amount_i) - amount_i) * 20 <= abs(amount_i)
    assert about(about(amount_i)) == about(amount_i)


def test_in_currency() -> None:
    assert in_currency(850_000, Fraction(2_000_000), "EUR") == "0.42 EUR"

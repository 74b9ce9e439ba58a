"""Commitments: nobody reads them, nobody bends them, and what was destroyed does not come back."""

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.privacy import commit, fits, following_key, new_key, salt_of
from custom_components.tangle_grid.protocol import ProtocolError, canonical

KEY = "ab" * 32
VALUES = st.dictionaries(
    st.text(max_size=5), st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8), max_size=4
)


@settings(max_examples=60, deadline=None)
@given(data=VALUES, other=VALUES, name=st.text(max_size=8), wrong=st.text(max_size=8))
def test_a_commitment_fits_its_data_with_its_salt_only(
    data: dict[str, Any], other: dict[str, Any], name: str, wrong: str
) -> None:
    salt = salt_of(KEY, name)
    made = commit(data, salt)
    assert len(made) == 64
    assert fits(made, dict(reversed(data.items())), salt)
    assert fits(made, other, salt) == (canonical(other) == canonical(data))
    assert fits(made, data, salt_of(KEY, wrong)) == (wrong == name)
    assert not fits(made, data, salt_of(following_key(KEY), name))


def test_known_values() -> None:
    """So that receipts of today open with the programs of later years."""
    salt = salt_of(KEY, "pay-1")
    assert salt == "4b1d25c006caa4619abf4b0abfe1b51ee83ae89433e923b98797c13ef015acfe"
    assert commit({"at": "zone.station"}, salt) == "ee955e370adb2d53264b846637ad65b523bb6be888365b938a7ee4737dca908a"


def test_keys_are_random_and_follow_one_way() -> None:
    assert len({new_key() for _ in range(5)}) == 5
    keys = [KEY]
    for _ in range(5):
        keys.append(following_key(keys[-1]))
    assert len(set(keys)) == 6
    assert all(len(key) == 64 for key in keys)


@pytest.mark.parametrize("salt", ["", "zz", "ab" * 31, "ab" * 33])
def test_what_is_no_salt(salt: str) -> None:
    with pytest.raises(ValueError, match=r"hexadecimal|salt"):
        commit({}, salt)
    assert not fits("0" * 64, {}, salt)


def test_what_cannot_be_encoded() -> None:
    with pytest.raises(ProtocolError):
        commit({"x": float("nan")}, salt_of(KEY, "a"))
    assert not fits("0" * 64, {"x": float("nan")}, salt_of(KEY, "a"))

"""The canonical encoding: RFC 8785, and nothing that could be read in two ways."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.protocol import ProtocolError, Rejection, canonical, parse

_LIMIT = 2**53 - 1
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-_LIMIT, _LIMIT)
    | st.floats(-_LIMIT, _LIMIT)
    | st.floats(1e21, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), children, max_size=4)
    ),
    max_leaves=20,
)


@given(json_values)
def test_what_is_encoded_is_read_back_and_encoded_the_same(value: Any) -> None:
    encoded = canonical(value)
    again = parse(encoded)
    assert canonical(again) == encoded
    assert again == json.loads(json.dumps(value))


@given(st.dictionaries(st.text(max_size=5), st.integers(0, 9), max_size=5))
def test_the_order_of_keys_changes_nothing(value: dict[str, int]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))


@pytest.mark.parametrize(
    ("number", "text"),
    # Appendix B of RFC 8785, and the borders of the plain notation.
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-5e-324, "-5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (1e21, "1e+21"),
        (9.999999999999997e-7, "9.999999999999997e-7"),
        (0.000001, "0.000001"),
        (333333333.3333332, "333333333.3333332"),
        (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1424953923781206.2, "1424953923781206.2"),
        (1.0, "1"),
        (230.5, "230.5"),
        (100.0, "100"),
    ],
)
def test_numbers_are_printed_as_ecmascript_does(number: float, text: str) -> None:
    assert canonical(number) == text.encode()


def test_keys_are_sorted_by_utf16() -> None:
    # The example of RFC 8785, section 3.2.3.
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    assert list(parse(canonical(dict.fromkeys(keys, 0)))) == [
        "\r",
        "1",
        "\u0080",
        "\u00f6",
        "\u20ac",
        "\U0001f600",
        "\ufb33",
    ]


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**53,
        2.0**53,
        -999999999999999700000.0,
        -(2**53),
        {1: 2},
        {None: 1},
        "\ud800",
        {"\ud800": 1},
        object(),
        b"x",
        nested(40),
    ],
)
def test_what_has_no_single_encoding_is_refused(value: Any) -> None:
    with pytest.raises(ProtocolError) as caught:
        canonical(value)
    assert caught.value.key is Rejection.MALFORMED


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"NaN", b"Infinity", b'{"a":1,"a":2}', b"\xff", b"[" * 100_000, b"1" * 10_000, b"{} {}", b"'a'"],
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        canonical(parse(data))
    assert caught.value.key is Rejection.MALFORMED


@given(st.binary(max_size=60))
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse(data)
    except ProtocolError as error:
        assert error.key is Rejection.MALFORMED  # noqa: PT017 - reading may also succeed

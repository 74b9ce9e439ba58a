"""The canonical encoding: RFC 8785, and nothing that could be read in two ways."""

import json
import math
import struct
from typing import Any

import pytest
import rfc8785
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
def test_another_implementation_encodes_the_same(value: Any) -> None:
    """What is carried at all is carried as the published library for RFC 8785 writes it."""
    try:
        encoded = canonical(value)
    except ProtocolError:
        # It is narrower: numbers between 2**53 and 1e21 are printed like integers that others cannot hold.
        return
    assert encoded == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_another_implementation_prints_numbers_the_same(number: float) -> None:
    if _LIMIT < abs(number) < 1e21:
        with pytest.raises(ProtocolError):
            canonical(number)
    else:
        assert canonical(number) == rfc8785.dumps(number)


# Appendix B of RFC 8785: the bits of an IEEE 754 double, and how it is printed; None: not at all.
# Those that are printed as an integer beyond 2**53 - 1 are refused here.
APPENDIX_B = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", None),  # 9007199254740992
    ("c340000000000000", None),  # -9007199254740992
    ("4430000000000000", None),  # 295147905179352830000
    ("7fffffffffffffff", None),  # not a number
    ("7ff0000000000000", None),  # infinite
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", None),  # 999999999999999700000
    ("444b1ae4d6e2ef4f", None),  # 999999999999999900000
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "text"), APPENDIX_B)
def test_the_published_numbers_are_printed_as_published(bits: str, text: str | None) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    if text is None:
        with pytest.raises(ProtocolError):
            canonical(number)
    else:
        assert canonical(number) == text.encode()


def test_the_published_example_is_encoded_as_published() -> None:
    """Sections 3.2.2 to 3.2.4 of RFC 8785: a text in, the bytes of its canonical form out."""
    published = (
        r'{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],'
        r'"string":"\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}'
    )
    assert canonical(parse(published.encode())).hex(" ") == (
        "7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 75 65 2c 66 61 6c 73 65 5d 2c 22 6e "
        "75 6d 62 65 72 73 22 3a 5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31 65 2b 33 30 "
        "2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37 5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 "
        "5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d"
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


@pytest.mark.parametrize(("number", "text"), [(1.0, "1"), (230.5, "230.5"), (100.0, "100")])
def test_everyday_numbers_are_printed_plainly(number: float, text: str) -> None:
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

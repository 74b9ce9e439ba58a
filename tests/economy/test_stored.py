"""Whatever is read back from what was stored is of its kind and within its bounds, or names the place."""

from collections.abc import Callable
from enum import StrEnum
from fractions import Fraction
from typing import Any

import pytest

from custom_components.tangle_grid.economy.errors import StoredError
from custom_components.tangle_grid.economy.stored import Stored


class Colour(StrEnum):
    RED = "red"


FULL: dict[str, Any] = {
    "version": 1,
    "whole": 3,
    "number": 2.5,
    "fraction": "-3/8",
    "text": "name",
    "colour": "red",
    "flag": True,
    "none": None,
    "inner": {"a": 1, "b": 2},
    "rows": [[1, "x"], [2, "y"]],
    "texts": ["p", "q"],
    "wholes": [1, 2],
}


def test_what_was_stored_comes_back() -> None:
    stored = Stored.open(FULL, "state", 1)
    assert (stored.whole("whole", 0, 3), stored.number("number", 10), stored.flag("flag")) == (3, 2.5, True)
    assert (stored.fraction("fraction"), stored.text("text", 4), stored.choice("colour", Colour)) == (
        Fraction(-3, 8),
        "name",
        Colour.RED,
    )
    assert stored.wholes("inner") == {"a": 1, "b": 2}
    assert [each.text("name") for each in stored.rows("rows", ("number", "name"))] == ["x", "y"]
    assert (stored.texts("texts"), stored.whole_list("wholes")) == (("p", "q"), (1, 2))
    optional: list[Callable[[str], object]] = [
        stored.optional_whole,
        stored.optional_text,
        stored.optional_fraction,
        stored.optional_object,
        lambda name: stored.optional_number(name, 1),
        lambda name: stored.optional_choice(name, Colour),
    ]
    assert [read(name) for read in optional for name in ("none", "added_later")] == [None] * 12
    stored.end()


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda: Stored([], "state"), "state is not an object."),
        (lambda: Stored.open(FULL, "state", 2), "state.version is 1, and only 2 can be read."),
        (lambda: Stored.open({"version": True}, "state", 1), "state.version is True, and only 1 can be read."),
        (lambda: Stored(FULL, "state").whole("other"), "state.other is missing."),
        (lambda: Stored(FULL, "state").whole("flag"), "state.flag is not what it has to be: a whole number."),
        (lambda: Stored(FULL, "state").whole("whole", 4), "state.whole is 3, which cannot be."),
        (lambda: Stored(FULL, "state").whole("whole", 0, 2), "state.whole is 3, which cannot be."),
        (lambda: Stored({"n": float("nan")}, "state").number("n", 1), "state.n is not what it has to be: a number."),
        (lambda: Stored(FULL, "state").number("number", 2), "state.number is 2.5, which cannot be."),
        (lambda: Stored({"f": "1/0"}, "state").fraction("f"), "state.f is not what it has to be: a fraction."),
        (lambda: Stored(FULL, "state").text("text", 3), "state.text is name, which cannot be."),
        (lambda: Stored(FULL, "state").text("whole"), "state.whole is not what it has to be: a text."),
        (lambda: Stored({"c": "blue"}, "state").choice("c", Colour), "state.c is blue, which is none of: red."),
        (lambda: Stored(FULL, "state").flag("whole"), "state.whole is not what it has to be: true or false."),
        (lambda: Stored(FULL, "state").list("inner"), "state.inner is not what it has to be: a list."),
        (lambda: Stored(FULL, "state").texts("wholes"), "state.wholes is not what it has to be: a list of texts."),
        (lambda: Stored(FULL, "s").whole_list("texts"), "s.texts is not what it has to be: a list of whole numbers."),
        (lambda: Stored(FULL, "s").objects("rows"), "s.rows[0] is not an object."),
        (lambda: Stored(FULL, "s").rows("rows", ("a",)), "s.rows[0] is not what it has to be: a list of a."),
        (lambda: Stored({"more": 1}, "state").end(), "state.more is a field that nobody knows."),
        (lambda: Stored({"o": {"a": -1}}, "s").wholes("o"), "s.o.a is -1, which cannot be."),
    ],
)
def test_what_cannot_be_is_named(read: Callable[[], object], sentence: str) -> None:
    with pytest.raises(StoredError) as error:
        read()
    assert str(error.value) == sentence

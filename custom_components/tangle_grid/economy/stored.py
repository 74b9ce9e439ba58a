"""Reads back what this room has stored as JSON, and refuses what cannot be: one reader for all of it.

What is stored may be damaged, or be of another version. So each field is asked for by its kind and its bounds, and
whoever is strict says `end` when all were read. An optional field may be missing: what is added later is optional.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from math import isfinite
from re import fullmatch
from typing import Any, Final

from .errors import StoredError

_FRACTION: Final = r"-?[0-9]{1,40}(/[1-9][0-9]{0,39})?"
_SHOWN: Final = 60


class Stored:
    """An object that was stored, read field by field.

    Every method raises StoredError for a field that is missing, is not of its kind or is out of its bounds, and names
    the place, such as `session.meter.wh`.
    """

    def __init__(self, value: object, where: str) -> None:
        """Raise StoredError `not_an_object` if it is none."""
        if not isinstance(value, Mapping):
            raise StoredError("not_an_object", {"where": where})
        self._value: Mapping[str, Any] = value
        self._where = where
        self._read: set[str] = set()

    @classmethod
    def open(cls, value: object, where: str, version: int) -> Stored:
        """Return the fields of an object that has this version. Raises StoredError `not_this_version`."""
        stored = cls(value, where)
        if (found := stored.value("version")) != version or isinstance(found, bool):
            shown = {"where": stored.where("version"), "value": str(found)[:_SHOWN], "expected": version}
            raise StoredError("not_this_version", shown)
        return stored

    def where(self, name: str) -> str:
        """Return the place of a field, from the top of what was stored."""
        return f"{self._where}.{name}"

    def wrong(self, name: str, kind: str) -> StoredError:
        """Return the error that a field is not what it has to be."""
        return StoredError("not_of_its_kind", {"where": self.where(name), "kind": kind})

    def impossible(self, name: str, value: object) -> StoredError:
        """Return the error that the value of a field cannot be."""
        return StoredError("out_of_range", {"where": self.where(name), "value": str(value)[:_SHOWN]})

    def has(self, name: str) -> bool:
        """Return whether the field is there; null is as good as missing."""
        self._read.add(name)
        return self._value.get(name) is not None

    def names(self) -> list[str]:
        """Return the names of all fields."""
        return [*self._value]

    def value(self, name: str) -> Any:
        """Return a field of any kind."""
        if name not in self._value:
            raise StoredError("missing", {"where": self.where(name)})
        self._read.add(name)
        return self._value[name]

    def end(self) -> None:
        """Raise StoredError `unknown_field` if there is a field that nobody has read."""
        for name in self._value:
            if name not in self._read:
                raise StoredError("unknown_field", {"where": self.where(str(name))})

    # Numbers

    def whole(self, name: str, low: int | None = None, high: int | None = None) -> int:
        """Return a whole number, from `low` to `high`."""
        found = self.value(name)
        if isinstance(found, bool) or not isinstance(found, int):
            raise self.wrong(name, "a whole number")
        if (low is not None and found < low) or (high is not None and found > high):
            raise self.impossible(name, found)
        return found

    def optional_whole(self, name: str, low: int | None = None) -> int | None:
        """Return a whole number, None where there is none."""
        return self.whole(name, low) if self.has(name) else None

    def number(self, name: str, limit: float) -> float:
        """Return a number from -`limit` to `limit`."""
        found = self.value(name)
        if isinstance(found, bool) or not isinstance(found, int | float) or not isfinite(found):
            raise self.wrong(name, "a number")
        if abs(found) > limit:
            raise self.impossible(name, found)
        return found

    def optional_number(self, name: str, limit: float) -> float | None:
        """Return a number, None where there is none."""
        return self.number(name, limit) if self.has(name) else None

    def fraction(self, name: str) -> Fraction:
        """Return an exact number, stored as a text such as `-3/8`."""
        found = self.text(name)
        if not fullmatch(_FRACTION, found):
            raise self.wrong(name, "a fraction")
        return Fraction(found)

    def optional_fraction(self, name: str) -> Fraction | None:
        """Return an exact number, None where there is none."""
        return self.fraction(name) if self.has(name) else None

    def wholes(self, name: str) -> dict[str, int]:
        """Return an object of whole numbers, at least 0."""
        inner = self.object(name)
        return {each: inner.whole(each, 0) for each in inner.names()}

    # Texts

    def text(self, name: str, most: int | None = None) -> str:
        """Return a text; with `most`, one that is not empty and has no more characters."""
        found = self.value(name)
        if not isinstance(found, str):
            raise self.wrong(name, "a text")
        if most is not None and not 0 < len(found) <= most:
            raise self.impossible(name, found)
        return found

    def optional_text(self, name: str, most: int | None = None) -> str | None:
        """Return a text, None where there is none."""
        return self.text(name, most) if self.has(name) else None

    def choice[T: StrEnum](self, name: str, choices: type[T]) -> T:
        """Return one of an enumeration of texts."""
        found = self.text(name)
        try:
            return choices(found)
        except ValueError:
            shown = {"where": self.where(name), "value": found[:_SHOWN], "choices": ", ".join(choices)}
            raise StoredError("unknown_choice", shown) from None

    def optional_choice[T: StrEnum](self, name: str, choices: type[T]) -> T | None:
        """Return one of an enumeration of texts, None where there is none."""
        return self.choice(name, choices) if self.has(name) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a list."""
        found = self.list(name)
        if not all(isinstance(each, str) for each in found):
            raise self.wrong(name, "a list of texts")
        return tuple(found)

    # What holds others

    def flag(self, name: str) -> bool:
        """Return true or false."""
        found = self.value(name)
        if not isinstance(found, bool):
            raise self.wrong(name, "true or false")
        return found

    def object(self, name: str) -> Stored:
        """Return an object."""
        return Stored(self.value(name), self.where(name))

    def optional_object(self, name: str) -> Stored | None:
        """Return an object, None where there is none."""
        return self.object(name) if self.has(name) else None

    def objects(self, name: str) -> list[Stored]:
        """Return the objects of a list."""
        return [Stored(each, f"{self.where(name)}[{index}]") for index, each in enumerate(self.list(name))]

    def whole_list(self, name: str) -> tuple[int, ...]:
        """Return the whole numbers of a list."""
        found = self.list(name)
        if not all(type(each) is int for each in found):
            raise self.wrong(name, "a list of whole numbers")
        return tuple(found)

    def row(self, name: str, columns: Sequence[str]) -> Stored:
        """Return a list that has a value for each of these columns, as an object of them."""
        return _row(self.value(name), columns, self.where(name))

    def rows(self, name: str, columns: Sequence[str]) -> list[Stored]:
        """Return a list of such lists."""
        return [_row(each, columns, f"{self.where(name)}[{index}]") for index, each in enumerate(self.list(name))]

    def list(self, name: str) -> list[Any]:
        """Return a list of anything."""
        found = self.value(name)
        if not isinstance(found, (list, tuple)):
            raise self.wrong(name, "a list")
        return [*found]


def _row(value: object, columns: Sequence[str], where: str) -> Stored:
    if not isinstance(value, (list, tuple)) or len(value) != len(columns):
        raise StoredError("not_of_its_kind", {"where": where, "kind": f"a list of {', '.join(columns)}"})
    return Stored(dict(zip(columns, value, strict=True)), where)

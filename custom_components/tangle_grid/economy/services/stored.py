"""Reads back what was stored, and refuses what was not written by this version."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, override

from ..errors import StoredError, TariffError
from ..fields import Fields


class Stored(Fields):
    """One stored object. Whatever cannot be read raises TariffError or StoredError."""

    @classmethod
    def open(cls, value: Mapping[str, Any], what: str, version: int, *names: str) -> Stored:
        """Return the fields of an object that has this version and no other fields than these."""
        fields = cls(value, what)
        fields.only("version", *names)
        if fields.whole("version") != version:
            found = {"where": fields.where("version"), "value": fields.whole("version"), "expected": version}
            raise StoredError("not_this_version", found)
        return fields

    def inner(self, name: str) -> Stored:
        """Return an object within that must be there."""
        return Stored(self._required(name), self.where(name))

    def inners(self, name: str) -> list[Stored]:
        """Return the objects of a list that must be there and may be empty."""
        found = self._required(name)
        if not isinstance(found, list):
            raise TariffError("not_a_list", {"where": self.where(name)})
        return [Stored(value, f"{self.where(name)}[{index}]") for index, value in enumerate(found)]

    def plain(self, name: str) -> Mapping[str, Any]:
        """Return an object within, for whoever reads it by itself."""
        return self.inner(name)._value  # noqa: SLF001 - of the same class

    def only(self, *names: str) -> None:
        """Raise StoredError `unknown_field` if there is any other field than these."""
        for name in self._value:
            if name not in names:
                raise StoredError("unknown_field", {"where": self.where(str(name))})

    def whole(self, name: str) -> int:
        """Return a whole number that must be there; iota may have more digits than a price."""
        found = self._required(name)
        if not isinstance(found, int) or isinstance(found, bool):
            raise TariffError("not_whole", {"where": self.where(name)})
        return found

    @override
    def optional_whole(self, name: str) -> int | None:
        return self.whole(name) if self.has(name) else None

    def wholes(self, name: str) -> tuple[int, ...]:
        """Return the whole numbers of a list that must be there and may be empty."""
        found = self._required(name)
        if not isinstance(found, list):
            raise TariffError("not_a_list", {"where": self.where(name)})
        if not all(isinstance(number, int) and not isinstance(number, bool) for number in found):
            raise self.impossible(name, found)
        return tuple(found)

    def count(self, name: str) -> int:
        """Return a whole number that must be there and is not negative."""
        number = self.whole(name)
        if number < 0:
            raise self.impossible(name, number)
        return number

    def fraction(self, name: str) -> Fraction:
        """Return a fraction that was written as a text, such as 1/3."""
        text = self.text(name)
        try:
            return Fraction(text)
        except ValueError, ZeroDivisionError:
            raise self.impossible(name, text) from None

    def one_of(self, name: str, choices: Iterable[str]) -> str:
        """Return a text that must be there and is one of these."""
        self.text(name)
        found = self.choice(name, tuple(choices))
        assert found is not None  # noqa: S101 - it is there
        return found

    def impossible(self, name: str, value: object) -> StoredError:
        """Return the error that the value of a field cannot be."""
        return StoredError("out_of_range", {"where": self.where(name), "value": str(value)[:60]})

"""Reads typed values out of JSON, and says where it found what it cannot read."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from re import fullmatch
from typing import Any, Final

from .errors import TariffError

# Digits before and after the point. More are no price and no energy, and exact fractions of them fill the memory.
_MAX_DIGITS: Final = 15
_SHOWN: Final = 60


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


class Fields:
    """One JSON object and the place where it stands."""

    def __init__(self, value: Any, where: str) -> None:
        """Raise TariffError `not_an_object` if it is none."""
        if not isinstance(value, dict):
            raise TariffError("not_an_object", {"where": where})
        self._value: Mapping[str, Any] = value
        self._where = where

    @classmethod
    def parse(cls, text: str | bytes, what: str) -> Fields:
        """Return the object that stands in the text. Raises TariffError `not_json` or `not_an_object`."""
        try:
            value = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise TariffError("not_json", {"what": what, "error": str(error)[:_SHOWN]}) from None
        return cls(value, what)

    def where(self, name: str) -> str:
        """Return the place of a field, from the top of the document."""
        return f"{self._where}.{name}"

    def _get(self, name: str) -> Any:
        return self._value.get(name)

    def has(self, name: str) -> bool:
        """Return whether the field is there; null is as good as missing."""
        return self._get(name) is not None

    def is_empty(self, name: str) -> bool:
        """Return whether the field is a list with nothing in it."""
        return bool(self._get(name) == [])

    def _required(self, name: str) -> Any:
        if not self.has(name):
            raise TariffError("missing", {"where": self.where(name)})
        return self._get(name)

    def object(self, name: str) -> Fields:
        """Return an object that must be there."""
        return Fields(self._required(name), self.where(name))

    def objects(self, name: str) -> Iterator[Fields]:
        """Yield the objects of a list; it must be there and not be empty."""
        found = self._required(name)
        if not isinstance(found, list):
            raise TariffError("not_a_list", {"where": self.where(name)})
        if not found:
            raise TariffError("empty_list", {"where": self.where(name)})
        for index, value in enumerate(found):
            yield Fields(value, f"{self.where(name)}[{index}]")

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        found = self._required(name)
        if not isinstance(found, str):
            raise TariffError("not_a_text", {"where": self.where(name)})
        return found

    def optional_text(self, name: str) -> str | None:
        """Return a text, None where there is none."""
        return self.text(name) if self.has(name) else None

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """Return a text that is one of these, None where there is none."""
        found = self.optional_text(name)
        if found is not None and found not in choices:
            raise self._unknown(name, found, choices)
        return found

    def choices(self, name: str, choices: tuple[str, ...]) -> frozenset[str]:
        """Return the texts of a list, each one of these; empty where there is no list."""
        found = self._get(name) if self.has(name) else []
        if not isinstance(found, list):
            raise TariffError("not_a_list", {"where": self.where(name)})
        for value in found:
            if value not in choices:
                raise self._unknown(name, value, choices)
        return frozenset(found)

    def _unknown(self, name: str, value: Any, choices: tuple[str, ...]) -> TariffError:
        shown = str(value)[:_SHOWN]
        return TariffError("unknown_choice", {"where": self.where(name), "value": shown, "choices": ", ".join(choices)})

    def number(self, name: str) -> Fraction:
        """Return a number that must be there, exact."""
        found = self._required(name)
        if isinstance(found, bool) or not isinstance(found, int | Decimal):
            raise TariffError("not_a_number", {"where": self.where(name)})
        exact = Decimal(found)
        exponent = exact.as_tuple().exponent
        if exact and not (isinstance(exponent, int) and exponent >= -_MAX_DIGITS and exact.adjusted() < _MAX_DIGITS):
            raise TariffError("number_too_large", {"where": self.where(name)})
        return Fraction(exact) if exact else Fraction(0)

    def optional_number(self, name: str) -> Fraction | None:
        """Return a number, None where there is none."""
        return self.number(name) if self.has(name) else None

    def optional_whole(self, name: str) -> int | None:
        """Return a whole number (60.0 is one), None where there is none."""
        found = self.optional_number(name)
        if found is None:
            return None
        if found.denominator != 1:
            raise TariffError("not_whole", {"where": self.where(name)})
        return int(found)

    def moment(self, name: str) -> datetime:
        """Return a moment that must be there. OCPI's are UTC, also where they do not say so."""
        found = self.text(name)
        try:
            parsed = datetime.fromisoformat(found)
            return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        except ValueError, OverflowError:
            raise TariffError("not_a_moment", {"where": self.where(name), "value": found[:_SHOWN]}) from None

    def optional_moment(self, name: str) -> datetime | None:
        """Return a moment, None where there is none."""
        return self.moment(name) if self.has(name) else None

    def optional_date(self, name: str) -> date | None:
        """Return a day, None where there is none."""
        found = self.optional_text(name)
        if found is None:
            return None
        try:
            return date.fromisoformat(found)
        except ValueError:
            raise TariffError("not_a_date", {"where": self.where(name), "value": found[:_SHOWN]}) from None

    def optional_time(self, name: str) -> time | None:
        """Return a time of day, hours and minutes, None where there is none."""
        found = self.optional_text(name)
        if found is None:
            return None
        if not fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", found):
            raise TariffError("not_a_time", {"where": self.where(name), "value": found[:_SHOWN]})
        return time.fromisoformat(found)

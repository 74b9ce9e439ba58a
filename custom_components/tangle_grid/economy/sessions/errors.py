"""The error of charging sessions, and strict reading of what was stored of them."""

from collections.abc import Mapping
from fractions import Fraction
from re import fullmatch
from typing import Any, Final

# What each key says to a person. `where` is a place in what was stored, such as `meter.wh_in`.
SENTENCES: Final[Mapping[str, str]] = {
    "not_an_object": "{where} is not an object.",
    "unknown_version": "{where} was written by another version: {version}.",
    "missing": "{where} is missing.",
    "unknown_field": "{where} has a field that nobody knows: {name}.",
    "not_of_its_kind": "{where} is not what it has to be: {kind}.",
    "out_of_range": "{where} is {value}, which cannot be.",
    "session_over": "The session {session} is over.",
    "session_not_over": "The session {session} is not over.",
}
_FRACTION: Final = r"-?[0-9]{1,40}(/[1-9][0-9]{0,39})?"
_SHOWN: Final = 60


class SessionError(Exception):
    """A charging session that cannot be, or cannot do this now.

    Attributes:
        key: Machine-readable reason, a key of `SENTENCES`.
        placeholders: The values for its sentence.
    """

    def __init__(self, key: str, placeholders: Mapping[str, object] | None = None) -> None:
        """Remember the reason and its values."""
        self.key = key
        self.placeholders: Mapping[str, str] = {
            name: str(value)[:_SHOWN] for name, value in (placeholders or {}).items()
        }
        super().__init__(key, self.placeholders)

    def __str__(self) -> str:
        """Return one sentence for a person."""
        return SENTENCES[self.key].format_map(self.placeholders)


class Stored:
    """An object that was stored, read field by field; what is left over or of another kind is refused.

    Every method raises SessionError for a field that is missing or is not of its kind.
    """

    def __init__(self, value: object, where: str) -> None:
        """Raise SessionError `not_an_object` if it is none."""
        if not isinstance(value, Mapping):
            raise SessionError("not_an_object", {"where": where})
        self._value: Mapping[str, Any] = value
        self._where = where
        self._read: set[str] = set()

    def _wrong(self, name: str, kind: str) -> SessionError:
        return SessionError("not_of_its_kind", {"where": f"{self._where}.{name}", "kind": kind})

    def value(self, name: str) -> Any:
        """Return a field of any kind."""
        if name not in self._value:
            raise SessionError("missing", {"where": f"{self._where}.{name}"})
        self._read.add(name)
        return self._value[name]

    def end(self) -> None:
        """Raise SessionError `unknown_field` if there is a field that nobody has read."""
        for name in self._value:
            if name not in self._read:
                raise SessionError("unknown_field", {"where": self._where, "name": name})

    def version(self, known: int) -> None:
        """Raise SessionError `unknown_version` unless it is this one."""
        if (version := self.value("version")) != known or isinstance(version, bool):
            raise SessionError("unknown_version", {"where": self._where, "version": version})

    def whole(self, name: str, low: int | None = None) -> int:
        """Return a whole number, at least `low`."""
        found = self.value(name)
        if isinstance(found, bool) or not isinstance(found, int):
            raise self._wrong(name, "a whole number")
        if low is not None and found < low:
            raise SessionError("out_of_range", {"where": f"{self._where}.{name}", "value": found})
        return found

    def optional_whole(self, name: str, low: int | None = None) -> int | None:
        """Return a whole number, or None."""
        return None if self.value(name) is None else self.whole(name, low)

    def flag(self, name: str) -> bool:
        """Return true or false."""
        found = self.value(name)
        if not isinstance(found, bool):
            raise self._wrong(name, "true or false")
        return found

    def text(self, name: str) -> str:
        """Return a text."""
        found = self.value(name)
        if not isinstance(found, str):
            raise self._wrong(name, "a text")
        return found

    def optional_text(self, name: str) -> str | None:
        """Return a text, or None."""
        return None if self.value(name) is None else self.text(name)

    def choice[T](self, name: str, choices: type[T]) -> T:
        """Return one of an enumeration of texts."""
        found = self.text(name)
        try:
            return choices(found)  # type: ignore[call-arg]
        except ValueError:
            raise self._wrong(name, "one of the known texts") from None

    def fraction(self, name: str) -> Fraction:
        """Return an exact number, stored as a text such as `-3/8`."""
        found = self.text(name)
        if not fullmatch(_FRACTION, found):
            raise self._wrong(name, "a fraction")
        return Fraction(found)

    def optional_fraction(self, name: str) -> Fraction | None:
        """Return an exact number, or None."""
        return None if self.value(name) is None else self.fraction(name)

    def object(self, name: str) -> Stored:
        """Return an object."""
        return Stored(self.value(name), f"{self._where}.{name}")

    def optional_object(self, name: str) -> Stored | None:
        """Return an object, or None."""
        return None if self.value(name) is None else self.object(name)

    def objects(self, name: str) -> list[Stored]:
        """Return the objects of a list."""
        return [Stored(each, f"{self._where}.{name}[{index}]") for index, each in enumerate(self.list(name))]

    def list(self, name: str) -> list[Any]:
        """Return a list of anything."""
        found = self.value(name)
        if not isinstance(found, (list, tuple)):
            raise self._wrong(name, "a list")
        return [*found]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a list."""
        found = self.list(name)
        if not all(isinstance(each, str) for each in found):
            raise self._wrong(name, "a list of texts")
        return tuple(found)

    def wholes(self, name: str) -> dict[str, int]:
        """Return an object of whole numbers, at least 0."""
        found = self.value(name)
        if not isinstance(found, Mapping):
            raise self._wrong(name, "an object")
        inner = Stored(found, f"{self._where}.{name}")
        return {each: inner.whole(each, 0) for each in found}

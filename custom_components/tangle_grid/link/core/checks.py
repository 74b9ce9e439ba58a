"""What a field of a body must be; each check returns the value, and has a JSON `schema` for others."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn, Protocol

from ...protocol.canonical import MAX_INTEGER
from .frames import LinkRefusal, Rejected

PHASES: Final = 3

type Amps = tuple[float, float, float]
"""A per phase."""


class Check(Protocol):
    """Takes a value from outside and returns it, or raises LinkRefusal (invalid_body)."""

    @property
    def schema(self) -> dict[str, Any]:
        """What it lets in, as JSON Schema."""

    def __call__(self, value: Any) -> Any:
        """Return the value."""


def refuse() -> NoReturn:
    """Say that a body is not what it must be."""
    raise LinkRefusal(Rejected.INVALID_BODY)


class _Made:
    def __init__(self, read: Callable[[Any], Any], schema: dict[str, Any]) -> None:
        self.schema = schema
        self._read = read

    def __call__(self, value: Any) -> Any:
        return self._read(value)


def number(least: float, most: float) -> Check:
    """Return a check for a finite number from `least` to `most`, as a float."""

    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            refuse()
        return float(value)

    return _Made(read, {"type": "number", "minimum": least, "maximum": most})


def whole(least: int = 0, most: int = MAX_INTEGER) -> Check:
    """Return a check for an integer from `least` to `most`."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            refuse()
        return value

    return _Made(read, {"type": "integer", "minimum": least, "maximum": most})


def text(most: int, *, least: int = 1) -> Check:
    """Return a check for a text of `least` to `most` characters."""

    def read(value: Any) -> str:
        return value if isinstance(value, str) and least <= len(value) <= most else refuse()

    return _Made(read, {"type": "string", "minLength": least, "maxLength": most})


def digits(count: int) -> Check:
    """Return a check for that many hexadecimal digits, in lower case."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) != count or not set(value) <= set("0123456789abcdef"):
            refuse()
        return value

    return _Made(read, {"type": "string", "pattern": f"^[0-9a-f]{{{count}}}$"})


def maybe(inner: Check) -> Check:
    """Return a check for null or what `inner` lets in."""
    return _Made(lambda value: None if value is None else inner(value), {"anyOf": [inner.schema, {"type": "null"}]})


def triple(inner: Check) -> Check:
    """Return a check for one value for each phase."""

    def read(value: Any) -> tuple[Any, ...]:
        return tuple(map(inner, value)) if isinstance(value, list | tuple) and len(value) == PHASES else refuse()

    return _Made(read, {"type": "array", "items": inner.schema, "minItems": PHASES, "maxItems": PHASES})


def several(inner: Check, most: int) -> Check:
    """Return a check for a list of up to `most` values."""

    def read(value: Any) -> tuple[Any, ...]:
        return tuple(map(inner, value)) if isinstance(value, list | tuple) and len(value) <= most else refuse()

    return _Made(read, {"type": "array", "items": inner.schema, "maxItems": most})


def record(body: Any) -> Check:
    """Return a check for an object with the fields of a class that has `checks`; other fields are left aside."""

    def read(value: Any) -> Any:
        return read_fields(body, value) if isinstance(value, Mapping) else refuse()

    return _Made(read, object_schema(body))


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else refuse()


def _phases(value: Any) -> tuple[int, ...]:
    if (
        not isinstance(value, list | tuple)
        or not 0 < len(value) <= PHASES
        or not all(isinstance(each, int) and not isinstance(each, bool) and 0 <= each < PHASES for each in value)
        or len(set(value)) != len(value)
    ):
        refuse()
    return tuple(value)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else refuse()


flag: Final[Check] = _Made(_flag, {"type": "boolean"})
phases: Final[Check] = _Made(
    _phases,
    {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": PHASES - 1},
        "minItems": 1,
        "maxItems": PHASES,
        "uniqueItems": True,
    },
)
anything: Final[Check] = _Made(_object, {"type": "object"})


def read_fields(body: Any, value: Mapping[str, Any]) -> Any:
    """Return the body that an object from outside says. Raises LinkRefusal: invalid_body."""
    return body(**{name: check(value.get(name)) for name, check in body.checks.items()})


def object_schema(body: Any) -> dict[str, Any]:
    """Return the JSON Schema of a class that has `checks`."""
    return {
        "type": "object",
        "properties": {name: check.schema for name, check in body.checks.items()},
        "required": sorted(body.checks),
    }


def rounded_down(amps: Sequence[float], step: float) -> Amps:
    """Return A per phase, down to a multiple of `step`."""
    least = [math.floor(each / step + 1e-9) * step for each in amps]
    return round(least[0], 6), round(least[1], 6), round(least[2], 6)

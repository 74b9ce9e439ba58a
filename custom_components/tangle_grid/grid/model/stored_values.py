"""What a stored value must look like, and how much of it is kept when a part of it does not.

A check takes a value, where it stands, and a list; it returns what can be read of the value and adds to the list where
something could not. Nothing at all to be read is `UnreadableError`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

type Check = Callable[[Any, str, list[str]], Any]

#: A field without a default: without it the whole record is lost.
NEEDED: Final = object()


class UnreadableError(ValueError):
    """A stored value is not what it must be."""


def number(least: float, most: float) -> Check:
    """Return a check for a finite number from `least` to `most`."""

    def check(value: Any, path: str, lost: list[str]) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise UnreadableError(path)
        return value

    return check


def whole(least: int, most: int) -> Check:
    """Return a check for an integer from `least` to `most`."""

    def check(value: Any, path: str, lost: list[str]) -> Any:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise UnreadableError(path)
        return value

    return check


def flag(value: Any, path: str, lost: list[str]) -> bool:
    """Check a truth value."""
    if not isinstance(value, bool):
        raise UnreadableError(path)
    return value


def text(value: Any, path: str, lost: list[str]) -> str:
    """Check a text."""
    if not isinstance(value, str):
        raise UnreadableError(path)
    return value


def one_of(*values: str) -> Check:
    """Return a check for one of some texts."""

    def check(value: Any, path: str, lost: list[str]) -> Any:
        if not isinstance(value, str) or value not in values:
            raise UnreadableError(path)
        return value

    return check


def maybe(inner: Check) -> Check:
    """Return a check for a value that may be missing (None)."""

    def check(value: Any, path: str, lost: list[str]) -> Any:
        return None if value is None else inner(value, path, lost)

    return check


def row(*inner: Check) -> Check:
    """Return a check for a list of that many values, each of its own kind: all of it or nothing."""

    def check(value: Any, path: str, lost: list[str]) -> Any:
        if not isinstance(value, list) or len(value) != len(inner):
            raise UnreadableError(path)
        return [each(item, path, lost) for each, item in zip(inner, value, strict=True)]

    return check


def series(inner: Check) -> Check:
    """Return a check for a list whose values only count together: all of it or nothing."""

    def check(value: Any, path: str, lost: list[str]) -> Any:
        if not isinstance(value, list):
            raise UnreadableError(path)
        return [inner(item, path, lost) for item in value]

    return check


def several(inner: Check) -> Check:
    """Return a check for a list whose values stand by themselves: those that cannot be read are left out."""

    def check(value: Any, path: str, lost: list[str]) -> Any:
        if not isinstance(value, list):
            raise UnreadableError(path)
        kept: list[Any] = []
        for index, item in enumerate(value):
            _keep(kept.append, inner, item, f"{path}/{index}", lost)
        return kept

    return check


def by_name(inner: Check) -> Check:
    """Return a check for a mapping whose values stand by themselves: those that cannot be read are left out."""

    def check(value: Any, path: str, lost: list[str]) -> Any:
        if not isinstance(value, Mapping):
            raise UnreadableError(path)
        kept: dict[str, Any] = {}
        for name, item in value.items():
            _keep(partial(kept.__setitem__, name), inner, item, f"{path}/{name}", lost)
        return kept

    return check


def record(
    fields: Mapping[str, tuple[Check, Any]],
    *,
    later: frozenset[str] = frozenset(),
    mend: Callable[[dict[str, Any]], dict[str, Any] | None] | None = None,
) -> Check:
    """Return a check for a mapping with these fields; others are passed on as they are.

    Args:
        fields: By name, the check and what takes the place of a value that cannot be read, or `NEEDED`.
        later: Fields that earlier versions did not store: without them nothing is lost.
        mend: Looks at whether the values go together and returns them, mended; None: they do not.
    """

    def check(value: Any, path: str, lost: list[str]) -> Any:
        if not isinstance(value, Mapping):
            raise UnreadableError(path)
        read = dict(value)
        for name, (inner, default) in fields.items():
            if name not in read and name in later:
                continue
            try:
                read[name] = inner(read.get(name, NEEDED), f"{path}/{name}", lost)
            except UnreadableError:
                if default is NEEDED:
                    raise
                lost.append(f"{path}/{name}")
                read[name] = default() if callable(default) else default
        if mend is None:
            return read
        before = dict(read)
        mended = mend(read)
        if mended is None:
            raise UnreadableError(path)
        if mended != before:
            lost.append(path)
        return mended

    return check


def _keep(keep: Callable[[Any], object], inner: Check, item: Any, path: str, lost: list[str]) -> None:
    try:
        keep(inner(item, path, lost))
    except UnreadableError:
        lost.append(path)

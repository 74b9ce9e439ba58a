"""Checks of what people and automations command."""

from collections.abc import Sequence
from typing import Final

from .errors import GridError

#: More than any feeder of this kind carries, W.
MAX_POWER_W: Final = 10_000_000.0
MAX_DURATION_S: Final = 7 * 86_400.0
#: All tokens that exist: no kilowatt hour is worth more, i.
MAX_RATE: Final = 2_779_530_283_277_761
_MAX_REFERENCE: Final = 256
_PHASES: Final = 3
_MAX_A: Final = MAX_POWER_W / 230


def checked_power(value: object, *, key: str = "invalid_power") -> float:
    """Return a power above 0, W."""
    return _checked(value, key, "power_w", MAX_POWER_W)


def checked_duration(value: object) -> float:
    """Return a duration above 0 and up to a week, s."""
    return _checked(value, "invalid_duration", "duration", MAX_DURATION_S)


def checked_amps(value: object) -> tuple[float, float, float]:
    """Return a current for each of three phases, 0 and above, A."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != _PHASES:
        raise GridError("invalid_capacity", {"power_w": value})
    if any(isinstance(each, bool) or not isinstance(each, (int, float)) or not 0 <= each <= _MAX_A for each in value):
        raise GridError("invalid_capacity", {"power_w": value})
    return float(value[0]), float(value[1]), float(value[2])


def checked_until(now: float, until: object) -> float:
    """Return a moment that lies ahead, by a week at most."""
    if isinstance(until, bool) or not isinstance(until, (int, float)):
        raise GridError("invalid_duration", {"duration": until})
    # Compared first: a whole number may be too large for any sum with it.
    if not now < until <= now + MAX_DURATION_S:
        raise GridError("invalid_duration", {"duration": until})
    return float(until)


def checked_rate(value: object) -> int:
    """Return a rate, i/kWh; 0 asks for a favour."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_RATE:
        raise GridError("invalid_rate", {"rate": value})
    return value


def checked_reference(value: object) -> str:
    """Return what a ledger calls a payment; may be empty."""
    if not isinstance(value, str) or len(value) > _MAX_REFERENCE:
        raise GridError("invalid_reference", {"value": type(value).__name__})
    return value


def _checked(value: object, key: str, name: str, greatest: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise GridError(key, {name: value})
    # Not a number is in no range, and what is too large for a float can still be compared.
    if not 0 < value <= greatest:
        raise GridError(key, {name: value})
    return float(value)

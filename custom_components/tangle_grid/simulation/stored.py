"""Reading a stored state back with suspicion: what does not fit raises `invalid_state`."""

import math
from collections.abc import Mapping
from typing import Any

from .model import SimulationError


def number(state: Mapping[str, Any], key: str, low: float = -math.inf, high: float = math.inf) -> float:
    """Return a finite number in low..high."""
    value = state.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SimulationError("invalid_state", {"field": key})
    if not low <= value <= high:
        raise SimulationError("invalid_state", {"field": key})
    return float(value)


def flag(state: Mapping[str, Any], key: str) -> bool:
    """Return a truth value."""
    value = state.get(key)
    if not isinstance(value, bool):
        raise SimulationError("invalid_state", {"field": key})
    return value


def section(state: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a mapping inside the state."""
    value = state.get(key)
    if not isinstance(value, Mapping):
        raise SimulationError("invalid_state", {"field": key})
    return value

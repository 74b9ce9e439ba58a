"""Powers as a screen shows them: each watt would be a difference of its own."""

from collections.abc import Sequence
from typing import Final

_STEP_W: Final = 10


def watt(value: float | None) -> int | None:
    """Return a power in the steps that are shown, W."""
    return None if value is None else round(value / _STEP_W) * _STEP_W


def watts(values: Sequence[float] | None) -> list[int] | None:
    """Return powers in the steps that are shown, W."""
    return None if values is None else [round(value / _STEP_W) * _STEP_W for value in values]

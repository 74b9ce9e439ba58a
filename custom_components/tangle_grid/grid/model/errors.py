"""The error that every refused command of the grid raises."""

from collections.abc import Mapping
from typing import Any


class GridError(Exception):
    """A command that the grid refuses; nothing has changed.

    Attributes:
        key: Machine-readable reason, the key of a translation: `unknown_request`, `unknown_device`,
            `unknown_feeder`, `feeder_blind`, `request_closed`, `already_answered`, `not_participating`,
            `invalid_power`, `power_below_loads`, `power_below_step`, `invalid_duration`, `invalid_rate`,
            `invalid_capacity`, `invalid_reference`, `invalid_config`, `invalid_state` or `invalid_transition`.
        placeholders: Values for that translation, as text.
    """

    def __init__(self, key: str, placeholders: Mapping[str, object] | None = None) -> None:
        """Remember the reason and its values."""
        self.key = key
        self.placeholders: Mapping[str, Any] = {name: str(value) for name, value in (placeholders or {}).items()}
        super().__init__(key, self.placeholders)

    def __str__(self) -> str:
        """Read like a log line: the key, then its values."""
        return f"{self.key} {self.placeholders}" if self.placeholders else self.key

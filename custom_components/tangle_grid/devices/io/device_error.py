"""What went wrong with a device."""

from collections.abc import Mapping
from typing import Any


class DeviceError(Exception):
    """A device did not take what it was told.

    Attributes:
        key: entity_missing, entity_unavailable, entity_wrong_unit, option_missing, service_missing, service_failed,
            service_timeout, actions_invalid, actions_failed, actions_stopped or actions_timeout.
        placeholders: `entity_id` and, where there is one, `error`.
    """

    def __init__(self, key: str, placeholders: Mapping[str, str]) -> None:
        super().__init__(f"{key}: {', '.join(placeholders.values())}")
        self.key = key
        self.placeholders: Mapping[str, Any] = dict(placeholders)

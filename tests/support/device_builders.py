"""What the tests of the adapters build them from."""

from datetime import datetime
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry


def epoch(moment: datetime) -> float:
    """Grid time on a real island."""
    return moment.timestamp()


def subentry(kind: str, **data: Any) -> ConfigSubentry:
    return ConfigSubentry(
        data=MappingProxyType({"name": "stored name", "phases": [1, 2, 3], **data}),
        subentry_id="p1",
        subentry_type=kind,
        title="Maple 4",
        unique_id=None,
    )

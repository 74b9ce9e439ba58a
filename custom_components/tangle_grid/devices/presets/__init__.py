"""What is known of devices that people own: which of their entities means what, and which figures suit them.

Data, not code: `integrations/` has one JSON file for each integration of Home Assistant. Nothing here reads or writes
a device; a preset only fills in a form, and whoever reads the form changes what they like. Begin with `schema`, which
says what a file may hold, then `matching`.
"""

from .catalogue import Catalogue, async_presets
from .matching import Match, find, find_all
from .schema import (
    KIND_BATTERY,
    KIND_CHARGER,
    KIND_METER,
    KIND_SOLAR,
    KIND_VEHICLE,
    Preset,
    PresetError,
    presets_from,
)

__all__ = [
    "KIND_BATTERY",
    "KIND_CHARGER",
    "KIND_METER",
    "KIND_SOLAR",
    "KIND_VEHICLE",
    "Catalogue",
    "Match",
    "Preset",
    "PresetError",
    "async_presets",
    "find",
    "find_all",
    "presets_from",
]

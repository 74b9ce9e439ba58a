"""From a config entry to what the grid and the adapters need."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .clock import GridClock
from .const import (
    CONF_KIND,
    CONF_METER_MAX_AGE,
    CONF_POLICY,
    CONF_RATE,
    CONF_REQUEST_MINUTES,
    CONF_SPEED,
    DEFAULT_METER_MAX_AGE,
    DEFAULT_RATE,
    DEFAULT_REQUEST_MINUTES,
    KIND_SIMULATED,
)
from .devices.base import Adapter
from .devices.config import build_device, feeder_config
from .grid.model import DeviceConfig, GridConfig, MarketConfig, Timing

# Unanswered requests raise the rate up to this many times the first one.
_HIGHEST_RATE: Final = 2
# Simulated chargers have no flash that wears out, and their meter reports only once in a second of a fast clock.
_STREET_TIMING: Final[Mapping[str, float]] = {
    "min_write_interval_s": 60.0,
    "heartbeat_s": 60.0,
    "request_trigger_s": 90.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A charger with its car, a home battery, a household or a solar system on the island."""

    participant_id: str
    kind: str
    name: str
    config: DeviceConfig
    adapter: Adapter[Any, Any]


def build_participants(
    hass: HomeAssistant, entry: ConfigEntry[Any], clock: GridClock, memories: Mapping[str, Mapping[str, Any]]
) -> dict[str, Participant]:
    """Participants by id, from the subentries; ``memories`` is what their adapters knew before a restart."""
    participants: dict[str, Participant] = {}
    for subentry in entry.subentries.values():
        config, adapter = build_device(hass, subentry, clock.from_datetime, memories.get(subentry.subentry_id))
        participants[subentry.subentry_id] = Participant(
            participant_id=subentry.subentry_id,
            kind=subentry.subentry_type,
            name=subentry.title,
            config=config,
            adapter=adapter,
        )
    return participants


def build_grid_config(entry: ConfigEntry[Any], participants: Mapping[str, Participant]) -> GridConfig:
    """The grid's configuration: one feeder, its participants, timing and market."""
    options = entry.options
    timing = Timing(
        meter_max_age_s=float(options.get(CONF_METER_MAX_AGE, DEFAULT_METER_MAX_AGE)),
        request_duration_s=60.0 * options.get(CONF_REQUEST_MINUTES, DEFAULT_REQUEST_MINUTES),
    )
    if entry.data[CONF_KIND] == KIND_SIMULATED:
        timing = replace(timing.scaled(float(entry.data[CONF_SPEED])), **_STREET_TIMING)
    rate = int(options.get(CONF_RATE, DEFAULT_RATE))
    return GridConfig(
        feeders=(feeder_config(entry.data),),
        devices=tuple(participant.config for participant in participants.values()),
        timing=timing,
        market=MarketConfig(rate_i_per_kwh=rate, max_rate_i_per_kwh=_HIGHEST_RATE * rate),
    )


def structure(entry: ConfigEntry[Any]) -> dict[str, Any]:
    """All of an entry that needs a new start when it changes: everything but the policies, which apply at once."""
    return {
        "data": dict(entry.data),
        "options": dict(entry.options),
        "title": entry.title,
        "participants": {
            subentry_id: (subentry.title, {key: value for key, value in subentry.data.items() if key != CONF_POLICY})
            for subentry_id, subentry in entry.subentries.items()
        },
    }

"""Where a car is, seen from a zone, by what its tracker says."""

from dataclasses import replace
from typing import Final

from homeassistant.const import (
    ATTR_GPS_ACCURACY,
    ATTR_LATITUDE,
    ATTR_LONGITUDE,
    CONF_RADIUS,
    STATE_HOME,
    STATE_NOT_HOME,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.util.location import distance

from ..clock import GridClock
from ..economy.services import Position, Watching

_HOME_ZONE: Final = "zone.home"
_LEAST_ACCURACY_M: Final = 100


def tracker_position(
    hass: HomeAssistant, clock: GridClock, tracker: str | None, zone_id: str, watching: Watching
) -> tuple[Position, Watching]:
    """Return where a car is now, and what is watched by there: how exact a position has to be depends on the zone."""
    now, zone = int(clock.now()), hass.states.get(zone_id)
    state = hass.states.get(tracker) if tracker else None
    if state is None or zone is None or state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
        return Position(at=now, inside=None, reported_at=now), watching
    radius = _number(zone.attributes.get(CONF_RADIUS)) or 0.0
    edge_m, accuracy = _edge_m(state, zone, radius), _number(state.attributes.get(ATTR_GPS_ACCURACY))
    position = Position(
        at=now,
        inside=_in_zone(state, zone) if edge_m is None else edge_m <= 0,
        reported_at=min(now, int(clock.from_datetime(state.last_reported))),
        accuracy_m=None if accuracy is None else round(accuracy),
        edge_m=edge_m,
    )
    return position, replace(watching, max_accuracy_m=max(_LEAST_ACCURACY_M, round(radius)))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _edge_m(state: State, zone: State, radius: float) -> int | None:
    """Return how far something is from the edge of a zone, negative within; None where that is not known."""
    here = [_number(state.attributes.get(name)) for name in (ATTR_LATITUDE, ATTR_LONGITUDE)]
    there = [_number(zone.attributes.get(name)) for name in (ATTR_LATITUDE, ATTR_LONGITUDE)]
    if None in here or there[0] is None or there[1] is None:
        return None
    away = distance(here[0], here[1], there[0], there[1])
    return None if away is None else round(away - radius)


def _in_zone(state: State, zone: State) -> bool | None:
    """Return whether a tracker without coordinates says that it is in a zone; None if it does not tell."""
    zones = state.attributes.get("in_zones")
    if isinstance(zones, list):
        return zone.entity_id in zones
    at_home = zone.entity_id == _HOME_ZONE
    if state.state in {STATE_ON, STATE_OFF}:
        return state.state == STATE_ON if at_home else None
    if state.state in {STATE_HOME, STATE_NOT_HOME}:
        return state.state == STATE_HOME and at_home
    return state.state.casefold() == zone.name.casefold()

"""What data topics know, on the map: a place comes when it is found, and goes when it is known no longer."""

from typing import Any, override

from homeassistant.components.geo_location import GeolocationEvent
from homeassistant.const import UnitOfLength
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.location import distance

from .actions.responses import iso_time
from .const import DOMAIN, SUBENTRY_DATA_TOPIC
from .economy.topics import Finding, FindingState
from .island.configuration import Member
from .island.runtime import IslandRuntime, TangleGridConfigEntry

PARALLEL_UPDATES = 0

_M_PER_KM = 1_000


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Show what each topic knows, and follow it."""
    runtime = entry.runtime_data
    shown: dict[str, FindingLocation] = {}

    @callback
    def look() -> None:
        known: dict[str, tuple[Member, Finding]] = {
            f"{member_id} {finding.finding_id}": (member, finding)
            for member_id, member in runtime.members.items()
            if member.kind == SUBENTRY_DATA_TOPIC and (book := runtime.economy.topics.books.get(member_id)) is not None
            for finding in book.findings
            if finding.state is not FindingState.REJECTED
        }
        for name in shown.keys() - known.keys():
            gone = shown.pop(name)
            entry.async_create_task(hass, gone.async_remove(force_remove=True), "tangle_grid finding")
        for name in known.keys() - shown.keys():
            member, finding = known[name]
            shown[name] = FindingLocation(runtime, member, finding)
            async_add_entities([shown[name]], config_subentry_id=member.participant_id)

    entry.async_on_unload(runtime.economy.topics.watch(look))
    look()


class FindingLocation(GeolocationEvent):
    """A place where something was found. It has no place in the registry: it comes and goes."""

    _attr_should_poll = False
    _attr_source = DOMAIN
    _attr_unit_of_measurement = UnitOfLength.KILOMETERS
    _attr_icon = "mdi:map-marker-alert"

    def __init__(self, runtime: IslandRuntime, member: Member, finding: Finding) -> None:
        self._attr_name = member.name
        self._attr_latitude = finding.place.latitude
        self._attr_longitude = finding.place.longitude
        config = runtime.hass.config
        metres = distance(config.latitude, config.longitude, self._attr_latitude, self._attr_longitude)
        self._attr_distance = None if metres is None else round(metres / _M_PER_KM, 1)
        self._finding = finding
        self._what = runtime.economy.topics.books[member.participant_id].topic.kind

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        finding = self._finding
        return {
            "finding_id": finding.finding_id,
            "what": self._what,
            "reporters": len(finding.payees),
            "since": iso_time(finding.since),
            "until": iso_time(finding.until),
            "value": finding.value,
        }

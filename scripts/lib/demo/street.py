"""The street in Home Assistant: set up through the integration's own config flow, found again in the registries."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .api import HomeAssistantApi, Json
from .errors import DemoError
from .flows import filled
from .progress import Progress

DOMAIN: Final = "tangle_grid"
MENU_OPTION: Final = "simulated_street"
DEFAULT_SEED: Final = 1
LOAD_TIMEOUT_S: Final = 90.0
_POLL_S: Final = 0.25
# They can be asked.
FLEXIBLE: Final = ("charger", "battery", "household")
_SERVICES: Final = ("parking", "toll", "data_topic")
_ON_ITS_WAY: Final = frozenset({"not_loaded", "setup_in_progress", "setup_retry", "unload_in_progress"})
_MAX_STEPS: Final = 6
_CLOCK: Final = "_sim_transformer_street_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A simulated feed that is to be set up.

    Attributes:
        name: As people call it.
        layout: Who lives there: a choice of the integration's own form.
        start: The time of day at which it begins.
    """

    name: str
    layout: str
    start: str


# People come home, the first car is plugged in: the evening's peak is minutes away.
MAPLE_STREET: Final = Feed(name="Maple Street", layout="street", start="17:36:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who entities belong to: a participant, or the island itself.

    Attributes:
        key: The config subentry of a participant, the config entry of the island.
        name: As people call it.
        kind: `charger`, `battery`, `household`, `solar`, `vehicle`, one of the services; `island` for the island.
        device_id: The device in Home Assistant's registry.
    """

    key: str
    name: str
    kind: str
    device_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """The set-up street: who is on it, and which entities tell about whom.

    Attributes:
        entry_id: The config entry.
        island: The owner of the feed's own entities.
        participants: Everybody on the feed.
        vehicles: The cars that come to the chargers, each with a wallet.
        services: What cars pay, or are paid by: car parks, tolls, data topics.
        entities: Entity ids that are in use, by domain and unique id.
        total_entities: How many entities the integration has, the simulated devices included.
    """

    entry_id: str
    island: Owner
    participants: tuple[Owner, ...]
    vehicles: tuple[Owner, ...]
    services: tuple[Owner, ...]
    entities: Mapping[tuple[str, str], str]
    total_entities: int

    def find(self, owner: Owner, key: str, domain: str = "sensor") -> str | None:
        """Return the entity of an owner that shows `key`; None when there is none."""
        return self.entities.get((domain, f"{owner.key}_{key}"))

    def need(self, owner: Owner, key: str, domain: str = "sensor") -> str:
        """Return as `find`, for what the demo cannot do without."""
        entity_id = self.find(owner, key, domain)
        if entity_id is None:
            raise DemoError(f"the integration has no {domain} '{key}' for {owner.name}")
        return entity_id

    @property
    def clock(self) -> str:
        """The sensor with the street's own time."""
        for (_, unique_id), entity_id in self.entities.items():
            if unique_id.endswith(_CLOCK):
                return entity_id
        raise DemoError("the street has no clock")

    def of_kind(self, *kinds: str) -> Iterator[Owner]:
        """Return the participants of some kinds, in their order."""
        return (owner for owner in self.participants if owner.kind in kinds)


async def set_up_street(
    api: HomeAssistantApi, *, speed: float, seed: int | None, progress: Progress, feed: Feed = MAPLE_STREET
) -> Street:
    """Add the street when it is not there yet, and wait until it is loaded."""
    entry = await _street_entry(api)
    if entry is None:
        number = DEFAULT_SEED if seed is None else seed
        progress.say(f"setting up '{feed.name}', simulated (seed {number}, {speed:g} times real time)")
        wanted = {"name": feed.name, "layout": feed.layout, "start": feed.start, "speed": speed, "seed": number}
        entry_id = await _run_flow(api, wanted)
    else:
        progress.say(f"the street '{entry['title']}' is already set up; its time runs {speed:g} times real time")
        entry_id = await _run_flow(api, {"start": feed.start, "speed": speed}, entry_id=entry["entry_id"])
    return await loaded(api, entry_id)


async def _entries(api: HomeAssistantApi) -> dict[str, Json]:
    return {entry["entry_id"]: entry for entry in await api.command("config_entries/get", domain=DOMAIN)}


async def _street_entry(api: HomeAssistantApi) -> Json | None:
    """Return the entry of the simulated street, which alone has a clock; somebody may have added other islands."""
    entries = await _entries(api)
    registered = await api.command("config/entity_registry/list")
    streets = {
        entity["config_entry_id"]
        for entity in registered
        if entity["platform"] == DOMAIN and entity["unique_id"].endswith(_CLOCK)
    }
    return next((entry for entry_id, entry in entries.items() if entry_id in streets), None)


async def _run_flow(api: HomeAssistantApi, wanted: Mapping[str, object], *, entry_id: str | None = None) -> str:
    """Walk through the config flow as a person would: the menu, then every form with its own suggestions.

    With an entry it is the flow that changes this entry. Return the entry's id.
    """
    begin: Json = {"handler": DOMAIN} | ({"entry_id": entry_id} if entry_id else {})
    step: Json = await api.request("POST", "config/config_entries/flow", begin)
    for _ in range(_MAX_STEPS):
        match step["type"]:
            case "create_entry":
                made: str = step["result"]["entry_id"]
                return made
            case "abort" if entry_id and step["reason"] == "reconfigure_successful":
                return entry_id
            case "menu":
                answer: Json = {"next_step_id": MENU_OPTION}
            case "form" if not step.get("errors"):
                answer = filled(step["data_schema"], wanted)
            case _:
                break
        step = await api.request("POST", f"config/config_entries/flow/{step['flow_id']}", answer)
    told = step.get("errors") or step.get("reason") or step.get("step_id")
    raise DemoError(f"the config flow ended at a {step['type']}: {told}")


async def loaded(api: HomeAssistantApi, entry_id: str) -> Street:
    """Return an island once it is loaded."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LOAD_TIMEOUT_S
    while True:
        entry = (await _entries(api)).get(entry_id)
        if entry is None:
            raise DemoError("the island was not added")
        if entry["state"] == "loaded":
            return await read_street(api, entry)
        if entry["state"] not in _ON_ITS_WAY or loop.time() > deadline:
            raise DemoError(f"the island does not load ({entry['state']}): {entry.get('reason')}")
        await asyncio.sleep(_POLL_S)


async def read_street(api: HomeAssistantApi, entry: Json) -> Street:
    """Read from the registries who and what is there."""
    entry_id: str = entry["entry_id"]
    devices = await api.command("config/device_registry/list")
    subentries = await api.command("config_entries/subentries/list", entry_id=entry_id)
    registered = [
        entity for entity in await api.command("config/entity_registry/list") if entity["config_entry_id"] == entry_id
    ]
    enabled = [entity for entity in registered if entity["disabled_by"] is None]
    island = _owner(devices, entry_id, "island", entry["title"])
    if island is None:
        raise DemoError("the integration made no device for the island")
    participants = (
        _owner(devices, item["subentry_id"], item["subentry_type"], item["title"]) for item in _in_order(subentries)
    )
    others = [
        owner
        for item in subentries
        if item["subentry_type"] in {"vehicle", *_SERVICES}
        and (owner := _owner(devices, item["subentry_id"], item["subentry_type"], item["title"])) is not None
    ]
    return Street(
        entry_id=entry_id,
        island=island,
        participants=tuple(owner for owner in participants if owner is not None),
        vehicles=tuple(owner for owner in others if owner.kind == "vehicle"),
        services=tuple(owner for owner in others if owner.kind in _SERVICES),
        entities={
            (entity["entity_id"].split(".", 1)[0], entity["unique_id"]): entity["entity_id"] for entity in enabled
        },
        total_entities=len(enabled),
    )


def _in_order(subentries: Sequence[Json]) -> list[Json]:
    """Return the participants: chargers first, as the story goes, each kind by name.

    Somebody who looks around may have added a feeder or a guest as well: they have no part in it.
    """
    kinds = ("charger", "battery", "household", "solar")
    participants = (item for item in subentries if item["subentry_type"] in kinds)
    return sorted(participants, key=lambda item: (kinds.index(item["subentry_type"]), item["title"]))


def _owner(devices: Sequence[Mapping[str, Any]], identifier: str, kind: str, name: str) -> Owner | None:
    for device in devices:
        if [DOMAIN, identifier] in device["identifiers"]:
            shown = device["name_by_user"] or device["name"] or name
            return Owner(key=identifier, name=shown, kind=kind, device_id=device["id"])
    return None

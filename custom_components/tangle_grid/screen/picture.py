"""What the screen shows of an island now: plain JSON in sections of items, so that a difference is a few items."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, Final

from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..actions.access import owners
from ..const import (
    CONF_FEEDER,
    CONF_OWNERS,
    CONF_TOKEN_RATE,
    DOMAIN,
    MAIN_FEEDER,
    SUBENTRY_DATA_TOPIC,
    SUBENTRY_PARKING,
    SUBENTRY_TOLL,
    TREASURY,
)
from ..entities.why_sensors import why_figures, why_text
from ..grid.engine.status import DeviceStatus, FeederStatus, GridStatus
from ..grid.model.forecast import Series
from ..grid.model.request import ANSWERABLE, Ask, CurtailmentRequest
from ..grid.model.world import (
    BatteryConfig,
    BatteryTelemetry,
    ChargerTelemetry,
    HouseholdConfig,
    HouseholdTelemetry,
    PhaseReading,
    Reason,
)
from ..grid.planning.plan import PlanStatus
from ..grid.planning.valley_filling import SLOT_S
from ..island.configuration import Member, Participant
from ..island.entity_identity import island_prefix
from ..island.runtime import IslandRuntime
from ..ledger import WalletState
from .linked import link_item, neighbour_item
from .outage import supply_item
from .steps import watt, watts

#: Of the picture's shape: a screen that knows another one reloads itself.
VERSION: Final = 3
#: Finished requests that are still shown.
_FINISHED: Final = 12
_SERVICES: Final = frozenset({SUBENTRY_PARKING, SUBENTRY_TOLL, SUBENTRY_DATA_TOPIC})
#: So much of a car's plan is shown, runs of the same current.
_RUNS: Final = 24
_AHEAD_S: Final = 36 * 3600.0
_ISLAND: Final = "island"
#: Sections with one item only have it under this name.
ONLY: Final = "0"

type Item = Mapping[str, Any]
type Picture = Mapping[str, Mapping[str, Item]]


def items(runtime: IslandRuntime, entities: Mapping[str, Item]) -> Iterator[tuple[str, str, Item]]:
    """Yield what the screen shows, item by item as (section, key, item), as those see it who may see everything.

    On a large island all of it takes a while: whoever takes the items can pause between them. `links` are other
    islands, see `linked.link_item` and `linked.neighbour_item`.

    Args:
        runtime: The island.
        entities: What `entities_of` gives; it changes seldom, and takes a while on a large island.
    """
    snapshot = runtime.coordinator.data
    grid = snapshot.grid
    yield _ISLAND, ONLY, _island(runtime)
    for feeder_id, feeder in grid.feeders.items():
        yield "feeders", feeder_id, _feeder(runtime, feeder)
    for participant_id, participant in runtime.participants.items():
        if participant_id in grid.devices:
            yield "participants", participant_id, _participant(runtime, participant, grid.devices[participant_id])
    yield from _others(runtime)
    for request in _requests(runtime, grid):
        yield "requests", request.request_id, _request(runtime, request)
    if grid.plan is not None:
        yield "plan", ONLY, _plan(grid.plan)
    if grid.supply is not None:
        yield "supply", ONLY, supply_item(runtime, grid, grid.supply)
    forecast = runtime.forecasts.forecast()
    if forecast is not None:
        yield "forecast", ONLY, {"price": _series(forecast.price), "sun_w": _series(forecast.sun_w)}
    for owner, wallet in snapshot.wallets.items():
        yield "wallets", owner, _wallet(runtime, owner, wallet)
    yield "ledger", ONLY, _ledger(runtime)
    for whose, each in entities.items():
        yield "entities", whose, each


def _others(runtime: IslandRuntime) -> Iterator[tuple[str, str, Item]]:
    """Yield those who are not on a cable: cars, and what cars pay or are paid by."""
    for vehicle_id, vehicle in runtime.vehicles.all.items():
        yield (
            "vehicles",
            vehicle_id,
            {
                "name": vehicle.name,
                "charger": runtime.vehicles.charger_of(vehicle_id),
                "soc": _rounded(runtime.vehicles.soc(vehicle_id)),
                "device_id": _device_id(runtime, vehicle_id),
            },
        )
    for service_id, member in runtime.members.items():
        if member.kind in _SERVICES:
            yield "services", service_id, _service(runtime, service_id, member)
    for subentry_id, link in runtime.coordinator.data.links.items():
        yield "links", subentry_id, link_item(runtime, link, _device_id(runtime, subentry_id))
    for subentry_id, neighbour in runtime.coordinator.data.neighbours.items():
        # One that was deleted is in the snapshot until the next one.
        if subentry_id in runtime.entry.subentries:
            yield "links", subentry_id, neighbour_item(runtime, neighbour, _device_id(runtime, subentry_id))


def difference(before: Picture, after: Picture) -> dict[str, dict[str, Item | None]]:
    """Return the items that are new or changed, and None for those that are gone."""
    changed: dict[str, dict[str, Item | None]] = {}
    for section in before.keys() | after.keys():
        old, new = before.get(section, {}), after.get(section, {})
        # An item that is the same object is not looked into.
        found: dict[str, Item | None] = {
            key: item for key, item in new.items() if (was := old.get(key)) is not item and was != item
        }
        found |= dict.fromkeys(old.keys() - new.keys())
        if found:
            changed[section] = found
    return changed


def _island(runtime: IslandRuntime) -> Item:
    clock, options = runtime.clock, runtime.entry.options
    return {
        "title": runtime.entry.title,
        "id": runtime.island_id,
        "entry_id": runtime.entry.entry_id,
        "live": runtime.coordinator.last_update_success,
        "speed": clock.speed,
        "wall_anchor": clock.wall_anchor,
        "grid_anchor": clock.grid_anchor,
        "reward_rate": runtime.status.reward_rate_i_per_kwh,
        "token_rate": options.get(CONF_TOKEN_RATE),
        "currency": runtime.hass.config.currency,
        "main_feeder": MAIN_FEEDER,
        "device_id": _device_id(runtime, runtime.entry.entry_id),
    }


def _feeder(runtime: IslandRuntime, feeder: FeederStatus) -> Item:
    """Return a feeder: its load, capacity, threshold in W per phase."""
    houses = runtime.links.houses
    return {
        "name": _feeder_name(runtime, feeder.feeder_id),
        "parent": MAIN_FEEDER if feeder.feeder_id in houses else runtime.feeder_tree.get(feeder.feeder_id),
        "load_w": watts(feeder.load_w),
        "capacity_w": watts(feeder.capacity_w),
        "threshold_w": watts(feeder.threshold_w),
        "headroom_w": watts(feeder.headroom_w),
        "peak_w": watt(feeder.peak_w),
        "state": feeder.state.value,
        "blind": feeder.blind,
        "awaited": feeder.awaited,
        "temporary_until": feeder.temporary_until,
    }


def _participant(runtime: IslandRuntime, participant: Participant, status: DeviceStatus) -> Item:
    """Return a participant with what it draws, why it may not draw more, and where it stands in a request."""
    participant_id = participant.participant_id
    telemetry = runtime.telemetry.get(participant_id)
    reading = getattr(telemetry, "reading", None)
    item: dict[str, Any] = {
        "name": participant.name,
        "kind": participant.kind,
        "feeder": runtime.entry.subentries[participant_id].data.get(CONF_FEEDER, MAIN_FEEDER),
        "power_w": watt(status.power_w),
        "phase_w": watts(reading.power_w) if isinstance(reading, PhaseReading) else None,
        "setpoint": _rounded(status.setpoint, 1),
        "planned_a": _rounded(status.planned_a, 1),
        "why": _why(runtime, participant_id),
        "silent": status.silent,
        "compliant": status.compliant,
        "help": str(status.curtailment),
        "request": status.request_id,
        "shed": sorted(status.shed),
        "delivered_wh": status.delivered_wh,
        "earned_i": status.earned_i,
        "owned": bool(runtime.entry.subentries[participant_id].data.get(CONF_OWNERS)),
        "device_id": _device_id(runtime, participant_id),
    }
    if isinstance(telemetry, ChargerTelemetry | BatteryTelemetry):
        item["soc"] = _rounded(telemetry.soc)
    if isinstance(telemetry, BatteryTelemetry) and isinstance(participant.config, BatteryConfig):
        item |= {"reserve_soc": participant.config.min_soc, "capacity_wh": participant.config.capacity_wh}
    if isinstance(telemetry, HouseholdTelemetry) and isinstance(participant.config, HouseholdConfig):
        item["loads"] = [
            {
                "entity": load.load_id,
                "power_w": round(load.rated_w),
                "on": telemetry.loads_on.get(load.load_id),
                "shed": load.load_id in status.shed,
            }
            for load in participant.config.loads
        ]
    if isinstance(telemetry, ChargerTelemetry):
        quote, cost = runtime.economy.charging.quote(participant_id), runtime.economy.charging.cost(participant_id)
        item |= {
            "connected": status.connected,
            "session_wh": status.session_energy_wh // 10 * 10,
            "session_at": status.session_at,
            "departure_at": telemetry.departure_at or status.expected_departure_at,
            "vehicle": runtime.vehicles.at(participant_id).vehicle_id,
            "price": None if quote is None else round(float(quote.per_kwh), 4),
            "cost": None if cost is None else round(float(cost), 2),
            "payment": runtime.economy.charging.payment(participant_id).value,
            "mode": status.mode,
            "planned": [
                [run.start, run.end, round(run.current_a, 1)] for run in runtime.grid.planned(participant_id)[:_RUNS]
            ],
            "ready_in_time": runtime.grid.ready_in_time(participant_id),
        }
    return item


def _requests(runtime: IslandRuntime, grid: GridStatus) -> Sequence[CurtailmentRequest]:
    """Return the open requests and the newest of those that are over, newest first."""
    every = runtime.grid.newest_requests
    still = [each for each in every if each.request_id in grid.open_requests or each.live]
    over = [each for each in every if each not in still]
    return [*still, *over[:_FINISHED]]


def _request(runtime: IslandRuntime, request: CurtailmentRequest) -> Item:
    """Return a request with the part of everybody."""
    return {
        "feeder": request.feeder_id,
        "power_w": watt(request.quantity_w),
        "rate": request.rate_i_per_kwh,
        "issued_at": request.issued_at,
        "answer_by": request.answer_by,
        "starts_at": request.starts_at,
        "ends_at": request.ends_at,
        "automatic": request.automatic,
        "closed": request.closed,
        "accepted_w": watt(request.accepted_w),
        "active_w": watt(request.active_w),
        "parts": [
            *(_part(runtime, request, ask) for ask in request.asks.values()),
            *(
                {"participant": device_id, "state": "not_asked", "reason": _reason(reason)}
                for device_id, reason in request.not_asked.items()
            ),
        ],
    }


def _part(runtime: IslandRuntime, request: CurtailmentRequest, ask: Ask) -> Item:
    part: dict[str, Any] = {
        "participant": ask.device_id,
        "state": ask.state.value,
        "power_w": watt(ask.quantity_w),
        "rate": ask.rate,
        "reason": _reason(ask.reason),
        "energy_wh": ask.energy_wh,
        "amount_i": ask.amount_i,
        "payment": ask.payment_reference,
    }
    if ask.state in ANSWERABLE and request.live:
        means = runtime.grid.consequence(request_id=request.request_id, device_id=ask.device_id)
        part["means"] = {
            "effect": means.effect.value,
            "setpoint": _rounded(means.setpoint, 1),
            "power_w": watt(means.power_w),
            "duration_s": means.duration_s // 60 * 60,
            # To the minute: the seconds would be a difference with every picture.
            "ready_at": None if means.ready_at is None else means.ready_at // 60 * 60,
            "earns_i": means.earns_i,
        }
    return part


def _reason(reason: Reason | None) -> Item | None:
    """Return a reason as its key and figures: the screen has the words, in the viewer's language."""
    return None if reason is None else {"key": reason.key, "values": dict(reason.placeholders)}


def _why(runtime: IslandRuntime, participant_id: str) -> Item:
    """Return why a participant does what it does: the key of its sentence, and the figures for it."""
    reason = runtime.grid.why(participant_id)
    figures = why_figures(runtime, reason)
    return {"key": why_text(reason.key, figures), "values": figures}


def _plan(plan: PlanStatus) -> Item:
    return {
        "start": plan.start,
        "step_s": SLOT_S,
        "base_w": list(plan.base_w),
        "total_w": list(plan.total_w),
        "peak_w": watt(plan.peak_w),
        "energy_wh": plan.energy_wh,
    }


def _series(series: Series | None) -> Item | None:
    """Return a forecast as it is drawn: a day and a half at most."""
    if series is None:
        return None
    most = int(_AHEAD_S // series.step_s) + 1
    return {
        "start": series.start,
        "step_s": series.step_s,
        "values": [round(value, 4) for value in series.values[:most]],
    }


def _service(runtime: IslandRuntime, service_id: str, member: Member) -> Item:
    return {"name": member.name, "kind": member.kind, "device_id": _device_id(runtime, service_id)}


def _wallet(runtime: IslandRuntime, owner: str, wallet: WalletState) -> Item:
    is_treasury = owner == TREASURY
    return {
        "balance_i": wallet.balance_i,
        "name": runtime.entry.title if is_treasury else runtime.members[owner].name,
        "kind": TREASURY if is_treasury else runtime.members[owner].kind,
        "owners": [] if is_treasury else sorted(owners(runtime, owner)),
        "device_id": _device_id(runtime, runtime.entry.entry_id if is_treasury else owner),
    }


def _ledger(runtime: IslandRuntime) -> Item:
    snapshot = runtime.coordinator.data
    status = snapshot.ledger
    item: dict[str, Any] = {"open": status is not None, "error": snapshot.ledger_error}
    if status is not None:
        item |= {
            "backend": status.backend,
            "queued": status.queued,
            "transactions": status.transactions,
            "milestone": status.milestone,
        }
    return item


def entities_of(runtime: IslandRuntime) -> Generator[None, None, Mapping[str, Item]]:
    """Return the entities that can be looked at or operated, by whose they are and what they show.

    It yields between them, as on a large island there are many.
    """
    found: dict[str, dict[str, str]] = {}
    entry = runtime.entry
    prefixes = {entry.entry_id: island_prefix(entry), **runtime.entity_prefixes}
    for entity in er.async_entries_for_config_entry(er.async_get(runtime.hass), entry.entry_id):
        whose = entity.config_subentry_id or entry.entry_id
        prefix = f"{prefixes.get(whose, whose)}_"
        if entity.disabled_by is None and entity.unique_id.startswith(prefix):
            owner = ONLY if whose == entry.entry_id else whose
            found.setdefault(owner, {})[entity.unique_id.removeprefix(prefix)] = entity.entity_id
        yield
    return found


def _device_id(runtime: IslandRuntime, identifier: str) -> str | None:
    registry, entry_id = dr.async_get(runtime.hass), runtime.entry.entry_id
    device = registry.async_get_device_by_identifier((DOMAIN, identifier), entry_id)
    return None if device is None else device.id


def _feeder_name(runtime: IslandRuntime, feeder_id: str) -> str:
    named = feeder_id in runtime.feeder_tree or feeder_id in runtime.links.houses
    return runtime.entry.subentries[feeder_id].title if named else runtime.entry.title


def _rounded(value: float | None, digits: int = 0) -> float | None:
    return None if value is None else round(value, digits)

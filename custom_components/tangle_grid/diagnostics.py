"""Diagnostics: everything that helps to understand an island, and nothing that opens a wallet."""

from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .const import CONF_AREA, CONF_GUEST_TOKEN_HASH, CONF_IDS, CONF_NODE_TOKEN_ID, CONF_OWNERS, SUBENTRY_GUEST
from .economy.recognition import NOBODY_KNOWN
from .grid.engine.status import GridStatus
from .grid.model.world import DeviceKind
from .island.guests import guests
from .island.runtime import IslandRuntime, TangleGridConfigEntry
from .ledger import LedgerError

# Seeds and keys are held elsewhere and never pass through here; should one ever, it stops at these names.
# A guest's token is not stored, and of its hash nobody needs to know more than that it is there.
TO_REDACT: Final = frozenset(
    {
        # A plain "key" is that of a reason's sentence.
        *("address", "island_id", "opening_key", "seed", "seeds", "secrets", "signing_key", "token"),
        *(CONF_AREA, CONF_GUEST_TOKEN_HASH, CONF_NODE_TOKEN_ID, CONF_OWNERS, CONF_IDS),
    }
)
# Payments on their way that are counted; the ledger lists no more at once.
_QUEUE: Final = 1_000


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: TangleGridConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of an island; of one that is not loaded, what is stored of it."""
    if entry.state is not ConfigEntryState.LOADED:
        return async_redact_data({"state": entry.state.value, "entry": _entry(entry)}, TO_REDACT)
    runtime = entry.runtime_data
    snapshot = runtime.coordinator.data
    diagnostics = {
        "guests": [dict(guest.data) for guest in guests(entry).values()],
        "entry": _entry(entry),
        "config": {
            "feeders": [asdict(feeder) for feeder in runtime.grid.config.feeders],
            "devices": [asdict(device) for device in runtime.grid.config.devices],
            "planning": runtime.grid.config.planning,
            "fairness": runtime.grid.config.fairness,
            "dimming_floor_w": runtime.grid.config.dimming_floor_w,
            "timing": asdict(runtime.grid.config.timing),
            "market": asdict(runtime.grid.config.market),
        },
        "market": {
            **asdict(runtime.grid.account()),
            "budget_per_request_i": runtime.grid.config.market.budget_per_request_i or None,
            "budget_per_day_i": runtime.grid.config.market.budget_per_day_i or None,
        },
        "plan": _plan(runtime.status),
        "learned": _learned(runtime),
        "forecast": _forecast(runtime),
        "clock": {"speed": runtime.clock.speed, "grid_time": runtime.clock.now()},
        "grid": asdict(snapshot.grid, dict_factory=_plain),
        "telemetry": {
            participant_id: asdict(telemetry, dict_factory=_plain)
            for participant_id, telemetry in runtime.telemetry.items()
        },
        "requests": [request.to_dict() for request in runtime.grid.requests.values()],
        "vehicles": {
            charger_id: {"vehicle": found.vehicle_id, "by": found.by, "sureness": found.sureness}
            for charger_id in runtime.participants
            if (found := runtime.vehicles.at(charger_id)) is not NOBODY_KNOWN
        },
        "links": [
            {**asdict(link, dict_factory=_plain), "figures": dict(link.figures)} for link in snapshot.links.values()
        ],
        "neighbours": [asdict(each, dict_factory=_plain) for each in snapshot.neighbours.values()],
        "witness": _witness(runtime),
        "reaction_ms": snapshot.reaction_ms,
        "ledger": {
            "status": asdict(snapshot.ledger) if snapshot.ledger else None,
            "error": snapshot.ledger_error,
            "queue": await _async_queue(runtime),
            "unpaid": dict(snapshot.unpaid),
            "rules": {owner: asdict(rules) for owner, rules in snapshot.rules.items()},
            "published": snapshot.published,
            "wallets": {owner: asdict(wallet) for owner, wallet in snapshot.wallets.items()},
        },
    }
    return async_redact_data(diagnostics, TO_REDACT)


def _entry(entry: TangleGridConfigEntry) -> dict[str, Any]:
    """Return what is stored of an island, and of all that belongs to it."""
    return {
        "data": dict(entry.data),
        "options": dict(entry.options),
        "participants": [
            {
                "id": subentry_id,
                "kind": subentry.subentry_type,
                "title": subentry.title,
                "data": dict(subentry.data),
            }
            for subentry_id, subentry in entry.subentries.items()
            if subentry.subentry_type != SUBENTRY_GUEST
        ],
    }


def _witness(runtime: IslandRuntime) -> dict[str, Any] | None:
    """Return what is known of the ledger's milestones, as it is now."""
    status = runtime.witnesses.status
    return None if status is None else {**asdict(status), "findings": sorted(status.findings)}


async def _async_queue(runtime: IslandRuntime) -> dict[str, Any]:
    """Return what waits where: in memory, in the ledger's outbox, and on the Tangle until it is confirmed."""
    status = runtime.link.status
    queue: dict[str, Any] = {
        "messages_in_memory": len(runtime.link.held),
        "messages": status.queued_messages if status else None,
        "payments": None,
    }
    with suppress(LedgerError):
        payments = await runtime.ledger.queue(limit=_QUEUE)
        queue["payments"] = Counter(str(each.payment.state) for each in payments)
        queue["most_attempts"] = max((each.attempts for each in payments), default=0)
    return queue


def _plan(status: GridStatus) -> dict[str, Any] | None:
    """Return the plan in short: what it comes to, and for whom."""
    if (plan := status.plan) is None:
        return None
    return {
        "start": plan.start,
        "slots": len(plan.total_w),
        "peak_w": plan.peak_w,
        "peak_without_cars_w": max(plan.base_w, default=None),
        "energy_wh": plan.energy_wh,
        "held_back": plan.held_back,
        "cars": {
            device_id: {"planned_a": device.planned_a, "departs_at": device.expected_departure_at}
            for device_id, device in status.devices.items()
            if device.kind is DeviceKind.CHARGER
        },
    }


def _learned(runtime: IslandRuntime) -> dict[str, Any]:
    """Return what was found out about each charger by watching it."""
    stored = runtime.grid.to_dict()["devices"]
    return {
        device_id: {
            "phases": device.phases,
            "phases_learned": device.phases_learned,
            "min_current_a": device.min_current_a,
            "min_current_learned": device.min_current_learned,
            "stays": len(stored[device_id].get("stays", ())),
            "reports_every_s": device.report_s,
            "takes_at_most_a": device.takes_at_most_a,
        }
        for device_id, device in runtime.status.devices.items()
        if device.kind is DeviceKind.CHARGER
    }


def _forecast(runtime: IslandRuntime) -> dict[str, Any] | None:
    """Return how far the forecasts reach, not what they say."""
    if (forecast := runtime.forecasts.forecast()) is None:
        return None
    series = {"sun": forecast.sun_w, "price": forecast.price}
    return {
        name: {"start": each.start, "step_s": each.step_s, "values": len(each.values)} if each else None
        for name, each in series.items()
    }


def _plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a dict that JSON can hold: it knows no sets."""
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in items}

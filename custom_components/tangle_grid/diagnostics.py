"""Diagnostics: everything that helps to understand an island, and nothing that opens a wallet."""

from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant

from .data import TangleGridConfigEntry

# Seeds and keys are held elsewhere and never pass through here; should one ever, it stops at these names.
TO_REDACT: Final = frozenset({"address", "island_id", "key", "seed", "seeds", "secrets", "signing_key", "token"})


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: TangleGridConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of an island."""
    runtime = entry.runtime_data
    snapshot = runtime.coordinator.data
    diagnostics = {
        "entry": {
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
            ],
        },
        "clock": {"speed": runtime.clock.speed, "grid_time": runtime.clock.now()},
        "grid": asdict(snapshot.grid, dict_factory=_plain),
        "telemetry": {
            participant_id: asdict(participant.adapter.telemetry(), dict_factory=_plain)
            for participant_id, participant in runtime.participants.items()
        },
        "requests": [request.to_dict() for request in runtime.engine.requests.values()],
        "reaction_ms": snapshot.reaction_ms,
        "ledger": {
            "status": asdict(snapshot.ledger) if snapshot.ledger else None,
            "error": snapshot.ledger_error,
            "published": snapshot.published,
            "wallets": {owner: asdict(wallet) for owner, wallet in snapshot.wallets.items()},
        },
    }
    return async_redact_data(diagnostics, TO_REDACT)


def _plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dict that JSON can hold: it knows no sets."""
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in items}

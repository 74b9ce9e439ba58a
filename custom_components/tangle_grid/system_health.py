"""System health: one line for each thing that all islands together must get right."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .actions.targets import async_loaded_islands


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the information of the integration."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    snapshots = [runtime.coordinator.data for runtime in async_loaded_islands(hass)]
    ledgers = [snapshot.ledger for snapshot in snapshots if snapshot.ledger is not None]
    return {
        "islands": len(snapshots),
        "participants": sum(len(snapshot.grid.devices) for snapshot in snapshots),
        "blind_meters": sum(feeder.blind for snapshot in snapshots for feeder in snapshot.grid.feeders.values()),
        "open_requests": sum(len(snapshot.grid.open_requests) for snapshot in snapshots),
        "ledgers_reachable": sum(ledger.reachable for ledger in ledgers),
        "ledger_queue": sum(ledger.queued for ledger in ledgers),
        # A node on the network need not tell.
        "tangle_transactions": sum(ledger.transactions or 0 for ledger in ledgers),
    }

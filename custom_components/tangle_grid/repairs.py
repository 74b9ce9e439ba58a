"""Issues: what only a person can put right. Each appears when it is certain, and goes away by itself."""

from datetime import datetime, timedelta
from typing import Final

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .const import CONF_METER, DOMAIN, MAIN_FEEDER
from .data import IslandSnapshot, TangleGridConfigEntry

ISSUE_METER_UNAVAILABLE: Final = "meter_unavailable"
ISSUE_IGNORES_LIMIT: Final = "ignores_limit"
ISSUE_LEDGER_UNAVAILABLE: Final = "ledger_unavailable"

# A restart, a reload or a device that is away for a moment is nothing to bother anyone with.
_PATIENCE: Final = timedelta(minutes=1)


class IssueWatch:
    """Keeps the issues of one island in step with its newest picture."""

    def __init__(self, hass: HomeAssistant, entry: TangleGridConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._since: dict[str, datetime] = {}

    @callback
    def async_update(self, snapshot: IslandSnapshot) -> None:
        """Raise what has been wrong for a while, clear what is right again."""
        entry = self._entry
        island = entry.title
        meter = ", ".join(entity for entities in entry.data.get(CONF_METER, {}).values() for entity in entities)
        self._async_set(
            ISSUE_METER_UNAVAILABLE,
            entry.entry_id,
            wrong=snapshot.grid.feeders[MAIN_FEEDER].blind,
            severity=ir.IssueSeverity.ERROR,
            placeholders={"island": island, "meter": meter},
        )
        self._async_set(
            ISSUE_LEDGER_UNAVAILABLE,
            entry.entry_id,
            wrong=snapshot.ledger is None or not snapshot.ledger.reachable,
            severity=ir.IssueSeverity.WARNING,
            placeholders={"island": island, "error": _ledger_error(snapshot)},
        )
        for device_id, device in snapshot.grid.devices.items():
            subentry = entry.subentries.get(device_id)
            self._async_set(
                ISSUE_IGNORES_LIMIT,
                device_id,
                wrong=not device.compliant,
                severity=ir.IssueSeverity.ERROR,
                placeholders={"island": island, "device": subentry.title if subentry else device_id},
            )

    @callback
    def async_clear(self) -> None:
        """Take all of them away, also those of participants that have left."""
        for issue_id in self._since:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        self._since.clear()

    @callback
    def _async_set(
        self, key: str, subject: str, *, wrong: bool, severity: ir.IssueSeverity, placeholders: dict[str, str]
    ) -> None:
        issue_id = f"{key}_{subject}"
        if not wrong:
            self._since.pop(issue_id, None)
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        now = dt_util.utcnow()
        if now - self._since.setdefault(issue_id, now) < _PATIENCE:
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=severity,
            translation_key=key,
            translation_placeholders=placeholders,
        )


def _ledger_error(snapshot: IslandSnapshot) -> str:
    status = snapshot.ledger
    return snapshot.ledger_error or (status.last_error if status else None) or "?"


@callback
def async_watch_issues(hass: HomeAssistant, entry: TangleGridConfigEntry) -> CALLBACK_TYPE:
    """Look at every new picture of the island from now on; returns how to stop."""
    watch = IssueWatch(hass, entry)
    coordinator = entry.runtime_data.coordinator

    @callback
    def look() -> None:
        watch.async_update(coordinator.data)

    look()
    stop_listening = coordinator.async_add_listener(look)

    @callback
    def stop() -> None:
        stop_listening()
        watch.async_clear()

    return stop


@callback
def async_clear_issues(hass: HomeAssistant, entry: TangleGridConfigEntry) -> None:
    """Take an island's issues away, with the island."""
    for key in (ISSUE_METER_UNAVAILABLE, ISSUE_LEDGER_UNAVAILABLE):
        ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")
    for subentry_id in entry.subentries:
        ir.async_delete_issue(hass, DOMAIN, f"{ISSUE_IGNORES_LIMIT}_{subentry_id}")


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """The kept wallets of a removed island: the only issue that is not wrong, but has to be known."""
    return ConfirmRepairFlow()

"""Keeps the issues of one island in step with its newest picture."""

from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..data import IslandSnapshot
from ..island.runtime import TangleGridConfigEntry
from .board import IssueBoard
from .entities import EntityIssues
from .ledger import FINDINGS, ISSUE_CONTRADICTION, ISSUE_SUPPLY_WRONG, LEDGER_ISSUES, clear_ledger, update_ledger
from .links import LINK_ISSUES, JoinRequests, update_links, update_neighbours
from .meters import DEVICE_ISSUES, METER_ISSUES, update_devices, update_meters
from .payments import ISSUE_SWEEP_FAILED, REWARD_ISSUES, update_payments

_OF_ISLAND: Final = (
    *METER_ISSUES,
    ISSUE_CONTRADICTION,
    ISSUE_SUPPLY_WRONG,
    ISSUE_SWEEP_FAILED,
    *LEDGER_ISSUES.values(),
    *FINDINGS.values(),
    *REWARD_ISSUES.values(),
)
_OF_SUBENTRY: Final = (*METER_ISSUES, *DEVICE_ISSUES, *LINK_ISSUES, ISSUE_SWEEP_FAILED)
#: Looking through all that an island names takes its time on a large one.
_LOOK_EVERY: Final = timedelta(seconds=10)


class IssueWatch:
    """Looks at each picture of one island."""

    def __init__(self, hass: HomeAssistant, entry: TangleGridConfigEntry) -> None:
        """Begin with nothing shown."""
        self._board = IssueBoard(hass, entry)
        self._joins = JoinRequests(self._board)
        self._entities = EntityIssues(hass, entry)
        self._looked_at: datetime | None = None

    @callback
    def async_update(self, snapshot: IslandSnapshot) -> None:
        """Show what has been wrong for a while, take away what is right again."""
        self._joins.update()
        update_links(self._board, snapshot)
        update_neighbours(self._board, snapshot)
        update_meters(self._board, snapshot)
        update_devices(self._board, snapshot)
        self._update_entities()
        update_ledger(self._board, snapshot)
        update_payments(self._board, snapshot)

    @callback
    def async_clear(self) -> None:
        """Take all of them away."""
        self._board.clear()
        clear_ledger(self._board)
        self._joins.clear()

    @callback
    def _update_entities(self) -> None:
        """Show which entities are disabled, gone or not to be understood, and which devices another island controls."""
        now = dt_util.utcnow()
        if self._looked_at is not None and timedelta() <= now - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = now
        for finding in self._entities.async_findings():
            self._board.set(
                finding.key,
                finding.subject,
                wrong=finding.wrong,
                severity=ir.IssueSeverity.ERROR,
                placeholders=finding.placeholders,
                patience=finding.patience,
            )


@callback
def async_watch_issues(hass: HomeAssistant, entry: TangleGridConfigEntry) -> CALLBACK_TYPE:
    """Look at every new picture of the island from now on; return how to stop."""
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
    for key in _OF_ISLAND:
        ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")
    for subentry_id in entry.subentries:
        for key in _OF_SUBENTRY:
            ir.async_delete_issue(hass, DOMAIN, f"{key}_{subentry_id}")

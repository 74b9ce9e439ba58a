"""What keeps the ledger from working, what was put right in its files, and a ledger that contradicts itself."""

from collections.abc import Mapping
from typing import Final

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import callback
from homeassistant.helpers import issue_registry as ir

from ..bridge.options import LedgerChoice
from ..const import CONF_ISLAND_ID, DOMAIN
from ..data import IslandSnapshot
from ..ledger import Findings, LedgerFault, Mishap
from .board import IssueBoard

ISSUE_CONTRADICTION: Final = "ledger_contradiction"
ISSUE_SUPPLY_WRONG: Final = "supply_wrong"

# What keeps the ledger from working, each with what to do about it. A token that is refused is asked for again instead.
LEDGER_ISSUES: Final[Mapping[LedgerFault, str]] = {
    LedgerFault.DISK_FULL: "ledger_disk_full",
    LedgerFault.READ_ONLY: "ledger_read_only",
    LedgerFault.CORRUPT: "ledger_corrupt",
    LedgerFault.LOST: "ledger_lost",
    LedgerFault.IN_USE: "ledger_in_use",
    LedgerFault.MISSING_PACKAGES: "ledger_packages_missing",
    LedgerFault.NODE_UNREACHABLE: "node_unreachable",
    LedgerFault.NODE_NOT_SYNCED: "node_not_synced",
    LedgerFault.NODE_OTHER_TANGLE: "node_other_tangle",
    LedgerFault.NODE_WRONG_ANSWER: "node_wrong_answer",
    LedgerFault.OTHER: "ledger_unavailable",
}
# What was put right when the ledger was opened, until somebody has read it.
FINDINGS: Final[Mapping[Mishap, str]] = {
    Mishap.WALLETS_OLDER: "restored_wallets_older",
    Mishap.TANGLE_OLDER: "restored_tangle_older",
    Mishap.WALLETS_REBUILT: "restored_wallets_rebuilt",
    Mishap.TANGLE_REBUILT: "restored_tangle_rebuilt",
}


@callback
def update_ledger(board: IssueBoard, snapshot: IslandSnapshot) -> None:
    """Show what keeps the ledger from working, one issue at a time; what was found in its files; what contradicts."""
    _update_faults(board, snapshot)
    if snapshot.ledger is not None:
        _update_findings(board, snapshot.ledger.findings)
    _update_contradiction(board, snapshot)


@callback
def clear_ledger(board: IssueBoard) -> None:
    """Take away what is shown without having lasted."""
    for key in (*LEDGER_ISSUES.values(), *FINDINGS.values(), ISSUE_CONTRADICTION):
        board.remove(key, board.entry.entry_id)


@callback
def _update_faults(board: IssueBoard, snapshot: IslandSnapshot) -> None:
    entry, status = board.entry, snapshot.ledger
    folder = f"{DOMAIN}/{entry.data[CONF_ISLAND_ID]}"
    fault = _fault(snapshot)
    # It counts from the first fault on: another one takes its place at once.
    lasting = board.lasting(LEDGER_ISSUES[LedgerFault.OTHER], entry.entry_id, wrong=fault is not None)
    for each, key in LEDGER_ISSUES.items():
        if each is not fault:
            board.remove(key, entry.entry_id)
    _sign_in(board, fault, lasting=lasting)
    if fault is not None and fault is not LedgerFault.NODE_NO_ACCESS and lasting:
        board.show(
            LEDGER_ISSUES[fault],
            entry.entry_id,
            severity=ir.IssueSeverity.WARNING,
            placeholders={
                "island": entry.title,
                "error": snapshot.ledger_error or (status.last_error if status else None) or "?",
                "url": LedgerChoice.from_options(entry.options).url or "?",
                "folder": folder,
            },
            fixable=fault is LedgerFault.NODE_OTHER_TANGLE,
        )
    board.set(
        ISSUE_SUPPLY_WRONG,
        entry.entry_id,
        wrong=status is not None and status.supply_ok is False,
        severity=ir.IssueSeverity.ERROR,
        placeholders={"island": entry.title, "folder": folder},
    )


@callback
def _sign_in(board: IssueBoard, fault: LedgerFault | None, *, lasting: bool) -> None:
    """Ask for another token while the node refuses the one there is; with the ledger at work nobody is asked."""
    if fault is LedgerFault.NODE_NO_ACCESS and lasting:
        board.entry.async_start_reauth(board.hass)
    elif fault is None:
        for flow in list(board.entry.async_get_active_flows(board.hass, {SOURCE_REAUTH})):
            board.hass.config_entries.flow.async_abort(flow["flow_id"])


@callback
def _update_findings(board: IssueBoard, findings: Findings | None) -> None:
    """Show what had happened to the files of the ledger, and what became of it: at once, until it was read."""
    entry = board.entry
    for mishap, key in FINDINGS.items():
        if findings is None or mishap not in findings.mishaps:
            board.remove(key, entry.entry_id)
            continue
        folder = f"{DOMAIN}/{entry.data[CONF_ISLAND_ID]}"
        board.show(
            key,
            entry.entry_id,
            severity=ir.IssueSeverity.WARNING,
            placeholders={
                "island": entry.title,
                "folder": folder,
                "found": str(findings.found),
                "again": str(findings.again),
                "anew": str(findings.anew),
                "aside": ", ".join(f"`{folder}/{name}`" for name in findings.aside) or "-",
            },
            fixable=True,
        )


@callback
def _update_contradiction(board: IssueBoard, snapshot: IslandSnapshot) -> None:
    """Show that the ledger shows different things to different islands: nothing is paid until somebody decides."""
    if snapshot.witness is not None and snapshot.witness.held:
        board.show(
            ISSUE_CONTRADICTION,
            board.entry.entry_id,
            severity=ir.IssueSeverity.ERROR,
            placeholders={"island": board.entry.title},
            fixable=True,
        )
    else:
        board.remove(ISSUE_CONTRADICTION, board.entry.entry_id)


def _fault(snapshot: IslandSnapshot) -> LedgerFault | None:
    """Return what keeps the ledger from working; None when it works."""
    status = snapshot.ledger
    if status is None:
        return snapshot.ledger_fault or LedgerFault.OTHER
    return None if status.reachable else status.fault or LedgerFault.OTHER

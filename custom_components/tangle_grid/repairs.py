"""How what an issue tells of is put right: each fixable issue's flow."""

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.core import HomeAssistant

from .flows.approval import ApprovalFlow
from .flows.contradiction import ContradictionFlow
from .flows.ledger_findings import FindingsFlow
from .flows.other_tangle import OtherTangleFlow
from .issues.ledger import FINDINGS, ISSUE_CONTRADICTION
from .issues.links import ISSUE_JOIN_REQUEST


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of an issue: another Tangle is chosen; what was found in restored files is only to be known."""
    entry = hass.config_entries.async_get_entry(str(data["entry_id"])) if data and "entry_id" in data else None
    if entry is None:
        return ConfirmRepairFlow()
    if issue_id.startswith(ISSUE_JOIN_REQUEST):
        return ApprovalFlow(entry, str((data or {}).get("code_id")))
    if issue_id.startswith(ISSUE_CONTRADICTION):
        return ContradictionFlow(entry)
    return FindingsFlow(entry) if issue_id.startswith(tuple(FINDINGS.values())) else OtherTangleFlow(entry)

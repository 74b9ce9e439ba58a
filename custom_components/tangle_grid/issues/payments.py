"""Rewards that are due and not paid, and wallets whose rest cannot be taken to their owner."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import callback
from homeassistant.helpers import issue_registry as ir

from ..const import TREASURY
from ..data import IslandSnapshot
from .board import IssueBoard

ISSUE_SWEEP_FAILED: Final = "sweep_failed"
# What keeps rewards from being paid, by the key of the ledger's error.
REWARD_ISSUES: Final[Mapping[str, str]] = {
    "over_payment_limit": "rewards_over_limit",
    "over_day_limit": "rewards_over_limit",
    "insufficient_funds": "treasury_empty",
}


@callback
def update_payments(board: IssueBoard, snapshot: IslandSnapshot) -> None:
    """Show what waits to be paid, and what cannot be."""
    entry = board.entry
    for key in set(REWARD_ISSUES.values()):
        waiting = [why for why in snapshot.unpaid.values() if REWARD_ISSUES.get(why) == key]
        board.set(
            key,
            entry.entry_id,
            wrong=bool(waiting),
            severity=ir.IssueSeverity.WARNING,
            placeholders={"island": entry.title, "count": str(len(waiting))},
        )
    names = entry.runtime_data.members
    for owner, rules in snapshot.rules.items():
        address = rules.owner
        name = entry.title if owner == TREASURY or owner not in names else names[owner].name
        board.set(
            ISSUE_SWEEP_FAILED,
            entry.entry_id if owner == TREASURY else owner,
            wrong=address is not None and address.problem is not None,
            severity=ir.IssueSeverity.WARNING,
            placeholders={"wallet": name, "address": address.address if address else ""},
        )

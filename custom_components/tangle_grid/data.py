"""What passes from an island to its entities."""

from collections.abc import Mapping
from dataclasses import dataclass

from .grid.engine.status import GridStatus
from .ledger import LedgerFault, LedgerStatus, WalletRules, WalletState


@dataclass(frozen=True, slots=True, kw_only=True)
class IslandSnapshot:
    """One consistent picture of the island, pushed to all entities.

    Attributes:
        grid: What the last control pass saw and decided.
        wallets: Wallets by participant id, and the treasury's; empty until the ledger is open.
        ledger: Health of the ledger; None until it is open.
        ledger_error: Why the ledger is not open, in words; None when it is.
        ledger_fault: The same in a word, where there is one.
        rules: What the owners decided for the same wallets.
        unpaid: Why rewards that are due are not paid: a key of the ledger's errors by payment id.
        published: Messages that reached the Tangle since the start.
        reaction_ms: From what led to the newest answer to an overload to the setpoint written, in wall milliseconds.
    """

    grid: GridStatus
    wallets: Mapping[str, WalletState]
    ledger: LedgerStatus | None
    ledger_error: str | None
    ledger_fault: LedgerFault | None
    rules: Mapping[str, WalletRules]
    unpaid: Mapping[str, str]
    published: int
    reaction_ms: float | None

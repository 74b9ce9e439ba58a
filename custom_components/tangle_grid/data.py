"""The typed data that hang on a config entry and pass from the runtime to the entities."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry

from .grid.status import GridStatus
from .ledger import LedgerStatus, WalletState

if TYPE_CHECKING:
    from .runtime import IslandRuntime

type TangleGridConfigEntry = ConfigEntry[IslandRuntime]


@dataclass(frozen=True, slots=True, kw_only=True)
class IslandSnapshot:
    """One consistent picture of the island, pushed to all entities.

    Attributes:
        grid: What the last control pass saw and decided.
        wallets: Wallets by participant id, and the treasury's; empty until the ledger is open.
        ledger: Health of the ledger; None until it is open.
        ledger_error: Why the ledger is not open, in words; None when it is.
        published: Messages that reached the Tangle since the start.
        reaction_ms: From the newest overload reading to the setpoint written, in wall milliseconds.
    """

    grid: GridStatus
    wallets: Mapping[str, WalletState]
    ledger: LedgerStatus | None
    ledger_error: str | None
    published: int
    reaction_ms: float | None

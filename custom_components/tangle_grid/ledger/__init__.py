"""The ledger: the Tangle, the wallets, the payments. asyncio, no Home Assistant.

The rest of the integration uses ``Ledger`` and the types named here, and nothing else of this package.
"""

from .errors import LedgerError
from .facade import Ledger
from .keys import Secrets, new_seed
from .model import (
    SUPPLY,
    TREASURY,
    BalancesChanged,
    HealthChanged,
    LedgerEvent,
    LedgerStatus,
    Payment,
    PaymentChanged,
    PaymentOrder,
    PaymentState,
    Published,
    TangleMessage,
    TransactionInfo,
    WalletState,
)

__all__ = [
    "SUPPLY",
    "TREASURY",
    "BalancesChanged",
    "HealthChanged",
    "Ledger",
    "LedgerError",
    "LedgerEvent",
    "LedgerStatus",
    "Payment",
    "PaymentChanged",
    "PaymentOrder",
    "PaymentState",
    "Published",
    "Secrets",
    "TangleMessage",
    "TransactionInfo",
    "WalletState",
    "new_seed",
]

"""The ledger: the Tangle, the wallets, the payments. asyncio, no Home Assistant, no grid.

The rest of the integration uses `Ledger` and the types named here, and nothing else of this package. Begin with
`facade`, then `core`; the rooms below do one thing each.
"""

from .backends.backend import BackendConfig, Embedded, Remote
from .backends.http_client import EXAMPLE_URL
from .backends.node_check import check_node
from .backends.remote_answers import NodeInfo
from .base.errors import LedgerError, LedgerFault
from .base.keys import FORMER_MARK, Secrets, new_seed
from .base.model import (
    SUPPLY,
    TREASURY,
    BalancesChanged,
    Findings,
    HealthChanged,
    LedgerEvent,
    LedgerStatus,
    Mishap,
    OwnerAddress,
    Payment,
    PaymentChanged,
    PaymentOrder,
    PaymentState,
    Published,
    QueuedPayment,
    SpendingLimits,
    TangleMessage,
    TangleNode,
    TransactionInfo,
    WalletRules,
    WalletState,
)
from .facade import Ledger
from .island_keys import IslandKeys
from .messages.message_queue import METER_VALUES, OWED
from .messages.privacy import PrivacyMode
from .node import NodeError, wire
from .node.guest_api import GuestApi
from .node.milestone import SignedMilestone
from .store.database import Database
from .store.properties import PROPERTIES_SCHEMA, Properties
from .store.set_aside import set_aside
from .verify.receipts import Check, Verification

__all__ = [
    "EXAMPLE_URL",
    "FORMER_MARK",
    "METER_VALUES",
    "OWED",
    "PROPERTIES_SCHEMA",
    "SUPPLY",
    "TREASURY",
    "BackendConfig",
    "BalancesChanged",
    "Check",
    "Database",
    "Embedded",
    "Findings",
    "GuestApi",
    "HealthChanged",
    "IslandKeys",
    "Ledger",
    "LedgerError",
    "LedgerEvent",
    "LedgerFault",
    "LedgerStatus",
    "Mishap",
    "NodeError",
    "NodeInfo",
    "OwnerAddress",
    "Payment",
    "PaymentChanged",
    "PaymentOrder",
    "PaymentState",
    "PrivacyMode",
    "Properties",
    "Published",
    "QueuedPayment",
    "Remote",
    "Secrets",
    "SignedMilestone",
    "SpendingLimits",
    "TangleMessage",
    "TangleNode",
    "TransactionInfo",
    "Verification",
    "WalletRules",
    "WalletState",
    "check_node",
    "new_seed",
    "set_aside",
    "wire",
]

"""An IRI-compatible node in SQLite: transactions, tips, milestones, balances, and the legacy JSON commands.

It holds no seed and knows no wallet: whoever pays signs elsewhere. Begin with `node`, then `commands`.
"""

from .bundle import Conflict
from .commands import Api
from .errors import NodeError
from .node import Confirmation, EmbeddedNode, PreparedMilestone
from .store import Beginning, Stored
from .transaction import NULL_HASH, Transaction

__all__ = [
    "NULL_HASH",
    "Api",
    "Beginning",
    "Confirmation",
    "Conflict",
    "EmbeddedNode",
    "NodeError",
    "PreparedMilestone",
    "Stored",
    "Transaction",
]

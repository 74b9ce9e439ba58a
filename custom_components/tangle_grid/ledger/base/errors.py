"""The error of this room."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

_MAX_TEXT: Final = 200


class LedgerFault(StrEnum):
    """Why the ledger cannot be used, as far as somebody can do something about it."""

    DISK_FULL = "disk_full"
    READ_ONLY = "read_only"
    CORRUPT = "corrupt"
    LOST = "lost"
    IN_USE = "in_use"
    MISSING_PACKAGES = "missing_packages"
    NODE_UNREACHABLE = "node_unreachable"
    NODE_NO_ACCESS = "node_no_access"
    NODE_NOT_SYNCED = "node_not_synced"
    NODE_OTHER_TANGLE = "node_other_tangle"
    NODE_WRONG_ANSWER = "node_wrong_answer"
    OTHER = "other"


class LedgerError(Exception):
    """A request that the ledger refuses, or a ledger that cannot be used.

    `key` is machine-readable: `unknown_wallet`, `invalid_amount`, `insufficient_funds`, `invalid_address`,
    `invalid_message`, `key_ended`, `key_elsewhere`, `invalid_public_key`, `invalid_secrets`,
    `payment_conflict`, `unknown_transaction`, `unknown_payment`, `outbox_full`, `wallet_queue_full`,
    `payments_held`, `ledger_unavailable`;
    of wallets' policies `over_payment_limit`, `over_day_limit`, `invalid_limit`, `no_owner_address`; of their
    seeds `invalid_seed`, `seed_in_use`, `wallet_busy`, `wallet_not_empty`.
    `placeholders` fill a translated sentence; they never hold a secret. `fault` says what `ledger_unavailable`
    is about.
    """

    def __init__(
        self, key: str, placeholders: Mapping[str, str | int] | None = None, *, fault: LedgerFault | None = None
    ) -> None:
        self.key = key
        self.fault = fault
        self.placeholders: Mapping[str, Any] = dict(placeholders or {})
        detail = ", ".join(f"{name}={value}" for name, value in self.placeholders.items())
        super().__init__(f"{key}: {detail}" if detail else key)


def node_fault(fault: LedgerFault, text: str) -> LedgerError:
    """Return the error of a remote node that cannot be used now; it is tried again."""
    return LedgerError("ledger_unavailable", {"error": text[:_MAX_TEXT]}, fault=fault)

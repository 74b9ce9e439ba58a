"""The error of this room."""

from collections.abc import Mapping
from typing import Any


class LedgerError(Exception):
    """A request that the ledger refuses, or a ledger that cannot be used.

    ``key`` is machine-readable: ``unknown_wallet``, ``invalid_amount``, ``insufficient_funds``, ``invalid_address``,
    ``invalid_message``, ``invalid_secrets``, ``payment_conflict``, ``unknown_transaction``, ``ledger_unavailable``.
    ``placeholders`` fill a translated sentence; they never hold a secret.
    """

    def __init__(self, key: str, placeholders: Mapping[str, str | int] | None = None) -> None:
        self.key = key
        self.placeholders: Mapping[str, Any] = dict(placeholders or {})
        detail = ", ".join(f"{name}={value}" for name, value in self.placeholders.items())
        super().__init__(f"{key}: {detail}" if detail else key)

"""What an owner decided for a wallet: how much it may spend, and where the rest is kept. On disk."""

from typing import Final

from ..base.errors import LedgerError
from ..base.model import SUPPLY, OwnerAddress, SpendingLimits
from ..base.stored_values import StrangeError, amount, perhaps, text, understood
from ..store.database import Database
from ..trinary import has_valid_checksum

POLICY_SCHEMA: Final = """
CREATE TABLE policy (
    wallet_id TEXT PRIMARY KEY,
    per_payment INTEGER,
    per_day INTEGER,
    owner_address TEXT,
    sweep_above INTEGER,
    keep INTEGER NOT NULL DEFAULT 0,
    problem TEXT
) WITHOUT ROWID;
"""
DAY_S: Final = 86_400.0


def _checked(amount: object) -> None:
    """Refuse what is neither None nor an amount of iota from 0 up to all there are."""
    if amount is not None and (not isinstance(amount, int) or isinstance(amount, bool) or not 0 <= amount <= SUPPLY):
        raise LedgerError("invalid_limit", {"limit": str(amount)[:32]})


class Policies:
    """Reads and writes the policies of all wallets. Call it inside the database's transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def limits(self, wallet_id: str) -> SpendingLimits:
        """Return a wallet's limits; a wallet that was never given any has none."""
        row = self._database.row("SELECT per_payment, per_day FROM policy WHERE wallet_id = ?", wallet_id)
        if row is None:
            return SpendingLimits()
        with understood("a spending limit"):
            return SpendingLimits(per_payment_i=perhaps(amount, row[0]), per_day_i=perhaps(amount, row[1]))

    def set_limits(self, wallet_id: str, limits: SpendingLimits) -> None:
        """Set both limits. Raises LedgerError (invalid_limit) for what is no amount."""
        _checked(limits.per_payment_i)
        _checked(limits.per_day_i)
        self._database.run(
            "INSERT INTO policy (wallet_id, per_payment, per_day) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET per_payment = excluded.per_payment, per_day = excluded.per_day",
            wallet_id,
            limits.per_payment_i,
            limits.per_day_i,
        )

    def check(self, wallet_id: str, amount_i: int, spent_i: int) -> None:
        """Let a payment pass, where `spent_i` is what the wallet was ordered to pay in the 24 hours before it.

        Raises:
            LedgerError: over_payment_limit or over_day_limit.
        """
        limits = self.limits(wallet_id)
        if limits.per_payment_i is not None and amount_i > limits.per_payment_i:
            raise LedgerError(
                "over_payment_limit",
                {"amount": amount_i, "limit": limits.per_payment_i, "remaining": limits.per_payment_i},
            )
        if limits.per_day_i is not None and amount_i > limits.per_day_i - spent_i:
            raise LedgerError(
                "over_day_limit",
                {"amount": amount_i, "limit": limits.per_day_i, "remaining": max(0, limits.per_day_i - spent_i)},
            )

    def owner(self, wallet_id: str) -> OwnerAddress | None:
        """Return where the wallet's owner keeps the rest; None when no address was given."""
        row = self._database.row(
            "SELECT owner_address, sweep_above, keep, problem FROM policy WHERE wallet_id = ?", wallet_id
        )
        if row is None or row[0] is None:
            return None
        with understood("an owner's address"):
            if not has_valid_checksum(row[0]):
                raise StrangeError("address")
            return OwnerAddress(
                address=row[0],
                sweep_above_i=perhaps(amount, row[1]),
                keep_i=amount(row[2]),
                problem=perhaps(text, row[3]),
            )

    def set_owner(self, wallet_id: str, owner: OwnerAddress | None) -> None:
        """Set or forget the owner's address. Raises LedgerError (invalid_limit) for what is no amount."""
        if owner is not None:
            _checked(owner.sweep_above_i)
            if owner.keep_i is None or (owner.sweep_above_i is not None and owner.keep_i > owner.sweep_above_i):
                raise LedgerError("invalid_limit", {"limit": str(owner.keep_i)[:32]})
            _checked(owner.keep_i)
        self._database.run(
            "INSERT INTO policy (wallet_id, owner_address, sweep_above, keep) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET owner_address = excluded.owner_address, sweep_above = excluded.sweep_above,"
            " keep = excluded.keep, problem = NULL",
            wallet_id,
            None if owner is None else owner.address,
            None if owner is None else owner.sweep_above_i,
            0 if owner is None else owner.keep_i,
        )

    def set_problem(self, wallet_id: str, problem: str | None) -> None:
        """Note why the last sweep by itself did not come about."""
        self._database.run("UPDATE policy SET problem = ? WHERE wallet_id = ?", problem, wallet_id)

    def sweeping(self) -> list[str]:
        """Return the wallets that are swept by themselves."""
        rows = self._database.rows(
            "SELECT wallet_id FROM policy WHERE owner_address IS NOT NULL AND sweep_above IS NOT NULL"
            " ORDER BY wallet_id"
        )
        return [row[0] for row in rows]

    def copy(self, wallet_id: str, to: str) -> None:
        """Let another wallet be bound by the same decisions."""
        self._database.run(
            "INSERT OR REPLACE INTO policy SELECT ?, per_payment, per_day, owner_address, sweep_above, keep, problem"
            " FROM policy WHERE wallet_id = ?",
            to,
            wallet_id,
        )

"""The transfers that are over, for the day on which wallets and Tangle do not agree: what was signed, and for whom.

A plan always gives the same bundle and the same signatures. The plans of the last confirmed transfers stay: from them
their bundles can be attached again to a Tangle that has lost them, and nothing is signed a second time.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..base.stored_values import hash_of, number, perhaps, text, understood
from ..pyota.library import BundlePlan, PreparedBundle
from ..store.database import Database
from .history import OwnBundle, ToldPayment

_HERE: Final = (
    "id NOT IN (SELECT transfer FROM tangle_transfer WHERE tangle <> (SELECT value FROM meta WHERE name = 'tangle_id'))"
)
_OVER: Final = ("confirmed", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transfer of this Tangle. `plan` is None once it is too long ago."""

    id: int
    source: str
    state: str
    bundle: str | None
    plan: BundlePlan | None


class Journal:
    """Reads and writes transfers and their payments across the steps. Call it in the database's transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _entries(self, condition: str, *values: object) -> list[Entry]:
        rows = self._database.rows(
            f"SELECT id, source, state, bundle, plan FROM transfer WHERE {condition} AND {_HERE} ORDER BY id",  # noqa: S608
            *values,
        )
        with understood("a transfer"):
            return [
                Entry(
                    id=number(row[0]),
                    source=text(row[1]),
                    state=text(row[2]),
                    bundle=perhaps(hash_of, row[3]),
                    plan=perhaps(BundlePlan.from_text, row[4]),
                )
                for row in rows
            ]

    def bundles(self) -> dict[str, str]:
        """Return the state of each transfer whose bundle was built, by the bundle's hash."""
        rows = self._database.rows(f"SELECT bundle, state FROM transfer WHERE bundle IS NOT NULL AND {_HERE}")  # noqa: S608
        return dict(rows)

    def open(self) -> list[Entry]:
        """Return the transfers that are on their way."""
        return self._entries("state IN ('planned', 'prepared', 'sent')")

    def over(self) -> list[Entry]:
        """Return the transfers that are confirmed or failed."""
        return self._entries("state IN ('confirmed', 'failed')")

    def retired(self) -> list[tuple[str, int | None]]:
        """Return the addresses that are done with, and the transfers that spent from them."""
        rows = self._database.rows("SELECT trytes, transfer FROM address WHERE state = 'retired'")
        return [(row[0], row[1]) for row in rows]

    def entry(self, bundle: str) -> Entry | None:
        """Return the transfer of a bundle."""
        return next(iter(self._entries("bundle = ?", bundle)), None)

    def transfer_of(self, payment_id: str) -> tuple[str, int | None] | None:
        """Return the state and the transfer of a payment, as far as it has one; None when it is not known."""
        row = self._database.row("SELECT state, transfer FROM payment WHERE payment_id = ?", payment_id)
        return None if row is None else (row[0], row[1])

    def booked(self, transfer: int) -> list[tuple[str, str, str, int]]:
        """Return id, source, target and iota of a transfer's payments that count in the wallets' totals."""
        rows = self._database.rows(
            "SELECT payment_id, source, target, amount FROM payment WHERE transfer = ? AND state = 'confirmed'",
            transfer,
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def addresses(self, transfer: int) -> list[str]:
        """Return the addresses of ours that a transfer spends from."""
        return [row[0] for row in self._database.rows("SELECT trytes FROM address WHERE transfer = ?", transfer)]

    # Changes

    def adopt(self, found: OwnBundle, source: str, key_indices: Mapping[str, int], state: str) -> int:
        """Enter a bundle that stands on the Tangle as a transfer in this state, and return its id."""
        open_state = state not in _OVER
        transfer = self._database.run(
            "INSERT INTO transfer (source, state, plan, bundle, trytes) VALUES (?, ?, ?, ?, ?)",
            source,
            state,
            found.plan(key_indices).to_text() if state != "failed" else None,
            found.bundle,
            zlib.compress("\n".join(found.prepared.trytes).encode()) if open_state else None,
        )
        self._database.run_many(
            "UPDATE address SET state = ?, transfer = ? WHERE trytes = ?",
            [("retired" if state == "confirmed" else "reserved", transfer, each) for each in found.inputs],
        )
        return transfer

    def enter(self, payment: ToldPayment, transfer: int, at: float) -> None:
        """Give a payment to the transfer that makes it; one that is not known becomes so."""
        self._database.run(
            "INSERT INTO payment (payment_id, source, target, amount, memo, state, transfer, created_at)"
            " VALUES (?1, ?2, ?3, ?4, ?5, 'sent', ?6, ?7) ON CONFLICT (payment_id) DO UPDATE SET"
            " state = 'sent', transfer = ?6, tail = NULL, error = NULL, confirmed_at = NULL",
            payment.payment_id,
            payment.source,
            payment.target,
            payment.amount_i,
            payment.memo,
            transfer,
            at,
        )

    def reopen(self, transfer: int, plan: BundlePlan, prepared: PreparedBundle) -> None:
        """Let a confirmed transfer be sent again, as it was signed."""
        self._database.run(
            "UPDATE transfer SET state = 'prepared', refused = 0, plan = ?, trytes = ? WHERE id = ?",
            plan.to_text(),
            zlib.compress("\n".join(prepared.trytes).encode()),
            transfer,
        )
        self._database.run(
            "UPDATE payment SET state = 'queued', tail = NULL, error = NULL, confirmed_at = NULL WHERE transfer = ?",
            transfer,
        )
        self._database.run_many(
            "UPDATE address SET state = 'reserved', transfer = ? WHERE trytes = ?",
            [(transfer, spent.address) for spent in plan.inputs],
        )

    def dissolve(self, transfer: int, held: Sequence[str]) -> int:
        """End a transfer whose bundle can never be booked: its payments wait anew, each for itself; return how many.

        Its addresses are done with, but for those that are `held` because they still hold something.
        """
        count = int(self._database.value("SELECT COUNT(*) FROM payment WHERE transfer = ?", transfer))
        self._database.run("UPDATE transfer SET state = 'failed', plan = NULL, trytes = NULL WHERE id = ?", transfer)
        self._database.run(
            "UPDATE payment SET state = 'queued', transfer = NULL, tail = NULL, sent_at = NULL, alone = 1,"
            " error = NULL, confirmed_at = NULL WHERE transfer = ?",
            transfer,
        )
        self._database.run_many(
            "UPDATE address SET state = ? WHERE trytes = ?",
            [("reserved" if each in held else "retired", each) for each in self.addresses(transfer)],
        )
        return count

"""The transfers: signed bundles on their way, from what decides them to their end, on disk before each next step."""

import zlib
from collections.abc import Sequence
from typing import Final

from ..base.model import PaymentState
from ..pyota.library import BundlePlan, PreparedBundle
from ..store.database import Database
from .outbox import HERE
from .outbox_rows import Transfer, transfer_of

KEPT_PLANS: Final = 10_000
"""How many transfers can be sent again to a Tangle that was set back: a plan takes 1 to 8 KB."""


class Transfers:
    """Reads and writes the transfers, and what becomes of their payments with them. Errors are those of `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, source: str, payment_ids: Sequence[str]) -> int:
        """Start a transfer of these payments, and return its id. Its plan follows in the same transaction."""
        transfer = self._database.run("INSERT INTO transfer (source, state) VALUES (?, 'planned')", source)
        self._database.run_many(
            "UPDATE payment SET transfer = ? WHERE payment_id = ?", [(transfer, each) for each in payment_ids]
        )
        return transfer

    def set_plan(self, transfer: int, plan: BundlePlan) -> None:
        """Store what decides the transfer's bundle."""
        self._database.run("UPDATE transfer SET plan = ? WHERE id = ?", plan.to_text(), transfer)

    def set_prepared(self, transfer: int, prepared: PreparedBundle) -> None:
        """Store the signed bundle."""
        data = zlib.compress("\n".join(prepared.trytes).encode())
        self._database.run(
            "UPDATE transfer SET state = 'prepared', bundle = ?, trytes = ? WHERE id = ?",
            prepared.bundle,
            data,
            transfer,
        )

    def set_sent(self, transfer: int, tails: Sequence[tuple[str, str]], now: float) -> None:
        """Note that the bundle is on the Tangle; `tails` are transaction hash and payment id."""
        self._database.run("UPDATE transfer SET state = 'sent', last_error = NULL WHERE id = ?", transfer)
        self._database.run_many(
            "UPDATE payment SET state = 'sent', tail = ?, sent_at = COALESCE(sent_at, ?) WHERE payment_id = ?",
            [(tail, now, payment_id) for tail, payment_id in tails],
        )

    def set_unsent(self, transfer: int) -> None:
        """Note that the bundle is not on the Tangle after all: it will be sent again."""
        self._database.run("UPDATE transfer SET state = 'prepared' WHERE id = ?", transfer)

    def add_refusal(self, transfer: int, error: str) -> None:
        """Count an attempt that came to nothing, and note why."""
        self._database.run("UPDATE transfer SET refused = refused + 1, last_error = ? WHERE id = ?", error, transfer)

    def close(self, transfer: int, state: PaymentState, *, now: float, error: str | None = None) -> None:
        """End a transfer and its payments: confirmed or failed. The signed bundle is on the Tangle, not kept here.

        What decides it stays for a long time, if it was booked: the Tangle may be set back.
        """
        self._end(transfer, state)
        self._database.run(
            "UPDATE payment SET state = ?, error = ?, confirmed_at = ? WHERE transfer = ?",
            state.value,
            error,
            now if state is PaymentState.CONFIRMED else None,
            transfer,
        )

    def dissolve(self, transfer: int, error: str) -> None:
        """End a transfer that came to nothing; its payments go back to their places in the queue, each for itself."""
        self._end(transfer, PaymentState.FAILED)
        self._database.run(
            "UPDATE payment SET state = 'queued', transfer = NULL, tail = NULL, sent_at = NULL, alone = 1, error = ?"
            " WHERE transfer = ?",
            error,
            transfer,
        )

    def _end(self, transfer: int, state: PaymentState) -> None:
        self._database.run(
            "UPDATE transfer SET state = ?1, plan = CASE ?1 WHEN 'confirmed' THEN plan END, trytes = NULL"
            " WHERE id = ?2",
            state.value,
            transfer,
        )
        old = transfer - KEPT_PLANS
        self._database.run("UPDATE transfer SET plan = NULL WHERE id = ? AND state IN ('confirmed', 'failed')", old)

    def open(self) -> list[Transfer]:
        """Return the transfers that are not over, the oldest first."""
        rows = self._database.rows(
            "SELECT id, source, state, plan, bundle, trytes, refused FROM transfer"  # noqa: S608 - our own names
            f" WHERE state IN ('planned', 'prepared', 'sent') AND id {HERE} ORDER BY id"
        )
        return list(map(transfer_of, rows))

"""What everybody had on the Tangle in this process, kept with the wallets for the day on which its file is lost."""

import json
from dataclasses import dataclass
from typing import Final

from ..backends.tangles import Tangles
from ..base.stored_values import from_json, number, understood
from ..node import Beginning, EmbeddedNode
from ..store.database import Database
from ..store.properties import Properties
from .journal import Journal

_META: Final = "snapshot"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """The transfers that a snapshot holds: all up to this one that were booked, but for these."""

    upto: int
    missing: frozenset[int]

    def holds(self, transfer: int, state: str) -> bool:
        return state == "confirmed" and transfer <= self.upto and transfer not in self.missing


class Snapshot:
    """Reads and writes it. Errors are those of `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._properties = Properties(database)
        self._tangles = Tangles(database)
        self._journal = Journal(database)

    def take(self, node: EmbeddedNode) -> None:
        """Remember what everybody has now, if it adds up."""
        # The node books under the wallets' lock: nothing moves meanwhile.
        with self._database.transaction():
            if not node.supply_ok:
                return
            applied = node.store.balances.is_applied
            missing = [each.id for each in self._journal.open() if each.bundle is None or not applied(each.bundle)]
            upto = int(self._database.value("SELECT MAX(id) FROM transfer") or 0)
            self._tangles.set_balances(node.store.balances.all_balances())
            self._properties.set(_META, json.dumps({"upto": upto, "missing": missing}))

    def beginning(self) -> Beginning | None:
        """Return what a Tangle begins with in the place of the one that is lost; None where nothing is remembered."""
        with self._database.lock:
            text = self._properties.get(_META)
            if not text:
                return None
            with understood("what everybody had"):
                stored = from_json(text)
                reach = _Reach(upto=number(stored["upto"]), missing=frozenset(map(number, stored["missing"])))
            over = self._journal.over()
            held = {entry.id: entry.bundle for entry in over if reach.holds(entry.id, entry.state)}
            again = {entry.id for entry in over if entry.state == "confirmed"} - held.keys()
            return Beginning(
                tangle_id=self._tangles.tangle_id,
                balances=self._tangles.all_balances(),
                # What a transfer spends that is sent again is spent when it arrives.
                spent=[address for address, transfer in self._journal.retired() if transfer not in again],
                applied=[bundle for bundle in held.values() if bundle is not None],
            )

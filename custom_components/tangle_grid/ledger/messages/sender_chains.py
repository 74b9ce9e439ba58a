"""Where each sender's chain of messages stands: the number and the hash of the last one that was signed."""

from ...protocol import GENESIS
from ..base.stored_values import number, text, understood
from ..store.database import Database


class SenderChains:
    """Reads and writes the ends of the senders' chains. Errors are those of `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self, public_key: str) -> tuple[int, str]:
        """Return number and hash of a sender's last message; 0 and `GENESIS` before the first."""
        row = self._database.row("SELECT sequence, previous FROM sender WHERE public_key = ?", public_key)
        with understood("the number of a sender's last message"):
            return (0, GENESIS) if row is None else (number(row[0]), text(row[1]))

    def set_last(self, public_key: str, sequence: int, previous: str) -> None:
        """Store number and hash of a sender's last message."""
        self._database.run(
            "INSERT OR REPLACE INTO sender (public_key, sequence, previous) VALUES (?, ?, ?)",
            public_key,
            sequence,
            previous,
        )

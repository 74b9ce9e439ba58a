"""Moves the log of an open SQLite file into the file now and then, and marks both, so that no copy misleads."""

import sqlite3
import time
from pathlib import Path
from typing import Final

from .file_marks import Mark, Phase, first_cycle, log_of

_FULL_BYTES: Final = 4 * 1024 * 1024
"""A log that is longer is moved into the file when nothing else has to be done with it."""

_HELD_BYTES: Final = 256 * 1024 * 1024
"""The longest log of a file that is to lie still: the disk comes before the backup."""


class LogKeeper:
    """Belongs to one open connection in WAL mode, and to whoever holds the lock of its database.

    Methods raise sqlite3.Error and OSError, but for `look`.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Keep the log of the file that this connection has opened; nobody else may move it."""
        self._connection = connection
        self._log = log_of(path)
        self._cycle = first_cycle()
        self._still_until = float("-inf")
        self._begun = False
        connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()

    def begin(self) -> None:
        """Take in what lies in the log, and begin a log that shows whose it is."""
        self._take_in(Phase.DONE)
        self._cycle += 1
        self._mark(Phase.LOGGING)
        self._begun = True

    def end(self) -> None:
        """Take in the log for good: the file is whole by itself."""
        self._take_in(Phase.CLOSED)

    def _take_in(self, phase: Phase) -> None:
        self._begun = False
        self._checkpoint()
        # Only what is written after all of the log is in the file may say so.
        self._mark(phase)
        self._checkpoint()

    def _mark(self, phase: Phase) -> None:
        self._connection.execute(f"PRAGMA application_id={Mark(self._cycle, phase).number:d}")

    def _checkpoint(self) -> None:
        busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise sqlite3.OperationalError("the log is in use")

    def look(self) -> None:
        """Take in a log that has become long. What fails is tried again: everything is safe in the log as well."""
        try:
            size = self._log.stat().st_size
            still = time.monotonic() < self._still_until and size < _HELD_BYTES
            if not self._begun or (size > _FULL_BYTES and not still):
                self.begin()
        except sqlite3.Error, OSError:
            return

    def take_in(self) -> None:
        """Take in the log at once, so that nothing of what was changed is left in it, unless it is to lie still."""
        if time.monotonic() >= self._still_until:
            self.begin()

    def lie_still(self, seconds: float) -> None:
        """Take in the log, and then leave the file as it is: for so many seconds, or while the log is not too long.

        A copy of the file that is made meanwhile is whole, whatever goes on, and so is one of the log, up to the moment
        when it was read.
        """
        self.begin()
        self._still_until = time.monotonic() + seconds

    def go_on(self) -> None:
        """Take the log in again when it is long."""
        self._still_until = float("-inf")

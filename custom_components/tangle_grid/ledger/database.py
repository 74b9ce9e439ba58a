"""An SQLite file that is opened by one process, written in whole transactions, and never overwritten when damaged."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final

from .errors import LedgerError

type Row = tuple[Any, ...]

_NEW: Final = ".new"
_MAX_REASON: Final = 200
_CHECKED_BYTES: Final = 32 * 1024 * 1024
"""Files up to this size are checked as a whole when they are opened; that takes well under a second."""


@contextmanager
def _unavailable(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        reason = str(error)[:_MAX_REASON] or type(error).__name__
        raise LedgerError("ledger_unavailable", {"error": f"{path.name}: {reason}"}) from error


class Database:
    """One connection behind a lock: use it from any worker thread, never from the event loop.

    Every method raises LedgerError (``ledger_unavailable``) when the file cannot be read or written.
    """

    def __init__(self, path: Path, *, schema: str, version: int, create: Callable[[Database], None]) -> None:
        """Open the file; when there is none, make one with ``schema`` and let ``create`` fill it, all or nothing."""
        self.path = path
        self.lock = RLock()
        self._depth = 0
        self._connection: sqlite3.Connection | None = None
        with _unavailable(path):
            # An empty file is what remains of a damaged one: a new one is moved into place when it is complete.
            if not path.exists():
                self._make(schema, version, create)
            elif path.stat().st_size == 0:
                raise sqlite3.DatabaseError("file is empty")
            self._connect(path)
            try:
                fault = self._fault(version)
            except sqlite3.Error:
                self.close()
                raise
            if fault is not None:
                self.close()
                raise sqlite3.DatabaseError(fault)

    def _fault(self, version: int) -> str | None:
        found = self._one("PRAGMA user_version")[0]
        if found != version:
            return f"version {found} of the file is not {version}"
        if self.path.stat().st_size >= _CHECKED_BYTES:
            return None
        result = str(self._one("PRAGMA quick_check(1)")[0])
        return None if result == "ok" else result

    def _make(self, schema: str, version: int, create: Callable[[Database], None]) -> None:
        path = self.path
        if path.with_name(path.name + "-wal").exists():
            raise sqlite3.DatabaseError("file is missing, but the log of its last changes is there")
        new = path.with_name(path.name + _NEW)
        for leftover in (new, new.with_name(new.name + "-wal"), new.with_name(new.name + "-shm")):
            leftover.unlink(missing_ok=True)
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._connect(new)
        try:
            self._open_connection.executescript(schema)
            with self.transaction(durable=True):
                create(self)
            self._open_connection.execute(f"PRAGMA user_version={version:d}")
        finally:
            self.close()
        new.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _connect(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=2.0, isolation_level=None, check_same_thread=False)
        try:
            # The folder's lock keeps other ledgers out; this keeps out everybody else while the file is open.
            for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
                self._connection.execute(f"PRAGMA {pragma}").fetchall()
            self._connection.execute("BEGIN EXCLUSIVE")
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            self.close()
            raise

    @property
    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.ProgrammingError("file is closed")
        return self._connection

    def _one(self, sql: str) -> Row:
        row: Row = self._open_connection.execute(sql).fetchone()
        return row

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        with self.lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """Commit everything inside together, or nothing. Inside another transaction it joins that one.

        ``durable`` waits until it is safe from a power failure too. Without it, power failing may take back the last
        few seconds as a whole; a killed process never loses anything.
        """
        with self.lock, _unavailable(self.path):
            if self._depth:
                yield
                return
            connection = self._open_connection
            connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """Return all rows of a query."""
        with self.lock, _unavailable(self.path):
            return self._open_connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:
        """Return the first row of a query, or None."""
        with self.lock, _unavailable(self.path):
            row: Row | None = self._open_connection.execute(sql, values).fetchone()
            return row

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self.row(sql, *values)
        return None if row is None else row[0]

    def run(self, sql: str, *values: Any) -> int:
        """Run a statement and return the row id of its last insert."""
        with self.lock, _unavailable(self.path):
            return self._open_connection.execute(sql, values).lastrowid or 0

    def run_many(self, sql: str, values: Sequence[Row]) -> None:
        """Run a statement for each row of values."""
        with self.lock, _unavailable(self.path):
            self._open_connection.executemany(sql, values)

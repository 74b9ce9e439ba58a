"""An SQLite file that is opened by one process, written in whole transactions, and never overwritten when damaged."""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from types import MappingProxyType
from typing import Any, Final

from ..base.errors import LedgerError, LedgerFault
from .file_marks import Log, Pair, look_at
from .log_keeper import LogKeeper

type Row = tuple[Any, ...]

_NEW: Final = ".new"
_MAX_REASON: Final = 200
_NO_UPGRADES: Final[Mapping[int, str]] = MappingProxyType({})
_PRIMARY_CODE: Final = 0xFF
_FAULT_BY_CODE: Final = {
    sqlite3.SQLITE_FULL: LedgerFault.DISK_FULL,
    sqlite3.SQLITE_READONLY: LedgerFault.READ_ONLY,
    sqlite3.SQLITE_PERM: LedgerFault.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: LedgerFault.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: LedgerFault.CORRUPT,
    sqlite3.SQLITE_NOTADB: LedgerFault.CORRUPT,
    sqlite3.SQLITE_BUSY: LedgerFault.IN_USE,
    sqlite3.SQLITE_LOCKED: LedgerFault.IN_USE,
}
_FAULT_BY_ERRNO: Final = {
    errno.ENOSPC: LedgerFault.DISK_FULL,
    errno.EDQUOT: LedgerFault.DISK_FULL,
    errno.EFBIG: LedgerFault.DISK_FULL,
    errno.EROFS: LedgerFault.READ_ONLY,
    errno.EACCES: LedgerFault.READ_ONLY,
    errno.EPERM: LedgerFault.READ_ONLY,
}
_NOT_WHAT_IT_WAS: Final = ("Could not decode to UTF-8", "no such table", "no such column", "no such index")
"""How SQLite speaks of text and names in which a bit has changed: what is asked of a file here is always the same."""

_SPARE_BYTES: Final = 65_536
_LOG_BYTES: Final = 16 * 1024 * 1024
_CHECKED_BYTES: Final = 32 * 1024 * 1024
"""Files up to this size are checked as a whole when they are opened; that takes well under a second."""

_SEARCHED_BYTES: Final = 256 * 1024 * 1024
"""A file that was not closed, or is a copy of an open one, is checked with its indices up to this size: seconds."""


class _DamagedError(sqlite3.DatabaseError):
    """The file is there, and it is not what it has to be."""


def fault_of(error: Exception, path: Path) -> LedgerFault:
    """Tell what kind of fault an error of a file means."""
    if isinstance(error, _DamagedError | UnicodeError) or str(error).startswith(_NOT_WHAT_IT_WAS):
        return LedgerFault.CORRUPT
    if isinstance(error, OSError):
        return _FAULT_BY_ERRNO.get(error.errno or 0, LedgerFault.OTHER)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_PROTOCOL}:
        # SQLite keeps the system's reason to itself; why nothing more can be written here will be it.
        return _probe(path)
    return _FAULT_BY_CODE.get(code, LedgerFault.OTHER)


def _probe(path: Path) -> LedgerFault:
    """Tell what keeps this file, or a little more beside it, from being written; OTHER when nothing does."""
    try:
        _write_beside(path)
    except OSError as error:
        return _FAULT_BY_ERRNO.get(error.errno or 0, LedgerFault.OTHER)
    return LedgerFault.OTHER


def _write_beside(path: Path) -> None:
    # Never open the file itself: closing it again would take SQLite's locks with it.
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    probe = path.with_name(path.name + ".probe")
    try:
        probe.write_bytes(bytes(_SPARE_BYTES))
    finally:
        probe.unlink(missing_ok=True)


@contextmanager
def _unavailable(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, UnicodeError) as error:
        reason = str(error)[:_MAX_REASON] or type(error).__name__
        fault = fault_of(error, path)
        raise LedgerError("ledger_unavailable", {"error": f"{path.name}: {reason}"}, fault=fault) from error


class Database:
    """One connection behind a lock: use it from any worker thread, never from the event loop.

    Every method raises LedgerError (`ledger_unavailable`, with its `fault`) when the file cannot be read or
    written.
    """

    def __init__(
        self,
        path: Path,
        *,
        schema: str,
        version: int,
        create: Callable[[Database], None],
        upgrades: Mapping[int, str] = _NO_UPGRADES,
        cache_bytes: int = 2 * 1024 * 1024,
    ) -> None:
        """Open the file; when there is none, make one with `schema` and let `create` fill it, all or nothing.

        `upgrades` gives, for each older version, the statements that lead to the next; they are run when the file is
        found sound, each version all or nothing. `cache_bytes` is the most that SQLite keeps of the file in memory.
        """
        self.path = path
        self.lock = RLock()
        self._depth = 0
        self._cache_kib = cache_bytes // 1024
        self._connection: sqlite3.Connection | None = None
        self._keeper: LogKeeper | None = None
        with _unavailable(path):
            # An empty file is what remains of a damaged one: a new one is moved into place when it is complete.
            if not path.exists():
                self._make(schema, version, create)
            elif path.stat().st_size == 0:
                raise _DamagedError("file is empty")
            pair = look_at(path)
            if pair.log is Log.FOREIGN:
                # Copied at different moments: the file itself may be of several, and no check of SQLite's finds that.
                raise _DamagedError("the file and the log of its last changes are not of one moment")
            self._connect(path)
            try:
                self._check(version, upgrades, pair)
            except BaseException:
                self.close()
                raise

    def _check(self, version: int, upgrades: Mapping[int, str], pair: Pair) -> None:
        found = int(self._one("PRAGMA user_version")[0])
        if found != version and not all(each in upgrades for each in range(found, version)):
            raise sqlite3.DatabaseError(f"version {found} of the file is not {version}")
        if found > version:
            raise sqlite3.DatabaseError(f"version {found} of the file is newer than {version}")
        # Of a file that was closed nothing can be missing. Any other may be a copy that was made in a bad moment.
        size, check = self.path.stat().st_size, "quick_check" if pair.whole else "integrity_check"
        if size < (_CHECKED_BYTES if pair.whole else _SEARCHED_BYTES):
            result = str(self._one(f"PRAGMA {check}(1)")[0])
            if result != "ok":
                raise _DamagedError(result)
        # A file that may only be read is opened all the same, and SQLite says nothing before the first change.
        self._try_change(found)
        keeper = LogKeeper(self._open_connection, self.path)
        keeper.begin()
        for each in range(found, version):
            self._upgrade(upgrades[each], each + 1)
        self._keeper = keeper

    def _try_change(self, version: int) -> None:
        """Raise what keeps the file from being changed, if anything does; it is not."""
        connection = self._open_connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(f"PRAGMA user_version={version:d}")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _upgrade(self, statements: str, version: int) -> None:
        connection = self._open_connection
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA synchronous=FULL")
        try:
            connection.executescript(f"BEGIN IMMEDIATE;{statements};PRAGMA user_version={version:d};COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("PRAGMA foreign_keys=ON")

    def _make(self, schema: str, version: int, create: Callable[[Database], None]) -> None:
        path = self.path
        if path.with_name(path.name + "-wal").exists():
            raise _DamagedError("file is missing, but the log of its last changes is there")
        new = path.with_name(path.name + _NEW)
        for leftover in (new, new.with_name(new.name + "-wal"), new.with_name(new.name + "-shm")):
            leftover.unlink(missing_ok=True)
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._connect(new, fresh=True)
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

    def _connect(self, path: Path, *, fresh: bool = False) -> None:
        self._connection = sqlite3.connect(
            path, timeout=2.0, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        # The folder's lock keeps other ledgers out; this keeps out everybody else while the file is open. A new file
        # can give back what is deleted from it; of an older one, the room is used again.
        pragmas = (
            *(("auto_vacuum=INCREMENTAL",) if fresh else ()),
            "locking_mode=EXCLUSIVE",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"cache_size=-{self._cache_kib}",
            f"journal_size_limit={_LOG_BYTES}",
        )
        try:
            for pragma in pragmas:
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
                if self._keeper is not None:
                    with suppress(sqlite3.Error, OSError):
                        # What is not in the file yet stays in the log.
                        self._keeper.end()
                    self._keeper = None
                self._connection.close()
                self._connection = None

    def lie_still(self, seconds: float) -> None:
        """Let copies of the file and of its log be whole from now on, for so many seconds; writing goes on."""
        with self.lock, _unavailable(self.path):
            if self._keeper is not None and not self._depth:
                self._keeper.lie_still(seconds)

    def go_on(self) -> None:
        """Let the log be taken in again."""
        with self.lock:
            if self._keeper is not None:
                self._keeper.go_on()

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """Commit everything inside together, or nothing. Inside another transaction it joins that one.

        `durable` waits until it is safe from a power failure too. Without it, power failing may take back the last
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
            if self._keeper is not None:
                self._keeper.look()

    def check_writable(self) -> None:
        """Raise what would keep a change from the disk, if anything would: nothing is changed."""
        with self.lock, _unavailable(self.path):
            self._try_change(int(self._one("PRAGMA user_version")[0]))
            _write_beside(self.path)

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

    def run_many(self, sql: str, values: Iterable[Row]) -> None:
        """Run a statement for each row of values."""
        with self.lock, _unavailable(self.path):
            self._open_connection.executemany(sql, values)

    def row_each(self, sql: str, values: Iterable[Row]) -> list[Row | None]:
        """Run a query for each row of values, and return the first row that each gives, or None."""
        with self.lock, _unavailable(self.path):
            execute = self._open_connection.execute
            return [execute(sql, each).fetchone() for each in values]

    def rewrite(self) -> None:
        """Write the file anew: nothing that was deleted, or is not what it was, is left in it or in its log.

        A file that is to lie still has that in its log until it may change again.
        """
        with self.lock, _unavailable(self.path):
            connection = self._open_connection
            # Else what an empty part of a page held may be anything.
            connection.execute("PRAGMA secure_delete=ON").fetchall()
            try:
                connection.execute("VACUUM")
            finally:
                connection.execute("PRAGMA secure_delete=OFF").fetchall()
            if self._keeper is not None:
                self._keeper.take_in()

    def shrink(self, pages: int) -> int:
        """Give up to so many unused pages back to the system; return how many unused ones are left."""
        with self.lock, _unavailable(self.path):
            self._open_connection.execute(f"PRAGMA incremental_vacuum({pages:d})").fetchall()
            if self._one("PRAGMA auto_vacuum")[0] == 0:
                return 0
            return int(self._one("PRAGMA freelist_count")[0])

"""Marks that tell whether an SQLite file and its log (WAL) are of one moment, however they were copied.

SQLite gives a log no sign of the file that it belongs to: put beside a copy of another moment, it is applied all the
same. So the file counts *cycles*: from one checkpoint, which moves the log into the file, to the next. The count stands
in the application id, on the first page, and so does the phase:

* the first thing in a log is `LOGGING` of its cycle; a checkpoint brings that into the file before anything else,
* when all of the log is in the file, `DONE` follows, and when it is closed for good, `CLOSED`.

Between two checkpoints the file does not change, and the log only grows: a copy of both is whole. A copy that was made
across a checkpoint shows marks that do not follow each other. Each opening begins to count at a random number, so that
two lives of one file after a restore cannot be taken for each other.
"""

import secrets
import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final, Self

_PHASES: Final = 4
_CYCLES: Final = 2**28
_FILE_MAGIC: Final = b"SQLite format 3\x00"
_MARK_AT: Final = 68
_HEADER: Final = 100
_LOG_HEADER: Final = 32
_LOG_MAGIC: Final = (0x377F0682, 0x377F0683)
_FRAME: Final = 24


class Phase(IntEnum):
    """How far the file has taken its log in."""

    CLOSED = 0
    LOGGING = 1
    DONE = 2


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in the life of a file."""

    cycle: int
    phase: Phase

    @classmethod
    def of(cls, number: int) -> Self | None:
        """Read an application id; None for one that is not ours."""
        cycle, phase = divmod(number, _PHASES)
        return cls(cycle, Phase(phase)) if 0 <= cycle <= _CYCLES * 2 and phase in set(Phase) else None

    @property
    def number(self) -> int:
        """The application id."""
        return self.cycle * _PHASES + self.phase

    def follows(self, file: Mark) -> bool:
        """Tell whether a log that begins with this mark of LOGGING belongs to a file that shows the other one."""
        return file == self or (file.cycle == self.cycle - 1 and file.phase is not Phase.LOGGING)


UNMARKED: Final = Mark(0, Phase.CLOSED)
"""What the files of versions that set no marks show."""


def first_cycle() -> int:
    """Return where an opening begins to count."""
    return 1 + secrets.randbelow(_CYCLES)


class Log(IntEnum):
    """What a log is to its file."""

    NONE = 0
    FITS = 1
    UNKNOWN = 2
    FOREIGN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A file and its log, as they lie there. `whole` tells that the file was closed, and nothing of it is missing."""

    log: Log
    whole: bool


def log_of(path: Path) -> Path:
    """Return where the log of a file lies."""
    return path.with_name(path.name + "-wal")


def look_at(path: Path) -> Pair:
    """Look at a file that nobody has open. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_HEADER)
    mark = Mark.of(_number(head)) if head.startswith(_FILE_MAGIC) and len(head) == _HEADER else None
    first = _log_page(log_of(path))
    if first is None:
        return Pair(log=Log.NONE, whole=mark is not None and mark.phase is Phase.CLOSED)
    begun = Mark.of(_number(first)) if first else None
    if mark is None or begun is None or begun.phase is not Phase.LOGGING:
        # Older versions begin their logs without a mark. One that begins with another phase holds its mark and nothing
        # else, for as long as it takes to bring that into the file.
        return Pair(log=Log.UNKNOWN, whole=False)
    return Pair(log=Log.FITS if begun.follows(mark) else Log.FOREIGN, whole=False)


def _number(page: bytes) -> int:
    return int(struct.unpack_from(">i", page, _MARK_AT)[0])


def _log_page(path: Path) -> bytes | None:
    """Return the beginning of the first page of a log; nothing of it when that is another page, None without a log."""
    try:
        with path.open("rb") as file:
            header = file.read(_LOG_HEADER)
            frame = file.read(_FRAME)
            page = file.read(_HEADER)
    except FileNotFoundError:
        return None
    if len(page) < _HEADER or struct.unpack_from(">I", header)[0] not in _LOG_MAGIC or frame[8:16] != header[16:24]:
        # SQLite does not read such a log either.
        return None
    return page if struct.unpack_from(">I", frame)[0] == 1 else b""

"""One ledger, one process: whoever holds the folder's lock may open its files, and make them."""

import fcntl
import os
from pathlib import Path
from typing import Final

from ..base.errors import LedgerError, LedgerFault
from .database import fault_of

_NAME: Final = "ledger.lock"


class FolderLock:
    """The lock of a folder, held until `release`; the system releases it when the process dies."""

    def __init__(self, folder: Path) -> None:
        """Make the folder if need be, and lock it. Raises LedgerError (ledger_unavailable) when somebody else has."""
        self._file: int | None = None
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(folder / _NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            text = f"{folder.name}: {error.strerror}"
            raise LedgerError("ledger_unavailable", {"error": text}, fault=fault_of(error, folder)) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            text = "another process uses this ledger"
            raise LedgerError("ledger_unavailable", {"error": text}, fault=LedgerFault.IN_USE) from error
        self._file = file

    def release(self) -> None:
        """Let others in; releasing twice is harmless."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

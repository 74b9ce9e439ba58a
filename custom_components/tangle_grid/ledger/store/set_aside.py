"""Files that cannot be used: they get another name, and stay for whoever wants to look into them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from .file_marks import log_of


def is_there(path: Path) -> bool:
    """Tell whether there is anything of a file, be it only the log of its last changes."""
    return path.exists() or log_of(path).exists()


def set_aside(path: Path) -> list[str]:
    """Give a file and its log names under which nothing is looked for; return those."""
    number = 1
    while any(_aside(each, number).exists() for each in (path, log_of(path))):
        number += 1
    present = [each for each in (path, log_of(path)) if each.exists()]
    return [each.rename(_aside(each, number)).name for each in present]


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.aside-{number}")


def read_genesis(tangle: Path) -> str | None:
    """Return the address that the supply of a Tangle began at; None where that cannot be read. Nothing is changed."""
    try:
        with closing(sqlite3.connect(f"file:{tangle}?mode=ro&immutable=1", uri=True)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = 'genesis_address'").fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else str(row[0])

"""Single values that a file keeps by name, beside its tables."""

from typing import Final

from .database import Database

PROPERTIES_SCHEMA: Final = "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;\n"


class Properties:
    """Reads and writes named values of one file. Errors are those of `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> str | None:
        """Return a stored value, None where nothing was stored under this name."""
        value: str | None = self._database.value("SELECT value FROM meta WHERE name = ?", name)
        return value

    def set(self, name: str, value: str) -> None:
        """Store a value under a name, in place of what stood there."""
        self._database.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value)

    def remove(self, name: str) -> None:
        """Forget a value."""
        self._database.run("DELETE FROM meta WHERE name = ?", name)

    def below(self, prefix: str) -> dict[str, str]:
        """Return all values whose names begin so, by the rest of their names."""
        rows = self._database.rows("SELECT name, value FROM meta WHERE substr(name, 1, ?) = ?", len(prefix), prefix)
        return {name.removeprefix(prefix): value for name, value in rows}

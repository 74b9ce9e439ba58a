"""What the economy wants written, in the order in which it was handed in. What cannot be written now stays."""

from collections.abc import Sequence

from homeassistant.core import HomeAssistant

from ..economy.effects import BookEntry
from .journal import Journal, Step


class JournalWriter:
    """Steps of sagas and lines of books on their way to the journal."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with nothing."""
        self._hass = hass
        self._waiting: list[Step | BookEntry] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, what: Step | BookEntry) -> None:
        """Take one. Of steps of a saga that want nothing done and come one after the other, the newest counts."""
        last = self._waiting[-1] if self._waiting else None
        if (
            isinstance(what, Step)
            and isinstance(last, Step)
            and not (what.effects or last.effects)
            and (last.kind, last.saga_id) == (what.kind, what.saga_id)
        ):
            self._waiting.pop()
        self._waiting.append(what)

    async def async_write(self, journal: Journal) -> list[Step]:
        """Write all that waits, and return the steps of it. Raises LedgerError: it all waits still."""
        batch, self._waiting = self._waiting, []
        if not batch:
            return []
        try:
            await self._hass.async_add_executor_job(_write, journal, batch)
        except BaseException:
            self._waiting = batch + self._waiting
            raise
        return [each for each in batch if isinstance(each, Step)]


def _write(journal: Journal, batch: Sequence[Step | BookEntry]) -> None:
    if steps := [each for each in batch if isinstance(each, Step)]:
        journal.record(steps)
    if lines := [each for each in batch if isinstance(each, BookEntry)]:
        journal.add_lines(lines)

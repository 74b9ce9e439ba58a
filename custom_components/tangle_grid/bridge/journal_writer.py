"""What the economy wants written, in the order in which it was handed in. What cannot be written now stays."""

from homeassistant.core import HomeAssistant

from .journal import Journal, Step


class JournalWriter:
    """Steps of sagas on their way to the journal."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with nothing."""
        self._hass = hass
        self._waiting: list[Step] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, step: Step) -> None:
        """Take one. Of steps of a saga that want nothing done and come one after the other, the newest counts."""
        last = self._waiting[-1] if self._waiting else None
        if (
            last is not None
            and not (step.effects or last.effects)
            and (last.kind, last.saga_id) == (step.kind, step.saga_id)
        ):
            self._waiting.pop()
        self._waiting.append(step)

    async def async_write(self, journal: Journal) -> list[Step]:
        """Write all that waits, and return it. Raises LedgerError: it all waits still."""
        batch, self._waiting = self._waiting, []
        if not batch:
            return []
        try:
            await self._hass.async_add_executor_job(journal.record, batch)
        except BaseException:
            self._waiting = batch + self._waiting
            raise
        return batch

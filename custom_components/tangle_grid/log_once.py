"""Trouble in the log: said when it begins and when it is over, however often it shows in between."""

from .const import LOGGER


class LogOnce:
    """Keeps in mind what it has said. One subject, one trouble at a time."""

    def __init__(self) -> None:
        self._wrong: set[str] = set()

    def wrong(self, subject: str, message: str, *args: object, error: Exception | None = None) -> None:
        """Something does not work; `error` is shown with where it comes from: for faults of this integration only."""
        if subject not in self._wrong:
            self._wrong.add(subject)
            LOGGER.error(message, *args, exc_info=error)

    def right(self, subject: str, message: str, *args: object) -> None:
        """It works: said if it did not before."""
        if subject in self._wrong:
            self._wrong.discard(subject)
            LOGGER.info(message, *args)

"""Trouble in the log: said when it begins and when it is over, however often it shows in between.

What comes and goes is one trouble as well: the second time that says so, and after it nothing more is said until it has
been right for a while.
"""

import logging
import time
from dataclasses import dataclass
from typing import Final

#: What is right for so long, s, is over: wrong again before that, it comes and goes.
STEADY_S: Final = 600.0
_COMES_AND_GOES: Final = " (it comes and goes: nothing more is said of it until it has been right for 10 minutes)"


@dataclass(slots=True)
class _Trouble:
    """What was said of one subject. `right_since`: monotonic s; None while it is wrong."""

    right_since: float | None = None
    comes_and_goes: bool = False


class LogOnce:
    """Keeps in mind what it has said. One subject, one trouble at a time."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._troubles: dict[str, _Trouble] = {}

    @property
    def subjects(self) -> frozenset[str]:
        """Of what something was said that is not over, or not for long."""
        return frozenset(self._troubles)

    def wrong(
        self, subject: str, message: str, *args: object, level: int = logging.WARNING, error: Exception | None = None
    ) -> None:
        """Say that something does not work.

        `error` is shown with where it comes from: for faults of this integration only.
        """
        trouble = self._troubles.get(subject)
        if trouble is None or _is_over(trouble):
            self._troubles[subject] = _Trouble()
        elif trouble.right_since is None:
            return
        else:
            trouble.right_since = None
            if trouble.comes_and_goes:
                return
            trouble.comes_and_goes = True
            message += _COMES_AND_GOES
        self._logger.log(level, message, *args, exc_info=error)

    def right(self, subject: str, message: str, *args: object) -> None:
        """Say that it works if it did not before. To be called now and then while it does."""
        if (trouble := self._troubles.get(subject)) is None:
            return
        if _is_over(trouble):
            del self._troubles[subject]
            if trouble.comes_and_goes:
                self._logger.info(message, *args)
        elif trouble.right_since is None:
            trouble.right_since = time.monotonic()
            if not trouble.comes_and_goes:
                self._logger.info(message, *args)


def _is_over(trouble: _Trouble) -> bool:
    return trouble.right_since is not None and time.monotonic() - trouble.right_since >= STEADY_S

"""When what was refused is tried again: later and later, and at once after a restart."""

import time
from typing import Final

from ...backoff import wait_s

_WAITS_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0)


class Retries:
    """The next tries of transfers, by their ids. One thread writes, any thread reads."""

    def __init__(self) -> None:
        self._due: dict[int, float] = {}

    def is_due(self, transfer: int) -> bool:
        """Tell whether a transfer may be tried now."""
        return self._due.get(transfer, 0.0) <= time.monotonic()

    def postpone(self, transfer: int, attempts: int) -> None:
        """Let a transfer wait, the longer the more attempts it had before this one."""
        self._due = {**self._due, transfer: time.monotonic() + wait_s(_WAITS_S, attempts)}

    def forget(self, transfer: int) -> None:
        """Forget a transfer that went through."""
        if transfer in self._due:
            self._due = {each: due for each, due in self._due.items() if each != transfer}

    def due_in(self, transfer: int) -> float | None:
        """Return the seconds until a transfer's next try; None when it does not wait for one."""
        due = self._due.get(transfer)
        return None if due is None else max(0.0, due - time.monotonic())

    def next_in(self) -> float | None:
        """Return the seconds until the next try of any transfer; None when none waits for one."""
        return max(0.0, min(self._due.values()) - time.monotonic()) if self._due else None

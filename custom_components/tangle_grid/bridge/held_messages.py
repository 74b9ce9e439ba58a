"""Messages that the ledger has not taken yet: because it is not open, or because they are not saved themselves.

What is owed (requests, answers, receipts) waits as long as it takes, over restarts too: it is part of the island's
saved state until the ledger has it. Of the meter's values the newest stay, in memory.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from ..ledger import METER_VALUES, OWED
from .messages import Message


class HeldMessages:
    """Holds them in their order; what is owed comes first."""

    def __init__(self, stored: Any = None) -> None:
        """Go on with what `to_dict` gave; what is no message is left out."""
        self._staged: list[Message] = []
        self._owed: deque[Message] = deque(_read(stored))
        self._values: deque[Message] = deque(maxlen=METER_VALUES)

    def __len__(self) -> int:
        """Return how many wait for the ledger."""
        return len(self._owed) + len(self._values)

    def stage(self, messages: Iterable[Message]) -> None:
        """Take in what is owed, and may be said once it is saved."""
        self._staged += messages

    @property
    def staged(self) -> int:
        """How many messages may not be said before they are saved."""
        return len(self._staged)

    def release(self, count: int) -> None:
        """Let so many of what was staged be said, the oldest first: they are saved."""
        self._owed.extend(self._staged[:count])
        del self._staged[:count]

    def add(self, message: Message) -> None:
        """Take in what may be said at once."""
        (self._owed if message[0] in OWED else self._values).append(message)

    def first(self) -> Message | None:
        """Return what is to be said next."""
        return next((waiting[0] for waiting in (self._owed, self._values) if waiting), None)

    def done(self, message: Message) -> None:
        """Drop a message: the ledger has it, or will never take it."""
        for waiting in (self._owed, self._values):
            if waiting and waiting[0] is message:
                waiting.popleft()

    def to_dict(self) -> list[list[Any]]:
        """Return JSON-able content of what is owed."""
        return [[kind, dict(body)] for kind, body in (*self._owed, *self._staged)]


def _read(stored: Any) -> Iterable[Message]:
    for item in stored if isinstance(stored, list) else ():
        match item:
            case [str(kind), Mapping() as body] if kind in OWED:
                yield kind, dict(body)

"""Hands what the island has to say to its ledger, and says what is lost of it."""

import asyncio
import logging
from collections.abc import Callable

from ..const import LOGGER
from ..ledger import Ledger, LedgerError
from ..log_once import LogOnce
from .held_messages import HeldMessages
from .messages import speaker
from .secrets import Keyring


class Publisher:
    """Publishes what is held, in its order, one at a time."""

    def __init__(self, held: HeldMessages, keyring: Keyring, ledger: Callable[[], Ledger | None]) -> None:
        """`ledger` gives the open one, None while there is none."""
        self._held = held
        self._keyring = keyring
        self._ledger = ledger
        self._speechless: set[str] = set()
        self._said = LogOnce(LOGGER)
        self._publishing = asyncio.Lock()

    async def async_publish_held(self) -> None:
        """Put what is held in the ledger's outbox; until the ledger is open, and takes it, it is held on."""
        async with self._publishing:
            while (message := self._held.first()) is not None and (ledger := self._ledger()) is not None:
                kind, body = message
                sender = speaker(kind, body)
                try:
                    await ledger.publish(kind, body, sender=sender)
                except LedgerError as error:
                    if error.key == "ledger_unavailable":
                        return
                    self._log_unpublished(kind, sender, error)
                else:
                    self._speechless.discard(sender or "")
                    self._said.right(kind, "Messages of the kind %s are published again", kind)
                self._held.done(message)

    def _log_unpublished(self, kind: str, sender: str | None, error: LedgerError) -> None:
        """Say that a message is lost; of whoever has no key any more, once until it has one again."""
        if error.key == "key_elsewhere":
            # What it answered itself stands on the Tangle; what was decided for it here, only it could sign.
            return
        if sender is None or error.key != "key_ended":
            self._said.wrong(kind, "A message of the kind %s was not published: %s", kind, error, level=logging.ERROR)
        elif sender not in self._speechless:
            self._speechless.add(sender)
            name = self._keyring.names.get(self._keyring.payees.get(sender, ""), sender)
            LOGGER.warning("Answers of %s are not published: its key was ended, and it has no other one", name)

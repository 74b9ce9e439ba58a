"""Whether the bodies of this ledger's messages are sealed, and the keys that open them.

The key of an epoch follows from the signing key, so that what was sealed can always be opened again. It opens bodies
and signs nothing: it can be given to somebody who shall verify. A new epoch keeps what comes from those who have it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from ...protocol import ProtocolError, body_key, epoch_of, is_sealed
from ..base.stored_values import number, understood
from ..store.database import Database
from ..store.properties import Properties

type PrivacyMode = Literal["open", "sealed"]

_EPOCH: Final = "body_epoch"


class Privacy:
    """Gives the keys to seal and to open with. Errors are those of `Database`."""

    def __init__(self, database: Database, *, island_id: str, signing_key: str, mode: PrivacyMode) -> None:
        if mode not in {"open", "sealed"}:
            raise ValueError(f"privacy is open or sealed, not {mode!r}")
        self._properties = Properties(database)
        self._database = database
        self._island_id = island_id
        self._signing_key = signing_key
        self._mode = mode

    @property
    def epoch(self) -> int:
        """The epoch whose key seals; the first is 1."""
        with understood("the number of the key that opens messages"):
            return number(int(self._properties.get(_EPOCH) or 1), 1)

    def key(self, epoch: int) -> str:
        """Return the key of an epoch, 64 hexadecimal digits."""
        return body_key(self._signing_key, self._island_id, epoch)

    def renew(self) -> None:
        """Begin another epoch."""
        with self._database.transaction(durable=True):
            self._properties.set(_EPOCH, str(self.epoch + 1))

    def take_over(self, epochs: Iterable[int]) -> None:
        """Go on from the newest of these epochs, in which something was sealed already. Call it in a transaction."""
        newest = max(epochs, default=0)
        if newest > self.epoch:
            self._properties.set(_EPOCH, str(newest))

    def sealing(self) -> tuple[int, str] | None:
        """Return epoch and key to seal with; None when bodies stay open."""
        epoch = self.epoch
        return (epoch, self.key(epoch)) if self._mode == "sealed" else None

    def opens(self, body: Mapping[str, Any]) -> Sequence[str]:
        """Return the keys that may open a body; none where it is not sealed, or not in an epoch that there was."""
        if not is_sealed(body):
            return ()
        try:
            epoch = epoch_of(body)
        except ProtocolError:
            return ()
        return (self.key(epoch),) if epoch <= self.epoch else ()

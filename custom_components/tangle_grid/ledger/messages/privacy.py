"""Whether the bodies of this ledger's messages are sealed, and the keys that open them.

The key of an epoch follows from the signing key, so that what was sealed can always be opened again. It opens bodies
and signs nothing: it can be given to somebody who shall verify. A new epoch keeps what comes from those who have it.

A payment for charging, parking, a toll or data tells by whom it pays where somebody was: what is said beside it is
sealed also where nothing else is, under the key of the person whom it tells of. That key is kept elsewhere, and another
one takes its place when the person is erased: then nobody can read any more what was said so far. A report to a data
topic is sealed too, under a key that is drawn for this participant and this topic and follows from nothing: when it is
destroyed, nobody can read those reports again.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal

from ...protocol import DataReport, ProtocolError, body_key, canonical, epoch_of, is_body_key, is_sealed
from ..base.model import is_personal
from ..base.stored_values import from_json, number, understood
from ..store.database import Database
from ..store.properties import Properties
from .chronicle import PAYMENT_KIND

type PrivacyMode = Literal["open", "sealed"]

_NOBODY: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})

_EPOCH: Final = "body_epoch"
_KEY_BYTES: Final = 32
_REPORT_KEY: Final = "report_key:"
_REPORTS_SEALED: Final = "report_keys"
_REPORT_EPOCHS: Final = 2**40
"""Keys for reports are counted from here, so that what is sealed tells which key opens it."""

_PERSONAL_EPOCH: Final = 2**41
"""What is sealed under some person's key: whose it is, nobody shall see."""


def _is_personal(payment: Any) -> bool:
    memo = payment.get("memo") if isinstance(payment, Mapping) else None
    return isinstance(memo, Mapping) and is_personal(memo)


class Privacy:
    """Gives the keys to seal and to open with. Errors are those of `Database`."""

    def __init__(
        self,
        database: Database,
        *,
        island_id: str,
        signing_key: str,
        mode: PrivacyMode,
        persons: Mapping[str, Sequence[str]] = _NOBODY,
    ) -> None:
        """`persons` gives the keys of people by their wallets: the one that seals, then others that may open."""
        if mode not in {"open", "sealed"}:
            raise ValueError(f"privacy is open or sealed, not {mode!r}")
        self._persons = {wallet: tuple(keys) for wallet, keys in persons.items() if keys}
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

    def sealing(self, kind: str, body: Mapping[str, Any], sender: str | None) -> tuple[int, str] | None:
        """Return epoch and key to seal what a sender says; None when it stays open. Call it in a transaction."""
        if kind == DataReport.kind and sender is not None and body.get("public") is not True:
            return self._report_key(str(body.get("topic")), sender)
        epoch, personal = self.epoch, [each for each in body.get("payments", ()) if _is_personal(each)]
        if kind == PAYMENT_KIND and personal:
            person = self.person_of(personal[0]["from"], personal[0]["to"])
            if person is not None:
                return _PERSONAL_EPOCH, self._personal_key(self._persons[person][0])
        sealed = self._mode == "sealed" or (kind == PAYMENT_KIND and bool(personal))
        return (epoch, self.key(epoch)) if sealed else None

    def person_of(self, source: str, target: str) -> str | None:
        """Return the wallet of the person whom a payment tells of: who pays, or else who is paid; None for nobody."""
        return next((wallet for wallet in (source, target) if wallet in self._persons), None)

    def change_person(self, wallet: str, keys: Sequence[str]) -> None:
        """Use other keys for a person from now on: what those so far have sealed is unreadable."""
        self._persons[wallet] = tuple(keys)

    def personal_keys(self) -> list[str]:
        """Return the keys that open what is said beside payments that tell of people."""
        return [self._personal_key(key) for keys in self._persons.values() for key in keys]

    def _personal_key(self, key: str) -> str:
        return body_key(key, self._island_id, 1)

    def _report_keys(self) -> dict[int, tuple[str, str, str]]:
        """Return the keys for reports, each with its topic and participant, by their numbers."""
        found = {}
        for name, value in self._properties.below(_REPORT_KEY).items():
            with understood("a key that opens reports"):
                topic, participant, key = from_json(value)
                if not is_body_key(key):
                    raise ValueError
                found[number(int(name), 1)] = (topic, participant, key)
        return found

    def _report_key(self, topic: str, participant: str) -> tuple[int, str]:
        keys = self._report_keys()
        for which, (of_topic, of_participant, key) in keys.items():
            if (of_topic, of_participant) == (topic, participant):
                return _REPORT_EPOCHS + which, key
        # A number stays used when its key is destroyed: another key would not open what was sealed with that one.
        which = 1 + max(number(int(self._properties.get(_REPORTS_SEALED) or 0)), *keys, 0)
        key = secrets.token_hex(_KEY_BYTES)
        self._properties.set(_REPORTS_SEALED, str(which))
        self._properties.set(f"{_REPORT_KEY}{which}", canonical([topic, participant, key]).decode())
        return _REPORT_EPOCHS + which, key

    def forget_reports(self, participant: str) -> int:
        """Destroy the keys of all that a participant has reported, and return how many there were."""
        with self._database.transaction(durable=True):
            own = [which for which, (_, of, _) in self._report_keys().items() if of == participant]
            for which in own:
                self._properties.remove(f"{_REPORT_KEY}{which}")
        return len(own)

    def opens(self, body: Mapping[str, Any]) -> Sequence[str]:
        """Return the keys that may open a body; none where it is not sealed, or not in an epoch that there was."""
        if not is_sealed(body):
            return ()
        try:
            epoch = epoch_of(body)
        except ProtocolError:
            return ()
        if epoch == _PERSONAL_EPOCH:
            return self.personal_keys()
        if epoch > _REPORT_EPOCHS:
            found = self._report_keys().get(epoch - _REPORT_EPOCHS)
            return () if found is None else (found[2],)
        return (self.key(epoch),) if epoch <= self.epoch else ()

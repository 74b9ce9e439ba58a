"""The keys that an open ledger holds for its members and for its readers, as the rest of the integration sees them."""

from collections.abc import Mapping, Sequence

from .worker import Worker


class IslandKeys:
    """Belongs to an open ledger; every method raises LedgerError (ledger_unavailable) when that is closed."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._core = worker.core

    async def members(self) -> Mapping[str, bool]:
        """Return all participants that ever had a key, and whether their newest one is good."""
        return await self._worker.ask(self._core.members.members)

    async def renew(self, participant: str) -> None:
        """Give a participant another key, also after its last one was revoked. The Tangle is told in its turn.

        What is queued before is signed with the key so far; no message after that counts any more.

        Raises:
            LedgerError: invalid_message. This cannot be a participant.
        """
        await self._worker.ask(lambda: self._core.members.renew(participant))
        self._worker.wake()

    async def revoke(self, participant: str) -> None:
        """End a participant's key, if it has one: it cannot send after what is queued already."""
        await self._worker.ask(lambda: self._core.members.revoke(participant))
        self._worker.wake()

    async def enrol(self, participant: str, public_key: str) -> None:
        """Let a key that is elsewhere answer for a participant: the island signs for it no more.

        Raises:
            LedgerError: invalid_message (this cannot be a participant) or invalid_public_key (it is none, or somebody
                has or had it).
        """
        await self._worker.ask(lambda: self._core.members.enrol(participant, public_key))
        self._worker.wake()

    async def elsewhere(self) -> Mapping[str, str]:
        """Return the participants whose key is elsewhere, by their public keys."""
        return await self._worker.ask(self._core.members.all_elsewhere)

    async def opening(self) -> str:
        """Return the key (64 hexadecimal digits) that opens what is sealed now. It signs nothing."""
        return await self._worker.ask(lambda: self._core.privacy.key(self._core.privacy.epoch))

    async def openings(self) -> list[str]:
        """Return the keys that open all that was ever sealed here, the present one first."""

        def keys() -> list[str]:
            epochs = range(self._core.privacy.epoch, 0, -1)
            return [*map(self._core.privacy.key, epochs), *self._core.privacy.personal_keys()]

        return await self._worker.ask(keys)

    async def forget_reports(self, participant: str) -> int:
        """Destroy the keys of the sealed reports of a participant: nobody can read them again. Return how many."""
        return await self._worker.ask(lambda: self._core.privacy.forget_reports(participant))

    async def forget_person(self, wallet: str, keys: Sequence[str]) -> int:
        """Forget what is said beside a person's payments that are over, and return of how many.

        `keys` take the place of those that have sealed it: the first one seals from now on, the others only open.
        """
        return await self._worker.ask(lambda: self._core.forget_person(wallet, keys))

    async def renew_opening(self) -> None:
        """Seal with another key from now on. What was sealed before stays open to whoever has the key so far."""
        await self._worker.ask(self._core.privacy.renew)

"""What the island keeps on disk: the state of its grid, its secrets, and the islands that were removed.

The ledger keeps its own files, in a folder that ``ledger_folder`` names. Nothing in them is deleted with the config
entry: wallets hold money, so a removed island is only put on a list from which it can be set up again.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.uuid import random_uuid_hex

from ..const import DOMAIN, TREASURY
from ..ledger import LedgerError, Secrets
from .stored_state import StoredState, async_keep_aside, async_read, read_state

_VERSION: Final = 1
_SAVE_DELAY_S: Final = 60
_LOCKS: HassKey[dict[str, asyncio.Lock]] = HassKey(f"{DOMAIN}.secret_locks")

ISSUE_WALLETS_KEPT: Final = "wallets_kept"


def ledger_folder(hass: HomeAssistant, island_id: str) -> Path:
    """The folder of an island's ledger files."""
    return Path(hass.config.path(DOMAIN, island_id))


class NotSavedError(Exception):
    """The state is not on disk: the disk is full, cannot be written, or is gone."""


class _TellingStore(Store[dict[str, Any]]):
    """A store that remembers why it could not write: Home Assistant's own only logs that."""

    error: Exception | None = None

    @override
    async def _async_write_data(self, data: dict[str, Any]) -> None:
        self.error = None
        try:
            await super()._async_write_data(data)
        except Exception as error:
            self.error = error
            raise


class GridStore:
    """The grid's state between restarts: requests, shed loads, counters, the clock of a simulated street."""

    def __init__(self, hass: HomeAssistant, island_id: str) -> None:
        self._hass = hass
        self._store = _TellingStore(hass, _VERSION, f"{DOMAIN}.{island_id}.grid", atomic_writes=True)
        self._waiting = False

    async def async_load(self) -> StoredState:
        """The last saved state, as much of it as can be read."""
        stored, sound = await async_read(self._hass, self._store)
        return read_state(stored, sound=sound)

    async def async_keep_aside(self) -> str | None:
        """Copy the file before it is written over; returns where it is, if it could be copied."""
        return await async_keep_aside(self._hass, self._store)

    async def async_save(self, state: dict[str, Any]) -> None:
        """Save now: called before anything outside acts on the state.

        Raises:
            NotSavedError: It is not on disk, and must not be acted on.
        """
        self._waiting = False
        await self._store.async_save(state)
        if (error := self._store.error) is not None:
            raise NotSavedError(str(error)) from error

    @callback
    def async_save_later(self, state: Callable[[], dict[str, Any]]) -> None:
        """Save within a minute; ``state`` is called when it is time."""
        # The store starts its delay anew with each call: on a busy feed it would never come to an end.
        if self._waiting:
            return
        self._waiting = True

        def content() -> dict[str, Any]:
            self._waiting = False
            return state()

        self._store.async_delay_save(content, _SAVE_DELAY_S)

    async def async_remove(self) -> None:
        """Delete the state."""
        await self._store.async_remove()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The secrets of an island, and whose wallet is whose.

    Attributes:
        secrets: Seeds and the signing key.
        wallets: The wallet id of each participant.
        payees: The same, with those who are no participants any more: what they earned is still paid.
        names: The name of each wallet's owner, also of those who have left.
        saved: Whether all of it is on disk. Until it is, no seed may be used.
        unreadable: Why the stored secrets cannot be read; None: they can. Then these are none, and nothing may be
            stored in the place of those.
    """

    secrets: Secrets
    wallets: Mapping[str, str]
    payees: Mapping[str, str]
    names: Mapping[str, str]
    saved: bool
    unreadable: str | None = None


class SecretStore:
    """Seeds and the signing key, which participant owns which wallet, and the tokens for nodes on the network.

    A participant's wallet outlives the participant: whoever is added later with the same kind and name gets it back.
    """

    def __init__(self, hass: HomeAssistant, island_id: str) -> None:
        self._hass = hass
        self._key = f"{DOMAIN}.{island_id}.secrets"
        self._store = self._open()
        self._owners: dict[str, dict[str, Any]] = {}
        # The island and the forms for its options each have a store of their own.
        self._lock = hass.data.setdefault(_LOCKS, {}).setdefault(island_id, asyncio.Lock())

    def _open(self) -> Store[dict[str, Any]]:
        return Store(self._hass, _VERSION, self._key, private=True, atomic_writes=True)

    async def _async_read(self) -> dict[str, Any]:
        """What is stored; another store may have written it."""
        return await self._open().async_load() or {}

    async def _async_save(self, content: dict[str, Any]) -> None:
        """Save for good, and see that it is there: Home Assistant only logs what could not be written.

        Raises:
            LedgerError: ledger_unavailable. It is not on disk.
        """
        await self._store.async_save(content)
        if await self._async_read() != content:
            raise LedgerError("ledger_unavailable", {"error": "the keys of the wallets could not be saved"})

    async def async_load(self, participants: Mapping[str, tuple[str, str]], *, token_id: str | None = None) -> Keyring:
        """Load the secrets, making what is missing, and save them before anyone can use them.

        Args:
            participants: Kind and name by participant id.
            token_id: The token that is in use; others are of nodes that were chosen before, and are forgotten.
        """
        async with self._lock:
            try:
                return await self._async_load(await self._async_read(), participants, token_id)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the file: the grid needs no money
                return self._without_secrets(participants, error)

    def _without_secrets(self, participants: Mapping[str, tuple[str, str]], error: Exception) -> Keyring:
        """The stored secrets are of a newer version, or damaged: they are left alone, and the ledger stays closed."""
        self._owners = {}
        return Keyring(
            secrets=Secrets.generate([TREASURY, *participants]),
            wallets={participant: participant for participant in participants},
            payees={},
            names={participant: name for participant, (_, name) in participants.items()},
            saved=False,
            unreadable=f"the keys of the wallets, in .storage/{self._key}, cannot be read ({type(error).__name__}); "
            "restore that file and the folder of the ledger from one backup, and reload the island",
        )

    async def _async_load(
        self, stored: dict[str, Any], participants: Mapping[str, tuple[str, str]], token_id: str | None
    ) -> Keyring:
        self._owners = stored.get("owners", {})
        secrets = Secrets.from_dict(stored["secrets"]) if "secrets" in stored else Secrets.generate([TREASURY])
        wallets = {owner["participant"]: wallet for wallet, owner in self._owners.items()}
        for participant, (kind, name) in participants.items():
            if participant in wallets:
                self._owners[wallets[participant]].update(kind=kind, name=name)
                continue
            wallet = self._orphan(kind, name, participants) or participant
            if wallet not in secrets.seeds:
                secrets = secrets.with_wallet(wallet)
            before = self._owners.get(wallet)
            former = [*before.get("former", ()), before["participant"]] if before else []
            self._owners[wallet] = {"participant": participant, "kind": kind, "name": name, "former": former}
            wallets[participant] = wallet
        saved = True
        tokens = {name: token for name, token in stored.get("tokens", {}).items() if name == token_id}
        content = {**stored, "secrets": secrets.to_dict(), "owners": self._owners}
        try:
            await self._async_save({**content, "tokens": tokens} if tokens or "tokens" in stored else content)
        except LedgerError:
            saved = False
        return Keyring(
            secrets=secrets,
            wallets={participant: wallets[participant] for participant in participants},
            payees={
                participant: wallet
                for wallet, owner in self._owners.items()
                for participant in (*owner.get("former", ()), owner["participant"])
            },
            names={wallet: owner["name"] for wallet, owner in self._owners.items()},
            saved=saved,
        )

    async def async_secrets(self) -> Secrets | None:
        """The stored secrets as they are; None where there are none."""
        stored = await self._async_read()
        return Secrets.from_dict(stored["secrets"]) if "secrets" in stored else None

    async def async_save_secrets(self, secrets: Secrets) -> None:
        """Put these secrets in the place of the stored ones, for good.

        Raises:
            LedgerError: ledger_unavailable. They are not on disk.
        """
        async with self._lock:
            stored = await self._async_read()
            owners = self._owners or stored.get("owners", {})
            await self._async_save({**stored, "secrets": secrets.to_dict(), "owners": owners})

    # Whether there was a ledger

    async def async_begun(self) -> bool:
        """Whether the island's ledger was opened before: it must not be begun again in silence."""
        return bool((await self._async_read()).get("begun"))

    async def async_note_begun(self) -> None:
        """Note that the ledger is there.

        Raises:
            LedgerError: ledger_unavailable. It is not on disk.
        """
        async with self._lock:
            await self._async_save({**await self._async_read(), "begun": True})

    # Tokens for nodes on the network

    async def async_token(self, token_id: str | None) -> str | None:
        """The token with this name."""
        if token_id is None:
            return None
        stored = await self._async_read()
        token: str | None = stored.get("tokens", {}).get(token_id)
        return token

    async def async_add_token(self, token: str) -> str:
        """Keep a token; returns the name that the options know it by.

        Raises:
            LedgerError: ledger_unavailable. It is not on disk.
        """
        token_id = random_uuid_hex()
        async with self._lock:
            stored = await self._async_read()
            await self._async_save({**stored, "tokens": {**stored.get("tokens", {}), token_id: token}})
        return token_id

    async def async_remove(self) -> None:
        """Delete the secrets, and with them every way to the tokens."""
        await self._store.async_remove()

    def _orphan(self, kind: str, name: str, participants: Mapping[str, tuple[str, str]]) -> str | None:
        for wallet, owner in self._owners.items():
            if owner["participant"] not in participants and (owner["kind"], owner["name"]) == (kind, name):
                return wallet
        return None


class Archive:
    """The islands whose entry was removed and whose wallets are kept."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._store: Store[dict[str, dict[str, Any]]] = Store(hass, _VERSION, f"{DOMAIN}.archive", atomic_writes=True)

    async def async_load(self) -> dict[str, dict[str, Any]]:
        """Name, removal time and choice of the ledger by island id."""
        islands, _ = await async_read(self._hass, self._store)
        return islands if isinstance(islands, dict) else {}

    async def async_add(self, island_id: str, name: str, ledger: Mapping[str, Any]) -> None:
        """Remember a removed island, and the options that say which ledger its wallets are on."""
        islands = await self.async_load()
        islands[island_id] = {"name": name, "removed_at": dt_util.utcnow().isoformat(), "options": dict(ledger)}
        await self._store.async_save(islands)

    async def async_discard(self, island_id: str) -> None:
        """Forget an island that is set up again."""
        islands = await self.async_load()
        if islands.pop(island_id, None) is not None:
            await self._store.async_save(islands)
            ir.async_delete_issue(self._hass, DOMAIN, f"{ISSUE_WALLETS_KEPT}_{island_id}")


async def async_archived_islands(hass: HomeAssistant) -> dict[str, str]:
    """Names of the removed islands that can be set up again, by island id."""
    islands = await Archive(hass).async_load()
    return {island_id: island["name"] for island_id, island in islands.items()}


async def async_archived_options(hass: HomeAssistant, island_id: str) -> dict[str, Any]:
    """The options that a removed island goes on with: its wallets stay on the ledger that they are on."""
    options: dict[str, Any] = (await Archive(hass).async_load()).get(island_id, {}).get("options", {})
    return options

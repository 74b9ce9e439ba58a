"""The secrets of an island on disk: seeds, the signing key, the keys of receipts, tokens, and whose wallet is whose.

The ledger keeps its own files, in a folder that `ledger_folder` names. Nothing in them is deleted with the config
entry, for wallets hold money.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from weakref import WeakValueDictionary

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.uuid import random_uuid_hex

from ..const import DOMAIN, SUBENTRY_DATA_TOPIC, SUBENTRY_PARKING, SUBENTRY_TOLL, TREASURY
from ..economy.privacy import following_key, new_key, salt_of
from ..ledger import LedgerError, Secrets

_VERSION: Final = 1
_FOLLOWING: Final = 3
_SERVICES: Final = frozenset({SUBENTRY_DATA_TOPIC, SUBENTRY_PARKING, SUBENTRY_TOLL})
_ERASED: Final = "erased"
# A lock is there as long as a store has it.
_LOCKS: HassKey[WeakValueDictionary[str, asyncio.Lock]] = HassKey(f"{DOMAIN}.secret_locks")


def keys_of(key: str) -> tuple[str, ...]:
    """Return the key with which a person's notes are sealed, and those that follow when it is destroyed.

    Whoever restores a backup has the old key again: what was sealed since with the following ones still opens.
    """
    keys = [key]
    for _time in range(_FOLLOWING):
        keys.append(following_key(keys[-1]))
    return tuple(keys)


def ledger_folder(hass: HomeAssistant, island_id: str) -> Path:
    """Return the folder of an island's ledger files."""
    return Path(hass.config.path(DOMAIN, island_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The secrets of an island, and whose wallet is whose.

    Attributes:
        secrets: Seeds and the signing key.
        wallets: The wallet id of each participant.
        payees: The same, with those who are no participants any more: what they earned is still paid.
        names: The name of each wallet's owner, also of those who have left.
        persons: The key of each wallet's owner, for receipts that only they can open.
        people: The keys of those owners who are people, as `keys_of` gives them.
        saved: Whether all of it is on disk. Until it is, no seed may be used.
        unreadable: Why the stored secrets cannot be read; None: they can. Then these are none, and nothing may be
            stored in the place of those.
    """

    secrets: Secrets
    wallets: Mapping[str, str]
    payees: Mapping[str, str]
    names: Mapping[str, str]
    saved: bool
    persons: Mapping[str, str] = field(default_factory=dict, repr=False)
    people: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
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
        self._lock = hass.data.setdefault(_LOCKS, WeakValueDictionary()).setdefault(island_id, asyncio.Lock())

    def _open(self) -> Store[dict[str, Any]]:
        return Store(self._hass, _VERSION, self._key, private=True, atomic_writes=True)

    async def _async_read(self) -> dict[str, Any]:
        """Return what is stored; another store may have written it."""
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
        """Return no secrets: the stored ones are of a newer version, or damaged, and are left alone.

        The ledger stays closed.
        """
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
            wallet = self._orphan(kind, name, participants, stored.get("persons", {})) or participant
            if wallet not in secrets.seeds:
                secrets = secrets.with_wallet(wallet)
            before = self._owners.get(wallet)
            former = [*before.get("former", ()), before["participant"]] if before else []
            self._owners[wallet] = {"participant": participant, "kind": kind, "name": name, "former": former}
            wallets[participant] = wallet
        persons = {wallet: new_key() for wallet in self._owners} | stored.get("persons", {})
        for wallet, owner in self._owners.items():
            if owner.get(_ERASED) and owner["participant"] not in participants:
                # Whoever comes back under the same name gets the wallet back all the same.
                owner["claim"] = owner.get("claim") or _claim(persons[wallet], owner["kind"], owner["name"])
                owner["name"] = ""
        saved = True
        tokens = {name: token for name, token in stored.get("tokens", {}).items() if name == token_id}
        content = {**stored, "secrets": secrets.to_dict(), "owners": self._owners, "persons": persons}
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
            names={wallet: owner["name"] or wallet for wallet, owner in self._owners.items()},
            persons=persons,
            people={
                wallet: keys_of(persons[wallet])
                for wallet, owner in self._owners.items()
                if owner["kind"] not in _SERVICES
            },
            saved=saved,
        )

    async def async_secrets(self) -> Secrets | None:
        """Return the stored secrets as they are; None where there are none."""
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

    async def async_destroy_person_key(self, wallet: str) -> str | None:
        """Put the key that follows in the place of a wallet's owner's; return it, None for somebody without one.

        The owner's name is forgotten once it is no participant any more.

        Raises:
            LedgerError: ledger_unavailable. It is not on disk.
        """
        async with self._lock:
            stored = await self._async_read()
            persons = stored.get("persons", {})
            if wallet not in persons:
                return None
            key = following_key(persons[wallet])
            owners = {name: dict(owner) for name, owner in stored.get("owners", {}).items()}
            if wallet in owners:
                owners[wallet][_ERASED] = True
            await self._async_save({**stored, "persons": {**persons, wallet: key}, "owners": owners})
            self._owners = owners
        return key

    # Whether there was a ledger

    async def async_begun(self) -> bool:
        """Return whether the island's ledger was opened before: it must not be begun again in silence."""
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
        """Return the token with this name."""
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

    def _orphan(
        self, kind: str, name: str, participants: Mapping[str, tuple[str, str]], persons: Mapping[str, str]
    ) -> str | None:
        for wallet, owner in self._owners.items():
            if owner["participant"] in participants:
                continue
            if (owner["kind"], owner["name"]) == (kind, name):
                return wallet
            if "claim" in owner and wallet in persons and owner["claim"] == _claim(persons[wallet], kind, name):
                return wallet
        return None


def _claim(key: str, kind: str, name: str) -> str:
    """Return what proves that somebody had this name, and does not tell it."""
    return salt_of(key, f"owner/{kind}/{name}")

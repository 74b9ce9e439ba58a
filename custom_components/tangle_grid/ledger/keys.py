"""The secrets of an island: one seed per wallet and the key that signs its messages and milestones."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from .errors import LedgerError
from .model import TREASURY

SEED_TRYTES: Final = 81
_ALPHABET: Final = "9ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SIGNING_KEY_BYTES: Final = 32


def new_seed() -> str:
    """Return a random seed: 81 trytes from the operating system's source of randomness."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(SEED_TRYTES))


def is_seed(text: str) -> bool:
    """Tell whether the text is a full-length seed."""
    return len(text) == SEED_TRYTES and all(tryte in _ALPHABET for tryte in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Seeds by wallet id, and the Ed25519 signing key (64 hex digits). Neither ever shows in a repr."""

    seeds: Mapping[str, str] = field(repr=False)
    signing_key: str = field(repr=False)

    def __post_init__(self) -> None:
        if TREASURY not in self.seeds:
            raise LedgerError("unknown_wallet", {"wallet": TREASURY})
        for wallet_id, seed in self.seeds.items():
            if not is_seed(seed):
                raise LedgerError("invalid_secrets", {"wallet": wallet_id})
        try:
            valid = len(bytes.fromhex(self.signing_key)) == _SIGNING_KEY_BYTES
        except ValueError:
            valid = False
        if not valid:
            # Raised outside of the handler: a chained ValueError would carry part of the key.
            raise LedgerError("invalid_secrets", {"wallet": ""})

    @classmethod
    def generate(cls, wallet_ids: Iterable[str] = ()) -> Self:
        """Make new secrets for the treasury and these wallets."""
        return cls(
            seeds={wallet_id: new_seed() for wallet_id in (TREASURY, *wallet_ids)},
            signing_key=secrets.token_hex(_SIGNING_KEY_BYTES),
        )

    def with_wallet(self, wallet_id: str) -> Self:
        """Return secrets that also hold a new seed for this wallet; a seed already there is kept."""
        if wallet_id in self.seeds:
            return self
        return type(self)(seeds={**self.seeds, wallet_id: new_seed()}, signing_key=self.signing_key)

    def to_dict(self) -> dict[str, Any]:
        """Return what a private store keeps."""
        return {"seeds": dict(self.seeds), "signing_key": self.signing_key}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` gave. Raises LedgerError when it is not usable."""
        try:
            return cls(seeds=dict(data["seeds"]), signing_key=str(data["signing_key"]))
        except KeyError, TypeError, ValueError:
            pass
        raise LedgerError("invalid_secrets", {"wallet": ""})

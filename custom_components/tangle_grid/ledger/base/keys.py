"""The secrets of an island: one seed per wallet and the key that signs its messages and milestones."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Self

from .errors import LedgerError
from .model import TREASURY

SEED_TRYTES: Final = 81
_ALPHABET: Final = "9ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SIGNING_KEY_BYTES: Final = 32
FORMER_MARK: Final = "~"
"""What stands between the name of a wallet and the number of a seed that it had before."""
_NO_SEEDS: Final[Mapping[str, str]] = MappingProxyType({})


def new_seed() -> str:
    """Return a random seed: 81 trytes from the operating system's source of randomness."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(SEED_TRYTES))


def is_seed(text: str) -> bool:
    """Tell whether the text is a full-length seed."""
    return isinstance(text, str) and len(text) == SEED_TRYTES and all(tryte in _ALPHABET for tryte in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Seeds by wallet id, and the Ed25519 signing key (64 hex digits). None of it ever shows in a repr.

    A wallet's seed can be replaced by an imported one. `imports` holds such seeds from the moment before the ledger
    takes them until the moment after, so that a crash in between loses neither seed: which of the two a wallet has is
    what the ledger's own file says. The seed that was replaced stays, under a name of its own (`car~1`): what still
    reaches its addresses can be spent from the wallet of that name. `genesis` is the first seed of the treasury,
    where it was replaced: the supply of an embedded Tangle began at its first address.
    """

    seeds: Mapping[str, str] = field(repr=False)
    signing_key: str = field(repr=False)
    imports: Mapping[str, str] = field(default=_NO_SEEDS, repr=False)
    genesis: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if TREASURY not in self.seeds:
            raise LedgerError("unknown_wallet", {"wallet": TREASURY})
        for wallet_id, seed in (*self.seeds.items(), *self.imports.items(), (TREASURY, self.genesis_seed)):
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
        return self.with_seed(wallet_id, new_seed())

    def with_seed(self, wallet_id: str, seed: str) -> Self:
        """Return secrets in which this wallet has this seed."""
        return replace(self, seeds={**self.seeds, wallet_id: seed})

    @property
    def genesis_seed(self) -> str:
        """The seed whose first address holds the supply when an embedded Tangle begins."""
        return self.seeds[TREASURY] if self.genesis is None else self.genesis

    def former_id(self, wallet_id: str) -> str:
        """Return the name under which the present seed of a wallet stays when it is replaced."""
        prefix = wallet_id + FORMER_MARK
        taken = (name.removeprefix(prefix) for name in self.seeds if name.startswith(prefix))
        return f"{prefix}{1 + max((int(number) for number in taken if number.isdecimal()), default=0)}"

    def former_with(self, wallet_id: str, seed: str) -> str | None:
        """Return the name under which a seed stays that this wallet had before; None when it never had it."""
        prefix = wallet_id + FORMER_MARK
        return next((name for name, each in self.seeds.items() if each == seed and name.startswith(prefix)), None)

    def with_import(self, wallet_id: str, seed: str) -> Self:
        """Return secrets in which a seed waits to take the place of the wallet's present one."""
        return replace(self, imports={**self.imports, wallet_id: seed})

    def without_import(self, wallet_id: str) -> Self:
        """Return secrets in which no seed waits for this wallet."""
        return replace(self, imports={name: seed for name, seed in self.imports.items() if name != wallet_id})

    def imported(self, wallet_id: str) -> Self:
        """Return secrets in which the seed that waits has taken its place."""
        seed, before = self.imports[wallet_id], self.seeds[wallet_id]
        seeds = {name: each for name, each in self.seeds.items() if name != self.former_with(wallet_id, seed)}
        return replace(
            self.without_import(wallet_id),
            seeds={**seeds, wallet_id: seed, self.former_id(wallet_id): before},
            genesis=self.genesis_seed if wallet_id == TREASURY else self.genesis,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what a private store keeps."""
        kept: dict[str, Any] = {"seeds": dict(self.seeds), "signing_key": self.signing_key}
        if self.imports:
            kept["imports"] = dict(self.imports)
        if self.genesis is not None:
            kept["genesis"] = self.genesis
        return kept

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave. Raises LedgerError when it is not usable."""
        try:
            return cls(
                seeds=dict(data["seeds"]),
                signing_key=str(data["signing_key"]),
                imports=dict(data.get("imports", {})),
                genesis=data.get("genesis"),
            )
        except KeyError, TypeError, ValueError:
            pass
        raise LedgerError("invalid_secrets", {"wallet": ""})

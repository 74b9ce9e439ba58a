"""Somebody else who has the same seed: its owner with another wallet, or a thief."""

from typing import Any

import pytest

from custom_components.tangle_grid.ledger import Ledger, new_seed
from custom_components.tangle_grid.ledger.pyota.library import BundlePlan, TransferInput, prepare
from custom_components.tangle_grid.ledger.trinary import address_of

_MWM = 1


def spend_elsewhere(ledger: Ledger, seed: str, index: int, balance: int, target: str | None = None) -> None:
    """Send all that an address holds away. It is on the Tangle then, and not confirmed yet."""
    plan = BundlePlan(
        outputs=((target or address_of(new_seed(), 0), balance),),
        inputs=(TransferInput(address=address_of(seed, index), balance_i=balance, key_index=index),),
        tag="",
        text="",
        timestamp=1,
    )
    ledger._core.backend.client.send(prepare(plan, seed).trytes, _MWM)


def spend_first(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, seed: str, index: int, balance: int) -> None:
    """Be quicker with that than the next bundle of the ledger, which is signed already."""
    backend = ledger._core.backend
    original = backend.send

    def elsewhere_first(trytes: Any) -> Any:
        monkeypatch.setattr(backend, "send", original)
        spend_elsewhere(ledger, seed, index, balance)
        return original(trytes)

    monkeypatch.setattr(backend, "send", elsewhere_first)

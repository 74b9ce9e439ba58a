"""A node to try things on: fixtures, bundles, and the few commands that every test needs."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import SUPPLY
from custom_components.tangle_grid.ledger.node import Api, EmbeddedNode, Transaction
from custom_components.tangle_grid.ledger.pyota.library import BundlePlan, TransferInput, prepare
from custom_components.tangle_grid.ledger.trinary import (
    address_of,
    int_to_trytes,
    is_insecure,
    normalize,
    trytes_to_int,
    with_nonce,
)
from custom_components.tangle_grid.ledger.trinary.bundle import bundle_hash, secure_tag
from custom_components.tangle_grid.ledger.trinary.signing import key_hashes, sign_fragment
from custom_components.tangle_grid.protocol import SigningKey

MWM = 2
GENESIS_SEED = "GENESIS" + "9" * 74
OTHER_SEED = "OTHER" + "9" * 76


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def start_node(tmp_path: Path, key: SigningKey) -> Iterator[Callable[..., EmbeddedNode]]:
    nodes: list[EmbeddedNode] = []

    def start(**options: Any) -> EmbeddedNode:
        settings: dict[str, Any] = {
            "island_id": "isle",
            "key": key,
            "genesis_address": address_of(GENESIS_SEED, 0),
            "mwm": MWM,
            **options,
        }
        node = EmbeddedNode(tmp_path / "tangle.sqlite", **settings)
        nodes.append(node)
        return node

    yield start
    for node in nodes:
        node.close()


@pytest.fixture
def node(start_node: Callable[..., EmbeddedNode]) -> EmbeddedNode:
    return start_node()


@pytest.fixture
def api(node: EmbeddedNode) -> Api:
    return Api(node)


def payment(
    amount: int,
    *,
    seed: str = GENESIS_SEED,
    index: int = 0,
    to: int = 0,
    holds: int = SUPPLY,
    change: int | None = None,
) -> list[str]:
    """Spend key `index` of the seed: `amount` to the other seed's key `to`, the rest to the next own key."""
    outputs: tuple[tuple[str, int], ...] = ((address_of(OTHER_SEED, to), amount),)
    if holds > amount:
        outputs += ((address_of(seed, index + 1 if change is None else change), holds - amount),)
    spent = TransferInput(address=address_of(seed, index), balance_i=holds, key_index=index)
    plan = BundlePlan(outputs=outputs, inputs=(spent,), tag="TEST", text="", timestamp=1_700_000_000)
    return list(prepare(plan, seed).trytes)


def note(text: str = "hello", tag: str = "NOTE", to: int = 5) -> list[str]:
    plan = BundlePlan(
        outputs=((address_of(OTHER_SEED, to), 0),), inputs=(), tag=tag, text=text, timestamp=1_700_000_000
    )
    return list(prepare(plan).trytes)


def attach(api: Api, trytes: list[str], **where: str) -> list[str]:
    tips = {**api.handle({"command": "getTransactionsToApprove", "depth": 3}), **where}
    attached: list[str] = api.handle(
        {
            "command": "attachToTangle",
            "trunkTransaction": tips["trunkTransaction"],
            "branchTransaction": tips["branchTransaction"],
            "minWeightMagnitude": MWM,
            "trytes": trytes,
        }
    )["trytes"]
    return attached


def send(api: Api, trytes: list[str], **where: str) -> str:
    """Attach and store; return the tail's hash."""
    attached = attach(api, trytes, **where)
    api.handle({"command": "broadcastTransactions", "trytes": attached})
    return Transaction.parse(attached[0]).hash


def balance(api: Api, *addresses: str) -> list[int]:
    return [int(each) for each in api.handle({"command": "getBalances", "addresses": list(addresses)})["balances"]]


def is_confirmed(api: Api, *hashes: str) -> list[bool]:
    states: list[bool] = api.handle({"command": "getInclusionStates", "transactions": list(hashes), "tips": []})[
        "states"
    ]
    return states


def confirm_all(node: EmbeddedNode) -> None:
    while node.issue_milestone() is not None:
        assert node.supply_ok
        assert node.store.balances.supply() == SUPPLY


def rework(trytes: str) -> str:
    return with_nonce(trytes, MWM)


def rechain(attached: list[str], place: int, change: Callable[[str], str]) -> list[str]:
    """Change one transaction (tail first), and chain those that approve it anew, proof of work included."""
    changed = list(attached)
    changed[place] = rework(change(changed[place]))
    for at in range(place - 1, -1, -1):
        trunk = Transaction.parse(changed[at + 1]).hash
        changed[at] = rework(changed[at][:2430] + trunk + changed[at][2511:])
    return changed


def forge(
    moves: Sequence[tuple[str, int]], signers: dict[int, tuple[str, int]], *, insecure: bool = False
) -> list[str]:
    """Return a bundle (head to tail) that no honest client makes: any values, signed all the same.

    `signers` give seed and key index for the places of the inputs, which have security 1.
    """
    last = int_to_trytes(len(moves) - 1, 9)
    essences = [
        address + int_to_trytes(value, 27) + "9" * 27 + int_to_trytes(1, 9) + int_to_trytes(place, 9) + last
        for place, (address, value) in enumerate(moves)
    ]
    tag, found = secure_tag(essences)
    while insecure and not is_insecure(found):
        tag = int_to_trytes(trytes_to_int(tag) + 1, 27)
        found = bundle_hash([essences[0][:108] + tag + essences[0][135:], *essences[1:]])
    essences[0] = essences[0][:108] + tag + essences[0][135:]
    forged = []
    for place, essence in enumerate(essences):
        fragment = "9" * 2187
        if place in signers:
            seed, index = signers[place]
            keys = key_hashes(trytes_to_int(seed), index, 1)
            fragment = "".join(int_to_trytes(part, 81) for part in sign_fragment(keys, normalize(found)[:27]))
        forged.append(fragment + essence + found + "9" * (2673 - 2187 - 162 - 81))
    return forged[::-1]

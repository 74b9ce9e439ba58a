"""The embedded node: what it takes in, what it refuses, what its milestones book."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import SUPPLY, LedgerError
from custom_components.tangle_grid.ledger.node import NULL_HASH, Api, Conflict, EmbeddedNode, NodeError, Transaction
from custom_components.tangle_grid.ledger.node.milestone import coordinator_address, read
from custom_components.tangle_grid.ledger.pyota.library import BundlePlan, TransferInput, prepare
from custom_components.tangle_grid.ledger.trinary import address_of, int_to_trytes, with_checksum
from custom_components.tangle_grid.protocol import SigningKey
from tests.support.ledger.tangle import (
    GENESIS_SEED,
    MWM,
    OTHER_SEED,
    attach,
    balance,
    confirm_all,
    is_confirmed,
    note,
    payment,
    rechain,
    send,
)


def test_the_supply_stands_at_the_genesis_address(node: EmbeddedNode, api: Api) -> None:
    assert balance(api, address_of(GENESIS_SEED, 0), with_checksum(address_of(OTHER_SEED, 0))) == [SUPPLY, 0]
    assert node.latest_milestone == (0, NULL_HASH)
    assert node.issue_milestone() is None


def test_a_payment_is_booked_by_a_milestone_and_by_nothing_else(node: EmbeddedNode, api: Api) -> None:
    tail = send(api, payment(100))
    assert is_confirmed(api, tail) == [False]
    assert balance(api, address_of(OTHER_SEED, 0)) == [0]
    confirmation = node.issue_milestone()
    assert confirmation is not None
    assert confirmation.moved
    assert is_confirmed(api, tail) == [True]
    assert balance(api, address_of(OTHER_SEED, 0), address_of(GENESIS_SEED, 0), address_of(GENESIS_SEED, 1)) == [
        100,
        0,
        SUPPLY - 100,
    ]
    assert api.handle({"command": "wereAddressesSpentFrom", "addresses": [address_of(GENESIS_SEED, 0)]})["states"] == [
        True
    ]
    assert node.issue_milestone() is None


def test_a_milestone_is_signed_for_its_place(node: EmbeddedNode, api: Api, key: SigningKey) -> None:
    send(api, note())
    confirmation = node.issue_milestone()
    assert confirmation is not None
    transaction = node.store.load(confirmation.hash)
    assert transaction is not None
    assert transaction.address == coordinator_address(key.public)
    assert transaction.weight >= MWM
    milestone = read(transaction, island="isle", public_key=key.public)
    assert milestone is not None
    assert milestone.number == 1
    assert read(transaction, island="another isle", public_key=key.public) is None
    moved = Transaction.parse(transaction.trytes[:2430] + "A" * 81 + transaction.trytes[2511:])
    assert read(moved, island="isle", public_key=key.public) is None
    silent = Transaction.parse("9" * 2187 + transaction.trytes[2187:])
    assert read(silent, island="isle", public_key=key.public) is None


def test_of_two_spends_of_one_address_only_the_first_is_booked(node: EmbeddedNode, api: Api) -> None:
    first = send(api, payment(100, to=0))
    second = send(api, payment(200, to=1))
    confirm_all(node)
    assert is_confirmed(api, first, second) == [True, False]
    found = node.store.find(second)
    assert found is not None
    assert found.conflict == Conflict.ADDRESS_SPENT
    assert balance(api, address_of(OTHER_SEED, 0), address_of(OTHER_SEED, 1)) == [100, 0]


def test_two_spends_under_one_milestone_book_one(node: EmbeddedNode, api: Api) -> None:
    root = send(api, note())
    parents = {"trunkTransaction": root, "branchTransaction": root}
    tails = [send(api, payment(amount, to=amount), **parents) for amount in (1, 2)]
    confirm_all(node)
    assert is_confirmed(api, *tails) == [True, False]
    assert node.store.balances.supply() == SUPPLY


def test_a_bundle_attached_again_is_never_booked_again(node: EmbeddedNode, api: Api) -> None:
    bundle = payment(100)
    first = send(api, bundle)
    confirm_all(node)
    again = send(api, bundle)
    assert again != first
    confirm_all(node)
    assert is_confirmed(api, first, again) == [True, False]
    assert balance(api, address_of(OTHER_SEED, 0)) == [100]


def test_nothing_is_paid_to_a_spent_address(node: EmbeddedNode, api: Api) -> None:
    send(api, payment(100))
    confirm_all(node)
    back = prepare(
        BundlePlan(
            outputs=((address_of(GENESIS_SEED, 0), 100),),
            inputs=(TransferInput(address=address_of(OTHER_SEED, 0), balance_i=100, key_index=0),),
            tag="",
            text="",
            timestamp=1,
        ),
        OTHER_SEED,
    )
    tail = send(api, list(back.trytes))
    confirm_all(node)
    assert is_confirmed(api, tail) == [False]
    assert balance(api, address_of(OTHER_SEED, 0)) == [100]


def test_nobody_spends_what_is_not_there(node: EmbeddedNode, api: Api) -> None:
    tail = send(api, payment(100, seed=OTHER_SEED, index=3, holds=100))
    confirm_all(node)
    found = node.store.find(tail)
    assert found is not None
    assert found.conflict == Conflict.INSUFFICIENT_BALANCE
    assert balance(api, address_of(OTHER_SEED, 0)) == [0]


def with_value(value: int) -> Callable[[str], str]:
    return lambda trytes: trytes[:2268] + int_to_trytes(value, 27) + trytes[2295:]


@pytest.mark.parametrize(
    ("place", "change", "reason"),
    [
        (0, with_value(101), "bundle_hash"),
        (2, lambda trytes: ("A" if trytes[0] != "A" else "B") + trytes[1:], "signature"),
        (0, lambda trytes: trytes[:2331] + int_to_trytes(1, 9) + trytes[2340:], "structure"),
        (3, lambda trytes: trytes[:2349] + "A" * 81 + trytes[2430:], "structure"),
    ],
)
def test_an_invalid_bundle_is_refused_whole(
    node: EmbeddedNode, api: Api, place: int, change: Callable[[str], str], reason: str
) -> None:
    attached = attach(api, payment(100))
    broken = rechain(attached, place, change)
    if Transaction.parse(broken[0]).index == 0:
        with pytest.raises(NodeError, match=reason):
            api.handle({"command": "storeTransactions", "trytes": broken})
        assert node.store.count() == 0
    else:
        api.handle({"command": "storeTransactions", "trytes": broken})
    confirm_all(node)
    assert balance(api, address_of(OTHER_SEED, 0)) == [0]


def test_unsound_transactions_are_refused(node: EmbeddedNode, api: Api) -> None:
    attached = attach(api, note())
    lazy = next(
        changed
        for nonce in range(500)
        if Transaction.parse(changed := attached[0][:2646] + int_to_trytes(nonce, 27)).weight < MWM
    )
    orphan = attach(api, note(), trunkTransaction="A" * 81)
    for trytes, reason in (([lazy], "weight"), (orphan, "unknown"), (["9" * 2672], "trytes"), ([7], "trytes")):
        with pytest.raises(NodeError, match=reason):
            api.handle({"command": "broadcastTransactions", "trytes": trytes})
    assert node.store.count() == 0


def test_tips_are_solid_tails_and_a_reference_is_kept(node: EmbeddedNode, api: Api) -> None:
    tails = [send(api, note(f"{number}")) for number in range(4)]
    answer = api.handle({"command": "getTransactionsToApprove", "depth": 3, "reference": tails[0]})
    assert answer["trunkTransaction"] == tails[0]
    assert node.store.ids([answer["branchTransaction"]])
    confirm_all(node)
    assert not node.store.is_waiting()
    for bad in ({"depth": 16}, {"depth": -1}, {"depth": "x"}, {"depth": 3, "reference": "A" * 81}):
        with pytest.raises(NodeError):
            api.handle({"command": "getTransactionsToApprove", **bad})


def test_two_spends_are_decided_by_the_order_of_storing(node: EmbeddedNode, api: Api) -> None:
    """Whichever of two contradicting bundles a milestone meets first in the Tangle, the one stored first is booked."""
    first, second = attach(api, payment(100, to=0)), attach(api, payment(200, to=1))
    tails = [Transaction.parse(each[0]).hash for each in (first, second)]
    for attached in (second, first):
        api.handle({"command": "storeTransactions", "trytes": attached})
    # A milestone that approves the later one first, and the earlier one through its branch.
    send(api, note(), trunkTransaction=tails[0], branchTransaction=tails[1])
    confirm_all(node)
    assert is_confirmed(api, *tails) == [False, True]
    found = node.store.find(tails[0])
    assert found is not None
    assert found.conflict == Conflict.ADDRESS_SPENT
    assert balance(api, address_of(OTHER_SEED, 0), address_of(OTHER_SEED, 1)) == [0, 200]


def test_search_by_every_key(node: EmbeddedNode, api: Api) -> None:
    tail = send(api, note("x" * 3000, tag="LONG"))
    other = send(api, note("y", tag="SHORT", to=6))
    stored = node.store.load(tail)
    assert stored is not None
    bundle = [transaction.hash for transaction in node.store.bundle_of(tail)]
    assert len(bundle) == 3

    def find(**asked: list[str]) -> set[str]:
        return set(api.handle({"command": "findTransactions", **asked})["hashes"])

    assert find(bundles=[stored.bundle]) == set(bundle)
    assert find(tags=["LONG"]) == set(bundle)
    assert find(addresses=[with_checksum(address_of(OTHER_SEED, 5))]) == set(bundle)
    assert find(addresses=[address_of(OTHER_SEED, 5), address_of(OTHER_SEED, 6)]) == {*bundle, other}
    assert find(addresses=[address_of(OTHER_SEED, 6)], tags=["LONG"]) == set()
    assert find(approvees=[tail]) <= {other}
    assert find(tags=["NOTHING"]) == set()


def test_trytes_come_back_as_they_were(node: EmbeddedNode, api: Api) -> None:
    attached = attach(api, payment(100))
    api.handle({"command": "storeTransactions", "trytes": attached})
    hashes = [Transaction.parse(each).hash for each in attached]
    assert api.handle({"command": "getTrytes", "hashes": [*hashes, "A" * 81]})["trytes"] == [*attached, "9" * 2673]


def test_consistency(node: EmbeddedNode, api: Api) -> None:
    first = send(api, payment(100, to=0))
    second = send(api, payment(200, to=1))

    def check(*tails: str) -> Any:
        return api.handle({"command": "checkConsistency", "tails": list(tails)})["state"]

    assert check(first)
    assert not check(first, second)
    assert not check("A" * 81)
    confirm_all(node)
    assert check(first)
    assert not check(second)
    middle = node.store.bundle_of(first)[1].hash
    with pytest.raises(NodeError):
        check(middle)


def test_answers_have_the_shapes_of_iri(node: EmbeddedNode, api: Api) -> None:
    status, info = api.answer({"command": "getNodeInfo"})
    assert status == 200
    assert {"appName", "latestMilestoneIndex", "latestSolidSubtangleMilestoneIndex", "time", "tips", "duration"} <= set(
        info
    )
    assert api.answer({"command": "interruptAttachingToTangle"})[0] == 200
    for bad in (
        None,
        [],
        {},
        {"command": 7},
        {"command": "fly"},
        {"command": "getBalances"},
        {"command": "getBalances", "addresses": "A" * 81},
        {"command": "getBalances", "addresses": ["A" * 80]},
        {"command": "getBalances", "addresses": ["A" * 90]},
        {"command": "getBalances", "addresses": ["9" * 81] * 1001},
        {"command": "findTransactions"},
        {"command": "findTransactions", "tags": [7]},
        {"command": "getTrytes", "hashes": [None]},
        {"command": "attachToTangle", "trytes": [], "minWeightMagnitude": 99},
        {"command": "attachToTangle", "trytes": ["x"], "minWeightMagnitude": 1},
    ):
        status, answer = api.answer(bad)
        assert status == 400
        assert set(answer) == {"error", "duration"}
    node.close()
    status, answer = api.answer({"command": "getNodeInfo"})
    assert status == 500
    assert set(answer) == {"exception", "duration"}


def test_everything_is_there_after_a_restart(start_node: Callable[..., EmbeddedNode]) -> None:
    node = start_node()
    api = Api(node)
    paid = send(api, payment(100))
    confirm_all(node)
    waiting = send(api, note())
    before = node.latest_milestone
    node.close()
    node = start_node()
    api = Api(node)
    assert node.latest_milestone == before
    assert is_confirmed(api, paid, waiting) == [True, False]
    assert balance(api, address_of(OTHER_SEED, 0)) == [100]
    confirm_all(node)
    assert is_confirmed(api, waiting) == [True]


def test_a_changed_balance_stops_the_milestones(node: EmbeddedNode, api: Api) -> None:
    send(api, note())
    node.store.database.run("UPDATE account SET balance = balance + 1 WHERE balance > 0")
    with pytest.raises(LedgerError, match="supply"):
        node.issue_milestone()
    assert not node.supply_ok
    assert node.latest_milestone[0] == 0
    assert node.store.is_waiting()


def test_a_node_of_another_treasury_is_not_opened(node: EmbeddedNode, tmp_path: Path, key: SigningKey) -> None:
    node.close()
    with pytest.raises(LedgerError, match="another treasury"):
        EmbeddedNode(
            tmp_path / "tangle.sqlite",
            island_id="isle",
            key=key,
            genesis_address=address_of(OTHER_SEED, 0),
            mwm=MWM,
        )

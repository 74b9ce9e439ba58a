"""Old transactions go; balances, spent addresses, applied bundles and receipts stay."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from custom_components.tangle_grid.ledger import SUPPLY
from custom_components.tangle_grid.ledger.node import Api, Conflict, EmbeddedNode, NodeError, pruning
from custom_components.tangle_grid.ledger.node.effort import Effort
from custom_components.tangle_grid.ledger.trinary import address_of
from tests.support.ledger.tangle import (
    GENESIS_SEED,
    OTHER_SEED,
    attach,
    balance,
    confirm_all,
    is_confirmed,
    note,
    payment,
    send,
)

KEEP_S = 100.0
NEAR = 33
"""So many milestones later, the first is no longer one that stays in any case."""


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def node(start_node: Callable[..., EmbeddedNode], clock: Clock) -> EmbeddedNode:
    return start_node(clock=clock, keep_s=KEEP_S, kept_tags=("TGRECEIPT",))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the two newest milestones stay in any case."""
    monkeypatch.setattr(pruning, "_NEAR", 2)
    return iter(())


def prune(node: EmbeddedNode) -> None:
    for _ in range(1_000):
        if not node.prune():
            return
    pytest.fail("pruning does not end")


def pass_time(node: EmbeddedNode, api: Api, clock: Clock, milestones: int = 3) -> None:
    clock.now += KEEP_S + 1
    for number in range(milestones):
        send(api, note(f"later {clock.now} {number}"))
        assert node.issue_milestone() is not None


def known(node: EmbeddedNode, *hashes: str) -> list[bool]:
    return [node.store.find(each) is not None for each in hashes]


@pytest.mark.usefixtures("few")
def test_messages_go_and_payments_and_receipts_stay(node: EmbeddedNode, api: Api, clock: Clock) -> None:
    reading = send(api, note("meter", tag="TGMETER"))
    long_reading = send(api, note("meter" * 1_000, tag="TGMETER"))
    receipt = send(api, note("receipt" * 1_000, tag="TGRECEIPT"))
    paid = send(api, payment(100))
    refused = send(api, payment(200, to=1))
    confirm_all(node)
    count = node.store.count()
    prune(node)
    assert node.store.count() == count
    pass_time(node, api, clock)
    prune(node)
    assert known(node, reading, long_reading, receipt, paid, refused) == [False, False, True, True, False]
    assert len(node.store.bundle_of(receipt)) > 3
    assert len(node.store.bundle_of(paid)) == 4
    assert is_confirmed(api, receipt, paid) == [True, True]
    assert balance(api, address_of(OTHER_SEED, 0)) == [100]
    assert node.store.count() == node.store.database.value("SELECT COUNT(*) FROM tx")
    assert node.store.database.value("SELECT COUNT(*) FROM body") == node.store.count()
    info = api.handle({"command": "getNodeInfo"})
    assert 0 < info["lastSnapshottedMilestoneIndex"] < info["latestMilestoneIndex"]


def test_the_newest_milestones_stay_whatever_their_age(node: EmbeddedNode, api: Api, clock: Clock) -> None:
    tails = []
    for number in range(NEAR + 2):
        tails.append(send(api, note(f"{number}")))
        node.issue_milestone()
    clock.now += KEEP_S * 10
    prune(node)
    assert known(node, *tails) == [False] * 3 + [True] * (NEAR - 1)
    trunk, branch = node.choose_tips(15)
    assert known(node, trunk, branch) == [True, True]


@pytest.mark.usefixtures("few")
def test_what_is_pruned_cannot_be_replayed(
    start_node: Callable[..., EmbeddedNode], node: EmbeddedNode, api: Api, clock: Clock
) -> None:
    """The bundle comes back, unchanged or attached anew, after its transactions are gone: nothing moves."""
    bundle = payment(100)
    attached = attach(api, bundle)
    api.handle({"command": "storeTransactions", "trytes": attached})
    spent_but_refused = send(api, payment(50, seed=OTHER_SEED, index=3, holds=50, to=9, change=4))
    confirm_all(node)
    # Even payments may be deleted by hand: the balances do not depend on them.
    node.store.database.run("UPDATE tx SET signed = 0")
    pass_time(node, api, clock)
    prune(node)
    assert known(node, spent_but_refused) == [False]
    assert node.store.search("bundles", [attached[0][2349:2430]], Effort()) == set()
    node.close()
    node = start_node(clock=clock, keep_s=KEEP_S)
    api = Api(node)
    assert balance(api, address_of(OTHER_SEED, 0), address_of(GENESIS_SEED, 1)) == [100, SUPPLY - 100]
    asked = [address_of(GENESIS_SEED, 0), address_of(OTHER_SEED, 3), address_of(OTHER_SEED, 0)]
    states = api.handle({"command": "wereAddressesSpentFrom", "addresses": asked})["states"]
    assert states == [True, True, False]

    again = send(api, bundle)
    other = send(api, payment(70, to=2))
    confirm_all(node)
    reasons = [found.conflict for each in (again, other) if (found := node.store.find(each)) is not None]
    assert reasons == [Conflict.ALREADY_APPLIED, Conflict.ADDRESS_SPENT]
    assert balance(api, address_of(OTHER_SEED, 0), address_of(OTHER_SEED, 2)) == [100, 0]
    assert node.store.balances.supply() == SUPPLY


@pytest.mark.usefixtures("few")
def test_pruned_parents_are_entry_points_as_long_as_they_have_children(
    node: EmbeddedNode, api: Api, clock: Clock
) -> None:
    parent = send(api, note("parent", tag="TGMETER"))
    beside = send(api, note("beside", tag="TGMETER"))
    child = send(api, note("child", tag="TGRECEIPT"), trunkTransaction=parent, branchTransaction=parent)
    confirm_all(node)
    pass_time(node, api, clock)
    prune(node)
    assert known(node, parent, beside, child) == [False, False, True]
    stored = node.store.load(child)
    assert stored is not None
    assert stored.trunk == parent
    # Beside the child others may still be attached, but they are not led to.
    with pytest.raises(NodeError, match="unknown"):
        send(api, note("nowhere"), trunkTransaction=beside, branchTransaction=beside)
    late = send(api, note("late"), trunkTransaction=parent, branchTransaction=parent)
    assert late not in node.choose_tips(3)
    confirm_all(node)
    assert is_confirmed(api, late) == [True]
    assert api.handle({"command": "findTransactions", "approvees": [parent]})["hashes"] == sorted([child, late])
    # When the receipts go as well, so do the entry points.
    node.store.database.run("UPDATE tx SET kept = 0")
    node.store.set_meta("pruned_to", "0")
    pass_time(node, api, clock)
    prune(node)
    pass_time(node, api, clock)
    prune(node)
    assert known(node, child, late) == [False, False]
    left = node.store.database.value("SELECT COUNT(*) FROM tx")
    assert node.store.database.value("SELECT COUNT(*) FROM entry") <= left
    orphans = (
        "SELECT COUNT(*) FROM entry WHERE NOT EXISTS (SELECT 1 FROM tx WHERE trunk = entry.id OR branch = entry.id)"
    )
    assert node.store.database.value(orphans) == 0


@pytest.mark.usefixtures("few")
def test_a_payment_that_waited_for_long_is_booked_after_its_past_was_pruned(
    node: EmbeddedNode, api: Api, clock: Clock
) -> None:
    parent = send(api, note("parent"))
    confirm_all(node)
    waiting = attach(api, payment(100), trunkTransaction=parent, branchTransaction=parent)
    child = send(api, note("child"), trunkTransaction=parent, branchTransaction=parent)
    confirm_all(node)
    pass_time(node, api, clock, milestones=4)
    node.store.database.run("UPDATE tx SET kept = 1 WHERE hash = ?", child)
    prune(node)
    assert known(node, parent, child) == [False, True]
    api.handle({"command": "storeTransactions", "trytes": waiting})
    confirm_all(node)
    assert balance(api, address_of(OTHER_SEED, 0)) == [100]


@pytest.mark.usefixtures("few")
def test_the_file_shrinks(start_node: Callable[..., EmbeddedNode], clock: Clock, tmp_path: Path) -> None:
    node = start_node(clock=clock, keep_s=KEEP_S)
    api = Api(node)
    chance = Random(1)  # noqa: S311 - a text that cannot be packed
    send(api, note("".join(chance.choices("0123456789abcdefghijklmnopqrstuvwxyz", k=40_000))))
    confirm_all(node)
    node.close()
    full = (tmp_path / "tangle.sqlite").stat().st_size
    node = start_node(clock=clock, keep_s=KEEP_S)
    api = Api(node)
    pass_time(node, api, clock)
    prune(node)
    node.close()
    assert (tmp_path / "tangle.sqlite").stat().st_size < full * 0.6
    connection = sqlite3.connect(tmp_path / "tangle.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.usefixtures("few")
def test_it_happens_by_itself_and_ends_with_the_node(node: EmbeddedNode, api: Api, clock: Clock) -> None:
    reading = send(api, note())
    confirm_all(node)
    pass_time(node, api, clock)
    node.keep_tidy()
    until = time.monotonic() + 10
    while known(node, reading) == [True]:
        assert time.monotonic() < until
        time.sleep(0.01)
    node.close()
    assert node._housekeeping is not None
    assert not node._housekeeping._thread.is_alive()


@pytest.mark.usefixtures("few")
def test_without_a_time_nothing_goes(start_node: Callable[..., EmbeddedNode], clock: Clock) -> None:
    node = start_node(clock=clock)
    api = Api(node)
    reading = send(api, note())
    confirm_all(node)
    for _ in range(5):
        clock.now += 10_000_000
        send(api, note(f"{clock.now}"))
        node.issue_milestone()
    assert not node.prune()
    assert known(node, reading) == [True]

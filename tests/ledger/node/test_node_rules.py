"""What the node refuses and why, which tips it gives, and that none of its queries reads everything."""

import sqlite3
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import pytest

from custom_components.tangle_grid.ledger import SUPPLY
from custom_components.tangle_grid.ledger.node import NULL_HASH, Api, Conflict, EmbeddedNode, NodeError, Transaction
from custom_components.tangle_grid.ledger.node.pruning import CUT, ORPHANED
from custom_components.tangle_grid.ledger.node.store import RECENT, SEARCH
from custom_components.tangle_grid.ledger.pyota.library import BundlePlan, TransferInput, prepare
from custom_components.tangle_grid.ledger.trinary import address_of
from tests.support.ledger.tangle import (
    GENESIS_SEED,
    OTHER_SEED,
    attach,
    balance,
    confirm_all,
    forge,
    is_confirmed,
    note,
    payment,
    rechain,
    send,
)

_SIGNERS = {1: (OTHER_SEED, 0)}


def target(index: int = 7) -> str:
    return address_of(GENESIS_SEED, index)


def signer() -> str:
    return address_of(OTHER_SEED, 0, 1)


@pytest.mark.parametrize(
    ("moves", "insecure", "reason"),
    [
        (lambda: [(target(), 101), (signer(), -100)], False, Conflict.SUM_NOT_ZERO),
        (lambda: [(target(), 100), (signer(), -101)], False, Conflict.SUM_NOT_ZERO),
        (lambda: [(target(), SUPPLY + 1), (signer(), -SUPPLY - 1)], False, Conflict.VALUE_RANGE),
        (lambda: [("M" * 81, 100), (signer(), -100)], False, Conflict.VALUE_RANGE),
        (lambda: [(target(), 100), (signer(), -100)], True, Conflict.INSECURE_HASH),
        (lambda: [(target(), 100), (target(8), -100)], False, Conflict.SIGNATURE),
        (lambda: [(target(), 100), (signer(), -50), (signer(), -50)], False, Conflict.SIGNATURE),
    ],
)
def test_a_forged_bundle_is_refused_with_its_reason(
    node: EmbeddedNode, api: Api, moves: Callable[[], Sequence[tuple[str, int]]], insecure: bool, reason: Conflict
) -> None:
    attached = attach(api, forge(moves(), _SIGNERS, insecure=insecure))
    with pytest.raises(NodeError, match=rf"Invalid bundle: {reason}$"):
        api.handle({"command": "storeTransactions", "trytes": attached})
    assert node.store.count() == 0


def test_the_same_forge_makes_bundles_that_are_taken(node: EmbeddedNode, api: Api) -> None:
    """Else the test above would show nothing."""
    send(api, payment(100))
    confirm_all(node)
    moved = forge([(target(), 60), (signer(), -100), (target(8), 40)], _SIGNERS)
    unfunded = send(api, moved)
    confirm_all(node)
    found = node.store.find(unfunded)
    assert found is not None
    assert found.conflict == Conflict.INSUFFICIENT_BALANCE
    assert balance(api, target(), target(8)) == [0, 0]


def test_nothing_is_booked_to_an_address_whose_key_has_signed(node: EmbeddedNode, api: Api) -> None:
    """It signed what came to nothing: whoever saw that could sign once more, for whatever it receives later."""
    send(api, forge([(target(), 60), (signer(), -100), (target(8), 40)], _SIGNERS))
    confirm_all(node)
    assert not node.store.balances.is_spent(signer())
    change = address_of(GENESIS_SEED, 1)
    plan = BundlePlan(
        outputs=((signer(), 100), (change, SUPPLY - 100)),
        inputs=(TransferInput(address=address_of(GENESIS_SEED, 0), balance_i=SUPPLY, key_index=0),),
        tag="TEST",
        text="",
        timestamp=1_700_000_000,
    )
    tail = send(api, list(prepare(plan, GENESIS_SEED).trytes))
    confirm_all(node)
    found = node.store.find(tail)
    assert found is not None
    assert found.conflict == Conflict.ADDRESS_SPENT
    assert balance(api, signer(), change, address_of(GENESIS_SEED, 0)) == [0, 0, SUPPLY]


def test_a_bundle_that_was_attached_twice_is_booked_once_by_one_milestone(node: EmbeddedNode, api: Api) -> None:
    """Whoever looks for what became of a payment must not be told that somebody else spent its address."""
    trytes = payment(100)
    tails = [send(api, trytes), send(api, trytes)]
    confirm_all(node)
    found = [node.store.find(each) for each in tails]
    assert sorted(str(each.conflict) for each in found if each is not None) == ["None", Conflict.ALREADY_APPLIED]
    assert balance(api, address_of(OTHER_SEED, 0)) == [100]


@pytest.mark.parametrize("missing", ["trunkTransaction", "branchTransaction"])
def test_unknown_parents_are_refused(node: EmbeddedNode, api: Api, missing: str) -> None:
    attached = attach(api, payment(100), **{missing: "A" * 81})
    with pytest.raises(NodeError, match="trunk or branch is unknown"):
        api.handle({"command": "broadcastTransactions", "trytes": attached})
    assert node.store.count() == 0


def test_parts_of_a_bundle_may_come_one_by_one_but_only_the_whole_is_booked(node: EmbeddedNode, api: Api) -> None:
    attached = attach(api, payment(100))
    for each in attached[:0:-1]:
        api.handle({"command": "storeTransactions", "trytes": [each]})
    confirm_all(node)
    assert balance(api, address_of(OTHER_SEED, 0)) == [0]
    api.handle({"command": "storeTransactions", "trytes": attached[:1]})
    confirm_all(node)
    assert balance(api, address_of(OTHER_SEED, 0)) == [100]
    assert node.store.balances.supply() == SUPPLY


def test_a_tail_whose_earlier_parts_are_wrong_is_refused(node: EmbeddedNode, api: Api) -> None:
    broken = rechain(attach(api, payment(100)), 2, lambda trytes: ("A" if trytes[0] != "A" else "B") + trytes[1:])
    api.handle({"command": "storeTransactions", "trytes": broken[1:]})
    with pytest.raises(NodeError, match="signature"):
        api.handle({"command": "storeTransactions", "trytes": broken[:1]})
    confirm_all(node)
    assert balance(api, address_of(OTHER_SEED, 0)) == [0]


def test_a_batch_is_stored_whole_or_not_at_all(node: EmbeddedNode, api: Api) -> None:
    good = attach(api, note("good"))
    bad = attach(api, note("bad"), trunkTransaction="A" * 81)
    with pytest.raises(NodeError):
        api.handle({"command": "storeTransactions", "trytes": good + bad})
    assert node.store.count() == 0
    api.handle({"command": "storeTransactions", "trytes": good * 2})
    api.handle({"command": "storeTransactions", "trytes": good})
    assert node.store.count() == 1


def test_an_address_that_signed_counts_as_spent_at_once(node: EmbeddedNode, api: Api) -> None:
    asked = {"command": "wereAddressesSpentFrom", "addresses": [address_of(GENESIS_SEED, 0), address_of(OTHER_SEED, 0)]}
    assert api.handle(asked)["states"] == [False, False]
    send(api, payment(100))
    assert api.handle(asked)["states"] == [True, False]


# Tips


def milestones(node: EmbeddedNode, api: Api, count: int) -> None:
    for number in range(count):
        send(api, note(f"time passes {number}"))
        assert node.issue_milestone() is not None


def test_lazy_tips_are_not_built_on_but_milestones_take_them_in(node: EmbeddedNode, api: Api) -> None:
    milestones(node, api, 6)
    lazy = send(api, note("lazy"), trunkTransaction=NULL_HASH, branchTransaction=NULL_HASH)
    fresh = send(api, note("fresh"))
    for _ in range(20):
        assert lazy not in node.choose_tips(3)
    assert {lazy, fresh} == {each for _ in range(50) for each in node.choose_tips(15)}
    confirm_all(node)
    assert is_confirmed(api, lazy, fresh) == [True, True]


def test_new_transactions_are_spread_over_the_tips(node: EmbeddedNode, api: Api) -> None:
    root = send(api, note("root"))
    tips = {send(api, note(f"{each}"), trunkTransaction=root, branchTransaction=root) for each in range(8)}
    chosen = [node.choose_tips(3) for _ in range(200)]
    assert {each for pair in chosen for each in pair} == tips
    assert all(trunk != branch for trunk, branch in chosen)


def test_a_reference_must_be_known_and_not_too_old(node: EmbeddedNode, api: Api) -> None:
    old = send(api, note("old"))
    milestones(node, api, 16)
    tail = node.store.find(old)
    assert tail is not None
    assert tail.milestone == 1
    assert node.choose_tips(3, old)[0] == old
    assert api.handle({"command": "checkConsistency", "tails": [old]})["state"]
    milestones(node, api, 1)
    with pytest.raises(NodeError, match="too old"):
        node.choose_tips(3, old)
    answer = api.handle({"command": "checkConsistency", "tails": [old]})
    assert not answer["state"]
    assert "below max depth" in answer["info"]
    with pytest.raises(NodeError, match="not known"):
        node.choose_tips(3, "A" * 81)


def test_tips_left_behind_do_not_hide_new_transactions(node: EmbeddedNode, api: Api) -> None:
    """A milestone that nothing was attached to stays without approvers; no number of them may ever be in the way."""
    for number in range(8):
        parents = {"trunkTransaction": NULL_HASH, "branchTransaction": NULL_HASH}
        for side in "ab":
            send(api, note(f"{number}{side}"), **parents)
        node.issue_milestone()
        assert [tip.hash for tip in node.store.tips()] == [node.latest_milestone[1]]
    tail = send(api, payment(100))
    confirm_all(node)
    assert is_confirmed(api, tail) == [True]


def test_a_payment_does_not_wait_behind_a_flood_of_messages(node: EmbeddedNode, api: Api) -> None:
    parents = {"trunkTransaction": NULL_HASH, "branchTransaction": NULL_HASH}
    for number in range(20):
        send(api, note(f"{number}"), **parents)
    tail = send(api, payment(100), **parents)
    above = send(api, note("above the payment"), trunkTransaction=tail, branchTransaction=tail)
    prepared = node.prepare_milestone()
    assert prepared is not None
    assert prepared.more
    node.issue(prepared)
    assert is_confirmed(api, tail, above) == [True, True]
    confirm_all(node)
    assert not node.store.is_waiting()


# Commands of operators, limits


def test_neighbours_are_answered_sensibly(api: Api) -> None:
    uris = {"uris": ["udp://example.com:14600"]}
    assert api.handle({"command": "addNeighbors", **uris})["addedNeighbors"] == 0
    assert api.handle({"command": "removeNeighbors", **uris})["removedNeighbors"] == 0
    assert api.handle({"command": "getNeighbors"})["neighbors"] == []
    assert api.handle({"command": "getMissingTransactions"})["hashes"] == []
    for bad in ({}, {"uris": "udp://x"}, {"uris": [7]}, {"uris": [""]}, {"uris": ["u" * 1_000]}):
        assert api.answer({"command": "addNeighbors", **bad})[0] == 400


@pytest.mark.parametrize("threshold", [-1, 101, "100", True, 10**30])
def test_a_wrong_threshold_is_refused(api: Api, threshold: object) -> None:
    request = {"command": "getBalances", "addresses": ["9" * 81], "threshold": threshold}
    assert api.answer(request)[0] == 400


def test_one_lane_of_work_is_interrupted_without_the_others(node: EmbeddedNode) -> None:
    guest, own = Api(node), Api(node)
    guest.handle({"command": "interruptAttachingToTangle"})
    assert attach(own, note())
    assert attach(guest, note())
    node.stop()
    with pytest.raises(NodeError, match="interrupted"):
        attach(own, note())


# The file


def test_no_query_reads_everything(node: EmbeddedNode, api: Api) -> None:
    """The plan of every statement that was run names an index or a row id, and scans only tables of a few rows."""
    statements: set[str] = {*chain.from_iterable(SEARCH.values()), *RECENT.values(), CUT, ORPHANED}
    connection = node.store.database._open_connection
    connection.set_trace_callback(statements.add)
    tail = send(api, payment(100))
    send(api, note())
    confirm_all(node)
    node.choose_tips(3, tail)
    api.handle({"command": "getNodeInfo"})
    api.handle({"command": "wereAddressesSpentFrom", "addresses": ["9" * 81]})
    api.handle({"command": "checkConsistency", "tails": [tail]})
    api.handle({"command": "getTrytes", "hashes": [tail]})
    node.store.recent_tails(tag=None, prefix="TG", limit=5)
    node.store.count()
    connection.set_trace_callback(None)
    asked = [each for each in statements if each.lstrip().startswith(("SELECT", "WITH", "UPDATE", "DELETE"))]
    assert len(asked) > 15
    for statement in asked:
        names = {f"?{number}": None for number in range(1, 4)}
        given = [0] * max([statement.count("?") - sum(statement.count(each) for each in names), 0])
        numbered = max([number for number in range(1, 4) if f"?{number}" in statement], default=0)
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", given or [0] * numbered).fetchall()
        for row in plan:
            step = str(row[3])
            # The supply adds up all funded addresses by their index; tips and cones are what is new.
            if step.startswith("SCAN"):
                small = step.split()[1] in {"tip", "cone", "json_each", "account", "(subquery-1)"}
                newest = step == "SCAN milestone" and "ORDER BY number DESC LIMIT 1" in statement
                assert small or newest or "INDEX" in step, (statement, step)
            sorts = "USE TEMP B-TREE FOR ORDER BY" in step
            assert not sorts or "cone" in statement or "tip" in statement, (statement, step)


_VERSION_1 = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE address (id INTEGER PRIMARY KEY, trytes TEXT NOT NULL UNIQUE,
    balance INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0), spent INTEGER NOT NULL DEFAULT 0);
CREATE INDEX funded ON address (balance) WHERE balance > 0;
CREATE TABLE bundle (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, applied INTEGER);
CREATE TABLE tx (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, address INTEGER NOT NULL REFERENCES address (id),
    bundle INTEGER NOT NULL REFERENCES bundle (id), trunk INTEGER NOT NULL, branch INTEGER NOT NULL,
    value INTEGER NOT NULL, tag TEXT NOT NULL, position INTEGER NOT NULL, tip INTEGER NOT NULL DEFAULT 1,
    signed INTEGER NOT NULL DEFAULT 0, milestone INTEGER, conflict TEXT, data BLOB NOT NULL);
CREATE INDEX tx_address ON tx (address); CREATE INDEX tx_bundle ON tx (bundle); CREATE INDEX tx_tag ON tx (tag, id);
CREATE INDEX tx_trunk ON tx (trunk); CREATE INDEX tx_branch ON tx (branch);
CREATE INDEX tx_tip ON tx (id) WHERE tip = 1; CREATE INDEX tx_open ON tx (id) WHERE milestone IS NULL;
CREATE TABLE milestone (number INTEGER PRIMARY KEY, tx INTEGER NOT NULL REFERENCES tx (id), at REAL NOT NULL);
PRAGMA user_version = 1;
"""


def test_a_file_of_the_first_version_is_carried_over(start_node: Callable[..., EmbeddedNode], tmp_path: Path) -> None:
    node = start_node()
    api = Api(node)
    paid, refused = send(api, payment(100)), send(api, payment(200, to=1))
    confirm_all(node)
    waiting = send(api, note(tag="WAITING"))
    before = {
        "milestone": node.latest_milestone,
        "trytes": [node.store.load(each) for each in (paid, refused, waiting)],
        "stored": [node.store.find(each) for each in (paid, refused, waiting)],
    }
    node.close()
    new = sqlite3.connect(tmp_path / "tangle.sqlite")
    old = sqlite3.connect(tmp_path / "old.sqlite")
    old.executescript(_VERSION_1)
    old.executemany("INSERT INTO meta VALUES (?, ?)", new.execute("SELECT * FROM meta"))
    addresses = "SELECT DISTINCT address FROM tx UNION SELECT address FROM account"
    for (address,) in new.execute(addresses).fetchall():
        row = new.execute("SELECT balance, spent FROM account WHERE address = ?", (address,)).fetchone() or (0, 0)
        old.execute("INSERT INTO address (trytes, balance, spent) VALUES (?, ?, ?)", (address, *row))
    for (bundle,) in new.execute("SELECT DISTINCT bundle FROM tx").fetchall():
        row = new.execute("SELECT milestone FROM applied WHERE bundle = ?", (bundle,)).fetchone() or (None,)
        old.execute("INSERT INTO bundle (hash, applied) VALUES (?, ?)", (bundle, *row))
    for row in new.execute(
        "SELECT id, hash, trunk, branch, value, tag, position, id IN (SELECT id FROM tip), signed, milestone, conflict,"
        " data, address, bundle FROM tx JOIN body USING (id)"
    ).fetchall():
        old.execute(
            "INSERT INTO tx (id, hash, trunk, branch, value, tag, position, tip, signed, milestone, conflict, data,"
            " address, bundle) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM address WHERE trytes = ?),"
            " (SELECT id FROM bundle WHERE hash = ?))",
            (*row[:5], row[5].ljust(27, "9"), *row[6:]),
        )
    old.executemany("INSERT INTO milestone VALUES (?, ?, ?)", new.execute("SELECT number, tx, at FROM milestone"))
    old.commit()
    old.close()
    new.close()
    (tmp_path / "tangle.sqlite").unlink()
    (tmp_path / "old.sqlite").rename(tmp_path / "tangle.sqlite")

    node = start_node()
    api = Api(node)
    after = {
        "milestone": node.latest_milestone,
        "trytes": [node.store.load(each) for each in (paid, refused, waiting)],
        "stored": [node.store.find(each) for each in (paid, refused, waiting)],
    }
    assert after == before
    assert node.supply_ok
    assert balance(api, address_of(OTHER_SEED, 0)) == [100]
    assert api.handle({"command": "findTransactions", "tags": ["WAITING"]})["hashes"] == [waiting]
    again = send(api, payment(100))
    confirm_all(node)
    assert is_confirmed(api, waiting, again) == [True, False]
    transaction = node.store.load(again)
    assert isinstance(transaction, Transaction)
    assert balance(api, address_of(OTHER_SEED, 0)) == [100]
    node.close()
    start_node()

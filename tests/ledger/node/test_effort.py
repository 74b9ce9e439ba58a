"""What one request may cost the node, whatever stands in it."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from custom_components.tangle_grid.ledger.node import NULL_HASH, Api, EmbeddedNode, NodeError, Transaction, commands
from custom_components.tangle_grid.ledger.node.bundle import MAX_BUNDLE
from custom_components.tangle_grid.ledger.node.commands import MAX_LIST
from custom_components.tangle_grid.ledger.node.effort import Effort
from custom_components.tangle_grid.ledger.node.store import NewRow, TangleStore, pack
from custom_components.tangle_grid.ledger.trinary import address_of, int_to_trytes
from tests.support.ledger.tangle import OTHER_SEED, attach, note, payment, rework, send

MANY = 2_500
TAG = "FLOOD" + "9" * 22


def fill(store: TangleStore, many: int = MANY) -> list[str]:
    """Store so many small transactions under one tag, address and bundle, one above the other; return their hashes."""
    plain = Transaction.of(note(tag="FLOOD")[0], NULL_HASH)
    data = pack(plain)
    rows = []
    for row_id in range(1, many + 1):
        found = Transaction.of(plain.trytes, int_to_trytes(row_id, 81))
        rows.append(NewRow(transaction=found, id=row_id, trunk=row_id - 1, branch=0, root=0, data=data))
    with store.database.transaction():
        store.insert(rows)
    return [row.transaction.hash for row in rows]


def statements(node: EmbeddedNode, ask: Callable[[], object]) -> int:
    """Count what is asked of the file."""
    seen: list[str] = []
    connection = node.store.database._open_connection
    connection.set_trace_callback(seen.append)
    ask()
    connection.set_trace_callback(None)
    return len(seen)


def test_everything_is_found_whatever_the_number_of_pages(node: EmbeddedNode, api: Api) -> None:
    hashes = fill(node.store)
    first = node.store.load(hashes[0])
    assert first is not None
    for asked in ({"tags": [TAG]}, {"addresses": [first.address]}, {"bundles": [first.bundle]}):
        assert api.handle({"command": "findTransactions", **asked})["hashes"] == sorted(hashes)
    # All have the genesis as branch, the first one as trunk as well.
    assert api.handle({"command": "findTransactions", "approvees": [NULL_HASH]})["hashes"] == sorted(hashes)
    assert api.handle({"command": "findTransactions", "approvees": [hashes[4]]})["hashes"] == [hashes[5]]


def test_what_stands_in_a_request_again_and_again_is_asked_once(node: EmbeddedNode, api: Api) -> None:
    hashes = fill(node.store)
    first = node.store.load(hashes[0])
    assert first is not None
    lists = {
        "findTransactions": {"tags": TAG, "addresses": first.address, "bundles": first.bundle, "approvees": NULL_HASH},
        "getTrytes": {"hashes": hashes[0]},
        "getBalances": {"addresses": first.address},
        "getInclusionStates": {"transactions": hashes[0]},
        "wereAddressesSpentFrom": {"addresses": first.address},
        "checkConsistency": {"tails": hashes[0]},
    }
    for command, fields in lists.items():
        for name, value in fields.items():
            once: dict[str, Any] = {"command": command, name: [value]}
            often = {**once, name: [value] * MAX_LIST}
            assert statements(node, partial(api.handle, often)) == statements(node, partial(api.handle, once)), command
            given, plain = api.handle(often), api.handle(once)
            for field in ("trytes", "balances", "states"):
                if field in plain:
                    assert given[field] == plain[field] * MAX_LIST


def test_a_small_request_is_answered_at_once_however_it_is_written(node: EmbeddedNode, api: Api) -> None:
    """One of these took 48 seconds, and four kept everybody else waiting."""
    fill(node.store, 20_000)
    began = time.perf_counter()
    api.handle({"command": "findTransactions", "tags": [TAG] * MAX_LIST})
    assert time.perf_counter() - began < 2.0


def test_a_request_reads_so_many_rows_and_no_more(
    node: EmbeddedNode, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = fill(node.store)
    monkeypatch.setattr(commands, "Effort", partial(Effort, rows=2 * MANY))
    assert api.handle({"command": "findTransactions", "tags": [TAG]})["hashes"]
    # Each key is within the limit; both together are not.
    both = {"command": "findTransactions", "tags": [TAG], "approvees": [NULL_HASH]}
    assert api.answer(both)[0] == 400
    assert api.answer(both)[1]["error"] == "Could not complete request: too many transactions found"
    assert api.handle({"command": "checkConsistency", "tails": [hashes[-1]]})["state"]
    monkeypatch.setattr(commands, "Effort", partial(Effort, rows=MANY))
    status, answer = api.answer({"command": "checkConsistency", "tails": [hashes[-1]]})
    assert (status, "too many" in answer["error"]) == (400, True)


@pytest.mark.parametrize(
    "request_",
    [
        {"command": "findTransactions", "tags": [TAG]},
        {"command": "getTrytes", "hashes": [NULL_HASH]},
        {"command": "getBalances", "addresses": [NULL_HASH]},
        {"command": "getInclusionStates", "transactions": [NULL_HASH]},
        {"command": "wereAddressesSpentFrom", "addresses": [NULL_HASH]},
        {"command": "checkConsistency", "tails": [NULL_HASH]},
    ],
    ids=lambda request: request["command"],
)
def test_a_request_has_so_much_time_and_no_more(
    api: Api, request_: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "Effort", partial(Effort, within_s=-1.0))
    status, answer = api.answer(request_)
    assert (status, answer["error"]) == (400, "Could not complete request: it takes too long")


def test_signed_bundles_that_wait_are_not_all_checked_again_for_one_request(
    node: EmbeddedNode, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail = send(api, payment(100))
    monkeypatch.setattr(commands, "Effort", partial(Effort, rows=5))
    # The tail, its cone of four; then the bundle's transactions are read once more.
    assert api.answer({"command": "checkConsistency", "tails": [tail]})[0] == 400
    monkeypatch.setattr(commands, "Effort", partial(Effort, rows=9))
    assert api.handle({"command": "checkConsistency", "tails": [tail]})["state"]


def part(index: int, last: int) -> str:
    """A transaction that says it is this one of a bundle."""
    plain = note()[0]
    return rework(plain[:2331] + int_to_trytes(index, 9) + int_to_trytes(last, 9) + plain[2349:])


@pytest.mark.parametrize(("index", "last"), [(0, MAX_BUNDLE), (3, MAX_BUNDLE + 5), (1, 0), (-1, 3), (0, -1), (1, 3**8)])
def test_what_has_no_place_in_any_bundle_is_not_taken_in(node: EmbeddedNode, api: Api, index: int, last: int) -> None:
    with pytest.raises(NodeError, match="index or length"):
        api.handle({"command": "storeTransactions", "trytes": [part(index, last)]})
    assert node.store.count() == 0
    # Parts of a long bundle that is not too long are stored before their tail comes.
    api.handle({"command": "storeTransactions", "trytes": [part(MAX_BUNDLE - 2, MAX_BUNDLE - 1)]})
    assert node.store.count() == 1


def test_the_bundles_that_a_request_completes_are_not_longer_together_than_one_may_be(
    node: EmbeddedNode, api: Api
) -> None:
    tails = [part(0, MAX_BUNDLE - 1), part(0, 0)]
    with pytest.raises(NodeError, match="bundles too long"):
        api.handle({"command": "storeTransactions", "trytes": tails})
    assert node.store.count() == 0


def test_a_bundle_is_followed_no_further_than_its_tail_says(node: EmbeddedNode, api: Api) -> None:
    """Its other parts may say something else; the node must not read on and on for that."""
    bundle = attach(api, payment(100))
    said = Transaction.parse(bundle[0])
    longer = {each.hash: each for each in map(Transaction.parse, bundle)}
    short = Transaction.of(bundle[0][:2340] + int_to_trytes(1, 9) + bundle[0][2349:], said.hash)
    longer[said.hash] = short
    assert len(node.store.bundle_of(said.hash, longer)) == 2


def test_the_same_transaction_many_times_is_hashed_once(
    node: EmbeddedNode, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached = attach(api, note())
    api.handle({"command": "storeTransactions", "trytes": attached * 300})
    assert node.store.count() == 1


def test_no_more_work_is_done_than_is_offered(node: EmbeddedNode) -> None:
    api = Api(node, max_mwm=node.mwm)
    where = {"trunkTransaction": NULL_HASH, "branchTransaction": NULL_HASH, "trytes": note()}
    assert api.handle({"command": "attachToTangle", "minWeightMagnitude": node.mwm, **where})["trytes"]
    with pytest.raises(NodeError, match="Invalid minWeightMagnitude input"):
        api.handle({"command": "attachToTangle", "minWeightMagnitude": node.mwm + 1, **where})


def test_addresses_are_answered_in_the_order_of_the_request(node: EmbeddedNode, api: Api) -> None:
    send(api, payment(100))
    node.issue_milestone()
    target, other = address_of(OTHER_SEED, 0), address_of(OTHER_SEED, 1)
    answer = api.handle({"command": "getBalances", "addresses": [other, target, other, target]})
    assert answer["balances"] == ["0", "100", "0", "100"]

"""A legacy client: plain pyota over HTTP, in a process of its own, without any of our seams.

Arguments: the node's address and the seed that holds the supply. Writes a JSON object with what it saw. pyota computes
everything, but nothing twice.
"""

# pyota has no types, and this file speaks its language only.
# ruff: noqa: ANN001, ANN201, T201
import json
import sys
import time
from types import ModuleType, SimpleNamespace

stand_in = ModuleType("pkg_resources")
stand_in.__dict__["require"] = lambda _name: [SimpleNamespace(version="2.1.0")]
sys.modules["pkg_resources"] = stand_in

import iota  # noqa: E402 - needs the stand-in
from remembering import remember_all  # noqa: E402

MWM = 9
DEPTH = 3
AMOUNT = 1_000
OTHER_SEED = "ANOTHERHOUSE"


def wait_for(api, tail):
    """Return whether a milestone confirms the transaction within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if api.get_inclusion_states([tail], tips=None)["states"] == [True]:
            return True
        time.sleep(0.1)
    return False


def main(uri, seed) -> None:
    treasury = iota.Iota(uri, seed)
    other = iota.Iota(uri, OTHER_SEED)
    seen = {"node": {key: str(value) for key, value in treasury.get_node_info().items()}}

    target = other.get_new_addresses(index=0, count=1, security_level=1, checksum=True)["addresses"][0]
    inputs = treasury.get_inputs(stop=1)
    seen["inputs"] = [[str(each), each.balance, each.key_index] for each in inputs["inputs"]]

    # A transfer with everything found by the client: inputs, and an unused address for the remainder.
    transfer = iota.ProposedTransaction(
        address=target, value=AMOUNT, tag=iota.Tag("LEGACY"), message=iota.TryteString.from_unicode("grüße")
    )
    sent = treasury.send_transfer([transfer], DEPTH, min_weight_magnitude=MWM)["bundle"]
    tail = sent.tail_transaction.hash
    seen["unconfirmed_consistent"] = treasury.check_consistency([tail])["state"]
    seen["confirmed"] = wait_for(treasury, tail)
    spent, change = sent.transactions[1].address, sent.transactions[-1].address
    seen["change"] = [str(change), sent.transactions[-1].value]
    seen["balances"] = treasury.get_balances([spent, target, change])["balances"]
    seen["spent_from"] = treasury.were_addresses_spent_from([spent, target, change])["states"]

    account = other.get_account_data(inclusion_states=True, security_level=1)
    seen["account"] = {
        "balance": account["balance"],
        "addresses": [str(each) for each in account["addresses"]],
        "bundles": [[str(each.hash), each.is_confirmed] for each in account["bundles"]],
    }
    transfers = iota.Iota(uri, seed).get_transfers(stop=1, inclusion_states=True)["bundles"]
    seen["transfers"] = sorted(str(each.hash) for each in transfers)
    bundle = treasury.get_bundles(tail)["bundles"][0]
    seen["bundle"] = [str(bundle.hash), bundle.get_messages()[0]]
    seen["sent"] = str(sent.hash)

    for name, criteria in (
        ("tag", {"tags": [iota.Tag("LEGACY")]}),
        ("bundle", {"bundles": [sent.hash]}),
        ("address", {"addresses": [target]}),
    ):
        seen["by_" + name] = [str(each) for each in treasury.find_transactions(**criteria)["hashes"]]
    seen["transactions"] = [str(each.hash) for each in sent]

    seen["latest_inclusion"] = treasury.get_latest_inclusion([tail])["states"][tail]
    objects = treasury.find_transaction_objects(addresses=[target])["transactions"]
    seen["objects"] = [each.value for each in objects]
    seen["fetched"] = [each.value for each in treasury.get_transaction_objects([tail])["transactions"]]
    prepared = treasury.prepare_transfer([iota.ProposedTransaction(address=target, value=0)])["trytes"]
    tips = treasury.get_transactions_to_approve(DEPTH)
    attached = treasury.attach_to_tangle(
        tips["trunkTransaction"], tips["branchTransaction"], prepared, min_weight_magnitude=MWM
    )["trytes"]
    seen["stored"] = len(treasury.broadcast_and_store(attached)["trytes"])
    seen["operators"] = [
        treasury.get_neighbors()["neighbors"],
        treasury.add_neighbors(["udp://127.0.0.1:14600"])["addedNeighbors"],
        treasury.remove_neighbors(["udp://127.0.0.1:14600"])["removedNeighbors"],
        treasury.get_missing_transactions()["hashes"],
        len(treasury.get_tips()["hashes"]) > 0,
        treasury.get_node_api_configuration()["maxRequestsList"],
    ]

    # Promote and attach again; the second attachment must not move tokens.
    seen["reattachable"] = treasury.is_reattachable([iota.Address(target.address)])["reattachable"]
    promoted = treasury.promote_transaction(tail, DEPTH, min_weight_magnitude=MWM)["bundle"]
    seen["promoted"] = [str(promoted[0].trunk_transaction_hash), str(promoted[0].branch_transaction_hash)]
    replayed = treasury.replay_bundle(tail, DEPTH, min_weight_magnitude=MWM)["trytes"]
    seen["replayed"] = sorted({str(each)[2349:2430] for each in replayed})
    wait_for(treasury, promoted[0].hash)
    seen["balance_after_replay"] = treasury.get_balances([target])["balances"]
    seen["tail"] = str(tail)
    print(json.dumps(seen))


if __name__ == "__main__":
    assert "ccurl" not in sys.modules
    remember_all()
    main(sys.argv[1], sys.argv[2])

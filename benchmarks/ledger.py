"""The ledger's arithmetic against plain pyota, side by side in one run.

Usage: scripts/bench ledger [--json] [--ccurl-python PATH]

Seconds are processor time, the least of a few repetitions, so that a busy machine does not favour either side. pyota
runs in a process of its own without our seams; ours must give the same results, or the benchmark fails. pyota has no
hashing in batches and no proof of work without a C extension: there its single hash, and one of its transforms per
nonce, are what ours is compared with. All figures are of one core.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from custom_components.tangle_grid.ledger.node.bundle import find_fault
from custom_components.tangle_grid.ledger.node.transaction import Transaction
from custom_components.tangle_grid.ledger.pyota.library import BundlePlan, TransferInput, prepare
from custom_components.tangle_grid.ledger.trinary import (
    ALPHABET,
    HASH_TRYTES,
    TRANSACTION_TRYTES,
    WorkCancelledError,
    address_of,
    curl_hash,
    curl_hashes,
    int_to_trytes,
    normalize,
    trytes_to_int,
    with_nonce,
)
from custom_components.tangle_grid.ledger.trinary.signing import key_hashes, sign_fragment

GOALS: Final = {
    "tx_hash": 60,
    "batch_hash": 800,
    "pow_numpy": 1_000,
    "pow_plain": 200,
    "address": 60,
    "sign": 40,
    "validate": 30,
}
_REST_S: Final = 0.5
_TIMES: Final = 40
_RESTS: Final = 7
_BATCH: Final = 2_048
_HASHES_OF_A_KEY: Final = 54
_OF_PYOTA: Final = {"batch_hash": "tx_hash", "pow_numpy": "pow", "pow_plain": "pow"}


class _Countdown:
    """Stops a proof of work after some batches; stands in for a `threading.Event`."""

    def __init__(self, batches: int) -> None:
        self._left = batches

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


def best_of(times: int, call: Callable[[], Any], *, rests: int = 0) -> tuple[float, Any]:
    """Return the least seconds of processor time that the call took, and its result.

    A call that is over in a moment is tried at several moments, with rests between them: a machine that is shared can
    be twice as slow for a second or two.
    """
    best, result = float("inf"), None
    for number in range(times):
        if rests and number and number % -(-times // (rests + 1)) == 0:
            time.sleep(_REST_S)
        started = time.process_time()
        result = call()
        best = min(best, time.process_time() - started)
    return best, result


def make_samples() -> dict[str, Any]:
    """Make what both sides work on: a transaction, a seed, a signed bundle."""
    chance = random.Random(11)  # noqa: S311 - samples, not keys

    def some(length: int) -> str:
        return "".join(chance.choices(ALPHABET, k=length))

    seed, index = some(HASH_TRYTES), 7
    address = address_of(seed, index)
    plan = BundlePlan(
        outputs=((some(HASH_TRYTES - 1) + "9", 3), (some(HASH_TRYTES - 1) + "9", 97)),
        inputs=(TransferInput(address=address, balance_i=100, key_index=index),),
        tag="BENCHMARK",
        text='{"of":"a payment"}',
        timestamp=1_700_000_000,
    )
    prepared = prepare(plan, seed)
    return {
        "transaction": some(TRANSACTION_TRYTES),
        "seed": seed,
        "index": index,
        "bundle": prepared.trytes,
        "bundle_hash": prepared.bundle,
    }


def ask_pyota(python: str, samples: dict[str, Any]) -> dict[str, Any]:
    """Run the same with pyota in another interpreter."""
    worker = Path(__file__).with_name("_plain_pyota.py")
    done = subprocess.run(  # noqa: S603 - the interpreter is ours, or the one that the caller named
        [python, str(worker)], input=json.dumps(samples), stdout=subprocess.PIPE, text=True, check=True, timeout=120
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def seconds_per_nonce(trytes: str, *, use_numpy: bool) -> float:
    """Return what one nonce costs, the work before the first of them left out."""

    def search(batches: int) -> float:
        def run() -> None:
            with suppress(WorkCancelledError):
                with_nonce(trytes, 200, _Countdown(batches), use_numpy=use_numpy)  # type: ignore[arg-type]

        return best_of(3, run)[0]

    few, many = (2, 42) if use_numpy else (1, 5)
    lanes = 2_048 if use_numpy else 3**8
    return (search(many) - search(few)) / ((many - few) * lanes)


def signature(key: list[int], bundle_hash: str) -> str:
    normalized = normalize(bundle_hash)[:_HASHES_OF_A_KEY]
    return "".join(int_to_trytes(number, HASH_TRYTES) for number in sign_fragment(key, normalized))


def measure_ours(samples: dict[str, Any]) -> dict[str, tuple[float, Any]]:
    """Return seconds and result of each measure."""
    transaction, seed, index = samples["transaction"], samples["seed"], samples["index"]
    found = {"tx_hash": best_of(_TIMES, lambda: curl_hash(transaction), rests=_RESTS)}
    batch = [transaction[:-4] + int_to_trytes(number, 4) for number in range(_BATCH)]
    seconds, hashes = best_of(2, lambda: curl_hashes(batch))
    if hashes[:3] != [curl_hash(each) for each in batch[:3]]:
        raise SystemExit("hashing in batches gives other hashes")
    found["batch_hash"] = (seconds / _BATCH, None)
    found["pow_numpy"] = (seconds_per_nonce(transaction, use_numpy=True), None)
    found["pow_plain"] = (seconds_per_nonce(transaction, use_numpy=False), None)
    found["address"] = best_of(_TIMES, lambda: address_of(seed, index), rests=_RESTS)
    key_trytes = [int_to_trytes(number, HASH_TRYTES) for number in key_hashes(trytes_to_int(seed), index)]
    found["sign"] = best_of(
        _TIMES, lambda: signature([trytes_to_int(each) for each in key_trytes], samples["bundle_hash"]), rests=_RESTS
    )
    bundle = sorted((Transaction.parse(each) for each in samples["bundle"]), key=lambda each: each.index)
    linked = _link(bundle)
    found["validate"] = best_of(_TIMES, lambda: find_fault(linked) is None, rests=_RESTS)
    return found


def _link(bundle: list[Transaction]) -> list[Transaction]:
    """Chain the bundle's transactions by their trunks, as attaching it would: the node also checks that."""
    linked: list[Transaction] = []
    for transaction in reversed(bundle):
        trunk = linked[-1].hash if linked else transaction.trunk
        linked.append(Transaction.parse(transaction.trytes[:2430] + trunk + transaction.trytes[2511:]))
    return linked[::-1]


def compare(ccurl_python: str | None = None) -> dict[str, dict[str, float]]:
    """Measure everything on both sides, and with the C extension where an interpreter with it is given."""
    samples = make_samples()
    ours = measure_ours(samples)
    theirs = ask_pyota(sys.executable, samples)
    compiled = ask_pyota(ccurl_python, samples) if ccurl_python else {}
    report: dict[str, dict[str, float]] = {}
    for name, (seconds, result) in ours.items():
        pyota_seconds, pyota_result = theirs[_OF_PYOTA.get(name, name)]
        if result is not None and result != pyota_result:
            raise SystemExit(f"{name}: ours and pyota's results differ")
        report[name] = {"ours_s": seconds, "pyota_s": pyota_seconds, "ratio": pyota_seconds / seconds}
        if _OF_PYOTA.get(name, name) in compiled:
            report[name]["ccurl_s"] = compiled[_OF_PYOTA.get(name, name)][0]
    return report


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench ledger", description="The ledger's arithmetic against pyota's")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--ccurl-python", metavar="PATH", help="an interpreter with pyota and pyota-ccurl")
    arguments = parser.parse_args()
    report = compare(arguments.ccurl_python)
    if arguments.json:
        print(json.dumps(report, indent=2))
        return
    print(f"{'':12}{'ours':>14}{'pyota':>14}{'with ccurl':>14}{'ratio':>10}{'goal':>8}")
    for name, row in report.items():
        compiled = f"{row['ccurl_s'] * 1e6:11.1f} us" if "ccurl_s" in row else ""
        print(
            f"{name:12}{row['ours_s'] * 1e6:11.1f} us{row['pyota_s'] * 1e6:11.1f} us{compiled:>14}"
            f"{row['ratio']:9.0f}x{GOALS[name]:7d}x"
        )


if __name__ == "__main__":
    main()

"""How many transactions the node takes a second, empty and full: proof of work checked, every batch safe on the disk.

Usage: scripts/bench throughput [--json] [--quick] [--at 0,100000,1000000] [--batch N] [--batches N] [--rounds N]
    [--data DIR]

What is measured is `EmbeddedNode.take_in`, the way of every transaction into the Tangle: trytes are read and hashed,
their proof of work, bundle and parents are checked, and the batch is committed with SQLite's `synchronous=FULL` in
WAL mode, which waits for the disk. The transactions are real: messages of a few hundred bytes at many addresses, each a
bundle of its own with its own proof of work (magnitude 5, which costs the node as much to check as any other), prepared
beforehand. They come in batches, one chain of transactions each, as a busy client would send them. After every few
batches a milestone confirms them; figures with and without its cost are given.

At each level the same transactions are taken in by a copy of the same file, several times over and level by level in
turn; the figures are medians. The copy leaves the file in the system's cache, as a running node's own file is.

Up to the wanted number the Tangle is filled with made-up transactions, written by the store's own insert: same rows,
same indexes, random hashes, no proof of work. Memory is that of the whole process.
"""

import argparse
import json
import os
import random
import resource
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import batched
from pathlib import Path
from statistics import median
from typing import Any, Final

from custom_components.tangle_grid.ledger.node import NULL_HASH, EmbeddedNode, Transaction
from custom_components.tangle_grid.ledger.node.store import NewRow, Stored, pack
from custom_components.tangle_grid.ledger.node.transaction import attach, compose
from custom_components.tangle_grid.ledger.trinary import ALPHABET, address_of, text_to_trytes, with_nonce
from custom_components.tangle_grid.protocol import SigningKey

GOAL_PER_S: Final = 2_000
GOAL_SLOWER: Final = 0.2
MWM: Final = 5
_FILLED_AT_ONCE: Final = 10_000
_MODELS: Final = 200
_PARTICIPANTS: Final = 1_000
_PER_MILESTONE: Final = 4
_SEED: Final = "BENCHMARK" + "9" * 72


def trytes(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(ALPHABET, k=count))


def message(number: int, chance: random.Random) -> str:
    """Return a message as participants write them, not attached yet."""
    reading = {"id": f"{chance.getrandbits(128):032x}", "n": number, "w": [chance.randrange(9_000) for _ in range(3)]}
    text = json.dumps({"kind": "meter", "body": reading, "signature": f"{chance.getrandbits(512):0128x}"})
    address = random.Random(chance.randrange(_PARTICIPANTS))  # noqa: S311 - a sample, not a key
    return compose(
        address=trytes(address, 81), fragment=text_to_trytes(text), tag="TGMETER", timestamp=1_700_000_000 + number
    )


def prepare_chain(count: int, number: int) -> list[str]:
    """Prepare a batch: a chain of messages with proof of work, which begins at the genesis."""
    chance = random.Random(secrets.randbits(64))  # noqa: S311 - a sample, not a key
    chain: list[str] = []
    trunk = branch = NULL_HASH
    for at in range(count):
        plain = attach(message(number + at, chance), trunk=trunk, branch=branch, now_ms=1_700_000_000_000 + at)
        chain.append(with_nonce(plain, MWM))
        trunk, branch = Transaction.parse(chain[-1]).hash, trunk
    return chain


def prepare(batches: int, size: int) -> list[list[str]]:
    """Prepare batches on all cores."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(prepare_chain, [size] * batches, [at * size for at in range(batches)]))


def made_up(count: int, first_id: int, models: Sequence[Transaction], bodies: Sequence[bytes]) -> Iterator[NewRow]:
    """Rows of confirmed transactions that nobody ever worked for."""
    chance = random.Random(first_id)  # noqa: S311 - a sample, not a key
    for row_id in range(first_id, first_id + count):
        at = chance.randrange(len(models))
        transaction = replace(models[at], hash=trytes(chance, 81), bundle=trytes(chance, 81))
        yield NewRow(
            transaction=transaction,
            id=row_id,
            trunk=max(row_id - 1, 0),
            branch=max(row_id - 1 - chance.randrange(5), 0),
            root=0,
            data=bodies[at],
        )


def fill(node: EmbeddedNode, target: int) -> None:
    """Write made-up transactions until there are so many, and confirm them."""
    chance = random.Random(1)  # noqa: S311 - a sample, not a key
    models = [Transaction.parse(message(at, chance), "9" * 81) for at in range(_MODELS)]
    bodies = [pack(model) for model in models]
    store = node.store
    while store.count() < target:
        first = store.next_id()
        count = min(_FILLED_AT_ONCE, target - store.count())
        with store.database.transaction():
            rows = list(made_up(count, first, models, bodies))
            store.insert(rows)
            number = store.latest_milestone()[0] + 1
            seen = [Stored(id=row.id, hash=row.transaction.hash, position=0, value=0) for row in rows]
            store.set_milestone(number, seen, {}, time.time())


def rss_mb() -> float:
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(node: EmbeddedNode, batches: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Take all batches in; return rates, times of single batches, and memory."""
    times: list[float] = []
    confirming = 0.0
    confirmed = 0
    work = time.process_time()
    for group in batched(batches, _PER_MILESTONE, strict=False):
        for batch in group:
            started = time.perf_counter()
            if len(node.take_in(batch)) != len(batch):
                raise SystemExit("a transaction was not taken")
            times.append(time.perf_counter() - started)
        started = time.perf_counter()
        while (confirmation := node.issue_milestone()) is not None:
            confirmed += confirmation.transactions - 1
        confirming += time.perf_counter() - started
    work = time.process_time() - work
    count = sum(map(len, batches))
    if confirmed != count or not node.supply_ok:
        raise SystemExit("not everything was confirmed")
    return {
        "transactions": count,
        "accepted_per_s": count / sum(times),
        "median_per_s": len(batches[0]) / median(times),
        "best_per_s": len(batches[0]) / min(times),
        "confirmed_per_s": count / (sum(times) + confirming),
        "cpu_us": work / count * 1e6,
        "rss_mb": rss_mb(),
    }


def open_node(file: Path, key: SigningKey) -> EmbeddedNode:
    return EmbeddedNode(file, island_id="0" * 32, key=key, genesis_address=address_of(_SEED, 0), mwm=MWM)


def grow(folder: Path, levels: Sequence[int], key: SigningKey) -> list[Path]:
    """Fill a Tangle; return copies of its file at each level."""
    file = folder / "growing.sqlite"
    copies = []
    for level in levels:
        node = open_node(file, key)
        fill(node, level)
        node.close()
        copies.append(folder / f"{level}.sqlite")
        shutil.copyfile(file, copies[-1])
    file.unlink()
    return copies


def measure_copy(grown: Path, key: SigningKey, batches: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Measure on a copy, so that every measurement begins with the same file and takes the same transactions in."""
    file = grown.with_name("measured.sqlite")
    shutil.copyfile(grown, file)
    started = time.perf_counter()
    node = open_node(file, key)
    row = {"stored": node.store.count(), "open_s": time.perf_counter() - started, "bytes": grown.stat().st_size}
    row |= measure(node, batches)
    node.close()
    file.unlink()
    return row


def middle(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the medians of several measurements at one level."""
    return {name: median(row[name] for row in rows) for name in rows[0]}


def run(folder: Path, levels: Sequence[int], *, batches: int, size: int, rounds: int) -> dict[str, Any]:
    """Measure at each level in turn, several times over, so that whatever else the machine does falls on all."""
    started = time.perf_counter()
    prepared = prepare(batches, size)
    preparing = time.perf_counter() - started
    key = SigningKey.generate()
    grown = grow(folder, levels, key)
    found = [[measure_copy(file, key, prepared) for file in grown] for _ in range(rounds)]
    rows = [middle([each[place] for each in found]) for place in range(len(levels))]
    return {
        "mwm": MWM,
        "batch": size,
        "rounds": rounds,
        "synchronous": "FULL",
        "levels": rows,
        "slower": 1 - rows[-1]["accepted_per_s"] / rows[0]["accepted_per_s"],
        "slower_cpu": rows[-1]["cpu_us"] / rows[0]["cpu_us"] - 1,
        "max_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "preparing_s": preparing,
        "seconds": time.perf_counter() - started,
    }


def report(result: dict[str, Any]) -> None:
    print(f"batches of {result['batch']}, magnitude {result['mwm']}, every batch committed with synchronous=FULL")
    names = f"{'stored':>9} {'accepted/s':>11} {'median':>8} {'best':>8} {'confirmed/s':>12} {'CPU us':>7}"
    print(f"{names} {'open s':>7} {'MB':>6} {'RSS MB':>7}")
    for row in result["levels"]:
        print(
            f"{row['stored']:>9} {row['accepted_per_s']:>11.0f} {row['median_per_s']:>8.0f} {row['best_per_s']:>8.0f}"
            f" {row['confirmed_per_s']:>12.0f} {row['cpu_us']:>7.0f} {row['open_s']:>7.2f} {row['bytes'] / 1e6:>6.0f}"
            f" {row['rss_mb']:>7.0f}"
        )
    print(
        f"slower at the end: {result['slower']:.0%} on the clock, {result['slower_cpu']:.0%} in processor time"
        f" (goal: at most {GOAL_SLOWER:.0%}); goal {GOAL_PER_S} accepted/s;"
        f" largest memory {result['max_rss_mb']:.0f} MB"
    )
    print(f"{result['seconds']:.0f} s in all, {result['preparing_s']:.0f} s of it proof of work beforehand")


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench throughput", description="Transactions taken in a second")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="a smoke test of some seconds: its figures mean little")
    parser.add_argument("--at", default="0,100000,1000000", metavar="N,N", help="stored transactions to measure at")
    parser.add_argument("--batch", type=int, default=1_000, metavar="N", help="transactions in a batch (default 1000)")
    parser.add_argument("--batches", type=int, default=4, metavar="N", help="batches at each level (default 4)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="measurements at each level (default 3)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="an empty folder to keep the Tangle in")
    arguments = parser.parse_args()
    try:
        levels = sorted({int(each) for each in arguments.at.split(",")})
    except ValueError:
        parser.error("--at takes numbers with commas")
    if levels[0] < 0 or arguments.batch < 1 or arguments.batches < 1 or arguments.rounds < 1:
        parser.error("numbers above 0")
    wanted = {"batches": arguments.batches, "size": arguments.batch, "rounds": arguments.rounds}
    if arguments.quick:
        levels, wanted = [0, 5_000], {"batches": 2, "size": 100, "rounds": 1}
    if arguments.data is None:
        with tempfile.TemporaryDirectory() as folder:
            result = run(Path(folder), levels, **wanted)
    else:
        arguments.data.mkdir(parents=True, exist_ok=True)
        result = run(arguments.data, levels, **wanted)
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        report(result)


if __name__ == "__main__":
    main()

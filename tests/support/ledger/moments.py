"""A ledger that works, and copies of its files at many moments; then ledgers that open with any of them, in any mix."""

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from custom_components.tangle_grid.ledger import SUPPLY, TREASURY, Mishap, PaymentOrder, PaymentState, Secrets
from custom_components.tangle_grid.ledger.base.errors import LedgerError
from custom_components.tangle_grid.ledger.core import LedgerCore
from custom_components.tangle_grid.ledger.pyota.library import BundlePlan
from custom_components.tangle_grid.ledger.restore.history import History
from custom_components.tangle_grid.ledger.store import log_keeper
from custom_components.tangle_grid.ledger.store.file_marks import log_of
from custom_components.tangle_grid.ledger.store.log_keeper import LogKeeper
from tests.ledger.conftest import ISLAND

WALLETS, TANGLE = "wallet.sqlite", "tangle.sqlite"

type File = tuple[bytes, bytes | None]


def open_core(folder: Path, secrets: Secrets, **options: Any) -> LedgerCore:
    settings: dict[str, Any] = {"island_id": ISLAND, "secrets": secrets, "clock": Clock(), "mwm": 1, **options}
    return LedgerCore(folder, milestone_interval_s=0.0, **settings)


class Clock:
    """Time that goes on by itself, the same in each run."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


def settle(core: LedgerCore, *, at_most: int = 2_000) -> None:
    """Let the ledger do all that it has to do."""
    for _ in range(at_most):
        progress = core.steps.advance()
        if not progress.busy and core.is_drained():
            return
    raise AssertionError(f"there is no end to it: {core.orders.queue(5, core.steps.retries.due_in)}")


@dataclass(slots=True)
class Moment:
    """The files as they lay there, and what had been ordered so far: the grid has what it owed on disk, paid or not."""

    wallets: File
    tangle: File
    ordered: list[PaymentOrder]


@dataclass(slots=True)
class Recording:
    """One life of a ledger."""

    secrets: Secrets
    moments: list[Moment] = field(default_factory=list)
    orders: dict[str, PaymentOrder] = field(default_factory=dict)


def _file(path: Path) -> File:
    log = log_of(path)
    return path.read_bytes(), log.read_bytes() if log.exists() else None


@contextmanager
def after_each_commit(do: Any) -> Iterator[None]:
    original = LogKeeper.look

    def look(self: LogKeeper) -> None:
        do()
        original(self)

    LogKeeper.look = look  # type: ignore[method-assign]
    try:
        yield
    finally:
        LogKeeper.look = original  # type: ignore[method-assign]


def record(folder: Path, secrets: Secrets, seed: int, *, orders: int = 14, kept: float = 0.25) -> Recording:
    """Let a ledger pay, publish, and start anew now and then; copy its files after many of its commits."""
    rng = random.Random(seed)  # noqa: S311 - moments, not keys
    recording = Recording(secrets=secrets)
    given = recording.orders
    full, log_keeper._FULL_BYTES = log_keeper._FULL_BYTES, 120_000

    def copy(*, always: bool = False) -> None:
        if (folder / WALLETS).exists() and (always or rng.random() < kept):
            recording.moments.append(Moment(_file(folder / WALLETS), _file(folder / TANGLE), list(given.values())))

    try:
        with after_each_commit(copy):
            core = open_core(folder, secrets)
            for number in range(orders):
                source, target = rng.choice([(TREASURY, "car"), (TREASURY, "home"), (TREASURY, "car"), ("car", "home")])
                order = PaymentOrder(
                    payment_id=f"{seed}-{number}", source=source, target=target, amount_i=rng.randrange(1, 50)
                )
                try:
                    core.orders.pay(order)
                except LedgerError:
                    continue
                given[order.payment_id] = order
                if rng.random() < 0.3:
                    core.publisher.publish("meter", {"n": number})
                if rng.random() < 0.3:
                    core.publisher.publish("answer", {"participant": "car", "n": number}, "car")
                for _ in range(rng.randrange(12)):
                    core.steps.advance()
                if rng.random() < 0.15:
                    core.close()
                    copy(always=True)
                    core = open_core(folder, secrets)
            settle(core)
            copy(always=True)
            core.close()
            copy(always=True)
    finally:
        log_keeper._FULL_BYTES = full
    return recording


def put(folder: Path, name: str, file: File | None, *, log: bool = True) -> None:
    if file is None:
        return
    folder.mkdir(exist_ok=True, parents=True)
    (folder / name).write_bytes(file[0])
    if log and file[1] is not None:
        log_of(folder / name).write_bytes(file[1])


def _known(folder: Path, name: str, query: str) -> set[str]:
    """Ask a file that lies there, without the code that is tried here."""
    copied = folder / "look"
    copied.mkdir()
    for file in (folder / name, log_of(folder / name)):
        if file.exists():
            (copied / file.name).write_bytes(file.read_bytes())
    with closing(sqlite3.connect(copied / name)) as connection:
        found = {row[0] for row in connection.execute(query)}
    shutil.rmtree(copied)
    return found


def disagreement(folder: Path) -> set[Mishap]:
    """Return what has to be told of files that lie there."""
    wallets = _known(folder, WALLETS, "SELECT bundle FROM transfer WHERE bundle IS NOT NULL")
    booked = _known(folder, WALLETS, "SELECT bundle FROM transfer WHERE state = 'confirmed'")
    tangle = _known(folder, TANGLE, "SELECT bundle FROM tx WHERE tag = 'TGPAYMENT' AND value < 0")
    applied = _known(folder, TANGLE, "SELECT bundle FROM applied")
    found = {Mishap.WALLETS_OLDER} if tangle - wallets else set()
    return found | ({Mishap.TANGLE_OLDER} if booked - applied else set())


def signed(core: LedgerCore) -> set[tuple[str, str]]:
    """Return which addresses signed which bundles, as the files know: those on the Tangle, and those that wait."""
    rows = core.backend.node.store.database.rows("SELECT address, bundle FROM tx WHERE value < 0")  # type: ignore[attr-defined]
    found = {(row[0], row[1]) for row in rows}
    database = core._database
    rows = database.rows("SELECT bundle, plan FROM transfer WHERE bundle IS NOT NULL AND plan IS NOT NULL")
    for bundle, plan in rows:
        found |= {(spent.address, bundle) for spent in BundlePlan.from_text(plan).inputs}
    return found


def made(core: LedgerCore) -> Counter[str]:
    """Return how often each payment was made on the Tangle."""
    history = History(core.backend, island_id=ISLAND, root=core._public_key, opens=core.privacy.opens)
    count: Counter[str] = Counter()
    booked = core.backend.node.store.balances.applied()  # type: ignore[attr-defined]
    for tail in history.strange_bundles(set()):
        found = history.own_bundle(tail, core.accounts.book.owner)
        if found is not None and found.bundle in booked:
            count.update(each.payment_id for each in found.payments)
    return count


def assert_sound(
    core: LedgerCore, orders: dict[str, PaymentOrder], known: set[str], *, begun_anew: bool = False
) -> None:
    """All that is known was paid exactly once, nobody has lost anything, and all that there is belongs to somebody.

    On a Tangle that was `begun_anew` stands what was made since; before, the wallets say what was.
    """
    states = core.accounts.states()
    assert sum(each.balance_i for each in states.values()) == SUPPLY
    assert core.health().supply_ok
    count = made(core)
    assert max(count.values(), default=1) == 1, count
    confirmed = {each.payment_id for each in core.orders.newest(1_000) if each.state is PaymentState.CONFIRMED}
    assert count.keys() <= confirmed
    if begun_anew:
        count = Counter(confirmed)
    assert known <= count.keys(), known - count.keys()
    for wallet_id in ("car", "home"):
        expected = sum(
            order.amount_i * ((order.target == wallet_id) - (order.source == wallet_id))
            for payment_id, order in orders.items()
            if payment_id in count
        )
        assert states[wallet_id].balance_i == expected, (wallet_id, states[wallet_id], expected, count)
        assert states[wallet_id].earned_i - states[wallet_id].spent_i == expected, (wallet_id, states[wallet_id])

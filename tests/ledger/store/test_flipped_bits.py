"""A bit that changed in a file of the ledger: whatever it is, the ledger says so in its own words, or is not moved."""

import random
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import (
    SUPPLY,
    TREASURY,
    LedgerError,
    LedgerFault,
    Secrets,
)
from custom_components.tangle_grid.ledger.backends.backend import EmbeddedBackend
from custom_components.tangle_grid.ledger.base.stored_values import from_json, number, time, understood, unpacked
from custom_components.tangle_grid.ledger.core import LedgerCore
from custom_components.tangle_grid.ledger.node import Api
from custom_components.tangle_grid.ledger.payments.pipeline import refused_as_unavailable
from custom_components.tangle_grid.ledger.pyota.library import BundlePlan, TransferInput
from custom_components.tangle_grid.ledger.trinary import address_of
from tests.support.ledger.work import folder, open_core, order, work

__all__ = ["folder"]

_FLIPS = 25
FILES = ("wallet.sqlite", "tangle.sqlite")


def everything(core: LedgerCore, secrets: Secrets) -> list[Callable[[], object]]:
    """Return all that may be asked of a ledger."""
    assert isinstance(core.backend, EmbeddedBackend)
    api = Api(core.backend.node)

    def ask_node() -> None:
        tags = ["TGPAYMENT", "TGKEY", "TGANSWER", "TGMETER"]
        hashes = api.handle({"command": "findTransactions", "tags": tags})["hashes"]
        for command, name in (("getTrytes", "hashes"), ("getInclusionStates", "transactions")):
            api.answer({"command": command, name: hashes})
        for each in hashes:
            api.answer({"command": "checkConsistency", "tails": [each]})
        addresses = [address_of(secrets.seeds["car"], index) for index in range(3)]
        for command in ("getBalances", "wereAddressesSpentFrom"):
            api.answer({"command": command, "addresses": addresses})
        for command in ("getTransactionsToApprove", "getNodeInfo", "getTips"):
            api.answer({"command": command})

    return [
        core.accounts.states,
        core.rules.all,
        lambda: core.orders.newest(100),
        lambda: core.orders.queue(100, core.steps.retries.due_in),
        lambda: core.chronicle.messages(kind=None, limit=50),
        core.health,
        core.members.members,
        core.members.registry,
        lambda: core.verify("a", None),
        lambda: core.orders.pay(order("z", TREASURY, "car", 5)),
        lambda: core.orders.pay(order("b", "car", "home", 10)),
        lambda: core.publisher.publish("answer", {"request_id": "r3", "participant": "car", "accepted": True}, "car"),
        lambda: [core.chronicle.transaction(each.tail) for each in core.orders.newest(100) if each.tail],
        core.is_drained,
        ask_node,
        lambda: work(core, 40),
        core.accounts.states,
        lambda: core.orders.newest(100),
    ]


def use(folder: Path, secrets: Secrets) -> int:
    """Use a ledger in every way; return how often it said that it cannot. Nothing else may be raised."""
    try:
        core = open_core(folder, secrets)
    except LedgerError as error:
        return int(error.key == "ledger_unavailable" and bool(error.placeholders["error"]))
    said = 0
    try:
        for ask in everything(core, secrets):
            try:
                refused_as_unavailable(ask)
            except LedgerError:
                said += 1
        # Whatever else is wrong, no token is made or lost.
        with_supply = core.backend.node.store.balances if isinstance(core.backend, EmbeddedBackend) else None
        assert with_supply is not None
        try:
            assert with_supply.supply() == SUPPLY or not core.backend.supply_ok or said
        except LedgerError:
            said += 1
    finally:
        core.close()
    return said


def flipped(data: bytes, rng: random.Random) -> bytes:
    """Change one bit, as a rule where something stands."""
    changed = bytearray(data)
    while True:
        place = rng.randrange(len(changed))
        if changed[place] or rng.random() < 0.05:
            break
    changed[place] ^= 1 << rng.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("seed", [1, *(pytest.param(each, marks=pytest.mark.long) for each in range(2, 30))])
def test_one_bit_anywhere(folder: Path, island_secrets: Secrets, tmp_path: Path, name: str, seed: int) -> None:
    rng = random.Random(f"{name}{seed}")  # noqa: S311 - a sample, not a key
    good = (folder / name).read_bytes()
    noticed = 0
    for number_ in range(_FLIPS):
        copy = tmp_path / str(number_)
        shutil.copytree(folder, copy)
        (copy / name).write_bytes(flipped(good, rng))
        noticed += bool(use(copy, island_secrets))
        shutil.rmtree(copy)
    # As a rule it is noticed: most of what stands in the files decides about something.
    assert noticed > _FLIPS // 4


def test_the_good_files_are_not_complained_of(folder: Path, island_secrets: Secrets, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    assert use(tmp_path / "copy", island_secrets) == 0


# Rows, one value at a time: what SQLite itself finds nothing wrong with.

WRONG: dict[str, tuple[str, ...]] = {
    "UPDATE payment SET memo = '{' WHERE payment_id = 'b'": ("payment",),
    "UPDATE payment SET memo = '[]' WHERE payment_id = 'b'": ("payment",),
    'UPDATE payment SET memo = \'{"n": ' + "9" * 400 + "}' WHERE payment_id = 'b'": ("payment",),
    "UPDATE payment SET amount = 9000000000000000000 WHERE payment_id = 'b'": ("payment",),
    "UPDATE payment SET created_at = 'x' WHERE payment_id = 'b'": ("payment",),
    "UPDATE payment SET tail = 'short' WHERE payment_id = 'a'": ("payment",),
    "UPDATE payment SET target = 'Y' || substr(target, 2) WHERE payment_id = 'd'": ("payment",),
    "UPDATE transfer SET plan = replace(plan, '500', '501') WHERE state = 'planned'": ("transfer",),
    "UPDATE transfer SET plan = replace(plan, 'key_index\": ', 'key_index\": 1') WHERE state = 'prepared'": (
        "transfer",
    ),
    "UPDATE transfer SET plan = '{}' WHERE state = 'planned'": ("transfer",),
    "UPDATE transfer SET trytes = x'00' WHERE state = 'prepared'": ("transfer",),
    "UPDATE transfer SET trytes = NULL, bundle = 'x', plan = 'null' WHERE state = 'prepared'": ("transfer",),
    "UPDATE message SET body = 'nothing'": ("message",),
    "UPDATE message SET epoch = 'x', kind = x'ff'": ("message",),
    "UPDATE wallet SET receive_index = 77 WHERE wallet_id = 'car'": ("wallet",),
    "UPDATE wallet SET next_index = 'x' WHERE wallet_id = 'treasury'": ("wallet",),
    "UPDATE wallet SET earned = 'x' WHERE wallet_id = 'car'": ("wallet",),
    "UPDATE address SET trytes = 'x' || substr(trytes, 2) WHERE state = 'open' AND wallet_id = 'car'": ("address",),
    "UPDATE policy SET per_day = 'x'": ("limit",),
    "UPDATE policy SET owner_address = 'B' || substr(owner_address, 2) WHERE wallet_id = 'home'": ("owner",),
    "UPDATE key_notice SET body = '{\"participant\": 5}'": ("key",),
    "UPDATE member SET epoch = -1": ("key",),
    "UPDATE sender SET sequence = 'x'": ("number",),
}


@pytest.mark.parametrize("statement", WRONG, ids=range(len(WRONG)))
def test_a_value_that_makes_no_sense_is_named(
    folder: Path, island_secrets: Secrets, tmp_path: Path, statement: str
) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    core = open_core(tmp_path / "copy", island_secrets)
    core._database.run("PRAGMA foreign_keys=OFF")
    core._database.run(statement)
    core.members._known = None
    said: list[LedgerError] = []
    for ask in everything(core, island_secrets):
        try:
            refused_as_unavailable(ask)
        except LedgerError as error:
            said.append(error)
    core.close()
    texts = [str(each.placeholders.get("error", "")) for each in said if each.fault is LedgerFault.CORRUPT]
    assert texts, said
    assert any(word in text for word in WRONG[statement] for text in texts), texts
    assert all(text.startswith("what is stored cannot be understood: ") for text in texts)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tx SET hash = 'x', milestone = NULL WHERE position = 0",
        "UPDATE tx SET trunk = 'x'",
        "UPDATE tx SET value = 'x', signed = 1",
        "UPDATE body SET data = x'789c'",
        "UPDATE body SET data = zeroblob(9)",
        "UPDATE milestone SET hash = 'x'",
        "UPDATE account SET balance = 9000000000000000000 WHERE balance > 0",
        "UPDATE meta SET value = 'x' WHERE name = 'pruned'",
    ],
    ids=range(8),
)
def test_a_value_of_the_tangle_that_makes_no_sense_is_named(
    folder: Path, island_secrets: Secrets, tmp_path: Path, statement: str
) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    core = open_core(tmp_path / "copy", island_secrets)
    assert isinstance(core.backend, EmbeddedBackend)
    store = core.backend.node.store
    store.set_meta("pruned", "0")
    store.database.run(statement)
    faults = set()
    for ask in everything(core, island_secrets):
        try:
            refused_as_unavailable(ask)
        except LedgerError as error:
            faults.add(error.fault)
    # A node that gives something else than was asked for is named so; most of it is damage of the file.
    assert faults or "trunk" in statement
    assert faults <= {LedgerFault.CORRUPT, LedgerFault.NODE_WRONG_ANSWER, None}
    core.close()


def test_a_plan_is_what_was_stored_to_the_last_bit() -> None:
    plan = BundlePlan(
        outputs=((address_of("A", 0), 5), (address_of("B", 0), 95)),
        inputs=(TransferInput(address=address_of("C", 0), balance_i=100, key_index=3),),
        tag="T",
        text="grüße",
        timestamp=7,
    )
    stored = plan.to_text()
    assert BundlePlan.from_text(stored) == plan
    for place in range(len(stored)):
        changed = stored[:place] + chr(ord(stored[place]) ^ 1) + stored[place + 1 :]
        with pytest.raises((ValueError, LookupError, TypeError)):
            BundlePlan.from_text(changed)
    # As it was stored before there were checksums.
    without = stored[: stored.rindex(', "crc"')] + "}"
    assert BundlePlan.from_text(without) == plan


def test_what_is_stored_has_bounds() -> None:
    assert from_json("[1, 2.5]") == [1, 2.5]
    for wrong in ("9" * 400, "[" * 100_000, "x", None, b"1"):
        with pytest.raises((ValueError, RecursionError)):
            from_json(wrong)
    for value in (True, 1.0, "1", None, -1, 2**63):
        with pytest.raises(ValueError, match="number"):
            number(value)
    for value in (True, "1", float("nan"), float("inf"), -1.0, 10**400):
        with pytest.raises(ValueError, match="time"):
            time(value)
    assert unpacked(zlib.compress(b"some")) == "some"
    for data in (b"", "text", zlib.compress(b"some")[:-1], zlib.compress(bytes(65 * 1024 * 1024))):
        with pytest.raises((ValueError, zlib.error)):
            unpacked(data)


@pytest.fixture
def reader() -> Callable[[Any], Any]:
    @understood("a thing")
    def read(row: Any) -> Any:
        if isinstance(row, Exception):
            raise row
        return row[0] / row[1]

    return read


@pytest.mark.parametrize("row", [(), (1,), (1, 0), ("1", 2), None, KeyError("x"), zlib.error("x"), RecursionError()])
def test_whatever_reading_leads_to_is_damage(reader: Callable[[Any], Any], row: Any) -> None:
    assert reader((1, 2)) == 0.5
    with pytest.raises(LedgerError) as caught:
        reader(row)
    assert (caught.value.key, caught.value.fault) == ("ledger_unavailable", LedgerFault.CORRUPT)
    assert caught.value.placeholders == {"error": "what is stored cannot be understood: a thing"}


def test_other_errors_stay_what_they_are(reader: Callable[[Any], Any]) -> None:
    for error in (LedgerError("unknown_wallet"), OSError("disk"), MemoryError()):
        with pytest.raises(type(error)) as caught:
            reader(error)
        assert caught.value is error

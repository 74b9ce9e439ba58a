"""Seeds that come and go: nothing is lost in between, and no address that was spent from is ever used again."""

# Files of a test are small and local.
# ruff: noqa: ASYNC240

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import (
    SUPPLY,
    TREASURY,
    Ledger,
    LedgerError,
    PaymentState,
    Secrets,
    SpendingLimits,
    new_seed,
)
from custom_components.tangle_grid.ledger.payments.accounts import Accounts
from custom_components.tangle_grid.ledger.trinary import address_of, with_checksum
from custom_components.tangle_grid.ledger.wallet import find_used
from tests.ledger.conftest import Opener
from tests.support.ledger.paying import order, pay


class CutOffError(Exception):
    """The process ends here."""


class Store:
    """Keeps secrets as a face does: as JSON, all or nothing; it can fail before or after a write."""

    def __init__(self, secrets: Secrets) -> None:
        self.kept = json.dumps(secrets.to_dict())
        self.writes = 0
        self.fails_at: tuple[int, bool] | None = None

    async def __call__(self, secrets: Secrets) -> None:
        self.writes += 1
        if self.fails_at == (self.writes, False):
            raise CutOffError
        self.kept = json.dumps(secrets.to_dict())
        if self.fails_at == (self.writes, True):
            raise CutOffError

    @property
    def secrets(self) -> Secrets:
        return Secrets.from_dict(json.loads(self.kept))


def assert_signed_once(ledger: Ledger) -> None:
    rows = ledger._core.backend.node.store.database.rows("SELECT DISTINCT address, bundle FROM tx WHERE value < 0")
    assert set(Counter(row[0] for row in rows).values()) == {1}


async def test_a_seed_takes_its_balance_along_and_the_former_one_stays_usable(
    open_ledger: Opener, island_secrets: Secrets
) -> None:
    ledger = await open_ledger()
    store = Store(island_secrets)
    seed = new_seed()
    # The seed was used elsewhere, with gaps: what is on its addresses comes along, what was spent from is not used.
    await pay(ledger, *(order(f"e{at}", 10 + at, target=with_checksum(address_of(seed, at))) for at in (0, 2, 9)))
    old = (await ledger.wallets())["car"].address
    await ledger.rules.set_limits("car", SpendingLimits(per_day_i=1_000))
    await ledger.seeds.replace("car", seed, persist=store)
    wallets = await ledger.wallets()
    assert wallets["car"].balance_i == 10 + 12 + 19
    assert wallets["car"].address == with_checksum(address_of(seed, 10))
    assert await ledger.seeds.export("car") == seed
    assert await ledger.seeds.export("car~1") == island_secrets.seeds["car"]
    assert store.secrets == ledger.seeds.secrets
    assert not store.secrets.imports
    assert await ledger.rules.limits("car") == await ledger.rules.limits("car~1") == SpendingLimits(per_day_i=1_000)
    await pay(ledger, order("out", 30, source="car", target="home"), order("late", 7, target=old))
    await ledger.close()
    ledger = await open_ledger(secrets=store.secrets)
    assert (await ledger.wallets())["car"].balance_i == 11
    assert (await ledger.wallets())["car~1"].balance_i == 7
    await pay(ledger, order("back", 7, source="car~1", target="car"))
    assert (await ledger.wallets())["car"].balance_i == 18
    assert_signed_once(ledger)


async def test_a_seed_goes_away_and_comes_back_and_no_address_is_used_twice(
    open_ledger: Opener, island_secrets: Secrets
) -> None:
    ledger = await open_ledger()
    store = Store(island_secrets)
    first = island_secrets.seeds["car"]
    await pay(ledger, order("in", 30))
    await pay(ledger, order("out1", 10, source="car", target="home"))
    await pay(ledger, order("out2", 20, source="car", target="home"))
    used = (await ledger.wallets())["car"].address
    await ledger.seeds.replace("car", new_seed(), persist=store)
    await pay(ledger, order("in2", 5))
    await pay(ledger, order("out3", 5, source="car", target="home"))
    await ledger.seeds.replace("car", first, persist=store)
    wallets = await ledger.wallets()
    assert set(wallets) == {TREASURY, "car", "home", "car~2"}
    assert (wallets["car"].earned_i, wallets["car"].spent_i) == (35, 35)
    assert wallets["car"].address != used
    await pay(ledger, order("in4", 50))
    await pay(ledger, order("out4", 50, source="car", target="home"))
    await ledger.close()
    ledger = await open_ledger(secrets=store.secrets)
    assert (await ledger.wallets())["home"].balance_i == 85
    assert_signed_once(ledger)


async def test_used_addresses_are_found_after_the_wallet_file_was_lost(
    open_ledger: Opener, tmp_path: Path, island_secrets: Secrets
) -> None:
    ledger = await open_ledger()
    await pay(ledger, order("in", 100))
    for number in range(5):
        await pay(ledger, order(f"out{number}", 10, source="car", target="home"))
    index, _address = ledger._core.accounts.book.receive_key("car")
    await ledger.close()
    for file in tmp_path.glob("wallet.sqlite*"):
        file.unlink()
    ledger = await open_ledger()
    assert (await ledger.wallets())["car"].balance_i == 50
    assert ledger._core.accounts.book.receive_key("car")[0] > index
    # What was found again counts as going out until it is seen confirmed.
    assert await ledger.drain(10)
    await pay(ledger, order("again", 50, source="car", target="home"))
    assert_signed_once(ledger)


@pytest.mark.parametrize("fails_at", [(1, False), (1, True), (2, False), (2, True)])
async def test_cut_off_while_it_is_imported_no_seed_is_lost(
    open_ledger: Opener, island_secrets: Secrets, fails_at: tuple[int, bool]
) -> None:
    ledger = await open_ledger()
    store = Store(island_secrets)
    store.fails_at = fails_at
    seed = new_seed()
    await pay(ledger, order("e", 10, target=with_checksum(address_of(seed, 0))))
    with pytest.raises(CutOffError):
        await ledger.seeds.replace("car", seed, persist=store)
    await ledger.close()
    ledger = await open_ledger(secrets=store.secrets)
    imported = fails_at[0] == 2
    assert (await ledger.wallets())["car"].balance_i == (10 if imported else 0)
    assert await ledger.seeds.export("car") == (seed if imported else island_secrets.seeds["car"])
    assert island_secrets.seeds["car"] in ledger.seeds.secrets.seeds.values()
    assert not ledger.seeds.secrets.imports
    await store(ledger.seeds.secrets)
    await ledger.close()
    ledger = await open_ledger(secrets=store.secrets)
    await ledger.seeds.replace("home", new_seed(), persist=store)
    await pay(ledger, order("p", 5))
    assert_signed_once(ledger)


@pytest.mark.parametrize("after", [False, True])
async def test_cut_off_in_the_file_it_happened_or_not(
    open_ledger: Opener, island_secrets: Secrets, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """The process dies around the commit: the secrets that were kept before it hold both seeds."""
    ledger = await open_ledger()
    store = Store(island_secrets)
    original = Accounts.import_seed

    def cut_off(self: Accounts, *args: Any) -> None:
        store.fails_at = (2, False)
        if after:
            original(self, *args)
        raise CutOffError

    with monkeypatch.context() as patch:
        patch.setattr(Accounts, "import_seed", cut_off)
        with pytest.raises(CutOffError):
            await ledger.seeds.replace("car", new_seed(), persist=store)
    assert store.secrets.imports
    await ledger.close()
    ledger = await open_ledger(secrets=store.secrets)
    assert ("car~1" in await ledger.wallets()) is after
    await pay(ledger, order("p", 5))
    assert (await ledger.wallets())["car"].balance_i == 5


async def test_lost_with_the_wallet_file_both_seeds_are_looked_up(
    open_ledger: Opener, tmp_path: Path, island_secrets: Secrets
) -> None:
    ledger = await open_ledger()
    seed = new_seed()
    await pay(ledger, order("e", 10, target=with_checksum(address_of(seed, 0))), order("p", 3))
    await ledger.close()
    for file in tmp_path.glob("wallet.sqlite*"):
        file.unlink()
    ledger = await open_ledger(secrets=island_secrets.with_import("car", seed))
    wallets = await ledger.wallets()
    assert (wallets["car"].balance_i, wallets["car~1"].balance_i) == (10, 3)


async def test_the_treasury_can_have_another_seed_too(open_ledger: Opener, island_secrets: Secrets) -> None:
    ledger = await open_ledger()
    store = Store(island_secrets)
    await ledger.rules.set_owner_address(TREASURY, with_checksum(address_of(new_seed(), 0)))
    with pytest.raises(LedgerError) as caught:
        await ledger.seeds.replace(TREASURY, new_seed(), persist=store)
    assert caught.value.key == "wallet_not_empty"
    assert store.secrets == island_secrets
    await pay(ledger, order("all", 100))
    await ledger.rules.sweep(TREASURY, 0)
    assert await ledger.drain(10)
    await ledger.seeds.replace(TREASURY, new_seed(), persist=store)
    await ledger.close()
    ledger = await open_ledger(secrets=store.secrets)
    await pay(ledger, order("back", 100, source="car", target=TREASURY))
    await pay(ledger, order("on", 60))
    wallets = await ledger.wallets()
    assert (wallets[TREASURY].balance_i, wallets["car"].balance_i) == (40, 60)
    assert ledger.status().supply_ok
    assert wallets[TREASURY].spent_i == SUPPLY + 60


async def test_what_cannot_be_imported_changes_nothing(open_ledger: Opener, island_secrets: Secrets) -> None:
    ledger = await open_ledger()
    store = Store(island_secrets)
    await pay(ledger, order("fund", 10))
    core = ledger._core
    with core._database.transaction():
        core._outbox.add_payment(order("stuck", 5, source="gone", target="home"), "{}", 0.0)
    cases = [
        ("nobody", new_seed(), "unknown_wallet"),
        ("car", "short", "invalid_seed"),
        ("car", new_seed()[:-1] + "1", "invalid_seed"),
        ("car", island_secrets.seeds["car"], "seed_in_use"),
        ("car", island_secrets.seeds["home"], "seed_in_use"),
        ("car", new_seed(), "wallet_not_empty"),
        ("home", new_seed(), "wallet_busy"),
    ]
    for wallet_id, seed, key in cases:
        with pytest.raises(LedgerError) as caught:
            await ledger.seeds.replace(wallet_id, seed, persist=store)
        assert caught.value.key == key
        assert seed not in str(caught.value) + repr(caught.value.placeholders)
    assert store.writes == 0
    assert ledger.seeds.secrets == island_secrets
    with pytest.raises(LedgerError) as caught:
        await ledger.seeds.export("nobody")
    assert caught.value.key == "unknown_wallet"


async def test_seeds_show_nowhere(
    open_ledger: Opener, island_secrets: Secrets, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    ledger = await open_ledger()
    store = Store(island_secrets)
    seed = new_seed()
    waiting = island_secrets.with_import("car", seed)
    assert Secrets.from_dict(waiting.to_dict()) == waiting
    await ledger.seeds.replace("car", seed, persist=store)
    await pay(ledger, order("p", 5))
    failed = [(await ledger.queue()), ledger.status(), await ledger.wallets(), await ledger.payments()]
    shown = repr((waiting, ledger.seeds.secrets, *failed, vars(ledger), vars(ledger._core))) + caplog.text
    shown += repr(await ledger.tangle.messages()) + str(ledger.seeds.secrets)
    hidden = [seed, *island_secrets.seeds.values(), island_secrets.signing_key]
    assert not any(secret in shown for secret in hidden)
    await ledger.close()
    for file in tmp_path.iterdir():
        assert not any(secret.encode() in file.read_bytes() for secret in hidden)


def test_broken_imports_in_a_store_are_refused() -> None:
    good = Secrets.generate()
    for broken in ({"imports": {"car": "short"}}, {"imports": 7}, {"genesis": "short"}, {"genesis": 7}):
        with pytest.raises(LedgerError) as caught:
            Secrets.from_dict({**good.to_dict(), **broken})
        assert caught.value.key == "invalid_secrets"
        assert caught.value.__context__ is None


class Witness:
    """Knows which indices of a seed were used."""

    def __init__(self, seed: str, known: set[int], spent: set[int]) -> None:
        self._known = {address_of(seed, index) for index in known}
        self._spent = {address_of(seed, index) for index in spent}

    def balances(self, addresses: Any) -> list[int]:
        return [0 for _ in addresses]

    def is_known(self, address: str) -> bool:
        return address in self._known

    def spent_from(self, addresses: Any) -> list[bool]:
        return [address in self._spent for address in addresses]


def test_the_search_goes_on_over_gaps() -> None:
    seed = new_seed()
    witness = Witness(seed, {1}, {19, 39})
    assert [spent for _, spent in find_used(seed, witness, thorough=True)] == [at in {19, 39} for at in range(40)]
    assert len(find_used(seed, witness, thorough=False)) == 40
    assert find_used(seed, Witness(seed, set(), {20}), thorough=True) == []
    assert find_used(seed, Witness(seed, set(), {5}), thorough=False) == []


async def test_a_wallet_file_of_the_first_version_is_carried_over(
    open_ledger: Opener, tmp_path: Path, island_secrets: Secrets
) -> None:
    ledger = await open_ledger()
    await pay(ledger, order("p", 5))
    database = ledger._core._database
    for statement in (
        "DROP INDEX payment_unplanned",
        "DROP INDEX payment_spent",
        "DROP INDEX payment_confirmed",
        "ALTER TABLE payment DROP COLUMN sent_at",
        "ALTER TABLE payment DROP COLUMN sweep",
        "ALTER TABLE payment DROP COLUMN alone",
        "ALTER TABLE transfer DROP COLUMN last_error",
        "DROP TABLE policy",
        "ALTER TABLE message DROP COLUMN sender",
        "ALTER TABLE message DROP COLUMN epoch",
        "DROP TABLE member",
        "DROP TABLE key_notice",
        "DROP TABLE told",
        "PRAGMA user_version=1",
    ):
        database.run(statement)
    for (table,) in database.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'tangle#_%' ESCAPE '#'"
    ):
        database.run(f"DROP TABLE {table}")
    await ledger.close()
    ledger = await open_ledger()
    (payment,) = await ledger.payments()
    assert payment.state is PaymentState.CONFIRMED
    assert payment.sent_at is None
    await ledger.rules.set_limits("car", SpendingLimits(per_day_i=5))
    await pay(ledger, order("q", 5, source="car", target="home"))
    assert await ledger.rules.allowance("car") == 0

"""Files that are damaged, full, missing or of another island: said clearly, and nothing is overwritten."""

# Files of a test are small and local.
# ruff: noqa: ASYNC240

import asyncio
from pathlib import Path

import pytest

from custom_components.tangle_grid.ledger import (
    TREASURY,
    HealthChanged,
    Ledger,
    LedgerError,
    LedgerEvent,
    PaymentOrder,
    PaymentState,
    Secrets,
    worker,
)
from tests.ledger.conftest import Opener
from tests.support.ledger.damage import damaged

FILES = ("tangle.sqlite", "wallet.sqlite")


def order(payment_id: str = "p1") -> PaymentOrder:
    return PaymentOrder(payment_id=payment_id, source=TREASURY, target="car", amount_i=100)


async def refused(open_ledger: Opener, **options: object) -> str:
    with pytest.raises(LedgerError) as caught:
        await open_ledger(**options)
    assert caught.value.key == "ledger_unavailable"
    return str(caught.value.placeholders["error"])


@pytest.mark.parametrize("kind", ["empty", "text", "middle"])
async def test_damaged_files_are_refused_and_left_as_they_are(open_ledger: Opener, tmp_path: Path, kind: str) -> None:
    """Where both are damaged nothing can be made anew."""
    ledger = await open_ledger()
    await ledger.pay(order())
    assert await ledger.drain(10)
    await ledger.close()
    for name in FILES:
        (tmp_path / name).write_bytes(damaged((tmp_path / name).read_bytes(), kind))
    before = {each: each.read_bytes() for each in tmp_path.iterdir()}
    for _ in range(2):
        assert "sqlite" in await refused(open_ledger)
    assert {each: each.read_bytes() for each in tmp_path.iterdir()} == before


async def test_a_file_of_a_newer_version_is_refused(open_ledger: Opener, tmp_path: Path) -> None:
    ledger = await open_ledger()
    ledger._core._database.run("PRAGMA user_version=99")
    await ledger.close()
    assert "version 99" in await refused(open_ledger)


async def test_a_folder_that_cannot_be_made_is_refused(open_ledger: Opener, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    await refused(open_ledger, folder=tmp_path / "file" / "ledger")


async def test_wallets_do_not_work_on_another_tangle(open_ledger: Opener, tmp_path: Path) -> None:
    ledger = await open_ledger()
    await ledger.close()
    wallets = (tmp_path / "wallet.sqlite").read_bytes()
    for name in FILES:
        (tmp_path / name).unlink()
    await (await open_ledger()).close()
    (tmp_path / "wallet.sqlite").write_bytes(wallets)
    assert "another Tangle" in await refused(open_ledger)
    assert (tmp_path / "wallet.sqlite").read_bytes()[200:] == wallets[200:]


async def test_other_seeds_and_other_islands_are_refused(open_ledger: Opener, island_secrets: Secrets) -> None:
    ledger = await open_ledger()
    await ledger.close()
    strange = Secrets.generate(["car", "home"])
    assert "treasury" in await refused(open_ledger, secrets=strange)
    mixed = Secrets(seeds={**island_secrets.seeds, "car": strange.seeds["car"]}, signing_key=island_secrets.signing_key)
    assert "car" in await refused(open_ledger, secrets=mixed)
    assert "another island" in await refused(open_ledger, island_id="another")
    assert (await (await open_ledger()).wallets())[TREASURY].balance_i > 0


async def test_a_full_disk_is_reported_and_outlived(open_ledger: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_RETRY_S", (0.05,))
    ledger = await open_ledger()
    events: list[LedgerEvent] = []
    ledger.subscribe(events.append)
    tangle = ledger._core.backend.node.store.database
    pages = tangle.value("PRAGMA page_count")
    tangle.rows(f"PRAGMA max_page_count={pages}")
    await ledger.pay(order())
    for number in range(10):
        await ledger.publish("data", {"topic": "t", "data": [n * number for n in range(400)]})
    for _ in range(100):
        if not ledger.status().reachable:
            break
        await asyncio.sleep(0.05)
    status = ledger.status()
    assert not status.reachable
    assert status.last_error is not None
    assert "full" in status.last_error
    tangle.rows("PRAGMA max_page_count=1000000")
    assert await ledger.drain(30)
    assert ledger.status().reachable
    assert ledger.status().last_error is None
    (payment,) = await ledger.payments()
    assert payment.state is PaymentState.CONFIRMED
    assert len(await ledger.tangle.messages(kind="data")) == 10
    health = [event.status.reachable for event in events if isinstance(event, HealthChanged)]
    assert health[0] is False
    assert health[-1] is True


async def test_a_wallet_file_that_cannot_be_written_refuses_new_orders(open_ledger: Opener) -> None:
    ledger = await open_ledger()
    ledger._core._database.rows("PRAGMA query_only=ON")
    with pytest.raises(LedgerError) as caught:
        await ledger.pay(order())
    assert caught.value.key == "ledger_unavailable"
    assert not ledger.status().reachable
    ledger._core._database.rows("PRAGMA query_only=OFF")
    await ledger.pay(order())
    assert await ledger.drain(10)
    assert ledger.status().reachable


async def test_opening_that_is_cancelled_leaves_nothing_locked(
    tmp_path: Path, island_secrets: Secrets, open_ledger: Opener
) -> None:
    opening = asyncio.create_task(Ledger.open(tmp_path / "ledger", island_id="isle", secrets=island_secrets, mwm=1))
    await asyncio.sleep(0.01)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    for _ in range(100):
        try:
            ledger = await open_ledger(folder=tmp_path / "ledger", island_id="isle")
        except LedgerError:
            await asyncio.sleep(0.05)
        else:
            assert ledger.status().reachable
            return
    pytest.fail("the files stayed locked")


def test_secrets_are_checked() -> None:
    good = Secrets.generate(["car"])
    assert Secrets.from_dict(good.to_dict()) == good
    more = good.with_wallet("home")
    assert more.seeds["car"] == good.seeds["car"]
    assert more.with_wallet("home") is more
    for broken in (
        {},
        {"seeds": {}, "signing_key": good.signing_key},
        {"seeds": {TREASURY: "short"}, "signing_key": good.signing_key},
        {"seeds": good.seeds, "signing_key": "zz"},
        {"seeds": good.seeds, "signing_key": "aa"},
        {"seeds": 7, "signing_key": good.signing_key},
    ):
        with pytest.raises(LedgerError) as caught:
            Secrets.from_dict(broken)
        assert caught.value.__context__ is None
        assert good.signing_key not in str(caught.value)

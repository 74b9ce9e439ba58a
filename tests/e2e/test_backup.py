"""Home Assistant's own backup, taken of a street that pays, and restored as Home Assistant itself restores it."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from custom_components.tangle_grid.ledger import SUPPLY
from scripts.lib.demo.api import ApiError, HomeAssistantApi, Json
from scripts.lib.demo.launching import ROOT, DemoProcess, free_port
from scripts.lib.demo.process import RESTART_EXIT_CODE, child_environment
from scripts.lib.demo.street import DOMAIN, FLEXIBLE, Street, read_street

pytestmark = pytest.mark.e2e

LEDGER_S: Final = 45.0
BACKUP_S: Final = 60.0
CONFIRMED_S: Final = 60.0
RESTORE_S: Final = 60.0
LIST: Final = 500


async def until[T](look: Callable[[], Awaitable[T | None]], timeout_s: float) -> T:
    """Return the first thing found by asking again and again."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    while (found := await look()) is None:
        assert loop.time() < deadline
        await asyncio.sleep(0.5)
    return found


@asynccontextmanager
async def looking_at(demo: DemoProcess) -> AsyncIterator[tuple[HomeAssistantApi, Street]]:
    """Log in to a demo that runs, and find its street, loaded and with its ledger open."""
    address = await asyncio.to_thread(demo.address)
    async with HomeAssistantApi.connect(f"http://{urlsplit(address).netloc}") as api:
        (entry,) = await api.command("config_entries/get", domain=DOMAIN)
        assert entry["state"] == "loaded"
        street = await read_street(api, entry)

        async def opened() -> list[Json] | None:
            with suppress(ApiError):
                return await payments_of(api, street)
            return None

        await until(opened, LEDGER_S)
        yield api, street


async def reward(api: HomeAssistantApi, street: Street, payment_id: str) -> None:
    """Order one payment; the same id is the same payment, however often it is ordered."""
    car = next(street.of_kind("charger"))
    data = {"device_id": car.device_id, "amount": 7, "reason": "help", "payment_id": payment_id}
    await api.action(DOMAIN, "reward", data)


async def payments_of(api: HomeAssistantApi, street: Street) -> list[Json]:
    data = {"config_entry_id": street.entry_id, "limit": LIST}
    answer = await api.action(DOMAIN, "get_payments", data, response=True)
    payments: list[Json] = answer["payments"]
    assert len(payments) < LIST
    return payments


async def back_up(api: HomeAssistantApi) -> None:
    """Make a backup as the button in the interface does, and wait for its end."""
    await api.command("backup/generate", agent_ids=["backup.local"], include_database=True)

    async def made() -> Json | None:
        info: Json = await api.command("backup/info")
        return info if info["state"] == "idle" and info["backups"] else None

    info = await until(made, BACKUP_S)
    assert info["last_action_event"]["state"] == "completed", info["last_action_event"]


async def back_up_while_it_pays(demo: DemoProcess, home: Path) -> tuple[list[str], list[str]]:
    """Make a backup; return which payments were ordered before it was asked for, and which later."""
    async with looking_at(demo) as (api, street):

        async def written() -> bool | None:
            """Home Assistant writes its entries a moment after they were made."""
            entries = home / ".storage" / "core.config_entries"
            return True if entries.is_file() and street.entry_id in entries.read_text() else None

        await until(written, BACKUP_S)
        before = [f"before-{number}" for number in range(6)]
        for payment_id in before:
            await reward(api, street, payment_id)
        since: list[str] = []

        async def go_on_paying() -> None:
            while True:
                since.append(f"since-{len(since)}")
                await reward(api, street, since[-1])

        paying = asyncio.create_task(go_on_paying())
        try:
            await back_up(api)
            assert not paying.done(), "payments did not go on"
        finally:
            paying.cancel()
            with suppress(asyncio.CancelledError):
                await paying
        return before, since


def restore(archive: Path, folder: Path) -> None:
    """Leave the note that Home Assistant leaves to itself, and start it: it restores, and asks for a restart."""
    bootstrap = [
        sys.executable,
        "-S",
        str(ROOT / "scripts/lib/start.py"),
        str(ROOT / "scripts/lib/bootstrap.py"),
        "demo",
    ]
    python = subprocess.run(bootstrap, capture_output=True, text=True, check=True).stdout.strip()
    folder.mkdir()
    note = {
        "path": str(archive),
        "password": None,
        "remove_after_restore": False,
        "restore_database": True,
        "restore_homeassistant": True,
    }
    (folder / ".HA_RESTORE").write_text(json.dumps(note))
    done = subprocess.run(
        [python, "-P", "-m", "homeassistant", "--config", str(folder), "--skip-pip"],
        capture_output=True,
        text=True,
        env=child_environment(),
        timeout=RESTORE_S,
        check=False,
    )
    assert done.returncode == RESTART_EXIT_CODE, done.stdout + done.stderr
    assert json.loads((folder / ".HA_RESTORE_RESULT").read_text())["success"]


async def add_up(api: HomeAssistantApi, street: Street) -> list[Json] | None:
    """Return all payments once they are confirmed and each wallet holds what they come to, no more and no less."""
    payments = await payments_of(api, street)
    answer = await api.request("GET", f"diagnostics/config_entry/{street.entry_id}")
    ledger = answer["data"]["ledger"]
    assert ledger["error"] is None
    if ledger["status"] is None:
        return None
    assert ledger["status"]["supply_ok"]
    # The files are of one moment: there is nothing to mend, and nothing to tell.
    assert ledger["status"]["findings"] is None
    if any(payment["state"] != "confirmed" for payment in payments):
        return None
    names = {owner.key: owner.name for owner in (*street.participants, *street.vehicles)}
    balances = {names.get(key, key): wallet["balance_i"] for key, wallet in ledger["wallets"].items()}
    assert sum(balances.values()) == SUPPLY
    expected = Counter(dict.fromkeys(balances, 0))
    for payment in payments:
        expected[payment["target"]] += payment["amount"]
        expected[payment["source"]] -= payment["amount"]
    # The rest is the treasury's. The sun has no wallet.
    wallets = [owner.name for owner in (*street.of_kind(*FLEXIBLE), *street.vehicles)]
    return payments if all(balances[name] == expected[name] for name in wallets) else None


def signed_once(folder: Path) -> None:
    """Look at the files themselves, as they lie there after the end."""
    (tangle,) = (folder / DOMAIN).glob("*/tangle.sqlite")
    with closing(sqlite3.connect(tangle)) as connection:
        spent = connection.execute("SELECT address, count(DISTINCT bundle) FROM tx WHERE value < 0 GROUP BY address")
        times = dict(spent.fetchall())
        (supply,) = connection.execute("SELECT sum(balance) FROM account").fetchone()
    assert times
    assert set(times.values()) == {1}
    assert supply == SUPPLY


async def test_a_backup_of_a_running_street_comes_back_whole(demo: DemoProcess, home: Path, tmp_path: Path) -> None:
    before, since = await back_up_while_it_pays(demo, home)
    assert "the backup" not in (home / "home-assistant.out").read_text()
    (archive,) = (home / "backups").glob("*.tar")
    folder = tmp_path / "restored"
    await asyncio.to_thread(restore, archive, folder)
    again = DemoProcess("--port", str(free_port()), "--keep", str(folder))
    try:
        async with looking_at(again) as (api, street):
            known = {payment["payment_id"] for payment in await payments_of(api, street)}
            assert known.issuperset(before)
            # Whoever ordered it knows nothing of the backup, and orders it again.
            for payment_id in (*before, *since):
                await reward(api, street, payment_id)
            paid = Counter(payment["payment_id"] for payment in await until(lambda: add_up(api, street), CONFIRMED_S))
            assert set(paid.values()) == {1}
            assert paid.keys() >= {*before, *since}
    finally:
        await asyncio.to_thread(again.stop)
    assert again.process.returncode == 0
    signed_once(folder)

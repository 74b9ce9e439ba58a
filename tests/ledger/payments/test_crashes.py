"""A ledger that stops anywhere goes on from there: nothing lost, nothing paid twice, no key used twice."""

# Files of a test are small and local.
# ruff: noqa: ASYNC220, ASYNC240

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import (
    SUPPLY,
    TREASURY,
    Ledger,
    LedgerError,
    Payment,
    PaymentOrder,
    PaymentState,
    Secrets,
)
from custom_components.tangle_grid.ledger.backends.backend import EmbeddedBackend
from custom_components.tangle_grid.ledger.messages.message_queue import MessageQueue
from custom_components.tangle_grid.ledger.payments.outbox import Outbox
from custom_components.tangle_grid.ledger.payments.transfers import Transfers
from tests.ledger.conftest import ISLAND, Opener

ROOT = Path(__file__).parents[3]
_SCRIPT = ROOT / "tests" / "support" / "ledger" / "killed_ledger.py"


class CutOffError(Exception):
    """The process ends here."""


@contextmanager
def cut_off_at(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, *, after: bool) -> Iterator[None]:
    """Let the process end at this method, before or after its work."""
    original = getattr(owner, name)

    def cut_off(*args: Any, **kwargs: Any) -> Any:
        if after:
            original(*args, **kwargs)
        raise CutOffError

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, cut_off)
        yield


def order(payment_id: str, amount_i: int = 100) -> PaymentOrder:
    return PaymentOrder(payment_id=payment_id, source=TREASURY, target="car", amount_i=amount_i)


def all_payments(ledger: Ledger) -> list[Payment]:
    return ledger._core._outbox.payments(1_000_000)


async def assert_sound(ledger: Ledger) -> None:
    """Balances add up, every payment was paid exactly once, and no address signed two different bundles."""
    assert await ledger.drain(60)
    wallets = await ledger.wallets()
    payments = all_payments(ledger)
    assert {payment.state for payment in payments} <= {PaymentState.CONFIRMED}
    assert sum(wallet.balance_i for wallet in wallets.values()) == SUPPLY
    for wallet_id in ("car", "home"):
        earned = sum(payment.amount_i for payment in payments if payment.target == wallet_id)
        spent = sum(payment.amount_i for payment in payments if payment.source == wallet_id)
        assert wallets[wallet_id].balance_i == earned - spent
        assert (wallets[wallet_id].earned_i, wallets[wallet_id].spent_i) == (earned, spent)
    spends = ledger._core.backend.node.store.database.rows(
        "SELECT address, COUNT(DISTINCT bundle) FROM tx WHERE value < 0 GROUP BY address"
    )
    assert all(bundles == 1 for _address, bundles in spends)
    assert ledger.status().supply_ok


async def until_unreachable(ledger: Ledger) -> None:
    for _ in range(1_000):
        if not ledger.status().reachable:
            return
        await asyncio.sleep(0.01)
    pytest.fail("the ledger went on")


_STEPS: list[tuple[type, str, bool]] = [
    (Outbox, "add_payment", True),
    (Transfers, "set_plan", False),
    (Transfers, "set_plan", True),
    (Transfers, "set_prepared", False),
    (Transfers, "set_prepared", True),
    (EmbeddedBackend, "send", False),
    (EmbeddedBackend, "send", True),
    (Transfers, "set_sent", False),
    (Transfers, "set_sent", True),
    (EmbeddedBackend, "prepare_milestone", True),
    (EmbeddedBackend, "issue", False),
    (EmbeddedBackend, "issue", True),
    (Transfers, "close", False),
    (Transfers, "close", True),
]


@pytest.mark.parametrize(("owner", "name", "after"), _STEPS)
async def test_cut_off_at_any_step_a_payment_is_made_once(
    open_ledger: Opener, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, after: bool
) -> None:
    ledger = await open_ledger()
    with cut_off_at(monkeypatch, owner, name, after=after):
        if name == "add_payment":
            with pytest.raises(CutOffError):
                await ledger.pay(order("p1"))
        else:
            await ledger.pay(order("p1"))
            await until_unreachable(ledger)
            assert not ledger.status().reachable
        await ledger.close()
    ledger = await open_ledger()
    await ledger.pay(order("p1"))
    await ledger.pay(order("p2"))
    await assert_sound(ledger)
    assert (await ledger.wallets())["car"].balance_i == 200


@pytest.mark.parametrize(
    ("owner", "name"), [(MessageQueue, "set_sealed"), (EmbeddedBackend, "send"), (MessageQueue, "drop")]
)
@pytest.mark.parametrize("after", [False, True])
async def test_cut_off_at_any_step_a_message_is_there_once(
    open_ledger: Opener, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, after: bool
) -> None:
    ledger = await open_ledger()
    with cut_off_at(monkeypatch, owner, name, after=after):
        message_id = await ledger.publish("meter", {"n": 1})
        await until_unreachable(ledger)
        await ledger.close()
    ledger = await open_ledger()
    other = await ledger.publish("meter", {"n": 2})
    assert await ledger.drain(10)
    tails = ledger._core.backend.recent_tails(tag=None, prefix="TG", limit=10, below=None)
    assert len(tails) == 2
    messages = await ledger.tangle.messages()
    assert [(message.message_id, message.sequence) for message in messages] == [(other, 2), (message_id, 1)]


async def test_closed_without_waiting_the_queue_goes_on_later(open_ledger: Opener) -> None:
    ledger = await open_ledger()
    for number in range(10):
        await ledger.pay(order(f"p{number}", 1 + number))
        await ledger.publish("meter", {"n": number})
    await ledger.close()
    await ledger.close()
    ledger = await open_ledger()
    assert len(await ledger.payments()) == 10
    await assert_sound(ledger)
    assert len(await ledger.tangle.messages(kind="meter")) == 10


async def test_a_long_proof_of_work_does_not_hold_up_closing(open_ledger: Opener) -> None:
    ledger = await open_ledger(mwm=14)
    await ledger.publish("meter", {"n": 1})
    await asyncio.sleep(0.5)
    async with asyncio.timeout(3):
        await ledger.close()


async def test_a_sent_payment_that_the_tangle_lost_is_sent_again(open_ledger: Opener, tmp_path: Path) -> None:
    """What a power failure may do: the wallets' file has the payment as sent, the Tangle's file is a moment older."""
    ledger = await open_ledger()
    await ledger.pay(order("p1"))
    assert await ledger.drain(10)
    await ledger.close()
    kept = {file: file.read_bytes() for file in tmp_path.glob("tangle.sqlite*")}
    ledger = await open_ledger()
    core = ledger._core
    ledger._worker._closing.set()
    ledger._worker._wake.set()
    await ledger._worker._runner
    core.orders.pay(order("p2"))
    core.steps.advance()
    (sent,) = core._outbox.payments(1)
    assert sent.state is PaymentState.SENT
    core.close()
    ledger._worker._closing.clear()
    for file in tmp_path.glob("tangle.sqlite*"):
        file.unlink()
    for file, data in kept.items():
        file.write_bytes(data)
    ledger._worker._work.shutdown()
    ledger._worker._ask.shutdown()
    ledger._worker._closing.set()
    ledger = await open_ledger()
    await assert_sound(ledger)
    assert (await ledger.wallets())["car"].balance_i == 200


async def killed_again_and_again(folder: Path, secrets: Secrets, rounds: int, longest_s: float) -> list[str]:
    """Let ledgers run in this folder, one after the other, and kill each; return the payments that they took.

    Each is killed up to `longest_s` after its first payment was taken.
    """
    rng = random.Random(rounds)  # noqa: S311 - moments, not keys
    taken: list[str] = []
    problems = folder.with_name(folder.name + ".txt")
    with (
        problems.open("w") as errors,
        subprocess.Popen(
            [sys.executable, str(_SCRIPT), str(folder), json.dumps(secrets.to_dict()), ISLAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"},
        ) as parent,
    ):
        assert parent.stdin is not None
        assert parent.stdout is not None
        for _ in range(rounds):
            parent.stdin.write("live\n")
            parent.stdin.flush()
            # The number of the process may come after the first of its own lines.
            lines = [parent.stdout.readline().strip(), parent.stdout.readline().strip()]
            if "dead" in lines or "" in lines:
                pytest.fail(problems.read_text())
            process = next(int(line) for line in lines if line.isdecimal())
            taken += [line for line in lines if not line.isdecimal()]
            await asyncio.sleep(rng.uniform(0.0, longest_s))
            os.kill(process, signal.SIGKILL)
            while (line := parent.stdout.readline().strip()) != "dead":
                taken.append(line)
        parent.stdin.close()
    return taken


@pytest.mark.parametrize(("rounds", "longest_s"), [(24, 0.4), pytest.param(300, 0.8, marks=pytest.mark.long)])
async def test_killed_at_random_moments(
    open_ledger: Opener,
    tmp_path_factory: pytest.TempPathFactory,
    island_secrets: Secrets,
    rounds: int,
    longest_s: float,
) -> None:
    """While it pays, publishes, confirms and prunes, on a real disk."""
    folder = tmp_path_factory.mktemp("killed") / "ledger"
    taken = await killed_again_and_again(folder, island_secrets, rounds, longest_s)
    for name in ("tangle.sqlite", "wallet.sqlite"):
        connection = sqlite3.connect(folder / name)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
    ledger = await open_ledger(folder=folder)
    await assert_sound(ledger)
    payments = Counter(payment.payment_id for payment in all_payments(ledger))
    assert set(taken) <= set(payments)
    assert max(payments.values()) == 1
    assert len(taken) > rounds
    if rounds > 100:
        assert ledger._core.backend.node.pruner.snapshot > 0
    messages = await ledger.tangle.messages(kind="meter", limit=1_000)
    assert messages
    assert all(message.verified for message in messages)
    assert len({message.sequence for message in messages}) == len(messages)


async def test_two_processes_do_not_share_a_ledger(
    open_ledger: Opener, tmp_path: Path, island_secrets: Secrets
) -> None:
    await open_ledger()
    with pytest.raises(LedgerError) as caught:
        await open_ledger()
    assert caught.value.key == "ledger_unavailable"

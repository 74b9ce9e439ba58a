"""What must outlive a power failure is on the disk before anybody acts on it: the file system itself was asked."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import Secrets
from custom_components.tangle_grid.ledger.backends.backend import EmbeddedBackend
from custom_components.tangle_grid.ledger.core import LedgerCore
from custom_components.tangle_grid.ledger.node import Api, EmbeddedNode
from custom_components.tangle_grid.ledger.payments import pipeline as steps_module
from custom_components.tangle_grid.ledger.store.database import Database
from tests.support.ledger.paying import order
from tests.support.ledger.tangle import attach, note, payment
from tests.support.ledger.watched_disk import Disk, watched_disk
from tests.support.ledger.work import open_core, work

WALLETS, TANGLE = "wallet.sqlite", "tangle.sqlite"


@pytest.fixture
def disk() -> Iterator[Disk]:
    with watched_disk() as watched:
        if watched is None:  # pragma: no cover - a Python with SQLite built in
            pytest.skip("SQLite's library cannot be reached")
        yield watched


@pytest.fixture
def core(disk: Disk, tmp_path: Path, island_secrets: Secrets) -> Iterator[LedgerCore]:
    opened = open_core(tmp_path, island_secrets)
    work(opened)
    yield opened
    opened.close()


def test_the_layer_sees_what_is_safe_and_what_is_not(disk: Disk, tmp_path: Path) -> None:
    """Else the tests below would show nothing."""
    database = Database(tmp_path / "x.sqlite", schema="CREATE TABLE one (a)", version=1, create=lambda _made: None)
    with database.transaction(durable=True):
        database.run("INSERT INTO one VALUES (1)")
    assert disk.is_safe("x.sqlite")
    with database.transaction():
        database.run("INSERT INTO one VALUES (2)")
    assert not disk.is_safe("x.sqlite")
    # What comes after it takes it along.
    with database.transaction(durable=True):
        database.run("INSERT INTO one VALUES (3)")
    assert disk.is_safe("x.sqlite")
    database.close()


def test_a_new_file_is_whole_on_the_disk_before_it_has_its_name(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    replace, fsync = Path.replace, os.fsync

    def named(self: Path, target: Path) -> Path:
        assert disk.is_safe(self.name)
        assert disk.syncs[self.name] > 0
        asked.append("name")
        return replace(self, target)

    def synced(number: int) -> None:
        asked.append(str(Path(f"/proc/self/fd/{number}").readlink()))
        fsync(number)

    monkeypatch.setattr(Path, "replace", named)
    monkeypatch.setattr(os, "fsync", synced)
    made = Database(
        tmp_path / "x.sqlite", schema="CREATE TABLE one (a)", version=1, create=lambda made: made.run("SELECT 1")
    )
    made.close()
    assert asked[:2] == ["name", str(tmp_path)]
    assert (tmp_path / "x.sqlite").stat().st_mode & 0o077 == 0


def test_an_order_that_was_taken_is_safe(core: LedgerCore, disk: Disk) -> None:
    before = disk.syncs.get(f"{WALLETS}-wal", 0)
    core.orders.pay(order("a", 5))
    assert disk.is_safe(WALLETS)
    assert disk.syncs[f"{WALLETS}-wal"] > before


def test_nothing_is_signed_before_its_plan_is_safe_nor_sent_before_the_signed_bundle_is(
    core: LedgerCore, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key signs once: after a power failure the same bundle comes of the same plan, and the same bundle is sent."""
    done: list[str] = []
    sign, backend = steps_module.prepare, core.backend
    assert isinstance(backend, EmbeddedBackend)

    def signed(plan: Any, *seed: str) -> Any:
        assert disk.is_safe(WALLETS)
        (transfer,) = core.steps._transfers.open()
        assert transfer.state == "planned"
        assert transfer.plan == plan
        done.append("signed")
        return sign(plan, *seed)

    def before(name: str) -> Callable[..., Any]:
        real = getattr(backend, name)

        def called(*args: Any) -> Any:
            assert disk.is_safe(WALLETS)
            (transfer,) = core.steps._transfers.open()
            assert transfer.state == "prepared"
            assert transfer.prepared is not None
            done.append(name)
            return real(*args)

        return called

    core.orders.pay(order("a", 5))
    monkeypatch.setattr(steps_module, "prepare", signed)
    monkeypatch.setattr(backend, "attached", before("attached"))
    monkeypatch.setattr(backend, "send", before("send"))
    core.advance(None)
    # It is asked for before it is sent: a bundle that is there already is not put there again.
    assert done == ["signed", "attached", "send"]
    # What was sent, and what was booked, is remembered as surely.
    assert disk.is_safe(WALLETS)
    monkeypatch.undo()
    work(core)
    assert core.orders.newest(1)[0].state == "confirmed"
    assert disk.is_safe(WALLETS)


def test_a_numbered_message_is_safe_before_it_is_sent(
    core: LedgerCore, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number that was used once must not be used again."""
    backend, sent = core.backend, []
    send = backend.send

    def checked(trytes: Any) -> Any:
        assert disk.is_safe(WALLETS)
        message = core.steps._messages.next()
        assert message is not None
        assert message.plan is not None
        sent.append(message.message_id)
        return send(trytes)

    core.publisher.publish("meter", {"n": 1})
    monkeypatch.setattr(backend, "send", checked)
    work(core)
    assert len(sent) == 1


def test_what_the_node_took_in_or_booked_is_safe(
    disk: Disk, start_node: Callable[..., EmbeddedNode], tmp_path: Path
) -> None:
    node = start_node()
    api = Api(node)
    for trytes in (payment(100), note()):
        node.take_in(attach(api, trytes))
        assert disk.is_safe(TANGLE)
    confirmed = node.issue_milestone()
    assert confirmed is not None
    assert confirmed.moved
    assert disk.is_safe(TANGLE)


@pytest.mark.parametrize("kind", ["transfer", "message"])
def test_what_is_on_the_tangle_already_is_not_put_there_again(
    core: LedgerCore, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The process died after it was sent, and before that was noted."""
    if kind == "transfer":
        core.orders.pay(order("a", 5))
    else:
        core.publisher.publish("meter", {"n": 1})
    backend = core.backend
    assert isinstance(backend, EmbeddedBackend)
    send, bundles = backend.send, []

    class DiedError(Exception):
        """The process is gone."""

    def die(trytes: Any) -> Any:
        bundles.append(send(trytes)[0].bundle)
        raise DiedError

    monkeypatch.setattr(backend, "send", die)
    with pytest.raises(DiedError):
        work(core)
    count = backend.node.store.count()
    monkeypatch.setattr(backend, "send", lambda _trytes: pytest.fail("it was sent twice"))
    core.advance(None)
    monkeypatch.undo()
    work(core)
    (bundle,) = bundles
    assert len(backend.tails(bundle)) == 1
    # Nothing came to the Tangle since but milestones.
    assert backend.node.store.count() - count <= backend.milestone
    if kind == "transfer":
        assert core.orders.newest(1)[0].state == "confirmed"
    assert core.health().queued == 0

"""Real faults of real files: each has a name, nothing is overwritten, and work goes on when the fault is gone."""

import errno
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from custom_components.tangle_grid.ledger.base.errors import LedgerError, LedgerFault
from custom_components.tangle_grid.ledger.node import Api, EmbeddedNode
from custom_components.tangle_grid.ledger.store.database import Database, fault_of
from custom_components.tangle_grid.ledger.trinary import address_of
from tests.support.ledger.tangle import OTHER_SEED, attach, balance, confirm_all, is_confirmed, note, payment, send

_SMALL_DISK = 1_000_000


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on the disk, and not in memory: its faults are what this is about."""
    return tmp_path_factory.mktemp("disk")


def found_fault(do: Callable[[], object]) -> LedgerFault | None:
    with pytest.raises(LedgerError) as caught:
        do()
    assert caught.value.key == "ledger_unavailable"
    assert caught.value.placeholders["error"]
    return caught.value.fault


def fill_up(api: Api) -> None:
    for _ in range(1_000):
        send(api, note("x" * 30_000))


@pytest.fixture
def file(tmp_path: Path, start_node: Callable[..., EmbeddedNode]) -> Path:
    """The file of a Tangle with a payment on it, closed."""
    node = start_node()
    send(Api(node), payment(100))
    confirm_all(node)
    node.close()
    return tmp_path / "tangle.sqlite"


def test_a_full_disk_is_named_and_outlived(start_node: Callable[..., EmbeddedNode], file: Path) -> None:
    node = start_node()
    api = Api(node)
    database = node.store.database
    database.rows(f"PRAGMA max_page_count={database.value('PRAGMA page_count') + 3}")
    count = node.store.count()
    assert found_fault(lambda: fill_up(api)) is LedgerFault.DISK_FULL
    assert node.store.count() >= count
    assert balance(api, address_of(OTHER_SEED, 0)) == [100]
    database.rows("PRAGMA max_page_count=100000")
    tail = send(api, note("after"))
    confirm_all(node)
    assert is_confirmed(api, tail) == [True]


@pytest.fixture
def size_limit() -> Iterator[Callable[[int], None]]:
    """Let no file of this process grow above a size, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_file_that_may_not_grow_is_a_full_disk(
    start_node: Callable[..., EmbeddedNode], file: Path, size_limit: Callable[[int], None]
) -> None:
    """The system refuses the writes themselves: SQLite only calls that an error of the disk."""
    node = start_node()
    api = Api(node)
    attached = [attach(api, note("y" * 4_000)) for _ in range(3)]
    wal = file.with_name(file.name + "-wal")
    size_limit(max(wal.stat().st_size, 4_096))

    def store() -> None:
        for each in attached:
            node.take_in(each)

    assert found_fault(store) is LedgerFault.DISK_FULL
    assert not list(file.parent.glob("*.probe"))
    size_limit(resource.RLIM_INFINITY)
    store()
    confirm_all(node)
    node.close()
    node = start_node()
    assert balance(Api(node), address_of(OTHER_SEED, 0)) == [100]


def can_mount() -> bool:
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    return (
        shutil.which("unshare") is not None
        and subprocess.run(command, check=False, capture_output=True).returncode == 0
    )


_ON_A_SMALL_DISK = """
import tests.support.ledger.without_home_assistant
from pathlib import Path
from tests.support.ledger.tangle import *
from custom_components.tangle_grid.ledger.base.errors import LedgerError
from custom_components.tangle_grid.protocol import SigningKey
folder = Path("/mnt")
def open_node():
    return EmbeddedNode(folder / "tangle.sqlite", island_id="isle", key=SigningKey.from_hex("11" * 32),
        genesis_address=address_of(GENESIS_SEED, 0), mwm=1)
node = open_node()
api = Api(node)
send(api, payment(100))
confirm_all(node)
ballast = folder / "ballast"
ballast.write_bytes(bytes(600_000))
try:
    for number in range(1_000):
        send(api, note("z" * 20_000))
except LedgerError as error:
    print(error.key, error.fault.value)
ballast.unlink()
send(api, note("room again"))
confirm_all(node)
print(balance(api, address_of(OTHER_SEED, 0)), node.store.balances.supply() == SUPPLY)
node.close()
open_node().close()
"""


def run_on_mnt(mount: str, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program where /mnt is something of its own."""
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", f"{mount} && exec {sys.executable} -c '{program}'"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": os.environ["PATH"]},
    )


@pytest.mark.skipif(not can_mount(), reason="needs a file system of its own")
def test_a_disk_that_is_really_full() -> None:
    done = run_on_mnt(f"mount -t tmpfs -o size={_SMALL_DISK} none /mnt", _ON_A_SMALL_DISK)
    assert done.stdout.splitlines() == ["ledger_unavailable disk_full", "[100] True"], done.stderr


@pytest.mark.skipif(not can_mount(), reason="needs a file system of its own")
def test_a_folder_that_is_read_only(file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    program = """
import tests.support.ledger.without_home_assistant
from pathlib import Path
from tests.support.ledger.tangle import *
from custom_components.tangle_grid.ledger.base.errors import LedgerError
from custom_components.tangle_grid.ledger.store.folder_lock import FolderLock
from custom_components.tangle_grid.protocol import SigningKey
for start in (
    lambda: EmbeddedNode(Path("/mnt/tangle.sqlite"), island_id="isle", key=SigningKey.from_hex("11" * 32),
        genesis_address=address_of(GENESIS_SEED, 0), mwm=1),
    lambda: EmbeddedNode(Path("/mnt/new.sqlite"), island_id="isle", key=SigningKey.from_hex("11" * 32),
        genesis_address=address_of(GENESIS_SEED, 0), mwm=1),
    lambda: FolderLock(Path("/mnt")),
    lambda: FolderLock(Path("/mnt/new")),
):
    try:
        start()
    except LedgerError as error:
        print(error.key, error.fault.value)
"""
    done = run_on_mnt(f"mount --bind {tmp_path} /mnt && mount -o remount,bind,ro /mnt", program)
    assert done.stdout.splitlines() == ["ledger_unavailable read_only"] * 4, done.stderr
    assert file.read_bytes() == before


@pytest.mark.skipif(not can_mount(), reason="needs a file system of its own")
def test_a_file_that_may_only_be_read(file: Path) -> None:
    """As one that was brought back by somebody else: its folder can be written, and it cannot."""
    before = file.read_bytes()
    program = """
from pathlib import Path
from custom_components.tangle_grid.ledger.store.database import Database
from custom_components.tangle_grid.ledger.base.errors import LedgerError
try:
    Database(Path("%s"), schema="", version=1, create=lambda made: None)
except LedgerError as error:
    print(error.key, error.fault.value)
"""
    command = f"mount --bind {file} {file} && mount -o remount,bind,ro {file} && exec {sys.executable} -c '{program}'"
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command % file],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": os.environ["PATH"]},
    )
    assert done.stdout.splitlines() == ["ledger_unavailable read_only"], done.stderr
    assert file.read_bytes() == before


def damaged(data: bytes) -> dict[str, bytes]:
    middle = len(data) // 2 // 4096 * 4096
    return {
        "flipped": data[:middle] + bytes(each ^ 0xFF for each in data[middle : middle + 4096]) + data[middle + 4096 :],
        "truncated": data[: len(data) // 3],
        "header": b"garbage!" * 12 + data[96:],
        "empty": b"",
        "text": b"this was a Tangle once\n" * 1_000,
    }


@pytest.mark.parametrize("kind", ["flipped", "truncated", "header", "empty", "text"])
def test_a_damaged_file_is_named_left_alone_and_comes_back_from_a_backup(
    start_node: Callable[..., EmbeddedNode], file: Path, kind: str
) -> None:
    good = file.read_bytes()
    broken = damaged(good)[kind]
    file.write_bytes(broken)
    for _ in range(2):
        assert found_fault(start_node) is LedgerFault.CORRUPT
    assert file.read_bytes() == broken
    file.write_bytes(good)
    assert balance(Api(start_node()), address_of(OTHER_SEED, 0)) == [100]


def test_a_file_that_is_damaged_while_it_is_open_is_named(start_node: Callable[..., EmbeddedNode], file: Path) -> None:
    node = start_node()
    api = Api(node)
    tail = node.latest_milestone[1]
    node.store.database.rows("PRAGMA shrink_memory")
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    with file.open("r+b") as opened:
        opened.write(data)
    node.store.database.rows("PRAGMA shrink_memory")
    faults = []
    for do in (lambda: api.handle({"command": "getTrytes", "hashes": [tail]}), lambda: send(api, note())):
        try:
            do()
        except LedgerError as error:
            faults.append(error.fault)
    assert faults
    assert set(faults) == {LedgerFault.CORRUPT}


def test_a_missing_file_beside_its_log_is_not_begun_anew(start_node: Callable[..., EmbeddedNode], file: Path) -> None:
    file.rename(file.with_name("moved"))
    file.with_name(file.name + "-wal").write_bytes(b"what was written last")
    assert found_fault(start_node) is LedgerFault.CORRUPT
    assert not file.exists()


def test_a_file_that_another_process_uses(start_node: Callable[..., EmbeddedNode], file: Path) -> None:
    other = sqlite3.connect(file)
    other.execute("BEGIN EXCLUSIVE")
    assert found_fault(start_node) is LedgerFault.IN_USE
    other.rollback()
    other.close()
    start_node()


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.ENOSPC, LedgerFault.DISK_FULL),
        (errno.EDQUOT, LedgerFault.DISK_FULL),
        (errno.EROFS, LedgerFault.READ_ONLY),
        (errno.EACCES, LedgerFault.READ_ONLY),
        (errno.ENOTDIR, LedgerFault.OTHER),
    ],
)
def test_errors_of_the_system_have_names(tmp_path: Path, number: int, fault: LedgerFault) -> None:
    assert fault_of(OSError(number, "text"), tmp_path / "file") is fault


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    Database(path, schema="CREATE TABLE one (a)", version=1, create=lambda _database: None).close()
    upgrades = {1: "CREATE TABLE two (b); INSERT INTO missing VALUES (1)"}
    for _ in range(2):
        with pytest.raises(LedgerError, match="missing"):
            Database(path, schema="", version=2, create=lambda _database: None, upgrades=upgrades)
    database = Database(path, schema="", version=1, create=lambda _database: None)
    assert database.rows("SELECT name FROM sqlite_schema") == [("one",)]
    database.close()
    good = {1: "CREATE TABLE two (b)", 2: "CREATE TABLE three (c)"}
    Database(path, schema="", version=3, create=lambda _database: None, upgrades=good).close()
    database = Database(path, schema="", version=3, create=lambda _database: None)
    assert database.rows("SELECT name FROM sqlite_schema") == [("one",), ("two",), ("three",)]
    database.close()

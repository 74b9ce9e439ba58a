"""Fixtures of the ledger's tests: the oracle, and ledgers in folders of their own."""

import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import Ledger, Secrets, worker
from tests.support.ledger.tangle import api, key, node, start_node

__all__ = ["api", "island_secrets", "key", "ledger", "node", "open_ledger", "start_node"]

type Opener = Callable[..., Awaitable[Ledger]]

ISLAND = "0123456789abcdef0123456789abcdef"
_ORACLE = Path(__file__).parents[1] / "support" / "ledger" / "plain_pyota.py"
_MEMORY = Path("/dev/shm")  # noqa: S108 - folders in it are made for one test each
_ROOM_BYTES = 1_000_000_000


@cache
def _oracle() -> subprocess.Popen[str]:
    """Start plain pyota, once for all tests; it ends with its input."""
    return subprocess.Popen([sys.executable, str(_ORACLE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask_pyota(*calls: tuple[str, list[Any]]) -> list[Any]:
    """Let plain pyota compute all calls."""
    process = _oracle()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(calls) + "\n")
    process.stdin.flush()
    answers: list[Any] = json.loads(process.stdout.readline())
    return answers


@pytest.fixture(scope="session", autouse=True)
def oracle_ends() -> Iterator[None]:
    """Leave no process behind."""
    yield
    if _oracle.cache_info().currsize:
        _oracle().communicate(timeout=60)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is room: to wait for the disk proves nothing where no power fails."""
    if not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < _ROOM_BYTES:
        yield tmp_path
        return
    with TemporaryDirectory(prefix="tangle-", dir=_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def quick_drains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look more often whether a ledger has done its work: its users have more time than its tests."""
    monkeypatch.setattr(worker, "_DRAIN_STEP_S", 0.02)


@pytest.fixture(scope="session")
def island_secrets() -> Secrets:
    return Secrets.generate(["car", "home"])


@pytest.fixture
async def open_ledger(tmp_path: Path, island_secrets: Secrets) -> AsyncIterator[Opener]:
    """Open the ledger of this test's folder, again after a close; what is open at the end is closed."""
    opened: list[Ledger] = []

    async def open_one(**options: Any) -> Ledger:
        settings: dict[str, Any] = {
            "island_id": ISLAND,
            "secrets": island_secrets,
            "mwm": 1,
            "milestone_interval_s": 0.0,
            **options,
        }
        ledger = await Ledger.open(settings.pop("folder", tmp_path), **settings)
        opened.append(ledger)
        return ledger

    yield open_one
    for ledger in opened:
        await ledger.close()


@pytest.fixture
async def ledger(open_ledger: Opener) -> Ledger:
    return await open_ledger()

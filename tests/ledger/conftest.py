"""Fixtures of the ledger's tests: the oracle, and ledgers in folders of their own."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import Ledger, Secrets
from tests.ledger.tangle import api, key, node, start_node

__all__ = ["api", "island_secrets", "key", "ledger", "node", "open_ledger", "start_node"]

type Opener = Callable[..., Awaitable[Ledger]]

ISLAND = "0123456789abcdef0123456789abcdef"
_ORACLE = Path(__file__).with_name("plain_pyota.py")


def ask_pyota(*calls: tuple[str, list[Any]]) -> list[Any]:
    """Let plain pyota compute all calls in one process."""
    done = subprocess.run(
        [sys.executable, str(_ORACLE)], input=json.dumps(calls), capture_output=True, text=True, check=True, timeout=60
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


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

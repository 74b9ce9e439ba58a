"""A node on the network, and ledgers that work with it."""

# Conditions of another process are asked for again and again.
# ruff: noqa: ASYNC110

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from custom_components.tangle_grid.ledger import (
    SUPPLY,
    TREASURY,
    Embedded,
    Ledger,
    Remote,
    Secrets,
    new_seed,
    worker,
)
from custom_components.tangle_grid.ledger.base import retries
from custom_components.tangle_grid.ledger.node import Transaction
from custom_components.tangle_grid.ledger.pyota.library import (
    BundlePlan,
    NodeRefusedError,
    PyotaClient,
    TransferInput,
    prepare,
)
from custom_components.tangle_grid.ledger.trinary import address_of
from tests.support.ledger.node_process import NodeProcess

MWM = 1


FUNDS = 1_000_000


FAST: dict[str, Any] = {
    "mwm": MWM,
    "poll_s": 0.1,
    "idle_poll_s": 0.2,
    "timeout_s": 5.0,
    "push_after_s": 60.0,
}


class TestNode:
    """scripts/node with a faucet: whoever has the supply."""

    __test__ = False

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self.folder = folder
        self.seed = new_seed()
        self.start(port)
        self._index, self._balance = 0, SUPPLY

    def start(self, port: int) -> None:
        options = ("--data", str(self.folder), "--mwm", str(MWM), "--milestone-interval", "0.1", "--port", str(port))
        self.process = NodeProcess(*options, seed=self.seed)
        assert any(line.startswith("API: ") for line in self.process.lines), self.process.lines
        self.url = self.process.uri
        self.port = int(self.url.rsplit(":", 1)[1])
        self.client = PyotaClient(self._ask)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        status, answer = self.process.post(request)
        if status != 200:
            raise NodeRefusedError(str(answer))
        return answer

    def stop(self) -> None:
        self.process.stop()

    def pay_out(self, address: str, amount: int) -> None:
        """Pay from the supply."""
        change = address_of(self.seed, self._index + 1)
        plan = BundlePlan(
            outputs=((address[:81], amount), (change, self._balance - amount)),
            inputs=(
                TransferInput(
                    address=address_of(self.seed, self._index), balance_i=self._balance, key_index=self._index
                ),
            ),
            tag="FAUCET",
            text="",
            timestamp=self._index,
        )
        self.client.send(prepare(plan, self.seed).trytes, MWM)
        self._index, self._balance = self._index + 1, self._balance - amount

    def spends(self, seeds: Secrets) -> dict[str, set[str]]:
        """Return the bundles on the Tangle that spend from each of the ledger's addresses."""
        found: dict[str, set[str]] = defaultdict(set)
        for seed in seeds.seeds.values():
            addresses = [address_of(seed, index) for index in range(40)]
            hashes = self.client.find(addresses=addresses)
            for each in map(Transaction.parse, self.client.trytes(hashes) if hashes else []):
                if each.value < 0:
                    found[each.address].add(each.bundle)
        return found


@pytest.fixture(autouse=True)
def sockets(socket_enabled: None) -> None:
    """Talk to the node."""


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_RETRY_S", (0.05, 0.1))
    monkeypatch.setattr(retries, "_WAITS_S", (0.1,))


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestNode]:
    started = TestNode(tmp_path_factory.mktemp("node"))
    yield started
    started.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def secrets() -> Secrets:
    return Secrets.generate(["car", "home"])


type Opener = Callable[..., Awaitable[Ledger]]


@pytest.fixture
async def open_at(tmp_path: Path, secrets: Secrets, session: aiohttp.ClientSession) -> AsyncIterator[Opener]:
    """Open this test's ledger with a back end, again after a close."""
    opened: list[Ledger] = []
    island = uuid4().hex

    async def open_one(url: str | None, folder: Path | None = None, **options: Any) -> Ledger:
        if url is None:
            backend: Any = Embedded(mwm=MWM, milestone_interval_s=0.0)
        else:
            backend = Remote(url=url, session=session, **{**FAST, **options})
        ledger = await Ledger.open(folder or tmp_path / "ledger", island_id=island, secrets=secrets, backend=backend)
        opened.append(ledger)
        return ledger

    yield open_one
    for ledger in opened:
        await ledger.close()


async def fund(ledger: Ledger, node: TestNode, amount: int = FUNDS) -> None:
    address = (await ledger.wallets())[TREASURY].address
    before = (await ledger.wallets())[TREASURY].balance_i
    await asyncio.to_thread(node.pay_out, address, amount)
    async with asyncio.timeout(10):
        while (await ledger.wallets())[TREASURY].balance_i < before + amount:
            await asyncio.sleep(0.02)


async def until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture(params=["embedded", "remote"])
def url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "embedded":
        return None
    return str(request.getfixturevalue("node").url)


@pytest.fixture
async def ledger(url: str | None, open_at: Opener, request: pytest.FixtureRequest) -> Ledger:
    """A ledger whose treasury has tokens."""
    opened = await open_at(url)
    if url is not None:
        await fund(opened, request.getfixturevalue("node"))
    return opened


async def balances(ledger: Ledger) -> dict[str, int]:
    return {name: wallet.balance_i for name, wallet in (await ledger.wallets()).items()}

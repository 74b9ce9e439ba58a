"""`scripts/node`: a real process that legacy clients talk to over HTTP, unchanged."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from custom_components.tangle_grid.ledger import SUPPLY, LedgerError
from custom_components.tangle_grid.ledger.node import Api, EmbeddedNode
from custom_components.tangle_grid.ledger.node.http import HttpApi
from custom_components.tangle_grid.ledger.node.serve import SEED_VARIABLE, arguments, find_identity
from custom_components.tangle_grid.ledger.trinary import address_of, with_checksum
from custom_components.tangle_grid.protocol import SigningKey
from tests.support.ledger.node_process import MODULE, ROOT, NodeProcess

SEED = "TREASURY"
IRI = {"X-IOTA-API-Version": "1"}


SCRIPT = (str(ROOT / "scripts/node"),)
"""As a user starts it."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    started = NodeProcess("--data", str(tmp_path_factory.mktemp("node")), seed=SEED)
    yield started
    started.stop()


@pytest.fixture
def start_node() -> Iterator[Callable[..., NodeProcess]]:
    started: list[NodeProcess] = []

    def start(*options: str, command: Sequence[str] = MODULE) -> NodeProcess:
        started.append(NodeProcess(*options, command=command))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedNode]:
    """A node in this process."""
    opened = EmbeddedNode(
        tmp_path / "tangle.sqlite",
        island_id="isle",
        key=SigningKey.generate(),
        genesis_address=address_of("9" * 81, 0),
        mwm=1,
    )
    yield opened
    opened.close()


@pytest.fixture
def node_api(embedded: EmbeddedNode) -> Api:
    return Api(embedded)


@pytest.fixture(autouse=True)
def sockets(socket_enabled: None) -> None:
    """Talk to the node."""


def test_plain_pyota_does_everything_that_it_can_do(node: NodeProcess) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "support" / "ledger" / "legacy_client.py"), node.uri, SEED],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    supply, target, change = address_of(SEED, 0), address_of("ANOTHERHOUSE", 0, 1), address_of(SEED, 1)
    assert seen["node"]["appName"] == "Tangle Grid"
    assert seen["inputs"] == [[supply, SUPPLY, 0]]
    assert seen["unconfirmed_consistent"]
    assert seen["confirmed"]
    assert seen["change"] == [change, SUPPLY - 1_000]
    assert seen["balances"] == [0, 1_000, SUPPLY - 1_000]
    assert seen["spent_from"] == [True, False, False]
    assert seen["account"] == {"balance": 1_000, "addresses": [target], "bundles": [[seen["sent"], True]]}
    assert len(seen["transfers"]) == 2
    assert seen["sent"] in seen["transfers"]
    assert seen["bundle"] == [seen["sent"], "grüße"]
    assert seen["by_address"] == [seen["tail"]]
    assert seen["latest_inclusion"]
    assert seen["objects"] == seen["fetched"] == [1_000]
    assert seen["stored"] == 1
    assert seen["operators"] == [[], 0, 0, [], True, 1_000]
    assert sorted(seen["by_tag"]) == sorted(seen["by_bundle"]) == sorted(seen["transactions"])
    assert seen["reattachable"] == [False]
    assert seen["tail"] in seen["promoted"]
    assert seen["replayed"] == [seen["sent"]]
    assert seen["balance_after_replay"] == [1_000]


def test_it_says_where_the_supply_is(node: NodeProcess) -> None:
    text = "\n".join(node.lines)
    assert with_checksum(address_of(SEED, 0)) in text
    assert str(SUPPLY) in text
    assert SEED + "9" not in text


@pytest.mark.parametrize(
    ("body", "headers", "error"),
    [
        (b"{}", {}, "Invalid API Version"),
        (b"{}", {"X-IOTA-API-Version": " "}, "Invalid API Version"),
        (b"", IRI, "Invalid JSON syntax"),
        (b"{", IRI, "Invalid JSON syntax"),
        (b"\xff\xfe\xfa", IRI, "Invalid JSON syntax"),
        (b"[" * 100_000, IRI, "Invalid JSON syntax"),
        (b'{"command": ' + b"9" * 10_000 + b"}", IRI, "Invalid JSON syntax"),
        (b"[]", IRI, "Invalid request payload"),
        (b'"getNodeInfo"', IRI, "Invalid request payload"),
        (b"{}", IRI, "COMMAND parameter has not been specified in the request."),
        (b'{"command": 3}', IRI, "COMMAND parameter has not been specified in the request."),
        (b'{"command": "makeMeRich"}', IRI, "Command [makeMeRich] is unknown"),
        (b'{"command": "getTrytes", "hashes": "A"}', IRI, "Invalid parameters"),
        (b'{"command": "getBalances", "addresses": ["9"]}', IRI, "Invalid addresses input"),
        (b'{"command": "x", "y": "' + b"9" * 1_000_000 + b'"}', IRI, "Request too long"),
    ],
)
def test_malformed_requests_get_the_errors_of_iri(
    node: NodeProcess, body: bytes, headers: dict[str, str], error: str
) -> None:
    status, answer = node.post(body, headers)
    assert (status, answer["error"]) == (400, error)
    assert isinstance(answer["duration"], int)


def test_lists_have_a_limit(node: NodeProcess) -> None:
    hashes = ["9" * 81] * 1_001
    status, answer = node.post({"command": "getInclusionStates", "transactions": hashes})
    assert (status, answer["error"]) == (400, "Could not complete request: list too long")
    status, answer = node.post({"command": "getInclusionStates", "transactions": hashes[1:]})
    assert status == 200
    assert answer["states"] == [False] * 1_000


def test_other_methods_and_paths_are_answered_in_json(node: NodeProcess) -> None:
    connection = HTTPConnection("127.0.0.1", int(node.uri.rsplit(":", 1)[1]), timeout=20)
    for method, path, status in (("GET", "/", 405), ("POST", "/admin", 404), ("PUT", "/", 405)):
        connection.request(method, path, headers=IRI)
        response = connection.getresponse()
        assert response.status == status
        assert {"error", "duration"} == json.loads(response.read()).keys()
    connection.request("OPTIONS", "/")
    response = connection.getresponse()
    assert "X-IOTA-API-Version" in (response.getheader("Access-Control-Allow-Headers") or "")
    connection.close()


def test_commands_of_node_operators_are_answered(node: NodeProcess) -> None:
    assert node.post({"command": "getNeighbors"})[1]["neighbors"] == []
    assert node.post({"command": "getTips"})[1]["hashes"]
    assert node.post({"command": "getMissingTransactions"})[1]["hashes"] == []
    assert node.post({"command": "getNodeAPIConfiguration"})[1]["maxRequestsList"] == 1_000


_COMMANDS = [
    "getNodeInfo",
    "getBalances",
    "findTransactions",
    "getTrytes",
    "getInclusionStates",
    "wereAddressesSpentFrom",
    "getTransactionsToApprove",
    "attachToTangle",
    "broadcastTransactions",
    "storeTransactions",
    "checkConsistency",
]
_FIELDS = [
    "addresses",
    "hashes",
    "transactions",
    "tails",
    "trytes",
    "bundles",
    "tags",
    "approvees",
    "depth",
    "reference",
    "threshold",
    "minWeightMagnitude",
    "trunkTransaction",
    "branchTransaction",
]


def test_random_requests_are_answered_and_change_nothing(node: NodeProcess) -> None:
    chance = random.Random(5)  # noqa: S311 - a sample, not a key

    def some_value(depth: int = 0) -> Any:
        simple = [
            None, True, -1, 0, 3, 10**30, 1.5, "", "9", "9" * 81, "A" * 81, "Z" * 90, "9" * 2_673, "é\ud800", "M" * 27,
        ]  # fmt: skip
        if depth < 2 and chance.random() < 0.6:
            return [some_value(depth + 1) for _ in range(chance.randrange(4))]
        return chance.choice(simple) if depth or chance.random() < 0.9 else {"9" * 81: "9"}

    before = node.post({"command": "findTransactions", "tags": ["GENESIS"]})[1]["hashes"]
    requests = [
        {"command": chance.choice(_COMMANDS), **{each: some_value() for each in chance.sample(_FIELDS, 6)}}
        for _ in range(300)
    ]
    with ThreadPoolExecutor(4) as pool:
        for status, answer in pool.map(node.post, requests):
            assert status in {200, 400}, answer
            assert ("error" in answer) == (status == 400)
            assert "duration" in answer
    assert node.post({"command": "findTransactions", "tags": ["GENESIS"]})[1]["hashes"] == before
    balances = node.post({"command": "getBalances", "addresses": [address_of(SEED, 0), address_of(SEED, 1)]})[1]
    assert sum(map(int, balances["balances"])) in {SUPPLY, SUPPLY - 1_000}


def test_a_stopped_node_goes_on_where_it_was(tmp_path: Path, start_node: Callable[..., NodeProcess]) -> None:
    folder = tmp_path / "node"
    first = start_node("--data", str(folder), "--new", "--mwm", "2", command=SCRIPT)
    (seed_line,) = [line for line in first.lines if line.startswith("New seed")]
    seed = seed_line.rsplit(" ", 1)[1]
    supply = address_of(seed, 0)
    assert first.post({"command": "getBalances", "addresses": [supply]})[1]["balances"] == [str(SUPPLY)]
    (note,) = first.post({"command": "findTransactions", "addresses": [supply]})[1]["hashes"]
    assert first.stop() == 0
    assert first.lines[-1] == "Stopped."
    assert not any("Traceback" in line for line in first.lines)
    assert [file.stat().st_mode & 0o077 for file in folder.iterdir()] == [0] * len(list(folder.iterdir()))
    assert seed not in (folder / "node.json").read_text()

    second = start_node("--data", str(folder), "--mwm", "2")
    assert not any("seed" in line for line in second.lines)
    assert second.post({"command": "findTransactions", "addresses": [supply]})[1]["hashes"] == [note]
    refused = start_node("--data", str(folder), "--mwm", "2")
    assert refused.stop() == 1
    assert "another process uses this ledger" in refused.lines[-1]
    assert second.stop() == 0


def test_a_folder_keeps_its_seed(tmp_path: Path) -> None:
    made, fresh = find_identity(tmp_path, "A" * 81, new=True)
    assert fresh is None
    assert find_identity(tmp_path, "A" * 81, new=False) == find_identity(tmp_path, None, new=False) == (made, None)
    for seed, new in ((None, True), ("A" * 81, True), ("B" * 81, False)):
        with pytest.raises(LedgerError, match="holds a Tangle"):
            find_identity(tmp_path, seed, new=new)
    (tmp_path / "node.json").write_text("{}")
    with pytest.raises(LedgerError, match="cannot be read"):
        find_identity(tmp_path, None, new=False)
    (tmp_path / "node.json").unlink()
    (tmp_path / "tangle.sqlite").touch()
    with pytest.raises(LedgerError, match="is missing beside"):
        find_identity(tmp_path, None, new=False)


def test_a_running_proof_of_work_can_be_interrupted_and_does_not_keep_others_waiting(node: NodeProcess) -> None:
    hard = {
        "command": "attachToTangle",
        "trunkTransaction": "9" * 81,
        "branchTransaction": "9" * 81,
        "minWeightMagnitude": 14,
        "trytes": ["9" * 2_673] * 20,
    }
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(node.post, hard)
        time.sleep(0.5)
        assert node.post({"command": "getNodeInfo"})[0] == 200
        assert node.post({"command": "interruptAttachingToTangle"})[0] == 200
        status, answer = working.result(20)
    assert status == 500
    assert answer["exception"]


@pytest.mark.parametrize(
    "given",
    [["--port", "x"], ["--port", "70000"], ["--mwm", "15"], ["--genesis-seed", "PLAINLYHERE"]],
)
def test_a_wrong_command_line_is_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(given)
    told = capsys.readouterr().err
    assert "usage" in told
    assert "PLAINLYHERE" not in told


@pytest.mark.parametrize("seed", ["é", "A" * 82, ""])
def test_what_is_no_seed_is_refused(seed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "seed"
    file.write_text(seed)
    with pytest.raises(SystemExit):
        arguments(["--genesis-seed", str(file)])
    assert "a seed is up to 81" in capsys.readouterr().err


def test_a_seed_comes_from_a_file_or_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert arguments([]).genesis_seed is None
    monkeypatch.setenv(SEED_VARIABLE, "OTHER")
    assert arguments([]).genesis_seed == "OTHER".ljust(81, "9")
    assert arguments(["--new"]).genesis_seed is None
    (tmp_path / "seed").write_text(f"{SEED}\n")
    assert arguments(["--genesis-seed", str(tmp_path / "seed")]).genesis_seed == SEED.ljust(81, "9")


def test_work_for_several_clients_is_done_and_one_is_interrupted(node: NodeProcess) -> None:
    """An interruption ends what is running; what waits behind it is done, and readers never wait for either."""
    work = {
        "command": "attachToTangle",
        "trunkTransaction": "9" * 81,
        "branchTransaction": "9" * 81,
        "minWeightMagnitude": 1,
        "trytes": ["9" * 2_673],
    }
    with ThreadPoolExecutor(6) as pool:
        running = pool.submit(node.post, {**work, "minWeightMagnitude": 14, "trytes": ["9" * 2_673] * 50})
        time.sleep(0.3)
        waiting = [pool.submit(node.post, work) for _ in range(3)]
        assert node.post({"command": "getNodeInfo"})[0] == 200
        assert node.post({"command": "interruptAttachingToTangle"})[0] == 200
        assert running.result(30)[0] == 500
        for each in waiting:
            status, answer = each.result(30)
            assert status == 200
            assert len(answer["trytes"]) == 1


def test_numbers_without_end_are_refused(node: NodeProcess) -> None:
    for name in ("depth", "minWeightMagnitude", "threshold"):
        for number in (b"1e400", b"-1e400", b"NaN", b"Infinity", b"9" * 300, b"1.5", b"true"):
            body = b'{"command": "getTransactionsToApprove", "' + name.encode() + b'": ' + number + b"}"
            status, answer = node.post(body)
            assert status == 400 or name != "depth", answer
    status, _answer = node.post(b'{"command": "getNodeInfo", "x": ' + b"9" * 5_000 + b"}")
    assert status == 400


async def test_slow_clients_are_let_go_and_keep_nobody_waiting(node_api: Api) -> None:
    http = HttpApi(node_api, read_s=0.3)
    runner = web.AppRunner(http.application(), access_log=None, lingering_time=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    head = b"POST / HTTP/1.1\r\nHost: x\r\nX-IOTA-API-Version: 1\r\nContent-Length: 100\r\n\r\n{"
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
    for _reader, writer in slow:
        writer.write(head)
    status, body = await http.answer(b'{"command": "getNodeInfo"}')
    assert status == 200
    assert json.loads(body)["appName"] == "Tangle Grid"
    for reader, writer in slow:
        answer = await asyncio.wait_for(reader.readuntil(b"}"), 10)
        assert b"400" in answer.splitlines()[0]
        assert b"too slow" in answer
        writer.close()
        await writer.wait_closed()
    assert (await http.answer(b"x" * 1_000_001))[0] == 400
    assert (await http.answer(b"{"))[0] == 400
    await runner.cleanup()
    await asyncio.to_thread(http.close)
    # The tasks of the connections end one after the other.
    await asyncio.sleep(0.2)


async def test_too_many_requests_at_once_are_told_to_come_again(embedded: EmbeddedNode, node_api: Api) -> None:
    http = HttpApi(node_api)
    with embedded.store.database.lock:
        asked = [asyncio.create_task(http.answer(b'{"command": "getNodeInfo"}')) for _ in range(100)]
        await asyncio.sleep(0.1)
    answers = await asyncio.gather(*asked)
    statuses = [status for status, _body in answers]
    assert statuses.count(200) == 32
    assert statuses.count(500) == 68
    assert all("busy" in json.loads(body)["exception"] for status, body in answers if status == 500)
    assert (await http.answer(b'{"command": "getNodeInfo"}'))[0] == 200
    await asyncio.to_thread(http.close)


async def test_commands_may_be_kept_from_guests(embedded: EmbeddedNode) -> None:
    http = HttpApi(Api(embedded, refused={"attachToTangle"}))
    status, body = await http.answer(b'{"command": "attachToTangle"}')
    assert status == 401
    assert json.loads(body)["error"] == "COMMAND attachToTangle is not available on this node"
    info = json.loads((await http.answer(b'{"command": "getNodeInfo"}'))[1])
    assert info["features"] == []
    await asyncio.to_thread(http.close)


async def test_a_fault_of_the_node_is_logged_once_however_often_it_is_found(
    embedded: EmbeddedNode, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever found a request that the node cannot stand can send it for ever, and change it a little."""

    class Broken(Api):
        def answer(self, request: Any) -> tuple[int, dict[str, Any]]:
            if request["command"] == "one":
                raise KeyError(request["secret"])
            raise ValueError(request["secret"])

    http = HttpApi(Broken(embedded))
    for number in range(50):
        for command in ("one", "other"):
            body = json.dumps({"command": command, "secret": number}).encode()
            status, answer = await http.answer(body)
            assert status == 500
            assert json.loads(answer)["exception"] == "Internal error"
    assert [record.exc_info is not None for record in caplog.records] == [True, True]
    await asyncio.to_thread(http.close)


async def test_so_many_different_faults_are_logged(embedded: EmbeddedNode, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Api):
        def answer(self, request: Any) -> tuple[int, dict[str, Any]]:
            raise type(f"Fault{request['number']}", (Exception,), {})

    http = HttpApi(Broken(embedded))
    for number in range(100):
        await http.answer(json.dumps({"command": "getNodeInfo", "number": number}).encode())
    assert len(caplog.records) == 20
    await asyncio.to_thread(http.close)

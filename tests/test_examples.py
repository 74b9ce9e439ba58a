"""The example of a participant outside Home Assistant, against a real island: it answers, is paid, and can prove it."""

import ast
import asyncio
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from freezegun import api
from homeassistant.config_entries import SOURCE_USER
from homeassistant.exceptions import ServiceValidationError
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.ledger import TangleMessage
from tests.support.island import CHARGER, Island
from tests.support.real_ledger import async_until, live_island, real_island

__all__ = ["live_island", "real_island"]

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as a person runs it, from its own folder."""
    import importlib

    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("participant")


#: As a person runs it, whatever lies in the working directory.
EXAMPLE = (
    sys.executable,
    "-P",
    "-c",
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module('participant', run_name='__main__')",
    str(EXAMPLES),
)


def start(command: list[str | Path]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run_example(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*EXAMPLE, *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_the_example_needs_cryptography_and_nothing_else() -> None:
    for path in EXAMPLES.glob("*.py"):
        text = path.read_text()
        assert "homeassistant" not in text
        assert "custom_components" not in text
        ast.parse(text, feature_version=(3, 11))


async def let_in(island: Island) -> tuple[str, str]:
    """Let a guest in whose proof of work the node does; returns the node's path, and the token."""
    flows = island.hass.config_entries.subentries
    form = await flows.async_init((island.entry.entry_id, "guest"), context={"source": SOURCE_USER})
    shown = await flows.async_configure(form["flow_id"], {"name": "Aggregator", "work": True})
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    await flows.async_configure(shown["flow_id"], {})
    await island.hass.async_block_till_done()
    return f"/api/tangle_grid/{island.runtime.island_id}/iri", placeholders["token"]


class Outside:
    """The example at work for the charger."""

    def __init__(self, island: Island, example: ModuleType, file: Path, url: str, token: str) -> None:
        self.file, self.url, self.token = file, url, token
        node = example.Node(url, token)
        self.participant = example.Participant(
            file, node, island.runtime.island_id, island_key(island), CHARGER, least_rate=0
        )

    async def look(self) -> list[str]:
        """Let it look once, while the island serves it. The ledger's clock is the real one."""
        said: list[str] = await asyncio.to_thread(self.participant.look, api.real_time())
        return said


def island_key(island: Island) -> str:
    key: str = island.runtime.link.ledger._core._public_key  # type: ignore[attr-defined]
    return key


@pytest.fixture
async def outside(
    real_island: Island, example: ModuleType, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> Outside:
    """A program that was enrolled for the charger, whose policy is to ask."""
    file = tmp_path / "participant.json"
    made = await asyncio.to_thread(run_example, file, "--make-key")
    assert made.returncode == 0, made.stderr
    assert file.stat().st_mode & 0o077 == 0
    enrolled = await real_island.call(
        "enrol_key", response=True, device_id=real_island.device_id(CHARGER), public_key=made.stdout.strip()
    )
    assert enrolled == {"island": real_island.runtime.island_id, "participant": CHARGER}
    path, token = await let_in(real_island)
    client = await hass_client_no_auth()
    return Outside(real_island, example, file, str(client.server.make_url(path)), token)


async def ask(island: Island) -> str:
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await async_until(island.hass, lambda: island.runtime.link.ledger.status().queued == 0)
    return request_id


def state(island: Island, request_id: str) -> str:
    return str(island.runtime.engine.requests[request_id].asks[CHARGER].state)


async def answers_of(island: Island, count: int) -> list[TangleMessage]:
    """So many answers, as they stand on the Tangle: what is said follows what is saved."""
    found: list[TangleMessage] = []
    for _ in range(500):
        found = await island.ledger.tangle.messages(kind="answer")
        if len(found) >= count:
            break
    return found


async def test_it_answers_and_is_paid(real_island: Island, outside: Outside, tmp_path: Path) -> None:
    """The program itself, in a process of its own."""
    (tmp_path / "token").write_text(outside.token)
    command = [*EXAMPLE, outside.file, "--node", outside.url, "--token-file", tmp_path / "token", "--every", "0.3"]
    command += ["--island", real_island.runtime.island_id, "--island-key", island_key(real_island)]
    command += ["--participant", CHARGER, "--least-rate", "1"]
    request_id = await ask(real_island)
    with start(command) as program:
        try:
            assert program.stdout is not None
            said = await asyncio.to_thread(program.stdout.readline)
            assert said == f"accepted {request_id}: 3450 W\n"
            await real_island.run(30)
            await async_until(real_island.hass, lambda: state(real_island, request_id) in {"accepted", "active"})
            await real_island.run(16 * 60)
            await async_until(real_island.hass, lambda: state(real_island, request_id) == "confirmed")
            await async_until(real_island.hass, lambda: real_island.runtime.link.ledger.status().queued == 0)
            paid = real_island.runtime.engine.requests[request_id].asks[CHARGER].amount_i
            assert paid > 0
            said = await asyncio.to_thread(program.stdout.readline)
            assert said == f"paid {request_id}: {paid} i, the address holds {paid} i\n"
        finally:
            program.terminate()

    # Nobody but the program has signed it, and the reward stands up all the same.
    found = await real_island.call(
        "verify_receipt",
        response=True,
        config_entry_id=real_island.entry.entry_id,
        payment_id=f"{request_id}:{CHARGER}",
    )
    assert [check for check in found["checks"] if not check["ok"]] == []
    answers = await real_island.ledger.tangle.messages(kind="answer")
    assert [(each.verified, each.participant) for each in answers] == [(True, CHARGER)]


async def test_what_it_may_not_do(real_island: Island, outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    """It speaks for its participant, once, in time, and about what that was asked."""
    ledger = real_island.ledger
    request_id = await ask(real_island)
    participant = outside.participant
    (request,) = await asyncio.to_thread(participant._messages, "request")
    body = {"request_id": request_id, "accepted": True, "power_w": 3450, "reason": {}}
    address = request[2]

    async def send(**changes: Any) -> None:
        at = int(api.real_time()) - changes.pop("age", 0)
        said = {**body, **changes}
        await asyncio.to_thread(participant._send, said.pop("kind", "answer"), said, address, at)

    await send(participant="battery-1")
    await send(participant=CHARGER, age=900)
    await send(participant=CHARGER, kind="meter")
    assert await ledger.tangle.answers_from_outside() == []
    await send(participant=CHARGER, request_id="nobody-asked")
    await real_island.run(15)
    await async_until(real_island.hass, lambda: "An answer of charger-1 from outside was not taken" in caplog.text)
    assert state(real_island, request_id) == "issued"
    await send(participant=CHARGER, accepted=False, power_w=0)
    await real_island.run(15)
    await async_until(real_island.hass, lambda: state(real_island, request_id) == "declined")
    # The same again, from the beginning: what was let in comes in no more.
    assert await ledger.tangle.answers_from_outside() == []


@pytest.mark.parametrize("key", ["", "x", "ab" * 31, "0" * 65])
async def test_what_is_no_key(real_island: Island, key: str) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await real_island.call("enrol_key", device_id=real_island.device_id(CHARGER), public_key=key)
    assert refused.value.translation_key == "invalid_public_key"


async def test_a_key_of_somebody_else_is_not_enrolled(real_island: Island, outside: Outside) -> None:
    taken = json.loads(outside.participant._path.read_text())
    from custom_components.tangle_grid.protocol import SigningKey

    for key in (island_key(real_island), SigningKey.from_hex(taken["key"]).public):
        with pytest.raises(ServiceValidationError) as refused:
            await real_island.call("enrol_key", device_id=real_island.device_id("battery-1"), public_key=key)
        assert refused.value.translation_key == "invalid_public_key"


async def test_the_island_signs_again_when_the_key_is_replaced(real_island: Island, outside: Outside) -> None:
    """As under Configure, Ledger, Keys. What the program signs then does not count."""
    assert list((await real_island.ledger.keys.elsewhere()).values()) == [CHARGER]
    await real_island.ledger.keys.renew(CHARGER)
    assert await real_island.ledger.keys.elsewhere() == {}
    request_id = await ask(real_island)
    await outside.look()
    await real_island.run(15)
    assert state(real_island, request_id) == "issued"
    await real_island.call(
        "answer_request", request_id=request_id, device_id=real_island.device_id(CHARGER), answer="decline"
    )
    await async_until(real_island.hass, lambda: not real_island.runtime.link.held.to_dict())
    await async_until(real_island.hass, lambda: real_island.runtime.link.ledger.status().queued == 0)
    assert state(real_island, request_id) == "declined"
    answers = await answers_of(real_island, 2)
    assert [(each.verified, each.rejection) for each in answers] == [(True, None), (False, "revoked_key")]

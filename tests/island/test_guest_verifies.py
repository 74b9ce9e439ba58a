"""A guest verifies a reward through the island's door, with the commands that the documents give."""

import asyncio
import os
import re
import shlex
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.island import guests
from custom_components.tangle_grid.ledger import TREASURY, Ledger, PaymentOrder
from custom_components.tangle_grid.ledger.messages.archive import ArchiveError
from custom_components.tangle_grid.verify import cli
from tests.support.guests import let_in
from tests.support.island import CHARGER, async_set_up_devices
from tests.support.ledger.receipt_program import RECEIPT_PROGRAM, run_with_our_sponges
from tests.support.ledger.story import ANSWER, ASK, SETTLEMENT, tell
from tests.support.real_ledger import async_load

LEDGER = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
COMMANDS = re.findall(r"^scripts/verify (.*)$", LEDGER, re.MULTILINE)
PAYMENT = f"r1:{CHARGER}"


async def _async_reward(ledger: Ledger) -> str:
    """Put a request, its answer, its settlement and its payment on the Tangle; return the payment's transaction."""
    await tell(ledger, ASK, ANSWER, participant=CHARGER)
    await tell(ledger, SETTLEMENT, participant=CHARGER, payment_id=PAYMENT)
    assert await ledger.drain(30)
    order = PaymentOrder(payment_id=PAYMENT, source=TREASURY, target=CHARGER, amount_i=SETTLEMENT.amount_i)
    await ledger.pay(order)
    assert await ledger.drain(30)
    (paid,) = await ledger.payments()
    assert paid.tail is not None
    return paid.tail


@pytest.mark.usefixtures("socket_enabled")
async def test_the_documented_commands_work_through_the_door(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    aiohttp_server: Callable[..., Awaitable[TestServer]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await async_set_up_devices(hass)
    runtime = await async_load(hass, entry)
    transaction = await _async_reward(runtime.ledger)
    token = await let_in(hass, entry)
    (tmp_path / "guest.token").write_text(f"{token}\n")
    server = await aiohttp_server(hass.http.app)
    # So few that every command meets the limit.
    monkeypatch.setattr(guests, "_BURST", 2.0)
    monkeypatch.setattr(cli, "_TOO_MANY_S", (0.05,) * 100)
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        time.sleep(seconds)

    monkeypatch.setattr(cli, "sleep", wait)

    path = f"/api/tangle_grid/{runtime.island_id}/iri"
    assert len(COMMANDS) == 2
    for command in COMMANDS:
        said: list[str] = shlex.split(command)
        assert said[0:2] == ["--node", "https://home.example.org/api/tangle_grid/ISLAND/iri"]
        said[1] = str(server.make_url(path))
        assert said[2:4] == ["--token", "guest.token"]
        said[3] = str(tmp_path / "guest.token")
        said[-1] = PAYMENT if said[-2] == "--payment" else transaction
        code = await asyncio.to_thread(cli.main, said)
        told = capsys.readouterr()
        assert code == 0, told
        assert told.out.endswith("The reward stands up.\n")
    assert waited

    # With pyota alone, too, at the limit that the door has, once the guest has rested.
    monkeypatch.undo()
    await asyncio.sleep(6)
    program = tmp_path / "receipt.py"
    program.write_text(RECEIPT_PROGRAM)
    process = await asyncio.create_subprocess_exec(
        *run_with_our_sponges(program, str(server.make_url(path)), PAYMENT),
        env={**os.environ, "TANGLE_GRID_TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert output.decode().endswith("the reward stands up\n")
    await hass.config_entries.async_unload(entry.entry_id)


def test_a_node_that_never_has_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(cli, "sleep", waited.append)

    def busy(request: Any, **_: Any) -> Any:
        raise HTTPError(request.full_url, HTTPStatus.TOO_MANY_REQUESTS, "", {}, None)  # type: ignore[arg-type]

    monkeypatch.setattr(cli, "urlopen", busy)
    with pytest.raises(ArchiveError, match="too many requests"):
        cli.HttpNode("http://node.example", None)({"command": "getNodeInfo"})
    assert waited == list(cli._TOO_MANY_S)

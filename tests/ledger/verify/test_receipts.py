"""A reward is recomputed from what stands on the Tangle alone; whatever is changed in it is found."""

import asyncio
import io
import json
import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import unused_port

from custom_components.tangle_grid.ledger import TREASURY, Ledger, LedgerError, PaymentOrder, Secrets
from custom_components.tangle_grid.ledger.backends.backend import EmbeddedBackend
from custom_components.tangle_grid.ledger.messages.archive import ArchiveError, IriArchive
from custom_components.tangle_grid.ledger.messages.chronicle import message_plan
from custom_components.tangle_grid.ledger.node import pruning
from custom_components.tangle_grid.ledger.pyota.library import BundlePlan, prepare
from custom_components.tangle_grid.ledger.verify.receipts import verify_payment
from custom_components.tangle_grid.protocol import (
    Envelope,
    Signer,
    SigningKey,
    to_body,
)
from custom_components.tangle_grid.verify import cli as verify_cli
from custom_components.tangle_grid.verify.cli import HttpNode, main, sentence
from tests.support.ledger.receipt_program import RECEIPT_PROGRAM, run_with_our_sponges
from tests.support.ledger.story import (
    ANSWER,
    ASK,
    EVIDENCE,
    PAYMENT,
    SETTLEMENT,
    Body,
    failed,
    reward,
    tell,
    whole_story,
)

CHECKS = {
    *("signature", "receipt", "request", "answer", "key", "rate", "window", "quantity", "evidence", "unanimous"),
    *("energy", "amount", "bundle", "paid", "address", "confirmed", "once", "chain"),
}


async def test_an_honest_reward_stands_up(ledger: Ledger) -> None:
    await ledger.publish("meter", {"n": 1})
    assert await ledger.drain(20)
    await whole_story(ledger)
    await reward(ledger, 5, "something else")
    found = await ledger.tangle.verify(payment_id=PAYMENT)
    assert found.ok, found.failed
    assert {check.key for check in found.checks} == CHECKS
    # What it stands on can be handed on: whoever has these texts can check them by other means.
    assert [each.kind for each in found.messages] == ["payment", "settlement", "answer", "request", "key"]
    for each in found.messages:
        envelope = Envelope.decode(each.text.encode())
        assert (envelope.kind, envelope.is_authentic()) == (each.kind, True)
        assert envelope.body == each.body
    assert found.recomputed is not None
    assert (found.recomputed.energy_wh, found.amount_i) == (1_017, 1_017_000)
    assert (found.request_id, found.participant, found.payment_id) == ("r1", "car", PAYMENT)
    paid = next(each for each in await ledger.payments() if each.payment_id == PAYMENT)
    assert paid.tail is not None
    assert await ledger.tangle.verify(transaction=paid.tail) == found
    assert found.transaction == paid.tail
    assert [check.placeholders["links"] for check in found.checks if check.key == "chain"] == [4]
    assert all(sentence(check) for check in found.checks)


@pytest.mark.parametrize(
    "again", [(ASK,), (ASK, ANSWER), (ASK, ANSWER, SETTLEMENT), (ANSWER, SETTLEMENT), (SETTLEMENT,)]
)
async def test_what_is_said_again_after_a_power_failure_changes_nothing(
    ledger: Ledger, again: tuple[Body, ...]
) -> None:
    await tell(ledger, ASK, ANSWER, SETTLEMENT)
    await tell(ledger, *again)
    await reward(ledger)
    found = await ledger.tangle.verify(payment_id=PAYMENT)
    assert found.ok, failed(found)


async def test_what_nobody_paid_is_unknown(ledger: Ledger) -> None:
    with pytest.raises(LedgerError) as caught:
        await ledger.tangle.verify(payment_id="nothing")
    assert caught.value.key == "unknown_payment"
    for bad in ("A" * 81, "a"):
        with pytest.raises(LedgerError) as caught:
            await ledger.tangle.verify(transaction=bad)
        assert caught.value.key == "unknown_transaction"


# What is changed in request, answer, settlement, its evidence and the amount paid; and the checks that must notice.
WRONG: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any], int, set[str]]] = [
    ({}, {}, {}, {}, 1_017_000, set()),
    ({"rate_i_per_kwh": 900_000}, {}, {}, {}, 1_017_000, {"rate"}),
    ({"participant": "other"}, {}, {}, {}, 1_017_000, {"request", "answer"}),
    ({}, {"accepted": False}, {}, {}, 1_017_000, {"answer"}),
    ({"ends_at": 900.0}, {}, {}, {}, 1_017_000, {"window"}),
    ({}, {}, {}, {"duration_s": 2_000}, 1_017_000, {"window", "energy", "amount"}),
    ({"power_w": 3_000}, {"power_w": 3_000}, {}, {}, 1_017_000, {"quantity"}),
    # It promised less than it was asked for, and more than it was asked for: what it said itself counts.
    ({}, {"power_w": 3_000}, {}, {}, 1_017_000, {"quantity"}),
    ({"power_w": 9_000}, {"power_w": 4_138}, {}, {}, 1_017_000, {"quantity"}),
    ({"power_w": 3_000}, {}, {}, {}, 1_017_000, set()),
    # Evidence that says something else than the settlement that it belongs to, or than itself.
    ({}, {}, {}, {"request_id": "r99"}, 1_017_000, {"evidence"}),
    ({}, {}, {}, {"device_id": "home"}, 1_017_000, {"evidence"}),
    ({}, {}, {}, {"energy_wh": 1_016}, 1_017_000, {"evidence"}),
    ({}, {}, {}, {"baseline_wh": 2_761}, 1_017_000, {"evidence"}),
    ({}, {}, {}, {"measured_wh": None}, 1_017_000, {"evidence"}),
    ({}, {}, {}, {"rate_i_per_kwh": 900_000}, 1_017_000, {"evidence"}),
    ({}, {}, {}, {"amount_i": 1_017_001}, 1_017_000, {"evidence"}),
    ({}, {}, {}, {"quantity_w": 3_000}, 1_017_000, {"evidence"}),
    ({}, {}, {}, {"quantities": [[0, 4_140], [950, 0]]}, 1_017_000, {"evidence"}),
    ({}, {}, {}, {"device_id": "car", "energy_wh": 1_017, "amount_i": 1_017_000}, 1_017_000, set()),
    ({}, {}, {"energy_wh": 1_018, "amount_i": 1_018_000}, {}, 1_018_000, {"energy", "amount"}),
    ({}, {}, {}, {"readings": [[0, 11_000]]}, 1_017_000, {"energy", "amount"}),
    ({}, {}, {}, {"readings": "none"}, 1_017_000, {"energy"}),
    ({}, {}, {"amount_i": 1_017_001}, {}, 1_017_001, {"amount"}),
    ({}, {}, {"rate_i_per_kwh": 900_000, "amount_i": 915_300}, {}, 915_300, {"rate", "evidence"}),
    ({}, {}, {}, {}, 1_017_002, {"paid"}),
    ({}, {}, {"payment_id": "other"}, {}, 1_017_000, {"receipt"}),
]


async def test_each_thing_that_is_wrong_is_named(ledger: Ledger) -> None:
    for number, (ask, answer, settlement, evidence, amount_i, _wrong) in enumerate(WRONG):
        request = {"request_id": f"r{number}"}
        await tell(ledger, ASK, **request | ask)
        await tell(ledger, ANSWER, **request | answer)
        await tell(
            ledger,
            SETTLEMENT,
            **request | {"payment_id": f"r{number}:car"} | settlement,
            evidence={**EVIDENCE, **evidence},
        )
        await ledger.pay(PaymentOrder(payment_id=f"r{number}:car", source=TREASURY, target="car", amount_i=amount_i))
    assert await ledger.drain(60)
    for number, case in enumerate(WRONG):
        found = await ledger.tangle.verify(payment_id=f"r{number}:car")
        assert failed(found) == case[-1], case
        assert all(sentence(check) for check in found.checks)


@pytest.mark.parametrize(
    ("body", "changed", "kind"),
    [
        (ASK, {"rate_i_per_kwh": 900_000}, "request"),
        (ASK, {"power_w": 100}, "request"),
        (ANSWER, {"accepted": False, "power_w": 0}, "answer"),
        (ANSWER, {"power_w": 9_000}, "answer"),
        (SETTLEMENT, {"amount_i": 900_000, "energy_wh": 900}, "settlement"),
        (SETTLEMENT, {"payment_id": "r1:car:again"}, "settlement"),
        (SETTLEMENT, {"evidence": {**EVIDENCE, "baseline_w": 12_000}}, "settlement"),
    ],
    ids=range(7),
)
@pytest.mark.parametrize("first", [True, False])
async def test_signed_words_that_contradict_each_other_do_not_stand_up(
    ledger: Ledger, body: Body, changed: dict[str, Any], kind: str, first: bool
) -> None:
    """Whichever of them is found: who has signed both has lied once."""
    for number, each in enumerate((ASK, ANSWER, SETTLEMENT)):
        if first and each is body:
            await tell(ledger, body, **changed)
        await tell(ledger, each)
        if not first and number == 2:
            await tell(ledger, body, **changed)
    await reward(ledger)
    found = await ledger.tangle.verify(payment_id=PAYMENT)
    assert not found.ok
    told = next(check for check in found.checks if check.key == "unanimous")
    assert not told.ok
    assert told.placeholders == {"others": 1, "kinds": kind}
    assert sentence(told) == f"1 other signed messages say otherwise: {kind}."


async def test_the_same_said_again_contradicts_nothing(ledger: Ledger) -> None:
    await tell(ledger, ASK, ASK, ANSWER, ANSWER, SETTLEMENT, SETTLEMENT)
    # Nor does what was said of another part, or by somebody whose word is not asked for.
    await tell(ledger, ASK, request_id="r2", rate_i_per_kwh=5)
    await tell(ledger, ASK, participant="home", rate_i_per_kwh=5)
    stranger = Signer(SigningKey.generate(), ledger._core._island_id, sequence=50)
    forged = stranger.seal("answer", "x", {**to_body(ANSWER), "accepted": False}, issued_at=1.0, expires_at=2.0)
    ledger._core.backend.send(prepare(message_plan(forged)).trytes)
    await reward(ledger)
    found = await ledger.tangle.verify(payment_id=PAYMENT)
    assert found.ok, found.failed


async def test_a_payment_that_names_another_request_is_found(ledger: Ledger) -> None:
    await tell(ledger, ASK, ANSWER, SETTLEMENT)
    for payment_id, request in ((PAYMENT, "r2"), ("x", "r1")):
        memo = {"request": request}
        await ledger.pay(
            PaymentOrder(payment_id=payment_id, source=TREASURY, target="car", amount_i=1_017_000, memo=memo)
        )
    assert await ledger.drain(20)
    found = await ledger.tangle.verify(payment_id=PAYMENT)
    assert failed(found) == {"evidence"}
    assert found.failed[0].placeholders == {"fields": "memo"}


async def test_an_answer_after_the_settlement_or_a_rate_after_the_answer_is_too_late(ledger: Ledger) -> None:
    await tell(ledger, ANSWER, ASK, SETTLEMENT)
    await reward(ledger)
    assert failed(await ledger.tangle.verify(payment_id=PAYMENT)) == {"request", "answer"}
    await tell(ledger, ASK, SETTLEMENT, ANSWER, request_id="r2", payment_id="r2:car")
    await reward(ledger, payment_id="r2:car")
    assert failed(await ledger.tangle.verify(payment_id="r2:car")) == {"answer"}


async def test_a_message_of_a_stranger_does_not_count(ledger: Ledger) -> None:
    stranger = Signer(SigningKey.generate(), ledger._core._island_id, sequence=50)
    for body in (ASK, ANSWER):
        envelope = stranger.seal(body.kind, f"forged {body.kind}", to_body(body), issued_at=1.0, expires_at=2.0)
        ledger._core.backend.send(prepare(message_plan(envelope)).trytes)
    await tell(ledger, SETTLEMENT)
    await reward(ledger)
    assert failed(await ledger.tangle.verify(payment_id=PAYMENT)) == {"request", "answer"}


async def test_a_payment_that_is_made_twice_is_found(ledger: Ledger, island_secrets: Secrets) -> None:
    await whole_story(ledger)
    # A second order that says, signed by the island, that it is the same payment.
    planner = ledger._core.steps._planner
    seal = planner._seal

    def lying(kind: str, message_id: str, body: Mapping[str, Any], at: float) -> BundlePlan:
        body["payments"][0]["id"] = PAYMENT
        return seal(kind, message_id, body, at)

    planner._seal = lying
    await reward(ledger, payment_id="again")
    found = await ledger.tangle.verify(payment_id=PAYMENT)
    assert failed(found) == {"once"}
    paid = next(each for each in await ledger.payments() if each.payment_id == PAYMENT)
    assert failed(await ledger.tangle.verify(transaction=paid.tail)) == {"once"}


async def test_after_pruning_each_receipt_is_verified_in_full_and_readings_are_gone(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can still be verified of a month that the node has deleted: every reward. What cannot: all else."""
    monkeypatch.setattr(pruning, "_NEAR", 2)
    await ledger.publish("meter", {"load_w": 1})
    assert await ledger.drain(20)
    await whole_story(ledger)
    before = await ledger.tangle.verify(payment_id=PAYMENT)
    wallets = await ledger.wallets()
    for number in range(4):
        await ledger.publish("meter", {"load_w": number})
        assert await ledger.drain(20)
    backend = ledger._core.backend
    assert isinstance(backend, EmbeddedBackend)
    pruner, store = backend.node.pruner, backend.node.store
    readings = len(await ledger.tangle.messages(kind="meter"))
    pruner.keep_s = 0.0
    while await asyncio.to_thread(pruner.step, time.time() + 60):
        pass
    assert pruner.snapshot > 0
    assert 0 < len(await ledger.tangle.messages(kind="meter")) < readings
    # The milestone that booked the payment is gone as well: that it was booked is the word of the node.
    (booked,) = store.database.rows("SELECT DISTINCT milestone FROM tx WHERE signed AND value < 0")
    assert store.database.value("SELECT COUNT(*) FROM milestone WHERE number = ?", booked[0]) == 0
    after = await ledger.tangle.verify(payment_id=PAYMENT)
    assert after.ok, failed(after)
    assert after == before
    assert {check.key for check in after.checks} == CHECKS
    assert await ledger.wallets() == wallets


async def test_the_command_line_verifies_over_http(
    ledger: Ledger, node_url: str, island_secrets: Secrets, capsys: pytest.CaptureFixture[str]
) -> None:
    await whole_story(ledger)
    key = SigningKey.from_hex(island_secrets.signing_key).public
    own = await ledger.tangle.verify(payment_id=PAYMENT)
    for extra in ([], ["--key", key]):
        assert await asyncio.to_thread(main, ["--node", node_url, "--payment", PAYMENT, *extra]) == 0
        told = capsys.readouterr().out
        assert "The reward stands up." in told
        assert "1017 Wh" in told
        assert ("the key given" if extra else "learned from the node") in told
    assert await asyncio.to_thread(main, ["--node", node_url, own.transaction, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["ok"]
    assert data["amount_i"] == 1_017_000
    assert [check["key"] for check in data["checks"]] == ["anchor", *(check.key for check in own.checks)]
    over_http = await asyncio.to_thread(
        lambda: verify_payment(IriArchive(HttpNode(node_url, None)), payment_id=PAYMENT)
    )
    assert over_http == own


async def test_the_command_line_says_no_and_says_when_it_cannot_tell(
    ledger: Ledger, node_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await whole_story(ledger, 1_017_003)

    def run(*options: str) -> int:
        return main(["--node", node_url, *options])

    assert await asyncio.to_thread(run, "--payment", PAYMENT) == 1
    assert "The bundle pays 1017003 i, but 1017000 i are owed." in capsys.readouterr().out
    assert await asyncio.to_thread(run, "--payment", PAYMENT, "--key", "0" * 64) == 2
    assert await asyncio.to_thread(run, "--payment", "nothing") == 2
    paid = next(each for each in await ledger.payments() if each.payment_id == PAYMENT)
    assert await asyncio.to_thread(run, str(paid.tail), "--key", "0" * 64, "--json") == 1
    assert not json.loads(capsys.readouterr().out)["ok"]
    assert await asyncio.to_thread(main, ["--node", f"http://127.0.0.1:{unused_port()}", "--payment", "x"]) == 2
    assert await asyncio.to_thread(main, ["--node", "file:///etc/passwd", "--payment", "x"]) == 2
    for bad in (["abc"], ["--payment", "x", "--key", "zz"], []):
        with pytest.raises(SystemExit):
            run(*bad)


@pytest.mark.parametrize("way", ["file", "standard input", "environment"])
def test_a_token_is_not_on_the_command_line(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everybody on the machine can list that. What stands there by mistake is not repeated."""
    heard: list[str | None] = []

    def node(url: str, token: str | None) -> Any:
        heard.append(token)
        raise ValueError("enough")

    monkeypatch.setattr(verify_cli, "HttpNode", node)
    options = ["--payment", "x"]
    if way == "file":
        (tmp_path / "token").write_text("s3cret\n")
        options += ["--token", str(tmp_path / "token")]
    elif way == "standard input":
        monkeypatch.setattr("sys.stdin", io.StringIO("s3cret\n"))
        options += ["--token", "-"]
    else:
        monkeypatch.setenv(verify_cli.BEARER_VARIABLE, "s3cret")
    assert main(options) == 2
    assert heard == ["s3cret"]
    assert main(["--payment", "x", "--token", "s3cret"]) == 2
    assert len(heard) == 1
    told = capsys.readouterr().err
    assert "not on the command line" in told
    assert "s3cret" not in told


ROOT = Path(__file__).parents[3]


@pytest.mark.e2e
async def test_the_program_runs_in_a_clean_environment_installed_as_the_documents_say(
    ledger: Ledger, node_url: str, tmp_path: Path
) -> None:
    """Plain pyota from the package index, and nothing of ours."""
    uv = os.environ.get("TANGLE_GRID_UV") or shutil.which("uv")
    uv = uv or next((str(path) for path in ROOT.glob(".runtime/uv-*/bin/uv")), None)
    assert uv is not None
    await whole_story(ledger)
    text = (ROOT / "docs/ledger.md").read_text()
    (tmp_path / "receipt.py").write_text(RECEIPT_PROGRAM)
    python = str(tmp_path / "venv/bin/python")

    async def run(*command: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=tmp_path,
            env={**os.environ, "TANGLE_GRID_TOKEN": "not asked for here"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await process.communicate()
        assert process.returncode == 0, told.decode()
        return told.decode()

    await run(uv, "venv", "--python", sys.executable, str(tmp_path / "venv"))
    installs = re.findall(r"^pip install (.*)$", text, re.MULTILINE)
    assert len(installs) == 2
    for packages in installs:
        await run(uv, "pip", "install", "--python", python, *shlex.split(packages))
    told = await run(python, str(tmp_path / "receipt.py"), node_url, PAYMENT)
    assert told.endswith("the reward stands up\n")


async def test_a_receipt_is_verified_with_pyota_alone_as_the_documents_say(
    ledger: Ledger, node_url: str, tmp_path: Path
) -> None:
    await whole_story(ledger)
    (tmp_path / "receipt.py").write_text(RECEIPT_PROGRAM)

    async def run(payment_id: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *run_with_our_sponges(tmp_path / "receipt.py", node_url, payment_id),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await process.communicate()
        return process.returncode, told.decode()

    code, told = await run(PAYMENT)
    assert code == 0, told
    assert "come to 1017 Wh and 1017000 i" in told
    assert told.endswith("the reward stands up\n")
    await tell(ledger, SETTLEMENT, payment_id="r2:car")
    await reward(ledger, 1_017_001, "r2:car")
    assert (await run("r2:car"))[0] == 1


@pytest.mark.parametrize(
    "answer",
    [{}, {"hashes": 5}, {"hashes": ["A" * 81], "trytes": ["short"]}, {"hashes": ["A" * 81], "trytes": ["9" * 2673]}],
)
def test_a_node_that_lies_is_not_believed(answer: dict[str, Any]) -> None:
    command: Callable[[Any], Any] = lambda _request: answer  # noqa: E731 - the node
    with pytest.raises((ArchiveError, LedgerError)):
        verify_payment(IriArchive(command), payment_id=PAYMENT)


async def test_the_messages_of_a_tangle_are_a_graph(ledger: Ledger) -> None:
    for n in range(3):
        await ledger.publish("meter", {"n": n})
        assert await ledger.drain(20)
    nodes = await ledger.tangle.graph()
    assert {node.kind for node in nodes} >= {"meter"}
    assert [node.attached_at for node in nodes] == sorted((node.attached_at for node in nodes), reverse=True)
    assert all(len(approved) == 81 for node in nodes for approved in node.approves)
    tails = {node.tail for node in nodes}
    assert any(tails & set(node.approves) for node in nodes)
    assert sum(node.kind is not None for node in await ledger.tangle.graph(2)) == 2

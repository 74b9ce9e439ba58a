"""A receipt's file is checked against a Tangle: its signature, its figures, and each of its payments."""

import asyncio
import io
import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.economy.sessions import SessionReceipt
from custom_components.tangle_grid.economy.signed_receipt import payments_of, read_signed, signed_receipt
from custom_components.tangle_grid.ledger import TREASURY, Ledger, PaymentOrder, Secrets
from custom_components.tangle_grid.protocol import SigningKey, canonical
from custom_components.tangle_grid.verify.cli import main
from scripts.lib.protocol_docs.receipt_vectors import signed_receipt_vectors

ROOT = Path(__file__).parents[3]


@pytest.fixture
def island_key(island_secrets: Secrets) -> SigningKey:
    return SigningKey.from_hex(island_secrets.signing_key)


@pytest.fixture
async def file(ledger: Ledger, island_key: SigningKey) -> dict[str, Any]:
    """The receipt of a session whose payments stand on the Tangle, sealed as such payments are."""
    receipt = read_signed(signed_receipt_vectors()["good"]["charging"]).receipt
    assert isinstance(receipt, SessionReceipt)
    await ledger.pay(PaymentOrder(payment_id="begin", source=TREASURY, target="car", amount_i=10**8))
    assert await ledger.drain(20)
    for order in receipt.payments:
        source, target = ("car", TREASURY) if order.source == "car" else (TREASURY, "car")
        memo = {"kind": "charging", "receipts": {"from": "00" * 32}}
        await ledger.pay(
            PaymentOrder(payment_id=order.payment_id, source=source, target=target, amount_i=order.amount_i, memo=memo)
        )
    assert await ledger.drain(30)
    found = {name: await ledger.payment(name) for name, _amount in payments_of(receipt)}
    assert await ledger.payment("nobody") is None
    transactions = {name: each.tail for name, each in found.items() if each is not None}
    assert len(transactions) == len(receipt.payments)
    return signed_receipt(receipt, island=ledger._core._island_id, transactions=transactions, key=island_key)


class Verifier:
    """Runs the command on a file."""

    def __init__(self, url: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._url, self._path, self._capsys = url, folder / "receipt.json", capsys

    async def __call__(self, file: object, *extra: str) -> tuple[int, str]:
        self._path.write_text(file if isinstance(file, str) else json.dumps(file))
        given = ["--node", self._url, "--receipt", str(self._path), *extra]
        code = await asyncio.to_thread(main, given)
        told = self._capsys.readouterr()
        return code, told.out + told.err


@pytest.fixture
def verify(node_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verifier:
    return Verifier(node_url, tmp_path, capsys)


def signed_again(file: dict[str, Any], key: SigningKey, **changes: Any) -> dict[str, Any]:
    said = {name: value for name, value in file.items() if name != "signature"} | changes
    return said | {"signature": key.sign(canonical(said))}


def lies(said: str) -> list[str]:
    return [line[7:] for line in said.splitlines() if line.startswith("  NO ")]


async def test_an_honest_receipt_stands_up_and_one_lie_of_any_sort_does_not(
    file: dict[str, Any], verify: Verifier, island_key: SigningKey, ledger: Ledger, tmp_path: Path
) -> None:
    code, said = await verify(file)
    assert (code, lies(said)) == (0, []), said
    assert "learned from the node" in said
    assert said.count("is confirmed, in the transaction") == len(file["payments"]) == 4
    assert "The receipt stands up." in said
    # With the key that opens what is sealed, also that each payment is the one that is meant.
    opening = tmp_path / "opening"
    opening.write_text(await ledger.keys.opening())
    assert (await verify(file, "--open-key", str(opening)))[0] == 0
    first, second, third, last = file["payments"]
    await ledger.pay(
        PaymentOrder(
            payment_id="another",
            source="car",
            target=TREASURY,
            amount_i=second["amount_i"],
            memo={"kind": "charging", "receipts": {"from": "00" * 32}},
        )
    )
    assert await ledger.drain(20)
    another = await ledger.payment("another")
    assert another is not None
    swapped = signed_again(file, island_key, payments=[first, {**second, "transaction": another.tail}, third, last])
    assert (await verify(swapped))[0] == 0, "both credit the same amount"
    code, said = await verify(swapped, "--open-key", str(opening))
    assert (code, ["is not credited by" in each for each in lies(said)]) == (1, [True])

    # One wrong signature.
    code, said = await verify({**file, "signature": "00" * 64})
    assert (code, lies(said)) == (
        1,
        [f"The receipt is not what the key {island_key.public} signed: something in it was changed."],
    )
    # One wrong figure, signed by the island itself.
    receipt = {**file["receipt"], "charge_i": file["receipt"]["charge_i"] + 1}
    code, said = await verify(signed_again(file, island_key, receipt=receipt))
    assert code == 1
    assert lies(said)[0] == "The receipt contradicts itself: charge_i is 1000001, and the rest comes to 1000000."
    # One payment that was never made, or of which no transaction is known.
    for transaction, words in (
        (None, "is missing: the receipt names no transaction for it."),
        ("A" * 81, "is missing: the node has no payment in the transaction"),
        (file["payments"][1]["transaction"], "is not credited by the transaction"),
    ):
        payments = [{**file["payments"][0], "transaction": transaction}, *file["payments"][1:]]
        code, said = await verify(signed_again(file, island_key, payments=payments))
        (lie,) = lies(said)
        assert (code, words in lie, file["payments"][0]["payment_id"] in lie) == (1, True, True), said
    # One payment that stands for two.
    twice = [file["payments"][0], {**file["payments"][1], "transaction": file["payments"][2]["transaction"]}]
    twice += file["payments"][2:]
    code, said = await verify(signed_again(file, island_key, payments=twice))
    (lie,) = lies(said)
    assert (code, "is not credited by" in lie) == (1, True)
    # Somebody else's key.
    stranger = SigningKey.generate()
    forged = signed_again(file, stranger, public_key=stranger.public)
    code, said = await verify(forged)
    assert code == 1
    assert any(each.startswith("Not believed:") for each in lies(said))
    assert any("is not signed by this island" in each for each in lies(said))
    code, said = await verify(forged, "--key", island_key.public)
    assert any("and not the key given" in each for each in lies(said))


async def test_a_payment_that_no_milestone_has_seen_is_not_confirmed(
    file: dict[str, Any], verify: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "custom_components.tangle_grid.ledger.messages.archive.IriArchive.is_confirmed", lambda _self, _tail: False
    )
    code, said = await verify(file)
    assert code == 1
    assert [each.endswith("is not confirmed.") for each in lies(said)] == [True] * 4


async def test_what_is_no_file_of_a_receipt_is_said(verify: Verifier, file: dict[str, Any]) -> None:
    for text, words in (
        ("{", "not JSON"),
        ("[]", "receipt is not an object"),
        ('{"format": "x"}', "receipt.v is missing"),
    ):
        code, said = await verify(text)
        assert (code, words in said) == (2, True), said
    code, said = await verify({"file": file}, "--json")
    assert code == 0
    found = json.loads(said)
    assert (found["kind"], found["reference"], found["ok"]) == ("charging", "charging-1", True)
    assert all(each["sentence"] for each in found["checks"])


async def test_the_command_of_the_documents_works(
    file: dict[str, Any],
    node_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    text = (ROOT / "docs/charging-sessions.md").read_text()
    (command,) = re.findall(r"^scripts/verify .*$", text, re.MULTILINE)
    given = shlex.split(command)[1:]
    given[given.index("--node") + 1] = node_url
    token = tmp_path / given[given.index("--token") + 1]
    token.write_text("token")
    (tmp_path / given[given.index("--receipt") + 1]).write_text(json.dumps(file))
    monkeypatch.chdir(tmp_path)
    assert await asyncio.to_thread(main, given) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(file)))
    assert await asyncio.to_thread(main, ["--node", node_url, "--receipt", "-"]) == 0
    assert capsys.readouterr().out.count("The receipt stands up.") == 2

"""`scripts/verify` checks signed statements and sharings of energy, with the island's key and no node."""

import io
import json
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.economy.books import (
    Dynamic,
    Month,
    Quarter,
    share,
    signed_sharing,
    signed_statement,
    statement,
)
from custom_components.tangle_grid.protocol import SigningKey, canonical
from custom_components.tangle_grid.verify.cli import main
from tests.support.books import entry

KEY = SigningKey.from_hex("11" * 32)
LINES = [entry("1", amount_i=-100, wh_in=500), entry("2", amount_i=30, wh_out=100)]
QUARTERS = [Quarter(start=900, produced_wh=600, used_wh={"flat 1": 1_000, "flat 2": 100})]

type Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    def run(kind: str, document: object, *options: str, key: str = KEY.public) -> tuple[int, str]:
        path = tmp_path / "file.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        # Nothing listens there: a node is not asked when the key is given.
        code = main([f"--{kind}", str(path), "--key", key, "--node", "http://127.0.0.1:9", *options])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def a_statement(time_zone: str = "UTC") -> dict[str, Any]:
    of = statement(LINES, island="i", participant="car", month=Month(2026, 11), zone=UTC, time_zone=time_zone)
    return signed_statement(of, KEY)


def a_sharing() -> dict[str, Any]:
    shared = share(QUARTERS, Dynamic())
    return signed_sharing(shared, Dynamic(), island="i", month=Month(2026, 11), time_zone="UTC", signing=KEY)


def signed_again(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said = {name: value for name, value in document.items() if name != "signature"} | changes
    return said | {"signature": KEY.sign(canonical(said))}


@pytest.mark.parametrize(
    ("kind", "document"),
    [("statement", a_statement()), ("statement", a_statement("Mars/Olympus")), ("sharing", a_sharing())],
)
def test_an_honest_file_stands_up(check: Check, kind: str, document: dict[str, Any]) -> None:
    code, said = check(kind, document)
    assert code == 0, said
    assert "Believed: the key given" in said
    assert f"The {kind} stands up." in said
    # As an action answers it, too.
    code, said = check(kind, {"month": "2026-11", "content": document}, "--json")
    told = json.loads(said)
    assert (code, told["ok"], told["kind"], told["month"]) == (0, True, kind, "2026-11")
    assert [each["ok"] for each in told["checks"]] == [True, True, True]


@pytest.mark.parametrize(
    ("kind", "document", "sentence"),
    [
        ("statement", a_statement() | {"closing_i": 5}, "something in it was changed"),
        ("statement", signed_again(a_statement(), closing_i=5), "closing_i should be"),
        ("sharing", a_sharing() | {"month": "2026-10"}, "something in it was changed"),
        ("sharing", signed_again(a_sharing(), key="static", shares={"flat 1": "1"}), "flat 1 should have 600 Wh"),
    ],
)
def test_a_lie_of_any_sort_does_not(check: Check, kind: str, document: dict[str, Any], sentence: str) -> None:
    code, said = check(kind, document)
    assert code == 1
    assert sentence in said
    assert f"The {kind} does NOT stand up." in said


def test_whoever_else_signed_it_is_not_believed(check: Check) -> None:
    code, said = check("statement", a_statement(), key="22" * 32)
    assert code == 1
    assert "Not believed" in said


@pytest.mark.parametrize("kind", ["statement", "sharing"])
@pytest.mark.parametrize("document", ["{", "[]", "{}", "[" * 100_000])
def test_what_is_no_such_file_is_said(check: Check, kind: str, document: str) -> None:
    code, said = check(kind, document)
    assert (code, said.count("\n")) == (2, 1)
    assert f"This is not a {kind}" in said


def test_it_may_come_by_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(a_statement())))
    assert main(["--statement", "-", "--key", KEY.public]) == 0
    assert "Statement of car, 2026-11" in capsys.readouterr().out

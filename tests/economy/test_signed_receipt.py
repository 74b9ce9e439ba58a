"""The file of a receipt: whatever is changed in it is found, by its signature or by its figures."""

import copy
import json
from contextlib import suppress
from typing import Any

import pytest

from custom_components.tangle_grid.economy.signed_receipt import ReceiptError, read_signed, wrong_figures
from custom_components.tangle_grid.protocol import SigningKey, canonical
from scripts.lib.protocol_docs.receipt_vectors import signed_receipt_vectors

KEY = SigningKey.from_hex("4a" * 32)
VECTORS = signed_receipt_vectors()
GOOD: dict[str, dict[str, Any]] = VECTORS["good"]


def paths(value: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return where each figure and text stands."""
    if isinstance(value, dict):
        return [path for name, each in value.items() for path in paths(each, (*here, name))]
    if isinstance(value, list):
        return [path for index, each in enumerate(value) for path in paths(each, (*here, index))]
    return [here]


def changed(file: dict[str, Any], path: tuple[str | int, ...], by: Any, *, sign: bool) -> dict[str, Any]:
    """Return a file in which one value is another; signed again, as an island would that lies."""
    made = copy.deepcopy(file)
    inner: Any = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = by(inner[path[-1]])
    if sign:
        said = {name: value for name, value in made.items() if name != "signature"}
        made["signature"] = KEY.sign(canonical(said))
    return made


@pytest.mark.parametrize("kind", GOOD)
def test_a_receipt_as_it_was_signed_stands_up(kind: str) -> None:
    signed = read_signed(json.loads(json.dumps(GOOD[kind])))
    assert (signed.kind, signed.is_signed, signed.public_key) == (kind, True, KEY.public)
    assert wrong_figures(signed) == ()
    assert all(each.transaction is not None for each in signed.payments)


@pytest.mark.parametrize("kind", GOOD)
def test_nothing_can_be_changed_without_the_islands_key(kind: str) -> None:
    file = GOOD[kind]
    for path in paths(file):
        another = changed(file, path, _another, sign=False)
        with suppress(ReceiptError):
            assert not read_signed(another).is_signed, path


def _another(value: Any) -> Any:
    if value is None:
        return 1
    return value + 1 if isinstance(value, int) else f"{value[:-1]}{'A' if value[-1:] != 'A' else 'B'}"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("charging", ["wh_in", "wh_out", "fed_in_wh", "rewarded_wh", "charge_i", "fee_i", "feed_in_i", "owed_i"]),
        ("parking", ["cost_i", "total_i"]),
        ("toll", ["price_i", "paid_i"]),
    ],
)
def test_an_island_that_lies_about_a_figure_contradicts_itself(kind: str, names: list[str]) -> None:
    file = GOOD[kind]
    for name in names:
        assert wrong_figures(read_signed(changed(file, ("receipt", name), _another, sign=True))), name
    amounts = [path for path in paths(file) if path[-1] == "amount_i"]
    assert len(amounts) == len(file["payments"]) + len(file["receipt"].get("payments", []))
    for path in amounts:
        assert wrong_figures(read_signed(changed(file, path, _another, sign=True))), path


def test_a_meter_value_that_is_another_contradicts_the_sums() -> None:
    file = GOOD["charging"]
    for row in range(len(file["receipt"]["rows"])):
        another = changed(file, ("receipt", "rows", row, 1), _another, sign=True)
        assert {each.name for each in wrong_figures(read_signed(another))} >= {"wh_in"}


def test_a_payment_that_is_left_out_or_listed_twice_is_told() -> None:
    file = GOOD["charging"]
    for payments in (file["payments"][1:], [*file["payments"], file["payments"][0]]):
        said = {**file, "payments": payments}
        del said["signature"]
        signed = read_signed(said | {"signature": KEY.sign(canonical(said))})
        assert signed.is_signed
        assert [each.name for each in wrong_figures(signed)] == ["payments"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "other"}, "receipt.format is not what it has to be"),
        ({"v": 2}, "version 1"),
        ({"kind": "ferry"}, "receipt.kind is ferry"),
        ({"more": 1}, "receipt.more is a field that nobody knows"),
        ({"payments": [{"payment_id": "x", "amount_i": 0, "transaction": None}]}, "amount_i is 0"),
        ({"receipt": {"version": 9}}, "only 1 can be read"),
    ],
)
def test_what_is_no_receipt_is_said_in_a_sentence(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ReceiptError, match=words):
        read_signed(GOOD["charging"] | change)
    with pytest.raises(ReceiptError):
        read_signed("no object")


def test_a_tariff_that_cannot_be_read_is_a_contradiction() -> None:
    file = GOOD["charging"]
    terms = {**file["receipt"]["terms"], "tariff": "{}"}
    signed = read_signed(changed(file, ("receipt", "terms"), lambda _value: terms, sign=True))
    assert [each.name for each in wrong_figures(signed)] == ["tariff"]

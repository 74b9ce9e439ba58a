"""pyota with our arithmetic in its seams computes what plain pyota computes, and leaves nothing behind."""

import random
import sys
import traceback

import pytest

from custom_components.tangle_grid.ledger.pyota import library as pyota
from custom_components.tangle_grid.ledger.pyota.library import BundlePlan, PyotaError, TransferInput, prepare
from custom_components.tangle_grid.ledger.pyota.seams import ListCurl, ListKerl
from custom_components.tangle_grid.ledger.trinary import ALPHABET, address_of, trits_to_trytes, trytes_to_trits
from tests.ledger.conftest import ask_pyota

_random = random.Random(4)  # noqa: S311 - samples, not keys


def some_trytes(length: int) -> str:
    return "".join(_random.choices(ALPHABET, k=length))


SEED = some_trytes(81)


def a_plan(**changes: object) -> BundlePlan:
    fields: dict[str, object] = {
        "outputs": ((some_trytes(80) + "9", 7), (some_trytes(80) + "9", 93)),
        "inputs": (
            TransferInput(address=address_of(SEED, 3), balance_i=60, key_index=3),
            TransferInput(address=address_of(SEED, 9), balance_i=40, key_index=9),
        ),
        "tag": "TGPAYMENT",
        "text": '{"memo":"für den Strom ⚡"}' * 60,
        "timestamp": 1_700_000_000,
    }
    return BundlePlan(**{**fields, **changes})  # type: ignore[arg-type]


def test_bundles_and_signatures_are_those_of_plain_pyota() -> None:
    plan = a_plan()
    prepared = prepare(plan, SEED)
    inputs = [
        {"address": each.address, "balance_i": each.balance_i, "key_index": each.key_index} for each in plan.inputs
    ]
    (built,) = ask_pyota(("bundle", [list(plan.outputs), inputs, plan.tag, plan.text, plan.timestamp, SEED]))
    assert list(prepared.trytes) == built


@pytest.mark.long
def test_plain_pyota_finds_our_bundles_valid() -> None:
    """Which follows from their being its own; it takes as long as to make them."""
    assert ask_pyota(("is_valid", [list(prepare(a_plan(), SEED).trytes)])) == [True]


def test_the_same_plan_is_the_same_bundle_and_another_text_is_another() -> None:
    plan = a_plan()
    assert prepare(plan, SEED) == prepare(plan, SEED)
    other = BundlePlan(outputs=plan.outputs, inputs=plan.inputs, tag=plan.tag, text="{}", timestamp=plan.timestamp)
    assert prepare(other, SEED).bundle != prepare(plan, SEED).bundle


def test_our_validation_in_pyota_sees_a_forged_signature() -> None:
    iota = pyota.load()
    validator = sys.modules["iota.transaction.validator"].BundleValidator
    trytes = list(prepare(a_plan(), SEED).trytes)
    assert validator(iota.Bundle.from_tryte_strings(trytes)).is_valid()
    signed = next(place for place, each in enumerate(trytes) if iota.Transaction.from_tryte_string(each).value < 0)
    forged = "A" if trytes[signed][5] != "A" else "B"
    trytes[signed] = trytes[signed][:5] + forged + trytes[signed][6:]
    assert not validator(iota.Bundle.from_tryte_strings(trytes)).is_valid()


def test_pyota_runs_on_our_curl_and_leaves_no_stand_in() -> None:
    pyota.load()
    assert sys.modules["iota.transaction.base"].Curl is ListCurl
    assert sys.modules["iota.types"].Kerl is ListKerl
    assert "ccurl" not in sys.modules


@pytest.mark.parametrize("sponge", [ListCurl, ListKerl])
def test_sponges_keep_pyotas_interface(sponge: type[ListCurl | ListKerl]) -> None:
    name = "curl" if sponge is ListCurl else "kerl"
    text = some_trytes(243)
    one: list[int] = []
    ours = sponge()
    ours.absorb(trytes_to_trits(text))
    ours.squeeze(one)
    assert [trits_to_trytes(one)] == ask_pyota((name, [text]))
    ours.reset()
    again: list[int] = []
    for at in range(0, 243, 81):
        ours.absorb(trytes_to_trits(text[at : at + 81]))
    ours.squeeze(again)
    assert again == one
    with pytest.raises(ValueError, match="length"):
        ours.absorb([], length=0)


@pytest.mark.parametrize(
    "broken",
    [
        {"outputs": (("not an address", 100),)},
        {"outputs": ((some_trytes(81), 101),)},
        {"inputs": ()},
    ],
)
def test_a_plan_that_cannot_be_is_refused_without_the_seed_in_the_error(broken: dict[str, object]) -> None:
    with pytest.raises(PyotaError) as caught:
        prepare(a_plan(**broken), SEED)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert SEED not in shown
    assert caught.value.__context__ is None

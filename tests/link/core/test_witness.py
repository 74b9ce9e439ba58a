"""A lying node is found by the houses that compare what it signed, and others can check the proof."""

import json
from dataclasses import replace

import pytest

from custom_components.tangle_grid.ledger.node.milestone import Milestone
from custom_components.tangle_grid.link.core import LinkRefusal, body_of
from custom_components.tangle_grid.link.core.witness import WITHHELD_S, Finding, Head, Proof, Witness
from custom_components.tangle_grid.protocol import SigningKey

KEY = SigningKey.from_hex("07" * 32)
OTHER = SigningKey.from_hex("08" * 32)


def head(number: int, branch: str = "B", key: SigningKey = KEY, island: str = "isle") -> Head:
    """A milestone as the node signs it."""
    values = {"island": island, "number": number, "previous": f"P{number}", "trunk": "T", "branch": branch, "at": 7.0}
    signed = Milestone(**values).signed_bytes()  # type: ignore[arg-type]
    return Head(**values, signature=key.sign(signed))  # type: ignore[arg-type]


def witness() -> Witness:
    return Witness("isle", KEY.public)


def test_an_honest_node_is_accused_of_nothing() -> None:
    one, other = witness(), witness()
    for number in range(1, 40):
        for each in (one, other):
            each.show(number * 10.0, head(number))
        assert one.head is not None
        other.hear(number * 10.0, body_of(one.head))
        one.hear(number * 10.0 + 5, body_of(head(number)))
        assert one.check(number * 10.0) == other.check(number * 10.0) == frozenset()
    assert one.proof is None


def test_two_houses_that_are_shown_different_things_have_a_proof() -> None:
    one, other = witness(), witness()
    one.show(0.0, head(5, "B"))
    other.show(0.0, head(5, "C"))
    assert one.head is not None
    other.hear(1.0, json.loads(json.dumps(body_of(one.head))))
    assert other.check(1.0) == {Finding.FORK}
    assert other.proof is not None
    handed_on = Proof.from_dict(json.loads(json.dumps(other.proof.to_dict())))
    assert handed_on.holds("isle", KEY.public)
    assert not handed_on.holds("isle", OTHER.public)
    assert not handed_on.holds("other", KEY.public)
    again = Witness.from_dict("isle", KEY.public, json.loads(json.dumps(other.to_dict())))
    assert again.check(2.0) == {Finding.FORK}


def test_a_rollback_is_found_and_proven_when_it_goes_on() -> None:
    house = witness()
    for number in range(1, 11):
        house.show(0.0, head(number))
    house = Witness.from_dict("isle", KEY.public, json.loads(json.dumps(house.to_dict())))
    house.show(10.0, head(7))
    assert Finding.ROLLBACK in house.check(10.0)
    assert house.proof is None
    house.show(20.0, head(8, "C"))
    assert Finding.FORK in house.check(20.0)
    assert house.proof is not None
    assert house.proof.holds("isle", KEY.public)


def test_what_is_withheld_from_one_house_is_found_within_five_minutes() -> None:
    house = witness()
    house.show(0.0, head(1))
    house.hear(10.0, body_of(head(2)))
    assert house.check(10.0 + WITHHELD_S - 1) == frozenset()
    assert house.check(10.0 + WITHHELD_S) == {Finding.WITHHELD}
    assert WITHHELD_S < 300
    house.show(300.0, head(2))
    assert house.check(300.0) == frozenset()


def test_nobody_can_accuse_an_operator_of_what_was_not_signed() -> None:
    house = witness()
    house.show(0.0, head(5))
    for lie in (
        body_of(head(5, "C", OTHER)),
        body_of(head(9, key=OTHER)),
        body_of(replace(head(5), branch="C")),
        body_of(head(5, "C", island="other")),
        {},
        {"number": -1},
    ):
        house.hear(1.0, lie)
    assert house.check(10_000.0) == frozenset()
    assert house.proof is None
    forged = Proof(one=head(5), other=head(5, "C", OTHER))
    assert not forged.holds("isle", KEY.public)
    assert not Proof(one=head(5), other=head(5)).holds("isle", KEY.public)
    stored = {"own": "x", "seen": [1, {}], "proof": forged.to_dict()}
    assert Witness.from_dict("isle", KEY.public, stored).check(0.0) == frozenset()
    assert Witness.from_dict("isle", KEY.public, {"proof": {"one": 1}}).proof is None
    with pytest.raises(LinkRefusal):
        Proof.from_dict({})

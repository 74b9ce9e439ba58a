"""Islands tell each other what they are shown: nobody on the way can change it, and whoever lies is found."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.link.core import Finding, Head, Heads, Operator, Seen, Witness, body_of, heads
from custom_components.tangle_grid.protocol import SigningKey

KEY = SigningKey.from_hex("07" * 32)
OPERATOR = Operator(island="isle", public_key=KEY.public)
OWN = SigningKey.from_hex("11" * 32)
OTHERS = SigningKey.from_hex("12" * 32)


def head(number: int, branch: str = "B", key: SigningKey = KEY, island: str = "isle") -> Head:
    unsigned = Head(
        island=island, number=number, previous=f"P{number}", trunk="T", branch=branch, at=7.0, signature="00" * 64
    )
    return replace(unsigned, signature=key.sign(unsigned.signed_bytes()))


def carried(seen: Seen | None) -> dict[str, object]:
    """As it comes out of a letter."""
    assert seen is not None
    found: dict[str, object] = json.loads(json.dumps(body_of(seen)))
    return found


def test_what_one_island_is_shown_is_told_now_and_then_and_passed_on() -> None:
    one, street, other = Heads(OPERATOR, OTHERS), Heads(OPERATOR, OWN), Heads(OPERATOR, KEY)
    seen = one.show(0.0, [head(1), head(2)])
    assert seen is not None
    assert (seen.head.number, seen.witness) == (2, OTHERS.public)
    assert one.show(1.0, [head(2)]) is None
    assert one.show(241.0, [head(2)]) == seen
    assert one.show(242.0, [head(2)]) is None
    assert one.show(1.0, []) is None
    passed_on = street.hear(1.0, carried(seen))
    assert passed_on == seen
    # Once more is for those who were not there; what is older is for nobody.
    assert street.hear(2.0, carried(seen)) == seen
    assert street.hear(2.0, carried(Seen.sign(OTHERS, head(1)))) is None
    assert street.witnesses == 1
    assert other.hear(2.0, carried(passed_on)) == seen
    assert one.hear(3.0, carried(seen)) is None
    assert other.witness.findings == set()


def test_a_fork_is_found_by_every_island_that_hears_of_it_and_is_passed_on() -> None:
    one, street, other = Heads(OPERATOR, OTHERS), Heads(OPERATOR, OWN), Heads(OPERATOR, KEY)
    for each in (street, other):
        each.show(0.0, [head(4), head(5, "C"), head(6, "C")])
        each.hear(0.0, carried(Seen.sign(OTHERS, head(6, "C"))))
    # An older number than this witness had seen, but another milestone of it.
    seen = one.show(0.0, [head(5, "B")])
    passed_on = street.hear(1.0, carried(seen))
    assert passed_on == seen
    assert other.hear(2.0, carried(passed_on)) == seen
    for each in (street, other):
        assert each.witness.findings == {Finding.FORK}
        assert each.witness.proof is not None
        assert each.witness.proof.holds("isle", KEY.public)


def test_what_is_withheld_stays_so_after_a_restart_and_ends_when_it_is_shown() -> None:
    house = Heads(OPERATOR, OWN)
    house.show(0.0, [head(1)])
    house.hear(1.0, carried(Seen.sign(OTHERS, head(2))))
    house.show(245.0, [head(1)])
    assert house.witness.findings == {Finding.WITHHELD}
    stored = json.loads(json.dumps(house.witness.to_dict()))
    again = Heads(OPERATOR, OWN, Witness.from_dict("isle", KEY.public, stored))
    assert again.witness.findings == {Finding.WITHHELD}
    again.show(0.0, [head(2)])
    assert again.witness.findings == set()


def test_little_is_stored_and_the_own_newest_is_among_it() -> None:
    house = Heads(OPERATOR, OWN)
    house.show(0.0, [head(1)])
    for number in range(2, 200):
        house.hear(0.0, carried(Seen.sign(OTHERS, head(number))))
    stored = json.loads(json.dumps(house.witness.to_dict()))
    assert len(json.dumps(stored)) < 60_000
    again = Witness.from_dict("isle", KEY.public, stored)
    assert again.head == head(1)
    assert again.findings == set()


@settings(max_examples=40)
@given(
    field=st.sampled_from(["witness", "signature", "head", "number", "branch", "island", "operator", "nothing"]),
    number=st.integers(1, 9),
)
def test_nobody_on_the_way_can_change_it_nor_accuse_the_operator(field: str, number: int) -> None:
    house = Heads(OPERATOR, OWN)
    house.show(0.0, [head(number)])
    seen = Seen.sign(OTHERS, head(number + 1))
    told = {
        "witness": replace(seen, witness=KEY.public),
        "signature": replace(seen, signature="00" * 64),
        "head": replace(seen, head=head(number + 2)),
        "number": replace(seen, head=replace(seen.head, number=number)),
        "branch": Seen.sign(OTHERS, replace(head(number), branch="C")),
        "island": Seen.sign(OTHERS, head(number, "C", island="other")),
        "operator": Seen.sign(OTHERS, head(number, "C", key=OTHERS)),
    }
    says = carried(told[field]) if field in told else {}
    assert house.hear(1.0, says) is None
    house.show(1_000.0, [head(number)])
    assert house.witness.findings == set()
    assert house.witness.proof is None
    assert house.witnesses == 0


def test_an_operator_that_cannot_be_read_is_none() -> None:
    assert Operator.read(body_of(OPERATOR)) == OPERATOR
    assert Operator.read({"island": "isle", "public_key": "x"}) is None
    assert Operator.read({}) is None


def test_only_so_many_islands_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "_MOST", 3)
    house = Heads(OPERATOR, OWN)
    for number in range(1, 6):
        house.hear(0.0, carried(Seen.sign(SigningKey.from_hex(f"{number:02x}" * 32), head(3))))
    assert house.witnesses == 3

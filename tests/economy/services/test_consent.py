"""What a car allows."""

import json

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.economy.errors import TariffError
from custom_components.tangle_grid.economy.services import Allowance, Answer, ConsentPolicy, Mode, Rule, Use, decide
from custom_components.tangle_grid.economy.services.consent import Reason

DAY = "2026-11-30"
POLICY = ConsentPolicy(
    uses={Use.TOLL: Rule(mode=Mode.ALWAYS), Use.PARKING: Rule(mode=Mode.UP_TO, limit_i=100)},
    services={"mall": Rule(mode=Mode.NEVER), "work": Rule(mode=Mode.UP_TO, limit_i=500)},
)


@pytest.mark.parametrize(
    ("use", "service", "price", "spent", "answer", "reason", "left"),
    [
        (Use.TOLL, "bridge", 10**9, 0, Answer.YES, Reason.ALWAYS, None),
        (Use.TOLL, "mall", 0, 0, Answer.NO, Reason.NEVER, None),
        (Use.PARKING, "mall", -5, 0, Answer.NO, Reason.NEVER, None),
        (Use.PARKING, "station", 100, 0, Answer.YES, Reason.WITHIN_LIMIT, 100),
        (Use.PARKING, "station", 1, 100, Answer.NO, Reason.ABOVE_LIMIT, 0),
        (Use.PARKING, "station", 0, 100, Answer.YES, Reason.WITHIN_LIMIT, 0),
        (Use.PARKING, "station", -5, 900, Answer.YES, Reason.WITHIN_LIMIT, 0),
        (Use.PARKING, "work", 200, 300, Answer.YES, Reason.WITHIN_LIMIT, 200),
    ],
)
def test_the_rule_of_the_service_comes_first(
    use: Use, service: str, price: int, spent: int, answer: Answer, reason: Reason, left: int | None
) -> None:
    decision = decide(POLICY, use, service, price_i=price, day=DAY, spent_i=spent)
    assert (decision.answer, decision.reason, decision.allowance.left_i(DAY)) == (answer, reason, left)


def test_a_car_that_nobody_told_anything_asks() -> None:
    assert decide(ConsentPolicy(), Use.TOLL, "bridge", price_i=1, day=DAY).answer is Answer.ASK


def test_a_person_is_not_asked_again() -> None:
    decision = decide(POLICY, Use.PARKING, "mall", price_i=1, day=DAY, by_hand=True)
    assert (decision.answer, decision.reason, decision.allowance) == (Answer.YES, Reason.BY_HAND, Allowance())


def test_another_day_has_an_allowance_of_its_own() -> None:
    allowance = Allowance(limit_i=100, day=DAY, spent_i=70)
    assert (allowance.left_i(DAY), allowance.left_i("2026-12-01")) == (30, 100)


RULES = st.builds(Rule, mode=st.sampled_from(Mode), limit_i=st.integers(0, 10**16))


@given(
    st.builds(
        ConsentPolicy,
        uses=st.dictionaries(st.sampled_from(Use), RULES),
        services=st.dictionaries(st.text(max_size=9), RULES, max_size=3),
    )
)
def test_rules_are_stored(policy: ConsentPolicy) -> None:
    assert ConsentPolicy.from_dict(json.loads(json.dumps(policy.to_dict()))) == policy


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ({"version": 1, "mode": "up_to"}, "limit_missing"),
        ({"version": 1, "mode": "up_to", "limit_i": -1}, "limit_negative"),
        ({"version": 1, "mode": "often"}, "unknown_choice"),
        ({"version": 1}, "missing"),
        ({"version": 2, "mode": "ask"}, "not_this_version"),
        ({"version": 1, "mode": "ask", "other": 1}, "unknown_field"),
        ("ask", "not_an_object"),
    ],
)
def test_rules_that_cannot_be_are_refused(rule: object, key: str) -> None:
    for policy in ({"uses": {"toll": rule}, "services": {}}, {"uses": {}, "services": {"x": rule}}):
        with pytest.raises(TariffError) as found:
            ConsentPolicy.from_dict({"version": 1, **policy})
        assert found.value.key == key
        assert str(found.value)

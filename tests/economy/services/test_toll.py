"""A toll is paid once, or pays once."""

import json

import pytest

from custom_components.tangle_grid.economy.effects import BookEntry, Transfer
from custom_components.tangle_grid.economy.errors import TariffError
from custom_components.tangle_grid.economy.services import (
    Answer,
    Decision,
    Toll,
    TollPassage,
    TollPhase,
    TollReceipt,
    recompute,
)
from custom_components.tangle_grid.economy.services.consent import Reason

YES = Decision(answer=Answer.YES, reason=Reason.ALWAYS)


def passed(price_i: int, decision: Decision = YES) -> tuple[TollPassage, tuple[object, ...]]:
    return Toll(service="bridge", price_i=price_i).passed("car", "p1", 1000, decision)


@pytest.mark.parametrize(("price_i", "source", "target"), [(70, "car", "bridge"), (-70, "bridge", "car")])
def test_a_passage_is_paid_once(price_i: int, source: str, target: str) -> None:
    passage, effects = passed(price_i)
    transfer, *lines = effects
    assert transfer == Transfer(payment_id="p1:1", source=source, target=target, amount_i=70)
    assert {(line.participant, line.amount_i) for line in lines if isinstance(line, BookEntry)} == {
        ("car", -price_i),
        ("bridge", price_i),
    }
    assert len({line.entry_id for line in lines if isinstance(line, BookEntry)}) == 2
    assert passage.pay(Reason.BY_HAND) == (passage, ())


def test_a_free_passage_moves_nothing() -> None:
    passage, effects = passed(0)
    assert (passage.phase, effects) == (TollPhase.PAID, ())


def test_who_was_asked_pays_when_it_says_so() -> None:
    for answer, phase in ((Answer.ASK, TollPhase.ASKED), (Answer.NO, TollPhase.REFUSED)):
        passage, effects = passed(70, Decision(answer=answer, reason=Reason.ASK))
        assert (passage.phase, effects) == (phase, ())
        assert recompute(TollReceipt.of(passage)) == ()
        paid, effects = TollPassage.from_dict(json.loads(json.dumps(passage.to_dict()))).pay(Reason.BY_HAND)
        assert (paid.phase, len(effects)) == (TollPhase.PAID, 3)


def test_a_receipt_tells_another_price() -> None:
    passage, _effects = passed(70)
    receipt = json.loads(json.dumps(TollReceipt.of(passage).to_dict()))
    assert recompute(TollReceipt.from_dict(receipt)) == ()
    assert [each.name for each in recompute(TollReceipt.from_dict(receipt | {"paid_i": 71}))] == ["price"]
    for change in ({"payment_id": "p2:1"}, {"kind": "parking"}, {"version": 2}, {"extra": 1}):
        with pytest.raises(TariffError):
            TollReceipt.from_dict(receipt | change)

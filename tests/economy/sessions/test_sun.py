"""Whose sun it was."""

from hypothesis import given, strategies as st

from custom_components.tangle_grid.economy.effects import Transfer
from custom_components.tangle_grid.economy.sessions import Reading, shared_out
from tests.support.charging import RATE, Desk, begun, terms

NAMES = st.sampled_from(["anna", "bert", "carla", "dirk"])


@given(
    wh=st.integers(0, 5_000),
    delivered=st.dictionaries(NAMES, st.integers(-50, 5_000)),
    drawn=st.integers(0, 20_000),
)
def test_nobody_delivers_more_than_was_measured_nor_than_was_taken(
    wh: int, delivered: dict[str, int], drawn: int
) -> None:
    found = shared_out(wh, delivered, drawn)
    sun = sum(max(0, each) for each in delivered.values())
    assert sum(found.values()) == (min(wh, wh * sun // max(drawn, wh, sun)) if sun else 0)
    assert all(0 < part <= delivered[name] for name, part in found.items())
    for name, part in found.items():
        assert abs(part * sun - sum(found.values()) * delivered[name]) < sun


def test_equal_remainders_go_by_name() -> None:
    assert shared_out(2, {"c": 1, "a": 1, "b": 1}, 3) == {"a": 1, "b": 1}
    assert shared_out(100, {"a": 50, "b": 150}, 400) == {"a": 13, "b": 37}
    assert shared_out(100, {"a": 300, "b": 100}, 120) == {"a": 75, "b": 25}


def test_owners_are_paid_what_their_panels_delivered() -> None:
    desk = Desk(begun(terms(sun=RATE / RATE / 10)))
    for _step in range(600):
        desk.step(60, power_w=11_000.0, situation={"sun_wh": {"anna": 50, "bert": 100}, "drawn_wh": 300})
    paid = {name: desk.ledger.balance_i(name) for name in ("anna", "bert")}
    assert all(paid.values()), "while it goes on, every ten kilowatt hours"
    desk.finish(power_w=0.0)
    desk.settle()
    delivered = desk.session.account.sun_wh
    assert delivered["bert"] > 1.9 * delivered["anna"] > 0
    for name, wh in delivered.items():
        assert desk.ledger.balance_i(name) == int(wh * RATE / 10 / 1000)
    assert all(
        transfer.source == "treasury" for transfer, _at in desk.ledger.taken.values() if transfer.target in delivered
    )


def test_a_reading_without_sun_pays_nobody() -> None:
    desk = Desk(begun(terms(sun=RATE / RATE)))
    desk.step(60, power_w=11_000.0)
    outcome = desk.session.finish(Reading(at=desk.now + 60, power_w=0.0), desk.situation())
    assert all(each.target in {"treasury", "car"} for each in outcome.effects if isinstance(each, Transfer))

"""The cars of a simulated street have something in their wallets, once."""

from collections import Counter

from custom_components.tangle_grid.const import TREASURY
from custom_components.tangle_grid.economy.effects import BookEntry, Transfer
from custom_components.tangle_grid.simulated.allowance import ALLOWANCE_I, allowances


def test_what_a_car_gets_the_treasury_gives() -> None:
    effects = list(allowances(["car-1", "car-2"], 5.0))
    transfers = [each for each in effects if isinstance(each, Transfer)]
    assert [(each.source, each.target, each.amount_i) for each in transfers] == [
        (TREASURY, "car-1", ALLOWANCE_I),
        (TREASURY, "car-2", ALLOWANCE_I),
    ]
    books: Counter[str] = Counter()
    for each in effects:
        if isinstance(each, BookEntry):
            books[each.participant] += each.amount_i
    assert books == {"car-1": ALLOWANCE_I, "car-2": ALLOWANCE_I, TREASURY: -2 * ALLOWANCE_I}


def test_asked_again_they_are_the_same_payments() -> None:
    first, again = ([each for each in allowances(["car-1"], at) if isinstance(each, Transfer)] for at in (5.0, 9.0))
    assert first == again

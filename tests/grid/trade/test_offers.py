"""What islands bid: power passes through, nothing is bid twice, and what is kept is kept."""

from collections.abc import Sequence

from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid.trade import Curve, Offers, OwnWindow, Store, TieState, clear

CHEAP, DEAR, MISSING = 100_000_000, 300_000_000, 4_000_000_000
SELLER = OwnWindow(load=1_000, imports=((CHEAP, 10_000),), missing_price=MISSING)
BUYER = OwnWindow(load=4_000, imports=((DEAR, 10_000),), missing_price=MISSING)
IDLE = OwnWindow(load=500, imports=((DEAR * 2, 2_000),), missing_price=MISSING)


class Row:
    """Islands one after the other, or in a ring, that tell each other their bids."""

    def __init__(
        self,
        windows: Sequence[Sequence[OwnWindow]],
        *,
        limit: int = 20_000,
        fee: int = 1_000_000,
        ring: bool = False,
        stores: Sequence[Store | None] | None = None,
    ) -> None:
        self.windows = windows
        self.stores = stores or [None] * len(windows)
        self.ties: list[dict[str, TieState]] = [{} for _ in windows]
        last = len(windows) if ring else len(windows) - 1
        self.ends = [(each, (each + 1) % len(windows)) for each in range(last)]
        for number, ends in enumerate(self.ends):
            for end in ends:
                self.ties[end][str(number)] = TieState(limit=limit, fee=fee)

    def offers(self, island: int) -> Offers:
        return Offers(str(island), self.ties[island], self.windows[island], self.stores[island])

    def settle(self, rounds: int = 12) -> None:
        for each in range(rounds * len(self.windows)):
            island = each % len(self.windows)
            offers = self.offers(island)
            for number, (first, second) in enumerate(self.ends):
                if island in (first, second):
                    other = second if island == first else first
                    self.ties[other][str(number)].heard = offers.bids(str(number))

    def flow(self, number: int, window: int = 0) -> int:
        first, second = self.ends[number]
        return clear(*(self.offers(end).bid(str(number), window) for end in (first, second))).flow

    def promise(self, number: int, flow: int, window: int = 0) -> None:
        first, second = self.ends[number]
        self.ties[first][str(number)].promised[window] = flow
        self.ties[second][str(number)].promised[window] = -flow


def test_two_islands_trade_what_is_cheaper() -> None:
    row = Row([[SELLER], [BUYER]])
    row.settle()
    assert row.flow(0) == 4_000


def test_a_fee_that_eats_the_difference_stops_the_trade() -> None:
    row = Row([[SELLER], [BUYER]], fee=150_000_000)
    row.settle()
    assert row.flow(0) == 0


def test_energy_passes_through_an_island() -> None:
    row = Row([[SELLER], [IDLE], [BUYER]])
    row.settle()
    assert row.flow(0) == 4_500
    assert row.flow(1) == 4_000
    row.promise(1, 1_500)
    row.settle()
    assert row.flow(0) == 2_000


def test_a_tie_carries_no_more_than_its_limit() -> None:
    row = Row([[SELLER], [IDLE], [BUYER]], limit=3_000)
    row.settle()
    assert row.flow(0) == 3_000
    assert row.flow(1) == 2_500


def test_a_ring_comes_to_rest() -> None:
    row = Row([[SELLER], [IDLE], [BUYER], [IDLE]], ring=True)
    row.settle(20)
    before = [row.flow(number) for number in range(4)]
    row.settle(1)
    assert [row.flow(number) for number in range(4)] == before
    # What the buyer and the two between them need, and no more.
    assert before[0] - before[3] == 5_000
    assert before[1] - before[2] == 4_000


def test_a_battery_carries_the_sun_to_a_neighbours_evening() -> None:
    noon = OwnWindow(load=-3_000, exports=((10_000_000, 10_000),), missing_price=MISSING)
    evening = OwnWindow(load=0, imports=((DEAR, 10_000),), missing_price=MISSING)
    store = Store(now=500, least=500, most=6_000, charge_most=4_000, discharge_most=4_000)
    row = Row([[noon, evening], [IDLE, BUYER]], stores=[store, None])
    row.settle()
    assert row.flow(0, 0) == 500
    charged = row.offers(0).charged(0)
    assert charged == 2_500
    after = store.after(charged)
    assert after.now == 500 + 2_375
    assert row.flow(0, 1) == 2_375 * 950 // 1000
    # Below the floor nothing is given: it bids its own feed's power alone.
    kept = Store(now=500, least=500, most=6_000, charge_most=1, discharge_most=9_000)
    assert Row([[evening], [BUYER]], stores=[kept, None]).offers(0).bid("0", 0).base == -10_000


ASKED = st.lists(st.tuples(st.integers(0, 4), st.integers(-8_000, 8_000)), max_size=4)
WATTS = st.integers(-8_000, 8_000)
WINDOWS = st.builds(
    lambda load, most, price: OwnWindow(load=load, imports=((price, most),), missing_price=MISSING),
    WATTS,
    st.integers(0, 9_000),
    st.integers(10_000_000, 900_000_000),
)


@given(st.lists(WINDOWS, min_size=3, max_size=5), st.booleans(), ASKED)
@settings(max_examples=40, deadline=None)
def test_nothing_is_bid_twice(windows: list[OwnWindow], ring: bool, asked: list[tuple[int, int]]) -> None:
    """Whatever is promised one after the other, an island never gives more than it has, gets and can draw."""
    row = Row([[each] for each in windows], ring=ring, limit=6_000)
    row.settle(4)
    for number, wanted in [(each % len(row.ends), watts) for each, watts in asked]:
        if 0 not in row.ties[row.ends[number][0]][str(number)].promised:
            row.promise(number, max(-abs(wanted), min(abs(wanted), row.flow(number))))
        row.settle(2)
    for island, own in enumerate(windows):
        gives = sum(tie.promised.get(0, 0) for tie in row.ties[island].values())
        has = max(0, -own.load) + sum(most for _, most in own.imports)
        heard = sum(
            max(0, -tie.heard[0].base) if 0 in tie.heard and 0 not in tie.promised else 0
            for tie in row.ties[island].values()
        )
        assert gives <= has + heard


def test_what_was_never_heard_is_never_given_on() -> None:
    row = Row([[SELLER], [IDLE], [BUYER]])
    alone = row.offers(1).bids("1")[0]
    assert alone.base == -2_000
    assert Curve.total([alone]).is_sound

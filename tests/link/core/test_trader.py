"""One island and all its neighbours: what is promised is not bid again, and bids that change go out ever less often."""

from custom_components.tangle_grid.grid.trade import OwnWindow
from custom_components.tangle_grid.link.core.trader import Trader
from custom_components.tangle_grid.simulation.channel import ChannelFaults
from tests.support.linked import Clock
from tests.support.traders import WINDOW_S, Beside, Islander

CHEAP, DEAR, MISSING = 100_000_000, 300_000_000, 4_000_000_000


def island(name: str, load: int, price: int, most: int) -> Islander:
    window = OwnWindow(load=load, imports=((price, most),), missing_price=MISSING)
    return Islander(name, lambda _number: window, Clock(float(len(name)) * 100))


def test_energy_passes_through_an_island_in_the_middle() -> None:
    islanders = [island("a", 1_000, CHEAP, 9_000), island("b", 500, DEAR * 2, 500), island("c", 3_000, DEAR, 9_000)]
    beside = Beside(islanders, [(0, 1), (1, 2)], ChannelFaults(least_delay_s=0.2, most_delay_s=3.0, late=0.3))
    beside.run(2 * WINDOW_S + 60)
    assert [tie.flows[-1] for tie in beside.ties] == [(3_500, 3_500), (3_000, 3_000)]
    # What the one in the middle is paid covers what it pays.
    assert beside.ties[0].settled[0][0].price < beside.ties[1].settled[0][0].price


def test_a_ring_of_islands_comes_to_rest() -> None:
    islanders = [
        island("a", 0, CHEAP, 5_000),
        island("bb", 0, DEAR * 2, 500),
        island("ccc", 4_000, DEAR, 5_000),
        island("dddd", 0, DEAR * 3, 500),
    ]
    beside = Beside(islanders, [(0, 1), (1, 2), (2, 3), (3, 0)], ChannelFaults(most_delay_s=20.0, late=0.2))
    beside.run(3 * WINDOW_S, dt=2.0)
    sent = [end._numbered for tie in beside.ties for end in tie.ends]
    # It bids anew at most so often as its gaps let it: some ten times in a window.
    assert max(sent) <= 3 * 20
    net = [0, 0, 0, 0]
    for tie, (first, second) in zip(beside.ties, beside.pairs, strict=True):
        net[first] -= tie.flows[-1][0]
        net[second] += tie.flows[-1][0]
    assert net == [-4_000, 0, 4_000, 0]


def test_a_neighbour_that_is_gone_is_bid_nothing_more() -> None:
    beside = Beside([island("a", 0, CHEAP, 5_000), island("b", 2_000, DEAR, 5_000)], [(0, 1)]).run(30)
    trader = beside.islanders[0].trader
    assert trader.accepts("0", beside.islanders[0].clock(30), 1, 2_000, CHEAP + 2_000_000)
    assert not trader.accepts("0", beside.islanders[0].clock(30), 1, 2_000, CHEAP - 1)
    assert not trader.accepts("0", beside.islanders[0].clock(30), 0, 2_000, DEAR)
    assert not trader.accepts("0", beside.islanders[0].clock(30), 99, 2_000, DEAR)
    assert trader.accepts("0", beside.islanders[0].clock(30), 1, -2_000, CHEAP // 2) is False
    trader.remove("0")
    assert not trader.accepts("0", beside.islanders[0].clock(30), 1, 2_000, DEAR)
    trader.step(0.0)
    assert Trader("alone").step(0.0) is None

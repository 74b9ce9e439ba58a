"""Neighbours: trades that both bids make, leases that end by themselves, and the smaller meter that counts."""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid.trade import Curve, OwnWindow
from custom_components.tangle_grid.link.core import LinkRefusal, body_of, read_link_body
from custom_components.tangle_grid.link.core.neighbour import ClocksApart, NeighbourEnd, Windows
from custom_components.tangle_grid.link.core.trade_bodies import Bid, Counted
from custom_components.tangle_grid.simulation.channel import ChannelFaults
from tests.support.linked import Clock
from tests.support.traders import WINDOW_S, Beside, Islander, Tie

CHEAP, DEAR, MISSING = 100_000_000, 300_000_000, 4_000_000_000
LATE = ChannelFaults(most_delay_s=30.0, late=0.6, twice=0.2)


def own(load: int, price: int, most: int) -> OwnWindow:
    return OwnWindow(load=load, imports=((price, most),), missing_price=MISSING)


def seller(name: str = "seller", most: int = 6_000) -> Islander:
    return Islander(name, lambda _number: own(1_000, CHEAP, most), Clock(4_000.0))


def buyer(name: str = "buyer", load: int = 3_000) -> Islander:
    return Islander(name, lambda _number: own(load, DEAR, 10_000), Clock(-77.0))


def two(faults: ChannelFaults | None = None) -> Beside:
    return Beside([seller(), buyer()], [(0, 1)], faults or ChannelFaults())


def flows(tie: Tie, begin: float, end: float) -> set[tuple[int, int]]:
    return set(tie.flows[int(begin) : int(end)])


@pytest.mark.parametrize("faults", [ChannelFaults(), replace(LATE, late=0.2, lost=0.05)])
def test_what_is_sold_flows_from_window_to_window_and_is_settled(faults: ChannelFaults) -> None:
    beside = two(faults).run(3 * WINDOW_S + 240)
    tie = beside.ties[0]
    assert flows(tie, 0, WINDOW_S) == {(0, 0)}
    assert (3_000, 3_000) in tie.flows
    sold, bought = tie.settled
    assert sold
    for ours, theirs in zip(sold, bought, strict=False):
        assert (ours.trade, ours.flow, ours.price) == (theirs.trade, -theirs.flow, theirs.price)
        assert (ours.wh, ours.amount_i) == (theirs.wh, theirs.amount_i)
        assert (ours.sold, theirs.sold) == (True, False)
        assert CHEAP <= ours.price <= DEAR
        assert ours.amount_i == ours.wh * ours.price // 1_000_000
    if faults.lost == 0:
        assert flows(tie, 2 * WINDOW_S, 3 * WINDOW_S) == {(3_000, 3_000)}
        assert sold[-1].wh == pytest.approx(3_000 * WINDOW_S / 3600, abs=3)


def test_a_cut_channel_ends_the_flow_by_itself_and_what_was_delivered_is_settled() -> None:
    beside = two().run(WINDOW_S + 100)
    tie = beside.ties[0]
    assert tie.flows[-1] == (3_000, 3_000)
    tie.cut(is_cut=True)
    beside.run(75)
    assert tie.flows[-1] == (0, 0)
    tie.cut(is_cut=False)
    beside.run(WINDOW_S)
    sold, bought = tie.settled
    assert len(sold) >= 1
    assert sold[0].wh == bought[0].wh
    # From the beginning of the window until the follower's lease ended, and not to the window's end.
    assert 3_000 * 100 / 3600 <= sold[0].wh <= 3_000 * 170 / 3600


def test_the_smaller_meter_counts_and_both_are_told() -> None:
    beside = two()
    tie = beside.ties[0]
    tie.meters = [lambda _now, flow: flow * 1.2, lambda _now, flow: flow * 0.8]
    beside.run(2 * WINDOW_S + 60)
    (sold, *_), (bought, *_) = tie.settled
    # More than was agreed is never counted.
    assert sold.own_wh == bought.their_wh == pytest.approx(500, abs=5)
    assert sold.their_wh == bought.own_wh == sold.wh == pytest.approx(400, abs=5)


def test_energy_is_counted_by_the_time_that_power_is_lived_in() -> None:
    """On a clock that runs faster, an hour of a trade is an hour of energy."""
    beside = two()
    tie = beside.ties[0]
    for end in tie.ends:
        end._speed = 30.0
    beside.run(2 * WINDOW_S + 60)
    (sold, *_), (bought, *_) = tie.settled
    assert sold.wh == bought.wh == pytest.approx(30 * 3_000 * WINDOW_S / 3600, rel=0.01)


def test_a_meter_that_reads_nothing_sells_nothing() -> None:
    beside = two()
    tie = beside.ties[0]
    tie.meters = [lambda _now, flow: flow, lambda _now, _flow: None]
    beside.run(2 * WINDOW_S + 60)
    assert tie.settled[0][0].wh == tie.settled[1][0].amount_i == 0
    assert tie.settled[0][0].own_wh > 0


@pytest.mark.parametrize("side", [0, 1])
def test_a_restart_in_the_middle_loses_nothing_that_was_delivered(side: int) -> None:
    beside = two().run(WINDOW_S + 200)
    tie = beside.ties[0]
    tie.restart(side)
    beside.run(WINDOW_S)
    sold, bought = tie.settled
    assert sold[0].wh == bought[0].wh == pytest.approx(3_000 * 200 / 3600, abs=15)
    assert len({each.trade for each in sold}) == len(sold)
    assert tie.flows[-1] == (3_000, 3_000)


def test_who_cannot_keep_a_trade_lets_go_and_the_other_hears_so() -> None:
    for side in (0, 1):
        beside = two().run(WINDOW_S + 100)
        tie = beside.ties[0]
        tie.ends[side].give_up(1)
        beside.run(15)
        assert tie.flows[-1] == (0, 0)
        beside.run(60)
        assert tie.settled[0][0].wh == tie.settled[1][0].wh


def test_whoever_cannot_keep_it_any_more_does_not_agree() -> None:
    beside = two().run(20)
    tie = beside.ties[0]
    tie.ends[1]._accepts = lambda *_asked: False
    beside.run(2 * WINDOW_S)
    assert set(tie.flows) == {(0, 0)}
    assert tie.settled == ([], [])


def test_windows_that_begin_at_another_time_are_not_traded() -> None:
    beside = two().run(20)
    tie = beside.ties[0]
    end = tie.ends[0]
    bid = body_of(Bid(number=99, window_s=WINDOW_S, begins_s=300.0, curves=((0,),)))
    assert end._take(0.0, read_link_body("bid", {**bid, "window_s": 900})) == (ClocksApart(seconds=None),)
    (apart,) = end._take(end._windows[0], read_link_body("bid", bid)) if end._windows else ((),)
    assert isinstance(apart, ClocksApart)


@pytest.mark.parametrize(
    "curve", [[0, 1], [0, 5, -1], [0, 5, 1, 6, 1], [True], [0, 10**13, 1], [10**8], ["1"], [0, *([1] * 40)], "x"]
)
def test_a_bid_that_cannot_be_is_refused(curve: object) -> None:
    with pytest.raises(LinkRefusal):
        read_link_body("bid", {**Bid.example, "curves": [curve]})
    assert read_link_body("bid", {**Bid.example, "curves": [[]]})


def test_what_cannot_be_read_of_what_was_kept_is_left_aside() -> None:
    tie = two().ties[0]
    end = tie._end(0, {"counts": {"a": [1, 2], "b": [100, 5, 7_200.0, None, None], "c": None}})
    assert isinstance(end, NeighbourEnd)
    assert end.to_dict(0.0)["counts"] == {"b": [100, 5, 7200.0, 2, None]}
    assert end.price(0.0) is None


def test_a_letter_of_another_kind_is_put_away() -> None:
    beside = two().run(20)
    tie = beside.ties[0]
    tie.ends[0].post(tie.sides[0].clock(beside.now), "x", "head", {}, keep_s=60.0)
    tie.ends[0].post(tie.sides[0].clock(beside.now), "y", Counted.kind, {"trade": "unknown", "wh": 5}, keep_s=60.0)
    beside.run(10)
    assert tie.ends[1].refused.total() == 1
    assert not tie.ends[0].to_dict(0.0)["letters"]


def test_an_end_without_windows_waits() -> None:
    tie = two().ties[0]
    end = tie.ends[0]
    assert end._take(0.0, read_link_body("bid", Bid.example)) == ()
    assert not end.ask(0.0, 1, Curve(-5))
    end.bid(0.0, Windows(number=0, begins_s=0.0, window_s=600), {})
    assert end.flow(0.0) == 0


ACTIONS = st.lists(st.tuples(st.sampled_from(["cut", "mend", "lead", "follow"]), st.integers(20, 400)), max_size=5)


@given(ACTIONS, st.sampled_from([4, 3]), st.booleans())
@settings(max_examples=5, deadline=None)
def test_nothing_is_sold_twice_and_nothing_swings(actions: list[tuple[str, int]], count: int, ring: bool) -> None:
    """Two buyers of more than the seller has, in lines and rings, frames up to 30 s late, cuts and restarts."""
    islanders = [
        seller("a", 4_000),
        buyer("b", 2_500),
        buyer("c", 2_500),
        Islander("d", lambda _: own(0, DEAR * 2, 500)),
    ]
    islanders = islanders[:count]
    pairs = [(each, (each + 1) % count) for each in range(count if ring else count - 1)]
    beside = Beside(islanders, pairs, LATE)

    def check() -> None:
        # Three of its four kW are free.
        assert all(flow <= 3_000 for flow in beside.given(0))

    for what, seconds in (*actions, ("mend", 2 * WINDOW_S)):
        tie = beside.ties[seconds % len(beside.ties)]
        if what in {"cut", "mend"}:
            for each in beside.ties if what == "mend" else [tie]:
                each.cut(is_cut=what == "cut")
        else:
            tie.restart(what == "follow")
        beside.run(seconds, check, dt=2.0)
    for tie in beside.ties:
        assert all(abs(flow) <= tie.limit for pair in tie.flows for flow in pair)
        for side in (0, 1):
            # In one window there is one flow, which may end.
            changes = sum(
                before != after for before, after in zip(tie.flows, tie.flows[1:], strict=False) if after[side]
            )
            assert changes <= 2 * (beside.now // WINDOW_S + len(actions) + 1)
        trades = [each.trade for each in tie.settled[0]]
        assert len(set(trades)) == len(trades)

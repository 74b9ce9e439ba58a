"""A neighbour on the screen: what flows at the tie, what is agreed, at which price, and what both meters counted."""

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.tangle_grid.data import LinkState, NeighbourStatus
from custom_components.tangle_grid.screen.linked import neighbour_item


def shown(flow_w: float | None, rate: Fraction | None = Fraction(1_000_000), **others: Any) -> dict[str, Any]:
    """Return the item of a neighbour to whom so much flows."""
    runtime: Any = SimpleNamespace(
        entry=SimpleNamespace(subentries={"n": SimpleNamespace(title="Hill Street")}),
        neighbours=SimpleNamespace(measured_w={"n": flow_w}.get),
        money=SimpleNamespace(now=rate),
    )
    status = NeighbourStatus(**{"subentry_id": "n", "state": LinkState.CONNECTED, "why": None, **others})
    return dict(neighbour_item(runtime, status, "device"))


def test_what_is_sold_leaves_this_island() -> None:
    item = shown(1_234.0, sold_w=1_200, price_i_per_kwh=212_340)
    assert (item["name"], item["relation"], item["device_id"]) == ("Hill Street", "beside", "device")
    assert (item["power_w"], item["agreed_w"], item["price"]) == (-1_230, -1_200, 0.2123)
    assert (item["state"], item["why"], item["blind"], item["last"]) == ("connected", None, False, None)


def test_what_is_bought_comes_in() -> None:
    item = shown(-800.0, sold_w=-750)
    assert (item["power_w"], item["agreed_w"], item["price"]) == (800, 750, None)


def test_a_meter_that_shows_nothing_and_a_link_that_is_dead_say_so() -> None:
    item = shown(None, state=LinkState.DEAD, why="silent", sold_w=5, blind=True)
    assert (item["power_w"], item["state"], item["why"], item["blind"]) == (None, "dead", "silent", True)


def test_a_price_is_none_while_nobody_knows_what_tokens_are_worth() -> None:
    assert shown(0.0, None, price_i_per_kwh=200_000)["price"] is None


@pytest.mark.parametrize(("settled_wh", "energy_wh"), [(900, -900), (-900, 900)])
def test_the_last_trade_is_shown_with_both_meters(settled_wh: int, energy_wh: int) -> None:
    last = shown(0.0, settled_wh=settled_wh, counted=(900, 1_400))["last"]
    assert last == {"energy_wh": energy_wh, "own_wh": 900, "their_wh": 1_400, "differs": True}
    assert not shown(0.0, settled_wh=settled_wh, counted=(900, 930))["last"]["differs"]

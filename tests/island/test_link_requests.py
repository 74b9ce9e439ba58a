"""A request of a street in a house of its own Home Assistant: asked, measured and paid at both levels, each once."""

from collections.abc import AsyncIterator
from typing import Any, cast
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.actions.responses import request_response
from custom_components.tangle_grid.clock import GridClock
from custom_components.tangle_grid.const import MAIN_FEEDER, TREASURY
from custom_components.tangle_grid.grid.model.request import Ask, RequestState
from custom_components.tangle_grid.island import link_ends, link_requests, links
from custom_components.tangle_grid.island.runtime import IslandRuntime
from custom_components.tangle_grid.island.storage import GridStore, NotSavedError
from custom_components.tangle_grid.ledger import Payment
from custom_components.tangle_grid.protocol import recompute
from tests.support.island import FakeLedger
from tests.support.linked_islands import CHARGER_ID, Pair, async_set_up_house, house_entry, street_entry

RATE = 1_000_000


@pytest.fixture
async def pair(
    hass: HomeAssistant,
    noon: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    fake_ledger: Any,
    socket_enabled: None,
) -> AsyncIterator[Pair]:
    """A house whose car helps always, and a street that knows by now what both usually draw."""
    await async_set_up_house(hass)
    made = Pair(hass, street_entry(), house_entry("always"), noon)
    made.draw(5000, 4000, 3680)
    with (
        patch.object(link_ends, "mono", made.mono),
        patch.object(links, "mono", made.mono),
        patch.object(link_requests, "mono", made.mono),
    ):
        for entry in (made.street_entry, made.house_entry):
            entry.add_to_hass(hass)
            assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        client = await hass_client_no_auth()
        made.url = str(client.make_url("/")).rstrip("/")
        await made.async_join()
        await made.async_run(900)
        yield made
        for entry in (made.house_entry, made.street_entry):
            assert await hass.config_entries.async_unload(entry.entry_id)


def ask(pair: Pair, duration_s: float = 300) -> str:
    """Let the street ask whoever can help; returns the request's id."""
    return pair.street.grid.request_curtailment(
        power_w=4000.0, duration_s=duration_s, rate_i_per_kwh=RATE, feeder_id=MAIN_FEEDER, device_ids=None
    ).request_id


def ledger(runtime: IslandRuntime) -> FakeLedger:
    return cast("FakeLedger", runtime.link.ledger)


def part(pair: Pair, request_id: str) -> Ask:
    """The house's part in a request of the street."""
    return pair.street.grid.requests[request_id].asks[f"{pair.house_id}/help"]


def own_part(pair: Pair) -> Ask:
    """The part of the house's only charger in the house's only request."""
    (request,) = pair.house.grid.requests.values()
    return request.asks[CHARGER_ID]


def rewards(runtime: IslandRuntime) -> list[Payment]:
    return [each for each in ledger(runtime).orders.values() if "request" in each.memo]


def check_paid_once(pair: Pair, request_id: str, within: float = 0.15) -> None:
    """Both levels are paid, each once, for what each has measured itself: nearly the same."""
    outer, inner = part(pair, request_id), own_part(pair)
    ((above,), (below,)) = rewards(pair.street), rewards(pair.house)
    assert (above.source, above.amount_i) == (TREASURY, outer.amount_i)
    assert above.target == pair.house.link.address
    assert (below.source, below.target, below.amount_i) == (TREASURY, CHARGER_ID, inner.amount_i)
    assert outer.energy_wh > 100
    assert outer.energy_wh == pytest.approx(inner.energy_wh, rel=within)
    # The house has the street's receipt, which comes to what it says.
    (settled,) = pair.house.links.requests.house.received.values()
    assert (settled.payment_id, settled.amount_i) == (above.payment_id, outer.amount_i)
    assert recompute(settled.receipt).amount_i == outer.amount_i
    assert not pair.house.links.requests.house.refused


async def test_a_street_asks_a_house_which_asks_its_people_and_each_pays_its_own(
    hass: HomeAssistant, pair: Pair
) -> None:
    # It has not said yet where it is paid.
    pair.street.links.requests.payees.clear()
    pair.street.links.requests._houses[pair.house_id].payee = None
    request_id = ask(pair)
    await pair.async_until(lambda: part(pair, request_id).state is RequestState.ACTIVE)
    # Its own people were asked, with its own request, and its own policy said yes.
    assert own_part(pair).state is RequestState.ACTIVE
    assert own_part(pair).reason.key == "accepted_always"
    assert part(pair, request_id).promised_w <= own_part(pair).promised_w
    # The street knows that it was not a person's tap, and who it was.
    told = request_response(pair.street, pair.street.grid.requests[request_id])["participants"]
    assert [(each["name"], each["reason"]) for each in told] == [("Number 12", "Accepted by the people in the house.")]
    assert all(each["device_id"] for each in told)
    await pair.async_run(360)
    assert part(pair, request_id).state is RequestState.SETTLED
    assert not rewards(pair.street)
    ledger(pair.house).change_addresses("C")
    await pair.async_run(30)
    await pair.street._follow_up.async_say()
    check_paid_once(pair, request_id)
    ledger(pair.street).confirm(rewards(pair.street)[0].payment_id)
    await hass.async_block_till_done()
    assert part(pair, request_id).state is RequestState.CONFIRMED
    for runtime in (pair.street, pair.house):
        published = [each for each in ledger(runtime).published if each.kind == "settlement"]
        assert published
        assert all(recompute(each.body["evidence"]).amount_i == each.body["amount_i"] for each in published)
    # Nobody's name went up.
    assert CHARGER_ID not in str(pair.street.grid.to_dict())


@pytest.mark.parametrize("whose", ["street", "house"])
async def test_a_restart_in_the_middle_pays_nothing_twice_and_loses_nothing(
    hass: HomeAssistant, pair: Pair, whose: str
) -> None:
    entry = pair.street_entry if whose == "street" else pair.house_entry
    request_id = ask(pair, 750)
    await pair.async_until(lambda: part(pair, request_id).state is RequestState.ACTIVE)
    await pair.async_run(120)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await pair.async_run(60)
    assert part(pair, request_id).state is RequestState.ACTIVE
    assert own_part(pair).state is RequestState.ACTIVE
    await pair.async_run(600)
    assert part(pair, request_id).state is RequestState.SETTLED
    # The five minutes in which the street saw the house's meter not all the time are not paid.
    check_paid_once(pair, request_id, within=0.5)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await pair.async_run(30)
    check_paid_once(pair, request_id, within=0.5)


async def test_what_ends_above_ends_below_and_what_is_not_kept_is_not_acknowledged(
    hass: HomeAssistant, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    with patch.object(GridStore, "async_save", side_effect=NotSavedError("full")):
        request_id = ask(pair)
        await pair.async_run(15)
        assert pair.house.links.upper is not None
        assert not [each for each in pair.house.links.upper.end._done if each.startswith("ask/")]
    await pair.async_until(lambda: part(pair, request_id).state is RequestState.ACTIVE)
    assert len(pair.house.grid.requests) == 1
    await pair.async_run(60)
    pair.street.grid.cancel(request_id=request_id)
    await pair.async_until(lambda: not own_part(pair).engaged)
    await pair.async_run(30)
    assert len(rewards(pair.street)) == len(rewards(pair.house)) == 1
    assert len(pair.house.links.requests.house.received) == 1


async def test_what_is_stored_and_cannot_be_read_is_left_aside(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    clock = GridClock()
    for damaged in ("nonsense", {"parts": 7}, {"parts": {"r/0": {}}}):
        found = link_requests.LinkRequests(hass, clock, {"house": damaged, "payees": 7, "houses": {"h": 7}})
        found.add_house("h", "h/help")
        assert (found.house.parts, found.payees) == ({}, {})
    assert caplog.text.count("is forgotten") == 2
    assert link_requests.LinkRequests(hass, clock, "nonsense").payees == {}
    kept = {"house": {"parts": {}, "received": {}, "refused": ["p"]}, "payees": {"h/help": "A" * 90}}
    found = link_requests.LinkRequests(hass, clock, kept)
    assert (found.house.refused, found.payees) == (["p"], kept["payees"])

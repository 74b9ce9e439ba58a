"""Two islands in one Home Assistant with a line between them: one sells, the other buys, and pays what both counted."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid import data
from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.island import neighbours
from custom_components.tangle_grid.island.trade_happened import TradeHappened, TradeStep
from custom_components.tangle_grid.ledger import LedgerError
from custom_components.tangle_grid.link.core import Settlement
from custom_components.tangle_grid.link.joining.store import async_link_store
from custom_components.tangle_grid.repairs import async_create_fix_flow
from custom_components.tangle_grid.screen.picture import items
from tests.support.island import set_sensor
from tests.support.linked_islands import Pair, async_set_up_house, house_entry, street_entry
from tests.support.neighbours import BUYER, SELLER, Beside, Hours

ADDRESS = "A" * 90


@pytest.fixture
async def beside(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator, fake_ledger: Any, socket_enabled: None
) -> AsyncIterator[Beside]:
    await async_set_up_house(hass)
    made = Beside(hass, street_entry(), house_entry())
    made.draw(300, 900)
    for entity_id in ("sensor.tie_a", "sensor.tie_b"):
        set_sensor(hass, entity_id, 0.0, "W")
    for entry in (made.street_entry, made.house_entry):
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    client = await hass_client_no_auth()
    made.url = str(client.make_url("/")).rstrip("/")
    yield made
    for entry in (made.house_entry, made.street_entry):
        if entry.state is ConfigEntryState.LOADED:
            assert await hass.config_entries.async_unload(entry.entry_id)


async def test_two_islands_become_neighbours(hass: HomeAssistant, beside: Beside) -> None:
    await beside.async_join()

    def states() -> list[str]:
        return [each.state for each in hass.states.async_all("sensor") if each.entity_id.endswith("_link")]

    for _ in range(250):
        await asyncio.sleep(0.02)
        await hass.async_block_till_done()
        if states() == ["connected"] * 2:
            break
    assert states() == ["connected"] * 2
    for side in (beside.street, beside.house):
        (shown,) = [item for section, _, item in items(side, {}) if section == "links"]
        assert (shown["relation"], shown["state"]) == ("beside", "connected")
        assert shown["device_id"]
    # The one that made the code leads, and each calls the other what it likes.
    assert {each.title for each in beside.street_entry.subentries.values()} == {"Number 12"}
    await beside.async_leave()


@pytest.fixture
async def hours(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> Hours:
    made = Hours(beside, monkeypatch)
    await beside.async_join()

    async def pay(payment_id: str, address: str, amount_i: int) -> bool:
        made.paid.append((payment_id, address, amount_i))
        return True

    beside.house.neighbours._pay = pay
    beside.street.neighbours._address = lambda: ADDRESS
    return made


async def test_the_cheaper_island_sells_and_the_buyer_pays_once(beside: Beside, hours: Hours) -> None:
    await hours.async_pass(lambda: beside.of(beside.street).sold_w > 0)
    sold = beside.of(beside.street)
    await hours.async_pass(lambda: beside.of(beside.house).sold_w == -sold.sold_w)
    # What the house needs, at a price between both.
    assert sold.sold_w == pytest.approx(2_700, abs=100)
    assert 100_000 <= sold.price_i_per_kwh <= 400_000
    for side in (beside.street, beside.house):
        # Each meter counts positive what leaves its own island.
        flow_w = side.neighbours.measured_w(side.neighbours.linked[0])
        assert flow_w == pytest.approx(beside.of(side).sold_w, abs=200)
        # A simulated street carries it as well.
        assert side.neighbours.ties_w == pytest.approx((flow_w / 3,) * 3)
        assert beside.of(side).bids > 0
    await hours.async_pass(lambda: bool(hours.paid))
    ((payment_id, address, amount_i),) = hours.paid
    assert payment_id.startswith("neighbour/")
    assert address == ADDRESS
    wh = beside.of(beside.street).settled_wh
    assert amount_i == pytest.approx(wh * sold.price_i_per_kwh / 1_000, rel=0.01)
    await hours.async_pass(lambda: len(hours.paid) > 1)
    assert len({each[0] for each in hours.paid}) == len(hours.paid)
    await beside.async_leave()


async def test_each_step_of_a_trade_is_told_to_automations(hass: HomeAssistant, beside: Beside, hours: Hours) -> None:
    automation = {
        "alias": "it",
        "mode": "queued",
        "trigger": [{"trigger": f"{DOMAIN}.trade"}, {"trigger": f"{DOMAIN}.trade", "options": {"device_id": ["x"]}}],
        "action": [{"event": "said", "event_data": {"trigger": "{{ trigger }}"}}],
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    said: list[dict[str, Any]] = []
    hass.bus.async_listen("said", lambda event: said.append(event.data["trigger"]))
    await hours.async_pass(lambda: len([each for each in said if each["step"] == "settled"]) >= 2)
    for side, sign in ((beside.street, 1), (beside.house, -1)):
        (name,) = [each.title for each in side.entry.subentries.values() if each.subentry_type == "neighbour"]
        told = [each for each in said if each["config_entry_id"] == side.entry.entry_id]
        # Only the first of both triggers: nobody picked "x".
        assert [each["step"] for each in told][:2] in (["begun", "ended"], ["begun", "settled"])
        assert {each["neighbour"] for each in told} == {name}
        assert all(each["power_w"] * sign > 0 and each["device_id"] for each in told)
        settled = next(each for each in told if each["step"] == "settled")
        assert settled["amount"] == pytest.approx(settled["energy_wh"] * settled["price"] / 1_000, rel=0.02)
        (event,) = [
            each
            for each in hass.states.async_all("event")
            if each.entity_id.endswith("_trade") and each.attributes.get("config_entry_id") == side.entry.entry_id
        ]
        assert event.attributes["event_type"] in {"begun", "ended", "settled"}
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)
    await beside.async_leave()


async def test_meters_that_disagree_are_told_and_the_smaller_counts(beside: Beside, hours: Hours) -> None:
    hours.meters = (1.0, 0.2)
    # A few kilowatt-minutes are too little to tell.
    with patch.object(data, "_TELLING_WH", 5):
        await hours.async_pass(lambda: beside.of(beside.house).counted is not None)
        own, theirs = beside.of(beside.house).counted
        assert own < theirs
        assert beside.of(beside.house).settled_wh == -own
        assert beside.of(beside.house).disagrees
    await beside.async_leave()


async def test_a_payment_that_is_refused_waits(beside: Beside, hours: Hours) -> None:
    refused = []

    async def poor(payment_id: str, _address: str, _amount_i: int) -> bool:
        refused.append(payment_id)
        raise LedgerError("insufficient_funds", {})

    good, beside.house.neighbours._pay = beside.house.neighbours._pay, poor
    await hours.async_pass(lambda: len(refused) > 1)
    assert len(set(refused)) == 1
    beside.house.neighbours._pay = good
    await hours.async_pass(lambda: bool(hours.paid))
    assert hours.paid[0][0] == refused[0]
    await beside.async_leave()


async def test_each_settlement_is_told_once_however_long_its_payment_waits(
    hass: HomeAssistant, beside: Beside, hours: Hours
) -> None:
    def events() -> list[TradeHappened]:
        return [each for each in told if isinstance(each, TradeHappened) and each.step is TradeStep.SETTLED]

    def waiting() -> list[Settlement]:
        return next(iter(beside.house.neighbours._all.values())).carried.end.settle(neighbours.mono())

    async def poor(_payment_id: str, _address: str, _amount_i: int) -> bool:
        raise LedgerError("insufficient_funds", {})

    told: list[Any] = []
    beside.house.subscribe_events(told.append)
    beside.house.neighbours._pay = poor
    await hours.async_pass(lambda: len(waiting()) > 1, most_s=1_000.0)
    gone = hours.gone
    await hours.async_pass(lambda: hours.gone > gone + 40.0)
    counted = waiting()
    assert len(events()) == len(counted) >= 2
    # What the sensors show of the last trade stands still.
    assert beside.of(beside.house).counted == (counted[-1].own_wh, counted[-1].their_wh)

    # A restart tells nothing anew, and goes on with the last one.
    assert await hass.config_entries.async_unload(beside.house_entry.entry_id)
    told.clear()
    with patch.object(neighbours.Neighbours, "_async_pay", poor_pay):
        assert await hass.config_entries.async_setup(beside.house_entry.entry_id)
        beside.house.subscribe_events(told.append)
        before = {each.trade for each in counted}
        gone = hours.gone
        await hours.async_pass(lambda: hours.gone > gone + 20.0)
        anew = [each for each in waiting() if each.trade not in before]
        assert before <= {each.trade for each in waiting()}
        assert len(events()) == len(anew)
    await beside.async_leave()


async def poor_pay(neighbours: Any, neighbour: Any, _end: Any, settlement: Settlement, _payee: str) -> None:
    """Let a payment fail."""
    neighbour.paying.discard(settlement.trade)


async def test_a_payment_is_handed_over_until_it_has_left(beside: Beside, hours: Hours) -> None:
    handed: list[str] = []

    async def queued(payment_id: str, _address: str, _amount_i: int) -> bool:
        handed.append(payment_id)
        return len(handed) > 2

    beside.house.neighbours._pay = queued
    await hours.async_pass(lambda: len(set(handed)) > 1)
    first = handed[0]
    assert handed.count(first) == 3
    assert handed[:3] == [first] * 3
    await beside.async_leave()


async def test_a_tie_whose_meter_shows_nothing_is_told(hass: HomeAssistant, beside: Beside, hours: Hours) -> None:
    await hours.async_pass(lambda: beside.of(beside.street).sold_w > 0)
    assert not beside.of(beside.street).blind
    with patch.object(neighbours, "_OLDEST_S", -1e9):
        await hours.async_pass(lambda: beside.of(beside.street).blind, most_s=110.0)
    await beside.async_leave()


async def test_what_was_counted_is_written_down_meanwhile(hass: HomeAssistant, beside: Beside, hours: Hours) -> None:
    store = await async_link_store(hass, beside.street_entry.data["island_id"])
    with patch.object(store, "async_save_later") as written:
        await hours.async_pass(lambda: beside.of(beside.street).sold_w > 0)
        await hours.async_pass(lambda: bool(written.call_args_list))
    (ends,) = written.call_args_list[0].args
    assert [end["counts"] for end in ends().values()] != [{}]
    await beside.async_leave()


async def test_without_a_rate_of_tokens_nothing_is_traded(beside: Beside, hours: Hours) -> None:
    beside.street.neighbours._rate = lambda: None
    gone = hours.gone
    await hours.async_pass(lambda: hours.gone > gone + 300)
    assert beside.of(beside.street).sold_w == 0
    await beside.async_leave()


async def test_who_is_deleted_is_told(hass: HomeAssistant, beside: Beside) -> None:
    await beside.async_join()
    (subentry_id,) = beside.street.neighbours.linked
    hass.config_entries.async_remove_subentry(beside.street_entry, subentry_id)
    await beside.async_until(lambda: beside.of(beside.house).state.value == "ended")
    await beside.async_leave()


async def test_keys_that_are_gone_are_said(hass: HomeAssistant, beside: Beside) -> None:
    await beside.async_join()
    link_id = next(iter(beside.house_entry.subentries.values())).unique_id
    for each in beside.house_entry.subentries.values():
        link_id = each.data.get("link_id", link_id)
    assert await hass.config_entries.async_unload(beside.house_entry.entry_id)
    store = await async_link_store(hass, beside.house_entry.data["island_id"])
    store.links.pop(link_id)
    assert await hass.config_entries.async_setup(beside.house_entry.entry_id)
    assert beside.of(beside.house).why == "keys_missing"
    await beside.async_leave()


# The forms


async def test_a_code_for_a_house_is_none_for_a_neighbour(hass: HomeAssistant, beside: Beside) -> None:
    house_code = await Pair.async_code(beside)
    assert (await beside.async_enter(house_code))["errors"] == {"base": "code_other_kind"}
    assert (await beside.async_ask(await beside.async_code()))["errors"] == {"base": "code_other_kind"}


async def test_what_cannot_be_is_said(hass: HomeAssistant, beside: Beside) -> None:
    flows = hass.config_entries.subentries
    assert (await beside.async_enter("nonsense"))["errors"] == {"code": "code_nonsense"}
    menu = await flows.async_init((beside.street_entry.entry_id, "neighbour"), context={"source": SOURCE_USER})
    form = await flows.async_configure(menu["flow_id"], {"next_step_id": "enter"})
    own = await flows.async_configure(form["flow_id"], {"code": await beside.async_code()})
    assert own["errors"] == {"code": "code_own_island"}
    code = await beside.async_code()
    dearer = await beside.async_enter(code, feed_export=0.5)
    assert dearer["errors"] == {"feed_export": "export_dearer"}
    missing = await beside.async_enter(code, tie_power="sensor.nowhere")
    assert missing["errors"] == {"tie_power": "entity_missing"}
    # A page that is loaded again shows the form once more.
    assert (await flows.async_configure(missing["flow_id"]))["step_id"] == "tie"
    assert await hass.config_entries.async_unload(beside.house_entry.entry_id)
    assert (await flows.async_configure(missing["flow_id"], BUYER))["reason"] == "not_loaded"
    again = await flows.async_init((beside.house_entry.entry_id, "neighbour"), context={"source": SOURCE_USER})
    assert again["reason"] == "not_loaded"


async def test_the_operator_looks_at_the_tie_before_saying_yes(hass: HomeAssistant, beside: Beside) -> None:
    await beside.async_enter(await beside.async_code())
    wrong = await beside.async_answer(("tie", None), ("tie", {"name": " ", **SELLER}))
    assert wrong["errors"] == {"name": "name_missing"}
    issue = beside.question()
    assert issue is not None
    assert issue.translation_key == "neighbour_request"
    wrong = await beside.async_answer(("tie", {"name": "B", **SELLER, "feed_export": 1.0}))
    assert wrong["errors"] == {"feed_export": "export_dearer"}
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    flow.hass, flow.handler, flow.issue_id, flow.data = hass, DOMAIN, issue.issue_id, issue.data
    await beside.async_answer(("refuse", None))
    assert (await flow.async_step_tie())["reason"] == "not_asked_any_more"
    await beside.async_until(lambda: beside.of(beside.house).state.value == "refused")
    assert beside.of(beside.house).why == "joining_refused"


async def test_the_tie_is_changed(hass: HomeAssistant, beside: Beside) -> None:
    await beside.async_join()
    flows = hass.config_entries.subentries
    (subentry_id,) = beside.street.neighbours.linked
    form = await flows.async_init(
        (beside.street_entry.entry_id, "neighbour"),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id},
    )
    wrong = await flows.async_configure(form["flow_id"], {**SELLER, "feed_export": 9.0})
    assert wrong["errors"] == {"feed_export": "export_dearer"}
    done = await flows.async_configure(form["flow_id"], {**SELLER, "tie_limit": 5_000})
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert beside.street_entry.subentries[subentry_id].data["tie_limit"] == 5_000
    await beside.async_until(lambda: beside.both() == {"connected"})
    await beside.async_leave()

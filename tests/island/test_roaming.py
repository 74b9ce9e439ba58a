"""A car of a house charges at the street's charger: its own Home Assistant agrees, pays and is rewarded, each once."""

from collections.abc import AsyncIterator
from typing import Any, cast
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.clock import GridClock
from custom_components.tangle_grid.const import MAIN_FEEDER, TREASURY
from custom_components.tangle_grid.data import LinkState
from custom_components.tangle_grid.economy.effects import BookEntry
from custom_components.tangle_grid.economy.sessions import Hold, Session
from custom_components.tangle_grid.grid.model.request import RequestState
from custom_components.tangle_grid.island import (
    link_ends,
    link_requests,
    links,
    roaming_home,
    roaming_host,
    roaming_letters,
)
from custom_components.tangle_grid.island.roaming_letters import UPPER
from custom_components.tangle_grid.island.runtime import IslandRuntime
from custom_components.tangle_grid.ledger import BalancesChanged, PaymentOrder
from custom_components.tangle_grid.link.core.roaming import StayBill, StayPaid
from tests.support.island import VEHICLE, FakeLedger, set_sensor, vehicle_subentry
from tests.support.linked_islands import CHARGER_ID, STREET_METER, Pair, async_set_up_house, house_entry, street_entry

POST, CARD, PLUG = "street-post", "sensor.post_card", "binary_sensor.post_plug"
RATE = 1_000_000
RICH_I = 100_000_000


def post() -> ConfigSubentryDataWithId:
    """The street's charger: it reads cards, and its own car would never help."""
    return ConfigSubentryDataWithId(
        subentry_type="charger",
        subentry_id=POST,
        title="Lamp post",
        unique_id=None,
        data={
            "name": "Lamp post",
            "phases": [1, 2, 3],
            "power": "sensor.post_power",
            "current_limit": "input_number.post_limit",
            "connected": PLUG,
            "id_sensor": CARD,
            "min_current": 6.0,
            "max_current": 16.0,
            "safe_current": 6.0,
            "policy": {"mode": "never", "charged_above": 80, "min_rate": 0},
        },
    )


class Roaming(Pair):
    """A street with a charger of its own, and a house whose car goes there."""

    def draw(self, street_w: float, house_w: float, charger_w: float = 0.0) -> None:
        limit, plug = self.hass.states.get("input_number.post_limit"), self.hass.states.get(PLUG)
        amps = float(limit.state) if limit is not None and plug is not None and plug.state == "on" else 0.0
        amps = amps if amps >= 6 else 0.0
        set_sensor(self.hass, "sensor.post_power", 690 * amps, "W")
        super().draw(street_w, house_w, charger_w)
        for number, entity_id in enumerate(STREET_METER):
            set_sensor(self.hass, entity_id, street_w + 230 * amps + number, "W")

    async def async_plug(self, card: str = "04 A3 7B") -> None:
        """The driver holds a card to the post, and plugs in."""
        self.hass.states.async_set(CARD, "-")
        self.hass.states.async_set(CARD, card)
        self.hass.states.async_set(PLUG, "on")
        await self.async_run(30)

    async def async_charge(self, seconds: float) -> None:
        for _ in range(round(seconds / 15)):
            await self.async_run(15)
            await self.async_confirm()

    async def async_confirm(self) -> None:
        for runtime in (self.street, self.house):
            await runtime.economy.desk.async_settled()
            for payment_id, payment in tuple(ledger(runtime).orders.items()):
                if payment.confirmed_at is None:
                    ledger(runtime).confirm(payment_id)
        await self.hass.async_block_till_done()

    async def async_unplug(self) -> None:
        self.hass.states.async_set(PLUG, "off")
        await self.async_charge(120)

    async def async_lines(self, runtime: IslandRuntime, participant: str) -> list[BookEntry]:
        """What stands in somebody's books."""
        await runtime.economy.desk.async_settled()
        journal = runtime.economy.desk.journal
        return await self.hass.async_add_executor_job(lambda: list(journal.lines(participant=participant)))

    def meet(self) -> None:
        """Let both ledgers be on one Tangle, each with addresses of its own."""
        ledger(self.street).peers, ledger(self.house).peers = [ledger(self.house)], [ledger(self.street)]
        ledger(self.house).change_addresses("C")

    @property
    def session(self) -> Session:
        found = self.street.economy.charging.session(POST)
        assert found is not None
        return found

    @property
    def paid_i(self) -> int:
        """What the house's car has paid, less what came back, over all ledgers."""
        out = [each for each in ledger(self.house).orders.values() if each.source == VEHICLE]
        back = [each for each in ledger(self.street).orders.values() if each.payment_id.startswith("roaming/")]
        return sum(each.amount_i for each in out) - sum(each.amount_i for each in back)


def ledger(runtime: IslandRuntime) -> FakeLedger:
    return cast("FakeLedger", runtime.link.ledger)


@pytest.fixture
async def pair(
    hass: HomeAssistant,
    noon: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    fake_ledger: Any,
    socket_enabled: None,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Roaming]:
    """Both, joined; the car may roam unless a test says otherwise."""
    await async_set_up_house(hass, "post_limit")
    hass.states.async_set(PLUG, "off")
    hass.states.async_set(CARD, "-")
    car = vehicle_subentry(**{"mode": "always", "ids": ["04:a3:7b"], "roaming": True, **getattr(request, "param", {})})
    made = Roaming(hass, street_entry(63.0, post()), house_entry("never", car), noon)
    made.draw(5000, 4000, 3680)
    with (
        patch.object(link_ends, "mono", made.mono),
        patch.object(links, "mono", made.mono),
        patch.object(link_requests, "mono", made.mono),
        patch.object(roaming_letters, "mono", made.mono),
        patch.object(roaming_host, "mono", made.mono),
        patch.object(roaming_home, "mono", made.mono),
    ):
        prices = {"prices": {"kwh": "0.25", "fee_percent": "5"}, "token_rate": "1000000"}
        for entry, options in ((made.street_entry, prices), (made.house_entry, {})):
            entry.add_to_hass(hass)
            hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
            assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        client = await hass_client_no_auth()
        made.url = str(client.make_url("/")).rstrip("/")
        await made.async_join()
        made.meet()
        ledger(made.house).balances[VEHICLE] += RICH_I
        ledger(made.house)._tell(BalancesChanged(wallets=ledger(made.house)._wallets()))
        await made.async_run(60)
        yield made
        for entry in (made.house_entry, made.street_entry):
            assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_car_of_the_house_pays_at_the_streets_charger(hass: HomeAssistant, pair: Roaming) -> None:
    await pair.async_plug()
    await pair.async_charge(60)
    (stay,) = pair.street.roaming.host.stays.values()
    assert stay.accepted, stay
    assert pair.session.payer == f"roaming/{stay.offer.token}"
    (own,) = pair.house.roaming.home.stays.values()
    assert (own.vehicle, own.offer.price_i) == (VEHICLE, 262_500)
    shown = hass.states.get("sensor.zoe_charger")
    assert shown is not None
    assert (shown.state, shown.attributes["price_i_per_kwh"]) == ("elsewhere", 262_500)
    await pair.async_charge(1_500)
    session = pair.session
    assert session.hold is None
    assert session.wh_in > 3_000
    assert len(own.paid) >= 2
    await pair.async_unplug()
    cost_i = session.charge_i + session.fee_i
    assert pair.paid_i == cost_i > 700_000
    assert not pair.street.roaming.host.stays
    assert not pair.house.roaming.home.stays
    # Both have it in their books, to the iota and the watt hour.
    lines = await pair.async_lines(pair.house, VEHICLE)
    assert sum(each.amount_i for each in lines if each.kind in {"charging", "refund"}) == -cost_i
    assert sum(each.wh_in for each in lines) == session.wh_in
    theirs = await hass.async_add_executor_job(
        lambda: list(pair.street.economy.desk.journal.lines(participant=TREASURY))
    )
    assert sum(each.amount_i for each in theirs if each.reference == session.session_id) == cost_i
    # No name, no card and no state of charge went up.
    kept = str(pair.street.economy.desk.journal.saga(roaming_host.KIND, session.session_id))
    assert "Zoe" not in kept
    assert "04A37B" not in kept


async def test_it_answers_the_streets_request_by_its_own_policy_and_is_rewarded(
    hass: HomeAssistant, pair: Roaming
) -> None:
    await pair.async_plug()
    await pair.async_charge(1_800)
    for _ in range(20):
        # Now and then it waits for a payment, and has nothing to give until it has charged for a while again.
        request_id = pair.street.grid.request_curtailment(
            power_w=4000.0, duration_s=300, rate_i_per_kwh=RATE, feeder_id=MAIN_FEEDER, device_ids=[POST]
        ).request_id
        await pair.async_charge(60)
        part = pair.street.grid.requests[request_id].asks[POST]
        if part.state is RequestState.ACTIVE:
            break
        assert part.reason is not None
        assert part.reason.key == "declined_nothing_to_give"
        await pair.async_charge(120)
    assert part.state is RequestState.ACTIVE, (part.state, part.reason)
    await pair.async_charge(400)
    await pair.street._follow_up.async_say()
    await pair.async_charge(60)
    part = pair.street.grid.requests[request_id].asks[POST]
    assert part.amount_i > 0
    (reward,) = [each for each in ledger(pair.street).orders.values() if "request" in each.memo]
    assert (reward.target, reward.amount_i) == ("C" * 90, part.amount_i)
    lines = await pair.async_lines(pair.house, VEHICLE)
    assert [each.amount_i for each in lines if each.kind == "reward"] == [part.amount_i]


async def test_a_lost_link_brings_the_car_down_within_a_kwh_and_a_restart_pays_nothing_twice(
    hass: HomeAssistant, pair: Roaming
) -> None:
    await pair.async_plug()
    await pair.async_charge(300)
    assert pair.house.links.upper is not None
    await pair.house.links.upper.channel.async_stop()
    most = 0
    for _ in range(60):
        await pair.async_charge(15)
        most = max(most, pair.session.credit_wh)
    assert pair.session.hold is Hold.LEDGER_AWAY
    assert 300 < most <= 1_000
    limit = hass.states.get("input_number.post_limit")
    assert limit is not None
    assert float(limit.state) <= 6
    for entry in (pair.house_entry, pair.street_entry):
        assert await hass.config_entries.async_reload(entry.entry_id)
        pair.meet()
    await pair.async_until(lambda: pair.states == {LinkState.CONNECTED.value})
    await pair.async_charge(240)
    session = pair.session
    assert session.hold is None
    await pair.async_unplug()
    assert pair.paid_i == session.charge_i + session.fee_i


@pytest.mark.parametrize("pair", [{"roaming": False}, {"max_price": 200_000}], indirect=True)
async def test_who_does_not_want_to_or_is_not_known_is_a_guest(hass: HomeAssistant, pair: Roaming) -> None:
    await pair.async_plug()
    await pair.async_charge(120)
    assert not any(each.accepted for each in pair.street.roaming.host.stays.values())
    assert not pair.house.roaming.home.stays
    assert pair.session.payer != f"roaming/{pair.house.roaming._letters.token_of(VEHICLE)}"
    await pair.async_unplug()
    assert pair.paid_i == 0
    assert not pair.street.roaming.host.stays


async def test_a_car_that_is_certainly_at_home_does_not_pay_elsewhere(hass: HomeAssistant, pair: Roaming) -> None:
    pair.house.async_choose_vehicle(CHARGER_ID, VEHICLE)
    await pair.async_run(15)
    assert pair.house.vehicles.charger_of(VEHICLE) == CHARGER_ID
    await pair.async_plug()
    await pair.async_charge(60)
    (stay,) = pair.street.roaming.host.stays.values()
    assert stay.answer is not None
    assert (stay.answer.accepted, stay.answer.reason) == (False, "car_is_elsewhere")
    await pair.async_unplug()
    assert pair.paid_i == 0


async def test_a_bill_beyond_the_offer_is_not_paid_and_said(hass: HomeAssistant, pair: Roaming) -> None:
    await pair.async_plug()
    await pair.async_charge(60)
    (stay,) = pair.street.roaming.host.stays.values()
    paid = pair.paid_i
    too_much = StayBill(
        stay=stay.offer.stay,
        token=stay.offer.token,
        payment=f"{stay.offer.stay}:9:9:e",
        amount_i=50_000_000,
        wh=500,
        covered_wh=1_000,
        payee="A" * 90,
    )
    stay.billed.append(too_much.payment)
    pair.street.roaming._letters.post(stay.source, too_much)
    await pair.async_until(lambda: stay.refused == {too_much.payment: "more_than_offered"})
    assert pair.paid_i <= paid + 262_500
    issues = [each for _, each in ir.async_get(hass).issues if each.startswith("roaming_refused_")]
    assert len(issues) == 1
    await pair.async_unplug()
    assert not pair.house.roaming.home.stays
    assert not [each for _, each in ir.async_get(hass).issues if each.startswith("roaming_refused_")]


async def test_a_fast_charger_offers_nothing_and_an_offer_that_waits_is_of_now(
    hass: HomeAssistant, pair: Roaming
) -> None:
    assert pair.house.links.upper is not None
    await pair.house.links.upper.channel.async_stop()
    with patch.object(roaming_host, "_FAST_W", 5_000.0):
        await pair.async_plug()
        await pair.async_charge(60)
        assert not pair.street.roaming.host.stays
    await pair.async_charge(180)
    (stay,) = pair.street.roaming.host.stays.values()
    assert stay.answer is None
    # Whoever agrees later agrees to what it has taken by then.
    assert stay.offer.wh == pair.session.wh_in > 300
    await pair.async_unplug()
    assert pair.paid_i == 0


@pytest.mark.parametrize(("speed", "is_paid"), [(1.0, False), (30.0, True)])
async def test_what_the_charger_can_have_given_is_counted_in_the_time_of_the_grid(
    pair: Roaming, speed: float, is_paid: bool
) -> None:
    home, at = pair.house.roaming.home, dt_util.utcnow().timestamp()
    with patch.object(home, "_clock", GridClock(speed=speed, wall_anchor=at, grid_anchor=at)):
        await pair.async_plug()
        await pair.async_charge(120)
        (own,) = home.stays.values()
        stay = own.offer.stay
        # 4 kWh in two minutes: at 11 kW they take over twenty.
        due = StayBill(
            stay=stay,
            token=own.offer.token,
            payment=f"{stay}:9:9:e",
            amount_i=1_000,
            wh=4_000,
            covered_wh=4_500,
            payee="A" * 90,
        )
        home.heard(UPPER, VEHICLE, due)
        assert (due.payment in own.bills) is is_paid
    await pair.async_unplug()


async def test_another_payment_is_not_taken_for_the_bill(hass: HomeAssistant, pair: Roaming) -> None:
    await pair.async_plug()
    for _ in range(40):
        await pair.async_run(15)
        (stay,) = pair.street.roaming.host.stays.values()
        if stay.billed:
            break
    (order,) = pair.session.outstanding.values()
    # The house has paid just as much to the same address, for something else.
    gift = PaymentOrder(payment_id="gift", source=VEHICLE, target="A" * 90, amount_i=order.amount_i)
    await ledger(pair.house).pay(gift)
    ledger(pair.house).confirm("gift")
    tail = ledger(pair.house).orders["gift"].tail
    claim = StayPaid(stay=stay.offer.stay, payment=order.payment_id, amount_i=order.amount_i, tail=tail)
    pair.house.roaming._letters.post(UPPER, claim)
    await pair.async_run(15)
    await pair.async_until(lambda: stay.refused == {order.payment_id: "not_seen"})
    assert not stay.paid
    # Its own payment counts.
    await pair.async_charge(120)
    assert stay.paid[order.payment_id] == order.amount_i
    assert order.payment_id not in stay.refused
    await pair.async_unplug()


async def test_a_stay_that_cannot_be_read_is_said_and_costs_nothing(
    hass: HomeAssistant, pair: Roaming, caplog: pytest.LogCaptureFixture
) -> None:
    for runtime, kind in ((pair.street, roaming_host.KIND), (pair.house, roaming_home.KIND)):
        runtime.economy.desk.record(kind, "charging-damaged", {"stay": 7}, (), at=1.0)
    for entry in (pair.house_entry, pair.street_entry):
        assert await hass.config_entries.async_reload(entry.entry_id)
    await pair.async_run(30)
    assert caplog.text.count("charging-damaged") >= 2
    assert not pair.street.roaming.host.stays
    assert not pair.house.roaming.home.stays

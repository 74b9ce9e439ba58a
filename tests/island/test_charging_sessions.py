"""Sessions of an island: begun and ended by the plug, paid by whoever is there, through a desk that forgets nothing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.economy.sessions import Guest, Session, SessionReceipt, recompute
from custom_components.tangle_grid.economy.signed_receipt import read_signed
from custom_components.tangle_grid.island.charging_sessions import KIND
from custom_components.tangle_grid.ledger import BalancesChanged
from tests.support.island import (
    CHARGER,
    SOLAR,
    VEHICLE,
    FakeLedger,
    Island,
    charger_subentry,
    island_entry,
    set_sensor,
    solar_subentry,
    vehicle_subentry,
)

PLUG = "binary_sensor.plug"
IONIQ = "vehicle-2"
RICH_I = 100_000_000
PRICES = {"kwh": "0.25", "fee_percent": "5"}


def make_entry(*vehicles: Any, **prices: Any) -> MockConfigEntry:
    charger = charger_subentry("never")
    charger["data"] = {**charger["data"], "connected": PLUG}
    return island_entry(
        charger, *vehicles, options={"planning": False, "prices": {**PRICES, **prices}, "token_rate": "1000000"}
    )


@pytest.fixture
def entry(hass: HomeAssistant, request: pytest.FixtureRequest) -> MockConfigEntry:
    hass.states.async_set(PLUG, "off")
    found: MockConfigEntry = getattr(request, "param", None) or make_entry()
    return found


def fund(island: Island, **amounts: int) -> None:
    for wallet, amount_i in amounts.items():
        island.ledger.balances[wallet.replace("_", "-")] += amount_i
    island.ledger._tell(BalancesChanged(wallets=island.ledger._wallets()))


async def confirm(island: Island) -> None:
    await island.runtime.economy.desk.async_settled()
    for payment_id, payment in tuple(island.ledger.orders.items()):
        if payment.confirmed_at is None:
            island.ledger.confirm(payment_id)
    await island.settle()


async def charge(island: Island, seconds: float, *, confirmed: bool = True) -> None:
    for _ in range(round(seconds / 15)):
        await island.run(15)
        if confirmed:
            await confirm(island)


async def unseen(island: Island) -> None:
    """Let more than half an hour go by without power: then a car that no plug tells of has left."""
    await island.run(2_100, step=60)
    await confirm(island)


async def plug(hass: HomeAssistant, island: Island, state: str) -> None:
    hass.states.async_set(PLUG, state)
    if state == "off":
        hass.states.async_set("input_boolean.charger", "off")
    await island.run(30 if state == "on" else 120)
    await confirm(island)


def session(island: Island) -> Session:
    found = island.runtime.economy.charging.session(CHARGER)
    assert found is not None
    return found


async def receipts(hass: HomeAssistant, island: Island) -> list[SessionReceipt]:
    await island.run(60)
    await confirm(island)
    await island.run(60)
    await island.runtime.economy.desk.async_settled()
    stored: list[Mapping[str, Any]] = await hass.async_add_executor_job(island.runtime.economy.desk.journal.ended, KIND)
    return [SessionReceipt.from_dict(each["receipt"]) for each in stored]


def paid_i(island: Island, wallet: str) -> int:
    sent = [each for each in island.ledger.orders.values() if each.source == wallet]
    got = [each for each in island.ledger.orders.values() if each.target == wallet]
    return sum(each.amount_i for each in sent) - sum(each.amount_i for each in got)


async def test_a_car_pays_from_plug_to_plug(hass: HomeAssistant, island: Island) -> None:
    fund(island, charger_1=RICH_I)
    assert island.state("sensor", "charging_price", CHARGER) == "0.25"
    assert island.state("sensor", "charging_payment", CHARGER) == "none"
    await plug(hass, island, "on")
    await charge(island, 1_200)
    assert island.state("sensor", "charging_payment", CHARGER) == "paid"
    assert session(island).payer == CHARGER
    assert 2_500 < session(island).wh_in < 4_000
    assert paid_i(island, CHARGER) > 0, "while it charges"
    assert abs(session(island).credit_wh) <= 1_000
    await plug(hass, island, "off")
    (receipt,) = await receipts(hass, island)
    assert recompute(receipt) == ()
    assert paid_i(island, CHARGER) == receipt.charge_i + receipt.fee_i
    assert receipt.charge_i == 250 * receipt.wh_in  # 0.25 of a Mi for a kWh
    assert island.runtime.economy.charging.session(CHARGER) is None
    lines = await hass.async_add_executor_job(
        lambda: list(island.runtime.economy.desk.journal.lines(participant=CHARGER))
    )
    charging = [line for line in lines if line.reference == receipt.session_id]
    assert sum(line.wh_in for line in charging) == receipt.wh_in
    assert sum(line.amount_i for line in charging) == -receipt.charge_i - receipt.fee_i


@pytest.mark.parametrize("entry", [make_entry(solar_subentry())], indirect=True)
async def test_receipts_are_handed_out_and_priced_again(
    hass: HomeAssistant, island: Island, hass_client_no_auth: ClientSessionGenerator, socket_enabled: None
) -> None:
    fund(island, charger_1=RICH_I)
    await plug(hass, island, "on")
    await charge(island, 300)
    await plug(hass, island, "off")
    (receipt,) = await receipts(hass, island)
    charger = island.device_id(CHARGER)
    (shown,) = (await island.call("get_receipts", response=True, device_id=charger))["receipts"]
    assert (shown["kind"], shown["reference"]) == ("charging", receipt.session_id)
    assert (shown["verified"], shown["contradictions"]) == (True, [])
    signed = read_signed(shown["file"])
    assert (signed.receipt, signed.is_signed) == (receipt, True)
    assert [each.payment_id for each in signed.payments] == [order.payment_id for order in receipt.payments]
    client = await hass_client_no_auth()
    answer = await client.get(shown["url"])
    assert (answer.status, await answer.json()) == (200, shown["file"])
    assert answer.headers["Content-Disposition"].startswith("attachment")
    for path in ("nobody/charging/x", f"{CHARGER}/charging/x", f"{CHARGER}/ferry/x"):
        place = f"/api/tangle_grid/{island.runtime.island_id}/receipt/{path}"
        assert (await client.get(async_sign_path(hass, place, timedelta(minutes=1)))).status == 404
    solar = await island.call("get_receipts", response=True, device_id=island.device_id(SOLAR))
    assert solar == {"receipts": []}, "nobody else's"
    with pytest.raises(ServiceValidationError):
        await island.call("get_receipts", response=True, device_id=island.device_id())

    # One that somebody has changed in the file is told from one that is right; one that is none is left out.
    desk = island.runtime.economy.desk
    state = {"version": 1, "receipt": {**receipt.to_dict(), "charge_i": receipt.charge_i - 1}}
    desk.record(KIND, receipt.session_id, state, (), at=2.0, ended=True)
    desk.record(KIND, "another", {"version": 1, "receipt": {"version": 1}}, (), at=1.0, ended=True)
    await desk.async_settled()
    (shown,) = (await island.call("get_receipts", response=True, device_id=charger))["receipts"]
    assert not shown["verified"]
    assert {"figure": "charge_i", "said": str(receipt.charge_i - 1), "computed": str(receipt.charge_i)} in shown[
        "contradictions"
    ]


async def test_a_session_goes_on_after_a_restart(
    hass: HomeAssistant, island: Island, fake_ledger: list[FakeLedger]
) -> None:
    fund(island, charger_1=RICH_I)
    await plug(hass, island, "on")
    await charge(island, 600)
    before = session(island)
    orders = dict(island.ledger.orders)
    assert await hass.config_entries.async_reload(island.entry.entry_id)
    island.ledger = fake_ledger[-1]
    await island.settle()
    await island.runtime.economy.desk.async_settled()
    assert island.runtime.economy.charging.session(CHARGER) is not before
    await charge(island, 600)
    assert session(island).session_id == before.session_id
    assert session(island).wh_in > before.wh_in
    await plug(hass, island, "off")
    (receipt,) = await receipts(hass, island)
    assert recompute(receipt) == ()
    assert orders.keys() < island.ledger.orders.keys()


async def test_a_session_whose_car_left_during_a_stop_ends_and_is_paid(
    hass: HomeAssistant, island: Island, fake_ledger: list[FakeLedger]
) -> None:
    fund(island, charger_1=RICH_I)
    await plug(hass, island, "on")
    await charge(island, 600)
    before = session(island)
    assert await hass.config_entries.async_unload(island.entry.entry_id)
    hass.states.async_set(PLUG, "off")
    hass.states.async_set("input_boolean.charger", "off")
    assert await hass.config_entries.async_setup(island.entry.entry_id)
    island.ledger = fake_ledger[-1]
    await island.settle()
    await charge(island, 120)
    assert island.runtime.economy.charging.session(CHARGER) is None
    (receipt,) = await receipts(hass, island)
    assert (receipt.session_id, recompute(receipt)) == (before.session_id, ())
    assert receipt.wh_in >= before.wh_in
    assert sum(order.amount_i for order in receipt.payments) >= receipt.charge_i


COUNTER = "sensor.charger_energy"
COUNTER_OUT = "sensor.charger_energy_out"


def counting(**counters: str) -> MockConfigEntry:
    """Return an island whose charger has an energy counter, or these; what is fed back earns 0.2."""
    charger = charger_subentry("never")
    charger["data"] = {**charger["data"], "connected": PLUG, **(counters or {"energy": COUNTER})}
    prices = {**PRICES, "feed_in": "0.2"}
    return island_entry(charger, options={"planning": False, "prices": prices, "token_rate": "1000000"})


def count(hass: HomeAssistant, kwh: float, counter: str = COUNTER) -> None:
    hass.states.async_set(counter, f"{kwh:.3f}", {"unit_of_measurement": "kWh", "device_class": "energy"})


def refused_counters(hass: HomeAssistant) -> list[ir.IssueEntry]:
    issues = ir.async_get(hass).issues
    return [each for (_domain, name), each in issues.items() if name.startswith("energy_counter_refused")]


@pytest.mark.parametrize("entry", [counting()], indirect=True)
async def test_a_counter_tells_each_watt_hour_also_those_of_a_stop(
    hass: HomeAssistant, island: Island, fake_ledger: list[FakeLedger], freezer: FrozenDateTimeFactory
) -> None:
    fund(island, charger_1=RICH_I)
    count(hass, 1_234.5)
    await plug(hass, island, "on")
    total = 1_234.5
    for _ in range(20):
        total += 0.040
        count(hass, total)
        await charge(island, 15)
    assert session(island).wh_in == 800, "not what power comes to"
    session_id = session(island).session_id
    assert await hass.config_entries.async_unload(island.entry.entry_id)
    count(hass, total := total + 0.7)
    freezer.tick(300)
    assert await hass.config_entries.async_setup(island.entry.entry_id)
    island.ledger = fake_ledger[-1]
    await island.settle()
    await charge(island, 30)
    assert (session(island).session_id, session(island).wh_in) == (session_id, 1_500)
    # A counter that says what cannot be is not believed, and named; power counts meanwhile.
    assert not refused_counters(hass)
    before = session(island).wh_in
    for wrong in (total + 200.0, total - 500.0):
        count(hass, wrong)
        await charge(island, 30)
        (named,) = refused_counters(hass)
        assert named.translation_placeholders is not None
        assert named.translation_placeholders["entity"] == COUNTER
    assert 0 < session(island).wh_in - before < 400
    count(hass, total := total + 0.3)
    await charge(island, 30)
    assert session(island).wh_in == 1_800
    assert refused_counters(hass), "for as long as the session lasts"
    await plug(hass, island, "off")
    await charge(island, 30)
    assert not refused_counters(hass)
    (receipt,) = await receipts(hass, island)
    assert (receipt.wh_in, recompute(receipt)) == (1_800, ())
    assert {"counter_jump", "counter_backwards", "gap"} <= {*receipt.findings}


@pytest.mark.parametrize("entry", [counting(energy=COUNTER, energy_out=COUNTER_OUT)], indirect=True)
async def test_what_is_fed_back_is_counted_by_its_own_counter(
    hass: HomeAssistant, island: Island, fake_ledger: list[FakeLedger], freezer: FrozenDateTimeFactory
) -> None:
    """Also while Home Assistant is not running: each watt hour earns the feed-in rate, once."""
    fund(island, charger_1=RICH_I)
    count(hass, 100.0)
    count(hass, 7.0, COUNTER_OUT)
    await plug(hass, island, "on")
    given = 7.0
    for _ in range(10):
        count(hass, given := given + 0.030, COUNTER_OUT)
        await charge(island, 15)
    assert (session(island).wh_in, session(island).wh_out) == (0, 300), "not what power comes to"
    assert await hass.config_entries.async_unload(island.entry.entry_id)
    freezer.tick(300)
    count(hass, given := given + 0.5, COUNTER_OUT)
    assert await hass.config_entries.async_setup(island.entry.entry_id)
    island.ledger = fake_ledger[-1]
    await island.settle()
    await charge(island, 30)
    assert session(island).wh_out == 800
    await plug(hass, island, "off")
    (receipt,) = await receipts(hass, island)
    assert (receipt.wh_out, receipt.feed_in_i, recompute(receipt)) == (800, 200 * 800, ())


@pytest.mark.parametrize("entry", [counting()], indirect=True)
async def test_what_another_car_took_meanwhile_is_not_billed_to_the_one_before(
    hass: HomeAssistant, island: Island
) -> None:
    fund(island, charger_1=RICH_I)
    count(hass, 10.0)
    await plug(hass, island, "on")
    count(hass, 10.1)
    await charge(island, 60)
    first = session(island)
    assert first.wh_in == 100
    found = island.runtime.economy.charging._at[CHARGER]
    found.steady_at, found.plugged_at = None, (found.plugged_at or 0.0) - 600
    count(hass, 10.3)
    await charge(island, 60)
    assert session(island).session_id != first.session_id
    (receipt,) = await receipts(hass, island)
    assert receipt.wh_in == 100


async def test_a_spending_limit_holds_for_charging_too(hass: HomeAssistant, island: Island) -> None:
    """What a wallet may not pay is not paid, and not taken either."""
    fund(island, charger_1=RICH_I)
    wallet = island.device_id(CHARGER)
    await island.call("set_spending_limits", response=True, device_id=wallet, per_payment=0)
    await plug(hass, island, "on")
    await charge(island, 900)
    assert island.state("sensor", "charging_payment", CHARGER) == "wallet_empty"
    assert island.ledger.orders == {}
    assert session(island).credit_wh <= 1_000
    await island.call("set_spending_limits", response=True, device_id=wallet, remove="per_payment")
    await charge(island, 120)
    assert island.state("sensor", "charging_payment", CHARGER) == "paid"
    assert paid_i(island, CHARGER) > 0


@pytest.mark.parametrize("entry", [make_entry()], indirect=True)
async def test_an_empty_wallet_goes_to_the_safe_current_and_a_top_up_resumes(
    hass: HomeAssistant, island: Island
) -> None:
    await plug(hass, island, "on")
    while island.state("sensor", "charging_payment", CHARGER) == "paid":
        await charge(island, 15)
    assert island.state("sensor", "charging_payment", CHARGER) == "wallet_empty"
    status = island.runtime.status.devices[CHARGER]
    assert (status.setpoint, str(status.cause)) == (6.0, "payment")
    await charge(island, 600)
    status = island.runtime.status.devices[CHARGER]
    assert (status.setpoint, str(status.cause)) == (0.0, "payment"), "until it owes what it may"
    assert 850 <= session(island).credit_wh <= 1_000
    assert island.ledger.orders == {}
    fund(island, charger_1=RICH_I)
    await charge(island, 120)
    assert island.state("sensor", "charging_payment", CHARGER) == "paid"
    await charge(island, 300)
    setpoint = island.runtime.status.devices[CHARGER].setpoint
    assert setpoint is not None
    assert setpoint > 6.0


@pytest.mark.parametrize("entry", [make_entry(vehicle_subentry(), vehicle_subentry(IONIQ, "Ioniq"))], indirect=True)
async def test_the_books_follow_a_correction(hass: HomeAssistant, island: Island) -> None:
    fund(island, vehicle_1=RICH_I, vehicle_2=RICH_I)
    await plug(hass, island, "on")
    assert (session(island).payer, session(island).guest) == (None, Guest.FREE)
    island.runtime.async_choose_vehicle(CHARGER, VEHICLE)
    await charge(island, 900)
    assert session(island).payer == VEHICLE
    assert paid_i(island, VEHICLE) > 0
    island.runtime.async_choose_vehicle(CHARGER, IONIQ)
    await charge(island, 300)
    assert session(island).payer == IONIQ
    assert paid_i(island, VEHICLE) == 0
    await plug(hass, island, "off")
    (receipt,) = await receipts(hass, island)
    assert recompute(receipt) == ()
    assert receipt.payers == (None, VEHICLE, IONIQ)
    assert paid_i(island, IONIQ) == receipt.charge_i + receipt.fee_i


@pytest.mark.parametrize("entry", [make_entry(vehicle_subentry(), guests="refused")], indirect=True)
async def test_a_guest_is_refused_where_the_operator_wants_it(hass: HomeAssistant, island: Island) -> None:
    await plug(hass, island, "on")
    await charge(island, 60)
    assert island.state("sensor", "charging_payment", CHARGER) == "guest_refused"
    assert island.runtime.status.devices[CHARGER].setpoint == 0.0
    fund(island, vehicle_1=RICH_I)
    island.runtime.async_choose_vehicle(CHARGER, VEHICLE)
    await charge(island, 120)
    assert island.state("sensor", "charging_payment", CHARGER) == "paid"


@pytest.mark.parametrize("entry", [make_entry(vehicle_subentry(max_price=200_000))], indirect=True)
async def test_a_car_that_pays_less_stays_at_its_safe_current(hass: HomeAssistant, island: Island) -> None:
    fund(island, vehicle_1=RICH_I)
    island.runtime.async_choose_vehicle(CHARGER, VEHICLE)
    await plug(hass, island, "on")
    island.runtime.async_choose_vehicle(CHARGER, VEHICLE)
    await charge(island, 120)
    assert island.state("sensor", "charging_payment", CHARGER) == "price_above_limit"


@pytest.mark.parametrize("entry", [island_entry()], indirect=True)
async def test_without_prices_nothing_is_charged(hass: HomeAssistant, island: Island) -> None:
    fund(island, charger_1=RICH_I)
    await charge(island, 600)
    assert island.ledger.orders == {}
    registry = er.async_get(hass)
    assert registry.async_get_entity_id("sensor", "tangle_grid", f"{CHARGER}_charging_price") is None
    hass.config_entries.async_update_entry(island.entry, options={**island.entry.options, "prices": PRICES})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert island.state("sensor", "charging_price", CHARGER) == "0.25"
    hass.config_entries.async_update_entry(island.entry, options={**island.entry.options, "prices": {}})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert registry.async_get_entity_id("sensor", "tangle_grid", f"{CHARGER}_charging_price") is None
    assert island.runtime.economy.desk.open_sagas == {}


async def test_a_fault_of_a_session_stops_no_pass(hass: HomeAssistant, island: Island, caplog: Any) -> None:
    await plug(hass, island, "on")
    before = island.runtime.status.at
    session(island).step = None  # type: ignore[method-assign, assignment]
    await island.run(60)
    assert island.runtime.status.at > before
    assert "cannot go on" in caplog.text


@pytest.mark.parametrize(
    "entry", [island_entry(options={"planning": False, "prices": PRICES, "token_rate": "1000000"})], indirect=True
)
async def test_a_charger_that_sees_no_plug_has_sessions_by_its_power(hass: HomeAssistant, island: Island) -> None:
    fund(island, charger_1=RICH_I)
    await charge(island, 300)
    assert session(island).wh_in > 500
    hass.states.async_set("input_boolean.charger", "off")
    await charge(island, 900)
    assert island.runtime.economy.charging.session(CHARGER) is not None
    await charge(island, 1_200)
    assert island.runtime.economy.charging.session(CHARGER) is None
    (receipt,) = await receipts(hass, island)
    assert recompute(receipt) == ()


@pytest.mark.parametrize("entry", [make_entry(kwh="-0.10", negative_budget="0.1", fee_percent="0")], indirect=True)
async def test_negative_prices_pay_the_car_as_far_as_the_day_s_budget_goes(hass: HomeAssistant, island: Island) -> None:
    for _time in range(2):
        await plug(hass, island, "on")
        await charge(island, 600)
        hass.states.async_set("input_boolean.charger", "on")
        await plug(hass, island, "off")
        hass.states.async_set("input_boolean.charger", "on")
        await receipts(hass, island)
    found = await receipts(hass, island)
    assert len(found) == 2
    assert all(recompute(receipt) == () for receipt in found)
    assert [receipt.granted_i for receipt in found] == [0, 100_000]
    assert paid_i(island, CHARGER) == -100_000, "a tenth of a Mi, once"


@pytest.mark.parametrize(
    "entry",
    [
        island_entry(
            charger_subentry("never"),
            solar_subentry(),
            options={"planning": False, "prices": {**PRICES, "sun_price": "0.1"}, "token_rate": "1000000"},
        )
    ],
    indirect=True,
)
async def test_a_solar_owner_is_paid_for_what_its_roof_delivered(hass: HomeAssistant, island: Island) -> None:
    fund(island, charger_1=RICH_I)
    set_sensor(hass, "sensor.inverter_power", 3_000, "W")
    await charge(island, 1_200)
    hass.states.async_set("input_boolean.charger", "off")
    await unseen(island)
    (receipt,) = await receipts(hass, island)
    assert recompute(receipt) == ()
    # A share of a kilowatt hour of sun: the house draws as well.
    assert 100 < receipt.sun_wh[SOLAR] < 1_000
    assert paid_i(island, SOLAR) == -100 * receipt.sun_wh[SOLAR]


@pytest.mark.parametrize(
    "entry",
    [
        island_entry(
            charger_subentry("always", v2g_floor_soc=30),
            options={"planning": False, "prices": {**PRICES, "feed_in": "0.2"}, "token_rate": "1000000"},
        )
    ],
    indirect=True,
)
async def test_energy_that_a_reward_has_paid_for_is_not_fed_in_as_well(hass: HomeAssistant, island: Island) -> None:
    fund(island, charger_1=RICH_I)
    await island.request(power=20_000)
    await charge(island, 1_200)
    found = session(island)
    assert found.wh_out > 500
    assert found.metered.fed.feed_in + found.metered.fed.rewarded == found.wh_out
    rewards = [each for name, each in island.ledger.orders.items() if not name.startswith("charging-")]
    assert len(rewards) == 1
    assert found.metered.fed.rewarded > 0.9 * found.wh_out
    hass.states.async_set("input_boolean.charger", "off")
    await unseen(island)
    (receipt,) = await receipts(hass, island)
    assert recompute(receipt) == ()
    assert receipt.feed_in_i == 200 * receipt.fed_in_wh

"""Cars of an island park and pass tolls: by their trackers, by their rules, by hand; over restarts, and once."""

from collections.abc import Mapping
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.tangle_grid.bridge.payment_desk import PaymentDesk
from custom_components.tangle_grid.economy.services import ParkingReceipt, TollReceipt, recompute
from custom_components.tangle_grid.economy.signed_receipt import read_signed
from custom_components.tangle_grid.island.visits import PARKING_RECEIPT, TOLL_RECEIPT
from tests.support.island import (
    CAR_PARK,
    TOLL,
    VEHICLE,
    Island,
    car_park_subentry,
    charger_subentry,
    island_entry,
    toll_subentry,
    vehicle_subentry,
)

TRACKER = "device_tracker.zoe"
# About 11 m in a unit of the fourth decimal of latitude.
MALL = {"latitude": 52.0, "longitude": 5.0, "radius": 100}
BRIDGE = {"latitude": 52.1, "longitude": 5.0, "radius": 100}
AWAY = (52.02, 5.0)
BY_THE_BRIDGE = (52.08, 5.0)


def park(entity: Mapping[str, Any] | None = None, **rules: Any) -> MockConfigEntry:
    """An island with a car, a car park of an iota a second and a toll of 50 iota."""
    return island_entry(
        charger_subentry(),
        vehicle_subentry(tracker=TRACKER, **{"parking_mode": "always", "toll_mode": "always", **rules}),
        vehicle_subentry("vehicle-2", "Ioniq"),
        car_park_subentry(**(entity or {})),
        toll_subentry(),
    )


@pytest.fixture
def entry() -> MockConfigEntry:
    return park()


@pytest.fixture(autouse=True)
def zones(hass: HomeAssistant) -> None:
    hass.states.async_set("zone.mall", "0", MALL)
    hass.states.async_set("zone.bridge", "0", BRIDGE)
    move(hass, AWAY)


def move(hass: HomeAssistant, place: tuple[float, float] | None, *, accuracy: int = 10) -> None:
    """Let the tracker report a place, or nothing."""
    if place is None:
        hass.states.async_set(TRACKER, "unavailable")
        return
    attributes = {"latitude": place[0], "longitude": place[1], "gps_accuracy": accuracy}
    hass.states.async_set(TRACKER, "not_home", attributes, force_update=True)


class Drive:
    """Time and places of the car."""

    def __init__(self, hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory) -> None:
        self.hass, self.island, self.freezer = hass, island, freezer
        self.said: list[tuple[str, str]] = []
        seen: set[tuple[str, str]] = set()
        entity_id = island.entity_id("event", "services", VEHICLE)

        @callback
        def heard(event: Event[Any]) -> None:
            state = event.data["new_state"]
            if event.data["entity_id"] != entity_id or state is None or not state.attributes.get("event_type"):
                return
            # What happened last is shown again after a restart.
            what = state.attributes["event_type"]
            if (state.state, what) not in seen:
                seen.add((state.state, what))
                self.said.append((what, state.attributes["reason"]))

        hass.bus.async_listen("state_changed", heard)

    async def wait(self, seconds: int, place: tuple[float, float] | None = None, *, step: int = 60) -> None:
        """Let time pass; the tracker reports once, at the beginning, if there is anything to report."""
        if place is not None:
            move(self.hass, place)
            await self.hass.async_block_till_done()
        for _ in range(0, seconds, step):
            self.freezer.tick(step)
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done()
        await self.island.runtime.economy.desk.async_settled()
        await self.island.settle()

    def paid(self) -> dict[str, int]:
        sums: dict[str, int] = {}
        for payment in self.island.ledger.orders.values():
            for who, amount_i in ((payment.source, -payment.amount_i), (payment.target, payment.amount_i)):
                sums[who] = sums.get(who, 0) + amount_i
        return sums


@pytest.fixture
async def drive(hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory) -> Drive:
    await island.runtime.economy.desk.async_settled()
    island.ledger.balances |= {VEHICLE: 10**6, "vehicle-2": 10**6, CAR_PARK: 10**6}
    found = Drive(hass, island, freezer)
    await found.wait(300, AWAY)
    return found


CENTRE = (52.0, 5.0)
ON_BRIDGE = (52.1, 5.0)


async def test_a_car_that_pays_by_itself_parks_and_leaves(island: Island, drive: Drive) -> None:
    await drive.wait(3600, CENTRE)
    assert drive.said == [("parking_started", "policy_always")]
    assert island.state("sensor", "open_stays", CAR_PARK) == "1"
    assert island.state("sensor", "parking_cost", VEHICLE) == "3600"
    assert island.state("sensor", "income_today", CAR_PARK) == "3600"
    assert island.state("sensor", "parked_since", VEHICLE) != "unknown"
    assert drive.paid() == {}

    await drive.wait(600, AWAY)
    assert drive.said[1:] == [("parking_ended", "left")]
    assert drive.paid() == {VEHICLE: -3600, CAR_PARK: 3600}
    assert island.state("sensor", "open_stays", CAR_PARK) == "0"
    assert island.state("sensor", "income_today", CAR_PARK) == "3600"
    assert island.state("sensor", "parking_cost", VEHICLE) == "0"
    journal = island.runtime.economy.desk.journal
    (kept,) = await island.hass.async_add_executor_job(journal.ended, PARKING_RECEIPT)
    receipt = ParkingReceipt.from_dict(kept)
    assert (receipt.total_i, recompute(receipt)) == (3600, ())
    (shown,) = (await island.call("get_receipts", response=True, device_id=island.device_id(CAR_PARK)))["receipts"]
    signed = read_signed(shown["file"])
    assert (shown["verified"], signed.receipt, signed.is_signed) == (True, receipt, True)
    assert [each.amount_i for each in signed.payments] == [3600]
    lines = await island.hass.async_add_executor_job(lambda: list(journal.lines()))
    assert {(line.participant, line.kind.value, line.amount_i) for line in lines if line.reference != "opening"} == {
        (VEHICLE, "parking", -3600),
        (CAR_PARK, "parking", 3600),
    }


async def test_a_toll_is_paid_once_a_passage_also_when_a_person_pays_first(island: Island, drive: Drive) -> None:
    await drive.wait(180, BY_THE_BRIDGE)
    move(drive.hass, ON_BRIDGE)
    at = {"device_id": island.device_id(VEHICLE), "service_device_id": island.device_id(TOLL)}
    first = await island.call("pay_toll", response=True, **at)
    await drive.wait(60)
    assert await island.call("pay_toll", response=True, **at) == first
    await drive.wait(600, BY_THE_BRIDGE)
    assert drive.paid() == {VEHICLE: -50, TOLL: 50}
    assert recompute(TollReceipt.from_dict(first)) == ()
    await drive.wait(60, ON_BRIDGE, step=10)
    await drive.wait(600, BY_THE_BRIDGE)
    assert drive.paid() == {VEHICLE: -100, TOLL: 100}
    assert [what for what, _ in drive.said] == ["toll_paid", "toll_paid"]
    assert island.state("sensor", "income_today", TOLL) == "100"
    journal = island.runtime.economy.desk.journal
    assert len(await island.hass.async_add_executor_job(journal.ended, TOLL_RECEIPT)) == 2
    for whose in (VEHICLE, TOLL):
        shown = await island.call("get_receipts", response=True, device_id=island.device_id(whose))
        assert [(each["kind"], each["verified"]) for each in shown["receipts"]] == [("toll", True)] * 2
        assert all(read_signed(each["file"]).is_signed for each in shown["receipts"])
    parking = await island.call("get_receipts", response=True, device_id=island.device_id(VEHICLE), kinds=["parking"])
    assert parking == {"receipts": []}


async def test_jumps_vague_positions_and_a_lost_tracker_charge_nothing(hass: HomeAssistant, drive: Drive) -> None:
    move(hass, CENTRE)
    await drive.wait(30, step=30)
    await drive.wait(300, AWAY)
    move(hass, CENTRE, accuracy=500)
    await drive.wait(600)
    move(hass, None)
    await drive.wait(600)
    assert drive.said == []
    assert drive.paid() == {}


async def test_a_restart_in_the_car_park_is_the_same_stay(
    hass: HomeAssistant, island: Island, drive: Drive, fake_ledger: list[Any]
) -> None:
    await drive.wait(1200, CENTRE)
    assert await hass.config_entries.async_unload(island.entry.entry_id)
    move(hass, None)
    drive.freezer.tick(300)
    assert await hass.config_entries.async_setup(island.entry.entry_id)
    island.ledger = fake_ledger[-1]
    await hass.async_block_till_done()
    await drive.wait(300, CENTRE)
    await drive.wait(600, AWAY)
    assert [what for what, _ in drive.said].count("parking_started") == 1
    assert drive.paid() == {VEHICLE: -1800, CAR_PARK: 1800}


async def test_a_car_that_vanishes_is_charged_up_to_what_is_known(hass: HomeAssistant, drive: Drive) -> None:
    await drive.wait(1200, CENTRE)
    move(hass, None)
    await drive.wait(26 * 3600, step=900)
    assert drive.said[-1] == ("parking_ended", "lost")
    assert drive.paid() == {VEHICLE: -1200, CAR_PARK: 1200}


@pytest.mark.parametrize("entry", [park(parking_mode="ask", toll_mode="never")])
async def test_a_car_asks_and_a_person_answers(island: Island, drive: Drive) -> None:
    await drive.wait(600, CENTRE)
    assert drive.said == [("parking_asked", "policy_ask")]
    state = drive.hass.states.get(island.entity_id("event", "services", VEHICLE))
    assert state is not None
    assert (state.attributes["service"], state.attributes["vehicle"]) == ("Mall", "Zoe")
    assert state.attributes["service_device_id"] == island.device_id(CAR_PARK)
    at = {"device_id": island.device_id(VEHICLE), "service_device_id": island.device_id(CAR_PARK)}
    receipt = await island.call("park_start", response=True, **at)
    assert await island.call("park_start", response=True, **at) == receipt
    await drive.wait(600)
    over = await island.call("park_end", response=True, device_id=island.device_id(VEHICLE))
    assert (over["end"], over["total_i"]) == ("by_hand", 1200)
    assert await island.call("park_end", response=True, device_id=island.device_id(VEHICLE)) == over
    await drive.wait(600, ON_BRIDGE)
    assert drive.said[-1] == ("toll_refused", "policy_never")
    assert drive.paid() == {VEHICLE: -1200, CAR_PARK: 1200}


async def test_a_car_without_a_tracker_parks_by_hand(island: Island, drive: Drive) -> None:
    at = {"device_id": island.device_id("vehicle-2"), "service_device_id": island.device_id(CAR_PARK)}
    await island.call("park_start", **at)
    await drive.wait(900)
    assert island.state("sensor", "parking_cost", "vehicle-2") == "900"
    await island.call("park_end", **at)
    await drive.wait(60)
    assert drive.paid() == {"vehicle-2": -900, CAR_PARK: 900}


@pytest.mark.parametrize("entry", [park({"places": 1})])
async def test_a_full_car_park_says_no(island: Island, drive: Drive) -> None:
    await drive.wait(600, CENTRE)
    with pytest.raises(ServiceValidationError) as refused:
        await island.call(
            "park_start", device_id=island.device_id("vehicle-2"), service_device_id=island.device_id(CAR_PARK)
        )
    assert refused.value.translation_key == "car_park_full"


async def test_a_rule_for_one_service_comes_first_and_takes_effect_at_once(island: Island, drive: Drive) -> None:
    runtime = island.runtime
    rule = {"device_id": island.device_id(VEHICLE), "mode": "up_to", "limit": 1000}
    await island.call("set_service_policy", service_device_id=island.device_id(CAR_PARK), **rule)
    await island.call("set_service_policy", device_id=island.device_id(VEHICLE), use="toll", mode="never")
    assert island.runtime is runtime
    await drive.wait(3600, CENTRE)
    assert drive.said == [("parking_started", "within_limit"), ("parking_ended", "limit")]
    await drive.wait(600, ON_BRIDGE)
    assert drive.said[-1] == ("toll_refused", "policy_never")
    assert drive.paid() == {VEHICLE: -1000, CAR_PARK: 1000}


@pytest.mark.parametrize(
    ("action", "data", "key"),
    [
        ("park_start", {"device_id": CAR_PARK, "service_device_id": CAR_PARK}, "device_is_no_vehicle"),
        ("park_start", {"device_id": None, "service_device_id": CAR_PARK}, "device_is_no_vehicle"),
        ("park_start", {"device_id": VEHICLE, "service_device_id": TOLL}, "device_is_no_car_park"),
        ("pay_toll", {"device_id": VEHICLE, "service_device_id": CAR_PARK}, "device_is_no_toll"),
        ("pay_toll", {"device_id": VEHICLE, "service_device_id": None}, "device_is_no_toll"),
        ("park_end", {"device_id": VEHICLE}, "not_parked"),
        ("set_service_policy", {"device_id": VEHICLE, "mode": "up_to", "use": "toll"}, "limit_missing"),
        ("set_service_policy", {"device_id": VEHICLE, "mode": "up_to", "limit": -1, "use": "toll"}, "limit_negative"),
        ("set_service_policy", {"device_id": VEHICLE, "mode": "ask"}, "service_not_named"),
        ("set_service_policy", {"device_id": VEHICLE, "mode": "often", "use": "toll"}, "field_choice"),
    ],
)
async def test_what_cannot_be_is_said(
    island: Island, drive: Drive, action: str, data: dict[str, Any], key: str
) -> None:
    ids = {"device_id", "service_device_id"}
    data = {name: island.device_id(value) if name in ids else value for name, value in data.items()}
    with pytest.raises(ServiceValidationError) as refused:
        await island.call(action, **data)
    assert refused.value.translation_key == key


@pytest.mark.parametrize("entry", [park({"price_entity": "sensor.price"})])
async def test_a_car_park_without_a_price_begins_nothing(hass: HomeAssistant, island: Island, drive: Drive) -> None:
    await drive.wait(600, CENTRE)
    assert drive.said == [("parking_refused", "no_price")]
    at = {"device_id": island.device_id(VEHICLE), "service_device_id": island.device_id(CAR_PARK)}
    with pytest.raises(ServiceValidationError) as refused:
        await island.call("park_start", **at)
    assert refused.value.translation_key == "no_price"
    hass.states.async_set("sensor.price", "0.0072")
    await island.call("park_start", **at)
    hass.states.async_set("sensor.price", "1")
    await drive.wait(600)
    over = await island.call("park_end", response=True, **at)
    assert over["total_i"] == 1200


async def test_nothing_is_begun_while_what_is_known_cannot_be_read(
    island: Island, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = island.runtime.economy.services
    monkeypatch.setattr(services, "_ready", False)
    monkeypatch.setattr(PaymentDesk, "journal", property(lambda self: self._nothing()))
    monkeypatch.setattr(PaymentDesk, "_nothing", _closed, raising=False)
    await drive.wait(600, CENTRE)
    with pytest.raises(HomeAssistantError) as refused:
        await island.call("pay_toll", device_id=island.device_id(VEHICLE), service_device_id=island.device_id(TOLL))
    assert refused.value.translation_key == "ledger_unavailable"
    assert drive.said == []


def _closed(_desk: object) -> None:
    from custom_components.tangle_grid.ledger import LedgerError

    raise LedgerError("ledger_unavailable", {"error": "closed"})


async def test_who_is_erased_leaves_no_place_behind(hass: HomeAssistant, island: Island, drive: Drive) -> None:
    await drive.wait(1200, CENTRE)
    journal = island.runtime.economy.desk.journal

    def known() -> str:
        sagas = [journal.open_sagas(), journal.ended(PARKING_RECEIPT), journal.ended(TOLL_RECEIPT)]
        return str([*sagas, journal.ended("parking_visit"), journal.ended("toll_visit")])

    async def erase() -> None:
        """Do what the action does before it turns to the ledger."""
        island.runtime.economy.services.visits.erase(VEHICLE)
        await island.runtime.economy.books.async_erase(VEHICLE)

    await erase()
    await drive.wait(1200, AWAY)
    for payment in list(island.ledger.orders):
        island.ledger.confirm(payment)
    assert drive.paid() == {VEHICLE: -1200, CAR_PARK: 1200}
    assert VEHICLE in await hass.async_add_executor_job(known)
    await erase()
    assert VEHICLE not in await hass.async_add_executor_job(known)
    lines = await hass.async_add_executor_job(lambda: list(journal.lines(participant=VEHICLE)))
    assert sum(line.amount_i for line in lines if line.reference != "opening") == -1200
    assert not any("since" in line.details for line in lines)
    await drive.wait(60, AWAY)
    await drive.wait(600, CENTRE)
    await drive.wait(600, AWAY)
    assert drive.paid()[CAR_PARK] == 1800, "it goes on as before"


async def test_a_car_park_that_is_removed_ends_its_stays(
    hass: HomeAssistant, island: Island, drive: Drive, fake_ledger: list[Any]
) -> None:
    await drive.wait(1200, CENTRE)
    kept = island.entry.subentries[CAR_PARK]
    assert hass.config_entries.async_remove_subentry(island.entry, CAR_PARK)
    await hass.async_block_till_done()
    island.ledger = fake_ledger[-1]
    await drive.wait(60)
    assert drive.paid() == {VEHICLE: -1200, CAR_PARK: 1200}
    assert hass.config_entries.async_add_subentry(
        island.entry,
        ConfigSubentry(data=kept.data, subentry_type="parking", subentry_id=CAR_PARK, title="Mall", unique_id=None),
    )
    await hass.async_block_till_done()
    island.ledger = fake_ledger[-1]
    await drive.wait(1200)
    assert drive.paid() == {VEHICLE: -1200, CAR_PARK: 1200}

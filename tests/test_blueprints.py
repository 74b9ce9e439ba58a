"""Each blueprint is installed in Home Assistant and run: by a real request of a real grid."""

import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
import voluptuous as vol
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.template import render_complex
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    async_fire_time_changed,
    async_mock_service,
    mock_integration,
    mock_platform,
)

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.economy.effects import BookEntry, Kind
from custom_components.tangle_grid.grid import RequestState
from tests.support.island import (
    BATTERY,
    CAR_PARK,
    CHARGER,
    HOUSEHOLD,
    TOLL,
    TOPIC,
    VEHICLE,
    Island,
    battery_subentry,
    car_park_subentry,
    charger_subentry,
    household_subentry,
    island_entry,
    set_meter,
    set_sensor,
    toll_subentry,
    topic_subentry,
    vehicle_subentry,
)

FOLDER: Final = Path(__file__).parent.parent / "blueprints" / "automation" / DOMAIN
BLUEPRINTS: Final = sorted(FOLDER.glob("*.yaml"))
REPOSITORY: Final = "https://github.com/tangle-grid/tangle-grid/blob/main/blueprints/automation/tangle_grid"


@pytest.fixture
def entry() -> MockConfigEntry:
    """An island whose charger and household ask a person, with a car, and a topic that it can report to."""
    car = vehicle_subentry(tracker="device_tracker.zoe")
    return island_entry(charger_subentry("ask"), household_subentry("ask"), car, topic_subentry())


@pytest.fixture
async def automate(hass: HomeAssistant) -> AsyncIterator[Callable[..., Any]]:
    """Make an automation from a blueprint, as a user does."""

    async def make(name: str, **inputs: Any) -> None:
        assert await async_setup_component(hass, "homeassistant", {})
        target = Path(hass.config.path("blueprints", "automation", DOMAIN))
        await hass.async_add_executor_job(lambda: shutil.copytree(FOLDER, target, dirs_exist_ok=True))
        blueprint = {"path": f"{DOMAIN}/{name}.yaml", "input": inputs}
        config = {"automation": {"id": name, "alias": name, "use_blueprint": blueprint}}
        assert await async_setup_component(hass, "automation", config)
        await hass.async_block_till_done()
        state = hass.states.get(f"automation.{name}")
        assert state is not None
        assert state.state == "on"

    yield make
    if hass.services.has_service("automation", "turn_off"):
        await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_blueprint_is_valid(path: Path) -> None:
    content = load_yaml_dict(str(path))
    blueprint = Blueprint(content, expected_domain="automation", path=str(path), schema=BLUEPRINT_SCHEMA)
    assert blueprint.metadata["source_url"] == f"{REPOSITORY}/{path.name}"
    assert blueprint.metadata["homeassistant"] == {"min_version": "2026.10.0"}
    assert blueprint.validate() is None
    assert all(field.get("name") and field.get("selector") for field in blueprint.metadata["input"].values())


def test_there_are_blueprints() -> None:
    assert {path.stem for path in BLUEPRINTS} >= {"accept_when_charged", "ask_on_phone", "shed_and_restore_loads"}


# Accept when charged


async def test_accepts_when_charged(hass: HomeAssistant, island: Island, automate: Callable[..., Any]) -> None:
    await automate(
        "accept_when_charged",
        curtailment=island.entity_id("event", "curtailment", CHARGER),
        state_of_charge="sensor.car_soc",
        charged_above=80,
    )
    await island.request(device_id=[island.device_id(CHARGER)])
    assert island.state("sensor", "last_decision", CHARGER) == "accepted"
    assert island.given_reason(CHARGER) == "85 % charged, at least 80 %"


@pytest.mark.parametrize(
    ("soc", "rate", "reason"),
    [
        (34, 1_000_000, "34 % charged, less than 80 %"),
        (90, 10, "pays 0.00001 Mi per kWh, less than 0.0005 Mi per kWh"),
        (None, 1_000_000, "the state of charge is not known"),
    ],
)
async def test_declines_with_the_reason(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any], soc: int | None, rate: int, reason: str
) -> None:
    if soc is None:
        hass.states.async_set("sensor.car_soc", "unavailable")
    else:
        set_sensor(hass, "sensor.car_soc", soc, "%")
    await automate(
        "accept_when_charged",
        curtailment=island.entity_id("event", "curtailment", CHARGER),
        state_of_charge="sensor.car_soc",
        charged_above=80,
        lowest_rate=500,
    )
    await island.request(device_id=[island.device_id(CHARGER)], rate=rate)
    assert island.state("sensor", "last_decision", CHARGER) == "declined"
    assert island.given_reason(CHARGER) == reason


async def test_a_reload_is_not_a_new_request(hass: HomeAssistant, island: Island, automate: Callable[..., Any]) -> None:
    """The event entity comes back with its last event; nobody is asked again."""
    await automate(
        "accept_when_charged",
        curtailment=island.entity_id("event", "curtailment", CHARGER),
        state_of_charge="sensor.car_soc",
    )
    entity_id = island.entity_id("event", "curtailment", CHARGER)
    before = hass.states.get("automation.accept_when_charged")
    asked = {"event_type": "requested", "request_id": "old", "device_id": island.device_id(CHARGER), "rate": 1}
    hass.states.async_set(entity_id, "unavailable")
    hass.states.async_set(entity_id, "2026-11-01T12:00:00.000+00:00", asked)
    await hass.async_block_till_done()
    after = hass.states.get("automation.accept_when_charged")
    assert before is not None
    assert after is not None
    assert after.attributes["last_triggered"] == before.attributes["last_triggered"]


# Ask me on my phone


class FakeApp(MockPlatform):
    """The device action of the Home Assistant app, with the schema of the real one (which drags in half the cloud)."""

    ACTION_SCHEMA = cv.DEVICE_ACTION_BASE_SCHEMA.extend(
        {
            vol.Required("type"): "notify",
            vol.Required("message"): cv.template,
            vol.Optional("title"): cv.template,
            vol.Optional("data"): cv.template_complex,
        }
    )

    def __init__(self) -> None:
        super().__init__()
        self.notifications: list[dict[str, Any]] = []

    async def async_call_action_from_config(
        self, _hass: HomeAssistant, config: dict[str, Any], variables: Any, _context: Any
    ) -> None:
        texts = {key: config[key] for key in ("message", "title", "data") if key in config}
        self.notifications.append(
            {"phone": config["device_id"], **{key: render_complex(text, variables) for key, text in texts.items()}}
        )


@pytest.fixture
async def phone(hass: HomeAssistant) -> tuple[str, list[dict[str, Any]]]:
    """A phone with the Home Assistant app, and the notifications that it got."""
    app = FakeApp()
    mock_integration(hass, MockModule("mobile_app"))
    mock_platform(hass, "mobile_app.device_action", app)
    assert await async_setup_component(hass, "mobile_app", {})
    entry = MockConfigEntry(domain="mobile_app")
    entry.add_to_hass(hass)
    entry.mock_state(hass, ConfigEntryState.LOADED)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("mobile_app", "phone")}, name="Phone"
    )
    return device.id, app.notifications


@pytest.mark.parametrize(("button", "decision"), [(0, "accepted"), (1, "declined")])
async def test_the_phone_answers(
    hass: HomeAssistant,
    island: Island,
    automate: Callable[..., Any],
    phone: tuple[str, list[dict[str, Any]]],
    button: int,
    decision: str,
) -> None:
    device_id, notifications = phone
    island.waiting_automation = True
    await automate("ask_on_phone", curtailment=island.entity_id("event", "curtailment", CHARGER), phone=device_id)
    await island.request(device_id=[island.device_id(CHARGER)], rate=1_200_000)
    assert len(notifications) == 1
    question = notifications[0]
    assert question["title"] == "Charger Maple 4: the grid asks for help"
    # What was asked for, in whole amperes.
    assert "3450 W less for 15 minutes" in question["message"]
    assert "1.2 Mi per kWh" in question["message"]

    action = question["data"]["actions"][button]["action"]
    hass.bus.async_fire("mobile_app_notification_action", {"action": action})
    await island.settle()
    assert island.state("sensor", "last_decision", CHARGER) == decision
    assert island.given_reason(CHARGER) == "answered on the phone"
    assert notifications[-1]["message"] == "clear_notification"
    assert notifications[-1]["data"]["tag"] == question["data"]["tag"]


@pytest.mark.parametrize(("without_answer", "decision"), [("decline", "declined"), ("nothing", "not_asked")])
async def test_the_phone_is_not_answered(
    hass: HomeAssistant,
    island: Island,
    automate: Callable[..., Any],
    phone: tuple[str, list[dict[str, Any]]],
    freezer: FrozenDateTimeFactory,
    without_answer: str,
    decision: str,
) -> None:
    device_id, notifications = phone
    island.waiting_automation = True
    await automate(
        "ask_on_phone",
        curtailment=island.entity_id("event", "curtailment", CHARGER),
        phone=device_id,
        wait_minutes=1,
        without_answer=without_answer,
    )
    await island.request(device_id=[island.device_id(CHARGER)])
    freezer.tick(61)
    async_fire_time_changed(hass)
    await island.settle()
    assert island.state("sensor", "last_decision", CHARGER) == decision
    assert notifications[-1]["message"] == "clear_notification"


async def test_a_request_that_ends_leaves_the_phone(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any], phone: tuple[str, list[dict[str, Any]]]
) -> None:
    device_id, notifications = phone
    island.waiting_automation = True
    await automate("ask_on_phone", curtailment=island.entity_id("event", "curtailment", CHARGER), phone=device_id)
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await island.call("cancel_request", request_id=request_id)
    assert notifications[-1]["message"] == "clear_notification"
    assert island.state("sensor", "last_decision", CHARGER) == "not_asked"


@pytest.mark.parametrize("mode", ["always", "never"])
async def test_the_phone_is_left_alone_when_another_policy_answers(
    hass: HomeAssistant,
    island: Island,
    automate: Callable[..., Any],
    phone: tuple[str, list[dict[str, Any]]],
    mode: str,
) -> None:
    """The policy is faster than any person: a question that is answered already would only confuse."""
    device_id, notifications = phone
    notices = async_mock_service(hass, "persistent_notification", "create")
    policy = island.entity_id("select", "policy", CHARGER)
    await hass.services.async_call("select", "select_option", {"entity_id": policy, "option": mode}, blocking=True)
    await automate("ask_on_phone", curtailment=island.entity_id("event", "curtailment", CHARGER), phone=device_id)
    await island.request(device_id=[island.device_id(CHARGER)])
    assert island.state("sensor", "last_decision", CHARGER) == ("accepted" if mode == "always" else "declined")
    assert not notifications
    (notice,) = notices
    assert notice.data["title"] == "Charger Maple 4 does not ask"
    assert policy in notice.data["message"]


# Shed and restore loads

LOADS: Final = ["input_boolean.boiler", "input_boolean.sauna", "input_boolean.floor"]
MEMORY: Final = "input_text.shed"


def _on(hass: HomeAssistant) -> list[str]:
    return [load.removeprefix("input_boolean.") for load in LOADS if hass.states.is_state(load, "on")]


async def _shed(hass: HomeAssistant, island: Island, automate: Callable[..., Any]) -> str:
    await automate(
        "shed_and_restore_loads",
        curtailment=island.entity_id("event", "curtailment", HOUSEHOLD),
        loads=LOADS,
        memory=MEMORY,
    )
    request_id = await island.request(power=1500, device_id=[island.device_id(HOUSEHOLD)])
    assert _on(hass) == ["boiler", "floor"]
    await island.call("answer_request", request_id=request_id, device_id=island.device_id(HOUSEHOLD), answer="accept")
    assert _on(hass) == []
    return request_id


@pytest.fixture
async def switches(hass: HomeAssistant, island: Island) -> None:
    """Real switches behind the loads: the island's own devices have set up `input_boolean` already."""
    component = {"boiler": {"initial": True}, "sauna": {"initial": False}, "floor": {"initial": True}}
    own = {"charger": {"initial": True}, "heat_pump": {"initial": True}}
    from homeassistant.components.input_boolean import DOMAIN as INPUT_BOOLEAN
    from homeassistant.util.yaml import dump

    configuration = dump({INPUT_BOOLEAN: {**component, **own}})
    path = Path(hass.config.path("configuration.yaml"))
    await hass.async_add_executor_job(path.write_text, configuration)
    await hass.services.async_call(INPUT_BOOLEAN, "reload", blocking=True)
    memory = {"shed": {"max": 255, "initial": ""}}
    assert await async_setup_component(hass, "input_text", {"input_text": memory})
    await island.settle()


async def test_sheds_what_is_on_and_restores_only_that(
    hass: HomeAssistant, island: Island, switches: None, automate: Callable[..., Any]
) -> None:
    request_id = await _shed(hass, island, automate)
    await island.call("cancel_request", request_id=request_id)
    assert _on(hass) == ["boiler", "floor"]
    assert hass.states.is_state(MEMORY, "")


async def test_restores_after_a_restart_that_missed_the_end(
    hass: HomeAssistant, island: Island, switches: None, automate: Callable[..., Any]
) -> None:
    request_id = await _shed(hass, island, automate)
    # The automation is away while the request ends.
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.shed_and_restore_loads"}, blocking=True
    )
    await island.call("cancel_request", request_id=request_id)
    assert _on(hass) == []
    # Home Assistant starts again.
    hass.set_state(CoreState.starting)
    await hass.services.async_call(
        "automation", "turn_on", {"entity_id": "automation.shed_and_restore_loads"}, blocking=True
    )
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await island.settle()
    assert _on(hass) == ["boiler", "floor"]


async def test_a_request_of_another_time_restores_nothing(
    hass: HomeAssistant, island: Island, switches: None, automate: Callable[..., Any]
) -> None:
    """While loads are shed for one request, the payment of an earlier one arrives."""
    await _shed(hass, island, automate)
    entity_id = island.entity_id("event", "curtailment", HOUSEHOLD)
    late = {"event_type": "confirmed", "request_id": "0123456789ab"}
    hass.states.async_set(entity_id, "2026-11-22T12:00:00.000+00:00", late)
    await hass.async_block_till_done()
    assert _on(hass) == []


async def test_loads_never_stay_off_for_good(
    hass: HomeAssistant, island: Island, switches: None, automate: Callable[..., Any], freezer: FrozenDateTimeFactory
) -> None:
    """The end was missed, and nobody says so: the safety net restores."""
    await _shed(hass, island, automate)
    entity_id = island.entity_id("event", "curtailment", HOUSEHOLD)
    hass.states.async_set(entity_id, "unavailable")
    freezer.tick(30 * 60)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert _on(hass) == ["boiler", "floor"]


async def test_a_load_that_cannot_be_remembered_stays_on(
    hass: HomeAssistant, island: Island, switches: None, automate: Callable[..., Any]
) -> None:
    hass.states.async_set(MEMORY, "", {"max": 50})
    await automate(
        "shed_and_restore_loads",
        curtailment=island.entity_id("event", "curtailment", HOUSEHOLD),
        loads=LOADS,
        memory=MEMORY,
    )
    request_id = await island.request(power=1500, device_id=[island.device_id(HOUSEHOLD)])
    await island.call("answer_request", request_id=request_id, device_id=island.device_id(HOUSEHOLD), answer="accept")
    assert _on(hass) == ["floor"]


# Feed back in the evening


async def test_feeds_back_only_in_the_evening(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any], freezer: FrozenDateTimeFactory
) -> None:
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to("2026-11-22 16:59:00+00:00")
    await automate(
        "v2g_evening",
        feed_back=island.entity_id("switch", "feed_back", CHARGER),
        minimum_soc=island.entity_id("number", "minimum_soc", CHARGER),
        keep=65,
    )
    for moment, state, keep in (("17:00:01", "on", "65.0"), ("21:00:01", "off", "unknown")):
        freezer.move_to(f"2026-11-22 {moment}+00:00")
        async_fire_time_changed(hass)
        await island.settle()
        assert island.state("switch", "feed_back", CHARGER) == state
        assert island.state("number", "minimum_soc", CHARGER) == keep


# Report to a data topic


@pytest.fixture
async def road(hass: HomeAssistant, island: Island) -> dict[str, str]:
    """The car is on a road of the topic, whose wallet is filled; who reports, and to what."""
    await island.call("reward", device_id=island.device_id(TOPIC), amount=5_000, reason="roads", payment_id="in")
    island.ledger.confirm("in")
    await island.settle()
    hass.states.async_set("device_tracker.zoe", "not_home", {"latitude": 32.8734, "longitude": -117.2274})
    return {"reporter": island.device_id(VEHICLE), "topic": island.device_id(TOPIC)}


def open_reports(island: Island) -> int:
    return len(island.runtime.economy.topics.books[TOPIC].open)


async def test_a_button_reports(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any], road: dict[str, str]
) -> None:
    assert await async_setup_component(hass, "input_button", {"input_button": {"hole": {}}})
    await automate("report_by_button", button="input_button.hole", **road)
    assert open_reports(island) == 0
    await hass.services.async_call("input_button", "press", {"entity_id": "input_button.hole"}, blocking=True)
    await island.settle()
    assert open_reports(island) == 1
    # What comes back after a restart is the last press.
    hass.states.async_set("input_button.hole", "unavailable")
    hass.states.async_set("input_button.hole", "2026-11-01T12:00:00+00:00")
    await island.settle()
    assert len([each for each in island.ledger.published if each.kind == "report"]) == 1


async def test_the_phone_reports(
    hass: HomeAssistant,
    island: Island,
    automate: Callable[..., Any],
    road: dict[str, str],
    phone: tuple[str, list[dict[str, Any]]],
) -> None:
    device_id, notifications = phone
    hass.states.async_set("binary_sensor.ignition", "off")
    await automate("report_from_phone", driving="binary_sensor.ignition", phone=device_id, **road)
    hass.states.async_set("binary_sensor.ignition", "on")
    await island.settle()
    (shown,) = notifications
    assert (shown["title"], shown["message"]) == ("Potholes", "Tap when you see one.")
    hass.bus.async_fire("mobile_app_notification_action", {"action": "SOMETHING_ELSE"})
    await island.settle()
    assert open_reports(island) == 0
    hass.bus.async_fire("mobile_app_notification_action", {"action": shown["data"]["actions"][0]["action"]})
    await island.settle()
    assert open_reports(island) == 1
    assert notifications[-1]["message"] == "Reported; 1 of 2 have seen it."
    assert notifications[-1]["data"] == shown["data"]
    hass.states.async_set("binary_sensor.ignition", "off")
    await island.settle()
    assert notifications[-1]["message"] == "clear_notification"
    assert notifications[-1]["data"]["tag"] == shown["data"]["tag"]


async def test_a_hard_blow_reports_once(
    hass: HomeAssistant,
    island: Island,
    automate: Callable[..., Any],
    road: dict[str, str],
    freezer: FrozenDateTimeFactory,
) -> None:
    set_sensor(hass, "sensor.bump", 0.5, "m/s²")
    set_sensor(hass, "sensor.speed", 50, "km/h")
    island.waiting_automation = True
    await automate("report_by_accelerometer", acceleration="sensor.bump", speed="sensor.speed", **road)

    async def feel(*blows: float) -> int:
        for blow in blows:
            set_sensor(hass, "sensor.bump", blow, "m/s²")
            await island.settle()
        return len([each for each in island.ledger.published if each.kind == "report"])

    assert await feel(3, -8, 0.2) == 0
    assert await feel(-14, 13, 0.1, 20, 0.1) == 1
    freezer.tick(11)
    async_fire_time_changed(hass)
    await island.settle()
    set_sensor(hass, "sensor.speed", 3, "km/h")
    assert await feel(20, 0.1) == 1
    set_sensor(hass, "sensor.speed", 30, "km/h")
    assert await feel(20, 0.1) == 2


# Parking and tolls

MALL: Final = {"friendly_name": "Mall", "latitude": 52.0, "longitude": 5.0, "radius": 100}
PHONE: Final = "device_tracker.phone"
SERVICES: Final = (charger_subentry(), vehicle_subentry(), car_park_subentry(), toll_subentry(zone="zone.mall"))


def _phone_at(hass: HomeAssistant, latitude: float) -> None:
    hass.states.async_set(PHONE, "not_home", {"latitude": latitude, "longitude": 5.0, "gps_accuracy": 10})


@pytest.fixture
async def zone(hass: HomeAssistant) -> None:
    hass.states.async_set("zone.mall", "0", MALL)
    _phone_at(hass, 52.1)


@pytest.mark.parametrize("entry", [island_entry(*SERVICES)])
@pytest.mark.parametrize(("seconds", "paid_i"), [(60, None), (1800, 1680)])
async def test_pays_for_parking_from_the_arrival_to_the_departure(
    hass: HomeAssistant,
    zone: None,
    island: Island,
    automate: Callable[..., Any],
    freezer: FrozenDateTimeFactory,
    seconds: int,
    paid_i: int | None,
) -> None:
    """Whoever only drives through does not park."""
    island.waiting_automation = True
    await island.runtime.economy.desk.async_settled()
    await automate(
        "pay_parking_on_arrival",
        tracker=PHONE,
        zone="zone.mall",
        vehicle=island.device_id(VEHICLE),
        car_park=island.device_id(CAR_PARK),
        wait=120,
    )
    _phone_at(hass, 52.0)
    await island.settle()
    for _ in range(0, seconds, 60):
        freezer.tick(60)
        async_fire_time_changed(hass)
        await island.settle()
    assert island.state("sensor", "open_stays", CAR_PARK) == ("0" if paid_i is None else "1")
    _phone_at(hass, 52.1)
    await island.settle()
    assert island.state("sensor", "open_stays", CAR_PARK) == "0"
    assert island.state("sensor", "income_today", CAR_PARK) == str(paid_i or 0)


@pytest.mark.parametrize("entry", [island_entry(*SERVICES)])
async def test_pays_the_toll_once_a_passage(
    hass: HomeAssistant, zone: None, island: Island, automate: Callable[..., Any]
) -> None:
    await island.runtime.economy.desk.async_settled()
    await automate(
        "pay_toll_on_zone_entry",
        tracker=PHONE,
        zone="zone.mall",
        vehicle=island.device_id(VEHICLE),
        toll=island.device_id(TOLL),
    )
    for latitude in (52.0, 52.1, 52.0):
        _phone_at(hass, latitude)
        await island.settle()
    assert island.state("sensor", "income_today", TOLL) == "50"


# Battery support


@pytest.mark.parametrize("entry", [island_entry(charger_subentry("never"), battery_subentry("always"))])
async def test_the_battery_supports_a_short_feed(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any]
) -> None:
    await island.run(900)
    await automate(
        "battery_support",
        feed=island.device_id(),
        battery=island.device_id(BATTERY),
        state_of_charge=island.entity_id("sensor", "state_of_charge", BATTERY),
        keep=50,
        power=1500,
    )
    assert not island.runtime.grid.requests
    set_meter(hass, 13_000, 6000, 6000)
    await island.settle()
    await island.run(15)
    # What the grid asks by itself is another matter.
    (request,) = (each for each in island.runtime.grid.requests.values() if not each.automatic)
    assert set(request.asks) == {BATTERY}
    assert request.asks[BATTERY].state is RequestState.ACTIVE
    assert request.ends_at - request.starts_at == 900
    await island.run(15)
    assert float(hass.states.get("input_number.battery_setpoint").state) < 0  # type: ignore[union-attr]


@pytest.mark.parametrize("entry", [island_entry(charger_subentry("never"), battery_subentry("always"))])
async def test_a_battery_that_is_too_empty_is_left_alone(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any]
) -> None:
    await island.run(60)
    await automate(
        "battery_support",
        feed=island.device_id(),
        battery=island.device_id(BATTERY),
        state_of_charge=island.entity_id("sensor", "state_of_charge", BATTERY),
        keep=70,
    )
    set_meter(hass, 13_000, 6000, 6000)
    await island.settle()
    assert not island.runtime.grid.requests


# Dimming order


@pytest.mark.parametrize(("limit", "expected"), [([], 9_000), (["sensor.limit"], 6_500)])
async def test_an_order_of_the_grid_operator_is_passed_on(
    hass: HomeAssistant,
    island: Island,
    automate: Callable[..., Any],
    freezer: FrozenDateTimeFactory,
    limit: list[str],
    expected: int,
) -> None:
    hass.states.async_set("binary_sensor.relay", "off")
    hass.states.async_set("sensor.limit", "6500")
    state = island.entity_id("sensor", "state")
    await automate("dimming_order", order="binary_sensor.relay", state=state, power=9_000, limit=limit)
    before = island.state("sensor", "capacity")
    hass.states.async_set("binary_sensor.relay", "on")
    await island.settle()
    assert island.state("sensor", "capacity") == str(expected)
    until = island.runtime.status.feeders["main"].temporary_until
    # It is renewed while it holds, and goes on when the relay is away.
    freezer.tick(20 * 60)
    async_fire_time_changed(hass)
    await island.settle()
    assert (island.runtime.status.feeders["main"].temporary_until or 0) > (until or 0)
    hass.states.async_set("binary_sensor.relay", "unavailable")
    await island.settle()
    assert island.state("sensor", "capacity") == str(expected)
    hass.states.async_set("binary_sensor.relay", "off")
    await island.settle()
    assert island.state("sensor", "capacity") == before
    if limit:
        hass.states.async_set("binary_sensor.relay", "on")
        hass.states.async_set("sensor.limit", "7000")
        await island.settle()
        assert island.state("sensor", "capacity") == "7000"


# Capacity tariff


@pytest.mark.parametrize(
    "entry",
    [island_entry(charger_subentry("always"), options={"planning": False, "peak_target": 40, "automatic": False})],
)
async def test_a_window_that_would_be_too_high_asks_for_help(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any]
) -> None:
    await island.run(900)
    projected = island.entity_id("sensor", "window_projected")
    await automate("capacity_tariff", projected=projected, level=19_000, patience=0)
    assert not island.runtime.grid.requests
    set_meter(hass, 12_000, 12_000, 12_000)
    # At the end of a window it is the next one that would be too high.
    await island.run(300)
    request = next(iter(island.runtime.grid.requests.values()))
    assert request.quantity_w >= 300
    assert request.ends_at - request.starts_at <= 900
    assert request.asks[CHARGER].answered_at is not None


# Sun first


async def test_what_can_wait_runs_while_there_is_sun_to_spare(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any]
) -> None:
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"boiler": {"initial": False}}})
    hass.states.async_set("input_boolean.heat_pump", "off")
    await automate(
        "sun_first",
        load=island.entity_id("sensor", "load"),
        switches=["input_boolean.heat_pump"],
        surplus=2000,
        taken=300,
        patience=60,
    )
    set_meter(hass, -2000, -2000, -2000)
    await island.run(30)
    assert hass.states.is_state("input_boolean.heat_pump", "off")
    await island.run(90)
    assert hass.states.is_state("input_boolean.heat_pump", "on")
    set_meter(hass, 1000, 1000, 1000)
    await island.run(30)
    assert hass.states.is_state("input_boolean.heat_pump", "on")
    await island.run(90)
    assert hass.states.is_state("input_boolean.heat_pump", "off")


# Charging mode


async def test_a_mode_goes_by_price_presence_and_tap(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any]
) -> None:
    hass.states.async_set("sensor.price", "0.30")
    hass.states.async_set("person.anna", "home")
    hass.states.async_set("input_button.now", "unknown")
    await automate(
        "charging_mode",
        charging_mode=island.entity_id("select", "charging_mode", CHARGER),
        usual="departure",
        price="sensor.price",
        cheap=0.1,
        presence="person.anna",
        away="sun",
        tap="input_button.now",
        hours=2,
    )

    async def mode_with(entity_id: str, state: str, seconds: float = 5) -> str:
        hass.states.async_set(entity_id, state)
        await island.run(seconds)
        return island.state("select", "charging_mode", CHARGER)

    assert await mode_with("person.anna", "not_home") == "sun"
    assert await mode_with("sensor.price", "0.1") == "now"
    assert await mode_with("sensor.price", "0.11") == "sun"
    assert await mode_with("person.anna", "home") == "departure"
    # What is chosen by hand holds until something changes.
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": island.entity_id("select", "charging_mode", CHARGER), "option": "pause"},
        blocking=True,
    )
    assert await mode_with("sensor.price", "0.12") == "pause"
    assert await mode_with("input_button.now", dt_util.utcnow().isoformat()) == "now"
    await island.run(7_300, step=600)
    assert island.state("select", "charging_mode", CHARGER) == "departure"


async def test_a_mode_needs_no_more_than_a_price(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any]
) -> None:
    hass.states.async_set("sensor.price", "0.30")
    mode = island.entity_id("select", "charging_mode", CHARGER)
    await automate("charging_mode", charging_mode=mode, price="sensor.price", usual="pause")
    hass.states.async_set("sensor.price", "-0.02")
    await island.run(5)
    assert island.state("select", "charging_mode", CHARGER) == "now"
    hass.states.async_set("sensor.price", "unavailable")
    await island.run(5)
    assert island.state("select", "charging_mode", CHARGER) == "pause"


# Weekly summary


async def test_a_week_is_summed_up(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any], freezer: FrozenDateTimeFactory
) -> None:
    await hass.config.async_set_time_zone("UTC")
    await island.settle()
    for number, (moment, amount_i) in enumerate(
        (("2026-11-20", 9_000_000), ("2026-11-29", 1_500_000), ("2026-12-01", 250_000), ("2026-12-01", -500_000))
    ):
        at = datetime.fromisoformat(f"{moment}T12:00:00+00:00").timestamp()
        line = BookEntry(
            entry_id=str(number),
            participant=CHARGER,
            counterparty=HOUSEHOLD,
            amount_i=amount_i,
            wh_out=1_500,
            at=at,
            kind=Kind.CHARGING,
            reference=f"session-{number}",
        )
        island.runtime.economy.desk.record("session", f"session-{number}", {}, [line], at=at, ended=True)
    await island.runtime.economy.desk.async_settled()
    freezer.move_to("2026-12-02 17:59:00+00:00")
    said = async_mock_service(hass, "notify", "anna")
    await automate(
        "weekly_summary",
        participant=island.device_id(CHARGER),
        weekday="wed",
        send=[{"action": "notify.anna", "data": {"title": "{{ title }}", "message": "{{ message }}"}}],
    )
    for moment in ("2026-12-02 18:00:01", "2026-12-03 18:00:01"):
        freezer.move_to(f"{moment}+00:00")
        async_fire_time_changed(hass)
        await island.settle()
    (call,) = said
    assert call.data["title"] == "Charger Maple 4"
    assert call.data["message"] == "Last week: earned 1.75 Mi, paid 0.5 Mi, 4.5 kWh, in 3 payments."

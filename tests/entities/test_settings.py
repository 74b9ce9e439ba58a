"""What can be set on an island and its chargers: it reaches the grid, and what may change at once does."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_CALL_SERVICE, STATE_UNKNOWN
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.clock import GridClock
from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.grid.model.world import ChargerConfig, ChargerTelemetry, GridConfig, MarketConfig
from custom_components.tangle_grid.island.configuration import build_grid_config, build_participants
from tests.support.island import CHARGER, Island, charger_subentry, island_entry

PRICES = [{"start": datetime(2026, 11, 1, hour, tzinfo=UTC), "value": hour} for hour in range(24)]


def charger_with(**data: Any) -> Any:
    subentry = charger_subentry()
    subentry["data"] = {key: value for key, value in {**subentry["data"], **data}.items() if value is not None}
    return subentry


@pytest.fixture
def entry() -> MockConfigEntry:
    """An island with all defaults."""
    return island_entry(options={})


# Options of the island


def configured(hass: HomeAssistant, entry: MockConfigEntry, speed: float = 1.0) -> GridConfig:
    return build_grid_config(entry, build_participants(hass, entry, GridClock(speed=speed), {}))


def test_an_entry_from_before_has_the_defaults(hass: HomeAssistant) -> None:
    config = configured(hass, island_entry(options={}))
    plain = GridConfig(feeders=config.feeders, devices=config.devices)
    assert config == replace(plain, timing=config.timing)
    assert config.market == MarketConfig()
    assert [feeder.feeder_id for feeder in config.feeders] == ["main"]
    assert config.feeders[0].peak_target_w is None
    charger = next(device for device in config.devices if isinstance(device, ChargerConfig))
    assert (charger.max_age_s, charger.write_interval_s, charger.step_a) == (None, None, 1.0)
    assert charger.learn_phases


def test_options_reach_the_grid(hass: HomeAssistant) -> None:
    config = configured(
        hass,
        island_entry(
            options={
                "rate": 500_000,
                "max_rate": 3_000_000,
                "automatic": False,
                "request_budget": 7_000_000,
                "day_budget": 9_000_000,
                "peak_target": 7.5,
                "peak_window": 30,
                "planning": False,
                "fairness": 80,
                "dimming_floor": 4.5,
            }
        ),
    )
    assert config.market.rate_i_per_kwh == 500_000
    assert config.market.max_rate_i_per_kwh == 3_000_000
    assert not config.market.automatic
    assert (config.market.budget_per_request_i, config.market.budget_per_day_i) == (7_000_000, 9_000_000)
    assert (config.feeders[0].peak_target_w, config.feeders[0].peak_window_s) == (7500.0, 1800.0)
    assert not config.planning
    assert config.fairness == pytest.approx(0.8)
    assert config.dimming_floor_w == pytest.approx(4500.0)


@pytest.mark.parametrize(
    ("zone", "winter_h", "summer_h"),
    [("Europe/Berlin", 1.0, 2.0), ("America/St_Johns", -3.5, -2.5), ("Asia/Kathmandu", 5.75, 5.75), ("UTC", 0.0, 0.0)],
)
async def test_habits_go_by_the_clocks_of_home_assistants_time_zone(
    hass: HomeAssistant, zone: str, winter_h: float, summer_h: float
) -> None:
    """What the grid is given tells what the clocks show at any moment, also after they will have changed."""
    await hass.config.async_set_time_zone(zone)
    local = configured(hass, island_entry(options={})).local
    for moment, hours in (
        (datetime(2027, 1, 5, 12, 34, 56, tzinfo=UTC), winter_h),
        (datetime(2027, 7, 5, 12, 34, 56, tzinfo=UTC), summer_h),
    ):
        assert local(moment.timestamp()) == moment.timestamp() + 3600 * hours
    if zone == "Europe/Berlin":
        change = datetime(2027, 3, 28, 1, tzinfo=UTC).timestamp()
        assert (local(change - 1) - change, local(change) - change) == (3599, 7200)
        change = datetime(2027, 10, 31, 1, tzinfo=UTC).timestamp()
        assert (local(change - 1) - change, local(change) - change) == (7199, 3600)


async def test_a_running_island_learns_by_the_clock_on_the_wall(hass: HomeAssistant, island: Island) -> None:
    await hass.config.async_set_time_zone("Asia/Kathmandu")
    runtime = island.runtime
    now = runtime.clock.now()
    assert runtime.engine.config.local(now) == now + 5.75 * 3600
    assert runtime.engine._parts.planning.planner.arrivals._local(now) == now + 5.75 * 3600


def test_the_highest_rate_is_never_below_the_first(hass: HomeAssistant) -> None:
    assert configured(hass, island_entry(options={"rate": 5, "max_rate": 3})).market.max_rate_i_per_kwh == 5


def test_a_charger_reports_in_wall_time(hass: HomeAssistant) -> None:
    entry = island_entry(charger_with(max_age=120, write_interval=20), kind="simulated", speed=30)
    (charger,) = configured(hass, entry, speed=30.0).devices
    assert isinstance(charger, ChargerConfig)
    assert (charger.max_age_s, charger.write_interval_s) == (3600.0, 600.0)


# When a car leaves


async def test_leaves_at(hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory) -> None:
    runtime = island.runtime
    assert island.state("time", "leaves_at", CHARGER) == "07:00:00"
    entity_id = island.entity_id("time", "leaves_at", CHARGER)
    await hass.services.async_call("time", "set_value", {"entity_id": entity_id, "time": "05:30:00"}, blocking=True)
    await island.settle()
    assert island.state("time", "leaves_at", CHARGER) == "05:30:00"
    assert island.entry.subentries[CHARGER].data["departure"] == "05:30:00"
    telemetry = runtime.participants[CHARGER].adapter.telemetry()
    assert isinstance(telemetry, ChargerTelemetry)
    assert telemetry.departure_at is not None
    assert dt_util.as_local(dt_util.utc_from_timestamp(telemetry.departure_at)).strftime("%H:%M") == "05:30"
    # It took effect without a restart.
    assert island.runtime is runtime
    shown = dt_util.parse_datetime(island.state("sensor", "departure", CHARGER))
    assert shown is not None
    assert shown.timestamp() == telemetry.departure_at


class TestDepartureFromAnEntity:
    @pytest.fixture
    def entry(self) -> MockConfigEntry:
        return island_entry(charger_with(departure=None, departure_entity="input_datetime.leaves"))

    async def test_no_second_place_to_set_it(self, hass: HomeAssistant, island: Island) -> None:
        assert not er.async_get(hass).async_get_entity_id("time", DOMAIN, f"{CHARGER}_leaves_at")
        assert island.state("sensor", "departure", CHARGER) == STATE_UNKNOWN


class TestNoDeparture:
    @pytest.fixture
    def entry(self) -> MockConfigEntry:
        return island_entry(charger_with(departure=None))

    async def test_it_is_unknown_until_it_is_set(self, hass: HomeAssistant, island: Island) -> None:
        assert island.state("time", "leaves_at", CHARGER) == STATE_UNKNOWN
        assert island.state("sensor", "departure", CHARGER) == STATE_UNKNOWN
        entity_id = island.entity_id("time", "leaves_at", CHARGER)
        await hass.services.async_call("time", "set_value", {"entity_id": entity_id, "time": "06:15"}, blocking=True)
        await island.settle()
        assert island.state("sensor", "departure", CHARGER) != STATE_UNKNOWN


# The plan


async def test_planning_is_switched_without_a_restart(hass: HomeAssistant, island: Island) -> None:
    runtime = island.runtime
    entity_id = island.entity_id("switch", "planning")
    assert island.state("switch", "planning") == "on"
    await hass.services.async_call("switch", "turn_off", {"entity_id": entity_id}, blocking=True)
    await island.settle()
    assert island.state("switch", "planning") == "off"
    assert island.entry.options["planning"] is False
    assert runtime.engine.config.planning is False
    assert island.state("sensor", "planned_peak") == STATE_UNKNOWN
    await hass.services.async_call("switch", "turn_on", {"entity_id": entity_id}, blocking=True)
    await island.settle()
    assert island.runtime.engine.config.planning is True
    assert island.runtime is runtime


async def test_what_the_grid_found_out_is_shown(hass: HomeAssistant, island: Island) -> None:
    registry = er.async_get(hass)
    for key in ("learned_phases", "planned_current", "expected_departure"):
        entity_id = island.entity_id("sensor", key, CHARGER)
        entity = registry.async_get(entity_id)
        assert entity is not None
        assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
        registry.async_update_entity(entity_id, disabled_by=None)
    await hass.config_entries.async_reload(island.entry.entry_id)
    await island.settle()
    assert island.state("sensor", "learned_phases", CHARGER) == STATE_UNKNOWN
    snapshot = island.runtime.snapshot()
    departs = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
    status = replace(
        snapshot.grid.devices[CHARGER],
        phases=(2, 0),
        phases_learned=True,
        min_current_a=8.0,
        min_current_learned=True,
        planned_a=8.2,
        expected_departure_at=departs.timestamp(),
    )
    devices = {**snapshot.grid.devices, CHARGER: status}
    island.runtime.coordinator.async_set_updated_data(replace(snapshot, grid=replace(snapshot.grid, devices=devices)))
    assert island.state("sensor", "learned_phases", CHARGER) == "L1, L3"
    state = hass.states.get(island.entity_id("sensor", "learned_phases", CHARGER))
    assert state is not None
    assert state.attributes["least_current_a"] == 8.0
    assert island.state("sensor", "planned_current", CHARGER) == "8"
    assert island.state("sensor", "expected_departure", CHARGER) == departs.isoformat()


class TestForecasts:
    @pytest.fixture
    def entry(self, hass: HomeAssistant) -> MockConfigEntry:
        hass.states.async_set("sensor.price", "0.2", {"raw_today": PRICES})
        return island_entry(options={"price_forecast": "sensor.price"})

    async def test_they_are_read(self, island: Island) -> None:
        forecast = island.runtime.forecasts.forecast()
        assert forecast is not None
        assert forecast.price is not None
        assert forecast.price.at(datetime(2026, 11, 1, 5, 1, tzinfo=UTC).timestamp()) == 5
        assert forecast.sun_w is None


# The capacity tariff, and dimming


class TestTariff:
    @pytest.fixture
    def entry(self) -> MockConfigEntry:
        return island_entry(options={"peak_target": 30})

    async def test_its_window_is_shown_while_there_is_one(self, hass: HomeAssistant, island: Island) -> None:
        await island.run(60)
        # Of what it did not see of its first window, the grid does not assume the best.
        assert 5_000 < float(island.state("sensor", "window_mean")) < 30_000
        assert 5_000 < float(island.state("sensor", "window_projected")) < 30_000
        hass.config_entries.async_update_entry(island.entry, options={})
        await hass.async_block_till_done()
        assert not er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{island.entry.entry_id}_window_mean")


async def test_a_temporary_capacity_says_until_when(island: Island) -> None:
    assert island.state("sensor", "temporary_capacity_until") == STATE_UNKNOWN
    await island.call("set_temporary_capacity", config_entry_id=island.entry.entry_id, power=20_000, duration=30)
    await island.settle()
    until = dt_util.parse_datetime(island.state("sensor", "temporary_capacity_until"))
    assert until is not None
    assert until.timestamp() == pytest.approx(island.runtime.clock.now() + 1800, abs=2)
    await island.call("clear_temporary_capacity", config_entry_id=island.entry.entry_id)
    await island.settle()
    assert island.state("sensor", "temporary_capacity_until") == STATE_UNKNOWN


# What the charger keeps for the time when nobody controls it


class TestFailSafe:
    @pytest.fixture
    def entry(self) -> MockConfigEntry:
        return island_entry(charger_with(fail_safe="number.fail_safe"))

    @pytest.fixture(autouse=True)
    async def number(self, hass: HomeAssistant) -> list[float]:
        """A number of the charger, and what was written to it."""
        written: list[float] = []

        @callback
        def told(event: Event[Any]) -> None:
            if event.data["service_data"].get("entity_id") in ("number.fail_safe", ["number.fail_safe"]):
                written.append(event.data["service_data"]["value"])
                self.show(hass, written[-1])

        hass.bus.async_listen(EVENT_CALL_SERVICE, told)
        self.show(hass, 16)
        return written

    @staticmethod
    def show(hass: HomeAssistant, amps: float) -> None:
        bounds = {"min": 0, "max": 32, "step": 1, "unit_of_measurement": "A"}
        hass.states.async_set("number.fail_safe", str(amps), bounds)

    async def test_it_is_written_once(self, hass: HomeAssistant, island: Island, number: list[float]) -> None:
        assert number == [6.0]
        await island.run(120)
        assert number == [6.0]
        assert not ir.async_get(hass).issues

    @pytest.mark.usefixtures("island")
    async def test_a_charger_that_comes_back_has_it_again(
        self, hass: HomeAssistant, number: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("custom_components.tangle_grid.devices.io.entity_writing.SETTLE_S", 0.0)
        hass.states.async_set("number.fail_safe", "unavailable")
        await hass.async_block_till_done(wait_background_tasks=True)
        self.show(hass, 6)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert number == [6.0]
        hass.states.async_set("number.fail_safe", "unavailable")
        self.show(hass, 32)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert number == [6.0, 6.0]

    async def test_one_that_does_not_take_it_is_an_issue(self, hass: HomeAssistant, island: Island) -> None:
        self.show(hass, 32)
        await island.run(90)
        issues = {issue.translation_key: issue for issue in ir.async_get(hass).issues.values()}
        assert set(issues) == {"fail_safe_not_set"}
        assert issues["fail_safe_not_set"].translation_placeholders == {
            "device": "Charger Maple 4",
            "entity": "number.fail_safe",
        }
        self.show(hass, 6)
        await island.run(15)
        assert not ir.async_get(hass).issues

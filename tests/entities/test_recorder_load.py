"""What a meter that reports each second makes the recorder write: little, and what is shown is never old."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
import yaml
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.db_schema import States, StatesMeta
from homeassistant.components.recorder.util import session_scope
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from sqlalchemy import func

from benchmarks._ha_home import METER as STREET_METER, STREETS, Street, configuration, island as island_of
from custom_components.tangle_grid.const import DOMAIN, MAIN_FEEDER
from custom_components.tangle_grid.coordinator import CALM_S
from custom_components.tangle_grid.entities.view_sensors import CALM_W, WORTH
from tests.support.island import CHARGER, HOUSEHOLD, METER, Island, set_meter, set_sensor
from tests.support.pass_time import pass_seconds

SECONDS = 300
#: By then a street's chargers have come from their safe current to where they stay.
WARM_UP_S = 180


@pytest.fixture(autouse=True)
def whole_second(freezer: FrozenDateTimeFactory) -> None:
    """Begin with a second: in the second half of one, timers of this clock would come a second late."""
    freezer.move_to(dt_util.utcnow().replace(microsecond=0) + timedelta(seconds=1))


async def second(hass: HomeAssistant, freezer: FrozenDateTimeFactory, watts: float) -> None:
    freezer.tick(1)
    set_meter(hass, watts, watts, watts)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


def count_rows(hass: HomeAssistant, island: Island) -> tuple[list[str], list[str]]:
    """Count from now on the states that the meter writes, and those of the island."""
    meter: list[str] = []
    ours: list[str] = []

    @callback
    def wrote(event: Event[EventStateChangedData]) -> None:
        (meter if event.data["entity_id"] in METER else ours).append(event.data["entity_id"])

    entries = er.async_entries_for_config_entry(er.async_get(hass), island.entry.entry_id)
    async_track_state_change_event(hass, [*METER, *(entry.entity_id for entry in entries)], wrote)
    return meter, ours


async def test_a_quiet_street_writes_a_tenth_of_what_its_meter_writes(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    await island.settle()
    for number in range(30):
        await second(hass, freezer, 600 + number % 7)
    meter, ours = count_rows(hass, island)
    for number in range(SECONDS):
        await second(hass, freezer, 600 + number % 7)
    assert len(meter) == 3 * SECONDS
    assert 0 < len(ours) <= len(meter) / 10


async def test_the_recorder_keeps_a_tenth_of_the_rows_that_it_keeps_of_the_meter(
    recorder_mock: Recorder, hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    await island.settle()
    ours = {each.entity_id for each in er.async_entries_for_config_entry(er.async_get(hass), island.entry.entry_id)}

    async def rows() -> tuple[int, int]:
        await async_wait_recording_done(hass)

        def count() -> Counter[str]:
            with session_scope(hass=hass, read_only=True) as session:
                found = session.query(StatesMeta.entity_id, func.count(States.state_id))
                joined = found.join(StatesMeta, States.metadata_id == StatesMeta.metadata_id)
                return Counter({name: number for name, number in joined.group_by(StatesMeta.entity_id).all() if name})

        counted = await recorder_mock.async_add_executor_job(count)
        return sum(counted[each] for each in METER), sum(counted[each] for each in ours)

    for number in range(30):
        await second(hass, freezer, 600 + number % 7)
    meter_before, ours_before = await rows()
    for number in range(SECONDS):
        await second(hass, freezer, 600 + number % 7)
    meter_after, ours_after = await rows()
    assert meter_after - meter_before == 3 * SECONDS
    assert 0 < ours_after - ours_before <= (meter_after - meter_before) / 10


@pytest.mark.parametrize(
    ("street", "participants", "seconds", "most"),
    [
        ("quiet", 20, 300, 0.1),
        # With requests, whose steps are told at once.
        pytest.param("quiet", 20, 1800, 0.1, marks=pytest.mark.long),
        pytest.param("restless", 20, 1800, 0.2, marks=pytest.mark.long),
        pytest.param("quiet", 50, 900, 0.22, marks=pytest.mark.long),
    ],
)
async def test_a_street_of_chargers_and_households_writes_a_tenth_of_what_the_feeds_meter_writes(
    hass: HomeAssistant,
    fake_ledger: object,
    freezer: FrozenDateTimeFactory,
    street: str,
    participants: int,
    seconds: int,
    most: float,
) -> None:
    """Every device reports each second; half of them are chargers, which are told something new as the feed fills."""
    written = await count_street(hass, freezer, street, participants, seconds)
    assert written.pop("feed") > 2.9 * seconds
    assert 0 < written.total() <= 3 * seconds * most, written.most_common(8)
    # What changes next to a value alone is hardly ever worth a state.
    assert written["attributes"] <= written.total() / 8, written.most_common(8)


async def count_street(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, kind: str, participants: int, seconds: int
) -> Counter[str]:
    """Return the states that the feed's meter wrote, and those of the island by what they show."""
    limits = yaml.safe_load(configuration(participants))["input_number"]
    assert await async_setup_component(hass, "input_number", {"input_number": limits})
    street = Street(hass, participants, STREETS[kind])
    street.report()
    entry = island_of(participants)
    await hass.config_entries.async_add(entry)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    ours = {each.entity_id: each for each in er.async_get(hass).entities.values() if each.platform == DOMAIN}
    written: Counter[str] = Counter()

    @callback
    def wrote(event: Event[EventStateChangedData]) -> None:
        entity_id, old, new = (event.data[key] for key in ("entity_id", "old_state", "new_state"))
        if entity_id in STREET_METER:
            written["feed"] += 1
        elif old is not None and new is not None and old.state == new.state:
            written["attributes"] += 1
        else:
            written[str(ours[entity_id].translation_key or ours[entity_id].original_device_class)] += 1

    for number in range(WARM_UP_S + seconds):
        if number == WARM_UP_S:
            stop = async_track_state_change_event(hass, [*STREET_METER, *ours], wrote)
        freezer.tick(1)
        street.report()
        async_fire_time_changed(hass)
        for _ in range(12):
            await asyncio.sleep(0)
    stop()
    await hass.config_entries.async_unload(entry.entry_id)
    return written


async def test_what_is_shown_is_never_older_than_five_seconds(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    await island.settle()
    true_w: list[float] = []
    feeder = island.runtime.status.feeders[MAIN_FEEDER]
    assert feeder.capacity_w is not None
    least = max(CALM_W, sum(feeder.capacity_w) * 0.005)
    for number in range(40):
        watts = 400.0 + 20 * number
        true_w.append(3 * watts)
        await second(hass, freezer, watts)
        shown = float(island.state("sensor", "load"))
        lately = true_w[-int(CALM_S) - 2 :]
        assert number < CALM_S or min(lately) * (1 - WORTH) - least <= shown <= max(lately)


async def test_a_change_that_is_not_followed_by_another_is_shown_within_five_seconds(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    await island.settle()
    for _ in range(7):
        await second(hass, freezer, 600)
    await second(hass, freezer, 900)
    for _ in range(int(CALM_S) + 1):
        freezer.tick(1)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
    assert island.state("sensor", "load") == "2700"


async def test_an_overload_is_shown_with_its_load_at_once(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    await island.settle()
    for _ in range(3):
        await second(hass, freezer, 600)
    await second(hass, freezer, 600)
    for _ in range(2):
        await second(hass, freezer, 40_000)
    assert island.state("sensor", "state") == "protecting"
    assert island.state("sensor", "load") == "120000"


async def test_a_small_change_is_shown_within_a_minute(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    await island.settle()
    for _ in range(3):
        await second(hass, freezer, 600)
    await island.settle()
    for number in range(70):
        await second(hass, freezer, 605 + number % 2)
    assert float(island.state("sensor", "load")) in {1815, 1818}


async def test_a_small_change_of_a_participants_power_is_shown_within_a_quarter_of_an_hour(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    await island.settle()
    set_sensor(hass, "sensor.home_power", 3000, "W")
    for number in range(int(CALM_S) + 2):
        await second(hass, freezer, 600 + number % 2)
    before = island.state("sensor", "power", HOUSEHOLD)
    assert float(before) == 3000
    nearly = 3090
    for number in range(930):
        set_sensor(hass, "sensor.home_power", nearly, "W")
        await second(hass, freezer, 600 + number % 2)
        if number < 850:
            assert island.state("sensor", "power", HOUSEHOLD) == before
    assert float(island.state("sensor", "power", HOUSEHOLD)) == nearly
    # What anybody would see is shown as ever.
    set_sensor(hass, "sensor.home_power", nearly + 500, "W")
    for number in range(int(CALM_S) + 2):
        await second(hass, freezer, 600 + number % 2)
    assert float(island.state("sensor", "power", HOUSEHOLD)) == nearly + 500


async def test_the_energy_of_a_session_is_shown_in_half_kilowatt_hours_and_a_new_session_at_once(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set("sensor.car_soc", "40", {"unit_of_measurement": "%"})
    await pass_seconds(hass, freezer, 120, 6000.0, 5000.0, 5000.0)
    await island.settle()
    shown: list[str] = []

    @callback
    def wrote(event: Event[EventStateChangedData]) -> None:
        assert event.data["new_state"] is not None
        shown.append(event.data["new_state"].state)

    async_track_state_change_event(hass, [island.entity_id("sensor", "session_energy", CHARGER)], wrote)
    await pass_seconds(hass, freezer, 300, 6000.0, 5000.0, 5000.0)
    charged_kwh = island.runtime.status.devices[CHARGER].session_energy_wh / 1000
    assert charged_kwh > 1.0
    assert 1 <= len(shown) <= 2
    assert charged_kwh - float(shown[-1]) <= 0.5 + 11.04 / 60 / 60 * 7
    # A total that begins anew is news, however little there is of it yet.
    shown.clear()
    device = island.runtime.engine._parts.devices[CHARGER]
    device.car.session_ws, device.car.session_at = 3600.0 * 1000 * float(charged_kwh), island.runtime.clock.now() + 1
    await pass_seconds(hass, freezer, 7, 6000.0, 5000.0, 5000.0)
    assert len(shown) == 1


async def test_what_was_looked_at_late_has_waited_for_as_long(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    """A minute is a minute also where the periods of calm end late."""
    await island.settle()
    before = island.runtime.coordinator.period
    set_meter(hass, 700, 700, 700)
    await hass.async_block_till_done()
    freezer.tick(30)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert island.runtime.coordinator.period - before == 30 / CALM_S

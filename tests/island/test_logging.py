"""What the log says of a bad day: once when somebody goes, once when he is back, and never where in the code."""

import asyncio
import logging
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.tangle_grid import log_once
from custom_components.tangle_grid.bridge import options
from custom_components.tangle_grid.ledger import Remote, worker
from tests.support.island import (
    CHARGER,
    METER,
    FakeLedger,
    Island,
    async_set_up_devices,
    battery_subentry,
    charger_subentry,
    household_subentry,
    island_entry,
)
from tests.support.ledger.faulty_proxy import FaultyProxy
from tests.support.ledger.node_process import NodeProcess
from tests.support.real_ledger import async_load, async_until

_CHARGER, _BATTERY, _HOUSEHOLD = (f"Maple Street, {name}" for name in ("Charger Maple 4", "Volt battery", "Home 1"))
#: All entities of each.
AWAY: dict[str, tuple[str, ...]] = {
    "meter": METER,
    "one phase of the meter": METER[1:2],
    "charger": ("sensor.charger_power", "input_number.charger_limit", "input_boolean.charger", "sensor.car_soc"),
    "battery": ("sensor.battery_power", "sensor.battery_soc", "input_number.battery_setpoint"),
    "household": ("sensor.home_power", "input_boolean.heat_pump"),
}
TIMES = 3
SAID = {
    "meter": ("The meter of Maple Street cannot be used", "The meter of Maple Street can be used again"),
    "one phase of the meter": (
        "The meter of Maple Street cannot be used",
        "The meter of Maple Street can be used again",
    ),
    "charger": (f"{_CHARGER} reports nothing that can be used", f"{_CHARGER} reports again"),
    "battery": (f"{_BATTERY} reports nothing that can be used", f"{_BATTERY} reports again"),
    "household": (f"{_HOUSEHOLD} reports nothing that can be used", f"{_HOUSEHOLD} reports again"),
}


class Log:
    """What the integration has written, and anybody's tracebacks."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        self._caplog = caplog

    def take(self) -> list[logging.LogRecord]:
        """The integration's lines since the last time. None of them, and none of anybody else's, has a traceback."""
        records = list(self._caplog.records)
        self._caplog.clear()
        assert not [record.getMessage() for record in records if record.exc_info or record.exc_text]
        return [record for record in records if record.name.startswith("custom_components.tangle_grid")]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    return Log(caplog)


@pytest.fixture
def entry() -> MockConfigEntry:
    return island_entry(charger_subentry("always"), battery_subentry("always"), household_subentry("always"))


class Street:
    """Lets time pass: who is there reports, and the charger draws what its limit says."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self._hass = hass
        self._freezer = freezer
        self._shown = {each: hass.states.get(each) for entities in AWAY.values() for each in entities}
        self._away: set[str] = set()
        self._step = 0

    async def run(self, seconds: int, *away: str) -> None:
        """`away`: the entities of those are unavailable meanwhile."""
        gone = {entity_id for who in away for entity_id in AWAY[who]}
        for entity_id in self._away - gone:
            shown = self._shown[entity_id]
            assert shown is not None
            self._hass.states.async_set(entity_id, shown.state, shown.attributes)
        for entity_id in gone - self._away:
            self._shown[entity_id] = shown = self._hass.states.get(entity_id)
            assert shown is not None
            self._hass.states.async_set(entity_id, "unavailable", shown.attributes)
        self._away = gone
        for _ in range(seconds // 10):
            self._freezer.tick(10)
            self._step += 1
            self._report()
            async_fire_time_changed(self._hass)
            await self._hass.async_block_till_done()

    def _report(self) -> None:
        limit, switch = (
            self._hass.states.get(each) for each in ("input_number.charger_limit", "input_boolean.charger")
        )
        assert limit is not None
        assert switch is not None
        amps = 6.0 if limit.state == "unavailable" else float(limit.state) * (switch.state == "on")
        readings = {"sensor.charger_power": amps * 690, "sensor.car_soc": 40, "sensor.battery_power": 0.0}
        readings |= {"sensor.battery_soc": 60, "sensor.home_power": 2500.0}
        readings |= dict.fromkeys(METER, 3000.0 + amps * 230 + self._step % 2)
        for entity_id, value in readings.items():
            if entity_id not in self._away:
                self._hass.states.async_set(
                    entity_id,
                    str(value),
                    {"unit_of_measurement": "%" if "soc" in entity_id else "W"},
                    force_update=True,
                )


@pytest.fixture
async def street(hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory) -> Street:
    made = Street(hass, freezer)
    await made.run(300)
    return made


def lines(records: list[logging.LogRecord], level: int) -> list[str]:
    return [record.getMessage() for record in records if record.levelno >= level]


def about(records: list[logging.LogRecord], words: str) -> list[str]:
    """Without what is said of one that comes and goes."""
    return [text.split(" (")[0] for text in lines(records, logging.INFO) if words in text]


@pytest.mark.parametrize("who", AWAY)
async def test_each_absence_is_said_once_and_each_return(street: Street, log: Log, who: str) -> None:
    gone, back = SAID[who]
    log.take()
    for _ in range(TIMES):
        await street.run(150, who)
        records = log.take()
        assert about(records, gone) == [gone]
        # That it cannot be told anything is the one thing that may be said besides.
        assert len(lines(records, logging.WARNING)) <= 1
        assert len(records) <= 2
        await street.run(720)
        records = log.take()
        assert about(records, back) == [back]
        assert not lines(records, logging.WARNING)
        assert len(records) <= 2


@pytest.mark.parametrize("who", AWAY)
async def test_what_comes_and_goes_is_one_trouble(street: Street, log: Log, who: str) -> None:
    gone, back = SAID[who]
    log.take()
    for seconds in (20, 90):
        for _ in range(5):
            await street.run(seconds, who)
            await street.run(seconds)
    records = log.take()
    assert about(records, gone) == [gone, gone]
    assert about(records, back) == [back]
    # Of a charger and a battery also that they cannot be told anything.
    assert len(lines(records, logging.WARNING)) <= 2
    assert len(records) <= 6
    # It stays: that is said, and the next time it is news again.
    await street.run(720)
    assert about(log.take(), back) == [back]
    await street.run(150, who)
    assert about(log.take(), gone) == [gone]


async def test_who_is_not_there_yet_at_the_start_has_not_gone(
    hass: HomeAssistant, fake_ledger: list[FakeLedger], entry: MockConfigEntry, freezer: FrozenDateTimeFactory, log: Log
) -> None:
    """Entities of other integrations come up to three minutes later. Who is missing after that is missing."""
    await async_set_up_devices(hass)
    street = Street(hass, freezer)
    await street.run(10, "meter", "battery")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await street.run(150, "meter", "battery")
    assert not about(log.take(), "cannot be used")
    await street.run(30, "battery")
    assert about(log.take(), "nothing that can be used") == [SAID["battery"][0]]
    await street.run(120)
    assert not lines(log.take(), logging.WARNING)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert log.take() == []


async def test_a_remote_node_that_goes_and_comes_back(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
    tmp_path: Path,
) -> None:
    """While it is away the island asks, publishes and owes rewards: that is not said each time."""
    monkeypatch.setattr(worker, "_RETRY_S", (0.05,))
    monkeypatch.setattr(options, "Remote", partial(Remote, poll_s=0.05, idle_poll_s=0.1, timeout_s=2.0))
    node = NodeProcess("--data", str(tmp_path), "--mwm", "1")
    proxy = FaultyProxy(node.uri)
    await proxy.start()
    choice = options.LedgerChoice(url=proxy.url, mwm=1)
    away = island_entry(
        charger_subentry("always"), options=choice.into_options({"planning": False, "publish_interval": 10})
    )
    try:
        await async_set_up_devices(hass)
        runtime = await async_load(hass, away)
        island = Island(hass, away, cast("Any", None), cast("Any", None))

        async def turn(*, down: bool) -> list[logging.LogRecord]:
            proxy.down = down
            await runtime._async_publish_meter()
            with suppress(HomeAssistantError):
                await island.call("reward", device_id=island.device_id(CHARGER), amount=1, reason="x")
            await async_until(hass, lambda: runtime.link.healthy is not down)
            for _ in range(10):
                await runtime._async_publish_meter()
                await hass.async_block_till_done()
                await asyncio.to_thread(time.sleep, 0.05)
            return log.take()

        await turn(down=False)
        monkeypatch.setattr(log_once, "STEADY_S", 0.0)
        for _ in range(TIMES):
            (gone,) = await turn(down=True)
            assert gone.levelno == logging.WARNING
            assert "The ledger cannot work" in gone.getMessage()
            assert lines(await turn(down=False), logging.INFO) == ["The ledger works again"]
        monkeypatch.setattr(log_once, "STEADY_S", 600.0)
        assert await hass.config_entries.async_reload(away.entry_id)
        runtime = away.runtime_data
        await async_until(hass, lambda: runtime.link.healthy)
        said = [record for _ in range(2 * TIMES) for down in (True, False) for record in await turn(down=down)]
        assert len(lines(said, logging.WARNING)) == 2
        assert lines(said, logging.INFO).count("The ledger works again") == 1
        await hass.config_entries.async_unload(away.entry_id)
    finally:
        await proxy.stop()
        node.stop()
    assert not lines(log.take(), logging.WARNING)

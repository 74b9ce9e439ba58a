"""A real Home Assistant whose island loses its cable, is restarted in the middle, and gets its cable back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import pytest

from scripts.lib.demo.api import ApiError, HomeAssistantApi, Json
from scripts.lib.demo.errors import DemoError
from scripts.lib.demo.flows import CONFIG, OPTIONS, walk
from scripts.lib.demo.launching import DemoProcess, free_port
from scripts.lib.demo.progress import Progress
from scripts.lib.demo.states import UNKNOWN, LiveStates, moment
from scripts.lib.demo.steps import poll
from scripts.lib.demo.street import DOMAIN, MAPLE_STREET, Feed, Owner, Street, loaded, read_street, set_up_street

pytestmark = [pytest.mark.e2e, pytest.mark.long]

SPEED: Final = 60
# On the street's clock: 4 s, and 1 s from one that comes back to the next.
SETTLE_S: Final = 240
GAP_S: Final = 60
INVERTER_A: Final = 40
NOMINAL_V: Final = 230
CABLE: Final = "switch.cable"
FORMED: Final = "switch.formed"
# Everybody is at home.
EVENING: Final = Feed(name=MAPLE_STREET.name, layout=MAPLE_STREET.layout, start="19:00:00")
INVERTERS: Final = tuple(f"sensor.inverter_l{phase}" for phase in (1, 2, 3))
# A machine that does other work as well is slow; a second is what states may be late.
PATIENCE_S: Final = 90.0
LATE_S: Final = 1.0
HELD_S: Final = 2.0


class Watched:
    """An island as its Home Assistant shows it, with every state that it has passed through since."""

    def __init__(self, api: HomeAssistantApi, street: Street, live: LiveStates) -> None:
        self.api = api
        self.street = street
        self.seen: list[Json] = []
        self._live = live
        live.watch(self.seen.append)
        self.supply = street.need(street.island, "supply")
        self.capacity = street.need(street.island, "capacity")
        self.chargers = list(street.of_kind("charger"))
        self.setpoints = {owner.key: street.need(owner, "current_setpoint") for owner in self.chargers}
        self.enabled = self._simulated("switch", "charger", "enabled")
        self.powers = self._simulated("sensor", "charger", "power")
        self.feeding_in = (
            *self._simulated("number", "charger", "discharge_current"),
            *self._simulated("number", "battery", "power_setpoint"),
        )
        self.loads = (*self._simulated("switch", "home", "boiler"), *self._simulated("switch", "home", "heat_pump"))

    def _simulated(self, domain: str, kind: str, quantity: str) -> tuple[str, ...]:
        """Return the devices' own entities, in the order of the devices."""
        found = {
            unique_id: entity_id
            for (where, unique_id), entity_id in self.street.entities.items()
            if where == domain and f"_sim_{kind}_" in unique_id and unique_id.endswith(f"_{quantity}")
        }
        assert found, quantity
        return tuple(entity_id for _, entity_id in sorted(found.items()))

    def text(self, entity_id: str) -> str | None:
        return self._live.text(entity_id)

    def number(self, entity_id: str) -> float:
        return self._live.number(entity_id) or 0.0

    def charging(self) -> list[Owner]:
        """Return the chargers that may charge now."""
        return [owner for owner in self.chargers if self.number(self.setpoints[owner.key]) > 0]

    def feeds_in(self) -> bool:
        """Whether any device is told to feed in."""
        return any(self.number(entity_id) != 0 for entity_id in self.feeding_in)

    def off(self) -> list[str]:
        """Return the loads of homes that are off."""
        return [entity_id for entity_id in self.loads if self.text(entity_id) == "off"]

    async def until(self, condition: Callable[[], bool], missing: str) -> None:
        await self._live.until(lambda: True if condition() else None, PATIENCE_S, missing)

    async def supplied(self, by: str) -> None:
        await self.until(lambda: self.text(self.supply) == by, f"the supply does not become {by}")

    async def switch(self, entity_id: str, *, on: bool) -> None:
        await self.api.action("switch", "turn_on" if on else "turn_off", {"entity_id": entity_id})

    async def reload(self) -> None:
        """Load the island anew, and wait until it is."""
        await self.api.request("POST", f"config/config_entries/entry/{self.street.entry_id}/reload")
        await loaded(self.api, self.street.entry_id)

    def changes(self, entity_ids: Sequence[str], since: int = 0) -> list[Json]:
        return [
            state for state in self.seen[since:] if state["entity_id"] in entity_ids and state["state"] not in UNKNOWN
        ]

    def supplies(self, since: int = 0) -> list[str]:
        """Return what fed the island, one after the other."""
        found: list[str] = []
        for state in self.changes([self.supply], since):
            if not found or found[-1] != state["state"]:
                found.append(state["state"])
        return found

    def first(self, entity_ids: Sequence[str], shows: Callable[[str], bool], since: int) -> Mapping[str, float]:
        """Return when each of these entities first showed something, epoch seconds."""
        times: dict[str, float] = {}
        for state in self.changes(entity_ids, since):
            if shows(state["state"]):
                times.setdefault(state["entity_id"], moment(state).timestamp())
        return times


@asynccontextmanager
async def watching(url: str) -> AsyncIterator[Watched]:
    """Log in, and follow the island, once it is loaded and shows what feeds it."""
    async with HomeAssistantApi.connect(url) as api:
        live = await LiveStates.follow(api)

        async def shown() -> Street | None:
            (entry,) = await api.command("config_entries/get", domain=DOMAIN)
            street = await read_street(api, entry)
            supply = street.find(street.island, "supply")
            return street if entry["state"] == "loaded" and live.text(supply) is not None else None

        street = await poll(shown, PATIENCE_S, "the island does not show what feeds it")
        yield Watched(api, street, live)


async def make_helpers(api: HomeAssistantApi) -> None:
    """Make what tells of the cable, of the island and of its inverters: switches, and sensors that follow the meter."""

    async def make(kind: str, **fields: str) -> None:
        await walk(api, CONFIG, {"handler": "template"}, {"user": {"next_step_id": kind}, kind: fields})

    await make("switch", name="Cable")
    await make("switch", name="Formed")
    for phase in (1, 2, 3):
        # Something else hangs on the inverters too: a car that helps has a load to carry, at any time of the year.
        meter = f"states('sensor.street_transformer_power_l{phase}')"
        gives = f"{{{{ {meter} | float(0) + 3000 if is_state('{FORMED}', 'on') else 0 }}}}"
        await make("sensor", name=f"Inverter L{phase}", state=gives, device_class="power", unit_of_measurement="W")
    await api.action("switch", "turn_on", {"entity_id": CABLE})
    await api.action("switch", "turn_off", {"entity_id": FORMED})


async def set_up(url: str) -> None:
    """Name them in the options of the street, on which it is later in the evening than in the demo."""
    async with HomeAssistantApi.connect(url) as api:
        await make_helpers(api)
        street = await set_up_street(api, speed=SPEED, seed=None, progress=Progress(), feed=EVENING)
        outage: dict[str, object] = {
            "cable": CABLE,
            "formed": FORMED,
            "inverter_a": INVERTER_A,
            "inverter_power": list(INVERTERS),
            "settle": SETTLE_S,
            "restore_gap": GAP_S,
        }
        answers: dict[str, dict[str, object]] = {"init": {"next_step_id": "outage"}, "outage": outage}
        made, _ = await walk(api, OPTIONS, {"handler": street.entry_id}, answers)
        assert made["type"] == "create_entry", made
        await loaded(api, street.entry_id)


async def stopped(island: Watched) -> None:
    """Wait until every charger was told to stop, and nothing flows into a car any more."""

    def none() -> bool:
        return all(island.number(entity_id) <= 0 for entity_id in island.setpoints.values()) and not any(
            island.number(entity_id) > 0 for entity_id in island.powers
        )

    await island.until(none, "a charger goes on")


async def in_the_dark(island: Watched) -> None:
    """Nobody confirms the island: for as long as that lasts, nothing charges and nothing is told to feed in."""
    await island.supplied("dead")
    await stopped(island)
    await island.until(lambda: not island.feeds_in(), "something is told to feed in")
    await island.until(lambda: island.number(island.capacity) == 0, "a dead cable has a capacity")
    since = len(island.seen)
    await asyncio.sleep(HELD_S)
    assert all(float(state["state"]) == 0 for state in island.changes(island.feeding_in, since))
    assert not any(float(state["state"]) > 0 for state in island.changes(list(island.setpoints.values()), since))


async def on_its_own(island: Watched) -> None:
    """The island is formed: its inverters are the capacity, loads go, and no car charges."""
    await island.supplied("island")
    capacity = 3 * INVERTER_A * NOMINAL_V
    await island.until(
        lambda: island.number(island.capacity) == capacity, f"the inverters are not the capacity: {capacity} W"
    )
    await island.until(lambda: bool(island.off()), "no load was switched off")
    await stopped(island)


async def lose_the_cable(url: str) -> None:
    """Two cars charge when the cable dies; somebody confirms the island, takes that back, and confirms it again."""
    async with watching(url) as island:
        assert island.text(island.supply) == "cable"
        await island.until(lambda: len(island.charging()) >= 2, "no two cars charge")
        since = len(island.seen)
        await island.switch(CABLE, on=False)
        await in_the_dark(island)
        assert not island.off()
        await island.switch(FORMED, on=True)
        await on_its_own(island)
        await island.until(island.feeds_in, "a car that may feed in carries nothing")
        await island.switch(FORMED, on=False)
        await in_the_dark(island)
        await island.switch(FORMED, on=True)
        await on_its_own(island)
        assert island.supplies(since) == ["dead", "island", "dead", "island"]


async def restart(url: str) -> None:
    """Restart Home Assistant as its interface does, and wait until it goes down."""

    async def down() -> bool:
        return not api.connected

    async with HomeAssistantApi.connect(url) as api:
        with suppress(ApiError, aiohttp.ClientError):
            await api.action("homeassistant", "restart", {})
        await poll(down, PATIENCE_S, "Home Assistant does not restart")


async def set_up_again(demo: DemoProcess) -> None:
    """Wait until the demo has set its street to a new evening, after the restart."""

    async def ready() -> bool:
        assert demo.process.poll() is None, demo.output()
        return demo.output().count("the street is running") >= 2

    await poll(ready, PATIENCE_S, "the street does not come up again")


async def get_it_back(url: str) -> None:
    """A cable that comes for a moment changes nothing; one that stays brings back loads, and then one car at a time."""
    async with watching(url) as island:
        await on_its_own(island)
        since = len(island.seen)
        await island.switch(CABLE, on=True)
        await asyncio.sleep(SETTLE_S / SPEED / 4)
        await island.switch(CABLE, on=False)
        await asyncio.sleep(HELD_S)
        await on_its_own(island)
        assert set(island.supplies(since)) <= {"island", "dead"}
        off = island.off()
        await island.switch(FORMED, on=False)
        since = len(island.seen)
        await island.switch(CABLE, on=True)
        # Loaded anew before the cable has settled: it does not count what it has not seen.
        reloaded = time.time()
        await island.reload()
        await island.supplied("cable")
        await island.until(lambda: len(island.charging()) >= 2, "no two cars charge again")
        in_order(island, off, since, reloaded)


def in_order(island: Watched, off: Sequence[str], since: int, reloaded: float) -> None:
    """Look back at what came when, after loading the island anew began at this time, epoch seconds."""
    assert island.supplies(since) in (["dead", "returning", "cable"], ["returning", "cable"])
    assert all(float(state["state"]) == 0 for state in island.changes(island.feeding_in, since))
    returning = island.first([island.supply], lambda shown: shown == "returning", since)[island.supply]
    assert returning - reloaded >= SETTLE_S / SPEED - LATE_S
    loads = island.first(off, lambda shown: shown == "on", since)
    assert set(loads) == set(off)
    setpoints = [island.setpoints[key] for key in sorted(island.setpoints)]
    cars = island.first(setpoints, lambda shown: float(shown) > 0, since)
    assert len(cars) >= 2
    assert max(loads.values()) <= min(cars.values())
    # In order of their ids, and none before its turn, however late those before it were.
    assert list(cars) == [each for each in setpoints if each in cars]
    for turn, entity_id in enumerate(setpoints):
        if entity_id in cars:
            assert cars[entity_id] - returning >= (len(off) + turn) * GAP_S / SPEED - LATE_S


async def test_the_cable_fails_and_comes_back_over_a_restart(tmp_path: Path) -> None:
    demo = DemoProcess("--port", str(free_port()), "--keep", str(tmp_path / "home"), "--speed", str(SPEED))
    try:
        address = await asyncio.to_thread(demo.address)
        url = f"http://{urlsplit(address).netloc}"
        await set_up(url)
        await lose_the_cable(url)
        await restart(url)
        await set_up_again(demo)
        await get_it_back(url)
    except DemoError as error:
        log = (tmp_path / "home" / "home-assistant.out").read_text()[-3_000:]
        raise AssertionError(f"{error}\n{log}") from error
    finally:
        await asyncio.to_thread(demo.stop)
    assert demo.process.returncode == 0

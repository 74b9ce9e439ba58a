"""Two islands in one Home Assistant, each with its own meter: a street, and a house that can join it."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.tangle_grid.config_flow import TangleGridConfigFlow
from custom_components.tangle_grid.const import (
    CONF_CAPACITY_A,
    CONF_CURRENT_LIMIT,
    CONF_ISLAND_ID,
    CONF_KIND,
    CONF_MAX_CURRENT,
    CONF_METER,
    CONF_METER_POWER,
    CONF_MIN_CURRENT,
    CONF_PHASES,
    CONF_PLANNING,
    CONF_POLICY,
    CONF_POLICY_MODE,
    CONF_POWER,
    CONF_SAFE_CURRENT,
    CONF_THRESHOLD,
    DOMAIN,
    KIND_ISLAND,
)
from custom_components.tangle_grid.island import link_ends
from custom_components.tangle_grid.island.runtime import IslandRuntime
from custom_components.tangle_grid.link.core import Terms
from custom_components.tangle_grid.repairs import async_create_fix_flow
from tests.support.island import set_sensor

STREET_ID, HOUSE_ID = "a1" * 16, "b2" * 16
STREET_METER = ("sensor.street_l1", "sensor.street_l2", "sensor.street_l3")
HOUSE_METER = ("sensor.house_l1", "sensor.house_l2", "sensor.house_l3")
CHARGER_ID = "house-charger"
OWNERS_NAME = "Grandmother's Zoe"
_MONO = link_ends.mono


def _entry(
    title: str, island_id: str, meter: tuple[str, ...], capacity_a: float, *subentries: ConfigSubentryDataWithId
) -> MockConfigEntry:
    return MockConfigEntry(
        domain=DOMAIN,
        title=title,
        unique_id=island_id,
        version=TangleGridConfigFlow.VERSION,
        minor_version=TangleGridConfigFlow.MINOR_VERSION,
        data={
            CONF_KIND: KIND_ISLAND,
            CONF_ISLAND_ID: island_id,
            CONF_METER: {CONF_METER_POWER: list(meter)},
            CONF_CAPACITY_A: capacity_a,
            CONF_THRESHOLD: 80,
        },
        options={CONF_PLANNING: False},
        subentries_data=subentries,
    )


def street_entry(capacity_a: float = 63.0, *subentries: ConfigSubentryDataWithId) -> MockConfigEntry:
    """A street with nobody on it yet, or with these."""
    return _entry("Maple Street", STREET_ID, STREET_METER, capacity_a, *subentries)


def house_entry(policy: str = "never", *others: ConfigSubentryDataWithId) -> MockConfigEntry:
    """A house with one charger, and a name that is nobody's business; its car answers requests by this policy."""
    charger = ConfigSubentryDataWithId(
        subentry_type="charger",
        subentry_id=CHARGER_ID,
        title=OWNERS_NAME,
        unique_id=None,
        data={
            "name": OWNERS_NAME,
            CONF_PHASES: [1, 2, 3],
            CONF_POWER: "sensor.house_charger_power",
            CONF_CURRENT_LIMIT: "input_number.house_limit",
            "connected": "input_boolean.house_plug",
            "soc": "sensor.house_soc",
            "battery_kwh": 60.0,
            "target_soc": 100.0,
            CONF_MIN_CURRENT: 6.0,
            CONF_MAX_CURRENT: 16.0,
            CONF_SAFE_CURRENT: 6.0,
            CONF_POLICY: {CONF_POLICY_MODE: policy, "charged_above": 80, "min_rate": 0},
        },
    )
    return _entry("Number 12", HOUSE_ID, HOUSE_METER, 25.0, charger, *others)


class Pair:
    """A street and a house, loaded."""

    def __init__(
        self,
        hass: HomeAssistant,
        street: MockConfigEntry,
        house: MockConfigEntry,
        freezer: FrozenDateTimeFactory | None = None,
    ) -> None:
        self.hass, self.street_entry, self.house_entry, self.url = hass, street, house, ""
        self.passed_s = 0.0
        self.freezer = freezer

    @property
    def street(self) -> IslandRuntime:
        found: IslandRuntime = self.street_entry.runtime_data
        return found

    @property
    def house(self) -> IslandRuntime:
        found: IslandRuntime = self.house_entry.runtime_data
        return found

    @property
    def loaded(self) -> bool:
        """Whether both run now: a house or a street that starts anew has nothing to look at for a moment."""
        return all(each.state is ConfigEntryState.LOADED for each in (self.street_entry, self.house_entry))

    def draw(self, street_w: float, house_w: float, charger_w: float = 0.0) -> None:
        """Report loads, W per phase; the charger's are part of the house's, and the house's of the street's."""
        for meters, watts in ((STREET_METER, street_w), (HOUSE_METER, house_w)):
            for entity_id in meters:
                set_sensor(self.hass, entity_id, watts, "W")
        set_sensor(self.hass, "sensor.house_charger_power", 3 * charger_w, "W")
        set_sensor(self.hass, "sensor.house_soc", 41, "%")

    async def async_run(self, seconds: float, *, step: float = 15.0, other_w: float = 500.0) -> None:
        """Let time pass on all clocks, while the charger follows its limit and meters show that.

        `other_w`: what the house draws beside it, W per phase.
        """
        for number in range(round(seconds / step)):
            self.tick(step)
            limit = self.hass.states.get("input_number.house_limit")
            charger_w = 230 * float(limit.state) if limit is not None else 0.0
            # A meter that never moves is taken for a dead one.
            house_w = charger_w + other_w + number % 3
            self.draw(house_w + 2000, house_w, charger_w)
            for _turn in range(3):
                await self.async_pause()
            await self.hass.async_block_till_done()

    def tick(self, seconds: float) -> None:
        """Let time pass where the test makes it."""
        assert self.freezer is not None
        self.freezer.tick(seconds)
        self.passed_s += seconds

    async def async_pause(self) -> None:
        """Wait a moment: frames go through real sockets. Where the test makes the time, some of it passes as well."""
        if self.freezer is None:
            await asyncio.sleep(0.02)
            return
        self.tick(0.05)
        async_fire_time_changed(self.hass)
        await asyncio.to_thread(time.sleep, 0.004)

    def mono(self) -> float:
        """What both ends of the link take for the time."""
        return _MONO() + self.passed_s

    async def async_until(self, reached: Callable[[], Any], within_s: float = 15.0) -> None:
        end = _MONO() + within_s
        while not reached():
            assert _MONO() < end, (self.street.links.statuses, self.house.links.statuses)
            await self.async_pause()

    async def async_code(self, way: str = "direct") -> str:
        """Make a code, as the operator does."""
        flows = self.hass.config_entries.subentries
        form = await flows.async_init((self.street_entry.entry_id, "house"), context={"source": SOURCE_USER})
        shown = await flows.async_configure(form["flow_id"], {"way": way, "url": self.url})
        assert shown["step_id"] == "code", shown
        code = shown["description_placeholders"]["code"]
        done = await flows.async_configure(shown["flow_id"], {})
        assert done["reason"] == "code_made"
        return str(code)

    async def async_ask(self, code: str, *, single_total: bool = False) -> Any:
        """Enter a code in the house, and confirm what is shared."""
        flows = self.hass.config_entries.subentries
        form = await flows.async_init((self.house_entry.entry_id, "upper_island"), context={"source": SOURCE_USER})
        shown = await flows.async_configure(form["flow_id"], {"code": code})
        if shown["step_id"] != "share":
            return shown
        done = await flows.async_configure(shown["flow_id"], {"single_total": single_total})
        await self.hass.async_block_till_done()
        return done

    def question(self) -> ir.IssueEntry | None:
        """The repair that tells the operator."""
        issues = ir.async_get(self.hass).issues.values()
        return next((each for each in issues if each.issue_id.startswith("join_request_")), None)

    async def async_answer(self, *steps: tuple[str, dict[str, Any] | None]) -> Any:
        """Go through the fix flow of the operator's repair."""
        await self.async_until(self.question)
        issue = self.question()
        assert issue is not None
        flow = await async_create_fix_flow(self.hass, issue.issue_id, issue.data)
        flow.hass, flow.handler, flow.issue_id, flow.data = self.hass, DOMAIN, issue.issue_id, issue.data
        result: Any = await flow.async_step_init()
        for step, given in steps:
            result = await getattr(flow, f"async_step_{step}")(given)
        return result

    async def async_approve(self, name: str = "Number 12") -> None:
        done = await self.async_answer(("approve", {"name": name}))
        assert done["type"] is FlowResultType.CREATE_ENTRY, done
        await self.hass.async_block_till_done()

    async def async_join(self) -> None:
        """All of it, until an envelope is in force."""
        done = await self.async_ask(await self.async_code())
        assert done["type"] is FlowResultType.CREATE_ENTRY, done
        await self.async_approve()
        await self.async_until(lambda: self.envelope_a is not None)

    @property
    def upper_id(self) -> str:
        """The larger island, in the house."""
        return next(each_id for each_id, each in self.house.links.statuses.items() if not each.upper)

    @property
    def house_id(self) -> str:
        """The house, in the street."""
        return next(iter(self.street.links.houses))

    @property
    def terms(self) -> Terms:
        """What the house declared."""
        record = self.house.links._upper_record
        assert record is not None
        return record.terms

    @property
    def states(self) -> set[str]:
        """How the link is, as both sides see it."""
        return {each.state.value for side in (self.street, self.house) for each in side.links.statuses.values()}

    @property
    def envelope_a(self) -> tuple[float, float, float] | None:
        upper = [each for each in self.house.links.statuses.values() if not each.upper]
        return upper[0].envelope_a if upper else None


async def async_set_up_house(hass: HomeAssistant, *limits: str) -> None:
    """The entities that the house is made of, and the limits of other chargers."""
    number = {"min": 0, "max": 16, "step": 1, "initial": 16, "unit_of_measurement": "A"}
    assert await async_setup_component(
        hass, "input_number", {"input_number": dict.fromkeys(("house_limit", *limits), number)}
    )
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"house_plug": {"initial": True}}})

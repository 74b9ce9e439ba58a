"""Rude chargers of the zoo, as entities of a real Home Assistant: the real adapters, the real control.

What the fuse feels of each is measured elsewhere. Here it is about the way there: nothing raises, nobody presses for
ever, and what is over the fuse is brought down.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant, ServiceCall
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.tangle_grid.simulation.zoo.agenda import Agenda
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.charger import LIMIT, PLUG, POWER, SOC, SWITCH, ZooCharger
from custom_components.tangle_grid.simulation.zoo.device import ZooDevice
from custom_components.tangle_grid.simulation.zoo.meter import ZooMeter
from custom_components.tangle_grid.simulation.zoo.obeying import (
    Forgets,
    Ignores,
    SwitchInverted,
    SwitchIsSession,
    ZeroIsNoChange,
)
from custom_components.tangle_grid.simulation.zoo.reporting import Every, OneAfterAnother
from custom_components.tangle_grid.simulation.zoo.showing import OtherDigits, Says, UnitIs, Vanishes
from tests.island import FakeLedger, island_entry

FUSE_A = 25.0
CHARGER = "zoo-charger"
STEP_S = 2.0
_DOMAINS = {LIMIT: "number", SWITCH: "switch", PLUG: "binary_sensor"}


class Home:
    """A house with one charger, whose devices show themselves in Home Assistant."""

    def __init__(
        self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, rude: list[Behaviour], **made: bool
    ) -> None:
        self.hass = hass
        self.freezer = freezer
        self.agenda = Agenda(freezer().timestamp())
        self.base_a = 5.0
        self.presses = 0
        self.over_s = 0.0
        lowest_a = 0.0 if made.get("to_zero") else 6.0
        self.charger = ZooCharger(self.agenda, Every(5), *rude, lowest_a=lowest_a, has_switch=not made.get("bare"))
        self.meter = ZooMeter(self.agenda, Every(4), OneAfterAnother(0.04), load=lambda: self.load_a)
        self._shown: dict[str, object] = {}

    @property
    def load_a(self) -> tuple[float, float, float]:
        first, second, third = (self.base_a + amps for amps in self.charger.phase_amps)
        return (first, second, third)

    def subentry(self, **data: object) -> ConfigSubentryDataWithId:
        return ConfigSubentryDataWithId(
            subentry_type="charger",
            subentry_id=CHARGER,
            title="Carport",
            unique_id=None,
            data={
                "name": "Carport",
                "phases": [1, 2, 3],
                "power": "sensor.zoo_power",
                "current_limit": "number.zoo_limit",
                **({"enable": "switch.zoo_switch"} if SWITCH in self.charger.entities else {}),
                "connected": "binary_sensor.zoo_connected",
                "soc": "sensor.zoo_soc",
                "min_current": 6.0,
                "max_current": 16.0,
                "safe_current": 6.0,
                "policy": {"mode": "never"},
                **data,
            },
        )

    def show(self) -> None:
        """Bring Home Assistant up to date."""
        for prefix, device in (("zoo", self.charger), ("meter", self.meter)):
            self._show(prefix, device)

    def _show(self, prefix: str, device: ZooDevice) -> None:
        for quantity, entity in device.entities.items():
            entity_id = f"{_DOMAINS.get(quantity, 'sensor')}.{prefix}_{quantity}"
            said = (entity.text, entity.unit, entity.reported_at)
            if self._shown.get(entity_id) == said:
                continue
            self._shown[entity_id] = said
            if entity.text is None:
                self.hass.states.async_remove(entity_id)
                continue
            attributes: dict[str, object] = {} if entity.unit is None else {"unit_of_measurement": entity.unit}
            if quantity == LIMIT:
                attributes |= {"min": entity.lowest, "max": entity.highest, "step": entity.step}
            self.hass.states.async_set(entity_id, entity.text, attributes)

    async def _set(self, call: ServiceCall) -> None:
        self.charger.set_number(call.data["value"])

    async def _press(self, call: ServiceCall) -> None:
        self.presses += 1
        self.charger.set_switch(on=call.service == "turn_on")

    async def run(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / STEP_S)):
            self.freezer.tick(STEP_S)
            self.agenda.run_until(self.freezer().timestamp())
            self.show()
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done()
            if max(self.load_a) > FUSE_A + 0.01:
                self.over_s += STEP_S

    async def start(self, **data: object) -> None:
        """Set the island up behind the fuse."""
        self.show()
        entry = island_entry(
            self.subentry(**data),
            meter={"power": [f"sensor.meter_power_l{line}" for line in (1, 2, 3)]},
            capacity_a=FUSE_A,
        )
        entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(entry.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)
        self.entry = entry
        # In the place of those that the platforms of the integration have brought along.
        self.hass.services.async_register("number", "set_value", self._set)
        for service in ("turn_on", "turn_off"):
            self.hass.services.async_register("switch", service, self._press)

    async def stop(self) -> None:
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)
        await self.hass.async_block_till_done()


@pytest.fixture
async def homes(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, fake_ledger: list[FakeLedger]
) -> AsyncIterator[list[Home]]:
    made: list[Home] = []
    yield made
    for home in made:
        await home.stop()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One rude charger.

    Attributes:
        behaviours: What is rude.
        made: How its entities are made.
        data: What was entered of it.
        least_a: What it draws when it is told nothing, as far as it can be brought to that.
        over_s: How long the fuse may feel it, s; exact bounds stand in the table of faults.
    """

    behaviours: list[Behaviour]
    made: dict[str, bool] = field(default_factory=dict)
    data: dict[str, object] = field(default_factory=dict)
    least_a: float = 0.0
    over_s: float = 30.0


ROWS: dict[str, Row] = {
    "polite": Row(behaviours=[]),
    "a session switch": Row(behaviours=[SwitchIsSession()]),
    "forgets": Row(behaviours=[Forgets(at_session=True, at_resume=True)]),
    "ignores two": Row(behaviours=[Ignores(2)], over_s=210.0),
    # A pause that is written again lowers the limit first: that is what these can do.
    "0 is no change": Row(behaviours=[ZeroIsNoChange()], made={"bare": True, "to_zero": True}, least_a=6.0),
    "a switch that pauses": Row(behaviours=[SwitchInverted()], least_a=6.0),
    "a switch that pauses, told so": Row(behaviours=[SwitchInverted()], data={"enable_pauses": True}),
    "says 3.4e38": Row(behaviours=[Says("3.4e38", POWER).between(60, 300)]),
    "says 1_000": Row(behaviours=[Says("1_000", SOC)]),
    "a unit that is no text": Row(behaviours=[UnitIs(["W"], POWER).between(60, 300)]),
    "other digits": Row(behaviours=[OtherDigits().between(60, 300)]),
    "vanishes": Row(behaviours=[Vanishes(POWER, LIMIT, SWITCH).between(60, 110)]),
}


@pytest.mark.parametrize("name", ROWS)
async def test_an_overload_is_brought_down(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    homes: list[Home],
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    row = ROWS[name]
    home = Home(hass, freezer, row.behaviours, **row.made)
    homes.append(home)
    home.charger.plug_in(ZooCar(soc_every_s=60))
    await home.start(**row.data)
    await home.run(120)
    # An oven and a heat pump: what is left is less than the car charges with.
    home.base_a = 22.0
    home.over_s = 0.0
    await home.run(240)
    assert home.load_a[0] <= max(FUSE_A, home.base_a + row.least_a) + 0.01
    if not row.least_a:
        assert home.over_s <= row.over_s
    home.base_a = 5.0
    await home.run(60)
    assert home.presses <= 8
    assert "Traceback" not in caplog.text

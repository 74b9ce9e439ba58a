"""Chargers that are rude to whoever tells them something, behind a real Home Assistant with the real adapters.

Here it is about the pause: switches that are none, numbers that take 0 for something else, commands that get lost.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.simulation.zoo.agenda import Agenda
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.charger import LIMIT, POWER, SOC, SWITCH, ZooCharger
from custom_components.tangle_grid.simulation.zoo.load import Amps
from custom_components.tangle_grid.simulation.zoo.meter import ZooMeter
from custom_components.tangle_grid.simulation.zoo.obeying import (
    Forgets,
    Ignores,
    SwitchInverted,
    SwitchIsSession,
    ZeroIsNoChange,
)
from custom_components.tangle_grid.simulation.zoo.reporting import Every, OneAfterAnother
from custom_components.tangle_grid.simulation.zoo.showing import Says, Vanishes
from tests.support.island import FakeLedger, island_entry
from tests.support.zoo_in_hass import ZooInHass

FUSE_A = 25.0


@dataclass(frozen=True, kw_only=True)
class Row:
    """One rude charger.

    Attributes:
        behaviours: What is rude.
        lowest_a, has_switch: How it is made.
        data: What was entered of it beside the usual.
        least_a: What it draws when it is told nothing, as far as it can be brought to that.
        over_s: How long the fuse may feel it, s; exact bounds stand in the table of faults.
    """

    behaviours: list[Behaviour]
    lowest_a: float = 6.0
    has_switch: bool = True
    data: dict[str, object] = field(default_factory=dict)
    least_a: float = 0.0
    over_s: float = 30.0


class House:
    """One charger and a load that a test sets, behind a fuse."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, row: Row) -> None:
        self.hass = hass
        self.base_a = 5.0
        self.over_s = 0.0
        agenda = Agenda(freezer().timestamp())
        agenda.passing.append(self._feel)
        self.charger = ZooCharger(
            agenda, Every(5), *row.behaviours, lowest_a=row.lowest_a, has_switch=row.has_switch, per_phase=False
        )
        self.meter = ZooMeter(agenda, Every(4), OneAfterAnother(), load=self.load_a)
        self.zoo = ZooInHass(hass, freezer, agenda)
        self._data = row.data
        self.entry: MockConfigEntry

    def load_a(self) -> Amps:
        first, second, third = (self.base_a + amps for amps in self.charger.phase_amps)
        return (first, second, third)

    def _feel(self, begin: float, end: float) -> None:
        if max(self.load_a()) > FUSE_A + 0.01:
            self.over_s += end - begin

    async def start(self) -> None:
        """Set the island up, with a car at the charger."""
        ids, meter = self.zoo.add("carport", self.charger), self.zoo.add("house", self.meter)
        charger = ConfigSubentryDataWithId(
            subentry_type="charger",
            subentry_id="carport",
            title="Carport",
            unique_id=None,
            data={
                "name": "Carport",
                "phases": [1, 2, 3],
                "power": ids["power"],
                "current_limit": ids["limit"],
                **({"enable": ids[SWITCH]} if SWITCH in ids else {}),
                "connected": ids["connected"],
                "soc": ids["soc"],
                "min_current": 6.0,
                "max_current": 16.0,
                "safe_current": 6.0,
                **self._data,
            },
        )
        self.charger.plug_in(ZooCar(soc_every_s=60))
        self.zoo.show()
        sensors = [meter[f"power_l{line}"] for line in (1, 2, 3)]
        self.entry = island_entry(charger, meter={"power": sensors}, capacity_a=FUSE_A)
        self.entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
async def houses(hass: HomeAssistant, fake_ledger: list[FakeLedger]) -> AsyncIterator[list[House]]:
    made: list[House] = []
    yield made
    for house in made:
        assert await hass.config_entries.async_unload(house.entry.entry_id)
    await hass.async_block_till_done()


ROWS: dict[str, Row] = {
    "polite": Row(behaviours=[]),
    "a session switch": Row(behaviours=[SwitchIsSession()]),
    "forgets": Row(behaviours=[Forgets(at_session=True, at_resume=True)]),
    # Its learned interval, what it takes to follow, and half a minute.
    "ignores two": Row(behaviours=[Ignores(2)], over_s=5.0 + 2.0 + 30.0),
    # A pause that is written again lowers the limit first: that is what these can do.
    "0 is no change": Row(behaviours=[ZeroIsNoChange()], lowest_a=0.0, has_switch=False, least_a=6.0),
    "a switch that pauses": Row(behaviours=[SwitchInverted()], least_a=6.0),
    "a switch that pauses, told so": Row(behaviours=[SwitchInverted()], data={"enable_pauses": True}),
    "says 3.4e38": Row(behaviours=[Says("3.4e38", POWER).between(60, 300)]),
    "says 1_000": Row(behaviours=[Says("1_000", SOC)]),
    "vanishes": Row(behaviours=[Vanishes(POWER, LIMIT, SWITCH).between(60, 110)]),
}


@pytest.mark.parametrize("name", ROWS)
async def test_an_overload_is_brought_down(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    houses: list[House],
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    row = ROWS[name]
    house = House(hass, freezer, row)
    houses.append(house)
    await house.start()
    await house.zoo.run(120)
    # An oven and a heat pump: what is left is less than the car charges with.
    house.base_a, house.over_s = 22.0, 0.0
    await house.zoo.run(240)
    assert house.load_a()[0] <= max(FUSE_A, house.base_a + row.least_a) + 0.01
    if not row.least_a:
        assert house.over_s <= row.over_s
    house.base_a = 5.0
    await house.zoo.run(60)
    assert house.charger.writes <= 15
    assert "Traceback" not in caplog.text

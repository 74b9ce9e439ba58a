"""Rude devices behind a real Home Assistant with the real integration: what the fuse of 25 A feels in ten minutes."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import (
    CONF_CAPACITY_A,
    CONF_CONNECTED,
    CONF_CURRENT_LIMIT,
    CONF_CURRENTS,
    CONF_ENABLE,
    CONF_MAX_CURRENT,
    CONF_METER,
    CONF_METER_POWER,
    CONF_MIN_CURRENT,
    CONF_PHASES,
    CONF_POWER,
    CONF_SAFE_CURRENT,
)
from custom_components.tangle_grid.simulation.zoo.agenda import Agenda
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.breaker import breaker_b, fuse_gg
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.charger import FOLLOW_S, ZooCharger
from custom_components.tangle_grid.simulation.zoo.felt import Felt
from custom_components.tangle_grid.simulation.zoo.load import Amps, Appliance, BaseLoad
from custom_components.tangle_grid.simulation.zoo.meter import ZooMeter
from custom_components.tangle_grid.simulation.zoo.obeying import Forgets
from custom_components.tangle_grid.simulation.zoo.reporting import Every, OneAfterAnother
from custom_components.tangle_grid.simulation.zoo.showing import OtherDigits, Renamed, Says, UnitIs
from tests.support.island import FakeLedger, island_entry
from tests.support.zoo_in_hass import ZooInHass

FUSE_A = 25.0
REPORT_S = 10.0
GRACE_S = 30.0
KETTLE_S = (420.0, 480.0)


type MakeGarage = Callable[..., Awaitable[tuple["Garage", ZooInHass]]]


class Garage:
    """A charger, a meter and the rest of the load behind one fuse."""

    def __init__(self, agenda: Agenda, *behaviours: Behaviour, meter: tuple[Behaviour, ...] = ()) -> None:
        start = agenda.now
        kettle = Appliance(amps=(9.0, 0.0, 0.0), begin=start + KETTLE_S[0], end=start + KETTLE_S[1])
        self.base = BaseLoad(seed=1, mean_a=(8.0, 3.0, 3.0), flicker_a=0.3, appliances=(kettle,))
        self.felt = Felt((FUSE_A, FUSE_A, FUSE_A))
        self.agenda = agenda
        self.charger = ZooCharger(agenda, Every(REPORT_S), *behaviours)
        self.meter = ZooMeter(agenda, Every(2.0), *meter, load=self.load_a)
        agenda.passing.append(self._feel)

    def load_a(self) -> Amps:
        first, second, third = self.base.at(self.agenda.now)
        more = self.charger.phase_amps
        return (first + more[0], second + more[1], third + more[2])

    def _feel(self, begin: float, end: float) -> None:
        at = begin
        while at < end:
            until = min(end, float(int(at) + 1))
            self.felt.add(at, until, self.load_a(), lambda _: self.charger.amps > 0)
            at = until


@pytest.fixture
async def garage(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, fake_ledger: list[FakeLedger]
) -> AsyncIterator[MakeGarage]:
    """Make a garage with these behaviours, let its island start, and give ten minutes."""
    entries: list[MockConfigEntry] = []

    async def make(*behaviours: Behaviour, meter: tuple[Behaviour, ...] = ()) -> tuple[Garage, ZooInHass]:
        agenda = Agenda(float(int(time.time())))
        garage = Garage(agenda, *behaviours, meter=meter)
        zoo = ZooInHass(hass, freezer, agenda)
        ids, meters = zoo.add("wallbox", garage.charger), zoo.add("house", garage.meter)
        charger = ConfigSubentryDataWithId(
            subentry_type="charger",
            subentry_id="wallbox",
            title="Wallbox",
            unique_id=None,
            data={
                "name": "Wallbox",
                CONF_PHASES: [1, 2, 3],
                CONF_POWER: ids["power"],
                CONF_CURRENTS: [ids[f"current_l{line}"] for line in (1, 2, 3)],
                CONF_CURRENT_LIMIT: ids["limit"],
                CONF_ENABLE: ids["switch"],
                CONF_CONNECTED: ids["connected"],
                CONF_MIN_CURRENT: 6.0,
                CONF_MAX_CURRENT: 16.0,
                CONF_SAFE_CURRENT: 6.0,
            },
        )
        entry = island_entry(
            charger,
            **{
                CONF_METER: {CONF_METER_POWER: [meters[f"power_l{line}"] for line in (1, 2, 3)]},
                CONF_CAPACITY_A: FUSE_A,
            },
        )
        entry.add_to_hass(hass)
        entries.append(entry)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        garage.charger.plug_in(ZooCar(soc=20.0))
        return garage, zoo

    yield make
    for entry in entries:
        await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


def holds(garage: Garage) -> None:
    assert garage.felt.needless_s <= REPORT_S + FOLLOW_S + GRACE_S
    for line in (fuse_gg(FUSE_A), breaker_b(FUSE_A)):
        assert max(line.share(phase) for phase in garage.felt.squares) < 1.0


@pytest.mark.parametrize(
    "behaviours",
    [
        lambda: (),
        lambda: (Forgets(at_power_cut=True),),
        lambda: (UnitIs(["W"], "power").between(200.0),),
        lambda: (OtherDigits().between(200.0),),
        lambda: (Says("1e308", "power").between(200.0, 300.0),),
        lambda: (Renamed().between(0.0, 180.0),),
    ],
    ids=["polite", "forgets", "unit", "digits", "1e308", "late"],
)
async def test_ten_minutes_with_a_rude_charger(
    hass: HomeAssistant, garage: MakeGarage, behaviours: Callable[[], tuple[Behaviour, ...]]
) -> None:
    place, zoo = await garage(*behaviours(), meter=(OneAfterAnother(),))
    await zoo.run(300)
    if not any(isinstance(each, Renamed) for each in behaviours()):
        assert place.charger.taken_wh > 100.0
    place.charger.cut_power(off=True)
    await zoo.run(20)
    place.charger.cut_power(off=False)
    await zoo.run(280)
    holds(place)
    [entry] = hass.config_entries.async_entries("tangle_grid")
    assert entry.state is ConfigEntryState.LOADED

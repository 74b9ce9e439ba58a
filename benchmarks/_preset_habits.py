"""How what stands behind each preset speaks and listens, by the source of its integration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.obeying import SwitchInverted, SwitchIsSession
from custom_components.tangle_grid.simulation.zoo.reporting import Every, OnChange, OneAfterAnother, OnlyChanges

type Behaviours = Callable[[], tuple[Behaviour, ...]]


@cache
def every(seconds: float) -> Behaviours:
    """Return a poll that writes all states each time."""
    return lambda: (Every(seconds), OneAfterAnother())


@cache
def changes(seconds: float) -> Behaviours:
    """Return a poll that writes only what has changed."""
    return lambda: (Every(seconds), OnlyChanges())


@cache
def pushed(seconds: float) -> Behaviours:
    """Return what is told by itself, so long after it changed, and at no other time."""
    return lambda: (OnChange(seconds),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How a device speaks and listens.

    Attributes:
        reports: What says when it reports.
        lowest_a: Of a charger: the least that its number takes.
        paused: Of a charger: it can be paused by a switch, a select or actions.
        rude: What else it does.
        phases: Of a meter: how many phases it measures.
        lapses_s: Of a battery: it takes what it was told for so long, s; None: until it is told something else.
        free_giver: Of a battery: the mode in which it may give is the one in which it does as it likes.
        soc_s: Of a car: its state of charge comes so often, s.
    """

    reports: Behaviours = lambda: (Every(5.0), OneAfterAnother())
    lowest_a: float = 0.0
    paused: bool = True
    rude: Behaviours = tuple
    phases: int = 3
    lapses_s: float | None = None
    free_giver: bool = False
    soc_s: float = 0.0


_CHARGERS: Final[Mapping[str, Habit]] = {
    "Alfen": Habit(reports=every(20), paused=False),
    "Blue Current": Habit(reports=pushed(2)),
    "Easee": Habit(reports=pushed(2), paused=False),
    "evcc": Habit(reports=every(10), lowest_a=1),
    "evseMQTT (Besen, Telestar, Morec and their like)": Habit(reports=changes(10), lowest_a=6),
    "go-e": Habit(reports=every(5), lowest_a=6),
    "go-e (MQTT)": Habit(reports=every(5), lowest_a=6),
    "Hypervolt": Habit(reports=pushed(2), lowest_a=6),
    "KEBA": Habit(reports=every(5), lowest_a=6),
    "Lektrico": Habit(reports=every(10), paused=False),
    "myenergi zappi": Habit(reports=every(60)),
    "NRGkick": Habit(reports=every(30), lowest_a=6),
    "OCPP charger": Habit(reports=every(60), paused=False),
    "Ohme": Habit(reports=every(30)),
    "OpenEVSE": Habit(reports=lambda: (OnChange(2.0), Every(300)), lowest_a=6),
    "openWB": Habit(reports=every(10), lowest_a=6),
    "openWB 1.9, charge point 1": Habit(reports=every(10), lowest_a=6),
    "Peblar": Habit(reports=every(10), lowest_a=6),
    "SmartEVSE (MQTT)": Habit(reports=changes(5)),
    "Tesla (Fleet) with Wall Connector": Habit(reports=every(30)),
    "Tesla (Fleet) at any socket": Habit(reports=every(600)),
    "Teslemetry with Wall Connector": Habit(reports=every(30)),
    "Teslemetry at any socket": Habit(reports=pushed(2)),
    "Tessie with Wall Connector": Habit(reports=every(30)),
    "Tessie at any socket": Habit(reports=changes(10)),
    "V2C Trydan": Habit(reports=every(5), lowest_a=6, rude=lambda: (SwitchInverted(),)),
    "Victron EV Charging Station": Habit(reports=pushed(2), lowest_a=6),
    "Wallbox": Habit(reports=every(90), lowest_a=6),
    "Zaptec": Habit(reports=every(60), rude=lambda: (SwitchIsSession(),)),
}
_METERS: Final[Mapping[str, Habit]] = {
    "AMS reader (MQTT), powers": Habit(reports=every(10)),
    "AMS reader (MQTT), currents": Habit(reports=every(10)),
    "DSMR, three phases": Habit(reports=every(30)),
    "DSMR, one phase": Habit(reports=every(30), phases=1),
    "DSMR-reader, three phases": Habit(reports=every(10)),
    "Enphase Envoy, three phases": Habit(reports=every(60)),
    "Enphase Envoy, one total": Habit(reports=every(60)),
    "HomeWizard, three phases": Habit(reports=every(5)),
    "HomeWizard, one phase": Habit(reports=every(5), phases=1),
    "IAMMETER, three phases": Habit(reports=every(30)),
    "IAMMETER, one phase": Habit(reports=every(30), phases=1),
    "P1 Monitor, powers": Habit(reports=every(5)),
    "P1 Monitor, currents": Habit(reports=every(5)),
    "Powerwall": Habit(reports=every(30)),
    "Shelly with three phases (Pro 3EM, 3EM Gen 3)": Habit(reports=changes(1)),
    "Shelly Pro 3EM as three meters": Habit(reports=changes(1)),
    "Shelly 3EM": Habit(reports=every(15)),
    "Shelly with one phase (EM, Pro EM)": Habit(reports=every(15), phases=1),
    "Tibber Pulse, three phases": Habit(reports=every(10)),
    "Tibber Pulse, one phase": Habit(reports=every(10), phases=1),
    "Victron (Modbus) grid meter, three phases": Habit(reports=every(30)),
    "Victron grid meter, three phases": Habit(reports=changes(2)),
    "Victron grid meter, one phase": Habit(reports=changes(2), phases=1),
}
_BATTERIES: Final[Mapping[str, Habit]] = {
    "E3/DC": Habit(reports=every(10)),
    "Enphase IQ Battery": Habit(reports=every(60), free_giver=True),
    "FoxESS": Habit(reports=every(10)),
    "Growatt (cloud)": Habit(reports=every(300)),
    "HomeWizard Plug-In Battery (with the P1 meter)": Habit(reports=every(5)),
    "Huawei Luna2000": Habit(reports=every(30), lapses_s=600),
    "Marstek (local)": Habit(reports=every(30), lapses_s=300),
    "SolarEdge (Modbus)": Habit(reports=every(10)),
    "SolaX (Modbus)": Habit(reports=every(15), lapses_s=20),
    "Sonnen": Habit(reports=every(10)),
    "Victron (Modbus)": Habit(reports=every(30), lapses_s=60),
    "Victron GX": Habit(reports=changes(2), lapses_s=60),
}
_SOLAR: Final[Mapping[str, Habit]] = {
    "Enphase Envoy": Habit(reports=every(60)),
    "Fronius": Habit(reports=every(60)),
    "Powerwall": Habit(reports=every(30)),
    "SolarEdge (Modbus)": Habit(reports=every(10)),
    "Victron GX": Habit(reports=changes(2)),
}
_VEHICLES: Final[Mapping[str, Habit]] = {
    "BMW, MINI": Habit(soc_s=600),
    "Kia, Hyundai, Genesis": Habit(soc_s=1800),
    "Polestar": Habit(soc_s=1800),
    "Renault": Habit(soc_s=1800),
    "Tesla (Fleet)": Habit(soc_s=600),
    "Teslemetry": Habit(soc_s=60),
    "Tessie": Habit(soc_s=60),
    "Volkswagen": Habit(soc_s=1800),
    "Volvo": Habit(soc_s=1800),
}
HABITS: Final[Mapping[tuple[str, str], Habit]] = {
    (kind, name): habit
    for kind, habits in (
        ("charger", _CHARGERS),
        ("meter", _METERS),
        ("battery", _BATTERIES),
        ("solar", _SOLAR),
        ("vehicle", _VEHICLES),
    )
    for name, habit in habits.items()
}
"""By kind and name of a preset."""

"""The layouts of a street: who lives behind the transformer, on which phase, with which nameplate."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from .battery import HomeBattery
from .car import V2G_FLOOR_SOC, Car, CarModel
from .charger import Charger
from .household import Household
from .model import NOMINAL_VOLTAGE, Layout, SimulatedDevice, SimulatedKind, SimulatedLoad, StreetConfig
from .randomness import generator
from .solar import SolarPlant
from .thermal import Boiler, HeatPump, SheddableLoad
from .weather import Weather

if TYPE_CHECKING:
    from collections.abc import Mapping

TRANSFORMER_ID = "transformer"
BATTERY_ID = "battery_1"
SOLAR_ID = "solar_1"
# The home whose roof and cellar hold the sun and the battery.
PROSUMER_ID = "home_1"

ALL_PHASES = (0, 1, 2)

# Charger C loads the first phase with 32 A, so the first phase gets the fewest homes.
_HOME_PHASES = (0, 2, 0, 1, 2, 1, 2, 0)
_HOME_LOADS = MappingProxyType({2: ("boiler",), 4: ("boiler", "heat_pump"), 6: ("boiler",), 7: ("heat_pump",)})

_BATTERY_MIN_SOC = 10.0
_STEP_A = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """A charging point and the car that lives there."""

    name: str
    phases: tuple[int, ...]
    max_current_a: float
    min_current_a: float
    max_discharge_a: float
    car: CarModel


# The first evening tells the story: A is nearly full and can feed back, C is nearly empty and leaves early.
_POINTS = (
    _Point(
        name="Charger A",
        phases=ALL_PHASES,
        max_current_a=16.0,
        min_current_a=6.0,
        max_discharge_a=16.0,
        car=CarModel(
            battery_wh=77_000.0,
            min_current_a=6.0,
            max_current_a=16.0,
            taper_soc=85.0,
            efficiency=0.92,
            leaves_h=7.75,
            returns_h=17.8,
            km=(50.0, 85.0),
            first_returns_h=17.55,
            first_soc=88.0,
        ),
    ),
    _Point(
        name="Charger B",
        phases=ALL_PHASES,
        max_current_a=16.0,
        min_current_a=6.0,
        max_discharge_a=0.0,
        car=CarModel(
            battery_wh=60_000.0,
            min_current_a=6.0,
            max_current_a=16.0,
            taper_soc=82.0,
            efficiency=0.91,
            leaves_h=7.25,
            returns_h=17.75,
            km=(95.0, 150.0),
            first_returns_h=17.6,
            first_soc=65.0,
        ),
    ),
    _Point(
        name="Charger C",
        phases=(0,),
        max_current_a=32.0,
        min_current_a=6.0,
        max_discharge_a=0.0,
        car=CarModel(
            battery_wh=52_000.0,
            min_current_a=6.0,
            max_current_a=32.0,
            taper_soc=84.0,
            efficiency=0.90,
            leaves_h=6.5,
            returns_h=17.9,
            km=(160.0, 220.0),
            first_returns_h=17.7,
            first_soc=30.0,
        ),
    ),
    _Point(
        name="Charger D",
        phases=ALL_PHASES,
        max_current_a=16.0,
        min_current_a=8.0,
        max_discharge_a=0.0,
        car=CarModel(
            battery_wh=64_000.0,
            min_current_a=8.0,
            max_current_a=16.0,
            taper_soc=80.0,
            efficiency=0.92,
            leaves_h=7.5,
            returns_h=17.85,
            km=(110.0, 170.0),
            first_returns_h=17.8,
            first_soc=55.0,
        ),
    ),
)


# Plugged in when the street's evening begins, with enough room for hours.
_DRIVEWAY = _Point(
    name="Driveway",
    phases=ALL_PHASES,
    max_current_a=16.0,
    min_current_a=6.0,
    max_discharge_a=0.0,
    car=CarModel(
        battery_wh=77_000.0,
        min_current_a=6.0,
        max_current_a=16.0,
        taper_soc=88.0,
        efficiency=0.92,
        leaves_h=7.5,
        returns_h=16.0,
        km=(190.0, 230.0),
        first_returns_h=16.0,
        first_soc=35.0,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feed:
    """What stands behind one connection. `most_homes`: no more homes than that. A battery of 0 Wh: there is none."""

    name: str
    capacity_a: float
    threshold_percent: float
    most_homes: int
    points: tuple[_Point, ...] = ()
    battery_wh: float = 0.0
    battery_w: float = 0.0
    battery_soc: tuple[float, float] = (55.0, 70.0)
    solar_w: float = 0.0


_FEEDS = MappingProxyType(
    {
        Layout.STREET: _Feed(
            name="Transformer",
            capacity_a=63.0,
            threshold_percent=74.0,
            most_homes=40,
            points=_POINTS,
            battery_wh=10_000.0,
            battery_w=5_000.0,
            solar_w=8_000.0,
        ),
        Layout.SUNNY: _Feed(
            name="Transformer",
            capacity_a=63.0,
            threshold_percent=80.0,
            most_homes=3,
            battery_wh=20_000.0,
            battery_w=8_000.0,
            battery_soc=(85.0, 95.0),
            solar_w=15_000.0,
        ),
        Layout.HOUSE: _Feed(
            name="House connection", capacity_a=25.0, threshold_percent=95.0, most_homes=1, points=(_DRIVEWAY,)
        ),
    }
)

# These two trade places while both are away: who of them comes to which charger changes from day to day.
TRADERS = ("charger_2", "charger_4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The models of one street, and their nameplates in the order in which they are shown.

    Attributes:
        vehicles: The nameplates of the cars.
        cars: The cars, by the id of their nameplate; at which charger each is, the chargers know.
    """

    devices: tuple[SimulatedDevice, ...]
    vehicles: tuple[SimulatedDevice, ...]
    cars: Mapping[str, Car]
    homes: Mapping[str, Household]
    chargers: Mapping[str, Charger]
    batteries: Mapping[str, HomeBattery]
    plants: Mapping[str, SolarPlant]


def _transformer(feed: _Feed) -> SimulatedDevice:
    return SimulatedDevice(
        id=TRANSFORMER_ID,
        kind=SimulatedKind.TRANSFORMER,
        name=feed.name,
        phases=ALL_PHASES,
        quantities=(
            "power",
            *(f"power_l{phase + 1}" for phase in ALL_PHASES),
            *(f"current_l{phase + 1}" for phase in ALL_PHASES),
            "energy_import",
            "energy_export",
        ),
        parameters=MappingProxyType(
            {
                "capacity_a": feed.capacity_a,
                "threshold_percent": feed.threshold_percent,
                "voltage_v": NOMINAL_VOLTAGE,
            }
        ),
    )


def _home_loads(number: int, seed: int, home_id: str) -> list[SheddableLoad]:
    return [
        Boiler(seed, home_id) if load_id == "boiler" else HeatPump(seed, home_id)
        for load_id in _HOME_LOADS.get(number, ())
    ]


def _home_device(number: int, home_id: str, home: Household) -> SimulatedDevice:
    details = tuple(f"{load_id}_{detail}" for load_id in home.loads for detail in ("power", "temperature"))
    return SimulatedDevice(
        id=home_id,
        kind=SimulatedKind.HOUSEHOLD,
        name=f"Home {number}",
        phases=(_HOME_PHASES[(number - 1) % len(_HOME_PHASES)],),
        quantities=("power", *home.loads, *details, "energy_import"),
        parameters=MappingProxyType({"yearly_kwh": round(home.yearly_kwh)}),
        loads=tuple(
            SimulatedLoad(load_id=load.load_id, name=load.name, rated_w=load.rated_w) for load in home.loads.values()
        ),
    )


def _charger_device(charger_id: str, point: _Point) -> SimulatedDevice:
    return SimulatedDevice(
        id=charger_id,
        kind=SimulatedKind.CHARGER,
        name=point.name,
        phases=point.phases,
        quantities=(
            "power",
            *(f"current_l{phase + 1}" for phase in ALL_PHASES),
            "connected",
            "soc",
            "departure",
            "card",
            "status",
            "enabled",
            "current_limit",
            "discharge_current",
            "energy_import",
            "energy_export",
        ),
        parameters=MappingProxyType(
            {
                "battery_wh": point.car.battery_wh,
                "min_current_a": point.min_current_a,
                "max_current_a": point.max_current_a,
                "step_a": _STEP_A,
                "max_discharge_a": point.max_discharge_a,
                "v2g_floor_soc": V2G_FLOOR_SOC,
            }
        ),
    )


def _vehicle_device(number: int, car: Car) -> SimulatedDevice:
    return SimulatedDevice(
        id=f"car_{number}",
        kind=SimulatedKind.VEHICLE,
        name=f"Car {chr(ord('A') + number - 1)}",
        phases=(),
        quantities=("soc", "departure", "at_home"),
        parameters=MappingProxyType({"battery_wh": car.model.battery_wh}),
        card=car.card,
    )


def _battery_device(feed: _Feed) -> SimulatedDevice:
    return SimulatedDevice(
        id=BATTERY_ID,
        kind=SimulatedKind.BATTERY,
        name="Home battery",
        phases=ALL_PHASES,
        quantities=("power", "soc", "power_setpoint", "energy_import", "energy_export"),
        parameters=MappingProxyType(
            {
                "capacity_wh": feed.battery_wh,
                "max_charge_w": feed.battery_w,
                "max_discharge_w": feed.battery_w,
                "min_soc": _BATTERY_MIN_SOC,
            }
        ),
    )


def _solar_device(feed: _Feed) -> SimulatedDevice:
    return SimulatedDevice(
        id=SOLAR_ID,
        kind=SimulatedKind.SOLAR,
        name="Rooftop solar",
        phases=ALL_PHASES,
        quantities=("power", "energy_export"),
        parameters=MappingProxyType({"peak_w": feed.solar_w}),
    )


def build(config: StreetConfig, story_day: int) -> Inventory:
    """Return the street that a configuration describes; `story_day` is the ordinal of its first day."""
    seed, feed = config.seed, _FEEDS[config.layout]
    devices = [_transformer(feed)]
    homes: dict[str, Household] = {}
    for number in range(1, min(config.homes, feed.most_homes) + 1):
        home_id = f"home_{number}"
        home = Household(seed, home_id, config.season_day, _home_loads(number, seed, home_id))
        homes[home_id] = home
        devices.append(_home_device(number, home_id, home))
    chargers: dict[str, Charger] = {}
    cars: dict[str, Car] = {}
    vehicles: list[SimulatedDevice] = []
    for number, point in enumerate(feed.points, start=1):
        charger_id = f"charger_{number}"
        car = Car(point.car, story_day, f"TG-{number:04}", seed, charger_id)
        vehicles.append(_vehicle_device(number, car))
        cars[vehicles[-1].id] = car
        chargers[charger_id] = Charger(
            car,
            phases=point.phases,
            max_current_a=point.max_current_a,
            min_current_a=point.min_current_a,
            max_discharge_a=point.max_discharge_a,
        )
        devices.append(_charger_device(charger_id, point))
    batteries: dict[str, HomeBattery] = {}
    if feed.battery_wh:
        soc = generator(seed, BATTERY_ID).uniform(*feed.battery_soc)
        batteries[BATTERY_ID] = HomeBattery(capacity_wh=feed.battery_wh, max_power_w=feed.battery_w, soc=soc)
        devices.append(_battery_device(feed))
    plants: dict[str, SolarPlant] = {}
    if feed.solar_w:
        plants[SOLAR_ID] = SolarPlant(Weather(seed, config.season_day), feed.solar_w)
        devices.append(_solar_device(feed))
    return Inventory(
        devices=tuple(devices),
        vehicles=tuple(vehicles),
        cars=MappingProxyType(cars),
        homes=MappingProxyType(homes),
        chargers=MappingProxyType(chargers),
        batteries=MappingProxyType(batteries),
        plants=MappingProxyType(plants),
    )

"""What the simulated street is made of, as others see it: its settings, its devices, its one error."""

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

NOMINAL_VOLTAGE = 230.0

type Reading = float | bool | str | None


class SimulationError(Exception):
    """A command or a setting that the street refuses; nothing was changed.

    `key` is machine-readable: unknown_device, unknown_quantity, unknown_load, not_a_charger, not_a_battery,
    not_a_household, fault_not_applicable, invalid_current, invalid_discharge_current, invalid_power, invalid_switch,
    invalid_time, clock_backwards, invalid_homes, invalid_season_day, invalid_state, state_mismatch.
    """

    def __init__(self, key: str, placeholders: Mapping[str, str | int | float] | None = None) -> None:
        self.key = key
        self.placeholders: dict[str, str | int | float] = dict(placeholders or {})
        details = ", ".join(f"{name}={value}" for name, value in self.placeholders.items())
        super().__init__(f"{key} ({details})" if details else key)


class SimulatedKind(StrEnum):
    """What a device is; the values are those that the grid uses for its participants."""

    TRANSFORMER = "transformer"
    HOUSEHOLD = "household"
    CHARGER = "charger"
    BATTERY = "battery"
    SOLAR = "solar"
    VEHICLE = "vehicle"


class Layout(StrEnum):
    """Who lives on a simulated feed."""

    STREET = "street"
    SUNNY = "sunny"
    HOUSE = "house"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetConfig:
    """The settings of a street.

    `start` is the street time (epoch seconds, in `timezone` for everything that follows the clock) at which a new
    street begins. `season_day` (1..365) is the day of the year that sun, weather and household profile follow,
    whatever the calendar says, so that a story is the same in May and in November. `layout` says who lives there:
    a sunny feed has fewer homes than `homes`, and a house is one home.
    """

    seed: int = 1
    homes: int = 8
    layout: Layout = Layout.STREET
    start: float
    timezone: tzinfo
    season_day: int = 135


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedLoad:
    """A load of a household that can be switched off for a while; `rated_w` in W."""

    load_id: str
    name: str
    rated_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDevice:
    """What is known about a device before it is read: its nameplate.

    `phases` are indices 0..2. `parameters` are numbers in the units that their names end with. `quantities` are
    the names that `Street.value` takes for this device. `card` is what chargers read of a vehicle.
    """

    id: str
    kind: SimulatedKind
    name: str
    phases: tuple[int, ...]
    quantities: tuple[str, ...]
    parameters: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    loads: tuple[SimulatedLoad, ...] = ()
    card: str | None = None

"""The houses below an island at work: what they report is read as any device is, and each pass shares out envelopes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, override

from homeassistant.core import HomeAssistant

from ..clock import GridClock
from ..const import MAIN_FEEDER
from ..devices.adapters.base import Adapter
from ..devices.adapters.meter import Meter
from ..devices.io.entity_reading import EntityReader
from ..devices.io.entity_writing import EntityWriter
from ..grid.engine.engine import GridEngine
from ..grid.model.world import (
    ChargerConfig,
    ChargerSetpoint,
    ChargerTelemetry,
    DeviceConfig,
    GridConfig,
    HouseholdSetpoint,
    HouseholdTelemetry,
    PhaseReading,
)
from ..link.core import HouseAsk, HouseFeeder, HouseShare, Report, Terms, UpperEnd, share_envelopes

type Amps = tuple[float, float, float]

#: A house that reported nothing for longer keeps what it holds, s.
SILENT_S: Final = 30.0
_NOTHING: Final = (0.0, 0.0, 0.0)


@dataclass(slots=True, kw_only=True)
class House:
    """A house that has joined.

    Attributes:
        name: What the operator calls it.
        feeder: It in the grid of its street.
        end: The link to it.
        report: What it said last.
        at: When that came, grid time.
    """

    name: str
    feeder: HouseFeeder
    end: UpperEnd
    report: Report | None = None
    at: float = field(default=0.0)

    @classmethod
    def of(cls, house_id: str, name: str, terms: Terms, end: UpperEnd) -> House:
        """Return a house that hangs on the main feeder; `house_id` is its subentry."""
        feeder = HouseFeeder(feeder_id=house_id, parent_id=MAIN_FEEDER, terms=terms)
        return cls(name=name, feeder=feeder, end=end)

    def chargers(self, clock: GridClock) -> tuple[ChargerConfig, ...]:
        """Return its slots. They report in wall time, also where the grid's clock runs faster."""
        return tuple(
            replace(
                each,
                name=f"{self.name} {number}",
                max_age_s=None if each.max_age_s is None else each.max_age_s * clock.speed,
            )
            for number, each in enumerate(self.feeder.chargers, start=1)
        )


def with_houses(config: GridConfig, houses: Sequence[House], clock: GridClock) -> GridConfig:
    """Return a grid with the houses in it."""
    slots = [slot for house in houses for slot in house.chargers(clock)]
    return replace(
        config,
        feeders=(*config.feeders, *(house.feeder.feeder for house in houses)),
        devices=(*config.devices, *slots, *(house.feeder.helper for house in houses)),
    )


class HouseMeter(Meter):
    """The meter of a house's feeder: what the house reports."""

    def __init__(self, hass: HomeAssistant, clock: GridClock, house: House) -> None:
        super().__init__(EntityReader(hass, clock.from_datetime))
        self._house = house

    @override
    def reading(self) -> PhaseReading | None:
        return self._house.feeder.meter(self._house.report, self._house.at)


class SlotAdapter(Adapter[ChargerTelemetry, ChargerSetpoint]):
    """A slot: what the house said that it could use. It is told nothing: the envelope is made of all slots."""

    def __init__(self, hass: HomeAssistant, clock: GridClock, house: House, config: ChargerConfig) -> None:
        super().__init__(EntityReader(hass, clock.from_datetime), EntityWriter(hass))
        self._house = house
        self._config = config

    @override
    def telemetry(self) -> ChargerTelemetry:
        said = self._house.feeder.telemetry(self._house.report, self._house.at).get(self._config.device_id)
        if said is None:
            return ChargerTelemetry(reading=None, available=False, lowest_a=self._config.min_current_a)
        return said

    @override
    async def apply(self, setpoint: ChargerSetpoint) -> None:
        """Tell nothing."""

    @override
    async def safe_state(self) -> None:
        """Let the envelope's lease end by itself."""


class HelpAdapter(Adapter[HouseholdTelemetry, HouseholdSetpoint]):
    """The house as one participant. What it gives is measured at its meter; letters tell it what it is asked for."""

    def __init__(self, hass: HomeAssistant, clock: GridClock, house: House) -> None:
        super().__init__(EntityReader(hass, clock.from_datetime), EntityWriter(hass))
        self._house = house
        self._given: frozenset[str] = frozenset()

    @override
    def telemetry(self) -> HouseholdTelemetry:
        house = self._house
        said = house.feeder.help_telemetry(house.report, house.at, self._given)
        if said is None:
            return HouseholdTelemetry(reading=None, available=False)
        if not house.end.understands(HouseAsk.kind):
            # An older one: nobody there would hear what it is asked.
            return replace(said, loads_on=dict.fromkeys(said.loads_on, False))
        return said

    @override
    async def apply(self, setpoint: HouseholdSetpoint) -> None:
        """Note which parts of what it offers are given now."""
        self._given = setpoint.shed

    @override
    async def safe_state(self) -> None:
        """Tell nothing: a house keeps its word until the request ends, or it hears that it has."""


def devices(hass: HomeAssistant, clock: GridClock, house: House) -> Mapping[str, tuple[str, DeviceConfig, Any]]:
    """Return name, configuration and adapter of each slot of a house, and of itself as a helper, by device."""
    helper = house.feeder.helper
    return {
        **{each.device_id: (each.name, each, SlotAdapter(hass, clock, house, each)) for each in house.chargers(clock)},
        helper.device_id: (house.name, helper, HelpAdapter(hass, clock, house)),
    }


def slots(houses: Iterable[House]) -> frozenset[str]:
    """Return the devices that stand for chargers of houses: what they give is the houses' to promise."""
    return frozenset(house.feeder.slot_id(slot) for house in houses for slot in range(len(house.feeder.terms.slots)))


def grant(engine: GridEngine, houses: Sequence[House], *, now: float, mono: float) -> None:
    """Share out what is left of the main feeder among the houses, after a pass: each end leases its part.

    While the main meter is silent nobody is given anything: what houses hold ends by itself.

    Args:
        engine: What has decided.
        houses: All that hang on the main feeder.
        now: Grid time.
        mono: Seconds of the clock that links count by.
    """
    carried = engine.measured_a()
    if carried is None:
        return
    demands = {each.device_id: each for each in engine.demands(now)}
    setpoints = {device_id: each.setpoint_a for device_id, each in demands.items()}
    of_houses = slots(houses)
    other = list(carried)
    shares = []
    for house in houses:
        age_s = house.end.report_age_s(mono)
        silent = age_s is None or age_s > SILENT_S or house.report is None
        held = house.end.reserved_a(mono)
        report = house.report
        used = held if silent or report is None else house.feeder.used_a(report, setpoints)
        shares.append(HouseShare(used_a=used, held_a=held, fuse_a=house.feeder.terms.fuse_a, silent=silent))
        measured = _NOTHING if report is None or report.measured_a is None else report.measured_a
        other = [amps - part for amps, part in zip(other, measured, strict=True)]
    for device_id, each in demands.items():
        if device_id not in of_houses:
            # What the street's own chargers have been told they may still take.
            for phase in each.phases:
                other[phase] += max(0.0, (each.setpoint_a or 0.0) - each.measured_a[phase])
    keep = 1 - engine.config.capacity_margin
    capacity = [amps * keep for amps in engine.limit_a()]
    limits = share_envelopes(capacity, [max(0.0, amps) for amps in other], shares)
    for house, limit in zip(houses, limits, strict=True):
        told = [setpoints.get(house.feeder.slot_id(slot)) or 0.0 for slot in range(len(house.feeder.terms.slots))]
        house.end.grant(mono, limit, told)

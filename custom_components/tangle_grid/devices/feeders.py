"""The feeders of an island: the main one from its config entry, those below it from subentries.

A feeder that is named somewhere and exists no more, and one that would lie below itself, is read as the main feeder:
its meter sees everything, so whatever hangs there stays protected.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from ..const import (
    CONF_CAPACITY_A,
    CONF_FEEDER,
    CONF_METER,
    CONF_METER_CURRENT,
    CONF_METER_CURRENT_SENSORS,
    CONF_METER_EXPORT,
    CONF_METER_EXPORT_SENSORS,
    CONF_METER_POWER,
    CONF_METER_POWER_SENSORS,
    CONF_METER_TOTAL,
    CONF_PARENT,
    CONF_PHASES,
    CONF_THRESHOLD,
    DEFAULT_THRESHOLD,
    MAIN_FEEDER,
    SUBENTRY_FEEDER,
)
from ..grid.model.world import FeederConfig, PhaseTriple
from .adapters.meter import Meter
from .io.entity_reading import PHASE_COUNT, EntityReader, ToGridTime
from .named import StoredEntry

type Data = Mapping[str, Any]


class MeterTotal(StrEnum):
    """What a meter with one sensor of power measures, and how it is protected.

    PHASES: A phase for each sensor; one sensor is one phase.
    UNEVEN: All three phases together, and any of them may carry it all: the total stays within one fuse.
    EVEN: All three together, and each is known to carry a third.
    """

    PHASES = "phases"
    UNEVEN = "uneven"
    EVEN = "even"


def meter_total(data: Data) -> MeterTotal:
    """Return what the meter of an island or of a feeder measures, from its data."""
    return MeterTotal(data.get(CONF_METER_TOTAL, MeterTotal.PHASES))


def sub_feeders(entry: StoredEntry) -> dict[str, ConfigSubentry]:
    """Return the feeders below the main one, by id."""
    return {
        subentry_id: subentry
        for subentry_id, subentry in entry.subentries.items()
        if subentry.subentry_type == SUBENTRY_FEEDER
    }


def parents(feeders: Mapping[str, Data]) -> dict[str, str]:
    """Return what each feeder hangs on, made sound.

    Args:
        feeders: The data of the feeders below the main one, by id.

    Returns:
        A tree below the main feeder: what is not one already, begins there.
    """
    wanted = {feeder_id: data.get(CONF_PARENT, MAIN_FEEDER) for feeder_id, data in feeders.items()}
    return {
        feeder_id: parent if parent in wanted and not is_cycle(feeder_id, parent, wanted) else MAIN_FEEDER
        for feeder_id, parent in wanted.items()
    }


def is_cycle(feeder_id: str, parent: str, wanted: Mapping[str, str]) -> bool:
    """Return whether a feeder below `parent` would lie below itself."""
    seen = {feeder_id}
    while parent in wanted:
        if parent in seen:
            return True
        seen.add(parent)
        parent = wanted[parent]
    return False


def ancestors(feeder_id: str, tree: Mapping[str, str]) -> list[str]:
    """Return a feeder and all above it, the main one last; `tree` is what `parents` gave."""
    path = []
    while feeder_id in tree:
        path.append(feeder_id)
        feeder_id = tree[feeder_id]
    return [*path, MAIN_FEEDER]


def feeder_of(data: Data, known: Iterable[str]) -> str:
    """Return the feeder that a participant hangs on."""
    feeder_id: str = data.get(CONF_FEEDER, MAIN_FEEDER)
    return feeder_id if feeder_id in known else MAIN_FEEDER


def main_phases(data: Data) -> tuple[int, ...]:
    """Return phases (0 to 2) of an island's own feed, from the data of its config entry.

    One sensor means one phase, unless it measures all of them.
    """
    single = meter_total(data) is MeterTotal.PHASES and all(len(sensors) == 1 for sensors in data[CONF_METER].values())
    return (0,) if single else tuple(range(PHASE_COUNT))


def sub_feeder_phases(data: Data) -> tuple[int, ...]:
    """Return phases (0 to 2) of a feeder below the main one, in the order of its meter's sensors."""
    return tuple(int(phase) - 1 for phase in data[CONF_PHASES])


def feeder_config(data: Data) -> FeederConfig:
    """Return the feed of an island, from the data of its config entry."""
    return _config(MAIN_FEEDER, None, data, main_phases(data))


def feeder_configs(entry: StoredEntry) -> tuple[FeederConfig, ...]:
    """Return all feeders of an island, the main one first."""
    below = {feeder_id: subentry.data for feeder_id, subentry in sub_feeders(entry).items()}
    tree = parents(below)
    return (
        feeder_config(entry.data),
        *(_config(feeder_id, tree[feeder_id], data, sub_feeder_phases(data)) for feeder_id, data in below.items()),
    )


def build_meter(hass: HomeAssistant, data: Data, to_grid_time: ToGridTime) -> Meter:
    """Return the meter of an island, from the data of its config entry."""
    meter: Mapping[str, list[str]] = data[CONF_METER]
    return Meter(
        EntityReader(hass, to_grid_time),
        power=meter.get(CONF_METER_POWER, ()),
        current=meter.get(CONF_METER_CURRENT, ()),
        export=meter.get(CONF_METER_EXPORT, ()),
        total=meter_total(data) is not MeterTotal.PHASES,
    )


def build_sub_meter(hass: HomeAssistant, data: Data, to_grid_time: ToGridTime) -> Meter:
    """Return the meter of a feeder below the main one, from the data of its subentry."""
    return Meter(
        EntityReader(hass, to_grid_time),
        power=data.get(CONF_METER_POWER_SENSORS, ()),
        current=data.get(CONF_METER_CURRENT_SENSORS, ()),
        export=data.get(CONF_METER_EXPORT_SENSORS, ()),
        phases=sub_feeder_phases(data),
        total=meter_total(data) is not MeterTotal.PHASES,
    )


def build_meters(hass: HomeAssistant, entry: StoredEntry, to_grid_time: ToGridTime) -> dict[str, Meter]:
    """Return the meters of all feeders, by feeder id."""
    meters = {MAIN_FEEDER: build_meter(hass, entry.data, to_grid_time)}
    for feeder_id, subentry in sub_feeders(entry).items():
        meters[feeder_id] = build_sub_meter(hass, subentry.data, to_grid_time)
    return meters


def _config(feeder_id: str, parent_id: str | None, data: Data, phases: Iterable[int]) -> FeederConfig:
    capacity = float(data[CONF_CAPACITY_A])
    threshold = capacity * float(data.get(CONF_THRESHOLD, DEFAULT_THRESHOLD)) / 100.0
    return FeederConfig(
        feeder_id=feeder_id,
        parent_id=parent_id,
        capacity_a=_on(phases, capacity),
        threshold_a=_on(phases, threshold),
        is_total=meter_total(data) is MeterTotal.UNEVEN,
    )


def _on(phases: Iterable[int], amps: float) -> PhaseTriple:
    used = set(phases)
    first, second, third = (amps if phase in used else 0.0 for phase in range(PHASE_COUNT))
    return (first, second, third)

"""Whether all chargers of a feeder may fall back to their safe currents at once.

A blind feeder cannot be protected: its chargers go to their safe currents, and so they do when Home Assistant fails.
What they draw then has to fit, together with everything else that hangs there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..const import (
    CONF_CAPACITY_A,
    CONF_CONTROL,
    CONF_MAX_CURRENT,
    CONF_MIN_CURRENT,
    CONF_PHASES,
    CONF_SAFE_CURRENT,
    MAIN_FEEDER,
    SUBENTRY_CHARGER,
    SUBENTRY_FEEDER,
)
from ..devices.adapters.charger import limit_scale
from ..devices.feeders import MeterTotal, ancestors, build_meter, build_sub_meter, feeder_of, meter_total, parents
from ..devices.io.entity_reading import NOMINAL_VOLTAGE_V, PHASE_COUNT, EntityReader, reading_of_total
from ..devices.io.entity_writing import EntityWriter
from ..devices.io.power_reading import PowerReader
from ..devices.shape import ChargerControl, ShapeError, charger_shape, power_source
from ..island.runtime import TangleGridConfigEntry
from .checks import Problem

type Data = Mapping[str, Any]

# Stands for a subentry that is not saved yet.
NEW: Final = "new"
_EPSILON_A: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeLoad:
    """What a feeder carries on its busiest phase when all its chargers are at their safe current, A.

    Attributes:
        feeder: Its name.
        capacity_a: Its fuse.
        safe_a: All safe currents together.
        other_a: What the rest draws at the moment; 0 while it is not known.
    """

    feeder: str
    capacity_a: float
    safe_a: float
    other_a: float

    @property
    def placeholders(self) -> dict[str, str]:
        """The values for a message."""
        return {
            "feeder": self.feeder,
            "capacity": f"{self.capacity_a:g}",
            "safe": f"{self.safe_a:g}",
            "load": f"{self.other_a:.0f}",
        }


def safe_loads(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    *,
    changed: Mapping[str, tuple[str, Data]] | None = None,
    main: Data | None = None,
) -> list[SafeLoad]:
    """Return the safe load of each feeder that has chargers, as it would be after a change.

    Args:
        hass: Where the meters are.
        entry: The island.
        changed: Kind and data of subentries that are about to be saved, by id (`NEW` for a new one).
        main: Changed data of the main feeder.
    """
    main = entry.data if main is None else main
    items: dict[str, tuple[str, Data]] = {
        subentry_id: (each.subentry_type, each.data) for subentry_id, each in entry.subentries.items()
    }
    items.update(changed or {})
    names = {subentry_id: each.title for subentry_id, each in entry.subentries.items()}
    feeders = {item_id: data for item_id, (kind, data) in items.items() if kind == SUBENTRY_FEEDER}
    tree = parents(feeders)
    chargers = [data for kind, data in items.values() if kind == SUBENTRY_CHARGER]
    found = []
    for feeder_id in (MAIN_FEEDER, *feeders):
        data = main if feeder_id == MAIN_FEEDER else feeders[feeder_id]
        below = [each for each in chargers if feeder_id in ancestors(feeder_of(each, feeders), tree)]
        if below:
            name = entry.title if feeder_id == MAIN_FEEDER else names.get(feeder_id) or str(data.get("name", ""))
            others = _other_load(hass, data, below, main_feeder=feeder_id == MAIN_FEEDER)
            safe = [(_safe_a(hass, each), each) for each in below]
            found.append(_safe_load(name, float(data[CONF_CAPACITY_A]), safe, others))
    return found


def check_safe_loads(loads: list[SafeLoad]) -> Problem | None:
    """Refuse what cannot fit: safe currents that are too much for the fuse even without any other load."""
    for load in loads:
        if load.safe_a > load.capacity_a + _EPSILON_A:
            return Problem(key="safe_currents_exceed", placeholders=load.placeholders)
    return None


def tight(loads: list[SafeLoad]) -> SafeLoad | None:
    """Return the first that would not fit at this moment, with what else hangs there: worth a warning."""
    return next((load for load in loads if load.safe_a + load.other_a > load.capacity_a + _EPSILON_A), None)


def least_a(hass: HomeAssistant, charger: Data) -> float:
    """Return the least current that a charger can be told, A: 0 where it can be paused, or does not say."""
    try:
        shape = charger_shape(charger)
    except ShapeError:
        return 0.0
    pause = shape.pause
    if pause.switch or pause.select or pause.pause_actions:
        return 0.0
    if not pause.zero:
        return float(charger[CONF_MIN_CURRENT])
    if shape.limit is None:
        return 0.0
    most_a = float(charger.get(CONF_MAX_CURRENT, charger[CONF_SAFE_CURRENT]))
    scale = limit_scale(shape, max(1.0, most_a), len(charger[CONF_PHASES]))
    return EntityWriter(hass).lowest_a(shape.limit, scale) or 0.0


def _safe_a(hass: HomeAssistant, charger: Data) -> float:
    """Return what a charger draws in the safe state, A: what cannot be paused draws its least at least."""
    safe_a = float(charger[CONF_SAFE_CURRENT])
    if safe_a > 0 and charger.get(CONF_CONTROL) == ChargerControl.ON_OFF:
        return float(charger[CONF_MAX_CURRENT])
    return max(safe_a, least_a(hass, charger))


def _safe_load(name: str, capacity_a: float, chargers: list[tuple[float, Data]], others: tuple[float, ...]) -> SafeLoad:
    safe = [sum(safe_a for safe_a, each in chargers if phase + 1 in each[CONF_PHASES]) for phase in range(PHASE_COUNT)]
    busiest = max(range(PHASE_COUNT), key=lambda phase: safe[phase] + others[phase])
    if max(safe) > capacity_a:
        busiest = safe.index(max(safe))
    return SafeLoad(feeder=name, capacity_a=capacity_a, safe_a=safe[busiest], other_a=others[busiest])


def _other_load(hass: HomeAssistant, data: Data, chargers: list[Data], *, main_feeder: bool) -> tuple[float, ...]:
    """Return what the feeder carries now besides its chargers, A per phase."""
    reader = EntityReader(hass, lambda moment: moment.timestamp())
    build = build_meter if main_feeder else build_sub_meter
    metered = build(hass, data, lambda moment: moment.timestamp()).reading()
    if metered is None:
        return (0.0,) * PHASE_COUNT
    whole = meter_total(data) is MeterTotal.UNEVEN
    left = [metered.total_w] * PHASE_COUNT if whole else list(metered.power_w)
    for each in chargers:
        phases = [int(phase) - 1 for phase in each[CONF_PHASES]]
        reading = reading_of_total(PowerReader(reader, power_source(each)).sample(), phases)
        if reading is not None:
            own_w = (reading.total_w,) * PHASE_COUNT if whole else reading.power_w
            left = [total - own for total, own in zip(left, own_w, strict=True)]
    return tuple(max(0.0, watts) / NOMINAL_VOLTAGE_V for watts in left)

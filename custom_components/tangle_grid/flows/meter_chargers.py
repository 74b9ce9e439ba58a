"""What a meter shows, held against what the chargers draw that hang on it: its sign, and the order of its phases."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from ..const import CONF_PHASES, SUBENTRY_BATTERY, SUBENTRY_CHARGER, SUBENTRY_SOLAR
from ..devices.io.entity_reading import PHASE_COUNT, EntityReader, reading_of_total
from ..devices.io.power_reading import PowerReader
from ..devices.shape import ShapeError, power_source
from ..grid.model.world import PhaseTriple
from .words import Said

#: What is fed in by nobody, and what a meter shows too little of, W.
FED_IN_W: Final = 100.0
MISSING_W: Final = 300.0
#: No car draws more on a phase, A.
_MOST_A: Final = 125.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """What one charger draws.

    Attributes:
        name: The charger.
        total_w: W over all phases.
        power_w: W on L1, L2, L3; None: nobody knows on which phases it flows.
    """

    name: str
    total_w: float
    power_w: PhaseTriple | None


def against_chargers(
    hass: HomeAssistant, powers: Sequence[float], below: Collection[ConfigSubentry], phases: Sequence[int]
) -> list[Said]:
    """Return what cannot be, with what the chargers draw; where nothing feeds in.

    Args:
        hass: Where the entities are.
        powers: What the meter shows, W, for each of its sensors.
        below: Who hangs on it.
        phases: Which phase (0 to 2) each sensor is on; none: it measures all of them together.
    """
    if any(each.subentry_type in {SUBENTRY_SOLAR, SUBENTRY_BATTERY} for each in below):
        return []
    drawn = [found for each in below if (found := _drawn(hass, each)) is not None]
    total, charging = sum(powers), sum(each.total_w for each in drawn)
    values = {
        "shown": f"{total / 1000:.1f}",
        "drawn": f"{charging / 1000:.1f}",
        "names": ", ".join(each.name for each in drawn),
    }
    if charging > MISSING_W and total < charging - MISSING_W:
        return [("below_chargers", values)]
    if total < -FED_IN_W:
        return [("negative", values)]
    return _order(powers, [each for each in drawn if each.power_w is not None], phases)


def _drawn(hass: HomeAssistant, subentry: ConfigSubentry) -> _Drawn | None:
    """Return what a charger draws; None: it is none, or says nothing."""
    if subentry.subentry_type != SUBENTRY_CHARGER:
        return None
    try:
        reader = PowerReader(EntityReader(hass, lambda moment: moment.timestamp()), power_source(subentry.data))
    except ShapeError:
        return None
    phases = tuple(int(phase) - 1 for phase in subentry.data[CONF_PHASES])
    weights = reader.weights(phases, most_a=_MOST_A)
    reading = reading_of_total(reader.sample(), phases, weights=weights)
    if reading is None:
        return None
    return _Drawn(name=subentry.title, total_w=sum(reading.power_w), power_w=None if reading.split else reading.power_w)


def _order(powers: Sequence[float], drawn: Sequence[_Drawn], phases: Sequence[int]) -> list[Said]:
    """Return which phase shows less than chargers draw there, and the order of sensors in which all of it fits."""
    wanted = [sum(each.power_w[phase] for each in drawn if each.power_w is not None) for phase in range(PHASE_COUNT)]

    def missing(order: Sequence[int]) -> list[int]:
        return [
            phase
            for phase, number in zip(phases, order, strict=True)
            if wanted[phase] > MISSING_W and powers[number] < wanted[phase] - MISSING_W
        ]

    if not (short := missing(range(len(phases)))):
        return []
    phase = short[0]
    values = {
        "phase": f"L{phase + 1}",
        "shown": f"{powers[list(phases).index(phase)] / 1000:.1f}",
        "drawn": f"{wanted[phase] / 1000:.1f}",
        "names": ", ".join(each.name for each in drawn if each.power_w is not None and each.power_w[phase] > 0),
    }
    fitting = [order for order in permutations(range(len(phases))) if not missing(order)]
    if len(fitting) != 1:
        return [("other_phase", values)]
    order = ", ".join(str(number + 1) for number in fitting[0])
    return [("rotated", {**values, "order": order})]

"""Whether the feeding cable is alive, whether the island is formed, and what its inverters give."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_OFF, STATE_ON, UnitOfElectricPotential, UnitOfFrequency
from homeassistant.core import State

from ...const import (
    CONF_CABLE,
    CONF_CABLE_DEAD,
    CONF_FORMED,
    CONF_FORMED_STATES,
    CONF_INVERTER_A,
    CONF_INVERTER_POWER,
    CONF_OVERLOAD,
    CONF_OVERLOAD_S,
    CONF_RESTORE_GAP,
    CONF_SETTLE,
)
from ...grid.model.supply import RESTORE_GAP_S, SETTLE_S, SupplyConfig, SupplyTelemetry
from ..io.entity_reading import NOMINAL_VOLTAGE_V, PHASE_COUNT, EntityReader, finite_number
from .meter import Meter

#: A cable with less than this share of its voltage feeds nobody; below this frequency it is none.
_ALIVE_V: Final = 0.6 * NOMINAL_VOLTAGE_V
_ALIVE_HZ: Final = 40.0
#: From which number on a cable is alive, by the unit in which it is told.
ALIVE_FROM: Final[Mapping[str, float]] = {
    UnitOfElectricPotential.VOLT: _ALIVE_V,
    UnitOfFrequency.HERTZ: _ALIVE_HZ,
}


def supply_config(data: Mapping[str, Any], phases: Sequence[int]) -> SupplyConfig:
    """Return what an island can live on, from its options: nothing on phases that the feed has not."""
    amps = float(data.get(CONF_INVERTER_A, 0.0))
    first, second, third = (amps if phase in phases else 0.0 for phase in range(PHASE_COUNT))
    return SupplyConfig(
        inverter_a=(first, second, third),
        settle_s=float(data.get(CONF_SETTLE, SETTLE_S)),
        restore_gap_s=float(data.get(CONF_RESTORE_GAP, RESTORE_GAP_S)),
        overload_share=float(data.get(CONF_OVERLOAD, 0.0)) / 100.0,
        overload_s=float(data.get(CONF_OVERLOAD_S, 0.0)),
    )


class SupplyReader:
    """Reads the entities that the options of an island name.

    Attributes:
        entity_ids: Those that tell of the cable and of the island: what they say counts at once.
    """

    def __init__(self, reader: EntityReader, data: Mapping[str, Any]) -> None:
        self._reader = reader
        self._cable: str = data[CONF_CABLE]
        self._dead = _folded(data.get(CONF_CABLE_DEAD)) or {STATE_OFF}
        self._formed: str | None = data.get(CONF_FORMED)
        self._formed_states = _folded(data.get(CONF_FORMED_STATES)) or {STATE_ON}
        power = data.get(CONF_INVERTER_POWER) or ()
        self._meter = Meter(reader, power=power) if power else None
        self.entity_ids = frozenset(each for each in (self._cable, self._formed) if each is not None)

    def telemetry(self) -> SupplyTelemetry:
        """Return what is known now."""
        return SupplyTelemetry(
            cable=self._alive(),
            formed=self._is_formed(),
            reading=None if self._meter is None else self._meter.reading(),
        )

    def _alive(self) -> bool | None:
        if (state := self._reader.state(self._cable)) is None:
            return None
        if (least := _least(state)) is None:
            return state.state.casefold() not in self._dead
        number = finite_number(state.state)
        return None if number is None else number >= least

    def _is_formed(self) -> bool | None:
        if self._formed is None or (state := self._reader.state(self._formed)) is None:
            return None
        return state.state.casefold() in self._formed_states


def _least(state: State) -> float | None:
    """Return from which number on a cable is alive; None: it is told in words."""
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    return ALIVE_FROM.get(unit) if isinstance(unit, str) else None


def _folded(texts: Sequence[str] | None) -> set[str]:
    return {text.casefold() for text in texts or ()}

"""How the island knows that its feeding cable is dead, and what it can live on then."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, PERCENTAGE, Platform, UnitOfElectricCurrent, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig

from ...const import (
    CONF_CABLE,
    CONF_CABLE_DEAD,
    CONF_CARRY_RATE,
    CONF_FORMED,
    CONF_FORMED_STATES,
    CONF_INVERTER_A,
    CONF_INVERTER_POWER,
    CONF_METER,
    CONF_OUTAGE,
    CONF_OVERLOAD,
    CONF_OVERLOAD_S,
    CONF_RESTORE_GAP,
    CONF_SETTLE,
)
from ...devices.adapters.supply import ALIVE_FROM
from ...devices.io.entity_reading import finite_number
from ...grid.model.supply import RESTORE_GAP_S, SETTLE_S
from ..checks import NO_PLACEHOLDERS, POWER_UNITS, Problem, check_exists, check_number_sensor
from ..fields import INPUT_BOOLEAN, INPUT_SELECT, MAX_RATE, number, rarely, sensors, texts
from ..form_data import FieldProblem, flattened, place_of, require, require_iota, sectioned
from ..mi_amounts import UNIT_MI_PER_KWH, amount, shown_in_mi, with_worth
from .opened import OpenLedgerFlow

SECTION_OVERLOAD: Final = "short_overload"
SECTION_RETURN: Final = "return"
_SOURCES: Final = EntitySelectorConfig(
    filter={"domain": [Platform.BINARY_SENSOR, Platform.SENSOR, Platform.SWITCH, INPUT_BOOLEAN, INPUT_SELECT]}
)

OUTAGE_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_CABLE): EntitySelector(_SOURCES),
        vol.Optional(CONF_CABLE_DEAD): texts(),
        vol.Optional(CONF_FORMED): EntitySelector(_SOURCES),
        vol.Optional(CONF_FORMED_STATES): texts(),
        vol.Optional(CONF_INVERTER_A): number(0.5, 10_000, UnitOfElectricCurrent.AMPERE, step=0.1),
        vol.Optional(CONF_INVERTER_POWER): sensors(SensorDeviceClass.POWER, multiple=True),
        vol.Optional(CONF_CARRY_RATE): amount(0, MAX_RATE, UNIT_MI_PER_KWH),
        vol.Optional(SECTION_OVERLOAD): rarely(
            {
                vol.Optional(CONF_OVERLOAD): number(1, 100, PERCENTAGE),
                vol.Optional(CONF_OVERLOAD_S): number(1, 600, UnitOfTime.SECONDS),
            }
        ),
        vol.Optional(SECTION_RETURN): rarely(
            {
                vol.Optional(CONF_SETTLE, default=SETTLE_S): number(10, 3_600, UnitOfTime.SECONDS),
                vol.Optional(CONF_RESTORE_GAP, default=RESTORE_GAP_S): number(1, 600, UnitOfTime.SECONDS),
            }
        ),
    }
)


class OutageSteps(OpenLedgerFlow):
    """The step about a dead cable."""

    async def async_step_outage(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how it is known; without the entity of a cable, nothing is watched."""
        entry = self.config_entry
        shown = user_input or sectioned(OUTAGE_SCHEMA, entry.options.get(CONF_OUTAGE, {}))
        place, problem = "base", None
        if user_input is not None:
            data = flattened(user_input)
            try:
                _check(self.hass, data, entry.data.get(CONF_METER, {}))
            except FieldProblem as found:
                place, problem = place_of(OUTAGE_SCHEMA, found.field), found.problem
            else:
                options = {name: value for name, value in entry.options.items() if name != CONF_OUTAGE}
                if CONF_CABLE in data:
                    options[CONF_OUTAGE] = data
                return self.async_create_entry(data=options)
        schema = with_worth(OUTAGE_SCHEMA, self.hass, entry.options)
        return self.async_show_form(
            step_id="outage",
            data_schema=self.add_suggested_values_to_schema(schema, shown_in_mi(schema, shown)),
            errors={place: problem.key} if problem is not None else {},
            description_placeholders={**NO_PLACEHOLDERS, **(problem.placeholders if problem is not None else {})},
        )


def _check(hass: HomeAssistant, data: Mapping[str, Any], meter: Mapping[str, Any]) -> None:
    """Raise FieldProblem for what cannot be, or does not go together."""
    require_iota(data)
    cable, formed = data.get(CONF_CABLE), data.get(CONF_FORMED)
    for field, other in ((CONF_OVERLOAD, CONF_OVERLOAD_S), (CONF_OVERLOAD_S, CONF_OVERLOAD)):
        if field not in data and other in data:
            raise FieldProblem(field, Problem(key="overload_half"))
    if cable is None:
        if formed is not None or CONF_INVERTER_POWER in data or CONF_INVERTER_A in data:
            raise FieldProblem(CONF_CABLE, Problem(key="cable_missing"))
        return
    require(CONF_CABLE, check_exists(hass, cable))
    require(CONF_CABLE, _check_told(hass, cable))
    if formed is None:
        return
    require(CONF_FORMED, check_exists(hass, formed))
    if formed == cable and not (data.get(CONF_CABLE_DEAD) and data.get(CONF_FORMED_STATES)):
        # One entity that tells both has a word for each.
        raise FieldProblem(CONF_FORMED, Problem(key="entity_twice", placeholders={"entity": formed}))
    if CONF_INVERTER_A not in data:
        raise FieldProblem(CONF_INVERTER_A, Problem(key="inverter_missing"))
    power = data.get(CONF_INVERTER_POWER, ())
    phases = max((len(sensors_) for sensors_ in meter.values()), default=len(power))
    if power and len(power) != phases:
        placeholders = {"expected": str(phases)}
        raise FieldProblem(CONF_INVERTER_POWER, Problem(key="inverter_phases", placeholders=placeholders))
    for entity_id in power:
        require(CONF_INVERTER_POWER, check_number_sensor(hass, entity_id, POWER_UNITS, may_be_silent=True))


def _check_told(hass: HomeAssistant, entity_id: str) -> Problem | None:
    """Return a problem where a cable is told by a number that is neither a voltage nor a frequency."""
    state = hass.states.get(entity_id)
    assert state is not None  # noqa: S101  # it was looked at just now
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if unit in ALIVE_FROM or (unit is None and finite_number(state.state) is None):
        return None
    return Problem(key="cable_unclear", placeholders={"entity": entity_id, "unit": str(unit or state.state)})

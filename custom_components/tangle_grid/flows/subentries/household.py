"""The steps for a household."""

from collections.abc import Sequence
from typing import Final, override

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import ATTR_DEVICE_CLASS, ATTR_UNIT_OF_MEASUREMENT, CONF_NAME, UnitOfPower, UnitOfTime
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import ObjectSelector, ObjectSelectorConfig, SelectOptionDict, TextSelector
from homeassistant.util.unit_conversion import PowerConverter

from ...const import (
    CONF_LEAST_OFF,
    CONF_LEAST_ON,
    CONF_LOAD_ENTITY,
    CONF_LOAD_WHEN,
    CONF_LOADS,
    CONF_POLICY,
    CONF_POLICY_MODE,
    CONF_POWER,
    CONF_POWER_EXPORT,
    CONF_RATED_W,
    SUBENTRY_HOUSEHOLD,
)
from ...devices.io.entity_reading import convert, finite_number
from ...devices.shape import LoadUse
from ...grid.model.world import PolicyMode
from .. import fields as selectors
from ..checks import Problem, check_exists, check_power
from ..form_data import Data, FieldProblem, require
from .participant import STEP_FIRST, STEP_POLICY, ParticipantFlow

#: A load that takes less is not running, W.
_LEAST_W: Final = 10
SECTION_READINGS = "reading"
_MODES = (PolicyMode.NEVER, PolicyMode.ASK, PolicyMode.ALWAYS)


class HouseholdFlow(ParticipantFlow, kind=SUBENTRY_HOUSEHOLD):
    """Add or change a household."""

    exclusive_fields = (CONF_POWER, CONF_POWER_EXPORT, CONF_LOADS)

    @override
    def steps(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> dict[str, vol.Schema]:
        return {
            STEP_FIRST: vol.Schema(
                {
                    vol.Required(CONF_NAME): TextSelector(),
                    vol.Required(CONF_POWER): selectors.powers(),
                    **selectors.place(phase_count, feeders),
                    vol.Optional(CONF_LOADS): _loads(),
                    vol.Optional(SECTION_READINGS): selectors.rarely(selectors.readings()),
                }
            ),
            STEP_POLICY: vol.Schema(selectors.policy(_MODES)),
        }

    @override
    def check(self, step: str, data: Data) -> None:
        if step == STEP_POLICY:
            asked = [each for each in data.get(CONF_LOADS, ()) if each.get(CONF_LOAD_WHEN) != LoadUse.FUSE]
            if data[CONF_POLICY][CONF_POLICY_MODE] != PolicyMode.NEVER and not asked:
                raise FieldProblem(CONF_POLICY_MODE, Problem(key="policy_needs_loads"))
            return
        if (found := check_power(self.hass, data)) is not None:
            raise FieldProblem(*found)
        for load in data.get(CONF_LOADS, ()):
            require(CONF_LOADS, check_exists(self.hass, load[CONF_LOAD_ENTITY]))
            if not load.get(CONF_RATED_W):
                load[CONF_RATED_W] = self._measured_w(load[CONF_LOAD_ENTITY])
            if load.get(CONF_LEAST_OFF) == 0:
                # The least of a number is what the form fills in.
                del load[CONF_LEAST_OFF]

    def _measured_w(self, switch: str) -> int:
        """Return what a load takes now, by a power sensor of the switch's own device, W.

        Raises:
            FieldProblem: load_power_unknown: nothing measures it, or it is not running.
        """
        registry = er.async_get(self.hass)
        entry = registry.async_get(switch)
        beside = er.async_entries_for_device(registry, entry.device_id) if entry and entry.device_id else []
        for entity in beside:
            state = self.hass.states.get(entity.entity_id)
            if state is None or state.attributes.get(ATTR_DEVICE_CLASS) != SensorDeviceClass.POWER:
                continue
            value, unit = finite_number(state.state), state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
            watts = None if value is None else convert(value, unit, UnitOfPower.WATT, PowerConverter)
            if watts is not None and watts >= _LEAST_W:
                return round(watts)
        raise FieldProblem(CONF_LOADS, Problem(key="load_power_unknown", placeholders={"entity": switch}))


def _loads() -> ObjectSelector:
    """Return the loads that may be switched off, each with its power."""
    return ObjectSelector(
        ObjectSelectorConfig(
            fields={
                CONF_LOAD_ENTITY: {"required": True, "selector": selectors.switches()},
                # The least of a number is what the form fills in: 0 stands for what is not known yet.
                CONF_RATED_W: {"required": False, "selector": selectors.number(0, 100_000, UnitOfPower.WATT)},
                CONF_LOAD_WHEN: {
                    "required": False,
                    "selector": selectors.choice([each.value for each in LoadUse], "load_use"),
                },
                CONF_LEAST_ON: {"required": False, "selector": selectors.number(0, 86_400, UnitOfTime.SECONDS)},
                CONF_LEAST_OFF: {"required": False, "selector": selectors.number(0, 86_400, UnitOfTime.SECONDS)},
            },
            multiple=True,
            label_field=CONF_LOAD_ENTITY,
            description_field=CONF_RATED_W,
            translation_key=CONF_LOADS,
        )
    )

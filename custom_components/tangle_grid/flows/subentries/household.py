"""The form of a household."""

from collections.abc import Mapping, Sequence
from typing import Any, override

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import CONF_NAME, UnitOfPower
from homeassistant.helpers.selector import ObjectSelector, ObjectSelectorConfig, SelectOptionDict, TextSelector

from ...const import (
    CONF_FEEDER,
    CONF_LOAD_ENTITY,
    CONF_LOADS,
    CONF_PHASES,
    CONF_POLICY,
    CONF_POLICY_MODE,
    CONF_POWER,
    CONF_RATED_W,
    SUBENTRY_HOUSEHOLD,
)
from ...grid.model.world import PolicyMode
from .. import fields as selectors
from ..checks import POWER_UNITS, Problem, check_exists, check_number_sensor
from .participant import FieldProblem, ParticipantFlow, require

_MODES = (PolicyMode.NEVER, PolicyMode.ASK, PolicyMode.ALWAYS)


class HouseholdFlow(ParticipantFlow, kind=SUBENTRY_HOUSEHOLD):
    """Add or change a household."""

    exclusive_fields = (CONF_POWER, CONF_LOADS)

    @override
    def schema(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> vol.Schema:
        all_phases = [str(phase) for phase in range(1, phase_count + 1)]
        return vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_POWER): selectors.sensors(SensorDeviceClass.POWER),
                vol.Required(CONF_PHASES, default=all_phases): selectors.phases(phase_count),
                **selectors.feeder(CONF_FEEDER, feeders),
                vol.Optional(CONF_LOADS): ObjectSelector(
                    ObjectSelectorConfig(
                        fields={
                            CONF_LOAD_ENTITY: {"required": True, "selector": selectors.switches()},
                            CONF_RATED_W: {
                                "required": True,
                                "selector": selectors.number(1, 100_000, UnitOfPower.WATT),
                            },
                        },
                        multiple=True,
                        label_field=CONF_LOAD_ENTITY,
                        description_field=CONF_RATED_W,
                        translation_key=CONF_LOADS,
                    )
                ),
                vol.Required(CONF_POLICY): selectors.policy(_MODES),
            }
        )

    @override
    def check(self, data: Mapping[str, Any]) -> None:
        require(CONF_POWER, check_number_sensor(self.hass, data[CONF_POWER], POWER_UNITS))
        for load in data.get(CONF_LOADS, ()):
            require(CONF_LOADS, check_exists(self.hass, load[CONF_LOAD_ENTITY]))
        if data[CONF_POLICY][CONF_POLICY_MODE] != PolicyMode.NEVER and not data.get(CONF_LOADS):
            raise FieldProblem(CONF_LOADS, Problem(key="policy_needs_loads"))

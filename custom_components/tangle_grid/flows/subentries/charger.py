"""The form of a charger with its car."""

from collections.abc import Mapping, Sequence
from typing import Any, override

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME, UnitOfElectricCurrent, UnitOfEnergy, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import BooleanSelector, SelectOptionDict, TextSelector, TimeSelector

from ...const import (
    CONF_BATTERY_KWH,
    CONF_CONNECTED,
    CONF_CURRENT_LIMIT,
    CONF_CURRENTS,
    CONF_DEPARTURE,
    CONF_DEPARTURE_ENTITY,
    CONF_DISCHARGE_CURRENT,
    CONF_ENABLE,
    CONF_ENABLE_PAUSES,
    CONF_ENERGY,
    CONF_FAIL_SAFE,
    CONF_FEEDER,
    CONF_ID_SENSOR,
    CONF_LEARN_PHASES,
    CONF_MAX_AGE,
    CONF_MAX_CURRENT,
    CONF_MAX_DISCHARGE_CURRENT,
    CONF_MIN_CURRENT,
    CONF_PHASES,
    CONF_POLICY,
    CONF_POLICY_MODE,
    CONF_POWER,
    CONF_PRIORITY,
    CONF_REQUIRE_CHARGED,
    CONF_REQUIRE_DEPARTURE,
    CONF_SAFE_CURRENT,
    CONF_SOC,
    CONF_STEP,
    CONF_TARGET_SOC,
    CONF_V2G_FLOOR_SOC,
    CONF_WRITE_INTERVAL,
    DEFAULT_MAX_AGE,
    DEFAULT_STEP_A,
    DEFAULT_TARGET_SOC,
    SUBENTRY_CHARGER,
)
from ...devices.presets import KIND_CHARGER
from ...grid.model.world import PolicyMode
from .. import fields as selectors
from ..checks import (
    CURRENT_UNITS,
    ENERGY_UNITS,
    PERCENT_UNITS,
    POWER_UNITS,
    Problem,
    check_control,
    check_exists,
    check_number_sensor,
)
from ..safety import least_a
from .participant import FieldProblem, ParticipantFlow, Warned, require

SECTION_CAR = "car"
SECTION_LIMITS = "limits"
SECTION_FEED_BACK = "feed_back"
SECTION_ADVANCED = "advanced"
_PHASE_SENSORS = 3
_AMPERE = UnitOfElectricCurrent.AMPERE
_SECONDS = UnitOfTime.SECONDS


class ChargerFlow(ParticipantFlow, kind=SUBENTRY_CHARGER):
    """Add or change a charger."""

    device_kind = KIND_CHARGER
    exclusive_fields = (
        CONF_POWER,
        CONF_CURRENTS,
        CONF_ENERGY,
        CONF_CURRENT_LIMIT,
        CONF_ENABLE,
        CONF_ENABLE_PAUSES,
        CONF_CONNECTED,
        CONF_DISCHARGE_CURRENT,
        CONF_FAIL_SAFE,
        CONF_ID_SENSOR,
    )
    shared_fields = (CONF_SOC, CONF_DEPARTURE_ENTITY)

    @override
    def schema(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> vol.Schema:
        all_phases = [str(phase) for phase in range(1, phase_count + 1)]
        return vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_POWER): selectors.sensors(SensorDeviceClass.POWER),
                vol.Required(CONF_CURRENT_LIMIT): selectors.numbers(),
                vol.Optional(CONF_ENABLE): selectors.switches(),
                vol.Optional(CONF_CONNECTED): selectors.plugged_in(),
                vol.Required(CONF_PHASES, default=all_phases): selectors.phases(phase_count),
                **selectors.feeder(CONF_FEEDER, feeders),
                vol.Optional(CONF_CURRENTS): selectors.sensors(SensorDeviceClass.CURRENT, multiple=True),
                vol.Optional(CONF_ENERGY): selectors.sensors(SensorDeviceClass.ENERGY),
                vol.Required(SECTION_LIMITS): section(
                    vol.Schema(
                        {
                            vol.Required(CONF_MIN_CURRENT, default=6): selectors.number(1, 32, _AMPERE),
                            vol.Required(CONF_MAX_CURRENT, default=16): selectors.number(6, 125, _AMPERE),
                            vol.Required(CONF_SAFE_CURRENT, default=6): selectors.number(0, 125, _AMPERE),
                        }
                    )
                ),
                vol.Required(SECTION_CAR): section(
                    vol.Schema(
                        {
                            vol.Optional(CONF_SOC): selectors.sensors(SensorDeviceClass.BATTERY),
                            vol.Optional(CONF_BATTERY_KWH): selectors.number(
                                1, 1000, UnitOfEnergy.KILO_WATT_HOUR, step=0.1
                            ),
                            vol.Required(CONF_TARGET_SOC, default=DEFAULT_TARGET_SOC): selectors.percent(),
                            vol.Optional(CONF_DEPARTURE): TimeSelector(),
                            vol.Optional(CONF_DEPARTURE_ENTITY): selectors.moments(),
                        }
                    )
                ),
                vol.Required(SECTION_FEED_BACK): section(
                    vol.Schema(
                        {
                            vol.Optional(CONF_DISCHARGE_CURRENT): selectors.numbers(),
                            vol.Optional(CONF_MAX_DISCHARGE_CURRENT): selectors.number(1, 125, _AMPERE),
                        }
                    ),
                    {"collapsed": True},
                ),
                vol.Required(CONF_POLICY): selectors.policy(
                    tuple(PolicyMode), charged_above=True, departs=True, feeds_back=True
                ),
                vol.Optional(SECTION_ADVANCED): section(
                    vol.Schema(
                        {
                            vol.Optional(CONF_ENABLE_PAUSES, default=False): BooleanSelector(),
                            vol.Optional(CONF_ID_SENSOR): selectors.read_ids(),
                            vol.Optional(CONF_FAIL_SAFE): selectors.numbers(),
                            vol.Optional(CONF_PRIORITY, default=0): selectors.number(0, 10),
                            vol.Optional(CONF_LEARN_PHASES, default=True): BooleanSelector(),
                            vol.Optional(CONF_MAX_AGE, default=DEFAULT_MAX_AGE): selectors.number(10, 3600, _SECONDS),
                            vol.Optional(CONF_STEP, default=DEFAULT_STEP_A): selectors.number(
                                0.1, 16, _AMPERE, step=0.1
                            ),
                            vol.Optional(CONF_WRITE_INTERVAL): selectors.number(1, 3600, _SECONDS),
                        }
                    ),
                    {"collapsed": True},
                ),
            }
        )

    @override
    def check(self, data: Mapping[str, Any]) -> None:
        self._check_entities(data)
        self._check_limits(data)
        self._check_feeding_back(data)
        if CONF_DEPARTURE in data and CONF_DEPARTURE_ENTITY in data:
            raise FieldProblem(CONF_DEPARTURE, Problem(key="departure_twice"))
        policy = data[CONF_POLICY]
        by_charge = policy[CONF_POLICY_MODE] == PolicyMode.WHEN_CHARGED or policy.get(CONF_REQUIRE_CHARGED)
        if by_charge and CONF_SOC not in data:
            raise FieldProblem(CONF_POLICY, Problem(key="policy_needs_soc"))
        by_departure = policy[CONF_POLICY_MODE] == PolicyMode.DEPARTURE_HOLDS or policy.get(CONF_REQUIRE_DEPARTURE)
        if by_departure and not (
            CONF_SOC in data and CONF_BATTERY_KWH in data and (CONF_DEPARTURE in data or CONF_DEPARTURE_ENTITY in data)
        ):
            raise FieldProblem(CONF_POLICY, Problem(key="policy_needs_departure"))

    @override
    def warnings(self, data: Mapping[str, Any]) -> list[Warned]:
        lowest_a = least_a(self.hass, data)
        return [Warned("cannot_pause", {"lowest": f"{lowest_a:g}"})] if lowest_a > 0 else []

    async def async_step_cannot_pause(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - there is nothing to fill in
    ) -> SubentryFlowResult:
        """Go on after it was said that the charger always draws something."""
        return self.warn_or_save()

    def _check_entities(self, data: Mapping[str, Any]) -> None:
        require(CONF_POWER, check_number_sensor(self.hass, data[CONF_POWER], POWER_UNITS))
        for field in (CONF_ENABLE, CONF_CONNECTED, CONF_DEPARTURE_ENTITY, CONF_ID_SENSOR):
            if field in data:
                require(field, check_exists(self.hass, data[field]))
        currents = data.get(CONF_CURRENTS, [])
        if currents and len(currents) != _PHASE_SENSORS:
            raise FieldProblem(CONF_CURRENTS, Problem(key="currents_count"))
        for entity_id in currents:
            require(CONF_CURRENTS, check_number_sensor(self.hass, entity_id, CURRENT_UNITS, may_be_silent=True))
        if CONF_ENERGY in data:
            require(CONF_ENERGY, check_number_sensor(self.hass, data[CONF_ENERGY], ENERGY_UNITS, may_be_silent=True))
        if CONF_SOC in data:
            require(CONF_SOC, check_number_sensor(self.hass, data[CONF_SOC], PERCENT_UNITS, may_be_silent=True))

    def _check_limits(self, data: Mapping[str, Any]) -> None:
        lowest, highest, safe = data[CONF_MIN_CURRENT], data[CONF_MAX_CURRENT], data[CONF_SAFE_CURRENT]
        if lowest > highest:
            raise FieldProblem(CONF_MIN_CURRENT, Problem(key="minimum_above_maximum"))
        # Between 0 and the minimum no car charges: 0 pauses.
        if safe != 0 and not lowest <= safe <= highest:
            raise FieldProblem(CONF_SAFE_CURRENT, Problem(key="safe_outside_limits"))
        require(
            CONF_CURRENT_LIMIT,
            check_control(self.hass, data[CONF_CURRENT_LIMIT], CURRENT_UNITS, lowest=lowest, highest=highest),
        )
        if safe < (floor_a := least_a(self.hass, data)):
            raise FieldProblem(
                CONF_SAFE_CURRENT, Problem(key="safe_below_lowest", placeholders={"lowest": f"{floor_a:g}"})
            )
        if (fail_safe := data.get(CONF_FAIL_SAFE)) is not None:
            require(CONF_FAIL_SAFE, check_control(self.hass, fail_safe, CURRENT_UNITS, lowest=safe, highest=safe))

    def _check_feeding_back(self, data: Mapping[str, Any]) -> None:
        control, highest = data.get(CONF_DISCHARGE_CURRENT), data.get(CONF_MAX_DISCHARGE_CURRENT)
        if (control is None) != (highest is None):
            raise FieldProblem(CONF_DISCHARGE_CURRENT, Problem(key="feed_back_incomplete"))
        if CONF_V2G_FLOOR_SOC in data[CONF_POLICY] and (control is None or CONF_SOC not in data):
            raise FieldProblem(CONF_POLICY, Problem(key="feed_back_impossible"))
        if control is None or highest is None:
            return
        require(
            CONF_DISCHARGE_CURRENT,
            check_control(self.hass, control, CURRENT_UNITS, lowest=0, highest=highest),
        )
        # Charging and feeding back at once must be impossible, so the charge limit has to go down to 0 A.
        require(
            CONF_CURRENT_LIMIT,
            check_control(self.hass, data[CONF_CURRENT_LIMIT], CURRENT_UNITS, lowest=0, highest=data[CONF_MAX_CURRENT]),
        )

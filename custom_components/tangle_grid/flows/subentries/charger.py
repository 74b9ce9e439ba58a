"""The steps for a charger with its car."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, override

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME, UnitOfElectricCurrent, UnitOfTime
from homeassistant.helpers.selector import ActionSelector, BooleanSelector, SelectOptionDict, TextSelector, TimeSelector

from ...const import (
    CONF_BATTERY_KWH,
    CONF_CONNECTED,
    CONF_CONTROL,
    CONF_CURRENT_LIMIT,
    CONF_CURRENTS,
    CONF_DEPARTURE,
    CONF_DEPARTURE_ENTITY,
    CONF_DISCHARGE_CURRENT,
    CONF_ENABLE,
    CONF_ENABLE_PAUSES,
    CONF_ENERGY,
    CONF_ENERGY_OUT,
    CONF_FAIL_SAFE,
    CONF_ID_SENSOR,
    CONF_KEEP_ALIVE,
    CONF_LEARN_PHASES,
    CONF_LIMIT_FULL,
    CONF_LIMIT_UNIT,
    CONF_MAX_AGE,
    CONF_MAX_CURRENT,
    CONF_MAX_DISCHARGE_CURRENT,
    CONF_MIN_CURRENT,
    CONF_PAUSE_ACTIONS,
    CONF_PAUSE_OPTION,
    CONF_PAUSE_SELECT,
    CONF_PHASE_ACTIONS,
    CONF_PHASE_HOLD,
    CONF_PHASE_OPTION_ONE,
    CONF_PHASE_OPTION_THREE,
    CONF_PHASE_PAUSES,
    CONF_PHASE_SWITCH,
    CONF_PHASES,
    CONF_POLICY,
    CONF_POWER,
    CONF_POWER_EXPORT,
    CONF_PRIORITY,
    CONF_RESUME_ACTIONS,
    CONF_RESUME_OPTION,
    CONF_SAFE_CURRENT,
    CONF_SET_ACTIONS,
    CONF_SOC,
    CONF_STATUS,
    CONF_STEP,
    CONF_TARGET_SOC,
    CONF_V2G_FLOOR_SOC,
    CONF_WRITE_INTERVAL,
    CONF_ZERO_PAUSES,
    DEFAULT_MAX_AGE,
    DEFAULT_PHASE_HOLD,
    DEFAULT_STEP_A,
    DEFAULT_TARGET_SOC,
    SUBENTRY_CHARGER,
)
from ...devices.adapters.charger import limit_scale
from ...devices.io.setting import AMPERES, Scale
from ...devices.presets import KIND_CHARGER
from ...devices.shape import LIMIT_UNITS, ChargerControl, charger_shape
from ...grid.model.world import PolicyMode
from .. import fields as selectors
from ..checks import (
    ENERGY_UNITS,
    PERCENT_UNITS,
    Problem,
    async_check_actions,
    check_control,
    check_exists,
    check_number_sensor,
    check_power,
    check_settable,
    limit_unit,
)
from ..form_data import Data, FieldProblem, require, require_shape
from ..safety import least_a
from .car_checks import check_car_policy, check_departure
from .participant import STEP_CAR, STEP_FIRST, STEP_LIMITS, STEP_POLICY, Warned
from .trial import TriedOutFlow

SECTION_FEED_BACK = "feed_back"
SECTION_ADVANCED = "advanced"
SECTION_CONTROL = "controlling"
SECTION_PHASES = "changing_phases"
SECTION_READINGS = "reading"
#: What stands for options that are asked later.
_SOME_OPTIONS = {
    CONF_PAUSE_OPTION: "0",
    CONF_RESUME_OPTION: "1",
    CONF_PHASE_OPTION_ONE: "1",
    CONF_PHASE_OPTION_THREE: "3",
}
_AMPERE = UnitOfElectricCurrent.AMPERE
_SECONDS = UnitOfTime.SECONDS
#: Stands for a highest current that is not asked for yet.
_ANY_A = 16.0


class ChargerFlow(TriedOutFlow, kind=SUBENTRY_CHARGER):
    """Add or change a charger."""

    device_kind = KIND_CHARGER
    exclusive_fields = (
        CONF_POWER,
        CONF_POWER_EXPORT,
        CONF_CURRENTS,
        CONF_ENERGY,
        CONF_ENERGY_OUT,
        CONF_CURRENT_LIMIT,
        CONF_ENABLE,
        CONF_PAUSE_SELECT,
        CONF_PHASE_SWITCH,
        CONF_CONNECTED,
        CONF_DISCHARGE_CURRENT,
        CONF_FAIL_SAFE,
        CONF_ID_SENSOR,
    )
    shared_fields = (CONF_SOC, CONF_DEPARTURE_ENTITY)
    option_fields: ClassVar = {
        CONF_PAUSE_SELECT: (CONF_PAUSE_OPTION, CONF_RESUME_OPTION),
        CONF_PHASE_SWITCH: (CONF_PHASE_OPTION_ONE, CONF_PHASE_OPTION_THREE),
    }
    needed_options = frozenset({CONF_PAUSE_OPTION, CONF_RESUME_OPTION, CONF_PHASE_OPTION_ONE, CONF_PHASE_OPTION_THREE})

    @override
    def steps(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> dict[str, vol.Schema]:
        return {
            STEP_FIRST: vol.Schema(
                {
                    vol.Required(CONF_NAME): TextSelector(),
                    vol.Optional(CONF_POWER): selectors.powers(),
                    vol.Optional(CONF_CURRENT_LIMIT): selectors.limits(),
                    vol.Optional(CONF_ENABLE): selectors.switches(),
                    vol.Optional(CONF_CONNECTED): selectors.plugged_in(),
                    **selectors.place(phase_count, feeders),
                    vol.Optional(SECTION_CONTROL): selectors.rarely(_controlling()),
                    vol.Optional(SECTION_PHASES): selectors.rarely(_phases()),
                    vol.Optional(SECTION_READINGS): selectors.rarely(_reading()),
                }
            ),
            STEP_LIMITS: vol.Schema(
                {
                    vol.Required(CONF_MIN_CURRENT, default=6): selectors.number(1, 32, _AMPERE),
                    vol.Required(CONF_MAX_CURRENT, default=16): selectors.number(6, 125, _AMPERE),
                    vol.Required(CONF_SAFE_CURRENT, default=6): selectors.number(0, 125, _AMPERE),
                    vol.Optional(SECTION_FEED_BACK): selectors.rarely(
                        {
                            vol.Optional(CONF_DISCHARGE_CURRENT): selectors.numbers(),
                            vol.Optional(CONF_MAX_DISCHARGE_CURRENT): selectors.number(1, 125, _AMPERE),
                        }
                    ),
                    vol.Optional(SECTION_ADVANCED): selectors.rarely(_advanced()),
                }
            ),
            STEP_CAR: vol.Schema(
                {
                    vol.Optional(CONF_SOC): selectors.charges(),
                    vol.Optional(CONF_BATTERY_KWH): selectors.capacity(),
                    vol.Required(CONF_TARGET_SOC, default=DEFAULT_TARGET_SOC): selectors.percent(),
                    vol.Optional(CONF_DEPARTURE): TimeSelector(),
                    vol.Optional(CONF_DEPARTURE_ENTITY): selectors.moments(),
                }
            ),
            STEP_POLICY: vol.Schema(
                selectors.policy(tuple(PolicyMode), charged_above=True, departs=True, feeds_back=True)
            ),
        }

    @override
    def check(self, step: str, data: Data) -> None:
        match step:
            case "user":
                self._check_entities(data)
            case "limits":
                self._check_limits(data)
                self._check_feeding_back(data)
            case "car":
                self._check_car(data)
            case _:
                check_car_policy(data)
                floor = CONF_V2G_FLOOR_SOC in data[CONF_POLICY]
                if floor and (CONF_DISCHARGE_CURRENT not in data or CONF_SOC not in data):
                    raise FieldProblem(CONF_V2G_FLOOR_SOC, Problem(key="feed_back_impossible"))

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

    @override
    async def async_check(self, data: Mapping[str, Any]) -> None:
        for field in (CONF_SET_ACTIONS, CONF_PAUSE_ACTIONS, CONF_RESUME_ACTIONS, CONF_PHASE_ACTIONS):
            if field in data:
                require(field, await async_check_actions(self.hass, data[field]))

    @override
    def check_options(self, data: Mapping[str, Any]) -> None:
        require_shape(charger_shape, data)

    def _check_entities(self, data: Data) -> None:
        # What its options mean is asked later.
        require_shape(charger_shape, {**_SOME_OPTIONS, **data})
        self._check_phases(data)
        if (found := check_power(self.hass, data)) is not None:
            raise FieldProblem(*found)
        if self._is_told_a_limit(data):
            # Which values it takes matters once the limits are known.
            scale = self._scale(data, most_a=_ANY_A)
            require(CONF_CURRENT_LIMIT, check_settable(self.hass, data[CONF_CURRENT_LIMIT], scale))
        for field in (CONF_ENABLE, CONF_PAUSE_SELECT, CONF_PHASE_SWITCH, CONF_CONNECTED, CONF_STATUS, CONF_ID_SENSOR):
            if field in data:
                require(field, check_exists(self.hass, data[field]))
        for field in (CONF_ENERGY, CONF_ENERGY_OUT):
            if field in data:
                require(field, check_number_sensor(self.hass, data[field], ENERGY_UNITS, may_be_silent=True))

    @staticmethod
    def _check_phases(data: Mapping[str, Any]) -> None:
        by_entity, by_actions = CONF_PHASE_SWITCH in data, CONF_PHASE_ACTIONS in data
        if by_entity and by_actions:
            raise FieldProblem(CONF_PHASE_ACTIONS, Problem(key="phases_twice"))
        if (by_entity or by_actions) and len(data[CONF_PHASES]) == 1:
            raise FieldProblem(CONF_PHASE_SWITCH, Problem(key="phases_of_one"))

    def _check_car(self, data: Mapping[str, Any]) -> None:
        if CONF_SOC in data:
            require(CONF_SOC, check_number_sensor(self.hass, data[CONF_SOC], PERCENT_UNITS, may_be_silent=True))
        if CONF_DEPARTURE_ENTITY in data:
            require(CONF_DEPARTURE_ENTITY, check_exists(self.hass, data[CONF_DEPARTURE_ENTITY]))
        check_departure(data)

    def _check_limits(self, data: dict[str, Any]) -> None:
        if data.get(CONF_CONTROL) == ChargerControl.ON_OFF:
            # All or nothing: there is no other current.
            data[CONF_MIN_CURRENT] = data[CONF_MAX_CURRENT]
            data[CONF_SAFE_CURRENT] = data[CONF_MAX_CURRENT] if data[CONF_SAFE_CURRENT] > 0 else 0
        lowest, highest, safe = data[CONF_MIN_CURRENT], data[CONF_MAX_CURRENT], data[CONF_SAFE_CURRENT]
        if lowest > highest:
            raise FieldProblem(CONF_MIN_CURRENT, Problem(key="minimum_above_maximum"))
        # Between 0 and the minimum no car charges: 0 pauses.
        if safe != 0 and not lowest <= safe <= highest:
            raise FieldProblem(CONF_SAFE_CURRENT, Problem(key="safe_outside_limits"))
        self._check_limit(data, lowest=lowest)
        if safe < (floor_a := least_a(self.hass, data)):
            raise FieldProblem(
                CONF_SAFE_CURRENT, Problem(key="safe_below_lowest", placeholders={"lowest": f"{floor_a:g}"})
            )
        if (fail_safe := data.get(CONF_FAIL_SAFE)) is not None:
            require(CONF_FAIL_SAFE, check_control(self.hass, fail_safe, AMPERES, lowest=safe, highest=safe))

    def _check_limit(self, data: dict[str, Any], *, lowest: float) -> None:
        """Check that the current limit, if any, takes what it may be told; what it is in is learned from it."""
        if not self._is_told_a_limit(data):
            return
        highest = data[CONF_MAX_CURRENT]
        scale = self._scale(data, most_a=highest)
        limit = data[CONF_CURRENT_LIMIT]
        require(CONF_CURRENT_LIMIT, check_control(self.hass, limit, scale, lowest=lowest, highest=highest))

    @staticmethod
    def _is_told_a_limit(data: Mapping[str, Any]) -> bool:
        return CONF_CURRENT_LIMIT in data and data.get(CONF_CONTROL) in {None, ChargerControl.LIMIT}

    def _scale(self, data: Data, *, most_a: float) -> Scale:
        """Return how the current limit is written; its unit is learned from it."""
        unit = limit_unit(self.hass, data[CONF_CURRENT_LIMIT], data.pop(CONF_LIMIT_UNIT, None))
        if unit not in {None, _AMPERE}:
            data[CONF_LIMIT_UNIT] = unit
        return limit_scale(charger_shape(_without_select(data)), most_a, len(data[CONF_PHASES]))

    def _check_feeding_back(self, data: dict[str, Any]) -> None:
        control, highest = data.get(CONF_DISCHARGE_CURRENT), data.get(CONF_MAX_DISCHARGE_CURRENT)
        if (control is None) != (highest is None):
            raise FieldProblem(CONF_DISCHARGE_CURRENT, Problem(key="feed_back_incomplete"))
        if control is None or highest is None:
            return
        # One number for both directions has to go below 0.
        signed = control == data.get(CONF_CURRENT_LIMIT)
        reach = (-highest, 0) if signed else (0, highest)
        require(CONF_DISCHARGE_CURRENT, check_control(self.hass, control, AMPERES, lowest=reach[0], highest=reach[1]))
        # Charging and feeding back at once must be impossible, so the charge limit has to go down to 0 A.
        self._check_limit(data, lowest=0)


def _controlling() -> dict[Any, Any]:
    """Return how a charger is told what to do, where it has no number and no switch."""
    return {
        vol.Optional(CONF_CONTROL, default=ChargerControl.LIMIT.value): selectors.choice(
            [each.value for each in ChargerControl], "charger_control"
        ),
        vol.Optional(CONF_SET_ACTIONS): ActionSelector(),
        vol.Optional(CONF_LIMIT_UNIT): selectors.units(*LIMIT_UNITS),
        vol.Optional(CONF_LIMIT_FULL): selectors.number(1, 125, _AMPERE),
        vol.Optional(CONF_ZERO_PAUSES, default=True): BooleanSelector(),
        vol.Optional(CONF_ENABLE_PAUSES, default=False): BooleanSelector(),
        vol.Optional(CONF_PAUSE_SELECT): selectors.selects(),
        vol.Optional(CONF_PAUSE_ACTIONS): ActionSelector(),
        vol.Optional(CONF_RESUME_ACTIONS): ActionSelector(),
        vol.Optional(CONF_KEEP_ALIVE): selectors.number(5, 3600, _SECONDS),
    }


def _phases() -> dict[Any, Any]:
    """Return how a charger is changed over between one phase and three, where it can be."""
    return {
        vol.Optional(CONF_PHASE_SWITCH): selectors.switches_and_selects(),
        vol.Optional(CONF_PHASE_ACTIONS): ActionSelector(),
        vol.Optional(CONF_PHASE_HOLD, default=DEFAULT_PHASE_HOLD): selectors.number(60, 86_400, _SECONDS),
        vol.Optional(CONF_PHASE_PAUSES, default=True): BooleanSelector(),
    }


def _reading() -> dict[Any, Any]:
    """Return how a charger is read, where it has no sensor of one power."""
    return {
        vol.Optional(CONF_STATUS): selectors.any_sensor(),
        vol.Optional(CONF_CURRENTS): selectors.sensors(SensorDeviceClass.CURRENT, multiple=True),
        vol.Optional(CONF_ENERGY): selectors.sensors(SensorDeviceClass.ENERGY),
        vol.Optional(CONF_ENERGY_OUT): selectors.sensors(SensorDeviceClass.ENERGY),
        vol.Optional(CONF_ID_SENSOR): selectors.read_ids(),
        **selectors.readings(currents=True),
    }


def _advanced() -> dict[Any, Any]:
    """Return what is right for most chargers."""
    return {
        vol.Optional(CONF_FAIL_SAFE): selectors.numbers(),
        vol.Optional(CONF_PRIORITY, default=0): selectors.number(0, 10),
        vol.Optional(CONF_LEARN_PHASES, default=True): BooleanSelector(),
        vol.Optional(CONF_MAX_AGE, default=DEFAULT_MAX_AGE): selectors.number(10, 3600, _SECONDS),
        vol.Optional(CONF_STEP, default=DEFAULT_STEP_A): selectors.number(0.1, 16, _AMPERE, step=0.1),
        vol.Optional(CONF_WRITE_INTERVAL): selectors.number(1, 3600, _SECONDS),
    }


def _without_select(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data of which no options are missing."""
    return {key: value for key, value in data.items() if key not in {CONF_PAUSE_SELECT, CONF_PHASE_SWITCH}}

"""The steps for a home battery."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, override

import voluptuous as vol
from homeassistant.const import CONF_NAME, UnitOfPower, UnitOfTime
from homeassistant.helpers.selector import ActionSelector, BooleanSelector, SelectOptionDict, TextSelector

from ...const import (
    CONF_BATTERY_KWH,
    CONF_CHARGE_SETPOINT,
    CONF_CONTROL,
    CONF_DISCHARGE_SETPOINT,
    CONF_ENABLE,
    CONF_ENABLE_PAUSES,
    CONF_KEEP_ALIVE,
    CONF_LIMIT_FULL,
    CONF_LIMIT_UNIT,
    CONF_MAX_CHARGE_W,
    CONF_MAX_DISCHARGE_W,
    CONF_MIN_SOC,
    CONF_MODE_CHARGE,
    CONF_MODE_DISCHARGE,
    CONF_MODE_HOLD,
    CONF_MODE_RELEASE,
    CONF_MODE_SELECT,
    CONF_POWER,
    CONF_POWER_EXPORT,
    CONF_POWER_SETPOINT,
    CONF_RELEASE_ACTIONS,
    CONF_SET_ACTIONS,
    CONF_SETPOINT_INVERTED,
    CONF_SOC,
    CONF_TRIGGER,
    DEFAULT_MIN_SOC,
    SUBENTRY_BATTERY,
)
from ...devices.io.setting import Scale
from ...devices.presets import KIND_BATTERY
from ...devices.shape import LIMIT_UNITS, BatteryControl, battery_shape
from ...grid.model.world import PolicyMode
from .. import fields as selectors
from ..checks import (
    PERCENT_UNITS,
    async_check_actions,
    check_control,
    check_exists,
    check_number_sensor,
    check_power,
    check_settable,
    limit_unit,
)
from ..form_data import Data, FieldProblem, require, require_shape
from .participant import STEP_FIRST, STEP_LIMITS, STEP_POLICY, ParticipantFlow

SECTION_SIGNS = "signs"
SECTION_CONTROL = "controlling"
#: Stands for a highest power that is not asked for yet.
_ANY_W = 1000.0
_MODES = (PolicyMode.NEVER, PolicyMode.ASK, PolicyMode.ALWAYS, PolicyMode.WHEN_CHARGED)


class BatteryFlow(ParticipantFlow, kind=SUBENTRY_BATTERY):
    """Add or change a home battery."""

    device_kind = KIND_BATTERY
    exclusive_fields = (
        CONF_POWER,
        CONF_POWER_EXPORT,
        CONF_SOC,
        CONF_POWER_SETPOINT,
        CONF_CHARGE_SETPOINT,
        CONF_DISCHARGE_SETPOINT,
        CONF_MODE_SELECT,
        CONF_TRIGGER,
        CONF_ENABLE,
    )
    option_fields: ClassVar = {
        CONF_MODE_SELECT: (CONF_MODE_HOLD, CONF_MODE_CHARGE, CONF_MODE_DISCHARGE, CONF_MODE_RELEASE)
    }

    @override
    def steps(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> dict[str, vol.Schema]:
        watts = selectors.number(0, 100_000, UnitOfPower.WATT)
        signs = {vol.Optional(CONF_SETPOINT_INVERTED, default=False): BooleanSelector(), **selectors.readings()}
        return {
            STEP_FIRST: vol.Schema(
                {
                    vol.Required(CONF_NAME): TextSelector(),
                    vol.Required(CONF_POWER): selectors.powers(),
                    vol.Required(CONF_SOC): selectors.charges(),
                    vol.Optional(CONF_POWER_SETPOINT): selectors.limits(),
                    vol.Optional(CONF_ENABLE): selectors.switches(),
                    **selectors.place(phase_count, feeders),
                    vol.Optional(SECTION_CONTROL): selectors.rarely(_controlling()),
                    vol.Optional(SECTION_SIGNS): selectors.rarely(signs),
                }
            ),
            STEP_LIMITS: vol.Schema(
                {
                    vol.Required(CONF_BATTERY_KWH, default=10): selectors.capacity(0.5),
                    vol.Required(CONF_MAX_CHARGE_W, default=3000): watts,
                    vol.Required(CONF_MAX_DISCHARGE_W, default=3000): watts,
                    vol.Required(CONF_MIN_SOC, default=DEFAULT_MIN_SOC): selectors.percent(),
                }
            ),
            STEP_POLICY: vol.Schema(selectors.policy(_MODES, charged_above=True)),
        }

    @override
    def check(self, step: str, data: Data) -> None:
        match step:
            case "user":
                self._check_entities(data)
            case "limits":
                self._check_limits(data)

    def _check_entities(self, data: Mapping[str, Any]) -> None:
        # What its modes mean is asked later.
        require_shape(battery_shape, {CONF_MODE_HOLD: "0", **data})
        if (found := check_power(self.hass, data)) is not None:
            raise FieldProblem(*found)
        require(CONF_SOC, check_number_sensor(self.hass, data[CONF_SOC], PERCENT_UNITS, may_be_silent=True))
        for field in (CONF_POWER_SETPOINT, CONF_CHARGE_SETPOINT, CONF_DISCHARGE_SETPOINT):
            if field in data:
                # Which values it takes matters once the limits are known.
                unit = limit_unit(self.hass, data[field], data.get(CONF_LIMIT_UNIT)) or UnitOfPower.WATT
                scale = Scale(base=UnitOfPower.WATT, full=data.get(CONF_LIMIT_FULL) or _ANY_W, unit=unit)
                require(field, check_settable(self.hass, data[field], scale))
        for field in (CONF_ENABLE, CONF_MODE_SELECT, CONF_TRIGGER):
            if field in data:
                require(field, check_exists(self.hass, data[field]))

    def _check_limits(self, data: Data) -> None:
        charge, discharge = data[CONF_MAX_CHARGE_W], data[CONF_MAX_DISCHARGE_W]
        signed = (-charge, discharge) if data.get(CONF_SETPOINT_INVERTED) else (-discharge, charge)
        bounds = {
            BatteryControl.POWER: {CONF_POWER_SETPOINT: signed},
            BatteryControl.TWO_NUMBERS: {CONF_CHARGE_SETPOINT: (0, charge), CONF_DISCHARGE_SETPOINT: (0, discharge)},
            BatteryControl.MAXIMA: {CONF_CHARGE_SETPOINT: (0, charge), CONF_DISCHARGE_SETPOINT: (0, discharge)},
        }.get(data.get(CONF_CONTROL, BatteryControl.POWER), {})
        entered = data.pop(CONF_LIMIT_UNIT, None)
        for field, (lowest, highest) in bounds.items():
            unit = limit_unit(self.hass, data[field], entered)
            if unit not in {None, UnitOfPower.WATT}:
                data[CONF_LIMIT_UNIT] = unit
            full = data.get(CONF_LIMIT_FULL) or max(1.0, charge, discharge)
            scale = Scale(base=UnitOfPower.WATT, full=full, unit=unit or UnitOfPower.WATT)
            require(field, check_control(self.hass, data[field], scale, lowest=lowest, highest=highest))

    @override
    async def async_check(self, data: Mapping[str, Any]) -> None:
        for field in (CONF_SET_ACTIONS, CONF_RELEASE_ACTIONS):
            if field in data:
                require(field, await async_check_actions(self.hass, data[field]))

    @override
    def check_options(self, data: Mapping[str, Any]) -> None:
        require_shape(battery_shape, data)


def _controlling() -> dict[Any, Any]:
    """Return how a battery is told what to do, where it has no signed number."""
    return {
        vol.Optional(CONF_CONTROL, default=BatteryControl.POWER.value): selectors.choice(
            [each.value for each in BatteryControl], "battery_control"
        ),
        vol.Optional(CONF_CHARGE_SETPOINT): selectors.limits(),
        vol.Optional(CONF_DISCHARGE_SETPOINT): selectors.limits(),
        vol.Optional(CONF_SET_ACTIONS): ActionSelector(),
        vol.Optional(CONF_RELEASE_ACTIONS): ActionSelector(),
        vol.Optional(CONF_MODE_SELECT): selectors.selects(),
        vol.Optional(CONF_TRIGGER): selectors.buttons(),
        vol.Optional(CONF_LIMIT_UNIT): selectors.units(*LIMIT_UNITS[1:]),
        vol.Optional(CONF_LIMIT_FULL): selectors.number(1, 100_000, UnitOfPower.WATT),
        vol.Optional(CONF_ENABLE_PAUSES, default=False): BooleanSelector(),
        vol.Optional(CONF_KEEP_ALIVE): selectors.number(5, 3600, UnitOfTime.SECONDS),
    }

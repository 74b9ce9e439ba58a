"""A neighbour: an island beside this one, with a tie line between both. One makes a code, the other enters it."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.const import PERCENTAGE, UnitOfPower
from homeassistant.core import HomeAssistant

from ...const import (
    CONF_ISLAND_ID,
    CONF_LINK_ID,
    CONF_TIE_EXPORT,
    CONF_TIE_FEE,
    CONF_TIE_FLOOR,
    CONF_TIE_LIMIT,
    CONF_TIE_POWER,
    CONF_TIE_PRICE,
    MAIN_FEEDER,
)
from ...island.neighbours import async_prepare_neighbour
from ...island.runtime import IslandRuntime
from ...link.joining.code import JoinCode
from ...link.joining.errors import JoinError, Problem as JoinProblem
from ...link.joining.messages import Kind
from ..checks import NO_PLACEHOLDERS, POWER_UNITS, Problem, check_number_sensor
from ..fields import number, sensors
from .house import HouseFlow
from .upper_island import CODE_SCHEMA, FIELD_CODE

_MAX_W: Final = 1_000_000
_MAX_PRICE: Final = 100.0

TIE_FIELDS: Final = {
    vol.Required(CONF_TIE_POWER): sensors(SensorDeviceClass.POWER),
    vol.Required(CONF_TIE_LIMIT): number(100, _MAX_W, UnitOfPower.WATT),
    vol.Required(CONF_TIE_PRICE): number(0, _MAX_PRICE, step=0.001),
    vol.Required(CONF_TIE_EXPORT): number(0, _MAX_PRICE, step=0.001),
    vol.Required(CONF_TIE_FEE, default=0.0): number(0, _MAX_PRICE, step=0.001),
    vol.Required(CONF_TIE_FLOOR, default=20): number(0, 100, PERCENTAGE),
}
TIE_SCHEMA: Final = vol.Schema(TIE_FIELDS)


def tie_problem(hass: HomeAssistant, data: Mapping[str, Any]) -> tuple[str, Problem] | None:
    """Return the field and what is wrong with what was entered of a tie; None: nothing."""
    if (problem := check_number_sensor(hass, data[CONF_TIE_POWER], POWER_UNITS, may_be_silent=True)) is not None:
        return CONF_TIE_POWER, problem
    if data[CONF_TIE_EXPORT] > data[CONF_TIE_PRICE]:
        return CONF_TIE_EXPORT, Problem(key="export_dearer")
    return None


class NeighbourFlow(HouseFlow):
    """Makes a code, or enters the neighbour's; then asks for the tie. Later the tie can be changed."""

    kind = Kind.NEIGHBOUR
    _code: JoinCode

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:  # noqa: ARG002 - a menu
        """Ask who makes the code."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        return self.async_show_menu(step_id="user", menu_options=["make", "enter"])

    async def async_step_make(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask on which way the neighbour comes in, and show a code."""
        return await self._async_make("make", user_input)

    async def async_step_enter(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the neighbour's code."""
        entry = self._get_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._code = JoinCode.parse(user_input[FIELD_CODE])
            except JoinError as error:
                errors[FIELD_CODE] = error.problem.value
            else:
                if self._code.island_id != entry.data[CONF_ISLAND_ID]:
                    return self._show_tie("tie", None)
                errors[FIELD_CODE] = JoinProblem.OWN_ISLAND.value
        return self.async_show_form(
            step_id="enter", data_schema=self.add_suggested_values_to_schema(CODE_SCHEMA, user_input), errors=errors
        )

    async def async_step_tie(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the tie line; when that is confirmed, ask the neighbour."""
        entry = self._get_entry()
        if user_input is None:
            return self._show_tie("tie", None)
        if (wrong := tie_problem(self.hass, user_input)) is not None:
            return self._show_tie("tie", user_input, {wrong[0]: wrong[1].key}, wrong[1].placeholders)
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        runtime: IslandRuntime = entry.runtime_data
        main = next(each for each in runtime.engine.config.feeders if each.feeder_id == MAIN_FEEDER)
        try:
            joining = await async_prepare_neighbour(
                self.hass, runtime.neighbours, runtime.island_id, self._code, main.capacity_a
            )
        except JoinError as error:
            return self._show_tie("tie", user_input, {"base": error.problem.value}, error.placeholders)
        return self.async_create_entry(
            title=joining.name, data={CONF_LINK_ID: joining.link_id, **user_input}, unique_id=joining.link_id
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change what was entered of the tie."""
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        if user_input is None:
            return self._show_tie("reconfigure", dict(subentry.data))
        if (wrong := tie_problem(self.hass, user_input)) is not None:
            return self._show_tie("reconfigure", user_input, {wrong[0]: wrong[1].key}, wrong[1].placeholders)
        data = {CONF_LINK_ID: subentry.data[CONF_LINK_ID], **user_input}
        return self.async_update_and_abort(entry, subentry, data=data)

    def _show_tie(
        self,
        step_id: str,
        shown: Mapping[str, Any] | None,
        errors: dict[str, str] | None = None,
        placeholders: Mapping[str, str] | None = None,
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(TIE_SCHEMA, shown),
            errors=errors or {},
            description_placeholders={
                **NO_PLACEHOLDERS,
                "currency": self.hass.config.currency,
                **(placeholders or {}),
            },
        )

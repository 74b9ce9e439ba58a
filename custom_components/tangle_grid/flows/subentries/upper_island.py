"""Joining a larger island: its code, what will be shared with it, and asking."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig

from ...const import CONF_ISLAND_ID, CONF_LINK_ID, SUBENTRY_UPPER_ISLAND
from ...island.link_joining import async_prepare_joining
from ...island.runtime import IslandRuntime
from ...link.joining.code import JoinCode
from ...link.joining.errors import JoinError, Problem
from ..checks import NO_PLACEHOLDERS

FIELD_CODE: Final = "code"
FIELD_SINGLE_TOTAL: Final = "single_total"

CODE_SCHEMA: Final = vol.Schema({vol.Required(FIELD_CODE): TextSelector(TextSelectorConfig(multiline=True))})
SHARE_SCHEMA: Final = vol.Schema({vol.Required(FIELD_SINGLE_TOTAL, default=False): BooleanSelector()})


class UpperIslandFlow(ConfigSubentryFlow):
    """Two forms: the code, then what is shared. Whoever has confirmed that has asked."""

    _code: JoinCode

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the code."""
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if any(each.subentry_type == SUBENTRY_UPPER_ISLAND for each in entry.subentries.values()):
            return self.async_abort(reason="already_joined")
        errors: dict[str, str] = {}
        given = user_input or self.init_data
        if isinstance(given, dict) and FIELD_CODE in given:
            try:
                self._code = JoinCode.parse(given[FIELD_CODE])
            except JoinError as error:
                errors[FIELD_CODE] = error.problem.value
            else:
                if self._code.island_id != entry.data[CONF_ISLAND_ID]:
                    return self._show_share()
                errors[FIELD_CODE] = Problem.OWN_ISLAND.value
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(CODE_SCHEMA, user_input),
            errors=errors,
        )

    async def async_step_share(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say what is shared and what is not; when that is confirmed, ask."""
        if user_input is None:
            return self._show_share()
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        try:
            joining = await async_prepare_joining(
                self.hass,
                entry.runtime_data.links,
                entry.data[CONF_ISLAND_ID],
                self._code,
                single_total=user_input[FIELD_SINGLE_TOTAL],
            )
        except JoinError as error:
            return self._show_share(user_input, error)
        return self.async_create_entry(
            title=joining.name, data={CONF_LINK_ID: joining.link_id}, unique_id=joining.link_id
        )

    def _show_share(self, shown: dict[str, Any] | None = None, error: JoinError | None = None) -> SubentryFlowResult:
        runtime: IslandRuntime = self._get_entry().runtime_data
        terms = runtime.links.room.terms(single_total=False)
        return self.async_show_form(
            step_id="share",
            data_schema=self.add_suggested_values_to_schema(SHARE_SCHEMA, shown),
            errors={} if error is None else {"base": error.problem.value},
            description_placeholders={
                **NO_PLACEHOLDERS,
                **({} if error is None else error.placeholders),
                "fuse": f"{max(terms.fuse_a):g}",
                "slots": str(len(terms.slots)),
                "safe": " / ".join(f"{amps:g}" for amps in terms.safe_a),
            },
        )

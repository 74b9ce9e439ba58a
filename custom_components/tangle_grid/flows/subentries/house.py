"""Letting a house join this island: its one-time code, shown as text and to be scanned."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.selector import (
    QrCodeSelector,
    QrCodeSelectorConfig,
    QrErrorCorrectionLevel,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from ...island.link_joining import house_name_problem
from ...island.runtime import IslandRuntime
from ...link.joining.code import is_address
from ...link.joining.messages import Kind

FIELD_WAY: Final = "way"
FIELD_QR: Final = "qr_code"
WAY_DIRECT: Final = "direct"
WAY_MQTT: Final = "mqtt"

WAY_SCHEMA: Final = vol.Schema(
    {
        vol.Required(FIELD_WAY, default=WAY_DIRECT): SelectSelector(
            SelectSelectorConfig(
                options=[WAY_DIRECT, WAY_MQTT], mode=SelectSelectorMode.LIST, translation_key="link_way"
            )
        ),
        vol.Optional(CONF_URL): TextSelector(),
    }
)
NAME_SCHEMA: Final = vol.Schema({vol.Required(CONF_NAME): TextSelector()})


def code_schema(text: str) -> vol.Schema:
    """Return the form that shows a code to be scanned."""
    config = QrCodeSelectorConfig(data=text, scale=6, error_correction_level=QrErrorCorrectionLevel.MEDIUM)
    return vol.Schema({vol.Optional(FIELD_QR): QrCodeSelector(config)})


class HouseFlow(ConfigSubentryFlow):
    """Makes a code; the house appears once somebody asked with it and was approved. Later it can be renamed."""

    kind = Kind.HOUSE
    _text = ""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask on which way the house comes in."""
        return await self._async_make("user", user_input)

    async def _async_make(self, step_id: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        runtime: IslandRuntime = entry.runtime_data
        errors: dict[str, str] = {}
        if user_input is not None:
            direct = user_input[FIELD_WAY] == WAY_DIRECT
            url = user_input.get(CONF_URL, "").strip().rstrip("/") if direct else ""
            if direct and not is_address(url):
                errors[CONF_URL] = "invalid_url"
            else:
                code, _ = await runtime.links.desk.async_make(url, self.kind)
                self._text = code.text
                return self._show_code()
        shown = user_input or {CONF_URL: self._own_url()}
        return self.async_show_form(
            step_id=step_id, data_schema=self.add_suggested_values_to_schema(WAY_SCHEMA, shown), errors=errors
        )

    def _own_url(self) -> str:
        try:
            return get_url(self.hass, prefer_external=True)
        except NoURLAvailableError:
            return ""

    def _show_code(self) -> SubentryFlowResult:
        return self.async_show_form(
            step_id="code", data_schema=code_schema(self._text), description_placeholders={"code": self._text}
        )

    async def async_step_code(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the code, until it was read."""
        return self._show_code() if user_input is None else self.async_abort(reason="code_made")

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Give the house another name."""
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        errors: dict[str, str] = {}
        if user_input is not None:
            name = user_input[CONF_NAME].strip()
            if (problem := house_name_problem(entry, name, own=subentry.subentry_id)) is None:
                return self.async_update_and_abort(entry, subentry, title=name)
            errors[CONF_NAME] = problem
        shown = user_input or {CONF_NAME: subentry.title}
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(NAME_SCHEMA, shown),
            errors=errors,
        )

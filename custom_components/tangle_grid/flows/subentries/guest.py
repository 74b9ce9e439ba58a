"""Letting another house use this island's node, and taking that back."""

from typing import Any, Final
from urllib.parse import urlsplit

import voluptuous as vol
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.selector import BooleanSelector, TextSelector

from ...const import CONF_GUEST_TOKEN_HASH, CONF_GUEST_WORK, CONF_ISLAND_ID
from ...island.guests import PATH, new_token, token_hash

FIELD_NEW_TOKEN: Final = "new_token"  # noqa: S105 - a name


def schema(*, change: bool) -> vol.Schema:
    """Return the form, for a new guest or to change one."""
    fields: dict[Any, Any] = {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required(CONF_GUEST_WORK, default=False): BooleanSelector(),
    }
    if change:
        fields[vol.Required(FIELD_NEW_TOKEN, default=False)] = BooleanSelector()
    return vol.Schema(fields)


class GuestFlow(ConfigSubentryFlow):
    """One form to let a guest in or to change what it may do; then its token, shown once."""

    _data: dict[str, Any]
    _title: str
    _token: str

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Let a guest in."""
        return await self._async_ask("user", user_input, {})

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change what it may do, or give it a new token in the place of the old one."""
        subentry = self._get_reconfigure_subentry()
        return await self._async_ask("reconfigure", user_input, {**subentry.data, CONF_NAME: subentry.title})

    async def _async_ask(
        self, step_id: str, user_input: dict[str, Any] | None, stored: dict[str, Any]
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            self._title = user_input[CONF_NAME].strip()
            errors = self._check_name()
            if not errors:
                return await self._async_save_or_show(user_input, stored)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                schema(change=self.source == SOURCE_RECONFIGURE), user_input or stored
            ),
            errors=errors,
        )

    async def _async_save_or_show(self, user_input: dict[str, Any], stored: dict[str, Any]) -> SubentryFlowResult:
        self._data = {CONF_GUEST_WORK: user_input[CONF_GUEST_WORK]}
        if CONF_GUEST_TOKEN_HASH in stored and not user_input.get(FIELD_NEW_TOKEN):
            self._data[CONF_GUEST_TOKEN_HASH] = stored[CONF_GUEST_TOKEN_HASH]
            return self._save()
        self._token = new_token()
        self._data[CONF_GUEST_TOKEN_HASH] = token_hash(self._token)
        return self._show_token()

    def _show_token(self) -> SubentryFlowResult:
        """Show the address and the token: the only time that anybody sees it. It works once this is confirmed.

        An address that nobody has entered is not made up, and one without encryption is not passed over.
        """
        path = PATH.format(island_id=self._get_entry().data[CONF_ISLAND_ID])
        try:
            base = get_url(self.hass, prefer_external=True)
        except NoURLAvailableError:
            base, step_id = "", "token_without_address"
        else:
            step_id = "token" if urlsplit(base).scheme == "https" else "token_without_encryption"
        return self.async_show_form(
            step_id=step_id,
            data_schema=vol.Schema({}),
            description_placeholders={"token": self._token, "url": base + path, "name": self._title},
        )

    async def async_step_token(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Keep the guest, now that its token was read; a page that is loaded again shows it again."""
        return self._show_token() if user_input is None else self._save()

    async_step_token_without_encryption = async_step_token
    async_step_token_without_address = async_step_token

    @callback
    def _save(self) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), data=self._data, title=self._title
            )
        return self.async_create_entry(title=self._title, data=self._data)

    def _check_name(self) -> dict[str, str]:
        if not self._title:
            return {CONF_NAME: "name_missing"}
        own_id = self._reconfigure_subentry_id if self.source == SOURCE_RECONFIGURE else None
        taken = {
            subentry.title.casefold()
            for subentry_id, subentry in self._get_entry().subentries.items()
            if subentry_id != own_id
        }
        return {CONF_NAME: "name_taken"} if self._title.casefold() in taken else {}

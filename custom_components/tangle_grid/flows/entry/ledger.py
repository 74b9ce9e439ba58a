"""Choosing the Tangle that an island works with. A node is asked what it is before anything is saved."""

from dataclasses import replace
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_TOKEN, CONF_URL, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig, TextSelectorType

from ...bridge.options import FOR_EVER, LedgerChoice
from ...bridge.secrets import SecretStore
from ...const import CONF_ISLAND_ID, CONF_KEEP_DAYS, CONF_NODE_MWM, CONF_SEALED, DEFAULT_KEEP_DAYS, DEFAULT_NODE_MWM
from ...ledger import LedgerError, NodeInfo, check_node
from .. import fields as selectors
from ..checks import NO_PLACEHOLDERS, Problem, one_of

_MAX_DAYS: Final = 36_500
_MAX_MWM: Final = 14
_ID_SHOWN: Final = 20

OWN_NODE_SCHEMA: Final = vol.Schema(
    {vol.Optional(CONF_KEEP_DAYS): selectors.number(FOR_EVER, _MAX_DAYS, UnitOfTime.DAYS)}
)
PRIVACY_SCHEMA: Final = vol.Schema({vol.Required(CONF_SEALED, default=False): BooleanSelector()})
TOKEN_SCHEMA: Final = vol.Schema(
    {vol.Required(CONF_TOKEN): TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))}
)
OTHER_NODE_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_URL): TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
        vol.Optional(CONF_TOKEN): TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD)),
        vol.Required(CONF_NODE_MWM, default=DEFAULT_NODE_MWM): selectors.number(1, _MAX_MWM),
    }
)


async def async_ask_node(hass: HomeAssistant, url: str, token: str | None) -> NodeInfo | Problem:
    """Ask a node what it is; a node that cannot be worked with now is a problem."""
    try:
        info = await check_node(async_get_clientsession(hass), url, token)
    except LedgerError as error:
        return Problem(
            key=one_of(error.key, "cannot_connect", "invalid_auth", "invalid_url", "not_an_iri_node"),
            placeholders={name: str(value) for name, value in error.placeholders.items()},
        )
    return info if info.synced else Problem(key="node_not_synced", placeholders={"url": url})


class LedgerSteps(OptionsFlow):
    """The steps about the ledger."""

    _node: LedgerChoice
    _token: str | None = None

    @property
    def choice(self) -> LedgerChoice:
        """What is chosen now."""
        return LedgerChoice.from_options(self.config_entry.options)

    def _save_choice(self, choice: LedgerChoice) -> ConfigFlowResult:
        return self.async_create_entry(data=choice.into_options(self.config_entry.options))

    def _secrets(self) -> SecretStore:
        return SecretStore(self.hass, self.config_entry.data[CONF_ISLAND_ID])

    async def async_step_ledger(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:  # noqa: ARG002 - a menu
        """Ask where the Tangle is."""
        return self.async_show_menu(step_id="ledger", menu_options=["own_node", "other_node", "privacy", "keys"])

    async def async_step_own_node(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Use the node in this Home Assistant."""
        if user_input is not None:
            days = int(user_input.get(CONF_KEEP_DAYS, DEFAULT_KEEP_DAYS))
            return self._save_choice(LedgerChoice(keep_days=days or None, sealed=self.choice.sealed))
        return self.async_show_form(
            step_id="own_node",
            data_schema=self.add_suggested_values_to_schema(
                OWN_NODE_SCHEMA, {CONF_KEEP_DAYS: self.choice.keep_days or FOR_EVER}
            ),
        )

    async def async_step_privacy(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask who can read what the island writes."""
        if user_input is not None:
            return self._save_choice(replace(self.choice, sealed=bool(user_input[CONF_SEALED])))
        return self.async_show_form(
            step_id="privacy",
            data_schema=self.add_suggested_values_to_schema(PRIVACY_SCHEMA, {CONF_SEALED: self.choice.sealed}),
        )

    async def async_step_other_node(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Use a node on the network: ask it what it is."""
        now = self.choice
        problem: Problem | None = None
        if user_input is not None:
            url, token, token_id = user_input[CONF_URL].strip(), user_input.get(CONF_TOKEN) or None, None
            if token is None and url == now.url:
                token_id = now.token_id
            found = await async_ask_node(self.hass, url, token or await self._secrets().async_token(token_id))
            if isinstance(found, NodeInfo):
                self._token = token
                self._node = replace(
                    now, url=url, token_id=token_id, mwm=int(user_input[CONF_NODE_MWM]), tangle_id=found.tangle_id
                )
                return self._show_node(found)
            problem = found
        shown = user_input or {CONF_URL: now.url, CONF_NODE_MWM: now.mwm}
        return self.async_show_form(
            step_id="other_node",
            # What was typed into a password field is not sent back.
            data_schema=self.add_suggested_values_to_schema(OTHER_NODE_SCHEMA, {**shown, CONF_TOKEN: None}),
            errors={} if problem is None else {_FIELD_OF.get(problem.key, CONF_URL): problem.key},
            description_placeholders={**NO_PLACEHOLDERS, **(problem.placeholders if problem else {})},
        )

    def _show_node(self, info: NodeInfo) -> ConfigFlowResult:
        return self.async_show_form(
            step_id="node_found",
            data_schema=vol.Schema({}),
            description_placeholders={
                "url": str(self._node.url),
                "name": f"{info.app_name} {info.app_version}".strip(),
                "milestone": str(info.milestone),
                "tangle": info.tangle_id.removeprefix("iri:")[:_ID_SHOWN] or "?",
            },
        )

    async def async_step_node_found(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:  # noqa: ARG002 - there is nothing to fill in
        """Save it: this is the Tangle that was agreed to."""
        if self._token is not None:
            try:
                token_id = await self._secrets().async_add_token(self._token)
            except LedgerError:
                return self.async_abort(reason="token_not_saved")
            self._node = replace(self._node, token_id=token_id)
        return self._save_choice(self._node)


_FIELD_OF: Final = {"invalid_auth": CONF_TOKEN}

"""Which Tangle it is to be, where the node has another one than was agreed to: a fix flow of the repair that tells."""

from dataclasses import replace
from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.core import callback

from ..bridge.options import LedgerChoice
from ..bridge.secrets import SecretStore
from ..const import CONF_ISLAND_ID
from ..island.runtime import TangleGridConfigEntry
from .checks import Problem
from .entry.ledger import async_ask_node


class OtherTangleFlow(RepairsFlow):
    """The node has another Tangle than the one that was agreed to: whoever knows why says which is right."""

    def __init__(self, entry: TangleGridConfigEntry) -> None:
        """Fix this island."""
        self._entry = entry

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:  # noqa: ARG002 - a menu
        """Ask which Tangle it is to be."""
        choice = LedgerChoice.from_options(self._entry.options)
        return self.async_show_menu(
            step_id="init",
            menu_options=["use_node", "own_node"],
            description_placeholders={"island": self._entry.title, "url": choice.url or "?"},
        )

    async def async_step_use_node(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:  # noqa: ARG002 - a menu
        """Go on with the Tangle that the node has now."""
        choice = LedgerChoice.from_options(self._entry.options)
        if choice.url is None:
            return self.async_create_entry(data={})
        token = await SecretStore(self.hass, self._entry.data[CONF_ISLAND_ID]).async_token(choice.token_id)
        found = await async_ask_node(self.hass, choice.url, token)
        if isinstance(found, Problem):
            return self.async_abort(reason="node_not_ready", description_placeholders={"url": choice.url})
        return self._save(replace(choice, tangle_id=found.tangle_id))

    async def async_step_own_node(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:  # noqa: ARG002 - a menu
        """Go back to the node in this Home Assistant."""
        now = LedgerChoice.from_options(self._entry.options)
        return self._save(LedgerChoice(keep_days=now.keep_days, sealed=now.sealed))

    @callback
    def _save(self, choice: LedgerChoice) -> RepairsFlowResult:
        self.hass.config_entries.async_update_entry(self._entry, options=choice.into_options(self._entry.options))
        return self.async_create_entry(data={})

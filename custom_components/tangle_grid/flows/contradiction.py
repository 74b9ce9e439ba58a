"""A person's word on a ledger that shows different things to different islands: a fix flow of the repair that tells."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState

from ..bridge.options import LedgerChoice
from ..island.runtime import TangleGridConfigEntry
from ..reasons import async_text


class ContradictionFlow(RepairsFlow):
    """Pays again all the same, or goes back to the node in this Home Assistant; whoever closes it pays nobody."""

    def __init__(self, entry: TangleGridConfigEntry) -> None:
        """Decide for this island."""
        self._entry = entry

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:  # noqa: ARG002 - a menu
        """Say what was found, and ask."""
        status = self._entry.runtime_data.witnesses.status if self._is_loaded else None
        if status is None or not status.held:
            return self.async_abort(reason="agrees_again")
        is_remote = LedgerChoice.from_options(self._entry.options).url is not None
        return self.async_show_menu(
            step_id="init",
            menu_options=["pay_again", "own_node"] if is_remote else ["pay_again"],
            description_placeholders={
                "island": self._entry.title,
                "findings": "\n".join(
                    f"- {async_text(self.hass, f'contradiction_{each}')}" for each in sorted(status.findings)
                ),
                "file": "-" if status.proof is None else self._entry.runtime_data.witnesses.proof_place(status.proof),
            },
        )

    @property
    def _is_loaded(self) -> bool:
        return self._entry.state is ConfigEntryState.LOADED

    async def async_step_pay_again(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:  # noqa: ARG002 - a menu
        """Pay although it contradicts itself."""
        if not self._is_loaded:
            return self.async_abort(reason="agrees_again")
        self._entry.runtime_data.witnesses.async_pay_again()
        return self.async_create_entry(data={})

    async def async_step_own_node(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:  # noqa: ARG002 - a menu
        """Work with the node in this Home Assistant from now on."""
        now = LedgerChoice.from_options(self._entry.options)
        choice = LedgerChoice(keep_days=now.keep_days, sealed=now.sealed)
        self.hass.config_entries.async_update_entry(self._entry, options=choice.into_options(self._entry.options))
        return self.async_create_entry(data={})

"""Taking a seed out, and giving a wallet another one: only here, asked for in as many words, and by administrators.

Home Assistant lets nobody else open the options of an entry. A seed is in the one form that shows it, or in the one
that takes it, and nowhere else.
"""

from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import TREASURY
from ..ledger import LedgerError
from ..responses import owner_name
from ..runtime import IslandRuntime
from .checks import NO_PLACEHOLDERS, Problem, one_of

CONF_WALLET: Final = "wallet"
CONF_CONFIRM: Final = "confirm"
CONF_WALLET_SEED: Final = "wallet_seed"

_FIELD_OF: Final = {
    "not_confirmed": CONF_CONFIRM,
    "invalid_seed": CONF_WALLET_SEED,
    "seed_in_use": CONF_WALLET_SEED,
    "wallet_busy": CONF_WALLET,
    "wallet_not_empty": CONF_WALLET,
}


def _problem(error: LedgerError) -> Problem:
    return Problem(
        key=one_of(error.key, "ledger_unavailable", "invalid_seed", "seed_in_use", "wallet_busy", "wallet_not_empty"),
        placeholders={name: str(value) for name, value in error.placeholders.items()},
    )


def wallet_selector(names: dict[str, str]) -> SelectSelector:
    """A choice among wallets."""
    options = [SelectOptionDict(value=wallet, label=name) for wallet, name in names.items()]
    return SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN))


def export_schema(names: dict[str, str]) -> vol.Schema:
    """The form in which a seed is asked for."""
    return vol.Schema(
        {
            vol.Required(CONF_WALLET): wallet_selector(names),
            vol.Required(CONF_CONFIRM, default=False): BooleanSelector(),
        }
    )


def import_schema(names: dict[str, str]) -> vol.Schema:
    """The form in which a seed is entered."""
    return vol.Schema(
        {
            vol.Required(CONF_WALLET): wallet_selector(names),
            vol.Required(CONF_WALLET_SEED): TextSelector(
                TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
            ),
            vol.Required(CONF_CONFIRM, default=False): BooleanSelector(),
        }
    )


class SeedSteps(OptionsFlow):
    """The steps about seeds."""

    def _runtime(self) -> IslandRuntime | None:
        """The island, when its wallets are open."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return None
        runtime: IslandRuntime = self.config_entry.runtime_data
        return runtime if runtime.link.healthy else None

    @staticmethod
    @callback
    def _names(runtime: IslandRuntime, *, former: bool) -> dict[str, str]:
        """Whose wallet is whose; ``former``: also the seeds that were replaced, and the wallets of who has left."""
        present = {TREASURY, *runtime.wallet_ids.values()}
        return {wallet: owner_name(runtime, wallet) for wallet in runtime.link.wallets if former or wallet in present}

    async def async_step_seeds(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:  # noqa: ARG002 - a menu
        """Ask which way a seed is to go."""
        if self._runtime() is None:
            return self.async_abort(reason="wallets_closed")
        return self.async_show_menu(step_id="seeds", menu_options=["export_seed", "import_seed"])

    async def async_step_export_seed(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Warn, and let it be confirmed."""
        if (runtime := self._runtime()) is None:
            return self.async_abort(reason="wallets_closed")
        names = self._names(runtime, former=True)
        problem: Problem | None = None
        if user_input is not None:
            wallet = user_input[CONF_WALLET]
            if user_input[CONF_CONFIRM]:
                try:
                    seed = await runtime.link.ledger.export_seed(wallet)
                except LedgerError as error:
                    problem = _problem(error)
                else:
                    return self.async_show_form(
                        step_id="seed_shown",
                        data_schema=vol.Schema({}),
                        description_placeholders={"seed": seed, "wallet": names[wallet]},
                    )
            else:
                problem = Problem(key="not_confirmed")
        shown = {CONF_WALLET: user_input[CONF_WALLET]} if user_input else {}
        return self._show_seed_form("export_seed", export_schema(names), shown, problem)

    async def async_step_seed_shown(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:  # noqa: ARG002 - there is nothing to fill in
        """Forget it again."""
        return self.async_abort(reason="seed_exported")

    async def async_step_import_seed(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take a seed, and let it be confirmed."""
        if (runtime := self._runtime()) is None:
            return self.async_abort(reason="wallets_closed")
        names = self._names(runtime, former=False)
        problem: Problem | None = None
        if user_input is not None:
            if user_input[CONF_CONFIRM]:
                seed = user_input[CONF_WALLET_SEED].strip().upper()
                try:
                    await runtime.link.async_import_seed(user_input[CONF_WALLET], seed)
                except LedgerError as error:
                    problem = _problem(error)
                else:
                    return self.async_abort(reason="seed_imported")
            else:
                problem = Problem(key="not_confirmed")
        shown = {CONF_WALLET: user_input[CONF_WALLET]} if user_input else {}
        return self._show_seed_form("import_seed", import_schema(names), shown, problem)

    def _show_seed_form(
        self, step_id: str, schema: vol.Schema, shown: dict[str, Any], problem: Problem | None
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors={} if problem is None else {_FIELD_OF.get(problem.key, "base"): problem.key},
            description_placeholders={**NO_PLACEHOLDERS, **(problem.placeholders if problem else {})},
        )

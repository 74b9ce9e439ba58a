"""Taking a seed out, and giving a wallet another one: only here, asked for in as many words, and by administrators.

Home Assistant lets nobody else open the options of an entry. A seed is in the one form that shows it, or in the one
that takes it, and nowhere else.
"""

from typing import Any, ClassVar, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import callback
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType

from ...actions.responses import owner_name
from ...const import TREASURY
from ...island.runtime import IslandRuntime
from ...ledger import LedgerError
from ..checks import Problem
from .opened import CONF_CONFIRM, CONFIRMED, OpenLedgerFlow, ledger_problem, name_selector

CONF_WALLET: Final = "wallet"
CONF_WALLET_SEED: Final = "wallet_seed"


def export_schema(names: dict[str, str]) -> vol.Schema:
    """Return the form in which a seed is asked for."""
    return vol.Schema({vol.Required(CONF_WALLET): name_selector(names), **CONFIRMED})


def import_schema(names: dict[str, str]) -> vol.Schema:
    """Return the form in which a seed is entered."""
    return vol.Schema(
        {
            vol.Required(CONF_WALLET): name_selector(names),
            vol.Required(CONF_WALLET_SEED): TextSelector(
                TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
            ),
            **CONFIRMED,
        }
    )


class SeedSteps(OpenLedgerFlow):
    """The steps about seeds."""

    problem_fields: ClassVar = {
        **OpenLedgerFlow.problem_fields,
        "invalid_seed": CONF_WALLET_SEED,
        "seed_in_use": CONF_WALLET_SEED,
        "wallet_busy": CONF_WALLET,
        "wallet_not_empty": CONF_WALLET,
    }

    def _runtime(self) -> IslandRuntime | None:
        """Return the island, when its wallets are open, and what they have is known."""
        runtime = self.open_island()
        return runtime if runtime is not None and runtime.link.healthy else None

    @staticmethod
    @callback
    def _names(runtime: IslandRuntime, *, former: bool) -> dict[str, str]:
        """Return whose wallet is whose.

        With `former` also the seeds that were replaced, and the wallets of who has left.
        """
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
                    seed = await runtime.ledger.seeds.export(wallet)
                except LedgerError as error:
                    problem = ledger_problem(error)
                else:
                    return self.async_show_form(
                        step_id="seed_shown",
                        data_schema=vol.Schema({}),
                        description_placeholders={"seed": seed, "wallet": names[wallet]},
                    )
            else:
                problem = Problem(key="not_confirmed")
        shown = {CONF_WALLET: user_input[CONF_WALLET]} if user_input else {}
        return self.show_confirmable("export_seed", export_schema(names), shown, problem)

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
                    problem = ledger_problem(error)
                else:
                    return self.async_abort(reason="seed_imported")
            else:
                problem = Problem(key="not_confirmed")
        shown = {CONF_WALLET: user_input[CONF_WALLET]} if user_input else {}
        return self.show_confirmable("import_seed", import_schema(names), shown, problem)

"""What the steps about seeds and keys share: an open ledger, and forms that do nothing until they are confirmed."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ...amounts import amount_text
from ...errors import AMOUNTS
from ...island.runtime import IslandRuntime
from ...ledger import LedgerError
from ..checks import NO_PLACEHOLDERS, Problem, one_of

CONF_CONFIRM: Final = "confirm"
CONFIRMED: Final[Mapping[vol.Marker, Any]] = {vol.Required(CONF_CONFIRM, default=False): BooleanSelector()}
"""The last field of every such form."""


def name_selector(names: Mapping[str, str]) -> SelectSelector:
    """Return a choice by name; `names` is by what is chosen."""
    options = [SelectOptionDict(value=value, label=name) for value, name in names.items()]
    return SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN))


def ledger_problem(error: LedgerError) -> Problem:
    """Return what the ledger says, in the form's words."""
    return Problem(
        key=one_of(error.key, "ledger_unavailable", "invalid_seed", "seed_in_use", "wallet_busy", "wallet_not_empty"),
        placeholders={
            name: amount_text(value) if name in AMOUNTS else str(value) for name, value in error.placeholders.items()
        },
    )


class OpenLedgerFlow(OptionsFlow):
    """Steps that need the open ledger of a loaded island.

    Attributes:
        problem_fields: At which field a problem is shown; others stand above the form.
    """

    problem_fields: ClassVar[Mapping[str, str]] = {"not_confirmed": CONF_CONFIRM}

    def open_island(self) -> IslandRuntime | None:
        """Return the island, when its ledger is open; whether it reaches its Tangle is another matter."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return None
        runtime: IslandRuntime = self.config_entry.runtime_data
        return runtime if runtime.link.is_open else None

    @callback
    def show_confirmable(
        self, step_id: str, schema: vol.Schema, filled_in: Mapping[str, Any], problem: Problem | None
    ) -> ConfigFlowResult:
        """Show a form, for the first time or with what is wrong with it."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, dict(filled_in)),
            errors={} if problem is None else {self.problem_fields.get(problem.key, "base"): problem.key},
            description_placeholders={**NO_PLACEHOLDERS, **(problem.placeholders if problem else {})},
        )

"""The options of an island: how it balances, which ledger it uses, and what may be done with its keys and seeds."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult

from ...const import CONF_OUTAGE, CONF_PRICES, CONF_RETENTION, CONF_TOKEN_RATE, CONF_TOKEN_RATE_ENTITY
from ..checks import NO_PLACEHOLDERS
from ..entry.island import OPTIONS_SCHEMA, async_check_options, options_data
from ..entry.ledger import LedgerSteps
from ..form_data import sectioned
from ..mi_amounts import shown_in_mi, with_worth
from .keys import KeySteps
from .outage import OutageSteps
from .prices import PriceSteps
from .retention import RetentionSteps
from .seeds import SeedSteps


class TangleGridOptionsFlow(LedgerSteps, KeySteps, SeedSteps, PriceSteps, RetentionSteps, OutageSteps):
    """Change an island."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:  # noqa: ARG002 - a menu
        """Ask what is to be changed."""
        return self.async_show_menu(
            step_id="init", menu_options=["balancing", "prices", "outage", "retention", "ledger", "seeds"]
        )

    async def async_step_balancing(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for everything about balancing at once."""
        errors: dict[str, str] = {}
        placeholders = dict(NO_PLACEHOLDERS)
        shown = user_input or sectioned(OPTIONS_SCHEMA, self.config_entry.options)
        if user_input is not None:
            options = options_data(user_input)
            if (found := await async_check_options(self.hass, options)) is None:
                kept = {
                    CONF_OUTAGE,
                    CONF_PRICES,
                    CONF_RETENTION,
                    CONF_TOKEN_RATE,
                    CONF_TOKEN_RATE_ENTITY,
                } & self.config_entry.options.keys()
                options.update({name: self.config_entry.options[name] for name in kept})
                return self.async_create_entry(data=self.choice.into_options(options))
            place, problem = found
            errors[place] = problem.key
            placeholders.update(problem.placeholders)
        schema = with_worth(OPTIONS_SCHEMA, self.hass, self.config_entry.options)
        return self.async_show_form(
            step_id="balancing",
            data_schema=self.add_suggested_values_to_schema(schema, shown_in_mi(schema, shown)),
            errors=errors,
            description_placeholders=placeholders,
        )

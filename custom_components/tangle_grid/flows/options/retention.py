"""How long what tells of people is kept, by kind of data."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import UnitOfTime

from ...const import CONF_RETENTION
from ...economy.privacy import DEFAULT_DAYS, LEAST_DAYS, MOST_DAYS
from ..fields import number
from .opened import OpenLedgerFlow

RETENTION_SCHEMA: Final = vol.Schema(
    {
        vol.Required(category.value, default=days): number(LEAST_DAYS, MOST_DAYS, UnitOfTime.DAYS)
        for category, days in DEFAULT_DAYS.items()
    }
)


class RetentionSteps(OpenLedgerFlow):
    """The step about how long data is kept."""

    async def async_step_retention(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for days; what is older goes with the next look, and amounts stay."""
        options = self.config_entry.options
        if user_input is not None:
            days = {name: int(value) for name, value in user_input.items()}
            return self.async_create_entry(data={**options, CONF_RETENTION: days})
        shown = self.add_suggested_values_to_schema(RETENTION_SCHEMA, options.get(CONF_RETENTION, {}))
        return self.async_show_form(step_id="retention", data_schema=shown)

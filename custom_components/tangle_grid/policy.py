"""A participant's policy as its owner sets it: read from, and written to, its part of the config entry."""

from typing import Any, override

from homeassistant.core import callback

from .const import CONF_POLICY
from .devices.config import policy_from_data
from .entity import ParticipantEntity
from .grid.model import PolicyConfig


class PolicyEntity(ParticipantEntity):
    """An entity that shows and sets a part of the policy.

    The policy stands in the config entry, where the flow that adds a participant has put it: one place, kept over
    restarts. A change of it takes effect at once, without a restart of the island.
    """

    @property
    @override
    def available(self) -> bool:
        """A policy can be set whether or not its device reports."""
        return self.participant.participant_id in self.runtime.entry.subentries

    @property
    def policy(self) -> PolicyConfig:
        """The policy in force."""
        return policy_from_data(self._subentry_data)

    @property
    def _subentry_data(self) -> dict[str, Any]:
        return dict(self.runtime.entry.subentries[self.participant.participant_id].data)

    @callback
    def async_change_policy(self, **changes: Any) -> None:
        """Change some of the policy's values."""
        entry, data = self.runtime.entry, self._subentry_data
        data[CONF_POLICY] = {**data.get(CONF_POLICY, {}), **changes}
        self.hass.config_entries.async_update_subentry(
            entry, entry.subentries[self.participant.participant_id], data=data
        )
        # The other entities of the same policy look at it again with the next picture of the island.
        self.coordinator.async_update_listeners()

"""Settings of a participant or a vehicle as entities: read from, and written to, its part of the config entry."""

from typing import Any, override

from ..actions.access import async_require_control
from ..entity import MemberEntity


class SettingEntity(MemberEntity):
    """An entity that shows and sets a part of a participant's settings.

    They stand in the config entry, where the flow that adds a participant has put them: one place, kept over
    restarts. What is set in this way takes effect at once, without a restart of the island.
    """

    @property
    @override
    def available(self) -> bool:
        """A setting can be changed whether or not its device reports."""
        return self.member.participant_id in self.runtime.entry.subentries

    @property
    def data(self) -> dict[str, Any]:
        """The participant's part of the config entry."""
        return dict(self.runtime.entry.subentries[self.member.participant_id].data)

    async def async_change(self, **changes: Any) -> None:
        """Change some of the values.

        Raises:
            ServiceValidationError: Whoever wants that may not; nothing is changed.
        """
        await async_require_control(self.runtime, self.member, self._context)
        entry = self.runtime.entry
        self.hass.config_entries.async_update_subentry(
            entry, entry.subentries[self.member.participant_id], data={**self.data, **changes}
        )
        # The other entities of the same setting look at it again with the next picture of the island.
        self.coordinator.async_update_listeners()

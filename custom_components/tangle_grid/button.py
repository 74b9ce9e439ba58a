"""Buttons: leaving a request is always one tap."""

from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .actions.access import async_require_answer
from .const import SUBENTRY_SOLAR
from .entity import ParticipantEntity
from .errors import translated_errors
from .island.runtime import TangleGridConfigEntry

PARALLEL_UPDATES = 0

OPT_OUT: Final = ButtonEntityDescription(key="opt_out", translation_key="opt_out")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a way out for each participant that can be asked."""
    runtime = entry.runtime_data
    for participant_id, participant in runtime.participants.items():
        if participant.kind != SUBENTRY_SOLAR:
            async_add_entities([OptOutButton(runtime, participant, OPT_OUT)], config_subentry_id=participant_id)


class OptOutButton(ParticipantEntity, ButtonEntity):
    """Leaves the request that the participant takes part in; without one it says so."""

    @override
    async def async_press(self) -> None:
        await async_require_answer(self.runtime, self.participant, self._context)
        with translated_errors():
            self.runtime.grid.opt_out(device_id=self.participant.participant_id)

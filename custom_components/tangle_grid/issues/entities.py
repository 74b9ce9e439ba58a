"""What is wrong with the entities that an island names: found here, shown by the watch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from ..const import CONF_ENERGY, CONF_ENERGY_OUT, CONF_POWER, SUBENTRY_CHARGER
from ..devices.io.trouble import EntityTroubles, Trouble
from ..devices.named import named
from ..grid.device.belief import DeviceFault
from ..island.ownership import async_taken
from ..island.runtime import TangleGridConfigEntry

ISSUE_CONTROLLED_TWICE: Final = "controlled_twice"
ISSUE_COUNTER: Final = "energy_counter_refused"
#: What the registry says is certain; a state that cannot be read may be of a moment.
_PATIENCE: Final[Mapping[Trouble, timedelta]] = {
    Trouble.DISABLED: timedelta(seconds=20),
    Trouble.GONE: timedelta(seconds=20),
    Trouble.UNREADABLE: timedelta(seconds=60),
}
#: An entity that was never there since the start may still come: integrations set up one after the other.
_LATE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityIssue:
    """Whether something is wrong: the key of its issue, whom it is about, and how long it has to last."""

    key: str
    subject: str
    wrong: bool
    patience: timedelta
    placeholders: dict[str, str]


class EntityIssues:
    """Looks through all that an island names."""

    def __init__(self, hass: HomeAssistant, entry: TangleGridConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._troubles = EntityTroubles(hass)

    @callback
    def async_findings(self) -> Iterator[EntityIssue]:
        """Yield what is wrong, and what is not."""
        entry = self._entry
        yield from self._named_by(entry.entry_id, entry.title, entry.data)
        yield from self._named_by(entry.entry_id, entry.title, entry.options)
        for subentry_id, subentry in entry.subentries.items():
            yield from self._named_by(subentry_id, f"{entry.title}, {subentry.title}", subentry.data)
        yield from self._counters()
        yield from self._taken()

    def _named_by(self, owner: str, name: str, data: Mapping[str, Any]) -> Iterator[EntityIssue]:
        status = self._entry.runtime_data.status.devices.get(owner)
        beyond = status is not None and status.fault is DeviceFault.IMPLAUSIBLE
        for field, entity_id in named(data):
            trouble = self._troubles.of(field, entity_id, data)
            if trouble is None and beyond and field == CONF_POWER:
                trouble = Trouble.UNREADABLE
            state = self._hass.states.get(entity_id)
            value = "?" if state is None else f"{state.state} {state.attributes.get('unit_of_measurement', '')}".strip()
            for each in Trouble:
                late = each is Trouble.GONE and not self._troubles.was_there(entity_id)
                yield EntityIssue(
                    key=each.value,
                    subject=f"{owner}_{entity_id}",
                    wrong=trouble is each,
                    patience=_LATE if late else _PATIENCE[each],
                    placeholders={"device": name, "entity": entity_id, "value": value[:80]},
                )

    def _counters(self) -> Iterator[EntityIssue]:
        """Yield the energy counters that the present session at their charger does not believe, and the others."""
        entry = self._entry
        for charger_id, subentry in entry.subentries.items():
            if subentry.subentry_type != SUBENTRY_CHARGER:
                continue
            for field in (CONF_ENERGY, CONF_ENERGY_OUT):
                if (entity_id := subentry.data.get(field)) is None:
                    continue
                yield EntityIssue(
                    key=ISSUE_COUNTER,
                    subject=f"{charger_id}_{entity_id}",
                    wrong=entry.runtime_data.economy.charging.doubts_counter(charger_id),
                    patience=timedelta(0),
                    placeholders={"device": f"{entry.title}, {subentry.title}", "entity": entity_id},
                )

    def _taken(self) -> Iterator[EntityIssue]:
        """Yield devices that another island controls.

        Once it does not any more, this one starts anew and takes them.
        """
        taken = self._entry.runtime_data.taken
        if not taken:
            return
        now = async_taken(self._hass, self._entry)
        for participant_id, other in taken.items():
            yield EntityIssue(
                key=ISSUE_CONTROLLED_TWICE,
                subject=participant_id,
                wrong=participant_id in now,
                patience=timedelta(),
                placeholders={
                    "island": self._entry.title,
                    "device": self._entry.subentries[participant_id].title,
                    "other": now.get(participant_id, other),
                },
            )
        if not taken.keys() <= now.keys() and not self._entry.runtime_data.reloading:
            self._entry.runtime_data.reloading = True
            self._hass.config_entries.async_schedule_reload(self._entry.entry_id)

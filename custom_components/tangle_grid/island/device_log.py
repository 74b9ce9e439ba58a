"""What the log says of meters and devices: once when one goes, once when it comes back."""

from homeassistant.core import CALLBACK_TYPE, callback

from ..const import LOGGER, MAIN_FEEDER
from ..grid.model.events import SafeState
from .runtime import RuntimeEvent, TangleGridConfigEntry


@callback
def async_log_absences(entry: TangleGridConfigEntry) -> CALLBACK_TYPE:
    """Write into the log who falls silent and who is back; returns how to stop."""

    @callback
    def note(event: RuntimeEvent) -> None:
        if not isinstance(event, SafeState):
            return
        subentry = entry.subentries.get(event.target)
        name = entry.title if subentry is None else f"{entry.title}, {subentry.title}"
        is_meter = event.target == MAIN_FEEDER or event.target in entry.runtime_data.feeder_tree
        if is_meter and event.entered:
            LOGGER.warning("The meter of %s cannot be used any more (%s)", name, event.reason.key)
        elif is_meter:
            LOGGER.info("The meter of %s can be used again", name)
        elif event.entered:
            LOGGER.info("%s reports nothing any more that can be used (%s)", name, event.reason.key)
        else:
            LOGGER.info("%s reports again", name)

    return entry.runtime_data.subscribe_events(note)

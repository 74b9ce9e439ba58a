"""What a charger has read of a car or a card: the state of a sensor that changes, or what an event tells."""

from typing import Final

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import State

#: Under one of these names an event tells an id, the first that is there.
_NAMES: Final = ("id_tag", "idtag", "rfid", "tag_id", "tag", "uid", "evcc_id", "autocharge", "id_token", "token", "id")
#: What sensors show while there is none.
_NONE: Final = frozenset({"", "-", "0", "none", "null", "no", "off", "false", "n/a", "idle", STATE_UNKNOWN})
_LONGEST: Final = 255


def read_id(before: State | None, after: State | None) -> str | None:
    """Return the id that was read when an entity changed; None: none was.

    What an entity shows when it comes back is what was read some time ago, at another car perhaps.
    """
    if before is None or before.state == STATE_UNAVAILABLE or after is None or after.state == before.state:
        return None
    return shown_id(after)


def shown_id(state: State) -> str | None:
    """Return the id that an entity shows; None: none."""
    if state.domain == Platform.EVENT:
        told = {str(name).lower(): value for name, value in state.attributes.items()}
        values = [told[name] for name in _NAMES if isinstance(told.get(name), str | int)]
        text = str(values[0]) if values else ""
    else:
        text = state.state
    text = text.strip()
    absent = state.state == STATE_UNAVAILABLE or text.lower() in _NONE or len(text) > _LONGEST
    return None if absent else text

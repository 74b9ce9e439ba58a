"""A charger that somebody paused by setting its limit to 0: it is left alone, as one that was switched off by hand.

Who set it is known where Home Assistant knows it: a person or an automation there. It ends with the next car, when
somebody raises the limit again, or, where no plug is watched, after half a day.

Times are those of a monotonic clock, s.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import State

from .charging_switch import UNPLUGGED_S, UNWATCHED_S, by_somebody

#: Less than this is 0 A.
_NOTHING_A: Final = 0.5
_KEPT_OFF: Final = "limit_kept_off"


class HandPause:
    """Watches the limit of a charger that 0 A pauses.

    Attributes:
        kept_off: Somebody else set it to 0; it is not raised.
    """

    def __init__(self, memory: Mapping[str, Any] | None = None) -> None:
        """`memory` is what `memory()` gave before a restart."""
        self.kept_off = (memory or {}).get(_KEPT_OFF) is True
        self._since = time.monotonic()
        self._unplugged_since: float | None = None
        # What set it to 0 for a car that is gone, or too long ago.
        self._over: str | None = None

    def observe(self, state: State | None, shown_a: float | None, *, connected: bool | None) -> None:
        """Look at what the limit shows now.

        Args:
            state: Its state, while it has anything to say.
            shown_a: What it shows, A per phase.
            connected: A car is plugged in; None: nobody watches.
        """
        now = time.monotonic()
        if connected is not False:
            self._unplugged_since = None
        elif self._unplugged_since is None:
            self._unplugged_since = now
        elif now - self._unplugged_since >= UNPLUGGED_S:
            self._end(state)
        if state is None or shown_a is None:
            return
        if shown_a >= _NOTHING_A:
            self.kept_off = False
        elif not self.kept_off:
            wished = connected is not False and by_somebody(state) and state.context.id != self._over
            self.kept_off, self._since = wished, now
        elif connected is None and now - self._since > UNWATCHED_S:
            self._end(state)

    def _end(self, state: State | None) -> None:
        self.kept_off = False
        if state is not None:
            self._over = state.context.id

    def memory(self) -> dict[str, Any]:
        """Return what must be known again after a restart."""
        return {_KEPT_OFF: True} if self.kept_off else {}

"""The switch of a charger: pressed when it does something, and left alone when somebody else used it.

On many chargers the switch begins and ends a session. Turned on without a car, with a full one, or before somebody held
a card to the charger, it falls back; so it is pressed less and less often until it takes. And it has other users:
whoever switches a charging car off wants it off. That is respected until the next car, or until somebody switches it on
again. A session that ends by itself (the car draws nothing any more, or has gone) looks alike, but is nobody's wish.

Times are those of a monotonic clock, s: nothing here depends on what time it is.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import State

from ...backoff import Backoff
from ..io.toggle import Toggle

#: How long the next press waits after each that did not take.
SWITCH_WAITS_S: Final = (15.0, 60.0, 300.0, 900.0)
#: The wait after a session that ended by itself: whoever ended it, at once is too soon.
_ENDED: Final = 2
#: A switch that shows "on" for so long does not just show what it was told.
_TAKES_S: Final = 60.0
#: So late an "off" may still be the one that it was told here.
_LATE_S: Final = 90.0
#: A car that drew so lately was charging when it was switched off.
_DREW_S: Final = 60.0
#: A plug that is out for less has dropped a bit, not a car.
UNPLUGGED_S: Final = 10.0
#: Where no plug is watched nobody sees the next car: then the wish for "off" ends after half a day.
UNWATCHED_S: Final = 12 * 3600.0
_KEPT_OFF: Final = "kept_off"


class ChargingSwitch:
    """A switch or a select of Home Assistant that pauses a charger.

    Attributes:
        kept_off: Somebody else switched it off; it is not pressed.
    """

    def __init__(self, toggle: Toggle, *, memory: Mapping[str, Any] | None = None) -> None:
        """`toggle` is on while the charger may charge; `memory` is what `memory()` gave before a restart."""
        self.kept_off = (memory or {}).get(_KEPT_OFF) is True
        self._toggle = toggle
        # What was wanted last, and when "off" was said last.
        self._wanted: bool | None = None
        self._told_off_at: float | None = None
        # What it showed last, None while it was away; since when it is on; when the car drew.
        self._on: bool | None = None
        self._on_since = 0.0
        self._drew_at: float | None = None
        self._unplugged_since: float | None = None
        self._kept_since = time.monotonic()
        self._backoff = Backoff(*SWITCH_WAITS_S)

    @property
    def on(self) -> bool | None:
        """Whether the charger may charge by its switch; None while the switch says nothing."""
        return self._toggle.on

    @property
    def reachable(self) -> bool:
        """Whether the switch can be pressed."""
        return self._toggle.shows(on=True) is not None

    def observe(self, *, connected: bool | None, draws: bool) -> None:
        """Look at what it shows now.

        Args:
            connected: A car is plugged in; None: nobody watches.
            draws: The car draws more than nothing.
        """
        now = time.monotonic()
        self._observe_plug(now, connected=connected)
        on, before = self.on, self._on
        if draws:
            self._drew_at = now
        if on:
            if not before:
                self._on_since = now
            self.kept_off = False
            if now - self._on_since >= _TAKES_S:
                self._backoff.forget()
        elif on is False and before and connected is not False and not self._may_be_ours(now):
            self._went_off(now)
        if self.kept_off and connected is None and now - self._kept_since > UNWATCHED_S:
            self.kept_off = False
        self._on = on

    async def turn_on(self, *, connected: bool | None) -> None:
        """Let the charger charge, unless nothing would come of it or somebody else wants it off.

        Raises:
            DeviceError: It could not be pressed.
        """
        self._wanted = True
        if self.kept_off or connected is False:
            return
        if self._toggle.shows(on=True) is False:
            if not self._backoff.due:
                return
            self._backoff.tried()
        await self._toggle.set(on=True)

    async def turn_off(self, *, again: bool = False) -> None:
        """Pause the charger; with `again` also if it shows that already.

        Raises:
            DeviceError: It could not be pressed.
        """
        if self._wanted is not False and self.on:
            self._told_off_at = time.monotonic()
            # It took what it was told last.
            self._backoff.forget()
        self._wanted = False
        await self._toggle.set(on=False, again=again)

    def memory(self) -> dict[str, Any]:
        """Return what must be known again after a restart."""
        return {_KEPT_OFF: True} if self.kept_off else {}

    def _observe_plug(self, now: float, *, connected: bool | None) -> None:
        if connected is not False:
            self._unplugged_since = None
            return
        if self._unplugged_since is None:
            self._unplugged_since = now
        # Whatever the switch does without a car is nobody's wish.
        self._on = None
        if now - self._unplugged_since >= UNPLUGGED_S:
            self.kept_off = False
            self._backoff.forget()

    def _may_be_ours(self, now: float) -> bool:
        return self._wanted is False or (self._told_off_at is not None and now - self._told_off_at < _LATE_S)

    def _went_off(self, now: float) -> None:
        """Tell whether it was on and is off, and nobody here said so."""
        state = self._toggle.state
        drew = self._drew_at is not None and now - self._drew_at <= _DREW_S
        if (state is not None and by_somebody(state)) or drew:
            self.kept_off = True
            self._kept_since = now
            return
        self._backoff.wait(_ENDED)


def by_somebody(state: State) -> bool:
    """Return whether a person or an automation in Home Assistant made a state what it is."""
    return state.context.user_id is not None or state.context.parent_id is not None

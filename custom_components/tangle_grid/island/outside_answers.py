"""Answers of participants whose key is elsewhere: read from the Tangle, and taken as if they had answered here.

The ledger lets in what is genuine, in its sender's order and in time. Whether it can still be answered, and with how
much, the grid decides as for every answer; more than an answer to what a participant was asked is never taken.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..const import LOGGER
from ..grid.model.errors import GridError
from ..grid.model.request import RequestState
from ..ledger import Ledger, LedgerError
from ..protocol import Answer
from .grid_door import GridDoor

_LOOK_S: Final = 3
_OPEN: Final = frozenset({RequestState.ISSUED, RequestState.UNANSWERED})


class OutsideAnswers:
    """Looks for answers on the Tangle while anybody is asked."""

    def __init__(self, hass: HomeAssistant, grid: GridDoor, ledger: Callable[[], Ledger]) -> None:
        """`ledger` gives the open ledger, or raises LedgerError."""
        self._hass = hass
        self._grid = grid
        self._ledger = ledger

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Begin to look; returns how to stop."""
        return async_track_time_interval(
            self._hass,
            self._async_look,
            timedelta(seconds=_LOOK_S),
            name="tangle_grid answers from outside",
            cancel_on_shutdown=True,
        )

    async def _async_look(self, _now: datetime) -> None:
        if not any(ask.state in _OPEN for request in self._grid.requests.values() for ask in request.asks.values()):
            return
        try:
            answers = await self._ledger().tangle.answers_from_outside()
        except LedgerError:
            return  # the ledger says what is wrong with it
        for answer in answers:
            self._async_take(answer)

    @callback
    def _async_take(self, answer: Answer) -> None:
        try:
            self._grid.answer(
                request_id=answer.request_id,
                device_id=answer.participant,
                accept=answer.accepted,
                power_w=answer.power_w if answer.accepted else None,
            )
        except GridError as error:
            LOGGER.warning("An answer of %s from outside was not taken: %s", answer.participant, error)

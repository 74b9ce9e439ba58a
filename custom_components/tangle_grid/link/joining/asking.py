"""The island below: it asks with a code, and hears the answer."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ...const import DOMAIN
from ..channels.channel import Channel, Closed
from ..channels.direct import DirectChannel
from ..channels.mqtt import MqttChannel
from ..core import LinkKeys, Terms
from .code import JoinCode
from .errors import JoinError, Problem
from .messages import Answer, Answered, Asked, Kind, UnreadableError

#: How long a form waits for a first answer, s.
PATIENCE_S: Final = 12.0
#: It is asked again each so many seconds, as a broker may lose a question, and a person takes their time.
_AGAIN_S: Final = 3.0
_ANSWERS: Final = {
    Answered.USED: Problem.USED,
    Answered.EXPIRED: Problem.EXPIRED,
    Answered.LOOP: Problem.LOOP,
    Answered.DOES_NOT_FIT: Problem.DOES_NOT_FIT,
    Answered.REFUSED: Problem.REFUSED,
    Answered.OTHER_KIND: Problem.OTHER_KIND,
}
_CLOSED: Final = {
    Closed.REFUSED: Problem.UNKNOWN,
    Closed.NOT_THERE: Problem.NOT_THERE,
    Closed.NO_BROKER: Problem.NO_BROKER,
}


def problem_of(answer: Answer, own_island: str) -> Problem | None:
    """Return what an answer says against joining; None: it is joined, or nobody has decided yet."""
    if own_island in answer.above:
        return Problem.LOOP
    return _ANSWERS.get(answer.says)


class Asking:
    """Asks again and again until it is stopped; `answered` hears each answer.

    Attributes:
        why: Why the way there is closed now; None: it is open.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        code: JoinCode,
        *,
        island_id: str,
        keys: LinkKeys,
        terms: Terms,
        kind: Kind = Kind.HOUSE,
        answered: Callable[[Answer], None],
    ) -> None:
        """Ask for the island `island_id`, which declares these terms."""
        self._hass = hass
        self._code = code
        self._keys = keys
        self._asked = Asked.make(island_id=island_id, keys=keys, terms=terms, kind=kind)
        self._answered = answered
        self._channel: Channel = (
            DirectChannel(hass, url=code.url, island_id=code.island_id, token=code.token)
            if code.url
            else MqttChannel(hass, link_id=code.topic_id, upper=False)
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def why(self) -> Closed | None:
        """Why the way there is closed now."""
        return self._channel.why

    @callback
    def start(self) -> None:
        """Begin to ask."""
        self._channel.start(self)
        self._task = self._hass.async_create_background_task(
            self._async_ask(), f"{DOMAIN} asks to join", eager_start=False
        )

    async def async_stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._channel.async_stop()

    async def _async_ask(self) -> None:
        while True:
            await asyncio.sleep(_AGAIN_S)
            self._ask()

    def _ask(self) -> None:
        self._channel.send(self._asked.seal(self._code, self._keys))

    def opened(self) -> None:
        """Ask at once."""
        self._ask()

    def received(self, data: bytes) -> None:
        """Hear an answer."""
        with suppress(UnreadableError):
            answer = Answer.open(self._code, data)
            if answer.nonce == self._asked.nonce:
                self._answered(answer)

    def closed(self, why: Closed) -> None:
        """Wait: it is opened again."""


async def async_ask(
    hass: HomeAssistant, code: JoinCode, *, island_id: str, keys: LinkKeys, terms: Terms, kind: Kind = Kind.HOUSE
) -> Answer:
    """Ask once, and return the first answer: approved, or waiting for a person.

    Raises:
        JoinError: It is refused, or there is no answer in time.
    """
    if code.island_id == island_id:
        raise JoinError(Problem.OWN_ISLAND)
    first: asyncio.Future[Answer] = hass.loop.create_future()

    def answered(answer: Answer) -> None:
        if not first.done():
            first.set_result(answer)

    asking = Asking(hass, code, island_id=island_id, keys=keys, terms=terms, kind=kind, answered=answered)
    asking.start()
    why: Closed | None = None
    try:
        end = hass.loop.time() + PATIENCE_S
        while not first.done() and hass.loop.time() < end:
            await asyncio.wait([first], timeout=0.1)
            why = asking.why
            if why in {Closed.REFUSED, Closed.NOT_THERE}:
                break
    finally:
        await asking.async_stop()
    if not first.done():
        raise JoinError(_CLOSED.get(why, Problem.UNREACHABLE) if why else Problem.UNREACHABLE, {"url": code.url})
    answer = first.result()
    if (problem := problem_of(answer, island_id)) is not None:
        raise JoinError(problem, answer.figures)
    return answer

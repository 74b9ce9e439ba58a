"""What all channels have in common: the contract, its limits, and why one is closed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

#: The longest frame, bytes; a longer one is not sent, and closes a direct channel when it comes in.
MAX_FRAME_BYTES: Final = 32_768
#: Frames from the other side: so many a second in the long run, so many in a burst.
FRAMES_PER_S: Final = 20.0
FRAMES_AT_ONCE: Final = 100.0
#: How long it waits before it tries to open again, s: after the first failure in a row, after the second, and so on.
WAITS_S: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
#: Frames that wait to be sent. What is older has been said again since, or nobody waits for it any more.
MAX_WAITING: Final = 64


class Closed(StrEnum):
    """Why a channel carries nothing now; each is the key of a text."""

    NOT_YET = "not_yet"
    """Nobody has come yet."""
    UNREACHABLE = "unreachable"
    """The other Home Assistant, or the way to it, does not answer."""
    REFUSED = "refused"
    """It does not know the token, or not any more."""
    NOT_THERE = "not_there"
    """It answers, but has no such island at work."""
    LOST = "lost"
    """The connection was there and is gone."""
    REPLACED = "replaced"
    """The other side came with another connection."""
    TOO_MUCH = "too_much"
    """More, or longer frames than are taken."""
    NO_BROKER = "no_broker"
    """MQTT is not set up here, or its broker is away."""
    STOPPED = "stopped"
    """It was closed here."""


class Listener(Protocol):
    """Hears from a channel, in the event loop. Nothing is said any more once the channel was stopped."""

    def opened(self) -> None:
        """Hear that frames can be sent. Whether somebody hears them only they can say."""

    def received(self, data: bytes) -> None:
        """Take a frame that came in, as it was sent or not: nothing about it is checked but its length."""

    def closed(self, why: Closed) -> None:
        """Hear that nothing can be sent any more, or it was tried in vain; it is tried again."""


class Channel(Protocol):
    """A way to one other island.

    Attributes:
        why: Why it carries nothing now; None: it is open.
        bytes_in: What came in since it was made.
        bytes_out: What was sent.
    """

    why: Closed | None
    bytes_in: int
    bytes_out: int

    def start(self, listener: Listener) -> None:
        """Open it, and again whenever it was lost, less and less often where that fails."""

    def send(self, data: bytes) -> bool:
        """Send a frame; False when that is not possible now: it is lost, and nobody sends it later."""

    async def async_stop(self) -> None:
        """Send what is on its way, a moment at most, and close for good. May be called twice."""


@dataclass(slots=True)
class Intake:
    """How much the other side may send: a bucket that fills steadily (token bucket)."""

    clock: Callable[[], float] = time.monotonic
    left: float = FRAMES_AT_ONCE
    at: float | None = None

    def take(self, size: int) -> bool:
        """Take in a frame of so many bytes; False when it is too long, or one too many."""
        now = self.clock()
        if self.at is not None:
            self.left = min(FRAMES_AT_ONCE, self.left + (now - self.at) * FRAMES_PER_S)
        self.at = now
        if size > MAX_FRAME_BYTES or self.left < 1.0:
            return False
        self.left -= 1.0
        return True

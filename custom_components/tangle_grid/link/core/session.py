"""Who is there, now: sessions that begin with two fresh nonces, and frames that count up within one.

A session's id is the hash of both sides' nonces. Whoever signs a frame with it has seen this side's nonce, which is
new for each session: so nothing of an earlier session counts, whoever repeats it. Within a session numbers rise
strictly: nothing counts twice, nor after what came later.

    one side    hello(nonce A, answers nothing)   ->
                                                  <-   hello(nonce B, answers A)       the other side
    begins      hello(nonce A, answers B)         ->   begins

Either side may ask, both may at once, and any of it may be lost: what is missing is sent again.
"""

import hashlib
import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from .bodies import Hello, body_of
from .checks import read_fields
from .frames import HELLO, NO_SESSION, VERSION, Frame, LinkRefusal, Rejected
from .keys import Link

SILENCE_S: Final = 30.0
"""After so long without a frame of the other side a new session is asked for."""
_ASK_AGAIN_S: Final = (1.0, 2.0, 4.0, 8.0, 10.0)
_CONFIRM_AGAIN_S: Final = 2.0
_REPLY_GAP_S: Final = 0.5


def fresh_nonce() -> str:
    """Return 32 hexadecimal digits at random."""
    return secrets.token_hex(16)


class Session:
    """One side's view of the session on a link. Refused frames change nothing of it."""

    def __init__(
        self,
        link: Link,
        *,
        is_lower: bool,
        kinds: Sequence[str],
        versions: Sequence[int] = (VERSION,),
        fresh: Callable[[], str] = fresh_nonce,
    ) -> None:
        self._link = link
        self._is_lower = is_lower
        self._kinds = tuple(kinds)
        self._versions = tuple(versions)
        self._fresh = fresh
        self._offered: str | None = None
        self._own: str | None = None
        self._peer: str | None = None
        self._confirmed = False
        self._reply_to: str | None = None
        self._reply_after = -math.inf
        self._hello_at: float | None = None
        self._asked = 0
        self._sent = 0
        self._heard = 0
        self.session_id: str | None = None
        self.version = VERSION
        self.peer_versions: tuple[int, ...] = ()
        self.peer_kinds: frozenset[str] = frozenset()
        self.heard_at: float | None = None

    @property
    def link_id(self) -> str:
        """Which link it is on."""
        return self._link.link_id

    @property
    def is_open(self) -> bool:
        """Whether there is a session."""
        return self.session_id is not None

    def is_alive(self, mono: float) -> bool:
        """Tell whether a frame of the session came lately."""
        return self.is_open and self.heard_at is not None and mono - self.heard_at < SILENCE_S

    def knock(self) -> None:
        """Ask for a session at the next occasion, as when the channel has just come back."""
        self._asked = 0
        if not self.is_open:
            self._hello_at = None

    def received(self, mono: float, data: bytes) -> tuple[str, Mapping[str, Any]] | None:
        """Take what came; return the kind and what the body says, or None where a hello was taken.

        Raises:
            LinkRefusal: it changes nothing.
        """
        frame = Frame.decode(data)
        if frame.link_id != self._link.link_id:
            raise LinkRefusal(Rejected.WRONG_LINK)
        if frame.kind == HELLO:
            if frame.session != NO_SESSION or frame.version != VERSION:
                raise LinkRefusal(Rejected.MALFORMED)
            self._take(mono, read_fields(Hello, self._opened(frame)))
            return None
        if frame.session != self.session_id:
            raise LinkRefusal(Rejected.OTHER_SESSION)
        if frame.version != self.version:
            raise LinkRefusal(Rejected.UNKNOWN_VERSION)
        if frame.sequence <= self._heard:
            raise LinkRefusal(Rejected.REPLAYED)
        body = self._opened(frame)
        self._heard = frame.sequence
        self._confirmed = True
        self.heard_at = mono
        return frame.kind, body

    def due(self, mono: float) -> tuple[bytes, ...]:
        """Return the hellos that are due."""
        if self._hello_at is None:
            self._hello_at = mono
        frames: list[bytes] = []
        if self._reply_to is not None and mono >= self._reply_after:
            frames.append(self._hello(self._offer(), self._reply_to))
            self._reply_to = None
            self._reply_after = mono + _REPLY_GAP_S
        if self.is_open and not self._confirmed and mono >= self._hello_at:
            frames.append(self._hello(self._own or "", self._peer))
            self._hello_at = mono + _CONFIRM_AGAIN_S
        if not self.is_alive(mono) and (not self.is_open or self._is_silent(mono)) and mono >= self._hello_at:
            frames.append(self._hello(self._offer(), None))
            self._hello_at = mono + _ASK_AGAIN_S[min(self._asked, len(_ASK_AGAIN_S) - 1)]
            self._asked += 1
        return tuple(frames)

    def next_due(self, mono: float) -> float:
        """Return when `due` has something at the latest, as far as is known now."""
        times = [
            mono + SILENCE_S
            if self.is_alive(mono) and self._confirmed
            else mono
            if self._hello_at is None
            else self._hello_at
        ]
        if self.heard_at is not None:
            times.append(max(mono, self.heard_at + SILENCE_S))
        if self._reply_to is not None:
            times.append(self._reply_after)
        return min(times)

    def seal(self, kind: str, body: Mapping[str, Any]) -> bytes:
        """Return the next frame of the session. There must be one."""
        if self.session_id is None:
            raise ValueError("there is no session")
        self._sent += 1
        return Frame.seal(self._link, self.session_id, self._sent, kind, body, self.version).encode()

    def _is_silent(self, mono: float) -> bool:
        return self.heard_at is not None and mono - self.heard_at >= SILENCE_S

    def _opened(self, frame: Frame) -> Mapping[str, Any]:
        if not frame.is_of(self._link.peer):
            raise LinkRefusal(Rejected.BAD_SIGNATURE)
        return frame.open(self._link)

    def _take(self, mono: float, hello: Hello) -> None:
        """Begin a session, owe an answer, or leave it."""
        if hello.answers is not None and hello.answers == self._offered:
            self._begin(mono, hello)
        elif hello.answers in {None, self._own} and hello.nonce != self._peer:
            self._reply_to = hello.nonce
        # Anything else answers a nonce that is not offered: it is a repetition.

    def _begin(self, mono: float, hello: Hello) -> None:
        self.peer_versions = hello.versions
        common = set(self._versions) & set(hello.versions)
        if not common:
            return
        self.version = max(common)
        self._own, self._offered = self._offered or "", None
        self._peer = hello.nonce
        self._reply_to = None
        lower, upper = (self._own, self._peer) if self._is_lower else (self._peer, self._own)
        self.session_id = hashlib.sha256(f"{self._link.link_id}:{lower}:{upper}".encode()).hexdigest()[:32]
        self.peer_kinds = frozenset(hello.kinds)
        self._sent = self._heard = self._asked = 0
        self._confirmed = False
        self._hello_at = mono
        self.heard_at = mono

    def _offer(self) -> str:
        if self._offered is None:
            self._offered = self._fresh()
        return self._offered

    def _hello(self, nonce: str, answers: str | None) -> bytes:
        hello = Hello(nonce=nonce, answers=answers, versions=self._versions, kinds=self._kinds)
        return Frame.seal(self._link, NO_SESSION, 0, HELLO, body_of(hello)).encode()

"""What both ends of a link share: the session, letters that arrive, leaving, and what is refused.

Letters are for what must arrive once (requests, answers, settlements): a letter is sent until the other end has
acknowledged it, also after a restart of either. It may come again: whoever takes one acts by its id, and says `done`
when what it says is on disk.
"""

import math
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from .bodies import Ack, Leave, Letter, LinkBody, body_of, link_body_types, read_link_body
from .frames import VERSION, LinkRefusal, Rejected
from .keys import Link
from .session import Session, fresh_nonce

CLOCK_RATE: Final = 0.01
"""By this share two clocks may run apart: leases of the side that sent are so much shorter."""
LETTER_AGAIN_S: Final = 3.0
MAX_LETTERS: Final = 256
_DONE_KEPT: Final = 512
_LEAVE_TIMES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionBegan:
    """There is a new session, in this version, with an end that understands these kinds."""

    version: int
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsDiffer:
    """The other end speaks no version that this one does: one of both needs an update."""

    theirs: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A frame changed nothing."""

    reason: Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerLeft:
    """The other end has ended the link for good."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterCame:
    """A letter: act on it by its id, keep that on disk, then call `done(letter)`.

    Attributes:
        letter: Its id.
        about: The kind of what it says.
        says: What it says; not checked yet.
        age_s: It was written at most so long ago. Downwards that is certain, upwards it is what the house says.
    """

    letter: str
    about: str
    says: Mapping[str, Any]
    age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The other end has a letter on disk."""

    letter: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """Nobody acknowledged a letter while it was worth sending."""

    letter: str
    about: str


type LinkEvent = SessionBegan | VersionsDiffer | Refused | PeerLeft | LetterCame | Delivered | Lapsed


@dataclass(slots=True, kw_only=True)
class _Posted:
    about: str
    says: Mapping[str, Any]
    since: float
    until: float
    sent_at: float | None = None


class End:
    """One end of a link. Seconds are the caller's own, from a clock that never goes back.

    They should count on while the machine sleeps. What the clock on the wall shows is never looked at.
    """

    is_lower: ClassVar[bool]

    def __init__(
        self,
        link: Link,
        *,
        versions: Sequence[int] = (VERSION,),
        kinds: Sequence[str] = (),
        fresh: Callable[[], str] = fresh_nonce,
    ) -> None:
        """Begin without a session. `kinds`: what letters this end understands."""
        self._session = Session(
            link,
            is_lower=self.is_lower,
            kinds=sorted({*link_body_types(), *kinds}),
            versions=versions,
            fresh=fresh,
        )
        self._letters: dict[str, _Posted] = {}
        self._acks: deque[str] = deque(maxlen=MAX_LETTERS)
        self._done: deque[str] = deque(maxlen=_DONE_KEPT)
        self._leaving: str | None = None
        self._leave_left = 0
        self.left: str | None = None
        self.refused: Counter[Rejected] = Counter()

    # What the caller does.

    def received(self, mono: float, data: bytes) -> tuple[Any, ...]:
        """Take what came over the channel, whatever it is; return what happened (`LinkEvent`s and the end's own)."""
        if self._leaving is not None:
            self._hear_hello(mono, data)
        if self.has_ended:
            return ()
        session, versions = self._session.session_id, self._session.peer_versions
        try:
            taken = self._session.received(mono, data)
            body = None if taken is None else read_link_body(*taken)
        except LinkRefusal as refusal:
            self.refused[refusal.reason] += 1
            return (Refused(reason=refusal.reason),)
        if body is not None:
            return self._take(mono, body)
        if self._session.session_id != session:
            self._session_began()
            return (SessionBegan(version=self._session.version, kinds=self._session.peer_kinds),)
        if self._session.peer_versions != versions:
            return (VersionsDiffer(theirs=self._session.peer_versions),)
        return ()

    def due(self, mono: float) -> tuple[bytes, ...]:
        """Return the frames to send now. Call it after `received`, and when `next_due` has come."""
        if self._leave_left and self._session.is_open:
            self._leave_left -= 1
            return (self._session.seal(Leave.kind, body_of(Leave(reason=self._leaving or "left"))),)
        if self._leaving is not None:
            return self._session.due(mono)
        if self.has_ended:
            return ()
        hellos = self._session.due(mono)
        bodies = self._bodies_due(mono) if self._session.is_open else []
        return (*hellos, *(self._session.seal(body.kind, body_of(body)) for body in bodies))

    def next_due(self, mono: float) -> float:
        """Return when `due` should be called next, at the latest."""
        if self.left is not None or self.has_told:
            return math.inf
        times = [self._session.next_due(mono)]
        if self._session.is_open and self._echo() is not None:
            times += [
                mono if letter.sent_at is None else letter.sent_at + LETTER_AGAIN_S for letter in self._letters.values()
            ]
        if self._acks or self._leave_left:
            times.append(mono)
        return max(mono, min(times))

    def _hear_hello(self, mono: float, data: bytes) -> None:
        """Let whoever was not there when the link ended begin a session once more: it is told then."""
        session = self._session.session_id
        try:
            self._session.received(mono, data)
        except LinkRefusal as refusal:
            self.refused[refusal.reason] += 1
        if self._session.session_id != session:
            self._leave_left = _LEAVE_TIMES

    @property
    def has_told(self) -> bool:
        """Whether the other end was told, in a session, that this one has left."""
        return self._leaving is not None and self._session.is_open and not self._leave_left

    @property
    def has_ended(self) -> bool:
        """Whether either end has left for good: nothing counts any more."""
        return self.left is not None or self._leaving is not None

    @property
    def link_id(self) -> str:
        """Which link it is an end of."""
        return self._session.link_id

    @property
    def session_id(self) -> str | None:
        """Which session there is: whoever starts anew begins another one."""
        return self._session.session_id

    def knock(self) -> None:
        """Say hello at once: the channel has just come (back)."""
        self._session.knock()

    def is_alive(self, mono: float) -> bool:
        """Tell whether there is a session, and something was heard in it lately."""
        return self._session.is_alive(mono)

    def understands(self, about: str) -> bool:
        """Tell whether the other end said that it knows this kind of letter."""
        return about in self._session.peer_kinds

    @property
    def has_room(self) -> bool:
        """Whether one more letter can be posted."""
        return len(self._letters) < MAX_LETTERS

    def post(self, mono: float, letter: str, about: str, says: Mapping[str, Any], *, keep_s: float) -> None:
        """Send a letter until it is acknowledged, for `keep_s` at most. The same id again replaces it.

        Raises:
            ValueError: there are too many letters already.
        """
        if letter not in self._letters and len(self._letters) >= MAX_LETTERS:
            raise ValueError("too many letters wait")
        self._letters[letter] = _Posted(about=about, says=says, since=mono, until=mono + keep_s)

    def recall(self, letter: str) -> None:
        """Send a letter no more."""
        self._letters.pop(letter, None)

    def done(self, letter: str) -> None:
        """Say that what a letter asked for is on disk: it is acknowledged, and never told again."""
        if letter not in self._done:
            self._done.append(letter)
        self._acks.append(letter)

    def leave(self, reason: str) -> None:
        """End the link for good. What this end still has to say is that, a few times; whatever was granted ends now."""
        self._leaving = reason
        self._leave_left = _LEAVE_TIMES
        self._letters.clear()

    def to_dict(self, mono: float) -> dict[str, Any]:
        """Return what has to survive a restart, as JSON."""
        return {
            "letters": {
                name: {
                    "about": letter.about,
                    "says": dict(letter.says),
                    "age_s": mono - letter.since,
                    "left_s": letter.until - mono,
                }
                for name, letter in self._letters.items()
            },
            "done": list(self._done),
            "left": self.left,
        }

    def _go_on(self, mono: float, stored: Mapping[str, Any]) -> None:
        """Take up what `to_dict` gave; what cannot be read of it is left aside. How long it was off is not known."""
        letters = stored.get("letters")
        for name, letter in letters.items() if isinstance(letters, Mapping) else ():
            try:
                self._letters[str(name)] = _Posted(
                    about=str(letter["about"]),
                    says=dict(letter["says"]),
                    since=mono - float(letter["age_s"]),
                    until=mono + float(letter["left_s"]),
                )
            except KeyError, TypeError, ValueError:
                continue
        done = stored.get("done")
        self._done.extend(each for each in (done if isinstance(done, list) else ()) if isinstance(each, str))
        left = stored.get("left")
        self.left = left if isinstance(left, str) else None

    # What each end does in its own way.

    def _session_began(self) -> None:
        for letter in self._letters.values():
            letter.sent_at = None

    def _bodies_due(self, mono: float) -> list[LinkBody]:
        bodies: list[LinkBody] = [Ack(letter=letter) for letter in self._acks]
        self._acks.clear()
        for name, letter in self._letters.items():
            if self._echo() is None or (letter.sent_at is not None and mono - letter.sent_at < LETTER_AGAIN_S):
                continue
            letter.sent_at = mono
            bodies.append(
                Letter(
                    letter=name,
                    report=self._echo() or 0,
                    age_s=max(0.0, mono - letter.since),
                    about=letter.about,
                    says=letter.says,
                )
            )
        return bodies

    def _take(self, mono: float, body: LinkBody) -> tuple[Any, ...]:
        match body:
            case Leave():
                self.left = body.reason
                self._letters.clear()
                return (PeerLeft(reason=body.reason),)
            case Ack():
                letter = self._letters.pop(body.letter, None)
                return () if letter is None else (Delivered(letter=body.letter, about=letter.about),)
            case Letter():
                if body.letter in self._done:
                    self._acks.append(body.letter)
                    return ()
                age_s = self._age_s(mono, body)
                if age_s is None:
                    self.refused[Rejected.INVALID_BODY] += 1
                    return (Refused(reason=Rejected.INVALID_BODY),)
                return (LetterCame(letter=body.letter, about=body.about, says=body.says, age_s=age_s),)
            case _:
                # A kind that the other end must not send: as one that is not known.
                self.refused[Rejected.UNKNOWN_KIND] += 1
                return (Refused(reason=Rejected.UNKNOWN_KIND),)

    def lapsed(self, mono: float) -> tuple[Lapsed, ...]:
        """Drop the letters that are not worth sending any more, and return them."""
        late = [name for name, letter in self._letters.items() if mono >= letter.until]
        return tuple(Lapsed(letter=name, about=self._letters.pop(name).about) for name in late)

    def _echo(self) -> int | None:
        """Return which report a letter names; None: letters have to wait for one."""
        return 0

    def _age_s(self, mono: float, letter: Letter) -> float | None:  # noqa: ARG002 - the lower end looks at it
        """Return how old a letter is at most; None: that cannot be said, so that it does not count."""
        return letter.age_s

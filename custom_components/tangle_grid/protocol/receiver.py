"""The receiving end: which messages are let in, and what is remembered so that none comes in twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from .envelope import GENESIS, Envelope
from .errors import ProtocolError, Rejection

MAX_CLOCK_SKEW_S: Final = 120.0
"""A sender's clock may be this far ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderState:
    """The last message let in from a sender. ``missed`` counts messages that never came."""

    sequence: int = 0
    previous: str = GENESIS
    missed: int = 0


class Receiver:
    """Lets in the messages of one island's members. Pure: keep ``states`` wherever the messages are kept."""

    def __init__(self, island: str, states: Mapping[str, SenderState]) -> None:
        self._island = island
        self._states = dict(states)

    @classmethod
    def of_members(cls, island: str, public_keys: frozenset[str]) -> Self:
        """Start with members of whom nothing was received yet."""
        return cls(island, {public: SenderState() for public in public_keys})

    @property
    def states(self) -> Mapping[str, SenderState]:
        """What is remembered of each member."""
        return dict(self._states)

    def accept(self, envelope: Envelope, now: float) -> SenderState:
        """Let a message in, or refuse it; a refused one changes nothing.

        A gap in the numbers is let in and counted (``missed``): a lost message must not silence its sender.

        Raises:
            ProtocolError: wrong_island, unknown_sender, bad_signature, expired, not_yet_valid, replayed, or
                broken_chain (it follows the last message but names another one as its previous).
        """
        if envelope.island != self._island:
            raise ProtocolError(Rejection.WRONG_ISLAND, {"island": envelope.island})
        state = self._states.get(envelope.sender)
        if state is None:
            raise ProtocolError(Rejection.UNKNOWN_SENDER, {"sender": envelope.sender})
        if not envelope.is_authentic():
            raise ProtocolError(Rejection.BAD_SIGNATURE, {"sender": envelope.sender})
        if envelope.issued_at > now + MAX_CLOCK_SKEW_S:
            raise ProtocolError(Rejection.NOT_YET_VALID, {"issued_at": envelope.issued_at})
        if envelope.expires_at <= now:
            raise ProtocolError(Rejection.EXPIRED, {"expires_at": envelope.expires_at})
        if envelope.sequence <= state.sequence:
            raise ProtocolError(Rejection.REPLAYED, {"sequence": envelope.sequence})
        missed = envelope.sequence - state.sequence - 1
        if not missed and envelope.previous != state.previous:
            raise ProtocolError(Rejection.BROKEN_CHAIN, {"sequence": envelope.sequence})
        accepted = SenderState(sequence=envelope.sequence, previous=envelope.digest(), missed=state.missed + missed)
        self._states[envelope.sender] = accepted
        return accepted


def why_rejected(envelope: Envelope, island: str, public_keys: frozenset[str]) -> Rejection | None:
    """Say why a message read from the archive is not genuine, or None: age and order do not matter there."""
    if envelope.island != island:
        return Rejection.WRONG_ISLAND
    if envelope.sender not in public_keys:
        return Rejection.UNKNOWN_SENDER
    if not envelope.is_authentic():
        return Rejection.BAD_SIGNATURE
    return None

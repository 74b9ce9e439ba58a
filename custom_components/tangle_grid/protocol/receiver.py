"""The receiving end: which messages are let in, and what is remembered so that none comes in twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from .bodies import KeyNotice
from .envelope import GENESIS, Envelope
from .errors import ProtocolError, Rejection
from .registry import KeyRegistry

MAX_CLOCK_SKEW_S: Final = 120.0
"""A sender's clock may be this far ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderState:
    """The last message let in from a sender. `missed` counts messages that never came."""

    sequence: int = 0
    previous: str = GENESIS
    missed: int = 0


class Receiver:
    """Lets in the messages of one island's members. Pure: keep `states` wherever the messages are kept."""

    def __init__(self, island: str, states: Mapping[str, SenderState], *, registry: KeyRegistry | None = None) -> None:
        """Go on from these states. With a `registry`, it says who is a member, and the island's notices change it."""
        self._island = island
        self._states = dict(states)
        self._registry = registry

    @classmethod
    def of_members(cls, island: str, public_keys: frozenset[str]) -> Self:
        """Start with members of whom nothing was received yet."""
        return cls(island, {public: SenderState() for public in public_keys})

    @classmethod
    def of_registry(cls, registry: KeyRegistry) -> Self:
        """Start with those that the island announced, and will announce; nothing was received of them yet."""
        return cls(registry.island, {}, registry=registry)

    @property
    def states(self) -> Mapping[str, SenderState]:
        """What is remembered of each member."""
        return dict(self._states)

    def accept(self, envelope: Envelope, now: float) -> SenderState:
        """Let a message in, or refuse it; a refused one changes nothing.

        A gap in the numbers is let in and counted (`missed`): a lost message must not silence its sender.

        Raises:
            ProtocolError: wrong_island, unknown_sender, bad_signature, expired, not_yet_valid, replayed, or
                broken_chain (it follows the last message but names another one as its previous); with a registry
                also revoked_key, key_not_yet_valid, not_allowed, and invalid_body or key_conflict of a notice.
        """
        if envelope.island != self._island:
            raise ProtocolError(Rejection.WRONG_ISLAND, {"island": envelope.island})
        state = self._states.get(envelope.sender) if self._registry is None else self._state_of(envelope)
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
        if self._registry is not None and envelope.kind == KeyNotice.kind:
            self._registry.apply(envelope)
        accepted = SenderState(sequence=envelope.sequence, previous=envelope.digest(), missed=state.missed + missed)
        self._states[envelope.sender] = accepted
        return accepted

    def _state_of(self, envelope: Envelope) -> SenderState | None:
        """Return what is remembered of a sender whom the registry knows. Raises ProtocolError: it may not send this."""
        rejection = self._registry.why_not(envelope) if self._registry is not None else Rejection.UNKNOWN_SENDER
        if rejection is Rejection.UNKNOWN_SENDER:
            return None
        if rejection is not None:
            raise ProtocolError(
                rejection if envelope.is_authentic() else Rejection.BAD_SIGNATURE, {"sender": envelope.sender}
            )
        return self._states.get(envelope.sender, SenderState())


def why_rejected(envelope: Envelope, island: str, public_keys: frozenset[str]) -> Rejection | None:
    """Say why a message read from the archive is not genuine, or None: age and order do not matter there."""
    if envelope.island != island:
        return Rejection.WRONG_ISLAND
    if envelope.sender not in public_keys:
        return Rejection.UNKNOWN_SENDER
    if not envelope.is_authentic():
        return Rejection.BAD_SIGNATURE
    return None

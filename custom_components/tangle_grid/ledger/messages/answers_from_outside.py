"""Answers of participants whose key is elsewhere: read from the Tangle, checked, and taken once."""

import logging
from collections.abc import Callable
from typing import Final

from ...protocol import Answer, Envelope, ProtocolError, Rejection, read_body
from .chronicle import Chronicle
from .participant_keys import ParticipantKeys
from .privacy import Privacy

_LOGGER: Final = logging.getLogger(__name__)
_ANSWERS: Final = 100
"""So many of the newest answers are looked through."""


class AnswersFromOutside:
    """Takes each answer once. Belongs to the thread that reads the Tangle."""

    def __init__(
        self, chronicle: Chronicle, members: ParticipantKeys, privacy: Privacy, *, clock: Callable[[], float]
    ) -> None:
        self._chronicle = chronicle
        self._members = members
        self._privacy = privacy
        self._clock = clock
        self._refused: set[str] = set()

    def take(self) -> list[Answer]:
        """Return what participants that sign themselves have answered on the Tangle since the last time."""
        keys = self._members.all_elsewhere()
        if not keys:
            return []
        found = self._chronicle.envelopes(Answer.kind, _ANSWERS)
        taken: list[Answer] = []
        for envelope in sorted(found, key=lambda each: each.sequence):
            if envelope.sender not in keys:
                continue
            try:
                taken.append(self._receive(envelope, keys[envelope.sender]))
            except ProtocolError as error:
                # What was taken before stands there as well.
                if error.key is not Rejection.REPLAYED and envelope.digest() not in self._refused:
                    self._refused.add(envelope.digest())
                    _LOGGER.warning("An answer of %s from outside was refused: %s", keys[envelope.sender], error)
        self._refused.intersection_update(each.digest() for each in found)
        return taken

    def _receive(self, envelope: Envelope, participant: str) -> Answer:
        """Return the answer in an envelope. Raises ProtocolError when it is not one that the participant may give."""
        body = envelope.open(self._privacy.opens(envelope.body))
        answer = read_body(Answer.kind, body)
        if not isinstance(answer, Answer) or answer.participant != participant:
            raise ProtocolError(Rejection.NOT_ALLOWED, {"sender": envelope.sender})
        self._members.receive(envelope, body, self._clock())
        return answer

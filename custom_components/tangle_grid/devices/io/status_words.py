"""What the texts of a charger's status most likely mean: a proposal, which a person confirms or changes."""

import re
from collections.abc import Iterable
from typing import Final

from ..shape import Status

_WAITS: Final = "awaiting|waiting|preparing|suspended|suspendedevs?e?|authori[sz]ing|authenticating|queue"
#: The first that is found in a text counts; words stand between blanks.
_WORDS: Final = (
    (Status.DISCONNECTED, r" (not (connected|plugged)|no (car|vehicle|ev)|unplugged|disconnected|unconnected) "),
    (Status.CONNECTED, r" (not charging|ready to charge|suspended( ev| evse)?|charging (paused|stopped|suspended)) "),
    (Status.FAULT, r" (error|fault|faulted|failed|failure|alarm|unavailable|out of order|offline|locked out) "),
    (Status.FINISHED, r" (finish|finished|finishing|complete|completed|charging complete|done|full|fully|charged) "),
    (Status.CHARGING, r" (charging|charge|c|c1|c2|active) "),
    (
        Status.CONNECTED,
        rf" (connected|plugged|{_WAITS}|paused|ready|stopped|occupied|scheduled|locked|b|b1|b2) ",
    ),
    (Status.DISCONNECTED, r" (available|free|empty|idle|standby|none|a|a1|a2) "),
)


def guessed_status(texts: Iterable[str]) -> dict[str, Status]:
    """Return what texts most likely mean; those that say nothing are left out."""
    found: dict[str, Status] = {}
    for text in texts:
        words = f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "
        for status, pattern in _WORDS:
            if re.search(pattern, words):
                found[text] = status
                break
    return found

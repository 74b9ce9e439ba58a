"""Whether a device that says nothing is gone, or has nothing to say: many report only what has changed.

Such a charger is silent for as long as its car charges with the same current. So before it is taken for gone it is told
a little less, once: if it reports that, it is there, and its silence is believed for a few times as long as this one
was. If it does not, it counts as silent when its time has come, as anybody.

Who has answered like this twice, never repeats a value, and never reports of itself at regular times, reports what
changes: as long as nothing changes, its newest report is as good as one of now. Only what it was told and has to show
is waited for.
"""

from collections.abc import Mapping
from typing import Any, Final

from ..model.world import PhaseReading

#: Share of the age up to which it is believed, after which it is asked; and how much less it is told, A.
_ASKED: Final = 0.6
ASKED_LESS_A: Final = 2.0
#: A report so soon after a command is the answer to it, s; one after less silence is no news, s.
_ANSWER_S: Final = 20.0
_SILENCE_S: Final = 30.0
#: An answer makes silence believed for so many times as long as the one that it ended, s at most.
_PATIENCE: Final = 4.0
_LONGEST_S: Final = 3600.0
#: So many answers make it one that reports what changes; with the delay that such a report may have, s.
_ANSWERS: Final = 2
_DELAY_S: Final = 5.0
#: It has to have shown what it was told by then, s.
_SHOWN_S: Final = 15.0
#: Two waits that differ by less are an interval.
_REGULAR: Final = 0.1
_SAME_S: Final = 0.5
_DRAWS_A: Final = 1.0


class LifeCheck:
    """One charger.

    Attributes:
        patience_s: Its silence is believed for so long, s; 0: as anybody's.
        on_change: It reports what changes, and nothing else.
    """

    def __init__(self) -> None:
        self.patience_s = 0.0
        self.on_change = False
        self._answers = 0
        self._last_at: float | None = None
        self._asked_at: float | None = None
        self._asked_a = 0.0
        self._waited_s = 0.0

    def observe(self, reading: PhaseReading | None, *, told_at: float | None) -> None:
        """Take in its newest report; `told_at`: since when it is told what it is told, grid time."""
        last_at = self._last_at
        if reading is None or (last_at is not None and reading.at == last_at):
            return
        self._last_at, self._asked_at = reading.at, None
        if last_at is None or reading.at < last_at:
            return
        silence_s = reading.at - last_at
        if reading.changed_at < reading.at - _SAME_S:
            # It repeats itself.
            self._answers, self.on_change = 0, False
        if silence_s <= _SILENCE_S:
            return
        # It was told before that report, since its silence was longer than an answer may take.
        if told_at is not None and told_at <= reading.at <= told_at + _ANSWER_S:
            self.patience_s = min(_LONGEST_S, max(self.patience_s, _PATIENCE * silence_s))
            self._answers += 1
            self.on_change = self._answers >= _ANSWERS
        else:
            if abs(silence_s - self._waited_s) <= _REGULAR * silence_s:
                self._answers, self.on_change = 0, False
            self._waited_s = silence_s

    def interrupt(self) -> None:
        """Note that it could not be reached, or the clock was set: the silence that ends next says nothing."""
        self._last_at = self._asked_at = None

    def asks(self, now: float, *, spoke_at: float, max_age_s: float, drawn_a: float, told_a: float) -> float | None:
        """Return what it is told at most, A per phase, so that it has something to say; None: it need not be asked.

        Args:
            now: Grid time.
            spoke_at: Its newest sign of life.
            max_age_s: The age up to which it is believed, s.
            drawn_a: What it draws, A per phase.
            told_a: What it is told, A per phase.
        """
        if self._asked_at is None:
            if now - spoke_at < _ASKED * max_age_s or min(drawn_a, told_a) < _DRAWS_A:
                return None
            self._asked_at, self._asked_a = now, min(drawn_a, told_a) - ASKED_LESS_A
        if now - self._asked_at <= _ANSWER_S:
            return self._asked_a
        self._unanswered()
        return None

    def _unanswered(self) -> None:
        self.patience_s, self._answers, self.on_change = 0.0, 0, False

    def valid_at(self, reading: PhaseReading, now: float, *, told_a: float, told_at: float, drawn_a: float) -> float:
        """Return for when its newest report speaks, grid time.

        Args:
            reading: It.
            now: Grid time.
            told_a: What it is told, A per phase.
            told_at: Since when.
            drawn_a: What it draws by that report, A per phase.
        """
        if not self.on_change:
            return reading.at
        if told_at > reading.at and (now - told_at <= _SHOWN_S or told_a < drawn_a - _DRAWS_A):
            return reading.at
        return max(reading.at, now - _DELAY_S)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able content."""
        return {"patience_s": self.patience_s, "answers": self._answers}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take over what an earlier run stored with `to_dict`."""
        self.patience_s = min(_LONGEST_S, max(0.0, float(data["patience_s"])))
        self._answers = max(0, int(data["answers"]))
        self.on_change = self._answers >= _ANSWERS

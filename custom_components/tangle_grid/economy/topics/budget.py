"""What a topic may spend: in all, and on a day."""

from typing import Any, Final, Self

from ..stored import Stored
from .errors import TopicError
from .findings import MAX_COUNT
from .topic import Topic

_DAYS_KEPT: Final = 62


class Budget:
    """What is spent of a topic's budgets; the payments may still be on their way."""

    def __init__(self, topic: Topic) -> None:
        """Begin with nothing spent."""
        self._topic = topic
        self.spent_i = 0
        """What was paid so far, i."""
        self._days: dict[str, int] = {}

    def left_i(self, day: str, owed_i: int) -> tuple[int, int]:
        """Return what is left of the whole budget, and of the day's, i: what is owed is taken off the whole."""
        whole = max(0, self._topic.budget_i - self.spent_i - owed_i)
        return whole, min(whole, max(0, self._topic.day_budget_i - self._days.get(day, 0)))

    def check(self, reporters: int, owed_i: int) -> None:
        """Raise TopicError `topic_budget_spent` where the whole budget does not reach for so many reporters."""
        left_i, cost_i = max(0, self._topic.budget_i - self.spent_i - owed_i), self._topic.bounty_i * reporters
        if cost_i > left_i:
            raise TopicError("topic_budget_spent", {"left": left_i, "cost": cost_i})

    def reaches_ever(self, cost_i: int) -> bool:
        """Return whether any day, and the whole budget, has so much."""
        return cost_i <= min(self._topic.day_budget_i, self._topic.budget_i - self.spent_i)

    def reaches_on(self, day: str, cost_i: int) -> bool:
        """Return whether so much is left of a day's budget."""
        return cost_i <= self._topic.day_budget_i - self._days.get(day, 0)

    def spend(self, day: str, cost_i: int) -> None:
        """Spend of a day's budget."""
        self._days[day] = self._days.get(day, 0) + cost_i
        self.spent_i += cost_i

    def forget_old_days(self) -> None:
        """Keep the latest days only."""
        for old in sorted(self._days)[:-_DAYS_KEPT]:
            del self._days[old]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"spent_i": self.spent_i, "days": dict(self._days)}

    @classmethod
    def from_dict(cls, topic: Topic, stored: Stored) -> Self:
        """Read it. Raises StoredError."""
        budget, days = cls(topic), stored.object("days")
        budget.spent_i = stored.whole("spent_i", 0, MAX_COUNT)
        budget._days = {day: days.whole(day, 0, MAX_COUNT) for day in days.names()}
        return budget

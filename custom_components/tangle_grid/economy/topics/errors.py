"""Why a topic cannot be, or a report is not taken."""

from collections.abc import Mapping
from typing import Any, Final

SENTENCES: Final[Mapping[str, str]] = {
    "invalid_topic": "The topic's {field} cannot be.",
    "invalid_state": "What was stored of the topic cannot be read: {field}.",
    "coordinates_out_of_range": "There is no such place: latitude {latitude}, longitude {longitude}.",
    "bounty_above_budget": "A finding costs {cost} i ({reporters} times {bounty} i), the budget is {budget} i.",
    "report_invalid": "The report's {field} cannot be.",
    "report_wrong_topic": "The report is about {found}; this topic is about {wanted}.",
    "report_wrong_kind": "The report says {found}, wanted is {wanted}.",
    "report_not_rounded": "The report's place was not rounded to {step} millionths of a degree before it was signed.",
    "report_outside": "The report is from outside of where the topic is.",
    "report_too_old": "The report is {age} s old; after {limit} s it is not taken any more.",
    "report_in_future": "The report is {ahead} s ahead of this clock.",
    "report_value_missing": "The topic wants a number with each report.",
    "report_value_out_of_range": "The number {value} is not between {least} and {most}.",
    "report_own_topic": "Whoever pays for a topic does not report to it: accept a report instead.",
    "too_many_open": "{open} reports wait already for others to confirm them; more than {limit} may not.",
    "budget_spent": "The topic's budget is spent: {left} i are left, a finding costs {cost} i.",
    "unknown_report": "There is no open report or finding {report}.",
    "already_known": "The finding {report} is known already.",
}


class TopicError(Exception):
    """A topic that cannot be, or a report that is not taken.

    Attributes:
        key: Machine-readable reason, a key of `SENTENCES`.
        placeholders: The values for its sentence.
    """

    def __init__(self, key: str, placeholders: Mapping[str, object] | None = None) -> None:
        """Remember the reason and its values."""
        self.key = key
        self.placeholders: Mapping[str, Any] = {name: str(value) for name, value in (placeholders or {}).items()}
        super().__init__(key, self.placeholders)

    def __str__(self) -> str:
        """Return one sentence for a person."""
        return SENTENCES[self.key].format_map(self.placeholders)

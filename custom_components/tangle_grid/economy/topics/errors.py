"""Why a topic cannot be, or a report is not taken."""

from collections.abc import Mapping
from typing import ClassVar, Final

from ..errors import EconomyError

SENTENCES: Final[Mapping[str, str]] = {
    "topic_invalid": "The topic's {field} cannot be.",
    "topic_state_invalid": "What was stored of the topic cannot be read: {field}.",
    "coordinates_out_of_range": "There is no such place: latitude {latitude}, longitude {longitude}.",
    "bounty_above_budget": "A finding costs {cost} i ({reporters} times {bounty} i), the budget is {budget} i.",
    "topic_unavailable": "The topic takes no reports: what it knows cannot be read, or is not read yet.",
    "topic_wallet_short": "The topic's wallet cannot pay: it has {left} i to spend, {cost} i are needed.",
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
    "too_many_reports": "{open} reports wait already for others to confirm them; more than {limit} may not.",
    "topic_budget_spent": "The topic's budget is spent: {left} i are left, a finding costs {cost} i.",
    "report_unknown": "There is no open report or finding {report}.",
    "finding_known": "The finding {report} is known already.",
}


class TopicError(EconomyError):
    """A topic that cannot be, or a report that is not taken."""

    sentences: ClassVar[Mapping[str, str]] = SENTENCES

"""What is wanted, where, and what it is worth: a topic. And what comes in: a report."""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self

from .errors import TopicError
from .places import DEFAULT_STEP, MAX_STEP, Area, Place, area_of

VERSION: Final = 1
MAX_NAME: Final = 255
MAX_CONFIRMATIONS: Final = 20
MAX_RADIUS_M: Final = 10_000
MAX_TIME_S: Final = 366 * 86_400
MAX_AMOUNT_I: Final = 2_779_530_283_277_761
"""All iota that there are."""
MAX_VALUE: Final = 1e12
AHEAD_S: Final = 120.0
"""How far a reporter's clock may be ahead."""

_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_PICTURE: Final = re.compile(r"[0-9a-f]{64}\Z")


def is_whole(value: Any, least: int, most: int) -> bool:
    """Tell whether this is a whole number from `least` to `most`."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_number(value: Any, limit: float) -> bool:
    """Tell whether this is a number from -`limit` to `limit`."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -limit <= value <= limit


def is_name(value: Any) -> bool:
    """Tell whether this can be an id."""
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What somebody pays for.

    Attributes:
        topic_id: Names it for ever; the participant whose wallet pays.
        owner: Who owns it: reports of theirs are not taken.
        kind: What is wanted, such as `pothole`: up to 32 of a-z, 0-9 and _, a letter first.
        area: Where.
        bounty_i: What each of the reporters gets who make a finding true, i.
        budget_i: What is spent at most, i.
        day_budget_i: What is spent at most on one day, i.
        confirmations: How many owners have to report it before it is true.
        radius_m: How near the others have to be to one of them, m. What is known covers as much.
        window_s: How far apart in time they may be, and how old a report may be, s.
        known_s: How long it counts as known, s: nobody earns anything there meanwhile.
        step: To how many millionths of a degree places are rounded.
        wants_value: Whether each report has a number.
        tolerance: How much numbers may differ to confirm each other; None: they need not agree.
        least: The smallest number that is taken, or None.
        most: The largest one, or None.
    """

    topic_id: str
    owner: str
    kind: str
    area: Area
    bounty_i: int
    budget_i: int
    day_budget_i: int
    confirmations: int = 3
    radius_m: int = 30
    window_s: int = 7 * 86_400
    known_s: int = 30 * 86_400
    step: int = DEFAULT_STEP
    wants_value: bool = False
    tolerance: float | None = None
    least: float | None = None
    most: float | None = None

    @property
    def cost_i(self) -> int:
        """What a finding costs, i: the bounty for each of those who make it true."""
        return self.bounty_i * self.confirmations

    def __post_init__(self) -> None:
        """Raise TopicError: topic_invalid, naming the field, or bounty_above_budget."""
        valid = {
            "topic_id": is_name(self.topic_id),
            "owner": is_name(self.owner),
            "kind": isinstance(self.kind, str) and _KIND.match(self.kind) is not None,
            "bounty_i": is_whole(self.bounty_i, 1, MAX_AMOUNT_I),
            "budget_i": is_whole(self.budget_i, 1, MAX_AMOUNT_I),
            "day_budget_i": is_whole(self.day_budget_i, 1, MAX_AMOUNT_I),
            "confirmations": is_whole(self.confirmations, 1, MAX_CONFIRMATIONS),
            "radius_m": is_whole(self.radius_m, 1, MAX_RADIUS_M),
            "window_s": is_whole(self.window_s, 1, MAX_TIME_S),
            "known_s": is_whole(self.known_s, 1, MAX_TIME_S),
            "step": is_whole(self.step, 1, MAX_STEP),
            "wants_value": isinstance(self.wants_value, bool),
            "tolerance": self.tolerance is None or (is_number(self.tolerance, MAX_VALUE) and self.tolerance > 0),
            "least": self.least is None or is_number(self.least, MAX_VALUE),
            "most": self.most is None or is_number(self.most, MAX_VALUE),
        }
        for field, holds in valid.items():
            if not holds:
                raise TopicError("topic_invalid", {"field": field})
        if self.least is not None and self.most is not None and self.least > self.most:
            raise TopicError("topic_invalid", {"field": "least"})
        if self.tolerance is not None and not self.wants_value:
            raise TopicError("topic_invalid", {"field": "tolerance"})
        budget = min(self.budget_i, self.day_budget_i)
        if self.cost_i > budget:
            raise TopicError(
                "bounty_above_budget",
                {"cost": self.cost_i, "reporters": self.confirmations, "bounty": self.bounty_i, "budget": budget},
            )

    @property
    def rules(self) -> list[float | None]:
        """By what reports confirm each other: what becomes true changes with these only."""
        return [self.confirmations, self.radius_m, self.window_s, self.tolerance]

    def check(self, report: Report, now: float) -> None:
        """Say why a report is none for this topic.

        Raises:
            TopicError: Why not.
        """
        if report.topic_id != self.topic_id:
            raise TopicError("report_wrong_topic", {"found": report.topic_id, "wanted": self.topic_id})
        if report.kind != self.kind:
            raise TopicError("report_wrong_kind", {"found": report.kind, "wanted": self.kind})
        if report.owner == self.owner:
            raise TopicError("report_own_topic")
        if not report.place.is_rounded(self.step):
            raise TopicError("report_not_rounded", {"step": self.step})
        if not self.area.contains(report.place):
            raise TopicError("report_outside")
        if report.at > now + AHEAD_S:
            raise TopicError("report_in_future", {"ahead": round(report.at - now)})
        if report.at + self.window_s < now:
            raise TopicError("report_too_old", {"age": round(now - report.at), "limit": self.window_s})
        self._check_value(report.value)

    def _check_value(self, value: float | None) -> None:
        if value is None:
            if self.wants_value:
                raise TopicError("report_value_missing")
            return
        least = -MAX_VALUE if self.least is None else self.least
        most = MAX_VALUE if self.most is None else self.most
        if not least <= value <= most:
            raise TopicError("report_value_out_of_range", {"value": value, "least": least, "most": most})

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"version": VERSION, **asdict(self), "area": self.area.to_dict()}

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """Read a topic from outside.

        Raises:
            TopicError: topic_invalid, naming the field, coordinates_out_of_range, or bounty_above_budget.
        """
        known = {field.name for field in fields(cls)}
        if not isinstance(data, Mapping) or data.get("version") != VERSION:
            raise TopicError("topic_invalid", {"field": "version"})
        for name in (known ^ data.keys()) - {"version"}:
            raise TopicError("topic_invalid", {"field": str(name)[:MAX_NAME]})
        return cls(**{**{name: data[name] for name in known}, "area": area_of(data["area"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody says that there is.

    Attributes:
        report_id: Names it for ever: a hash of all that it says, or an id that comes never with anything else.
        topic_id: What it is for.
        reporter: The participant who is paid.
        owner: Who owns the participant: all that belong to one count as one reporter.
        place: Where, rounded before it was signed.
        at: When it was seen, epoch seconds.
        kind: What was seen.
        value: The number, where the topic wants one.
        picture: SHA-256 (64 hexadecimal digits) of a picture, or None.
    """

    report_id: str
    topic_id: str
    reporter: str
    owner: str
    place: Place
    at: float
    kind: str
    value: float | None = None
    picture: str | None = None

    def __post_init__(self) -> None:
        """Raise TopicError (report_invalid), naming the field."""
        valid = {
            "report_id": is_name(self.report_id),
            "topic_id": is_name(self.topic_id),
            "reporter": is_name(self.reporter),
            "owner": is_name(self.owner),
            "place": isinstance(self.place, Place),
            "at": is_number(self.at, 1e11) and self.at >= 0,
            "kind": isinstance(self.kind, str) and _KIND.match(self.kind) is not None,
            "value": self.value is None or (is_number(self.value, MAX_VALUE) and math.isfinite(self.value)),
            "picture": self.picture is None
            or (isinstance(self.picture, str) and _PICTURE.match(self.picture) is not None),
        }
        for field, holds in valid.items():
            if not holds:
                raise TopicError("report_invalid", {"field": field})

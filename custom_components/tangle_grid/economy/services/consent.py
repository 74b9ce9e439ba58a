"""What a car uses by itself: never, when it was asked, always, or up to so much a day. It decides itself.

A rule may be for one service ("parking up to X a day here") or for all of a kind. The decision and its reason are
values: a person reads them, and a test as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from ..errors import ServiceError
from ..stored import Stored

VERSION: Final = 1


class Use(StrEnum):
    """A kind of service."""

    PARKING = "parking"
    TOLL = "toll"


class Mode(StrEnum):
    """What a rule says."""

    NEVER = "never"
    ASK = "ask"
    ALWAYS = "always"
    UP_TO = "up_to"


class Answer(StrEnum):
    """What a car answers."""

    YES = "yes"
    NO = "no"
    ASK = "ask"


class Reason(StrEnum):
    """Why."""

    NEVER = "policy_never"
    ASK = "policy_ask"
    ALWAYS = "policy_always"
    WITHIN_LIMIT = "within_limit"
    ABOVE_LIMIT = "above_limit"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; `limit_i` is what UP_TO allows a day and service, iota. Raises ServiceError for what cannot be."""

    mode: Mode = Mode.ASK
    limit_i: int | None = None

    def __post_init__(self) -> None:
        if self.mode is Mode.UP_TO and self.limit_i is None:
            raise ServiceError("limit_missing", {"where": self.mode})
        if self.limit_i is not None and self.limit_i < 0:
            raise ServiceError("limit_negative", {"where": self.mode, "value": self.limit_i})

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON."""
        return {"version": VERSION, "mode": self.mode.value, "limit_i": self.limit_i}

    @classmethod
    def from_dict(cls, value: object) -> Rule:
        """Return the rule that was stored. Raises TariffError for what none is."""
        stored = Stored.open(value, "rule", VERSION)
        mode, limit_i = stored.choice("mode", Mode), stored.optional_whole("limit_i")
        stored.end()
        return cls(mode=mode, limit_i=limit_i)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may be spent at one service a day: `limit_i`, None for any amount; `spent_i` is gone of it on `day`."""

    limit_i: int | None = None
    day: str = ""
    spent_i: int = 0

    def left_i(self, day: str) -> int | None:
        """Return what is left of that day, at least 0; None for any amount."""
        if self.limit_i is None:
            return None
        return max(0, self.limit_i - (self.spent_i if day == self.day else 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a car answers, why, and what it may spend."""

    answer: Answer
    reason: Reason
    allowance: Allowance = Allowance()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPolicy:
    """The rules of a car: for kinds of service, and for single ones by their id, which come first."""

    uses: Mapping[Use, Rule] = field(default=MappingProxyType({}))
    services: Mapping[str, Rule] = field(default=MappingProxyType({}))

    def rule(self, use: Use, service: str) -> Rule:
        """Return the rule for a service. Where nobody said anything the car asks."""
        return self.services.get(service) or self.uses.get(use) or Rule()

    def to_dict(self) -> dict[str, Any]:
        """Return the rules as JSON."""
        return {
            "version": VERSION,
            "uses": {use.value: rule.to_dict() for use, rule in self.uses.items()},
            "services": {service: rule.to_dict() for service, rule in self.services.items()},
        }

    @classmethod
    def from_dict(cls, value: object) -> ConsentPolicy:
        """Return the rules that were stored. Raises TariffError for what none are."""
        stored = Stored.open(value, "policy", VERSION)
        uses, services = stored.object("uses"), stored.object("services")
        policy = cls(
            uses={use: Rule.from_dict(uses.value(use)) for use in Use if uses.has(use)},
            services={name: Rule.from_dict(services.value(name)) for name in services.names()},
        )
        uses.end()
        stored.end()
        return policy


def decide(
    policy: ConsentPolicy, use: Use, service: str, *, price_i: int, day: str, spent_i: int = 0, by_hand: bool = False
) -> Decision:
    """Return what a car answers to a price.

    Args:
        policy: The rules of the car.
        use: The kind of service.
        service: Its id.
        price_i: What it costs at once, iota; negative is what the car would get.
        day: Today, the local day of the island.
        spent_i: What the car has spent at this service today.
        by_hand: A person who may speak for the car has said so: nothing else is asked.
    """
    if by_hand:
        return Decision(answer=Answer.YES, reason=Reason.BY_HAND)
    rule = policy.rule(use, service)
    match rule.mode:
        case Mode.NEVER:
            return Decision(answer=Answer.NO, reason=Reason.NEVER)
        case Mode.ASK:
            return Decision(answer=Answer.ASK, reason=Reason.ASK)
        case Mode.ALWAYS:
            return Decision(answer=Answer.YES, reason=Reason.ALWAYS)
    allowance = Allowance(limit_i=rule.limit_i, day=day, spent_i=spent_i)
    left_i = allowance.left_i(day)
    if left_i is not None and price_i > left_i:
        return Decision(answer=Answer.NO, reason=Reason.ABOVE_LIMIT, allowance=allowance)
    return Decision(answer=Answer.YES, reason=Reason.WITHIN_LIMIT, allowance=allowance)

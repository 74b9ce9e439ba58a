"""What messages say: the typed bodies of the kinds that everybody on the feed understands.

`to_body` gives the JSON of a body; `read_body` reads one from outside and refuses what is missing, of the wrong
type, or beyond 2**53 - 1. Power is W, energy Wh, rates iota per kWh, times epoch seconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Final, NoReturn

from .canonical import MAX_INTEGER
from .errors import ProtocolError, Rejection
from .signing import is_public_key

MAX_NAME: Final = 255


def _refuse(field: str) -> NoReturn:
    raise ProtocolError(Rejection.INVALID_BODY, {"field": field})


def _name(field: str, value: Any) -> str:
    return value if isinstance(value, str) and 0 < len(value) <= MAX_NAME else _refuse(field)


def _number(field: str, value: Any) -> float:
    # A comparison, since a whole number may be too large to be made a float of; not a number is in no range.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MAX_INTEGER <= value <= MAX_INTEGER:
        _refuse(field)
    return value


def _positive(field: str, value: Any) -> float:
    return number if (number := _number(field, value)) >= 0 else _refuse(field)


def _count(field: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_INTEGER:
        _refuse(field)
    return value


def _flag(field: str, value: Any) -> bool:
    return value if isinstance(value, bool) else _refuse(field)


def _mapping(field: str, value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) and all(isinstance(key, str) for key in value) else _refuse(field)


def _powers(field: str, value: Any) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or len(value) != 3:  # noqa: PLR2004 - three phases
        _refuse(field)
    return tuple(_number(field, power) for power in value)


def _key_or_none(field: str, value: Any) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) and is_public_key(value) else _refuse(field)


def _count_or_none(field: str, value: Any) -> int | None:
    return None if value is None else _count(field, value)


class _Between:
    """A whole number from `least` to `most`; `schema` says so to others."""

    def __init__(self, least: int, most: int) -> None:
        self.schema = {"type": "integer", "minimum": least, "maximum": most}
        self._least, self._most = least, most

    def __call__(self, field: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not self._least <= value <= self._most:
            _refuse(field)
        return value


class _NoneOr:
    """Nothing, or what a check lets in whose `schema` is given."""

    def __init__(self, check: Callable[[str, Any], Any], schema: Mapping[str, Any]) -> None:
        self.schema = {"anyOf": [dict(schema), {"type": "null"}]}
        self._check = check

    def __call__(self, field: str, value: Any) -> Any:
        return None if value is None else self._check(field, value)


_NUMBER_SCHEMA: Final = {"type": "number", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}
_HASH_SCHEMA: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_QUARTER_E6: Final = 90_000_000
_HALF_E6: Final = 180_000_000

type _Check = Callable[[str, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """What the transformer measured: power per phase (feed-in negative), against capacity and threshold (total)."""

    kind: ClassVar[str] = "meter"
    checks: ClassVar[Mapping[str, _Check]] = {
        "feeder_id": _name,
        "measured_at": _positive,
        "power_w": _powers,
        "capacity_w": _positive,
        "threshold_w": _positive,
    }
    feeder_id: str
    measured_at: float
    power_w: tuple[float, ...]
    capacity_w: float
    threshold_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CurtailmentAsk:
    """A request to one participant: reduce by `power_w` in the window, at this rate; answer by then."""

    kind: ClassVar[str] = "request"
    checks: ClassVar[Mapping[str, _Check]] = {
        "request_id": _name,
        "participant": _name,
        "power_w": _positive,
        "rate_i_per_kwh": _count,
        "answer_by": _positive,
        "starts_at": _positive,
        "ends_at": _positive,
    }
    request_id: str
    participant: str
    power_w: float
    rate_i_per_kwh: int
    answer_by: float
    starts_at: float
    ends_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A participant's decision, how much of the power it takes on, and why."""

    kind: ClassVar[str] = "answer"
    checks: ClassVar[Mapping[str, _Check]] = {
        "request_id": _name,
        "participant": _name,
        "accepted": _flag,
        "power_w": _positive,
        "reason": _mapping,
    }
    request_id: str
    participant: str
    accepted: bool
    power_w: float
    reason: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementReceipt:
    """What was delivered against the baseline, and what it earns. `evidence` is what recomputing it takes."""

    kind: ClassVar[str] = "settlement"
    checks: ClassVar[Mapping[str, _Check]] = {
        "request_id": _name,
        "participant": _name,
        "payment_id": _name,
        "baseline_wh": _number,
        "measured_wh": _number,
        "energy_wh": _count,
        "rate_i_per_kwh": _count,
        "amount_i": _count,
        "evidence": _mapping,
    }
    request_id: str
    participant: str
    payment_id: str
    baseline_wh: float
    measured_wh: float
    energy_wh: int
    rate_i_per_kwh: int
    amount_i: int
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeData:
    """Anything that a participant shares, under a topic."""

    kind: ClassVar[str] = "data"
    checks: ClassVar[Mapping[str, _Check]] = {"topic": _name, "data": lambda _field, value: value}
    topic: str
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReport:
    """What a participant has seen, for a topic that pays for it: `what`, where, and when.

    The place is in millionths of a degree, rounded to the topic's step before anybody signs it. `picture` is the
    SHA-256 of a picture. A report that is not `public` is sealed for the topic.
    """

    kind: ClassVar[str] = "report"
    checks: ClassVar[Mapping[str, _Check]] = {
        "topic": _name,
        "what": _name,
        "latitude_e6": _Between(-_QUARTER_E6, _QUARTER_E6),
        "longitude_e6": _Between(-_HALF_E6, _HALF_E6 - 1),
        "seen_at": _positive,
        "value": _NoneOr(_number, _NUMBER_SCHEMA),
        "picture": _NoneOr(_key_or_none, _HASH_SCHEMA),
        "public": _flag,
    }
    example: ClassVar[Mapping[str, Any]] = {
        "topic": "01K9Z3Y7A0B1C2D3E4F5G6H7K9",
        "what": "pothole",
        "latitude_e6": 52_370_200,
        "longitude_e6": 4_895_200,
        "seen_at": 1_796_040_000,
        "value": None,
        "picture": None,
        "public": False,
    }
    topic: str
    what: str
    latitude_e6: int
    longitude_e6: int
    seen_at: float
    value: float | None
    picture: str | None
    public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNotice:
    """The island says that a participant has this key (64 hex digits) from now on, or none any more.

    `revokes` is the key that it replaces, or that is ended; of that one, no message after `last_sequence` counts.
    """

    kind: ClassVar[str] = "key"
    checks: ClassVar[Mapping[str, _Check]] = {
        "participant": _name,
        "role": _name,
        "epoch": _count,
        "public_key": _key_or_none,
        "revokes": _key_or_none,
        "last_sequence": _count_or_none,
        "valid_from": _positive,
    }
    participant: str
    role: str
    epoch: int
    public_key: str | None
    revokes: str | None
    last_sequence: int | None
    valid_from: float


type Body = MeterReading | CurtailmentAsk | Answer | SettlementReceipt | FreeData | DataReport | KeyNotice

_TYPES: Final = {
    body.kind: body
    for body in (MeterReading, CurtailmentAsk, Answer, SettlementReceipt, FreeData, DataReport, KeyNotice)
}


def body_types() -> Mapping[str, type[Body]]:
    """Return the type of the bodies of each kind that there is, by kind."""
    return dict(_TYPES)


def to_body(body: Body) -> dict[str, Any]:
    """Return the JSON of a body, without its kind."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(body).items()}


def read_body(kind: str, data: Mapping[str, Any]) -> Body:
    """Read a body from outside. Fields that this version does not know are left aside.

    Raises:
        ProtocolError: invalid_body, naming the first field that is missing or wrong; or that the kind is unknown.
    """
    body_type = _TYPES.get(kind)
    if body_type is None:
        _refuse("kind")
    values = {field.name: body_type.checks[field.name](field.name, data.get(field.name)) for field in fields(body_type)}
    return body_type(**values)

"""What frames say. Currents are A per phase (feed-in negative), energy Wh, durations s: never a time of day.

Nothing in them names anybody: a slot is a number that the house gave to one of its chargers when it joined.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, Final

from . import checks
from .checks import Amps, Check
from .frames import HELLO, LinkRefusal, Rejected
from .trade_bodies import Bid, Deals, Held

MAX_A: Final = 10_000.0
MAX_W: Final = 10_000_000
MAX_SLOTS: Final = 32
MAX_LEASE_S: Final = 300.0
MAX_WH: Final = 1_000_000.0
MAX_WITHIN_S: Final = 31 * 86_400.0
_SECOND: Final = 1e-3

_signed_a: Final = checks.number(-MAX_A, MAX_A)
_amps: Final = checks.number(0, MAX_A)
_slot: Final = checks.whole(0, MAX_SLOTS - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Begins a session: a fresh nonce of the sender, and the nonce that it answers.

    Attributes:
        nonce: 32 hexadecimal digits, new for each session.
        answers: The other side's nonce, or None where it is not known yet.
        versions: Which the sender speaks.
        kinds: Which kinds it understands.
    """

    kind: ClassVar[str] = HELLO
    checks: ClassVar[Mapping[str, Check]] = {
        "nonce": checks.digits(32),
        "answers": checks.maybe(checks.digits(32)),
        "versions": checks.several(checks.whole(1), 16),
        "kinds": checks.several(checks.text(24), 64),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "nonce": "0a" * 16,
        "answers": None,
        "versions": [1],
        "kinds": ["report", "envelope"],
    }
    nonce: str
    answers: str | None
    versions: tuple[int, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one slot of the house can use now: anonymous, without a state of charge.

    Attributes:
        slot: Which, by the number that it was given at joining.
        connected: A car is plugged in.
        need_wh: Energy that is wanted; None: not known.
        within_s: Until when, from now; None: not known.
        least_a: Least current at which it charges, A per phase.
        most_a: Greatest current, A per phase.
        phases: Phase indices of the house that it uses now.
        step_a: Set-points are multiples of this.
        measured_a: What it draws, by phase of the house.
        pausable: It can be told 0.
    """

    checks: ClassVar[Mapping[str, Check]] = {
        "slot": _slot,
        "connected": checks.flag,
        "need_wh": checks.maybe(checks.number(0, MAX_WH)),
        "within_s": checks.maybe(checks.number(0, MAX_WITHIN_S)),
        "least_a": _amps,
        "most_a": _amps,
        "phases": checks.phases,
        "step_a": checks.number(0.1, 100),
        "measured_a": checks.triple(_signed_a),
        "pausable": checks.flag,
    }
    slot: int
    connected: bool
    need_wh: float | None = None
    within_s: float | None = None
    least_a: float = 6.0
    most_a: float
    phases: tuple[int, ...] = (0, 1, 2)
    step_a: float = 1.0
    measured_a: Amps = (0.0, 0.0, 0.0)
    pausable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexibleTotal:
    """All that the house can move, in one figure instead of its demands: more private, a little worse.

    Attributes:
        need_wh: Energy that is wanted; None: not known.
        within_s: Until when, from now; None: not known.
        least_a: Least that can be used at all, A per phase.
        most_a: The most that can be used, A per phase.
        measured_a: What of the measured current it is.
    """

    checks: ClassVar[Mapping[str, Check]] = {
        "need_wh": checks.maybe(checks.number(0, MAX_WH)),
        "within_s": checks.maybe(checks.number(0, MAX_WITHIN_S)),
        "least_a": checks.triple(_amps),
        "most_a": checks.triple(_amps),
        "measured_a": checks.triple(_signed_a),
    }
    need_wh: float | None
    within_s: float | None
    least_a: Amps
    most_a: Amps
    measured_a: Amps


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a house draws and could use, each 10 s, or when its current changed by 1 A.

    Attributes:
        number: Counts the reports of a session from 1; an envelope answers one.
        measured_a: What the house draws, rounded to 0.5 A; None: its meter is silent.
        uncontrolled_a: The greatest load seen that nobody controls.
        safe_a: What it falls back to, its uncontrolled load aside.
        offers_w: By how much it could take less when it is asked, W over all phases.
        heard: Number of the last envelope that it took; 0: none in this session.
        holds_a: The envelope in force, from this session or one before; None: none, it is at its safe power.
        demands: One per slot.
        total: Instead of demands.
    """

    kind: ClassVar[str] = "report"
    checks: ClassVar[Mapping[str, Check]] = {
        "number": checks.whole(1),
        "measured_a": checks.maybe(checks.triple(_signed_a)),
        "uncontrolled_a": checks.triple(_amps),
        "safe_a": checks.triple(_amps),
        "offers_w": checks.whole(0, MAX_W),
        "heard": checks.whole(),
        "holds_a": checks.maybe(checks.triple(_amps)),
        "demands": checks.several(checks.record(Demand), MAX_SLOTS),
        "total": checks.maybe(checks.record(FlexibleTotal)),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "number": 12,
        "measured_a": [14.5, 2, 0.5],
        "uncontrolled_a": [12, 8, 8.5],
        "safe_a": [6, 0, 0],
        "offers_w": 2500,
        "heard": 11,
        "holds_a": [20, 16, 16],
        "demands": [
            {
                "slot": 0,
                "connected": True,
                "need_wh": 8_000,
                "within_s": 28_800,
                "least_a": 6,
                "most_a": 16,
                "phases": [0],
                "step_a": 1,
                "measured_a": [12, 0, 0],
                "pausable": True,
            }
        ],
        "total": None,
    }
    number: int
    measured_a: Amps | None
    uncontrolled_a: Amps
    safe_a: Amps
    heard: int
    holds_a: Amps | None
    demands: tuple[Demand, ...] = ()
    total: FlexibleTotal | None = None
    offers_w: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How much a house may draw, for how long.

    Attributes:
        number: Counts the envelopes of a session from 1.
        report: The report that it answers: the lease counts from when that one was sent.
        limit_a: A per phase.
        lease_s: Length.
        shares_a: What each slot was reckoned with, A per phase, by slot: a hint, no order.
    """

    kind: ClassVar[str] = "envelope"
    checks: ClassVar[Mapping[str, Check]] = {
        "number": checks.whole(1),
        "report": checks.whole(1),
        "limit_a": checks.triple(_amps),
        "lease_s": checks.number(_SECOND, MAX_LEASE_S),
        "shares_a": checks.several(_signed_a, MAX_SLOTS),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "number": 11,
        "report": 12,
        "limit_a": [20, 16, 16],
        "lease_s": 60,
        "shares_a": [12],
    }
    number: int
    report: int
    limit_a: Amps
    lease_s: float
    shares_a: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The sender ends the link for good: what was granted stops at once."""

    kind: ClassVar[str] = "leave"
    checks: ClassVar[Mapping[str, Check]] = {"reason": checks.text(24)}
    example: ClassVar[Mapping[str, Any]] = {"reason": "revoked"}
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something that is sent until it is acknowledged, and may come more than once.

    Attributes:
        letter: Its id, the same each time it is sent.
        report: Downwards, the last report that was heard, which tells its age; 0: none.
        age_s: How long it waits already.
        about: The kind of what it says.
        says: What it says.
    """

    kind: ClassVar[str] = "letter"
    checks: ClassVar[Mapping[str, Check]] = {
        "letter": checks.text(64),
        "report": checks.whole(),
        "age_s": checks.number(0, MAX_WITHIN_S),
        "about": checks.text(24),
        "says": checks.anything,
    }
    example: ClassVar[Mapping[str, Any]] = {
        "letter": "01K9Z3Y7A0B1C2D3E4F5G6H7K9",
        "report": 12,
        "age_s": 0,
        "about": "ask",
        "says": {},
    }
    letter: str
    report: int
    age_s: float
    about: str
    says: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """A letter has arrived, and what it says is kept."""

    kind: ClassVar[str] = "ack"
    checks: ClassVar[Mapping[str, Check]] = {"letter": checks.text(64)}
    example: ClassVar[Mapping[str, Any]] = {"letter": "01K9Z3Y7A0B1C2D3E4F5G6H7K9"}
    letter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTerms:
    """A slot as it is declared at joining: one charger of the house, without its name.

    Attributes:
        phases: Phase indices of the house that it is wired to.
        least_a: Least current at which it charges, A per phase.
        most_a: Greatest current, A per phase.
        safe_a: Its current when nothing is known, A per phase.
        step_a: Set-points are multiples of this.
    """

    checks: ClassVar[Mapping[str, Check]] = {
        "phases": checks.phases,
        "least_a": _amps,
        "most_a": _amps,
        "safe_a": _amps,
        "step_a": checks.number(0.1, 100),
    }
    phases: tuple[int, ...] = (0, 1, 2)
    least_a: float = 6.0
    most_a: float = 16.0
    safe_a: float = 6.0
    step_a: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a house declares when it asks to join; it stands until another declaration is admitted.

    Attributes:
        fuse_a: Its main fuse.
        safe_a: What it falls back to, all slots together, its uncontrolled load aside.
        uncontrolled_a: The greatest load seen that nobody controls.
        slots: Its chargers; with a single total, one slot that stands for all.
        single_total: It tells one total instead of demands.
    """

    checks: ClassVar[Mapping[str, Check]] = {
        "fuse_a": checks.triple(_amps),
        "safe_a": checks.triple(_amps),
        "uncontrolled_a": checks.triple(_amps),
        "slots": checks.several(checks.record(SlotTerms), MAX_SLOTS),
        "single_total": checks.flag,
    }
    fuse_a: Amps
    safe_a: Amps
    uncontrolled_a: Amps = (0.0, 0.0, 0.0)
    slots: tuple[SlotTerms, ...] = ()
    single_total: bool = False

    @property
    def fallback_a(self) -> Amps:
        """What the house may draw when it holds no envelope, A per phase; both sides reckon with it."""
        least = [
            min(fuse, safe + load)
            for fuse, safe, load in zip(self.fuse_a, self.safe_a, self.uncontrolled_a, strict=True)
        ]
        return least[0], least[1], least[2]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return body_of(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Terms:
        """Read it from outside. Raises LinkRefusal: invalid_body."""
        found: Terms = checks.read_fields(cls, data)
        return found


type LinkBody = Hello | Report | Envelope | Leave | Letter | Ack | Bid | Held | Deals

_TYPES: Final[Mapping[str, type[LinkBody]]] = {
    body.kind: body for body in (Hello, Report, Envelope, Leave, Letter, Ack, Bid, Held, Deals)
}


def link_body_types() -> Mapping[str, type[LinkBody]]:
    """Return the bodies that this release knows, by kind."""
    return dict(_TYPES)


def body_of(body: Any) -> dict[str, Any]:
    """Return the JSON of a body, without its kind."""
    return {each.name: _plain(getattr(body, each.name)) for each in fields(body)}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return body_of(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def read_link_body(kind: str, data: Mapping[str, Any]) -> LinkBody:
    """Read a body; fields that this release does not know are left aside.

    Raises:
        LinkRefusal: invalid_body, unknown_kind.
    """
    body = _TYPES.get(kind)
    if body is None:
        raise LinkRefusal(Rejected.UNKNOWN_KIND)
    found: LinkBody = checks.read_fields(body, data)
    return found

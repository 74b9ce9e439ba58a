"""What neighbours say to each other: bids, what they hold of each other's trades, and trades. Durations, never times.

Power is whole W, prices are whole iota per MWh.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from ...grid.trade import MAX_PRICE, MAX_STEPS, MAX_WINDOWS, Curve
from . import checks
from .checks import Check

MAX_TIE_W: Final = 10_000_000
MAX_WINDOW_S: Final = 86_400
MAX_DEALS: Final = 4
_AHEAD_S: Final = 2.0 * MAX_WINDOW_S
_LEAST_S: Final = 60
_MAX_LEASE_S: Final = 300.0

_number: Final = checks.whole(1)
_power: Final = checks.whole(-MAX_TIE_W, MAX_TIE_W)


class _CurveCheck:
    """Lets in a bid curve as a list: the base, then price and power of each step; an empty one where nothing is bid."""

    schema: Final[dict[str, Any]] = {
        "type": "array",
        "items": {"type": "integer", "minimum": -MAX_PRICE, "maximum": MAX_PRICE},
        "maxItems": 2 * MAX_STEPS + 1,
    }

    def __call__(self, value: Any) -> tuple[int, ...]:
        """Return the list. Raises LinkRefusal: invalid_body."""
        if not isinstance(value, list | tuple) or len(value) > 2 * MAX_STEPS + 1:
            checks.refuse()
        if not all(isinstance(each, int) and not isinstance(each, bool) for each in value):
            checks.refuse()
        if not value:
            return ()
        try:
            curve = Curve.from_list(tuple(value))
        except ValueError:
            checks.refuse()
        if not -MAX_TIE_W <= curve.base <= curve.top <= MAX_TIE_W:
            checks.refuse()
        return tuple(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bid:
    """How much the sender takes at each price, in each of the next windows.

    Attributes:
        number: Counts the bids of a session from 1; trades name it.
        window_s: Length of a window.
        begins_s: When the first begins, from now; negative: it has begun.
        curves: By window; an empty one where nothing is bid any more.
    """

    kind: ClassVar[str] = "bid"
    checks: ClassVar[Mapping[str, Check]] = {
        "number": _number,
        "window_s": checks.whole(_LEAST_S, MAX_WINDOW_S),
        "begins_s": checks.number(-_AHEAD_S, _AHEAD_S),
        "curves": checks.several(_CurveCheck(), MAX_WINDOWS),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "number": 7,
        "window_s": 3600,
        "begins_s": 184.5,
        "curves": [[], [-4000, 310_000_000, 3000, 120_000_000, 1000]],
    }
    number: int
    window_s: int
    begins_s: float
    curves: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The following side is there, and says what it holds of the trades that it was asked for; each 10 s.

    Attributes:
        number: Counts from 1 in a session; trades answer it, and their lease counts from when it was sent.
        heard: Number of the newest bid that came; 0: none.
        agreed: Numbers of the trades that it agreed to and still holds.
        refused: Numbers of the trades that it does not take.
    """

    kind: ClassVar[str] = "held"
    checks: ClassVar[Mapping[str, Check]] = {
        "number": _number,
        "heard": checks.whole(),
        "agreed": checks.several(_number, MAX_DEALS),
        "refused": checks.several(_number, MAX_DEALS),
    }
    example: ClassVar[Mapping[str, Any]] = {"number": 31, "heard": 9, "agreed": [4], "refused": []}
    number: int
    heard: int = 0
    agreed: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A trade in one window: what the two bids that it names make of each other.

    Attributes:
        deal: Counts the trades of a session from 1.
        ours: Number of the bid of whoever sends this.
        yours: Number of the bid of whoever hears it.
        begins_s: When the window begins, from now; negative: it has begun.
        flow: From whoever sends this to whoever hears it, W; negative: the other way.
        price: Iota per MWh.
    """

    checks: ClassVar[Mapping[str, Check]] = {
        "deal": _number,
        "ours": _number,
        "yours": _number,
        "begins_s": checks.number(-_AHEAD_S, _AHEAD_S),
        "flow": _power,
        "price": checks.whole(-MAX_PRICE, MAX_PRICE),
    }
    deal: int
    ours: int
    yours: int
    begins_s: float
    flow: int
    price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deals:
    """All trades that the leading side holds, leased from when the other sent what this answers.

    Attributes:
        held: The number that it answers.
        heard: Number of the newest bid that came; 0: none.
        lease_s: Length of the lease.
        deals: One for each window at most.
    """

    kind: ClassVar[str] = "deals"
    checks: ClassVar[Mapping[str, Check]] = {
        "held": _number,
        "heard": checks.whole(),
        "lease_s": checks.number(1e-3, _MAX_LEASE_S),
        "deals": checks.several(checks.record(Deal), MAX_DEALS),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "held": 31,
        "heard": 7,
        "lease_s": 60,
        "deals": [{"deal": 4, "ours": 9, "yours": 7, "begins_s": -311.5, "flow": 2500, "price": 215_000_000}],
    }
    held: int
    heard: int
    lease_s: float
    deals: tuple[Deal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the sender's meter at the tie counted of one trade: a letter.

    Attributes:
        trade: Which, by its session and number.
        wh: In the direction of the trade, and never more than was agreed.
    """

    kind: ClassVar[str] = "counted"
    checks: ClassVar[Mapping[str, Check]] = {"trade": checks.text(48), "wh": checks.whole(0, MAX_TIE_W * 24)}
    example: ClassVar[Mapping[str, Any]] = {"trade": "9f" * 16 + "-4", "wh": 2_480}
    trade: str
    wh: int

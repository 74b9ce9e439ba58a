"""What two islands tell each other of a car that charges away from home: who comes, what it costs, what was paid.

The *host* is the island whose charger it is, the *home* the one that has the car's wallet. An island between them, the
street of both, hands letters on by token and stay alone. A letter may be lost with the island that handed it on: so
each side says again what was not answered yet, and every letter says the same however often it comes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from . import checks
from .bodies import MAX_W
from .checks import Check

MOST_ROAMERS: Final = 200
"""So many cars are told to one island, in one letter."""
CREDIT_WH: Final = 1_000
"""Neither side gives the other credit for more than this, Wh."""
_ROUNDS: Final = 50_000
_MARK: Final = 32
_TOKEN: Final = 16
_TRYTES: Final = 81
_ADDRESS: Final = 90
_MAX_S: Final = 7 * 86_400.0

_stay: Final = checks.text(64)
_token: Final = checks.digits(_TOKEN)
_payment: Final = checks.text(120)
_reason: Final = checks.maybe(checks.text(40))
_payee: Final = checks.maybe(checks.text(_ADDRESS, least=_ADDRESS))


def mark_of(read: str, salt: str) -> str:
    """Return what an id that chargers read is called between islands; slow, so that nobody tries out all ids.

    Args:
        read: The id, as `recognition.normalised` gives it.
        salt: The id of the street in which it is told: the same card has another mark in another street.
    """
    return hashlib.pbkdf2_hmac("sha256", read.encode(), f"tangle-grid/{salt}".encode(), _ROUNDS, _MARK // 2).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Roamer:
    """A car that may come: a token that says nothing, and the mark of an id that a charger reads of it."""

    checks: ClassVar[Mapping[str, Check]] = {"token": _token, "mark": checks.digits(_MARK)}
    token: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Roamers:
    """All cars that may charge on the other side from now on, in place of those that were told before."""

    kind: ClassVar[str] = "roamers"
    checks: ClassVar[Mapping[str, Check]] = {"cars": checks.several(checks.record(Roamer), MOST_ROAMERS)}
    example: ClassVar[Mapping[str, Any]] = {"cars": [{"token": "0a" * 8, "mark": "1b" * 16}]}
    cars: tuple[Roamer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StayOffer:
    """A car has plugged in at the host, which says what that costs. What is paid in it never comes to more than this.

    Attributes:
        stay: Names the stay, for both.
        token: Which car.
        price_i: What a kWh costs now, with the operator's fee, iota.
        most_i: What a kWh costs at most, by this tariff, iota.
        hour_i: What an hour costs at most beside the energy, iota.
        flat_i: What it costs once, at most, iota.
        most_w: What the charger gives at most, W.
        wh: What it has given before this offer, Wh.
        seen: A transaction of the host's Tangle: who does not find it there has another one, and cannot pay.
    """

    kind: ClassVar[str] = "roam_offer"
    checks: ClassVar[Mapping[str, Check]] = {
        "stay": _stay,
        "token": _token,
        "price_i": checks.whole(),
        "most_i": checks.whole(),
        "hour_i": checks.whole(),
        "flat_i": checks.whole(),
        "most_w": checks.whole(1, MAX_W),
        "wh": checks.whole(),
        "seen": checks.text(_TRYTES, least=_TRYTES),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "stay": "charging-0123456789ab",
        "token": "0a" * 8,
        "price_i": 250_000,
        "most_i": 300_000,
        "hour_i": 0,
        "flat_i": 0,
        "most_w": 11_000,
        "wh": 0,
        "seen": "9" * _TRYTES,
    }
    stay: str
    token: str
    price_i: int
    most_i: int
    hour_i: int
    flat_i: int
    most_w: int
    wh: int
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StayAnswer:
    """Whether the home pays for a stay; the newest answer counts.

    Attributes:
        stay: Which.
        accepted: Yes or no.
        reason: Why not, in a word.
        most_i: While a kWh costs more than this, the car wants no more than its safe current; None: whatever it costs.
        payee: Where the car is paid, 90 trytes.
    """

    kind: ClassVar[str] = "roam_answer"
    checks: ClassVar[Mapping[str, Check]] = {
        "stay": _stay,
        "accepted": checks.flag,
        "reason": _reason,
        "most_i": checks.maybe(checks.whole()),
        "payee": _payee,
    }
    example: ClassVar[Mapping[str, Any]] = {
        "stay": "charging-0123456789ab",
        "accepted": True,
        "reason": None,
        "most_i": 400_000,
        "payee": "9" * _ADDRESS,
    }
    stay: str
    accepted: bool
    reason: str | None = None
    most_i: int | None = None
    payee: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StayBill:
    """A payment that is due. Whoever gets it a second time pays nothing more, and says what was paid under this id.

    Attributes:
        stay: Which.
        token: Which car.
        payment: Its id; never another payment.
        amount_i: Iota.
        wh: What the car has taken in the whole stay, Wh.
        covered_wh: What is paid with this one and all before it, Wh.
        payee: Where to pay now, 90 trytes.
    """

    kind: ClassVar[str] = "roam_bill"
    checks: ClassVar[Mapping[str, Check]] = {
        "stay": _stay,
        "token": _token,
        "payment": _payment,
        "amount_i": checks.whole(1),
        "wh": checks.whole(),
        "covered_wh": checks.whole(),
        "payee": checks.text(_ADDRESS, least=_ADDRESS),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "stay": "charging-0123456789ab",
        "token": "0a" * 8,
        "payment": "charging-0123456789ab:1:0:e",
        "amount_i": 125_000,
        "wh": 12,
        "covered_wh": 500,
        "payee": "9" * _ADDRESS,
    }
    stay: str
    token: str
    payment: str
    amount_i: int
    wh: int
    covered_wh: int
    payee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StayPaid:
    """What became of a bill: `tail` is the transaction in which it is confirmed; without one, `reason` says why not.

    `payee` is where the car is paid from now on: its address changes with each payment.
    """

    kind: ClassVar[str] = "roam_paid"
    checks: ClassVar[Mapping[str, Check]] = {
        "stay": _stay,
        "payment": _payment,
        "amount_i": checks.whole(),
        "tail": checks.maybe(checks.text(_TRYTES, least=_TRYTES)),
        "reason": _reason,
        "payee": _payee,
    }
    example: ClassVar[Mapping[str, Any]] = {
        "stay": "charging-0123456789ab",
        "payment": "charging-0123456789ab:1:0:e",
        "amount_i": 125_000,
        "tail": "9" * _TRYTES,
        "reason": None,
        "payee": "9" * _ADDRESS,
    }
    stay: str
    payment: str
    amount_i: int
    tail: str | None = None
    reason: str | None = None
    payee: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StayBack:
    """What the host has paid to the car: a refund, energy that it fed back, or (`energy_wh`) a reward."""

    kind: ClassVar[str] = "roam_back"
    checks: ClassVar[Mapping[str, Check]] = {
        "stay": _stay,
        "token": _token,
        "payment": _payment,
        "amount_i": checks.whole(1),
        "tail": checks.text(_TRYTES, least=_TRYTES),
        "reward": checks.flag,
        "energy_wh": checks.whole(),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "stay": "charging-0123456789ab",
        "token": "0a" * 8,
        "payment": "charging-0123456789ab:1:3:b",
        "amount_i": 20_000,
        "tail": "9" * _TRYTES,
        "reward": False,
        "energy_wh": 0,
    }
    stay: str
    token: str
    payment: str
    amount_i: int
    tail: str
    reward: bool = False
    energy_wh: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StayAsk:
    """The host asks the car to take less by `power_w` (W), now, for `duration_s`, at this rate."""

    kind: ClassVar[str] = "roam_ask"
    checks: ClassVar[Mapping[str, Check]] = {
        "stay": _stay,
        "token": _token,
        "request": checks.text(64),
        "power_w": checks.whole(1, MAX_W),
        "rate_i_per_kwh": checks.whole(),
        "duration_s": checks.number(1, _MAX_S),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "stay": "charging-0123456789ab",
        "token": "0a" * 8,
        "request": "0123456789ab",
        "power_w": 4_000,
        "rate_i_per_kwh": 1_000_000,
        "duration_s": 900,
    }
    stay: str
    token: str
    request: str
    power_w: int
    rate_i_per_kwh: int
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StayReply:
    """What the car's own policy says to a request of the host."""

    kind: ClassVar[str] = "roam_reply"
    checks: ClassVar[Mapping[str, Check]] = {"stay": _stay, "request": checks.text(64), "accepted": checks.flag}
    example: ClassVar[Mapping[str, Any]] = {
        "stay": "charging-0123456789ab",
        "request": "0123456789ab",
        "accepted": True,
    }
    stay: str
    request: str
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StayEnded:
    """The car has left: what it took and fed back in the stay, Wh, what it costs in all, and what was billed, iota.

    Bills may still follow, and what was billed ahead and not taken is paid back.
    """

    kind: ClassVar[str] = "roam_ended"
    checks: ClassVar[Mapping[str, Check]] = {
        "stay": _stay,
        "token": _token,
        "wh": checks.whole(),
        "wh_out": checks.whole(),
        "total_i": checks.whole(-(2**53) + 1),
        "billed_i": checks.whole(),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "stay": "charging-0123456789ab",
        "token": "0a" * 8,
        "wh": 12_340,
        "wh_out": 0,
        "total_i": 3_085_000,
        "billed_i": 3_125_000,
    }
    stay: str
    token: str
    wh: int
    wh_out: int
    total_i: int
    billed_i: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StayKept:
    """The home has this in its books: a payment of the host, or (None) the end of the stay."""

    kind: ClassVar[str] = "roam_kept"
    checks: ClassVar[Mapping[str, Check]] = {"stay": _stay, "payment": checks.maybe(_payment)}
    example: ClassVar[Mapping[str, Any]] = {"stay": "charging-0123456789ab", "payment": None}
    stay: str
    payment: str | None = None


type HostSays = StayOffer | StayBill | StayBack | StayAsk | StayEnded
type HomeSays = StayAnswer | StayPaid | StayReply | StayKept

HOST_SAYS: Final = (StayOffer, StayBill, StayBack, StayAsk, StayEnded)
HOME_SAYS: Final = (StayAnswer, StayPaid, StayReply, StayKept)
ROAMING_BODIES: Final = (Roamers, *HOST_SAYS, *HOME_SAYS)
ROAMING_KINDS: Final = tuple(each.kind for each in ROAMING_BODIES)


def read_roaming(about: str, says: Mapping[str, Any]) -> Any:
    """Return what a letter says. Raises LinkRefusal: it is none of these, or not what it must be."""
    body = next((each for each in ROAMING_BODIES if each.kind == about), None)
    return checks.refuse() if body is None else checks.read_fields(body, says)

"""What a session is agreed on at plug-in, and stays agreed on until plug-out."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, Self

from ..stored import Stored
from .errors import SessionError

_VERSION: Final = 1
DEFAULT_SLICE_WH: Final = 500
DEFAULT_CREDIT_WH: Final = 1000


class Guest(StrEnum):
    """What holds for a car without a wallet."""

    FREE = "free"
    REFUSED = "refused"
    HOUSEHOLD = "household"


class EmptyWallet(StrEnum):
    """What happens when a wallet cannot pay: the car falls to its safe current, or goes on and owes it."""

    PAUSE = "pause"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What the operator takes beside the price of the energy, each in the tariff's currency, paid in its own transfer.

    `share` is of the price of the energy (1/20 for 5 %), where that price is above nought.
    """

    share: Fraction = Fraction(0)
    per_kwh: Fraction = Fraction(0)
    per_session: Fraction = Fraction(0)

    def of(self, energy: Fraction, wh: int) -> Fraction:
        """Return the fee for energy at this price."""
        return self.share * energy + self.per_kwh * wh / 1000 + self.per_session

    def to_dict(self) -> dict[str, str]:
        """Return it as JSON."""
        return {"share": str(self.share), "per_kwh": str(self.per_kwh), "per_session": str(self.per_session)}

    @classmethod
    def from_dict(cls, stored: Stored) -> Self:
        """Return what was stored. Raises StoredError, SessionError where it is negative."""
        names = ("share", "per_kwh", "per_session")
        values = {name: stored.fraction(name) for name in names}
        for name, value in values.items():
            if value < 0:
                raise SessionError("out_of_range", {"where": name, "value": value})
        stored.end()
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of a session.

    Attributes:
        tariff: The tariff as JSON, in OCPI's structure.
        zone: The name of the time zone of the tariff's times.
        rate: Iota per unit of the tariff's currency, as it was at plug-in.
        seller: The wallet that the price of the energy goes to, and that pays what is below nought.
        operator: The wallet that the fee goes to, and that pays for energy fed back and for delivered sun.
        feed_in: Paid for a kWh that the car feeds back.
        sun: Paid for a kWh that a participant's solar panels delivered to the session.
        fee: The operator's fee.
        slice_wh: What is accounted and paid at once, at least.
        credit_wh: The most that either side owes the other while payments are confirmed.
        away_wh: The most that the car owes while they are not; then it falls to its safe current.
        empty: What happens when the wallet cannot pay.
        most_per_kwh: What the car pays for a kWh at most; None is anything.
    """

    tariff: str
    zone: str
    rate: Fraction
    seller: str
    operator: str
    feed_in: Fraction = Fraction(0)
    sun: Fraction = Fraction(0)
    fee: Fee = Fee()
    slice_wh: int = DEFAULT_SLICE_WH
    credit_wh: int = DEFAULT_CREDIT_WH
    away_wh: int = DEFAULT_CREDIT_WH
    empty: EmptyWallet = EmptyWallet.PAUSE
    most_per_kwh: Fraction | None = None

    def __post_init__(self) -> None:
        """Raise SessionError `out_of_range` for terms that cannot be."""
        for name in ("rate", "slice_wh", "credit_wh", "away_wh"):
            if (value := getattr(self, name)) <= 0:
                raise SessionError("out_of_range", {"where": name, "value": value})
        for name in ("feed_in", "sun"):
            if (value := getattr(self, name)) < 0:
                raise SessionError("out_of_range", {"where": name, "value": value})
        if self.slice_wh > self.credit_wh:
            raise SessionError("out_of_range", {"where": "slice_wh", "value": self.slice_wh})

    def to_dict(self) -> dict[str, Any]:
        """Return the terms as JSON."""
        return {
            "version": _VERSION,
            "tariff": self.tariff,
            "zone": self.zone,
            "rate": str(self.rate),
            "seller": self.seller,
            "operator": self.operator,
            "feed_in": str(self.feed_in),
            "sun": str(self.sun),
            "fee": self.fee.to_dict(),
            "slice_wh": self.slice_wh,
            "credit_wh": self.credit_wh,
            "away_wh": self.away_wh,
            "empty": self.empty.value,
            "most_per_kwh": None if self.most_per_kwh is None else str(self.most_per_kwh),
        }

    @classmethod
    def from_dict(cls, value: object) -> Self:
        """Return the terms that were stored. Raises StoredError for anything else, SessionError for what cannot be."""
        stored = Stored.open(value, "terms", _VERSION)
        terms = cls(
            tariff=stored.text("tariff"),
            zone=stored.text("zone"),
            rate=stored.fraction("rate"),
            seller=stored.text("seller"),
            operator=stored.text("operator"),
            feed_in=stored.fraction("feed_in"),
            sun=stored.fraction("sun"),
            fee=Fee.from_dict(stored.object("fee")),
            slice_wh=stored.whole("slice_wh"),
            credit_wh=stored.whole("credit_wh"),
            away_wh=stored.whole("away_wh"),
            empty=stored.choice("empty", EmptyWallet),
            most_per_kwh=stored.optional_fraction("most_per_kwh"),
        )
        stored.end()
        return terms

"""Receipts of stays and passages. `recompute` finds out from a receipt alone whether it is right."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..contradiction import Contradiction
from ..errors import TariffError
from ..stored import Stored
from .parking import Parking, ParkingEnd, ParkingPhase, seen_from
from .stay_price import parking_tariff, stay_cost_i
from .toll import TollPassage, TollPhase

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingReceipt:
    """What a stay cost and why.

    Attributes:
        session_id: The stay; its payments are `session_id:1`, `session_id:2`, ...
        service: The car park.
        vehicle: The car.
        tariff: The tariff at the entry, OCPI's JSON.
        rate: Iota for a unit of its currency at the entry.
        time_zone: Where times of day are those of, such as Europe/Amsterdam.
        seen: From when until when the car is known to have been there, epoch seconds.
        end: Why the stay is over; None while it runs.
        cost_i: What the tariff says for it, iota.
        total_i: What was charged; less than the cost where the car's limit ended the stay.
        payments: What was paid, in order; negative is what the car got.
    """

    session_id: str
    service: str
    vehicle: str
    tariff: str
    rate: Fraction
    time_zone: str
    seen: tuple[tuple[int, int], ...]
    end: ParkingEnd | None
    cost_i: int
    total_i: int
    payments: tuple[int, ...]

    @classmethod
    def of(cls, parking: Parking, zone: ZoneInfo) -> ParkingReceipt:
        """Return the receipt of a stay as it is; while it runs, what was paid is less than what it costs."""
        charged = parking.end is not ParkingEnd.NOT_ANSWERED and parking.phase is not ParkingPhase.ASKED
        tariff = parking_tariff(parking.tariff)
        cost_i = stay_cost_i(tariff, parking.seen, zone, parking.rate) if charged else 0
        return cls(
            session_id=parking.session_id,
            service=parking.service,
            vehicle=parking.vehicle,
            tariff=parking.tariff,
            rate=parking.rate,
            time_zone=zone.key,
            seen=parking.seen,
            end=parking.end,
            cost_i=cost_i,
            total_i=parking.total_i if parking.phase is ParkingPhase.ENDED else cost_i,
            payments=parking.payments,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the receipt as JSON."""
        return {
            "version": VERSION,
            "kind": "parking",
            "session_id": self.session_id,
            "service": self.service,
            "vehicle": self.vehicle,
            "tariff": self.tariff,
            "rate": str(self.rate),
            "time_zone": self.time_zone,
            "seen": [{"from": begin, "until": until} for begin, until in self.seen],
            "end": None if self.end is None else self.end.value,
            "cost_i": self.cost_i,
            "total_i": self.total_i,
            "payments": [
                {"payment_id": f"{self.session_id}:{number}", "amount_i": amount_i}
                for number, amount_i in enumerate(self.payments, start=1)
            ],
        }

    @classmethod
    def from_dict(cls, value: object) -> ParkingReceipt:
        """Return the receipt that was written. Raises TariffError for what none is."""
        stored = Stored.open(value, "receipt", VERSION)
        if stored.text("kind") != "parking":
            raise stored.impossible("kind", stored.text("kind"))
        payments: list[int] = []
        for number, paid in enumerate(stored.objects("payments"), start=1):
            if paid.text("payment_id") != f"{stored.text('session_id')}:{number}":
                raise paid.impossible("payment_id", paid.text("payment_id"))
            payments.append(paid.whole("amount_i"))
            paid.end()
        receipt = cls(
            session_id=stored.text("session_id"),
            service=stored.text("service"),
            vehicle=stored.text("vehicle"),
            tariff=stored.text("tariff"),
            rate=stored.fraction("rate"),
            time_zone=stored.text("time_zone"),
            seen=seen_from(stored),
            end=stored.optional_choice("end", ParkingEnd),
            cost_i=stored.whole("cost_i"),
            total_i=stored.whole("total_i"),
            payments=tuple(payments),
        )
        stored.end()
        return receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class TollReceipt:
    """What a passage cost; `paid_i` is None if it was not paid, negative where the car got it."""

    passage_id: str
    service: str
    vehicle: str
    at: int
    price_i: int
    paid_i: int | None

    @classmethod
    def of(cls, passage: TollPassage) -> TollReceipt:
        """Return the receipt of a passage."""
        return cls(
            passage_id=passage.passage_id,
            service=passage.service,
            vehicle=passage.vehicle,
            at=passage.at,
            price_i=passage.price_i,
            paid_i=passage.price_i if passage.phase is TollPhase.PAID else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the receipt as JSON."""
        return {
            "version": VERSION,
            "kind": "toll",
            "passage_id": self.passage_id,
            "service": self.service,
            "vehicle": self.vehicle,
            "at": self.at,
            "price_i": self.price_i,
            "paid_i": self.paid_i,
            "payment_id": f"{self.passage_id}:1",
        }

    @classmethod
    def from_dict(cls, value: object) -> TollReceipt:
        """Return the receipt that was written. Raises TariffError for what none is."""
        stored = Stored.open(value, "receipt", VERSION)
        if stored.text("kind") != "toll":
            raise stored.impossible("kind", stored.text("kind"))
        if stored.text("payment_id") != f"{stored.text('passage_id')}:1":
            raise stored.impossible("payment_id", stored.text("payment_id"))
        receipt = cls(
            passage_id=stored.text("passage_id"),
            service=stored.text("service"),
            vehicle=stored.text("vehicle"),
            at=stored.whole("at"),
            price_i=stored.whole("price_i"),
            paid_i=stored.optional_whole("paid_i"),
        )
        stored.end()
        return receipt


def recompute(receipt: ParkingReceipt | TollReceipt) -> tuple[Contradiction, ...]:
    """Return what is wrong with a receipt; nothing if it is right.

    `cost` is not what the tariff says, `total` is not the cost (or not below it, where the limit ended the stay),
    `payments` do not add up to the total once the stay is over, `price` is not what was paid, `unreadable` cannot be
    priced at all.
    """
    if isinstance(receipt, TollReceipt):
        right = receipt.paid_i in {None, receipt.price_i}
        return () if right else (Contradiction("price", str(receipt.price_i), str(receipt.paid_i)),)
    try:
        tariff, zone = parking_tariff(receipt.tariff), ZoneInfo(receipt.time_zone)
        cost_i = stay_cost_i(tariff, receipt.seen, zone, receipt.rate)
    except (TariffError, ZoneInfoNotFoundError, ValueError, OSError) as error:
        return (Contradiction("unreadable", "readable", str(error)),)
    if receipt.end is ParkingEnd.NOT_ANSWERED:
        cost_i = 0
    limited = receipt.end is ParkingEnd.LIMIT and receipt.total_i < receipt.cost_i
    paid_i = receipt.total_i if receipt.end is None else sum(receipt.payments)
    figures = (
        ("cost", receipt.cost_i, cost_i),
        ("total", receipt.total_i, receipt.total_i if limited else receipt.cost_i),
        ("payments", paid_i, receipt.total_i),
    )
    return tuple(Contradiction(name, str(said), str(found)) for name, said, found in figures if said != found)

"""The payments of a session: what was ordered, and how an order is named for ever."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from ..effects import BookEntry, Kind, Transfer
from ..stored import Stored


class Stream(StrEnum):
    """What an order is for. Each is paid by its cumulative amount less what was ordered before."""

    ENERGY = "energy"
    ENERGY_BACK = "energy_back"
    FEE = "fee"
    FEED_IN = "feed_in"
    SUN = "sun"
    REFUND = "refund"
    REFUND_BACK = "refund_back"


_LETTERS: Final = {
    Stream.ENERGY: "e",
    Stream.ENERGY_BACK: "b",
    Stream.FEE: "f",
    Stream.FEED_IN: "v",
    Stream.SUN: "s",
    Stream.REFUND: "r",
    Stream.REFUND_BACK: "c",
}
_STREAMS: Final = {letter: stream for stream, letter in _LETTERS.items()}
_KINDS: Final = {
    Stream.ENERGY: Kind.CHARGING,
    Stream.ENERGY_BACK: Kind.CHARGING,
    Stream.FEE: Kind.FEE,
    Stream.FEED_IN: Kind.FEED_IN,
    Stream.SUN: Kind.FEED_IN,
    Stream.REFUND: Kind.REFUND,
    Stream.REFUND_BACK: Kind.REFUND,
}


def payment_id(session_id: str, who: str, number: int, stream: Stream) -> str:
    """Return the name of a payment; `who` is the number of the payer, or the one whose sun it was."""
    return f"{session_id}:{who}:{number}:{_LETTERS[stream]}"


def named(session_id: str, payment: str) -> tuple[str, int, Stream] | None:
    """Return what the name of a payment says (who, number, stream); None if it is not one of this session."""
    rest = payment.removeprefix(f"{session_id}:")
    parts = rest.rsplit(":", 2)
    if rest == payment or len(parts) != len(("who", "number", "stream")):
        return None
    who, number, letter = parts
    if letter not in _STREAMS or not (number.isascii() and number.isdigit()):
        return None
    return who, int(number), _STREAMS[letter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A payment that was ordered. `covered_wh` is the energy of the session that is paid with it.

    `payer` numbers who the session's payer was then, from 0; it goes up when the car is corrected. A payment for energy
    may have the operator's fee in it: `fee_i` is how much of it. Where energy is given back, the fee lessens it.
    """

    payment_id: str
    stream: Stream
    payer: int
    source: str
    target: str
    amount_i: int
    at: int
    covered_wh: int
    fee_i: int = 0

    @property
    def energy_i(self) -> int:
        """Return what it pays for energy without the fee; negative is what it gives back."""
        return (-self.amount_i if self.stream is Stream.ENERGY_BACK else self.amount_i) - self.fee_i

    def effects(self, session_id: str, rate: Fraction) -> tuple[Transfer | BookEntry, ...]:
        """Return the transfer, and its lines in the books of both sides, with the rate of tokens of the session."""
        transfer = Transfer(
            payment_id=self.payment_id,
            source=self.source,
            target=self.target,
            amount_i=self.amount_i,
            memo={"kind": _KINDS[self.stream].value},
        )
        return transfer, *self._lines(session_id, rate)

    def _lines(self, session_id: str, rate: Fraction) -> Iterator[BookEntry]:
        """Yield the lines of both sides: of what it is for, and of the fee in it."""
        payer, seller = self.source, self.target
        if self.stream is Stream.ENERGY_BACK:
            payer, seller = seller, payer
        parts = [("", _KINDS[self.stream], self.stream, self.source, self.target, self.amount_i)]
        if self.fee_i:
            energy_i = self.energy_i
            sides = (payer, seller) if energy_i > 0 else (seller, payer)
            parts = [("", _KINDS[self.stream], self.stream, *sides, abs(energy_i))] if energy_i else []
            parts.append((":fee", Kind.FEE, Stream.FEE, payer, seller, self.fee_i))
        for part, kind, stream, source, target, amount_i in parts:
            for side, whose, other, signed_i in (("out", source, target, -amount_i), ("in", target, source, amount_i)):
                yield BookEntry(
                    entry_id=f"{self.payment_id}{part}:{side}",
                    participant=whose,
                    at=float(self.at),
                    kind=kind,
                    reference=session_id,
                    amount_i=signed_i,
                    counterparty=other,
                    payment_id=self.payment_id,
                    details={"stream": stream.value},
                    rate=rate,
                )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "payment_id": self.payment_id,
            "stream": self.stream.value,
            "payer": self.payer,
            "source": self.source,
            "target": self.target,
            "amount_i": self.amount_i,
            "at": self.at,
            "covered_wh": self.covered_wh,
            "fee_i": self.fee_i,
        }

    @classmethod
    def from_dict(cls, stored: Stored) -> Order:
        """Return what was stored. Raises StoredError."""
        order = cls(
            payment_id=stored.text("payment_id"),
            stream=stored.choice("stream", Stream),
            payer=stored.whole("payer", 0),
            source=stored.text("source"),
            target=stored.text("target"),
            amount_i=stored.whole("amount_i", 1),
            at=stored.whole("at"),
            covered_wh=stored.whole("covered_wh", 0),
            fee_i=stored.optional_whole("fee_i", 0) or 0,
        )
        stored.end()
        return order


def order_of(session_id: str, transfer: Transfer, lines: Sequence[BookEntry], names: Mapping[str, str]) -> Order | None:
    """Return the payment that a transfer of the books and its lines are of; None for none of this session.

    `names` gives participants by the accounts that they have in the books. What it covers stands in no book, and is 0.
    """
    said = named(session_id, transfer.payment_id)
    if said is None or not lines:
        return None
    who, _number, stream = said
    fees = [line.amount_i for line in lines if line.kind is Kind.FEE and line.amount_i > 0 and stream is not Stream.FEE]
    return Order(
        payment_id=transfer.payment_id,
        stream=stream,
        payer=int(who) if who.isdecimal() else 0,
        source=names.get(transfer.source, transfer.source),
        target=names.get(transfer.target, transfer.target),
        amount_i=transfer.amount_i,
        at=int(lines[0].at),
        covered_wh=0,
        fee_i=sum(fees),
    )


def parts_of(order: Order) -> tuple[tuple[Stream, int], ...]:
    """Return what an order pays, by stream: each amount is above 0."""
    if not order.fee_i:
        return ((order.stream, order.amount_i),)
    energy_i = order.energy_i
    energy = (Stream.ENERGY, energy_i) if energy_i > 0 else (Stream.ENERGY_BACK, -energy_i)
    return (*((energy,) if energy_i else ()), (Stream.FEE, order.fee_i))

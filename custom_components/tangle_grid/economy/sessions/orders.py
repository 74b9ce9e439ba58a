"""The payments of a session: what was ordered, and how an order is named for ever."""

from dataclasses import dataclass
from enum import StrEnum
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

    `payer` numbers who the session's payer was then, from 0; it goes up when the car is corrected.
    """

    payment_id: str
    stream: Stream
    payer: int
    source: str
    target: str
    amount_i: int
    at: int
    covered_wh: int

    def effects(self, session_id: str) -> tuple[Transfer, BookEntry, BookEntry]:
        """Return the transfer, and its line in the books of both sides."""
        kind = _KINDS[self.stream]
        transfer = Transfer(
            payment_id=self.payment_id,
            source=self.source,
            target=self.target,
            amount_i=self.amount_i,
            memo={"kind": kind.value},
        )
        details = {"stream": self.stream.value}
        out, in_ = (
            BookEntry(
                entry_id=f"{self.payment_id}:{side}",
                participant=whose,
                at=float(self.at),
                kind=kind,
                reference=session_id,
                amount_i=amount_i,
                counterparty=other,
                payment_id=self.payment_id,
                details=details,
            )
            for side, whose, other, amount_i in (
                ("out", self.source, self.target, -self.amount_i),
                ("in", self.target, self.source, self.amount_i),
            )
        )
        return transfer, out, in_

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
        )
        stored.end()
        return order

"""The lines of a session's energy in the books of both sides: one at its end, and one where a month begins."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..effects import BookEntry, Kind
from .meter import Meter


@dataclass(slots=True)
class EnergyLines:
    """What was booked so far: Wh in and out, how many lines, and the month of the last look."""

    wh_in: int = 0
    wh_out: int = 0
    number: int = 0
    month: str = ""

    def look(self, month: str) -> bool:
        """Return whether another month has begun since the last look."""
        begun = bool(self.month) and month != self.month
        self.month = month
        return begun

    def book(
        self, meter: Meter, at_s: int, session_id: str, charger: str, whose: str, seller: str
    ) -> Iterator[BookEntry]:
        """Yield the lines of both sides for what was not booked yet; `whose` energy it is, is where it went."""
        wh_in, wh_out = meter.wh_in - self.wh_in, meter.wh_out - self.wh_out
        if not (wh_in or wh_out):
            return
        for side, participant, other, in_, out in (
            ("car", whose, seller, wh_in, wh_out),
            ("grid", seller, whose, wh_out, wh_in),
        ):
            yield BookEntry(
                entry_id=f"{session_id}:energy:{self.number}:{side}",
                participant=participant,
                at=float(at_s),
                kind=Kind.CHARGING,
                reference=session_id,
                wh_in=in_,
                wh_out=out,
                counterparty=other,
                details={"charger": charger},
            )
        self.wh_in, self.wh_out, self.number = meter.wh_in, meter.wh_out, self.number + 1

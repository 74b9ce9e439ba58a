"""What a session took and gave back, and what that costs: each interval metered, billed and, below nought, granted."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from fractions import Fraction
from math import floor
from typing import Final

from ..tariff import Amount, PriceComponent, read_tariff
from .meter import Meter, Metered, Reading
from .running_bill import Priced, RunningBill
from .terms import Terms

_MS_PER_S: Final = 1000
_S_PER_H: Final = 3600
_WH_PER_KWH: Final = 1000
#: A car that charges slowly for a while, because it is held or just starts, may be fast again at once.
_PACE_S: Final = 600


@dataclass(slots=True)
class Fed:
    """Energy that was fed back, Wh: paid by the feed-in rate, by a reward, or not yet known by which."""

    feed_in: int = 0
    rewarded: int = 0
    pending: int = 0

    def add(self, wh: int, *, on_request: bool) -> None:
        """Count energy; during a request it is not known yet who pays for it."""
        if on_request:
            self.pending += wh
        else:
            self.feed_in += wh

    def settle(self, rewarded_wh: int) -> None:
        """Say how much of what is pending a reward has paid for; the rest is fed in."""
        rewarded = min(max(0, rewarded_wh), self.pending)
        self.rewarded += rewarded
        self.feed_in += self.pending - rewarded
        self.pending = 0


class MeteredBill:
    """The meter and the bill of one session, and what they come to in iota: cumulative, rounded down once.

    `power_w` is what the car draws or feeds back now. `pace_w` is the most of late, which fades in ten minutes or so
    while the car does as it likes, and decides how early to pay.
    """

    def __init__(self, terms: Terms, zone: tzinfo, meter: Meter, started_at: int) -> None:
        """Begin with nothing. Raises TariffError for a tariff that cannot be."""
        self.terms, self.zone, self.meter = terms, zone, meter
        self.bill = RunningBill(read_tariff(terms.tariff), zone, started_at, terms.slice_wh)
        self.fed = Fed()
        self.granted: dict[str, int] = {}
        self.carry_ms = 0
        self.billed_to_s = started_at
        self.power_w = self.pace_w = 0

    @property
    def wh(self) -> int:
        """Return the energy that is billed, Wh."""
        return self.bill.wh

    def take(self, reading: Reading, *, held: bool, waits: bool = False) -> Metered:
        """Meter until this reading, and bill it in whole seconds; `held` if the island holds the car back.

        A car that `waits` for its payments is told to be slow: it goes on at its pace as soon as they have come.
        """
        wh_out = self.meter.wh_out
        metered = self.meter.step(reading)
        from_s, to_s = self.billed_to_s, max(self.billed_to_s, metered.now_ms // _MS_PER_S)
        lasts_ms = metered.lasts_ms + self.carry_ms
        lasts_s = min(lasts_ms // _MS_PER_S, to_s - from_s)
        self.carry_ms = min(lasts_ms - lasts_s * _MS_PER_S, _MS_PER_S) if metered.lasts_ms else self.carry_ms
        if self.meter.power_mw is not None:
            self.power_w = abs(self.meter.power_mw) // _MS_PER_S
        elif metered.lasts_ms:
            moved = (metered.wh_in + metered.wh_out) * _S_PER_H * _MS_PER_S // metered.lasts_ms
            self.power_w = min(self.meter.most_w, moved)
        slower_w = self.pace_w * max(0, _PACE_S - (to_s - from_s)) // _PACE_S
        self.pace_w = max(self.power_w, self.pace_w if held or waits else slower_w)
        charging = bool(metered.wh_in or metered.wh_out) if reading.charging is None else reading.charging
        self.bill.add(
            from_s,
            to_s,
            metered.wh_in,
            lasts_s,
            charging=charging,
            held=held,
            wh_out=metered.wh_out,
            power_w=self.power_w,
        )
        self.billed_to_s = to_s
        self.fed.add(self.meter.wh_out - wh_out, on_request=reading.on_request)
        return metered

    def grant(self, now_s: int, budget_i: int) -> int:
        """Take from the operator's budget what negative prices pay. Return how much."""
        if not self.bill.may_pay:
            return 0
        wanted = floor(self.bill.priced().negative * self.terms.rate) - sum(self.granted.values())
        granted = max(0, min(wanted, budget_i))
        if granted:
            day = self.local(now_s).date().isoformat()
            self.granted[day] = self.granted.get(day, 0) + granted
        return granted

    def local(self, at_s: int) -> datetime:
        """Return a moment in the tariff's time zone."""
        return datetime.fromtimestamp(at_s, UTC).astimezone(self.zone)

    def price(self, at_s: int) -> PriceComponent | None:
        """Return what prices the next Wh, None if it is free."""
        return self.bill.now(at_s)

    def total(self) -> Amount:
        """Return what the tariff's prices come to so far, in its currency."""
        return self._total(self.bill.priced())

    def _total(self, priced: Priced) -> Amount:
        withheld = max(Fraction(0), priced.negative - sum(self.granted.values()) / self.terms.rate)
        return self.bill.total(priced, withheld)

    def charge_i(self, ahead_wh: int = 0, ahead_by: PriceComponent | None = None) -> int:
        """Return what the tariff's prices come to so far, or would if the car had taken so much more at this price."""
        return floor(self.bill.written(self._total(self.bill.priced(ahead_wh, ahead_by))) * self.terms.rate)

    def fee_i(self) -> int:
        """Return the operator's fee so far."""
        if not self.bill.rows:
            return 0
        return floor(self.terms.fee.of(self.bill.positive_energy(), self.bill.wh) * self.terms.rate)

    def feed_in_i(self) -> int:
        """Return what the car earned by feeding back so far."""
        return floor(Fraction(self.fed.feed_in, _WH_PER_KWH) * self.terms.feed_in * self.terms.rate)

    def withheld_i(self) -> int:
        """Return what negative prices would have paid beyond the operator's budget."""
        return max(0, floor(self.bill.priced().negative * self.terms.rate) - sum(self.granted.values()))

"""The price of a kilowatt hour now, and when it changes: what is shown before anybody charges."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from fractions import Fraction
from math import ceil
from typing import Final

from ..tariff import Dimension, Moment, PriceComponent, Tariff, TaxIncluded

_MIDNIGHT: Final = time(0)
#: Prices repeat by the week.
_LOOK_AHEAD_S: Final = 8 * 86_400
_MOST_CHANGES: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A price for energy as the tariff writes it (with tax if its prices hold it), and the same in iota.

    `changes_at` is when the energy's price is another (epoch seconds), None if it stays for a week; `then_per_kwh` is
    what it is then. Per hour and per session are what is asked beside the energy now.
    """

    currency: str
    per_kwh: Fraction
    per_kwh_i: Fraction
    charging_per_hour: Fraction
    standing_per_hour: Fraction
    per_session: Fraction
    changes_at: int | None
    then_per_kwh: Fraction | None


def quote(tariff: Tariff, at: float, zone: tzinfo, rate: Fraction, *, start: float | None = None, wh: int = 0) -> Quote:
    """Return what a kWh costs at a moment (epoch seconds), in a session since `start` that took so many Wh.

    `rate` is in iota per unit of the tariff's currency. Prices that depend on current or power are quoted for both
    unknown, as for a car that has not begun.
    """
    now_s = int(at)
    start_s = now_s if start is None else min(int(start), now_s)

    def price(dimension: Dimension, moment_s: int) -> Fraction:
        return price_of(tariff.component(dimension, moment(zone, start_s, moment_s, wh)))

    now = price(Dimension.ENERGY, now_s)
    changes_at, then = None, None
    for change in _changes(tariff, zone, start_s, now_s):
        if (found := price(Dimension.ENERGY, change)) != now:
            changes_at, then = change, found
            break
    return Quote(
        currency=tariff.currency,
        per_kwh=now,
        per_kwh_i=now * rate,
        charging_per_hour=price(Dimension.TIME, now_s),
        standing_per_hour=price(Dimension.PARKING_TIME, now_s),
        per_session=price(Dimension.FLAT, now_s),
        changes_at=changes_at,
        then_per_kwh=then,
    )


def price_of(component: PriceComponent | None) -> Fraction:
    """Return the price as it is written, nought where there is none."""
    return component.price if component else Fraction(0)


def holds_tax(tariff: Tariff) -> bool:
    """Return whether the tariff's prices are written with tax."""
    return any(
        component.tax_included is TaxIncluded.YES for element in tariff.elements for component in element.components
    )


def moment(zone: tzinfo, start_s: int, at_s: int, wh: int) -> Moment:
    """Return what restrictions look at, of a session since `start_s` that took so many Wh."""
    return Moment(
        local=datetime.fromtimestamp(at_s, UTC).astimezone(zone),
        energy_kwh=Fraction(wh, 1000),
        duration_s=Fraction(at_s - start_s),
    )


def _changes(tariff: Tariff, zone: tzinfo, start_s: int, after_s: int) -> Iterator[int]:
    now = after_s
    for _ in range(_MOST_CHANGES):
        change = next_change(tariff, zone, start_s, now)
        if change is None or change > after_s + _LOOK_AHEAD_S:
            return
        yield (now := change)


def next_change(tariff: Tariff, zone: tzinfo, start_s: int, after_s: int) -> int | None:
    """Return the first second after this one in which another element may be active by time alone; None if never."""
    times: set[time] = set()
    found: list[int] = []
    for restrictions in (element.restrictions for element in tariff.elements):
        times |= {each for each in (restrictions.start_time, restrictions.end_time) if each is not None}
        if restrictions.days or restrictions.start_date or restrictions.end_date:
            times.add(_MIDNIGHT)
        bounds = (restrictions.duration_s.low, restrictions.duration_s.high)
        found += [moment for each in bounds if each is not None and (moment := start_s + ceil(each)) > after_s]
    if times:
        today = datetime.fromtimestamp(after_s, UTC).astimezone(zone).date()
        found += [
            moment
            for day in (today, today + timedelta(days=1))
            for each in times
            for fold in (0, 1)  # an hour that comes twice
            if (moment := int(datetime.combine(day, each, zone).replace(fold=fold).timestamp())) > after_s
        ]
    return min(found, default=None)

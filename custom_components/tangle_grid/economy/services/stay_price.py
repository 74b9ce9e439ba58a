"""What standing somewhere costs by a tariff of OCPI, in iota.

Periods of OCPI are priced as they begin, so a new one begins wherever another price may: at times of day, at
midnight, when the clocks change, and when a session has lasted for as long as a price asks.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Final

from ..cdr import Cdr, Period
from ..errors import ServiceError
from ..pricing import Bill, price
from ..tariff import Dimension, PriceComponent, Tariff, TaxIncluded, read_tariff

_S_PER_H: Final = 3600

# From when until when somebody stood there, epoch seconds; several in order where it is not known of all the time.
type Stretches = Sequence[tuple[int, int]]


def parking_tariff(text: str | bytes) -> Tariff:
    """Return the tariff, which must price parking. Raises TariffError, and ServiceError `prices_no_parking`."""
    tariff = read_tariff(text)
    wanted = {Dimension.FLAT, Dimension.TIME, Dimension.PARKING_TIME}
    if not any(component.dimension in wanted for component in _components(tariff)):
        raise ServiceError("prices_no_parking")
    return tariff


def stay_bill(tariff: Tariff, stretches: Stretches, zone: tzinfo) -> Bill:
    """Return what it costs to have stood there; times of day are those of the zone.

    The session begins with the first stretch, so that "after 4 hours" counts from when somebody came; what lies
    between two stretches costs nothing.

    Raises TariffError if the tariff was not valid when it began.
    """
    start, end = _moment(stretches[0][0]), _moment(stretches[-1][1])
    dimension = _standing(tariff)
    periods: list[Period] = []
    for index, (begin, until) in enumerate(stretches):
        cuts = [begin, *_changes(tariff, stretches[0][0], begin, until, zone), until]
        for first, second in pairwise(cuts):
            hours = Fraction(second - first, _S_PER_H)
            periods.append(Period(start=_moment(first), dimensions={dimension: hours}))
        if index + 1 < len(stretches):
            periods.append(Period(start=_moment(until), dimensions={}))
    return price(tariff, Cdr(start=start, end=end, periods=tuple(periods)), zone)


def stay_cost_i(tariff: Tariff, stretches: Stretches, zone: tzinfo, rate: Fraction) -> int:
    """Return what it costs in iota, at so many for a unit of the tariff's currency; a part of an iota is not charged.

    Prices count as they are written: VAT that a tariff names beside them is information.

    Raises TariffError if the tariff was not valid when the stay began.
    """
    total = stay_bill(tariff, stretches, zone).total
    with_tax = any(component.tax_included is TaxIncluded.YES for component in _components(tariff))
    return floor((total.incl_vat if with_tax else total.excl_vat) * rate)


def local_day(at: int, zone: tzinfo) -> str:
    """Return the local day of a moment, such as 2026-11-30."""
    return _local(at, zone).date().isoformat()


def next_midnight(at: int, zone: tzinfo) -> int:
    """Return when the local day of a moment ends."""
    day = _local(at, zone).date() + timedelta(days=1)
    return max(at + 1, _epoch(datetime.combine(day, time(0), zone)))


def _components(tariff: Tariff) -> Iterator[PriceComponent]:
    for element in tariff.elements:
        if element.restrictions.reservation is None:
            yield from element.components


def _standing(tariff: Tariff) -> str:
    """Return what the tariff calls the time that somebody stands there without charging.

    That is PARKING_TIME. A tariff that has only a price for TIME means that one.
    """
    kinds = {component.dimension for component in _components(tariff)}
    only_time = Dimension.TIME in kinds and Dimension.PARKING_TIME not in kinds
    return (Dimension.TIME if only_time else Dimension.PARKING_TIME).value


def _changes(tariff: Tariff, start: int, begin: int, until: int, zone: tzinfo) -> list[int]:
    """Return when another price may begin between two moments, in order."""
    restrictions = [element.restrictions for element in tariff.elements]
    found: set[int] = set()
    for each in restrictions:
        found |= {start + ceil(bound) for bound in (each.duration_s.low, each.duration_s.high) if bound is not None}
    times = {at for each in restrictions for at in (each.start_time, each.end_time) if at is not None}
    by_day = any(each.days or each.start_date or each.end_date for each in restrictions)
    if times or by_day:
        found |= set(_times_of_day({time(0), *times}, begin, until, zone))
    return sorted(at for at in found if begin < at < until)


def _times_of_day(times: set[time], begin: int, until: int, zone: tzinfo) -> Iterator[int]:
    day, last = _local(begin, zone).date(), _local(until, zone).date()
    while day <= last:
        for at in times:
            # A time that comes twice when the clocks change counts both times.
            yield from (_epoch(datetime.combine(day, at.replace(fold=fold), zone)) for fold in (0, 1))
        low, high = (_epoch(datetime.combine(day + timedelta(days=days), time(0), zone)) for days in (0, 1))
        if _local(low, zone).utcoffset() != _local(high, zone).utcoffset():
            yield _clocks_change(low, high, zone)
        day += timedelta(days=1)


def _clocks_change(low: int, high: int, zone: tzinfo) -> int:
    """Return the first second of the other time between two moments."""
    offset = _local(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _local(middle, zone).utcoffset() == offset else (low, middle)
    return high


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _local(at: int, zone: tzinfo) -> datetime:
    return _moment(at).astimezone(zone)


def _epoch(local: datetime) -> int:
    return int(local.timestamp())

"""A charging session as OCPI's charge detail record tells it: periods, each with what was taken in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from fractions import Fraction
from typing import Final

from .errors import TariffError, shown
from .fields import Fields
from .tariff import Limit, Tariff, limit, tariff_of

# So much before its session a first period may begin, exclusive.
_EARLIEST: Final = timedelta(hours=1) - timedelta(microseconds=1)
# Billed: kWh, and hours.
_VOLUMES: Final = ("ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME", "ENERGY_IMPORT", "ENERGY_EXPORT")
# Only told: amperes, kilowatts, percent. Negative where a car feeds back.
_CONDITIONS: Final = ("CURRENT", "MIN_CURRENT", "MAX_CURRENT", "POWER", "MIN_POWER", "MAX_POWER", "STATE_OF_CHARGE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A part of a session, until the next one starts. `dimensions` by OCPI's names: kWh, hours, A, kW."""

    start: datetime
    dimensions: Mapping[str, Fraction]
    tariff_id: str | None = None

    def volume(self, dimension: str) -> Fraction:
        """Return what was taken of it, 0 if the period does not say."""
        return self.dimensions.get(dimension, Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdr:
    """A session that is over.

    Moments are UTC; `time_zone` is a name that OCPI does not ask for, but some give. `claimed` is what the session says
    that it costs. `by_totals` tells that it has no periods: its totals stand as one. `passed_over` are sentences about
    what stands in it and was not understood.
    """

    start: datetime
    end: datetime
    periods: tuple[Period, ...]
    currency: str | None = None
    country: str | None = None
    time_zone: str | None = None
    claimed: Limit | None = None
    by_totals: bool = False
    passed_over: tuple[str, ...] = ()


def read_cdr(text: str | bytes) -> Cdr:
    """Return the session that stands in a CDR of OCPI 2.2.1 or 2.3; fields that no price needs are passed over.

    Raises TariffError for what is no CDR, and for a session that cannot be.
    """
    fields = Fields.parse(text, "CDR")
    location = fields.object("cdr_location") if fields.has("cdr_location") else None
    start, end = fields.moment("start_date_time"), fields.moment("end_date_time")
    if end < start:
        raise _backwards(fields, "end_date_time", end, start)
    for name, moment in (("start_date_time", start), ("end_date_time", end)):
        if moment.year in {MINYEAR, MAXYEAR}:  # its local time may be out of the calendar
            raise TariffError("not_a_moment", {"where": fields.where(name), "value": moment.isoformat()})
    by_totals = not fields.has("charging_periods") or fields.is_empty("charging_periods")
    passed_over: list[str] = []
    return Cdr(
        start=start,
        end=end,
        periods=(_totals(fields, start, end),) if by_totals else _periods(fields, start, end, passed_over),
        claimed=_claimed(fields),
        by_totals=by_totals,
        passed_over=tuple(passed_over),
        currency=fields.optional_text("currency"),
        country=location.optional_text("country") if location else None,
        time_zone=location.optional_text("time_zone") if location else None,
    )


def tariffs_of(text: str | bytes) -> tuple[Tariff, ...]:
    """Return the tariffs that a CDR brings along, read as those of others.

    Raises TariffError if it brings none, or one that cannot be.
    """
    fields = Fields.parse(text, "CDR")
    if not fields.has("tariffs") or fields.is_empty("tariffs"):
        raise TariffError("no_tariffs")
    return tuple(tariff_of(each, foreign=True) for each in fields.objects("tariffs"))


def _backwards(fields: Fields, name: str, moment: datetime, before: datetime) -> TariffError:
    placeholders = {"where": fields.where(name), "value": moment.isoformat(), "before": before.isoformat()}
    return TariffError("runs_backwards", placeholders)


def _claimed(fields: Fields) -> Limit | None:
    """Return what the session says that it costs. Nobody needs it for a price: in another form it says nothing."""
    try:
        return limit(fields, "total_cost")
    except TariffError:
        return None


def _totals(fields: Fields, start: datetime, end: datetime) -> Period:
    """Return the totals of a session as its only period. Raises TariffError if it has none, or they cannot be."""
    names = ("total_energy", "total_time", "total_parking_time")
    if not any(fields.has(name) for name in names):
        raise TariffError("no_periods", {"where": fields.where("charging_periods")})
    energy, time, parking = (fields.optional_number(name) for name in names)
    lasted = Fraction((end - start) // timedelta(microseconds=1), 3_600_000_000) if time is None else time
    parking = parking or Fraction(0)
    for name, value in (("total_time", lasted), ("total_parking_time", parking), ("total_time", lasted - parking)):
        if value < 0:
            raise TariffError("negative_volume", {"where": fields.where(name), "value": shown(value)})
    charging = lasted - parking
    volumes = {"ENERGY": energy or Fraction(0), "TIME": charging, "PARKING_TIME": parking}
    return Period(start=start, dimensions={name: volume for name, volume in volumes.items() if volume})


def _periods(fields: Fields, start: datetime, end: datetime, passed_over: list[str]) -> tuple[Period, ...]:
    periods: list[Period] = []
    # Some operators begin periods at full hours or quarters of an hour, the first one too.
    before = start - _EARLIEST
    for period in fields.objects("charging_periods"):
        begins = period.moment("start_date_time")
        if begins < before:
            raise _backwards(period, "start_date_time", begins, max(before, start))
        if begins > end:
            placeholders = {"where": period.where("start_date_time"), "value": begins.isoformat()}
            raise TariffError("period_after_end", placeholders | {"end": end.isoformat()})
        periods.append(
            Period(
                start=begins,
                dimensions=_dimensions(period, passed_over),
                tariff_id=period.optional_text("tariff_id"),
            )
        )
        before = max(begins, start)
    return tuple(periods)


def _dimensions(period: Fields, passed_over: list[str]) -> Mapping[str, Fraction]:
    found: dict[str, Fraction] = {}
    for dimension in period.objects("dimensions"):
        kind, volume = dimension.text("type"), dimension.number("volume")
        if kind in found:
            raise TariffError("same_dimension_twice", {"where": period.where("dimensions"), "dimension": kind})
        if kind not in (*_VOLUMES, *_CONDITIONS):
            passed_over.append(str(TariffError("unknown_dimension", {"where": dimension.where("type"), "value": kind})))
            continue
        if kind in _VOLUMES and kind != "ENERGY" and volume < 0:  # energy is negative where a car fed back
            raise TariffError("negative_volume", {"where": dimension.where("volume"), "value": shown(volume)})
        found[kind] = volume
    return found

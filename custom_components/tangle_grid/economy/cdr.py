"""A charging session as OCPI's charge detail record tells it: periods, each with what was taken in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from fractions import Fraction
from typing import Final

from .errors import TariffError, shown
from .fields import Fields

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

    def volume(self, dimension: str) -> Fraction:
        """Return what was taken of it, 0 if the period does not say."""
        return self.dimensions.get(dimension, Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdr:
    """A session that is over. Moments are UTC; `time_zone` is a name that OCPI does not ask for, but some give."""

    start: datetime
    end: datetime
    periods: tuple[Period, ...]
    currency: str | None = None
    country: str | None = None
    time_zone: str | None = None


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
    return Cdr(
        start=start,
        end=end,
        periods=_periods(fields, start, end),
        currency=fields.optional_text("currency"),
        country=location.optional_text("country") if location else None,
        time_zone=location.optional_text("time_zone") if location else None,
    )


def _backwards(fields: Fields, name: str, moment: datetime, before: datetime) -> TariffError:
    placeholders = {"where": fields.where(name), "value": moment.isoformat(), "before": before.isoformat()}
    return TariffError("runs_backwards", placeholders)


def _periods(fields: Fields, start: datetime, end: datetime) -> tuple[Period, ...]:
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
        periods.append(Period(start=begins, dimensions=_dimensions(period)))
        before = max(begins, start)
    return tuple(periods)


def _dimensions(period: Fields) -> Mapping[str, Fraction]:
    found: dict[str, Fraction] = {}
    for dimension in period.objects("dimensions"):
        kind, volume = dimension.text("type"), dimension.number("volume")
        if kind in found:
            raise TariffError("same_dimension_twice", {"where": period.where("dimensions"), "dimension": kind})
        if kind not in (*_VOLUMES, *_CONDITIONS):
            raise TariffError("unknown_dimension", {"where": dimension.where("type"), "value": kind})
        if kind in _VOLUMES and volume < 0:
            raise TariffError("negative_volume", {"where": dimension.where("volume"), "value": shown(volume)})
        found[kind] = volume
    return found

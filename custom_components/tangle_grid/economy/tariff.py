"""A tariff in the structure of OCPI 2.2.1 and 2.3: elements that price dimensions while their restrictions hold."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from fractions import Fraction
from typing import Final

from .errors import TariffError, shown
from .fields import Fields

_DAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_MIDNIGHT: Final = time(0)
_PERCENT: Final = 100


class Dimension(StrEnum):
    """What a price is for, and its unit: kWh, hours of charging, hours of standing, a session."""

    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"
    FLAT = "FLAT"


class Reservation(StrEnum):
    """Elements with this price a reservation and no charging: one that was used, one that expired."""

    RESERVATION = "RESERVATION"
    EXPIRES = "RESERVATION_EXPIRES"


class TaxIncluded(StrEnum):
    """Whether prices hold the tax already. OCPI 2.2.1 has only NO."""

    YES = "YES"
    NO = "NO"
    NOT_APPLICABLE = "N/A"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """An amount in the tariff's currency without and with VAT, exact."""

    excl_vat: Fraction = Fraction(0)
    incl_vat: Fraction = Fraction(0)

    def __add__(self, other: Amount) -> Amount:
        return Amount(excl_vat=self.excl_vat + other.excl_vat, incl_vat=self.incl_vat + other.incl_vat)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceComponent:
    """The price of a unit of a dimension. `step_size` in Wh or seconds; VAT in percent, None where there is none."""

    dimension: Dimension
    price: Fraction
    step_size: int = 1
    vat: Fraction | None = None
    tax_included: TaxIncluded = TaxIncluded.NO

    def cost(self, units: Fraction) -> Amount:
        """Return what so many units (kWh, hours, sessions) cost."""
        amount = self.price * units
        rate = 0 if self.vat is None or self.tax_included is TaxIncluded.NOT_APPLICABLE else self.vat / _PERCENT
        if self.tax_included is TaxIncluded.YES:
            return Amount(excl_vat=amount / (1 + rate), incl_vat=amount)
        return Amount(excl_vat=amount, incl_vat=amount * (1 + rate))


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `low`, inclusive, to `high`, exclusive; None is open."""

    low: Fraction | None = None
    high: Fraction | None = None

    def holds(self, lowest: Fraction | None, highest: Fraction | None) -> bool:
        """Return whether what was lowest and highest lies in it. What nobody knows is not held against it."""
        above = self.low is None or lowest is None or lowest >= self.low
        return above and (self.high is None or highest is None or highest < self.high)

    def asks(self) -> bool:
        """Return whether it restricts anything."""
        return self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What restrictions look at: the local time, and the session until then (kWh, seconds), its current and power."""

    local: datetime
    energy_kwh: Fraction
    duration_s: Fraction
    current_a: tuple[Fraction | None, Fraction | None] = (None, None)
    power_kw: tuple[Fraction | None, Fraction | None] = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restrictions:
    """When an element is active. Starts and minima are inclusive, ends and maxima exclusive, all by local time."""

    start_time: time | None = None
    end_time: time | None = None
    start_date: date | None = None
    end_date: date | None = None
    days: frozenset[str] = frozenset()
    energy_kwh: Span = Span()
    current_a: Span = Span()
    power_kw: Span = Span()
    duration_s: Span = Span()
    reservation: Reservation | None = None

    def hold(self, at: Moment) -> bool:
        """Return whether the element is active then. Whether it is for a reservation is asked elsewhere."""
        return (
            self._time_holds(at.local.time())
            and self._day_holds(at.local)
            and self.energy_kwh.holds(at.energy_kwh, at.energy_kwh)
            and self.duration_s.holds(at.duration_s, at.duration_s)
            and self.current_a.holds(*at.current_a)
            and self.power_kw.holds(*at.power_kw)
        )

    def _time_holds(self, now: time) -> bool:
        start, end = self.start_time or _MIDNIGHT, self.end_time or _MIDNIGHT
        if end == _MIDNIGHT:  # the end of the day
            return now >= start
        return start <= now < end if start < end else now >= start or now < end

    def _day_holds(self, now: datetime) -> bool:
        begun = self.start_date is None or now.date() >= self.start_date
        over = self.end_date is not None and now.date() >= self.end_date
        return begun and not over and (not self.days or _DAYS[now.weekday()] in self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Prices that hold under the same restrictions, one for a dimension at most."""

    components: tuple[PriceComponent, ...]
    restrictions: Restrictions = Restrictions()

    def component(self, dimension: Dimension) -> PriceComponent | None:
        """Return the price of a dimension, None where there is none."""
        return next((component for component in self.components if component.dimension is dimension), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The least or the most that a session costs, without and with VAT; None is not limited."""

    excl_vat: Fraction | None = None
    incl_vat: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A tariff. It holds for sessions that begin from `start`, inclusive, to `end`, exclusive.

    `passed_over` are sentences about what stands in it and was not understood, or taken for something else.
    """

    currency: str
    elements: tuple[Element, ...]
    minimum: Limit = Limit()
    maximum: Limit = Limit()
    start: datetime | None = None
    end: datetime | None = None
    tariff_id: str | None = field(default=None, compare=False)
    passed_over: tuple[str, ...] = ()

    def holds(self, start: datetime) -> bool:
        """Return whether it is valid for a session that begins then."""
        return (self.start is None or start >= self.start) and (self.end is None or start < self.end)

    def component(
        self, dimension: Dimension, at: Moment, reservation: Reservation | None = None
    ) -> PriceComponent | None:
        """Return the price of the first element that has one for this dimension and is active then, or None."""
        for element in self.elements:
            found = element.component(dimension)
            if found and element.restrictions.reservation is reservation and element.restrictions.hold(at):
                return found
        return None


def read_tariff(text: str | bytes, *, foreign: bool = False) -> Tariff:
    """Return the tariff that stands in the JSON of OCPI 2.2.1 or 2.3; fields that no price needs are passed over.

    One's own tariff is refused for whatever cannot be charged as it stands there. In a `foreign` one, by which others
    have charged already, a dimension that OCPI does not know and steps of 0 are passed over, and are said.

    Raises TariffError for what is no tariff, and for a tariff that cannot be.
    """
    return tariff_of(Fields.parse(text, "tariff"), foreign=foreign)


def tariff_of(fields: Fields, *, foreign: bool) -> Tariff:
    """Return the tariff that stands in an object, as `read_tariff` does. Raises TariffError."""
    tax = TaxIncluded(fields.choice("tax_included", tuple(TaxIncluded)) or TaxIncluded.NO)
    passed_over: list[str] | None = [] if foreign else None
    tariff = Tariff(
        currency=fields.text("currency"),
        elements=tuple(_element(element, tax, passed_over) for element in fields.objects("elements")),
        minimum=limit(fields, "min_price"),
        maximum=limit(fields, "max_price"),
        start=fields.optional_moment("start_date_time"),
        end=fields.optional_moment("end_date_time"),
        tariff_id=fields.optional_text("id"),
        passed_over=tuple(passed_over or ()),
    )
    _check_order(fields, "start_date_time", tariff.start, "end_date_time", tariff.end)
    limits = (
        (tariff.minimum.excl_vat, tariff.maximum.excl_vat),
        (tariff.minimum.incl_vat, tariff.maximum.incl_vat),
    )
    for low, high in limits:
        if low is not None and high is not None and low > high:
            raise TariffError("limits_cross", {"low": shown(low), "high": shown(high)})
    return tariff


def _check_order[T: (datetime, date, Fraction)](
    fields: Fields, first: str, low: T | None, second: str, high: T | None
) -> None:
    if low is None or high is None or low < high:
        return
    bounds = [shown(value) if isinstance(value, Fraction) else value.isoformat() for value in (low, high)]
    placeholders = {
        "where": fields.where(second),
        "first": first,
        "low": bounds[0],
        "second": second,
        "high": bounds[1],
    }
    raise TariffError("cannot_hold", placeholders)


def limit(fields: Fields, name: str) -> Limit:
    """Return an amount: `excl_vat` with `incl_vat`, or `before_taxes` with `after_taxes` or `taxes`."""
    if not fields.has(name):
        return Limit()
    found = fields.object(name)
    if not found.has("before_taxes"):
        return Limit(excl_vat=found.number("excl_vat"), incl_vat=found.optional_number("incl_vat"))
    before = found.number("before_taxes")
    after = found.optional_number("after_taxes")
    if after is None and found.has("taxes"):
        after = before + sum(tax.number("amount") for tax in found.objects("taxes"))
    return Limit(excl_vat=before, incl_vat=after)


def _element(fields: Fields, tax: TaxIncluded, passed_over: list[str] | None) -> Element:
    restrictions = _restrictions(fields.object("restrictions")) if fields.has("restrictions") else Restrictions()
    components = tuple(_components(fields, tax, restrictions.reservation, passed_over))
    return Element(components=components, restrictions=restrictions)


def _components(
    fields: Fields, tax: TaxIncluded, reservation: Reservation | None, passed_over: list[str] | None
) -> Iterator[PriceComponent]:
    seen: set[Dimension] = set()
    for component in fields.objects("price_components"):
        kind, where = component.text("type"), component.where("type")
        if kind not in tuple(Dimension):
            _pass_over(TariffError("unknown_dimension", {"where": where, "value": kind}), passed_over)
            continue
        dimension = Dimension(kind)
        if dimension in seen:
            raise TariffError("same_dimension_twice", {"where": fields.where("price_components"), "dimension": kind})
        if reservation and dimension not in {Dimension.FLAT, Dimension.TIME}:
            raise TariffError("reservation_dimension", {"where": where, "dimension": kind})
        seen.add(dimension)
        yield PriceComponent(
            dimension=dimension,
            price=component.number("price"),
            step_size=_step_size(component, dimension, passed_over),
            vat=_vat(component),
            tax_included=tax,
        )


def _step_size(component: Fields, dimension: Dimension, passed_over: list[str] | None) -> int:
    step = component.optional_whole("step_size")
    if step is None or dimension is Dimension.FLAT:  # a fee has no unit that could be stepped
        return 1
    if step < 1:
        error = TariffError("step_size_below_one", {"where": component.where("step_size"), "value": step})
        _pass_over(error, None if step < 0 else passed_over)
    return max(step, 1)


def _pass_over(error: TariffError, passed_over: list[str] | None) -> None:
    """Say what is passed over. Raises the error where nothing is."""
    if passed_over is None:
        raise error
    passed_over.append(str(error))


def _vat(component: Fields) -> Fraction | None:
    vat = component.optional_number("vat")
    if vat is not None and vat < 0:
        raise TariffError("negative_vat", {"where": component.where("vat"), "value": shown(vat)})
    return vat


def _restrictions(fields: Fields) -> Restrictions:
    reservation = fields.choice("reservation", tuple(Reservation))
    restrictions = Restrictions(
        start_time=fields.optional_time("start_time"),
        end_time=fields.optional_time("end_time"),
        start_date=fields.optional_date("start_date"),
        end_date=fields.optional_date("end_date"),
        days=fields.choices("day_of_week", _DAYS),
        energy_kwh=_span(fields, "kwh"),
        current_a=_span(fields, "current"),
        power_kw=_span(fields, "power"),
        duration_s=_span(fields, "duration"),
        reservation=Reservation(reservation) if reservation else None,
    )
    _check_order(fields, "start_date", restrictions.start_date, "end_date", restrictions.end_date)
    # Equal times would be no moment or all day; from midnight to midnight is all day.
    start, end = restrictions.start_time, restrictions.end_time
    if start is not None and start == end != _MIDNIGHT:
        same = start.isoformat("minutes")
        placeholders = {"where": fields.where("end_time"), "first": "start_time", "second": "end_time"}
        raise TariffError("cannot_hold", placeholders | {"low": same, "high": same})
    return restrictions


def _span(fields: Fields, name: str) -> Span:
    span = Span(low=fields.optional_number(f"min_{name}"), high=fields.optional_number(f"max_{name}"))
    _check_order(fields, f"min_{name}", span.low, f"max_{name}", span.high)
    if name in {"kwh", "duration"} and span.high is not None and span.high <= 0:
        low = {"first": f"min_{name}", "low": 0, "second": f"max_{name}", "high": shown(span.high)}
        raise TariffError("cannot_hold", {"where": fields.where(f"max_{name}")} | low)
    return span

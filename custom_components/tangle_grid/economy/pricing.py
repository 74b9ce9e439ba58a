"""What a charging session costs by a tariff, exact.

A period is priced as it begins: operators start a new one whenever another price begins. Steps round up the session's
sum of a dimension once, not each period, and what they add is billed at the last price. Where charging and standing
are both billed, only standing is rounded.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo
from fractions import Fraction
from math import ceil
from typing import Final

from .cdr import Cdr, Period
from .errors import TariffError
from .tariff import Amount, Dimension, Limit, Moment, PriceComponent, Reservation, Tariff

_WH_PER_KWH: Final = 1000
_S_PER_H: Final = 3600
# Operators write hours with four decimals: 20 minutes are 0.3333 or 0.3334. Nobody pays a step for what such a figure
# may be off, where a step is worth speaking of.
_HOURS_OFF: Final = Fraction(1, 10_000)
_LONG_STEP_S: Final = 60
# A period's last moment is just before the next one, whose price may be another.
_INSTANT: Final = timedelta(microseconds=1)
_LITTLE_KWH: Final = Fraction(1, 1_000_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one dimension costs. `volume` was taken and `billed` is paid for, in kWh, hours, or once."""

    dimension: str
    volume: Fraction
    billed: Fraction
    cost: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a session costs. `adjustment` is what a minimum or maximum price adds to the lines or takes away.

    `guessed_periods` are those, from 1, of which the tariff asks for a current or power that the session does not say,
    `changing_periods` those in which another price begins: nobody can tell how much was taken before it.
    `begins_early` tells that the first period begins before the session does: it is priced as it begins. In
    `feeding_periods` more was fed back than taken: it counts against what was taken, at the price that holds then.
    `other_tariffs` are the names that periods give their tariff, where they are not that of the one it was priced by.
    """

    currency: str
    lines: tuple[Line, ...]
    adjustment: Amount
    total: Amount
    guessed_periods: tuple[int, ...]
    changing_periods: tuple[int, ...]
    begins_early: bool = False
    feeding_periods: tuple[int, ...] = ()
    other_tariffs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """A volume, in kWh or hours, and the price that it has."""

    volume: Fraction
    component: PriceComponent


def price(tariff: Tariff, cdr: Cdr, zone: tzinfo) -> Bill:
    """Return what the session costs by the tariff, restrictions by the local time of this zone.

    Energy and duration are those of the charging: what was reserved before it counts for itself.

    Raises TariffError if the tariff cannot be that of the session: another currency, not valid when it began.
    """
    _check(tariff, cdr)
    periods = list(_moments(cdr, zone))
    lines = [*_reservation_lines(tariff, periods), *_session_lines(tariff, periods)]
    sum_ = sum((line.cost for line in lines), Amount())
    total = limited(sum_, tariff.minimum, tariff.maximum)
    return Bill(
        currency=tariff.currency,
        lines=tuple(lines),
        adjustment=Amount(excl_vat=total.excl_vat - sum_.excl_vat, incl_vat=total.incl_vat - sum_.incl_vat),
        total=total,
        guessed_periods=tuple(_guessed(tariff, periods)),
        changing_periods=tuple(_changing(tariff, cdr, periods)),
        begins_early=bool(cdr.periods) and cdr.periods[0].start < cdr.start,
        feeding_periods=tuple(
            number for number, period in enumerate(cdr.periods, start=1) if period.volume("ENERGY") < 0
        ),
        other_tariffs=_other_tariffs(tariff, cdr),
    )


def _other_tariffs(tariff: Tariff, cdr: Cdr) -> tuple[str, ...]:
    if tariff.tariff_id is None:
        return ()
    named = dict.fromkeys(period.tariff_id for period in cdr.periods)
    return tuple(name for name in named if name is not None and name.lower() != tariff.tariff_id.lower())


def _check(tariff: Tariff, cdr: Cdr) -> None:
    if cdr.currency is not None and cdr.currency != tariff.currency:
        raise TariffError("currencies_differ", {"tariff": tariff.currency, "cdr": cdr.currency})
    if not tariff.holds(cdr.start):
        bounds = [f"from {tariff.start.isoformat()}"] if tariff.start else []
        bounds += [f"until {tariff.end.isoformat()}"] if tariff.end else []
        raise TariffError("tariff_not_valid", {"start": cdr.start.isoformat(), "valid": " ".join(bounds)})


def _moments(cdr: Cdr, zone: tzinfo) -> Iterator[tuple[Period, Moment]]:
    energy = Fraction(0)
    # Of a session that was reserved, the record starts with the reservation, and the session when it is used.
    reserved = bool(cdr.periods) and not _is_used(cdr.periods[0])
    begun = next((period.start for period in cdr.periods if reserved and _is_used(period)), cdr.start)
    ends = [*(period.start for period in cdr.periods[1:]), cdr.end]
    for period, end in zip(cdr.periods, ends, strict=True):
        moment = Moment(
            local=period.start.astimezone(zone),
            energy_kwh=energy,
            duration_s=max(_seconds(period.start - (begun if _is_used(period) else cdr.start)), Fraction(0)),
            current_a=_range(period, "CURRENT", _idle(period)),
            power_kw=_range(period, "POWER", _average_kw(period, _seconds(end - period.start))),
        )
        yield period, moment
        energy += period.volume("ENERGY")


def _seconds(lasts: timedelta) -> Fraction:
    return Fraction(lasts // timedelta(microseconds=1), 1_000_000)


def _range(period: Period, name: str, fallback: Fraction | None) -> tuple[Fraction | None, Fraction | None]:
    """Return the least and the most of current or power. One that is known stands for the others.

    Within a period it does not cross what a restriction names, or there would be a new one.
    """
    known = period.dimensions
    low, mean, high = (known.get(f"MIN_{name}"), known.get(name), known.get(f"MAX_{name}"))
    lows = [value for value in (low, mean, high, fallback) if value is not None]
    highs = [value for value in (high, mean, low, fallback) if value is not None]
    return (lows[0], highs[0]) if lows else (None, None)


def _idle(period: Period) -> Fraction | None:
    """Return 0 if the car only stands there, None if it charges."""
    return Fraction(0) if not (period.volume("ENERGY") or period.volume("TIME")) else None


def _average_kw(period: Period, lasts_s: Fraction) -> Fraction | None:
    if "ENERGY" not in period.dimensions:
        return _idle(period)
    hours = period.volume("TIME") or lasts_s / _S_PER_H
    return period.volume("ENERGY") / hours if hours else None


def _guessed(tariff: Tariff, periods: list[tuple[Period, Moment]]) -> Iterator[int]:
    restrictions = [element.restrictions for element in tariff.elements]
    current = any(restriction.current_a.asks() for restriction in restrictions)
    power = any(restriction.power_kw.asks() for restriction in restrictions)
    for number, (_period, moment) in enumerate(periods, start=1):
        if (current and moment.current_a[0] is None) or (power and moment.power_kw[0] is None):
            yield number


def _changing(tariff: Tariff, cdr: Cdr, periods: list[tuple[Period, Moment]]) -> Iterator[int]:
    """Yield the periods whose last moment has another price than their first for something that was taken."""
    for number, (period, first) in enumerate(periods, start=1):
        end = cdr.periods[number].start if number < len(periods) else cdr.end
        lasts = max(end - period.start - _INSTANT, timedelta(0))
        energy = max(period.volume("ENERGY") - _LITTLE_KWH, Fraction(0))
        last = replace(
            first,
            local=(period.start + lasts).astimezone(first.local.tzinfo),
            energy_kwh=first.energy_kwh + energy,
            duration_s=first.duration_s + _seconds(lasts),
        )
        taken = [dimension for dimension in Dimension if period.volume(dimension)]
        if any(tariff.component(dimension, first) is not tariff.component(dimension, last) for dimension in taken):
            yield number


def _session_lines(tariff: Tariff, periods: list[tuple[Period, Moment]]) -> Iterator[Line]:
    """Yield the lines of the charging itself; a reservation that nobody came for has none."""
    used = [(period, moment) for period, moment in periods if _is_used(period)]
    yield from flat_line("FLAT", [tariff.component(Dimension.FLAT, moment) for _period, moment in used])
    charges = {
        dimension: _charges(tariff, used, dimension)
        for dimension in (Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME)
    }
    for dimension, (volume, priced) in charges.items():
        stepped = not (dimension is Dimension.TIME and charges[Dimension.PARKING_TIME][1])
        yield from volume_line(dimension, volume, priced, stepped=stepped)


def _is_used(period: Period) -> bool:
    return "RESERVATION_TIME" not in period.dimensions or any(
        period.volume(name) for name in ("ENERGY", "TIME", "PARKING_TIME")
    )


def _charges(
    tariff: Tariff, periods: list[tuple[Period, Moment]], dimension: Dimension
) -> tuple[Fraction, list[Charge]]:
    volume, priced = Fraction(0), []
    for period, moment in periods:
        taken = period.volume(dimension)
        component = tariff.component(dimension, moment) if taken else None
        volume += taken
        if component:
            priced.append(Charge(taken, component))
    return volume, priced


def _reservation_lines(tariff: Tariff, periods: list[tuple[Period, Moment]]) -> Iterator[Line]:
    """Yield what a reservation costs; one that expired by its own prices, where the tariff has any."""
    reserved = [(period, moment) for period, moment in periods if period.volume("RESERVATION_TIME")]
    expired = not any(_is_used(period) for period, _moment in periods)
    kinds = (Reservation.EXPIRES, Reservation.RESERVATION) if expired else (Reservation.RESERVATION,)

    def component(dimension: Dimension, moment: Moment) -> PriceComponent | None:
        found = (tariff.component(dimension, moment, kind) for kind in kinds)
        return next((one for one in found if one), None)

    yield from flat_line("RESERVATION_FLAT", [component(Dimension.FLAT, moment) for _period, moment in reserved])
    volume = sum((period.volume("RESERVATION_TIME") for period, _moment in reserved), Fraction(0))
    components = [(period, component(Dimension.TIME, moment)) for period, moment in reserved]
    priced = [Charge(period.volume("RESERVATION_TIME"), found) for period, found in components if found]
    yield from volume_line("RESERVATION_TIME", volume, priced, stepped=True)


def flat_line(name: str, components: list[PriceComponent | None]) -> Iterator[Line]:
    """Yield the line of a fee: the first price that there is, once."""
    first = next((component for component in components if component), None)
    if first:
        once = Fraction(1)
        yield Line(dimension=name, volume=once, billed=once, cost=first.cost(once))


def volume_line(name: str, volume: Fraction, charges: list[Charge], *, stepped: bool) -> Iterator[Line]:
    """Yield the line of a dimension, if anything of it was taken; `charges` in the order in which they were."""
    if not volume:
        return
    cost = sum((charge.component.cost(charge.volume) for charge in charges), Amount())
    billed = sum((charge.volume for charge in charges), Fraction(0))
    if stepped and billed > 0:
        added = _stepped(charges) - billed
        billed += added
        cost += charges[-1].component.cost(added)
    yield Line(dimension=name, volume=volume, billed=billed, cost=cost)


def _stepped(charges: list[Charge]) -> Fraction:
    """Return the sum of the volumes in whole steps of the last price, at least one."""
    last = charges[-1].component
    is_energy = last.dimension is Dimension.ENERGY
    step = Fraction(last.step_size, _WH_PER_KWH if is_energy else _S_PER_H)
    is_long = not is_energy and last.step_size >= _LONG_STEP_S
    inexact = sum((charge.volume * _S_PER_H).denominator != 1 for charge in charges) if is_long else 0
    total = sum((charge.volume for charge in charges), Fraction(0))
    return max(1, ceil((total - inexact * _HOURS_OFF) / step)) * step


def limited(amount: Amount, minimum: Limit, maximum: Limit) -> Amount:
    """Return the amount within both limits, each of which holds without and with VAT.

    A limit that says nothing of VAT moves the amount with VAT by as much as the one without.
    """
    excl = _clamped(amount.excl_vat, minimum.excl_vat, maximum.excl_vat)
    moved = excl - amount.excl_vat
    follows = (minimum if moved > 0 else maximum).incl_vat is None
    incl = amount.incl_vat + moved if follows else amount.incl_vat
    return Amount(excl_vat=excl, incl_vat=_clamped(incl, minimum.incl_vat, maximum.incl_vat))


def _clamped(value: Fraction, low: Fraction | None, high: Fraction | None) -> Fraction:
    value = value if low is None else max(value, low)
    return value if high is None else min(value, high)

"""Forecasts of sun and prices, as integrations give them in attributes -> even series in grid time.

Nobody has agreed on a form, so all that are in use are understood:

- sun: `detailedForecast`, `detailedHourly` (Solcast: mean power in kW), `watts` (Open-Meteo, W), `wh_period`
  and `wh_hours` (Open-Meteo, Forecast.Solar and the energy dashboard: Wh from then on), and lists under `forecast`
  or `forecasts` whose items carry a power or an energy;
- prices: `raw_today`, `raw_tomorrow` (Nord Pool, Energi Data Service), `prices`, `prices_today`,
  `prices_tomorrow` (ENTSO-e, Tibber), `data` (EPEX Spot), `rates` (Octopus), `forecast` and `forecasts`
  (Amber and others), `today` and `tomorrow` as bare lists of hours or quarters.

What is not understood is left out, item by item: half a forecast is better than none, and a wrong one is only a plan
that is bent to the measurements. What cannot be (a moment in another year, a gigawatt) is not understood either, and
nothing here raises: other people's code made the attributes.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from homeassistant.util import dt as dt_util

from ...grid.model.forecast import Series
from ..io.entity_reading import finite_number

type Attributes = Mapping[str, Any]

_HOUR_S: Final = 3600.0
_SHORTEST_STEP_S: Final = 300.0
# Two days of quarters are 192; nobody plans further than a week of them.
_MOST_VALUES: Final = 7 * 96

_START_KEYS: Final = (
    *("period_start", "start", "start_time", "starts_at", "startsAt"),
    *("from", "time", "datetime", "date"),
)
_END_KEYS: Final = ("end", "end_time", "period_end", "till", "to")
# Key, and what one unit of it is in W.
_POWER_KEYS: Final = (("pv_estimate", 1000.0), ("watts", 1.0), ("power_w", 1.0), ("power", 1.0), ("kw", 1000.0))
# Key, and what one unit of it is in Wh.
_ENERGY_KEYS: Final = (("wh", 1.0), ("energy_wh", 1.0), ("kwh", 1000.0), ("energy_kwh", 1000.0), ("energy", 1000.0))
_PRICE_KEYS: Final = (
    *("price", "total", "value", "price_per_kwh", "price_ct_per_kwh", "price_eur_per_mwh", "value_inc_vat"),
    *("per_kwh", "electricity_price", "energy"),
)
_SUN_LISTS: Final = ("detailedForecast", "detailedHourly", "forecast", "forecasts")
_SUN_MAPS: Final = (("watts", None), ("wh_period", 1.0), ("wh_hours", 1.0))
_PRICE_LISTS: Final = (
    ("raw_today", "raw_tomorrow", "forecast"),
    ("prices_today", "prices_tomorrow"),
    ("prices",),
    ("data",),
    ("rates",),
    ("forecasts",),
    ("forecast",),
)
_BARE_LISTS: Final = ("today", "tomorrow")
_QUARTERS_OF_A_DAY: Final = 92
# A list is looked through no further than this; what is further from now, or from most of the list, is a mistake.
_MOST_ITEMS: Final = 4 * _MOST_VALUES
_FROM_NOW_S: Final = 400 * 86_400.0
_FROM_MOST_S: Final = 30 * 86_400.0
# No roof and no price is more than this, in any unit.
_GREATEST: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """One value from `start` on, epoch seconds; `end` where it is told."""

    start: float
    end: float | None
    value: float


def sun_series(sources: Iterable[Attributes]) -> Series | None:
    """Return power of the sun in W, from the attributes of one or more entities.

    Several days, or several roofs, add up.
    """
    parts = [part for part in map(_sun_of, sources) if part is not None]
    if not parts:
        return None
    step_s = min(part.step_s for part in parts)
    end = max(part.start + part.step_s * len(part.values) for part in parts)
    # An old part must not push the newest ones out.
    start = max(min(part.start for part in parts), end - step_s * _MOST_VALUES)
    count = min(_MOST_VALUES, math.ceil((end - start) / step_s))
    middles = (start + (number + 0.5) * step_s for number in range(count))
    return Series(
        start=start, step_s=step_s, values=tuple(sum(part.at(middle) or 0.0 for part in parts) for middle in middles)
    )


def price_series(attributes: Attributes) -> Series | None:
    """Return price per kWh, in whatever unit the entity has: the plan only compares."""
    for names in _PRICE_LISTS:
        points = [point for name in names for point in _items(attributes.get(name), _price)]
        if points:
            return _even(points, gap=None)
    return _even(list(_bare_prices(attributes)), gap=None)


def _sun_of(attributes: Attributes) -> Series | None:
    for name in _SUN_LISTS:
        if points := list(_items(attributes.get(name), _power)):
            return _even(points, gap=0.0)
        # Energy is only a power once it is known for how long.
        if points := list(_items(attributes.get(name), _energy)):
            return _even(points, gap=0.0, per_hour=True)
    for name, wh in _SUN_MAPS:
        if points := list(_pairs(attributes.get(name))):
            return _even(points, gap=0.0, per_hour=wh is not None)
    return None


def _items(items: Any, value_of: Any) -> Iterator[_Point]:
    """Return the points of a list of mappings."""
    if not isinstance(items, Sequence) or isinstance(items, str):
        return
    for item in islice(items, _MOST_ITEMS):
        if not isinstance(item, Mapping):
            continue
        start, value = _moment(_first(item, _START_KEYS)), value_of(item)
        if start is not None and value is not None:
            yield _Point(start=start, end=_moment(_first(item, _END_KEYS)), value=value)


def _pairs(pairs: Any) -> Iterator[_Point]:
    """Return the points of a mapping of moments to values."""
    if not isinstance(pairs, Mapping):
        return
    for moment, number in islice(pairs.items(), _MOST_ITEMS):
        start, value = _moment(moment), _number(number)
        if start is not None and value is not None:
            yield _Point(start=start, end=None, value=value)


def _bare_prices(attributes: Attributes) -> Iterator[_Point]:
    """Return the prices of today and tomorrow without their times, one for each hour or quarter of the local day."""
    for days, name in enumerate(_BARE_LISTS):
        prices = attributes.get(name)
        if not isinstance(prices, Sequence) or isinstance(prices, str) or not prices:
            continue
        midnight = dt_util.start_of_local_day() + timedelta(days=days)
        step_s = _HOUR_S / 4 if len(prices) >= _QUARTERS_OF_A_DAY else _HOUR_S
        for number, price in enumerate(islice(prices, _MOST_ITEMS)):
            if (value := _number(price)) is not None:
                start = midnight.timestamp() + number * step_s
                yield _Point(start=start, end=start + step_s, value=value)


def _even(points: list[_Point], *, gap: float | None, per_hour: bool = False) -> Series | None:
    """Return points at even steps.

    Args:
        points: In any order; of two for the same moment the later one in the list counts.
        gap: The value between an end and the next start, and where there is none; None: the value before goes on.
        per_hour: The values are amounts: what comes out is an amount per hour.
    """
    ordered = sorted({point.start: point for point in points}.values(), key=lambda point: point.start)
    if not ordered:
        return None
    middle = ordered[len(ordered) // 2].start
    ordered = [point for point in ordered if abs(point.start - middle) <= _FROM_MOST_S]
    nexts = [*(point.start for point in ordered[1:]), math.inf]
    gaps = [after - point.start for point, after in zip(ordered, nexts, strict=True) if after < math.inf]
    gaps += [point.end - point.start for point in ordered if point.end is not None and point.end > point.start]
    # The usual step: a forecast that begins at sunrise has a short first one.
    usual_s = sorted(gaps)[len(gaps) // 2] if gaps else _HOUR_S
    step_s = max(_SHORTEST_STEP_S, min([usual_s, *(each for each in gaps if each >= _SHORTEST_STEP_S)]))
    start = ordered[0].start
    spans = []
    for point, after in zip(ordered, nexts, strict=True):
        told = point.end if point.end is not None and point.end > point.start else point.start + usual_s
        end = min(after, told) if gap is not None or after == math.inf else after
        value = point.value * _HOUR_S / (end - point.start) if per_hour else point.value
        spans.append((point.start, end, value))
    count = min(_MOST_VALUES, math.ceil((spans[-1][1] - start) / step_s))
    return Series(start=start, step_s=step_s, values=tuple(_means(spans, start, step_s, count, gap or 0.0)))


def _means(
    spans: list[tuple[float, float, float]], start: float, step_s: float, count: int, rest: float
) -> Iterator[float]:
    """Yield the mean of each step over spans that are in order and do not overlap."""
    first = 0
    for number in range(count):
        begin = start + number * step_s
        end = begin + step_s
        while first < len(spans) and spans[first][1] <= begin:
            first += 1
        total, covered = 0.0, 0.0
        for span_start, span_end, value in spans[first:]:
            if span_start >= end:
                break
            length = min(end, span_end) - max(begin, span_start)
            total, covered = total + value * length, covered + length
        yield (total + rest * (step_s - covered)) / step_s if rest == 0.0 and covered < step_s else total / covered


def _power(item: Attributes) -> float | None:
    return _scaled(item, _POWER_KEYS)


def _energy(item: Attributes) -> float | None:
    return _scaled(item, _ENERGY_KEYS)


def _price(item: Attributes) -> float | None:
    return _number(_first(item, _PRICE_KEYS))


def _scaled(item: Attributes, keys: Iterable[tuple[str, float]]) -> float | None:
    for key, factor in keys:
        if (value := _number(item.get(key))) is not None:
            return value * factor
    return None


def _first(item: Attributes, keys: Iterable[str]) -> object:
    return next((item[key] for key in keys if item.get(key) is not None), None)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = finite_number(value) if isinstance(value, str) else float(value)
    except OverflowError:
        return None
    return number if number is not None and abs(number) <= _GREATEST else None


def _moment(value: object) -> float | None:
    """Epoch seconds of a datetime, or of a text or number that means one; without a zone it is local."""
    try:
        at = _epoch(value)
    except ValueError, OverflowError, OSError:
        # "0000-00-00 00:00:00" and its like.
        return None
    if at is None or not math.isfinite(at) or abs(at - dt_util.utcnow().timestamp()) > _FROM_NOW_S:
        return None
    return at


def _epoch(value: object) -> float | None:
    if isinstance(value, str):
        value = dt_util.parse_datetime(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, datetime):
        return None
    if value.tzinfo is None:
        value = value.replace(tzinfo=dt_util.get_default_time_zone())
    return value.timestamp()

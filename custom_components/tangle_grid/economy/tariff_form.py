"""What a person types (price per kWh, by day and by night; after 4 hours X per hour) as a tariff of OCPI, and back.

Figures are decimals as texts and stay exact: a form of floats would make a price of 0.1 another one. A price per hour
is for standing there, so it holds while a car charges (TIME) and while it does not (PARKING_TIME).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import time
from decimal import Decimal
from fractions import Fraction
from re import fullmatch, sub
from typing import Any, Final

from .errors import FormError, TariffError
from .tariff import Dimension, Tariff, read_tariff

_S_PER_H: Final = 3600
_SHOWN: Final = 60
_PRICES: Final = ("kwh", "kwh_night", "hour", "hour_night", "hour_after", "flat", "least", "most")
_STANDING: Final = (Dimension.TIME, Dimension.PARKING_TIME)
_NO_CURRENCY: Final = "XXX"


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffForm:
    """The fields of the form. All are texts as `read_form` gives them; None is left empty.

    Attributes:
        currency: Three capital letters, such as EUR.
        kwh: The price of a kWh; by day, where there is another one by night.
        kwh_night: The price of a kWh by night.
        hour: The price of an hour; by day, where there is another one by night.
        hour_night: The price of an hour by night.
        night_from: When the night begins, local time such as 22:00.
        night_until: When it ends.
        after_hours: After how many hours another price of an hour begins, which then holds at night as well.
        hour_after: That price.
        flat: The price of each session.
        least: The least that a session costs.
        most: The most that a session costs.
    """

    currency: str
    kwh: str | None = None
    kwh_night: str | None = None
    hour: str | None = None
    hour_night: str | None = None
    night_from: str | None = None
    night_until: str | None = None
    after_hours: str | None = None
    hour_after: str | None = None
    flat: str | None = None
    least: str | None = None
    most: str | None = None


def read_form(typed: Mapping[str, str | None]) -> TariffForm:
    """Return what was typed, checked and in its shortest form: 0,250 is 0.25.

    Times of a night without any price by night are left out: a form may suggest them.

    Raises FormError for what cannot be; its placeholder `where` is the field.
    """
    values = {name: text.strip() for name, text in typed.items() if text is not None and text.strip()}
    currency = values.get("currency", _NO_CURRENCY).upper()
    if not fullmatch(r"[A-Z]{3}", currency):
        raise FormError("not_a_currency", {"where": "currency", "value": currency[:_SHOWN]})
    prices = {name: read_decimal(values[name], name) for name in _PRICES if name in values}
    if not prices.keys() - {"least", "most"}:
        raise FormError("nothing_priced", {"where": "kwh"})
    for by_night in ("kwh_night", "hour_night"):
        by_day = by_night.removesuffix("_night")
        if by_night in prices and by_day not in prices:
            raise FormError("needs_other", {"where": by_night, "other": by_day})
    night = {}
    if {"kwh_night", "hour_night"} & prices.keys():
        night = dict(_night(values))
    form = TariffForm(currency=currency, **prices, **night, after_hours=_after(values))
    if form.least is not None and form.most is not None and Fraction(form.least) > Fraction(form.most):
        raise FormError("limits_cross", {"where": "least", "low": form.least, "high": form.most})
    return form


def _night(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("night_from", "night_until"):
        if name not in values:
            raise FormError("missing", {"where": name})
        # A time selector gives seconds as well.
        found = fullmatch(r"(([01][0-9]|2[0-3]):[0-5][0-9])(:00)?", values[name])
        if not found:
            raise FormError("not_a_time", {"where": name, "value": values[name][:_SHOWN]})
        yield name, found.group(1)
    low, high = values["night_from"][:5], values["night_until"][:5]
    if low == high:
        same = {"low": low, "high": high}
        raise FormError("cannot_hold", {"where": "night_until", "first": "night_from", "second": "night_until"} | same)


def _after(values: Mapping[str, str]) -> str | None:
    """Return after how many hours another price begins, None where there is none."""
    for name, other in (("after_hours", "hour_after"), ("hour_after", "after_hours")):
        if name in values and other not in values:
            raise FormError("needs_other", {"where": name, "other": other})
    if "after_hours" not in values:
        return None
    hours = read_decimal(values["after_hours"], "after_hours")
    seconds = Fraction(hours) * _S_PER_H
    if seconds <= 0:
        raise FormError("not_positive", {"where": "after_hours", "value": hours})
    if seconds.denominator != 1:
        raise FormError("not_whole_seconds", {"where": "after_hours", "value": hours})
    return hours


def read_decimal(text: str, where: str) -> str:
    """Return a decimal number in its shortest form. A comma may stand for the point, but not for thousands.

    Raises FormError `not_a_number`, `comma_in_doubt` or `number_too_large`, with `where`.
    """
    if fullmatch(r"[-+]?[1-9][0-9]{0,2},[0-9]{3}", text):
        raise FormError("comma_in_doubt", {"where": where, "value": text[:_SHOWN]})
    found = fullmatch(r"([-+]?)([0-9]+)(?:[.,]([0-9]+))?", text)
    if not found or not text.isascii():
        raise FormError("not_a_number", {"where": where})
    sign, whole, decimals = found.group(1), found.group(2).lstrip("0") or "0", (found.group(3) or "").rstrip("0")
    if max(len(whole), len(decimals)) >= 15:  # noqa: PLR2004 - as many digits as a tariff may have
        raise FormError("number_too_large", {"where": where})
    shortest = f"{whole}.{decimals}" if decimals else whole
    return shortest if sign != "-" or shortest == "0" else f"-{shortest}"


def form_to_tariff(form: TariffForm, *, tariff_id: str = "form") -> str:
    """Return the tariff of a form as OCPI's JSON. The form is one of `read_form`."""
    night = {"start_time": form.night_from, "end_time": form.night_until}
    elements: list[dict[str, Any]] = []
    if form.flat is not None:
        elements.append(_element({Dimension.FLAT: form.flat}))
    if form.kwh_night is not None:
        elements.append(_element({Dimension.ENERGY: form.kwh_night}, **night))
    if form.kwh is not None:
        elements.append(_element({Dimension.ENERGY: form.kwh}))
    # The first element that holds is the price: what holds after some hours comes before what holds always.
    if form.after_hours is not None:
        seconds = int(Fraction(form.after_hours) * _S_PER_H)
        elements.append(_element(dict.fromkeys(_STANDING, form.hour_after), min_duration=seconds))
    if form.hour_night is not None:
        elements.append(_element(dict.fromkeys(_STANDING, form.hour_night), **night))
    if form.hour is not None:
        elements.append(_element(dict.fromkeys(_STANDING, form.hour)))
    tariff: dict[str, Any] = {"id": tariff_id, "currency": form.currency, "elements": elements}
    for name, limit in (("min_price", form.least), ("max_price", form.most)):
        if limit is not None:
            tariff[name] = {"excl_vat": _figure(limit), "incl_vat": _figure(limit)}
    # JSON has exact decimals, but Python's encoder does not write any.
    return sub(r'"=(-?[0-9]+(?:\.[0-9]+)?)"', r"\1", json.dumps(tariff))


def _figure(decimal: str | None) -> str:
    return f"={decimal}"


def _element(prices: Mapping[Dimension, str | None], **restrictions: Any) -> dict[str, Any]:
    components = [{"type": kind, "price": _figure(price), "step_size": 1} for kind, price in prices.items()]
    element: dict[str, Any] = {"price_components": components}
    return element | ({"restrictions": restrictions} if restrictions else {})


def tariff_to_form(text: str | bytes) -> TariffForm:
    """Return the form that gives this tariff.

    Raises TariffError for what is no tariff, and FormError `not_of_the_form` for one that says more than the form can.
    """
    tariff = read_tariff(text)
    form = _guess(tariff)
    try:
        if read_tariff(form_to_tariff(form)) == tariff and read_form(asdict(form)) == form:
            return form
    except TariffError:
        pass
    raise FormError("not_of_the_form")


def _guess(tariff: Tariff) -> TariffForm:
    """Return a form that gives this tariff, if any does."""
    found: dict[str, str] = {}
    for element in tariff.elements:
        holds = element.restrictions
        by_night = holds.start_time is not None or holds.end_time is not None
        if by_night:
            found["night_from"], found["night_until"] = _time(holds.start_time), _time(holds.end_time)
        if holds.duration_s.low is not None:
            found["after_hours"] = _shortest(holds.duration_s.low / _S_PER_H)
        for component in element.components:
            name = {Dimension.ENERGY: "kwh", Dimension.FLAT: "flat"}.get(component.dimension, "hour")
            after = "_after" if holds.duration_s.low is not None else ""
            found.setdefault(name + (after or ("_night" if by_night else "")), _shortest(component.price))
    limits = (("least", tariff.minimum.excl_vat), ("most", tariff.maximum.excl_vat))
    found |= {name: _shortest(limit) for name, limit in limits if limit is not None}
    known = {name: value for name, value in found.items() if name in TariffForm.__slots__}
    return TariffForm(currency=tariff.currency, **known)


def _time(at: time | None) -> str:
    return (at or time(0)).isoformat("minutes")


def _shortest(value: Fraction) -> str:
    """Return a fraction as a decimal; one that has no end is cut off, and is then another one."""
    decimal = Decimal(value.numerator) / Decimal(value.denominator)
    text = f"{decimal:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

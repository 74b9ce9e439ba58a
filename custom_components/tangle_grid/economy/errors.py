"""The errors of this room, and how figures are shown."""

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import Any, ClassVar, Final

# What each key of a tariff or a session says to a person. `where` is a place in the JSON, such as
# `elements[1].restrictions.end_time`.
SENTENCES: Final[Mapping[str, str]] = {
    "not_json": "The {what} is not JSON: {error}.",
    "not_an_object": "{where} is not an object.",
    "not_a_list": "{where} is not a list.",
    "empty_list": "{where} is empty.",
    "missing": "{where} is missing.",
    "not_a_text": "{where} is not a text.",
    "not_a_number": "{where} is not a number.",
    "number_too_large": "{where} is a number with too many digits.",
    "not_whole": "{where} is not a whole number.",
    "not_a_moment": "{where} is not a date and time: {value}.",
    "not_a_date": "{where} is not a date such as 2026-11-30: {value}.",
    "not_a_time": "{where} is not a time of day such as 08:30: {value}.",
    "unknown_choice": "{where} is {value}, which is none of: {choices}.",
    "unknown_dimension": "{where} is {value}, a dimension that OCPI does not know.",
    "same_dimension_twice": "{where} has two prices for {dimension}: the price would depend on their order.",
    "step_size_below_one": "{where} is {value}: a step is 1 or more.",
    "reservation_dimension": "{where} prices {dimension}: a reservation has only FLAT and TIME.",
    "negative_vat": "{where} is {value}: VAT is not negative.",
    "cannot_hold": "{where} cannot hold: {first} is {low}, {second} is {high}.",
    "limits_cross": "The minimum price, {low}, is above the maximum price, {high}.",
    "negative_volume": "{where} is {value}: a volume is not negative.",
    "runs_backwards": "The session runs backwards: {where} is {value}, and before it is {before}.",
    "no_periods": (
        "{where} is missing or empty, and so are the totals: ask the operator for a session with its charging periods."
    ),
    "no_tariffs": "The session brings no tariff along: give one with --tariff.",
    "period_after_end": "{where} is {value}, after the session's end at {end}.",
    "currencies_differ": "The tariff is in {tariff} and the session in {cdr}.",
    "tariff_not_valid": "The tariff was not valid when the session began at {start}: it is valid {valid}.",
}

# And of what was typed into the form of a tariff: `where` is a field.
FORM_SENTENCES: Final[Mapping[str, str]] = {
    "comma_in_doubt": "{where} is {value}: write a point before decimals, and nothing between thousands.",
    "needs_other": "{where} needs {other} as well.",
    "not_a_currency": "{where} is {value}: a currency has three letters, such as EUR.",
    "not_of_the_form": "The tariff says more than the form can.",
    "not_positive": "{where} is {value}: it has to be more than 0.",
    "not_whole_seconds": "{where} is {value}, which is no whole number of seconds.",
    "nothing_priced": "The tariff prices nothing: give at least one price.",
}

# And of a state that was stored: `where` is a place in it.
STORED_SENTENCES: Final[Mapping[str, str]] = {
    "not_this_version": "{where} is {value}, and only {expected} can be read.",
    "unknown_field": "{where} is a field that nobody knows.",
    "not_of_its_kind": "{where} is not what it has to be: {kind}.",
    "out_of_range": "{where} is {value}, which cannot be.",
}

# And of parking, tolls and what a car allows.
SERVICE_SENTENCES: Final[Mapping[str, str]] = {
    "limit_missing": "{where} has no limit: say how much a day.",
    "limit_negative": "{where} is {value}: a limit is not negative.",
    "prices_no_parking": "The tariff has no price for parking: give a price per hour or a flat one.",
    "rate_not_positive": "{value} iota for a unit of the currency cannot be: it has to be more than 0.",
}


class EconomyError(Exception):
    """Something of this room cannot be. Each kind of error has its sentences.

    Attributes:
        key: Machine-readable reason, a key of `sentences`.
        placeholders: The values for its sentence.
    """

    sentences: ClassVar[Mapping[str, str]] = {}

    def __init__(self, key: str, placeholders: Mapping[str, object] | None = None) -> None:
        """Remember the reason and its values."""
        self.key = key
        self.placeholders: Mapping[str, Any] = {name: str(value) for name, value in (placeholders or {}).items()}
        super().__init__(key, self.placeholders)

    def __str__(self) -> str:
        """Return one sentence for a person."""
        return self.sentences[self.key].format_map(self.placeholders)


class TariffError(EconomyError):
    """A tariff or a charging session that cannot be."""

    sentences = SENTENCES


class StoredError(TariffError):
    """A stored state that cannot be read."""

    sentences: ClassVar[Mapping[str, str]] = {**SENTENCES, **STORED_SENTENCES}


class ServiceError(TariffError):
    """A service, or what a car says about it, that cannot be."""

    sentences: ClassVar[Mapping[str, str]] = {**SENTENCES, **SERVICE_SENTENCES}


class FormError(TariffError):
    """What was typed into the form of a tariff cannot be; the placeholder `where` is the field."""

    sentences: ClassVar[Mapping[str, str]] = {**SENTENCES, **FORM_SENTENCES}


def shown(value: Fraction) -> str:
    """Return an exact figure with four decimals; a half goes away from nought."""
    units = floor(abs(value) * 10_000 + Fraction(1, 2))
    return f"{'-' if value < 0 and units else ''}{units // 10_000}.{units % 10_000:04d}"

"""What the schema of an action refuses, said in the user's language: which field, and what it takes instead."""

import re
from typing import Final

import voluptuous as vol
from homeassistant.exceptions import ServiceValidationError

from ..errors import invalid

# It is said in English only, and what was compared with stands nowhere else. Newer versions of Home Assistant have a
# successor in the place of voluptuous, which has another word for unknown fields.
_UNKNOWN: Final = ("extra keys not allowed", "not a valid option")
_CHOICES: Final = re.compile(r"value must be one of \[(.*)\]")
_BOUND: Final = re.compile(r"must be at (least|most) (\S+)\Z")


class WholeNumberInvalid(vol.Invalid):  # type: ignore[misc]
    """It is no whole number."""


class NumberInvalid(vol.Invalid):  # type: ignore[misc]
    """It is no number."""


def refusal(error: vol.Invalid) -> ServiceValidationError:
    """Return the translated error for the first field that a schema refuses."""
    first = error.errors[0] if isinstance(error, vol.MultipleInvalid) else error
    field = ".".join(str(part).strip("<>") for part in first.path) or "?"
    if isinstance(first, vol.RequiredFieldInvalid):
        return invalid("field_missing", field=field)
    if first.msg.startswith(_UNKNOWN):
        return invalid("field_unknown", field=field)
    if isinstance(first, (vol.ExclusiveInvalid, vol.InclusiveInvalid)):
        is_exclusive = isinstance(first, vol.ExclusiveInvalid)
        return invalid("field_exclusive" if is_exclusive else "field_incomplete", field=field)
    return _wrong_value(first, field)


def _wrong_value(error: vol.Invalid, field: str) -> ServiceValidationError:
    if isinstance(error, WholeNumberInvalid):
        return invalid("field_whole_number", field=field)
    if isinstance(error, (NumberInvalid, vol.CoerceInvalid)):
        return invalid("field_number", field=field)
    if (choices := _CHOICES.search(error.msg)) is not None:
        return invalid("field_choice", field=field, choices=choices[1].replace("'", ""))
    if (bound := _BOUND.search(error.msg)) is not None:
        return _out_of_bounds(error, field, bound[1], bound[2])
    return invalid("invalid_field", field=field)


def _out_of_bounds(error: vol.Invalid, field: str, side: str, bound: str) -> ServiceValidationError:
    is_length = isinstance(error, vol.LengthInvalid)
    if side == "least":
        return invalid("field_too_short" if is_length else "field_too_small", field=field, bound=bound)
    return invalid("field_too_long" if is_length else "field_too_large", field=field, bound=bound)

"""From what a form returns to what is stored, and back; and what is wrong with it, at which field.

What is stored is flat, but for the policy and an area. Sections only order the fields of a form.
"""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, Final

import voluptuous as vol
from homeassistant.data_entry_flow import section

from ..const import CONF_AREA, CONF_PHASES, CONF_POLICY, CONF_POLICY_MODE
from ..devices.shape import ShapeError
from .checks import Problem
from .fields import POLICY_FIELDS

type Data = dict[str, Any]

# Values that are groups, and no sections.
_GROUPS: Final = frozenset({CONF_POLICY, CONF_AREA})


class FieldProblem(Exception):  # noqa: N818 - it carries a finding about a field, nothing went wrong in the program
    """A field of a form cannot be accepted."""

    def __init__(self, field: str, problem: Problem) -> None:
        super().__init__(f"{field}: {problem.key}")
        self.field = field
        self.problem = problem


def require(field: str, problem: Problem | None) -> None:
    """Stop at the first problem.

    Raises:
        FieldProblem: There is one.
    """
    if problem is not None:
        raise FieldProblem(field, problem)


def require_shape(shape: Callable[[Data], object], data: Mapping[str, Any]) -> None:
    """Stop where data do not fit together.

    Raises:
        FieldProblem: They do not.
    """
    try:
        shape(dict(data))
    except ShapeError as error:
        raise FieldProblem(error.field, Problem(key=error.key)) from error


def require_iota(data: Mapping[str, Any]) -> None:
    """Stop at an amount that is no whole number of iota.

    Raises:
        FieldProblem: There is one.
    """
    for field, value in data.items():
        if isinstance(value, Decimal):
            raise FieldProblem(field, Problem(key="amount_too_fine"))
        if isinstance(value, Mapping):
            require_iota(value)


def fields_of(schema: vol.Schema) -> frozenset[str]:
    """Return the fields of a form, those in its sections included."""
    fields: set[str] = set()
    for marker, value in schema.schema.items():
        fields |= fields_of(value.schema) if isinstance(value, section) else {str(marker)}
    return frozenset(fields)


def flattened(user_input: Mapping[str, Any]) -> Data:
    """Return what a form returned without its sections, and without what was left empty.

    The fields of a policy become a group of their own.
    """
    data: Data = {}
    for key, value in user_input.items():
        if isinstance(value, Mapping) and key not in _GROUPS:
            data.update(value)
        else:
            data[key] = value
    data = {key: value for key, value in data.items() if value not in (None, "", [])}
    if CONF_POLICY_MODE in data:
        data[CONF_POLICY] = {field: data.pop(field) for field in POLICY_FIELDS if field in data}
    return data


def replaced(data: Mapping[str, Any], fields: Collection[str], entered: Mapping[str, Any]) -> Data:
    """Return data with what was entered in some fields: those that were left empty are not in it any more."""
    return {**{key: value for key, value in data.items() if key not in fields}, **entered}


def sectioned(schema: vol.Schema, data: Mapping[str, Any]) -> Data:
    """Return stored data in the shape of a form."""
    shown: Data = {}
    flat = {**data, **data.get(CONF_POLICY, {})}
    for marker, value in schema.schema.items():
        key = str(marker)
        if key == CONF_PHASES and key in flat:
            shown[key] = [str(phase) for phase in flat[key]]
        elif isinstance(value, section):
            shown[key] = {str(inner): flat[str(inner)] for inner in value.schema.schema if str(inner) in flat}
        elif key in flat:
            shown[key] = flat[key]
    return shown


def place_of(schema: vol.Schema, field: str) -> str:
    """Return where a form can show an error of a field: at the field, or at the section that holds it."""
    for marker, value in schema.schema.items():
        if str(marker) == field:
            return field
        if isinstance(value, section) and field in {str(inner) for inner in value.schema.schema}:
            return str(marker)
    return "base"

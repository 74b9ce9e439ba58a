"""Amounts are entered and shown in Mi, and stored in whole iota: what was typed is what is stored, to the iota."""

import json
from decimal import Decimal
from typing import Any

import pytest
import voluptuous as vol
from homeassistant.core import HomeAssistant
from hypothesis import given, strategies as st

from custom_components.tangle_grid.flows.fields import number, rarely
from custom_components.tangle_grid.flows.form_data import FieldProblem, require_iota
from custom_components.tangle_grid.flows.mi_amounts import amount, mi_of, shown_in_mi, with_worth

MOST_I = 10**15
SCHEMA = vol.Schema(
    {
        vol.Optional("rate"): amount(0, MOST_I),
        vol.Optional("hours"): number(0, 9),
        "rarely": rarely({"limit": amount(1, 9)}),
    }
)


@given(amount_i=st.integers(0, MOST_I - 1))
def test_what_is_shown_comes_back_to_the_iota(amount_i: int) -> None:
    """Over the front end's JSON, as often as a form is opened."""
    shown = json.loads(json.dumps(shown_in_mi(SCHEMA, {"rate": amount_i, "hours": 2, "rarely": {"limit": 3}})))
    assert SCHEMA(shown) == {"rate": amount_i, "hours": 2, "rarely": {"limit": 3}}
    assert shown["rarely"] == {"limit": 0.000003}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [(1, 1_000_000), (0.85, 850_000), ("0.3", 300_000), (1e-6, 1), (0, 0), (1234.567891, 1_234_567_891)],
)
def test_what_is_typed_is_stored_exactly(typed: Any, stored: int) -> None:
    found = SCHEMA({"rate": typed, "rarely": {}})["rate"]
    assert (found, type(found)) == (stored, int)


@pytest.mark.parametrize("typed", [0.1234567, 1e-7, 1.0000001])
def test_a_part_of_an_iota_is_not_rounded_away(typed: float) -> None:
    """It is said at its field, and shown as it was typed."""
    data = SCHEMA({"rate": typed, "rarely": {}})
    with pytest.raises(FieldProblem) as caught:
        require_iota({"policy": data})
    assert (caught.value.field, caught.value.problem.key) == ("rate", "amount_too_fine")
    assert shown_in_mi(SCHEMA, data)["rate"] == typed


@pytest.mark.parametrize("typed", [-1, 1e9 + 1, "much", None, float("nan")])
def test_what_is_no_such_amount_is_refused(typed: Any) -> None:
    with pytest.raises(vol.Invalid):
        SCHEMA({"rate": typed, "rarely": {}})


def test_an_amount_is_shown_as_a_number_of_mi() -> None:
    assert mi_of(850_000) == 0.85
    assert mi_of(Decimal("0.5")) == 5e-7


async def test_what_a_mi_is_worth_stands_beside_the_unit_where_somebody_said_so(hass: HomeAssistant) -> None:
    assert with_worth(SCHEMA, hass, {}) is SCHEMA
    assert with_worth(SCHEMA, hass, {"token_rate_entity": "sensor.gone"}) is SCHEMA
    noted = with_worth(SCHEMA, hass, {"token_rate": "2500000"}).schema
    assert noted["rate"].config["unit_of_measurement"] == "Mi, 1 Mi = 0.40 EUR"
    assert noted["rarely"].schema.schema["limit"].config["unit_of_measurement"] == "Mi, 1 Mi = 0.40 EUR"
    assert noted["rarely"].options == {"collapsed": True}
    assert "unit_of_measurement" not in noted["hours"].config
    assert vol.Schema(noted)({"rate": 0.5, "rarely": {}}) == {"rate": 500_000, "rarely": {}}

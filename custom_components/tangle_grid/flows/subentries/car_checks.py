"""What the steps about a car have in common, at a charger and as a vehicle of its own."""

from collections.abc import Mapping
from typing import Any

from ...const import (
    CONF_BATTERY_KWH,
    CONF_DEPARTURE,
    CONF_DEPARTURE_ENTITY,
    CONF_POLICY,
    CONF_POLICY_MODE,
    CONF_REQUIRE_CHARGED,
    CONF_REQUIRE_DEPARTURE,
    CONF_SOC,
)
from ...grid.model.world import PolicyMode
from ..checks import Problem
from ..form_data import FieldProblem


def check_departure(data: Mapping[str, Any]) -> None:
    """Test that a departure is told in one way.

    Raises:
        FieldProblem: departure_twice.
    """
    if CONF_DEPARTURE in data and CONF_DEPARTURE_ENTITY in data:
        raise FieldProblem(CONF_DEPARTURE, Problem(key="departure_twice"))


def check_car_policy(data: Mapping[str, Any]) -> None:
    """Test that a car can know what it is to decide by.

    Raises:
        FieldProblem: policy_needs_soc, policy_needs_departure.
    """
    policy = data[CONF_POLICY]
    mode, knows_soc = policy[CONF_POLICY_MODE], CONF_SOC in data
    if (mode == PolicyMode.WHEN_CHARGED or policy.get(CONF_REQUIRE_CHARGED)) and not knows_soc:
        raise FieldProblem(CONF_POLICY_MODE, Problem(key="policy_needs_soc"))
    departs = CONF_DEPARTURE in data or CONF_DEPARTURE_ENTITY in data
    by_departure = mode == PolicyMode.DEPARTURE_HOLDS or policy.get(CONF_REQUIRE_DEPARTURE)
    if by_departure and not (knows_soc and CONF_BATTERY_KWH in data and departs):
        raise FieldProblem(CONF_POLICY_MODE, Problem(key="policy_needs_departure"))

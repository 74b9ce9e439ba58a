"""Who is paid for carrying the island while its cable is dead: nobody twice for the same energy."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from custom_components.tangle_grid.const import CONF_PRICES
from custom_components.tangle_grid.economy.effects import Effect, Transfer
from custom_components.tangle_grid.grid.engine.status import GridStatus
from custom_components.tangle_grid.grid.model.supply import Supply
from custom_components.tangle_grid.grid.model.world import DeviceKind
from custom_components.tangle_grid.island.charging_prices import CONF_FEED_IN
from custom_components.tangle_grid.island.outage_rewards import OutageRewards

LOST_AT = 1_700_000_000.0


class Desk:
    """Takes down what is recorded."""

    def __init__(self) -> None:
        self.open_sagas: dict[str, Any] = {}
        self.effects: list[Effect] = []

    def record(self, _kind: str, _saga: str, _state: object, effects: tuple[Effect, ...], **_: object) -> None:
        self.effects += effects


def status(at: float, *, lost: bool = True) -> GridStatus:
    """A car and a battery give 3 and 1 kW, and a house takes some."""
    devices = {
        "charger": SimpleNamespace(kind=DeviceKind.CHARGER, power_w=-3_000.0),
        "battery": SimpleNamespace(kind=DeviceKind.BATTERY, power_w=-1_000.0),
        "home": SimpleNamespace(kind=DeviceKind.HOUSEHOLD, power_w=2_000.0),
    }
    supply = SimpleNamespace(supply=Supply.ISLAND, lost_at=LOST_AT if lost else None)
    return cast("GridStatus", SimpleNamespace(at=at, supply=supply, devices=devices))


def paid(options: dict[str, Any], vehicle: str | None = None) -> dict[str, int]:
    """Return what everybody is paid for an hour in the dark, i."""
    desk = Desk()
    entry = SimpleNamespace(options={"outage": {"carry_rate": 1_000}, **options})
    vehicles = SimpleNamespace(at=lambda _: SimpleNamespace(vehicle_id=vehicle))
    rewards = OutageRewards(cast("Any", entry), cast("Any", desk), cast("Any", vehicles), lambda: LOST_AT)
    for minute in range(61):
        rewards.async_look(status(LOST_AT + 60.0 * minute))
    rewards.async_look(status(LOST_AT + 3_660.0, lost=False))
    return {each.target: each.amount_i for each in desk.effects if isinstance(each, Transfer)}


@pytest.mark.parametrize("prices", [{}, {CONF_PRICES: {}}, {CONF_PRICES: {CONF_FEED_IN: 0}}])
def test_a_car_is_paid_for_what_it_carries(prices: dict[str, Any]) -> None:
    assert paid(prices) == {"charger": 3_000, "battery": 1_000}
    assert paid(prices, "car") == {"car": 3_000, "battery": 1_000}


@pytest.mark.parametrize("vehicle", [None, "car"])
def test_a_car_that_is_paid_a_feed_in_rate_is_not_paid_for_carrying_as_well(vehicle: str | None) -> None:
    assert paid({CONF_PRICES: {CONF_FEED_IN: 500}}, vehicle) == {"battery": 1_000}

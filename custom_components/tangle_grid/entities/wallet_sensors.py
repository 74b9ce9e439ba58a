"""What the sensors of a wallet show, whoever's it is."""

from typing import Any

from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import EntityCategory

from .view_sensors import ViewSensorDescription
from .wallet_rules import rules_attributes, spendable


def wallet_sensors[D: ViewSensorDescription[Any]](description: type[D]) -> tuple[D, ...]:
    """Return the sensors of a wallet as descriptions of this class."""
    return (
        description.tokens(
            "wallet_balance",
            SensorStateClass.TOTAL,
            lambda view: view.wallet.balance_i if view.wallet else None,
            measures=True,
        ),
        description.tokens(
            "earned",
            SensorStateClass.TOTAL_INCREASING,
            lambda view: view.wallet.earned_i if view.wallet else None,
            measures=True,
        ),
        description.tokens(
            "spent",
            SensorStateClass.TOTAL_INCREASING,
            lambda view: view.wallet.spent_i if view.wallet else None,
            entity_registry_enabled_default=False,
            measures=True,
        ),
        description.tokens(
            "spendable_today",
            SensorStateClass.MEASUREMENT,
            lambda view: spendable(view.wallet, view.rules),
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            attributes_fn=lambda view: rules_attributes(view.rules),
        ),
        description(
            key="receive_address",
            translation_key="receive_address",
            entity_category=EntityCategory.DIAGNOSTIC,
            measures=True,
            value_fn=lambda view: view.wallet.address if view.wallet else None,
        ),
    )

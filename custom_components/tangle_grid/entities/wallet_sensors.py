"""What the sensors of a wallet show, whoever's it is."""

from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory

from .view_sensors import ViewSensorDescription
from .wallet_rules import rules_attributes, spendable

READY: Final = "ready"
_ENDS: Final = 6


def _short(address: str) -> str:
    """Return an address as people compare it: its ends, the checksum with the second."""
    return f"{address[:_ENDS]}…{address[-_ENDS:]}"


def wallet_sensors[D: ViewSensorDescription[Any]](description: type[D]) -> tuple[D, ...]:
    """Return the sensors of a wallet as descriptions of this class."""
    return (
        description.tokens(
            "wallet_balance",
            SensorStateClass.TOTAL,
            lambda view: view.wallet.balance_i if view.wallet else None,
            measures=True,
        ),
        description(
            # Its unit is Home Assistant's currency.
            key="wallet_value",
            translation_key="wallet_value",
            device_class=SensorDeviceClass.MONETARY,
            state_class=SensorStateClass.TOTAL,
            suggested_display_precision=2,
            entity_registry_enabled_default=False,
            measures=True,
            value_fn=lambda view: view.runtime.money.money(view.wallet.balance_i) if view.wallet else None,
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
            device_class=SensorDeviceClass.ENUM,
            options=[READY],
            measures=True,
            # The address itself changes with every payment: as a state it would fill the activity of a paying car.
            value_fn=lambda view: READY if view.wallet and view.wallet.address else None,
            attributes_fn=lambda view: (
                {"address": view.wallet.address, "short": _short(view.wallet.address)}
                if view.wallet and view.wallet.address
                else None
            ),
        ),
    )

"""What the sensors of a neighbour show: how the link is, what is sold or bought, and at which price."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import EntityCategory

from ..data import LinkState, NeighbourStatus
from ..entity import UNIT_IOTA_PER_KWH
from .view_sensors import ViewSensorDescription


class NeighbourSensorDescription(ViewSensorDescription[NeighbourStatus]):
    """A sensor of a neighbour."""


def _reason(view: NeighbourStatus) -> Mapping[str, Any]:
    return {"reason": view.why}


def _last(view: NeighbourStatus) -> Mapping[str, Any] | None:
    if view.counted is None:
        return None
    own, theirs = view.counted
    return {"last_trade_wh": view.settled_wh, "own_meter_wh": own, "their_meter_wh": theirs}


NEIGHBOUR_ATTRIBUTES: Final = frozenset({"reason", "last_trade_wh", "own_meter_wh", "their_meter_wh"})
NEIGHBOUR_SENSORS: Final = (
    NeighbourSensorDescription(
        key="link_state",
        translation_key="link_state",
        device_class=SensorDeviceClass.ENUM,
        options=[each.value for each in LinkState],
        value_fn=lambda view: view.state.value,
        attributes_fn=_reason,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    NeighbourSensorDescription.power("sold_power", lambda view: view.sold_w, attributes_fn=_last),
    NeighbourSensorDescription(
        key="trade_price",
        translation_key="trade_price",
        native_unit_of_measurement=UNIT_IOTA_PER_KWH,
        value_fn=lambda view: view.price_i_per_kwh,
    ),
)

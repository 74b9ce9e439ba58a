"""What the sensors of a linked island show: how the link is, and how much power it grants."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import EntityCategory

from ..data import LinkState, LinkStatus
from .view_sensors import CALM_W, ViewSensorDescription


class LinkSensorDescription(ViewSensorDescription[LinkStatus]):
    """A sensor of a link."""


def _reason(view: LinkStatus) -> Mapping[str, Any]:
    return {"reason": view.why}


def _phases(view: LinkStatus) -> Mapping[str, Any] | None:
    if (envelope_a := view.envelope_a) is None:
        return None
    return {f"l{number}": round(amps, 1) for number, amps in enumerate(envelope_a, start=1)}


LINK_ATTRIBUTES: Final = frozenset({"reason", "l1", "l2", "l3"})
LINK_SENSORS: Final = (
    LinkSensorDescription(
        key="link_state",
        translation_key="link_state",
        device_class=SensorDeviceClass.ENUM,
        options=[each.value for each in LinkState],
        value_fn=lambda view: view.state.value,
        attributes_fn=_reason,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    LinkSensorDescription.power(
        "granted_power",
        lambda view: None if view.granted_w is None else round(view.granted_w),
        attributes_fn=_phases,
        calm=4 * CALM_W,
        quiet=True,
    ),
)

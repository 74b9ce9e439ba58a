"""Why a participant or a vehicle does what it does: a short key as state, figures and a sentence beside it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass

from ..actions.responses import iso_time
from ..actions.targets import feeder_name
from ..entity import MemberView
from ..grid.engine.why import Why
from ..grid.model.world import Reason
from ..island.runtime import IslandRuntime
from ..reasons import async_text
from .view_sensors import ANY_CHANGE, LONG_PATIENCE, Value, ViewSensorDescription

#: Its unique id is that of the sensor of causes that came before it.
KEY: Final = "setpoint_cause"
AT_NO_CHARGER: Final = "at_no_charger"
WHY_OPTIONS: Final = (*(why.value for why in Why), AT_NO_CHARGER)
WHY_ATTRIBUTES: Final = frozenset({"sentence", "phases", "feeder", "until", "begins_at", "cars", "loads", "setpoint"})
_MOMENTS: Final = ("until", "begins_at")
#: What reads otherwise when it leaves nothing at all.
_WAITS: Final = frozenset(
    {Why.PROTECTION.value, Why.DIMMED.value, Why.RESERVED.value, Why.PAYMENT.value, Why.OUTAGE.value, Why.SUN.value}
)


def why_sensor[V: MemberView, D: ViewSensorDescription[Any]](
    description: type[D], asked: Callable[[V], str | None]
) -> D:
    """Return the sensor as a description of this class; `asked` says of a view which participant is looked at."""

    def reason(view: V) -> Reason:
        participant_id = asked(view)
        return Reason(key=AT_NO_CHARGER) if participant_id is None else view.runtime.grid.why(participant_id)

    def value(view: V) -> Value:
        return reason(view).key

    def attributes(view: V) -> Mapping[str, Any]:
        return why_attributes(view.runtime, reason(view))

    return description(
        key=KEY,
        translation_key="why",
        device_class=SensorDeviceClass.ENUM,
        options=list(WHY_OPTIONS),
        calm=ANY_CHANGE,
        quiet=True,
        patience=LONG_PATIENCE,
        value_fn=value,
        attributes_fn=attributes,
    )


def why_attributes(runtime: IslandRuntime, reason: Reason) -> Mapping[str, Any]:
    """Return the figures of a reason as Home Assistant's people read them, and a sentence in its language."""
    figures = why_figures(runtime, reason)
    return {
        "sentence": async_text(runtime.hass, why_text(reason.key, figures), **figures),
        **{name: iso_time(float(value)) if name in _MOMENTS else value for name, value in figures.items()},
    }


def why_figures(runtime: IslandRuntime, reason: Reason) -> Mapping[str, Any]:
    """Return the figures of a reason, with the feeder by its name."""
    figures: dict[str, Any] = dict(reason.placeholders)
    if (feeder_id := figures.get("feeder")) is not None:
        figures["feeder"] = feeder_name(runtime, str(feeder_id)) or feeder_id
    return figures


def why_text(key: str, figures: Mapping[str, Any]) -> str:
    """Return the key of the sentence: the most special common text that the figures can fill.

    As `why_protection_waits`, `Waits: L1 of Maple Street is full.`
    """
    waits = key in _WAITS and not figures.get("setpoint", 1)
    special = [
        "_waits" if waits else "",
        "_until" if "until" in figures else "",
        "_begins" if "begins_at" in figures else "",
        "_alone" if figures.get("cars") == 0 else "",
    ]
    return f"why_{key}{''.join(special)}"

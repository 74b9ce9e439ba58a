"""What a vehicle's sensors show: how full it is, where it charges, and its wallet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE

from ..const import CONF_SOC
from ..entity import VehicleView
from ..link.core.roaming_home import HomeStay
from .view_sensors import CALM_SOC, LONGEST_PATIENCE, Value, ViewSensorDescription
from .wallet_sensors import wallet_sensors
from .why_sensors import why_sensor

NOT_CONNECTED: Final = "not_connected"
ELSEWHERE: Final = "elsewhere"
RECOGNITION_ATTRIBUTES: Final = frozenset({"vehicle", "recognised_by", "sureness", "price_i_per_kwh", "paid_i"})


@dataclass(frozen=True, kw_only=True)
class VehicleSensorDescription(ViewSensorDescription[VehicleView]):
    """A sensor of a vehicle, where `applies_to` says so of its settings."""

    applies_to: Callable[[Mapping[str, Any]], bool] = lambda _: True


def _soc(view: VehicleView) -> Value:
    soc = view.runtime.vehicles.soc(view.vehicle.participant_id)
    return None if soc is None else round(soc)


def _charger(view: VehicleView) -> Value:
    charger = view.charger
    if charger is None:
        return NOT_CONNECTED if _elsewhere(view) is None else ELSEWHERE
    return charger.name


def _elsewhere(view: VehicleView) -> HomeStay | None:
    return view.runtime.roaming.home.stay_of(view.vehicle.participant_id)


def _recognition(view: VehicleView) -> Mapping[str, Any] | None:
    if (charger := view.charger) is None:
        stay = _elsewhere(view)
        return None if stay is None else {"price_i_per_kwh": stay.offer.price_i, "paid_i": stay.paid_i}
    found = view.runtime.vehicles.at(charger.participant_id)
    return {"recognised_by": str(found.by), "sureness": str(found.sureness)}


def _asked_at(view: VehicleView) -> str | None:
    """Return the id of the charger that it is at, which the grid tells what to do."""
    return None if view.charger is None else view.charger.participant_id


VEHICLE_SENSORS: Final[tuple[VehicleSensorDescription, ...]] = (
    VehicleSensorDescription(
        key="state_of_charge",
        translation_key="state_of_charge",
        device_class=SensorDeviceClass.BATTERY,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        applies_to=lambda data: CONF_SOC in data,
        measures=True,
        calm=CALM_SOC,
        patience=LONGEST_PATIENCE,
        value_fn=_soc,
    ),
    VehicleSensorDescription(
        key="charger",
        translation_key="charger",
        value_fn=_charger,
        attributes_fn=_recognition,
    ),
    why_sensor(VehicleSensorDescription, _asked_at),
    *wallet_sensors(VehicleSensorDescription),
)

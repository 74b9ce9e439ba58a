"""What the sensors of car parks, tolls and the cars that use them show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass

from ..clock import as_datetime
from ..const import SUBENTRY_PARKING, SUBENTRY_TOLL, SUBENTRY_VEHICLE
from ..entity import MemberView
from .view_sensors import ViewSensorDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView(MemberView):
    """What an entity of a service, or of a car that uses them, looks at."""

    member_id: str


class ServiceSensorDescription(ViewSensorDescription[ServiceView]):
    """A sensor of a service or a car."""


INCOME: Final = ServiceSensorDescription.tokens(
    "income_today",
    SensorStateClass.MEASUREMENT,
    lambda view: view.runtime.economy.services.visits.income_today_i(view.member_id),
    measures=True,
)
SERVICE_SENSORS: Final[Mapping[str, tuple[ServiceSensorDescription, ...]]] = {
    SUBENTRY_PARKING: (
        ServiceSensorDescription(
            key="open_stays",
            translation_key="open_stays",
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=lambda view: view.runtime.economy.services.visits.open_stays(view.member_id),
        ),
        INCOME,
    ),
    SUBENTRY_TOLL: (INCOME,),
    SUBENTRY_VEHICLE: (
        ServiceSensorDescription(
            key="parked_since",
            translation_key="parked_since",
            device_class=SensorDeviceClass.TIMESTAMP,
            value_fn=lambda view: (
                None
                if (since := view.runtime.economy.services.visits.parked_since(view.member_id)) is None
                else as_datetime(since)
            ),
        ),
        ServiceSensorDescription.tokens(
            "parking_cost",
            SensorStateClass.MEASUREMENT,
            lambda view: view.runtime.economy.services.visits.parking_cost_i(view.member_id),
            measures=True,
        ),
    ),
}

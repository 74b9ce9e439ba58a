"""The steps for a vehicle."""

from collections.abc import Sequence
from typing import Any, override

import voluptuous as vol
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TimeSelector,
)

from ...const import (
    CONF_BATTERY_KWH,
    CONF_DEPARTURE,
    CONF_DEPARTURE_ENTITY,
    CONF_IDS,
    CONF_MAX_PRICE,
    CONF_PARKING_LIMIT,
    CONF_PARKING_MODE,
    CONF_POLICY,
    CONF_PREFERRED_CHARGER,
    CONF_ROAMING,
    CONF_SOC,
    CONF_TARGET_SOC,
    CONF_TOLL_LIMIT,
    CONF_TOLL_MODE,
    CONF_TRACKER,
    CONF_V2G_FLOOR_SOC,
    DEFAULT_TARGET_SOC,
    SUBENTRY_CHARGER,
    SUBENTRY_VEHICLE,
)
from ...devices.presets import KIND_VEHICLE
from ...economy.recognition import normalised
from ...economy.services import Mode
from ...grid.model.world import PolicyMode
from .. import fields as selectors
from ..checks import PERCENT_UNITS, Problem, check_exists, check_number_sensor
from ..form_data import Data, FieldProblem, require
from ..mi_amounts import UNIT_MI_PER_KWH, amount
from .car_checks import check_car_policy, check_departure
from .participant import STEP_FIRST, STEP_POLICY, ParticipantFlow

SECTION_RECOGNITION = "recognition"
SECTION_SERVICES = "services"


class VehicleFlow(ParticipantFlow, kind=SUBENTRY_VEHICLE):
    """Add or change a vehicle. It hangs on no feeder: it comes to the chargers."""

    hangs = False
    # Two vehicles are never the same one; a charger may name the same sensor for the car that stands there mostly.
    device_kind = KIND_VEHICLE
    exclusive_fields = (CONF_SOC, CONF_TRACKER)
    shared_fields = (CONF_DEPARTURE_ENTITY,)

    @override
    def steps(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> dict[str, vol.Schema]:
        preferred: dict[Any, Any] = {}
        if chargers := self.chargers():
            config = SelectSelectorConfig(options=chargers, mode=SelectSelectorMode.DROPDOWN)
            preferred[vol.Optional(CONF_PREFERRED_CHARGER)] = SelectSelector(config)
        recognition = {
            vol.Optional(CONF_IDS): selectors.texts(),
            vol.Optional(CONF_TRACKER): selectors.trackers(),
            **preferred,
        }
        services = {
            vol.Optional(CONF_MAX_PRICE): amount(0, selectors.MAX_RATE, UNIT_MI_PER_KWH),
            vol.Optional(CONF_ROAMING): BooleanSelector(),
            vol.Optional(CONF_PARKING_MODE): selectors.service_mode(),
            vol.Optional(CONF_PARKING_LIMIT): amount(0, selectors.MAX_LIMIT),
            vol.Optional(CONF_TOLL_MODE): selectors.service_mode(),
            vol.Optional(CONF_TOLL_LIMIT): amount(0, selectors.MAX_LIMIT),
        }
        return {
            STEP_FIRST: vol.Schema(
                {
                    vol.Required(CONF_NAME): TextSelector(),
                    vol.Optional(CONF_SOC): selectors.charges(),
                    vol.Optional(CONF_BATTERY_KWH): selectors.capacity(),
                    vol.Required(CONF_TARGET_SOC, default=DEFAULT_TARGET_SOC): selectors.percent(),
                    vol.Optional(CONF_DEPARTURE): TimeSelector(),
                    vol.Optional(CONF_DEPARTURE_ENTITY): selectors.moments(),
                    vol.Optional(SECTION_RECOGNITION): selectors.rarely(recognition),
                }
            ),
            STEP_POLICY: vol.Schema(
                {
                    **selectors.policy(tuple(PolicyMode), charged_above=True, departs=True, feeds_back=True),
                    vol.Optional(SECTION_SERVICES): selectors.rarely(services),
                }
            ),
        }

    @override
    def check(self, step: str, data: Data) -> None:
        if step == STEP_POLICY:
            for mode, limit in ((CONF_PARKING_MODE, CONF_PARKING_LIMIT), (CONF_TOLL_MODE, CONF_TOLL_LIMIT)):
                if data.get(mode) == Mode.UP_TO and limit not in data:
                    raise FieldProblem(limit, Problem(key="limit_missing"))
            if data.get(CONF_ROAMING) and not data.get(CONF_IDS):
                raise FieldProblem(CONF_ROAMING, Problem(key="roaming_needs_id"))
            check_car_policy(data)
            if CONF_V2G_FLOOR_SOC in data[CONF_POLICY] and CONF_SOC not in data:
                raise FieldProblem(CONF_V2G_FLOOR_SOC, Problem(key="feed_back_needs_soc"))
            return
        if CONF_SOC in data:
            require(CONF_SOC, check_number_sensor(self.hass, data[CONF_SOC], PERCENT_UNITS, may_be_silent=True))
        for field in (CONF_DEPARTURE_ENTITY, CONF_TRACKER):
            if field in data:
                require(field, check_exists(self.hass, data[field]))
        check_departure(data)
        self._check_ids(data.get(CONF_IDS, ()))

    def _check_ids(self, ids: Sequence[str]) -> None:
        """Each id can be told from those of all other vehicles."""
        taken = {
            normalised(each): other.title
            for other in self._others().values()
            if other.subentry_type == SUBENTRY_VEHICLE
            for each in other.data.get(CONF_IDS, ())
        }
        for each in ids:
            if not (known := normalised(each)):
                raise FieldProblem(CONF_IDS, Problem(key="id_empty", placeholders={"value": each}))
            if known in taken:
                placeholders = {"value": each, "other": taken[known]}
                raise FieldProblem(CONF_IDS, Problem(key="id_taken", placeholders=placeholders))

    def chargers(self) -> list[SelectOptionDict]:
        """Return the chargers that it may prefer."""
        return [
            SelectOptionDict(value=subentry_id, label=subentry.title)
            for subentry_id, subentry in self._get_entry().subentries.items()
            if subentry.subentry_type == SUBENTRY_CHARGER
        ]

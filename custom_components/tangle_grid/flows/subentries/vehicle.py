"""The form of a vehicle."""

from collections.abc import Mapping, Sequence
from typing import Any, override

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import CONF_NAME, UnitOfEnergy
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
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
    CONF_POLICY_MODE,
    CONF_PREFERRED_CHARGER,
    CONF_REQUIRE_CHARGED,
    CONF_REQUIRE_DEPARTURE,
    CONF_SERVICE_RULES,
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
from .participant import FieldProblem, ParticipantFlow, require

SECTION_RECOGNITION = "recognition"
SECTION_SERVICES = "services"


class VehicleFlow(ParticipantFlow, kind=SUBENTRY_VEHICLE):
    """Add or change a vehicle. It hangs on no feeder: it comes to the chargers."""

    hangs = False
    # Two vehicles are never the same one; a charger may name the same sensor for the car that stands there mostly.
    device_kind = KIND_VEHICLE
    exclusive_fields = (CONF_SOC, CONF_TRACKER)
    shared_fields = (CONF_DEPARTURE_ENTITY,)
    kept_fields = (CONF_SERVICE_RULES,)

    @override
    def schema(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> vol.Schema:
        return self.schema_for(self._chargers())

    @staticmethod
    def schema_for(chargers: Sequence[SelectOptionDict]) -> vol.Schema:
        """Return the form for the chargers that there are to choose from."""
        preferred: dict[Any, Any] = {}
        if chargers:
            config = SelectSelectorConfig(options=list(chargers), mode=SelectSelectorMode.DROPDOWN)
            preferred[vol.Optional(CONF_PREFERRED_CHARGER)] = SelectSelector(config)
        return vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Optional(CONF_SOC): selectors.sensors(SensorDeviceClass.BATTERY),
                vol.Optional(CONF_BATTERY_KWH): selectors.number(1, 1000, UnitOfEnergy.KILO_WATT_HOUR, step=0.1),
                vol.Required(CONF_TARGET_SOC, default=DEFAULT_TARGET_SOC): selectors.percent(),
                vol.Optional(CONF_DEPARTURE): TimeSelector(),
                vol.Optional(CONF_DEPARTURE_ENTITY): selectors.moments(),
                vol.Optional(CONF_MAX_PRICE): selectors.number(0, selectors.MAX_RATE, selectors.RATE_UNIT),
                vol.Required(SECTION_RECOGNITION): section(
                    vol.Schema(
                        {
                            vol.Optional(CONF_IDS): TextSelector(TextSelectorConfig(multiple=True)),
                            vol.Optional(CONF_TRACKER): selectors.trackers(),
                            **preferred,
                        }
                    )
                ),
                vol.Optional(SECTION_SERVICES): section(
                    vol.Schema(
                        {
                            vol.Optional(CONF_PARKING_MODE): selectors.service_mode(),
                            vol.Optional(CONF_PARKING_LIMIT): selectors.number(0, selectors.MAX_LIMIT, "i"),
                            vol.Optional(CONF_TOLL_MODE): selectors.service_mode(),
                            vol.Optional(CONF_TOLL_LIMIT): selectors.number(0, selectors.MAX_LIMIT, "i"),
                        }
                    ),
                    {"collapsed": True},
                ),
                vol.Required(CONF_POLICY): selectors.policy(
                    tuple(PolicyMode), charged_above=True, departs=True, feeds_back=True
                ),
            }
        )

    @override
    def check(self, data: Mapping[str, Any]) -> None:
        if CONF_SOC in data:
            require(CONF_SOC, check_number_sensor(self.hass, data[CONF_SOC], PERCENT_UNITS, may_be_silent=True))
        for field in (CONF_DEPARTURE_ENTITY, CONF_TRACKER):
            if field in data:
                require(field, check_exists(self.hass, data[field]))
        if CONF_DEPARTURE in data and CONF_DEPARTURE_ENTITY in data:
            raise FieldProblem(CONF_DEPARTURE, Problem(key="departure_twice"))
        for mode, limit in ((CONF_PARKING_MODE, CONF_PARKING_LIMIT), (CONF_TOLL_MODE, CONF_TOLL_LIMIT)):
            if data.get(mode) == Mode.UP_TO and limit not in data:
                raise FieldProblem(limit, Problem(key="limit_missing"))
        self._check_ids(data.get(CONF_IDS, ()))
        _check_policy(data)

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

    def _chargers(self) -> list[SelectOptionDict]:
        return [
            SelectOptionDict(value=subentry_id, label=subentry.title)
            for subentry_id, subentry in self._get_entry().subentries.items()
            if subentry.subentry_type == SUBENTRY_CHARGER
        ]


def _check_policy(data: Mapping[str, Any]) -> None:
    """It can know what it is to decide by."""
    policy = data[CONF_POLICY]
    mode, knows_soc = policy[CONF_POLICY_MODE], CONF_SOC in data
    if (mode == PolicyMode.WHEN_CHARGED or policy.get(CONF_REQUIRE_CHARGED)) and not knows_soc:
        raise FieldProblem(CONF_POLICY, Problem(key="policy_needs_soc"))
    departs = CONF_DEPARTURE in data or CONF_DEPARTURE_ENTITY in data
    by_departure = mode == PolicyMode.DEPARTURE_HOLDS or policy.get(CONF_REQUIRE_DEPARTURE)
    if by_departure and not (knows_soc and CONF_BATTERY_KWH in data and departs):
        raise FieldProblem(CONF_POLICY, Problem(key="policy_needs_departure"))
    if CONF_V2G_FLOOR_SOC in policy and not knows_soc:
        raise FieldProblem(CONF_POLICY, Problem(key="feed_back_needs_soc"))

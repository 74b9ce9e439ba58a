"""A simulated street, ready to be set up: its devices as participants, with people's different minds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import CONF_LATITUDE, CONF_LONGITUDE, CONF_NAME, CONF_RADIUS
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...const import (
    CONF_AREA,
    CONF_BATTERY_KWH,
    CONF_BOUNTY,
    CONF_BUDGET,
    CONF_CAPACITY_A,
    CONF_CHARGED_ABOVE,
    CONF_CONFIRMATIONS,
    CONF_CONNECTED,
    CONF_CURRENT_LIMIT,
    CONF_CURRENTS,
    CONF_DEPARTURE_ENTITY,
    CONF_DISCHARGE_CURRENT,
    CONF_ENABLE,
    CONF_ID_SENSOR,
    CONF_IDS,
    CONF_KNOWN_HOURS,
    CONF_LOAD_ENTITY,
    CONF_LOADS,
    CONF_MAX_CHARGE_W,
    CONF_MAX_CURRENT,
    CONF_MAX_DISCHARGE_CURRENT,
    CONF_MAX_DISCHARGE_W,
    CONF_METER,
    CONF_METER_POWER,
    CONF_MIN_CURRENT,
    CONF_MIN_RATE,
    CONF_MIN_SOC,
    CONF_NEAR,
    CONF_PHASES,
    CONF_PLACES,
    CONF_PLANNING,
    CONF_POLICY,
    CONF_POLICY_MODE,
    CONF_POWER,
    CONF_POWER_INVERTED,
    CONF_POWER_SETPOINT,
    CONF_PRICES,
    CONF_PRODUCTION_NEGATIVE,
    CONF_PUBLIC,
    CONF_RATED_W,
    CONF_SAFE_CURRENT,
    CONF_SERVICE_ZONE,
    CONF_SETPOINT_INVERTED,
    CONF_SOC,
    CONF_TARGET_SOC,
    CONF_THRESHOLD,
    CONF_TOLL_PRICE,
    CONF_TOPIC_DAY_BUDGET,
    CONF_TRACKER,
    CONF_V2G_FLOOR_SOC,
    CONF_WANTS_VALUE,
    CONF_WHAT,
    CONF_WINDOW_HOURS,
    DEFAULT_CHARGED_ABOVE,
    DEFAULT_RATE,
    SUBENTRY_DATA_TOPIC,
    SUBENTRY_PARKING,
    SUBENTRY_TOLL,
    SUBENTRY_VEHICLE,
)
from ...economy.sessions import EmptyWallet, Guest
from ...grid.model.world import PolicyMode
from ...island.charging_prices import (
    CONF_AWAY_WH,
    CONF_CREDIT_WH,
    CONF_EMPTY_WALLET,
    CONF_FEE_PERCENT,
    CONF_FEED_IN,
    CONF_GUESTS,
)
from ...simulated.entities import AT_HOME, EXTERNAL_CONTROL, async_register_entities
from ...simulation import Layout, SimulatedDevice, SimulatedKind, Street, StreetConfig

_HOME_ZONE: Final = "zone.home"
# So that a car is neither full before the evening's peak nor left empty in the morning.
_TARGET_SOC: Final = 90


def _policy(
    mode: PolicyMode, *, charged_above: int = DEFAULT_CHARGED_ABOVE, min_rate: int = 0, floor: int | None = None
) -> dict[str, Any]:
    policy: dict[str, Any] = {
        CONF_POLICY_MODE: mode.value,
        CONF_CHARGED_ABOVE: charged_above,
        CONF_MIN_RATE: min_rate,
    }
    return policy if floor is None else {**policy, CONF_V2G_FLOOR_SOC: floor}


# A feeds back, for a price that lets the home battery go first; B is not charged enough and declines, as one of the
# first that are asked; C wants to be asked, D has time until the morning.
_CHARGER_POLICIES: Final = (
    _policy(PolicyMode.WHEN_CHARGED, min_rate=DEFAULT_RATE // 2, floor=60),
    _policy(PolicyMode.WHEN_CHARGED),
    _policy(PolicyMode.ASK),
    _policy(PolicyMode.DEPARTURE_HOLDS),
)
# Of the homes that could switch something off, one does, one has its price, the others would rather not.
_HOME_POLICIES: Final = (
    _policy(PolicyMode.ALWAYS),
    _policy(PolicyMode.ALWAYS, min_rate=DEFAULT_RATE * 5 // 4),
)
_NEVER: Final = _policy(PolicyMode.NEVER)


# An hour on the street takes two minutes, and a payment as long as anywhere: there is credit for that long. Cars that
# nobody knows charge for nothing.
_PRICES: Final[Mapping[str, Any]] = {
    "kwh": "0.30",
    "kwh_night": "0.22",
    "night_from": "23:00",
    "night_until": "06:00",
    CONF_FEED_IN: "0.12",
    CONF_FEE_PERCENT: "4",
    CONF_GUESTS: str(Guest.FREE),
    CONF_EMPTY_WALLET: str(EmptyWallet.CREDIT),
    CONF_CREDIT_WH: 3_000,
    CONF_AWAY_WH: 100_000,
}
# Both stand where the street is: its cars have no position but whether they are at home.
_SERVICES: Final = (
    ConfigSubentryData(
        data={CONF_NAME: "Car park", CONF_SERVICE_ZONE: _HOME_ZONE, CONF_PLACES: 12, "hour": "1.20", "most": "8"},
        subentry_type=SUBENTRY_PARKING,
        title="Car park",
        unique_id=None,
    ),
    ConfigSubentryData(
        data={CONF_NAME: "Bridge toll", CONF_SERVICE_ZONE: _HOME_ZONE, CONF_TOLL_PRICE: "0.80"},
        subentry_type=SUBENTRY_TOLL,
        title="Bridge toll",
        unique_id=None,
    ),
)
# Three cars are on the street: two have to see a hole, and one may lie.
_POTHOLES: Final[Mapping[str, Any]] = {
    CONF_NAME: "Potholes",
    CONF_WHAT: "pothole",
    CONF_BOUNTY: 500_000,
    CONF_BUDGET: 20_000_000,
    CONF_TOPIC_DAY_BUDGET: 10_000_000,
    CONF_CONFIRMATIONS: 2,
    CONF_NEAR: 30,
    CONF_WINDOW_HOURS: 168,
    CONF_KNOWN_HOURS: 720,
    CONF_WANTS_VALUE: False,
    CONF_PUBLIC: False,
}
_TOPIC_RADIUS_M: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetPlan:
    """What the config entry of a street is made of."""

    data: dict[str, Any]
    options: dict[str, Any]
    subentries: list[ConfigSubentryData]


async def async_plan_street(hass: HomeAssistant, island_id: str, seed: int, layout: Layout) -> StreetPlan:
    """Name the street's entities and enrol its devices."""
    config = StreetConfig(
        seed=seed,
        layout=layout,
        start=dt_util.start_of_local_day().timestamp(),
        timezone=dt_util.get_default_time_zone(),
    )
    street = await hass.async_add_executor_job(Street, config)
    devices = street.devices
    entity_ids = async_register_entities(hass, island_id, (*devices, *street.vehicles))
    transformer = next(device for device in devices if device.kind is SimulatedKind.TRANSFORMER)
    return StreetPlan(
        data={
            CONF_METER: {
                CONF_METER_POWER: [entity_ids[transformer.id, f"power_l{phase}"] for phase in (1, 2, 3)],
            },
            CONF_CAPACITY_A: transformer.parameters["capacity_a"],
            CONF_THRESHOLD: transformer.parameters["threshold_percent"],
        },
        options={
            # An evening that is planned ahead has no peak, and there would be nothing to see.
            CONF_PLANNING: False,
            **({CONF_PRICES: _PRICES} if layout is Layout.STREET else {}),
        },
        subentries=[
            *_participants(devices, entity_ids, layout),
            # Cars that pay, and whom they pay beside charging, belong to the street.
            *((*_vehicles(street.vehicles, entity_ids), *_SERVICES, _topic(hass)) if layout is Layout.STREET else ()),
        ],
    )


def _topic(hass: HomeAssistant) -> ConfigSubentryData:
    """Return a data topic around this home."""
    home = hass.config
    area = {CONF_LATITUDE: home.latitude, CONF_LONGITUDE: home.longitude, CONF_RADIUS: _TOPIC_RADIUS_M}
    return ConfigSubentryData(
        data={**_POTHOLES, CONF_AREA: area}, subentry_type=SUBENTRY_DATA_TOPIC, title="Potholes", unique_id=None
    )


def _participants(
    devices: tuple[SimulatedDevice, ...], entity_ids: Mapping[tuple[str, str], str], layout: Layout
) -> list[ConfigSubentryData]:
    chargers = iter(_CHARGER_POLICIES if layout is Layout.STREET else (_policy(PolicyMode.ALWAYS),))
    homes = iter(_HOME_POLICIES)
    participants: list[ConfigSubentryData] = []
    for device in devices:
        if device.kind is SimulatedKind.TRANSFORMER:
            continue

        def entity(quantity: str, device: SimulatedDevice = device) -> str:
            return entity_ids[device.id, quantity]

        data: dict[str, Any] = {
            CONF_NAME: device.name,
            CONF_PHASES: [phase + 1 for phase in device.phases],
            CONF_POWER: entity("power"),
        }
        match device.kind:
            case SimulatedKind.CHARGER:
                data |= _charger(device, entity) | {CONF_POLICY: next(chargers, _NEVER)}
            case SimulatedKind.BATTERY:
                data |= _battery(device, entity) | {CONF_POLICY: _policy(PolicyMode.ALWAYS)}
            case SimulatedKind.HOUSEHOLD:
                policy = next(homes, _NEVER) if device.loads else _NEVER
                data |= _household(device, entity) | {CONF_POLICY: policy}
            case SimulatedKind.SOLAR:
                data[CONF_PRODUCTION_NEGATIVE] = True
        participants.append(
            ConfigSubentryData(data=data, subentry_type=device.kind.value, title=device.name, unique_id=device.id)
        )
    return participants


def _vehicles(
    vehicles: tuple[SimulatedDevice, ...], entity_ids: Mapping[tuple[str, str], str]
) -> list[ConfigSubentryData]:
    """Return the cars of the street as vehicles, each with the mind of the charger at which it is on the first day.

    The last one is a stranger: it comes to the street, and nobody there knows its card.
    """
    return [
        ConfigSubentryData(
            data={
                CONF_NAME: vehicle.name,
                CONF_SOC: entity_ids[vehicle.id, "soc"],
                CONF_BATTERY_KWH: vehicle.parameters["battery_wh"] / 1000,
                CONF_TARGET_SOC: _TARGET_SOC,
                CONF_DEPARTURE_ENTITY: entity_ids[vehicle.id, "departure"],
                CONF_TRACKER: entity_ids[vehicle.id, AT_HOME],
                CONF_IDS: [vehicle.card],
                CONF_POLICY: policy,
            },
            subentry_type=SUBENTRY_VEHICLE,
            title=vehicle.name,
            unique_id=vehicle.id,
        )
        for vehicle, policy in zip(vehicles[:-1], _CHARGER_POLICIES, strict=False)
    ]


def _charger(device: SimulatedDevice, entity: Callable[[str], str]) -> dict[str, Any]:
    parameters = device.parameters
    data = {
        CONF_CURRENTS: [entity(f"current_l{phase}") for phase in (1, 2, 3)],
        CONF_CURRENT_LIMIT: entity("current_limit"),
        CONF_ENABLE: entity("enabled"),
        CONF_CONNECTED: entity("connected"),
        CONF_ID_SENSOR: entity("card"),
        CONF_SOC: entity("soc"),
        CONF_DEPARTURE_ENTITY: entity("departure"),
        CONF_BATTERY_KWH: parameters["battery_wh"] / 1000,
        CONF_TARGET_SOC: _TARGET_SOC,
        CONF_MIN_CURRENT: parameters["min_current_a"],
        CONF_MAX_CURRENT: parameters["max_current_a"],
        CONF_SAFE_CURRENT: parameters["min_current_a"],
    }
    if parameters["max_discharge_a"] > 0:
        data[CONF_DISCHARGE_CURRENT] = entity("discharge_current")
        data[CONF_MAX_DISCHARGE_CURRENT] = parameters["max_discharge_a"]
    return data


def _battery(device: SimulatedDevice, entity: Callable[[str], str]) -> dict[str, Any]:
    parameters = device.parameters
    return {
        CONF_SOC: entity("soc"),
        CONF_POWER_SETPOINT: entity("power_setpoint"),
        CONF_ENABLE: entity(EXTERNAL_CONTROL),
        CONF_BATTERY_KWH: parameters["capacity_wh"] / 1000,
        CONF_MAX_CHARGE_W: parameters["max_charge_w"],
        CONF_MAX_DISCHARGE_W: parameters["max_discharge_w"],
        CONF_MIN_SOC: parameters["min_soc"],
        CONF_POWER_INVERTED: False,
        CONF_SETPOINT_INVERTED: False,
    }


def _household(device: SimulatedDevice, entity: Callable[[str], str]) -> dict[str, Any]:
    if not device.loads:
        return {}
    return {CONF_LOADS: [{CONF_LOAD_ENTITY: entity(load.load_id), CONF_RATED_W: load.rated_w} for load in device.loads]}

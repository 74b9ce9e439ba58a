"""The kinds of field that the forms are made of."""

from collections.abc import Mapping, Sequence
from typing import Any

import voluptuous as vol
from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import PERCENTAGE, Platform, UnitOfEnergy
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)

from ..const import (
    CONF_CHARGED_ABOVE,
    CONF_CURRENT_ATTRIBUTES,
    CONF_FEEDER,
    CONF_METER_TOTAL,
    CONF_MIN_RATE,
    CONF_PHASES,
    CONF_POLICY_MODE,
    CONF_POWER_ATTRIBUTE,
    CONF_POWER_EXPORT,
    CONF_POWER_INVERTED,
    CONF_POWER_UNIT,
    CONF_REQUIRE_CHARGED,
    CONF_REQUIRE_DEPARTURE,
    CONF_V2G_FLOOR_SOC,
    CONF_VOLTAGE,
    DEFAULT_CHARGED_ABOVE,
    DEFAULT_VOLTAGE,
    MAIN_FEEDER,
)
from ..devices.feeders import MeterTotal
from ..economy.services import Mode
from ..grid.model.world import PolicyMode
from .mi_amounts import UNIT_MI_PER_KWH, amount

INPUT_NUMBER = "input_number"
INPUT_SELECT = "input_select"
INPUT_BUTTON = "input_button"
INPUT_BOOLEAN = "input_boolean"
INPUT_DATETIME = "input_datetime"
SECTION_CONDITIONS = "conditions"
SECTION_METER = "other_meters"
#: What is stored as a group: how a participant answers.
POLICY_FIELDS = (
    CONF_POLICY_MODE,
    CONF_CHARGED_ABOVE,
    CONF_REQUIRE_CHARGED,
    CONF_REQUIRE_DEPARTURE,
    CONF_V2G_FLOOR_SOC,
    CONF_MIN_RATE,
)
MAX_RATE = 1_000_000_000
MAX_LIMIT = 1_000_000_000_000


def sensors(device_class: SensorDeviceClass, *, multiple: bool = False) -> EntitySelector:
    """Return sensors of one device class."""
    return EntitySelector(
        EntitySelectorConfig(
            filter={"domain": Platform.SENSOR, "device_class": device_class}, multiple=multiple, reorder=multiple
        )
    )


def powers() -> EntitySelector:
    """Return sensors of a power; those with a status may have it in an attribute."""
    return EntitySelector(
        EntitySelectorConfig(
            filter=[
                {"domain": Platform.SENSOR, "device_class": [SensorDeviceClass.POWER, SensorDeviceClass.ENUM]},
                {"domain": Platform.SENSOR, "unit_of_measurement": ["W", "kW", "mW"]},
            ]
        )
    )


def charges() -> EntitySelector:
    """Return sensors of a state of charge: some have no device class."""
    return EntitySelector(
        EntitySelectorConfig(
            filter=[
                {"domain": Platform.SENSOR, "device_class": SensorDeviceClass.BATTERY},
                {"domain": Platform.SENSOR, "unit_of_measurement": PERCENTAGE},
            ]
        )
    )


def any_sensor() -> EntitySelector:
    """Return all sensors: nothing marks those with a text that means something."""
    return EntitySelector(EntitySelectorConfig(filter={"domain": Platform.SENSOR}))


def numbers() -> EntitySelector:
    """Return numbers that can be set: many integrations give theirs no device class to filter by."""
    return EntitySelector(EntitySelectorConfig(filter={"domain": [Platform.NUMBER, INPUT_NUMBER]}))


def limits() -> EntitySelector:
    """Return what takes a current or a power: numbers, and selects with numbers as options."""
    domains = [Platform.NUMBER, INPUT_NUMBER, Platform.SELECT, INPUT_SELECT]
    return EntitySelector(EntitySelectorConfig(filter={"domain": domains}))


def selects() -> EntitySelector:
    """Return what is chosen from options."""
    return EntitySelector(EntitySelectorConfig(filter={"domain": [Platform.SELECT, INPUT_SELECT]}))


def buttons() -> EntitySelector:
    """Return what can be pressed."""
    return EntitySelector(EntitySelectorConfig(filter={"domain": [Platform.BUTTON, INPUT_BUTTON]}))


def choice(options: Sequence[str], translation_key: str) -> SelectSelector:
    """Return a choice between a few words that are translated."""
    return SelectSelector(
        SelectSelectorConfig(options=list(options), mode=SelectSelectorMode.DROPDOWN, translation_key=translation_key)
    )


def units(*known: str) -> SelectSelector:
    """Return a choice between units."""
    return SelectSelector(SelectSelectorConfig(options=list(known), mode=SelectSelectorMode.DROPDOWN))


def shown_options(options: Sequence[str], *, multiple: bool = False) -> SelectSelector:
    """Return a choice between what an entity shows; anything else may be typed, since not all tell all they have."""
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options), multiple=multiple, custom_value=True, mode=SelectSelectorMode.DROPDOWN
        )
    )


def texts() -> TextSelector:
    """Return several texts."""
    return TextSelector(TextSelectorConfig(multiple=True))


def readings(*, currents: bool = False, inverted: bool = True) -> dict[Any, Any]:
    """Return the fields that say how a power is told, where it is not one signed sensor.

    Args:
        currents: The power may be made of currents.
        inverted: Its directions may be exchanged here.
    """
    fields: dict[Any, Any] = {vol.Optional(CONF_POWER_EXPORT): powers()}
    if inverted:
        fields[vol.Optional(CONF_POWER_INVERTED, default=False)] = BooleanSelector()
    fields[vol.Optional(CONF_POWER_ATTRIBUTE)] = TextSelector()
    fields[vol.Optional(CONF_POWER_UNIT)] = units("W", "kW", "mW")
    if currents:
        fields[vol.Optional(CONF_CURRENT_ATTRIBUTES)] = texts()
        fields[vol.Optional(CONF_VOLTAGE, default=DEFAULT_VOLTAGE)] = number(50, 500, "V")
    return fields


def switches() -> EntitySelector:
    """Return a selector of switches, also virtual ones."""
    return EntitySelector(EntitySelectorConfig(filter={"domain": [Platform.SWITCH, INPUT_BOOLEAN]}))


def switches_and_selects() -> EntitySelector:
    """Return what has positions to choose from."""
    domains = [Platform.SWITCH, INPUT_BOOLEAN, Platform.SELECT, INPUT_SELECT]
    return EntitySelector(EntitySelectorConfig(filter={"domain": domains}))


def plugged_in() -> EntitySelector:
    """Return sensors that tell whether a car is there."""
    return EntitySelector(
        EntitySelectorConfig(
            filter=[
                {
                    "domain": Platform.BINARY_SENSOR,
                    "device_class": [
                        BinarySensorDeviceClass.PLUG,
                        BinarySensorDeviceClass.CONNECTIVITY,
                        BinarySensorDeviceClass.PRESENCE,
                        BinarySensorDeviceClass.OCCUPANCY,
                    ],
                },
                {"domain": INPUT_BOOLEAN},
            ]
        )
    )


def moments() -> EntitySelector:
    """Return entities that name a moment."""
    return EntitySelector(
        EntitySelectorConfig(
            filter=[
                {"domain": Platform.SENSOR, "device_class": SensorDeviceClass.TIMESTAMP},
                {"domain": [INPUT_DATETIME, Platform.DATETIME, Platform.TIME]},
            ]
        )
    )


def trackers() -> EntitySelector:
    """Return entities that tell whether something is at home."""
    return EntitySelector(
        EntitySelectorConfig(
            filter=[
                {"domain": [Platform.DEVICE_TRACKER, "person", INPUT_BOOLEAN]},
                {"domain": Platform.BINARY_SENSOR, "device_class": BinarySensorDeviceClass.PRESENCE},
            ]
        )
    )


def read_ids() -> EntitySelector:
    """Return entities that tell which card or car was read: nothing marks them."""
    domains = [Platform.SENSOR, Platform.EVENT, Platform.TEXT, "input_text"]
    return EntitySelector(EntitySelectorConfig(filter={"domain": domains}))


def other_meters(export: str, *, total: bool = True) -> dict[Any, Any]:
    """Return the fields of meters that do not have one signed sensor of power for each phase.

    Args:
        export: The field of what is fed in.
        total: Whether there are three phases that can be measured together.
    """
    fields: dict[Any, Any] = {vol.Optional(export): sensors(SensorDeviceClass.POWER, multiple=True)}
    if total:
        kinds = choice([each.value for each in MeterTotal], CONF_METER_TOTAL)
        fields[vol.Optional(CONF_METER_TOTAL, default=MeterTotal.PHASES.value)] = kinds
    return {vol.Optional(SECTION_METER): rarely(fields)}


def service_mode() -> SelectSelector:
    """Return what a vehicle does when a service asks for money."""
    return choice([mode.value for mode in Mode], "service_mode")


def number(lowest: float, highest: float, unit: str | None = None, *, step: float = 1) -> NumberSelector:
    """Return a number to type in."""
    config = NumberSelectorConfig(min=lowest, max=highest, step=step, mode=NumberSelectorMode.BOX)
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


def capacity(least: float = 1) -> NumberSelector:
    """Return the size of a battery."""
    return number(least, 1000, UnitOfEnergy.KILO_WATT_HOUR, step=0.1)


def percent() -> NumberSelector:
    """Return a percentage."""
    return NumberSelector(
        NumberSelectorConfig(min=0, max=100, step=1, unit_of_measurement=PERCENTAGE, mode=NumberSelectorMode.SLIDER)
    )


def feeder(field: str, feeders: Sequence[SelectOptionDict]) -> dict[Any, Any]:
    """Return which feeder something hangs on; nothing to choose where there is only the main one."""
    if not feeders:
        return {}
    config = SelectSelectorConfig(options=list(feeders), mode=SelectSelectorMode.DROPDOWN)
    return {vol.Required(field, default=MAIN_FEEDER): SelectSelector(config)}


def users(people: Sequence[SelectOptionDict]) -> SelectSelector:
    """Return some of the people who use this Home Assistant."""
    return SelectSelector(
        SelectSelectorConfig(options=list(people), multiple=True, mode=SelectSelectorMode.DROPDOWN, sort=True)
    )


def forecasts(*, multiple: bool = False) -> EntitySelector:
    """Return sensors that may carry a forecast: nothing marks them, so what they have is tested."""
    return EntitySelector(EntitySelectorConfig(filter={"domain": Platform.SENSOR}, multiple=multiple))


def phases(count: int) -> SelectSelector:
    """Return the phases of the feed, in the order in which the device is wired to them."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(phase) for phase in range(1, count + 1)],
            multiple=True,
            mode=SelectSelectorMode.LIST,
            translation_key=CONF_PHASES,
        )
    )


def place(phase_count: int, feeders: Sequence[SelectOptionDict], field: str = CONF_FEEDER) -> dict[Any, Any]:
    """Return on which phases of which feeder something hangs: all that there are, unless somebody says otherwise."""
    all_phases = [str(phase) for phase in range(1, phase_count + 1)]
    return {vol.Required(CONF_PHASES, default=all_phases): phases(phase_count), **feeder(field, feeders)}


def rarely(fields: Mapping[Any, Any]) -> section:
    """Return fields that few people need: they are there, and closed."""
    return section(vol.Schema(dict(fields)), {"collapsed": True})


def policy(
    modes: Sequence[PolicyMode], *, charged_above: bool = False, departs: bool = False, feeds_back: bool = False
) -> dict[Any, Any]:
    """Return how a participant answers when the feed runs short, and its conditions apart."""
    fields: dict[Any, Any] = {
        vol.Required(CONF_POLICY_MODE, default=PolicyMode.NEVER.value): choice(
            [mode.value for mode in modes], "policy_mode"
        ),
        vol.Required(CONF_MIN_RATE, default=0): amount(0, MAX_RATE, UNIT_MI_PER_KWH),
    }
    conditions: dict[Any, Any] = {}
    if charged_above:
        conditions[vol.Optional(CONF_CHARGED_ABOVE, default=DEFAULT_CHARGED_ABOVE)] = percent()
        conditions[vol.Optional(CONF_REQUIRE_CHARGED)] = BooleanSelector()
    if departs:
        conditions[vol.Optional(CONF_REQUIRE_DEPARTURE)] = BooleanSelector()
    if feeds_back:
        conditions[vol.Optional(CONF_V2G_FLOOR_SOC)] = percent()
    if conditions:
        fields[vol.Optional(SECTION_CONDITIONS)] = rarely(conditions)
    return fields

"""What a preset file may hold, and what is made of it.

The roles of entities and the names of values are the keys that forms and config entries use.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import voluptuous as vol

from ...const import (
    CONF_BATTERY_KWH,
    CONF_CHARGE_SETPOINT,
    CONF_CONNECTED,
    CONF_CONTROL,
    CONF_CURRENT_ATTRIBUTES,
    CONF_CURRENT_LIMIT,
    CONF_CURRENTS,
    CONF_DEPARTURE_ENTITY,
    CONF_DISCHARGE_CURRENT,
    CONF_DISCHARGE_SETPOINT,
    CONF_ENABLE,
    CONF_ENABLE_PAUSES,
    CONF_ENERGY,
    CONF_ENERGY_OUT,
    CONF_FAIL_SAFE,
    CONF_ID_SENSOR,
    CONF_KEEP_ALIVE,
    CONF_LEARN_PHASES,
    CONF_LIMIT_FULL,
    CONF_LIMIT_UNIT,
    CONF_MAX_AGE,
    CONF_MAX_CHARGE_W,
    CONF_MAX_CURRENT,
    CONF_MAX_DISCHARGE_CURRENT,
    CONF_MAX_DISCHARGE_W,
    CONF_METER_CURRENT_SENSORS,
    CONF_METER_EXPORT_SENSORS,
    CONF_METER_MAX_AGE,
    CONF_METER_POWER_SENSORS,
    CONF_METER_TOTAL,
    CONF_MIN_CURRENT,
    CONF_MIN_SOC,
    CONF_MODE_CHARGE,
    CONF_MODE_DISCHARGE,
    CONF_MODE_HOLD,
    CONF_MODE_RELEASE,
    CONF_MODE_SELECT,
    CONF_PAUSE_ACTIONS,
    CONF_PAUSE_OPTION,
    CONF_PAUSE_SELECT,
    CONF_PHASE_ACTIONS,
    CONF_PHASE_HOLD,
    CONF_PHASE_OPTION_ONE,
    CONF_PHASE_OPTION_THREE,
    CONF_PHASE_PAUSES,
    CONF_PHASE_SWITCH,
    CONF_POWER,
    CONF_POWER_ATTRIBUTE,
    CONF_POWER_EXPORT,
    CONF_POWER_INVERTED,
    CONF_POWER_SETPOINT,
    CONF_POWER_UNIT,
    CONF_PRODUCTION_NEGATIVE,
    CONF_RELEASE_ACTIONS,
    CONF_RESUME_ACTIONS,
    CONF_RESUME_OPTION,
    CONF_SAFE_CURRENT,
    CONF_SET_ACTIONS,
    CONF_SETPOINT_INVERTED,
    CONF_SOC,
    CONF_STATUS,
    CONF_STATUS_MAP,
    CONF_STEP,
    CONF_TRACKER,
    CONF_TRIGGER,
    CONF_VOLTAGE,
    CONF_WRITE_INTERVAL,
    CONF_ZERO_PAUSES,
    SUBENTRY_BATTERY,
    SUBENTRY_CHARGER,
    SUBENTRY_SOLAR,
    SUBENTRY_VEHICLE,
)

KIND_CHARGER: Final = SUBENTRY_CHARGER
KIND_BATTERY: Final = SUBENTRY_BATTERY
KIND_SOLAR: Final = SUBENTRY_SOLAR
KIND_VEHICLE: Final = SUBENTRY_VEHICLE
KIND_METER: Final = "meter"

#: What a note can say; the sentences are translated.
NOTES: Final = frozenset(
    {
        "cloud",
        "flash",
        "manual_mode",
        "modes_only",
        "no_direction",
        "old_soc",
        "on_change",
        "only_on_off",
        "power_unknown_idle",
        "setpoint_at_inverter",
        "shared_limit",
        "slow_meter",
        "switch_away",
        "total_of_phases",
        "wakes_car",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFields:
    """What a preset of one kind can fill in.

    Attributes:
        roles: Fields with one entity.
        lists: Fields with several entities, in the order of the phases.
        values: Fields with a figure, a choice or a whole structure.
        required: The roles without which a device is none of this kind; a preset may name others.
    """

    roles: frozenset[str]
    lists: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()


#: How a power is read, of any device that has one.
_POWER_ROLES: Final = frozenset({CONF_POWER, CONF_POWER_EXPORT})
_POWER_VALUES: Final = frozenset(
    {CONF_POWER_ATTRIBUTE, CONF_POWER_UNIT, CONF_CURRENT_ATTRIBUTES, CONF_VOLTAGE, CONF_POWER_INVERTED}
)
_CONTROL_VALUES: Final = frozenset({CONF_CONTROL, CONF_LIMIT_UNIT, CONF_LIMIT_FULL, CONF_SET_ACTIONS, CONF_KEEP_ALIVE})

KINDS: Final[Mapping[str, KindFields]] = {
    KIND_CHARGER: KindFields(
        roles=_POWER_ROLES
        | {
            CONF_CURRENT_LIMIT,
            CONF_ENABLE,
            CONF_PAUSE_SELECT,
            CONF_PHASE_SWITCH,
            CONF_CONNECTED,
            CONF_STATUS,
            CONF_ENERGY,
            CONF_ENERGY_OUT,
            CONF_SOC,
            CONF_DEPARTURE_ENTITY,
            CONF_DISCHARGE_CURRENT,
            CONF_FAIL_SAFE,
            CONF_ID_SENSOR,
        },
        lists=frozenset({CONF_CURRENTS}),
        values=_POWER_VALUES
        | _CONTROL_VALUES
        | {
            CONF_STATUS_MAP,
            CONF_ENABLE_PAUSES,
            CONF_PAUSE_OPTION,
            CONF_RESUME_OPTION,
            CONF_PAUSE_ACTIONS,
            CONF_RESUME_ACTIONS,
            CONF_ZERO_PAUSES,
            CONF_PHASE_OPTION_ONE,
            CONF_PHASE_OPTION_THREE,
            CONF_PHASE_ACTIONS,
            CONF_PHASE_HOLD,
            CONF_PHASE_PAUSES,
            CONF_MIN_CURRENT,
            CONF_MAX_CURRENT,
            CONF_SAFE_CURRENT,
            CONF_MAX_DISCHARGE_CURRENT,
            CONF_STEP,
            CONF_WRITE_INTERVAL,
            CONF_MAX_AGE,
            CONF_LEARN_PHASES,
        },
        required=frozenset({CONF_POWER, CONF_CURRENT_LIMIT}),
    ),
    KIND_BATTERY: KindFields(
        roles=_POWER_ROLES
        | {
            CONF_SOC,
            CONF_POWER_SETPOINT,
            CONF_CHARGE_SETPOINT,
            CONF_DISCHARGE_SETPOINT,
            CONF_MODE_SELECT,
            CONF_TRIGGER,
            CONF_ENABLE,
        },
        lists=frozenset({CONF_CURRENTS}),
        values=_POWER_VALUES
        | _CONTROL_VALUES
        | {
            CONF_WRITE_INTERVAL,
            CONF_RELEASE_ACTIONS,
            CONF_MODE_CHARGE,
            CONF_MODE_DISCHARGE,
            CONF_MODE_HOLD,
            CONF_MODE_RELEASE,
            CONF_ENABLE_PAUSES,
            CONF_BATTERY_KWH,
            CONF_MAX_CHARGE_W,
            CONF_MAX_DISCHARGE_W,
            CONF_MIN_SOC,
            CONF_SETPOINT_INVERTED,
        },
        required=frozenset({CONF_POWER, CONF_SOC, CONF_POWER_SETPOINT}),
    ),
    KIND_METER: KindFields(
        roles=frozenset(),
        lists=frozenset({CONF_METER_POWER_SENSORS, CONF_METER_CURRENT_SENSORS, CONF_METER_EXPORT_SENSORS}),
        values=frozenset({CONF_METER_MAX_AGE, CONF_METER_TOTAL}),
    ),
    KIND_SOLAR: KindFields(
        roles=_POWER_ROLES,
        lists=frozenset({CONF_CURRENTS}),
        values=(_POWER_VALUES - {CONF_POWER_INVERTED}) | {CONF_PRODUCTION_NEGATIVE},
        required=frozenset({CONF_POWER}),
    ),
    KIND_VEHICLE: KindFields(
        roles=frozenset({CONF_SOC, CONF_DEPARTURE_ENTITY, CONF_TRACKER}),
        values=frozenset({CONF_BATTERY_KWH}),
        required=frozenset({CONF_SOC}),
    ),
}
#: Figures that make it better; without them a device is used all the same.
SPARE: Final = frozenset(
    {
        CONF_STATUS_MAP,
        CONF_PAUSE_OPTION,
        CONF_RESUME_OPTION,
        CONF_MODE_CHARGE,
        CONF_MODE_DISCHARGE,
        CONF_MODE_HOLD,
        CONF_MODE_RELEASE,
        CONF_PHASE_OPTION_ONE,
        CONF_PHASE_OPTION_THREE,
        CONF_PHASE_ACTIONS,
        CONF_PHASE_HOLD,
        CONF_PHASE_PAUSES,
        CONF_METER_MAX_AGE,
        CONF_WRITE_INTERVAL,
    }
)


class PresetError(Exception):
    """A preset file is not what it should be; the text names the file and the place in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """How an entity is told from the others of its device; what is None may be anything.

    Attributes:
        domain: sensor, number, switch and so on.
        translation_key: The key by which its integration names it.
        unique_id: A pattern with `*` for what differs from device to device.
        name: The same for the name that its integration gives it, in any case.
        device_class: The class that its integration gives it.
        unit: The unit that it shows.
        integration: Where it is not the device's own: the only entity like it of that integration.
    """

    domain: str
    translation_key: str | None = None
    unique_id: str | None = None
    name: str | None = None
    device_class: str | None = None
    unit: str | None = None
    integration: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePattern:
    """Which devices of an integration are meant: one of the patterns of each, in which `*` stands for any text.

    Without patterns it may be anything. Upper and lower case are the same.
    """

    manufacturer: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    model_id: tuple[str, ...] = ()
    identifier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What is known of one kind of device of an integration.

    Attributes:
        name: What people call it.
        file: The file that it comes from.
        kind: One of `KINDS`.
        integrations: The integrations whose devices are meant.
        device: Which of their devices.
        entities: By role the patterns of an entity, the best first; of lists such patterns for each phase.
        others: By name the patterns of entities that no field takes, and that the values name.
        values: What else is filled in. In texts `${role}` stands for an entity, `${device}` for the device.
        required: The roles without which it is another device.
        notes: What should be known about it: keys of translated sentences.
    """

    name: str
    file: str
    kind: str
    integrations: tuple[str, ...]
    device: DevicePattern
    entities: Mapping[str, tuple[tuple[Pattern, ...], ...]]
    others: Mapping[str, tuple[Pattern, ...]]
    values: Mapping[str, Any]
    required: frozenset[str]
    notes: tuple[str, ...]

    def suits(self, fields: Collection[str]) -> bool:
        """Return whether a form with these fields can take what it cannot do without."""
        return (self.required | (self.values.keys() - SPARE)) <= set(fields)


_TEXT: Final = vol.All(str, vol.Length(min=1))
_TEXTS: Final = vol.Any(_TEXT, vol.All([_TEXT], vol.Length(min=1)))
_PATTERN: Final = vol.Schema(
    {
        vol.Required("domain"): _TEXT,
        vol.Optional("translation_key"): _TEXT,
        vol.Optional("unique_id"): _TEXT,
        vol.Optional("name"): _TEXT,
        vol.Optional("device_class"): _TEXT,
        vol.Optional("unit"): _TEXT,
        vol.Optional("integration"): _TEXT,
    }
)
_ENTITY: Final = vol.Any(_PATTERN, vol.Schema({vol.Required("any_of"): vol.All([_PATTERN], vol.Length(min=1))}))
_DEVICE: Final = vol.Schema(
    {
        vol.Required("kind"): vol.In(sorted(KINDS)),
        vol.Optional("name"): _TEXT,
        vol.Optional("device", default=dict): vol.Schema(
            {
                vol.Optional("manufacturer"): _TEXTS,
                vol.Optional("model"): _TEXTS,
                vol.Optional("model_id"): _TEXTS,
                vol.Optional("identifier"): _TEXTS,
            }
        ),
        vol.Required("entities"): vol.Schema({_TEXT: vol.Any(vol.All([_ENTITY], vol.Length(min=1)), _ENTITY)}),
        vol.Optional("others", default=dict): vol.Schema({_TEXT: _ENTITY}),
        vol.Optional("values", default=dict): vol.Schema({_TEXT: object}),
        vol.Optional("required"): vol.All([_TEXT], vol.Length(min=1)),
        vol.Optional("notes", default=list): [vol.In(sorted(NOTES))],
    }
)
FILE_SCHEMA: Final = vol.Schema(
    {
        vol.Required("name"): _TEXT,
        vol.Required("integration"): _TEXTS,
        vol.Required("source"): vol.All(
            [
                vol.Schema(
                    {
                        vol.Required("repository"): _TEXT,
                        vol.Optional("commit"): vol.All(str, vol.Match(r"^[0-9a-f]{40}$")),
                        vol.Required("paths"): vol.All([_TEXT], vol.Length(min=1)),
                    }
                )
            ],
            vol.Length(min=1),
        ),
        vol.Required("devices"): vol.All([_DEVICE], vol.Length(min=1)),
    }
)


def presets_from(file: str, raw: object) -> tuple[Preset, ...]:
    """Return the presets of a file, in its order.

    Args:
        file: What to call it in an error.
        raw: What its JSON holds.

    Raises:
        PresetError: It is not what `FILE_SCHEMA` and `KINDS` say.
    """
    try:
        content = FILE_SCHEMA(raw)
    except vol.Invalid as error:
        where = "".join(f"[{step!r}]" for step in error.path)
        raise PresetError(f"{file}{where}: {error.msg}") from error
    integrations = _texts(content["integration"])
    return tuple(_preset(file, content["name"], integrations, each) for each in content["devices"])


def _preset(file: str, name: str, integrations: tuple[str, ...], device: Mapping[str, Any]) -> Preset:
    kind = device["kind"]
    fields = KINDS[kind]
    entities = {}
    for role, entity in device["entities"].items():
        if isinstance(entity, list) != (role in fields.lists) or role not in fields.roles | fields.lists:
            known = ", ".join(sorted(fields.roles | {f"[{each}]" for each in fields.lists}))
            raise PresetError(f"{file}: a {kind} has no {role} of this form; known are {known}")
        entities[role] = tuple(_patterns(each) for each in (entity if isinstance(entity, list) else [entity]))
    if unknown := device["values"].keys() - fields.values:
        known = ", ".join(sorted(fields.values))
        raise PresetError(f"{file}: a {kind} has no {', '.join(sorted(unknown))}; known are {known}")
    required = frozenset(device.get("required", fields.required or entities))
    if missing := required - entities.keys():
        raise PresetError(f"{file}: a {kind} needs {', '.join(sorted(missing))}")
    return Preset(
        name=device.get("name", name),
        file=file,
        kind=kind,
        integrations=integrations,
        device=DevicePattern(**{name: _texts(patterns) for name, patterns in device["device"].items()}),
        entities=entities,
        others={name: _patterns(each) for name, each in device["others"].items()},
        values=device["values"],
        required=required,
        notes=tuple(device["notes"]),
    )


def _patterns(entity: Mapping[str, Any]) -> tuple[Pattern, ...]:
    each: Sequence[Mapping[str, Any]] = entity.get("any_of", [entity])
    return tuple(Pattern(**pattern) for pattern in each)


def _texts(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)

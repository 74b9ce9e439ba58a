"""How a device is read and how it is told: the data of a subentry, checked and given types.

The data are flat, one key for each field; every key but those of today's charger, battery, household and solar system
is optional, and data without them mean what they always did. A preset fills in the same keys.

What is read, of any device:
    power, power_export, power_inverted: The sensor of its power in any unit of power. It is signed, unless
        `power_export` is the sensor of what flows the other way. `power_inverted` exchanges the directions (of a solar
        system it is `production_negative` instead).
    power_attribute, power_unit: Read an attribute of `power` instead of its state; the unit of what has none.
    currents, current_attributes, voltage: Sensors of the currents of L1, L2, L3, or one sensor with as many
        attributes. Without `power` the power is the sum of them times `voltage` (230 V unless said).
    soc: The sensor of a state of charge, with or without a device class.

What is read of a charger besides:
    connected: A binary sensor that is on while a car is there.
    status, status_map: A sensor with text in it, and what each text means, by text: one of `Status`. Texts that are
        missing in the map mean nothing.

How a charger is told (`control`):
    limit: (also when there is no `control`) `current_limit` is a number or a select. `limit_unit` is A (unless said),
        W, kW or %: whatever is in a unit of another kind is not written to. 100 % is `limit_full` A per phase (its
        greatest current unless said). Options of a select are numbers, with a unit or without.
    actions: `set_actions` is a list of actions with `amps` (per phase), `watts` (all phases in use) and `phases` (how
        many are in use) as variables.
    on_off: It has no limit: it is paused, or charges with its greatest current, which is then its least one as well.

How a charger is paused; the first one that is there:
    enable, enable_pauses: A switch that is on while it may charge; with `enable_pauses` on while it is paused.
    pause_select, pause_option, resume_option: A select, and the options that pause and that let it charge.
    pause_actions, resume_actions: Actions. Without `resume_actions` telling a current resumes.
    zero_pauses: Being told 0 A pauses it (yes unless said; a number whose least value is above 0 cannot be told).

Its phases, where it can be changed over between all three and the first of them:
    phase_switch, phase_option_one, phase_option_three: A switch that is on for three phases, or a select with an option
        for each.
    phase_actions: Actions instead, with `phases` (1 or 3).
    phase_hold: So long at least it stays with what it has, s.
    phase_pauses: It is paused before, and goes on after (yes unless said).

How a home battery is told (`control`):
    power: (also when there is no `control`) `power_setpoint` is one signed number, charging positive unless
        `setpoint_inverted`.
    two_numbers: `charge_setpoint` and `discharge_setpoint`: two numbers from 0, one of which is 0.
    maxima: The same two fields, but they are the most that it may do by itself. They are put back as they were.
    actions: `set_actions` with `watts` (charging positive), `charge_watts` and `discharge_watts`, and
        `release_actions`, which give it back to itself.
    modes: `mode_select` alone, no power.
    `limit_unit` is W (unless said), kW or %; 100 % is `limit_full` W (its greatest power unless said).
    mode_select, mode_charge, mode_discharge, mode_hold, mode_release: A select that is set with each power: the options
        for charging, for discharging, for 0 W and for giving it back to itself (unless said: what it was before).
    trigger: A button that is pressed after all that: some take nothing before.
    enable, enable_pauses: A switch that is on while it is told from here.

A load of a household (`loads`, a list; who stands last goes off first and comes back last):
    entity, rated_w: Its switch, and what it takes while it runs, W.
    off_when: One of `LoadUse` (asked unless said).
    least_on, least_off: So long it stays on, and off, at least, s.

When it is told, of both:
    write_interval: The least time between two that raise it, s.
    keep_alive: What it was told last is told again after this, s: limits that lapse.

Meters, in the data of the island (`meter`: lists by `power` or `current`, and `export`) and of a feeder
(`meter_power`, `meter_current`, `meter_export`):
    export: For each sensor of power the one of what is fed in, where the meter does not tell one signed number.
    meter_total: What the one sensor of power measures: `feeders.MeterTotal` (a phase unless said).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from homeassistant.const import PERCENTAGE, UnitOfElectricCurrent, UnitOfPower

from ..const import (
    CONF_CHARGE_SETPOINT,
    CONF_CONNECTED,
    CONF_CONTROL,
    CONF_CURRENT_ATTRIBUTES,
    CONF_CURRENT_LIMIT,
    CONF_CURRENTS,
    CONF_DISCHARGE_SETPOINT,
    CONF_ENABLE,
    CONF_ENABLE_PAUSES,
    CONF_KEEP_ALIVE,
    CONF_LIMIT_FULL,
    CONF_LIMIT_UNIT,
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
    CONF_RELEASE_ACTIONS,
    CONF_RESUME_ACTIONS,
    CONF_RESUME_OPTION,
    CONF_SET_ACTIONS,
    CONF_SETPOINT_INVERTED,
    CONF_STATUS,
    CONF_STATUS_MAP,
    CONF_TRIGGER,
    CONF_VOLTAGE,
    CONF_ZERO_PAUSES,
    DEFAULT_PHASE_HOLD,
    DEFAULT_VOLTAGE,
)

type Data = Mapping[str, Any]
type Actions = tuple[Mapping[str, Any], ...]

LIMIT_UNITS: Final = (UnitOfElectricCurrent.AMPERE, UnitOfPower.WATT, UnitOfPower.KILO_WATT, PERCENTAGE)
_POWERS: Final = frozenset({UnitOfPower.WATT, UnitOfPower.KILO_WATT})
_PHASE_COUNTS: Final = (1, 3)


class ShapeError(Exception):
    """What was entered does not fit together.

    Attributes:
        field: The key of the data that is wrong or missing.
        key: The key of a message that says what to do.
    """

    def __init__(self, field: str, key: str) -> None:
        super().__init__(f"{field}: {key}")
        self.field = field
        self.key = key


class ChargerControl(StrEnum):
    """How a charger is told what it may draw."""

    LIMIT = "limit"
    ACTIONS = "actions"
    ON_OFF = "on_off"


class BatteryControl(StrEnum):
    """How a home battery is told what to do."""

    POWER = "power"
    TWO_NUMBERS = "two_numbers"
    MAXIMA = "maxima"
    ACTIONS = "actions"
    MODES = "modes"


class LoadUse(StrEnum):
    """When a load of a household may be off: while it helps and is paid, while the fuse is short, or both."""

    ASKED = "asked"
    FUSE = "fuse"
    BOTH = "both"


class Status(StrEnum):
    """What the status of a charger means."""

    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    CHARGING = "charging"
    FINISHED = "finished"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSource:
    """Where the power of a device is read.

    Attributes:
        power: A sensor; None: the power is made of currents.
        export: A sensor of what flows the other way.
        inverted: The directions are exchanged.
        attribute: The attribute of `power` to read instead of its state.
        unit: The unit of what has none.
        currents: Sensors of the currents of its phases.
        current_attributes: Attributes of the one sensor in `currents`.
        voltage_v: The voltage between a phase and neutral, V.
    """

    power: str | None = None
    export: str | None = None
    inverted: bool = False
    attribute: str | None = None
    unit: str | None = None
    currents: tuple[str, ...] = ()
    current_attributes: tuple[str, ...] = ()
    voltage_v: float = float(DEFAULT_VOLTAGE)

    @property
    def entity_ids(self) -> tuple[str, ...]:
        """The sensors, those first whose silence is the silence of the power."""
        return tuple(each for each in (self.power, self.export, *self.currents) if each is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSource:
    """A sensor with text in it, and what the texts mean."""

    entity_id: str
    meanings: Mapping[str, Status]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """How a charger is paused and let go again; all None: by 0 A, where `zero` says so.

    Attributes:
        switch: A switch that lets it charge.
        inverted: The switch is on while it is paused.
        select: A select.
        pause_option: Its option that pauses.
        resume_option: Its option that lets it charge.
        pause_actions: Actions that pause.
        resume_actions: Actions that let it charge; none: telling it a current does.
        zero: Whether being told 0 A pauses it.
    """

    switch: str | None = None
    inverted: bool = False
    select: str | None = None
    pause_option: str | None = None
    resume_option: str | None = None
    pause_actions: Actions = ()
    resume_actions: Actions = ()
    zero: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChange:
    """How a charger is changed over between one phase and three.

    Attributes:
        entity_id: A switch that is on for three, or a select; None: `actions`.
        one: The option for one phase.
        three: The option for three.
        actions: Actions with `phases`.
        hold_s: It stays with what it has for this long at least, s.
        pauses: It is paused for that.
    """

    entity_id: str | None = None
    one: str | None = None
    three: str | None = None
    actions: Actions = ()
    hold_s: float = float(DEFAULT_PHASE_HOLD)
    pauses: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerShape:
    """How a charger is read and told."""

    power: PowerSource
    connected: str | None = None
    status: StatusSource | None = None
    control: ChargerControl = ChargerControl.LIMIT
    limit: str | None = None
    limit_unit: str | None = None
    limit_full: float | None = None
    set_actions: Actions = ()
    pause: Pause = field(default_factory=Pause)
    phases: PhaseChange | None = None
    keep_alive_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """The select of a battery's mode, and its options; None: it is left as it is, at release put back as it was."""

    entity_id: str
    charge: str | None = None
    discharge: str | None = None
    hold: str | None = None
    release: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryShape:
    """How a home battery is read and told."""

    power: PowerSource
    control: BatteryControl = BatteryControl.POWER
    setpoint: str | None = None
    setpoint_inverted: bool = False
    charge: str | None = None
    discharge: str | None = None
    limit_unit: str | None = None
    limit_full: float | None = None
    set_actions: Actions = ()
    release_actions: Actions = ()
    modes: Modes | None = None
    trigger: str | None = None
    enable: str | None = None
    enable_inverted: bool = False
    keep_alive_s: float | None = None


def power_source(data: Data, *, inverted: bool | None = None) -> PowerSource:
    """Return where a power is read.

    Args:
        data: The data of a subentry.
        inverted: Whether directions are exchanged; None: what the data say.

    Raises:
        ShapeError: There is neither a power nor currents, or what belongs to them does not fit.
    """
    power = data.get(CONF_POWER)
    currents = tuple(data.get(CONF_CURRENTS) or ())
    attributes = tuple(data.get(CONF_CURRENT_ATTRIBUTES) or ())
    if power is None and not currents:
        raise ShapeError(CONF_POWER, "power_or_currents")
    if power is None:
        for needs_power in (CONF_POWER_EXPORT, CONF_POWER_ATTRIBUTE):
            if data.get(needs_power) is not None:
                raise ShapeError(needs_power, "needs_power")
    if attributes and len(currents) != 1:
        raise ShapeError(CONF_CURRENT_ATTRIBUTES, "attributes_of_one_sensor")
    if currents and len(attributes or currents) not in _PHASE_COUNTS:
        raise ShapeError(CONF_CURRENTS, "currents_count")
    return PowerSource(
        power=power,
        export=data.get(CONF_POWER_EXPORT),
        inverted=bool(data.get(CONF_POWER_INVERTED, False)) if inverted is None else inverted,
        attribute=data.get(CONF_POWER_ATTRIBUTE),
        unit=data.get(CONF_POWER_UNIT),
        currents=currents,
        current_attributes=attributes,
        voltage_v=float(data.get(CONF_VOLTAGE, DEFAULT_VOLTAGE)),
    )


def charger_shape(data: Data) -> ChargerShape:
    """Return how a charger is read and told.

    Raises:
        ShapeError: Something is missing, or does not fit.
    """
    control = _one_of(ChargerControl, data)
    limit = data.get(CONF_CURRENT_LIMIT)
    if control is ChargerControl.LIMIT and limit is None:
        raise ShapeError(CONF_CURRENT_LIMIT, "limit_missing")
    pause = _pause(data)
    by_actions = pause.pause_actions and pause.resume_actions
    if control is ChargerControl.ON_OFF and not (pause.switch or pause.select or by_actions):
        raise ShapeError(CONF_ENABLE, "on_off_needs_pause")
    return ChargerShape(
        power=power_source(data),
        connected=data.get(CONF_CONNECTED),
        status=_status(data),
        control=control,
        limit=limit if control is ChargerControl.LIMIT else None,
        limit_unit=_limit_unit(data, LIMIT_UNITS),
        limit_full=_positive(data, CONF_LIMIT_FULL),
        set_actions=_actions(data, CONF_SET_ACTIONS, needed=control is ChargerControl.ACTIONS),
        pause=pause,
        phases=phase_change(data),
        keep_alive_s=_positive(data, CONF_KEEP_ALIVE),
    )


def is_limit_undivided(data: Data) -> bool:
    """Return whether a charger is told a power for all phases together, and measures none of them by itself."""
    if data.get(CONF_CURRENTS):
        return False
    if data.get(CONF_CONTROL, ChargerControl.LIMIT) == ChargerControl.ACTIONS:
        return "watts" in json.dumps(data.get(CONF_SET_ACTIONS), default=str)
    return data.get(CONF_LIMIT_UNIT) in _POWERS


def battery_shape(data: Data) -> BatteryShape:
    """Return how a home battery is read and told.

    Raises:
        ShapeError: Something is missing, or does not fit.
    """
    control = _one_of(BatteryControl, data)
    needed: tuple[str, ...] = {
        BatteryControl.POWER: (CONF_POWER_SETPOINT,),
        BatteryControl.TWO_NUMBERS: (CONF_CHARGE_SETPOINT, CONF_DISCHARGE_SETPOINT),
        BatteryControl.MAXIMA: (CONF_CHARGE_SETPOINT, CONF_DISCHARGE_SETPOINT),
        BatteryControl.ACTIONS: (CONF_SET_ACTIONS, CONF_RELEASE_ACTIONS),
        BatteryControl.MODES: (CONF_MODE_SELECT, CONF_MODE_HOLD),
    }[control]
    for key in needed:
        if not data.get(key):
            raise ShapeError(key, "control_incomplete")
    return BatteryShape(
        power=power_source(data),
        control=control,
        setpoint=data.get(CONF_POWER_SETPOINT) if control is BatteryControl.POWER else None,
        setpoint_inverted=bool(data.get(CONF_SETPOINT_INVERTED, False)),
        charge=data.get(CONF_CHARGE_SETPOINT),
        discharge=data.get(CONF_DISCHARGE_SETPOINT),
        limit_unit=_limit_unit(data, LIMIT_UNITS[1:]),
        limit_full=_positive(data, CONF_LIMIT_FULL),
        set_actions=_actions(data, CONF_SET_ACTIONS),
        release_actions=_actions(data, CONF_RELEASE_ACTIONS),
        modes=_modes(data),
        trigger=data.get(CONF_TRIGGER),
        enable=data.get(CONF_ENABLE),
        enable_inverted=bool(data.get(CONF_ENABLE_PAUSES, False)),
        keep_alive_s=_positive(data, CONF_KEEP_ALIVE),
    )


def can_be_forced(data: Data) -> bool:
    """Return whether a home battery can be told to feed back, and not only be allowed to."""
    return _one_of(BatteryControl, data) not in {BatteryControl.MAXIMA, BatteryControl.MODES}


def _pause(data: Data) -> Pause:
    select, pause, resume = (data.get(key) for key in (CONF_PAUSE_SELECT, CONF_PAUSE_OPTION, CONF_RESUME_OPTION))
    if select is not None and (pause is None or resume is None or pause == resume):
        raise ShapeError(CONF_PAUSE_OPTION, "options_missing")
    if select is not None and data.get(CONF_ENABLE) is not None:
        raise ShapeError(CONF_PAUSE_SELECT, "pause_twice")
    return Pause(
        switch=data.get(CONF_ENABLE),
        inverted=bool(data.get(CONF_ENABLE_PAUSES, False)),
        select=select,
        pause_option=pause,
        resume_option=resume,
        pause_actions=_actions(data, CONF_PAUSE_ACTIONS),
        resume_actions=_actions(data, CONF_RESUME_ACTIONS),
        zero=bool(data.get(CONF_ZERO_PAUSES, True)),
    )


def phase_change(data: Data) -> PhaseChange | None:
    """Return how a charger is changed over between one phase and three; None: it is not.

    Raises:
        ShapeError: Something is missing, or does not fit.
    """
    entity_id, actions = data.get(CONF_PHASE_SWITCH), _actions(data, CONF_PHASE_ACTIONS)
    if entity_id is None and not actions:
        return None
    one, three = data.get(CONF_PHASE_OPTION_ONE), data.get(CONF_PHASE_OPTION_THREE)
    is_select = entity_id is not None and entity_id.partition(".")[0] in {"select", "input_select"}
    if is_select and (one is None or three is None or one == three):
        raise ShapeError(CONF_PHASE_OPTION_ONE, "options_missing")
    hold_s = _positive(data, CONF_PHASE_HOLD)
    return PhaseChange(
        entity_id=entity_id,
        one=one,
        three=three,
        actions=actions,
        hold_s=float(DEFAULT_PHASE_HOLD) if hold_s is None else hold_s,
        pauses=bool(data.get(CONF_PHASE_PAUSES, True)),
    )


def _modes(data: Data) -> Modes | None:
    if (entity_id := data.get(CONF_MODE_SELECT)) is None:
        return None
    return Modes(
        entity_id=entity_id,
        charge=data.get(CONF_MODE_CHARGE),
        discharge=data.get(CONF_MODE_DISCHARGE),
        hold=data.get(CONF_MODE_HOLD),
        release=data.get(CONF_MODE_RELEASE),
    )


def _status(data: Data) -> StatusSource | None:
    if (entity_id := data.get(CONF_STATUS)) is None:
        return None
    try:
        meanings = {str(text): Status(meaning) for text, meaning in (data.get(CONF_STATUS_MAP) or {}).items()}
    except ValueError:
        raise ShapeError(CONF_STATUS_MAP, "status_meaning") from None
    return StatusSource(entity_id=entity_id, meanings=meanings)


def _one_of[T: StrEnum](kind: type[T], data: Data) -> T:
    default = next(iter(kind))
    try:
        return kind(data.get(CONF_CONTROL, default))
    except ValueError:
        raise ShapeError(CONF_CONTROL, "control_unknown") from None


def _actions(data: Data, key: str, *, needed: bool = False) -> Actions:
    actions = data.get(key) or ()
    if needed and not actions:
        raise ShapeError(key, "actions_missing")
    if not isinstance(actions, list | tuple) or not all(isinstance(each, Mapping) for each in actions):
        raise ShapeError(key, "actions_invalid")
    return tuple(actions)


def _limit_unit(data: Data, units: tuple[str, ...]) -> str | None:
    unit: str | None = data.get(CONF_LIMIT_UNIT)
    if unit is not None and unit not in units:
        raise ShapeError(CONF_LIMIT_UNIT, "limit_unit_unknown")
    return unit


def _positive(data: Data, key: str) -> float | None:
    if (value := data.get(key)) is None:
        return None
    if not isinstance(value, int | float) or value <= 0:
        raise ShapeError(key, "not_positive")
    return float(value)

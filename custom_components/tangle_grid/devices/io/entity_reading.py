"""Home Assistant states -> numbers in the grid's units, with their age.

A value is only worth as much as its age is known. `State.last_reported` says when the device last spoke, also when
it repeated itself; `State.last_changed` says when the value last moved. Anything that is not a finite number in a
unit that can be converted is None, never 0: a missing meter must not look like an idle one. Nothing here raises,
whatever stands in a state: other people's code wrote it.
"""

import math
import re
from collections.abc import Callable, Container, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_UNIT_OF_MEASUREMENT,
    PERCENTAGE,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    UnitOfElectricCurrent,
    UnitOfEnergy,
    UnitOfPower,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import (
    BaseUnitConverter,
    ElectricCurrentConverter,
    EnergyConverter,
    PowerConverter,
)

from ...grid.model.world import PhaseReading, PhaseTriple
from .sign_of_life import async_relatives

NOMINAL_VOLTAGE_V: Final = 230.0
PHASE_COUNT: Final = 3

type ToGridTime = Callable[[datetime], float]
"""Grid time (epoch seconds) of a moment that Home Assistant recorded; a simulated street's runs faster."""

_DEAD_STATES: Final = {STATE_UNAVAILABLE, STATE_UNKNOWN}
#: Python reads more as a number than devices write: "1_000", digits of other scripts.
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TIME_OF_DAY: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?", re.ASCII)
#: No feed has a gigawatt or as many amperes: beyond it stand overflows and codes for "no value".
_ABSURD: Final = 1e9
#: A moment in another century is a device's word for "none"; epoch seconds of 2000 and 2100.
_MOMENTS: Final = (946_684_800.0, 4_102_444_800.0)


class Sample(NamedTuple):
    """One number with its age, in grid time (epoch seconds)."""

    value: float
    at: float
    changed_at: float

    def negated(self) -> Sample:
        """Return the same sample counted in the other direction."""
        return self._replace(value=-self.value)


def live_state(hass: HomeAssistant, entity_id: str) -> State | None:
    """Return the state of an entity, or None while it has nothing to say."""
    state = hass.states.get(entity_id)
    return None if state is None or state.state in _DEAD_STATES else state


def finite_number(text: str) -> float | None:
    """Return a finite number in plain digits, or None."""
    text = text.strip()
    if _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def convert(value: float, unit: object, to: str, converter: type[BaseUnitConverter]) -> float | None:
    """Return `value` in the unit `to`, or None when its unit means something else, or the result nothing at all."""
    if not isinstance(unit, str) or unit not in converter.VALID_UNITS:
        return None
    converted = converter.convert(value, unit, to)
    return converted if abs(converted) <= _ABSURD else None


def setting_a(state: State) -> float | None:
    """Return what a number that takes a current shows, A; one without a unit counts amperes."""
    if (number := finite_number(state.state)) is None:
        return None
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if unit is None:
        unit = UnitOfElectricCurrent.AMPERE
    return convert(number, unit, UnitOfElectricCurrent.AMPERE, ElectricCurrentConverter)


type _Known[T] = dict[str, tuple[State, datetime, T]]
"""What was made of a state, by entity id: it is the same until the state is another one, or reported again."""


class EntityReader:
    """Reads entities of Home Assistant on one clock. What has not been reported since it was read is not read again."""

    def __init__(self, hass: HomeAssistant, to_grid_time: ToGridTime) -> None:
        self._hass = hass
        self._to_grid_time = to_grid_time
        self._relatives = async_relatives(hass)
        self._powers: _Known[Sample | None] = {}
        self._currents: _Known[Sample | None] = {}
        self._percents: _Known[Sample | None] = {}
        self._settings: _Known[float | None] = {}
        self._counters: _Known[float | None] = {}

    def power_w(self, entity_id: str) -> Sample | None:
        """Return power in W."""
        return self._read(self._powers, entity_id, self._as_power)

    def power_w_in(self, entity_id: str, attribute: str | None, unit: str | None) -> Sample | None:
        """Return a power in W that stands in an attribute, or one whose unit the entity does not tell.

        Args:
            entity_id: The entity.
            attribute: Its attribute; None: its state.
            unit: The unit of the attribute, or of a state that tells none; None: W.
        """
        return self._of_part(entity_id, attribute, unit or UnitOfPower.WATT, UnitOfPower.WATT, PowerConverter)

    def current_a_in(self, entity_id: str, attribute: str) -> Sample | None:
        """Return a current that stands in an attribute, A."""
        ampere = UnitOfElectricCurrent.AMPERE
        return self._of_part(entity_id, attribute, ampere, ampere, ElectricCurrentConverter)

    def current_a(self, entity_id: str) -> Sample | None:
        """Return current in A."""
        return self._read(self._currents, entity_id, self._as_current)

    def energy_wh(self, entity_id: str) -> float | None:
        """Return what an energy counter shows, Wh: its newest value, however old that is."""
        return self._read(self._counters, entity_id, self._as_energy)

    def setting_a(self, entity_id: str) -> float | None:
        """Return the current that a number is set to, A."""
        return self._read(self._settings, entity_id, setting_a)

    def percent(self, entity_id: str | None) -> Sample | None:
        """Return a percentage from 0 to 100; beyond that it is no state of charge."""
        return None if entity_id is None else self._read(self._percents, entity_id, self._as_percent)

    def heard_at(self, *entity_ids: str, but: Container[str] = ()) -> float | None:
        """Return grid time (epoch seconds) of the newest sign of life of the device that reports these entities.

        Args:
            entity_ids: Entities of one device; those that belong to none speak for themselves.
            but: What is no sign: an entity that others write to shows a new value also when its device is gone.
        """
        heard = [
            state.last_reported
            for own in entity_ids
            for each in (self._relatives.of(own) or (own,))
            if each not in but and (state := live_state(self._hass, each)) is not None
        ]
        return self._to_grid_time(max(heard)) if heard else None

    def on(self, entity_id: str | None) -> bool | None:
        """Return whether a switch or a binary sensor is on."""
        if entity_id is None or (state := live_state(self._hass, entity_id)) is None:
            return None
        return {STATE_ON: True, STATE_OFF: False}.get(state.state)

    def state(self, entity_id: str) -> State | None:
        """Return the state of an entity, while it has anything to say."""
        return live_state(self._hass, entity_id)

    def is_live(self, entity_id: str) -> bool:
        """Return whether the entity has anything to say."""
        return live_state(self._hass, entity_id) is not None

    def is_there(self, entity_id: str) -> bool:
        """Return whether the entity can be reached, although it may have had nothing to say yet."""
        state = self._hass.states.get(entity_id)
        return state is not None and state.state != STATE_UNAVAILABLE

    def moment(self, entity_id: str) -> float | None:
        """Return grid time (epoch seconds) that a timestamp sensor or a date/time helper names.

        The value itself is a grid time: only when it was reported is told by the wall clock. A helper with a time of
        day and no date means the next such time.
        """
        if (state := live_state(self._hass, entity_id)) is None:
            return None
        try:
            moment = dt_util.parse_datetime(state.state)
            if moment is not None:
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=dt_util.get_default_time_zone())
                at = moment.timestamp()
                return at if _MOMENTS[0] <= at <= _MOMENTS[1] else None
        except ValueError, OverflowError:
            # "0000-00-00 00:00:00" and its like.
            return None
        if state.attributes.get(ATTR_DEVICE_CLASS) == SensorDeviceClass.TIMESTAMP:
            return None
        return self.next_time_of_day(state.state)

    def next_time_of_day(self, time_of_day: str) -> float | None:
        """Return grid time of the next `HH:MM[:SS]` in the local time zone.

        In the night in which clocks go forward, an hour of it does not exist: a time in it is then an hour later by
        the clock, not a day later.
        """
        if _TIME_OF_DAY.fullmatch(time_of_day) is None or (clock_time := dt_util.parse_time(time_of_day)) is None:
            return None
        now, zone = self._to_grid_time(dt_util.utcnow()), dt_util.get_default_time_zone()
        today = datetime.fromtimestamp(now, zone).date()
        days = (today, today + timedelta(days=1))
        moments = (datetime.combine(day, clock_time, zone).timestamp() for day in days)
        return next((moment for moment in moments if moment >= math.floor(now)), None)

    def _read[T](self, known: _Known[T | None], entity_id: str, read: Callable[[State], T | None]) -> T | None:
        """Return what is made of a state, as it was made before where nothing was reported since."""
        state = self._hass.states.get(entity_id)
        if state is None:
            return None
        before = known.get(entity_id)
        if before is not None and before[0] is state and before[1] is state.last_reported:
            return before[2]
        value = None if state.state in _DEAD_STATES else read(state)
        known[entity_id] = (state, state.last_reported, value)
        return value

    def _as_power(self, state: State) -> Sample | None:
        return self._sample(state, UnitOfPower.WATT, PowerConverter)

    def _as_current(self, state: State) -> Sample | None:
        return self._sample(state, UnitOfElectricCurrent.AMPERE, ElectricCurrentConverter)

    def _as_energy(self, state: State) -> float | None:
        if (number := finite_number(state.state)) is None or number < 0.0:
            return None
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        return convert(number, unit, UnitOfEnergy.WATT_HOUR, EnergyConverter)

    def _as_percent(self, state: State) -> Sample | None:
        if state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) not in (PERCENTAGE, None):
            return None
        value = finite_number(state.state)
        if value is None or not 0.0 <= value <= 100.0:  # noqa: PLR2004 - percent
            return None
        return self._dated(state, value)

    def _sample(self, state: State, to: str, converter: type[BaseUnitConverter]) -> Sample | None:
        if (number := finite_number(state.state)) is None:
            return None
        value = convert(number, state.attributes.get(ATTR_UNIT_OF_MEASUREMENT), to, converter)
        return None if value is None else self._dated(state, value)

    def _of_part(
        self, entity_id: str, attribute: str | None, unit: str, to: str, converter: type[BaseUnitConverter]
    ) -> Sample | None:
        if (state := live_state(self._hass, entity_id)) is None:
            return None
        own_unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        if attribute is None:
            number, unit = finite_number(state.state), own_unit or unit
        else:
            number = finite_number(str(state.attributes.get(attribute)))
        value = None if number is None else convert(number, unit, to, converter)
        if value is None:
            return None
        # An attribute can move while the state stands still.
        sample = self._dated(state, value)
        return sample if attribute is None else sample._replace(changed_at=self._to_grid_time(state.last_updated))

    def _dated(self, state: State, value: float) -> Sample:
        return Sample(
            value=value,
            at=self._to_grid_time(state.last_reported),
            changed_at=self._to_grid_time(state.last_changed),
        )


def reading_per_phase(
    samples: Sequence[Sample | None], *, factor: float = 1.0, heard_at: float | None = None
) -> PhaseReading | None:
    """Return one sample for each of L1, L2, L3 (or only L1) as a reading; missing one phase is missing all.

    The reading is as old as its oldest phase, and has changed when any phase has.

    Args:
        samples: One or three samples.
        factor: W for one unit of the samples: 1 for power, the nominal voltage for current.
        heard_at: The newest sign of life of what measures, grid time.
    """
    present = [sample for sample in samples if sample is not None]
    if not present or len(present) != len(samples):
        return None
    power = [sample.value * factor for sample in present] + [0.0] * (PHASE_COUNT - len(present))
    return PhaseReading(
        power_w=(power[0], power[1], power[2]),
        at=min(sample.at for sample in present),
        changed_at=max(sample.changed_at for sample in present),
        heard_at=heard_at,
    )


def reading_of_total(
    total: Sample | None,
    phases: Sequence[int],
    *,
    weights: PhaseTriple | None = None,
    heard_at: float | None = None,
) -> PhaseReading | None:
    """Return a total spread over the phases it can flow in.

    Args:
        total: Power in W, all phases together.
        phases: Indices (0 to 2) of the connected phases: the power is taken as equal on them.
        weights: Measured share of each phase, where known: what a charger with three phases does with a car that
            uses one of them.
        heard_at: The newest sign of life of what measures, grid time.
    """
    if total is None:
        return None
    parts: Sequence[float] = weights or ()
    if (whole := sum(parts)) <= 0.0:
        parts, whole = [1.0 if phase in phases else 0.0 for phase in range(PHASE_COUNT)], float(len(phases))
    shares = [total.value * part / whole for part in parts]
    return PhaseReading(
        power_w=(shares[0], shares[1], shares[2]),
        at=total.at,
        changed_at=total.changed_at,
        split=not weights and len(phases) > 1,
        heard_at=heard_at,
    )

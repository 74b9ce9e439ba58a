"""Between the zoo and the grid: what the integration's adapters make of entities, without a Home Assistant.

Reads and writes as `devices/charger.py`, `devices/readout.py` and `devices/entity_writing.py` do: what is no number in
a known unit, or more than can be, is nothing; a value that an entity shows already is not written, unless it is to be
written again.
"""

import math
import re
from typing import Final

from custom_components.tangle_grid.grid import (
    ChargerConfig,
    ChargerSetpoint,
    ChargerTelemetry,
    PhaseReading,
    PhaseTriple,
)
from custom_components.tangle_grid.simulation.zoo.charger import LIMIT, PLUG, POWER, SOC, SWITCH, ZooCharger
from custom_components.tangle_grid.simulation.zoo.entity import Entity
from custom_components.tangle_grid.simulation.zoo.meter import ZooMeter

SETTLE_S: Final = 5.0
_SAME: Final = 1e-3
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_W: Final = {"mW": 0.001, "W": 1.0, "kW": 1000.0}
_A: Final = {"mA": 0.001, "A": 1.0}
_PHASES: Final = 3
_FULL: Final = 100.0
_ABSURD: Final = 1e9
#: As `devices/base.py`, which cannot be imported without a Home Assistant.
_OVER_RATING: Final = 3.0


def number(entity: Entity | None, units: dict[str, float]) -> float | None:
    """What an entity shows, in the unit whose factor is 1; None: no number, or in another unit."""
    if entity is None or entity.text is None or not _NUMBER.fullmatch(entity.text):
        return None
    factor = units.get(entity.unit) if isinstance(entity.unit, str) else None
    value = float(entity.text)
    return value * factor if factor is not None and abs(value * factor) <= _ABSURD else None


def meter_reading(meter: ZooMeter) -> PhaseReading | None:
    """What a meter with one sensor for each phase shows; missing one is missing all."""
    entities = [meter.entities[f"power_l{line}"] for line in (1, 2, 3)]
    power: list[float] = []
    for entity in entities:
        if (value := number(entity, _W)) is None:
            return None
        power.append(value)
    return PhaseReading(
        power_w=(power[0], power[1], power[2]),
        at=min(entity.reported_at for entity in entities),
        changed_at=max(entity.changed_at for entity in entities),
        heard_at=max(entity.reported_at for entity in entities),
    )


class ChargerHands:
    """Reads and writes one charger."""

    def __init__(self, device: ZooCharger, config: ChargerConfig) -> None:
        self._device, self._config = device, config
        self._settling: dict[str, tuple[float | bool, float]] = {}
        self._told_on_at: float | None = None
        self._kept_off = False
        self._connected: bool | None = None
        self._told_a: float | None = None
        self._most_a = _OVER_RATING * config.max_current_a
        # A total may be that of all phases and stand on one.
        self._most_w = self._most_a * config.watts_per_amp

    def telemetry(self) -> ChargerTelemetry:
        """What the charger and its car report."""
        entities = self._device.entities
        power, limit, switch = entities[POWER], entities[LIMIT], entities.get(SWITCH)
        connected = _on(entities.get(PLUG))
        if connected and self._connected is False:
            # The next car.
            self._kept_off = False
        self._connected = self._connected if connected is None else connected
        watts, shown = number(power, _W), number(limit, _A)
        switched = None if switch is None else _on(switch)
        told_at = self._told_on_at
        if switch is not None and switched is False and connected and told_at is not None:
            self._kept_off |= switch.changed_at > told_at + SETTLE_S
        soc = number(entities.get(SOC), {"%": 1.0})
        soc = soc if soc is not None and 0 <= soc <= _FULL else None
        # What others write to shows a new value also when the device is gone: it is no sign of life.
        heard = [each.reported_at for name, each in entities.items() if name not in {LIMIT, SWITCH} and each.live]
        heard_at = max(heard, default=None)
        reading = None if watts is None else self._reading(watts, power, heard_at)
        lowest_a = 0.0 if switch is not None else max(0.0, limit.lowest)
        if reading is not None and max(map(abs, reading.power_w)) > self._most_w:
            return ChargerTelemetry(reading=None, available=False, lowest_a=self._config.min_current_a)
        return ChargerTelemetry(
            reading=reading,
            connected=connected,
            soc=soc,
            soc_at=None if soc is None else entities[SOC].reported_at,
            available=power.live and shown is not None,
            heard_at=heard_at,
            shown_a=0.0 if switched is False else shown,
            lowest_a=lowest_a,
            kept_off=self._kept_off,
        )

    def apply(self, setpoint: ChargerSetpoint) -> None:
        """Write what it does not show already."""
        self._told_a = setpoint.current_a
        if setpoint.current_a > 0:
            self._set_number(setpoint.current_a, again=setpoint.again)
            self._set_switch(on=True)
        else:
            self._pause(again=setpoint.again)

    def safe_state(self) -> None:
        """Bring it to its safe current, from above: what is lower stays."""
        safe_a = self._config.safe_current_a
        shown = number(self._device.entities[LIMIT], _A)
        off = _on(self._device.entities.get(SWITCH)) is False
        lower = [each for each in (0.0 if off else shown, self._told_a) if each is not None]
        amps = min(safe_a, *lower) if lower else safe_a
        if amps > 0:
            self._set_number(amps)
            self._set_switch(on=True)
        else:
            self._pause()
            if shown is not None and shown > safe_a > 0:
                self._set_number(safe_a)

    def _pause(self, *, again: bool = False) -> None:
        switch = self._device.entities.get(SWITCH)
        if switch is None or not switch.live:
            self._set_number(self._device.entities[LIMIT].lowest, again=again)
        else:
            self._set_switch(on=False, again=again)

    def _reading(self, watts: float, power: Entity, heard_at: float | None) -> PhaseReading:
        phases = self._config.phases
        order = phases if len(phases) == _PHASES else tuple(range(_PHASES))
        currents = [number(self._device.entities.get(f"current_l{line}"), _A) for line in (1, 2, 3)]
        weights = [0.0] * _PHASES
        for phase, amps in zip(order, currents, strict=True):
            weights[phase] = abs(amps or 0.0)
        known = all(amps is not None and abs(amps) <= self._most_a for amps in currents)
        if not known or sum(weights) <= 0:
            weights = [1.0 if phase in phases else 0.0 for phase in range(_PHASES)]
        shares = [watts * weight / sum(weights) for weight in weights]
        triple: PhaseTriple = (shares[0], shares[1], shares[2])
        return PhaseReading(
            power_w=triple,
            at=power.reported_at,
            changed_at=power.changed_at,
            split=not known and len(phases) > 1,
            heard_at=heard_at,
        )

    def _set_number(self, amps: float, *, again: bool = False) -> None:
        entity = self._device.entities[LIMIT]
        if not entity.live:
            return
        value = min(max(amps, entity.lowest), entity.highest)
        value = math.floor(value / entity.step + _SAME) * entity.step if entity.step else value
        just = self._just_written(LIMIT)
        shown = just if just is not None else (None if again else number(entity, _A))
        if shown is not None and abs(shown - value) <= _SAME:
            return
        self._device.set_number(value)
        self._settling[LIMIT] = (value, self._device.agenda.now)

    def _set_switch(self, *, on: bool, again: bool = False) -> None:
        entity = self._device.entities.get(SWITCH)
        if entity is None or not entity.live:
            return
        just = self._just_written(SWITCH)
        shown = bool(just) if just is not None else (None if again else _on(entity))
        if shown is on:
            return
        self._device.set_switch(on=on)
        now = self._device.agenda.now
        self._settling[SWITCH] = (on, now)
        self._told_on_at = now if on else None

    def _just_written(self, quantity: str) -> float | bool | None:
        value, at = self._settling.get(quantity, (None, 0.0))
        return value if self._device.agenda.now - at < SETTLE_S else None


def _on(entity: Entity | None) -> bool | None:
    return None if entity is None else {"on": True, "off": False}.get(entity.text or "")

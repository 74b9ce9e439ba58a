"""Between the zoo and the grid: what the integration's adapters make of entities, without a Home Assistant.

Reads and writes as `devices/charger.py` and `devices/entity_writing.py` do: what is no number in a known unit is
nothing; a value that an entity shows already is not written, unless it is to be written again.
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


def number(entity: Entity | None, units: dict[str, float]) -> float | None:
    """What an entity shows, in the unit whose factor is 1; None: no number, or in another unit."""
    if entity is None or entity.text is None or not _NUMBER.fullmatch(entity.text):
        return None
    factor = units.get(entity.unit) if isinstance(entity.unit, str) else None
    value = float(entity.text)
    return value * factor if factor is not None and math.isfinite(value) else None


def meter_reading(meter: ZooMeter) -> PhaseReading | None:
    """What a meter with one sensor for each phase shows; missing one is missing all."""
    entities = [meter.entities.get(f"power_l{line}") for line in (1, 2, 3)]
    power: list[float] = []
    for entity in entities:
        if (value := number(entity, _W)) is None:
            return None
        power.append(value)
    return PhaseReading(
        power_w=(power[0], power[1], power[2]),
        at=min(entity.reported_at for entity in entities if entity is not None),
        changed_at=max(entity.changed_at for entity in entities if entity is not None),
    )


class ChargerHands:
    """Reads and writes one charger."""

    def __init__(self, device: ZooCharger, config: ChargerConfig) -> None:
        self._device, self._config = device, config
        self._settling: dict[str, tuple[float | bool, float]] = {}
        self._told_on_at: float | None = None
        self._kept_off = False
        self._connected: bool | None = None

    def telemetry(self) -> ChargerTelemetry:
        """What the charger and its car report."""
        entities = self._device.entities
        power, limit, switch = entities.get(POWER), entities[LIMIT], entities.get(SWITCH)
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
        return ChargerTelemetry(
            reading=None if watts is None or power is None else self._reading(watts, power),
            connected=connected,
            soc=soc if soc is not None and 0 <= soc <= _FULL else None,
            soc_at=None if soc is None else entities[SOC].reported_at,
            available=(watts is not None or (power is not None and power.live)) and limit.live,
            heard_at=max((each.reported_at for each in entities.values() if each.live), default=None),
            shown_a=0.0 if switched is False else shown,
            lowest_a=0.0 if switch is not None or limit.lowest <= 0 else limit.lowest,
            kept_off=self._kept_off,
        )

    def apply(self, setpoint: ChargerSetpoint) -> None:
        """Write what it does not show already."""
        if setpoint.current_a > 0:
            self._set_number(setpoint.current_a, again=setpoint.again)
            self._set_switch(on=True, again=setpoint.again)
        elif SWITCH in self._device.entities:
            self._set_switch(on=False, again=setpoint.again)
        else:
            self._set_number(self._device.entities[LIMIT].lowest, again=setpoint.again)

    def safe_state(self) -> None:
        """Leave it as it should be when nobody controls it: never higher than it is."""
        entities = self._device.entities
        shown = number(entities[LIMIT], _A)
        if shown is None or shown > self._config.safe_current_a:
            self._set_number(self._config.safe_current_a)

    def _reading(self, watts: float, power: Entity) -> PhaseReading:
        phases = self._config.phases
        weights = [0.0] * _PHASES
        order = phases if len(phases) == _PHASES else tuple(range(_PHASES))
        currents = [number(self._device.entities.get(f"current_l{line}"), _A) for line in (1, 2, 3)]
        for phase, amps in zip(order, currents, strict=True):
            weights[phase] = abs(amps or 0.0)
        split = any(amps is None for amps in currents) or sum(weights) <= 0
        if split:
            weights = [1.0 if phase in phases else 0.0 for phase in range(_PHASES)]
        shares = [watts * weight / sum(weights) for weight in weights]
        triple: PhaseTriple = (shares[0], shares[1], shares[2])
        return PhaseReading(
            power_w=triple,
            at=power.reported_at,
            changed_at=power.changed_at,
            split=any(amps is None for amps in currents) and len(phases) > 1,
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

"""Between the zoo and the grid: the integration's own adapters, on entities of the zoo instead of Home Assistant's.

What they import of Home Assistant is real, but there is none running: states come straight from the entities of the
devices, actions go straight to the devices, and what they take for the monotonic clock is the agenda of the zoo.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final, cast

from homeassistant.core import Context, HomeAssistant, State

from custom_components.tangle_grid.devices.adapters import charging_switch, keep_alive
from custom_components.tangle_grid.devices.adapters.base import Adapter, DeviceError
from custom_components.tangle_grid.devices.adapters.battery import BatteryAdapter
from custom_components.tangle_grid.devices.adapters.charger import CarEntities, ChargerAdapter
from custom_components.tangle_grid.devices.adapters.household import HouseholdAdapter
from custom_components.tangle_grid.devices.adapters.meter import Meter
from custom_components.tangle_grid.devices.adapters.solar import SolarAdapter
from custom_components.tangle_grid.devices.io import entity_writing, sign_of_life
from custom_components.tangle_grid.devices.io.action_running import ActionRunner
from custom_components.tangle_grid.devices.io.entity_reading import EntityReader
from custom_components.tangle_grid.devices.io.entity_writing import EntityWriter
from custom_components.tangle_grid.devices.shape import (
    BatteryShape,
    ChargerControl,
    ChargerShape,
    Pause,
    PowerSource,
)
from custom_components.tangle_grid.grid import BatteryConfig, ChargerConfig, HouseholdConfig, Setpoint, SolarConfig
from custom_components.tangle_grid.simulation.zoo.agenda import Agenda
from custom_components.tangle_grid.simulation.zoo.battery import SETPOINT, ZooBattery, ZooHome
from custom_components.tangle_grid.simulation.zoo.charger import DEPARTURE, LIMIT, PLUG, POWER, SOC, SWITCH, ZooCharger
from custom_components.tangle_grid.simulation.zoo.device import ZooDevice
from custom_components.tangle_grid.simulation.zoo.entity import Entity
from custom_components.tangle_grid.simulation.zoo.meter import ZooMeter

#: Of a battery that is told by two numbers or by modes.
CHARGE, DISCHARGE, MODE = "charge", "discharge", "mode"
MODE_AUTO, MODE_CHARGE, MODE_GIVE, MODE_HOLD = "auto", "charge", "give", "hold"
_NUMBERS: Final = frozenset({LIMIT, SETPOINT, CHARGE, DISCHARGE})
_DOMAINS: Final = {
    **dict.fromkeys(_NUMBERS, "number"),
    MODE: "select",
    SWITCH: "switch",
    PLUG: "binary_sensor",
}
_LINES: Final = (1, 2, 3)
#: Who changed a state: the device, and no person.
_NOBODY: Final = Context()

type Action = Callable[[Mapping[str, Any]], None]


class ZooHass:
    """As much of a Home Assistant as adapters need."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._entities: dict[str, tuple[str, str, Entity]] = {}
        self._known: dict[str, tuple[tuple[object, ...], State]] = {}
        self._actions: dict[tuple[str, str], Action] = {}
        self._devices: dict[str, list[str]] = {}
        self.states = SimpleNamespace(get=self._state)
        self.services = SimpleNamespace(async_call=self._call)
        self.data: dict[object, Any] = {sign_of_life._RELATIVES: SimpleNamespace(of=self._relatives)}  # noqa: SLF001

    @property
    def hass(self) -> HomeAssistant:
        """It, for those who want a Home Assistant."""
        return cast("HomeAssistant", self)

    def add(self, device_id: str, device: ZooDevice) -> dict[str, str]:
        """Make a device's entities known; returns their ids by quantity."""
        ids = {quantity: f"{_DOMAINS.get(quantity, 'sensor')}.{device_id}_{quantity}" for quantity in device.entities}
        self._entities |= {ids[quantity]: (device_id, quantity, entity) for quantity, entity in device.entities.items()}
        self._devices[device_id] = list(ids.values())
        return ids

    def on_action(self, entity_id: str, service: str, action: Action) -> None:
        """Say what an action does."""
        self._actions[entity_id, service] = action

    def on_switch(self, entity_id: str, turn: Callable[..., None]) -> None:
        """Say what a switch does; `turn` takes `on`."""
        self.on_action(entity_id, "turn_on", lambda _: turn(on=True))
        self.on_action(entity_id, "turn_off", lambda _: turn(on=False))

    @contextmanager
    def clock(self) -> Iterator[None]:
        """While this lasts the adapters go by the agenda."""
        clock = SimpleNamespace(monotonic=lambda: self._agenda.now)
        modules: tuple[Any, ...] = (charging_switch, entity_writing, keep_alive)
        for module in modules:
            module.time = clock
        entity_writing.asyncio = SimpleNamespace(timeout=_no_timeout)  # type: ignore[attr-defined, assignment]
        try:
            yield
        finally:
            for module in modules:
                module.time = time
            entity_writing.asyncio = asyncio  # type: ignore[attr-defined]

    def _state(self, entity_id: str) -> State | None:
        if (found := self._entities.get(entity_id)) is None or (entity := found[2]).text is None:
            return None
        key = (entity.text, entity.reported_at, id(entity.unit))
        known = self._known.get(entity_id)
        if known is None or known[0] != key:
            known = self._known[entity_id] = (key, _state_of(entity_id, found[1], entity))
        return known[1]

    def _relatives(self, entity_id: str) -> tuple[str, ...]:
        return tuple(self._devices[self._entities[entity_id][0]])

    async def _call(self, _domain: str, service: str, data: Mapping[str, Any], **_: object) -> None:
        self._actions[data["entity_id"], service](data)


@asynccontextmanager
async def _no_timeout(_seconds: float) -> AsyncIterator[None]:
    yield


def _state_of(entity_id: str, quantity: str, entity: Entity) -> State:
    attributes: dict[str, Any] = {} if entity.unit is None else {"unit_of_measurement": entity.unit}
    if quantity in _NUMBERS:
        attributes |= {"min": entity.lowest, "max": entity.highest, "step": entity.step}
    if quantity == MODE:
        attributes["options"] = [MODE_AUTO, MODE_CHARGE, MODE_GIVE, MODE_HOLD]
    reported = datetime.fromtimestamp(entity.reported_at, UTC)
    return State(
        entity_id,
        entity.text or "",
        attributes,
        last_changed=datetime.fromtimestamp(entity.changed_at, UTC),
        last_reported=reported,
        last_updated=reported,
        context=_NOBODY,
        validate_entity_id=False,
    )


def meter_of(hass: ZooHass, feeder_id: str, meter: ZooMeter) -> Meter:
    """Return the reader of a meter."""
    ids = hass.add(f"meter_{feeder_id}", meter)
    reader = EntityReader(hass.hass, datetime.timestamp)
    if POWER in ids:
        return Meter(reader, power=[ids[POWER]], total=True)
    return Meter(reader, power=[ids[f"power_l{line}"] for line in _LINES])


type Make[AdapterT] = Callable[[EntityReader, EntityWriter, Mapping[str, Any]], AdapterT]


class Hands[AdapterT: Adapter[Any, Any]]:
    """One device's adapter, with what it remembers over restarts of Home Assistant."""

    def __init__(self, hass: ZooHass, make: Make[AdapterT]) -> None:
        self._hass, self._make = hass, make
        self.restart({})

    def restart(self, memory: Mapping[str, Any]) -> None:
        """Begin anew with what was saved."""
        hass = self._hass.hass
        self.adapter = self._make(EntityReader(hass, datetime.timestamp), EntityWriter(hass), memory)

    def apply(self, setpoint: Setpoint) -> None:
        """Write what it does not show already; what cannot be written is lost."""
        self._do(self.adapter.apply(setpoint))

    def safe_state(self) -> None:
        """Leave it as it should be when nobody controls it."""
        self._do(self.adapter.safe_state())

    def _do(self, writing: Coroutine[Any, Any, None]) -> None:
        with self._hass.clock():
            try:
                # Nothing in it waits for anything.
                writing.send(None)
            except StopIteration, DeviceError:
                pass
            finally:
                writing.close()


def charger_hands(
    hass: ZooHass, device: ZooCharger, config: ChargerConfig, *, switch_pauses: bool = False, on_off: bool = False
) -> Hands[ChargerAdapter]:
    """Return those of a charger.

    Args:
        hass: Where its entities are.
        device: It.
        config: As it was entered.
        switch_pauses: Whoever set it up said that its switch pauses by being on.
        on_off: It can be on and off only.
    """
    ids = hass.add(config.device_id, device)
    hass.on_action(ids[LIMIT], "set_value", lambda data: device.set_number(data["value"]))
    if SWITCH in ids:
        hass.on_switch(ids[SWITCH], device.set_switch)
    currents = tuple(ids[f"current_l{line}"] for line in _LINES if f"current_l{line}" in ids)
    shape = ChargerShape(
        power=PowerSource(power=ids[POWER], currents=currents),
        connected=ids[PLUG],
        control=ChargerControl.ON_OFF if on_off else ChargerControl.LIMIT,
        limit=None if on_off else ids[LIMIT],
        limit_unit=None if on_off else str(device.entities[LIMIT].unit),
        pause=Pause(switch=ids.get(SWITCH), inverted=switch_pauses),
    )
    return Hands(
        hass,
        lambda reader, writer, memory: ChargerAdapter(
            reader,
            writer,
            config,
            shape,
            actions=lambda of: ActionRunner(hass.hass, of, config.name),
            car=CarEntities(soc=ids[SOC], departure_entity=ids[DEPARTURE]),
            memory=memory,
        ),
    )


def battery_hands(hass: ZooHass, device: ZooBattery, config: BatteryConfig) -> Hands[BatteryAdapter]:
    """Return those of a battery."""
    ids = hass.add(config.device_id, device)
    hass.on_action(ids[SETPOINT], "set_value", lambda data: device.set_power(data["value"]))
    hass.on_switch(ids[SWITCH], device.set_switch)
    return Hands(
        hass,
        lambda reader, writer, _: BatteryAdapter(
            reader,
            writer,
            config,
            BatteryShape(power=PowerSource(power=ids[POWER]), setpoint=ids[SETPOINT], enable=ids[SWITCH]),
            soc=ids[SOC],
            actions=lambda of: ActionRunner(hass.hass, of, config.name),
        ),
    )


def home_hands(hass: ZooHass, device: ZooHome, config: HouseholdConfig) -> Hands[HouseholdAdapter]:
    """Return those of a home."""
    ids = hass.add(config.device_id, device)
    return Hands(
        hass,
        lambda reader, writer, memory: HouseholdAdapter(
            reader, writer, config, power=PowerSource(power=ids[POWER]), switches={}, memory=memory
        ),
    )


def solar_hands(hass: ZooHass, device: ZooHome, config: SolarConfig) -> Hands[SolarAdapter]:
    """Return those of a solar system; its sensor counts what it gives as positive."""
    ids = hass.add(config.device_id, device)
    source = PowerSource(power=ids[POWER], inverted=True)
    return Hands(hass, lambda reader, writer, _: SolarAdapter(reader, writer, config, power=source))

"""A battery that is told in the way that its preset says: one or two numbers, maxima, actions or modes."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, override

from benchmarks._zoo_adapter import (
    CHARGE,
    DISCHARGE,
    MODE,
    MODE_AUTO,
    MODE_CHARGE,
    MODE_GIVE,
    MODE_HOLD,
    Hands,
    Make,
    ZooHass,
)
from custom_components.tangle_grid.devices.adapters.battery import BatteryAdapter
from custom_components.tangle_grid.devices.shape import Actions, BatteryControl, BatteryShape, Modes, PowerSource
from custom_components.tangle_grid.grid import BatteryConfig, Setpoint
from custom_components.tangle_grid.simulation.zoo.agenda import Agenda
from custom_components.tangle_grid.simulation.zoo.battery import POWER, SETPOINT, ZooBattery
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.charger import SOC, SWITCH
from custom_components.tangle_grid.simulation.zoo.entity import Entity

#: As `island.setpoint_writers` has it, s.
_DECIDED_S: Final = 180.0
_MODES: Final = partial(Modes, charge=MODE_CHARGE, discharge=MODE_GIVE, hold=MODE_HOLD, release=MODE_AUTO)
_SET: Final[Actions] = ({"action": "battery.set"},)
_RELEASE: Final[Actions] = ({"action": "battery.release"},)


class ToldBattery(ZooBattery):
    """A battery with all the entities by which one can be told; what it was told may lapse.

    Args:
        agenda: The clock.
        behaviours: When it reports.
        maxima: Its two numbers are the most that it does by itself, and force nothing.
        lapses_s: What it was told holds for so long, s; None: until it is told something else.
        free_giver: The mode in which it may give is the one in which it does as it likes.
        values: For `ZooBattery`.
    """

    def __init__(
        self,
        agenda: Agenda,
        *behaviours: Behaviour,
        maxima: bool = False,
        lapses_s: float | None = None,
        free_giver: bool = False,
        **values: Any,
    ) -> None:
        own_w = values.pop("own_w")
        self._charge_w = self._discharge_w = values["max_w"] if maxima else 0.0
        self._maxima, self._lapses_s, self._told_at = maxima, lapses_s, agenda.now
        self._free_modes = {MODE_AUTO, MODE_GIVE} if free_giver else {MODE_AUTO}
        super().__init__(
            agenda,
            *behaviours,
            own_w=lambda at: min(self._charge_w, max(-self._discharge_w, own_w(at))) if maxima else own_w(at),
            **values,
        )
        for quantity, watts in ((CHARGE, self._charge_w), (DISCHARGE, self._discharge_w)):
            self.entities[quantity] = Entity(f"{watts:g}", "W", agenda.now, agenda.now, 0.0, self.max_w)
        self.entities[MODE] = Entity(MODE_AUTO, None, agenda.now, agenda.now)

    def set_part(self, quantity: str, watts: float) -> None:
        """Take a command to one of its two numbers."""
        self._show(quantity, f"{watts:g}", "W")
        if quantity == CHARGE:
            self._charge_w = watts
        else:
            self._discharge_w = watts
        if self._maxima:
            self.writes += 1
            self._update()
        else:
            self.set_power(self._charge_w - self._discharge_w)

    def set_mode(self, option: str) -> None:
        """Take a command to its mode."""
        self.writes += 1
        self._show(MODE, option, None)
        self._take(told_w=self.max_w if option == MODE_CHARGE else 0.0, follows=option not in self._free_modes)

    @override
    def values(self) -> Mapping[str, tuple[str, object]]:
        # Nothing that is measured stands still to the last digit.
        return {**super().values(), POWER: (f"{self.power_w + int(self.agenda.now) % 7:.0f}", "W")}

    @override
    def set_power(self, watts: float) -> None:
        super().set_power(watts)
        if self._lapses_s is not None:
            self._told_at = self.agenda.now
            self._take(follows=True)
            self.agenda.after(self._lapses_s, self._lapse)

    def _lapse(self) -> None:
        assert self._lapses_s is not None  # noqa: S101 - who lapses says when
        if self.agenda.now - self._told_at >= self._lapses_s:
            self._take(follows=False)


class _Runner:
    """What runs the actions of a battery, as far as its adapter needs one."""

    def __init__(self, device: ToldBattery, actions: Actions) -> None:
        self._device, self._actions = device, actions

    async def run(self, *, watts: float, **_: float) -> None:
        """Tell it a power, or give it back to itself."""
        if self._actions == _SET:
            self._device.set_power(watts)
            self._device.set_switch(on=True)
        else:
            self._device.set_switch(on=False)


class _Kept(Hands[BatteryAdapter]):
    """Hands that tell again what lapses, as `island.setpoint_writers` does."""

    def __init__(self, hass: ZooHass, make: Make[BatteryAdapter], device: ToldBattery, every_s: float | None) -> None:
        self._agenda, self._every_s = device.agenda, every_s
        self._newest: tuple[Setpoint, float] | None = None
        self._number = 0
        super().__init__(hass, make)

    @override
    def apply(self, setpoint: Setpoint) -> None:
        self._newest = (setpoint, self._agenda.now)
        super().apply(setpoint)
        self._later()

    def _later(self) -> None:
        self._number += 1
        if self._every_s is not None:
            self._agenda.after(self._every_s, partial(self._again, self._number))

    def _again(self, number: int) -> None:
        if number == self._number and self._newest is not None and self._agenda.now - self._newest[1] < _DECIDED_S:
            super().apply(self._newest[0])
            self._later()


def told_hands(
    control: BatteryControl, keep_alive_s: float | None, hass: ZooHass, device: ToldBattery, config: BatteryConfig
) -> Hands[BatteryAdapter]:
    """Return the hands of a battery that is told in a way."""
    ids = hass.add(config.device_id, device)
    hass.on_action(ids[SETPOINT], "set_value", lambda data: device.set_power(data["value"]))
    for quantity in (CHARGE, DISCHARGE):
        hass.on_action(
            ids[quantity], "set_value", partial(lambda part, data: device.set_part(part, data["value"]), quantity)
        )
    hass.on_action(ids[MODE], "select_option", lambda data: device.set_mode(data["option"]))
    hass.on_switch(ids[SWITCH], device.set_switch)
    by_two = control in {BatteryControl.TWO_NUMBERS, BatteryControl.MAXIMA}
    by_modes = control is BatteryControl.MODES
    shape = BatteryShape(
        power=PowerSource(power=ids[POWER]),
        control=control,
        setpoint=ids[SETPOINT] if control is BatteryControl.POWER else None,
        charge=ids[CHARGE] if by_two else None,
        discharge=ids[DISCHARGE] if by_two else None,
        modes=_MODES(entity_id=ids[MODE]) if by_modes else None,
        set_actions=_SET if control is BatteryControl.ACTIONS else (),
        release_actions=_RELEASE if control is BatteryControl.ACTIONS else (),
        enable=ids[SWITCH] if control in {BatteryControl.POWER, BatteryControl.TWO_NUMBERS} else None,
        keep_alive_s=keep_alive_s,
    )
    return _Kept(
        hass,
        lambda reader, writer, memory: BatteryAdapter(
            reader,
            writer,
            config,
            shape,
            soc=ids[SOC],
            actions=lambda of: _Runner(device, of),  # type: ignore[arg-type, return-value]
            memory=memory,
        ),
        device,
        keep_alive_s,
    )

"""A home battery: told a power by numbers, modes or actions, and given back to itself as it was."""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.const import UnitOfPower

from ...backoff import Backoff
from ...grid.model.world import BatteryConfig, BatterySetpoint, BatteryTelemetry
from ..io.device_error import DeviceError
from ..io.entity_reading import EntityReader, finite_number, reading_of_total
from ..io.entity_writing import EntityWriter
from ..io.power_reading import PowerReader
from ..io.setting import Scale
from ..io.toggle import SwitchToggle
from ..shape import BatteryControl, BatteryShape
from .base import Adapter
from .charger import RunnerOf
from .charging_switch import SWITCH_WAITS_S
from .keep_alive import KeepAlive

#: What stood in numbers and in the mode before they were touched, in what is remembered.
BEFORE: Final = "before"


class BatteryAdapter(Adapter[BatteryTelemetry, BatterySetpoint]):
    """A home battery. In the grid charging is positive; its shape says which of its entities count the other way."""

    def __init__(
        self,
        reader: EntityReader,
        writer: EntityWriter,
        config: BatteryConfig,
        shape: BatteryShape,
        *,
        soc: str,
        actions: RunnerOf,
        memory: Mapping[str, Any] | None = None,
    ) -> None:
        """`actions` makes what runs a list of actions; `memory` is what `memory()` gave before a restart."""
        self._config = config
        self._shape = shape
        self._power = PowerReader(reader, shape.power)
        self._soc = soc
        modes = shape.modes
        self._numbers = tuple(each for each in (shape.setpoint, shape.charge, shape.discharge) if each is not None)
        told = (*self._numbers, None if modes is None else modes.entity_id, shape.enable)
        super().__init__(reader, writer, *shape.power.entity_ids, soc, *told)
        self._written = frozenset(each for each in told if each is not None)
        self._enable = (
            None if shape.enable is None else SwitchToggle(reader, writer, shape.enable, inverted=shape.enable_inverted)
        )
        self._set_actions = actions(shape.set_actions) if shape.set_actions else None
        self._release_actions = actions(shape.release_actions) if shape.release_actions else None
        self._backoff = Backoff(*SWITCH_WAITS_S)
        self._keep_alive = KeepAlive(shape.keep_alive_s)
        self.keep_alive_s = shape.keep_alive_s
        # What actions were told last, and whether it is under its own control, where that cannot be seen.
        self._told_w: float | None = None
        self._is_free: bool | None = None
        # By entity: what a maximum or a mode was before it was touched. It is put back even after a crash.
        remembered = (memory or {}).get(BEFORE)
        self._before: dict[str, str] = (
            {str(key): str(value) for key, value in remembered.items()} if isinstance(remembered, Mapping) else {}
        )

    @override
    def telemetry(self) -> BatteryTelemetry:
        power = self._power.sample()
        soc = self._reader.percent(self._soc)
        heard_at = self._power.heard_at(but=self._written)
        return BatteryTelemetry(
            reading=reading_of_total(
                power, self._config.phases, weights=self._power.weights(self._config.phases), heard_at=heard_at
            ),
            soc=None if soc is None else soc.value,
            available=self._power.is_live and all(self._reader.is_live(each) for each in self._numbers),
            soc_at=None if soc is None else soc.at,
            heard_at=heard_at,
        )

    @override
    async def apply(self, setpoint: BatterySetpoint) -> None:
        if setpoint.power_w is None:
            await self._release()
        else:
            await self._tell(setpoint.power_w)

    @override
    async def safe_state(self) -> None:
        await self._release()

    @override
    def memory(self) -> Mapping[str, Any]:
        return {BEFORE: dict(self._before)} if self._before else {}

    async def _tell(self, watts: float) -> None:
        shape, again = self._shape, self._keep_alive.due
        match shape.control:
            case BatteryControl.POWER:
                assert shape.setpoint is not None  # noqa: S101  # the shape has seen to that
                signed = -watts if shape.setpoint_inverted else watts
                await self._writer.set_power(shape.setpoint, signed, self._scale(watts), again=again)
            case BatteryControl.TWO_NUMBERS | BatteryControl.MAXIMA:
                await self._tell_two(watts, again=again)
            case BatteryControl.ACTIONS:
                await self._run(watts, again=again)
            case BatteryControl.MODES:
                pass
        await self._set_mode(watts, again=again)
        if self._enable is not None:
            await self._take_over(self._enable)
        if shape.trigger is not None and (again or self._told_w != watts):
            await self._writer.press(shape.trigger)
        self._told_w, self._is_free = watts, False
        self._keep_alive.told()

    async def _tell_two(self, watts: float, *, again: bool) -> None:
        """Set the two numbers, the one that becomes 0 first: at no time are both above it."""
        shape = self._shape
        assert shape.charge is not None  # noqa: S101  # the shape has seen to that
        assert shape.discharge is not None  # noqa: S101
        if shape.control is BatteryControl.MAXIMA:
            self._remember(shape.charge)
            self._remember(shape.discharge)
        charge, discharge = (shape.charge, max(0.0, watts)), (shape.discharge, max(0.0, -watts))
        for entity_id, amount in (discharge, charge) if watts >= 0 else (charge, discharge):
            await self._writer.set_power(entity_id, amount, self._scale(watts), again=again)

    async def _run(self, watts: float, *, again: bool) -> None:
        if self._set_actions is None or (not again and self._told_w == watts and self._is_free is False):
            return
        self._told_w = self._is_free = None
        await self._set_actions.run(watts=watts, charge_watts=max(0.0, watts), discharge_watts=max(0.0, -watts))

    async def _set_mode(self, watts: float, *, again: bool) -> None:
        if (modes := self._shape.modes) is None:
            return
        option = modes.charge if watts > 0 else modes.discharge if watts < 0 else modes.hold
        # Without a way to say how much, less than all is nothing.
        if self._shape.control is BatteryControl.MODES and (option is None or 0 < watts < self._config.max_charge_w):
            option = modes.hold
        if option is None:
            return
        if modes.release is None:
            self._remember(modes.entity_id)
        await self._writer.select(modes.entity_id, option, again=again)

    async def _take_over(self, enable: SwitchToggle) -> None:
        """Turn the control switch on; one that falls back is pressed less and less often."""
        shows = enable.shows(on=True)
        if shows:
            self._backoff.forget()
        elif shows is False:
            if not self._backoff.due:
                return
            self._backoff.tried()
        await enable.set(on=True)

    async def _release(self) -> None:
        """Give control back; without a way to do so, a power of 0 W at least stops what was asked for."""
        failure: DeviceError | None = None
        for step in (self._release_numbers, self._release_mode, self._release_rest):
            try:
                await step()
            except DeviceError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        self._told_w, self._is_free = None, True

    async def _release_numbers(self) -> None:
        shape = self._shape
        if shape.control is BatteryControl.MAXIMA:
            for entity_id in (shape.charge, shape.discharge):
                await self._put_back_number(entity_id)
            return
        for entity_id in self._numbers:
            await self._writer.set_power(entity_id, 0.0, self._scale(0.0))

    async def _release_mode(self) -> None:
        if (modes := self._shape.modes) is None:
            return
        option = modes.release if modes.release is not None else self._before.get(modes.entity_id)
        if option is not None:
            await self._writer.select(modes.entity_id, option)
            self._before.pop(modes.entity_id, None)

    async def _release_rest(self) -> None:
        if self._enable is not None:
            await self._enable.set(on=False)
        if self._is_free:
            return
        if self._release_actions is not None:
            await self._release_actions.run(watts=0.0)
        if self._shape.trigger is not None and self._told_w is not None:
            await self._writer.press(self._shape.trigger)

    def _remember(self, entity_id: str) -> None:
        """Keep what an entity shows before it is touched for the first time."""
        state = self._reader.state(entity_id)
        if entity_id not in self._before and state is not None:
            self._before[entity_id] = state.state

    async def _put_back_number(self, entity_id: str | None) -> None:
        """Put a maximum back as it was; what was never touched is left alone."""
        if entity_id is None or (value := finite_number(self._before.get(entity_id, ""))) is None:
            return
        await self._writer.set_number(entity_id, value)
        del self._before[entity_id]

    def _scale(self, watts: float) -> Scale:
        full = self._config.max_charge_w if watts >= 0 else self._config.max_discharge_w
        return Scale(
            base=UnitOfPower.WATT,
            full=self._shape.limit_full or max(1.0, full),
            unit=self._shape.limit_unit or UnitOfPower.WATT,
        )

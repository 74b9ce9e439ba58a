"""A home battery: a power setpoint, perhaps a switch that hands control over."""

from typing import override

from ...backoff import Backoff
from ...grid.model.world import BatteryConfig, BatterySetpoint, BatteryTelemetry
from ..io.entity_reading import EntityReader, reading_of_total
from ..io.entity_writing import EntityWriter
from .base import Adapter
from .charging_switch import SWITCH_WAITS_S


class BatteryAdapter(Adapter[BatteryTelemetry, BatterySetpoint]):
    """A home battery. In the grid charging is positive; `inverted` says that its entities count the other way."""

    def __init__(
        self,
        reader: EntityReader,
        writer: EntityWriter,
        config: BatteryConfig,
        *,
        power: str,
        soc: str,
        power_setpoint: str,
        enable: str | None = None,
        power_inverted: bool = False,
        setpoint_inverted: bool = False,
    ) -> None:
        super().__init__(reader, writer, power, soc, power_setpoint, enable)
        self._config = config
        self._power = power
        self._soc = soc
        self._setpoint = power_setpoint
        self._enable = enable
        self._written = frozenset(each for each in (power_setpoint, enable) if each is not None)
        self._backoff = Backoff(*SWITCH_WAITS_S)
        self._power_inverted = power_inverted
        self._setpoint_sign = -1.0 if setpoint_inverted else 1.0

    @override
    def telemetry(self) -> BatteryTelemetry:
        power = self._reader.power_w(self._power)
        if power is not None and self._power_inverted:
            power = power.negated()
        soc = self._reader.percent(self._soc)
        heard_at = self._reader.heard_at(self._power, but=self._written)
        return BatteryTelemetry(
            reading=reading_of_total(power, self._config.phases, heard_at=heard_at),
            soc=None if soc is None else soc.value,
            available=self._reader.is_live(self._power) and self._reader.is_live(self._setpoint),
            soc_at=None if soc is None else soc.at,
            heard_at=heard_at,
        )

    @override
    async def apply(self, setpoint: BatterySetpoint) -> None:
        if setpoint.power_w is None:
            await self._release()
            return
        await self._writer.set_power(self._setpoint, self._setpoint_sign * setpoint.power_w)
        if self._enable is not None:
            await self._take_over(self._enable)

    @override
    async def safe_state(self) -> None:
        await self._release()

    async def _take_over(self, enable: str) -> None:
        """Turn the control switch on; one that falls back is pressed less and less often."""
        shows = self._writer.shows_switch(enable, on=True)
        if shows:
            self._backoff.forget()
        elif shows is False:
            if not self._backoff.due:
                return
            self._backoff.tried()
        await self._writer.set_switch(enable, on=True)

    async def _release(self) -> None:
        """Give control back; without a switch for that, a setpoint of 0 W at least stops what was asked for."""
        await self._writer.set_power(self._setpoint, 0.0)
        if self._enable is not None:
            await self._writer.set_switch(self._enable, on=False)

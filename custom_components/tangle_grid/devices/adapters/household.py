"""A household: its measured power, and loads that it agreed to have switched off for a while."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, override

from ...grid.model.world import HouseholdConfig, HouseholdSetpoint, HouseholdTelemetry
from ..io.device_error import DeviceError
from ..io.entity_reading import EntityReader, reading_of_total
from ..io.entity_writing import EntityWriter
from ..io.power_reading import PowerReader
from ..shape import PowerSource
from .base import Adapter

SHED: Final = "shed"
HELD: Final = "held"


class HouseholdAdapter(Adapter[HouseholdTelemetry, HouseholdSetpoint]):
    """A household. A load's id is the entity id that its switch had first.

    Whoever switches a shed load on by hand has the last word: it stays on until the load is released.
    """

    def __init__(
        self,
        reader: EntityReader,
        writer: EntityWriter,
        config: HouseholdConfig,
        *,
        power: PowerSource,
        switches: Mapping[str, str],
        memory: Mapping[str, Any] | None = None,
    ) -> None:
        """`switches` are the entity ids of the loads, by load id."""
        super().__init__(reader, writer, *power.entity_ids, *switches.values())
        self._switches = switches
        self._config = config
        self._power = PowerReader(reader, power)
        # By load that was told to go off: whether it was seen off since. One that is on after a restart was put on by
        # its device, or while nobody looked: it is told once more, and then the hand has the last word.
        remembered = (memory or {}).get(SHED)
        shed = [load for load in remembered if isinstance(load, str)] if isinstance(remembered, list) else []
        self._shed: dict[str, bool] = dict.fromkeys(shed, False)
        self._overridden: set[str] = set()
        # Those that stay off when nobody controls them: a stop must not load a fuse that was short.
        held = (memory or {}).get(HELD)
        self._held = (
            frozenset(load for load in held if isinstance(load, str)) if isinstance(held, list) else frozenset()
        )

    @override
    def telemetry(self) -> HouseholdTelemetry:
        loads_on = {load: self._reader.on(switch) for load, switch in self._switches.items()}
        for load, on in loads_on.items():
            self._watch(load, on=on)
        return HouseholdTelemetry(
            reading=reading_of_total(
                self._power.sample(),
                self._config.phases,
                weights=self._power.weights(self._config.phases),
                heard_at=self._power.heard_at(but=frozenset(self._switches.values())),
            ),
            loads_on=loads_on,
            available=self._power.is_live,
        )

    @override
    async def apply(self, setpoint: HouseholdSetpoint) -> None:
        self._held = setpoint.held
        await self._switch(off=setpoint.shed, on=setpoint.restore)

    @override
    async def safe_state(self) -> None:
        await self._switch(on=tuple(load for load in self._shed if load not in self._held))

    @override
    def memory(self) -> Mapping[str, Any]:
        if not self._shed:
            return {}
        held = sorted(self._held & self._shed.keys())
        return {SHED: sorted(self._shed), HELD: held} if held else {SHED: sorted(self._shed)}

    async def _switch(self, *, off: Iterable[str] = (), on: Iterable[str] = ()) -> None:
        """Bring every load where it belongs; one that cannot be reached does not keep the others from it."""
        failure: DeviceError | None = None
        for load in off:
            try:
                await self._switch_off(load)
            except DeviceError as error:
                failure = failure or error
        for load in on:
            try:
                await self._switch_on_again(load)
            except DeviceError as error:
                failure = failure or error
        if failure is not None:
            raise failure

    async def _switch_off(self, load: str) -> None:
        self._watch(load, on=self._reader.on(self._entity(load)))
        self._shed.setdefault(load, False)
        if load not in self._overridden:
            await self._writer.set_switch(self._entity(load), on=False)

    async def _switch_on_again(self, load: str) -> None:
        await self._writer.set_switch(self._entity(load), on=True)
        self._shed.pop(load, None)
        self._overridden.discard(load)

    def _entity(self, load: str) -> str:
        """Return its switch; one that was shed before it was taken off the list is its own."""
        return self._switches.get(load, load)

    def _watch(self, load: str, *, on: bool | None) -> None:
        if load not in self._shed:
            return
        if on is False:
            self._shed[load] = True
        elif on and self._shed[load]:
            self._overridden.add(load)

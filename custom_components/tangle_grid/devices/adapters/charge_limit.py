"""What tells a charger how much it may draw: an entity, a list of actions, or nothing but on and off."""

import math
import time
from abc import ABC, abstractmethod
from typing import Final, override

from homeassistant.core import State
from homeassistant.util.unit_conversion import PowerConverter

from ...grid.model.world import ChargerConfig
from ..io.action_running import ActionRunner
from ..io.entity_reading import EntityReader
from ..io.entity_writing import EntityWriter
from ..io.setting import Scale, shown

#: What cannot be seen is told again after this, s: a charger that was without power has forgotten it.
_RENEW_S: Final = 900.0
_SAME_A: Final = 1e-3


class ChargeLimit(ABC):
    """One way to tell a limit.

    Attributes:
        entity_id: The entity that is set; None: there is none.
    """

    entity_id: str | None = None

    @property
    def available(self) -> bool:
        """Whether it can be told now, as far as can be seen."""
        return True

    @property
    @abstractmethod
    def lowest_a(self) -> float:
        """The least that can be told, A per phase; 0 pauses."""

    @property
    def least_w(self) -> float:
        """The least power that can be told, W; 0: any, or it is no power."""
        return 0.0

    @abstractmethod
    def shown_a(self) -> float | None:
        """Return the limit that can be seen, A per phase; None: none can."""

    @abstractmethod
    async def set(self, amps: float, *, phases: int, again: bool = False) -> None:
        """Tell a limit.

        Args:
            amps: A per phase.
            phases: How many phases are in use.
            again: Also where it shows that already.

        Raises:
            DeviceError: It was not taken.
        """

    @abstractmethod
    async def set_lowest(self, *, phases: int, again: bool = False) -> None:
        """Tell 0 or, where that is too low, the least; as `set`.

        Raises:
            DeviceError: It was not taken.
        """


class EntityLimit(ChargeLimit):
    """A number or a select."""

    def __init__(
        self,
        reader: EntityReader,
        writer: EntityWriter,
        entity_id: str,
        scale: Scale,
        config: ChargerConfig,
        *,
        zero_pauses: bool = True,
    ) -> None:
        self.entity_id = entity_id
        self._reader = reader
        self._writer = writer
        self._limit = entity_id
        self._scale = scale
        self._volts = (scale.watts_per_amp or 0.0) / len(config.phases)
        if config.limit_undivided:
            self._count(1)
        self._least_a = 0.0 if zero_pauses else config.min_current_a
        # The least that it goes down to, A: what it said last, while it says nothing.
        self._lowest_a = config.min_current_a
        self._seen: tuple[State, Scale, float | None] | None = None

    @property
    @override
    def available(self) -> bool:
        return self.shown_a() is not None

    @property
    @override
    def least_w(self) -> float:
        per_amp = self._scale.watts_per_amp
        is_power = per_amp is not None and self._scale.unit in PowerConverter.VALID_UNITS
        said = self._writer.lowest_a(self._limit, self._scale) if is_power else None
        return 0.0 if said is None or per_amp is None else said * per_amp

    @property
    @override
    def lowest_a(self) -> float:
        said = self._writer.lowest_a(self._limit, self._scale)
        if said is not None:
            self._lowest_a = max(said, self._least_a)
        return self._lowest_a

    @override
    def shown_a(self) -> float | None:
        if (state := self._reader.state(self._limit)) is None:
            return None
        if self._seen is None or self._seen[0] is not state or self._seen[1] is not self._scale:
            self._seen = (state, self._scale, shown(state, self._scale))
        return self._seen[2]

    @override
    async def set(self, amps: float, *, phases: int, again: bool = False) -> None:
        self._count(phases)
        await self._writer.set_current(self._limit, amps, self._scale, again=again)

    @override
    async def set_lowest(self, *, phases: int, again: bool = False) -> None:
        self._count(phases)
        if self._least_a > 0.0:
            await self._writer.set_current(self._limit, self._least_a, self._scale, again=again)
        else:
            await self._writer.set_lowest(self._limit, self._scale, again=again)

    def _count(self, phases: int) -> None:
        """Note that a power stands for more amperes where fewer phases are in use."""
        if self._volts:
            self._scale = self._scale.on(self._volts * phases)


class ActionLimit(ChargeLimit):
    """A list of actions. What they did cannot be seen, so that it is told again from time to time."""

    def __init__(self, runner: ActionRunner, config: ChargerConfig, *, volts: float, zero_pauses: bool = True) -> None:
        self._runner = runner
        self._volts = volts
        self._least_a = 0.0 if zero_pauses else config.min_current_a
        self._told: tuple[float, int] | None = None
        self._told_at = -math.inf

    @property
    @override
    def lowest_a(self) -> float:
        return self._least_a

    @override
    def shown_a(self) -> float | None:
        return None

    @override
    async def set(self, amps: float, *, phases: int, again: bool = False) -> None:
        now = time.monotonic()
        if self._told == (amps, phases) and not again and now - self._told_at < _RENEW_S:
            return
        # Until it has worked, nothing is known.
        self._told = None
        await self._runner.run(amps=amps, watts=round(amps * phases * self._volts), phases=phases)
        self._told, self._told_at = (amps, phases), now

    @override
    async def set_lowest(self, *, phases: int, again: bool = False) -> None:
        await self.set(self._least_a, phases=phases, again=again)


class FixedLimit(ChargeLimit):
    """None: while it is on it draws what it likes, up to its greatest current."""

    def __init__(self, config: ChargerConfig) -> None:
        self._amps = config.max_current_a

    @property
    @override
    def lowest_a(self) -> float:
        return self._amps

    @override
    def shown_a(self) -> float | None:
        return self._amps

    @override
    async def set(self, amps: float, *, phases: int, again: bool = False) -> None:
        """Do nothing: there is nothing to tell."""

    @override
    async def set_lowest(self, *, phases: int, again: bool = False) -> None:
        """Do nothing: there is nothing to tell."""

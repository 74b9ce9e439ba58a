"""What changes a charger over between one phase and three: a switch, a select, or a list of actions."""

from typing import Final

from ..io.action_running import ActionRunner
from ..io.entity_reading import EntityReader
from ..io.entity_writing import EntityWriter
from ..io.setting import is_select
from ..shape import PhaseChange

_ONE: Final = 1
_THREE: Final = 3


class PhaseSwitch:
    """One of them. What actions did cannot be seen.

    Attributes:
        entity_id: The switch or the select; None: there are actions.
    """

    def __init__(
        self, reader: EntityReader, writer: EntityWriter, shape: PhaseChange, actions: ActionRunner | None
    ) -> None:
        """`actions` runs those of the shape, where there are any."""
        self.entity_id = shape.entity_id
        self._reader = reader
        self._writer = writer
        self._shape = shape
        self._actions = actions

    def shown(self) -> int | None:
        """Return how many phases it shows: 1 or 3; None: nothing, or something else, as a choice of its own."""
        if self.entity_id is None or (state := self._reader.state(self.entity_id)) is None:
            return None
        if is_select(self.entity_id):
            return {self._shape.one: _ONE, self._shape.three: _THREE}.get(state.state)
        on = self._reader.on(self.entity_id)
        return None if on is None else _THREE if on else _ONE

    async def set(self, count: int) -> None:
        """Change over to 1 or 3 phases.

        Raises:
            DeviceError: It was not taken.
        """
        if self.entity_id is None:
            if self._actions is not None:
                await self._actions.run(phases=count)
        elif is_select(self.entity_id):
            option = self._shape.one if count == _ONE else self._shape.three
            if option is not None:
                await self._writer.select(self.entity_id, option)
        else:
            await self._writer.set_switch(self.entity_id, on=count == _THREE)

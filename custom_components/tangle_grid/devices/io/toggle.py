"""Something with two positions: a switch, or a select of which two options are used."""

from abc import ABC, abstractmethod
from typing import override

from homeassistant.core import State

from .entity_reading import EntityReader
from .entity_writing import EntityWriter


class Toggle(ABC):
    """One of them.

    Attributes:
        entity_id: The entity.
    """

    def __init__(self, reader: EntityReader, writer: EntityWriter, entity_id: str) -> None:
        self.entity_id = entity_id
        self._reader = reader
        self._writer = writer

    @property
    def state(self) -> State | None:
        """The entity's state, while it has anything to say."""
        return self._reader.state(self.entity_id)

    @property
    @abstractmethod
    def on(self) -> bool | None:
        """Whether it is on; None while it says nothing."""

    @abstractmethod
    def shows(self, *, on: bool) -> bool | None:
        """Return whether it shows, or is about to show, a position; None while it cannot be set."""

    @abstractmethod
    async def set(self, *, on: bool, again: bool = False) -> None:
        """Set it; with `again` also if it shows that already.

        Raises:
            DeviceError: It was not taken.
        """


class SwitchToggle(Toggle):
    """A switch; `inverted`: it is off when it is on."""

    def __init__(self, reader: EntityReader, writer: EntityWriter, entity_id: str, *, inverted: bool = False) -> None:
        super().__init__(reader, writer, entity_id)
        self._inverted = inverted

    @property
    @override
    def on(self) -> bool | None:
        is_on = self._reader.on(self.entity_id)
        return None if is_on is None else is_on != self._inverted

    @override
    def shows(self, *, on: bool) -> bool | None:
        return self._writer.shows_switch(self.entity_id, on=on != self._inverted)

    @override
    async def set(self, *, on: bool, again: bool = False) -> None:
        await self._writer.set_switch(self.entity_id, on=on != self._inverted, again=again)


class SelectToggle(Toggle):
    """A select: it is off with one option and on with every other; `on` is the one that is chosen here."""

    def __init__(self, reader: EntityReader, writer: EntityWriter, entity_id: str, *, on: str, off: str) -> None:
        super().__init__(reader, writer, entity_id)
        self._on, self._off = on, off

    @property
    @override
    def on(self) -> bool | None:
        state = self.state
        return None if state is None else state.state != self._off

    @override
    def shows(self, *, on: bool) -> bool | None:
        option = self._writer.shows_option(self.entity_id)
        return None if option is None else (option != self._off) == on

    @override
    async def set(self, *, on: bool, again: bool = False) -> None:
        if again or self.shows(on=on) is not True:
            await self._writer.select(self.entity_id, self._on if on else self._off, again=again)

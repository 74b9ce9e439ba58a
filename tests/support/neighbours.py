"""Two islands in one Home Assistant with a line between them, joined as people do it, and hours that pass faster."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType

from custom_components.tangle_grid.clock import GridClock
from custom_components.tangle_grid.island import link_ends, neighbours
from tests.support.island import set_sensor
from tests.support.linked_islands import Pair

TIE = {"tie_limit": 8_000, "feed_price": 0.1, "feed_export": 0.05, "tie_fee": 0.01, "battery_floor": 20}
SELLER = {**TIE, "tie_power": "sensor.tie_a"}
BUYER = {**TIE, "tie_power": "sensor.tie_b", "feed_price": 0.4}


class Beside(Pair):
    """The street sells to the house."""

    async def async_code(self, way: str = "direct") -> str:
        flows = self.hass.config_entries.subentries
        menu = await flows.async_init((self.street_entry.entry_id, "neighbour"), context={"source": SOURCE_USER})
        form = await flows.async_configure(menu["flow_id"], {"next_step_id": "make"})
        shown = await flows.async_configure(form["flow_id"], {"way": way, "url": self.url})
        code = shown["description_placeholders"]["code"]
        assert (await flows.async_configure(shown["flow_id"], {}))["reason"] == "code_made"
        return str(code)

    async def async_enter(self, code: str, **tie: Any) -> Any:
        flows = self.hass.config_entries.subentries
        menu = await flows.async_init((self.house_entry.entry_id, "neighbour"), context={"source": SOURCE_USER})
        form = await flows.async_configure(menu["flow_id"], {"next_step_id": "enter"})
        shown = await flows.async_configure(form["flow_id"], {"code": code})
        if shown["step_id"] != "tie":
            return shown
        done = await flows.async_configure(shown["flow_id"], {**BUYER, **tie})
        await self.hass.async_block_till_done()
        return done

    async def async_join(self) -> None:
        done = await self.async_enter(await self.async_code())
        assert done["type"] is FlowResultType.CREATE_ENTRY, done
        assert self.of(self.house).state.value == "waiting"
        await self.async_answer(("tie", {"name": "Number 12", **SELLER}))
        await self.hass.async_block_till_done()
        await self.async_until(lambda: self.both() == {"connected"})

    async def async_leave(self) -> None:
        """End both, as nothing may go on after a test."""
        for entry in (self.house_entry, self.street_entry):
            if entry.state is ConfigEntryState.LOADED:
                assert await self.hass.config_entries.async_unload(entry.entry_id)

    def of(self, side: Any) -> Any:
        return next(iter(side.neighbours.statuses.values()))

    def both(self) -> set[str]:
        return {
            each.state.value for side in (self.street, self.house) for each in side.neighbours.statuses.values()
        } or {"none"}


class Hours:
    """Time that passes faster, for both islands alike."""

    def __init__(self, beside: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
        self.beside, self.gone = beside, 0.0
        real, now, told = link_ends.mono, GridClock.now, GridClock.from_datetime
        monkeypatch.setattr(link_ends, "mono", lambda: real() + self.gone)
        monkeypatch.setattr(neighbours, "mono", lambda: real() + self.gone)
        monkeypatch.setattr(GridClock, "now", lambda clock: now(clock) + self.gone)
        monkeypatch.setattr(GridClock, "from_datetime", lambda clock, moment: told(clock, moment) + self.gone)
        monkeypatch.setattr(neighbours, "WINDOW_S", 120.0)
        self.paid: list[tuple[str, str, int]] = []
        self.meters = (1.0, 1.0)

    async def async_pass(self, until: Callable[[], bool], *, most_s: float = 500.0) -> None:
        """Let passes be made, and the tie carry what is sold, until it is so."""
        hass = self.beside.hass
        end = self.gone + most_s
        while not until():
            assert self.gone < end, (self.beside.street.neighbours.statuses, self.beside.house.neighbours.statuses)
            self.gone += 4.0
            sold_w = self.beside.of(self.beside.street).sold_w
            set_sensor(hass, "sensor.tie_a", sold_w * self.meters[0], "W")
            set_sensor(hass, "sensor.tie_b", -sold_w * self.meters[1], "W")
            self.beside.draw(300, 900)
            for side in (self.beside.street, self.beside.house):
                side.passes.async_step()
            await asyncio.sleep(0.02)
            await hass.async_block_till_done()

"""What a first charger costs: steps, fields and clicks, with a device that is known and by hand, as the page states."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol
from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section

from tests.support.forms import as_shown, no_start
from tests.support.known_devices import KNOWN
from tests.support.specimens import make
from tests.support.subentry_forms import CHARGER, add_island, flat, for_form

__all__ = ["no_start"]
PAGE = (Path(__file__).parents[2] / "docs" / "devices.md").read_text(encoding="utf-8")
#: Whoever has a charger without a preset enters these; what is shown already is left.
BY_HAND = {key: CHARGER[key] for key in ("name", "power", "current_limit", "enable")}


@dataclass
class Cost:
    """So much there is to look at and to do.

    Attributes:
        steps: Forms.
        shown: Fields that are seen without opening a section.
        entered: Those of them that are not filled in already, and have to be.
        clicks: To add it, to choose, to open a list and to take something from it, to go on.
    """

    steps: int = 0
    shown: int = 0
    entered: int = 0
    # *Add charger*, where to begin, and at the end *Finish without a test*.
    clicks: int = 3

    @property
    def row(self) -> str:
        return f"{self.steps} | {self.shown} | {self.entered} | {self.clicks} |"


def visible(schema: vol.Schema) -> set[str]:
    return {str(marker) for marker, value in schema.schema.items() if not isinstance(value, section)}


async def walk(hass: HomeAssistant, form: SubentryFlowResult, entered: dict[str, Any]) -> Cost:
    """Go on to the end with what is shown and what is entered."""
    cost = Cost()
    result = form
    while result["type"] is FlowResultType.FORM:
        schema = result["data_schema"]
        assert schema is not None
        shown = as_shown(schema)
        new = {key: value for key, value in entered.items() if key in visible(schema) and key not in shown}
        cost.steps += 1
        cost.shown += len(visible(schema))
        cost.entered += len(new)
        # A name is typed; of a list it is opened and something taken.
        cost.clicks += 1 + sum(1 if key == "name" else 2 for key in new)
        sent = for_form(schema, {**flat(shown), **new})
        result = await hass.config_entries.subentries.async_configure(result["flow_id"], sent)
        assert not result.get("errors")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    return cost


@pytest.mark.parametrize("by_hand", [False, True])
async def test_what_a_first_charger_costs(hass: HomeAssistant, *, by_hand: bool) -> None:
    for phase in (1, 2, 3):
        hass.states.async_set(f"sensor.l{phase}", "100", {"unit_of_measurement": "W"})
    hass.states.async_set("sensor.charger", "0", {"unit_of_measurement": "W"})
    hass.states.async_set("number.limit", "16", {"min": 0, "max": 32, "unit_of_measurement": "A"})
    hass.states.async_set("switch.enable", "on")
    island = add_island(hass)
    made = make(hass, next(each for each in KNOWN if each.preset == "peblar"))
    flow = hass.config_entries.subentries
    begin = await flow.async_init((island.entry_id, "charger"), context={"source": SOURCE_USER})
    form = await flow.async_configure(begin["flow_id"], {"next_step_id": "by_hand" if by_hand else "device"})
    chosen = 0
    if not by_hand:
        form = await flow.async_configure(form["flow_id"], {"device": made.device_id})
        # The list of devices is opened, one is taken, and on.
        chosen = 3
    cost = await walk(hass, form, BY_HAND)
    cost.clicks += chosen
    kind = "Entities chosen by hand" if by_hand else "A device that is known"
    assert f"| {kind} | {cost.row}" in PAGE, cost.row

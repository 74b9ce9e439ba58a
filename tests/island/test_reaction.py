"""From a meter that reports too much to the charger's action call: in the same pass, with no clock to wait for."""

import asyncio

from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import Event, HomeAssistant, callback

from tests.support.island import Island, set_meter

#: Turns of the event loop; each takes what is ready, and no time passes.
TURNS = 10


async def test_a_limit_is_written_while_no_time_passes(hass: HomeAssistant, island: Island) -> None:
    await island.run(300)
    assert hass.states.get("input_number.charger_limit").state == "16.0"  # type: ignore[union-attr]
    limits: list[float] = []

    @callback
    def called(event: Event) -> None:
        data = event.data["service_data"]
        if event.data["domain"] == "input_number" and data.get("entity_id") in (
            "input_number.charger_limit",
            ["input_number.charger_limit"],
        ):
            limits.append(data["value"])

    hass.bus.async_listen(EVENT_CALL_SERVICE, called)
    before = hass.loop.time()
    # 70 A on the first phase, 16 of them the charger's, where 63 A are the capacity.
    set_meter(hass, 16_100, 5_000, 5_000)
    for _ in range(TURNS):
        await asyncio.sleep(0)
    assert hass.loop.time() == before
    # What is left of 97 % of the capacity beside the others' 54 A, in whole amperes.
    assert limits == [7.0]
    await island.settle()

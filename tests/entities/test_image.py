"""The QR code of a receive address."""

import hashlib
import re
from xml.etree import ElementTree as ET

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.image import async_get_image
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.tangle_grid.image import qr_svg
from tests.support.island import CHARGER, Island

# What segno 1.6.6, another encoder, draws for the text below at level M with mask 2: SHA-256 of its modules.
DRAWN_BY_ANOTHER = "1752d0160ca29d9e0182617a6a7dec2e802a53ddfaf1aa7830e5858eeeff047a"
QUIET = 4


def _modules(image: bytes) -> list[list[bool]]:
    """Follow the strokes of an image: each is a run of dark modules, and moves lead from one to the next."""
    root = ET.fromstring(image)  # noqa: S314 - made here
    size = int(root.attrib["viewBox"].split()[2])
    dark = [[False] * size for _ in range(size)]
    (stroke,) = (path.attrib["d"] for path in root.iter() if path.attrib.get("class") == "pyqrline")
    x = y = 0.0
    for step, numbers in re.findall(r"([Mmh])([-\d. ]+)", stroke):
        values = [float(number) for number in numbers.split()]
        if step == "h":
            for column in range(int(x), int(x + values[0])):
                dark[int(y)][column] = True
            x += values[0]
        else:
            x, y = (values[0], values[1]) if step == "M" else (x + values[0], y + values[1])
    return dark


def test_another_encoder_draws_the_same() -> None:
    modules = _modules(qr_svg(("TANGLE9GRID" * 9)[:90]))
    assert not any(modules[0]), "a quiet zone"
    inner = [row[QUIET:-QUIET] for row in modules[QUIET:-QUIET]]
    assert sum(map(sum, inner)) == sum(map(sum, modules))
    drawn = "".join("1" if dark else "0" for row in inner for dark in row)
    assert hashlib.sha256(drawn.encode()).hexdigest() == DRAWN_BY_ANOTHER


async def test_the_image_follows_the_address(hass: HomeAssistant, island: Island) -> None:
    entity_id = island.entity_id("image", "receive_address_qr", CHARGER)
    assert entity_id == "image.charger_maple_4_receive_address_qr_code"
    image = await async_get_image(hass, entity_id)
    assert image.content_type == "image/svg+xml"
    assert image.content == qr_svg("A" * 90)


async def test_another_address_is_news_only_to_who_has_looked(hass: HomeAssistant, island: Island) -> None:
    """A paying car has another one every few minutes."""
    entity_id = island.entity_id("image", "receive_address_qr", CHARGER)
    sensor = island.entity_id("sensor", "receive_address", CHARGER)
    seen: list[str] = []
    hass.bus.async_listen("state_changed", lambda event: seen.append(event.data["entity_id"]))

    async def pay(letter: str) -> None:
        island.ledger.change_addresses(letter)
        await island.run(15)

    await async_get_image(hass, entity_id)
    seen.clear()
    await pay("B")
    assert entity_id in seen
    shown = hass.states.get(entity_id)
    assert shown is not None
    for letter in "CDE":
        await pay(letter)
        state, address = hass.states.get(entity_id), hass.states.get(sensor)
        assert state is not None
        assert address is not None
        assert state.state == shown.state
        assert (address.state, address.attributes["address"]) == ("ready", letter * 90)
    assert (await async_get_image(hass, entity_id)).content == qr_svg("E" * 90)
    await pay("F")
    state = hass.states.get(entity_id)
    assert state is not None
    assert state.state != shown.state


async def test_the_key_to_the_image_changes_once_an_hour(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    """Each change is a state of its own, for each wallet."""
    entity_id = island.entity_id("image", "receive_address_qr", CHARGER)
    keys: list[str] = []
    for _ in range(25):
        freezer.tick(300)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        state = hass.states.get(entity_id)
        assert state is not None
        keys.append(state.attributes["access_token"])
    assert 2 <= len(set(keys)) <= 3
    assert len(set(keys[:11])) <= 2

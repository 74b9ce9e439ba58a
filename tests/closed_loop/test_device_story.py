"""Rude devices and their owners, through a real Home Assistant and the real grid."""

import pytest
from homeassistant.core import Context, HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from tests.support.island import CHARGER, Island, charger_subentry, island_entry, set_meter

SWITCH, LIMIT = "input_boolean.charger", "input_number.charger_limit"


@pytest.fixture
def entry() -> MockConfigEntry:
    return island_entry(charger_subentry("never"))


def presses(hass: HomeAssistant) -> list[tuple[str, str, float | None]]:
    """All that is written to the charger from now on."""
    seen: list[tuple[str, str, float | None]] = []

    def note(event: object) -> None:
        data = event.data["service_data"]  # type: ignore[attr-defined]
        entity = data["entity_id"]
        entity = entity[0] if isinstance(entity, list) else entity
        if entity in (SWITCH, LIMIT):
            seen.append((entity, event.data["service"], data.get("value")))  # type: ignore[attr-defined]

    hass.bus.async_listen("call_service", note)
    return seen


async def by_hand(hass: HomeAssistant, service: str, user: MockUser) -> None:
    await hass.services.async_call(
        "input_boolean", service, {"entity_id": SWITCH}, blocking=True, context=Context(user_id=user.id)
    )


async def test_an_owners_off_is_respected_and_shown(
    hass: HomeAssistant, island: Island, hass_admin_user: MockUser
) -> None:
    await island.run(120)
    assert island.state("binary_sensor", "kept_off", CHARGER) == "off"
    await by_hand(hass, "turn_off", hass_admin_user)
    seen = presses(hass)
    await island.run(900)
    assert island.state("binary_sensor", "kept_off", CHARGER) == "on"
    assert hass.states.is_state(SWITCH, "off")
    assert [press for press in seen if press[0] == SWITCH] == []
    # A restart does not forget it.
    assert await hass.config_entries.async_reload(island.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await island.run(300)
    assert island.state("binary_sensor", "kept_off", CHARGER) == "on"
    assert hass.states.is_state(SWITCH, "off")
    await by_hand(hass, "turn_on", hass_admin_user)
    await island.run(120)
    assert island.state("binary_sensor", "kept_off", CHARGER) == "off"
    assert hass.states.is_state(SWITCH, "on")


async def test_a_stop_and_a_start_raise_no_paused_charger(hass: HomeAssistant, island: Island) -> None:
    """20 A became 27 at the stop, and 32 for as long as nobody was there."""
    await island.run(120)
    for _ in range(20):
        set_meter(hass, 15000, 15000, 15000)
        await island.run(15)
    assert hass.states.is_state(SWITCH, "off")
    seen = presses(hass)
    assert await hass.config_entries.async_unload(island.entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.is_state(SWITCH, "off")
    assert [press for press in seen if press[1] == "turn_on"] == []
    set_meter(hass, 15000, 15000, 15000)
    assert await hass.config_entries.async_setup(island.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await island.settle()
    assert [press for press in seen if press[1] == "turn_on"] == []
    assert hass.states.is_state(SWITCH, "off")


async def test_what_is_not_kept_is_said_once(
    hass: HomeAssistant, entry: MockConfigEntry, island: Island, caplog: pytest.LogCaptureFixture
) -> None:
    """A charger that comes and goes, and takes no fail-safe current."""
    data = {**entry.subentries[CHARGER].data, "fail_safe": "number.fail_safe"}
    hass.config_entries.async_update_subentry(entry, entry.subentries[CHARGER], data=data)
    await hass.async_block_till_done(wait_background_tasks=True)
    for state in ("16", "unavailable") * 5:
        hass.states.async_set("number.fail_safe", state, {"min": 0, "max": 32, "unit_of_measurement": "A"})
        await hass.async_block_till_done(wait_background_tasks=True)
    assert caplog.text.count("was not told what to keep") == 1
    assert "Traceback" not in caplog.text
    assert island.runtime.participants[CHARGER].adapter.enrolment_ids == {"number.fail_safe"}

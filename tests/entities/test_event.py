"""The event entities: every step of a request and of a payment, in its order, once."""

import pytest
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.island import CHARGER, HOUSEHOLD, SOLAR, Island, charger_subentry, household_subentry, island_entry


class Steps:
    """What an event entity told."""

    def __init__(self, hass: HomeAssistant, entity_id: str) -> None:
        self.attributes: list[dict[str, object]] = []
        async_track_state_change_event(hass, entity_id, self._note)

    @callback
    def _note(self, event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is not None:
            self.attributes.append(dict(state.attributes))

    @property
    def types(self) -> list[object]:
        return [attributes["event_type"] for attributes in self.attributes]


async def test_a_request_step_by_step(hass: HomeAssistant, island: Island) -> None:
    steps = Steps(hass, island.entity_id("event", "curtailment", CHARGER))
    others = Steps(hass, island.entity_id("event", "curtailment", HOUSEHOLD))
    request_id = await island.request(power=2000, rate=1_500_000, device_id=[island.device_id(CHARGER)])
    asked = steps.attributes[0]
    assert asked["event_type"] == "requested"
    assert asked["request_id"] == request_id
    # Three amperes less on three phases: what it will really give.
    assert asked["power_w"] == 2070
    assert asked["rate"] == 1_500_000
    assert asked["device_id"] == island.device_id(CHARGER)
    assert asked["config_entry_id"] == island.entry.entry_id
    assert asked["reason"] is None
    assert str(asked["starts_at"]) < str(asked["ends_at"])
    assert asked["answer_by"]

    await island.call(
        "answer_request",
        request_id=request_id,
        device_id=island.device_id(CHARGER),
        answer="accept",
        reason="Nobody drives today",
    )
    await island.call("opt_out", device_id=island.device_id(CHARGER))
    assert steps.types[:4] == ["requested", "accepted", "active", "opted_out"]
    assert steps.attributes[1]["reason"] == "Nobody drives today"
    assert not others.types


async def test_the_sun_is_never_asked(hass: HomeAssistant, island: Island) -> None:
    with pytest.raises(AssertionError, match="no event curtailment"):
        island.entity_id("event", "curtailment", SOLAR)


async def test_a_policy_answers_in_the_same_breath(hass: HomeAssistant, island: Island) -> None:
    """The battery's policy is "never": both steps are told, although they happen at once."""
    steps = Steps(hass, island.entity_id("event", "curtailment", HOUSEHOLD))
    await island.request(device_id=[island.device_id(HOUSEHOLD)])
    assert steps.types == ["requested", "declined"]
    last = hass.states.get(island.entity_id("sensor", "last_decision", HOUSEHOLD))
    assert last is not None
    assert steps.attributes[1]["reason"] == last.attributes["reason"]


async def test_payments(hass: HomeAssistant, island: Island) -> None:
    steps = Steps(hass, island.entity_id("event", "payment"))
    await island.call("reward", device_id=island.device_id(CHARGER), amount=5, reason="Thanks", payment_id="thanks")
    island.ledger.confirm("thanks")
    await island.settle()
    assert steps.types == ["queued", "sent", "confirmed"]
    assert steps.attributes[-1]["payment_id"] == "thanks"
    assert steps.attributes[-1]["amount"] == 5
    assert steps.attributes[-1]["target"] == "Charger Maple 4"
    assert steps.attributes[-1]["transaction"] == "T" * 81


class TestWithTwo:
    """Two participants in one request."""

    @pytest.fixture
    def entry(self) -> MockConfigEntry:
        return island_entry(charger_subentry("ask"), household_subentry("ask"))

    async def test_everyone_hears_of_their_own_part(self, hass: HomeAssistant, island: Island) -> None:
        charger = Steps(hass, island.entity_id("event", "curtailment", CHARGER))
        household = Steps(hass, island.entity_id("event", "curtailment", HOUSEHOLD))
        request_id = await island.request(power=5000)
        await island.call(
            "answer_request", request_id=request_id, device_id=island.device_id(CHARGER), answer="decline"
        )
        assert charger.types == ["requested", "declined"]
        assert household.types == ["requested"]

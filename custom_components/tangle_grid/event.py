"""Event entities: every step of a request, and every step of a payment. Blueprints and automations rest on them."""

from typing import Any, Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .actions.responses import iso_time, owner_name, trade_response
from .actions.targets import async_device_id
from .const import SUBENTRY_DATA_TOPIC, SUBENTRY_PARKING, SUBENTRY_SOLAR, SUBENTRY_TOLL, SUBENTRY_VEHICLE
from .economy.services import What
from .economy.topics import FindingState, Status
from .entity import IslandEntity, MemberEntity, NeighbourEntity, ParticipantEntity, TangleGridEntity
from .grid.model.events import AskChanged, Asked
from .grid.model.request import RequestState
from .island.runtime import IslandRuntime, RuntimeEvent, TangleGridConfigEntry
from .island.topics import TopicChanged
from .island.trade_happened import TradeHappened, TradeStep
from .island.visits import ServiceHappened
from .ledger import PaymentChanged, PaymentState
from .reasons import async_sentence

PARALLEL_UPDATES = 0

EVENT_REQUESTED: Final = "requested"

CURTAILMENT: Final = EventEntityDescription(
    key="curtailment",
    translation_key="curtailment",
    event_types=[EVENT_REQUESTED, *(state.value for state in RequestState if state is not RequestState.ISSUED)],
)
PAYMENT: Final = EventEntityDescription(
    key="payment",
    translation_key="payment",
    event_types=[state.value for state in PaymentState],
)
DATA_REPORT: Final = EventEntityDescription(
    key="data_report",
    translation_key="data_report",
    event_types=[
        *(state.value for state in Status if state is not Status.TAKEN),
        *(state.value for state in FindingState if state is not FindingState.CONFIRMED),
    ],
)
SERVICES: Final = EventEntityDescription(
    key="services",
    translation_key="services",
    event_types=[what.value for what in What],
)

TRADE: Final = EventEntityDescription(
    key="trade",
    translation_key="trade",
    event_types=[step.value for step in TradeStep],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the payments of the island and the requests of each participant that can be asked."""
    runtime = entry.runtime_data
    async_add_entities([PaymentEvent(runtime, PAYMENT)])
    for subentry_id in runtime.neighbours.linked:
        async_add_entities([TradeEvent(runtime, subentry_id, TRADE)], config_subentry_id=subentry_id)
    for member_id, member in runtime.members.items():
        if member.kind in (SUBENTRY_VEHICLE, SUBENTRY_PARKING, SUBENTRY_TOLL):
            async_add_entities([ServiceEvent(runtime, member, SERVICES)], config_subentry_id=member_id)
        if member.kind == SUBENTRY_DATA_TOPIC:
            async_add_entities([DataReportEvent(runtime, member, DATA_REPORT)], config_subentry_id=member_id)
    for participant_id, participant in runtime.participants.items():
        if participant.kind != SUBENTRY_SOLAR:
            async_add_entities([CurtailmentEvent(runtime, participant, CURTAILMENT)], config_subentry_id=participant_id)


class HappeningEntity(TangleGridEntity, EventEntity):
    """Tells what happens, as it happens."""

    runtime: IslandRuntime

    @property
    @override
    def available(self) -> bool:
        """What happened stays true when a device falls silent, or the ledger cannot be reached."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.runtime.subscribe_events(self._async_happened))

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Events are told as they happen, not with the next picture of the island."""

    @callback
    def _async_happened(self, event: RuntimeEvent) -> None:
        """Tell it, if it is for this entity to tell."""
        raise NotImplementedError


class CurtailmentEvent(HappeningEntity, ParticipantEntity):
    """The steps of a participant's part in requests."""

    _unrecorded_attributes = frozenset({ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID})

    @callback
    @override
    def _async_happened(self, event: RuntimeEvent) -> None:
        participant_id = self.participant.participant_id
        match event:
            case Asked(request_id=request_id, device_id=device_id) if device_id == participant_id:
                self._async_fire(EVENT_REQUESTED, request_id)
            case AskChanged(request_id=request_id, device_id=device_id, state=state) if device_id == participant_id:
                if state is not RequestState.ISSUED:
                    self._async_fire(state.value, request_id)

    @callback
    def _async_fire(self, event_type: str, request_id: str) -> None:
        attributes: dict[str, Any] = {
            "request_id": request_id,
            ATTR_DEVICE_ID: async_device_id(self.runtime, self.participant.participant_id),
            ATTR_CONFIG_ENTRY_ID: self.runtime.entry.entry_id,
        }
        if (request := self.runtime.grid.requests.get(request_id)) is not None:
            ask = request.asks[self.participant.participant_id]
            attributes |= {
                "power_w": round(ask.quantity_w),
                "rate": ask.rate,
                "starts_at": iso_time(request.starts_at),
                "ends_at": iso_time(request.ends_at),
                "answer_by": iso_time(request.answer_by),
                "reason": None if event_type == EVENT_REQUESTED else async_sentence(self.hass, ask.reason),
            }
        self._trigger_event(event_type, attributes)
        self.async_write_ha_state()


class ServiceEvent(HappeningEntity, MemberEntity):
    """What happens between a car and the car parks and tolls, told on both sides."""

    _unrecorded_attributes = frozenset({ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, "service_device_id", "receipt"})

    @callback
    @override
    def _async_happened(self, event: RuntimeEvent) -> None:
        if not isinstance(event, ServiceHappened) or self.member.participant_id not in {event.vehicle, event.service}:
            return
        members, happened = self.runtime.members, event.happened
        self._trigger_event(
            happened.what.value,
            {
                "vehicle": members[event.vehicle].name,
                "service": members[event.service].name,
                "reason": str(happened.reason),
                "receipt": event.receipt,
                ATTR_DEVICE_ID: async_device_id(self.runtime, event.vehicle),
                "service_device_id": async_device_id(self.runtime, event.service),
                ATTR_CONFIG_ENTRY_ID: self.runtime.entry.entry_id,
            },
        )
        self.async_write_ha_state()


class TradeEvent(HappeningEntity, NeighbourEntity):
    """The steps of trades with a neighbour."""

    _unrecorded_attributes = frozenset({ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID})

    @callback
    @override
    def _async_happened(self, event: RuntimeEvent) -> None:
        if isinstance(event, TradeHappened) and event.subentry_id == self._subentry_id:
            self._trigger_event(event.step.value, trade_response(self.runtime, event))
            self.async_write_ha_state()


class DataReportEvent(MemberEntity, EventEntity):
    """What becomes of the reports to a data topic. Who reported, and where, is not told."""

    _unrecorded_attributes = frozenset({ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID})

    @property
    @override
    def available(self) -> bool:
        """What happened stays true."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.runtime.economy.topics.subscribe(self._async_topic_changed))

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Events are told as they happen, not with the next picture of the island."""

    @callback
    def _async_topic_changed(self, event: TopicChanged) -> None:
        if event.topic_id != self.member.participant_id:
            return
        self._trigger_event(
            event.what,
            {
                "report_id": event.report_id,
                "finding_id": event.finding_id,
                "reporters": event.reporters,
                "needed": event.needed,
                ATTR_DEVICE_ID: async_device_id(self.runtime, event.topic_id),
                ATTR_CONFIG_ENTRY_ID: self.runtime.entry.entry_id,
            },
        )
        self.async_write_ha_state()


class PaymentEvent(HappeningEntity, IslandEntity):
    """The steps of the payments from and to the wallets of the island."""

    @callback
    @override
    def _async_happened(self, event: RuntimeEvent) -> None:
        if not isinstance(event, PaymentChanged):
            return
        payment = event.payment
        self._trigger_event(
            payment.state.value,
            {
                "payment_id": payment.payment_id,
                "source": owner_name(self.runtime, payment.source),
                "target": owner_name(self.runtime, payment.target),
                "amount": payment.amount_i,
                "transaction": payment.tail,
            },
        )
        self.async_write_ha_state()

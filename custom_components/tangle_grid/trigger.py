"""Triggers of automations: what happens to requests, payments and the feed. Blueprints and event entities stay beside.

All that depends on how Home Assistant writes triggers stands here; `conditions` have a module of their own.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, cast, override

import voluptuous as vol
from homeassistant.const import ATTR_DEVICE_ID, CONF_OPTIONS
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig
from homeassistant.helpers.typing import ConfigType

from .actions.answering import async_meaning
from .actions.responses import iso_time, owner_name, trade_response
from .actions.targets import async_device_id, async_device_of_feeder, feeder_name
from .actions.watching import async_is_picked, async_is_picked_feeder, async_watch_islands, is_short
from .const import MAIN_FEEDER, TREASURY
from .grid.engine.status import FeederState, FeederStatus
from .grid.model.events import AskChanged, Asked, SupplyChanged
from .grid.model.request import ANSWERABLE, RequestState
from .island.runtime import IslandRuntime, RuntimeEvent
from .island.tariffs import amount_shown
from .island.trade_happened import TradeHappened
from .ledger import PaymentChanged, PaymentState
from .reasons import async_sentence

_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_OPTIONS, default=dict): {
            vol.Optional(ATTR_DEVICE_ID, default=list): vol.All(cv.ensure_list, [cv.string]),
        }
    }
)
_ANSWERS: Final = {RequestState.ACCEPTED: "accept", RequestState.DECLINED: "decline"}
_ENDED: Final = frozenset(
    {RequestState.FULFILLED, RequestState.OPTED_OUT, RequestState.EXPIRED, RequestState.CANCELLED}
)

type Payload = Mapping[str, Any]


class IslandTrigger(Trigger):
    """A trigger of all islands: of all their devices, or of those that were picked."""

    #: What a trace calls it.
    description: ClassVar[str]

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return cast("ConfigType", _SCHEMA(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        super().__init__(hass, config)
        self._picked = frozenset((config.options or {}).get(ATTR_DEVICE_ID, ()))

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: object = None
    ) -> CALLBACK_TYPE:
        @callback
        def run(payload: Payload) -> None:
            run_action(dict(payload), self.description)

        return async_watch_islands(self._hass, lambda runtime: self._async_attach(runtime, run))

    @callback
    def _async_attach(self, runtime: IslandRuntime, run: Callable[[Payload], None]) -> CALLBACK_TYPE:
        """Call `run` with what it is about whenever it happens on an island; returns how to stop."""
        raise NotImplementedError


class EventTrigger(IslandTrigger):
    """A trigger for something that an island tells of as it happens."""

    @override
    def _async_attach(self, runtime: IslandRuntime, run: Callable[[Payload], None]) -> CALLBACK_TYPE:
        @callback
        def look(event: RuntimeEvent) -> None:
            if (payload := self._async_payload(runtime, event)) is not None:
                run(payload)

        return runtime.subscribe_events(look)

    @callback
    def _async_payload(self, runtime: IslandRuntime, event: RuntimeEvent) -> Payload | None:
        """Return what it is about, if it is what is waited for."""
        raise NotImplementedError


class RequestTrigger(EventTrigger):
    """A trigger for what happens to a participant's part in a request."""

    @callback
    def _part(self, runtime: IslandRuntime, request_id: str, participant_id: str) -> dict[str, Any] | None:
        """Return what is known of a part; None where others were picked."""
        request, participant = runtime.grid.requests.get(request_id), runtime.participants.get(participant_id)
        if request is None or participant is None or not async_is_picked(runtime, participant_id, self._picked):
            return None
        ask = request.asks[participant_id]
        return {
            "request_id": request_id,
            ATTR_DEVICE_ID: async_device_id(runtime, participant_id),
            "participant": participant.name,
            "power_w": round(ask.quantity_w),
            "rate": ask.rate,
            "starts_at": iso_time(request.starts_at),
            "ends_at": iso_time(request.ends_at),
            "answer_by": iso_time(request.answer_by),
            "reason": async_sentence(runtime.hass, ask.reason),
        }


class RequestReceived(RequestTrigger):
    """A participant is asked, and an answer is awaited: what its policy answers by itself is no question."""

    description = "a request was received"

    @override
    def _async_payload(self, runtime: IslandRuntime, event: RuntimeEvent) -> Payload | None:
        if not isinstance(event, Asked):
            return None
        request = runtime.grid.requests.get(event.request_id)
        if request is None or request.asks[event.device_id].state not in ANSWERABLE:
            return None
        part = self._part(runtime, event.request_id, event.device_id)
        return None if part is None else {**part, **async_meaning(runtime, request, event.device_id)}


class RequestAnswered(RequestTrigger):
    """A participant has said yes or no: a person, an automation, or its own policy."""

    description = "a request was answered"

    @override
    def _async_payload(self, runtime: IslandRuntime, event: RuntimeEvent) -> Payload | None:
        if not isinstance(event, AskChanged) or event.state not in _ANSWERS:
            return None
        part = self._part(runtime, event.request_id, event.device_id)
        return None if part is None else {**part, "answer": _ANSWERS[event.state]}


class RequestEnded(RequestTrigger):
    """A participant's part is over: done, left, not needed or cancelled."""

    description = "a request ended"

    @override
    def _async_payload(self, runtime: IslandRuntime, event: RuntimeEvent) -> Payload | None:
        if not isinstance(event, AskChanged) or event.state not in _ENDED:
            return None
        part = self._part(runtime, event.request_id, event.device_id)
        if part is None:
            return None
        ask = runtime.grid.requests[event.request_id].asks[event.device_id]
        return {
            **part,
            "outcome": event.state.value,
            "delivered_wh": ask.energy_wh,
            "earned": ask.amount_i,
            "earned_text": amount_shown(runtime.hass, runtime.entry.options, ask.amount_i),
        }


class PaymentReceived(EventTrigger):
    """A payment to a wallet of the island is confirmed; of the treasury only where the island's device was picked."""

    description = "a payment was received"

    @override
    def _async_payload(self, runtime: IslandRuntime, event: RuntimeEvent) -> Payload | None:
        if not isinstance(event, PaymentChanged) or event.payment.state is not PaymentState.CONFIRMED:
            return None
        payment = event.payment
        owners = {TREASURY: runtime.entry.entry_id} | {wallet: owner for owner, wallet in runtime.wallet_ids.items()}
        owner = owners.get(payment.target)
        device_id = None if owner is None else async_device_id(runtime, owner)
        wanted = device_id in self._picked if self._picked else payment.target != TREASURY
        if device_id is None or not wanted:
            return None
        return {
            "payment_id": payment.payment_id,
            ATTR_DEVICE_ID: device_id,
            "source": owner_name(runtime, payment.source),
            "target": owner_name(runtime, payment.target),
            "amount": payment.amount_i,
            "amount_text": amount_shown(runtime.hass, runtime.entry.options, payment.amount_i),
        }


class FeederTrigger(IslandTrigger):
    """A trigger for a feeder that comes into a state."""

    @staticmethod
    def holds(feeder: FeederStatus) -> bool:
        """Return whether a feeder is in the state."""
        raise NotImplementedError

    @override
    def _async_attach(self, runtime: IslandRuntime, run: Callable[[Payload], None]) -> CALLBACK_TYPE:
        coordinator = runtime.coordinator

        def those() -> set[str]:
            feeders = coordinator.data.grid.feeders
            return {feeder_id for feeder_id, feeder in feeders.items() if self.holds(feeder)}

        before = those()

        @callback
        def look() -> None:
            nonlocal before
            now = those()
            begun, before = now - before, now
            for feeder_id in sorted(begun):
                if async_is_picked_feeder(runtime, feeder_id, self._picked):
                    run(self._payload(runtime, feeder_id))

        return coordinator.async_add_listener(look)

    @staticmethod
    def _payload(runtime: IslandRuntime, feeder_id: str) -> Payload:
        feeder = runtime.coordinator.data.grid.feeders[feeder_id]
        return {
            ATTR_DEVICE_ID: async_device_of_feeder(runtime, feeder_id),
            "feeder": feeder_name(runtime, feeder_id),
            "load_w": None if feeder.total_w is None else round(feeder.total_w),
            "capacity_w": round(sum(feeder.capacity_w)),
            "utilisation": None if feeder.utilisation is None else round(feeder.utilisation * 100, 1),
        }


class LimitReached(FeederTrigger):
    """A feeder is at its limit: cars and batteries are held down so that its fuse holds."""

    description = "a limit was reached"

    @staticmethod
    @override
    def holds(feeder: FeederStatus) -> bool:
        return feeder.state is FeederState.PROTECTING


class FeedShort(FeederTrigger):
    """A feeder carries more than its threshold."""

    description = "a feed is short"

    @staticmethod
    @override
    def holds(feeder: FeederStatus) -> bool:
        return is_short(feeder)


class FeedBlind(FeederTrigger):
    """The meter of a feeder cannot be believed any more."""

    description = "a feed is blind"

    @staticmethod
    @override
    def holds(feeder: FeederStatus) -> bool:
        return feeder.blind


class IslandMode(EventTrigger):
    """Something else feeds the island than before: its cable is dead, its inverters carry it, or all is back."""

    description = "what feeds the island changed"

    @override
    def _async_payload(self, runtime: IslandRuntime, event: RuntimeEvent) -> Payload | None:
        if not isinstance(event, SupplyChanged) or not async_is_picked_feeder(runtime, MAIN_FEEDER, self._picked):
            return None
        return {ATTR_DEVICE_ID: async_device_of_feeder(runtime, MAIN_FEEDER), "supply": event.supply.value}


class Trade(EventTrigger):
    """A trade with a neighbour begins, ends, or both have told what they counted of it."""

    description = "a trade with a neighbour"

    @override
    def _async_payload(self, runtime: IslandRuntime, event: RuntimeEvent) -> Payload | None:
        if not isinstance(event, TradeHappened):
            return None
        payload = trade_response(runtime, event)
        if self._picked and payload[ATTR_DEVICE_ID] not in self._picked:
            return None
        return {**payload, "step": event.step.value}


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "request_received": RequestReceived,
    "request_answered": RequestAnswered,
    "request_ended": RequestEnded,
    "limit_reached": LimitReached,
    "payment_received": PaymentReceived,
    "feed_short": FeedShort,
    "feed_blind": FeedBlind,
    "island_mode": IslandMode,
    "trade": Trade,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers."""
    return TRIGGERS

"""What a participant's sensors show: what it does for the feed, why, and what it earned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory

from ..actions.responses import NOT_ASKED, iso_time
from ..clock import as_datetime
from ..const import (
    CONF_ENERGY_PRICE,
    CONF_PHASE_ACTIONS,
    CONF_PHASE_SWITCH,
    SUBENTRY_BATTERY,
    SUBENTRY_CHARGER,
    SUBENTRY_SOLAR,
)
from ..entity import ParticipantView, watts
from ..grid.engine.status import IDLE
from ..grid.model.request import RequestState
from ..grid.model.world import BatteryTelemetry, ChargerTelemetry
from ..grid.requests.settlement import progress
from ..island.charging_sessions import Payment
from ..island.configuration import Participant
from ..reasons import REASON_GIVEN, async_sentence
from .view_sensors import (
    CALM_SOC,
    CALM_W,
    HELD_BACK,
    LONGEST_PATIENCE,
    PATIENCE,
    TAKES_AT_MOST,
    Value,
    ViewSensorDescription,
)
from .wallet_sensors import wallet_sensors
from .why_sensors import why_sensor

DECISION_REASONS: Final = (
    REASON_GIVEN,
    "accepted_always",
    "accepted_by_house",
    "accepted_by_person",
    "accepted_charged_and_departure",
    "accepted_charged_enough",
    "accepted_departure_holds",
    "accepted_feeds_back",
    "accepted_rate_enough",
    "declined_by_house",
    "declined_by_person",
    "declined_departure_unknown",
    "declined_needs_energy",
    "declined_needs_energy_any_time",
    "declined_never",
    "declined_no_time",
    "declined_not_charged",
    "declined_nothing_to_give",
    "declined_rate_too_low",
    "declined_soc_unknown",
)
"""Why a participant said yes or no."""

DECISION_ATTRIBUTES: Final = frozenset({"reason", "request_id", "power_w", "rate"})
HELP_ATTRIBUTES: Final = frozenset({"until", "delivered_wh", "earned", "not_asked"}) | DECISION_ATTRIBUTES
#: Settled, and nothing to pay.
NOTHING: Final = "nothing"
REASON_ATTRIBUTES: Final = frozenset(
    {"text", "soc", "charged_above", "need_kwh", "departure", "floor", "rate", "min_rate"}
)

CHARGING_PRICE: Final = "charging_price"
CHARGING_PAYMENT: Final = "charging_payment"
CHARGING_SENSORS: Final = (CHARGING_PRICE, CHARGING_PAYMENT)
"""What only an island with prices of charging has."""
PRICE_ATTRIBUTES: Final = frozenset({"price_i", "cost_i", "changes_at", "next_price", "per_hour", "per_session"})

#: A session's energy, and what it costs, are shown anew after so much more, Wh.
_WORTH_WH: Final = 500.0

type ParticipantData = Mapping[str, Any]
"""The data of a participant's subentry: which of its entities the user has named."""


@dataclass(frozen=True, kw_only=True)
class ParticipantSensorDescription(ViewSensorDescription[ParticipantView]):
    """A sensor of a participant, for those that `applies_to` names."""

    applies_to: Callable[[Participant, ParticipantData], bool] = lambda *_: True


def _is_kind(*kinds: str) -> Callable[[Participant, ParticipantData], bool]:
    return lambda participant, _data: participant.kind in kinds


def _flexible(participant: Participant, _data: ParticipantData) -> bool:
    """Return whether it can be asked: the sun is measured, and never asked for anything."""
    return participant.kind != SUBENTRY_SOLAR


def _has_soc(participant: Participant, data: ParticipantData) -> bool:
    return participant.kind in (SUBENTRY_CHARGER, SUBENTRY_BATTERY) and bool(data.get("soc"))


def _soc(view: ParticipantView) -> Value:
    match view.telemetry:
        case ChargerTelemetry(soc=soc) | BatteryTelemetry(soc=soc):
            return None if soc is None else round(soc)
    return None


def _departure(view: ParticipantView) -> Value:
    match view.telemetry:
        case ChargerTelemetry(departure_at=departure):
            return _moment(departure)
    return None


def _moment(at: float | None) -> datetime | None:
    """To the minute: a moment that is derived anew every second must not look like a new one."""
    return None if at is None else as_datetime(round(at / 60) * 60)


def _participant_id(view: ParticipantView) -> str:
    return view.participant.participant_id


def _learned_phases(view: ParticipantView) -> Value:
    """Return the phases that its car was found to use; unknown until then."""
    status = view.status
    return ", ".join(f"L{phase + 1}" for phase in sorted(status.phases)) if status.phases_learned else None


def _changes_phases(participant: Participant, data: ParticipantData) -> bool:
    return participant.kind == SUBENTRY_CHARGER and bool(data.get(CONF_PHASE_SWITCH) or data.get(CONF_PHASE_ACTIONS))


def _learned_current(view: ParticipantView) -> Mapping[str, Any]:
    """Return the least current that its car was found to need; unknown until then."""
    status = view.status
    return {"least_current_a": status.min_current_a if status.min_current_learned else None}


def _learned_reports(view: ParticipantView) -> Mapping[str, Any]:
    """Return what its seldom reports cost cars, and the most that it was seen to take."""
    status = view.status
    return {HELD_BACK: status.held_back_wh, TAKES_AT_MOST: status.clamp_a}


def _last_decision(view: ParticipantView) -> Value:
    decision = view.status.last_decision
    if decision is None:
        return NOT_ASKED
    return "accepted" if decision.accepted else "declined"


def _decision_reason(view: ParticipantView) -> Value:
    """Return the key of the reason: the front end has the words for it, in the language of whoever looks."""
    decision = view.status.last_decision
    if decision is None:
        return NOT_ASKED
    return decision.reason.key if decision.reason.key in DECISION_REASONS else None


def _reason_values(view: ParticipantView) -> Mapping[str, Any] | None:
    """Return the figures that the reason rests on, or the words of whoever gave one."""
    decision = view.status.last_decision
    if decision is None:
        return None
    return {
        name: as_datetime(float(value)).isoformat() if name == "departure" else value
        for name, value in decision.reason.placeholders.items()
    }


def _decision_attributes(view: ParticipantView) -> Mapping[str, Any] | None:
    decision = view.status.last_decision
    if decision is None:
        return None
    return {
        "reason": async_sentence(view.runtime.hass, decision.reason),
        "request_id": decision.request_id,
        "power_w": watts(decision.power_w),
        "rate": decision.rate,
    }


def _session_begin(view: ParticipantView) -> datetime | None:
    """Return when the session's energy and cost began to count from 0."""
    at = view.status.session_at
    return None if at is None else as_datetime(round(at))


def _session_cost(view: ParticipantView) -> float | None:
    """Return what the session costs by its tariff, less what was earned by feeding back.

    Where nobody pays: its energy at the island's price, in steps of 10 Wh; 0 where charging has a tariff only, and
    unknown without any price.
    """
    charging, participant_id = view.runtime.economy.charging, view.participant.participant_id
    if (cost := charging.cost(participant_id)) is not None:
        return round(float(cost), 2)
    price = view.runtime.entry.options.get(CONF_ENERGY_PRICE)
    if price is not None:
        return round(view.status.session_energy_wh // 10 * 10 / 1000 * float(price), 2)
    return None if charging.quote(participant_id) is None else 0.0


def _stage_of_session(view: ParticipantView) -> object:
    """Return what tells that a session comes to its end: the next one begins at 0, and what was not shown is lost."""
    return view.status.connected, bool(view.status.power_w)


def _worth_of_cost(view: ParticipantView) -> float:
    """Return what so much of this session's energy costs on average that it is worth a state of its own."""
    cost, energy_wh = _session_cost(view), view.status.session_energy_wh
    return abs(cost) / energy_wh * _WORTH_WH if cost and energy_wh > 0 else 0.0


def _session_cost_i(view: ParticipantView) -> Mapping[str, Any] | None:
    """Return the same in tokens, where somebody pays for it."""
    cost_i = view.runtime.economy.charging.cost_i(view.participant.participant_id)
    return None if cost_i is None else {"cost_i": cost_i}


def _price_now(view: ParticipantView) -> float | None:
    quote = view.runtime.economy.charging.quote(view.participant.participant_id)
    return None if quote is None else round(float(quote.per_kwh), 4)


def _price_attributes(view: ParticipantView) -> Mapping[str, Any] | None:
    """Return the same in tokens, and what follows."""
    quote = view.runtime.economy.charging.quote(view.participant.participant_id)
    if quote is None:
        return None
    return {
        "price_i": round(quote.per_kwh_i),
        "changes_at": None if quote.changes_at is None else as_datetime(quote.changes_at).isoformat(),
        "next_price": None if quote.then_per_kwh is None else round(float(quote.then_per_kwh), 4),
        "per_hour": round(float(quote.charging_per_hour), 4),
        "per_session": round(float(quote.per_session), 4),
    }


def _payment(view: ParticipantView) -> Value:
    return view.runtime.economy.charging.payment(view.participant.participant_id).value


def _stands(view: ParticipantView) -> Value:
    """Return where its part in its newest request stands; what was settled for nothing is not being paid."""
    state = view.status.curtailment
    if state is RequestState.SETTLED:
        request = view.runtime.grid.requests.get(view.status.request_id or "")
        if request is not None and not request.asks[view.participant.participant_id].unpaid:
            return NOTHING
    return str(state)


def _help(view: ParticipantView) -> Mapping[str, Any] | None:
    """Return how far its part in its newest request has come; or why it was not asked when others were."""
    grid, participant_id = view.runtime.grid, view.participant.participant_id
    request = grid.requests.get(view.status.request_id or "")
    newest = grid.newest_requests[0] if grid.requests else None
    if newest is not None and (left_out := newest.not_asked.get(participant_id)) is not None:
        return {"request_id": newest.request_id, "not_asked": async_sentence(view.runtime.hass, left_out)}
    if request is None or (ask := request.asks.get(participant_id)) is None:
        return None
    delivered_wh, earned_i = progress(ask)
    return {
        "request_id": request.request_id,
        "power_w": watts(ask.quantity_w),
        "rate": ask.rate,
        "until": iso_time(request.ends_at - request.ahead_s),
        "delivered_wh": delivered_wh,
        "earned": earned_i,
        "reason": async_sentence(view.runtime.hass, ask.reason),
    }


PARTICIPANT_SENSORS: tuple[ParticipantSensorDescription, ...] = (
    ParticipantSensorDescription.power(
        "power",
        lambda view: watts(view.status.power_w),
        translation_key=None,
        measures=True,
        # Its own meter has a sensor of its own, which shows every watt.
        calm=2 * CALM_W,
        patience=LONGEST_PATIENCE,
    ),
    ParticipantSensorDescription.current(
        "current_setpoint",
        lambda view: None if view.status.setpoint is None else round(view.status.setpoint, 1),
        applies_to=_is_kind(SUBENTRY_CHARGER),
    ),
    why_sensor(ParticipantSensorDescription, _participant_id),
    ParticipantSensorDescription.current(
        "planned_current",
        lambda view: None if view.status.planned_a is None else round(view.status.planned_a),
        entity_registry_enabled_default=False,
        applies_to=_is_kind(SUBENTRY_CHARGER),
    ),
    ParticipantSensorDescription(
        key="learned_phases",
        translation_key="learned_phases",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        applies_to=_is_kind(SUBENTRY_CHARGER),
        value_fn=_learned_phases,
        attributes_fn=_learned_current,
    ),
    ParticipantSensorDescription(
        key="phases_in_use",
        translation_key="phases_in_use",
        applies_to=_changes_phases,
        value_fn=lambda view: view.status.switched_to,
    ),
    ParticipantSensorDescription.interval(
        lambda view: view.status.report_s,
        _learned_reports,
    ),
    ParticipantSensorDescription.power(
        "power_setpoint",
        lambda view: watts(view.status.setpoint),
        applies_to=_is_kind(SUBENTRY_BATTERY),
    ),
    ParticipantSensorDescription.energy(
        # A state for each step of 10 Wh of a quick charger would only fill the recorder.
        "session_energy",
        lambda view: view.status.session_energy_wh // 10 * 10,
        calm=_WORTH_WH,
        news_fn=_stage_of_session,
        pace=PATIENCE,
        patience=LONGEST_PATIENCE,
        # It falls back a little after a crash, which is no new session, and a new session may begin with more than the
        # one before had at its end: only the time at which it began tells.
        state_class=SensorStateClass.TOTAL,
        last_reset_fn=_session_begin,
        applies_to=_is_kind(SUBENTRY_CHARGER),
    ),
    ParticipantSensorDescription(
        key="session_cost",
        translation_key="session_cost",
        # Its unit is Home Assistant's currency.
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        state_class=SensorStateClass.TOTAL,
        last_reset_fn=_session_begin,
        applies_to=_is_kind(SUBENTRY_CHARGER),
        calm=_worth_of_cost,
        news_fn=_stage_of_session,
        pace=PATIENCE,
        patience=LONGEST_PATIENCE,
        value_fn=_session_cost,
        beside_fn=_session_cost_i,
    ),
    ParticipantSensorDescription(
        # Its unit is Home Assistant's currency per kWh.
        key=CHARGING_PRICE,
        translation_key=CHARGING_PRICE,
        suggested_display_precision=2,
        applies_to=_is_kind(SUBENTRY_CHARGER),
        value_fn=_price_now,
        attributes_fn=_price_attributes,
    ),
    ParticipantSensorDescription(
        key=CHARGING_PAYMENT,
        translation_key=CHARGING_PAYMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        device_class=SensorDeviceClass.ENUM,
        options=[each.value for each in Payment],
        applies_to=_is_kind(SUBENTRY_CHARGER),
        value_fn=_payment,
    ),
    ParticipantSensorDescription(
        key="state_of_charge",
        translation_key="state_of_charge",
        device_class=SensorDeviceClass.BATTERY,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        applies_to=_has_soc,
        measures=True,
        calm=CALM_SOC,
        patience=LONGEST_PATIENCE,
        value_fn=_soc,
    ),
    ParticipantSensorDescription(
        key="departure",
        translation_key="departure",
        device_class=SensorDeviceClass.TIMESTAMP,
        applies_to=_is_kind(SUBENTRY_CHARGER),
        value_fn=_departure,
    ),
    ParticipantSensorDescription(
        key="expected_departure",
        translation_key="expected_departure",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        applies_to=_is_kind(SUBENTRY_CHARGER),
        value_fn=lambda view: _moment(view.status.expected_departure_at),
    ),
    ParticipantSensorDescription(
        key="curtailment",
        translation_key="curtailment",
        device_class=SensorDeviceClass.ENUM,
        options=[IDLE, NOTHING, *(state.value for state in RequestState)],
        applies_to=_flexible,
        value_fn=_stands,
        attributes_fn=_help,
        quiet=True,
        patience=LONGEST_PATIENCE,
    ),
    ParticipantSensorDescription(
        key="last_decision",
        translation_key="last_decision",
        device_class=SensorDeviceClass.ENUM,
        options=[NOT_ASKED, "accepted", "declined"],
        applies_to=_flexible,
        value_fn=_last_decision,
        attributes_fn=_decision_attributes,
    ),
    ParticipantSensorDescription(
        key="decision_reason",
        translation_key="decision_reason",
        entity_category=EntityCategory.DIAGNOSTIC,
        device_class=SensorDeviceClass.ENUM,
        options=[NOT_ASKED, *DECISION_REASONS],
        applies_to=_flexible,
        value_fn=_decision_reason,
        attributes_fn=_reason_values,
    ),
    ParticipantSensorDescription.energy(
        "delivered_energy",
        lambda view: view.status.delivered_wh,
        applies_to=_flexible,
    ),
    *wallet_sensors(ParticipantSensorDescription),
)

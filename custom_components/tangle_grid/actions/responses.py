"""What the actions answer: plain JSON, with names and ids that mean something in Home Assistant."""

from typing import TYPE_CHECKING, Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import callback
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from ..clock import as_datetime
from ..const import TREASURY
from ..economy.topics import Sighting
from ..island.link_houses import slots
from ..ledger import FORMER_MARK
from ..reasons import async_check_sentence, async_sentence
from .targets import async_device_id, async_device_of_feeder, feeder_name

if TYPE_CHECKING:
    from ..grid.model.request import Ask, CurtailmentRequest
    from ..grid.model.world import Reason
    from ..island.runtime import IslandRuntime
    from ..island.trade_happened import TradeHappened
    from ..ledger import Payment, QueuedPayment, TangleMessage, TransactionInfo, Verification, WalletRules

NOT_ASKED = "not_asked"
"""Where a participant stands in a request that has no question for it."""


def iso_time(moment: float | None) -> str | None:
    """Return grid time or wall time (epoch seconds) as local ISO 8601 text."""
    return None if moment is None else dt_util.as_local(as_datetime(moment)).isoformat(timespec="seconds")


@callback
def request_response(runtime: IslandRuntime, request: CurtailmentRequest) -> JsonObjectType:
    """Return a curtailment request with the part of each participant; a house with all its chargers is one."""
    of_houses = slots(runtime.links.houses.values())
    return {
        "request_id": request.request_id,
        "feeder": feeder_name(runtime, request.feeder_id),
        "feeder_device_id": async_device_of_feeder(runtime, request.feeder_id),
        "power": round(request.quantity_w),
        "rate": request.rate_i_per_kwh,
        "issued_at": iso_time(request.issued_at),
        "answer_by": iso_time(request.answer_by),
        "starts_at": iso_time(request.starts_at),
        "ends_at": iso_time(request.ends_at),
        "closed": bool(request.closed),
        "participants": [
            *(
                _ask_response(runtime, request.request_id, ask)
                for device_id, ask in request.asks.items()
                if device_id not in of_houses
            ),
            *(
                _left_out_response(runtime, device_id, reason)
                for device_id, reason in request.not_asked.items()
                if device_id not in of_houses
            ),
        ],
    }


def _ask_response(runtime: IslandRuntime, request_id: str, ask: Ask) -> JsonObjectType:
    participant = runtime.participants.get(ask.device_id)
    payee = runtime.vehicles.payee(f"{request_id}:{ask.device_id}", ask.device_id)
    return {
        "device_id": async_device_id(runtime, _linked(runtime, ask.device_id)),
        "name": participant.name if participant else _house_name(runtime, ask.device_id),
        "vehicle": None if payee == ask.device_id else participant_name(runtime, payee),
        "state": str(ask.state),
        "power": round(ask.quantity_w),
        "rate": ask.rate,
        "reason": async_sentence(runtime.hass, ask.reason),
        "energy_wh": ask.energy_wh,
        "amount": ask.amount_i,
    }


def _left_out_response(runtime: IslandRuntime, participant_id: str, reason: Reason) -> JsonObjectType:
    """Return a participant that was not asked, and why."""
    participant = runtime.participants.get(participant_id)
    return {
        "device_id": async_device_id(runtime, _linked(runtime, participant_id)),
        "name": participant.name if participant else _house_name(runtime, participant_id),
        "vehicle": None,
        "state": NOT_ASKED,
        "power": 0,
        "rate": 0,
        "reason": async_sentence(runtime.hass, reason),
        "energy_wh": 0,
        "amount": 0,
    }


def _linked(runtime: IslandRuntime, participant_id: str) -> str:
    """Return the subentry of a participant: a house takes part as one, with a name of its own in the grid."""
    return participant_id if participant_id in runtime.participants else participant_id.partition("/")[0]


def _house_name(runtime: IslandRuntime, participant_id: str) -> str | None:
    """Return what a house that takes part as one is called here; None where it has left."""
    house = runtime.entry.subentries.get(_linked(runtime, participant_id))
    return None if house is None else house.title


@callback
def payment_response(runtime: IslandRuntime, payment: Payment) -> JsonObjectType:
    """Return a payment and where it stands."""
    return {
        "payment_id": payment.payment_id,
        "source": owner_name(runtime, payment.source),
        "target": owner_name(runtime, payment.target),
        "amount": payment.amount_i,
        "state": str(payment.state),
        "transaction": payment.tail,
        "bundle": payment.bundle,
        "error": payment.error,
        "created_at": iso_time(payment.created_at),
        "sent_at": iso_time(payment.sent_at),
        "confirmed_at": iso_time(payment.confirmed_at),
    }


@callback
def queued_response(runtime: IslandRuntime, queued: QueuedPayment) -> JsonObjectType:
    """Return a payment that waits, and what for."""
    return {
        **payment_response(runtime, queued.payment),
        "position": queued.position,
        "attempts": queued.attempts,
        "next_try_at": iso_time(queued.next_try_at),
        "last_error": queued.last_error,
    }


@callback
def trade_response(runtime: IslandRuntime, trade: TradeHappened) -> dict[str, Any]:
    """Return a step of a trade with a neighbour."""
    subentry = runtime.entry.subentries.get(trade.subentry_id)
    return {
        ATTR_DEVICE_ID: async_device_id(runtime, trade.subentry_id),
        ATTR_CONFIG_ENTRY_ID: runtime.entry.entry_id,
        "neighbour": None if subentry is None else subentry.title,
        "power_w": trade.power_w,
        "price": trade.price_i_per_kwh,
        "energy_wh": trade.energy_wh,
        "amount": trade.amount_i,
    }


def rules_response(rules: WalletRules) -> JsonObjectType:
    """Return what was decided for a wallet."""
    owner = rules.owner
    return {
        "per_payment": rules.limits.per_payment_i,
        "per_day": rules.limits.per_day_i,
        "left_today": rules.allowance_i,
        "owner_address": owner.address if owner else None,
        "sweep_above": owner.sweep_above_i if owner else None,
        "keep": owner.keep_i if owner else None,
    }


@callback
def verification_response(runtime: IslandRuntime, verification: Verification) -> JsonObjectType:
    """Return what came out of checking a reward, each check as a sentence."""
    participant, recomputed = verification.participant, verification.recomputed
    known = runtime.participants.get(participant) if participant else None
    names = {"participant": known.name} if known else {}
    return {
        "ok": verification.ok,
        "payment_id": verification.payment_id,
        "request_id": verification.request_id,
        "participant": known.name if known else participant,
        "device_id": async_device_id(runtime, participant) if participant else None,
        "transaction": verification.transaction,
        "bundle": verification.bundle,
        "address": verification.address,
        "amount": verification.amount_i,
        "recomputed_energy_wh": recomputed.energy_wh if recomputed else None,
        "recomputed_amount": recomputed.amount_i if recomputed else None,
        "island": verification.island,
        "public_key": verification.public_key,
        "messages": [
            {"kind": each.kind, "transaction": each.transaction, "text": each.text, "body": dict(each.body)}
            for each in verification.messages
        ],
        "checks": [
            {
                "check": check.key,
                "ok": check.ok,
                "text": async_check_sentence(runtime.hass, check.key, {**check.placeholders, **names}, ok=check.ok),
            }
            for check in verification.checks
        ],
    }


@callback
def owner_name(runtime: IslandRuntime, wallet: str) -> str:
    """Return who owns a wallet, by name; a wallet of nobody here is an address, and stays one.

    A seed that was replaced stays as a wallet of its own, with a number behind its owner's name.
    """
    present, tilde, number = wallet.partition(FORMER_MARK)
    name = runtime.entry.title if present == TREASURY else runtime.wallet_names.get(present)
    if name is None:
        return wallet
    return f"{name} ({tilde}{number})" if tilde else name


@callback
def participant_name(runtime: IslandRuntime, participant: str) -> str:
    """Return what a participant is called, also one that has left; without a wallet nobody remembers it by name."""
    wallet = runtime.payees.get(participant)
    return participant if wallet is None else owner_name(runtime, wallet)


@callback
def message_response(runtime: IslandRuntime, message: TangleMessage) -> JsonObjectType:
    """Return a message as it was read back from the Tangle.

    `participant` is whose key signed it, None the island's own.
    """
    body: Any = dict(message.body)
    speaker = message.participant
    return {
        "message_id": message.message_id,
        "kind": message.kind,
        "body": body,
        "sender": message.sender,
        "participant": participant_name(runtime, speaker) if speaker else None,
        "device_id": async_device_id(runtime, speaker) if speaker else None,
        "sealed": message.sealed,
        "sequence": message.sequence,
        "issued_at": iso_time(message.issued_at),
        "transaction": message.tail,
        "confirmed": message.confirmed,
        "verified": message.verified,
        "rejection": message.rejection,
    }


@callback
def transaction_response(runtime: IslandRuntime, transaction: TransactionInfo) -> JsonObjectType:
    """Return a transaction as it stands on the Tangle."""
    return {
        "transaction": transaction.hash,
        "bundle": transaction.bundle,
        "address": transaction.address,
        "value": transaction.value,
        "tag": transaction.tag,
        "timestamp": iso_time(transaction.timestamp),
        "confirmed": transaction.confirmed,
        "milestone": transaction.milestone,
        "conflict": transaction.conflict,
        "message": message_response(runtime, transaction.message) if transaction.message else None,
    }


@callback
def sighting_response(runtime: IslandRuntime, sighting: Sighting) -> JsonObjectType:
    """Return a report that waits at a data topic for others."""
    return {
        "report_id": sighting.report_id,
        "participant": participant_name(runtime, sighting.reporter),
        "latitude": sighting.place.latitude,
        "longitude": sighting.place.longitude,
        "seen_at": iso_time(sighting.last_at),
        "value": sighting.value,
        "picture": sighting.picture,
    }

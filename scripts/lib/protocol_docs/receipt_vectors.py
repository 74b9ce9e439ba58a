"""Test vectors of receipts: one of each kind, and what is wrong with one that somebody has changed."""

import json
from collections.abc import Mapping
from datetime import UTC
from fractions import Fraction
from typing import Any, Final

from custom_components.tangle_grid.economy.services import ParkingReceipt, TollReceipt
from custom_components.tangle_grid.economy.services.parking import ParkingEnd
from custom_components.tangle_grid.economy.sessions import (
    Fee,
    Outcome,
    Reading,
    Session,
    SessionReceipt,
    Situation,
    Terms,
)
from custom_components.tangle_grid.economy.signed_receipt import (
    Receipt,
    kind_of,
    payments_of,
    read_signed,
    signed_receipt,
    wrong_figures,
)
from custom_components.tangle_grid.protocol import SigningKey, canonical

type Json = dict[str, Any]

_AT: Final = 1_796_032_800
_KEY: Final = SigningKey.from_hex("4a" * 32)
_ENERGY: Final = {
    "currency": "EUR",
    "elements": [
        {"price_components": [{"type": "ENERGY", "price": 0.25, "vat": 21, "step_size": 1}]},
    ],
}
_PARKING: Final = {
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "PARKING_TIME", "price": 1.5, "step_size": 900}]}],
}
_HOUR_I: Final = 1_500_000


def _session() -> SessionReceipt:
    """Return the receipt of 4 kWh at 12 kW, each payment of which was confirmed at the next reading."""
    terms = Terms(
        tariff=json.dumps(_ENERGY),
        zone="UTC",
        rate=Fraction(1_000_000),
        seller="treasury",
        operator="treasury",
        fee=Fee(share=Fraction(1, 20)),
    )
    session = Session.start(
        "charging-1", "charger", terms, UTC, Reading(at=_AT, import_wh=0.0), most_w=22_000, payer="car"
    )

    def paid() -> Situation:
        return Situation(paid={name: order.amount_i for name, order in session.outstanding.items()})

    for number in range(1, 121):
        _outcome: Outcome = session.step(
            Reading(at=_AT + 10 * number, elapsed_s=10.0, import_wh=float(100 * number // 3)), paid()
        )
    session.finish(Reading(at=_AT + 1_210, elapsed_s=10.0, import_wh=4_000.0), paid())
    session.settle(_AT + 1_220, paid())
    return SessionReceipt.of(session)


def _stay() -> ParkingReceipt:
    return ParkingReceipt(
        session_id="parking-1",
        service="car_park",
        vehicle="car",
        tariff=json.dumps(_PARKING),
        rate=Fraction(1_000_000),
        time_zone="UTC",
        seen=((_AT, _AT + 3_600),),
        end=ParkingEnd.LEFT,
        cost_i=_HOUR_I,
        total_i=_HOUR_I,
        payments=(_HOUR_I,),
    )


def _passage() -> TollReceipt:
    return TollReceipt(passage_id="toll-1", service="toll", vehicle="car", at=_AT, price_i=800_000, paid_i=800_000)


def _file(receipt: Receipt) -> Json:
    transactions = {name: f"{name.upper().translate(_TRYTES):9<81}"[:81] for name, _amount in payments_of(receipt)}
    return signed_receipt(receipt, island="island", transactions=transactions, key=_KEY)


_TRYTES: Final = {ord(each): "9" for each in "0123456789:-_"}


def _signed_again(file: Json, **changes: Any) -> Json:
    """Return the file with something else in it, signed as it is: what an island could do that lies."""
    said = {name: value for name, value in file.items() if name != "signature"} | changes
    return said | {"signature": _KEY.sign(canonical(said))}


def _again(file: Json, **changes: Any) -> Json:
    return _signed_again(file, receipt={**file["receipt"], **changes})


def _outcome(file: Json) -> Json:
    signed = read_signed(file)
    return {"signed": signed.is_signed, "wrong": sorted({each.name for each in wrong_figures(signed)})}


def signed_receipt_vectors() -> Json:
    """Return a file of each kind, and files that do not stand up, each with what comes out when it is recomputed."""
    session, stay, passage = _file(_session()), _file(_stay()), _file(_passage())
    forged = {**passage, "receipt": {**passage["receipt"], "price_i": 1, "paid_i": 1}}
    others: Mapping[str, Json] = {
        "a_figure_changed_after_signing": forged,
        "a_payment_left_out": _signed_again(session, payments=session["payments"][1:]),
        "a_charge_that_the_meter_does_not_give": _again(session, charge_i=session["receipt"]["charge_i"] + 1),
        "energy_that_is_in_no_row": _again(session, wh_in=session["receipt"]["wh_in"] + 1),
        "a_stay_that_costs_less": _again(stay, cost_i=_HOUR_I + 1, total_i=_HOUR_I + 1),
        "a_toll_paid_with_another_amount": _again(passage, paid_i=800_001),
    }
    return {
        "public_key": _KEY.public,
        "good": {kind_of(read_signed(each).receipt): each for each in (session, stay, passage)},
        "refused": {name: {"file": each, **_outcome(each)} for name, each in others.items()},
    }

"""A receipt recomputes, and says so where somebody changed it."""

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.tangle_grid.economy.errors import StoredError
from custom_components.tangle_grid.economy.sessions import (
    Fee,
    Phase,
    SessionError,
    SessionReceipt,
    listing_all,
    order_of,
    recompute,
)
from tests.support.charging import Desk, begun, terms
from tests.support.ocpi import component, element, tariff

BY = tariff(
    element(component("ENERGY", -0.1, vat=20), start_time="10:00", end_time="10:30"),
    element(component("ENERGY", 0.3, vat=20), component("PARKING_TIME", 6), component("FLAT", 0.5)),
)


@pytest.fixture(scope="module")
def receipt() -> SessionReceipt:
    agreed = terms(
        tariff=BY, fee=Fee(share=Fraction(1, 20)), feed_in=Fraction(1, 4), zone="Europe/Amsterdam", operator="operator"
    )
    desk = Desk(begun(agreed, payer="wrong", zone=ZoneInfo("Europe/Amsterdam")))
    for _minute in range(30):
        desk.step(60, power_w=11_000.0, situation={"budget_i": 1_000})
    desk.keep(desk.session.correct("car", None, desk.now))
    for _minute in range(60):
        desk.step(60, power_w=7_000.0)
    for _minute in range(30):
        desk.step(60, power_w=-7_000.0)
    desk.finish(power_w=0.0)
    while desk.session.phase is not Phase.DONE:
        desk.settle()
    return SessionReceipt.of(desk.session)


def test_a_true_receipt_has_no_contradiction(receipt: SessionReceipt) -> None:
    assert recompute(receipt) == ()
    written = json.loads(json.dumps(receipt.to_dict(), allow_nan=False))
    assert SessionReceipt.from_dict(written) == receipt
    assert not any(isinstance(value, float) for value in flat(written))


def flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [each for part in value.values() for each in flat(part)]
    if isinstance(value, list):
        return [each for part in value for each in flat(part)]
    return [value]


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("wh_in", 1),
        ("wh_out", 1),
        ("fed_in_wh", -1),
        ("rewarded_wh", 1),
        ("charge_i", -1),
        ("fee_i", 1),
        ("feed_in_i", 1),
        ("granted_i", 10**9),
        ("owed_i", 1),
        ("without_tax", Fraction(1, 10**6)),
        ("with_tax", Fraction(-1, 10**6)),
    ],
)
def test_a_changed_figure_is_found(receipt: SessionReceipt, name: str, by: int | Fraction) -> None:
    changed: dict[str, Any] = {name: getattr(receipt, name) + by}
    assert recompute(replace(receipt, **changed)) != ()


def test_a_changed_row_payment_or_term_is_found(receipt: SessionReceipt) -> None:
    rows, payments = list(receipt.rows), list(receipt.payments)
    changed = [
        replace(receipt, rows=(replace(rows[0], wh=rows[0].wh + 1), *rows[1:])),
        replace(receipt, rows=(replace(rows[0], standing_s=rows[0].standing_s + 600), *rows[1:])),
        replace(receipt, rows=(replace(rows[0], at=rows[0].at - 86_400), *rows[1:])),
        replace(receipt, rows=tuple(reversed(rows))),
        *(
            replace(receipt, payments=(*payments[:n], replace(each, amount_i=each.amount_i + 1), *payments[n + 1 :]))
            for n, each in enumerate(payments)
        ),
        replace(receipt, payments=tuple(payments[:-1])),
        replace(receipt, terms=replace(receipt.terms, rate=receipt.terms.rate * 2)),
        replace(receipt, terms=replace(receipt.terms, fee=Fee(share=Fraction(1, 10)))),
        replace(receipt, terms=replace(receipt.terms, tariff=BY.replace("0.3", "0.4"))),
        replace(receipt, payers=("car",)),
    ]
    for each in changed:
        assert recompute(each) != ()


def test_a_zone_that_nobody_knows_is_refused(receipt: SessionReceipt) -> None:
    with pytest.raises(SessionError):
        recompute(replace(receipt, terms=replace(receipt.terms, zone="Nowhere/At_all")))


@pytest.mark.parametrize("change", [{"version": 9}, {"rows": [[1]]}, {"wh_in": -1}, {"payers": []}, {"more": 1}])
def test_what_is_no_receipt_is_refused(receipt: SessionReceipt, change: dict[str, Any]) -> None:
    with pytest.raises(StoredError):
        SessionReceipt.from_dict(receipt.to_dict() | change)


def test_a_large_session_has_a_small_receipt() -> None:
    desk = Desk(begun(most_w=400_000))
    for _step in range(800):
        desk.step(60, power_w=300_000.0)
    desk.finish(power_w=0.0)
    while desk.session.phase is not Phase.DONE:
        desk.settle()
    receipt = SessionReceipt.of(desk.session)
    assert receipt.wh_in > 3_900_000
    assert receipt.older > 0
    assert recompute(receipt) == ()
    assert len(json.dumps(receipt.to_dict())) < 120_000
    # The books have them all: with them each payment can be looked up.
    listed = {order.payment_id for order in receipt.payments}
    found = [
        order_of("s", transfer, [each for each in desk.entries.values() if each.payment_id == name], {})
        for name, transfer in desk.transfers.items()
        if name not in listed
    ]
    older = [order for order in found if order is not None]
    whole = listing_all(receipt, older)
    assert (whole.older, len(whole.payments)) == (0, receipt.older + len(receipt.payments))
    assert recompute(whole) == ()
    assert {order.payment_id: order.amount_i for order in whole.payments} == {
        name: each.amount_i for name, each in desk.transfers.items()
    }
    assert listing_all(receipt, older[1:]) is receipt, "what does not come to the sums is not believed"
    assert order_of("t", desk.transfers[older[0].payment_id], [], {}) is None
    assert listing_all(whole, []) is whole

"""A session from plug to plug: what is paid, when, by whom, and what the car is told."""

import json
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from custom_components.tangle_grid.economy.effects import Kind, Transfer
from custom_components.tangle_grid.economy.errors import StoredError, TariffError
from custom_components.tangle_grid.economy.sessions import (
    EmptyWallet,
    Fee,
    Guest,
    Hold,
    Outcome,
    Phase,
    Reading,
    Session,
    SessionError,
    SessionReceipt,
    recompute,
)
from tests.support.charging import RATE, Desk, begun, terms
from tests.support.ocpi import START, component, element, tariff

POWER = {"power_w": 11_000.0}


def transfers(outcome: Outcome) -> list[tuple[str, str, int]]:
    return [(each.source, each.target, each.amount_i) for each in outcome.effects if isinstance(each, Transfer)]


def charge(desk: Desk, kwh: float, *, power_w: float = 11_000.0, **step: Any) -> None:
    until = desk.session.wh_in + kwh * 1000
    while desk.session.wh_in < until:
        desk.step(power_w=power_w, **step)


def end(desk: Desk) -> SessionReceipt:
    desk.finish(power_w=0.0)
    for _time in range(5):
        if desk.session.phase is Phase.DONE:
            break
        desk.settle()
    assert desk.session.phase is Phase.DONE
    receipt = SessionReceipt.of(desk.session)
    assert recompute(receipt) == ()
    return receipt


def paid(desk: Desk, kind: str = "e") -> list[int]:
    return [each.amount_i for name, each in desk.transfers.items() if name.endswith(f":{kind}")]


@pytest.mark.parametrize(
    ("power_w", "share", "most"),
    [(3_700, 5, 25), (7_400, 0, 25), (11_000, 5, 25), (15_000, 0, 27), (22_000, 5, 31), (50_000, 0, 75)],
)
def test_forty_kilowatt_hours_take_25_payments_and_a_kilowatt_hour_of_credit(
    power_w: int, share: int, most: int
) -> None:
    desk = Desk(begun(terms(fee=Fee(share=Fraction(share, 100))), most_w=power_w))
    charge(desk, 40, power_w=float(power_w))
    assert 0 < desk.most_wh <= 1_000
    assert -1_000 <= desk.least_wh < 0
    per_kwh = RATE / 4
    assert max(paid(desk)) <= 2 * per_kwh * Fraction(100 + share, 100)
    end(desk)
    assert len(desk.transfers) <= most
    assert desk.ledger.balance_i("car") == -desk.session.charge_i - desk.session.fee_i
    fees = [entry.amount_i for entry in desk.entries.values() if entry.kind is Kind.FEE and entry.amount_i > 0]
    assert sum(fees) == desk.session.fee_i


def test_what_was_paid_is_what_the_session_costs() -> None:
    desk = Desk(begun())
    charge(desk, 10)
    per_kwh = RATE / 4
    end(desk)
    assert -desk.ledger.balance_i("car") == desk.session.charge_i == int(desk.session.wh_in * per_kwh / 1000)


def test_what_was_paid_ahead_is_given_back_at_the_end() -> None:
    desk = Desk(begun())
    charge(desk, 1)
    outcome = desk.finish(power_w=0.0)
    ((source, target, _amount),) = transfers(outcome)
    assert (source, target) == ("treasury", "car")
    desk.settle()
    assert desk.ledger.balance_i("treasury") == desk.session.charge_i


@pytest.mark.parametrize(("most_w", "payments"), [(11_000, 25), (22_000, 29), (43_000, 44), (50_000, 52)])
def test_the_more_a_charger_can_give_the_earlier_a_slow_car_pays_there(most_w: int, payments: int) -> None:
    desk = Desk(begun(most_w=60_000))
    charge(desk, 40, situation={"most_w": most_w})
    end(desk)
    assert abs(len(desk.transfers) - payments) <= 1


def test_at_a_fast_charger_a_car_pays_before_it_takes_anything_and_waits_for_that() -> None:
    desk = Desk(begun(most_w=60_000))
    fast = {"most_w": 50_000}
    first = desk.step(power_w=0.0, situation=fast)
    assert len(transfers(first)) == 1
    assert first.hold is Hold.LEDGER_AWAY
    assert desk.session.account.sums.covered_wh == 1_000
    desk.step(desk.ledger.lag_s, power_w=0.0, situation=fast)
    assert desk.step(power_w=0.0, situation=fast).hold is None
    end(desk)
    assert desk.ledger.balance_i("car") == 0


@pytest.mark.parametrize("most_per_kwh", [Fraction(1, 5), None])
@pytest.mark.parametrize("price", [-0.1, 0.0, 0.25])
def test_nobody_pays_ahead_for_what_is_free_or_too_dear(most_per_kwh: Fraction | None, price: float) -> None:
    by = tariff(element(component("ENERGY", price)))
    desk = Desk(begun(terms(tariff=by, most_per_kwh=most_per_kwh), most_w=60_000))
    outcome = desk.step(power_w=0.0, situation={"most_w": 50_000})
    assert bool(transfers(outcome)) == (price > 0 and most_per_kwh is None)


def lived(desk: Desk, steps: int, **situation: Any) -> list[tuple[Hold | None, bool]]:
    """Let a car of 11 kW do as it is told, by what its session says."""
    seen = []
    for _step in range(steps):
        power_w = 0.0 if desk.session.pauses else 4_140.0 if desk.session.hold else 11_000.0
        desk.step(power_w=power_w, charging=power_w > 0, situation={each: of(desk) for each, of in situation.items()})
        seen.append((desk.session.hold, desk.session.pauses))
    return seen


@pytest.mark.parametrize("slice_wh", [500, 2_000, 20_000])
def test_a_car_whose_price_is_too_high_owes_no_more_than_may_be_owed(slice_wh: int) -> None:
    agreed = terms(credit_wh=max(1_000, slice_wh), slice_wh=slice_wh, away_wh=1_000, most_per_kwh=Fraction(1, 100))
    desk = Desk(begun(agreed))
    seen = lived(desk, 900)
    assert desk.most_wh <= 1_000
    assert {hold for hold, _pauses in seen} == {Hold.PRICE_ABOVE_LIMIT}
    assert sum(before != after for before, after in pairwise(seen)) <= 2
    assert len(desk.transfers) > 5
    end(desk)


@pytest.mark.parametrize(("worth_wh", "payments"), [(900, 1), (2_300, 4), (200, 0)])
def test_a_wallet_with_little_in_it_pays_ahead_as_far_as_it_goes_and_not_in_drops(worth_wh: int, payments: int) -> None:
    desk = Desk(begun(most_w=66_000))
    purse_i = int(RATE / 4 * worth_wh / 1000)
    seen = lived(desk, 400, most_w=lambda _desk: 60_000, affordable_i=lambda at: purse_i + at.ledger.balance_i("car"))
    assert len(desk.transfers) <= payments
    assert -desk.ledger.balance_i("car") <= purse_i
    assert desk.most_wh <= 1_000
    assert seen[-1][0] is Hold.WALLET_EMPTY
    assert ((None, False) in seen) == (payments > 0)


def test_at_a_fast_charger_that_pays_the_car_payments_are_not_smaller_than_half_a_slice() -> None:
    desk = Desk(begun(terms(tariff=tariff(element(component("ENERGY", -0.1)))), most_w=60_000))
    charge(desk, 10, situation={"most_w": 50_000, "budget_i": 10**9})
    end(desk)
    assert len(desk.transfers) <= 40
    assert desk.most_wh <= 400


@pytest.mark.parametrize("power_w", [55_000, 75_000, 150_000])
def test_above_50_kilowatts_a_payment_covers_ninety_seconds(power_w: int) -> None:
    desk = Desk(begun(most_w=160_000))
    charge(desk, 60, power_w=float(power_w))
    moments = sorted(at for _transfer, at in desk.ledger.taken.values())
    apart = [later - earlier for earlier, later in pairwise(moments[1:])]
    assert min(apart) >= 80
    either_wh = power_w * (90 + 30) / 3600 / 2
    assert desk.most_wh <= max(1_000, either_wh)
    assert desk.least_wh >= -max(1_000, either_wh + 10)
    end(desk)


def test_with_the_ledger_away_credit_rises_to_the_limit_and_the_car_falls() -> None:
    desk = Desk(begun(terms(away_wh=3_000)))
    charge(desk, 5)
    desk.ledger.away, desk.most_wh = True, 0
    holds = []
    while Hold.LEDGER_AWAY not in holds:
        holds.append(desk.step(power_w=11_000.0).hold)
    assert 2_700 < desk.most_wh <= 2_800, "what is left is for a restart"
    assert desk.step(power_w=0.0).hold is Hold.LEDGER_AWAY
    desk.ledger.away = False
    desk.step(power_w=0.0)
    for _payment in range(2):
        desk.step(30, power_w=0.0)
    assert desk.step(power_w=0.0).hold is None
    charge(desk, 5)
    end(desk)


@pytest.mark.parametrize("why", [Hold.LEDGER_AWAY, Hold.WALLET_EMPTY])
@pytest.mark.parametrize("safe_w", [1_400.0, 4_100.0])
@pytest.mark.parametrize("away_wh", [400, 1_000, 2_500])
def test_at_its_safe_current_a_car_goes_on_until_the_limit_and_then_stops(
    why: Hold, safe_w: float, away_wh: int
) -> None:
    desk = Desk(begun(terms(away_wh=away_wh)))
    charge(desk, 5)
    desk.ledger.away, desk.most_wh = why is Hold.LEDGER_AWAY, 0
    situation = {"affordable_i": 0} if why is Hold.WALLET_EMPTY else {}
    seen = []
    for _step in range(600):
        outcome = desk.step(
            power_w=0.0 if desk.session.pauses else safe_w if desk.session.hold else 11_000.0, situation=situation
        )
        if (outcome.hold, desk.session.pauses) not in seen:
            seen.append((outcome.hold, desk.session.pauses))
            desk.crash()
    assert seen == [(None, False), (why, False), (why, True)]
    assert away_wh * 0.85 < desk.most_wh <= away_wh
    desk.ledger.away = False
    for _payment in range(3):
        desk.step(30, power_w=0.0)
    assert (desk.session.hold, desk.session.pauses) == (None, False)
    end(desk)


def test_a_fast_car_that_waited_long_goes_on_only_when_nothing_is_due() -> None:
    """It draws little because it is told to: as soon as it may, it takes 69 Wh in five seconds again."""
    desk = Desk(begun(most_w=60_000))
    for _step in range(60):
        desk.step(power_w=50_000.0)
    desk.ledger.away = True
    while desk.session.hold is None:
        desk.step(power_w=50_000.0)
    for _step in range(240):
        desk.step(power_w=0.0 if desk.session.pauses else 4_100.0)
    assert desk.session.pauses
    desk.ledger.away = False
    while desk.session.hold is not None:
        desk.step(power_w=0.0)
    assert desk.session.credit_wh <= -400, "a restart of a minute and a payment's time are within a kilowatt hour"
    end(desk)


def test_no_second_payment_is_ordered_while_one_is_not_confirmed() -> None:
    desk = Desk(begun(terms(away_wh=20_000)))
    charge(desk, 2)
    before = len(desk.transfers)
    desk.ledger.away = True
    charge(desk, 10)
    assert len(desk.transfers) <= before + 1
    end_of = desk.finish(power_w=0.0)
    assert len(transfers(end_of)) == 1, "at the end all is ordered"
    desk.ledger.away = False
    desk.settle()
    desk.settle()
    assert desk.session.phase is Phase.DONE
    assert -desk.ledger.balance_i("car") == desk.session.charge_i


@pytest.mark.parametrize("empty", EmptyWallet)
def test_an_empty_wallet_pauses_or_owes(empty: EmptyWallet) -> None:
    desk = Desk(begun(terms(empty=empty)))
    per_kwh = int(RATE / 4)
    money = 3 * per_kwh

    def left() -> dict[str, Any]:
        return {"affordable_i": money + desk.ledger.balance_i("car")}

    holds = set()
    while desk.session.wh_in < 6_000 and Hold.WALLET_EMPTY not in holds:
        holds.add(desk.step(**POWER, situation=left()).hold)
    assert desk.ledger.balance_i("car") >= -money
    assert holds == ({None, Hold.WALLET_EMPTY} if empty is EmptyWallet.PAUSE else {None})
    if empty is EmptyWallet.PAUSE:
        assert desk.session.wh_in <= 4_000
        assert desk.most_wh <= 1_000
        money += 5 * per_kwh
        for _step in range(5):
            outcome = desk.step(power_w=0.0, situation=left())
        assert outcome.hold is None, "a top-up resumes"
        charge(desk, 1, situation=left())
    else:
        assert desk.session.account.debt_i >= 2 * per_kwh
    desk.finish(power_w=0.0, situation=left())
    if empty is EmptyWallet.CREDIT:
        desk.settle(affordable_i=0)
        assert desk.session.phase is Phase.SETTLING
        receipt = SessionReceipt.of(desk.session)
        assert receipt.owed_i == desk.session.account.debt_i > 0
        assert recompute(receipt) == ()
        money += per_kwh
        desk.settle(**left())
        assert 0 < desk.session.account.debt_i < receipt.owed_i, "the next income pays it, as far as it goes"
        money += 50 * per_kwh
    desk.settle(**left())
    desk.settle(**left())
    assert desk.session.phase is Phase.DONE
    assert -desk.ledger.balance_i("car") == desk.session.charge_i


def test_the_fee_is_its_own_transfer_to_its_own_wallet() -> None:
    fee = Fee(share=Fraction(1, 20), per_kwh=Fraction(1, 100), per_session=Fraction(1, 2))
    desk = Desk(begun(terms(fee=fee, operator="operator", seller="owner")))
    charge(desk, 20)
    receipt = end(desk)
    exact = (Fraction(20_000, 1000) * Fraction(1, 4)) / 20
    exact = fee.of(Fraction(receipt.wh_in, 1000) / 4, receipt.wh_in)
    assert receipt.fee_i == int(exact * RATE) == desk.ledger.balance_i("operator")
    assert desk.ledger.balance_i("owner") == receipt.charge_i
    kinds = {entry.kind for entry in desk.entries.values() if entry.participant == "operator"}
    assert kinds == {Kind.FEE}
    assert len(paid(desk, "f")) < 10


def test_energy_fed_back_is_paid_at_the_feed_in_rate() -> None:
    desk = Desk(begun(terms(feed_in=Fraction(2, 5), operator="operator")))
    charge(desk, 3)
    while desk.session.wh_out < 3_000:
        desk.step(power_w=-10_000.0)
    assert desk.ledger.balance_i("operator") < 0, "while it goes on"
    receipt = end(desk)
    assert receipt.feed_in_i == int(Fraction(receipt.fed_in_wh, 1000) * Fraction(2, 5) * RATE)
    assert desk.ledger.balance_i("operator") == -receipt.feed_in_i
    assert receipt.fed_in_wh == receipt.wh_out >= 3_000


def test_negative_prices_pay_the_car_within_the_budget() -> None:
    by = tariff(element(component("ENERGY", -0.5)))
    desk = Desk(begun(terms(tariff=by)))
    budget = int(RATE)  # two kilowatt hours
    while desk.session.wh_in < 6_000:
        desk.step(**POWER, situation={"budget_i": budget - sum(desk.session.metered.granted.values())})
    receipt = end(desk)
    assert receipt.granted_i == budget == desk.ledger.balance_i("car") == -receipt.charge_i
    assert desk.session.metered.withheld_i() > 0
    assert list(desk.session.metered.granted) == ["2026-11-30"]


def test_each_day_has_its_own_budget() -> None:
    desk = Desk(begun(terms(tariff=tariff(element(component("ENERGY", -0.5))))))
    for budget in (1_000, 500):
        left = budget
        for _step in range(100):
            left -= desk.step(**POWER, situation={"budget_i": left}).budget_i
        assert left == 0
        desk.step(86_400, power_w=0.0)
    assert desk.session.metered.granted == {"2026-11-30": 1_000, "2026-12-01": 500}


def test_time_is_paid_by_the_quarter_of_an_hour() -> None:
    by = tariff(element(component("ENERGY", 0.25), component("PARKING_TIME", 6)))
    desk = Desk(begun(terms(tariff=by)))
    charge(desk, 2)
    before = len(desk.transfers)
    for _minute in range(120):
        desk.step(60, power_w=0.0, charging=False)
    assert 6 <= len(desk.transfers) - before <= 8
    receipt = end(desk)
    assert receipt.charge_i > 11 * RATE
    held = Desk(begun(terms(tariff=by)))
    for _minute in range(120):
        held.step(60, power_w=0.0, charging=False, held=True)
    assert held.session.charge_i == 0, "nobody pays for being held back"


def test_a_limit_of_price_holds_the_car() -> None:
    by = tariff(
        element(component("ENERGY", 0.4), start_time="10:00", end_time="11:00"), element(component("ENERGY", 0.2))
    )
    desk = Desk(begun(terms(tariff=by, most_per_kwh=Fraction("0.3"))))
    holds = {}
    for minute in range(120):
        holds[minute] = desk.step(60, power_w=0.0).hold
    assert {minute for minute, hold in holds.items() if hold is Hold.PRICE_ABOVE_LIMIT} == set(range(29, 89))


def test_the_tariff_is_what_it_was_at_plug_in() -> None:
    desk = Desk(begun())
    charge(desk, 1)
    desk.crash()
    assert desk.session.terms == terms()
    with pytest.raises(TariffError):
        begun(terms(tariff="{}"))


@pytest.mark.parametrize("guest", [Guest.FREE, Guest.REFUSED])
def test_a_guest_without_a_wallet_is_free_or_refused(guest: Guest) -> None:
    desk = Desk(begun(payer=None, guest=guest))
    outcome = desk.step(**POWER)
    assert (outcome.hold is Hold.GUEST_REFUSED) == (desk.session.hold is not None) == (guest is Guest.REFUSED)
    charge(desk, 3)
    receipt = end(desk)
    assert desk.transfers == {}
    assert (receipt.wh_in > 3_000, receipt.charge_i, receipt.without_tax > 0) == (True, 0, True)
    assert {(entry.participant, entry.wh_in) for entry in desk.entries.values()} == {
        ("charger", receipt.wh_in),
        ("treasury", 0),
    }


def test_a_guest_of_a_household_is_on_its_account() -> None:
    desk = Desk(begun(payer="household", guest=Guest.HOUSEHOLD))
    charge(desk, 3)
    end(desk)
    assert -desk.ledger.balance_i("household") == desk.session.charge_i > 0
    for payer, guest in ((None, None), (None, Guest.HOUSEHOLD), ("car", Guest.FREE)):
        with pytest.raises(SessionError) as error:
            begun(payer=payer, guest=guest)
        assert str(error.value)


def test_a_household_that_charges_at_its_own_charger_moves_nothing() -> None:
    desk = Desk(begun(payer="treasury"))
    charge(desk, 3)
    receipt = end(desk)
    assert desk.transfers == {}
    assert receipt.charge_i > 0
    assert desk.most_wh <= 667


@pytest.mark.parametrize("operator", ["treasury", "operator"])
def test_the_books_follow_when_the_car_is_corrected(operator: str) -> None:
    desk = Desk(
        begun(
            terms(fee=Fee(share=Fraction(1, 10)), feed_in=Fraction(1, 3), operator=operator, away_wh=1_000),
            payer="wrong",
        )
    )
    charge(desk, 5)
    while desk.session.wh_out < 2_000:
        desk.step(power_w=-11_000.0)
    desk.keep(desk.session.correct("right", None, desk.now))
    desk.order()
    for _step in range(6):
        desk.step(power_w=0.0)
    charge(desk, 3)
    receipt = end(desk)
    assert receipt.payers == ("wrong", "right")
    assert desk.ledger.balance_i("wrong") == 0
    assert -desk.ledger.balance_i("right") == receipt.charge_i + receipt.fee_i - receipt.feed_in_i
    assert sum(entry.wh_in for entry in desk.entries.values() if entry.participant == "right") == receipt.wh_in
    assert not any(entry.wh_in for entry in desk.entries.values() if entry.participant == "wrong")


def test_a_car_that_turns_out_to_be_a_guest_gets_all_back() -> None:
    desk = Desk(begun(payer="wrong"))
    charge(desk, 5)
    desk.keep(desk.session.correct(None, Guest.FREE, desk.now))
    charge(desk, 3)
    end(desk)
    assert desk.ledger.balance_i("wrong") == 0
    desk = Desk(begun(payer=None, guest=Guest.REFUSED))
    charge(desk, 2)
    assert desk.keep(desk.session.correct("car", None, desk.now)).hold is None
    end(desk)
    assert -desk.ledger.balance_i("car") == desk.session.charge_i > 0
    assert desk.session.account.payers == [None, "car"]


def test_the_same_car_again_is_no_correction() -> None:
    session = begun()
    assert session.correct("car", None, START.timestamp()) == Outcome()
    assert session.account.payers == ["car"]


def test_the_books_have_each_watt_hour_once_and_each_month_its_own() -> None:
    desk = Desk(begun())
    charge(desk, 2)
    desk.step(18 * 3_600, power_w=0.0)
    charge(desk, 2)
    receipt = end(desk)
    energy = [entry for entry in desk.entries.values() if entry.wh_in or entry.wh_out]
    assert len(energy) == 4
    assert sum(entry.wh_in for entry in energy if entry.participant == "car") == receipt.wh_in
    assert sum(entry.wh_out for entry in energy if entry.participant == "treasury") == receipt.wh_in
    for name in ("car", "treasury"):
        lines = [entry for entry in desk.entries.values() if entry.participant == name]
        assert sum(entry.amount_i for entry in lines) == desk.ledger.balance_i(name)
        assert {entry.reference for entry in lines} == {"s"}
    assert all(each.memo == {"kind": "charging"} for each in desk.transfers.values())


@pytest.mark.parametrize("share", [0, 5])
def test_the_ledger_has_the_last_word_on_what_a_backup_forgot(share: int) -> None:
    """The session is as of some payments ago; the ledger has them, and theirs are no names for others."""
    desk = Desk(begun(terms(fee=Fee(share=Fraction(share, 100)))))
    charge(desk, 2)
    old = json.loads(json.dumps(desk.session.to_dict()))
    meant = dict(desk.transfers)
    charge(desk, 4)
    desk.session = Session.from_dict(old, desk.session.metered.zone)
    desk.transfers, desk.stored = meant, old
    charge(desk, 4)
    assert "ledger_differs" in desk.session.found
    receipt = end(desk)
    assert -desk.ledger.balance_i("car") == receipt.charge_i + receipt.fee_i
    assert (receipt.fee_i > 0) == (share > 0)


def test_a_counter_tells_what_was_charged_while_nobody_looked() -> None:
    desk = Desk(begun(reading=Reading(at=START.timestamp(), import_wh=1_000.0)))
    desk.step(60, import_wh=1_180.0)
    desk.crash()
    desk.step(300, elapsed_s=None, import_wh=2_080.0)
    assert end_of(desk, 2_100.0) == 1_100


def end_of(desk: Desk, counter: float) -> int:
    desk.finish(import_wh=counter)
    return desk.session.wh_in


def test_after_its_end_a_session_takes_no_reading_and_before_it_has_no_receipt() -> None:
    desk = Desk(begun())
    reading = Reading(at=desk.now + 10, power_w=0.0)
    with pytest.raises(SessionError):
        desk.session.settle(desk.now, desk.situation())
    with pytest.raises(SessionError):
        SessionReceipt.of(desk.session)
    desk.finish(power_w=0.0)
    calls: list[Callable[[], object]] = [
        lambda: desk.session.step(reading, desk.situation()),
        lambda: desk.session.finish(reading, desk.situation()),
        lambda: desk.session.correct("other", None, desk.now),
        lambda: desk.session.reward_settled(0),
    ]
    for call in calls:
        with pytest.raises(SessionError) as error:
            call()
        assert error.value.key == "session_over"


def test_nothing_taken_costs_nothing_even_where_a_session_has_a_minimum() -> None:
    by = tariff(element(component("ENERGY", 0.25)), min_price={"excl_vat": 2})
    desk = Desk(begun(terms(tariff=by)))
    receipt = end(desk)
    assert (receipt.charge_i, receipt.with_tax, desk.transfers, desk.entries) == (0, 0, {}, {})
    desk = Desk(begun(terms(tariff=by)))
    charge(desk, 1)
    assert end(desk).charge_i == int(2 * RATE)


def test_tax_is_information() -> None:
    without = tariff(element(component("ENERGY", 0.25, vat=20)))
    with_tax = tariff(element(component("ENERGY", 0.25, vat=25)), tax_included="YES")
    receipts = []
    for by in (without, with_tax):
        desk = Desk(begun(terms(tariff=by)))
        charge(desk, 2)
        receipts.append(end(desk))
    assert receipts[0].charge_i == receipts[1].charge_i == int(Fraction(receipts[0].wh_in, 4_000) * RATE)
    assert receipts[0].with_tax == receipts[0].without_tax * Fraction(6, 5)
    assert receipts[1].with_tax == receipts[1].without_tax * Fraction(5, 4)


def stored_of(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(desk.session.to_dict()))
    return found


def test_what_is_stored_is_the_same_again() -> None:
    desk = Desk(begun(terms(fee=Fee(share=Fraction(1, 20)), feed_in=Fraction(1, 4), most_per_kwh=Fraction(1))))
    charge(desk, 3)
    desk.step(power_w=-5_000.0)
    again = Session.from_dict(stored_of(desk), desk.session.metered.zone)
    assert again.to_dict() == desk.session.to_dict()
    step = Reading(at=desk.now + 10, power_w=9_000.0)
    assert again.step(step, desk.situation()) == desk.session.step(step, desk.situation())


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": True},
        {"session_id": 3},
        {"payers": []},
        {"payers": [1]},
        {"guest": "friend"},
        {"phase": "begun"},
        {"started_at": 1.5},
        {"meter": None},
        {"bill": {"row_wh": 500, "rows": [[1, 2, 3]]}},
        {"bill": {"row_wh": 500, "rows": []}},
        {"account": {}},
        {"orders": {}},
        {"orders": [{}]},
        {"found": ["strange"]},
        {"booked": [0, 0]},
        {"granted": {"2026-11-30": -1}},
        {"number": "1"},
        {"extra": 1},
    ],
)
def test_anything_else_that_is_stored_is_refused(change: dict[str, Any]) -> None:
    desk = Desk(begun())
    charge(desk, 1)
    with pytest.raises(StoredError) as error:
        Session.from_dict(stored_of(desk) | change, desk.session.metered.zone)
    assert str(error.value)
    missing = stored_of(desk)
    missing.pop("number")
    with pytest.raises(StoredError):
        Session.from_dict(missing, desk.session.metered.zone)


@pytest.mark.parametrize(
    "change", [{"rate": Fraction(0)}, {"slice_wh": 0}, {"credit_wh": 100}, {"feed_in": Fraction(-1)}, {"away_wh": -1}]
)
def test_terms_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SessionError):
        terms(**change)

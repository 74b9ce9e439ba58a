"""Whatever happens: each slice is paid once, the payments are what the session costs, and credit is bounded."""

from fractions import Fraction
from typing import Any

from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.effects import Kind
from custom_components.tangle_grid.economy.sessions import (
    EmptyWallet,
    Fee,
    Hold,
    Phase,
    Reading,
    Session,
    SessionReceipt,
    recompute,
)
from tests.support.charging import Desk, Ledger, begun, terms
from tests.support.ocpi import START, component, element, tariff

TARIFFS = [
    tariff(element(component("ENERGY", 0.25))),
    tariff(element(component("ENERGY", 0.17, 500), component("FLAT", 0.35), component("TIME", 1.2, 60))),
    tariff(
        element(component("ENERGY", -0.1), start_time="09:50", end_time="10:20"),
        element(component("ENERGY", 0.3), component("PARKING_TIME", 3, 300)),
        max_price={"excl_vat": 4},
    ),
    tariff(element(component("ENERGY", 0.2), max_kwh=3), element(component("ENERGY", 0.5)), min_price={"excl_vat": 1}),
]
STEPS = st.tuples(
    st.sampled_from([10, 10, 10, 60, 100, 600]),
    st.sampled_from([0, 3_700, 11_000, 22_000, -10_000]),
    st.sampled_from(["", "", "", "before", "after"]),
    st.sampled_from(["", "", "", "", "away", "back", "correct", "request", "settled"]),
)


@settings(max_examples=60)
@given(
    by=st.sampled_from(TARIFFS),
    steps=st.lists(STEPS, min_size=5, max_size=60),
    counter=st.booleans(),
    empty=st.sampled_from(EmptyWallet),
    wallet=st.one_of(st.none(), st.integers(0, 2_000_000)),
    lag=st.sampled_from([0, 15, 200]),
    operator=st.sampled_from(["operator", "treasury"]),
)
def test_all_payments_together_are_what_the_session_costs(
    by: str,
    steps: list[tuple[int, int, str, str]],
    counter: bool,
    empty: EmptyWallet,
    wallet: int | None,
    lag: float,
    operator: str,
) -> None:
    agreed = terms(
        tariff=by,
        empty=empty,
        operator=operator,
        fee=Fee(share=Fraction(1, 20), per_kwh=Fraction(1, 100)),
        feed_in=Fraction(1, 5),
    )
    meters = {"import_wh": 0.0, "export_wh": 0.0} if counter else {"power_w": 0.0}
    desk = Desk(begun(agreed, reading=Reading(at=START.timestamp(), **meters)), Ledger(lag))
    taken, given_back, on_request, budget = 0.0, 0.0, False, 200_000

    def situation() -> dict[str, Any]:
        spent = 0 if desk.session.payer is None else desk.ledger.balance_i(desk.session.payer)
        waiting = sum(
            each.amount_i
            for name, each in desk.transfers.items()
            if name not in desk.ledger.taken and each.source == desk.session.payer
        )
        left = None if wallet is None else max(0, wallet + spent - waiting)
        return {"affordable_i": left, "budget_i": budget - sum(desk.session.metered.granted.values())}

    for seconds, power, crash, event in steps:
        desk.ledger.away = event == "away" or (desk.ledger.away and event != "back")
        on_request = event == "request" or (on_request and event != "settled")
        if event == "settled":
            desk.session.reward_settled(300)
        if event == "correct":
            other = "other" if desk.session.payer == "car" else "car"
            desk.keep(desk.session.correct(other, None, desk.now))
        taken += max(0, power) * seconds / 3600
        given_back += max(0, -power) * seconds / 3600
        shown = {"import_wh": taken, "export_wh": given_back} if counter else {"power_w": float(power)}
        # A stopped process has no steady clock across its stop.
        desk.step(seconds, crash=crash, situation=situation(), on_request=on_request, **shown)
    shown = {"import_wh": taken, "export_wh": given_back} if counter else {"power_w": 0.0}
    desk.finish(situation=situation(), **shown)
    desk.ledger.away, wallet = False, None
    for _time in range(4):
        if desk.session.phase is Phase.DONE:
            break
        desk.settle(**situation())

    session = desk.session
    assert session.phase is Phase.DONE
    if counter:
        assert (session.wh_in, session.wh_out) == (int(taken + 1e-6), int(given_back + 1e-6))
    others = {"car", "other"} - {session.payer}
    assert all(desk.ledger.balance_i(name) == 0 for name in others)
    assert session.payer is not None
    assert -desk.ledger.balance_i(session.payer) == session.charge_i + session.fee_i - session.feed_in_i
    came_in = {"treasury": session.charge_i}
    came_in[operator] = came_in.get(operator, 0) + session.fee_i - session.feed_in_i
    assert all(desk.ledger.balance_i(name) == amount_i for name, amount_i in came_in.items())
    assert set(desk.ledger.taken) == set(desk.transfers)
    assert sum(session.metered.granted.values()) <= budget
    assert session.metered.fed.feed_in + session.metered.fed.rewarded == session.wh_out
    assert recompute(SessionReceipt.of(session)) == ()
    for name in ("car", "other", "treasury", "operator"):
        lines = [entry for entry in desk.entries.values() if entry.participant == name]
        assert sum(entry.amount_i for entry in lines) == desk.ledger.balance_i(name)
    fees = [entry for entry in desk.entries.values() if entry.kind is Kind.FEE]
    if len(session.account.payers) == 1:
        assert sum(entry.amount_i for entry in fees if entry.participant == session.payer) == -session.fee_i
    energy = [entry for entry in desk.entries.values() if entry.participant == "treasury"]
    assert sum(entry.wh_out - entry.wh_in for entry in energy) == session.wh_in - session.wh_out


@settings(max_examples=30)
@given(
    power=st.sampled_from([1_400, 3_700, 7_400, 11_000, 22_000, 43_000]),
    crashes=st.dictionaries(st.integers(1, 250), st.sampled_from(["before", "after"]), max_size=8),
    away=st.one_of(st.none(), st.integers(1, 200)),
)
def test_credit_stays_within_a_kilowatt_hour(power: int, crashes: dict[int, str], away: int | None) -> None:
    """While the ledger answers, also over crashes; with the ledger away up to the limit, and then the car obeys."""
    desk = Desk(begun(most_w=50_000, reading=Reading(at=START.timestamp(), import_wh=0.0)), Ledger(20))
    counter = 0.0
    for number in range(250):
        desk.ledger.away = away is not None and away <= number < away + 60
        drawn = 0 if desk.session.hold is Hold.LEDGER_AWAY else power
        counter += drawn * 10 / 3600
        desk.step(crash=crashes.get(number, ""), import_wh=counter)
    assert desk.most_wh <= 1_000
    assert desk.least_wh >= -1_000


@settings(max_examples=25)
@given(
    slow_w=st.sampled_from([1_400, 3_700, 11_000]),
    most_w=st.sampled_from([11_000, 22_000, 43_000, 50_000]),
    early_wh=st.integers(0, 30),
    steps=st.integers(0, 2),
    crash=st.sampled_from(["before", "after"]),
    stopped_s=st.integers(5, 60),
    away=st.booleans(),
)
def test_a_car_that_is_fast_all_at_once_owes_no_more_also_if_home_assistant_crashes_just_then(
    slow_w: int, most_w: int, early_wh: int, steps: int, crash: str, stopped_s: int, *, away: bool
) -> None:
    desk = Desk(begun(most_w=60_000, reading=Reading(at=START.timestamp(), import_wh=0.0)), Ledger(20))
    counter, known = 0.0, {"most_w": most_w}

    def take(power_w: int, seconds: float = 5.0, **how: Any) -> None:
        nonlocal counter
        counter += (0 if desk.session.pauses else power_w) * seconds / 3600
        desk.step(seconds, import_wh=counter, situation=known, **how)

    arrears, step_wh = [], slow_w * 20 // 3600 + 1
    while len(desk.transfers) < 3:
        take(slow_w, 20.0)
        arrears.append(desk.session.account.arrears_wh)
    while desk.session.account.arrears_wh < max(arrears) - step_wh - early_wh:
        take(slow_w, 20.0)
    desk.ledger.away = away
    for number in range(steps + 1):
        # It is told to be slow at once, and obeys in the next step.
        take(most_w if number == 0 or desk.session.hold is None else 4_100, crash=crash if number == steps else "")
    counter += (4_100 if steps and desk.session.hold else most_w) * stopped_s / 3600
    desk.now += stopped_s
    take(4_100, elapsed_s=None)
    for _step in range(60):
        take(4_100)
    assert desk.most_wh <= 1_000
    assert desk.least_wh >= -1_000


@settings(max_examples=20)
@given(steps=st.lists(st.sampled_from([0, 7_400, -5_000]), min_size=1, max_size=40), at=st.integers(0, 39))
def test_a_stored_session_goes_on_as_if_nothing_had_happened(steps: list[int], at: int) -> None:
    agreed = terms(tariff=TARIFFS[1], fee=Fee(share=Fraction(1, 20)), feed_in=Fraction(1, 5))
    one, other = Desk(begun(agreed)), Desk(begun(agreed))
    for number, power in enumerate(steps):
        if number == at:
            other.session = Session.from_dict(other.session.to_dict(), other.session.metered.zone)
        assert one.step(60, power_w=float(power)) == other.step(60, power_w=float(power))
    assert one.session.to_dict() == other.session.to_dict()

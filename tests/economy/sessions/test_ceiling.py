"""The most that a session can cost: whatever it takes and whenever it is, it never comes to more."""

from datetime import UTC
from fractions import Fraction

from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.sessions import EmptyWallet, Fee, Session, ceiling
from tests.support.charging import RATE, Desk, begun, terms
from tests.support.ocpi import START, component, element, tariff

PRICES = st.integers(-20, 60).map(lambda cents: cents / 100)
STEPS = st.sampled_from([1, 250, 900])


@settings(max_examples=25, deadline=None)
@given(
    kwh=st.lists(PRICES, min_size=2, max_size=2),
    hour=PRICES.map(abs),
    flat=PRICES.map(abs),
    step=STEPS,
    share=st.sampled_from([Fraction(0), Fraction(1, 20)]),
    powers=st.lists(st.sampled_from([0.0, 3_700.0, 11_000.0]), max_size=40),
)
def test_no_session_costs_more_than_was_said(
    kwh: list[float], hour: float, flat: float, step: int, share: Fraction, powers: list[float]
) -> None:
    by = terms(
        tariff=tariff(
            element(
                component("ENERGY", kwh[0], step=step),
                component("TIME", hour, step=step),
                component("FLAT", flat),
                max_kwh=1.0,
            ),
            element(component("ENERGY", kwh[1], step=step), component("PARKING_TIME", hour)),
        ),
        fee=Fee(share=share),
    )
    most = ceiling(by)
    desk = Desk(begun(by))
    for power_w in powers:
        desk.step(60.0, power_w=power_w, charging=power_w > 0)
        session: Session = desk.session
        hours = Fraction(int(desk.now - START.timestamp()), 3600)
        bound_i = most.once_i + most.hour_i * hours + Fraction(most.kwh_i * session.wh_in, 1000)
        assert session.charge_i + session.fee_i <= bound_i


def test_a_payer_from_elsewhere_has_a_kwh_of_credit_whatever_the_operator_allows_others() -> None:
    session = begun(terms(credit_wh=3_000, away_wh=5_000, slice_wh=2_000, empty=EmptyWallet.CREDIT))
    session.bound_credit(1_000)
    desk = Desk(session)
    while not session.outstanding:
        desk.step(20.0, power_w=11_000.0, charging=True)
    (order,) = session.outstanding.values()
    assert order.covered_wh <= session.wh_in + 1_000
    kept = Session.from_dict(session.to_dict(), UTC).terms
    assert (kept.slice_wh, kept.credit_wh, kept.away_wh, kept.empty) == (1_000, 1_000, 1_000, EmptyWallet.PAUSE)
    assert ceiling(kept).kwh_i == -(-RATE // 4)

"""A car that charges away from home: paid once, within what was offered, and never more than 1 kWh on credit."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.sessions import Phase, Session
from custom_components.tangle_grid.link.core import LinkRefusal
from custom_components.tangle_grid.link.core.bodies import body_of
from custom_components.tangle_grid.link.core.checks import read_fields
from custom_components.tangle_grid.link.core.roaming import (
    CREDIT_WH,
    ROAMING_BODIES,
    ROAMING_KINDS,
    StayAnswer,
    StayBack,
    StayBill,
    StayEnded,
    StayKept,
    StayOffer,
    StayPaid,
    mark_of,
    read_roaming,
)
from custom_components.tangle_grid.link.core.roaming_home import HomeStay, Refusal
from custom_components.tangle_grid.link.core.roaming_host import HostStay
from custom_components.tangle_grid.simulation.randomness import generator
from tests.support.charging import RATE, Desk as SessionDesk, begun, terms

PRICE_I = -(-RATE // 4)
TOKEN, OTHER_TOKEN = "0a" * 8, "0b" * 8
CAR = f"roaming/{TOKEN}"
ADDRESS = "A" * 90
TAIL = "T" * 81
OFFER = StayOffer(
    stay="s", token=TOKEN, price_i=PRICE_I, most_i=PRICE_I, hour_i=0, flat_i=0, most_w=22_000, wh=0, seen=TAIL
)
FULL_W, SAFE_W = 11_000.0, 4_140.0
STEP_S = 5.0


def bill(**changes: Any) -> StayBill:
    plain = StayBill(stay="s", token=TOKEN, payment="s:0:0:e", amount_i=1000, wh=100, covered_wh=1000, payee=ADDRESS)
    return replace(plain, **changes)


def home(**changes: Any) -> HomeStay:
    return HomeStay(**{"offer": OFFER, "vehicle": "car", "source": "upper", "since": 0.0, **changes})


@dataclass
class Way:
    """A channel that loses letters, brings them twice, late and in another order."""

    source: Any
    loses: float
    waiting: list[tuple[float, Any]] = field(default_factory=list)
    cut: bool = False

    def send(self, now: float, body: Any) -> None:
        for _ in range(1 + (self.source.random() < 0.2)):
            if not self.cut and self.source.random() >= self.loses:
                self.waiting.append((now + self.source.choice([0, 1, 5, 40]), read_roaming(body.kind, body_of(body))))

    def arrived(self, now: float) -> list[Any]:
        here = [body for at, body in self.waiting if at <= now]
        self.waiting = [(at, body) for at, body in self.waiting if at > now]
        return here


class Stay:
    """A stay with its session at the host, the wallet at the home, one ledger, and what lies between."""

    def __init__(self, seed: int, *, loses: float = 0.2, power_w: float = FULL_W) -> None:
        self.source, self.power_w = generator("roaming", seed), power_w
        session = begun(terms(), payer=CAR, most_w=22_000)
        self.desk = SessionDesk(session)
        self.host = HostStay(offer=OFFER, charger="charger", source="house")
        self.home: HomeStay | None = None
        self.kept_host = self.host.to_dict()
        self.kept_home: dict[str, Any] | None = None
        self.up, self.down = Way(self.source, loses), Way(self.source, loses)
        self.ledger: dict[str, tuple[int, float]] = {}
        self.now, self.most_credit_wh, self.most_wh = 0.0, 0, 0

    @property
    def session(self) -> Session:
        return self.desk.session

    def step(self, crash: str = "") -> None:
        self.now += STEP_S
        session = self.session
        if session.phase is Phase.OPEN:
            power_w = 0.0 if session.pauses else SAFE_W if session.hold else self.power_w
            self.desk.step(STEP_S, power_w=power_w, charging=power_w > 0, situation={"paid": dict(self.host.paid)})
        else:
            self.desk.keep(session.settle(self.desk.now, self.desk.situation(paid=dict(self.host.paid))))
        self._host()
        self._home()
        if crash == "host":
            self.desk.crash()
            self.host = HostStay.from_dict(self.kept_host)
        if crash == "home" and self.kept_home is not None:
            self.home = HomeStay.from_dict(self.kept_home)
        self._check()

    def _host(self) -> None:
        for said in self.up.arrived(self.now):
            if self.host.take(said):
                self.kept_host = self.host.to_dict()
        for payment, (tail, amount_i) in tuple(self.host.claims.items()):
            self.host.seen(payment, holds=tail == TAIL and self.ledger.get(payment, (0, 0))[0] == amount_i)
            self.kept_host = self.host.to_dict()
        bills = [
            bill(payment=name, amount_i=order.amount_i, wh=self.session.wh_in, covered_wh=order.covered_wh)
            for name, order in self.session.outstanding.items()
            if order.source == CAR
        ]
        for name, order in self.session.outstanding.items():
            if order.target == CAR and not bills:
                # The host's own payment: it is made once, and the home is told.
                self.ledger.setdefault(name, (-order.amount_i, self.now))
                self.host.paid[name] = order.amount_i
                self.host.backs[name] = StayBack(
                    stay="s", token=TOKEN, payment=name, amount_i=order.amount_i, tail=TAIL
                )
        for body in self.host.due(self.now, bills):
            self.down.send(self.now, body)

    def _home(self) -> None:
        for said in self.down.arrived(self.now):
            if self.home is None:
                self._begin(said)
            else:
                self._heard(self.home, said)
        if self.home is None:
            return
        for name, each in tuple(self.home.bills.items()):
            amount_i, at = self.ledger.setdefault(name, (each.amount_i, self.now))
            if self.now - at >= 20:
                self.home.was_paid(name, amount_i, TAIL)
                self.up.send(self.now, self.home.receipt(name))
                # What it is told is kept with the next step: a crash in between has it told again.
                if self.source.random() < 0.5:
                    self.kept_home = self.home.to_dict()

    def _begin(self, said: Any) -> None:
        if isinstance(said, StayOffer):
            self.home = HomeStay(offer=said, vehicle="car", source="upper", since=self.now)
            self.kept_home = self.home.to_dict()
            self.up.send(self.now, StayAnswer(stay="s", accepted=True, payee=ADDRESS))

    def _heard(self, home: HomeStay, said: Any) -> None:
        answer: Any = None
        match said:
            case StayOffer():
                answer = StayAnswer(stay="s", accepted=True, payee=ADDRESS)
            case StayBill():
                answer = home.take(said, self.now)
                assert answer is None or answer.tail is not None, (answer, said, home.spent_i)
            case StayBack():
                home.backs[said.payment] = said
                answer = StayKept(stay="s", payment=said.payment)
            case StayEnded():
                home.ended = said
                answer = StayKept(stay="s")
        self.kept_home = home.to_dict()
        if answer is not None:
            self.up.send(self.now, answer)

    def end(self) -> None:
        self.desk.finish(STEP_S, power_w=0.0, charging=False, situation={"paid": dict(self.host.paid)})
        session = self.session
        open_i = sum(order.amount_i for order in session.outstanding.values() if order.source == CAR)
        self.host.ended = StayEnded(
            stay="s",
            token=TOKEN,
            wh=session.wh_in,
            wh_out=session.wh_out,
            total_i=session.charge_i + session.fee_i - session.feed_in_i,
            billed_i=self.host.received_i + open_i,
        )
        self.kept_host = self.host.to_dict()

    @property
    def is_over(self) -> bool:
        settled = self.home is not None and self.home.is_settled
        return self.session.phase is Phase.DONE and settled and self.host.closed and not self.host.backs

    @property
    def paid_i(self) -> int:
        return sum(amount_i for amount_i, _at in self.ledger.values())

    def _check(self) -> None:
        self.most_credit_wh = max(self.most_credit_wh, self.session.credit_wh)
        assert self.session.credit_wh <= CREDIT_WH
        # A crash takes metering away, and never a payment: so it is held against what was stored as well.
        self.most_wh = max(self.session.wh_in, self.most_wh)
        assert self.paid_i <= PRICE_I * (self.most_wh + CREDIT_WH) // 1000 + 1


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), crashes=st.lists(st.tuples(st.integers(0, 249), st.sampled_from(("host", "home")))))
def test_whatever_is_lost_or_crashes_it_is_paid_once_and_never_more_than_a_kwh_is_owed(
    seed: int, crashes: list[tuple[int, str]]
) -> None:
    stay = Stay(seed)
    at = dict(crashes)
    for number in range(250):
        stay.step(at.get(number, ""))
    stay.end()
    stay.up.loses = stay.down.loses = 0.0
    for _ in range(1_000):
        stay.step()
        if stay.is_over:
            break
    assert stay.home is not None
    assert stay.home.is_settled
    assert stay.session.phase is Phase.DONE
    assert stay.session.wh_in > 500
    assert stay.paid_i == stay.session.charge_i == stay.home.paid_i - stay.home.back_i
    assert not stay.host.backs


@pytest.mark.parametrize("power_w", [FULL_W, 22_000.0])
@pytest.mark.parametrize("cut_at", [2, 97])
def test_a_lost_link_brings_the_car_down_within_a_kwh(power_w: float, cut_at: int) -> None:
    stay = Stay(cut_at, loses=0.0, power_w=power_w)
    for _ in range(cut_at):
        stay.step()
    stay.up.cut = stay.down.cut = True
    stay.up.waiting, stay.down.waiting = [], []
    for _ in range(700):
        stay.step()
    session = stay.session
    assert session.hold is not None
    assert session.pauses
    assert CREDIT_WH // 2 < stay.most_credit_wh <= CREDIT_WH
    stay.up.cut = stay.down.cut = False
    # Now and then it waits for a payment again, as any session does.
    went_on = False
    for _ in range(300):
        stay.step()
        went_on |= stay.session.hold is None
    assert went_on


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.builds(
            bill,
            payment=st.sampled_from([f"s:0:{number}:e" for number in range(6)]),
            token=st.sampled_from([TOKEN, TOKEN, TOKEN, OTHER_TOKEN]),
            amount_i=st.integers(1, 40_000) | st.integers(1, 2**53 - 1),
            wh=st.integers(0, 9_000),
            covered_wh=st.integers(0, 9_000),
        ),
        max_size=30,
    ),
    st.booleans(),
)
def test_a_host_that_lies_gets_no_more_than_it_offered(bills: list[StayBill], crashes: bool) -> None:
    stay, now, paid = home(), 0.0, {}
    for each in bills:
        now += 20.0
        answer = stay.take(each, now)
        if each.payment in stay.bills:
            paid[each.payment] = stay.bills[each.payment].amount_i
            stay.was_paid(each.payment, paid[each.payment], TAIL)
        else:
            assert answer is not None
            assert (answer.tail is None) == (each.payment not in paid)
        if crashes:
            stay = HomeStay.from_dict(stay.to_dict())
    assert stay.paid_i == sum(paid.values())
    assert stay.paid_i <= stay.most_i(stay.most_wh(now) + CREDIT_WH, now)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"token": OTHER_TOKEN}, Refusal.WRONG_CAR),
        ({"covered_wh": 1101}, Refusal.AHEAD),
        ({"wh": 9_000, "covered_wh": 9_000}, Refusal.TOO_FAST),
        ({"amount_i": PRICE_I + 1}, Refusal.NOT_OFFERED),
        ({"payment": "another:0:0:e"}, Refusal.NOT_OFFERED),
        ({"amount_i": PRICE_I}, None),
        # A fee for what was taken covers nothing ahead.
        ({"amount_i": PRICE_I // 10, "wh": 100, "covered_wh": 0}, None),
    ],
)
def test_what_was_not_agreed_is_not_paid(changes: dict[str, Any], reason: Refusal | None) -> None:
    stay = home()
    answer = stay.take(bill(**changes), 60.0)
    assert (None if answer is None else answer.reason) == reason
    assert bool(stay.bills) == (reason is None)


def test_the_same_bill_again_pays_nothing_more_and_goes_to_the_newest_address() -> None:
    stay = home()
    assert stay.take(bill(), 60.0) is None
    assert stay.take(bill(amount_i=9, payee="B" * 90), 61.0) is None
    assert (stay.bills["s:0:0:e"].amount_i, stay.bills["s:0:0:e"].payee) == (1000, "B" * 90)
    stay.was_paid("s:0:0:e", 1000, TAIL)
    assert stay.take(bill(amount_i=70), 62.0) == StayPaid(stay="s", payment="s:0:0:e", amount_i=1000, tail=TAIL)
    assert stay.spent_i == 1000


def test_after_the_end_a_bill_for_more_energy_is_refused_and_one_that_was_late_is_paid_and_paid_back() -> None:
    ended = StayEnded(stay="s", token=TOKEN, wh=100, wh_out=0, total_i=600, billed_i=1000)
    stay = home(ended=ended)
    assert not stay.is_settled
    answer = stay.take(bill(payment="s:0:1:e", wh=1_000, covered_wh=1_200), 60.0)
    assert answer is not None
    assert answer.reason == Refusal.OVER
    assert stay.take(bill(), 60.0) is None
    stay.was_paid("s:0:0:e", 1000, TAIL)
    assert not stay.is_settled
    stay.backs["s:0:2:b"] = StayBack(stay="s", token=TOKEN, payment="s:0:2:b", amount_i=400, tail=TAIL)
    assert stay.is_settled


def test_a_stay_that_cost_nothing_waits_for_what_was_billed_ahead() -> None:
    stay = home(ended=StayEnded(stay="s", token=TOKEN, wh=0, wh_out=0, total_i=0, billed_i=1000))
    assert not stay.is_settled
    assert home(ended=StayEnded(stay="s", token=TOKEN, wh=0, wh_out=0, total_i=0, billed_i=0)).is_settled


def test_a_bill_that_is_lost_until_the_car_has_left_is_paid_before_anything_comes_back() -> None:
    stay = Stay(5, loses=0.0)
    while not stay.session.outstanding:
        stay.step()
    # The first bill is ordered, ahead; its letter does not arrive, and the car leaves at once.
    stay.down.waiting, stay.up.waiting = [], []
    stay.down.cut = stay.up.cut = True
    stay.step()
    stay.end()
    assert any(order.target == CAR for order in stay.session.outstanding.values())
    for _ in range(10):
        stay.step()
    assert stay.ledger == {}
    stay.down.cut = stay.up.cut = False
    for _ in range(200):
        stay.step()
    assert stay.is_over
    assert stay.paid_i == stay.session.charge_i


def test_a_home_that_lies_about_a_payment_is_not_believed() -> None:
    stay = HostStay(offer=OFFER, charger="c", source="h")
    assert stay.take(StayAnswer(stay="s", accepted=True, payee=ADDRESS))
    assert not stay.take(StayAnswer(stay="another", accepted=False))
    # Of what was never billed it may say what it wants.
    assert not stay.take(StayPaid(stay="s", payment="s:p", amount_i=5, tail=TAIL))
    assert not stay.take(StayPaid(stay="s", payment="s:p", amount_i=5, reason="insufficient_funds"))
    assert stay.due(0.0, [bill(payment="s:p")]) == [bill(payment="s:p")]
    assert stay.take(StayPaid(stay="s", payment="s:p", amount_i=5, tail=TAIL))
    assert (stay.claims, stay.paid) == ({"s:p": (TAIL, 5)}, {})
    stay.seen("s:p", holds=False)
    assert (stay.claims, stay.paid, stay.refused) == ({}, {}, {"s:p": "not_seen"})
    # It is asked again, and a claim that is true counts.
    assert stay.due(20.0, [bill(payment="s:p")]) == [bill(payment="s:p")]
    assert stay.due(21.0, [bill(payment="s:p")]) == []
    stay.take(StayPaid(stay="s", payment="s:p", amount_i=5, tail=TAIL))
    stay.seen("s:p", holds=True)
    assert stay.paid == {"s:p": 5}
    assert (stay.seen_in, stay.told) == ({"s:p": TAIL}, [ADDRESS])
    assert not stay.take(StayPaid(stay="s", payment="s:p", amount_i=5, reason="insufficient_funds"))


def test_a_home_that_says_no_hears_of_no_bill_and_a_silent_one_is_asked_again_and_again() -> None:
    stay = HostStay(offer=OFFER, charger="c", source="h")
    said = [number for number in range(0, 6_000, 10) if stay.due(float(number), [bill()])]
    assert said[:3] == [0, 20, 40]
    assert said[-1] - said[-2] == 600
    stay.take(StayAnswer(stay="s", accepted=False, reason=Refusal.PRICE))
    assert stay.due(9_000.0, [bill()]) == []
    assert HostStay.from_dict(stay.to_dict()) == replace(stay, _said={})


def test_the_mark_of_a_card_tells_nothing_and_is_another_in_another_street() -> None:
    mark = mark_of("04A37B", "street")
    assert mark == mark_of("04A37B", "street")
    assert len({mark, mark_of("04A37B", "another"), mark_of("04A37C", "street")}) == 3
    assert "04A37B" not in mark


@pytest.mark.parametrize("body", ROAMING_BODIES, ids=ROAMING_KINDS)
def test_each_letter_reads_what_it_writes(body: Any) -> None:
    said = read_roaming(body.kind, body.example)
    assert body_of(said) == dict(body.example)
    with pytest.raises(LinkRefusal):
        read_roaming(body.kind, {})
    with pytest.raises(LinkRefusal):
        read_roaming("another", body.example)


def test_what_is_stored_and_cannot_be_read_says_so() -> None:
    read: tuple[Callable[[Any], Any], ...] = (HostStay.from_dict, HomeStay.from_dict)
    for each in read:
        with pytest.raises((KeyError, TypeError, ValueError, AttributeError, LinkRefusal)):
            each({"offer": body_of(OFFER)})
    assert read_fields(StayOffer, body_of(OFFER)) == OFFER

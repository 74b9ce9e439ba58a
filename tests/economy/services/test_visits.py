"""A tracker, people and the rules of a car together: each stay and passage is charged once."""

import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.economy.effects import Transfer
from custom_components.tangle_grid.economy.errors import TariffError
from custom_components.tangle_grid.economy.services import (
    CarPark,
    ConsentPolicy,
    Happened,
    Mode,
    ParkingVisit,
    Position,
    Rule,
    Toll,
    TollVisit,
    Use,
    Watching,
    What,
)
from custom_components.tangle_grid.economy.services.parking import Evidence, ParkingRules
from tests.support.ocpi import component, element, tariff

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
RULES = ParkingRules(zone=AMSTERDAM)
BY = Watching(enter_s=60, leave_s=180)
NOON = 1_796_036_400  # 2026-11-30 12:00 in Amsterdam
HOUR = 3600
HOURLY = tariff(element(component("PARKING_TIME", 2)))


def allows(mode: Mode, limit_i: int | None = None) -> ConsentPolicy:
    return ConsentPolicy(uses=dict.fromkeys(Use, Rule(mode=mode, limit_i=limit_i)))


ALWAYS = allows(Mode.ALWAYS)


class Car:
    """A car at the car park `mall` and at the toll `bridge`."""

    def __init__(self, policy: ConsentPolicy = ALWAYS, *, taken: int = 0, price_i: int = 50) -> None:
        self.parking, self.toll, self.policy, self.taken = ParkingVisit(), TollVisit(), policy, taken
        self.bridge = Toll(service="bridge", price_i=price_i)
        self.park = CarPark(service="mall", tariff=HOURLY, rate=Fraction(1000), capacity=2)
        self.happened: list[Happened] = []
        self.paid: dict[str, Transfer] = {}
        self.ids: Iterator[int] = count(1)
        self.now = NOON

    def new_id(self) -> str:
        return f"id{next(self.ids)}"

    def take(self, steps: Any, *, crash: bool = False) -> None:
        visit, done = steps
        if crash:
            return
        if not done:
            visit = visit.tidy(self.now)
        stored = json.loads(json.dumps(visit.to_dict()))
        if isinstance(visit, ParkingVisit):
            self.parking = ParkingVisit.from_dict(stored)
            assert self.parking == visit
        else:
            self.toll = TollVisit.from_dict(stored)
            assert self.toll == visit
        for each in done:
            if isinstance(each, Happened):
                self.happened.append(each)
            elif isinstance(each, Transfer):
                assert each.payment_id not in self.paid
                self.paid[each.payment_id] = each

    def at(self, second: int, inside: bool | None, *, crash: bool = False) -> None:
        self.now = NOON + second
        position = Position(at=NOON + second, inside=inside, reported_at=NOON + second)
        offer = (self.park, self.taken)
        self.take(
            self.parking.look(
                position, BY, RULES, self.policy, lambda: offer, service="mall", vehicle="car", new_id=self.new_id
            ),
            crash=crash,
        )
        self.take(
            self.toll.look(
                position, BY, AMSTERDAM, self.policy, lambda: self.bridge, vehicle="car", new_id=self.new_id
            ),
            crash=crash,
        )

    def park_by_hand(self, second: int) -> None:
        offer = (self.park, self.taken)
        self.take(self.parking.start(NOON + second, RULES, offer, vehicle="car", new_id=self.new_id))

    def end_by_hand(self, second: int) -> None:
        self.take(self.parking.end(NOON + second, RULES, self.policy))

    def pay_by_hand(self, second: int) -> None:
        self.take(self.toll.pay(NOON + second, AMSTERDAM, self.bridge, vehicle="car", new_id=self.new_id))

    def said(self) -> list[tuple[str, str]]:
        return [(each.what.value, str(each.reason)) for each in self.happened]

    def sums(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for transfer in self.paid.values():
            for who, amount_i in ((transfer.source, -transfer.amount_i), (transfer.target, transfer.amount_i)):
                found[who] = found.get(who, 0) + amount_i
        return found

    def visit(self, first: int, last: int) -> None:
        """Come at the first second and leave at the last."""
        self.at(first - 300, False)
        for second in range(first, last, 600):
            self.at(second, True)
            self.at(min(second + 60, last - 1), True)
        self.at(last, False)
        self.at(last + 180, False)


def test_a_car_that_always_pays_parks_and_passes_without_a_word() -> None:
    car = Car()
    car.visit(0, 2 * HOUR)
    assert car.said() == [
        ("parking_started", "policy_always"),
        ("toll_paid", "policy_always"),
        ("parking_ended", "left"),
    ]
    assert car.sums() == {"car": -4050, "mall": 4000, "bridge": 50}


def test_a_car_that_is_to_be_asked_pays_when_somebody_says_so() -> None:
    car = Car(allows(Mode.ASK))
    car.at(-300, False)
    for second in (0, 60, 600):
        car.at(second, True)
    assert car.said() == [("parking_asked", "policy_ask"), ("toll_asked", "policy_ask")]
    car.park_by_hand(660)
    car.pay_by_hand(660)
    car.park_by_hand(670)
    car.pay_by_hand(670)
    for second in (1200, 1800):
        car.at(second, True)
    car.at(HOUR, False)
    car.at(HOUR + 200, False)
    assert car.said()[2:] == [
        ("parking_started", "by_hand"),
        ("toll_paid", "by_hand"),
        ("parking_ended", "left"),
    ]
    assert car.sums() == {"car": -2050, "mall": 2000, "bridge": 50}


def test_a_car_that_nobody_answers_for_pays_nothing() -> None:
    car = Car(allows(Mode.ASK))
    car.visit(0, HOUR)
    assert car.said()[-1] == ("parking_ended", "not_answered")
    assert car.paid == {}


def test_a_car_that_never_pays_is_refused_once_a_passage() -> None:
    car = Car(allows(Mode.NEVER))
    car.visit(0, HOUR)
    car.visit(5 * HOUR, 6 * HOUR)
    assert car.said() == [("parking_refused", "policy_never"), ("toll_refused", "policy_never")] * 2
    assert car.paid == {}


def test_a_full_car_park_says_no_also_to_a_person() -> None:
    car = Car(taken=2)
    car.visit(0, HOUR)
    assert ("parking_refused", "full") in car.said()
    car.park_by_hand(2 * HOUR)
    assert car.said()[-1] == ("parking_refused", "full")
    assert "mall" not in car.sums()


def test_a_day_has_one_limit_for_all_its_visits() -> None:
    car = Car(allows(Mode.UP_TO, 3000), price_i=2000)
    car.visit(0, HOUR)
    car.visit(2 * HOUR, 6 * HOUR)
    assert car.said() == [
        ("parking_started", "within_limit"),
        ("toll_paid", "within_limit"),
        ("parking_ended", "left"),
        ("parking_started", "within_limit"),
        ("toll_refused", "above_limit"),
        ("parking_ended", "limit"),
    ]
    assert car.sums() == {"car": -5000, "mall": 3000, "bridge": 2000}
    car.visit(24 * HOUR, 25 * HOUR)
    assert car.sums() == {"car": -9000, "mall": 5000, "bridge": 4000}


def test_who_pays_before_the_tracker_knows_pays_once() -> None:
    car = Car()
    car.at(-300, False)
    car.at(0, True)
    car.park_by_hand(5)
    car.pay_by_hand(5)
    car.at(60, True)
    assert car.parking.stay is not None
    assert car.parking.stay.evidence is Evidence.TRACKER
    car.at(1200, True)
    car.pay_by_hand(1200)
    car.at(1205, False)
    car.at(1400, False)
    assert car.sums() == {"car": -716, "mall": 666, "bridge": 50}
    assert len(car.paid) == 2


def test_without_a_tracker_a_person_begins_and_ends() -> None:
    car = Car()
    car.pay_by_hand(0)
    car.pay_by_hand(299)
    car.pay_by_hand(301)
    car.park_by_hand(0)
    car.at(600, None)
    car.park_by_hand(700)
    car.end_by_hand(3 * HOUR)
    car.end_by_hand(4 * HOUR)
    assert car.sums() == {"car": -6100, "mall": 6000, "bridge": 100}


def test_a_person_ends_a_stay_and_no_other_begins_until_the_car_has_left() -> None:
    car = Car()
    car.at(-300, False)
    for second in (0, 60, 1800):
        car.at(second, True)
    car.end_by_hand(1800)
    for second in range(2000, 9000, 500):
        car.at(second, True)
    assert car.sums()["mall"] == 1000
    assert [what for what, _ in car.said()].count(What.PARKING_STARTED) == 1


def test_what_is_over_is_not_kept() -> None:
    car = Car()
    car.visit(0, HOUR)
    end = NOON + HOUR
    assert car.parking.tidy(end + 180) == car.parking
    assert car.parking.tidy(end + 400).stay is None
    assert car.parking.tidy(end + 400).spent == car.parking.spent
    assert car.toll.tidy(end + 180).passage is None
    running = Car()
    running.at(-300, False)
    for second in (0, 60, 600, 1200):
        running.at(second, True)
    assert running.parking.tidy(NOON + 9 * HOUR) == running.parking
    assert running.toll.tidy(NOON + 9 * HOUR) == running.toll, "it is still in the zone"


def test_a_question_waits_for_a_day() -> None:
    car = Car(allows(Mode.ASK))
    car.visit(0, 200)
    assert car.toll.is_open
    assert car.toll.tidy(NOON + 23 * HOUR) == car.toll
    assert car.toll.tidy(NOON + 25 * HOUR).passage is None


LOOKS = st.lists(
    st.tuples(
        st.integers(0, 900) | st.integers(-4000, 40_000),
        st.sampled_from([True, True, False, None, "park", "end", "pay"]),
        st.booleans(),
    ),
    max_size=30,
)


@given(LOOKS, st.sampled_from([ALWAYS, allows(Mode.ASK), allows(Mode.UP_TO, 1500), allows(Mode.NEVER)]))
def test_whatever_happens_each_stay_and_passage_is_paid_once(
    looks: list[tuple[int, bool | str | None, bool]], policy: ConsentPolicy
) -> None:
    """Trackers jump and vanish, clocks run back, people tap twice, and steps are lost before they were stored."""
    car, now = Car(policy), 0
    car.at(-300, False)
    for later, seen, crash in looks:
        now += later
        match seen:
            case "park":
                car.park_by_hand(now)
            case "end":
                car.end_by_hand(now)
            case "pay":
                car.pay_by_hand(now)
            case True | False | None:
                car.at(now, seen, crash=crash)
    stays = {each.reference for each in car.happened if each.what is What.PARKING_STARTED}
    ended = [each.reference for each in car.happened if each.what is What.PARKING_ENDED]
    tolls = [each.reference for each in car.happened if each.what is What.TOLL_PAID]
    assert len(ended) == len(set(ended))
    assert len(tolls) == len(set(tolls))
    assert {transfer.payment_id.partition(":")[0] for transfer in car.paid.values()} <= stays | set(tolls)
    assert -car.sums().get("bridge", 0) == -50 * len(tolls)
    assert sum(car.sums().values()) == 0
    if policy.uses[Use.PARKING].mode is Mode.NEVER and not any(seen in {"park", "pay"} for _, seen, _ in looks):
        assert car.paid == {}


@pytest.mark.parametrize("change", [{"version": 9}, {"spent": {"day": "", "amount_i": -1}}, {"passages": {}}, {"x": 1}])
def test_what_was_not_stored_by_this_version_is_refused(change: dict[str, object]) -> None:
    car = Car()
    for visit in (car.parking, car.toll):
        with pytest.raises(TariffError):
            type(visit).from_dict(visit.to_dict() | change)

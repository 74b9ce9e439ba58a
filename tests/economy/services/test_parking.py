"""A stay costs what its tariff says of the time that is known, once, within what the car allows."""

import json
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.economy.effects import BookEntry, Effect, Transfer
from custom_components.tangle_grid.economy.errors import TariffError
from custom_components.tangle_grid.economy.services import (
    Allowance,
    Answer,
    CarPark,
    Decision,
    Parking,
    ParkingEnd,
    ParkingPhase,
    ParkingReceipt,
    recompute,
)
from custom_components.tangle_grid.economy.services.consent import Reason
from custom_components.tangle_grid.economy.services.parking import Evidence, ParkingRules, Refused
from tests.support.ocpi import component, element, tariff

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ANY = Allowance()
HOUR = 3600
RATE = Fraction(1000)
HOURLY = tariff(element(component("PARKING_TIME", 2)))
YES = Decision(answer=Answer.YES, reason=Reason.ALWAYS)
ASK = Decision(answer=Answer.ASK, reason=Reason.ASK)


def local(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM).timestamp())


NOON = local("2026-11-30 12:00")


def rules(**fields: object) -> ParkingRules:
    return ParkingRules(zone=AMSTERDAM, **fields)  # type: ignore[arg-type]


RULES = rules()


def begun(by: str = HOURLY, at: int = NOON, decision: Decision = YES, evidence: Evidence = Evidence.TRACKER) -> Parking:
    park = CarPark(service="mall", tariff=by, rate=RATE)
    stay = park.begin("car", "s1", at, decision, RULES, taken=0, evidence=evidence)
    assert isinstance(stay, Parking)
    return stay


def stored(stay: Parking) -> Parking:
    return Parking.from_dict(json.loads(json.dumps(stay.to_dict())))


def spend(
    stay: Parking, until: int, *, by: ParkingRules = RULES, allowance: Allowance = ANY, every: int = 600
) -> tuple[Parking, list[Effect]]:
    done: list[Effect] = []
    while stay.known_at < until and stay.phase is not ParkingPhase.ENDED:
        stay, effects = stored(stay).stay(min(until, stay.known_at + every), by, allowance)
        done += effects
    return stay, done


def transfers(effects: object) -> list[tuple[str, str, str, int]]:
    assert isinstance(effects, list | tuple)
    return [(e.payment_id, e.source, e.target, e.amount_i) for e in effects if isinstance(e, Transfer)]


def test_a_stay_is_paid_at_the_exit() -> None:
    stay, before = spend(begun(), NOON + 2 * HOUR)
    over, effects = stay.leave(NOON + 2 * HOUR + 900, RULES, ANY)
    assert before == []
    assert transfers(effects) == [("s1:1", "car", "mall", 4500)]
    assert (over.phase, over.end, over.total_i) == (ParkingPhase.ENDED, ParkingEnd.LEFT, 4500)
    assert over.leave(NOON + 3 * HOUR, RULES, ANY) == (over, ())
    assert over.stay(NOON + 9 * HOUR, RULES, ANY) == (over, ())


def test_each_day_is_paid_when_it_ends_and_the_sum_is_exact() -> None:
    third = tariff(element(component("FLAT", 1), component("PARKING_TIME", 0.0001)))
    stay, effects = spend(begun(third, local("2026-11-30 23:00")), local("2026-12-03 01:00"))
    assert [amount for _id, _from, _to, amount in transfers(effects)] == [1000, 2, 2]
    over, last = stay.stop(local("2026-12-03 01:00"), RULES, ANY)
    assert (over.total_i, over.paid_i) == (1005, 1005)
    assert transfers(last) == [("s1:4", "car", "mall", 1)]
    at_once, all_effects = spend(
        begun(third, local("2026-11-30 23:00")), local("2026-12-03 01:00"), by=rules(by_day=False)
    )
    assert transfers(all_effects) == []
    assert transfers(at_once.stop(at_once.known_at, rules(by_day=False), ANY)[1]) == [("s1:1", "car", "mall", 1005)]


def test_prices_change_within_a_stay() -> None:
    by = tariff(
        element(component("PARKING_TIME", 6), min_duration=4 * HOUR),
        element(component("PARKING_TIME", 1), start_time="19:00", end_time="07:00"),
        element(component("PARKING_TIME", 2), day_of_week=["MONDAY"]),
    )
    stay, _ = spend(begun(by, local("2026-11-30 18:00")), local("2026-12-01 00:00"))
    # an hour at 2, three by night at 1, two after four hours at 6
    assert stay.cost_i(AMSTERDAM) == 17_000


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2027-03-28", 23), ("2026-11-30", 24)])
def test_a_day_has_the_hours_that_it_has(day: str, hours: int) -> None:
    by = tariff(
        element(component("PARKING_TIME", 1), start_time="02:30", end_time="03:30"),
        element(component("PARKING_TIME", 0)),
    )
    begin = local(f"{day} 00:00")
    at_night, _ = spend(begun(by, begin), begin + hours * HOUR, every=1700)
    all_day, _ = spend(begun(tariff(element(component("TIME", 1))), begin), begin + hours * HOUR)
    # The hour 2:00 to 3:00 comes twice, so that 2:30 to 3:00 does; or it is left out.
    assert at_night.cost_i(AMSTERDAM) == {25: 1500, 24: 1000, 23: 500}[hours]
    assert all_day.cost_i(AMSTERDAM) == hours * 1000


def test_only_time_of_which_something_is_known_is_charged() -> None:
    stay, _ = spend(begun(), NOON + HOUR)
    back, _ = stay.stay(NOON + 5 * HOUR, RULES, ANY)
    again, _ = spend(back, NOON + 6 * HOUR)
    assert again.cost_i(AMSTERDAM) == 4000
    gone, effects = again.leave(NOON + 9 * HOUR, RULES, ANY)
    assert (gone.total_i, gone.end, len(gone.seen)) == (4000, ParkingEnd.LEFT, 2)
    lost, effects = again.lose(RULES, ANY)
    assert (lost.total_i, lost.end) == (4000, ParkingEnd.LOST)
    assert transfers(effects) == [("s1:1", "car", "mall", 4000)]
    # a person is believed
    by_hand, _ = begun(evidence=Evidence.PERSON).stop(NOON + 9 * HOUR, RULES, ANY)
    assert by_hand.total_i == 18_000


def test_no_stay_goes_on_for_ever() -> None:
    by_hand, effects = begun(evidence=Evidence.PERSON).stay(NOON + 1000 * HOUR, RULES, ANY)
    assert (by_hand.end, by_hand.total_i, by_hand.paid_i) == (ParkingEnd.TOO_LONG, 48_000, 48_000)
    assert sum(amount for *_rest, amount in transfers(effects)) == 48_000
    watched, _ = spend(begun(), NOON + 10_000 * HOUR, by=rules(longest_s=50 * HOUR))
    assert (watched.end, watched.total_i) == (ParkingEnd.TOO_LONG, 100_000)


def test_a_clock_that_is_set_back_charges_nothing_twice() -> None:
    stay, _ = spend(begun(), NOON + HOUR)
    back, effects = stay.stay(NOON, RULES, ANY)
    assert (back, effects) == (stay, ())
    over, _ = spend(back, NOON + 2 * HOUR)
    assert over.cost_i(AMSTERDAM) == 4000
    assert stay.leave(NOON - HOUR, RULES, ANY)[0].total_i == 2000


def test_the_limit_of_a_day_ends_the_stay_paid_up_to_it() -> None:
    allowance = Allowance(limit_i=5000, day="2026-11-30", spent_i=1000)
    stay, effects = spend(begun(), NOON + 9 * HOUR, allowance=allowance)
    assert (stay.end, stay.total_i, stay.cost_i(AMSTERDAM)) == (ParkingEnd.LIMIT, 4000, 4000)
    assert transfers(effects) == [("s1:1", "car", "mall", 4000)]
    # Another day has its own: 2 hours on the first, 10 on the second.
    late = local("2026-11-30 22:00")
    stay, effects = spend(begun(at=late), late + 30 * HOUR, allowance=Allowance(limit_i=20_000))
    assert (stay.end, stay.total_i) == (ParkingEnd.LIMIT, 24_000)
    assert [amount for *_rest, amount in transfers(effects)] == [4000, 20_000]


def test_a_car_that_is_asked_pays_for_the_time_since_it_came_or_nothing() -> None:
    stay, effects = spend(begun(decision=ASK), NOON + HOUR)
    assert (stay.phase, effects, stay.cost_i(AMSTERDAM)) == (ParkingPhase.ASKED, [], 0)
    left, effects = stay.leave(NOON + HOUR, RULES, ANY)
    assert (left.end, left.total_i, effects) == (ParkingEnd.NOT_ANSWERED, 0, ())
    running, _ = stay.agree(NOON + HOUR + 60, RULES, ANY)
    assert running.agree(NOON + 2 * HOUR, RULES, ANY) == (running, ())
    assert transfers(running.leave(NOON + 2 * HOUR, RULES, rules_any := ANY)[1]) in (
        [("s1:1", "car", "mall", 4000)],
        [("s1:1", "car", "mall", 2033)],
    )
    assert rules_any is ANY


def test_a_negative_price_pays_the_car() -> None:
    stay, _ = spend(begun(tariff(element(component("PARKING_TIME", -2)))), NOON + HOUR)
    over, effects = stay.leave(NOON + HOUR, RULES, Allowance(limit_i=0))
    assert transfers(effects) == [("s1:1", "mall", "car", 2000)]
    assert over.total_i == -2000


def test_a_full_car_park_says_no() -> None:
    park = CarPark(service="mall", tariff=HOURLY, rate=RATE, capacity=2)
    assert park.begin("car", "s1", NOON, YES, RULES, taken=2) is Refused.FULL
    assert isinstance(park.begin("car", "s1", NOON, YES, RULES, taken=1), Parking)
    for reason in (Reason.NEVER, Reason.ABOVE_LIMIT):
        decision = Decision(answer=Answer.NO, reason=reason)
        assert park.begin("car", "s1", NOON, decision, RULES, taken=0) == reason.value


def test_the_price_at_the_entry_is_known() -> None:
    flat = CarPark(service="mall", tariff=tariff(element(component("FLAT", 3)), min_price={"excl_vat": 4}), rate=RATE)
    assert flat.price_i(NOON, AMSTERDAM) == 4000
    assert CarPark(service="mall", tariff=HOURLY, rate=RATE).price_i(NOON, AMSTERDAM) == 0


def test_tax_beside_a_price_is_information() -> None:
    beside = tariff(element(component("FLAT", 3, vat=20)))
    within = tariff(element(component("FLAT", 3, vat=20)), tax_included="YES")
    for by in (beside, within):
        assert CarPark(service="mall", tariff=by, rate=RATE).price_i(NOON, AMSTERDAM) == 3000


@pytest.mark.parametrize(
    ("by", "rate", "key"),
    [
        (tariff(element(component("ENERGY", 1))), 1, "prices_no_parking"),
        (tariff(element(component("FLAT", 1), reservation="RESERVATION")), 1, "prices_no_parking"),
        ("{}", 1, "missing"),
        (HOURLY, 0, "rate_not_positive"),
        (HOURLY, -1, "rate_not_positive"),
    ],
)
def test_a_car_park_that_cannot_be_is_refused(by: str, rate: int, key: str) -> None:
    with pytest.raises(TariffError) as found:
        CarPark(service="mall", tariff=by, rate=Fraction(rate))
    assert found.value.key == key
    assert str(found.value)


TARIFFS = st.tuples(st.integers(-3, 9), st.integers(-9, 9), st.integers(0, 9), st.sampled_from([1, 900, 3600])).map(
    lambda prices: tariff(
        element(component("FLAT", prices[0])),
        element(component("PARKING_TIME", round(prices[2] / 7, 4), prices[3]), start_time="20:00", end_time="08:00"),
        element(component("PARKING_TIME", round(prices[1] / 3, 4), prices[3])),
    )
)
STEPS = st.lists(st.tuples(st.integers(-5000, 30_000) | st.integers(0, 1800), st.booleans()), max_size=25)


@given(
    by=TARIFFS,
    steps=STEPS,
    limit=st.none() | st.integers(0, 50_000),
    by_day=st.booleans(),
    end=st.sampled_from(["leave", "stop", "lose"]),
)
def test_crashes_clocks_and_gaps_pay_each_stay_once(
    by: str, steps: list[tuple[int, bool]], limit: int | None, by_day: bool, end: str
) -> None:
    """Some steps are lost before they were stored. Payments keep their ids, add up, and never exceed a day's limit."""
    here, allowance = rules(by_day=by_day), Allowance(limit_i=limit)
    stay, now = begun(by), NOON
    paid: dict[str, Transfer] = {}
    lines: dict[str, BookEntry] = {}
    for later, kept in steps:
        now += later
        if not kept:
            continue
        after, effects = stay.stay(now, here, allowance)
        stay = stored(after)
        remember(effects, paid, lines)
    match end:
        case "leave":
            over, effects = stay.leave(now, here, allowance)
        case "stop":
            over, effects = stay.stop(now, here, allowance)
        case _:
            over, effects = stay.lose(here, allowance)
    remember(effects, paid, lines)
    assert over.phase is ParkingPhase.ENDED
    moved = sum(t.amount_i if t.source == "car" else -t.amount_i for t in paid.values())
    assert moved == over.total_i == over.paid_i
    assert sum(line.amount_i for line in lines.values()) == 0
    assert sum(line.amount_i for line in lines.values() if line.participant == "mall") == over.total_i
    receipt = ParkingReceipt.of(over, AMSTERDAM)
    assert ParkingReceipt.from_dict(json.loads(json.dumps(receipt.to_dict()))) == receipt
    assert recompute(receipt) == ()
    assert over.total_i <= receipt.cost_i
    if limit is not None:
        days = len(
            {
                datetime.fromtimestamp(at, AMSTERDAM).date()
                for span in over.seen
                for at in range(span[0], span[1] + 1, 600)
            }
            | {0}
        )
        assert over.total_i <= limit * days


def remember(effects: tuple[Effect, ...], paid: dict[str, Transfer], lines: dict[str, BookEntry]) -> None:
    for effect in effects:
        if isinstance(effect, Transfer):
            assert effect.payment_id not in paid
            assert effect.amount_i >= 1
            paid[effect.payment_id] = effect
        else:
            assert effect.entry_id not in lines
            lines[effect.entry_id] = effect


@given(by=TARIFFS, cuts=st.lists(st.integers(1, 1800), min_size=1, max_size=30))
def test_it_does_not_matter_how_often_somebody_looks(by: str, cuts: list[int]) -> None:
    until = NOON + sum(cuts)
    stay = begun(by)
    for cut in cuts:
        stay, _ = stay.stay(stay.known_at + cut, RULES, ANY)
    assert stay.seen == ((NOON, until),)
    slow, _ = spend(begun(by), until, every=1800)
    assert slow.leave(until, RULES, ANY)[0].total_i == stay.leave(until, RULES, ANY)[0].total_i


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"cost_i": 4501}, ("cost", "total")),
        ({"cost_i": 4501, "total_i": 4501}, ("cost", "payments")),
        ({"total_i": 4501}, ("total", "payments")),
        ({"payments": []}, ("payments",)),
        ({"rate": "999"}, ("cost",)),
        ({"time_zone": "Nowhere/At_All"}, ("unreadable",)),
        ({"tariff": "{}"}, ("unreadable",)),
    ],
)
def test_a_receipt_that_was_changed_is_found_out(change: dict[str, object], wrong: tuple[str, ...]) -> None:
    stay, _ = spend(begun(), NOON + 2 * HOUR)
    over, _ = stay.leave(NOON + 2 * HOUR + 900, RULES, ANY)
    receipt = ParkingReceipt.of(over, AMSTERDAM).to_dict()
    assert recompute(ParkingReceipt.from_dict(receipt)) == ()
    assert {each.name for each in recompute(ParkingReceipt.from_dict(receipt | change))} == set(wrong)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"seen": []},
        {"seen": [{"from": 2, "until": 1}]},
        {"seen": [{"from": 5, "until": 6}, {"from": 1, "until": 7}]},
        {"phase": "ended"},
        {"end": "left"},
        {"rate": "1/0"},
        {"payments": [True]},
        {"tariff": "{}"},
        {"what": 1},
    ],
)
def test_what_was_not_stored_by_this_version_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(TariffError) as found:
        Parking.from_dict(begun().to_dict() | change)
    assert str(found.value)


def test_a_stay_before_the_tariff_is_valid_is_refused() -> None:
    later = tariff(element(component("FLAT", 1)), start_date_time="2027-01-01T00:00:00Z")
    with pytest.raises(TariffError, match="valid"):
        CarPark(service="mall", tariff=later, rate=RATE).price_i(NOON, AMSTERDAM)
    assert datetime.fromtimestamp(NOON, UTC).year == 2026

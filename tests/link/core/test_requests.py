"""What a street asks a house becomes a request in it; both are settled, each at its own meters, each once."""

import json
import math
from collections.abc import Callable

import pytest

from benchmarks._linked_islands import START, Car, Island, charger, join
from custom_components.tangle_grid.grid import GridEvent, PhaseTriple, PolicyConfig, PolicyMode, Settlement
from custom_components.tangle_grid.link.core import (
    HouseAsk,
    HousePayee,
    HouseRequests,
    LetterCame,
    StreetRequests,
    body_of,
)
from custom_components.tangle_grid.protocol import contradictions, recompute
from custom_components.tangle_grid.simulation.randomness import generator

DT = 5.0
RATE = 1_000_000
ALWAYS = PolicyConfig(mode=PolicyMode.ALWAYS)


def load(number: int) -> Callable[[float], PhaseTriple]:
    return lambda now: (1.0 + 0.1 * math.sin(now + number), 1.0, 1.0)


def made(houses: int = 2, policy: PolicyConfig = ALWAYS) -> Island:
    source = generator("requests")
    street = Island("street", 40.0 * houses)
    for number in range(houses):
        name = f"h{number}"
        cars = [Car(charger(f"{name}-0", policy=policy))]
        join(street, Island(name, 30.0, cars=cars, load=load(number), helps=True), source)
    street.start()
    return street


def run(street: Island, now: float, seconds: float) -> float:
    end = now + seconds
    while now < end:
        now += DT
        street.step(now, DT)
    return now


def settled(events: list[GridEvent]) -> list[Settlement]:
    return [event for event in events if isinstance(event, Settlement)]


def check(settlement: Settlement) -> None:
    found = recompute(settlement.receipt)
    assert (found.energy_wh, found.amount_i) == (settlement.energy_wh, settlement.amount_i)
    assert contradictions(settlement.receipt, {**settlement.receipt, "participant": settlement.device_id}) == ()


def test_a_request_goes_down_answers_add_up_and_both_levels_are_paid_once() -> None:
    street = made()
    now = run(street, START, 700)
    street.engine.commands.request_curtailment(now, power_w=4000.0, duration_s=240, rate_i_per_kwh=RATE)
    now = run(street, now, 300)
    (outer,) = settled(street.events)
    helped, spared = (each.island for each in street.below)
    if outer.device_id != "h0/help":
        helped, spared = spared, helped
    (inner,) = settled(helped.events)
    for settlement in (outer, inner):
        check(settlement)
    # Measured at the house's meter, and at its car: the same but for rounding, and for what else the house draws.
    assert outer.energy_wh == pytest.approx(inner.energy_wh, rel=0.1)
    assert outer.energy_wh > 200
    assert outer.payment_id != inner.payment_id
    # The house has the street's receipt, and has looked whether it holds.
    assert list(helped.requests.received) == [outer.payment_id]
    assert helped.requests.received[outer.payment_id].amount_i == outer.amount_i
    # Whoever said yes and was not needed heard so at once.
    assert sum(settlement.energy_wh for settlement in settled(spared.events)) < 0.2 * outer.energy_wh
    # A payment is ordered under one id, however often it is asked for.
    assert {each.payment_id for each in street.engine.commands.unpaid()} == {outer.payment_id}
    run(street, now, 60)
    assert len(settled(street.events)) == 1


def test_a_house_that_stood_by_is_asked_again_when_the_other_leaves() -> None:
    street = made()
    now = run(street, START, 700)
    request, _ = street.engine.commands.request_curtailment(
        now, power_w=4000.0, duration_s=600, rate_i_per_kwh=RATE, device_ids=["h0/help", "h1/help"]
    )
    now = run(street, now, 120)
    helper = next(ask.device_id for ask in request.asks.values() if ask.state == "active")
    other = next(each.island for each in street.below if not helper.startswith(each.island.name))
    assert len(other.requests.parts) == 1
    street.events += street.engine.commands.opt_out(now, device_id=helper)
    now = run(street, now, 60)
    assert set(other.requests.parts) == {f"{request.request_id}/0", f"{request.request_id}/1"}
    assert other.cars[0].draws_a < 12
    run(street, now, 450)
    assert len(settled(street.events)) == 2
    for settlement in settled(street.events):
        check(settlement)


def test_a_house_of_people_who_never_help_says_no() -> None:
    street = made(1, PolicyConfig(mode=PolicyMode.NEVER))
    now = run(street, START, 700)
    request, _ = street.engine.commands.request_curtailment(
        now, power_w=4000.0, duration_s=240, rate_i_per_kwh=RATE, device_ids=["h0/help"]
    )
    run(street, now, 60)
    assert request.asks["h0/help"].state == "declined"
    assert not settled(street.events)


def letter(about: str, says: object, age_s: float = 0.0) -> LetterCame:
    return LetterCame(letter="x", about=about, says=json.loads(json.dumps(says)), age_s=age_s)


def test_letters_may_come_again_also_after_a_crash() -> None:
    street = made(1)
    now = run(street, START, 700)
    house = street.below[0].island
    asks = body_of(HouseAsk(request="r/0", power_w=2000, rate_i_per_kwh=RATE, answer_s=60, duration_s=300))
    assert house.requests.take(house.engine, now, letter("ask", asks))
    again = HouseRequests.from_dict(json.loads(json.dumps(house.requests.to_dict())))
    assert again.parts == house.requests.parts
    assert again.take(house.engine, now, letter("ask", asks)) == []
    assert len(house.engine.requests) == 1
    assert again.take(house.engine, now, letter("ended", {"request": "r/0"}))
    assert again.take(house.engine, now, letter("ended", {"request": "r/0"})) == []
    assert again.take(house.engine, now, letter("ended", {"request": "other"})) == []
    # What was held up for too long asks nobody any more.
    late = {**asks, "request": "r/1"}
    assert again.take(house.engine, now, letter("ask", late, age_s=61.0)) == []
    assert again.own_request("r/1") is None
    assert len(house.engine.requests) == 1


def crash(street: Island, whose: str) -> None:
    """Start one side again: letters that were on their way are lost, what it kept is not."""
    (below,) = street.below
    if whose == "street":
        below.upper._letters.clear()
        stored = json.loads(json.dumps(below.requests.to_dict()))
        below.requests = StreetRequests.from_dict("h0/help", stored)
    else:
        assert below.island.lower is not None
        below.island.lower._letters.clear()
        below.island.requests = HouseRequests.from_dict(json.loads(json.dumps(below.island.requests.to_dict())))


@pytest.mark.parametrize("whose", ["street", "house"])
def test_a_restart_in_the_middle_loses_no_word_and_pays_nothing_twice(whose: str) -> None:
    street = made(1)
    now = run(street, START, 700)
    request, _ = street.engine.commands.request_curtailment(
        now, power_w=4000.0, duration_s=240, rate_i_per_kwh=RATE, device_ids=["h0/help"]
    )
    # What was said last has not been heard: the question, or the answer.
    street.step(now := now + DT, DT)
    if whose == "house":
        street.step(now := now + DT, DT)
    crash(street, whose)
    now = run(street, now, 60)
    assert request.asks["h0/help"].state == "active"
    # Nor that it is over before its time.
    house = street.below[0].island
    street.events += street.engine.commands.cancel(now, request_id=request.request_id)
    if whose == "street":
        street.step(now := now + DT, DT)
    crash(street, whose)
    now = run(street, now, 30)
    (own,) = house.engine.requests.values()
    assert own.closed
    assert house.cars[0].draws_a > 12
    run(street, now, 300)
    assert len(settled(street.events)) == len(settled(house.events)) == 1
    assert list(house.requests.received) == [settled(street.events)[0].payment_id]


def test_a_house_says_where_it_is_paid_and_pays_no_more_than_it_ever_would() -> None:
    street = made(1)
    now = run(street, START, 700)
    (below,) = street.below
    assert below.island.lower is not None
    for address in ("A" * 90, "B" * 90, "B" * 90):
        below.island.requests.sync(below.island.engine, now, street.mono(now), below.island.lower, address)
    assert set(below.island.lower._letters) == {"payee/" + "A" * 24, "payee/" + "B" * 24}
    below.requests.take(street.engine, now, letter("payee", body_of(HousePayee(address="C" * 90))))
    again = StreetRequests.from_dict("h0/help", json.loads(json.dumps(below.requests.to_dict())))
    assert again.payee == "C" * 90
    assert StreetRequests.from_dict("h0/help", {"told": {"r": {"round": None}, "s": 7}, "payee": 7}).payee is None
    rate = 10**12
    asks = body_of(HouseAsk(request="r/0", power_w=2000, rate_i_per_kwh=rate, answer_s=60, duration_s=300))
    below.island.requests.take(below.island.engine, now, letter("ask", asks))
    (own,) = below.island.engine.requests.values()
    assert own.rate_i_per_kwh == below.island.engine.config.market.max_rate_i_per_kwh


def test_where_no_letter_can_be_posted_it_is_tried_again() -> None:
    street = made(1)
    now = run(street, START, 700)
    (below,) = street.below
    for number in range(256):
        below.upper.post(street.mono(now), str(number), "sunshine", {}, keep_s=9999)
    street.engine.commands.request_curtailment(
        now, power_w=4000.0, duration_s=240, rate_i_per_kwh=RATE, device_ids=["h0/help"]
    )
    below.requests.sync(street.engine, now, street.mono(now), below.upper)
    assert not [each for each in below.upper._letters if each.startswith("ask/")]
    for number in range(256):
        below.upper.recall(str(number))
    below.requests.sync(street.engine, now, street.mono(now), below.upper)
    assert [each for each in below.upper._letters if each.startswith("ask/")]


@pytest.mark.parametrize("about", ["ask", "ended", "settled", "sunshine"])
@pytest.mark.parametrize("says", [{}, {"request": 7}, {"request": "r", "power_w": -1}])
def test_what_cannot_be_read_changes_nothing(about: str, says: dict[str, object]) -> None:
    street = made(1)
    house = street.below[0].island
    before = house.requests.to_dict()
    assert house.requests.take(house.engine, START, letter(about, says)) == []
    assert StreetRequests("h0/help").take(street.engine, START, letter("answer", says)) == []
    assert house.requests.to_dict() == before


def test_a_house_without_a_meter_says_no() -> None:
    street = made(1)
    house = street.below[0].island
    asks = body_of(HouseAsk(request="r/0", power_w=2000, rate_i_per_kwh=RATE, answer_s=60, duration_s=300))
    assert house.requests.take(house.engine, START, letter("ask", asks)) == []
    assert house.requests.parts["r/0"].own is None


def test_a_settlement_that_does_not_hold_is_not_believed() -> None:
    receipt = {
        "version": 2,
        "duration_s": 3600,
        "readings": [[0, 1000]],
        "quantities": [[0, 500]],
        "baseline_w": 2000,
        "need_wh": None,
        "rate_i_per_kwh": RATE,
    }
    street = made(1)
    house = street.below[0].island
    good = {"request": "r", "payment_id": "p", "energy_wh": 500, "amount_i": 500_000, "receipt": receipt}
    for payment, changed in (("p1", {"amount_i": 500_001}), ("p2", {"energy_wh": 1}), ("p3", {"receipt": {}})):
        said = {**good, "payment_id": payment, **changed}
        house.requests.take(house.engine, START, letter("settled", said))
    assert house.requests.refused == ["p1", "p2", "p3"]
    for _time in range(2):
        house.requests.take(house.engine, START, letter("settled", good))
    assert list(house.requests.received) == ["p"]
    assert HouseRequests.from_dict(house.requests.to_dict()).received == house.requests.received

"""What a meter makes of good readings and of bad ones: nothing is lost, and nothing is invented."""

import json
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.economy.errors import StoredError
from custom_components.tangle_grid.economy.sessions.meter import Finding, Meter, Reading

AT = 1_796_000_000.0
POWERS = st.integers(-11_000, 22_000)


def run(meter: Meter, *readings: dict[str, Any], every: float = 10.0, at: float = AT) -> list[set[Finding]]:
    found = []
    for number, reading in enumerate(readings):
        found.append(set(meter.step(Reading(**{"at": at + number * every, **reading})).findings))
    return found


@given(powers=st.lists(POWERS, min_size=2, max_size=30), every=st.sampled_from([1.0, 2.5, 10.0, 60.0]))
def test_no_fraction_of_a_watt_hour_is_lost(powers: list[int], every: float) -> None:
    meter = Meter(most_w=22_000)
    run(meter, *({"power_w": float(power)} for power in powers), every=every)
    pairs = list(pairwise(powers))
    for wh, sign in ((meter.wh_in, 1), (meter.wh_out, -1)):
        exact = sum((max(sign * a, 0) + max(sign * b, 0)) / 2 * every / 3600 for a, b in pairs)
        assert wh == math.floor(exact + 1e-9)


@given(
    steps=st.lists(st.tuples(st.integers(0, 600), st.one_of(st.none(), POWERS)), min_size=1, max_size=30),
    start=st.integers(0, 10**9),
)
def test_a_counter_is_believed_before_power(steps: list[tuple[int, int | None]], start: int) -> None:
    """Whatever power says, and whether or not the counter is there all the time, it is the counter that counts."""
    meter = Meter(most_w=22_000)
    meter.step(Reading(at=AT, import_wh=start / 10))
    total, now = start, AT
    for number, (tenths, power) in enumerate(steps):
        total, now = total + tenths, now + 60
        shown = total / 10 if number % 3 != 1 else None
        meter.step(Reading(at=now, power_w=None if power is None else max(0.0, power), import_wh=shown))
    meter.step(Reading(at=now + 10, import_wh=total / 10))
    # Power may have counted more meanwhile; that is waited for, and the counter has the last word when it comes.
    for _ in range(10_000):
        if meter.imported.carry >= 0:
            break
        total, now = total + 600, now + 60
        meter.step(Reading(at=now, import_wh=total / 10))
    assert meter.wh_in == (total - start) // 10


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e300])
def test_what_is_no_figure_is_passed_over(bad: float) -> None:
    meter = Meter(most_w=11_000)
    found = run(meter, {"power_w": 3600.0, "import_wh": 100.0}, {"power_w": bad, "import_wh": bad})
    assert found == [set(), {Finding.POWER_UNUSABLE, Finding.COUNTER_UNUSABLE}]
    assert meter.wh_in == 0
    run(meter, {"power_w": 3600.0, "import_wh": 130.0}, at=AT + 20)
    assert meter.wh_in == 30
    run(meter, {"at": bad, "elapsed_s": 10.0, "import_wh": 140.0})
    assert meter.wh_in == 40


def test_power_beyond_the_charger_is_not_counted() -> None:
    meter = Meter(most_w=11_000)
    found = run(meter, *({"power_w": power} for power in (11_000.0, 50_000.0, 11_000.0, 11_000.0)))
    assert found == [set(), {Finding.POWER_IMPOSSIBLE}, set(), set()]
    assert meter.wh_in == 30


@pytest.mark.parametrize(
    ("value", "finding"), [(40.0, "counter_backwards"), (100_100.0, "counter_jump"), (900.0, "counter_jump")]
)
def test_a_counter_that_cannot_be_is_doubted_and_power_counts(value: float, finding: str) -> None:
    meter = Meter(most_w=11_000)
    power = {"power_w": 3_600.0}  # 10 Wh in 10 s
    found = run(meter, *({**power, "import_wh": each} for each in (100.0, 110.0, value)))
    assert found[-1] == {Finding(finding)}
    assert meter.wh_in == 20
    run(meter, {**power, "import_wh": 131.0}, at=AT + 30)
    assert meter.wh_in == 31, "it went on from where it was"


def test_a_counter_that_was_reset_counts_on() -> None:
    meter = Meter(most_w=11_000)
    found = run(meter, *({"power_w": 3_600.0, "import_wh": each} for each in (5_000.0, 5_010.0, 3.0, 13.0, 24.0, 34.0)))
    assert found[2:] == [{Finding.COUNTER_BACKWARDS}, {Finding.COUNTER_BACKWARDS}, {Finding.COUNTER_RESET}, set()]
    # 10 of the counter, 10 of power until it was doubted, and 21 and 10 of the counter
    assert meter.wh_in == 51


def test_a_jump_by_a_hundred_kilowatt_hours_is_never_believed() -> None:
    """Also where so much time has passed that the charger could have delivered it."""
    meter = Meter(most_w=22_000)
    found = run(meter, {"import_wh": 0.0}, {"import_wh": 0.0}, {"import_wh": 100_000.0}, every=40_000.0)
    assert Finding.COUNTER_JUMP in found[-1]
    assert meter.wh_in == 0


def test_a_gap_is_counted_by_the_counter_and_never_guessed() -> None:
    by_power, by_counter = Meter(most_w=11_000), Meter(most_w=11_000)
    found = run(by_power, {"power_w": 3_600.0}, {"power_w": 3_600.0}, every=600.0)
    assert found[-1] == {Finding.GAP}
    assert by_power.wh_in == 0
    run(by_counter, {"import_wh": 0.0}, {"import_wh": 600.0}, every=600.0)
    assert by_counter.wh_in == 600


@pytest.mark.parametrize("first", [0.0, 40.0, 2_000.0])
def test_what_is_read_after_a_start_may_be_older_than_the_start(first: float) -> None:
    """A sensor shows its old value for a while after a start, or one that is not the newest: all of it is counted."""
    meter = Meter(most_w=11_000)
    run(meter, {"import_wh": 0.0}, {"import_wh": 100.0}, every=60.0)
    start = AT + 60 + 3_600
    found = run(meter, *({"import_wh": 100.0 + first} for _ in range(6)), at=start)
    found += run(meter, {"import_wh": 9_000.0}, at=start + 120)
    assert not {Finding.COUNTER_JUMP, Finding.COUNTER_BACKWARDS} & set.union(*found)
    assert meter.wh_in == 9_000
    # No more than the charger could have delivered in all that time, and not an hour later.
    assert run(meter, {"import_wh": 17_000.0}, at=start + 130)[0] == {Finding.COUNTER_JUMP}
    late = Meter(most_w=11_000)
    run(late, {"import_wh": 0.0}, {"import_wh": 0.0}, every=3_600.0)
    run(late, *({"import_wh": 10.0} for _ in range(100)), every=20.0, at=AT + 3_600)
    assert run(late, {"import_wh": 9_000.0}, at=AT + 5_700)[0] == {Finding.COUNTER_JUMP}


@pytest.mark.parametrize("steady", [True, False])
@pytest.mark.parametrize("jump", [-86_400.0, -17.0, 86_400.0])
def test_a_clock_that_is_set_makes_no_energy(jump: float, *, steady: bool) -> None:
    meter = Meter(most_w=11_000)
    elapsed = {"elapsed_s": 10.0} if steady else {}
    run(meter, *({"power_w": 3_600.0, "import_wh": 10.0 * each} | elapsed for each in range(5)))
    found = run(
        meter,
        *({"power_w": 3_600.0, "import_wh": 50.0 + 10.0 * each} | elapsed for each in range(5)),
        at=AT + 50 + jump,
    )
    assert meter.wh_in == 90
    assert Finding.COUNTER_JUMP not in found[0]
    if jump < 0:
        assert Finding.CLOCK_SET_BACK in found[0]
    else:
        assert found[0] == {Finding.CLOCK_SET_FORWARD} if steady else {Finding.GAP}
    assert found[1:] == [set()] * 4
    by_power = Meter(most_w=11_000)
    run(by_power, *({"power_w": 3_600.0} | elapsed for _ in range(5)))
    run(by_power, *({"power_w": 3_600.0} | elapsed for _ in range(5)), at=AT + 50 + jump)
    assert by_power.wh_in == (90 if steady else 80)


def test_its_own_clock_never_goes_back() -> None:
    meter = Meter(most_w=11_000)
    moments = [meter.step(Reading(at=at)).now_ms for at in (AT, AT + 10, AT - 500, AT - 490, AT + 100)]
    assert moments == sorted(moments)


def test_what_is_stored_is_the_same_again_and_anything_else_is_refused() -> None:
    meter = Meter(most_w=11_000)
    run(meter, {"power_w": 3_600.0, "import_wh": 1.5}, {"power_w": 3_500.0, "import_wh": 0.5})
    stored = json.loads(json.dumps(meter.to_dict()))
    assert Meter.from_dict(stored).to_dict() == meter.to_dict()
    for change in ({"version": 2}, {"most_w": 0}, {"most_w": 1.5}, {"wall_ms": True}, {"imported": 3}, {"extra": 1}):
        with pytest.raises(StoredError):
            Meter.from_dict(stored | change)
    with pytest.raises(StoredError):
        Meter.from_dict({name: value for name, value in stored.items() if name != "age_ms"})

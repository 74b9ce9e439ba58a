"""Quarters of an hour out of powers: nothing is lost, and nothing is made up."""

from fractions import Fraction

from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.books.metering import MOST_S, Metered, QuarterMeter

NOON = 1_780_000_200


@settings(max_examples=80, deadline=None)
@given(
    looks=st.lists(
        st.tuples(st.integers(0, 200_000), st.dictionaries(st.sampled_from("ab"), st.integers(-20_000, 20_000))),
        max_size=40,
    ),
    cut=st.integers(0, 40),
)
def test_all_that_was_seen_stands_in_quarters(looks: list[tuple[int, dict[str, int]]], cut: int) -> None:
    meter = QuarterMeter()
    found: list[Metered] = []
    exact = {(who, way): Fraction(0) for who in "ab" for way in ("in", "out")}
    at, powers = Fraction(NOON), {}
    for number, (ms, new) in enumerate(looks):
        lasts = min(Fraction(ms, 1000), Fraction(MOST_S)) if number else Fraction(0)
        for who, power in powers.items():
            exact[who, "in" if power > 0 else "out"] += abs(power) * lasts / 3600
        at += Fraction(ms, 1000)
        powers = new
        found += meter.look(float(at), new)
        if number == cut:
            found += meter.so_far()
    found += meter.so_far()
    assert all(each.start % 900 == 0 and each.start <= at and (each.wh_in or each.wh_out) for each in found)
    for (who, way), wh in exact.items():
        metered = sum(each.wh_in if way == "in" else each.wh_out for each in found if each.who == who)
        assert 0 <= wh - metered < 1 + Fraction(len(looks) * 20_000, 3_600_000)  # a millisecond of each look


def test_a_border_is_exact() -> None:
    meter = QuarterMeter()
    assert meter.look(NOON + 870, {"car": 3600}) == []
    assert meter.look(NOON + 910, {"car": -7200}) == [Metered(who="car", start=NOON, wh_in=30, wh_out=0)]
    assert meter.look(NOON + 920, {}) == []
    assert meter.so_far() == [Metered(who="car", start=NOON + 900, wh_in=10, wh_out=20)]
    # Not looked at for long: a minute counts.
    meter.look(NOON + 1000, {"car": 3600})
    assert meter.look(NOON + 9000, {}) == [Metered(who="car", start=NOON + 900, wh_in=60, wh_out=0)]
    # A clock that goes back.
    assert meter.look(NOON, {"car": 3600}) == []
    assert meter.look(NOON + 1, {}) == []
    assert meter.so_far() == [Metered(who="car", start=NOON, wh_in=1, wh_out=0)]

"""What a charger draws when the meter reports lies within its bounds, and they are no wider than they must be."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.grid import PhaseReading, PhaseTriple
from custom_components.tangle_grid.grid.device.draw_bounds import NO_DRAW, CommandLog, Draw, draw_at
from custom_components.tangle_grid.grid.device.measurement import PowerLog
from custom_components.tangle_grid.grid.device.report_interval import ReportWatch

V = 230.0
ALL = (0, 1, 2)


def on(*amps: float) -> PhaseTriple:
    first, second, third = amps
    return (first, second, third)


class Charger:
    """One that has reported a few times."""

    def __init__(self, *reports: tuple[float, PhaseTriple], told: tuple[tuple[float, float], ...] = ()) -> None:
        self.log, self.reports, self.commands = PowerLog(3600.0), ReportWatch(), CommandLog()
        self.reading: PhaseReading | None = None
        for at, amps in reports:
            power_w = (amps[0] * V, amps[1] * V, amps[2] * V)
            self.reading = PhaseReading(power_w=power_w, at=at, changed_at=at)
            self.log.add(at, self.reading)
            self.reports.observe(at)
        self.told_a = 16.0
        for at, self.told_a in told or ((0.0, 16.0),):
            self.commands.add(at, self.told_a, before=16.0)

    def at(self, at: float, **others: Any) -> Draw:
        known: dict[str, Any] = {
            "phases": ALL,
            "assumed": None,
            "placed": True,
            "follow_s": 5.0,
            "unknown_s": 60.0,
            **others,
        }
        return draw_at(
            at,
            log=self.log,
            reading=self.reading,
            commands=self.commands,
            told_a=self.told_a,
            reports=self.reports,
            **known,
        )


def test_nothing_is_known_of_who_never_reported() -> None:
    assert Charger().at(100.0) == NO_DRAW


def test_at_its_report_it_draws_what_it_reports() -> None:
    draw = Charger((90.0, on(10, 10, 10)), (100.0, on(12, 12, 12))).at(101.0)
    assert draw == Draw.point(on(12, 12, 12))


def test_between_two_reports_it_lies_between_them() -> None:
    draw = Charger((90.0, on(10, 0, 6)), (100.0, on(12, 0, 4))).at(95.0)
    assert (draw.likely, draw.least, draw.most) == (on(10, 0, 6), on(10, 0, 4), on(12, 0, 6))
    assert (draw.wide_least, draw.wide_most) == (draw.least, draw.most)


def test_told_less_since_its_report_it_may_or_may_not_have_followed() -> None:
    draw = Charger((90.0, on(16, 16, 16)), (100.0, on(16, 16, 16)), told=((0.0, 16.0), (104.0, 6.0))).at(106.0)
    assert draw.likely == on(16, 16, 16)
    assert (draw.least, draw.most) == (on(6, 6, 6), on(16, 16, 16))


def test_told_more_just_before_its_report_it_may_be_on_the_way() -> None:
    commands = ((0.0, 6.0), (97.0, 16.0))
    assert Charger((90.0, on(6, 6, 6)), (100.0, on(7, 7, 7)), told=commands).at(101.0).most == on(16, 16, 16)
    # With less time to follow it had followed when it reported.
    assert Charger((90.0, on(6, 6, 6)), (100.0, on(7, 7, 7)), told=commands).at(101.0, follow_s=2.0).most == on(7, 7, 7)


def test_until_its_next_report_it_may_have_changed_by_itself() -> None:
    charger = Charger((70.0, on(10, 10, 0)), (100.0, on(10, 10, 0)), (130.0, on(11, 11, 0)))
    draw = charger.at(140.0, phases=(0, 1))
    assert (draw.least, draw.most) == (on(11, 11, 0), on(11, 11, 0))
    assert (draw.wide_least, draw.wide_most) == (on(0, 0, 0), on(16, 16, 0))
    assert charger.at(132.0).wide_most == on(11, 11, 0), "not within two seconds"
    assert charger.at(130.0 + 46.0).wide_most == on(16, 16, 16), "the next one may be half an interval late"
    assert charger.at(130.0 + 47.0).wide_most == on(11, 11, 0), "who is later than that has nothing to report"


def test_what_a_meter_has_shown_of_it_counts_until_it_reports() -> None:
    charger = Charger((90.0, on(16, 16, 16)), (100.0, on(16, 16, 16)), told=((0.0, 16.0), (103.0, 6.0)))
    shown = charger.at(120.0, assumed=(115.0, on(6, 6, 6)))
    assert (shown.likely, shown.least, shown.most) == (on(6, 6, 6), on(6, 6, 6), on(6, 6, 6))
    assert charger.at(120.0, assumed=(95.0, on(6, 6, 6))).likely == on(16, 16, 16), "a report that is newer wins"
    assert charger.at(110.0, assumed=(115.0, on(6, 6, 6))).likely == on(16, 16, 16), "what comes later says nothing"


def test_a_total_may_flow_in_any_phase_up_to_what_each_was_told() -> None:
    charger = Charger((90.0, on(8, 8, 8)), (100.0, on(8, 8, 8)))
    draw = charger.at(101.0, placed=False)
    assert (draw.least, draw.most) == (on(0, 0, 0), on(16, 16, 16))
    full = Charger((90.0, on(14, 14, 14)), (100.0, on(14, 14, 14))).at(101.0, placed=False)
    assert full.least == pytest.approx(on(10, 10, 10)), "what the other two cannot carry flows here"
    assert full.most == pytest.approx(on(16, 16, 16))


def test_commands_know_what_was_in_force() -> None:
    commands = CommandLog()
    assert commands.in_force(0.0, 100.0) is None
    commands.add(10.0, 6.0, before=13.0)
    commands.add(20.0, 16.0, before=0.0)
    commands.add(30.0, 16.0, before=0.0)
    assert commands.in_force(0.0, 5.0) == (13.0, 13.0)
    assert commands.in_force(10.0, 15.0) == (6.0, 6.0)
    assert commands.in_force(9.0, 15.0) == (6.0, 13.0)
    assert commands.in_force(5.0, 25.0) == (6.0, 16.0)
    assert commands.in_force(35.0, 40.0) == (16.0, 16.0)
    commands.clear()
    assert commands.in_force(-1e6, 0.0) == (16.0, 16.0), "only what is in force is left, since ever"


def test_old_commands_go_but_not_what_they_left_in_force() -> None:
    commands = CommandLog()
    for number in range(1000):
        commands.add(number * 10.0, 6.0 + number % 2, before=0.0)
    assert commands.in_force(9990.0 - 600.0, 9990.0) == (6.0, 7.0)
    assert commands.in_force(0.0, 9000.0) is None, "nobody asks for what is ten minutes old"


amps = st.floats(0.0, 32.0)
triples = st.tuples(amps, amps, amps)


@given(
    reports=st.lists(st.tuples(st.floats(1.0, 90.0), triples), min_size=1, max_size=6),
    told=st.lists(st.tuples(st.floats(0.0, 300.0), amps), min_size=1, max_size=6),
    at=st.floats(0.0, 700.0),
    placed=st.booleans(),
)
def test_bounds_are_nested_around_what_is_likely(
    reports: list[tuple[float, PhaseTriple]], told: list[tuple[float, float]], at: float, placed: bool
) -> None:
    moment, reported = 0.0, []
    for gap, power in reports:
        moment += gap
        reported.append((moment, power))
    draw = Charger(*reported, told=tuple(sorted(told))).at(at, placed=placed)
    for phase in ALL:
        if placed:
            assert draw.least[phase] <= draw.likely[phase] <= draw.most[phase]
        assert draw.wide_least[phase] <= draw.least[phase] <= draw.most[phase] <= draw.wide_most[phase]
        assert draw.wide_least[phase] >= 0.0


@given(st.floats(6.0, 16.0), st.floats(6.0, 16.0), st.floats(0.0, 5.0), st.floats(0.0, 20.0))
def test_a_charger_that_follows_in_time_is_always_within(
    first_a: float, second_a: float, late_s: float, after_s: float
) -> None:
    """Told another current just after its report, and following at any time within what it takes."""
    charger = Charger(
        (80.0, on(first_a, first_a, first_a)),
        (100.0, on(first_a, first_a, first_a)),
        told=((0.0, first_a), (101.0, second_a)),
    )
    at = 101.0 + after_s
    true_a = first_a if after_s < late_s else second_a
    draw = charger.at(at)
    assert draw.least[0] <= true_a <= draw.most[0]

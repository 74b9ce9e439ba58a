"""The zoo of rude devices: each behaviour does what it says, and what the fuse feels is measured rightly."""

import math
from itertools import pairwise

import pytest

from custom_components.tangle_grid.simulation.zoo import obeying, reporting, showing
from custom_components.tangle_grid.simulation.zoo.agenda import Agenda
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.breaker import breaker_b, fuse_gg
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.charger import ZooCharger
from custom_components.tangle_grid.simulation.zoo.entity import UNAVAILABLE
from custom_components.tangle_grid.simulation.zoo.felt import Felt
from custom_components.tangle_grid.simulation.zoo.load import Appliance, BaseLoad
from custom_components.tangle_grid.simulation.zoo.meter import ZooMeter

START = 1000.0


def charging(*behaviours: Behaviour, amps: float = 10.0, **built: object) -> ZooCharger:
    """A charger with a car that draws `amps`, ten seconds after the start."""
    charger = ZooCharger(Agenda(START), *behaviours, **built)  # type: ignore[arg-type]
    charger.plug_in(ZooCar())
    charger.set_number(amps)
    charger.agenda.run_until(START + 10.0)
    return charger


def wait(charger: ZooCharger, seconds: float) -> None:
    charger.agenda.run_until(charger.agenda.now + seconds)


def test_events_come_in_their_order() -> None:
    agenda, seen, gaps = Agenda(START), list[str](), list[float]()
    agenda.passing.append(lambda begin, end: gaps.append(end - begin))
    agenda.after(3.0, lambda: seen.append("later"))
    agenda.after(1.0, lambda: (seen.append("first"), agenda.at(0.0, lambda: seen.append("at once"))))  # type: ignore[arg-type, return-value, func-returns-value]
    agenda.after(1.0, lambda: seen.append("second"))
    agenda.run_until(START + 5.0)
    assert seen == ["first", "second", "at once", "later"]
    assert gaps == [1.0, 2.0, 2.0]


def test_a_charger_without_behaviours_does_what_it_is_told() -> None:
    charger = charging(amps=10.0)
    assert charger.amps == 10.0
    assert charger.phase_amps == (10.0, 10.0, 10.0)
    assert charger.entities["limit"].text == "10"
    assert charger.entities["power"].text == "6900"
    charger.set_switch(on=False)
    wait(charger, 1.9)
    assert charger.amps == 10.0
    wait(charger, 0.2)
    assert charger.amps == 0.0
    assert charger.entities["switch"].text == "off"
    assert charger.starts == 1
    assert charger.taken_wh == pytest.approx((2 * 16 + 10 * 10) * 690 / 3600)


@pytest.mark.parametrize(
    ("behaviour", "told", "draws", "shows"),
    [
        (obeying.Clamps(13.0), 16.0, 13.0, "13"),
        (obeying.RoundsUp(4.0), 9.0, 12.0, "12"),
        (obeying.DoesAnotherThing(gain=1.2), 10.0, 12.0, "10"),
        (obeying.OwnMind(), 8.0, 16.0, "8"),
        (obeying.Ignores(1), 9.0, 16.0, "9"),
        (obeying.ZeroIsNoChange(), 0.0, 16.0, "0"),
        (obeying.Follows(20.0), 8.0, 16.0, "8"),
    ],
)
def test_what_is_told_is_not_what_is_done(behaviour: Behaviour, told: float, draws: float, shows: str) -> None:
    charger = charging(behaviour, amps=told)
    assert charger.amps == pytest.approx(draws)
    assert charger.entities["limit"].text == shows


def test_a_command_that_was_lost_is_taken_the_next_time() -> None:
    charger = charging(obeying.Ignores(2), amps=9.0)
    charger.set_number(8.0)
    charger.set_number(7.0)
    wait(charger, 3.0)
    assert charger.amps == 7.0


def test_a_charger_forgets_while_its_number_shows_the_old_value() -> None:
    for forgets, happens in (
        (obeying.Forgets(at_session=True), lambda charger: (charger.unplug(), charger.plug_in(ZooCar()))),
        (obeying.Forgets(at_resume=True), lambda charger: (charger.rest(resting=True), charger.rest(resting=False))),
        (
            obeying.Forgets(at_power_cut=True),
            lambda charger: (charger.cut_power(off=True), charger.cut_power(off=False)),
        ),
    ):
        for behaviours, amps in (((), 7.0), ((forgets,), 16.0)):
            charger = charging(*behaviours, amps=7.0)
            happens(charger)
            assert charger.amps == amps
            assert charger.entities["limit"].text == "7"


def test_a_pause_is_forgotten_at_resume() -> None:
    charger = charging(obeying.Forgets(at_resume=True), amps=7.0)
    charger.set_switch(on=False)
    wait(charger, 3.0)
    charger.set_switch(on=True)
    wait(charger, 3.0)
    assert charger.amps == 16.0


def test_no_mains_no_current_and_no_entities() -> None:
    charger = charging()
    charger.cut_power(off=True)
    assert charger.amps == 0.0
    assert charger.entities["power"].text == UNAVAILABLE
    charger.set_number(6.0)
    charger.cut_power(off=False)
    wait(charger, 5.0)
    assert charger.amps == 10.0, "a command to a charger without mains is lost"


def test_switches_that_mean_something_else() -> None:
    charger = charging(obeying.SwitchInverted())
    charger.set_switch(on=True)
    wait(charger, 3.0)
    assert charger.amps == 0.0
    session = ZooCharger(Agenda(START), obeying.SwitchIsSession())
    session.set_switch(on=True)
    assert session.entities["switch"].text == "off", "there is no car"
    session.plug_in(ZooCar(soc=99.99, battery_wh=1000.0))
    assert session.entities["switch"].text == "on"
    wait(session, 60.0)
    assert session.amps == 0.0
    assert session.entities["switch"].text == "off", "it is full"


def reports_of(*behaviours: Behaviour, seconds: float = 60.0) -> tuple[list[float], ZooCharger]:
    charger = ZooCharger(Agenda(START), *behaviours)
    seen: list[float] = []
    entity = charger.entities["power"]
    for _ in range(int(seconds * 10)):
        wait(charger, 0.1)
        if entity.reported_at > (seen[-1] if seen else START):
            seen.append(entity.reported_at)
    return [at - START for at in seen], charger


def test_reports_come_when_they_come() -> None:
    assert reports_of(reporting.Every(20.0, 3.0))[0] == [3.0, 23.0, 43.0]
    assert reports_of(reporting.OnChange())[0] == []
    assert reports_of(reporting.Every(10.0), reporting.Dead().between(15.0, 35.0))[0] == [10.0, 40.0, 50.0]
    assert reports_of(reporting.Every(10.0), reporting.OnlyInSession())[0] == []
    gaps = reports_of(reporting.Drifting(10.0, 3.0))[0]
    assert all(6.9 <= later - earlier <= 13.1 for earlier, later in pairwise(gaps))
    charger = charging(reporting.OnChange(1.0), amps=10.0)
    changed = charger.agenda.now
    charger.set_number(7.0)
    wait(charger, 5.0)
    assert charger.entities["power"].reported_at == changed + 3.0


def test_late_values_are_shown_as_new_ones() -> None:
    charger = charging(reporting.Every(1.0), reporting.Late(5.0), amps=10.0)
    wait(charger, 10.0)
    charger.set_number(6.0)
    wait(charger, 6.5)
    assert charger.amps == 6.0
    assert charger.entities["power"].text == "6900"
    assert charger.agenda.now - charger.entities["power"].reported_at < 1.0


def test_power_goes_to_zero_before_the_current_falls() -> None:
    charger = charging(reporting.OnChange(0.5), showing.ZeroFirst(), obeying.Follows(8.0))
    wait(charger, 20.0)
    charger.set_switch(on=False)
    wait(charger, 1.0)
    assert charger.amps == 10.0
    assert charger.entities["power"].text == "0"


def test_phases_of_the_car_and_of_the_wires() -> None:
    charger = ZooCharger(Agenda(START), wires=(1, 2, 0), per_phase=False)
    charger.plug_in(ZooCar(lines=(0,)))
    assert charger.phase_amps == (0.0, 16.0, 0.0)
    charger.report()
    assert charger.entities["power"].text == "3680"
    assert "current_l1" not in charger.entities
    charger.unplug()
    charger.plug_in(ZooCar(lines=(0, 1)))
    assert charger.phase_amps == (0.0, 16.0, 16.0)


def test_what_a_cloud_knows_of_a_battery() -> None:
    charger = ZooCharger(Agenda(START))
    charger.plug_in(ZooCar(soc=50.0, soc_every_s=1800.0, battery_wh=11_040.0))
    charger.agenda.run_until(START + 1799.0)
    assert charger.entities["soc"].text == "50"
    charger.agenda.run_until(START + 1801.0)
    assert charger.entities["soc"].text == "100"
    charger.unplug()
    charger.plug_in(ZooCar(soc=20.0, soc_every_s=60.0, soc_stands=80.0))
    assert charger.entities["soc"].text == "80"


@pytest.mark.parametrize(
    ("behaviour", "text", "unit"),
    [
        (showing.Says("nan"), "nan", "W"),
        (showing.Says("1e308", "power_l1"), "1e308", "W"),
        (showing.Scaled(0.001), "2.3", "W"),
        (showing.OtherDigits(), "٢٣٠٠", "W"),
        (showing.Underscores(), "2_300", "W"),
        (showing.UnitIs(["W"]), "2300", ["W"]),
        (showing.Vanishes(), UNAVAILABLE, "W"),
        (showing.Renamed(), None, "W"),
    ],
)
def test_texts(behaviour: Behaviour, text: str | None, unit: object) -> None:
    meter = ZooMeter(Agenda(START), reporting.Every(1.0), behaviour, load=lambda: (10.0, 1.0, 1.0))
    assert meter.entities["power_l1"].text == text
    assert meter.entities["power_l1"].unit == unit


def test_a_meter_that_freezes_and_phases_that_come_one_after_another() -> None:
    load = [10.0, 1.0, 1.0]
    agenda = Agenda(START)
    meter = ZooMeter(
        agenda,
        reporting.Every(5.0),
        reporting.OneAfterAnother(0.05),
        showing.Frozen().between(7.0),
        load=lambda: (*load,),
    )  # type: ignore[arg-type, return-value]
    agenda.run_until(START + 6.0)
    first, last = meter.entities["power_l1"].reported_at, meter.entities["power_l3"].reported_at
    assert 0.0 < last - first <= 0.05
    agenda.run_until(START + 11.0)
    load[0] = 20.0
    agenda.run_until(START + 20.0)
    assert meter.entities["power_l1"].text == "2300"
    assert meter.entities["power_l1"].reported_at > START + 14.0


def test_appliances_and_noise_are_the_same_for_a_seed() -> None:
    oven = Appliance(amps=(8.0, 0.0, 0.0), begin=START, end=START + 600.0, on_s=60.0, off_s=90.0)
    base = BaseLoad(seed=3, mean_a=(10.0, 4.0, 0.0), swing_a=(2.0, 0.0, 0.0), appliances=(oven,))
    again = BaseLoad(seed=3, mean_a=(10.0, 4.0, 0.0), swing_a=(2.0, 0.0, 0.0), appliances=(oven,))
    assert base.at(START + 30.0) == again.at(START + 30.0)
    assert oven.on(START + 59.0)
    assert not oven.on(START + 61.0)
    assert oven.on(START + 151.0)
    assert not oven.on(START + 600.0)
    loads = [base.at(START + 700.0 + second) for second in range(600)]
    assert all(7.8 <= load[0] <= 12.2 and load[2] >= 0.0 for load in loads)
    assert max(load[0] for load in loads) - min(load[0] for load in loads) > 2.0


def test_trip_lines() -> None:
    fuse, breaker = fuse_gg(25.0), breaker_b(25.0)
    assert fuse.holds_a(10.0) == pytest.approx(52.0)
    assert fuse.holds_a(3600.0) == pytest.approx(31.25)
    assert breaker.holds_a(1.0) == pytest.approx(63.75)
    assert breaker.holds_a(3600.0) == pytest.approx(28.25)
    assert fuse_gg(80.0).holds_a(7200.0) == pytest.approx(100.0)
    for line in (fuse, breaker):
        times = [10 ** (step / 10) for step in range(-10, 36)]
        currents = [line.holds_a(each) for each in times]
        assert currents == sorted(currents, reverse=True)
        assert line.share([25.0**2] * 3600) < 1.0, "the rating is carried for ever"
        assert line.share([line.holds_a(60.0) ** 2] * 60) == pytest.approx(1.0, rel=0.01)
        assert line.share([0.0] * 300 + [(2 * line.holds_a(20.0)) ** 2] * 20) == pytest.approx(4.0, rel=0.05)


def test_what_the_fuse_feels() -> None:
    felt = Felt((10.0, 10.0, 10.0))
    loads = [5.0] * 10 + [10.5] * 5 + [12.0] * 4 + [9.0] * 3 + [11.0] * 2
    for second, amps in enumerate(loads):
        for begin, end in ((0.0, 0.25), (0.25, 1.0)):
            felt.add(
                START + second + begin,
                START + second + end,
                (1.0, amps, 1.0),
                lambda phases, amps=amps: phases == (1,) and amps > 11.5,
            )
    assert felt.over_s == pytest.approx(11.0)
    assert felt.beyond_s == pytest.approx(4.0)
    assert felt.longest_s == pytest.approx(9.0)
    assert felt.needless_s == pytest.approx(4.0)
    assert felt.worst == pytest.approx(1.2)
    assert felt.last_over_at == pytest.approx(START + len(loads))
    assert len(felt.stretches) == 2
    assert felt.squares[1] == pytest.approx([amps * amps for amps in loads])
    assert math.isclose(sum(felt.squares[0]), len(loads))

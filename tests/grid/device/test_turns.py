"""What a charger had before it had to give way, and how often it had to."""

from custom_components.tangle_grid.grid import ChargerConfig, Timing
from custom_components.tangle_grid.grid.control.ramp import next_increase
from custom_components.tangle_grid.grid.device.turns import Turns

START = 1_700_000_000.0
CONFIG = ChargerConfig(device_id="car", feeder_id="main")


def test_what_it_had_for_a_minute_it_may_have_again_for_a_quarter_of_an_hour() -> None:
    turns = Turns()
    assert turns.proven_a(START) == 0.0
    turns.add(START, 13.0, START - 60)
    assert turns.proven_a(START + 900) == 13.0
    assert turns.proven_a(START + 901) == 0.0
    assert turns.proven_a(START - 1) == 0.0


def test_what_it_had_only_just_is_not_proven() -> None:
    turns = Turns()
    turns.add(START, 13.0, START - 100)
    turns.add(START + 2, 16.0, START - 57)
    turns.add(START + 3, 7.0, START + 2)
    assert turns.proven_a(START + 5) == 13.0


def test_the_steps_of_one_reduction_are_one_turn_and_turns_are_forgotten() -> None:
    turns = Turns()
    for second in (0, 1, 3, 30, 200, 201):
        turns.add(START + second, 10.0, START)
    assert turns.number(START + 300) == 2
    assert turns.number(START + 1801) == 1
    assert turns.number(START + 2100) == 0
    for number in range(20):
        turns.add(START + 3000 + 60 * number, 10.0, START)
    assert turns.number(START + 3000 + 60 * 20) == 8
    turns.forget()
    assert (turns.number(START + 3000 + 60 * 20), turns.proven_a(START + 3000 + 60 * 20)) == (0, 0.0)


def test_up_to_what_is_proven_it_comes_back_at_once_and_beyond_it_slowly() -> None:
    def steps(proven_a: float, target_a: float) -> list[float]:
        told, found = 0.0, []
        while (following := next_increase(CONFIG, told, target_a, Timing(), proven_a=proven_a)) > told:
            told = following
            found.append(told)
        return found

    assert steps(13.0, 16.0) == [6.0, 13.0, 14.0, 16.0]
    assert steps(13.0, 12.5) == [6.0, 12.0]
    assert steps(7.0, 12.0) == [6.0, 8.0, 10.0, 12.0]
    assert steps(0.0, 12.0) == [6.0, 8.0, 10.0, 12.0]

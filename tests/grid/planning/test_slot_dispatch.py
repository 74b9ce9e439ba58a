"""Whose turn it is in a slot of the plan, when the level has room for one car only."""

from typing import Any

import pytest

from custom_components.tangle_grid.grid.planning.slot_dispatch import PlanCar, Turn, fill, usable_s
from custom_components.tangle_grid.grid.planning.valley_filling import SLOT_S

HOUR = 3600.0
SLOTS = 48
#: One car with one phase and 16 A.
LEVEL_W = 16 * 230.0


def turn(name: str, hours: float, need_kwh: float = 7.0, rooms_w: list[float] | None = None, **values: Any) -> Turn:
    phases = values.pop("phases", (0,))
    each = Turn(
        car=PlanCar(device_id=name, feeder_id="main", need_wh=need_kwh * 1000, departs_at=hours * HOUR, phases=phases),
        limits=phases,
        need_ws=need_kwh * 1000 * HOUR,
        spare_ws=0.0,
        ready_at=hours * HOUR,
        first=False,
        last=int(hours * HOUR / SLOT_S) - 1,
        **values,
    )
    each.usable_s = usable_s(each.car.full_w, rooms_w or [LEVEL_W] * SLOTS, [SLOT_S] * SLOTS)
    each.start()
    return each


def who_charges(
    *turns: Turn, full: frozenset[int] = frozenset(), level_w: float = LEVEL_W, **owed_kwh: float
) -> set[str]:
    room = [[50_000.0] * SLOTS for _ in range(3)]
    owed_ws = {each.limits: owed_kwh.get(each.car.device_id, 0.0) * 1000 * HOUR for each in turns} if full else {}
    fill(turns, 0, 0.0, SLOT_S, room, level_w, owed_ws, full)
    return {each.car.device_id for each in turns if each.placed.get(0, 0.0) > 0}


def test_who_leaves_first_comes_first() -> None:
    assert who_charges(turn("late", 10), turn("soon", 9)) == {"soon"}


@pytest.mark.parametrize(("sooner_h", "charging"), [(0.75, "goes on"), (1.5, "waits")])
def test_who_charges_goes_on_unless_somebody_leaves_much_sooner(sooner_h: float, charging: str) -> None:
    assert who_charges(turn("goes on", 10, begins_a=16.0), turn("waits", 10 - sooner_h)) == {charging}


def test_who_cannot_wait_comes_before_who_leaves_sooner() -> None:
    """Four hours at full power: with a quarter of an hour to spare there is none to give away."""
    assert who_charges(turn("long", 4.25, need_kwh=4 * 3.68), turn("short", 4.0, need_kwh=1.0)) == {"long"}
    assert who_charges(turn("long", 6, need_kwh=4 * 3.68), turn("short", 4.0, need_kwh=1.0)) == {"short"}


def test_time_in_which_the_level_leaves_no_room_is_no_time() -> None:
    """Two hours until the evening, which takes all until they leave: then only these two hours are left."""
    evening = [LEVEL_W] * 8 + [0.0] * (SLOTS - 8)
    cars = [turn("much", 6, 1.9 * 3.68, evening), turn("little", 5, 1.0, evening)]
    assert who_charges(*cars) == {"much"}
    assert who_charges(turn("much", 6, 1.9 * 3.68), turn("little", 5, 1.0)) == {"little"}
    assert cars[0].time_s(0) == 2 * HOUR


def test_crowded_phases_come_before_free_ones() -> None:
    cars = [turn("crowded", 12, crowded=0.9), turn("free", 10, crowded=0.3, phases=(1,))]
    assert who_charges(*cars) == {"crowded"}
    assert who_charges(turn("crowded", 12, crowded=0.35), turn("free", 10, crowded=0.3, phases=(1,))) == {"free"}


def test_on_a_full_phase_each_lane_has_what_it_is_owed() -> None:
    """Whoever leaves sooner waits for the lane that is behind, and a lane that is ahead does not go on."""
    full = frozenset({0})
    cars = [turn("behind", 12), turn("elsewhere", 9, phases=(1,))]
    assert who_charges(*cars, full=full, behind=1.0) == {"behind"}
    ahead = [turn("ahead", 10, begins_a=16.0), turn("elsewhere", 10.5, phases=(1,))]
    assert who_charges(*ahead, full=full, ahead=-10.0) == {"elsewhere"}


def test_only_what_is_owed_on_a_full_phase_makes_those_with_one_phase_wait() -> None:
    full = frozenset({0})
    cars = [turn("triple", 12, phases=(0, 1, 2)), turn("single", 9)]
    # The least current of three phases fits, and one car.
    assert who_charges(*cars, full=full, level_w=4_500.0, triple=3.0, single=3.0) == {"triple"}
    elsewhere = [turn("triple", 12, phases=(0, 1, 2)), turn("single", 9, phases=(1,))]
    assert who_charges(*elsewhere, full=full, level_w=4_500.0) == {"single"}

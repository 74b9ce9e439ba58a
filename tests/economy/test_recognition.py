"""Which vehicle is at which charger: each kind of evidence, their order, and what holds whatever is seen."""

import json
import time
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.recognition import (
    GUEST,
    READ_BEFORE_S,
    READ_FOR_S,
    ChargerSeen,
    Evidence,
    Recognised,
    Recognition,
    RecognitionError,
    Sureness,
    VehicleSeen,
    normalised,
)

_NOBODY = Recognised(None, Evidence.NOTHING)


class Yard:
    """Chargers `left` and `right`, vehicles that are given, and time that goes on by a minute with each look."""

    def __init__(self, *vehicles: VehicleSeen) -> None:
        self.recognition = Recognition()
        self.vehicles = {each.vehicle_id: each for each in vehicles}
        self.plugged: dict[str, bool | None] = {"left": False, "right": False}
        self.wh = dict.fromkeys(self.plugged, 0.0)
        self.now = 1_000_000.0
        self.look()

    def look(self, **plugged: bool | None) -> dict[str, Recognised]:
        self.now += 60
        self.plugged |= plugged
        seen = [
            ChargerSeen(charger_id=charger_id, connected=connected, charged_wh=self.wh[charger_id])
            for charger_id, connected in self.plugged.items()
        ]
        return dict(self.recognition.observe(self.now, seen, self.vehicles.values()))

    def restart(self) -> None:
        self.recognition = Recognition.from_dict(json.loads(json.dumps(self.recognition.to_dict())))

    def report(self, vehicle_id: str, soc: float) -> None:
        before = self.vehicles[vehicle_id]
        self.vehicles[vehicle_id] = VehicleSeen(
            vehicle_id=vehicle_id,
            at_home=before.at_home,
            battery_wh=before.battery_wh,
            prefers=before.prefers,
            ids=before.ids,
            soc=soc,
            soc_at=self.now,
        )


def _vehicle(vehicle_id: str, **known: Any) -> VehicleSeen:
    return VehicleSeen(vehicle_id=vehicle_id, **known)


def test_without_any_evidence_whoever_plugs_in_is_a_guest() -> None:
    yard = Yard(_vehicle("zoe"), _vehicle("ioniq"))
    assert yard.look(left=True) == {"left": _NOBODY}
    assert _NOBODY.sureness is Sureness.UNKNOWN


@pytest.mark.parametrize("text", ["04:a3:7b", " 04A37B ", "04-a3-7b"])
def test_an_id_that_is_read_says_for_certain_who_it_is(text: str) -> None:
    yard = Yard(_vehicle("zoe", ids=frozenset({normalised("04A37B")})), _vehicle("ioniq", prefers="left"))
    yard.look(left=True)
    yard.recognition.read(yard.now, "left", text)
    found = yard.look()["left"]
    assert found == Recognised("zoe", Evidence.ID_READ)
    assert found.sureness is Sureness.CERTAIN


def test_an_id_is_read_shortly_before_the_plug_in_and_an_old_one_is_not_believed() -> None:
    yard = Yard(_vehicle("zoe", ids=frozenset({"A"})))
    yard.recognition.read(yard.now, "left", "a")
    assert yard.look(left=True)["left"].vehicle_id == "zoe"
    assert yard.look(left=False) == {}
    yard.recognition.read(yard.now, "left", "a")
    yard.now += READ_BEFORE_S + 1
    assert yard.look(left=True)["left"] == _NOBODY


def test_an_id_ends_with_the_stay() -> None:
    yard = Yard(_vehicle("zoe", ids=frozenset({"A"})))
    yard.look(left=True)
    yard.recognition.read(yard.now, "left", "a")
    yard.look()
    yard.look(left=False)
    assert yard.look(left=True)["left"] == _NOBODY


def test_where_nobody_can_tell_that_it_left_an_id_is_believed_for_half_a_day() -> None:
    yard = Yard(_vehicle("zoe", ids=frozenset({"A"})))
    yard.look(left=None)
    yard.recognition.read(yard.now, "left", "a")
    assert yard.look()["left"].vehicle_id == "zoe"
    yard.now += READ_FOR_S
    assert yard.look()["left"] == _NOBODY


def test_an_id_of_nobody_here_is_a_stranger_whoever_else_it_could_be() -> None:
    yard = Yard(_vehicle("zoe", at_home=True, prefers="left", ids=frozenset({"A"})))
    assert yard.look(left=True)["left"].vehicle_id == "zoe"
    yard.recognition.read(yard.now, "left", "somebody else's")
    assert yard.look()["left"] == Recognised(None, Evidence.ID_READ)


def test_the_only_one_that_is_at_home_and_at_no_charger_is_it() -> None:
    yard = Yard(_vehicle("zoe", at_home=True), _vehicle("ioniq", at_home=False))
    found = yard.look(left=True)["left"]
    assert found == Recognised("zoe", Evidence.ONLY_MISSING)
    assert found.sureness is Sureness.LIKELY


def test_of_two_that_are_at_home_neither_is_taken_and_one_without_a_tracker_may_be_at_home() -> None:
    assert Yard(_vehicle("zoe", at_home=True), _vehicle("ioniq", at_home=True)).look(left=True)["left"] == _NOBODY
    assert Yard(_vehicle("zoe", at_home=True), _vehicle("ioniq")).look(left=True)["left"] == _NOBODY


def test_who_was_the_only_one_stays_it_when_the_other_comes_home() -> None:
    yard = Yard(_vehicle("zoe", at_home=True), _vehicle("ioniq", at_home=False))
    yard.look(left=True)
    yard.vehicles["ioniq"] = _vehicle("ioniq", at_home=True)
    assert yard.look()["left"].vehicle_id == "zoe"
    assert yard.look(right=True)["right"] == Recognised("ioniq", Evidence.ONLY_MISSING)


def test_the_charger_that_it_uses_as_a_rule_is_a_guess_that_the_tracker_can_refute() -> None:
    yard = Yard(_vehicle("zoe", prefers="left"), _vehicle("ioniq", prefers="right"))
    found = yard.look(left=True)["left"]
    assert found == Recognised("zoe", Evidence.PREFERRED)
    assert found.sureness is Sureness.GUESS
    yard.vehicles["zoe"] = _vehicle("zoe", prefers="left", at_home=False)
    assert yard.look()["left"] == _NOBODY


def _charge(yard: Yard, charger_id: str, wh: float, **socs: float) -> dict[str, Recognised]:
    yard.wh[charger_id] += wh
    for vehicle_id, soc in socs.items():
        yard.report(vehicle_id, soc)
    return yard.look()


def test_a_state_of_charge_that_rises_with_the_session_says_who_it_is() -> None:
    yard = Yard(_vehicle("zoe", battery_wh=50_000, prefers="right"), _vehicle("ioniq", battery_wh=50_000))
    _charge(yard, "left", 0, zoe=40, ioniq=60)
    yard.look(left=True)
    assert _charge(yard, "left", 300, zoe=41)["left"] == _NOBODY
    found = _charge(yard, "left", 2500, zoe=45, ioniq=60)["left"]
    assert found == Recognised("zoe", Evidence.SOC_RISES)
    assert found.sureness is Sureness.LIKELY


def test_a_rise_corrects_the_guess_and_whoever_does_not_rise_is_not_there() -> None:
    yard = Yard(_vehicle("zoe", battery_wh=50_000, prefers="left"), _vehicle("ioniq", battery_wh=50_000))
    _charge(yard, "left", 0, zoe=40, ioniq=60)
    assert yard.look(left=True)["left"].vehicle_id == "zoe"
    assert _charge(yard, "left", 5000, ioniq=69)["left"] == Recognised("ioniq", Evidence.SOC_RISES)

    yard = Yard(_vehicle("zoe", battery_wh=50_000, prefers="left"))
    _charge(yard, "left", 0, zoe=40)
    yard.look(left=True)
    # It reports nothing: that is no word against it.
    assert _charge(yard, "left", 5000)["left"].vehicle_id == "zoe"
    assert _charge(yard, "left", 500, zoe=40)["left"] == _NOBODY


def test_of_two_that_rise_alike_neither_is_taken() -> None:
    yard = Yard(_vehicle("zoe", battery_wh=50_000), _vehicle("ioniq", battery_wh=50_000))
    _charge(yard, "left", 0, zoe=40, ioniq=60)
    yard.look(left=True)
    assert _charge(yard, "left", 5000, zoe=49, ioniq=69)["left"] == _NOBODY


def test_many_chargers_and_cars_take_no_time() -> None:
    """A look is made between two passes of the grid: half of the cars are known by cards, the others rise alike."""
    number, recognition = 200, Recognition()
    for each in range(0, number, 2):
        recognition.read(1e6, f"c{each}", f"id{each}")
    begun = time.process_time()
    for look in range(4):
        chargers = [ChargerSeen(charger_id=f"c{n}", connected=True, charged_wh=3e3 * look) for n in range(number)]
        vehicles = [
            VehicleSeen(
                vehicle_id=f"v{n}",
                ids=frozenset({f"ID{n}"}),
                battery_wh=60_000,
                soc=50 + 4.6 * look,
                soc_at=1e6 + look,
            )
            for n in range(number)
        ]
        found = recognition.observe(1e6 + look, chargers, vehicles)
    assert time.process_time() - begun < 4.0
    assert {each.by for each in found.values()} == {Evidence.ID_READ, Evidence.NOTHING}


def test_a_rise_that_no_energy_explains_is_of_another_place() -> None:
    yard = Yard(_vehicle("zoe", battery_wh=50_000))
    _charge(yard, "left", 0, zoe=40)
    yard.look(left=True)
    assert _charge(yard, "left", 1000, zoe=80)["left"] == _NOBODY


def test_a_value_of_before_the_trip_is_no_beginning() -> None:
    yard = Yard(_vehicle("zoe", battery_wh=50_000, prefers="left"))
    yard.report("zoe", 90)
    yard.now += 3600
    yard.look(left=True)
    # It came home with 40 %, and says so only when it has charged a while.
    assert _charge(yard, "left", 5000, zoe=49)["left"].vehicle_id == "zoe"
    assert _charge(yard, "left", 5000, zoe=58)["left"] == Recognised("zoe", Evidence.SOC_RISES)


def test_a_person_has_the_last_word_until_the_plug_is_pulled() -> None:
    yard = Yard(_vehicle("zoe", ids=frozenset({"A"}), prefers="left"), _vehicle("ioniq"))
    yard.look(left=True)
    yard.recognition.read(yard.now, "left", "A")
    yard.recognition.choose(yard.now, "left", "ioniq")
    assert yard.look()["left"] == Recognised("ioniq", Evidence.CHOSEN)
    yard.recognition.choose(yard.now, "left", GUEST)
    assert yard.look()["left"] == Recognised(None, Evidence.CHOSEN)
    yard.recognition.choose(yard.now, "left", None)
    assert yard.look()["left"] == Recognised("zoe", Evidence.ID_READ)
    yard.recognition.choose(yard.now, "left", GUEST)
    yard.look()
    yard.look(left=False)
    assert yard.recognition.chosen("left") is None
    assert yard.look(left=True)["left"] == Recognised("zoe", Evidence.PREFERRED)


def test_a_choice_before_the_plug_in_is_for_the_next_stay() -> None:
    yard = Yard(_vehicle("zoe"))
    yard.recognition.choose(yard.now, "left", "zoe")
    assert yard.look() == {}
    assert yard.look(left=True)["left"] == Recognised("zoe", Evidence.CHOSEN)


def test_who_is_chosen_at_another_charger_leaves_the_first() -> None:
    yard = Yard(_vehicle("zoe", ids=frozenset({"A"})))
    yard.look(left=True, right=True)
    yard.recognition.read(yard.now, "left", "A")
    yard.recognition.choose(yard.now, "left", "zoe")
    yard.look()
    yard.recognition.choose(yard.now, "right", "zoe")
    assert yard.look() == {"left": _NOBODY, "right": Recognised("zoe", Evidence.CHOSEN)}
    assert yard.recognition.chosen("left") is None


def test_a_vehicle_or_a_charger_that_was_removed_is_nowhere() -> None:
    yard = Yard(_vehicle("zoe"))
    yard.look(left=True)
    yard.recognition.choose(yard.now, "left", "zoe")
    yard.look()
    del yard.vehicles["zoe"]
    assert yard.look()["left"] == _NOBODY
    del yard.plugged["left"]
    assert yard.look() == {}


@pytest.mark.parametrize(
    ("stored", "key"),
    [
        (None, "not_an_object"),
        ({"version": 9}, "unknown_choice"),
        ({"version": 1}, "missing"),
        ({"version": 1, "stays": {"left": {}}}, "missing"),
        ({"version": 1, "stays": []}, "not_a_number"),
    ],
)
def test_what_was_not_stored_by_it_is_refused(stored: Any, key: str) -> None:
    with pytest.raises(RecognitionError) as refused:
        Recognition.from_dict(stored)
    assert refused.value.key == key
    assert str(refused.value)


# Whatever is seen


_CHARGERS = ("a", "b", "c")
_VEHICLES = ("u", "v", "w")
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("plug"), st.sampled_from(_CHARGERS), st.sampled_from([True, False, None])),
        st.tuples(st.just("choose"), st.sampled_from(_CHARGERS), st.sampled_from([*_VEHICLES, GUEST, None])),
        st.tuples(st.just("read"), st.sampled_from(_CHARGERS), st.sampled_from(["U", "v", "W", "stranger"])),
        st.tuples(st.just("charge"), st.sampled_from(_CHARGERS), st.integers(0, 20_000)),
        st.tuples(st.just("soc"), st.sampled_from(_VEHICLES), st.integers(0, 100)),
        st.tuples(st.just("home"), st.sampled_from(_VEHICLES), st.sampled_from([True, False, None])),
        st.tuples(st.just("wait"), st.just(""), st.integers(1, 100_000)),
    ),
    max_size=25,
)
_PREFERS = st.tuples(*[st.sampled_from([*_CHARGERS, None])] * len(_VEHICLES))


class _World:
    def __init__(self, prefers: Iterable[str | None]) -> None:
        self.plugged: dict[str, bool | None] = dict.fromkeys(_CHARGERS, False)
        self.wh = dict.fromkeys(_CHARGERS, 0.0)
        self.vehicles: dict[str, dict[str, Any]] = {
            vehicle_id: {"prefers": charger_id, "ids": frozenset({normalised(vehicle_id)}), "battery_wh": 60_000}
            for vehicle_id, charger_id in zip(_VEHICLES, prefers, strict=True)
        }
        self.now = 1e6

    def do(self, recognition: Recognition, what: str, whom: str, value: Any) -> None:
        match what:
            case "plug":
                self.plugged[whom] = value
            case "choose":
                recognition.choose(self.now, whom, value)
            case "read":
                recognition.read(self.now, whom, value)
            case "charge":
                self.wh[whom] += value
            case "soc":
                self.vehicles[whom] |= {"soc": float(value), "soc_at": self.now}
            case "home":
                self.vehicles[whom]["at_home"] = value
            case _:
                self.now += value

    def look(self, recognition: Recognition, *, backwards: bool = False) -> dict[str, Recognised]:
        chargers = [
            ChargerSeen(charger_id=each, connected=self.plugged[each], charged_wh=self.wh[each]) for each in _CHARGERS
        ]
        vehicles = [VehicleSeen(vehicle_id=each, **known) for each, known in self.vehicles.items()]
        if backwards:
            chargers, vehicles = chargers[::-1], vehicles[::-1]
        return dict(recognition.observe(self.now, chargers, vehicles))


@settings(max_examples=150, deadline=None)
@given(steps=_STEPS, prefers=_PREFERS)
def test_whatever_is_seen_nobody_is_at_two_chargers_and_order_and_restarts_change_nothing(
    steps: list[tuple[str, str, Any]], prefers: tuple[str | None, ...]
) -> None:
    world = _World(prefers)
    recognition, other = Recognition(), Recognition()
    for what, whom, value in steps:
        world.now += 10
        world.do(recognition, what, whom, value)
        if what in {"choose", "read"}:
            world.do(other, what, whom, value)
        found = world.look(recognition)
        other = Recognition.from_dict(json.loads(json.dumps(other.to_dict())))
        if what != "charge":
            # The counter of a charger begins anew with a restart; the energy of that moment is lost, no more.
            world.look(other, backwards=True)
        there = [each.vehicle_id for each in found.values() if each.vehicle_id is not None]
        assert len(there) == len(set(there))
        assert set(found) == {each for each in _CHARGERS if world.plugged[each] is not False}
        for charger_id, each in found.items():
            chosen = recognition.chosen(charger_id)
            if chosen is not None:
                assert each == Recognised(None if chosen == GUEST else chosen, Evidence.CHOSEN)
            if each.by in {Evidence.ONLY_MISSING, Evidence.PREFERRED, Evidence.SOC_RISES}:
                assert world.vehicles[each.vehicle_id or ""].get("at_home") is not False
        assert world.look(recognition) == found, "looking again changes nothing"
    if all(what != "charge" for what, _, _ in steps):
        assert other.found == recognition.found

"""A stored state that is damaged anywhere is loaded all the same, and whatever was not touched is kept."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid import GridConfig, GridEngine, PolicyConfig, PolicyMode, RequestState
from tests.support.grid.feeder_plant import ALWAYS, START, Car, Home, Plant, Store, battery, charger, feeder, household

type Path = tuple[str | int, ...]

V2G = PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=30.0)
DROP = object()
#: What may stand in the place of anything: of every type, of every size.
INSTEAD = (DROP, None, True, "x", -1, 10**30, 1e308, [None], {"odd": 1})


@cache
def rich() -> tuple[Plant, str]:
    """A plant that has something of everything to store, and its state."""
    plant = Plant(
        Car(charger("car", policy=ALWAYS), soc=20.0, departure_at=START + 8 * 3600),
        Car(charger("gives", max_discharge_a=16.0, policy=V2G), soc=90.0),
        Store(battery(policy=ALWAYS), own_w=1500.0),
        Home(household(policy=ALWAYS)),
        base_a=(8.0, 7.0, 6.0),
        config=GridConfig(
            feeders=(feeder(80.0, 60.0, peak_target_w=50_000.0),),
            devices=(
                charger("car", policy=ALWAYS),
                charger("gives", max_discharge_a=16.0, policy=V2G),
                battery(policy=ALWAYS),
                household(policy=ALWAYS),
            ),
        ),
        dt=10.0,
    )
    plant.run(900)
    for duration_s, run_s in ((120.0, 1200), (600.0, 60)):
        plant.car().connected = duration_s > 300.0
        plant.run(60)
        _, events = plant.engine.commands.request_curtailment(plant.now, power_w=9000.0, duration_s=duration_s)
        plant.events += events
        plant.run(run_s)
    plant.engine.commands.set_temporary_capacity(plant.now, power_w=30_000.0, until=plant.now + 3600)
    return plant, json.dumps(plant.engine.to_dict())


@cache
def sound() -> dict[tuple[str, ...], Any]:
    """What is stored anew of what is sound."""
    return flat(json.loads(json.dumps(load(json.loads(rich()[1])).to_dict())))


def load(state: Any) -> GridEngine:
    plant, _ = rich()
    return GridEngine(plant.config, new_id=lambda: "new", state=state)


def test_only_who_is_wired_as_before_is_known_to_come_back_in_place() -> None:
    state = json.loads(rich()[1])
    [stored] = state["feeders"].values()
    stored["in_place"] = {"car": [0, 1, 2], "gives": [1, 2, 0], "gone": [0, 1, 2]}
    [kept] = load(state).to_dict()["feeders"].values()
    assert kept["in_place"] == {"car": [0, 1, 2]}


def nodes(node: Any, path: Path = ()) -> Iterator[Path]:
    """All nodes of a state; of long lists the ends and the middle."""
    if path:
        yield path
    if isinstance(node, dict):
        for name, each in node.items():
            yield from nodes(each, (*path, name))
    elif isinstance(node, list):
        for index in sorted({0, 1, len(node) // 2, len(node) - 1} & set(range(len(node)))):
            yield from nodes(node[index], (*path, index))


def changed(state: Any, path: Path, value: object) -> Any:
    parent = state
    for step in path[:-1]:
        parent = parent[step]
    if value is DROP:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return state


def flat(node: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """All leaves; requests and their parts by their names."""
    if isinstance(node, dict):
        return {key: leaf for name, each in node.items() for key, leaf in flat(each, (*path, name)).items()}
    if isinstance(node, list) and path[-1:] in {("requests",), ("asks",)}:
        names = [each.get("request_id", each.get("device_id")) for each in node]
        return flat(dict(zip(names, node, strict=True)), path)
    return {path: node}


#: How much of a path names what stands and falls together.
TOGETHER = {"devices": 3, "feeders": 3, "plan": 3, "requests": 2, "market": 3}


def fell_together(state: Any, path: Path) -> tuple[str, ...]:
    """By name, what may be lost when a node is damaged."""
    named: list[str] = []
    node = state
    for step in path:
        item = node[step]
        names_list = isinstance(node, list) and named[-1:] in (["requests"], ["asks"])
        named.append(str(item.get("request_id", item.get("device_id")) if names_list else step))
        node = item
    size = TOGETHER.get(named[0], 1)
    if (named[0] == "requests" and len(named) > 3 and named[2] == "asks") or named[:2] == ["market", "habits"]:
        size = 4
    return tuple(named[:size])


def check(path: Path, value: object) -> GridEngine:
    plant, stored = rich()
    damaged = fell_together(json.loads(stored), path)
    engine = load(changed(json.loads(stored), path, value))
    before, loaded = sound(), flat(json.loads(json.dumps(engine.to_dict(), allow_nan=False)))
    differs = {key for key in before.keys() | loaded.keys() if before.get(key) != loaded.get(key)}
    if path[-1] in {"request_id", "device_id"}:
        # It has another name now.
        differs -= loaded.keys() - before.keys()
    if path[-1] in {"session_ws", "session_at"}:
        # Neither says anything without the other.
        differs -= {(*path[:-1], "session_ws"), (*path[:-1], "session_at")}
    assert not {key for key in differs if key[: len(damaged)] != damaged[: len(key)]}, (path, value)
    # And it goes on: no pass stumbles over what was believed.
    engine.step(plant.now, plant.inputs())
    json.dumps(engine.to_dict(), allow_nan=False)
    return engine


@pytest.mark.parametrize("value", INSTEAD, ids=lambda value: "dropped" if value is DROP else repr(value))
def test_whatever_node_is_damaged_the_rest_is_kept(value: object) -> None:
    _, stored = rich()
    paths = list(nodes(json.loads(stored)))
    assert len(paths) > 300
    for path in paths:
        check(path, value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150)
@given(data=st.data())
def test_whatever_is_written_over_anything_the_rest_is_kept(data: st.DataObject) -> None:
    _, stored = rich()
    path = data.draw(st.sampled_from(list(nodes(json.loads(stored)))))
    check(path, data.draw(json_values | st.just(DROP)))


@settings(max_examples=100)
@given(
    state=json_values
    | st.fixed_dictionaries(
        {"version": st.just(1)},
        optional={
            "devices": json_values,
            "requests": json_values,
            "feeders": json_values,
            "market": json_values,
            "plan": json_values,
        },
    )
)
def test_any_json_is_loaded(state: Any) -> None:
    plant, _ = rich()
    engine = load(state)
    engine.step(plant.now, plant.inputs())
    if state is not None:
        assert engine.lost


@pytest.mark.parametrize(
    "state", [{}, {"version": 1}, {"version": 2}, {"version": 99}, {"version": 1, "feeders": 5}, [], 7, "bad"]
)
def test_of_what_is_no_state_nothing_is_known_and_that_is_said(state: Any) -> None:
    engine = load(state)
    assert engine.lost
    assert not engine.requests


def settled_part() -> tuple[Path, dict[str, Any]]:
    _, stored = rich()
    for number, request in enumerate(json.loads(stored)["requests"]):
        for index, ask in enumerate(request["asks"]):
            if ask["state"] == RequestState.SETTLED and ask["amount_i"]:
                return ("requests", number, "asks", index), ask
    raise AssertionError("nobody has earned anything")


@pytest.mark.parametrize("value", INSTEAD, ids=lambda value: "dropped" if value is DROP else repr(value))
def test_a_reward_that_is_owed_is_owed_whatever_else_of_it_is_lost(value: object) -> None:
    path, ask = settled_part()
    payment_id = {payment.device_id: payment.payment_id for payment in rich()[0].engine.commands.unpaid()}[
        ask["device_id"]
    ]
    before = {payment.payment_id: payment.amount_i for payment in rich()[0].engine.commands.unpaid()}
    for name in ask:
        if name == "device_id":
            continue
        engine = check((*path, name), value)
        due = {payment.payment_id: payment.amount_i for payment in engine.commands.unpaid()}
        others = {each: amount for each, amount in before.items() if each != payment_id}
        assert others.items() <= due.items()
        if value is DROP or (value is not None and value is not True and value != -1):
            assert due[payment_id] == ask["amount_i"], name


def test_what_was_lost_is_named() -> None:
    _, stored = rich()
    state = json.loads(stored)
    state["devices"]["car"]["stays"] = "x"
    state["feeders"]["main"] = None
    state["market"]["budget"] = []
    spent_i = load(json.loads(stored)).account(0.0).spent_today_i
    engine = load(state)
    assert set(engine.lost) == {"devices/car/stays", "feeders/main", "market/budget"}
    assert spent_i > 0
    assert engine.account(0.0).spent_today_i == spent_i, "what was settled today was spent"


def test_a_sound_state_loses_nothing() -> None:
    _, stored = rich()
    engine = load(json.loads(stored))
    assert engine.lost == ()
    kept, before = flat(engine.to_dict()), flat(json.loads(stored))
    assert {key for key in before if kept[key] != before[key] and key[-1] not in {"value", "feeds", "seen_at"}} == set()

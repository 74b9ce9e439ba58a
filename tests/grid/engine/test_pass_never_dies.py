"""Whatever fails inside a pass: nobody is left above the safe state, nobody is raised, and the next pass goes on.

The functions that a pass calls are found by watching one, and then each of them raises in turn, as a bug in it would.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import CodeType
from uuid import uuid4

import pytest

from custom_components.tangle_grid import grid
from custom_components.tangle_grid.grid import (
    ChargerTelemetry,
    GridConfig,
    GridEngine,
    Inputs,
    PolicyConfig,
    PolicyMode,
    RequestState,
    StepResult,
)
from tests.support.breaking import Broken, broken, watched
from tests.support.grid.feeder_plant import (
    ALWAYS,
    Car,
    Home,
    Plant,
    Store,
    battery,
    charger,
    feeder,
    household,
    reading,
)

ROOM = Path(grid.__file__).parent
SAFE_A = 6.0
V2G = PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=30.0)


class Site(Plant):
    """A plant whose passes may fail, driven as the runtime drives it."""

    failed = False
    around: AbstractContextManager[None] = nullcontext()

    def make_engine(self, state: Mapping[str, object] | None) -> GridEngine:
        # Ids that a copy of the plant can go on with.
        self._ids = count()
        return GridEngine(self.config, new_id=lambda: uuid4().hex, state=state)

    def __deepcopy__(self, memo: dict[int, object]) -> Site:
        twin = object.__new__(Site)
        memo[id(self)] = twin
        twin.__dict__ = {name: deepcopy(value, memo) for name, value in self.__dict__.items() if name != "_ids"}
        return twin

    def inputs(self) -> Inputs:
        """The garage has a meter of its own, and chargers show what they were told."""
        inputs = super().inputs()
        main = inputs.meters["main"]
        devices = {
            device_id: replace(telemetry, shown_a=self.told()[device_id])
            if isinstance(telemetry, ChargerTelemetry)
            else telemetry
            for device_id, telemetry in inputs.devices.items()
        }
        load = [300.0 + 0.02 * (int(self.now) % 7)] * 3
        for device in self.devices.values():
            if isinstance(device, Car) and device.config.feeder_id == "garage":
                load = [watts + more for watts, more in zip(load, device.power_w, strict=True)]
        garage = None if main is None else reading((load[0], load[1], load[2]), self.now)
        return replace(inputs, meters={"main": main, "garage": garage}, devices=devices)

    def step(self) -> StepResult:
        self.now += self.dt
        for device in self.devices.values():
            if isinstance(device, Car):
                device.follow(self.dt)
        inputs = self.inputs()
        with self.around:
            try:
                self.result = self.engine.step(self.now, inputs)
                self.events += self.result.events
                setpoints = self.result.setpoints
                self.engine.reached()
                self.failed = False
            except Broken:
                self.failed = True
                setpoints, events = self.engine.fail_safe(self.now, inputs)
                self.events += events
        for setpoint in setpoints:
            self.write(setpoint)
        assert self.result is not None
        return self.result

    def told(self) -> dict[str, float]:
        return {device_id: device.told for device_id, device in self.devices.items() if isinstance(device, Car)}


def site() -> Site:
    """Two feeders, a capacity tariff, every kind of device, a request of a person that some help in."""
    cars = [
        Car(charger("plain"), soc=20.0, departure_at=1_000_000.0 + 8 * 3600),
        Car(charger("single", phases=(0,), feeder_id="garage"), soc=20.0),
        Car(charger("gives", max_discharge_a=16.0, policy=V2G), soc=90.0),
        Car(charger("gone", feeder_id="garage"), connected=False),
        Car(charger("full"), soc=81.0),
    ]
    store = Store(battery(policy=ALWAYS), own_w=1500.0)
    home = Home(household(policy=ALWAYS))
    devices = (*cars, store, home)
    plant = Site(
        *devices,
        base_a=(8.0, 7.0, 6.0),
        dt=10.0,
        config=GridConfig(
            feeders=(
                feeder(80.0, 60.0, peak_target_w=50_000.0),
                feeder(40.0, 32.0, feeder_id="garage", parent_id="main"),
            ),
            devices=tuple(device.config for device in devices),
        ),
    )
    plant.run(900)
    return plant


def asked(plant: Site) -> None:
    request, events = plant.engine.commands.request_curtailment(plant.now, power_w=12_000.0, duration_s=300.0)
    assert len(request.asks) >= 3
    plant.events += events
    plant.run(60)


def calm(_plant: Site) -> None:
    """Everybody has what he wants."""


def in_a_request(plant: Site) -> None:
    asked(plant)


def as_a_request_ends(plant: Site) -> None:
    asked(plant)
    plant.run(240 - plant.dt)


def short(plant: Site) -> None:
    plant.base_a = (70.0, 45.0, 45.0)


def just_blind(plant: Site) -> None:
    plant.meter_alive = False


def at_the_start(plant: Site) -> None:
    plant.restart()


MOMENTS = (calm, in_a_request, as_a_request_ends, short, just_blind, at_the_start)
#: After these it is waited until all is as if nothing had been.
WAITED_FOR = (calm, as_a_request_ends)


def functions(plant: Site) -> list[CodeType]:
    """All that one pass calls, in their order."""
    found: dict[CodeType, None] = {}
    plant.around = watched(ROOM, found)
    plant.step()
    plant.around = nullcontext()
    return list(found)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
def test_whatever_function_raises_the_safe_state_is_told_in_the_same_turn(moment: Callable[[Site], None]) -> None:
    plant = site()
    moment(plant)
    # Who has only just started goes by what is shown, and what cannot be read shows nothing.
    before = dict.fromkeys(plant.told(), SAFE_A) if moment is at_the_start else plant.told()
    undisturbed = deepcopy(plant)
    codes = functions(undisturbed)
    assert len(codes) > 150
    wait_s = 360 if moment in WAITED_FOR else 60
    undisturbed.run(wait_s)
    for code in codes:
        hurt = deepcopy(plant)
        # It fails, goes on failing, and then works again.
        for turn in range(4):
            hurt.around = broken(code)
            hurt.step()
            out_of_sight = check_safe(hurt, before, code.co_qualname)
            assert turn or out_of_sight, f"{code.co_qualname} was not missed"
        hurt.around = nullcontext()
        hurt.run(wait_s - 3 * hurt.dt)
        assert not hurt.failed, code.co_qualname
        if moment in WAITED_FOR:
            check_recovered(hurt, undisturbed, code.co_qualname)


def check_safe(plant: Site, before: dict[str, float], name: str) -> set[str]:
    """Whoever is out of sight is at or below the safe current, and no higher than it was told before."""
    assert plant.result is not None
    status = plant.result.status
    out_of_sight = {device_id for device_id, device in status.devices.items() if device.silent}
    if any(feeder.blind for feeder in status.feeders.values()) or plant.failed:
        out_of_sight = set(plant.devices)
    for device_id, told in plant.told().items():
        if device_id in out_of_sight:
            assert 0.0 <= told <= min(SAFE_A, max(0.0, before[device_id])), (name, device_id, told)
    return out_of_sight


def check_recovered(plant: Site, undisturbed: Site, name: str) -> None:
    for device_id, told in undisturbed.told().items():
        assert plant.told()[device_id] >= told - 2.0, (name, device_id)
    paid = rewards(plant)
    for device_id, amount_i in rewards(undisturbed).items():
        assert 0 < paid[device_id] <= 1.1 * amount_i, (name, device_id)


def rewards(plant: Site) -> dict[str, int]:
    """What each earned in the request of a person, and that it will be paid."""
    earned: dict[str, int] = {}
    for request in plant.engine.requests.values():
        assert request.closed or request.automatic
        for ask in request.asks.values() if request.closed else ():
            assert ask.state in {RequestState.DECLINED, RequestState.SETTLED, RequestState.EXPIRED}
            if ask.unpaid and not request.automatic:
                earned[ask.device_id] = ask.amount_i
    due = {settlement.device_id: settlement.amount_i for settlement in plant.engine.commands.unpaid()}
    assert earned.items() <= due.items()
    return earned

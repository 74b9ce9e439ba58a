"""Anything may be measured, commanded or interrupted, in any order: the grid keeps its promises."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid import (
    Ask,
    BatterySetpoint,
    BatteryTelemetry,
    ChargerSetpoint,
    ChargerTelemetry,
    GridConfig,
    GridEngine,
    GridError,
    HouseholdTelemetry,
    Inputs,
    PhaseReading,
    PolicyConfig,
    PolicyMode,
    Settlement,
    StepResult,
)
from tests.support.grid.feeder_plant import ALWAYS, START, Car, Plant, battery, charger, feeder, household

CAPACITY_A = 40.0
CONFIG = GridConfig(
    feeders=(feeder(), feeder(20.0, 16.0, feeder_id="garage", parent_id="main")),
    devices=(
        charger("v2g", max_discharge_a=16.0, policy=PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=30.0)),
        charger("asked", feeder_id="garage", phases=(0,), policy=PolicyConfig(mode=PolicyMode.ASK)),
        charger("plain", feeder_id="garage", min_current_a=8.0, safe_current_a=8.0),
        battery(policy=ALWAYS),
        household(policy=ALWAYS),
    ),
)
CHARGERS = {device.device_id: device for device in CONFIG.devices if device.kind == "charger"}

ODD = (0.0, math.nan, math.inf, -math.inf, 1e9)


class Chance(Random):
    """Random telemetry: mostly plausible, sometimes not."""

    def one_in(self, number: int) -> bool:
        return self.randrange(number) == 0

    def watts(self) -> float:
        return self.choice(ODD) if self.one_in(20) else self.uniform(-3000, 9000)

    def reading(self, now: float) -> PhaseReading | None:
        if self.one_in(10):
            return None
        at = now - self.choice((1.0, 10.0, 100.0, 1000.0, -50.0)) if self.one_in(5) else now
        power = (self.watts(), self.watts(), self.watts())
        return PhaseReading(power_w=power, at=at, changed_at=at - (200 if self.one_in(10) else 0))

    def percent(self) -> float | None:
        return self.choice((None, math.nan, -10.0, 110.0)) if self.one_in(6) else self.uniform(0, 100)

    def inputs(self, now: float) -> Inputs:
        devices = {
            device_id: ChargerTelemetry(
                reading=self.reading(now),
                connected=self.choice((True, True, True, False, None)),
                soc=self.percent(),
                departure_at=None if self.one_in(2) else now + self.uniform(-7200, 72_000),
                energy_needed_wh=self.uniform(-100, 50_000) if self.one_in(3) else None,
                available=not self.one_in(10),
            )
            for device_id in CHARGERS
        }
        return Inputs(
            meters={"main": self.reading(now), "garage": self.reading(now)},
            devices={
                **devices,
                "battery": BatteryTelemetry(reading=self.reading(now), soc=self.percent()),
                "home": HouseholdTelemetry(
                    reading=self.reading(now),
                    loads_on={load: self.choice((True, False, None)) for load in ("boiler", "pump")},
                ),
            },
        )


def check_setpoints(result: StepResult, told: dict[str, float]) -> None:
    for setpoint in result.setpoints:
        assert setpoint.expires_at > result.status.at
        if isinstance(setpoint, ChargerSetpoint):
            config, amps = CHARGERS[setpoint.device_id], setpoint.current_a
            assert (
                amps == 0
                or config.min_current_a <= amps <= config.max_current_a
                or config.min_current_a <= -amps <= config.max_discharge_a
            )
            told[setpoint.device_id] = amps
        elif isinstance(setpoint, BatterySetpoint) and setpoint.power_w is not None:
            assert -5000 <= setpoint.power_w <= 5000
    for feeder_id, status in result.status.feeders.items():
        if not status.blind:
            continue
        for device_id, amps in told.items():
            if feeder_id == "main" or CHARGERS[device_id].feeder_id == feeder_id:
                assert 0 <= amps <= CHARGERS[device_id].safe_current_a


def check_asks(asks: Mapping[str, Ask], duration_s: float) -> None:
    for ask in asks.values():
        assert ask.energy_wh * 3600 <= ask.delivered_ws + 1
        assert ask.delivered_ws <= max(ask.quantity_w, ask.promised_w, ask.offer_w, 20_000) * duration_s + 1e-3
        assert ask.amount_i == ask.energy_wh * ask.rate // 1000
        assert math.isfinite(ask.quantity_w)


def command(engine: GridEngine, chance: Chance, now: float) -> GridEngine:
    """Something that people, or the power supply of the computer, may do."""
    requests = [*engine.requests, "nonsense"]
    match chance.randrange(9):
        case 0:
            state = json.loads(json.dumps(engine.to_dict(), allow_nan=False))
            return GridEngine(CONFIG, new_id=engine._parts.market._new_id, state=state)
        case 1:
            engine.commands.request_curtailment(
                now, power_w=chance.uniform(1, 20_000), duration_s=chance.uniform(1, 900)
            )
        case 2:
            engine.commands.answer(
                now, request_id=chance.choice(requests), device_id="asked", accept=not chance.one_in(3)
            )
        case 3:
            engine.commands.opt_out(now, device_id=chance.choice(("v2g", "asked", "battery", "home")))
        case 4 if chance.one_in(4):
            engine.commands.cancel(now, request_id=chance.choice(requests))
        case 5 if chance.one_in(4):
            engine.commands.set_temporary_capacity(now, power_w=chance.uniform(1000, 20_000), until=now + 300)
    return engine


@pytest.mark.parametrize("seed", range(25))
def test_promises_hold_whatever_happens(seed: int) -> None:
    chance = Chance(seed)
    ids = count(1)
    engine = GridEngine(CONFIG, new_id=lambda: f"r{next(ids)}")
    now = START
    paid: dict[str, int] = {}
    told: dict[str, float] = {}
    for _ in range(150):
        now += chance.choice((0.1, 1.0, 5.0, 5.0, 5.0, 10.0, 30.0, 400.0, -3600.0))
        before = engine
        with suppress(GridError):
            engine = command(engine, chance, now)
        if engine is not before:
            told.clear()
        result = engine.step(now, chance.inputs(now))
        check_setpoints(result, told)
        assert result.wake_at > now
        for event in (*result.events, *engine.commands.unpaid()):
            if isinstance(event, Settlement):
                assert event.amount_i > 0
                assert paid.setdefault(event.payment_id, event.amount_i) == event.amount_i
        for request in engine.requests.values():
            check_asks(request.asks, 900.0)
    assert engine.requests


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 60), st.floats(0, 60), st.floats(0, 60)), min_size=3, max_size=40),
    st.sets(st.integers(0, 39)),
)
def test_the_feeder_is_protected_after_one_step_and_across_restarts(
    base: list[tuple[float, float, float]], kills: set[int]
) -> None:
    """Cars follow at once; what remains above the capacity is what nobody controls."""
    plant = Plant(*(Car(charger(f"car_{index}")) for index in range(4)), dt=5.0)
    for index, load in enumerate(base):
        plant.base_a = load
        if index in kills:
            plant.restart()
        for _ in range(4):
            plant.step()
        drawn = sum(plant.car(f"car_{number}").told for number in range(4))
        assert max(load) + drawn <= CAPACITY_A or drawn == 0

"""What no device can do is not believed, is nobody else's trouble, and is never stored."""

import json
import math
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid import (
    BatteryTelemetry,
    ChargerTelemetry,
    FeederConfig,
    HouseholdTelemetry,
    Inputs,
    PhaseReading,
    SafeState,
    SolarConfig,
    SolarTelemetry,
    Telemetry,
)
from custom_components.tangle_grid.grid.device.belief import DeviceFault, believable_w, believed
from tests.support.grid.feeder_plant import (
    ALWAYS,
    START,
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

ABSURD = (1e308, -1e308, 3.4e38, math.inf, -math.inf, math.nan, 1e6, 10**400)
GARBAGE = (*ABSURD, "1_000", "", None, True, [], {}, object(), -1.0, 1e-300)
MOST_STORED = 1e10
"""Grid times are the greatest numbers that a plant of this size stores."""


def most(kind: str) -> float:
    configs = {"charger": charger(), "battery": battery(), "household": household()}
    return believable_w(configs[kind], feeder(40.0))


def test_the_bound_is_what_the_device_can_do() -> None:
    assert believable_w(charger(max_current_a=80.0), feeder(100.0)) == 3 * 80 * 230
    assert believable_w(battery(max_charge_w=12_000.0), feeder(40.0)) == 36_000
    assert believable_w(household(), feeder(40.0)) == 3 * 40 * 230
    assert believable_w(SolarConfig(device_id="roof", feeder_id="main"), feeder(25.0)) == 3 * 25 * 230


def test_whoever_is_configured_with_less_than_its_device_can_do_is_still_believed() -> None:
    """A charger of 32 A that is to give 10 A, and does not obey; a battery of 5 kW that is to take 500 W."""
    loud = ChargerTelemetry(reading=reading((32 * 230.0,) * 3, START))
    assert believed(loud, believable_w(charger(max_current_a=10.0), feeder()), START) == (loud, None)
    own = BatteryTelemetry(reading=reading((-5000.0, 0.0, 0.0), START), soc=50.0)
    assert believed(own, believable_w(battery(max_charge_w=500.0, max_discharge_w=500.0), feeder()), START)[1] is None


@pytest.mark.parametrize("watts", ABSURD, ids=lambda watts: f"{watts:.0e}" if isinstance(watts, float) else "10**400")
@pytest.mark.parametrize("kind", ["charger", "battery", "household", "solar"])
def test_an_absurd_power_is_no_reading(kind: str, watts: float) -> None:
    kinds = {
        "charger": ChargerTelemetry,
        "battery": BatteryTelemetry,
        "household": HouseholdTelemetry,
        "solar": SolarTelemetry,
    }
    telemetry = kinds[kind](reading=PhaseReading(power_w=(watts, 0.0, 0.0), at=START, changed_at=START))
    kept, fault = believed(telemetry, 30_000.0, START)
    assert kept is not None
    assert kept.reading is None
    assert fault is DeviceFault.IMPLAUSIBLE


def test_text_in_a_reading_is_unreadable() -> None:
    telemetry = ChargerTelemetry(reading=PhaseReading(power_w=("1_000", 0.0, 0.0), at=START, changed_at=START))  # type: ignore[arg-type]
    assert believed(telemetry, 30_000.0, START)[1] is DeviceFault.UNREADABLE
    nobody: Any = "no telemetry at all"
    assert believed(nobody, 30_000.0, START) == (None, DeviceFault.UNREADABLE)


def test_what_can_be_stays_as_it_is() -> None:
    telemetry = ChargerTelemetry(
        reading=reading(11_000.0, START), connected=True, soc=50.0, departure_at=START + 3600, lowest_a=6.0
    )
    kept, fault = believed(telemetry, 30_000.0, START)
    assert kept is telemetry
    assert fault is None


@pytest.mark.parametrize("value", GARBAGE, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("name", ["soc", "departure_at", "energy_needed_wh", "soc_at", "heard_at", "shown_a"])
def test_what_surrounds_a_reading_is_unknown_when_it_cannot_be(name: str, value: object) -> None:
    telemetry = replace(ChargerTelemetry(reading=reading(11_000.0, START)), **{name: value})  # type: ignore[arg-type]
    kept, fault = believed(telemetry, 30_000.0, START)
    assert fault is None
    assert isinstance(kept, ChargerTelemetry)
    assert kept.reading is telemetry.reading
    known = getattr(kept, name)
    assert known is None or (math.isfinite(known) and known is value)


def site() -> Plant:
    plant = Plant(
        Car(charger("odd", policy=ALWAYS), soc=20.0),
        Car(charger("other"), soc=20.0),
        Store(battery(policy=ALWAYS)),
        Home(household(policy=ALWAYS)),
        base_a=(4.0, 4.0, 4.0),
        feeders=(feeder(60.0, 55.0),),
    )
    plant.run(300)
    return plant


def numbers(node: Any) -> Iterator[float]:
    if isinstance(node, dict):
        for each in node.values():
            yield from numbers(each)
    elif isinstance(node, list):
        for each in node:
            yield from numbers(each)
    elif isinstance(node, int | float):
        yield node


def check_stored(plant: Plant) -> None:
    stored = json.loads(json.dumps(plant.engine.to_dict(), allow_nan=False))
    assert all(abs(number) < MOST_STORED for number in numbers(stored))
    plant.make_engine(stored)


@pytest.mark.parametrize("watts", ABSURD, ids=lambda watts: f"{watts:.0e}" if isinstance(watts, float) else "10**400")
def test_one_absurd_charger_falls_and_the_others_go_on(watts: float) -> None:
    plant = site()
    assert plant.car("odd").told == plant.car("other").told == 16.0
    own = plant.inputs

    def inputs() -> Inputs:
        odd = ChargerTelemetry(
            reading=PhaseReading(power_w=(watts,) * 3, at=plant.now, changed_at=plant.now), connected=True, soc=30.0
        )
        known = own()
        return replace(known, devices={**known.devices, "odd": odd})

    plant.inputs = inputs  # type: ignore[method-assign]
    result = plant.step()
    status = result.status.devices["odd"]
    assert status.silent
    assert status.fault is DeviceFault.IMPLAUSIBLE
    assert plant.car("odd").told == plant.car("odd").config.safe_current_a
    assert SafeState(target="odd", entered=True, reason=plant.of(SafeState)[-1].reason) in result.events
    assert plant.of(SafeState)[-1].reason.key == "device_implausible"
    plant.run(60)
    assert plant.car("other").told == 16.0
    energy_wh = result.status.devices["odd"].session_energy_wh
    check_stored(plant)
    plant.inputs = own  # type: ignore[method-assign]
    plant.run(300)
    assert plant.car("odd").told == 16.0
    assert plant.of(SafeState)[-1].reason.key == "device_recovered"
    assert plant.result is not None
    assert plant.result.status.devices["odd"].session_energy_wh < energy_wh + 11_040 * 360 / 3600 + 1


@pytest.mark.parametrize("watts", [1e308, 3.4e38, math.nan, "1_000", None])
def test_a_meter_that_cannot_be_makes_its_feeder_blind(watts: Any) -> None:
    plant = site()
    own = plant.inputs

    def inputs() -> Inputs:
        odd = PhaseReading(power_w=(watts, 100.0, 100.0), at=plant.now, changed_at=plant.now)
        return replace(own(), meters={"main": odd})

    plant.inputs = inputs  # type: ignore[method-assign]
    result = plant.step()
    assert result.status.feeders["main"].blind
    assert plant.car("other").told == 6.0
    check_stored(plant)


def test_a_phase_that_there_is_not_cannot_carry_anything_absurd() -> None:
    """A single-phase feeder: nobody looks at the capacity of L2, and the peak of the day is the sum of all."""
    one = FeederConfig(feeder_id="main", capacity_a=(25.0, 0.0, 0.0), threshold_a=(20.0, 0.0, 0.0))
    plant = Plant(Car(charger("car", phases=(0,))), base_a=(1.0, 0.0, 0.0), feeders=(one,))
    plant.run(10)
    own = plant.inputs
    plant.inputs = lambda: replace(own(), meters={"main": reading((1000.0, 1e308, 1e308), plant.now)})  # type: ignore[method-assign]
    result = plant.step()
    assert result.status.feeders["main"].blind
    assert result.status.feeders["main"].peak_w < 1e5


UNREADABLE_W = (math.nan, 5.0, 1e308)


@pytest.mark.parametrize(
    "said",
    [
        [{}, {}, {"energy_needed_wh": -300.0, "power_w": UNREADABLE_W}],
        [{"energy_needed_wh": -300.0}, {"power_w": UNREADABLE_W}, {}, {"power_w": UNREADABLE_W}],
    ],
    ids=["stops", "starts"],
)
def test_what_a_charger_does_while_it_is_not_believed_is_no_doubt_of_the_meter(said: list[dict[str, Any]]) -> None:
    plant = site()
    own = plant.inputs
    for values in said:

        def inputs(values: dict[str, Any] = values) -> Inputs:
            known = own()
            others = {name: value for name, value in values.items() if name != "power_w"}
            odd = replace(known.devices["odd"], **others)
            if odd.reading is not None and "power_w" in values:
                odd = replace(odd, reading=replace(odd.reading, power_w=values["power_w"]))
            return replace(known, devices={**known.devices, "odd": odd})

        plant.inputs = inputs  # type: ignore[method-assign]
        plant.step()
    plant.inputs = own  # type: ignore[method-assign]
    for _ in range(24):
        plant.step()
        assert plant.car("other").told == 16.0
    assert not [event for event in plant.of(SafeState) if event.target == "main"]


@pytest.mark.parametrize("lowest_a", [20.0, 50.0, 1e4])
def test_a_charger_that_cannot_be_told_little_is_told_no_more_than_it_may_have(lowest_a: float) -> None:
    plant = site()
    own = plant.inputs

    def inputs() -> Inputs:
        known = own()
        odd = known.devices["odd"]
        assert isinstance(odd, ChargerTelemetry)
        odd = replace(odd, lowest_a=lowest_a, energy_needed_wh=0.0)
        return replace(known, devices={**known.devices, "odd": odd})

    plant.inputs = inputs  # type: ignore[method-assign]
    plant.run(30)
    assert plant.car("odd").told <= plant.car("odd").config.max_current_a


def anything() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.sampled_from(GARBAGE), st.floats(), st.integers(), st.booleans(), st.none(), st.text(max_size=4)
    )


@st.composite
def telemetry_of(draw: st.DrawFn, sound: Telemetry) -> Any:
    """Any of its values may be anything."""
    changes = {each.name: draw(anything()) for each in fields(sound) if draw(st.booleans())}
    if "reading" in changes and sound.reading is not None and draw(st.booleans()):
        power_w = draw(st.tuples(anything(), anything(), anything()))
        changes["reading"] = PhaseReading(power_w=power_w, at=draw(anything()), changed_at=sound.reading.changed_at)
    return replace(sound, **changes)


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_is_reported_a_pass_ends_and_nothing_absurd_is_stored(data: st.DataObject) -> None:
    plant = site()
    own = plant.inputs
    victims = data.draw(st.sets(st.sampled_from(["odd", "battery", "home"]), min_size=1))

    def inputs() -> Inputs:
        known = own()
        odd = {device_id: data.draw(telemetry_of(known.devices[device_id])) for device_id in victims}
        plant.car("odd").says_lowest_a = getattr(odd.get("odd"), "lowest_a", 0.0)
        return replace(known, devices={**known.devices, **odd})

    plant.inputs = inputs  # type: ignore[method-assign]
    for _ in range(4):
        plant.step()
        assert plant.car("other").told >= 6.0
    check_stored(plant)
    plant.inputs = own  # type: ignore[method-assign]
    plant.run(60)
    assert plant.car("other").told >= 14.0

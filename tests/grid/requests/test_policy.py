"""Policies: every mode says yes and no, and why."""

import json
from pathlib import Path

import pytest

from custom_components.tangle_grid.grid import (
    BatteryConfig,
    BatteryTelemetry,
    ChargerTelemetry,
    PolicyConfig,
    PolicyMode,
    Timing,
)
from custom_components.tangle_grid.grid.device.state import DeviceState
from custom_components.tangle_grid.grid.requests.policy import Question, decide
from tests.support.grid.feeder_plant import START, battery, charger, household, reading

HOUR = 3600.0
RATE = 1_000_000


def car(
    policy: PolicyConfig, *, soc: float | None = 50.0, departure_h: float | None = None, **values: object
) -> DeviceState:
    device = DeviceState(charger(policy=policy, **values), Timing())
    telemetry = ChargerTelemetry(
        reading=reading(11_000.0, START),
        connected=True,
        soc=soc,
        departure_at=None if departure_h is None else START + departure_h * HOUR,
    )
    device.observe(START, 0.0, telemetry, Timing())
    return device


def question(*, power_w: float = 5000.0, baseline_w: float = 11_000.0, rate: int = RATE) -> Question:
    return Question(rate=rate, ends_at=START + 900, power_w=power_w, baseline_w=baseline_w)


def answer(device: DeviceState, **values: object) -> tuple[bool | None, str]:
    verdict = decide(device, question(**values), START)  # type: ignore[arg-type]
    return verdict.accept, verdict.reason.key


def test_without_a_policy_the_answer_is_no() -> None:
    assert answer(car(PolicyConfig())) == (False, "declined_never")


def test_always_and_the_rate() -> None:
    policy = PolicyConfig(mode=PolicyMode.ALWAYS, min_rate=RATE)
    assert answer(car(policy)) == (True, "accepted_rate_enough")
    assert answer(car(policy), rate=RATE - 1) == (False, "declined_rate_too_low")
    assert answer(car(PolicyConfig(mode=PolicyMode.ALWAYS))) == (True, "accepted_always")


def test_nothing_to_give() -> None:
    assert answer(car(PolicyConfig(mode=PolicyMode.ALWAYS)), power_w=0.0) == (False, "declined_nothing_to_give")


def test_ask_leaves_it_to_a_person() -> None:
    assert answer(car(PolicyConfig(mode=PolicyMode.ASK))) == (None, "asked_person")


def test_when_charged() -> None:
    policy = PolicyConfig(mode=PolicyMode.WHEN_CHARGED, charged_above=60.0)
    assert answer(car(policy, soc=60.0)) == (True, "accepted_charged_enough")
    assert answer(car(policy, soc=None)) == (False, "declined_soc_unknown")
    assert answer(car(policy, soc=34.0)) == (False, "declined_needs_energy_any_time")
    verdict = decide(car(policy, soc=34.0, departure_h=10.0), question(), START)
    assert verdict.reason.key == "declined_needs_energy"
    assert verdict.reason.placeholders == {"soc": 34, "departure": START + 10 * HOUR, "need_kwh": 27.6}
    no_size = car(policy, soc=34.0, battery_wh=None)
    assert answer(no_size) == (False, "declined_not_charged")


def test_departure_holds() -> None:
    policy = PolicyConfig(mode=PolicyMode.DEPARTURE_HOLDS)
    assert answer(car(policy, soc=50.0, departure_h=8.0)) == (True, "accepted_departure_holds")
    assert answer(car(policy, soc=20.0, departure_h=2.0)) == (False, "declined_needs_energy")
    assert answer(car(policy, soc=50.0)) == (False, "declined_departure_unknown")
    assert answer(car(policy, soc=None, departure_h=8.0)) == (False, "declined_soc_unknown")


def test_a_car_that_has_to_give_energy_back_says_so() -> None:
    policy = PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=40.0)
    able = {"max_discharge_a": 16.0}
    assert answer(car(policy, soc=70.0, **able), baseline_w=0.0) == (True, "accepted_feeds_back")
    assert answer(car(policy, soc=70.0, **able)) == (True, "accepted_always")
    assert answer(car(policy, soc=70.0), baseline_w=0.0) == (True, "accepted_always")


@pytest.mark.parametrize("mode", [PolicyMode.WHEN_CHARGED, PolicyMode.DEPARTURE_HOLDS])
def test_modes_that_do_not_fit_a_household_are_a_no(mode: PolicyMode) -> None:
    device = DeviceState(household(policy=PolicyConfig(mode=mode)), Timing())
    assert answer(device) == (False, "declined_never")


def test_a_battery_answers_by_its_charge() -> None:
    config: BatteryConfig = battery(policy=PolicyConfig(mode=PolicyMode.WHEN_CHARGED, charged_above=50.0))
    device = DeviceState(config, Timing())
    device.observe(START, 0.0, BatteryTelemetry(reading=reading(0.0, START), soc=70.0), Timing())
    assert answer(device) == (True, "accepted_charged_enough")
    device.observe(START, 0.0, BatteryTelemetry(reading=reading(0.0, START), soc=30.0), Timing())
    assert answer(device) == (False, "declined_needs_energy_any_time")


ALL_OF_IT = PolicyConfig(mode=PolicyMode.WHEN_CHARGED, charged_above=60.0, min_rate=RATE, require_departure=True)


def test_parts_are_combined_and_the_first_no_says_why() -> None:
    assert answer(car(ALL_OF_IT, soc=70.0, departure_h=8.0)) == (True, "accepted_charged_and_departure")
    assert answer(car(ALL_OF_IT, soc=70.0, departure_h=8.0), rate=RATE - 1) == (False, "declined_rate_too_low")
    assert answer(car(ALL_OF_IT, soc=50.0, departure_h=8.0)) == (False, "declined_needs_energy")
    assert answer(car(ALL_OF_IT, soc=70.0)) == (False, "declined_departure_unknown")
    assert answer(car(ALL_OF_IT, soc=70.0, departure_h=0.3)) == (False, "declined_needs_energy")
    verdict = decide(car(ALL_OF_IT, soc=70.0, departure_h=8.0), question(), START)
    assert verdict.reason.placeholders == {
        "soc": 70,
        "charged_above": 60,
        "departure": START + 8 * HOUR,
        "need_kwh": 6.0,
    }


def test_a_person_is_asked_only_when_the_requirements_hold() -> None:
    policy = PolicyConfig(mode=PolicyMode.ASK, require_charged=True, require_departure=True, charged_above=60.0)
    assert answer(car(policy, soc=70.0, departure_h=8.0)) == (None, "asked_person")
    assert answer(car(policy, soc=50.0, departure_h=8.0)) == (False, "declined_needs_energy")
    assert answer(car(policy, soc=70.0)) == (False, "declined_departure_unknown")


def test_the_requirements_make_the_modes_of_the_same_name() -> None:
    """`always` with a requirement answers as the mode that is made of it."""
    for soc in (None, 20.0, 60.0, 90.0):
        for departure_h in (None, 0.5, 8.0):
            for flag, mode in (
                ("require_charged", PolicyMode.WHEN_CHARGED),
                ("require_departure", PolicyMode.DEPARTURE_HOLDS),
            ):
                combined = PolicyConfig(mode=PolicyMode.ALWAYS, **{flag: True})
                assert answer(car(combined, soc=soc, departure_h=departure_h)) == answer(
                    car(PolicyConfig(mode=mode), soc=soc, departure_h=departure_h)
                )


def test_every_reason_is_a_sentence_with_its_numbers() -> None:
    sentences = json.loads(Path("custom_components/tangle_grid/translations/en.json").read_text())["common"]
    cars = [
        car(PolicyConfig(mode=mode, require_departure=departs, require_charged=charged, min_rate=rate), soc=soc, **more)
        for mode in PolicyMode
        for departs in (True, False)
        for charged in (True, False)
        for rate in (0, RATE, 2 * RATE)
        for soc in (None, 30.0, 95.0)
        for more in ({}, {"departure_h": 0.3}, {"departure_h": 20.0}, {"battery_wh": None})
    ]
    seen: set[str] = set()
    for device in cars:
        for power_w in (0.0, 5000.0):
            reason = decide(device, question(power_w=power_w), START).reason
            sentence = sentences[f"reason_{reason.key}"]
            assert "{" not in sentence.format_map(reason.placeholders)
            seen.add(reason.key)
    assert len(seen) >= 12

"""How a participant answers by its own rule, and why, in a form that becomes a sentence.

A policy is a chain of small parts. Each looks at the question and finds yes or no, and says why in one sentence; the
first no decides. Which parts are in the chain follows from the mode and from what is required besides: `when_charged`
with `require_departure` and a `min_rate` says yes only when all three hold. In the mode `ask` the parts decide whether
a person is asked at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from ..device.state import DeviceState
from ..model.world import BatteryConfig, ChargerConfig, PolicyConfig, PolicyMode, Reason

_HOUR_S: Final = 3600.0
#: Share of the time that charging really takes beyond the computed one: taper, ramps, a full feeder.
TIME_RESERVE: Final = 1.15
_PERCENT: Final = 100.0

ASKED_PERSON: Final = Reason(key="asked_person")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a policy is asked.

    Attributes:
        rate: i/kWh.
        ends_at: End of the window.
        power_w: Reduction that is asked for, W.
        baseline_w: What the device would draw, W.
    """

    rate: int
    ends_at: float
    power_w: float
    baseline_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A policy's answer; `accept` is None when a person is to decide."""

    accept: bool | None
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the parts of a policy look at."""

    device: DeviceState
    policy: PolicyConfig
    question: Question
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a part says: yes or no, and why."""

    holds: bool
    reason: Reason


type Part = Callable[[Situation], Finding]


def decide(device: DeviceState, question: Question, now: float) -> Verdict:
    """Return a participant's answer by its own policy."""
    policy: PolicyConfig | None = getattr(device.config, "policy", None)
    if policy is None or policy.mode is PolicyMode.NEVER:
        return Verdict(accept=False, reason=Reason(key="declined_never"))
    situation = Situation(device=device, policy=policy, question=question, now=now)
    reasons: list[Reason] = []
    for part in parts_of(policy):
        finding = part(situation)
        if not finding.holds:
            return Verdict(accept=False, reason=finding.reason)
        reasons.append(finding.reason)
    if policy.mode is PolicyMode.ASK:
        return Verdict(accept=None, reason=ASKED_PERSON)
    return Verdict(accept=True, reason=_feeds_back(situation) or _together(reasons))


def parts_of(policy: PolicyConfig) -> Iterator[Part]:
    """Yield the chain of a policy that answers at all."""
    yield something_to_give
    yield rate_is_enough
    if policy.mode is PolicyMode.WHEN_CHARGED or policy.require_charged:
        yield charged_enough
    if policy.mode is PolicyMode.DEPARTURE_HOLDS or policy.require_departure:
        yield departure_holds


def something_to_give(situation: Situation) -> Finding:
    """Return whether there is something to give at all."""
    if situation.question.power_w <= 0:
        return _no("declined_nothing_to_give")
    return _yes("accepted_always")


def rate_is_enough(situation: Situation) -> Finding:
    """Judge whether the rate is not below the participant's own."""
    rate, least = situation.question.rate, situation.policy.min_rate
    if rate < least:
        return _no("declined_rate_too_low", rate=rate, min_rate=least)
    return _yes("accepted_rate_enough", rate=rate, min_rate=least) if least > 0 else _yes("accepted_always")


def charged_enough(situation: Situation) -> Finding:
    """Return whether car or battery is charged above the participant's mark."""
    device, wanted_soc = situation.device, situation.policy.charged_above
    if not isinstance(device.config, (ChargerConfig, BatteryConfig)):
        return _no("declined_never")
    soc = device.soc
    if soc is None:
        return _no("declined_soc_unknown")
    if soc >= wanted_soc:
        return _yes("accepted_charged_enough", soc=round(soc), charged_above=round(wanted_soc))
    return _needs_energy(device, soc, wanted_soc)


def departure_holds(situation: Situation) -> Finding:
    """Judge whether the car is still ready for its departure when it helps until the end of the window."""
    device, question, config = situation.device, situation.question, situation.device.config
    if not isinstance(config, ChargerConfig):
        return _no("declined_never")
    departure, need_wh = _departure(device), device.need_wh()
    if departure is None:
        return _no("declined_departure_unknown")
    if need_wh is None:
        return _no("declined_soc_unknown")
    hours = max(0.0, question.ends_at - situation.now) / _HOUR_S
    missing_wh = need_wh + max(0.0, question.power_w - question.baseline_w) * hours
    full_w = config.max_current_a * config.watts_per_amp
    spare_s = departure - question.ends_at - missing_wh / full_w * _HOUR_S * TIME_RESERVE
    if spare_s >= 0:
        return _yes("accepted_departure_holds", departure=departure, need_kwh=round(missing_wh / 1000, 1))
    soc = device.soc
    values = {"departure": departure, "need_kwh": round(need_wh / 1000, 1)}
    if soc is None:
        return _no("declined_no_time", **values)
    return _no("declined_needs_energy", soc=round(soc), **values)


def ready_in_time(device: DeviceState, now: float) -> bool | None:
    """Return whether a car has what it wants when it leaves, charging with its maximum from now on, time in reserve.

    None: there is no car, or nobody knows what it wants or when it leaves.
    """
    config = device.config
    if not isinstance(config, ChargerConfig) or not device.car.plugged_in:
        return None
    if device.car.satisfied:
        return True
    departure, need_wh = _departure(device), device.need_wh()
    if departure is None or need_wh is None:
        return None
    full_w = config.max_current_a * config.watts_per_amp
    return now + need_wh / full_w * _HOUR_S * TIME_RESERVE <= departure


def can_feed_back(device: DeviceState) -> bool:
    """Return whether a car may give energy back now: it is able, allowed, and above its floor."""
    config = device.config
    if not isinstance(config, ChargerConfig) or config.max_discharge_a < config.min_current_a:
        return False
    floor, soc = config.policy.v2g_floor_soc, device.least_soc
    return floor is not None and soc is not None and soc > floor


def _feeds_back(situation: Situation) -> Reason | None:
    """Say so for a car that will have to give energy back, whatever made it agree."""
    device, question, soc = situation.device, situation.question, situation.device.soc
    floor = situation.policy.v2g_floor_soc
    if not can_feed_back(device) or question.power_w <= question.baseline_w or floor is None or soc is None:
        return None
    return Reason(key="accepted_feeds_back", placeholders={"soc": round(soc), "floor": round(floor)})


def _together(reasons: list[Reason]) -> Reason:
    """Return one sentence for all parts that said yes: the last one's, or one that joins charge and departure."""
    by_key = {reason.key: reason for reason in reasons}
    charged, departs = by_key.get("accepted_charged_enough"), by_key.get("accepted_departure_holds")
    if charged is None or departs is None:
        return reasons[-1]
    placeholders = {**charged.placeholders, **departs.placeholders}
    return Reason(key="accepted_charged_and_departure", placeholders=placeholders)


def _yes(key: str, **values: float) -> Finding:
    return Finding(holds=True, reason=Reason(key=key, placeholders=values))


def _no(key: str, **values: float) -> Finding:
    return Finding(holds=False, reason=Reason(key=key, placeholders=values))


def _needs_energy(device: DeviceState, soc: float, wanted_soc: float) -> Finding:
    departure = _departure(device)
    need_wh = device.need_wh()
    if not need_wh:
        capacity_wh = getattr(device.config, "battery_wh", None) or getattr(device.config, "capacity_wh", None) or 0
        need_wh = max(0.0, wanted_soc - soc) / _PERCENT * capacity_wh
    if not need_wh:
        return _no("declined_not_charged", soc=round(soc), charged_above=round(wanted_soc))
    values: dict[str, float] = {"soc": round(soc), "need_kwh": round(need_wh / 1000, 1)}
    if departure is None:
        return _no("declined_needs_energy_any_time", **values)
    return _no("declined_needs_energy", departure=departure, **values)


def _departure(device: DeviceState) -> float | None:
    """Return when the car leaves, or should have left, as somebody said."""
    return device.car.departure.at

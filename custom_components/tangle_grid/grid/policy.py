"""How a participant answers by its own rule, and why, in a form that becomes a sentence."""

from dataclasses import dataclass
from typing import Final

from .device_state import DeviceState
from .model import (
    BatteryConfig,
    ChargerConfig,
    ChargerTelemetry,
    PolicyConfig,
    PolicyMode,
    Reason,
)

_HOUR_S: Final = 3600.0
#: Share of the time that charging really takes beyond the computed one: taper, ramps, a full feeder.
_TIME_RESERVE: Final = 1.15
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


def decide(device: DeviceState, question: Question, now: float) -> Verdict:
    """A participant's answer by its own policy."""
    policy: PolicyConfig | None = getattr(device.config, "policy", None)
    if policy is None or policy.mode is PolicyMode.NEVER:
        return _no("declined_never")
    if question.power_w <= 0:
        return _no("declined_nothing_to_give")
    if question.rate < policy.min_rate:
        return _no("declined_rate_too_low", rate=question.rate, min_rate=policy.min_rate)
    if policy.mode is PolicyMode.ASK:
        return Verdict(accept=None, reason=ASKED_PERSON)
    if policy.mode is PolicyMode.ALWAYS:
        return _yes(device, question, "accepted_always")
    if policy.mode is PolicyMode.WHEN_CHARGED:
        return _when_charged(device, policy, question)
    return _departure_holds(device, question, now)


def can_feed_back(device: DeviceState) -> bool:
    """Whether a car may give energy back now: it is able, allowed, and above its floor."""
    config = device.config
    if not isinstance(config, ChargerConfig) or config.max_discharge_a < config.min_current_a:
        return False
    floor, soc = config.policy.v2g_floor_soc, device.soc
    return floor is not None and soc is not None and soc > floor


def _yes(device: DeviceState, question: Question, key: str, **values: float) -> Verdict:
    """Yes; a car that will have to give energy back says so, whatever made it agree."""
    config, soc = device.config, device.soc
    if isinstance(config, ChargerConfig) and can_feed_back(device) and question.power_w > question.baseline_w:
        floor = config.policy.v2g_floor_soc
        assert floor is not None  # noqa: S101  # can_feed_back
        assert soc is not None  # noqa: S101  # can_feed_back
        return Verdict(
            accept=True,
            reason=Reason(key="accepted_feeds_back", placeholders={"soc": round(soc), "floor": round(floor)}),
        )
    return Verdict(accept=True, reason=Reason(key=key, placeholders=values))


def _no(key: str, **values: float) -> Verdict:
    return Verdict(accept=False, reason=Reason(key=key, placeholders=values))


def _when_charged(device: DeviceState, policy: PolicyConfig, question: Question) -> Verdict:
    if not isinstance(device.config, (ChargerConfig, BatteryConfig)):
        return _no("declined_never")
    soc = device.soc
    if soc is None:
        return _no("declined_soc_unknown")
    if soc >= policy.charged_above:
        values = {"soc": round(soc), "charged_above": round(policy.charged_above)}
        return _yes(device, question, "accepted_charged_enough", **values)
    return _needs_energy(device, soc, policy.charged_above)


def _needs_energy(device: DeviceState, soc: float, wanted_soc: float) -> Verdict:
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


def _departure_holds(device: DeviceState, question: Question, now: float) -> Verdict:
    config = device.config
    if not isinstance(config, ChargerConfig):
        return _no("declined_never")
    departure, need_wh = _departure(device), device.need_wh()
    if departure is None:
        return _no("declined_departure_unknown")
    if need_wh is None:
        return _no("declined_soc_unknown")
    hours = max(0.0, question.ends_at - now) / _HOUR_S
    missing_wh = need_wh + max(0.0, question.power_w - question.baseline_w) * hours
    full_w = config.max_current_a * config.watts_per_amp
    spare_s = departure - question.ends_at - missing_wh / full_w * _HOUR_S * _TIME_RESERVE
    if spare_s >= 0:
        values = {"departure": departure, "need_kwh": round(missing_wh / 1000, 1)}
        return _yes(device, question, "accepted_departure_holds", **values)
    soc = device.soc
    values = {"departure": departure, "need_kwh": round(need_wh / 1000, 1)}
    if soc is None:
        return _no("declined_no_time", **values)
    return _no("declined_needs_energy", soc=round(soc), **values)


def _departure(device: DeviceState) -> float | None:
    return device.telemetry.departure_at if isinstance(device.telemetry, ChargerTelemetry) else None

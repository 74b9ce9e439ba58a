"""What a participant can give, and what giving it means for its setpoint."""

import math
from dataclasses import dataclass, replace
from typing import Final

from ..control.ramp import charge_step, discharge_step
from ..device.state import DeviceState
from ..device.state_of_charge import LEAST_CAPACITY_WH
from ..model.request import Ask
from ..model.tolerance import EPSILON
from ..model.world import BatteryConfig, ChargerConfig, HouseholdConfig, HouseholdTelemetry, PhaseTriple, Reason, Timing
from ..network.topology import PHASES
from .baseline import baseline_of
from .baseline_history import Habits
from .policy import can_feed_back

#: Less than this is not worth asking for, W.
_WORTH_ASKING_W: Final = 300.0
#: What is not paid for at least this share of a window is not asked for.
_PAID_SHARE: Final = 0.1
#: Share of its present power above which a charger has drawn about as much.
_AS_MUCH: Final = 0.8
#: A charger that draws so much more than its baseline is on its way up, A per phase.
_RISING_A: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The most that a device could give now, and its baseline, both W.

    `method` says how that was found. `paid_share` is the part of the window until a car would be full, after which what
    it does not draw is not paid: 1 where that lies beyond the window, or nobody knows. `nothing`: why it cannot give
    anything, or nothing that is paid.
    """

    power_w: float
    baseline_w: float
    method: str = "none"
    paid_share: float = 1.0
    nothing: Reason | None = None

    @property
    def worth_asking(self) -> bool:
        """Enough to be asked for."""
        return self.power_w * self.paid_share >= _WORTH_ASKING_W

    @property
    def why_not(self) -> Reason:
        """Why it is not worth asking."""
        if self.nothing is not None:
            return self.nothing
        power_w = round(self.power_w * self.paid_share)
        return Reason(key="not_asked_too_little", placeholders={"power_w": power_w, "least_w": round(_WORTH_ASKING_W)})


# Why somebody cannot give anything now, and may later.
BUSY: Final = "not_asked_busy"
COMING_BACK: Final = "not_asked_coming_back"
JUST_BEGUN: Final = "not_asked_just_begun"
SILENT: Final = "not_asked_silent"
STARTING: Final = "not_asked_starting"


def offer_of(
    device: DeviceState, now: float, timing: Timing, habits: Habits, *, duration_s: float, known_at: float, rate: int
) -> Offer:
    """Return what a device could give now and hold for `duration_s`, as far as that is paid.

    Nothing from one that is silent or does not follow, nor from one that has left a request before its end: it is asked
    again only when those who stayed may be back.

    `known_at`: since when the request can be foreseen, see `baseline`. `rate`: what it would be shown, i/kWh.
    """
    if (reason := _out_of_reach(device, now)) is not None:
        return nothing(reason.key, **reason.placeholders)
    expected = baseline_of(device, now, timing, habits, known_at=known_at, until=now + duration_s)
    expected_w, method = expected.power_w, expected.method
    match device.config:
        case ChargerConfig() as config:
            if not device.car.plugged_in:
                return nothing("not_asked_unplugged")
            drawn_w = max(0.0, device.power_w or 0.0)
            if drawn_w > expected_w + _RISING_A * config.watts_per_amp:
                # It has just begun to draw more. Measured against its baseline it would have to fall much further
                # than anybody needs before a part of that is paid: others are asked until it is steady.
                return _just_begun(device, now, drawn_w, timing.baseline_window_s, known_at)
            # What it draws no more cannot be given.
            charging_w = min(expected_w, drawn_w)
            share = paid_share(habits.payable_wh(device, rate), charging_w, duration_s)
            reason = Reason(key="not_asked_draws_nothing") if charging_w < _WORTH_ASKING_W else None
            if share < _PAID_SHARE:
                # By what is believed of it, it is full: what it still takes is not paid, and not asked for.
                charging_w, share, reason = 0.0, 1.0, Reason(key="not_asked_would_be_full")
            fed_back_w = _feeds_back_w(device, config, duration_s)
            given_w = charging_w + fed_back_w
            # What is fed back is paid all the time.
            paid_w = charging_w * share + fed_back_w
            share = paid_w / given_w if given_w > 0 else 1.0
            return Offer(power_w=given_w, baseline_w=charging_w, method=method, paid_share=share, nothing=reason)
        case BatteryConfig() as config:
            if device.setpoint is not None:
                # What it draws no more, because it is limited, cannot be given.
                expected_w = min(expected_w, max(0.0, device.power_w or 0.0))
            held_w = _held_w(device.least_soc, config.min_soc, config.capacity_wh, duration_s)
            lowest_w = min(0.0, expected_w, -min(config.on_order_w, held_w))
            reason = Reason(key="not_asked_empty") if held_w <= 0 and expected_w < _WORTH_ASKING_W else None
            return Offer(power_w=expected_w - lowest_w, baseline_w=expected_w, method=method, nothing=reason)
        case HouseholdConfig():
            # What it has given before comes back first.
            sheddable_w = 0.0 if device.loads.shed else sum(rated_w for _, rated_w in _loads_on(device))
            reason = None
            if sheddable_w <= 0:
                reason = Reason(key=COMING_BACK if device.loads.shed else "not_asked_no_load_on")
            given_w = min(sheddable_w, expected_w)
            return Offer(power_w=given_w, baseline_w=expected_w, method=method, nothing=reason)
        case _:
            return nothing("not_asked_no_load_on")


def no_more_than(device: DeviceState, offer: Offer, drawn_w: float) -> Offer:
    """Return the offer of one that drew so much, W, when nobody could foresee the request.

    Nobody begins to draw for a request that is there already. What a battery feeds back it need not have drawn.
    """
    baseline_w = min(offer.baseline_w, drawn_w)
    if isinstance(device.config, BatteryConfig):
        power_w = max(0.0, offer.power_w - (offer.baseline_w - baseline_w))
    else:
        power_w = min(offer.power_w, max(0.0, drawn_w))
    return replace(offer, power_w=power_w, baseline_w=baseline_w)


def nothing(key: str, **values: str | float) -> Offer:
    """Return no offer, and why."""
    return Offer(power_w=0.0, baseline_w=0.0, nothing=Reason(key=key, placeholders=values))


def charger_target(config: ChargerConfig, ask: Ask) -> float:
    """Return the current that leaves `ask.quantity_w` less than the baseline, A: 0, charging or feeding back."""
    amps = (ask.baseline_w - ask.quantity_w) / config.watts_per_amp
    if amps >= 0:
        return charge_step(config, amps)
    return discharge_step(config, -amps)


def battery_target(config: BatteryConfig, ask: Ask) -> float:
    """Return the power that leaves `ask.quantity_w` less than the baseline, W."""
    return min(config.max_charge_w, max(-config.on_order_w, ask.baseline_w - ask.quantity_w))


def paid_share(need_wh: float | None, baseline_w: float, duration_s: float) -> float:
    """Return the part of a window for which a car's baseline lasts: then it would be full. 1 where nobody knows."""
    if need_wh is None or baseline_w <= 0:
        return 1.0
    return min(1.0, max(0.0, need_wh) / baseline_w / (duration_s / 3600))


def is_paid(ask: Ask, quantity_w: float, duration_s: float) -> bool:
    """Return whether a part that is about to begin is paid for long enough to be asked for.

    Its need is known already.
    """
    if quantity_w > ask.baseline_w + _WORTH_ASKING_W:
        return True
    return paid_share(ask.need_wh, ask.baseline_w, duration_s) >= _PAID_SHARE


def asked_w(device: DeviceState, offer: Offer, want_w: float, most_w: float = math.inf) -> float:
    """Return what a device will really give at most when it is asked for `want_w`, W: what its question says.

    A charger moves in whole steps or pauses, a household switches whole loads off: that may be more than is wanted. It
    is no more than `most_w`, what can be paid for.
    """
    want_w = min(want_w, offer.power_w)
    if isinstance(device.config, HouseholdConfig):
        return min(device.loads.rated_w(loads_for(device, min(want_w, most_w), most_w)), offer.baseline_w)
    given_w = _step_for(device, offer.baseline_w, want_w)
    return given_w if given_w <= most_w else _step_within(device, offer.baseline_w, most_w)


def answered_w(device: DeviceState, ask: Ask, power_w: float) -> float:
    """Return what a device gives whose owner accepts with `power_w` and no more, W; less than a step above it.

    0: it can only give more than that.
    """
    config, most_w = device.config, min(power_w, ask.offer_w)
    given_w = _step_for(device, ask.baseline_w, most_w)
    if isinstance(config, ChargerConfig) and given_w >= most_w + config.step_a * config.watts_per_amp:
        return _step_within(device, ask.baseline_w, most_w)
    return given_w


def quantity_for(device: DeviceState, ask: Ask, want_w: float) -> float:
    """Return the least reduction that the device can really make and that gives `want_w`, W; at most what it promised.

    A charger moves in steps and not between 0 and its minimum, so it may give a little more than is wanted.
    """
    return _step_for(device, ask.baseline_w, min(want_w, ask.promised_w))


def quantity_within(device: DeviceState, ask: Ask, most_w: float) -> float:
    """Return the greatest reduction that a charger or battery can make and that is at most `most_w`, W."""
    return _step_within(device, ask.baseline_w, min(most_w, ask.promised_w))


def loads_for(device: DeviceState, want_w: float, most_w: float = math.inf) -> tuple[str, ...]:
    """Return loads to shed for a reduction: the smallest one that is enough, or the largest ones together.

    Together they are rated no more than `most_w`.
    """
    loads = sorted(_loads_on(device), key=lambda load: (load[1], load[0]))
    for load_id, rated_w in loads:
        if want_w <= rated_w <= most_w:
            return (load_id,)
    chosen: list[str] = []
    for load_id, rated_w in reversed(loads):
        if want_w <= 0:
            break
        if rated_w > most_w:
            continue
        chosen.append(load_id)
        want_w -= rated_w
        most_w -= rated_w
    return tuple(chosen)


def least_w(device: DeviceState, baseline_w: float) -> float:
    """Return the least that a household can give and have paid, W: its smallest load that is on. 0 for all others."""
    return min(baseline_w, min((rated_w for _, rated_w in _loads_on(device)), default=0.0))


def relief(device: DeviceState, quantity_w: float) -> PhaseTriple:
    """Return how a device's reduction spreads over the phases, W."""
    share = quantity_w / len(device.config.phases)
    first, second, third = (share if phase in device.config.phases else 0.0 for phase in range(PHASES))
    return (first, second, third)


def want_of(device: DeviceState, missing_w: PhaseTriple) -> float:
    """Return what a device would have to give so that none of its phases is short by `missing_w` any more, W."""
    phases = device.config.phases
    return max(0.0, *(missing_w[phase] for phase in phases)) * len(phases)


def _step_for(device: DeviceState, baseline_w: float, want_w: float) -> float:
    """Return the least reduction from a baseline that can really be made and gives `want_w`, W."""
    config = device.config
    if want_w <= 0 or not isinstance(config, ChargerConfig):
        return max(0.0, want_w)
    amps = (baseline_w - want_w) / config.watts_per_amp
    if amps >= 0:
        return baseline_w - charge_step(config, amps) * config.watts_per_amp
    steps = math.ceil(-amps / config.step_a - EPSILON) * config.step_a
    fed_back = -discharge_step(config, max(steps, config.min_current_a)) if can_feed_back(device) else 0.0
    return baseline_w + fed_back * config.watts_per_amp


def _step_within(device: DeviceState, baseline_w: float, most_w: float) -> float:
    """Return the greatest reduction from a baseline that can really be made and is at most `most_w`, W."""
    config = device.config
    if not isinstance(config, ChargerConfig):
        return max(0.0, most_w)
    amps = (baseline_w - most_w) / config.watts_per_amp
    if amps >= 0:
        left = max(config.min_current_a, math.ceil(amps / config.step_a - EPSILON) * config.step_a) if amps > 0 else 0.0
        return max(0.0, baseline_w - left * config.watts_per_amp)
    fed_back = -discharge_step(config, -amps) if can_feed_back(device) else 0.0
    return baseline_w + fed_back * config.watts_per_amp


def _feeds_back_w(device: DeviceState, config: ChargerConfig, duration_s: float) -> float:
    floor = config.policy.v2g_floor_soc
    if floor is None or not can_feed_back(device):
        return 0.0
    held_w = _held_w(device.least_soc, floor, config.battery_wh or LEAST_CAPACITY_WH, duration_s)
    return -discharge_step(config, min(config.max_discharge_a, held_w / config.watts_per_amp)) * config.watts_per_amp


def _held_w(soc: float | None, floor: float, capacity_wh: float, duration_s: float) -> float:
    """Return the power that what is stored above the floor can hold for a while, W."""
    if soc is None:
        return 0.0
    return max(0.0, soc - floor) / 100 * capacity_wh / (duration_s / 3600)


def _loads_on(device: DeviceState) -> list[tuple[str, float]]:
    config, telemetry = device.config, device.telemetry
    if not isinstance(config, HouseholdConfig) or not isinstance(telemetry, HouseholdTelemetry):
        return []
    return [
        (load.load_id, load.rated_w)
        for load in config.loads
        if load.for_requests
        and load.load_id not in device.loads.protecting
        and telemetry.loads_on.get(load.load_id) is True
    ]


def _out_of_reach(device: DeviceState, now: float) -> Reason | None:
    """Return why nobody can be asked here, whatever it draws."""
    if device.silent:
        return Reason(key=SILENT)
    if not device.watch.compliant:
        return Reason(key="not_asked_not_following")
    if device.setpoint is None and isinstance(device.config, ChargerConfig):
        return Reason(key=STARTING)
    if now < device.left_until:
        return Reason(key="not_asked_left", placeholders={"starts_at": device.left_until})
    return None


def _just_begun(device: DeviceState, now: float, drawn_w: float, window_s: float, known_at: float) -> Offer:
    """Return a charger whose baseline has yet to follow what it draws.

    How long it has drawn so much, and would have to.
    """
    drawn_s = now - device.log.since_above(drawn_w * _AS_MUCH, now)
    needed_s = window_s + min(window_s, max(0.0, now - known_at))
    minutes = min(int(drawn_s // 60), math.ceil(needed_s / 60) - 1)
    return nothing(JUST_BEGUN, minutes=minutes, needed=math.ceil(needed_s / 60))

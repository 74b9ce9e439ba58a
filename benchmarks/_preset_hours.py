"""An hour of the closed loop around one device, with what its preset fills in.

Each kind is judged by what it is for: a charger and a meter by the current that a car gets, a battery by what it gives
of what it promised, a solar system by how long its reading is believed, a car by how well its state of charge is known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from benchmarks._preset_battery import ToldBattery, told_hands
from benchmarks._preset_habits import Habit
from benchmarks._zoo_site import START, BatterySpec, ChargerSpec, FeederSpec, Site, SunSpec
from custom_components.tangle_grid.const import (
    CONF_CONTROL,
    CONF_ENABLE_PAUSES,
    CONF_KEEP_ALIVE,
    CONF_MAX_AGE,
    CONF_METER_MAX_AGE,
    CONF_METER_TOTAL,
    CONF_MIN_CURRENT,
    CONF_WRITE_INTERVAL,
    DEFAULT_MAX_AGE,
    DEFAULT_METER_MAX_AGE,
)
from custom_components.tangle_grid.devices.feeders import MeterTotal
from custom_components.tangle_grid.devices.shape import BatteryControl, ChargerControl, can_be_forced
from custom_components.tangle_grid.grid import BatteryConfig, ChargerConfig, FeederConfig, PolicyConfig, SolarConfig
from custom_components.tangle_grid.grid.model.timing import Timing
from custom_components.tangle_grid.grid.model.world import PolicyMode
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.load import Appliance, BaseLoad
from custom_components.tangle_grid.simulation.zoo.obeying import SwitchInverted
from custom_components.tangle_grid.simulation.zoo.reporting import Every, OneAfterAnother

FUSE_A: Final = 25.0
HOUR_S: Final = 3600
_HIGHEST_A: Final = 16.0
_LOADS: Final = ((900.0, 1200.0), (1800.0, 2100.0))
_DEAD: Final = (2700.0, 3000.0)
_CALM_AFTER_S: Final = 300.0
_BATTERY_W: Final = 3000.0
#: What a battery does by itself: it stores what the sun leaves, W.
_OWN_W: Final = 1500.0
#: A request begins after this share of the time, and lasts for that; what is given counts after a while, s.
_ASKED: Final = (1 / 6, 1 / 2)
_ASKED_W: Final = 4000.0
_ANSWERED_S: Final = 120.0
_CAR_WH: Final = 60_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What an hour came to.

    Attributes:
        value: See the kind: A, % or percentage points.
        word: How well it fits.
        writes: Commands that the device got; of a meter those of the charger behind it.
        over_s: How long the fuse was above its rating, s.
    """

    value: float
    word: str
    writes: int = 0
    over_s: float = 0.0


class _Interrupted(Behaviour):
    """It says nothing for a while."""

    def __init__(self) -> None:
        self.dead = False

    def quiet(self, *, in_session: bool) -> bool:  # noqa: ARG002 - it is quiet either way
        """Say nothing while it is dead."""
        return self.dead


def _counted(site: Site, of: str) -> list[int]:
    """Count the commands that a device hears from now on, in the one number of the list."""
    count = [0]

    def counting(action: Callable[[Mapping[str, Any]], None], data: Mapping[str, Any]) -> None:
        count[0] += 1
        action(data)

    actions = site.hass._actions  # noqa: SLF001 - each of them is a command
    for key, action in actions.items():
        if key[0].partition(".")[2].startswith(of):
            actions[key] = partial(counting, action)
    return count


def _word(value: float, fits: float, partly: float) -> str:
    return "fits" if value >= fits else "partly" if value >= partly else "hardly"


def _feeder(meter: tuple[Behaviour, ...], *, phases: int = 3, total: bool = False, loads: bool = True) -> FeederSpec:
    on = tuple(1.0 if phase < phases else 0.0 for phase in range(3))

    def amps(each: float) -> tuple[float, float, float]:
        return (each * on[0], each * on[1], each * on[2])

    appliances = [Appliance(amps=amps(16.0), begin=START + begin, end=START + end) for begin, end in _LOADS]
    return FeederSpec(
        config=FeederConfig(feeder_id="main", capacity_a=amps(FUSE_A), threshold_a=amps(0.8 * FUSE_A), is_total=total),
        base=BaseLoad(seed=1, mean_a=amps(5.0), flicker_a=0.3, appliances=appliances if loads else ()),
        meter=meter,
    )


def _charging(site: Site, meter: _Interrupted, seconds: int, phases: int = 3) -> Figures:
    """Let a charger charge; what counts is what flows in the calm."""
    writes, charger = _counted(site, "charger"), site.chargers["charger"]
    disturbed = [(begin, end + _CALM_AFTER_S) for begin, end in (*_LOADS, _DEAD)]
    calm, over = [], 0.0
    for second in range(seconds):
        meter.dead = _DEAD[0] <= second < _DEAD[1]
        site.run(1.0)
        if second >= min(_CALM_AFTER_S, seconds / 2) and not any(begin <= second < end for begin, end in disturbed):
            calm.append(charger.amps)
        if max(site.load_a("main")[:phases]) > FUSE_A + 0.01:
            over += 1.0
    mean = sum(calm) / len(calm)
    return Figures(value=mean, word=_word(mean, 15.0, 10.0), writes=writes[0], over_s=over)


def of_charger(habit: Habit, values: Mapping[str, Any], seconds: int = HOUR_S) -> Figures:
    """Return the mean current of a car that could take 16 A, A per phase."""
    rude = habit.rude()
    inverted = any(isinstance(each, SwitchInverted) for each in rude)
    on_off = values.get(CONF_CONTROL) == ChargerControl.ON_OFF
    lowest = _HIGHEST_A if on_off else float(values.get(CONF_MIN_CURRENT, 6.0))
    config = ChargerConfig(
        device_id="charger",
        name="Charger",
        feeder_id="main",
        min_current_a=lowest,
        max_current_a=_HIGHEST_A,
        safe_current_a=lowest if on_off else 6.0,
        step_a=lowest if on_off else 1.0,
        write_interval_s=values.get(CONF_WRITE_INTERVAL),
        max_age_s=float(values.get(CONF_MAX_AGE, DEFAULT_MAX_AGE)),
    )
    spec = ChargerSpec(
        config=config,
        behaviours=(*habit.reports(), *rude),
        car=ZooCar(battery_wh=200_000.0, least_a=min(6.0, lowest)),
        lowest_a=habit.lowest_a,
        has_switch=habit.paused or on_off,
        per_phase=False,
        switch_pauses=inverted and bool(values.get(CONF_ENABLE_PAUSES)),
        on_off=on_off,
    )
    meter = _Interrupted()
    return _charging(Site([_feeder((Every(5.0), OneAfterAnother(), meter))], [spec]), meter, seconds)


def of_meter(habit: Habit, values: Mapping[str, Any], seconds: int = HOUR_S) -> Figures:
    """Return the mean current of a car that could take 16 A, at a charger that does all that it should, A per phase."""
    total = values.get(CONF_METER_TOTAL) == MeterTotal.UNEVEN
    meter, phases = _Interrupted(), habit.phases
    config = ChargerConfig(device_id="charger", name="Charger", feeder_id="main", phases=tuple(range(phases)))
    spec = ChargerSpec(
        config=config,
        behaviours=(Every(5.0), OneAfterAnother()),
        car=ZooCar(battery_wh=200_000.0, lines=tuple(range(phases))),
    )
    feeder = _feeder((*habit.reports(), meter), phases=phases, total=total)
    age = float(values.get(CONF_METER_MAX_AGE, DEFAULT_METER_MAX_AGE))
    site = Site([feeder], [spec], timing=Timing(meter_max_age_s=age))
    return _charging(site, meter, seconds, phases)


def of_battery(habit: Habit, values: Mapping[str, Any], seconds: int = HOUR_S) -> Figures:
    """Return the share of what a battery promised in a request of half the time that it gives, %.

    Afterwards it has to be left to itself again, or it does not fit at all.
    """
    control = BatteryControl(values.get(CONF_CONTROL, BatteryControl.POWER))
    config = BatteryConfig(
        device_id="battery",
        name="Battery",
        feeder_id="main",
        capacity_wh=10_000,
        max_charge_w=_BATTERY_W,
        max_discharge_w=_BATTERY_W,
        forced=can_be_forced(values),
        policy=PolicyConfig(mode=PolicyMode.ALWAYS),
    )
    spec = BatterySpec(
        config=config,
        behaviours=habit.reports(),
        own_w=lambda _: _OWN_W,
        make=partial(
            ToldBattery,
            maxima=control is BatteryControl.MAXIMA,
            lapses_s=habit.lapses_s,
            free_giver=habit.free_giver,
        ),
        hands=partial(told_hands, control, values.get(CONF_KEEP_ALIVE)),
    )
    site = Site([_feeder((Every(5.0), OneAfterAnother()), loads=False)], [], batteries=[spec])
    battery = site.batteries["battery"]
    begin, length = seconds * _ASKED[0], seconds * _ASKED[1]
    site.run(begin)
    request, events = site.engine.commands.request_curtailment(
        site.now, power_w=_ASKED_W, duration_s=length, device_ids=["battery"]
    )
    site.events += ((site.now, event) for event in events)
    wait = min(_ANSWERED_S, length / 2)
    site.run(wait)
    given = []
    for _ in range(int(length - wait)):
        site.run(1.0)
        given.append(_OWN_W - battery.power_w)
    site.run(seconds - begin - length)
    promised = request.asks["battery"].promised_w
    share = 100.0 * sum(given) / len(given) / promised if promised else 0.0
    freed = battery.power_w == _OWN_W
    return Figures(value=share, word=_word(share, 95.0, 50.0) if freed else "hardly", writes=battery.writes)


def of_solar(habit: Habit, values: Mapping[str, Any], seconds: int = HOUR_S) -> Figures:  # noqa: ARG001 - as the others
    """Return for how much of the time a solar system's reading is believed, %."""
    sun = SunSpec(
        config=SolarConfig(device_id="sun", name="Sun", feeder_id="main"),
        gives=BaseLoad(seed=2, mean_a=(3.0, 3.0, 3.0), swing_a=(2.0, 2.0, 2.0)),
        behaviours=habit.reports(),
    )
    site = Site([_feeder((Every(5.0), OneAfterAnother()))], [], suns=[sun])
    believed = 0
    for _ in range(seconds // 5):
        site.run(5.0)
        believed += not site.engine.status(site.now).devices["sun"].silent
    share = 100.0 * believed / (seconds // 5)
    return Figures(value=share, word=_word(share, 95.0, 50.0))


def of_vehicle(habit: Habit, values: Mapping[str, Any], seconds: int = HOUR_S) -> Figures:  # noqa: ARG001 - as the others
    """Return how far the state of charge that is gone by is from the true one at most, percentage points."""
    config = ChargerConfig(device_id="charger", name="Charger", feeder_id="main", battery_wh=int(_CAR_WH))
    car = ZooCar(battery_wh=_CAR_WH, soc=40.0, soc_every_s=habit.soc_s)
    spec = ChargerSpec(config=config, behaviours=(Every(5.0), OneAfterAnother()), car=car)
    site = Site([_feeder((Every(5.0), OneAfterAnother()))], [spec])
    worst = 0.0
    for _ in range(seconds // 5):
        site.run(5.0)
        known = site.engine._parts.devices["charger"].soc  # noqa: SLF001 - what it goes by, and shows nobody
        worst = max(worst, 100.0 if known is None else abs(known - car.soc))
    return Figures(value=worst, word=_word(-worst, -3.0, -10.0))


HOURS: Final[Mapping[str, Callable[..., Figures]]] = {
    "charger": of_charger,
    "meter": of_meter,
    "battery": of_battery,
    "solar": of_solar,
    "vehicle": of_vehicle,
}
"""By kind: habit and what a form was filled in with -> figures; the third one is for how long, s."""

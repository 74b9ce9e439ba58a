"""The same fifty minutes for every animal of the zoo: a rude charger and a polite one behind a fuse of 25 A.

The load that nobody controls and both safe currents fit the fuse at any time: so whoever sets a site up has to choose
them. Where a battery or a home is the rude one it stands beside the two, behind a fuse of 35 A. Both cars are plugged
in during the first minute. There follow a kettle, two power cuts at the rude charger, a car that rests, a reload and a
crash of Home Assistant, a car that leaves and comes back, and an oven.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks._zoo_catalogue import METER_S, REPORT_S, Animal, Behaviours
from benchmarks._zoo_perfect import best_w
from benchmarks._zoo_site import START, BatterySpec, ChargerSpec, FeederSpec, HomeSpec, Site
from custom_components.tangle_grid.grid import (
    BatteryConfig,
    ChargerConfig,
    Compliance,
    FeederConfig,
    HouseholdConfig,
    SafeState,
)
from custom_components.tangle_grid.simulation.zoo.breaker import breaker_b, fuse_gg
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.load import Appliance, BaseLoad
from custom_components.tangle_grid.simulation.zoo.reporting import Every

FUSE_A: Final = 25.0
_WIDE_FUSE_A: Final = 35.0
_BATTERY_W: Final = 3000.0
_BATTERY_TURN_S: Final = 400.0
LENGTH_S: Final = 3000.0
LAST_S: Final = 120.0
#: What a person has to mend is named within this time, s.
NAMED_S: Final = 300.0
_KETTLE: Final = (600.0, 750.0, 5.0)
_OVEN: Final = (2100.0, 2700.0, 5.0)
RUDE, POLITE = "rude", "polite"
BATTERY, HOME = "battery", "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """What an animal cost: times in s, the rest as shares.

    Attributes:
        over_s: The longest time above the capacity without a break in which somebody could have drawn less.
        total_s: All time above the capacity.
        worst: The greatest load.
        gg, b: I²t as a share of the earliest trip line of a gG fuse and a B breaker.
        last_over_s: Time above the capacity in the last two minutes in which somebody could have drawn less.
        share: Of the energy that a perfect controller would have given to both.
        writes_h: Commands to the rude charger, an hour.
        starts: Of the rude charger.
        noticed: The grid said that something is wrong.
        named: It said so of what has to be mended, after it went wrong.
        crashes: Passes that failed.
    """

    name: str
    over_s: float
    total_s: float
    worst: float
    gg: float
    b: float
    last_over_s: float
    share: float
    writes_h: float
    starts: int
    noticed: bool
    named: bool
    crashes: int


def build(animal: Animal, seed: int = 1) -> Site:
    """Return the site, before anything has happened."""
    appliances = [
        Appliance(amps=(_KETTLE[2], 0.0, 0.0), begin=START + _KETTLE[0], end=START + _KETTLE[1]),
        Appliance(amps=(_OVEN[2], 0.0, 0.0), begin=START + _OVEN[0], end=START + _OVEN[1], on_s=60.0, off_s=90.0),
    ]
    base = BaseLoad(seed=seed, mean_a=(7.5, 4.0, 5.0), flicker_a=animal.flicker_a, appliances=appliances)
    fuse_a = fuse_of(animal)
    full, soft = (fuse_a,) * 3, (0.8 * fuse_a,) * 3
    feeder = FeederSpec(
        config=FeederConfig(feeder_id="main", capacity_a=full, threshold_a=soft),
        base=base,
        meter=animal.meter() or (Every(METER_S, seed % METER_S),),
    )
    rude = ChargerSpec(
        config=ChargerConfig(
            device_id=RUDE,
            feeder_id="main",
            battery_wh=60_000,
            limit_undivided=animal.spec.get("in_watts", False),
        ),
        behaviours=animal.charger(3.0 * seed % REPORT_S),
        **animal.spec,
    )
    polite = ChargerSpec(
        config=ChargerConfig(device_id=POLITE, feeder_id="main", battery_wh=60_000),
        behaviours=(Every(REPORT_S, 7.0 * seed % REPORT_S),),
    )
    batteries = [] if animal.battery is None else [_battery(animal.battery())]
    homes = [] if animal.home is None else [_home(animal.home(), seed)]
    return Site([feeder], [rude, polite], batteries=batteries, homes=homes)


def fuse_of(animal: Animal) -> float:
    """Return the fuse that the animal lives behind, A."""
    return FUSE_A if animal.battery is None and animal.home is None else _WIDE_FUSE_A


def _battery(behaviours: Behaviours) -> BatterySpec:
    def own_w(at: float) -> float:
        return _BATTERY_W if (at // _BATTERY_TURN_S) % 2 < 1 else -_BATTERY_W

    config = BatteryConfig(
        device_id=BATTERY,
        feeder_id="main",
        capacity_wh=10_000,
        max_charge_w=_BATTERY_W,
        max_discharge_w=_BATTERY_W,
    )
    return BatterySpec(config=config, behaviours=behaviours or (Every(REPORT_S),), own_w=own_w)


def _home(behaviours: Behaviours, seed: int) -> HomeSpec:
    config = HouseholdConfig(device_id=HOME, feeder_id="main")
    base = BaseLoad(seed=seed + 1, mean_a=(2.0, 2.0, 2.0), swing_a=(1.0, 1.0, 1.0), flicker_a=0.5)
    return HomeSpec(config=config, base=base, behaviours=behaviours or (Every(REPORT_S),))


def play(animal: Animal, seed: int = 1) -> tuple[Site, Felt]:
    """Run the story."""
    site = build(animal, seed)
    rude, polite = site.chargers[RUDE], site.chargers[POLITE]
    car = ZooCar(**{"soc": 20.0, **animal.car})
    story: list[tuple[float, Callable[[], None]]] = [
        (30.0, lambda: polite.plug_in(ZooCar())),
        (60.0, lambda: rude.plug_in(car)),
        (640.0, lambda: rude.cut_power(off=True)),
        (650.0, lambda: rude.cut_power(off=False)),
        (1000.0, lambda: rude.rest(resting=True)),
        (1060.0, lambda: rude.rest(resting=False)),
        (1200.0, lambda: rude.cut_power(off=True)),
        (1220.0, lambda: rude.cut_power(off=False)),
        (1500.0, site.reload),
        (1620.0, site.kill),
        (1640.0, site.start),
        (1800.0, rude.unplug),
        (1860.0, lambda: rude.plug_in(car)),
    ]
    for at, event in story:
        site.agenda.at(START + at, event)
    site.run(LENGTH_S - LAST_S)
    felt = site.felt["main"]
    before, felt.needless_s = felt.needless_s, 0.0
    site.run(LAST_S)
    last, felt.needless_s = felt.needless_s, max(before, felt.needless_s)
    begin = START + 60.0
    best, drawn = sum(best_w(site, begin, site.now)), sum(site.trace.power_w[60:])
    return site, Felt(
        name=animal.name,
        over_s=felt.needless_s,
        total_s=felt.over_s,
        worst=felt.worst,
        gg=max(fuse_gg(fuse_of(animal)).share(squares) for squares in felt.squares),
        b=max(breaker_b(fuse_of(animal)).share(squares) for squares in felt.squares),
        last_over_s=last,
        share=drawn / best if best else 1.0,
        writes_h=rude.writes * 3600.0 / LENGTH_S,
        starts=rude.starts,
        noticed=any(
            (isinstance(event, SafeState) and event.entered) or (isinstance(event, Compliance) and not event.compliant)
            for at, event in site.events
            if at > START + 120.0
        ),
        named=animal.named_s is None or named(site, _culprit(animal), animal.named_s),
        crashes=len(site.crashes),
    )


def named(site: Site, culprit: str, named_s: float) -> bool:
    """Return whether the grid said, in time, that something is wrong with a feeder's meter or a device."""
    return any(
        isinstance(event, SafeState) and event.entered and event.target == culprit and at <= START + named_s + NAMED_S
        for at, event in site.events
    )


def _culprit(animal: Animal) -> str:
    if animal.battery is not None:
        return BATTERY
    if animal.home is not None:
        return HOME
    return "main" if animal.name.startswith("meter") else RUDE

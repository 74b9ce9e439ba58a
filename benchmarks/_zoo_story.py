"""The same fifty minutes for every animal of the zoo: a rude charger and a polite one behind a fuse of 25 A.

The load that nobody controls and both safe currents fit the fuse at any time: so whoever sets a site up has to choose
them. Both cars are plugged in during the first minute. There follow a kettle, two power cuts at the rude charger, a car
that rests, a reload and a crash of Home Assistant, a car that leaves and comes back, and an oven.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks._zoo_catalogue import METER_S, REPORT_S, Animal
from benchmarks._zoo_perfect import best_w
from benchmarks._zoo_site import START, ChargerSpec, FeederSpec, Site
from custom_components.tangle_grid.grid import ChargerConfig, Compliance, FeederConfig, SafeState
from custom_components.tangle_grid.simulation.zoo.breaker import breaker_b, fuse_gg
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.load import Appliance, BaseLoad
from custom_components.tangle_grid.simulation.zoo.reporting import Every

FUSE_A: Final = 25.0
LENGTH_S: Final = 3000.0
LAST_S: Final = 120.0
_KETTLE: Final = (600.0, 750.0, 5.0)
_OVEN: Final = (2100.0, 2700.0, 5.0)
RUDE, POLITE = "rude", "polite"


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
    crashes: int


def build(animal: Animal, seed: int = 1) -> Site:
    """The site, before anything has happened."""
    appliances = [
        Appliance(amps=(_KETTLE[2], 0.0, 0.0), begin=START + _KETTLE[0], end=START + _KETTLE[1]),
        Appliance(amps=(_OVEN[2], 0.0, 0.0), begin=START + _OVEN[0], end=START + _OVEN[1], on_s=60.0, off_s=90.0),
    ]
    base = BaseLoad(seed=seed, mean_a=(7.5, 4.0, 5.0), flicker_a=0.5, appliances=appliances)
    full, soft = (FUSE_A,) * 3, (0.8 * FUSE_A,) * 3
    feeder = FeederSpec(
        config=FeederConfig(feeder_id="main", capacity_a=full, threshold_a=soft),
        base=base,
        meter=animal.meter() or (Every(METER_S, seed % METER_S),),
    )
    rude = ChargerSpec(
        config=ChargerConfig(device_id=RUDE, feeder_id="main", battery_wh=60_000),
        behaviours=animal.charger(3.0 * seed % REPORT_S),
        **animal.spec,
    )
    polite = ChargerSpec(
        config=ChargerConfig(device_id=POLITE, feeder_id="main", battery_wh=60_000),
        behaviours=(Every(REPORT_S, 7.0 * seed % REPORT_S),),
    )
    return Site([feeder], [rude, polite])


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
        gg=max(fuse_gg(FUSE_A).share(squares) for squares in felt.squares),
        b=max(breaker_b(FUSE_A).share(squares) for squares in felt.squares),
        last_over_s=last,
        share=drawn / best if best else 1.0,
        writes_h=rude.writes * 3600.0 / LENGTH_S,
        starts=rude.starts,
        noticed=any(
            (isinstance(event, SafeState) and event.entered) or (isinstance(event, Compliance) and not event.compliant)
            for at, event in site.events
            if at > START + 120.0
        ),
        crashes=len(site.crashes),
    )

"""Any site of the zoo with anything that happens to it, drawn from a source of chance.

One to eight chargers on one to three feeders, of one phase or three, perhaps a battery and homes with meters of their
own, which may say strange things; each charger has up to three behaviours of the catalogue, each meter perhaps one. Of
these, at most one device lies about power: when a meter and a charger lie at once, nobody can know what is true. Fuses
are the next size that carries what nobody controls with all safe currents and floors: so whoever sets a site up has to
choose them.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from benchmarks._zoo_catalogue import ANIMALS, GRACE_S, HIDDEN_S, METER_S, REPORT_S, Animal, Shows
from benchmarks._zoo_site import START, BatterySpec, ChargerSpec, FeederSpec, HomeSpec, Site
from custom_components.tangle_grid.grid import BatteryConfig, ChargerConfig, FeederConfig, HouseholdConfig
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.charger import FOLLOW_S
from custom_components.tangle_grid.simulation.zoo.load import Amps, Appliance, BaseLoad
from custom_components.tangle_grid.simulation.zoo.reporting import Dead, Every
from custom_components.tangle_grid.simulation.zoo.showing import OtherDigits, Renamed, Says, UnitIs, Vanishes

SIZES_A: Final = (16.0, 20.0, 25.0, 32.0, 35.0, 40.0, 50.0, 63.0, 80.0, 100.0)
_ALL: Final = (0, 1, 2)
#: Amperes of behaviours mean something else where a power is told: for these there is a property of its own.
_CHARGERS: Final = tuple(
    animal
    for animal in ANIMALS
    if animal.name.startswith("charger") and animal.reports is None and not animal.spec.get("in_watts")
)
_REPORTS: Final = tuple(animal for animal in ANIMALS if animal.reports is not None and animal.report_s <= 100.0)
_METERS: Final = tuple(animal for animal in ANIMALS if animal.name.startswith("meter"))
#: Of these the ones that are gone for a while.
_GONE: Final = frozenset(animal.name for animal in _METERS if animal.named_s is not None or "frozen" in animal.name)
#: What entities of batteries and homes say now and then.
_TEXTS: Final[tuple[tuple[str, Callable[[], Behaviour]], ...]] = (
    ("nan", lambda: Says("nan", "power")),
    ("1e308", lambda: Says("1e308", "power")),
    ("other digits", OtherDigits),
    ("a unit that is a list", lambda: UnitIs(["W"], "power")),
    ("no state of charge", lambda: Vanishes("soc")),
    ("nothing", Vanishes),
    ("not there for three minutes", lambda: Renamed().between(0.0, 180.0)),
)
_SAFE_A: Final = 6.0
_DOWN_S: Final = 60.0


@dataclass(slots=True, kw_only=True)
class Drawn:
    """A site that was drawn.

    Attributes:
        site: It, with all events on its agenda.
        length_s: How long it is to run.
        says: What it is, line by line.
        allowed_s: The longest time above the capacity in which somebody could have drawn less, s.
        truthful: Nothing in it lies, nor keeps anything back.
        kinds: The names of all behaviours in it.
        reports: How each charger reports: "10 s" and the like.
        mend: What a person has to mend: the device or feeder, from when on, seconds after the start, and while what
            that shows.
        begins: How often each charger has to begin anew: with a car, or since it, its meter or Home Assistant was gone.
    """

    site: Site
    length_s: float
    says: list[str] = field(default_factory=list)
    allowed_s: float = 0.0
    truthful: bool = True
    kinds: list[str] = field(default_factory=list)
    reports: dict[str, str] = field(default_factory=dict)
    mend: list[tuple[str, float, Shows]] = field(default_factory=list)
    begins: Counter[str] = field(default_factory=Counter)


class _Draw:
    """One drawing."""

    def __init__(self, chance: random.Random, length_s: float) -> None:
        self.chance, self.length_s = chance, length_s
        self.says: list[str] = []
        self.animals: list[Animal] = []
        self.may_lie = True
        self.down_s = 0.0
        self.reports: dict[str, str] = {}
        self.mend: list[tuple[str, float, Shows]] = []
        self.begins: Counter[str] = Counter()

    def drawn(self) -> Drawn:
        """Everything."""
        chance = self.chance
        feeders = ["main", *(f"sub_{number}" for number in range(chance.choice((0, 0, 0, 1, 2))))]
        chargers = [self._charger(number, feeders) for number in range(chance.choice((1, 1, 2, 2, 3, 4, 6, 8)))]
        batteries = [self._battery(feeders)] if chance.random() < 0.3 else []
        homes = [self._home(number, feeders) for number in range(chance.choice((0, 0, 1, 2)))]
        specs = [self._feeder(each, chargers, batteries, homes) for each in feeders]
        specs[0] = self._root(specs, chargers, batteries, homes)
        site = Site(specs, [replace(each, car=None) for each in chargers], batteries=batteries, homes=homes)
        self._events(site, {each.config.device_id: each.car for each in chargers})
        slow = self.animals or [ANIMALS[0]]
        reasons = sum(animal.bound_s for animal in slow if animal.bound_s is not None)
        if len(chargers) > 1 and any(animal.hides for animal in slow):
            reasons += HIDDEN_S
        return Drawn(
            site=site,
            length_s=self.length_s,
            says=self.says,
            allowed_s=max(animal.report_s for animal in slow)
            + METER_S
            + FOLLOW_S
            + max(animal.follow_s for animal in slow)
            + GRACE_S
            + reasons
            + self.down_s,
            truthful=all(animal.tells_truth for animal in slow),
            kinds=sorted({animal.name for animal in self.animals}),
            reports=self.reports,
            mend=self.mend,
            begins=Counter(
                {
                    device_id: self.begins[device_id] + self.begins[""] + sum(self.begins[each] for each in path)
                    for device_id, path in site.paths.items()
                    if device_id in site.chargers
                }
            ),
        )

    def _pick(self, animals: tuple[Animal, ...]) -> Animal:
        return self.chance.choice(animals if self.may_lie else [each for each in animals if each.tells_truth])

    def _keep(self, animal: Animal, owner: str) -> None:
        """It lives on this device or feeder."""
        self.may_lie &= animal.tells_truth
        self.animals.append(animal)
        if animal.named_s is not None:
            self.mend.append((owner, animal.named_s, animal.shows))

    def _charger(self, number: int, feeders: list[str]) -> ChargerSpec:
        chance, device_id = self.chance, f"car_{number}"
        kinds = [self._pick(_REPORTS)] if chance.random() < 0.5 else []
        spec: dict[str, Any] = {}
        car: dict[str, Any] = {}
        for _ in range(chance.choice((0, 0, 1, 1, 2))):
            animal = self._pick(_CHARGERS)
            if not spec.keys() & animal.spec.keys() and not car.keys() & animal.car.keys():
                kinds.append(animal)
                self.may_lie &= animal.tells_truth
                spec, car = {**spec, **animal.spec}, {**car, **animal.car}
        for animal in kinds:
            self._keep(animal, device_id)
        reports = [animal for animal in kinds if animal.reports is not None]
        others = [animal for animal in kinds if animal.reports is None]
        self.reports[device_id] = reports[0].name.partition(" reports ")[2] if reports else f"every {REPORT_S:g} s"
        timers = reports[0].charger() if reports else (Every(REPORT_S, chance.uniform(0.0, REPORT_S)),)
        phases = chance.choice((_ALL, _ALL, (0,), (1,), (2,)))
        if len(phases) == 1:
            # It measures one current, and needs no sensors to say on which phase.
            spec = {**{key: value for key, value in spec.items() if key != "wires"}, "per_phase": False}
            car["lines"] = (0,)
        config = ChargerConfig(
            device_id=device_id,
            feeder_id=chance.choice(feeders),
            phases=phases,
            battery_wh=60_000,
            target_soc=100.0,
            safe_current_a=chance.choice((_SAFE_A, _SAFE_A, 0.0)) if not spec.get("floor_a") else _SAFE_A,
        )
        names = ", ".join(animal.name.removeprefix("charger ") for animal in kinds) or "polite"
        self.says.append(f"{device_id} on {config.feeder_id}, phases {phases}, safe {config.safe_current_a:g}: {names}")
        return ChargerSpec(
            config=config,
            behaviours=(*timers, *(each for animal in others for each in animal.rude())),
            car=ZooCar(**{"soc": chance.uniform(10.0, 60.0), **car}),
            **spec,
        )

    def _battery(self, feeders: list[str]) -> BatterySpec:
        chance = self.chance
        level_w, turn_s = chance.uniform(0.0, 3000.0), chance.uniform(300.0, 1200.0)

        def own_w(at: float) -> float:
            return level_w if (at // turn_s) % 2 < 1 else -level_w

        config = BatteryConfig(
            device_id="battery",
            feeder_id=chance.choice(feeders),
            capacity_wh=10_000,
            max_charge_w=3000.0,
            max_discharge_w=3000.0,
        )
        says, behaviours = self._texts()
        self.says.append(f"battery on {config.feeder_id}: {level_w:.0f} W up and down every {turn_s:.0f} s{says}")
        return BatterySpec(
            config=config, behaviours=(Every(chance.choice((5.0, 10.0, 30.0))), *behaviours), own_w=own_w
        )

    def _texts(self) -> tuple[str, tuple[Behaviour, ...]]:
        """Return what an entity says from some moment on, if anything strange."""
        if self.chance.random() < 0.6:
            return "", ()
        name, make = self.chance.choice(_TEXTS)
        behaviour, begin_s = make(), self.chance.uniform(0.0, self.length_s)
        if name.startswith("not there"):
            return f", {name}", (behaviour,)
        return f", says {name} from {begin_s:.0f} s on", (behaviour.between(begin_s, begin_s + 900.0),)

    def _base(self) -> BaseLoad:
        chance = self.chance
        appliances = []
        for _ in range(chance.choice((0, 0, 1, 2))):
            begin = START + chance.uniform(0.0, self.length_s)
            amps = [0.0, 0.0, 0.0]
            amps[chance.randrange(3)] = chance.uniform(3.0, 10.0)
            on_s, off_s = chance.choice(((float("inf"), 0.0), (60.0, 90.0), (20.0, 40.0)))
            end = begin + chance.uniform(60.0, 900.0)
            appliances.append(Appliance(amps=(amps[0], amps[1], amps[2]), begin=begin, end=end, on_s=on_s, off_s=off_s))
        mean = tuple(chance.uniform(0.3, 6.0) for _ in _ALL)
        return BaseLoad(
            seed=chance.getrandbits(32),
            mean_a=(mean[0], mean[1], mean[2]),
            swing_a=(chance.uniform(0.0, 2.0), 0.5, 0.5),
            flicker_a=chance.uniform(0.05, 1.0),
            appliances=appliances,
        )

    def _home(self, number: int, feeders: list[str]) -> HomeSpec:
        config = HouseholdConfig(device_id=f"home_{number}", feeder_id=self.chance.choice(feeders))
        says, behaviours = self._texts()
        if says:
            self.says.append(f"home_{number}{says}")
        return HomeSpec(
            config=config, base=self._base(), behaviours=(Every(self.chance.choice((5.0, 30.0))), *behaviours)
        )

    def _feeder(
        self, feeder_id: str, chargers: list[ChargerSpec], batteries: list[BatterySpec], homes: list[HomeSpec]
    ) -> FeederSpec:
        chance = self.chance
        meter: tuple[Behaviour, ...] = (Every(METER_S, chance.uniform(0.0, METER_S)),)
        name = "polite"
        if chance.random() < 0.3:
            animal = self._pick(_METERS)
            self._keep(animal, feeder_id)
            meter, name = animal.meter(), animal.name
        self.begins[feeder_id] += name in _GONE
        if chance.random() < 0.2:
            self.begins[feeder_id] += 1
            begin = chance.uniform(60.0, self.length_s)
            meter = (*meter, Dead().between(begin, begin + chance.uniform(30.0, 600.0)))
            name += f", dead from {begin:.0f} s on"
        base = self._base()
        needed_a = [0.0, 0.0, 0.0]
        _add(needed_a, _most(base))
        for each in _at_least(feeder_id, chargers, batteries, homes):
            _add(needed_a, each)
        size = next((each for each in SIZES_A if each >= max(needed_a) / 0.9), SIZES_A[-1])
        self.says.append(f"{feeder_id}: {size:g} A, needs {max(needed_a):.1f}, meter {name}")
        return FeederSpec(config=_feeder_config(feeder_id, size), base=base, meter=meter)

    def _root(
        self,
        specs: list[FeederSpec],
        chargers: list[ChargerSpec],
        batteries: list[BatterySpec],
        homes: list[HomeSpec],
    ) -> FeederSpec:
        """Return whether the first feeder carries all others as well."""
        needed_a = [0.0, 0.0, 0.0]
        for spec in specs:
            assert spec.base is not None  # noqa: S101 - each has one
            _add(needed_a, _most(spec.base))
            for each in _at_least(spec.config.feeder_id, chargers, batteries, homes):
                _add(needed_a, each)
        size = next((each for each in SIZES_A if each >= max(needed_a) / 0.9), max(needed_a) / 0.9)
        return replace(specs[0], config=_feeder_config("main", size))

    # What happens

    def _events(self, site: Site, cars: dict[str, ZooCar | None]) -> None:
        for device_id, car in cars.items():
            assert car is not None  # noqa: S101 - each has one
            self._stays(site, device_id, car)
        for what in self._happenings():
            what(site)

    def _stays(self, site: Site, device_id: str, car: ZooCar) -> None:
        charger, chance = site.chargers[device_id], self.chance
        comes = START + chance.choice((1.0, 30.0, chance.uniform(0.0, self.length_s / 2)))
        site.agenda.at(comes, lambda: charger.plug_in(car))
        self.begins[device_id] += 1
        if chance.random() < 0.3:
            leaves = comes + chance.uniform(300.0, self.length_s)
            site.agenda.at(leaves, charger.unplug)
            site.agenda.at(leaves + chance.uniform(20.0, 600.0), lambda: charger.plug_in(car))
            self.begins[device_id] += 1
            self.says.append(f"{device_id} leaves at {leaves - START:.0f} s")
        if chance.random() < 0.2:
            cut = START + chance.uniform(60.0, self.length_s)
            site.agenda.at(cut, lambda: charger.cut_power(off=True))
            site.agenda.at(cut + chance.uniform(5.0, 60.0), lambda: charger.cut_power(off=False))
            self.begins[device_id] += 1
            self.says.append(f"{device_id} without mains at {cut - START:.0f} s")
        if chance.random() < 0.2:
            rests = START + chance.uniform(60.0, self.length_s)
            site.agenda.at(rests, lambda: charger.rest(resting=True))
            site.agenda.at(rests + chance.uniform(10.0, 300.0), lambda: charger.rest(resting=False))
            self.begins[device_id] += 1
            self.says.append(f"{device_id} rests at {rests - START:.0f} s")

    def _happenings(self) -> Iterator[Callable[[Site], None]]:
        chance = self.chance
        if chance.random() < 0.3:
            at = chance.uniform(60.0, self.length_s)
            self.begins[""] += 1
            self.says.append(f"reload at {at:.0f} s")
            yield lambda site: site.agenda.at(START + at, site.reload)
        if chance.random() < 0.2:
            killed, down_s = chance.uniform(60.0, self.length_s), chance.uniform(0.0, _DOWN_S)
            self.down_s = down_s
            self.begins[""] += 1
            self.says.append(f"killed at {killed:.0f} s, {down_s:.0f} s down")
            yield lambda site: site.agenda.at(START + killed, site.kill)
            yield lambda site: site.agenda.at(START + killed + down_s, site.start)


def draw(chance: random.Random, *, length_s: float | None = None) -> Drawn:
    """Return a site with all that will happen to it, of 30 to 90 min unless said otherwise."""
    return _Draw(chance, chance.choice((1800.0, 2700.0, 3600.0, 5400.0)) if length_s is None else length_s).drawn()


def _feeder_config(feeder_id: str, size_a: float) -> FeederConfig:
    return FeederConfig(
        feeder_id=feeder_id,
        parent_id=None if feeder_id == "main" else "main",
        capacity_a=(size_a, size_a, size_a),
        threshold_a=(0.8 * size_a, 0.8 * size_a, 0.8 * size_a),
    )


def _most(base: BaseLoad) -> Amps:
    """Return the most that a base load takes, A per phase."""
    most = [mean + swing + base.flicker_a for mean, swing in zip(base.mean_a, base.swing_a, strict=True)]
    for appliance in base.appliances:
        _add(most, appliance.amps)
    return (most[0], most[1], most[2])


def _at_least(
    feeder_id: str, chargers: list[ChargerSpec], batteries: list[BatterySpec], homes: list[HomeSpec]
) -> Iterator[Amps]:
    """Yield what devices draw on a feeder that nobody sees: safe currents, floors, batteries and homes."""
    for charger in chargers:
        if charger.config.feeder_id == feeder_id:
            amps = max(charger.config.safe_current_a, charger.floor_a)
            phases = charger.config.phases
            yield (amps if 0 in phases else 0.0, amps if 1 in phases else 0.0, amps if 2 in phases else 0.0)
    for battery in batteries:
        if battery.config.feeder_id == feeder_id:
            amps = battery.config.max_charge_w / battery.config.watts_per_amp
            yield (amps, amps, amps)
    for home in homes:
        if home.config.feeder_id == feeder_id:
            yield _most(home.base)


def _add(amps: list[float], more: Amps) -> None:
    for phase, each in enumerate(more):
        amps[phase] += each

"""An hour of each known charger: the current that its car gets with what its preset fills in, and with the defaults.

scripts/bench presets [--only NAME]

One charger behind a fuse of 25 A: the rest of the house draws 5 A, and 16 A more for five minutes, twice; later its
meter is dead for five minutes. The charger reports and is told as the source of its integration says; the car could
take 16 A. The mean is that of the calm minutes, in which 16 A are possible: those before the first load, and those that
begin five minutes after each disturbance. Beside it stand the writes of the hour, and how long the fuse was above its
rating while somebody could have drawn less. Chargers that are told by an action are told by a number here: when and
what is the same. Those that can only be on and off are left out.

Environment: test
"""

import argparse
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks._zoo_site import START, ChargerSpec, FeederSpec, Site
from custom_components.tangle_grid.const import (
    CONF_ENABLE,
    CONF_ENABLE_PAUSES,
    CONF_MAX_AGE,
    CONF_MIN_CURRENT,
    CONF_WRITE_INTERVAL,
    DEFAULT_MAX_AGE,
)
from custom_components.tangle_grid.devices.presets.catalogue import FOLDER, presets_of
from custom_components.tangle_grid.devices.presets.schema import Preset
from custom_components.tangle_grid.grid import ChargerConfig, FeederConfig
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.load import Appliance, BaseLoad
from custom_components.tangle_grid.simulation.zoo.obeying import SwitchInverted, SwitchIsSession
from custom_components.tangle_grid.simulation.zoo.reporting import Every, OnChange, OneAfterAnother, OnlyChanges

FUSE_A: Final = 25.0
HOUR_S: Final = 3600.0
_LOADS: Final = ((900.0, 1200.0), (1800.0, 2100.0))
_DEAD: Final = (2700.0, 3000.0)
_CALM_AFTER_S: Final = 300.0

type Behaviours = tuple[Behaviour, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How the charger behind a preset speaks and listens, by the source of its integration.

    Attributes:
        reports: What says when it reports.
        lowest_a: The least that its number takes.
        paused: It can be paused by a switch or a select.
        rude: What else it does.
    """

    reports: Callable[[], Behaviours]
    lowest_a: float = 0.0
    paused: bool = True
    rude: Callable[[], Behaviours] = tuple


def every(seconds: float) -> Callable[[], Behaviours]:
    """Return a poll that writes all states each time."""
    return lambda: (Every(seconds), OneAfterAnother())


def changes(seconds: float) -> Callable[[], Behaviours]:
    """Return a poll that writes only what has changed."""
    return lambda: (Every(seconds), OnlyChanges())


HABITS: Final[Mapping[str, Habit]] = {
    "alfen_wallbox": Habit(reports=every(20), paused=False),
    "easee": Habit(reports=lambda: (OnChange(2.0),), paused=False),
    "evcc_intg": Habit(reports=every(10), lowest_a=1),
    "goecharger_api2": Habit(reports=every(5), lowest_a=6),
    "goecharger_mqtt": Habit(reports=every(5), lowest_a=6),
    "hypervolt_charger": Habit(reports=lambda: (OnChange(2.0),), lowest_a=6),
    "keba": Habit(reports=every(5), lowest_a=6),
    "lektrico": Habit(reports=every(10), paused=False),
    "nrgkick": Habit(reports=every(30), lowest_a=6),
    "ocpp": Habit(reports=every(60), paused=False),
    "openevse": Habit(reports=lambda: (OnChange(2.0), Every(300)), lowest_a=6),
    "openwb2mqtt": Habit(reports=every(10), lowest_a=6),
    "openwbmqtt": Habit(reports=every(10), lowest_a=6),
    "peblar": Habit(reports=every(10), lowest_a=6),
    "tesla_fleet": Habit(reports=every(600)),
    "teslemetry": Habit(reports=lambda: (OnChange(2.0),)),
    "tessie": Habit(reports=changes(10)),
    "v2c": Habit(reports=every(5), lowest_a=6, rude=lambda: (SwitchInverted(),)),
    "wallbox": Habit(reports=every(90), lowest_a=6),
    "zaptec": Habit(reports=every(60), rude=lambda: (SwitchIsSession(),)),
}


class Interrupted(Behaviour):
    """Its meter says nothing for a while."""

    def __init__(self) -> None:
        self.dead = False

    def quiet(self, *, in_session: bool) -> bool:  # noqa: ARG002 - it is quiet either way
        """Say nothing while it is dead."""
        return self.dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What an hour came to: mean current in the calm, A; writes; and seconds above the fuse."""

    mean_a: float
    writes: int
    over_s: float

    @property
    def word(self) -> str:
        """How well it fits."""
        return "fits" if self.mean_a >= 15.0 else "partly" if self.mean_a >= 10.0 else "hardly"


def hour(habit: Habit, values: Mapping[str, Any]) -> Figures:
    """Run one hour with what a form was filled in with."""
    rude = habit.rude()
    inverted = any(isinstance(each, SwitchInverted) for each in rude)
    config = ChargerConfig(
        device_id="charger",
        name="Charger",
        feeder_id="main",
        phases=(0, 1, 2),
        min_current_a=float(values.get(CONF_MIN_CURRENT, 6.0)),
        max_current_a=16.0,
        safe_current_a=6.0,
        write_interval_s=values.get(CONF_WRITE_INTERVAL),
        max_age_s=float(values.get(CONF_MAX_AGE, DEFAULT_MAX_AGE)),
    )
    spec = ChargerSpec(
        config=config,
        behaviours=(*habit.reports(), *rude),
        car=ZooCar(battery_wh=200_000.0, least_a=float(values.get(CONF_MIN_CURRENT, 6.0))),
        lowest_a=habit.lowest_a,
        has_switch=habit.paused,
        per_phase=False,
        switch_pauses=inverted and bool(values.get(CONF_ENABLE_PAUSES)),
    )
    meter = Interrupted()
    house = BaseLoad(
        seed=1,
        mean_a=(5.0, 5.0, 5.0),
        flicker_a=0.3,
        appliances=[Appliance(amps=(16.0, 16.0, 16.0), begin=START + begin, end=START + end) for begin, end in _LOADS],
    )
    feeder = FeederConfig(feeder_id="main", capacity_a=(FUSE_A,) * 3, threshold_a=(FUSE_A * 0.8,) * 3)
    site = Site([FeederSpec(config=feeder, base=house, meter=(Every(5.0), OneAfterAnother(), meter))], [spec])
    charger, writes = site.chargers["charger"], 0

    def counted(action: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
        def act(data: Mapping[str, Any]) -> None:
            nonlocal writes
            writes += 1
            action(data)

        return act

    actions = site.hass._actions  # noqa: SLF001 - each of them is a command that the charger hears
    actions.update({name: counted(action) for name, action in actions.items()})
    disturbed = [(begin, end + _CALM_AFTER_S) for begin, end in (*_LOADS, _DEAD)]
    calm, over = [], 0.0
    for second in range(int(HOUR_S)):
        meter.dead = _DEAD[0] <= second < _DEAD[1]
        site.run(1.0)
        if second >= _CALM_AFTER_S and not any(begin <= second < end for begin, end in disturbed):
            calm.append(charger.amps)
        if max(site.load_a("main")) > FUSE_A + 0.01:
            over += 1.0
    return Figures(mean_a=sum(calm) / len(calm), writes=writes, over_s=over)


def of_file(name: str) -> Preset:
    """Return the preset of a charger in a file: of several the last one, which needs nothing beside the device."""
    return [preset for preset in presets_of(FOLDER / f"{name}.json") if preset.kind == "charger"][-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="one integration")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    print("| Integration | With its preset | Writes | Above the fuse | With the defaults | Writes | Above the fuse |")
    print("|---|---|---|---|---|---|---|")
    for name, habit in HABITS.items():
        if arguments.only not in (None, name):
            continue
        preset = of_file(name)
        assert habit.paused or CONF_ENABLE not in preset.required  # noqa: S101 - habits and presets agree
        known, plain = hour(habit, preset.values), hour(habit, {})
        print(
            f"| {name} | {known.word}, {known.mean_a:.1f} A | {known.writes} | {known.over_s:.0f} s "
            f"| {plain.word}, {plain.mean_a:.1f} A | {plain.writes} | {plain.over_s:.0f} s |",
            flush=True,
        )


if __name__ == "__main__":
    main()

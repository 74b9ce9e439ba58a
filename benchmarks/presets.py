"""An hour of the closed loop around what each preset knows: chargers, meters, batteries, solar systems and cars.

scripts/bench presets [--only NAME]

Each reports and is told as the source of its integration says, and is set up with what its preset fills in.

Chargers and meters: a charger behind a fuse of 25 A. The rest of the house draws 5 A, and 16 A more for five minutes,
twice; later the meter is dead for five minutes. The car could take 16 A. The mean is that of the calm minutes, in which
16 A are possible: those before the first load, and those that begin five minutes after each disturbance. Beside it
stand the writes of the hour, how long the fuse was above its rating, and what a charger comes to with the defaults of
the form. One that is told by an action is told by a number here: when and what is the same.

Batteries store 1.5 kW, and are asked for 4 kW for half an hour: the share of what they promise that they give. One that
is not left to itself again does not fit. Solar systems: for how long their reading is believed. Cars: how far the state
of charge that is gone by is from the true one while they charge.

Environment: test
"""

import argparse
import logging
from typing import Final

from benchmarks._preset_habits import HABITS
from benchmarks._preset_hours import HOURS, Figures, of_charger
from custom_components.tangle_grid.const import CONF_CONTROL
from custom_components.tangle_grid.devices.presets.catalogue import FOLDER, presets_of
from custom_components.tangle_grid.devices.presets.schema import Preset
from custom_components.tangle_grid.devices.shape import ChargerControl

_HEADS: Final = {
    "charger": "| Charger | With its preset | Writes | Above the fuse | With the defaults | Writes | Above the fuse |",
    "meter": "| Meter | A car gets | Writes | Above the fuse |",
    "battery": "| Battery | Gives of what it promised | Writes |",
    "solar": "| Solar system | Believed |",
    "vehicle": "| Car | Off at most |",
}


def known_presets() -> dict[tuple[str, str], Preset]:
    """Return all presets that come with the integration, by kind and name."""
    return {(each.kind, each.name): each for path in sorted(FOLDER.glob("*.json")) for each in presets_of(path)}


def row(kind: str, name: str, preset: Preset) -> str:
    """Run the hours of a preset, and return its row of the table."""
    habit = HABITS[kind, name]
    known: Figures = HOURS[kind](habit, preset.values)
    match kind:
        case "charger":
            # The defaults are those of a charger that takes a current.
            on_off = preset.values.get(CONF_CONTROL) == ChargerControl.ON_OFF
            cells = [*_current(known), *(("-", "-", "-") if on_off else _current(of_charger(habit, {})))]
        case "meter":
            cells = _current(known)
        case "battery":
            cells = [f"{known.word}, {known.value:.0f} %", str(known.writes)]
        case "solar":
            cells = [f"{known.word}, {known.value:.0f} %"]
        case _:
            cells = [f"{known.word}, {known.value:.1f} points"]
    return f"| {' | '.join([name, *cells])} |"


def _current(figures: Figures) -> list[str]:
    return [f"{figures.word}, {figures.value:.1f} A", str(figures.writes), f"{figures.over_s:.0f} s"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="the name of one preset")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    printed = ""
    for (kind, name), preset in sorted(
        known_presets().items(), key=lambda item: (list(HOURS).index(item[0][0]), item[0])
    ):
        if arguments.only not in (None, name):
            continue
        if kind != printed:
            print(f"\n{_HEADS[kind]}\n|{'---|' * (_HEADS[kind].count('|') - 1)}")
            printed = kind
        print(row(kind, name, preset), flush=True)


if __name__ == "__main__":
    main()

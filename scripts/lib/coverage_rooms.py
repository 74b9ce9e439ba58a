"""Say how much of each room the tests have run, and fail where that is less than it has to be.

`coverage_rooms.py [DATA]` reads what coverage.py has written, `.runtime/coverage` if nothing else is said. What each
room has to reach stands in `pyproject.toml`, under `tool.coverage_rooms`: in percent of its lines, by the name of the
room, or of a file at the root; `every_room` is for all that are not named.
"""

import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "custom_components" / "tangle_grid"
DATA: Final = ROOT / ".runtime" / "coverage"
#: What stands beside the rooms: the modules that Home Assistant prescribes.
AT_THE_ROOT: Final = "*.py"
EVERY_ROOM: Final = "every_room"


def rooms_of(path: Path, named: Mapping[str, float]) -> tuple[str, ...]:
    """Return what a file counts for: its room, and itself where it has a rule of its own.

    Args:
        path: Below the package.
        named: The rules.
    """
    room = path.parts[0] if len(path.parts) > 1 else AT_THE_ROOT
    return (room, str(path)) if str(path) in named else (room,)


def by_room(lines: Mapping[Path, tuple[int, int]], named: Mapping[str, float]) -> dict[str, tuple[int, int]]:
    """Return how many lines there are, and how many of them were not run, by room.

    Args:
        lines: The same by file, below the package.
        named: The rules.
    """
    sums: dict[str, tuple[int, int]] = {}
    for path, (count, missing) in lines.items():
        for room in rooms_of(path, named):
            before = sums.get(room, (0, 0))
            sums[room] = (before[0] + count, before[1] + missing)
    return sums


def judged(rooms: Mapping[str, tuple[int, int]], rules: Mapping[str, float]) -> list[tuple[str, float, float]]:
    """Return each room with what was run of it and what has to be, in percent; a rule for nothing is run to 0."""
    every = rules[EVERY_ROOM]
    wanted = {**dict.fromkeys(rooms, every), **{name: least for name, least in rules.items() if name != EVERY_ROOM}}
    result = []
    for name, least in sorted(wanted.items()):
        count, missing = rooms.get(name, (0, 0))
        result.append((name, 100.0 * (count - missing) / count if count else 0.0, least))
    return result


def measured(data: Path) -> dict[Path, tuple[int, int]]:
    """Return how many lines each file of the package has, and how many of them no test has run."""
    from coverage import Coverage  # noqa: PLC0415 - the rules can be read without it

    coverage = Coverage(data_file=data, config_file=ROOT / "pyproject.toml")
    coverage.load()
    found: dict[Path, tuple[int, int]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        _, statements, _, missing, _ = coverage.analysis2(str(path))
        found[path.relative_to(PACKAGE)] = (len(statements), len(missing))
    return found


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 where a room is below its rule."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    rules: dict[str, float] = project["tool"]["coverage_rooms"]
    data = Path(arguments[0]) if arguments else DATA
    if not data.is_file():
        print(f"there is no {data}: run the tests with --cov first", file=sys.stderr)
        return 2
    below = 0
    for name, percent, least in judged(by_room(measured(data), rules), rules):
        # What is not run in full is never shown as if it were.
        enough = percent >= least
        below += not enough
        shown = f"{int(percent * 100) / 100:6.2f} %"
        print(f"{name:20}{shown}   at least {least:g} %{'' if enough else '   TOO LITTLE'}")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

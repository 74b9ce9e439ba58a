"""The arrows between the rooms: who may import whom, and what the pure rooms may not touch."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "custom_components" / "tangle_grid"
FACE = "face"
ROOMS = {"grid", "ledger", "protocol", "devices", "simulation", "frontend"}
MAY_IMPORT = {
    "grid": set(),
    "protocol": set(),
    "simulation": set(),
    "ledger": {"protocol"},
    "devices": {"grid", "protocol", FACE},  # of the face only the shared names, see below
    "frontend": set(),
    FACE: ROOMS,
}
FACE_MODULES_FOR_DEVICES = {"const"}
PURE = {"grid", "protocol", "simulation"}
IMPURE_MODULES = {"asyncio", "homeassistant", "aiohttp", "sqlite3", "socket", "threading", "time", "requests", "iota"}
NOT_IN_LEDGER = {"homeassistant"}
LONGEST_MODULE = 600


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        first = path.relative_to(PACKAGE).parts[0]
        yield (first if first in ROOMS else FACE), path


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Absolute dotted names that a module imports, and whether they lie in this package."""
    package = ["custom_components", "tangle_grid", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, alias.name.startswith("custom_components.")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
                stem = ".".join([*base, *([node.module] if node.module else [])])
                names = [stem] if node.module else [f"{stem}.{alias.name}" for alias in node.names]
                yield from ((name, True) for name in names)
            else:
                yield node.module or "", (node.module or "").startswith("custom_components.")


@pytest.mark.parametrize(("room", "path"), modules(), ids=lambda value: getattr(value, "name", value))
def test_arrows_point_one_way(room: str, path: Path) -> None:
    for name, inside in imports(path):
        if not inside:
            continue
        parts = name.split(".")[2:]
        target = parts[0] if parts and parts[0] in ROOMS else FACE
        if target == room:
            continue
        assert target in MAY_IMPORT[room], f"{path.relative_to(PACKAGE)} imports {name}"
        if room == "devices" and target == FACE:
            assert parts
            assert parts[0] in FACE_MODULES_FOR_DEVICES, f"{path.relative_to(PACKAGE)} imports {name}"


@pytest.mark.parametrize(("room", "path"), modules(), ids=lambda value: getattr(value, "name", value))
def test_pure_rooms_stay_pure(room: str, path: Path) -> None:
    roots = {name.split(".")[0] for name, inside in imports(path) if not inside}
    if room in PURE:
        assert not roots & IMPURE_MODULES, path.relative_to(PACKAGE)
    if room == "ledger":
        assert not roots & NOT_IN_LEDGER, path.relative_to(PACKAGE)


def test_pyota_is_imported_in_one_place() -> None:
    places = {
        str(path.relative_to(PACKAGE))
        for _, path in modules()
        for name, inside in imports(path)
        if not inside and name.split(".")[0] == "iota"
    }
    assert places <= {"ledger/pyota/library.py"}


def test_every_room_is_there() -> None:
    assert {room for room, _ in modules()} >= {"grid", "ledger", "protocol", "devices", "simulation", FACE}


@pytest.mark.parametrize(("room", "path"), modules(), ids=lambda value: getattr(value, "name", value))
def test_modules_stay_readable(room: str, path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE, f"{path.name}: split it by its reasons to change"

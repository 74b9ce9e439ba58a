"""The arrows between the rooms, as `pyproject.toml` draws them, and what each room says of itself."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "custom_components" / "tangle_grid"
_LINT = "import sys; from importlinter.cli import lint_imports_command as run; sys.argv[1:] = {options}; run()"


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Hold the imports below a folder against the contracts, all of them unless some are named."""
    options = ["--no-cache", "--no-logo", *(part for name in contracts for part in ("--contract", name))]
    return subprocess.run(
        [sys.executable, "-c", _LINT.format(options=options)],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_arrows_point_one_way() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house, to break."""
    for path in (ROOT / "custom_components").rglob("*.py"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    return tmp_path


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("grid/model/world.py", "from ...ledger.base import model", "rooms"),
        ("grid/model/world.py", "from ..engine import engine", "grid"),
        ("grid/network/topology.py", "from ..control import allocator", "grid"),
        ("ledger/store/database.py", "from ..payments import outbox", "ledger"),
        ("devices/adapters/base.py", "from ...ledger.base import model", "devices"),
        ("devices/io/entity_reading.py", "from ..adapters import base", "devices-inside"),
        ("flows/fields.py", "from .entry import island", "flows-inside"),
        ("bridge/options.py", "from ..island import runtime", "rooms"),
        ("simulation/solar.py", "import asyncio", "pure"),
        ("link/core/upper.py", "import time", "pure"),
        ("bridge/options.py", "from ..link import core", "rooms"),
        ("economy/pricing.py", "import time", "pure"),
        ("economy/pricing.py", "from ..ledger.base import model", "rooms"),
        ("ledger/base/errors.py", "import homeassistant.core", "no-home-assistant"),
        ("grid/device/plug.py", "from . import departure", ""),
        ("grid/device/departure.py", "if False:\n    from .state import DeviceState", "cycles"),
    ],
)
def test_a_wrong_arrow_is_found(house: Path, module: str, line: str, contract: str) -> None:
    path = house / "custom_components" / "tangle_grid" / module
    path.write_text(f"{path.read_text()}\n{line}\n")
    result = lint(house)
    if contract:
        assert result.returncode == 1, result.stdout + result.stderr
        assert lint(house, contract).returncode == 1
    else:
        assert result.returncode == 0, result.stdout + result.stderr


def test_a_room_without_a_place_is_found(house: Path) -> None:
    for folder in ("", "grid", "ledger", "devices", "flows", "link"):
        room = house / "custom_components" / "tangle_grid" / folder / "attic"
        room.mkdir()
        (room / "__init__.py").write_text("")
        assert lint(house).returncode == 1, folder
        (room / "__init__.py").unlink()
        room.rmdir()


def test_pyota_is_imported_in_one_place() -> None:
    """It is imported by name, when it is needed first; `seams` names a module of it only to stand in for it."""
    loads = re.compile(r"^\s*(?:import|from) iota\b|import_module\(\s*\"iota\b", re.MULTILINE)
    places = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if loads.search(path.read_text())}
    assert places == {"ledger/pyota/library.py"}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_a_room_says_what_it_is_for(path: Path) -> None:
    """What lives there, what may not, and where to begin reading."""
    said = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert said.count(". ") + said.count(".\n") + said.endswith(".") >= 3, "three sentences"
    assert "Begin with" in said or "begin there" in said


def test_no_test_imports_from_another() -> None:
    """What two of them need lives in `tests/support`: a test can be moved, renamed or deleted alone."""
    for path in sorted((Path(__file__).parent).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            parts = module.split(".")
            assert parts[0] != "tests" or not any(part.startswith("test_") for part in parts), f"{path.name}: {module}"


#: What no sentence begins with that says what a function does or returns.
NO_VERBS = frozenset(
    ["The", "A", "An", "What", "Whether", "Who", "How", "Where", "When", "Which", "Why", "It", "This", "That", "No"]
)


@pytest.mark.parametrize("room", sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()))
def test_functions_say_first_what_they_do_or_return(room: str) -> None:
    for path in (PACKAGE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
                continue
            said = ast.get_docstring(node)
            if said and not any("property" in ast.unparse(each) for each in node.decorator_list):
                first = said.split()[0]
                assert first not in NO_VERBS, (path, node.name)
                assert first[0].isupper(), (path, node.name)

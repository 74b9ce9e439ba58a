"""The rules of Home Assistant's quality scale: each that is said to be kept is held by a test or a check of CI."""

import ast
import re
import struct
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml
from homeassistant.const import Platform

from tests.support.quality import HELD

ROOT: Final = Path(__file__).parent.parent
FOLDER: Final = ROOT / "custom_components" / "tangle_grid"
DOCS: Final = ROOT / "docs"
#: What subscribes an entity to something.
_SUBSCRIBING: Final = {"async_add_listener", "subscribe_events", "async_listen", "async_track_state_change_event"}


def trees(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield the modules of the component, or of some folders of it."""
    for folder in folders or (".",):
        for path in sorted((FOLDER / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text())


def called(tree: ast.AST) -> Iterator[str]:
    """Yield the names of what is called in a piece of code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_each_rule_that_is_kept_is_held_by_something() -> None:
    rules = yaml.safe_load((FOLDER / "quality_scale.yaml").read_text())["rules"]
    kept = {name for name, rule in rules.items() if "done" in (rule, rule if isinstance(rule, str) else rule["status"])}
    assert set(HELD) == kept


@pytest.mark.parametrize("held_by", sorted(set(HELD.values())))
def test_what_holds_it_is_there(held_by: str) -> None:
    if "::" not in held_by:
        assert (ROOT / held_by).is_file()
        assert f"run: {held_by}\n" in (ROOT / ".github/workflows/test.yml").read_text()
        return
    file, name = held_by.split("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE), held_by


def test_no_entity_is_polled() -> None:
    assert (
        "_attr_should_poll = False" in (FOLDER / "entity.py").read_text()
        or "CoordinatorEntity" in (FOLDER / "entity.py").read_text()
    )
    for path, tree in trees():
        assert "SCAN_INTERVAL" not in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}, path
        methods = {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}
        assert "_async_update_data" not in methods, path


@pytest.mark.parametrize(("name", "sides"), [("icon.png", (256, 256)), ("icon@2x.png", (512, 512)), ("logo.png", None)])
def test_the_brand_has_its_images(name: str, sides: tuple[int, int] | None) -> None:
    head = (FOLDER / "brand" / name).read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", head[16:24])
    assert (width, height) == sides if sides else 128 <= min(width, height) <= 256


def test_coordinator_and_base_entity_are_where_they_are_looked_for() -> None:
    places = {
        base: {
            path.relative_to(FOLDER).as_posix()
            for path, tree in trees()
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and any(base in ast.unparse(each) for each in node.bases)
        }
        for base in ("DataUpdateCoordinator", "CoordinatorEntity")
    }
    assert places == {"DataUpdateCoordinator": {"coordinator.py"}, "CoordinatorEntity": {"entity.py"}}


def test_each_platform_says_how_many_updates_run_at_once() -> None:
    platforms = [FOLDER / f"{each.value}.py" for each in Platform if (FOLDER / f"{each.value}.py").exists()]
    assert platforms
    for path in platforms:
        assert re.search(r"^PARALLEL_UPDATES = \d+$", path.read_text(), re.MULTILINE), path


def test_entities_subscribe_once_they_are_added() -> None:
    for path, tree in trees():
        for each in ast.walk(tree):
            if not isinstance(each, ast.ClassDef) or not any("Entity" in ast.unparse(base) for base in each.bases):
                continue
            for method in each.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    assert not _SUBSCRIBING & set(called(method)), (path, each.name)


def test_every_request_goes_through_home_assistants_session() -> None:
    for path, tree in trees():
        if "verify" in path.relative_to(FOLDER).parts[:1]:
            # A program of its own.
            continue
        assert not {"ClientSession", "AsyncClient", "async_create_clientsession"} & set(called(tree)), path


def test_ci_fails_where_too_little_is_run() -> None:
    rooms = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage_rooms"]
    assert rooms["every_room"] >= 95
    assert rooms["flows"] == rooms["config_flow.py"] == 100
    assert "coverage_rooms.py" in (ROOT / "scripts/test").read_text()


def test_triggers_and_conditions_are_described() -> None:
    page = (DOCS / "reference.md").read_text()
    section = page.partition("\n## Triggers and conditions\n")[2].partition("\n## ")[0]
    for file in ("triggers.yaml", "conditions.yaml"):
        for name, described in yaml.safe_load((FOLDER / file).read_text()).items():
            if not name.startswith("."):
                assert f"`{name}`" in section or f"`tangle_grid.{name}`" in section, name
                assert described is not None


@pytest.mark.parametrize(
    ("page", "heading"),
    [
        ("README.md", "What it does for you"),
        ("README.md", "Install"),
        ("README.md", "What it does not do"),
        ("docs/reference.md", "What it is good for"),
        ("docs/devices.md", "What is known"),
        ("docs/reference.md", "How often data are updated"),
        ("docs/balancing.md", "Limits today"),
        ("docs/reference.md", "Troubleshooting"),
        ("docs/reference.md", "Removing and restoring"),
    ],
)
def test_the_pages_have_what_is_looked_for(page: str, heading: str) -> None:
    section = (ROOT / page).read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert len(section.split()) > 40, heading

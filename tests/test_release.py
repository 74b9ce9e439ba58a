"""A release: packed as the workflow packs it, it is the whole component and starts in a home that has nothing else."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from custom_components.tangle_grid import PLATFORMS
from custom_components.tangle_grid.const import DOMAIN

ROOT: Final = Path(__file__).parent.parent
FOLDER: Final = ROOT / "custom_components" / DOMAIN
GIT: Final = shutil.which("git") or "git"
HACS: Final = json.loads((ROOT / "hacs.json").read_text())
VERSION: Final = json.loads((FOLDER / "manifest.json").read_text())["version"]

_PLATFORMS: Final = (*PLATFORMS, "backup", "config_flow", "diagnostics", "repairs", "system_health")
# Started with nothing but the archive: no checkout on its path, no test's stand-ins.
_LOAD = """
import asyncio, sys
from homeassistant import loader
from homeassistant.core import HomeAssistant

async def load(config):
    hass = HomeAssistant(config)
    loader.async_setup(hass)
    integration = await loader.async_get_integration(hass, "tangle_grid")
    await integration.async_get_component()
    await integration.async_get_platforms(sys.argv[2:])
    print(integration.file_path, integration.version)
    await hass.async_stop(force=True)

asyncio.run(load(sys.argv[1]))
"""


def pack(folder: Path, *tag: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-S", ROOT / "scripts/lib/pack.py", folder, *tag], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    assert pack(folder, f"v{VERSION}").returncode == 0
    return folder / str(HACS["filename"])


def test_the_archive_loads_in_a_clean_home(archive: Path, tmp_path: Path) -> None:
    """As HACS does: unpacked into the folder of the integration."""
    home = tmp_path / "custom_components" / DOMAIN
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(home)
    done = subprocess.run(
        [sys.executable, "-P", "-c", _LOAD, tmp_path, *_PLATFORMS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert (done.returncode, done.stdout.split()) == (0, [str(home), VERSION]), done.stderr


def test_the_archive_is_the_component_and_nothing_else(archive: Path) -> None:
    tracked = subprocess.run(
        [GIT, "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    with zipfile.ZipFile(archive) as packed:
        assert sorted(packed.namelist()) == sorted(name for name in tracked if (FOLDER / name).exists())


def test_the_same_files_make_the_same_archive(archive: Path, tmp_path: Path) -> None:
    assert pack(tmp_path).returncode == 0
    assert (tmp_path / archive.name).read_bytes() == archive.read_bytes()


def test_the_notes_are_what_the_changelog_says_of_the_version(archive: Path) -> None:
    notes = (archive.parent / "notes.md").read_text()
    assert notes.strip() in (ROOT / "CHANGELOG.md").read_text()
    assert "\n## " not in notes


@pytest.mark.parametrize("tag", ["v9.9.9", VERSION, "latest"])
def test_a_tag_of_another_version_makes_no_release(tag: str, tmp_path: Path) -> None:
    done = pack(tmp_path, tag)
    assert done.returncode == 1
    assert f"the tag must be v{VERSION}" in done.stderr
    assert not list(tmp_path.iterdir())


def test_hacs_finds_the_archive() -> None:
    """A release with an archive needs its name; the branch, which has none, is not offered."""
    assert HACS["zip_release"]
    assert HACS["hide_default_branch"]
    assert HACS["filename"] == f"{DOMAIN}.zip"


def test_the_workflow_releases_what_was_tested_and_packed() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text()
    workflow: dict[Any, Any] = yaml.safe_load(text)
    # YAML reads the word "on" as true.
    assert workflow[True] == {"push": {"tags": ["v*"]}}
    release = workflow["jobs"]["release"]
    assert release["needs"] == "test"
    assert release["permissions"] == {"contents": "write"}
    steps = [step.get("run", "") for step in release["steps"]]
    assert steps[1] == 'scripts/pack "$GITHUB_REF_NAME"'
    assert f"dist/{HACS['filename']} " in steps[2]
    assert "--notes-file dist/notes.md" in steps[2]
    assert [step.get("run") for step in workflow["jobs"]["test"]["steps"]][1:] == ["scripts/lint", "scripts/test"]


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]


def test_the_changelog_tells_of_every_version_newest_first() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    versions = [tuple(int(part) for part in heading.split()[0].split(".")) for heading in headings[1:]]
    assert versions == sorted(versions, reverse=True)
    assert VERSION in {heading.split()[0] for heading in headings[1:]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ \(\d{4}-\d{2}-\d{2}\)", heading) for heading in headings[1:])

"""A house without the internet is protected: only the ledger waits for the packages that it alone needs."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.requirements import RequirementsNotFound

from custom_components.tangle_grid.bridge import ledger_packages
from custom_components.tangle_grid.bridge.ledger_packages import PACKAGES, async_ensure_ledger_packages
from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.ledger import LedgerError, LedgerFault
from tests.support.island import CHARGER, Island, async_set_up_devices, island_entry, set_meter
from tests.support.real_ledger import async_until

ROOT = Path(__file__).parents[2]
INSTALLER = "homeassistant.util.package.install_package"


@pytest.fixture
def installed() -> Iterator[set[str]]:
    """The modules that are there, beside those that nobody looks for."""
    there: set[str] = set()
    found = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> Any:
        return found(name, package) if name not in PACKAGES or name in there else None

    with patch.object(importlib.util, "find_spec", find):
        yield there


@pytest.fixture
def install(installed: set[str]) -> Iterator[dict[str, bool]]:
    """Home Assistant's installer: whether the internet is there, and what was asked for."""
    state = {"internet": False}

    def install_package(package: str, **_: Any) -> bool:
        state[package] = True
        assert "pyota_overrides.txt" in os.environ["UV_OVERRIDE"]
        if state["internet"]:
            installed.update(module for module, each in PACKAGES.items() if each == package)
        return state["internet"]

    with (
        patch("homeassistant.util.package.is_installed", return_value=False),
        patch(INSTALLER, install_package),
    ):
        yield state


def _issues(hass: HomeAssistant) -> set[str | None]:
    return {issue.translation_key for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN}


async def test_what_failed_once_is_tried_again(hass: HomeAssistant, install: dict[str, bool]) -> None:
    """Home Assistant itself would not, before its next restart."""
    for _ in range(2):
        with pytest.raises(LedgerError) as refused:
            await async_ensure_ledger_packages(hass)
        assert refused.value.fault is LedgerFault.MISSING_PACKAGES
        assert isinstance(refused.value.__cause__, RequirementsNotFound)
    install["internet"] = True
    await async_ensure_ledger_packages(hass)
    assert set(install) == {"internet", *PACKAGES.values()}
    # Of what is there nothing is asked for any more.
    install["internet"] = False
    await async_ensure_ledger_packages(hass)


@pytest.mark.parametrize("before", [None, "/mine.txt"])
async def test_the_override_is_in_force_while_it_is_needed(
    hass: HomeAssistant, install: dict[str, bool], monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    if before is None:
        monkeypatch.delenv("UV_OVERRIDE", raising=False)
    else:
        monkeypatch.setenv("UV_OVERRIDE", before)
    with pytest.raises(LedgerError):
        await async_ensure_ledger_packages(hass)
    assert os.environ.get("UV_OVERRIDE") == before
    assert ledger_packages._OVERRIDES.read_text()


async def test_without_the_internet_the_fuse_is_kept_and_the_ledger_follows(
    hass: HomeAssistant, install: dict[str, bool], freezer: FrozenDateTimeFactory
) -> None:
    """The repair says what to do and goes away by itself; the ledger opens without a restart."""
    await async_set_up_devices(hass)
    entry = island_entry()
    entry.add_to_hass(hass)
    with patch("custom_components.tangle_grid.bridge.link._RETRY_S", (0.05,)):
        assert await hass.config_entries.async_setup(entry.entry_id)
        runtime = entry.runtime_data
        await async_until(hass, lambda: runtime.link.fault is LedgerFault.MISSING_PACKAGES)
        island = Island(hass, entry, cast("Any", None), freezer)
        await island.run(90)
        assert _issues(hass) == {"ledger_packages_missing"}
        (issue,) = ir.async_get(hass).issues.values()
        assert issue.translation_placeholders is not None
        assert "pyota" in issue.translation_placeholders["error"]
        set_meter(hass, 17000, 17000, 17000)
        await island.settle()
        setpoint = runtime.status.devices[CHARGER].setpoint
        assert setpoint is not None
        assert setpoint < 16

        install["internet"] = True
        freezer.tick(1)
        await async_until(hass, lambda: runtime.link.healthy)
        await island.run(15)
    assert not _issues(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    "test",
    [
        "tests/closed_loop/test_device_story.py::test_an_owners_off_is_respected_and_shown",
        "tests/grid/network",
        "tests/flows/test_feeder_flow.py",
    ],
)
def test_all_but_the_ledger_works_where_the_packages_are_missing(test: str) -> None:
    """In a process that has none of them: loading the integration, protection, and the forms."""
    options = ["-q", "-x", "-p", "tests.support.without_packages", "-p", "no:cacheprovider", "-m", "not long"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, test],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout


def test_the_manifest_asks_for_nothing_that_may_be_missing() -> None:
    """What stands there is fetched before anything loads, and without it nothing does, protection included."""
    manifest = (ROOT / "custom_components/tangle_grid/manifest.json").read_text()
    assert '"requirements": []' in manifest

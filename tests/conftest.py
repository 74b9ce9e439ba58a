"""Fixtures for all tests. Those that need no Home Assistant get none of it."""

import pytest
from hypothesis import settings

from tests.support.island import all_sensors_on, entry, fake_ledger, island, noon

# A property that holds slowly holds: how busy a machine is decides nothing. Nor does chance decide whether a change
# may land: the same examples are tried each time, and new ones are searched for in the long runs.
settings.register_profile("the same", deadline=None, derandomize=True)
settings.register_profile("anew", deadline=None)
settings.load_profile("the same")

__all__ = ["all_sensors_on", "custom_integrations", "entry", "fake_ledger", "hass_config_dir", "island", "noon"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The long runs are for whoever has the time: scripts/test --long."""
    parser.addoption("--long", action="store_true", help="also run the long property and fault tests")


def pytest_configure(config: pytest.Config) -> None:
    """Before the tests are imported: their settings go by the profile that is loaded then."""
    if config.getoption("--long"):
        settings.load_profile("anew")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long runs out unless they are asked for."""
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="a long run: --long"))


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A folder of its own: what a test stores must not land between the installed packages."""
    return hass_tmp_config_dir


@pytest.fixture(autouse=True)
def custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant find this integration. The recorder has to be there first."""
    if "hass" not in request.fixturenames:
        return
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
    request.getfixturevalue("enable_custom_integrations")

"""What tests of forms have in common."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest


@pytest.fixture(autouse=True)
def no_start() -> Iterator[None]:
    """Entries are made, not started: these tests are about the forms."""
    with (
        patch("custom_components.tangle_grid.async_setup_entry", return_value=True),
        patch("custom_components.tangle_grid.async_unload_entry", return_value=True),
    ):
        yield

"""Every preset has its hour of the closed loop, and its figures stand in the documents."""

from pathlib import Path
from typing import Final

import pytest

from benchmarks._preset_habits import HABITS
from benchmarks.presets import known_presets, row
from tests.support.known_devices import KNOWN

ROOT: Final = Path(__file__).parents[3]
PRESETS: Final = known_presets()
PAGE: Final = (ROOT / "docs" / "devices.md").read_text()


def test_every_preset_has_an_hour_and_a_specimen() -> None:
    assert HABITS.keys() == PRESETS.keys()
    assert {(each.kind, each.preset) for each in KNOWN} == {
        (kind, preset.file.removesuffix(".json")) for (kind, _), preset in PRESETS.items()
    }


def test_every_preset_has_a_row_in_the_documents() -> None:
    _, _, hours = PAGE.partition("## What an hour of each comes to")
    assert [name for _, name in PRESETS if f"\n| {name} | " not in hours] == []


@pytest.mark.long
@pytest.mark.parametrize(("kind", "name"), PRESETS, ids=str)
def test_the_rows_are_those_of_today(kind: str, name: str) -> None:
    assert row(kind, name, PRESETS[kind, name]) in PAGE.splitlines()

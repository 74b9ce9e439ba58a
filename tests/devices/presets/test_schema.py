"""A preset file that is not sound is refused with the place of the mistake, and the others are used all the same."""

import copy
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.devices.presets import PresetError, async_presets, presets_from
from custom_components.tangle_grid.devices.presets.catalogue import FOLDER, OWN_FOLDER, presets_of
from custom_components.tangle_grid.devices.presets.schema import KINDS, NOTES

SOUND: dict[str, Any] = {
    "name": "Maker",
    "integration": "maker",
    "source": [{"repository": "maker/maker", "commit": "0" * 40, "paths": ["sensor.py"]}],
    "devices": [
        {
            "kind": "charger",
            "device": {"model": "Box *"},
            "entities": {
                "power": {"domain": "sensor", "device_class": "power"},
                "current_limit": {"any_of": [{"domain": "number", "name": "limit"}, {"domain": "number"}]},
            },
            "values": {"max_age": 90},
            "notes": ["cloud"],
        }
    ],
}


def changed(**device: Any) -> dict[str, Any]:
    raw = copy.deepcopy(SOUND)
    raw["devices"][0] |= device
    return raw


def test_what_a_file_says() -> None:
    [preset] = presets_from("maker.json", SOUND)
    assert (preset.name, preset.kind, preset.integrations) == ("Maker", "charger", ("maker",))
    assert preset.required == {"power", "current_limit"}
    assert [len(patterns) for patterns in preset.entities["current_limit"]] == [2]
    assert preset.device.model == ("Box *",)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ([], "maker.json"),
        ({**SOUND, "devices": []}, "['devices']"),
        ({**SOUND, "source": [{"repository": "x", "commit": "main", "paths": ["y"]}]}, "['source'][0]['commit']"),
        ({**SOUND, "more": 1}, "['more']"),
        (changed(kind="toaster"), "['devices'][0]['kind']"),
        (changed(notes=["hm"]), "['devices'][0]['notes'][0]"),
        (changed(entities={"power": {"key": "x"}}), "['devices'][0]['entities']['power']"),
        (changed(entities={"toast": {"domain": "sensor"}}), "a charger has no toast"),
        (changed(entities={"power": [{"domain": "sensor"}]}), "a charger has no power of this form"),
        (changed(entities={"currents": {"domain": "sensor"}}), "a charger has no currents of this form"),
        (changed(entities={"power": {"domain": "sensor"}}), "a charger needs current_limit"),
        (changed(values={"toast": 1}), "a charger has no toast"),
        (changed(required=["enable"]), "a charger needs enable"),
    ],
)
def test_a_mistake_is_named(raw: Any, place: str) -> None:
    with pytest.raises(PresetError) as refused:
        presets_from("maker.json", raw)
    assert "maker.json" in str(refused.value)
    assert place in str(refused.value)


def write_own(hass: HomeAssistant) -> None:
    folder = Path(hass.config.path(*OWN_FOLDER))
    folder.mkdir(parents=True)
    (folder / "wallbox.json").write_text(json.dumps({**SOUND, "integration": ["wallbox", "maker"]}))
    (folder / "broken.json").write_text("{")


async def test_own_presets_come_first_and_broken_ones_are_left_out(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    write_own(hass)
    with caplog.at_level(logging.WARNING):
        catalogue = await async_presets(hass)
    assert "broken.json" in caplog.text
    assert [preset.name for preset in catalogue.of("wallbox", "charger")][:2] == ["Maker", "Wallbox"]
    assert [preset.name for preset in catalogue.of("maker", "charger")] == ["Maker"]
    # They are read once.
    assert await async_presets(hass) is catalogue


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_all_files_are_sound(path: Path) -> None:
    raw = json.loads(path.read_text())
    assert presets_of(path)
    for source in raw["source"]:
        # What is no part of Home Assistant is not installed where the tests run: where it was read has to be known.
        assert source["repository"] == "home-assistant/core" or "commit" in source
    assert raw["integration"], path


def test_every_note_has_a_sentence() -> None:
    texts = json.loads((FOLDER.parents[2] / "translations" / "en.json").read_text())["common"]
    assert {f"preset_note_{note}" for note in NOTES} == {key for key in texts if key.startswith("preset_note_")}
    used = {note for path in FOLDER.glob("*.json") for preset in presets_of(path) for note in preset.notes}
    assert used <= NOTES
    assert set(KINDS) == {"charger", "battery", "meter", "solar", "vehicle"}


def test_the_page_on_devices_lists_all_presets() -> None:
    page = (FOLDER.parents[4] / "docs" / "devices.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for path in FOLDER.glob("*.json"):
        for preset in presets_of(path):
            for integration in preset.integrations:
                row = f"| {integration} | {preset.kind} | {preset.name} |"
                assert any(line.startswith(row) for line in rows), row
    assert all(f"`{note}`" in page for note in NOTES)

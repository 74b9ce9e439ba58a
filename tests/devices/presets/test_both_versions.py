"""What presets rest on is the same in both versions of Home Assistant that are supported, and no status is unknown."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from custom_components.tangle_grid.devices.presets.catalogue import FOLDER, presets_of
from tests.support.installed import COMPONENTS, Described, described, texts
from tests.support.known_devices import KNOWN
from tests.support.specimens import Specimen

_ROOT: Final = Path(__file__).parents[3]
#: The newer version, in which the simulated street runs.
_OTHERS: Final = sorted((_ROOT / ".runtime" / "envs" / "demo").glob("lib/*/site-packages/homeassistant/components"))
FOLDERS: Final = (COMPONENTS, *_OTHERS)
CORE: Final = [each for each in KNOWN if (COMPONENTS / each.platform).is_dir() and each.platform != "mqtt"]
#: Texts of a status that leave open whether a car is there.
SAYS_NOTHING: Final = {
    "lektrico": {"locked", "updating_firmware"},
    "victron_gx": {f"reserved{number}" for number in range(15, 20)},
}


def facts(specimen: Specimen, folder: Path) -> dict[tuple[str, str], Described]:
    """What the code of an integration says of the entities that are expected."""
    wanted = {
        tuple(key.split(".", 1))
        for keys in specimen.expected.values()
        for key in ((keys,) if isinstance(keys, str) else keys)
    }
    found = described(specimen.platform, *specimen.domains, folder=folder)
    # Nothing goes by the names of these: they are translated.
    return {(each.domain, each.key): replace(each, name=None) for each in found if (each.domain, each.key) in wanted}


@cache
def unchanged(folder: Path) -> bool:
    """Whether an integration is the same file by file, so that there is nothing to compare."""
    own = COMPONENTS / folder.name
    files = [each.relative_to(folder) for each in folder.rglob("*") if each.suffix in {".py", ".json"}]
    return bool(files) and all(
        (own / each).is_file() and (own / each).read_bytes() == (folder / each).read_bytes() for each in files
    )


@pytest.mark.skipif(not _OTHERS, reason="scripts/demo has not fetched the newer version yet")
@pytest.mark.parametrize("specimen", CORE, ids=str)
def test_entities_are_made_alike(specimen: Specimen) -> None:
    for folder in _OTHERS:
        if not unchanged(folder / specimen.platform):
            assert facts(specimen, folder) == facts(specimen, COMPONENTS)
        for file, words in specimen.words.items():
            written = (folder / specimen.platform / file).read_text()
            assert [word for word in words if word not in written] == []


def test_every_text_of_a_status_is_known() -> None:
    looked_at = 0
    for path in sorted(FOLDER.glob("*.json")):
        for preset in presets_of(path):
            meanings = preset.values.get("status_map")
            core = next((each for each in preset.integrations if (COMPONENTS / each).is_dir()), None)
            if meanings is None or core in {None, "mqtt"}:
                continue
            [[pattern]] = preset.entities["status"]
            for folder in FOLDERS:
                shown = texts(str(core), folder)["entity"]["sensor"][str(pattern.translation_key)]["state"]
                assert set(shown) - SAYS_NOTHING.get(str(core), set()) == set(meanings), path.name
                looked_at += 1
    assert looked_at >= 6

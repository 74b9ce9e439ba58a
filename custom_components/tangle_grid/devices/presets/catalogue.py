"""The presets of all files, read once: those that come with this integration, and those that somebody tries out."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ...const import DOMAIN, LOGGER
from .schema import Preset, PresetError, presets_from

FOLDER: Final = Path(__file__).parent / "integrations"
#: Below Home Assistant's configuration: presets to try out before they are sent in.
OWN_FOLDER: Final = (DOMAIN, "presets")


class Catalogue:
    """All presets, by integration and kind; of one integration the own ones come first."""

    def __init__(self, presets: Iterable[Preset]) -> None:
        self.presets: Final = tuple(presets)
        by_integration: dict[str, list[Preset]] = defaultdict(list)
        for preset in self.presets:
            for integration in preset.integrations:
                by_integration[integration].append(preset)
        self._by_integration: Final[Mapping[str, list[Preset]]] = by_integration

    def of(self, integration: str, kind: str) -> list[Preset]:
        """Return the presets of a kind for the devices of an integration."""
        return [preset for preset in self._by_integration.get(integration, ()) if preset.kind == kind]

    def integrations(self, kind: str) -> frozenset[str]:
        """Return the integrations that have presets of a kind."""
        return frozenset(
            integration for preset in self.presets if preset.kind == kind for integration in preset.integrations
        )


_CATALOGUE: Final[HassKey[Catalogue]] = HassKey("tangle_grid_presets")


async def async_presets(hass: HomeAssistant) -> Catalogue:
    """Return all presets; the files are read once, in a thread. One that is not sound is left out, and logged."""
    if (catalogue := hass.data.get(_CATALOGUE)) is None:
        own = Path(hass.config.path(*OWN_FOLDER))
        catalogue = hass.data[_CATALOGUE] = await hass.async_add_executor_job(_read, own, FOLDER)
    return catalogue


def _read(*folders: Path) -> Catalogue:
    presets: list[Preset] = []
    for folder in folders:
        for path in sorted(folder.glob("*.json")):
            try:
                presets.extend(presets_of(path))
            except PresetError as error:
                LOGGER.warning("A preset of devices is left out: %s", error)
    return Catalogue(presets)


def presets_of(path: Path) -> tuple[Preset, ...]:
    """Return the presets of one file.

    Raises:
        PresetError: It cannot be read, or is not sound.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PresetError(f"{path.name}: {error}") from error
    return presets_from(path.name, raw)

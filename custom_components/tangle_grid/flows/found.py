"""Beginning with a device: which ones a preset fits, and what was found at the one that was chosen, in words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import voluptuous as vol
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..devices.presets import Match, async_presets, find, find_all
from .checks import Problem

FIELD_DEVICE: Final = "device"
STEP_BEGIN: Final = "begin"
STEP_DEVICE: Final = "device"
STEP_BY_HAND: Final = "by_hand"
BEGIN_MENU: Final = (STEP_DEVICE, STEP_BY_HAND)


async def async_device_schema(
    hass: HomeAssistant, kind: str, fields: Collection[str], taken: Iterable[str] = ()
) -> vol.Schema | None:
    """Return the form in which a device is chosen that a preset of a kind fits; None where there is none.

    Args:
        hass: Where the devices are.
        kind: The kind of device.
        fields: The fields of the form that it fills in.
        taken: Entities that somebody has already: their devices are not offered again.
    """
    matches = find_all(hass, await async_presets(hass), kind, fields)
    free = [match for match in matches if match.needed.isdisjoint(taken)]
    return device_schema(free) if free else None


def device_schema(matches: Sequence[Match]) -> vol.Schema:
    """Return the form for some devices: with the integration in the label where it says more than the name."""
    options = [
        SelectOptionDict(
            value=match.place,
            label=match.name if match.preset.name in match.name else f"{match.name} ({match.preset.name})",
        )
        for match in matches
    ]
    config = SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN)
    return vol.Schema({vol.Required(FIELD_DEVICE): SelectSelector(config)})


async def async_match(hass: HomeAssistant, kind: str, fields: Collection[str], place: str) -> Match | Problem:
    """Return what is known of a device that was chosen, or why it cannot be used: it may be gone meanwhile."""
    match = find(hass, await async_presets(hass), kind, place, fields)
    return Problem(key="no_preset") if match is None else match


async def async_found(hass: HomeAssistant, match: Match, step: str) -> str:
    """Return what was found, in words: each entity with what it shows now, and what should be known.

    Args:
        hass: Where the entities are.
        match: The device.
        step: The step, or the steps, whose labels name the fields, such as "config_subentries.charger.step".
    """
    category = step.partition(".")[0]
    labels = await async_get_translations(hass, hass.config.language, category, {DOMAIN})
    texts = await async_get_translations(hass, hass.config.language, "common", {DOMAIN})

    def text(key: str, **values: str) -> str:
        return texts[f"component.{DOMAIN}.common.{key}"].format(**values)

    names = _labels(labels, f"component.{DOMAIN}.{step}.")
    lines = [text("found_device", device=match.name, preset=match.preset.name)]
    for role, entity_ids in match.entities.items():
        # Some forms have no place for some roles.
        for entity_id in entity_ids if role in names else ():
            values = {"field": names[role], "entity": entity_id}
            if entity_id in match.disabled:
                lines.append("- " + text("found_disabled", **values))
                continue
            shown = _shown(hass, entity_id)
            lines.append("- " + text("found_silent" if shown is None else "found_entity", value=shown or "", **values))
    lines.extend(["", *(text(f"preset_note_{note}") for note in match.preset.notes)])
    return "\n".join(lines).rstrip()


def _labels(translations: Mapping[str, str], step: str) -> dict[str, str]:
    """Return the names of the fields of steps, those in their sections included."""
    return {
        key.rpartition(".")[2]: label
        for key, label in translations.items()
        if key.startswith(step) and key.split(".")[-2] == "data"
    }


@callback
def _shown(hass: HomeAssistant, entity_id: str) -> str | None:
    state = hass.states.get(entity_id)
    if state is None or state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
        return None
    unit: Any = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    return state.state if unit is None else f"{state.state} {unit}"

"""Lists of sentences that a form shows: what was seen, and what should be done about it."""

from collections.abc import Iterable, Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN

type Said = tuple[str, Mapping[str, str]]


async def async_sentences(hass: HomeAssistant, prefix: str, lines: Iterable[Said]) -> str:
    """Return a list in the language of this Home Assistant.

    Args:
        hass: Whose language it is.
        prefix: How the keys of the sentences begin.
        lines: The rest of each key, with what is filled in.
    """
    texts = await async_get_translations(hass, hass.config.language, "common", {DOMAIN})
    return "\n".join(
        f"- {texts[f'component.{DOMAIN}.common.{prefix}_{key}'].format(**values)}" for key, values in lines
    )

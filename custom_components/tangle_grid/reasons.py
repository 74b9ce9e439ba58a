"""Reasons in words: the grid gives a key and numbers, people read a sentence in their own language."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from .amounts import in_mi
from .clock import as_datetime
from .const import DOMAIN
from .grid.model.world import Reason

# A reason that a person or an automation gave: its text is shown as it is.
REASON_GIVEN: Final = "given"
_TEXT: Final = "text"
# The placeholders that are amounts or rates in iota.
_AMOUNTS: Final = frozenset({"rate", "min_rate"})
# The checks of a receipt whose figures are.
_CHECKS_OF_AMOUNTS: Final = frozenset({"amount", "paid", "rate"})
# The placeholders that are moments: grid time, epoch seconds.
_MOMENTS: Final = frozenset({"departure", "starts_at", "ends_at", "ready_at", "until", "begins_at"})


def given_reason(text: str) -> Reason:
    """Return the reason for an answer that was given in words."""
    return Reason(key=REASON_GIVEN, placeholders={_TEXT: text})


@callback
def async_sentence(hass: HomeAssistant, reason: Reason | None) -> str | None:
    """Return a reason as a sentence in Home Assistant's language, in English where that is not translated.

    The sentences are common texts (`reason_<key>`): those of entities may not carry placeholders.
    """
    if reason is None:
        return None
    if reason.key == REASON_GIVEN:
        return str(reason.placeholders.get(_TEXT, ""))
    return _filled(hass, f"reason_{reason.key}", reason.placeholders) or reason.key


@callback
def async_check_sentence(hass: HomeAssistant, check: str, placeholders: Mapping[str, Any], *, ok: bool) -> str:
    """Return what a check of a receipt found, as a sentence (`check_<key>` and `check_<key>_failed`)."""
    if check in _CHECKS_OF_AMOUNTS:
        placeholders = {name: in_mi(value) if isinstance(value, int) else value for name, value in placeholders.items()}
    return _filled(hass, f"check_{check}" if ok else f"check_{check}_failed", placeholders) or check


@callback
def async_tariff_sentence(hass: HomeAssistant, key: str, placeholders: Mapping[str, Any]) -> str:
    """Return what is wrong with a tariff, as a sentence (`tariff_<key>`)."""
    return _filled(hass, f"tariff_{key}", placeholders) or key


@callback
def async_text(hass: HomeAssistant, key: str, **placeholders: Any) -> str:
    """Return one of the common texts, in Home Assistant's language."""
    return _filled(hass, key, placeholders) or key


@callback
def _filled(hass: HomeAssistant, key: str, placeholders: Mapping[str, Any]) -> str | None:
    translations = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
    sentence = translations.get(f"component.{DOMAIN}.common.{key}")
    if sentence is None:
        return None
    with suppress(KeyError, IndexError, ValueError):
        return sentence.format_map(_readable(placeholders))
    return sentence


def _readable(placeholders: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(name, value) for name, value in placeholders.items()}


def _text(name: str, value: Any) -> str:
    if name in _MOMENTS:
        # To the nearest minute, as the entities show it.
        return dt_util.as_local(as_datetime(float(value) + 30)).strftime("%H:%M")
    if name in _AMOUNTS and isinstance(value, int):
        return in_mi(value)
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    if isinstance(value, int):
        # Narrow spaces: rates are long numbers, and languages disagree about commas and points.
        return f"{value:,}".replace(",", "\u202f")
    return str(value)

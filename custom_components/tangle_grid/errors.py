"""Turns the typed errors of the rooms into errors that Home Assistant shows in the user's language."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from homeassistant.exceptions import ConfigEntryError, HomeAssistantError, ServiceValidationError

from .amounts import amount_text
from .const import DOMAIN
from .devices.adapters.base import DeviceError
from .economy.topics import TopicError
from .grid.model.errors import GridError
from .ledger import LedgerError
from .protocol import ProtocolError

# Not the caller's fault: the caller asked for nothing wrong, and may ask again.
_OPERATIONAL: Final = frozenset(
    {
        "actions_failed",
        "actions_stopped",
        "actions_timeout",
        "entity_unavailable",
        "ledger_unavailable",
        "service_failed",
        "service_timeout",
    }
)

#: The placeholders that are amounts or rates in iota.
AMOUNTS: Final = frozenset(
    {
        *("amount", "available", "balance", "bounty", "budget", "cost"),
        *("left", "limit", "min_rate", "rate", "remaining"),
    }
)

type KeyedError = GridError | LedgerError | DeviceError | ProtocolError | TopicError


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise the errors of grid, ledger, protocol and devices as translated Home Assistant errors.

    Raises:
        ServiceValidationError: The caller asked for something that cannot be.
        HomeAssistantError: The request was right, but something else does not work.
    """
    try:
        yield
    except (GridError, LedgerError, DeviceError, ProtocolError, TopicError) as error:
        raise translated(error) from error


def translated(error: KeyedError) -> HomeAssistantError:
    """Return the Home Assistant error with the message of a room's error."""
    kind = HomeAssistantError if error.key in _OPERATIONAL else ServiceValidationError
    return kind(
        translation_domain=DOMAIN,
        translation_key=error.key,
        translation_placeholders={name: _text(name, value) for name, value in error.placeholders.items()},
    )


def not_set_up(error: KeyedError) -> ConfigEntryError:
    """Return the error that an island cannot be set up, with the message of a room's error."""
    return ConfigEntryError(
        translation_domain=DOMAIN,
        translation_key=error.key,
        translation_placeholders={name: _text(name, value) for name, value in error.placeholders.items()},
    )


def _text(name: str, value: object) -> str:
    """Return a value as people read it: amounts in Mi."""
    return amount_text(value) if name in AMOUNTS else str(value)


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return an error of the caller, with its translated message."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )

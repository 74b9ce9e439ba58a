"""The fields of actions, and what may stand in them."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.helpers import config_validation as cv

from .schema_errors import WholeNumberInvalid

ATTR_REQUEST_ID: Final = "request_id"
ATTR_POWER: Final = "power"
ATTR_DURATION: Final = "duration"
ATTR_RATE: Final = "rate"
ATTR_FEEDER_DEVICE_ID: Final = "feeder_device_id"
ATTR_ANSWER: Final = "answer"
ATTR_REASON: Final = "reason"
ATTR_TARGET: Final = "target"
ATTR_TARGET_DEVICE_ID: Final = "target_device_id"
ATTR_AMOUNT: Final = "amount"
ATTR_PAYMENT_ID: Final = "payment_id"
ATTR_TOPIC: Final = "topic"
ATTR_DATA: Final = "data"
ATTR_KIND: Final = "kind"
ATTR_LIMIT: Final = "limit"
ATTR_TRANSACTION: Final = "transaction"

# Payments that are looked through for those that a user may see.
MOST_PAYMENTS: Final = 1_000

_REASON_LENGTH: Final = 200


def whole_number(value: Any) -> int:
    """Return an integer, also when a form or a template hands it over as text or as a float: never rounded."""
    try:
        number = int(value) if isinstance(value, str) else value
        if isinstance(number, bool) or number != int(number):
            raise WholeNumberInvalid("expected a whole number")
        return int(number)
    except (TypeError, ValueError, OverflowError) as error:
        raise WholeNumberInvalid("expected a whole number") from error


# Ranges are left to the grid and the ledger: they say in words, in the user's language, what is wrong with a value.
ISLAND: Final = {vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string}
# One of its feeders; without a word, the main one.
FEEDER: Final = {**ISLAND, vol.Optional(ATTR_FEEDER_DEVICE_ID): cv.string}
LIMIT: Final = {vol.Optional(ATTR_LIMIT, default=50): vol.All(whole_number, vol.Range(min=1, max=500))}
LIST_FIELDS: Final = {**ISLAND, **LIMIT}
REASON: Final = vol.All(cv.string, vol.Strip, vol.Length(min=1, max=_REASON_LENGTH))
# The colon is kept for the rewards of requests, whose ids are made of two parts.
PAYMENT_ID: Final = vol.All(cv.string, vol.Match(r"^[A-Za-z0-9_.-]{1,64}\Z"))

"""Why a message is refused."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Rejection(StrEnum):
    """The reasons, as they are logged and translated."""

    MALFORMED = "malformed"
    OVERSIZE = "oversize"
    UNKNOWN_VERSION = "unknown_version"
    WRONG_ISLAND = "wrong_island"
    UNKNOWN_SENDER = "unknown_sender"
    BAD_SIGNATURE = "bad_signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REPLAYED = "replayed"
    BROKEN_CHAIN = "broken_chain"
    INVALID_BODY = "invalid_body"
    REVOKED_KEY = "revoked_key"
    KEY_NOT_YET_VALID = "key_not_yet_valid"
    KEY_CONFLICT = "key_conflict"
    NOT_ALLOWED = "not_allowed"
    UNREADABLE = "unreadable"


class ProtocolError(Exception):
    """A message that is refused. `key` is a `Rejection`; `placeholders` fill a translated sentence."""

    def __init__(self, key: Rejection, placeholders: Mapping[str, str | int | float] | None = None) -> None:
        self.key = key
        self.placeholders: Mapping[str, Any] = dict(placeholders or {})
        detail = ", ".join(f"{name}={value}" for name, value in self.placeholders.items())
        super().__init__(f"{key}: {detail}" if detail else str(key))

"""Which Tangle an island works with: the node in this Home Assistant, or one on the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..const import (
    CONF_KEEP_DAYS,
    CONF_LEDGER,
    CONF_NODE_MWM,
    CONF_NODE_TOKEN_ID,
    CONF_NODE_URL,
    CONF_SEALED,
    CONF_TANGLE_ID,
    DEFAULT_KEEP_DAYS,
    DEFAULT_NODE_MWM,
)
from ..ledger import BackendConfig, Embedded, PrivacyMode, Remote

_DAY_S: Final = 86_400.0
#: What stands in the options for `None` days.
FOR_EVER: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerChoice:
    """What was chosen in the options.

    Attributes:
        keep_days: How long the node in this Home Assistant keeps messages; None keeps them all.
        url: The node on the network; None for the one in this Home Assistant.
        token_id: Under which name the private store has the node's token; None when it asks for none.
        mwm: The proof of work that the node's network asks for.
        tangle_id: The Tangle that was agreed to when the node was chosen.
        sealed: Whether only those who have a key can read what the island writes there.
    """

    keep_days: int | None = DEFAULT_KEEP_DAYS
    url: str | None = None
    token_id: str | None = None
    mwm: int = DEFAULT_NODE_MWM
    tangle_id: str | None = None
    sealed: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read what the options of an island say; without a word, it is the node in this Home Assistant."""
        stored = options.get(CONF_LEDGER, {})
        return cls(
            keep_days=int(stored.get(CONF_KEEP_DAYS, DEFAULT_KEEP_DAYS)) or None,
            url=stored.get(CONF_NODE_URL),
            token_id=stored.get(CONF_NODE_TOKEN_ID),
            mwm=int(stored.get(CONF_NODE_MWM, DEFAULT_NODE_MWM)),
            tangle_id=stored.get(CONF_TANGLE_ID),
            sealed=bool(stored.get(CONF_SEALED, False)),
        )

    def into_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options with this choice in the place of the one before."""
        kept: dict[str, Any] = {}
        if self.keep_days != DEFAULT_KEEP_DAYS:
            kept[CONF_KEEP_DAYS] = self.keep_days or FOR_EVER
        if self.url is not None:
            kept |= {CONF_NODE_URL: self.url, CONF_NODE_MWM: self.mwm, CONF_TANGLE_ID: self.tangle_id}
            if self.token_id is not None:
                kept[CONF_NODE_TOKEN_ID] = self.token_id
        if self.sealed:
            kept[CONF_SEALED] = True
        others = {key: value for key, value in options.items() if key != CONF_LEDGER}
        return {**others, CONF_LEDGER: kept} if kept else others

    @property
    def privacy(self) -> PrivacyMode:
        """How the ledger writes its messages."""
        return "sealed" if self.sealed else "open"

    def backend(self, hass: HomeAssistant, token: str | None) -> BackendConfig:
        """Return what the ledger is opened with; `token` is what `token_id` stands for."""
        if self.url is None:
            return Embedded(keep_s=None if self.keep_days is None else self.keep_days * _DAY_S)
        return Remote(
            url=self.url,
            session=async_get_clientsession(hass),
            token=token,
            mwm=self.mwm,
            tangle_id=self.tangle_id,
        )

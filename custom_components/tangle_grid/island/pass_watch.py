"""Passes that fail: said once in the log and in a repair, and taken back when passes have worked for a while."""

import logging
import time
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN, LOGGER
from ..log_once import LogOnce

ISSUE_CONTROL_FAILED: Final = "control_failed"
#: Passes have to work for so long before the trouble is said to be over, s: one that comes and goes is one trouble.
_STEADY_S: Final = 60.0


class PassWatch:
    """Watches the passes of one island."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._failed_at: float | None = None
        self._said = LogOnce(LOGGER)

    @callback
    def async_failed(self, error: Exception) -> None:
        """Note that a pass failed, and the safe state was written."""
        if self._failed_at is None:
            # A fault of this integration, and nobody else's: whoever reports it needs to know where it is.
            self._said.wrong(
                "pass",
                "A control pass of %s failed; all devices are told their safe state until passes work again",
                self._entry.title,
                level=logging.ERROR,
                error=error,
            )
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                self._issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.ERROR,
                translation_key=ISSUE_CONTROL_FAILED,
                # Only what kind of error it is: its text may carry anything.
                translation_placeholders={"island": self._entry.title, "error": type(error).__name__},
            )
        self._failed_at = time.monotonic()

    @callback
    def async_worked(self) -> None:
        """Note that a pass has come to its end."""
        if self._failed_at is not None:
            if time.monotonic() - self._failed_at < _STEADY_S:
                return
            self.async_close()
        self._said.right("pass", "The control passes of %s work again", self._entry.title)

    @callback
    def async_no_plan(self, error: Exception) -> None:
        """Note that a plan could not be made: nobody is held back by one."""
        self._said.wrong(
            "plan",
            "No plan can be made for %s: cars charge without one",
            self._entry.title,
            level=logging.ERROR,
            error=error,
        )

    @callback
    def async_close(self) -> None:
        """Take the repair away."""
        self._failed_at = None
        ir.async_delete_issue(self._hass, DOMAIN, self._issue_id)

    @property
    def _issue_id(self) -> str:
        return f"{ISSUE_CONTROL_FAILED}_{self._entry.entry_id}"

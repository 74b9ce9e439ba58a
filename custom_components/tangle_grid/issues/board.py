"""The issues of one island as Home Assistant shows them: raised once something has been wrong for a while."""

from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..island.runtime import TangleGridConfigEntry

# A restart, a reload or a device that is away for a moment is nothing to bother anyone with.
_PATIENCE: Final = timedelta(minutes=1)


class IssueBoard:
    """Shows issues of one island, and takes them away. A `subject` is whom an issue is about: an island, a device."""

    def __init__(self, hass: HomeAssistant, entry: TangleGridConfigEntry) -> None:
        """Begin with nothing wrong."""
        self.hass = hass
        self.entry = entry
        self._since: dict[str, datetime] = {}

    def lasting(self, key: str, subject: str, *, wrong: bool, patience: timedelta | None = None) -> bool:
        """Return whether it has been wrong for a while: a minute, unless told otherwise."""
        issue_id = f"{key}_{subject}"
        if not wrong:
            self._since.pop(issue_id, None)
            return False
        now = dt_util.utcnow()
        return now - self._since.setdefault(issue_id, now) >= (_PATIENCE if patience is None else patience)

    @callback
    def set(
        self,
        key: str,
        subject: str,
        *,
        wrong: bool,
        severity: ir.IssueSeverity,
        placeholders: dict[str, str],
        patience: timedelta | None = None,
        text: str | None = None,
    ) -> None:
        """Show an issue that lasts, with the texts of `text` (those of its key), and take away one that is over."""
        if self.lasting(key, subject, wrong=wrong, patience=patience):
            self.show(key, subject, severity=severity, placeholders=placeholders, text=text)
        elif not wrong:
            self.remove(key, subject)

    @callback
    def show(
        self,
        key: str,
        subject: str,
        *,
        severity: ir.IssueSeverity,
        placeholders: dict[str, str],
        fixable: bool = False,
        text: str | None = None,
    ) -> None:
        """Show an issue now. A `fixable` one has a flow (`repairs.async_create_fix_flow`)."""
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            f"{key}_{subject}",
            data={"entry_id": self.entry.entry_id} if fixable else None,
            is_fixable=fixable,
            severity=severity,
            translation_key=text or key,
            translation_placeholders=placeholders,
        )

    @callback
    def remove(self, key: str, subject: str) -> None:
        """Take an issue away, if it is shown."""
        ir.async_delete_issue(self.hass, DOMAIN, f"{key}_{subject}")

    @callback
    def clear(self) -> None:
        """Take away all that has lasted, also what is about participants that have left."""
        for issue_id in self._since:
            ir.async_delete_issue(self.hass, DOMAIN, issue_id)
        self._since.clear()

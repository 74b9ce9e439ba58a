"""What was put right in restored ledger files, to be read and forgotten: a fix flow of the repair that tells of it."""

from contextlib import suppress

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlowResult

from ..island.runtime import TangleGridConfigEntry
from ..ledger import LedgerError


class FindingsFlow(ConfirmRepairFlow):
    """What had happened to the ledger's files is put right: it is only to be read, once for all of it."""

    def __init__(self, entry: TangleGridConfigEntry) -> None:
        """Fix this island."""
        self._entry = entry

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Say what happened; when it was read, forget it."""
        if user_input is not None:
            with suppress(LedgerError):
                # A ledger that is not open now says it again when it is.
                await self._entry.runtime_data.link.async_findings_read()
        return await super().async_step_confirm(user_input)

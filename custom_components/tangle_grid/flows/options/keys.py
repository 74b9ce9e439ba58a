"""The keys that participants sign with, and the one that opens encrypted messages: renewed, ended, shown.

Each step says what it does and does it only when that is confirmed. The opening key is in the one form that shows it,
and nowhere else; the keys that sign never leave the ledger.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import callback
from homeassistant.helpers.selector import BooleanSelector

from ...actions.responses import participant_name
from ...const import SUBENTRY_SOLAR
from ...island.runtime import IslandRuntime
from ...ledger import IslandKeys, LedgerError
from ..checks import Problem
from .opened import CONF_CONFIRM, CONFIRMED, OpenLedgerFlow, ledger_problem, name_selector

CONF_PARTICIPANT: Final = "participant"
CONF_FORMER_KEYS: Final = "former_keys"

OPENING_KEY_SCHEMA: Final = vol.Schema({vol.Required(CONF_FORMER_KEYS, default=False): BooleanSelector(), **CONFIRMED})
RENEW_OPENING_KEY_SCHEMA: Final = vol.Schema({**CONFIRMED})


def member_schema(names: Mapping[str, str]) -> vol.Schema:
    """Return the form in which it is chosen whose key it is about."""
    return vol.Schema({vol.Required(CONF_PARTICIPANT): name_selector(names), **CONFIRMED})


class KeySteps(OpenLedgerFlow):
    """The steps about keys."""

    async def async_step_keys(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:  # noqa: ARG002 - a menu
        """Ask which key it is about."""
        if self.open_island() is None:
            return self.async_abort(reason="ledger_closed")
        return self.async_show_menu(
            step_id="keys", menu_options=["renew_key", "revoke_key", "opening_key", "renew_opening_key"]
        )

    async def async_step_renew_key(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Give a participant another key: anybody but the sun, also one whose key was revoked."""
        if (runtime := self.open_island()) is None:
            return self.async_abort(reason="ledger_closed")
        names = {
            participant_id: participant.name
            for participant_id, participant in runtime.members.items()
            if participant.kind != SUBENTRY_SOLAR
        }
        return await self._change("renew_key", "key_renewed", names, runtime.ledger.keys.renew, user_input)

    async def async_step_revoke_key(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """End a participant's key: of any that has one, also of those who have left."""
        if (runtime := self.open_island()) is None:
            return self.async_abort(reason="ledger_closed")
        keys = runtime.ledger.keys
        try:
            members = await keys.members()
        except LedgerError:
            return self.async_abort(reason="ledger_closed")
        names = {member: participant_name(runtime, member) for member, good in members.items() if good}
        return await self._change("revoke_key", "key_revoked", names, keys.revoke, user_input)

    async def _change(
        self,
        step_id: str,
        done: str,
        names: Mapping[str, str],
        change: Callable[[str], Awaitable[None]],
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        if not names:
            return self.async_abort(reason="no_keys")
        problem: Problem | None = None
        if user_input is not None:
            participant = user_input[CONF_PARTICIPANT]
            if (problem := await self._attempt(user_input, lambda: change(participant))) is None:
                return self.async_abort(
                    reason=done, description_placeholders={"participant": names.get(participant, participant)}
                )
        return self.show_confirmable(step_id, member_schema(names), _kept(user_input, CONF_PARTICIPANT), problem)

    @staticmethod
    async def _attempt(user_input: Mapping[str, Any], action: Callable[[], Awaitable[None]]) -> Problem | None:
        """Do it if that is confirmed; returns what is in the way."""
        if not user_input[CONF_CONFIRM]:
            return Problem(key="not_confirmed")
        try:
            await action()
        except LedgerError as error:
            return ledger_problem(error)
        return None

    # The key that opens encrypted messages

    async def async_step_opening_key(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Warn, and let it be confirmed."""
        if (runtime := self.open_island()) is None:
            return self.async_abort(reason="ledger_closed")
        problem: Problem | None = None
        if user_input is not None:
            shown: list[str] = []

            async def ask() -> None:
                shown.extend(await self._opening_keys(runtime, former=user_input[CONF_FORMER_KEYS]))

            if (problem := await self._attempt(user_input, ask)) is None:
                return self.async_show_form(
                    step_id="opening_key_shown",
                    data_schema=vol.Schema({}),
                    description_placeholders={"keys": "\n".join(shown)},
                )
        return self.show_confirmable("opening_key", OPENING_KEY_SCHEMA, _kept(user_input, CONF_FORMER_KEYS), problem)

    @staticmethod
    async def _opening_keys(runtime: IslandRuntime, *, former: bool) -> list[str]:
        keys: IslandKeys = runtime.ledger.keys
        return await keys.openings() if former else [await keys.opening()]

    async def async_step_opening_key_shown(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:  # noqa: ARG002 - there is nothing to fill in
        """Forget it again."""
        return self.async_abort(reason="opening_key_hidden")

    async def async_step_renew_opening_key(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Encrypt with another key from now on."""
        if (runtime := self.open_island()) is None:
            return self.async_abort(reason="ledger_closed")
        problem: Problem | None = None
        if user_input is not None:
            problem = await self._attempt(user_input, runtime.ledger.keys.renew_opening)
            if problem is None:
                return self.async_abort(reason="opening_key_renewed")
        return self.show_confirmable("renew_opening_key", RENEW_OPENING_KEY_SCHEMA, {}, problem)


@callback
def _kept(user_input: Mapping[str, Any] | None, field: str) -> dict[str, Any]:
    """Return what stays filled in when a form is shown again; that it was confirmed does not."""
    return {field: user_input[field]} if user_input else {}

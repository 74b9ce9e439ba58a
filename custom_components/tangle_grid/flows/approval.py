"""The operator's answer to a house that asks to join: a fix flow of the repair that tells of it."""

from types import MappingProxyType
from typing import Any, Final

import voluptuous as vol
from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import TextSelector

from ..const import CONF_LINK_ID, SUBENTRY_HOUSE, SUBENTRY_NEIGHBOUR
from ..island.link_joining import house_name_problem
from ..island.links import Links
from ..island.runtime import TangleGridConfigEntry
from ..link.joining.messages import Kind
from .checks import NO_PLACEHOLDERS
from .subentries.neighbour import TIE_FIELDS, tie_problem

NAME_SCHEMA: Final = vol.Schema({vol.Required(CONF_NAME): TextSelector()})
NAMED_TIE_SCHEMA: Final = NAME_SCHEMA.extend(TIE_FIELDS)


class ApprovalFlow(RepairsFlow):
    """Lets a house in, under a name that the operator gives it, or refuses it."""

    def __init__(self, entry: TangleGridConfigEntry, code_id: str) -> None:
        """Answer whoever asks with this code."""
        self._entry = entry
        self._code_id = code_id

    @property
    def _links(self) -> Links | None:
        """The links, while the question still waits for an answer."""
        if self._entry.state is not ConfigEntryState.LOADED:
            return None
        links: Links = self._entry.runtime_data.links
        return links if self._code_id in links.waiting else None

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:  # noqa: ARG002 - a menu
        """Say what the house declares, and ask."""
        if (links := self._links) is None:
            return self.async_abort(reason="not_asked_any_more")
        terms = links.waiting[self._code_id].terms
        if links.waiting[self._code_id].kind is Kind.NEIGHBOUR:
            return self.async_show_menu(
                step_id="init",
                menu_options=["tie", "refuse"],
                description_placeholders={"island": self._entry.title},
            )
        return self.async_show_menu(
            step_id="init",
            menu_options=["approve", "refuse"],
            description_placeholders={
                "island": self._entry.title,
                "fuse": " / ".join(f"{amps:g}" for amps in terms.fuse_a),
                "safe": " / ".join(f"{amps:g}" for amps in terms.safe_a),
                "load": " / ".join(f"{amps:g}" for amps in terms.uncontrolled_a),
                "slots": str(len(terms.slots)),
            },
        )

    async def async_step_approve(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask for a name, and let it in."""
        if (links := self._links) is None:
            return self.async_abort(reason="not_asked_any_more")
        errors: dict[str, str] = {}
        figures = dict(NO_PLACEHOLDERS)
        if user_input is not None:
            name = user_input[CONF_NAME].strip()
            record = links.desk.record(self._code_id)
            if (lacking := links.lacking(record.terms)) is not None:
                errors["base"], figures = "does_not_fit", {**figures, **lacking}
            elif (problem := house_name_problem(self._entry, name)) is not None:
                errors[CONF_NAME] = problem
            else:
                await links.async_keep(record)
                await links.desk.async_decide(self._code_id, approved=True)
                house = ConfigSubentry(
                    data=MappingProxyType({CONF_LINK_ID: record.link_id}),
                    subentry_type=SUBENTRY_HOUSE,
                    title=name,
                    unique_id=record.link_id,
                )
                self.hass.config_entries.async_add_subentry(self._entry, house)
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="approve",
            data_schema=self.add_suggested_values_to_schema(NAME_SCHEMA, user_input),
            errors=errors,
            description_placeholders=figures,
        )

    async def async_step_tie(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask for a name and the tie line, and let a neighbour in."""
        if (links := self._links) is None:
            return self.async_abort(reason="not_asked_any_more")
        errors: dict[str, str] = {}
        placeholders = {**NO_PLACEHOLDERS, "currency": self.hass.config.currency}
        if user_input is not None:
            name = user_input[CONF_NAME].strip()
            data = {field: value for field, value in user_input.items() if field != CONF_NAME}
            if (problem := house_name_problem(self._entry, name)) is not None:
                errors[CONF_NAME] = problem
            elif (wrong := tie_problem(self.hass, data)) is not None:
                errors[wrong[0]], placeholders = wrong[1].key, {**placeholders, **wrong[1].placeholders}
            else:
                record = links.desk.record(self._code_id)
                await links.async_keep(record)
                await links.desk.async_decide(self._code_id, approved=True)
                neighbour = ConfigSubentry(
                    data=MappingProxyType({CONF_LINK_ID: record.link_id, **data}),
                    subentry_type=SUBENTRY_NEIGHBOUR,
                    title=name,
                    unique_id=record.link_id,
                )
                self.hass.config_entries.async_add_subentry(self._entry, neighbour)
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="tie",
            data_schema=self.add_suggested_values_to_schema(NAMED_TIE_SCHEMA, user_input),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_refuse(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:  # noqa: ARG002 - a menu
        """Say no; the code is worth nothing any more."""
        if (links := self._links) is None:
            return self.async_abort(reason="not_asked_any_more")
        await links.desk.async_decide(self._code_id, approved=False)
        return self.async_create_entry(data={})

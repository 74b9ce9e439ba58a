"""The last step for a charger: it is tried out, and what was seen is said in words."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, override

import voluptuous as vol
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntryState,
    ConfigSubentry,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.selector import BooleanSelector

from ...const import CONF_MAX_AGE, CONF_PHASES, CONF_POWER_INVERTED, CONF_ZERO_PAUSES
from ...grid.device.trial import LONGEST_S, Stage, TrialReport
from ...island.runtime import IslandRuntime, TangleGridConfigEntry
from .. import fields as selectors
from ..checks import NO_PLACEHOLDERS
from ..form_data import FieldProblem, fields_of, flattened, place_of, replaced, sectioned
from ..trial_words import async_trial_text
from .participant import ParticipantFlow, phase_count

STEP_TEST: Final = "test"
STEP_TRY_OUT: Final = "try_out"
STEP_TESTED: Final = "tested"
STEP_FINISH: Final = "finish"
#: An island starts again within this time after a participant was added, s.
_START_S: Final = 60.0
#: How long each part of a trial takes, roughly, as a share of the whole.
_DONE: Final = {Stage.WAITING: 0.05, Stage.HIGH: 0.25, Stage.LOW: 0.4, Stage.PAUSE: 0.55, Stage.RESUME: 0.7}
#: Reports are believed for so many of their intervals.
_REPORTS: Final = 3.0


class TriedOutFlow(ParticipantFlow):
    """What can be tried out before the dialog is left. It is saved by then: a closed browser loses nothing."""

    _trial: asyncio.Task[TrialReport] | None = None
    _report: TrialReport | None = None
    _tried_id: str | None = None

    @property
    @override
    def own_id(self) -> str | None:
        return self._tried_id or super().own_id

    @override
    def more_to_do(self) -> list[str]:
        return [STEP_TRY_OUT] if _runs(self._get_entry()) else []

    @override
    def save(self) -> SubentryFlowResult:
        return super().save() if self._changes or not _runs(self._get_entry()) else self._show_test()

    async def async_step_test(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - a menu has no fields
    ) -> SubentryFlowResult:
        """Ask whether it is to be tried out."""
        return self._show_test()

    def _show_test(self) -> SubentryFlowResult:
        return self.async_show_menu(
            step_id=STEP_TEST,
            menu_options=[STEP_TRY_OUT, STEP_FINISH],
            description_placeholders={"name": self._data[CONF_NAME]},
        )

    async def async_step_finish(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - there is nothing to fill in
    ) -> SubentryFlowResult:
        """Save it without a trial."""
        return super().save()

    async def async_step_try_out(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - there is nothing to fill in
    ) -> SubentryFlowResult:
        """Save it, try it out, and wait until that has come to its end."""
        if self._trial is None:
            subentry_id = self._tried_id = self._added() if self.own_id is None else self.own_id
            trial = self._async_try(subentry_id)
            self._trial = self.hass.async_create_background_task(trial, "tangle_grid trial", eager_start=False)
        if not self._trial.done():
            return self.async_show_progress(
                step_id=STEP_TRY_OUT,
                progress_action=STEP_TRY_OUT,
                progress_task=self._trial,
                description_placeholders={"name": self._data[CONF_NAME]},
            )
        self._report = TrialReport(stage=Stage.STOPPED, reason="cancelled")
        if not self._trial.cancelled() and self._trial.exception() is None:
            self._report = self._trial.result()
        return self.async_show_progress_done(next_step_id=STEP_TESTED)

    async def async_step_tested(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say what was seen, and offer what follows from it."""
        report = self._report or TrialReport()
        entry = self._get_entry()
        subentry = entry.subentries[self._tried_id or ""]
        schema, prefilled = corrections(report, self._data, phase_count(entry))
        errors: dict[str, str] = {}
        placeholders = {**NO_PLACEHOLDERS, "name": subentry.title}
        if user_input is not None:
            data = replaced(self._data, fields_of(schema), flattened(user_input))
            try:
                await self._async_check(self.steps(phase_count(entry)), data)
            except FieldProblem as found:
                errors[place_of(schema, found.field)] = found.problem.key
                placeholders.update(found.problem.placeholders)
            else:
                if user_input:
                    self.hass.config_entries.async_update_subentry(entry, subentry, data=data)
                reason = "tested" if self._changes else "added_and_tested"
                return self.async_abort(reason=reason, description_placeholders={"name": subentry.title})
        return self.async_show_form(
            step_id=STEP_TESTED,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or sectioned(schema, prefilled)),
            errors=errors,
            description_placeholders={**placeholders, "seen": await async_trial_text(self.hass, report, self._data)},
            last_step=True,
        )

    @callback
    def _added(self) -> str:
        """Save it now, and return its id: it can only be tried out where it is controlled."""
        subentry = ConfigSubentry(
            data=MappingProxyType(dict(self._data)),
            subentry_type=self.kind,
            title=self._data[CONF_NAME],
            unique_id=None,
        )
        self.hass.config_entries.async_add_subentry(self._get_entry(), subentry)
        return subentry.subentry_id

    async def _async_try(self, subentry_id: str) -> TrialReport:
        """Try it out. Whatever ends this ends the trial as well."""
        entry = self._get_entry()
        runtime = await _async_started(self.hass, entry, subentry_id)
        if runtime is None:
            return TrialReport(stage=Stage.STOPPED, reason="not_running")
        ended = asyncio.Event()

        @callback
        def look() -> None:
            report = runtime.grid.trial(subentry_id)
            if report is None or report.ended:
                ended.set()
            else:
                self.async_update_progress(_DONE[report.stage])

        unsubscribe = runtime.coordinator.async_add_listener(look)
        entry.async_on_unload(ended.set)
        try:
            runtime.grid.begin_trial(subentry_id)
            look()
            # It ends by itself before that.
            async with asyncio.timeout(runtime.clock.wall_delay(LONGEST_S) + _START_S):
                await ended.wait()
        finally:
            unsubscribe()
            if _runs(entry) and entry.runtime_data is runtime:
                # An island that has stopped has no trial any more.
                runtime.grid.end_trial(subentry_id)
        report = runtime.grid.trial(subentry_id)
        if report is None or not report.ended:
            return TrialReport(stage=Stage.STOPPED, reason="cancelled")
        return report


def corrections(report: TrialReport, data: Mapping[str, Any], phases: int) -> tuple[vol.Schema, dict[str, Any]]:
    """Return what a trial suggests to change: a form, and what it is filled in with."""
    fields: dict[Any, Any] = {}
    prefilled: dict[str, Any] = {}
    if report.inverted:
        fields[vol.Optional(CONF_POWER_INVERTED)] = BooleanSelector()
        prefilled[CONF_POWER_INVERTED] = not data.get(CONF_POWER_INVERTED, False)
    if report.pauses is False and report.low_a is not None and data.get(CONF_ZERO_PAUSES, True):
        fields[vol.Optional(CONF_ZERO_PAUSES)] = BooleanSelector()
        prefilled[CONF_ZERO_PAUSES] = False
    if report.phases is not None and report.phases != len(data[CONF_PHASES]):
        fields[vol.Required(CONF_PHASES)] = selectors.phases(phases)
        prefilled[CONF_PHASES] = data[CONF_PHASES]
    if report.report_s is not None and CONF_MAX_AGE in data and data[CONF_MAX_AGE] < _REPORTS * report.report_s:
        fields[vol.Optional(CONF_MAX_AGE)] = selectors.number(10, 3600, UnitOfTime.SECONDS)
        prefilled[CONF_MAX_AGE] = min(3600, round(_REPORTS * report.report_s))
    return vol.Schema(fields), prefilled


@callback
def _runs(entry: TangleGridConfigEntry) -> bool:
    return entry.state is ConfigEntryState.LOADED


async def _async_started(hass: HomeAssistant, entry: TangleGridConfigEntry, subentry_id: str) -> IslandRuntime | None:
    """Return the island once it controls a participant; None: it does not come to that."""
    started = asyncio.Event()

    @callback
    def look(*_: object) -> None:
        if _runs(entry) and subentry_id in entry.runtime_data.participants:
            started.set()

    unsubscribe = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, look)
    look()
    try:
        async with asyncio.timeout(_START_S):
            await started.wait()
    except TimeoutError:
        return None
    finally:
        unsubscribe()
    return entry.runtime_data

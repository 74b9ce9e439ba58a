"""The form of a feeder below the main one: a building, a garage, a sub-panel, with a meter and a fuse of its own."""

import asyncio
from collections.abc import Sequence
from typing import Any, override

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigSubentry, SubentryFlowResult
from homeassistant.const import CONF_NAME, PERCENTAGE, UnitOfElectricCurrent
from homeassistant.helpers.selector import SelectOptionDict, TextSelector

from ...const import (
    CONF_CAPACITY_A,
    CONF_FEEDER,
    CONF_METER_CURRENT_SENSORS,
    CONF_METER_EXPORT_SENSORS,
    CONF_METER_MAX_AGE,
    CONF_METER_POWER_SENSORS,
    CONF_PARENT,
    CONF_PHASES,
    CONF_THRESHOLD,
    DEFAULT_METER_MAX_AGE,
    DEFAULT_THRESHOLD,
    MAIN_FEEDER,
    SUBENTRY_FEEDER,
)
from ...devices.feeders import (
    MeterTotal,
    ancestors,
    feeder_of,
    is_cycle,
    meter_total,
    parents,
    sub_feeder_phases,
    sub_feeders,
)
from ...devices.io.entity_reading import PHASE_COUNT
from ...devices.presets import KIND_METER
from .. import fields as selectors
from ..checks import Problem, check_meter
from ..form_data import Data, FieldProblem, require
from ..meter import WATCH_S, async_watch, judged
from ..words import async_sentences
from .participant import STEP_FIRST, ParticipantFlow

_DEFAULT_CAPACITY_A = 25


class FeederFlow(ParticipantFlow, kind=SUBENTRY_FEEDER):
    """Add or change a feeder."""

    device_kind = KIND_METER
    exclusive_fields = (CONF_METER_POWER_SENSORS, CONF_METER_CURRENT_SENSORS, CONF_METER_EXPORT_SENSORS)
    feeder_field = CONF_PARENT
    owned = False
    # How its meter is watched.
    _watch: asyncio.Task[dict[str, list[float]]] | None = None

    @override
    def steps(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> dict[str, vol.Schema]:
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Optional(CONF_METER_POWER_SENSORS): selectors.sensors(SensorDeviceClass.POWER, multiple=True),
                vol.Optional(CONF_METER_CURRENT_SENSORS): selectors.sensors(SensorDeviceClass.CURRENT, multiple=True),
                **selectors.other_meters(CONF_METER_EXPORT_SENSORS, total=phase_count == PHASE_COUNT),
                **selectors.place(phase_count, feeders, CONF_PARENT),
                vol.Required(CONF_CAPACITY_A, default=_DEFAULT_CAPACITY_A): selectors.number(
                    1, 10_000, UnitOfElectricCurrent.AMPERE, step=0.1
                ),
                vol.Required(CONF_THRESHOLD, default=DEFAULT_THRESHOLD): selectors.number(10, 100, PERCENTAGE),
            }
        )
        return {STEP_FIRST: schema}

    @override
    def check(self, step: str, data: Data) -> None:
        power, current = data.get(CONF_METER_POWER_SENSORS, []), data.get(CONF_METER_CURRENT_SENSORS, [])
        export = data.get(CONF_METER_EXPORT_SENSORS, [])
        whole = meter_total(data) is not MeterTotal.PHASES
        found = check_meter(self.hass, power, current, data[CONF_CAPACITY_A], export, total=whole)
        require(CONF_METER_POWER_SENSORS, found)
        if len(data[CONF_PHASES]) != (PHASE_COUNT if whole else len(power or current)):
            raise FieldProblem(CONF_PHASES, Problem(key="meter_phases"))
        if (own_id := self.own_id) is None:
            return
        entry = self._get_entry()
        wanted = {each: sub.data.get(CONF_PARENT, MAIN_FEEDER) for each, sub in sub_feeders(entry).items()}
        parent = data.get(CONF_PARENT, MAIN_FEEDER)
        if is_cycle(own_id, parent, wanted):
            raise FieldProblem(
                CONF_PARENT, Problem(key="feeder_cycle", placeholders={"feeder": entry.subentries[parent].title})
            )
        for subentry_id, subentry in entry.subentries.items():
            if subentry_id == own_id or own_id not in (subentry.data.get(CONF_FEEDER), subentry.data.get(CONF_PARENT)):
                continue
            if not set(subentry.data[CONF_PHASES]) <= set(data[CONF_PHASES]):
                raise FieldProblem(
                    CONF_PHASES, Problem(key="feeder_fewer_phases", placeholders={"other": subentry.title})
                )

    @override
    def save(self) -> SubentryFlowResult:
        sensors = [each for field in self.exclusive_fields for each in self._data.get(field, ())]
        watch = async_watch(self.hass, sensors)
        self._watch = self.hass.async_create_background_task(watch, "tangle_grid meter", eager_start=False)
        return self._watching(self._watch)

    async def async_step_meter(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - there is nothing to fill in
    ) -> SubentryFlowResult:
        """Watch the meter for a moment."""
        assert self._watch is not None  # noqa: S101  # the step before leads here
        if not self._watch.done():
            return self._watching(self._watch)
        return self.async_show_progress_done(next_step_id="meter_seen")

    def _watching(self, watch: asyncio.Task[dict[str, list[float]]]) -> SubentryFlowResult:
        return self.async_show_progress(
            step_id="meter",
            progress_action="meter",
            progress_task=watch,
            description_placeholders={"seconds": f"{WATCH_S:.0f}"},
        )

    async def async_step_meter_seen(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say what was seen of the meter, then save it."""
        if user_input is not None:
            return super().save()
        assert self._watch is not None  # noqa: S101  # the step before leads here
        lines = judged(
            self.hass,
            self._data,
            self._watch.result(),
            self._below(),
            phases=sub_feeder_phases(self._data),
            max_age=int(self._get_entry().options.get(CONF_METER_MAX_AGE, DEFAULT_METER_MAX_AGE)),
        )
        return self.async_show_form(
            step_id="meter_seen",
            data_schema=vol.Schema({}),
            description_placeholders={"seen": await async_sentences(self.hass, "meter", lines)},
            last_step=True,
        )

    def _below(self) -> list[ConfigSubentry]:
        """Return who hangs on it already, or on a feeder below it."""
        entry = self._get_entry()
        feeders = {feeder_id: subentry.data for feeder_id, subentry in sub_feeders(entry).items()}
        tree = parents(feeders)
        return [
            subentry
            for subentry in self._others().values()
            if self.own_id in ancestors(feeder_of(subentry.data, feeders), tree)
        ]

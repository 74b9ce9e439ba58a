"""The last step for a charger: trying it out, on an island at work."""

import json
import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, UnknownFlow
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.flows.subentries.trial import corrections
from custom_components.tangle_grid.flows.trial_words import async_trial_text, said
from custom_components.tangle_grid.grid.device.trial import Stage, TrialReport
from tests.support.island import CHARGER, Island, charger_subentry, household_subentry, island_entry
from tests.support.subentry_forms import go_on, open_step

FORM: dict[str, Any] = {
    "name": "Maple 4",
    "power": "sensor.charger_power",
    "current_limit": "input_number.charger_limit",
    "enable": "input_boolean.charger",
    "phases": ["1", "2", "3"],
    "min_current": 6,
    "max_current": 16,
    "safe_current": 6,
    "target_soc": 80,
    "mode": "never",
    "min_rate": 0,
    "charged_above": 80,
}
TEXTS = json.loads((Path(__file__).parents[2] / "custom_components" / DOMAIN / "translations" / "en.json").read_text())


@pytest.fixture
def entry(request: pytest.FixtureRequest) -> MockConfigEntry:
    return island_entry(*getattr(request, "param", (charger_subentry("never"),)))


async def step(hass: HomeAssistant, flow: SubentryFlowResult, name: str | None = None) -> SubentryFlowResult:
    sent = None if name is None else {"next_step_id": name}
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], sent)


async def watched(island: Island, flow: SubentryFlowResult, seconds: float = 420) -> SubentryFlowResult:
    """Let the trial go on to its end, and return what is shown then."""
    for _ in range(round(seconds / 15)):
        await island.run(15)
        flow = await step(island.hass, flow)
        if flow["type"] is not FlowResultType.SHOW_PROGRESS:
            return flow
    raise AssertionError(island.runtime.grid.trial(CHARGER))


async def begun(island: Island) -> SubentryFlowResult:
    """A trial of the charger that is there, which goes on."""
    await island.run(60)
    shown = await open_step(island.hass, island.entry, CHARGER, "try_out")
    assert (shown["type"], shown["step_id"]) == (FlowResultType.SHOW_PROGRESS, "try_out")
    await island.run(15)
    report = island.runtime.grid.trial(CHARGER)
    assert report is not None
    assert not report.ended
    return shown


async def test_what_is_there_is_tried_out(island: Island) -> None:
    shown = await watched(island, await begun(island))
    assert (shown["type"], shown["step_id"]) == (FlowResultType.FORM, "tested")
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    assert "Its current follows" in placeholders["seen"]
    assert "It pauses" in placeholders["seen"]
    assert "three phases" in placeholders["seen"] or "3 phases" in placeholders["seen"]
    before = dict(island.entry.subentries[CHARGER].data)
    done = await island.hass.config_entries.subentries.async_configure(shown["flow_id"], {})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "tested")
    assert dict(island.entry.subentries[CHARGER].data) == before
    await island.run(240)
    assert island.state("sensor", "current_setpoint", CHARGER) == "16.0"


@pytest.mark.parametrize("entry", [(household_subentry(),)], indirect=True)
async def test_what_is_added_is_saved_and_tried_out(island: Island) -> None:
    hass, flows = island.hass, island.hass.config_entries.subentries
    form = await flows.async_init((island.entry.entry_id, "charger"), context={"source": SOURCE_USER})
    menu = await step(hass, await go_on(hass, form, FORM))
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "test")
    assert menu["description_placeholders"] == {"name": "Maple 4"}
    shown = await step(hass, menu, "try_out")
    assert shown["type"] is FlowResultType.SHOW_PROGRESS
    await hass.async_block_till_done()
    assert [each.title for each in island.entry.subentries.values()][1:] == ["Maple 4"]
    island.runtime.coordinator.async_set_updated_data(island.runtime.snapshot())
    await hass.async_block_till_done()
    shown = await watched(island, shown)
    assert shown["step_id"] == "tested"
    done = await flows.async_configure(shown["flow_id"], {})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "added_and_tested")
    assert len(island.entry.subentries) == 2


@pytest.mark.parametrize("entry", [(household_subentry(),)], indirect=True)
async def test_it_can_be_skipped(island: Island) -> None:
    hass, flows = island.hass, island.hass.config_entries.subentries
    form = await flows.async_init((island.entry.entry_id, "charger"), context={"source": SOURCE_USER})
    saved = await step(hass, await go_on(hass, form, FORM), "finish")
    assert saved["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert len(island.entry.subentries) == 2


async def test_a_closed_window_ends_it(island: Island) -> None:
    shown = await begun(island)
    island.hass.config_entries.subentries.async_abort(shown["flow_id"])
    await island.run(15)
    report = island.runtime.grid.trial(CHARGER)
    assert report is not None
    assert (report.stage, report.reason) == (Stage.STOPPED, "cancelled")
    with pytest.raises(UnknownFlow):
        await step(island.hass, shown)
    await island.run(240)
    assert island.state("sensor", "current_setpoint", CHARGER) == "16.0"


@pytest.mark.parametrize("entry", [(charger_subentry("ask"),)], indirect=True)
async def test_a_request_ends_it(island: Island) -> None:
    await island.request(device_id=[island.device_id(CHARGER)])
    assert island.runtime.grid.questions(CHARGER)
    shown = await open_step(island.hass, island.entry, CHARGER, "try_out")
    shown = await watched(island, shown, 60)
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    assert "Requests come first" in placeholders["seen"]


async def test_a_reload_ends_it(island: Island) -> None:
    shown = await begun(island)
    await island.hass.config_entries.async_reload(island.entry.entry_id)
    await island.hass.async_block_till_done()
    await island.run(15)
    shown = await step(island.hass, shown)
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    assert "The test was stopped" in placeholders["seen"]


async def test_an_island_that_does_not_start_is_not_waited_for_long(island: Island) -> None:
    shown = await open_step(island.hass, island.entry, CHARGER, "user")
    flow = island.hass.config_entries.subentries._progress[shown["flow_id"]]
    island.hass.config_entries.subentries.async_abort(shown["flow_id"])
    trial = island.hass.async_create_background_task(flow._async_try("nobody"), "trial")  # type: ignore[attr-defined]
    await island.run(90)
    report = await trial
    assert report.reason == "not_running"


async def test_a_trial_that_breaks_is_said_to_be_stopped(island: Island) -> None:
    await island.run(60)
    with patch.object(island.runtime.grid, "begin_trial", side_effect=RuntimeError):
        shown = await open_step(island.hass, island.entry, CHARGER, "try_out")
        await island.hass.async_block_till_done(wait_background_tasks=True)
    shown = await step(island.hass, shown)
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    assert "The test was stopped" in placeholders["seen"]


SEEN = TrialReport(
    stage=Stage.DONE,
    high_a=10.0,
    high_w=6900.0,
    low_a=6.0,
    low_w=4140.0,
    follows=True,
    follow_s=8.0,
    pauses=False,
    inverted=True,
    phases=1,
    report_s=90.0,
)


async def test_what_follows_from_it_is_offered_and_saved(island: Island) -> None:
    """What is wrong with it is said at its field, as everywhere."""
    shown = await begun(island)
    with patch.object(island.runtime.grid, "trial", return_value=SEEN):
        await island.run(15)
        shown = await step(island.hass, shown)
    schema = shown["data_schema"]
    assert schema is not None
    suggested = {str(marker): (marker.description or {}).get("suggested_value") for marker in schema.schema}
    assert suggested == {"power_inverted": True, "zero_pauses": False, "phases": ["1", "2", "3"]}
    flows = island.hass.config_entries.subentries
    refused = await flows.async_configure(shown["flow_id"], {**suggested, "phases": ["1", "2"]})
    assert refused["errors"] == {"phases": "phase_count"}
    done = await flows.async_configure(shown["flow_id"], {**suggested, "phases": ["1"]})
    assert done["reason"] == "tested"
    stored = island.entry.subentries[CHARGER].data
    assert (stored["power_inverted"], stored["zero_pauses"], stored["phases"]) == (True, False, [1])
    await island.hass.async_block_till_done()


def test_what_is_suggested() -> None:
    """Only what differs from what is stored."""
    stored = {"phases": [1], "max_age": 60.0, "zero_pauses": False, "power_inverted": True}
    schema, suggested = corrections(SEEN, stored, 3)
    assert suggested == {"power_inverted": False, "max_age": 270}
    assert {str(marker) for marker in schema.schema} == set(suggested)
    assert corrections(TrialReport(), stored, 3)[1] == {}


@pytest.mark.parametrize(
    ("report", "data", "keys"),
    [
        (SEEN, {}, ["follows", "pauses_not_by_zero", "inverted", "phases_one", "reports"]),
        (TrialReport(high_a=10, high_w=9.0, low_a=6, low_w=9.0, follows=False), {}, ["follows_not"]),
        (TrialReport(high_a=6, high_w=9000.0, follows=False), {}, ["draws_more"]),
        (TrialReport(high_a=6, high_w=900.0), {}, ["follows_unseen"]),
        (TrialReport(pauses=False), {"enable": "switch.a"}, ["pauses_not_by_switch"]),
        (TrialReport(pauses=False), {"pause_select": "select.a"}, ["pauses_not_by_select"]),
        (TrialReport(pauses=False), {"pause_actions": [{}]}, ["pauses_not_by_actions"]),
        (TrialReport(pauses=True, pause_s=3.0, resumes=True, resume_s=70.0), {}, ["pauses", "resumes"]),
        (TrialReport(pauses=True, resumes=False), {}, ["pauses", "resumes_not"]),
        (TrialReport(pauses=True), {}, ["pauses", "resumes_unseen"]),
        (TrialReport(pauses=True, reason="time"), {}, ["pauses", "stopped_time"]),
        (TrialReport(used=(0, 2), phases=2, takes_a=8.2, high_a=10.0), {}, ["phases_used", "takes"]),
        (TrialReport(phases=3), {}, ["phases_several"]),
        (TrialReport(meter_s=4.0), {}, ["meter_shows"]),
        (TrialReport(pauses=True, pause_s=3.0, meter_s=26.0), {}, ["pauses", "resumes_unseen", "meter_late"]),
        (TrialReport(pauses=True, pause_s=20.0, meter_s=26.0), {}, ["pauses", "resumes_unseen", "meter_shows"]),
        (TrialReport(meter_missed=True), {}, ["meter_missed"]),
    ],
)
async def test_it_is_said_in_words(
    hass: HomeAssistant, report: TrialReport, data: dict[str, Any], keys: list[str]
) -> None:
    assert [key for key, _ in said(report, data)] == keys
    text = await async_trial_text(hass, report, data)
    assert text.count("\n") == len(keys) - 1
    assert "{" not in text


def test_every_reason_has_a_sentence() -> None:
    source = Path(__file__).parents[2] / "custom_components" / DOMAIN / "grid" / "device" / "trial.py"
    named = set(re.findall(r"`(\w+)`", source.read_text().partition("reason: Why")[2].partition("None: it did")[0]))
    texts = {key.removeprefix("trial_stopped_") for key in TEXTS["common"] if key.startswith("trial_stopped_")}
    assert named | {"not_running"} == texts

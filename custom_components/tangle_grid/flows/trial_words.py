"""What a trial of a charger has shown, in words."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..const import CONF_ENABLE, CONF_PAUSE_ACTIONS, CONF_PAUSE_SELECT
from ..grid.device.meter_lag import WITHIN_S
from ..grid.device.trial import TrialReport
from .words import Said, async_sentences

#: How a pause is told, each with a hint of its own where it does not take.
_PAUSED_BY: Final = ((CONF_ENABLE, "switch"), (CONF_PAUSE_SELECT, "select"), (CONF_PAUSE_ACTIONS, "actions"))
#: A meter that shows a change after this, and so much later than the charger itself, is late, s.
_LATE_S: Final = 15.0
_LATER_S: Final = 8.0


async def async_trial_text(hass: HomeAssistant, report: TrialReport, data: Mapping[str, Any]) -> str:
    """Return a list of what was seen, and of what should be done about it.

    Args:
        hass: Whose language it is said in.
        report: What was seen.
        data: What is stored of the charger.
    """
    return await async_sentences(hass, "trial", said(report, data))


def said(report: TrialReport, data: Mapping[str, Any]) -> list[Said]:
    """Return the keys of the sentences, each with what is filled in."""
    lines = [*_of_following(report), *_of_pausing(report, data), *_of_power(report), *_of_meter(report)]
    if report.reason is not None:
        lines.append((f"stopped_{report.reason}", {}))
    return lines


def _of_following(report: TrialReport) -> list[Said]:
    if report.high_a is None or report.high_w is None:
        return []
    values = {"high": f"{report.high_a:g}", "before": _kw(report.high_w)}
    low = {**values, "low": f"{report.low_a or 0.0:g}", "after": _kw(report.low_w or 0.0)}
    if report.follows:
        return [("follows", {**low, "seconds": _seconds(report.follow_s)})]
    if report.follows is None:
        return [("follows_unseen", values)]
    return [("follows_not" if report.low_a is not None else "draws_more", low)]


def _of_pausing(report: TrialReport, data: Mapping[str, Any]) -> list[Said]:
    if report.pauses is None:
        return []
    if not report.pauses:
        by = next((how for field, how in _PAUSED_BY if field in data), "zero")
        return [(f"pauses_not_by_{by}", {})]
    lines: list[Said] = [("pauses", {"seconds": _seconds(report.pause_s)})]
    if report.resumes:
        lines.append(("resumes", {"seconds": _seconds(report.resume_s)}))
    elif report.reason is None:
        lines.append(("resumes_not" if report.resumes is False else "resumes_unseen", {}))
    return lines


def _of_power(report: TrialReport) -> list[Said]:
    lines: list[Said] = []
    if report.inverted:
        lines.append(("inverted", {}))
    if report.used:
        lines.append(("phases_used", {"phases": ", ".join(f"L{phase + 1}" for phase in report.used)}))
    elif report.phases is not None:
        lines.append(("phases_one" if report.phases == 1 else "phases_several", {"count": str(report.phases)}))
    if report.takes_a is not None:
        lines.append(("takes", {"amps": f"{report.takes_a:.0f}", "high": f"{report.high_a or 0.0:g}"}))
    if report.report_s is not None:
        lines.append(("reports", {"seconds": _seconds(report.report_s)}))
    return lines


def _of_meter(report: TrialReport) -> list[Said]:
    """Return how late the meter is; that a charger is slow itself is not held against it."""
    if report.meter_missed:
        return [("meter_missed", {"seconds": f"{WITHIN_S:.0f}"})]
    if report.meter_s is None:
        return []
    itself_s = min((each for each in (report.follow_s, report.pause_s) if each is not None), default=0.0)
    values = {"seconds": _seconds(report.meter_s)}
    if report.meter_s > _LATE_S and report.meter_s > itself_s + _LATER_S:
        return [("meter_late", values)]
    return [("meter_shows", values)]


def _kw(watts: float) -> str:
    return f"{watts / 1000:.1f}"


def _seconds(seconds: float | None) -> str:
    return f"{seconds or 0.0:.0f}"

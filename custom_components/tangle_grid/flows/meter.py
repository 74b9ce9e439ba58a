"""The meter's step: it is watched for a moment, and what was seen is said in words."""

import asyncio
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Event, EventStateChangedData, EventStateReportedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event, async_track_state_report_event

from ..const import CONF_CAPACITY_A, DEFAULT_METER_MAX_AGE
from ..devices.feeders import MeterTotal, build_meter, main_phases, meter_total
from ..devices.io.entity_reading import NOMINAL_VOLTAGE_V, PHASE_COUNT
from .feed import METER_FIELDS, feed_data
from .meter_chargers import FED_IN_W, MISSING_W, against_chargers
from .words import Said

#: A meter is watched until each of its sensors has reported so often, and no longer than this, s.
_REPORTS: Final = 4
WATCH_S: Final = 30.0
#: Nobody has a larger fuse by accident, A per phase.
_LARGE_A: Final = 250.0
#: One sensor is the sum of the others if it is that close, as a share.
_SUM: Final = 0.03
#: A meter is believed for so many of its intervals.
_INTERVALS: Final = 2.5
_OLDEST_S: Final = 300


async def async_watch(hass: HomeAssistant, entity_ids: Sequence[str]) -> dict[str, list[float]]:
    """Return when each sensor reported while it was watched, epoch seconds; reports without a change count."""
    seen: dict[str, list[float]] = {entity_id: [] for entity_id in entity_ids}
    enough = asyncio.Event()

    @callback
    def reported(event: Event[EventStateChangedData] | Event[EventStateReportedData]) -> None:
        seen[event.data["entity_id"]].append(event.time_fired_timestamp)
        if all(len(times) >= _REPORTS for times in seen.values()):
            enough.set()

    stops = (
        async_track_state_change_event(hass, entity_ids, reported),
        async_track_state_report_event(hass, entity_ids, reported),
    )
    try:
        async with asyncio.timeout(WATCH_S):
            await enough.wait()
    except TimeoutError:
        pass
    finally:
        for stop in stops:
            stop()
    return seen


def interval_s(seen: Iterable[Sequence[float]]) -> float | None:
    """Return the longest time between two reports of any sensor, s; None: none of them has reported twice."""
    gaps = [after - before for times in seen for before, after in pairwise(times)]
    return max(gaps, default=None)


def suggested_max_age(interval: float | None) -> int | None:
    """Return how long a meter that reports so seldom should be believed, s; None: the default is enough."""
    if interval is None or interval * _INTERVALS <= DEFAULT_METER_MAX_AGE:
        return None
    return min(_OLDEST_S, math.ceil(interval * _INTERVALS))


def judged(
    hass: HomeAssistant,
    form: Mapping[str, Any],
    seen: Mapping[str, Sequence[float]],
    below: Collection[ConfigSubentry] = (),
    *,
    phases: Sequence[int] = range(PHASE_COUNT),
    max_age: int | None = None,
) -> list[Said]:
    """Return what is to be said of a meter.

    Args:
        hass: Where its sensors are.
        form: What was entered.
        seen: When its sensors reported.
        below: Who hangs on it already: its chargers tell as well.
        phases: Which phase (0 to 2) each of its sensors is on.
        max_age: For how long a meter is believed that has no option of its own, s; None: this one is asked for it.
    """
    lines: list[Said] = []
    for entity_id, times in seen.items():
        if not times:
            lines.append(("silent", {"entity": entity_id, "seconds": f"{WATCH_S:.0f}"}))
    if (interval := interval_s(seen.values())) is not None:
        lines.append(_of_interval(interval, max_age))
    if form[CONF_CAPACITY_A] > _LARGE_A:
        lines.append(("large", {"capacity": f"{form[CONF_CAPACITY_A]:g}"}))
    powers = _phase_powers(hass, form)
    if powers is None:
        return lines
    if meter_total(form) is not MeterTotal.PHASES:
        lines.extend(_of_total(form, sum(powers)))
        phases = ()
    else:
        phases = tuple(phases)[: len(powers)]
        lines.extend(_of_phases(hass, form, powers, phases))
    lines.extend(against_chargers(hass, powers, below, phases))
    return lines


def _of_interval(interval: float, max_age: int | None) -> Said:
    values = {"seconds": f"{max(1.0, interval):.0f}"}
    wanted = suggested_max_age(interval)
    if wanted is None or (max_age is not None and wanted <= max_age):
        return "often", values
    return ("seldom", values) if max_age is None else ("seldom_below", {**values, "age": str(wanted)})


def _phase_powers(hass: HomeAssistant, form: Mapping[str, Any]) -> list[float] | None:
    """Return what the meter shows, W, for each of its sensors; a total for each phase."""
    feed = feed_data(form)
    reading = build_meter(hass, feed, lambda moment: moment.timestamp()).reading()
    return None if reading is None else list(reading.power_w[: len(main_phases(feed))])


def _of_total(form: Mapping[str, Any], total_w: float) -> list[Said]:
    room_w = form[CONF_CAPACITY_A] * NOMINAL_VOLTAGE_V
    values = {
        "shown": f"{total_w / 1000:.1f}",
        "room": f"{room_w / 1000:.1f}",
        "capacity": f"{form[CONF_CAPACITY_A]:g}",
    }
    if meter_total(form) is MeterTotal.EVEN:
        return [("even", values)]
    lines: list[Said] = [("uneven", values)]
    if total_w > room_w:
        lines.append(("uneven_full", values))
    if total_w < -FED_IN_W:
        lines.append(("uneven_fed_in", values))
    return lines


def _of_phases(
    hass: HomeAssistant, form: Mapping[str, Any], powers: Sequence[float], phases: Sequence[int]
) -> list[Said]:
    shown = ", ".join(f"L{phase + 1} {watts / 1000:.1f} kW" for phase, watts in zip(phases, powers, strict=False))
    lines: list[Said] = [("shows", {"shown": shown})]
    if len(powers) == 1:
        if beside := _phases_beside(hass, form):
            lines.append(("total", {"entity": ", ".join(beside)}))
        elif powers[0] > form[CONF_CAPACITY_A] * NOMINAL_VOLTAGE_V:
            values = {"shown": f"{powers[0] / 1000:.1f}", "capacity": f"{form[CONF_CAPACITY_A]:g}"}
            lines.append(("one_full", values))
    if len(powers) == PHASE_COUNT:
        first, second, third = sorted(powers, key=abs)
        if abs(third) > MISSING_W and abs(first + second - third) <= _SUM * abs(third) and abs(first) > FED_IN_W:
            lines.append(("sum", {"shown": f"{third / 1000:.1f}"}))
    return lines


def _phases_beside(hass: HomeAssistant, form: Mapping[str, Any]) -> list[str]:
    """Return sensors of single phases at the device of the only sensor of a meter."""
    registry = er.async_get(hass)
    chosen = next(entity_id for field in METER_FIELDS for entity_id in form.get(field) or ())
    entity = registry.async_get(chosen)
    if entity is None or entity.device_id is None:
        return []
    kind = entity.device_class or entity.original_device_class
    others = [
        each.entity_id
        for each in er.async_entries_for_device(registry, entity.device_id)
        if each.entity_id != chosen
        and (each.device_class or each.original_device_class) == kind
        and any(mark in each.unique_id.casefold() for mark in _PHASE_MARKS)
    ]
    return sorted(others) if len(others) >= PHASE_COUNT - 1 else []


#: How integrations mark the sensors of single phases.
_PHASE_MARKS: Final = ("l1", "l2", "l3", "phase_a", "phase_b", "phase_c", "phase_1", "phase_2", "phase_3")

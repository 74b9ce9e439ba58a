"""Meters that cannot be trusted or report too seldom, and devices that do not do what they are told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..const import CONF_METER, CONF_METER_CURRENT_SENSORS, CONF_METER_POWER_SENSORS
from ..data import IslandSnapshot
from ..grid.device.freshness import MeterFault
from ..island.runtime import TangleGridConfigEntry
from .board import IssueBoard

_METER_UNAVAILABLE: Final = "meter_unavailable"
_METER_IMPLAUSIBLE: Final = "meter_implausible"
_METER_SELDOM: Final = "meter_seldom"
_IGNORES_LIMIT: Final = "ignores_limit"
_DEVICE_SELDOM: Final = "device_seldom"
_DEVICE_CLAMPS: Final = "device_clamps"
_FAIL_SAFE: Final = "fail_safe_not_set"

METER_ISSUES: Final = (_METER_UNAVAILABLE, _METER_IMPLAUSIBLE, _METER_SELDOM)
DEVICE_ISSUES: Final = (_IGNORES_LIMIT, _FAIL_SAFE, _DEVICE_SELDOM, _DEVICE_CLAMPS)

# What is said of a meter that cannot be trusted, where that is known more exactly.
_METER_TEXTS: Final[Mapping[MeterFault | None, str]] = {
    MeterFault.TOO_OLD: "meter_too_old",
    MeterFault.FROZEN: "meter_frozen",
}
#: What is told as the least that something costs, Wh.
_LEAST_TOLD_WH: Final = 100


@callback
def update_meters(board: IssueBoard, snapshot: IslandSnapshot) -> None:
    """Show what is wrong with the meters of the feeders."""
    entry = board.entry
    for feeder_id, feeder in snapshot.grid.feeders.items():
        if feeder_id in entry.runtime_data.links.houses:
            # What a house does not report is the link's affair.
            continue
        subject, name, meter = _meter(entry, feeder_id)
        implausible = feeder.fault is MeterFault.IMPLAUSIBLE
        for key, wrong in (
            # Between two reports of a meter that has always reported seldom, nothing has gone.
            (_METER_UNAVAILABLE, feeder.blind and not implausible and not feeder.awaited),
            (_METER_IMPLAUSIBLE, implausible),
        ):
            guilty = _guilty_sensor(board.hass, meter, feeder.fault) if wrong else _NOBODY
            board.set(
                key,
                subject,
                wrong=wrong,
                severity=ir.IssueSeverity.ERROR,
                placeholders={
                    "island": name,
                    "meter": ", ".join(meter),
                    "sensor": guilty.name,
                    "since": guilty.since,
                },
                text=key if implausible else _METER_TEXTS.get(feeder.fault, key),
            )
        board.set(
            _METER_SELDOM,
            subject,
            wrong=feeder.seldom_costs,
            severity=ir.IssueSeverity.WARNING,
            placeholders={
                "island": name,
                "meter": ", ".join(meter),
                **_cost(feeder.report_s, feeder.held_back_wh),
            },
        )


@callback
def update_devices(board: IssueBoard, snapshot: IslandSnapshot) -> None:
    """Show which devices do not do what they are told, and what they cost the cars that their owner can mend."""
    entry = board.entry
    for participant_id, participant in entry.runtime_data.participants.items():
        board.set(
            _FAIL_SAFE,
            participant_id,
            wrong=participant.adapter.enrolled is False,
            severity=ir.IssueSeverity.WARNING,
            placeholders={"device": participant.name, "entity": ", ".join(participant.adapter.enrolment_ids)},
        )
    for device_id, device in snapshot.grid.devices.items():
        subentry = entry.subentries.get(device_id)
        name = subentry.title if subentry else device_id
        board.set(
            _IGNORES_LIMIT,
            device_id,
            wrong=not device.compliant,
            severity=ir.IssueSeverity.ERROR,
            placeholders={"island": entry.title, "device": name},
        )
        board.set(
            _DEVICE_SELDOM,
            device_id,
            wrong=device.seldom_costs,
            severity=ir.IssueSeverity.WARNING,
            placeholders={"device": name, **_cost(device.report_s, device.held_back_wh)},
        )
        clamp_a = device.clamp_a
        board.set(
            _DEVICE_CLAMPS,
            device_id,
            wrong=clamp_a is not None,
            severity=ir.IssueSeverity.WARNING,
            placeholders={"device": name, "amps": "?" if clamp_a is None else f"{clamp_a:g}"},
        )


class _Guilty(NamedTuple):
    """The sensor of a meter that is to be looked at, and since when."""

    name: str
    since: str


_NOBODY: Final = _Guilty("", "")


@callback
def _guilty_sensor(hass: HomeAssistant, meter: Sequence[str], fault: MeterFault | None) -> _Guilty:
    """Return the sensor that says nothing, or has said the same for the longest time."""
    states = {entity_id: hass.states.get(entity_id) for entity_id in meter}
    for entity_id, state in states.items():
        if state is None:
            return _Guilty(entity_id, "?")
    known = [state for state in states.values() if state is not None]
    silent = [state for state in known if state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}]

    def since(state: State) -> datetime:
        return state.last_reported if fault is MeterFault.TOO_OLD else state.last_changed

    state = min(silent or known, key=since)
    return _Guilty(state.name, dt_util.as_local(since(state)).strftime("%H:%M:%S"))


def _cost(report_s: float | None, held_back_wh: int) -> dict[str, str]:
    """Return how often something reports, and what that keeps from cars: in steps, as each change is written anew."""
    return {
        "seconds": "?" if report_s is None else str(round(report_s)),
        "energy": f"{max(held_back_wh, _LEAST_TOLD_WH) / 1000:.1f}",
    }


def _meter(entry: TangleGridConfigEntry, feeder_id: str) -> tuple[str, str, list[str]]:
    """Return whom the issue of a missing meter is about: an id, a name, and the meter's sensors."""
    if (subentry := entry.subentries.get(feeder_id)) is None:
        return entry.entry_id, entry.title, [each for sensors in entry.data[CONF_METER].values() for each in sensors]
    data = subentry.data
    sensors = [*data.get(CONF_METER_POWER_SENSORS, ()), *data.get(CONF_METER_CURRENT_SENSORS, ())]
    return feeder_id, f"{entry.title}, {subentry.title}", sensors

"""Issues: what only a person can put right. Each appears when it is certain, and goes away by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from homeassistant.components import persistent_notification
from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, State, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .bridge.options import LedgerChoice
from .const import CONF_ISLAND_ID, CONF_METER, CONF_METER_CURRENT_SENSORS, CONF_METER_POWER_SENSORS, DOMAIN, TREASURY
from .data import IslandSnapshot, LinkState
from .flows.approval import ApprovalFlow
from .flows.contradiction import ContradictionFlow
from .flows.ledger_findings import FindingsFlow
from .flows.other_tangle import OtherTangleFlow
from .grid.device.freshness import MeterFault
from .grid.engine.status import DeviceStatus
from .island.device_issues import DeviceIssues
from .island.runtime import TangleGridConfigEntry
from .ledger import Findings, LedgerFault, Mishap
from .link.joining.messages import Asked, Kind
from .reasons import async_text

ISSUE_METER_UNAVAILABLE: Final = "meter_unavailable"
ISSUE_METER_IMPLAUSIBLE: Final = "meter_implausible"
ISSUE_IGNORES_LIMIT: Final = "ignores_limit"
ISSUE_METER_SELDOM: Final = "meter_seldom"
ISSUE_DEVICE_SELDOM: Final = "device_seldom"
ISSUE_DEVICE_CLAMPS: Final = "device_clamps"
ISSUE_FAIL_SAFE: Final = "fail_safe_not_set"
ISSUE_OTHER_TANGLE: Final = "node_other_tangle"
ISSUE_CONTRADICTION: Final = "ledger_contradiction"
ISSUE_JOIN_REQUEST: Final = "join_request"
ISSUE_TIE_BLIND: Final = "tie_blind"
ISSUE_TIE_METERS: Final = "tie_meters"
ISSUE_LINK_DEAD: Final = "link_dead"
ISSUE_LINK_REFUSED: Final = "link_refused"
ISSUE_LINK_ENDED: Final = "link_ended"
ISSUE_SUPPLY_WRONG: Final = "supply_wrong"
ISSUE_SWEEP_FAILED: Final = "sweep_failed"

# What keeps the ledger from working, each with what to do about it. A token that is refused is asked for again instead.
_LEDGER_ISSUES: Final[Mapping[LedgerFault, str]] = {
    LedgerFault.DISK_FULL: "ledger_disk_full",
    LedgerFault.READ_ONLY: "ledger_read_only",
    LedgerFault.CORRUPT: "ledger_corrupt",
    LedgerFault.LOST: "ledger_lost",
    LedgerFault.IN_USE: "ledger_in_use",
    LedgerFault.MISSING_PACKAGES: "ledger_packages_missing",
    LedgerFault.NODE_UNREACHABLE: "node_unreachable",
    LedgerFault.NODE_NOT_SYNCED: "node_not_synced",
    LedgerFault.NODE_OTHER_TANGLE: ISSUE_OTHER_TANGLE,
    LedgerFault.NODE_WRONG_ANSWER: "node_wrong_answer",
    LedgerFault.OTHER: "ledger_unavailable",
}
# What was put right when the ledger was opened, until somebody has read it.
_FINDINGS: Final[Mapping[Mishap, str]] = {
    Mishap.WALLETS_OLDER: "restored_wallets_older",
    Mishap.TANGLE_OLDER: "restored_tangle_older",
    Mishap.WALLETS_REBUILT: "restored_wallets_rebuilt",
    Mishap.TANGLE_REBUILT: "restored_tangle_rebuilt",
}
# What is said of a meter that cannot be trusted, where that is known more exactly.
_METER_TEXTS: Final[Mapping[MeterFault | None, str]] = {
    MeterFault.TOO_OLD: "meter_too_old",
    MeterFault.FROZEN: "meter_frozen",
}
# What keeps rewards from being paid, by the key of the ledger's error.
_REWARD_ISSUES: Final[Mapping[str, str]] = {
    "over_payment_limit": "rewards_over_limit",
    "over_day_limit": "rewards_over_limit",
    "insufficient_funds": "treasury_empty",
}

_LINK_ISSUES: Final[Mapping[str, LinkState]] = {
    ISSUE_LINK_DEAD: LinkState.DEAD,
    ISSUE_LINK_REFUSED: LinkState.REFUSED,
    ISSUE_LINK_ENDED: LinkState.ENDED,
}

_OF_ISLAND: Final = (
    ISSUE_METER_UNAVAILABLE,
    ISSUE_METER_IMPLAUSIBLE,
    ISSUE_METER_SELDOM,
    ISSUE_CONTRADICTION,
    ISSUE_SUPPLY_WRONG,
    ISSUE_SWEEP_FAILED,
)
_OF_SUBENTRY: Final = (
    ISSUE_IGNORES_LIMIT,
    ISSUE_FAIL_SAFE,
    ISSUE_METER_UNAVAILABLE,
    ISSUE_METER_IMPLAUSIBLE,
    ISSUE_METER_SELDOM,
    ISSUE_DEVICE_SELDOM,
    ISSUE_DEVICE_CLAMPS,
    ISSUE_SWEEP_FAILED,
    ISSUE_TIE_BLIND,
    ISSUE_TIE_METERS,
    *_LINK_ISSUES,
)

# A restart, a reload or a device that is away for a moment is nothing to bother anyone with.
_PATIENCE: Final = timedelta(minutes=1)
#: Looking through all that an island names takes its time on a large one.
_LOOK_EVERY: Final = timedelta(seconds=10)
#: What is told as the least that something costs, Wh.
_LEAST_TOLD_WH: Final = 100


class IssueWatch:
    """Keeps the issues of one island in step with its newest picture."""

    def __init__(self, hass: HomeAssistant, entry: TangleGridConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._since: dict[str, datetime] = {}
        self._devices = DeviceIssues(hass, entry)
        self._looked_at: datetime | None = None
        self._asking: frozenset[str] = frozenset()

    @callback
    def async_update(self, snapshot: IslandSnapshot) -> None:
        """Raise what has been wrong for a while, clear what is right again."""
        entry = self._entry
        island = entry.title
        self._async_update_links(snapshot)
        self._async_update_neighbours(snapshot)
        for feeder_id, feeder in snapshot.grid.feeders.items():
            if feeder_id in entry.runtime_data.links.houses:
                # What a house does not report is the link's affair.
                continue
            subject, name, meter = _meter(entry, feeder_id)
            implausible = feeder.fault is MeterFault.IMPLAUSIBLE
            for key, wrong in (
                # Between two reports of a meter that has always reported seldom, nothing has gone.
                (ISSUE_METER_UNAVAILABLE, feeder.blind and not implausible and not feeder.awaited),
                (ISSUE_METER_IMPLAUSIBLE, implausible),
            ):
                guilty = _guilty_sensor(self._hass, meter, feeder.fault) if wrong else _NOBODY
                self._async_set(
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
            self._async_set(
                ISSUE_METER_SELDOM,
                subject,
                wrong=feeder.seldom_costs,
                severity=ir.IssueSeverity.WARNING,
                placeholders={
                    "island": name,
                    "meter": ", ".join(meter),
                    **_cost(feeder.report_s, feeder.held_back_wh),
                },
            )
        for participant_id, participant in entry.runtime_data.participants.items():
            self._async_set(
                ISSUE_FAIL_SAFE,
                participant_id,
                wrong=participant.adapter.enrolled is False,
                severity=ir.IssueSeverity.WARNING,
                placeholders={"device": participant.name, "entity": ", ".join(participant.adapter.enrolment_ids)},
            )
        self._async_update_entities()
        self._async_update_ledger(snapshot)
        if snapshot.ledger is not None:
            self._async_update_findings(snapshot.ledger.findings)
        self._async_update_payments(snapshot)
        self._async_update_witness(snapshot)
        for device_id, device in snapshot.grid.devices.items():
            subentry = entry.subentries.get(device_id)
            self._async_set(
                ISSUE_IGNORES_LIMIT,
                device_id,
                wrong=not device.compliant,
                severity=ir.IssueSeverity.ERROR,
                placeholders={"island": island, "device": subentry.title if subentry else device_id},
            )
            self._async_update_device(device_id, device, subentry.title if subentry else device_id)

    @callback
    def _async_update_links(self, snapshot: IslandSnapshot) -> None:
        """Who asks to join, and links that do not work."""
        entry = self._entry
        waiting = entry.runtime_data.links.waiting
        for code_id in self._asking - waiting.keys():
            ir.async_delete_issue(self._hass, DOMAIN, f"{ISSUE_JOIN_REQUEST}_{code_id}")
            persistent_notification.async_dismiss(self._hass, f"{DOMAIN}_{ISSUE_JOIN_REQUEST}_{code_id}")
        for code_id in waiting.keys() - self._asking:
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                f"{ISSUE_JOIN_REQUEST}_{code_id}",
                data={"entry_id": entry.entry_id, "code_id": code_id},
                is_fixable=True,
                severity=ir.IssueSeverity.WARNING,
                translation_key=_asks_as(waiting[code_id]),
                translation_placeholders={"island": entry.title},
            )
            persistent_notification.async_create(
                self._hass,
                async_text(self._hass, "join_request_text", island=entry.title),
                title=async_text(self._hass, f"{_asks_as(waiting[code_id])}_title", island=entry.title),
                notification_id=f"{DOMAIN}_{ISSUE_JOIN_REQUEST}_{code_id}",
            )
        self._asking = frozenset(waiting)
        for subentry_id, link in snapshot.links.items():
            if subentry_id not in entry.subentries:
                continue
            name = entry.subentries[subentry_id].title
            for key, state in _LINK_ISSUES.items():
                self._async_set(
                    key,
                    subentry_id,
                    wrong=link.state is state,
                    severity=ir.IssueSeverity.WARNING,
                    placeholders={
                        "island": entry.title,
                        "other": name,
                        "reason": async_text(self._hass, f"link_why_{link.why}", **link.figures),
                    },
                    patience=None if state is LinkState.DEAD else timedelta(),
                )

    @callback
    def _async_update_neighbours(self, snapshot: IslandSnapshot) -> None:
        """Links to neighbours that do not work, and meters at ties that cannot be believed."""
        entry = self._entry
        for subentry_id, neighbour in snapshot.neighbours.items():
            if subentry_id not in entry.subentries:
                continue
            names = {"island": entry.title, "other": entry.subentries[subentry_id].title}
            why = {**names, "reason": async_text(self._hass, f"link_why_{neighbour.why}")}
            own, theirs = neighbour.counted or (0, 0)
            counted = {**names, "own": str(own), "theirs": str(theirs)}
            for key, wrong, placeholders in (
                *((key, neighbour.state is state, why) for key, state in _LINK_ISSUES.items()),
                (ISSUE_TIE_BLIND, neighbour.blind, names),
                (ISSUE_TIE_METERS, neighbour.disagrees, counted),
            ):
                self._async_set(
                    key, subentry_id, wrong=wrong, severity=ir.IssueSeverity.WARNING, placeholders=placeholders
                )

    @callback
    def _async_update_device(self, device_id: str, device: DeviceStatus, name: str) -> None:
        """What a device costs the cars that its owner can mend."""
        self._async_set(
            ISSUE_DEVICE_SELDOM,
            device_id,
            wrong=device.seldom_costs,
            severity=ir.IssueSeverity.WARNING,
            placeholders={"device": name, **_cost(device.report_s, device.held_back_wh)},
        )
        clamp_a = device.clamp_a
        self._async_set(
            ISSUE_DEVICE_CLAMPS,
            device_id,
            wrong=clamp_a is not None,
            severity=ir.IssueSeverity.WARNING,
            placeholders={"device": name, "amps": "?" if clamp_a is None else f"{clamp_a:g}"},
        )

    @callback
    def _async_update_entities(self) -> None:
        """Entities that are disabled, gone or not to be understood, and devices that another island controls."""
        now = dt_util.utcnow()
        if self._looked_at is not None and timedelta() <= now - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = now
        for finding in self._devices.async_findings():
            self._async_set(
                finding.key,
                finding.subject,
                wrong=finding.wrong,
                severity=ir.IssueSeverity.ERROR,
                placeholders=finding.placeholders,
                patience=finding.patience,
            )

    @callback
    def _async_update_ledger(self, snapshot: IslandSnapshot) -> None:
        """What keeps the ledger from working: one issue at a time, for as long as anything does."""
        entry, status = self._entry, snapshot.ledger
        fault = _fault(snapshot)
        lasting = self._lasting(f"{_LEDGER_ISSUES[LedgerFault.OTHER]}_{entry.entry_id}", wrong=fault is not None)
        for each, key in _LEDGER_ISSUES.items():
            if each is not fault:
                ir.async_delete_issue(self._hass, DOMAIN, f"{key}_{entry.entry_id}")
        self._async_sign_in(fault, lasting=lasting)
        if fault is not None and fault is not LedgerFault.NODE_NO_ACCESS and lasting:
            self._async_show(
                _LEDGER_ISSUES[fault],
                entry.entry_id,
                severity=ir.IssueSeverity.WARNING,
                placeholders={
                    "island": entry.title,
                    "error": snapshot.ledger_error or (status.last_error if status else None) or "?",
                    "url": LedgerChoice.from_options(entry.options).url or "?",
                    "folder": f"{DOMAIN}/{entry.data[CONF_ISLAND_ID]}",
                },
                fixable=fault is LedgerFault.NODE_OTHER_TANGLE,
            )
        self._async_set(
            ISSUE_SUPPLY_WRONG,
            entry.entry_id,
            wrong=status is not None and status.supply_ok is False,
            severity=ir.IssueSeverity.ERROR,
            placeholders={"island": entry.title, "folder": f"{DOMAIN}/{entry.data[CONF_ISLAND_ID]}"},
        )

    @callback
    def _async_sign_in(self, fault: LedgerFault | None, *, lasting: bool) -> None:
        """Ask for another token while the node refuses the one there is; with the ledger at work nobody is asked."""
        if fault is LedgerFault.NODE_NO_ACCESS and lasting:
            self._entry.async_start_reauth(self._hass)
        elif fault is None:
            for flow in list(self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH})):
                self._hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def _async_update_findings(self, findings: Findings | None) -> None:
        """What had happened to the files of the ledger, and what became of it: said at once, until it was read."""
        entry = self._entry
        for mishap, key in _FINDINGS.items():
            if findings is None or mishap not in findings.mishaps:
                ir.async_delete_issue(self._hass, DOMAIN, f"{key}_{entry.entry_id}")
                continue
            folder = f"{DOMAIN}/{entry.data[CONF_ISLAND_ID]}"
            self._async_show(
                key,
                entry.entry_id,
                severity=ir.IssueSeverity.WARNING,
                placeholders={
                    "island": entry.title,
                    "folder": folder,
                    "found": str(findings.found),
                    "again": str(findings.again),
                    "anew": str(findings.anew),
                    "aside": ", ".join(f"`{folder}/{name}`" for name in findings.aside) or "-",
                },
                fixable=True,
            )

    @callback
    def _async_update_witness(self, snapshot: IslandSnapshot) -> None:
        """A ledger that shows different things to different islands: nothing is paid until somebody decides."""
        if snapshot.witness is not None and snapshot.witness.held:
            self._async_show(
                ISSUE_CONTRADICTION,
                self._entry.entry_id,
                severity=ir.IssueSeverity.ERROR,
                placeholders={"island": self._entry.title},
                fixable=True,
            )
        else:
            ir.async_delete_issue(self._hass, DOMAIN, f"{ISSUE_CONTRADICTION}_{self._entry.entry_id}")

    @callback
    def _async_update_payments(self, snapshot: IslandSnapshot) -> None:
        """Rewards that are due and not paid, and wallets whose rest cannot be taken to their owner."""
        entry = self._entry
        for key in set(_REWARD_ISSUES.values()):
            waiting = [why for why in snapshot.unpaid.values() if _REWARD_ISSUES.get(why) == key]
            self._async_set(
                key,
                entry.entry_id,
                wrong=bool(waiting),
                severity=ir.IssueSeverity.WARNING,
                placeholders={"island": entry.title, "count": str(len(waiting))},
            )
        names = entry.runtime_data.members
        for owner, rules in snapshot.rules.items():
            address = rules.owner
            name = entry.title if owner == TREASURY or owner not in names else names[owner].name
            self._async_set(
                ISSUE_SWEEP_FAILED,
                entry.entry_id if owner == TREASURY else owner,
                wrong=address is not None and address.problem is not None,
                severity=ir.IssueSeverity.WARNING,
                placeholders={"wallet": name, "address": address.address if address else ""},
            )

    @callback
    def async_clear(self) -> None:
        """Take all of them away, also those of participants that have left."""
        for issue_id in self._since:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        for key in (*_LEDGER_ISSUES.values(), *_FINDINGS.values(), ISSUE_CONTRADICTION):
            ir.async_delete_issue(self._hass, DOMAIN, f"{key}_{self._entry.entry_id}")
        for code_id in self._asking:
            ir.async_delete_issue(self._hass, DOMAIN, f"{ISSUE_JOIN_REQUEST}_{code_id}")
            persistent_notification.async_dismiss(self._hass, f"{DOMAIN}_{ISSUE_JOIN_REQUEST}_{code_id}")
        self._since.clear()

    def _lasting(self, issue_id: str, *, wrong: bool, patience: timedelta | None = None) -> bool:
        """Return whether it has been wrong for a while: a minute, unless told otherwise."""
        if not wrong:
            self._since.pop(issue_id, None)
            return False
        now = dt_util.utcnow()
        return now - self._since.setdefault(issue_id, now) >= (_PATIENCE if patience is None else patience)

    @callback
    def _async_set(
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
        if self._lasting(f"{key}_{subject}", wrong=wrong, patience=patience):
            self._async_show(key, subject, severity=severity, placeholders=placeholders, text=text)
        elif not wrong:
            ir.async_delete_issue(self._hass, DOMAIN, f"{key}_{subject}")

    @callback
    def _async_show(
        self,
        key: str,
        subject: str,
        *,
        severity: ir.IssueSeverity,
        placeholders: dict[str, str],
        fixable: bool = False,
        text: str | None = None,
    ) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{key}_{subject}",
            data={"entry_id": self._entry.entry_id} if fixable else None,
            is_fixable=fixable,
            severity=severity,
            translation_key=text or key,
            translation_placeholders=placeholders,
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


def _fault(snapshot: IslandSnapshot) -> LedgerFault | None:
    """Return what keeps the ledger from working; None when it works."""
    status = snapshot.ledger
    if status is None:
        return snapshot.ledger_fault or LedgerFault.OTHER
    return None if status.reachable else status.fault or LedgerFault.OTHER


@callback
def async_watch_issues(hass: HomeAssistant, entry: TangleGridConfigEntry) -> CALLBACK_TYPE:
    """Look at every new picture of the island from now on; returns how to stop."""
    watch = IssueWatch(hass, entry)
    coordinator = entry.runtime_data.coordinator

    @callback
    def look() -> None:
        watch.async_update(coordinator.data)

    look()
    stop_listening = coordinator.async_add_listener(look)

    @callback
    def stop() -> None:
        stop_listening()
        watch.async_clear()

    return stop


@callback
def async_clear_issues(hass: HomeAssistant, entry: TangleGridConfigEntry) -> None:
    """Take an island's issues away, with the island."""
    for key in (*_OF_ISLAND, *_LEDGER_ISSUES.values(), *_FINDINGS.values(), *_REWARD_ISSUES.values()):
        ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")
    for subentry_id in entry.subentries:
        for key in _OF_SUBENTRY:
            ir.async_delete_issue(hass, DOMAIN, f"{key}_{subentry_id}")


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of an issue: another Tangle is chosen; what was found in restored files is only to be known."""
    entry = hass.config_entries.async_get_entry(str(data["entry_id"])) if data and "entry_id" in data else None
    if entry is None:
        return ConfirmRepairFlow()
    if issue_id.startswith(ISSUE_JOIN_REQUEST):
        return ApprovalFlow(entry, str((data or {}).get("code_id")))
    if issue_id.startswith(ISSUE_CONTRADICTION):
        return ContradictionFlow(entry)
    return FindingsFlow(entry) if issue_id.startswith(tuple(_FINDINGS.values())) else OtherTangleFlow(entry)


def _asks_as(asked: Asked) -> str:
    """Return which texts tell of somebody who asks to join."""
    return "neighbour_request" if asked.kind is Kind.NEIGHBOUR else ISSUE_JOIN_REQUEST

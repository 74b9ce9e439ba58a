"""Links to other islands that do not work, ties that cannot be counted, and who asks to join."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from homeassistant.components import persistent_notification
from homeassistant.core import callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..data import IslandSnapshot, LinkState
from ..link.joining.messages import Asked, Kind
from ..reasons import async_text
from .board import IssueBoard

ISSUE_JOIN_REQUEST: Final = "join_request"
_TIE_BLIND: Final = "tie_blind"
_TIE_METERS: Final = "tie_meters"
_STATES: Final[Mapping[str, LinkState]] = {
    "link_dead": LinkState.DEAD,
    "link_refused": LinkState.REFUSED,
    "link_ended": LinkState.ENDED,
}
LINK_ISSUES: Final = (_TIE_BLIND, _TIE_METERS, *_STATES)


@callback
def update_links(board: IssueBoard, snapshot: IslandSnapshot) -> None:
    """Show which links to the island above and the houses below do not work."""
    entry = board.entry
    for subentry_id, link in snapshot.links.items():
        if subentry_id not in entry.subentries:
            continue
        name = entry.subentries[subentry_id].title
        for key, state in _STATES.items():
            board.set(
                key,
                subentry_id,
                wrong=link.state is state,
                severity=ir.IssueSeverity.WARNING,
                placeholders={
                    "island": entry.title,
                    "other": name,
                    "reason": async_text(board.hass, f"link_why_{link.why}", **link.figures),
                },
                patience=None if state is LinkState.DEAD else timedelta(),
            )


@callback
def update_neighbours(board: IssueBoard, snapshot: IslandSnapshot) -> None:
    """Show which links to neighbours do not work, and which meters at ties cannot be believed."""
    entry = board.entry
    for subentry_id, neighbour in snapshot.neighbours.items():
        if subentry_id not in entry.subentries:
            continue
        names = {"island": entry.title, "other": entry.subentries[subentry_id].title}
        why = {**names, "reason": async_text(board.hass, f"link_why_{neighbour.why}")}
        own, theirs = neighbour.counted or (0, 0)
        counted = {**names, "own": str(own), "theirs": str(theirs)}
        for key, wrong, placeholders in (
            *((key, neighbour.state is state, why) for key, state in _STATES.items()),
            (_TIE_BLIND, neighbour.blind, names),
            (_TIE_METERS, neighbour.disagrees, counted),
        ):
            board.set(key, subentry_id, wrong=wrong, severity=ir.IssueSeverity.WARNING, placeholders=placeholders)


class JoinRequests:
    """Tells of islands that ask to join, until somebody has answered: as an issue, and as a notification."""

    def __init__(self, board: IssueBoard) -> None:
        """Begin with nobody who asks."""
        self._board = board
        self._asking: frozenset[str] = frozenset()

    @callback
    def update(self) -> None:
        """Show who asks now, and no more who does not."""
        entry, hass = self._board.entry, self._board.hass
        waiting = entry.runtime_data.links.waiting
        for code_id in self._asking - waiting.keys():
            self._remove(code_id)
        for code_id in waiting.keys() - self._asking:
            ir.async_create_issue(
                hass,
                DOMAIN,
                f"{ISSUE_JOIN_REQUEST}_{code_id}",
                data={"entry_id": entry.entry_id, "code_id": code_id},
                is_fixable=True,
                severity=ir.IssueSeverity.WARNING,
                translation_key=_asks_as(waiting[code_id]),
                translation_placeholders={"island": entry.title},
            )
            persistent_notification.async_create(
                hass,
                async_text(hass, "join_request_text", island=entry.title),
                title=async_text(hass, f"{_asks_as(waiting[code_id])}_title", island=entry.title),
                notification_id=f"{DOMAIN}_{ISSUE_JOIN_REQUEST}_{code_id}",
            )
        self._asking = frozenset(waiting)

    @callback
    def clear(self) -> None:
        """Show nobody any more."""
        for code_id in self._asking:
            self._remove(code_id)

    def _remove(self, code_id: str) -> None:
        self._board.remove(ISSUE_JOIN_REQUEST, code_id)
        persistent_notification.async_dismiss(self._board.hass, f"{DOMAIN}_{ISSUE_JOIN_REQUEST}_{code_id}")


def _asks_as(asked: Asked) -> str:
    """Return which texts tell of somebody who asks to join."""
    return "neighbour_request" if asked.kind is Kind.NEIGHBOUR else ISSUE_JOIN_REQUEST

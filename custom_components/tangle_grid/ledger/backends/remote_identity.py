"""Is it still the same Tangle, and does the node know all of it?

A node tells the address of its network's coordinator. Two networks may share one, and a node may have been started
afresh: so milestones that were seen are remembered, and asked for again after every interruption.
"""

import time
from typing import Final, Protocol

from ..base.errors import LedgerFault, node_fault
from ..node.transaction import NULL_HASH
from ..pyota.library import PyotaClient
from .remote_answers import NodeInfo
from .tangles import Anchor, Tangles

_REMEMBER_EVERY_S: Final = 60.0
_ASK_EVERY_S: Final = 300.0
_BEHIND_S: Final = 600.0
"""How long a node may take to come back to the milestone that it knew before. After that, it will not."""


class _Informed(Protocol):
    def info(self) -> NodeInfo:
        """Ask what the node says of itself."""


class Watch:
    """Looks at the node before it is used. Any thread may call."""

    def __init__(self, node: _Informed, client: PyotaClient, tangles: Tangles, *, agreed: str | None) -> None:
        self._node = node
        self._client = client
        self._tangles = tangles
        self._agreed = agreed
        self._remembered_at = self._asked_at = self._checked_at = float("-inf")
        self._behind_since: float | None = None
        self._refused = 0
        self.latest: NodeInfo | None = None

    def check(self, within_s: float) -> NodeInfo:
        """Return what the node says of itself, or said within this time.

        Raises LedgerError (ledger_unavailable): another Tangle, or not synced; whatever came before, it is asked again.
        """
        now = time.monotonic()
        if self.latest is not None and now - self._checked_at < within_s:
            return self.latest
        self._checked_at = float("-inf")
        refused = self._refused
        info = self._node.info()
        try:
            self._check(info, now)
        except Exception:
            self._asked_at = float("-inf")
            self._refused += 1
            raise
        self.latest = info
        if refused == self._refused:
            # Nobody else was given a worse answer while this one was on its way.
            self._checked_at = now
        return info

    def _check(self, info: NodeInfo, now: float) -> None:
        if info.tangle_id != self._tangles.tangle_id or self._agreed not in {None, info.tangle_id}:
            raise node_fault(LedgerFault.NODE_OTHER_TANGLE, "the wallets belong to another Tangle than the node")
        if not info.synced:
            text = f"the node is at milestone {info.solid_milestone} of {info.milestone}"
            raise node_fault(LedgerFault.NODE_NOT_SYNCED, text)
        anchors = self._tangles.anchors()
        if anchors and info.solid_milestone < anchors[-1].number:
            self._behind_since = self._behind_since or now
            if now - self._behind_since < _BEHIND_S:
                text = f"the node is at milestone {info.solid_milestone}, and was at {anchors[-1].number} before"
                raise node_fault(LedgerFault.NODE_NOT_SYNCED, text)
        else:
            self._behind_since = None
        if anchors and now - self._asked_at >= _ASK_EVERY_S:
            self._ask_for(anchors, info)
            self._asked_at = now
        if now - self._remembered_at >= _REMEMBER_EVERY_S and info.solid_milestone_hash != NULL_HASH:
            self._tangles.add_anchor(Anchor(number=info.solid_milestone, hash=info.solid_milestone_hash))
            self._remembered_at = now

    def _ask_for(self, anchors: list[Anchor], info: NodeInfo) -> None:
        """Ask for the latest milestone that the node must know."""
        known = [each for each in anchors if each.number <= info.solid_milestone]
        if known:
            latest = known[-1]
            if self._client.trytes([latest.hash])[0].strip("9") or info.begins_at >= latest.number:
                return
        raise node_fault(LedgerFault.NODE_OTHER_TANGLE, "the node does not know the milestones that it had before")

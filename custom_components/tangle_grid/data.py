"""What passes from an island to its entities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .grid.engine.status import GridStatus
from .grid.model.world import NOMINAL_V, PhaseTriple
from .ledger import LedgerFault, LedgerStatus, WalletRules, WalletState


class LinkState(StrEnum):
    """How a link is; each is a translated state."""

    CONNECTED = "connected"
    SLOW = "slow"
    DEAD = "dead"
    WAITING = "waiting"
    REFUSED = "refused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """How a link is, for people.

    Attributes:
        link_id: Which.
        subentry_id: The house, or the island above.
        upper: This island is the one above.
        state: How it is.
        why: Why it is dead or refused, a translated key; None: it is neither.
        envelope_a: What the lower side may draw by it, A per phase; None: no envelope is in force.
        granted_w: The same as power over all phases, W.
        figures: What belongs to `why`.
    """

    link_id: str
    subentry_id: str
    upper: bool
    state: LinkState
    why: str | None
    envelope_a: PhaseTriple | None
    figures: Mapping[str, str]

    @property
    def granted_w(self) -> float | None:
        """The envelope as power over all phases, W."""
        return None if self.envelope_a is None else sum(self.envelope_a) * NOMINAL_V


@dataclass(frozen=True, slots=True, kw_only=True)
class IslandSnapshot:
    """One consistent picture of the island, pushed to all entities.

    Attributes:
        grid: What the last control pass saw and decided.
        wallets: Wallets by participant id, and the treasury's; empty until the ledger is open.
        ledger: Health of the ledger; None until it is open.
        ledger_error: Why the ledger is not open, in words; None when it is.
        ledger_fault: The same in a word, where there is one.
        rules: What the owners decided for the same wallets.
        unpaid: Why rewards that are due are not paid: a key of the ledger's errors by payment id.
        published: Messages that reached the Tangle since the start.
        links: How each linked island is, by its subentry.
        reaction_ms: From what led to the newest answer to an overload to the setpoint written, in wall milliseconds.
    """

    grid: GridStatus
    wallets: Mapping[str, WalletState]
    ledger: LedgerStatus | None
    ledger_error: str | None
    ledger_fault: LedgerFault | None
    rules: Mapping[str, WalletRules]
    unpaid: Mapping[str, str]
    published: int
    reaction_ms: float | None
    links: Mapping[str, LinkStatus] = field(default_factory=dict)

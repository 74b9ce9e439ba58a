"""What passes from an island to its entities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .grid.engine.status import GridStatus
from .grid.model.world import NOMINAL_V, PhaseTriple
from .ledger import LedgerFault, LedgerStatus, WalletRules, WalletState

#: Two meters at a tie may differ by so much: Wh, or a share.
_TELLING_WH: Final = 50
_TELLING_SHARE: Final = 0.1


class LinkState(StrEnum):
    """How a link is; each is a translated state."""

    CONNECTED = "connected"
    SLOW = "slow"
    DEAD = "dead"
    WAITING = "waiting"
    REFUSED = "refused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourStatus:
    """How it stands with a neighbour, for people.

    Attributes:
        subentry_id: The neighbour.
        state: How the link is.
        why: Why it is dead or refused, a translated key; None: it is neither.
        bids: For so many hours the neighbour's bids are known.
        sold_w: What is sold to the neighbour now, W; negative: bought.
        price_i_per_kwh: At which price; None: nothing is.
        settled_wh: What the last trade came to, Wh, by the smaller meter; None: there was none.
        counted: What the own meter and the neighbour's counted of it, Wh.
        blind: The meter at the tie shows nothing although there is a trade.
    """

    subentry_id: str
    state: LinkState
    why: str | None
    bids: int = 0
    sold_w: int = 0
    price_i_per_kwh: int | None = None
    settled_wh: int | None = None
    counted: tuple[int, int] | None = None
    blind: bool = False

    @property
    def disagrees(self) -> bool:
        """Whether both meters counted so differently that one of them must be wrong."""
        if self.counted is None:
            return False
        own, theirs = self.counted
        return abs(own - theirs) > max(_TELLING_WH, _TELLING_SHARE * max(own, theirs))


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
class WitnessStatus:
    """What an island saw of the milestones of its ledger, compared with what others saw.

    Attributes:
        findings: What is wrong: `fork`, `rollback`, `withheld`.
        held: Nothing is paid until a person decides, or it is right again.
        proof: The file with the proof of a fork; None: there is none.
        milestone: The newest that the own node has shown.
        witnesses: Of how many other islands it was heard what they saw.
    """

    findings: frozenset[str]
    held: bool
    proof: str | None
    milestone: int | None
    witnesses: int


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
        neighbours: How it stands with each neighbour, by its subentry.
        witness: What is known of the ledger's milestones; None: nobody is there to compare with.
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
    neighbours: Mapping[str, NeighbourStatus] = field(default_factory=dict)
    witness: WitnessStatus | None = None

"""What feeds an island: its cable, or its own inverters while the cable is dead."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .reading import PhaseReading, PhaseTriple

#: A cable must stay for so long before it is believed again, s.
SETTLE_S: Final = 120.0
#: Between two that come back after an outage, s.
RESTORE_GAP_S: Final = 20.0


class Supply(StrEnum):
    """What feeds the island.

    `cable`: the feeding cable, as usual. `dead`: nothing that is known; nobody may feed in. `island`: its own
    inverters, and somebody confirmed that they form the grid. `returning`: the cable again, and loads come back in
    order.
    """

    CABLE = "cable"
    DEAD = "dead"
    ISLAND = "island"
    RETURNING = "returning"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyConfig:
    """How an island knows that its cable is dead, and what it can live on.

    Attributes:
        inverter_a: What its inverters can give for as long as it lasts, A per phase.
        settle_s: How long a cable must stay before it is believed again, s.
        restore_gap_s: Between two loads, or cars, that come back after an outage, s.
        overload_share: What its inverters stand beyond that for a short time, as a share of it.
        overload_s: How long they stand it without a break, s.
    """

    inverter_a: PhaseTriple
    settle_s: float = SETTLE_S
    restore_gap_s: float = RESTORE_GAP_S
    overload_share: float = 0.0
    overload_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyTelemetry:
    """What is known of the feed; None where nothing is.

    Attributes:
        cable: Whether the cable feeds.
        formed: Whether the island is cut off from the cable and its inverters form a grid.
        inverter_a: What inverters say they can give now, A per phase.
        reading: What those give that form the grid, batteries included, W per phase; positive towards the island.
    """

    cable: bool | None = None
    formed: bool | None = None
    inverter_a: PhaseTriple | None = None
    reading: PhaseReading | None = None

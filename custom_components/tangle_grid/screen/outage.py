"""What a screen shows of the supply: since when the cable is dead, what runs without it, and what comes back next."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..grid.engine.status import GridStatus, SupplyStatus
from ..grid.model.supply import Supply
from ..grid.model.world import Cause, HouseholdConfig
from ..island.runtime import IslandRuntime


def supply_item(runtime: IslandRuntime, grid: GridStatus, supply: SupplyStatus) -> Mapping[str, Any]:
    """Return the supply.

    `waiting` are those that come back in this order, as participant and load (None: the charger itself); while the
    cable is dead it is the order in which what is stored or the sun would let loads on again.
    """
    return {
        "state": supply.supply.value,
        "since": supply.since,
        "lost_at": supply.lost_at,
        # Each minute would be a difference of its own.
        "lasts_until": None if supply.lasts_until is None else supply.lasts_until // 300 * 300,
        "waiting": [] if supply.supply is Supply.CABLE else [list(each) for each in _waiting(runtime, grid, supply)],
    }


def _waiting(runtime: IslandRuntime, grid: GridStatus, supply: SupplyStatus) -> Iterator[tuple[str, str | None]]:
    ranks = {
        (participant_id, load.load_id): load.rank
        for participant_id, participant in runtime.participants.items()
        if isinstance(participant.config, HouseholdConfig)
        for load in participant.config.loads
    }
    off = [(device_id, load_id) for device_id, loads in supply.kept_off.items() for load_id in loads]
    # What its household does not list any more comes back first.
    yield from sorted(off, key=lambda each: (ranks.get(each, -1), each))
    for device_id in sorted(runtime.participants.keys() & grid.devices.keys()):
        status = grid.devices[device_id]
        if status.cause is Cause.OUTAGE and status.setpoint == 0 and status.connected is not False:
            yield device_id, None

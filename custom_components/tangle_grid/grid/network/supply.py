"""Whether the feeding cable is alive, and what an island may do while it is not.

Everything is decided on the side of less power. A cable that is said to be dead counts as dead at once. Feeding in
needs somebody who confirms that the island is formed (a transfer switch, a grid-forming inverter); who says nothing
says no. A cable that comes back is believed when it has stayed for the settling time without a break. What an entity
does not tell leaves a cable that feeds as it is: whether its meter may be believed is a matter of the meter's own age.
"""

import math
from collections.abc import Mapping
from typing import Any, Self

from ..model.reading import PhaseTriple
from ..model.supply import Supply, SupplyConfig, SupplyTelemetry


class SupplyWatch:
    """What feeds the island, from step to step.

    Attributes:
        config: What it can live on.
        state: What feeds it.
        since: Grid time since which it does; None: always.
        lost_at: Grid time at which the cable was lost last; None while it is not.
    """

    def __init__(self, config: SupplyConfig) -> None:
        self.config = config
        self.state = Supply.CABLE
        self.since: float | None = None
        self.lost_at: float | None = None
        self._alive_since: float | None = None
        self._reported_a: PhaseTriple | None = None

    @property
    def alone(self) -> bool:
        """The cable does not feed, or is not believed to yet."""
        return self.state in {Supply.DEAD, Supply.ISLAND}

    @property
    def ceiling_a(self) -> PhaseTriple | None:
        """What the island may carry while it is alone, A per phase; None: what its fuse carries."""
        if self.state is Supply.DEAD:
            return (0.0, 0.0, 0.0)
        if self.state is not Supply.ISLAND:
            return None
        rated = self.config.inverter_a
        if self._reported_a is None:
            return rated
        first, second, third = (
            min(most, max(0.0, now)) if math.isfinite(now) else 0.0
            for most, now in zip(rated, self._reported_a, strict=True)
        )
        return (first, second, third)

    def observe(self, now: float, telemetry: SupplyTelemetry | None) -> bool:
        """Take in what is known now; return whether something else feeds the island than before."""
        seen = SupplyTelemetry() if telemetry is None else telemetry
        self._reported_a = seen.inverter_a
        before = self.state
        if seen.cable is False:
            self._alive_since = None
            self._turn(now, Supply.ISLAND if seen.formed is True else Supply.DEAD)
        elif self.alone:
            self._while_alone(now, seen)
        return self.state is not before

    def restored(self, now: float) -> None:
        """Note that everything is back that had to wait for the cable."""
        if self.state is Supply.RETURNING:
            self._turn(now, Supply.CABLE)

    def turn_back(self, now: float) -> None:
        """Note that the clock was set back to `now`: nothing may lie in the future."""
        self._alive_since = None
        self.since = None if self.since is None else min(self.since, now)
        self.lost_at = None if self.lost_at is None else min(self.lost_at, now)

    def to_dict(self) -> dict[str, Any]:
        """Return what a restart in the middle must not lose, JSON-able."""
        return {"state": self.state.value, "since": self.since, "lost_at": self.lost_at}

    @classmethod
    def from_dict(cls, config: SupplyConfig, stored: Mapping[str, Any]) -> Self:
        """Return the watch that `to_dict` described. A cable that was settling begins to settle anew.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        state, since, lost_at = Supply(stored["state"]), stored["since"], stored["lost_at"]
        for at in (since, lost_at):
            if at is not None and (isinstance(at, bool) or not isinstance(at, int | float) or not math.isfinite(at)):
                raise ValueError(at)
        watch = cls(config)
        watch.state, watch.since, watch.lost_at = state, since, lost_at
        return watch

    def _while_alone(self, now: float, seen: SupplyTelemetry) -> None:
        if seen.cable is None:
            # Nobody knows: what is confirmed may go on, what is not confirmed any more stops.
            self._alive_since = None
        elif self._alive_since is None:
            self._alive_since = now
        if self._alive_since is not None and now - self._alive_since >= self.config.settle_s:
            self._turn(now, Supply.RETURNING)
        elif seen.cable is None:
            self._turn(now, Supply.ISLAND if seen.formed is True else Supply.DEAD)
        elif seen.formed is not True:
            self._turn(now, Supply.DEAD)

    def _turn(self, now: float, state: Supply) -> None:
        if state is self.state:
            return
        was_alone = self.alone
        self.state, self.since = state, now
        if not self.alone:
            self._alive_since = None
            if state is Supply.CABLE:
                self.lost_at = None
        elif not was_alone:
            self.lost_at = now

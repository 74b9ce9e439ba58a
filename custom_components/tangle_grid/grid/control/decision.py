"""One device in a control pass: what it may have, and what is decided for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..device.state import DeviceState
from ..model.world import BatteryConfig, Cause, ChargerConfig
from ..network.protection import FeederWatch, limits_of, totals_of
from ..network.topology import Topology
from .precedence import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the current of a device passes through; the same for all on the same phases of the same feeder.

    Attributes:
        limits: See `limits_of`.
        totals: See `totals_of`.
        loads: All limits that its current counts on, with what 1 A adds to each.
        every: The limits of `loads`.
        weights: What 1 A adds to each of them; empty means 1 to all.
        blind: A meter above it cannot be believed.
        suspect: A meter above it may be wrong: this is no time to raise.
        checked: A meter above it is to show whether it answers to a charger that is lowered.
        lids: Those of `every` that are lids, see `lid`.
    """

    limits: tuple[int, ...]
    totals: tuple[int, ...]
    loads: tuple[tuple[int, float], ...]
    every: tuple[int, ...]
    weights: tuple[float, ...]
    blind: bool
    suspect: bool
    checked: bool = False
    lids: tuple[int, ...] = ()

    @classmethod
    def of(cls, device: DeviceState, topology: Topology, feeders: Sequence[FeederWatch]) -> Wiring:
        """Return that of one device, from what its feeders measure now."""
        limits, totals = limits_of(device, topology, feeders), totals_of(device, topology, feeders)
        loads = (*((limit, 1.0) for limit in limits), *((total, float(len(device.config.phases))) for total in totals))
        path = topology.path(device.config.feeder_id)
        return cls(
            limits=limits,
            totals=totals,
            loads=loads,
            every=limits + totals,
            weights=tuple(weight for _, weight in loads) if totals else (),
            blind=any(feeders[number].blind for number in path),
            suspect=any(feeders[number].suspect for number in path),
            checked=any(feeders[number].echo.checking_since is not None for number in path),
        )


@dataclass(slots=True, kw_only=True)
class DeviceDecision:
    """One device in this pass.

    Attributes:
        told: Its setpoint so far, A per phase (a battery's in A as well).
        ceiling: The most that it may be told, A.
        ceiling_cause: What puts the ceiling there.
        wiring: What its current passes through.
        is_battery: Otherwise it is a charger.
        charger, battery: Its configuration; there is only the one of its kind.
        order: Its place, smaller first.
        rank: The part of it that decides who is filled first.
        value: The decision: A for a charger, W or None for a battery.
        cause: Why.
        falls: Whether this is a reduction that increases must keep away from.
        floor_a: The least that a charger can be told, A per phase; 0: it can be paused.
    """

    device: DeviceState
    wiring: Wiring
    is_battery: bool = field(init=False)
    charger: ChargerConfig = field(init=False)
    battery: BatteryConfig = field(init=False)
    order: Place = ()
    rank: Place = ()
    told: float = 0.0
    ceiling: float = 0.0
    ceiling_cause: Cause = Cause.ALLOCATION
    value: float | None = None
    cause: Cause = Cause.ALLOCATION
    falls: bool = False
    floor_a: float = 0.0

    def __post_init__(self) -> None:
        self.configure()

    def configure(self) -> None:
        """Take over the device's configuration as it is now: what was learned may have changed it."""
        config = self.device.config
        self.is_battery = isinstance(config, BatteryConfig)
        if isinstance(config, BatteryConfig):
            self.battery = config
        elif isinstance(config, ChargerConfig):
            self.charger = config

    def settle(self, value: float | None, cause: Cause) -> None:
        """Decide."""
        self.value = value
        self.cause = cause

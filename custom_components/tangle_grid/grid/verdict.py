"""One device in a control pass: what it may have, and what is decided for it."""

from dataclasses import dataclass, field

from .device_state import DeviceState
from .model import BatteryConfig, Cause, ChargerConfig
from .order import Place


@dataclass(slots=True, kw_only=True)
class Plan:
    """One device in this pass.

    Attributes:
        told: Its setpoint so far, A per phase (a battery's in A as well).
        ceiling: The most that it may be told, A.
        ceiling_cause: What puts the ceiling there.
        limits: See `limits_of`.
        totals: See `totals_of`.
        loads: All limits that its current counts on, with what 1 A adds to each.
        order: Its place, smaller first.
        blind: A meter above it cannot be believed.
        suspect: A meter above it may be wrong: this is no time to raise.
        value: The decision: A for a charger, W or None for a battery.
        cause: Why.
        falls: Whether this is a reduction that increases must keep away from.
    """

    device: DeviceState
    limits: tuple[int, ...]
    totals: tuple[int, ...] = ()
    loads: tuple[tuple[int, float], ...] = field(init=False)
    order: Place = ()
    told: float = 0.0
    ceiling: float = 0.0
    ceiling_cause: Cause = Cause.ALLOCATION
    blind: bool = False
    suspect: bool = False
    value: float | None = None
    cause: Cause = Cause.ALLOCATION
    falls: bool = False

    def __post_init__(self) -> None:
        phases = float(len(self.device.config.phases))
        self.loads = (*((limit, 1.0) for limit in self.limits), *((total, phases) for total in self.totals))

    @property
    def charger(self) -> ChargerConfig:
        """Its configuration, when it is a charger."""
        assert isinstance(self.device.config, ChargerConfig)  # noqa: S101  # callers know the kind
        return self.device.config

    @property
    def battery(self) -> BatteryConfig:
        """Its configuration, when it is a battery."""
        assert isinstance(self.device.config, BatteryConfig)  # noqa: S101  # callers know the kind
        return self.device.config

    def settle(self, value: float | None, cause: Cause) -> None:
        """Decide."""
        self.value = value
        self.cause = cause

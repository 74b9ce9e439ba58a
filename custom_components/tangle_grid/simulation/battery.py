"""A home battery: follows its own household and sun, or a setpoint when it is given one."""

from typing import TYPE_CHECKING, Any

from .stored import number

if TYPE_CHECKING:
    from collections.abc import Mapping

EFFICIENCY = 0.95
MIN_SOC = 10.0


class HomeBattery:
    """A battery behind a three-phase inverter. Power in W at the meter, positive while charging; `soc` in percent.

    With `setpoint_w` None it covers its household: it takes what the sun gives too much and gives what is missing.
    """

    __slots__ = ("capacity_wh", "max_power_w", "power_w", "setpoint_w", "soc")

    def __init__(self, *, capacity_wh: float, max_power_w: float, soc: float) -> None:
        self.capacity_wh = capacity_wh
        self.max_power_w = max_power_w
        self.soc = soc
        self.setpoint_w: float | None = None
        self.power_w = 0.0

    def step(self, dt: float, household_w: float) -> float:
        """Run for `dt` seconds beside a household (with its sun) of `household_w`; returns the power, W."""
        wanted = -household_w if self.setpoint_w is None else self.setpoint_w
        power = min(max(wanted, -self.max_power_w), self.max_power_w)
        hours = dt / 3_600
        factor = EFFICIENCY if power >= 0 else 1.0 / EFFICIENCY
        room_wh = ((100.0 if power >= 0 else MIN_SOC) - self.soc) / 100 * self.capacity_wh
        stored_wh = power * hours * factor
        if abs(stored_wh) >= abs(room_wh) or room_wh * power < 0:
            stored_wh = room_wh if room_wh * power > 0 else 0.0
        self.soc = min(100.0, self.soc + stored_wh / self.capacity_wh * 100)
        self.power_w = stored_wh / factor / hours
        return self.power_w

    def to_dict(self) -> dict[str, Any]:
        """Return what changes, for storage."""
        return {"soc": self.soc, "setpoint_w": self.setpoint_w, "power_w": self.power_w}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `to_dict` gave."""
        self.soc = number(state, "soc", 0.0, 100.0)
        self.power_w = number(state, "power_w", -self.max_power_w, self.max_power_w)
        given = state.get("setpoint_w")
        self.setpoint_w = None if given is None else number(state, "setpoint_w", -self.max_power_w, self.max_power_w)

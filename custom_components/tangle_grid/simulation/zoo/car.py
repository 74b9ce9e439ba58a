"""A car of the zoo: what it takes, and what its own cloud says about its battery."""

from dataclasses import dataclass
from typing import Final

FULL: Final = 100.0


@dataclass(slots=True, kw_only=True)
class ZooCar:
    """One car. Currents in A per phase, energies in Wh, states of charge in percent.

    Attributes:
        lines: Which of the charger's own phases it uses.
        max_a: The most that it draws.
        least_a: Below this it draws nothing.
        battery_wh: Usable.
        soc: The true state of charge.
        resting: Does not want to charge now.
        soc_every_s: Its cloud hears the state of charge so often, s; None: it never says anything.
        soc_stands: The state of charge that its cloud shows, whatever is true; None: the true one.
        departure: What its cloud says of when it leaves.
    """

    lines: tuple[int, ...] = (0, 1, 2)
    max_a: float = 32.0
    least_a: float = 6.0
    battery_wh: float = 60_000.0
    soc: float = 20.0
    resting: bool = False
    soc_every_s: float | None = None
    soc_stands: float | None = None
    departure: str | None = None

    @property
    def full(self) -> bool:
        """It cannot take more."""
        return self.soc >= FULL

    def accepts(self, amps: float) -> float:
        """Return what it draws of a current that is offered, A."""
        drawn = min(amps, self.max_a)
        return 0.0 if self.resting or self.full or drawn < self.least_a else drawn

    def take(self, energy_wh: float) -> None:
        """Store an energy, Wh."""
        self.soc = min(FULL, self.soc + energy_wh / self.battery_wh * FULL)

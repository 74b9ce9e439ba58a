"""The load that nobody controls: a level that wanders, a flicker on it, and appliances that come and go."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ..randomness import noise, stream_key

PHASES: Final = 3

type Amps = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """Something that is on for `on_s` and off for `off_s`, again and again, from `begin` to `end` (epoch seconds).

    `amps` is what it takes on each phase while it is on, A.
    """

    amps: Amps
    begin: float
    end: float
    on_s: float = float("inf")
    off_s: float = 0.0

    def on(self, at: float) -> bool:
        """Return whether it is on."""
        if not self.begin <= at < self.end:
            return False
        return self.on_s == float("inf") or (at - self.begin) % (self.on_s + self.off_s) < self.on_s


@dataclass(slots=True, kw_only=True)
class BaseLoad:
    """What nobody controls, A per phase.

    Attributes:
        seed: Of what is random.
        mean_a: Its mean.
        swing_a: Its level wanders so far up and down; a level holds for `hold_s`.
        flicker_a: From second to second it moves so far up and down.
        appliances: What comes on top.
    """

    seed: int
    mean_a: Amps
    swing_a: Amps = (0.0, 0.0, 0.0)
    hold_s: float = 45.0
    flicker_a: float = 0.15
    appliances: Sequence[Appliance] = ()
    _keys: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._keys = tuple(stream_key("base", self.seed, name) for name in range(2 * PHASES))

    def at(self, moment: float) -> Amps:
        """Return what flows from one whole second to the next, A per phase, never below 0."""
        second = int(moment)
        amps = [
            self.mean_a[phase]
            + self.swing_a[phase] * noise(self._keys[phase], int((second + 13 * phase) // self.hold_s))
            + self.flicker_a * noise(self._keys[PHASES + phase], second)
            for phase in range(PHASES)
        ]
        for appliance in self.appliances:
            if appliance.on(second):
                amps = [have + more for have, more in zip(amps, appliance.amps, strict=True)]
        return (max(0.0, amps[0]), max(0.0, amps[1]), max(0.0, amps[2]))

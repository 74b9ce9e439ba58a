"""A measured power, with its age."""

from dataclasses import dataclass

type PhaseTriple = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseReading:
    """A measured power per phase.

    Attributes:
        power_w: W per phase, signed.
        at: Grid time of the last report, changed or not.
        changed_at: Grid time of the last change of value.
        split: Only the total was measured; it was split evenly over the phases that could carry it.
        heard_at: The newest sign of life of what measures, from any of its entities, grid time.
        whole_w: What all phases carry together, W, where `power_w` is the most that each may carry; None: their sum.
    """

    power_w: PhaseTriple
    at: float
    changed_at: float
    split: bool = False
    heard_at: float | None = None
    whole_w: float | None = None

    @property
    def total_w(self) -> float:
        """W over all phases."""
        if self.whole_w is not None:
            return self.whole_w
        return self.power_w[0] + self.power_w[1] + self.power_w[2]

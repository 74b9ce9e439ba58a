"""Power that is sold to neighbours."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What is sold, W, until a grid time; batteries give no more below `floor_soc`, %."""

    power_w: float
    until: float
    floor_soc: float

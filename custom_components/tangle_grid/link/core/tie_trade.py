"""One trade between neighbours, as one side knows it: asked for, agreed to, leased, given up."""

from dataclasses import dataclass
from typing import Final

ASKED_S: Final = 90.0
"""A trade that was not agreed to after so long is given up."""


@dataclass(slots=True, kw_only=True)
class TieTrade:
    """A trade of this session; `flow` is W to the neighbour. Times are of the own clock."""

    number: int
    name: str
    window: int
    begins: float
    ends: float
    ours: int
    yours: int
    flow: int
    price: int
    since: float
    agreed: bool = False
    given_up: bool = False
    told: bool = False
    until: float = 0.0

    def is_held(self, mono: float) -> bool:
        """Tell whether it is agreed to, and its lease goes on."""
        return self.agreed and not self.given_up and mono < min(self.until, self.ends)

    def is_asked(self, mono: float) -> bool:
        """Tell whether an answer is still waited for."""
        return not self.agreed and not self.given_up and mono < min(self.ends, self.since + ASKED_S)

    def may_be_held(self, mono: float) -> bool:
        """Tell whether either side may still reckon with it."""
        return self.is_asked(mono) or mono < min(self.until, self.ends)

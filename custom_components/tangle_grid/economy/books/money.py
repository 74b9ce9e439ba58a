"""What a statement's tokens are worth in a currency: shown beside them, and never what anything is computed with."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

#: Digits of what is shown: a fee for a few Wh is far below a cent.
DIGITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """The rate that a statement is shown by.

    Attributes:
        currency: ISO 4217.
        rate: Iota of one unit of it, above 0.
    """

    currency: str
    rate: Fraction

    def units(self, amount_i: int) -> int:
        """Return what an amount is worth in ten thousandths of a unit, rounded half to even."""
        return round(amount_i * 10**DIGITS / self.rate)

    def text(self, amount_i: int) -> str:
        """Return the same as a decimal with a point."""
        return decimal(self.units(amount_i))


def decimal(units: int, sign: str = ".") -> str:
    """Return ten thousandths as a decimal."""
    whole, rest = divmod(abs(units), 10**DIGITS)
    return f"{'-' if units < 0 else ''}{whole}{sign}{rest:0{DIGITS}}"

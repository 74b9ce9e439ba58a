"""What a statement's tokens are worth in a currency: shown beside them, and never what anything is computed with.

Each line is valued by the rate that stood when it happened, rounded to ten thousandths of a unit for itself; sums and
balances are those of the lines as they are shown, so that everything in a statement adds up.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from ..effects import BookEntry

#: Digits of what is shown: a fee for a few Wh is far below a cent.
DIGITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """The currency of a statement, and the rate of what has none of its own.

    Attributes:
        currency: ISO 4217.
        rate: Iota of one unit of it, above 0, when the statement was made: it values lines of before rates were noted.
    """

    currency: str
    rate: Fraction

    def whole(self, amount_i: int) -> int:
        """Return what an amount is worth when the statement is made, in ten thousandths, rounded half to even."""
        return round(amount_i * 10**DIGITS / self.rate)

    def units(self, line: BookEntry) -> int:
        """Return what a line's amount was worth in ten thousandths of a unit, rounded half to even."""
        return round(line.amount_i * 10**DIGITS / (line.rate or self.rate))


def decimal(units: int, sign: str = ".") -> str:
    """Return ten thousandths as a decimal."""
    whole, rest = divmod(abs(units), 10**DIGITS)
    return f"{'-' if units < 0 else ''}{whole}{sign}{rest:0{DIGITS}}"

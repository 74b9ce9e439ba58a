"""Amounts of tokens as people read them: in Mi, exact, with the island's currency beside them where a rate is given."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

IOTA_PER_MI: Final = 1_000_000
#: Below this an amount is shown in i: 999 i, but 0.001 Mi.
_LEAST_MI: Final = 1_000
_DIGITS: Final = 2


def in_mi(amount_i: int) -> str:
    """Return an amount exactly: `0.85 Mi`, `1 Mi`, and small ones as `500 i`."""
    if 0 < abs(amount_i) < _LEAST_MI:
        return f"{amount_i} i"
    return f"{_plain(Decimal(amount_i) / IOTA_PER_MI)} Mi"


def amount_text(value: object) -> str:
    """Return a value of an error's text that is an amount, where it is one: `0.85 Mi`; anything else as it is."""
    text = str(value)
    return in_mi(int(text)) if text.removeprefix("-").isdecimal() else text


def about(amount_i: int) -> int:
    """Return an amount to two significant digits, for what is only expected."""
    size = len(str(abs(amount_i)))
    return round(amount_i, _DIGITS - size) if size > _DIGITS else amount_i


def in_currency(amount_i: int, rate: Fraction, currency: str) -> str:
    """Return what an amount is worth: `0.43 EUR`. `rate`: iota for one unit of the currency."""
    return f"{amount_i / rate:.{_DIGITS}f} {currency}"


def _plain(value: Decimal) -> str:
    """Return a number without an exponent and without zeros at its end, its thousands set apart by narrow spaces."""
    whole, _, part = f"{value:,f}".replace(",", "\u202f").partition(".")
    part = part.rstrip("0")
    return f"{whole}.{part}" if part else whole

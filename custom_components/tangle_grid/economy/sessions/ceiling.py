"""The most that a session can cost by its terms: what somebody agrees to who pays from elsewhere, and cannot meter."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from ..tariff import Dimension, PriceComponent, read_tariff
from .terms import Terms

_WH_PER_KWH: Final = 1000
_S_PER_H: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """In iota, rounded up: of a kWh, of an hour beside its energy, and of the session once."""

    kwh_i: int
    hour_i: int
    once_i: int


def ceiling(terms: Terms) -> Ceiling:
    """Return the most that a session costs by these terms, whenever it is. Raises TariffError."""
    tariff, fee = read_tariff(terms.tariff), terms.fee
    components = [each for element in tariff.elements for each in element.components]
    kwh = _most(components, Dimension.ENERGY) * (1 + fee.share) + fee.per_kwh
    times = (Dimension.TIME, Dimension.PARKING_TIME)
    hour = sum((_most(components, each) for each in times), Fraction(0))
    # A step that was begun is billed whole.
    steps = sum(
        (each.price * each.step_size / (_WH_PER_KWH if each.dimension is Dimension.ENERGY else _S_PER_H))
        for each in components
        if each.dimension is not Dimension.FLAT and each.price > 0 and each.step_size > 1
    )
    least = max((each for each in (tariff.minimum.excl_vat, tariff.minimum.incl_vat) if each), default=Fraction(0))
    once = _most(components, Dimension.FLAT) + fee.per_session + steps * (1 + fee.share) + least
    return Ceiling(kwh_i=_iota(kwh, terms), hour_i=_iota(hour, terms), once_i=_iota(once, terms))


def _most(components: Iterable[PriceComponent], dimension: Dimension) -> Fraction:
    return max([Fraction(0), *(each.price for each in components if each.dimension is dimension)])


def _iota(price: Fraction, terms: Terms) -> int:
    return ceil(price * terms.rate)

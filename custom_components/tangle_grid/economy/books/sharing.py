"""Who used how much of a source that several share, such as the sun on the roof of a house with several flats.

It is worked out for each quarter of an hour. Nobody gets more than they used in it, and all together get no more than
was produced; what nobody gets is fed in. Shares are seldom whole Wh: each quarter hands out whole Wh, and what is owed
to a member in fractions is remembered until the end, so that nothing is lost and nobody is always the one who waits.
Whoever has the meter values and the key can repeat it: it depends on nothing else, and not on the order of members.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from types import MappingProxyType
from typing import Final

from .errors import BooksError

QUARTER_S: Final = 900
_NOTHING: Final = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """What was metered in a quarter of an hour: Wh, whole numbers. `start` is in epoch seconds, a multiple of 900."""

    start: int
    produced_wh: int
    used_wh: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A quarter of an hour, and how much of what was produced in it each member used. Wh."""

    start: int
    produced_wh: int
    used_wh: Mapping[str, int]
    shared_wh: Mapping[str, int]

    @property
    def fed_in_wh(self) -> int:
        """What none of the members used."""
        return self.produced_wh - sum(self.shared_wh.values())


@dataclass(frozen=True, slots=True)
class Static:
    """Each member has a fixed share of what is produced; what one does not use of it is fed in.

    The shares are parts of the whole: exact, none is negative, and together they are 1 at most.
    """

    shares: Mapping[str, Fraction]

    def __post_init__(self) -> None:
        """Raise BooksError `negative_share` or `shares_too_large`."""
        for member, value in self.shares.items():
            if value < 0:
                raise BooksError("negative_share", {"member": member, "value": value})
        total = sum(self.shares.values())
        if total > 1:
            raise BooksError("shares_too_large", {"total": total})

    def parts(self, produced: int, used: Mapping[str, int]) -> Mapping[str, Fraction]:
        """Return the exact part of each member, Wh."""
        return {member: min(self.shares.get(member, _NOTHING) * produced, Fraction(wh)) for member, wh in used.items()}


@dataclass(frozen=True, slots=True)
class Dynamic:
    """What is produced is shared in proportion to what each member uses at that time."""

    def parts(self, produced: int, used: Mapping[str, int]) -> Mapping[str, Fraction]:
        """Return the exact part of each member, Wh."""
        return _in_proportion(Fraction(produced), {member: Fraction(wh) for member, wh in used.items()})


@dataclass(frozen=True, slots=True)
class Hybrid:
    """First each has a fixed share; what some do not use of theirs is shared in proportion to what others still need.

    The shares are as those of `Static`.
    """

    shares: Mapping[str, Fraction]

    def __post_init__(self) -> None:
        """Raise BooksError `negative_share` or `shares_too_large`."""
        Static(self.shares)

    def parts(self, produced: int, used: Mapping[str, int]) -> Mapping[str, Fraction]:
        """Return the exact part of each member, Wh."""
        first = Static(self.shares).parts(produced, used)
        left = produced - sum(first.values())
        more = _in_proportion(Fraction(left), {member: wh - first[member] for member, wh in used.items()})
        return {member: part + more[member] for member, part in first.items()}


type SharingKey = Static | Dynamic | Hybrid


def _in_proportion(amount: Fraction, needs: Mapping[str, Fraction]) -> Mapping[str, Fraction]:
    total = sum(needs.values())
    if total <= amount:
        return needs
    return {member: amount * need / total for member, need in needs.items()}


def share(quarters: Iterable[Quarter], key: SharingKey) -> list[Shared]:
    """Return the quarters of an hour in their order, each with what every member used of the common source.

    Raises BooksError `not_a_quarter`, `quarter_twice` or `negative_energy`.
    """
    found: list[Shared] = []
    owed: dict[str, Fraction] = {}
    for quarter in sorted(quarters, key=lambda each: each.start):
        _check(quarter, found[-1].start if found else None)
        parts = key.parts(quarter.produced_wh, quarter.used_wh)
        shared = _whole(parts, owed)
        for member, part in parts.items():
            owed[member] = owed.get(member, _NOTHING) + part - shared[member]
        found.append(
            Shared(
                start=quarter.start,
                produced_wh=quarter.produced_wh,
                used_wh=quarter.used_wh,
                shared_wh=MappingProxyType(shared),
            )
        )
    return found


def _check(quarter: Quarter, before: int | None) -> None:
    if quarter.start % QUARTER_S:
        raise BooksError("not_a_quarter", {"value": quarter.start})
    if quarter.start == before:
        raise BooksError("quarter_twice", {"value": quarter.start})
    for where, wh in (("produced", quarter.produced_wh), *quarter.used_wh.items()):
        if wh < 0:
            raise BooksError("negative_energy", {"where": where, "value": wh})


def _whole(parts: Mapping[str, Fraction], owed: Mapping[str, Fraction]) -> dict[str, int]:
    """Return whole Wh: each part rounded down, and one more for those to whom most is owed, as long as there is any.

    All together get the exact sum and what was owed before, rounded down. That is no more than was produced, since
    less than one Wh is owed to all together; and a part that is not whole is below what its member used, which is.
    """
    whole = {member: floor(part) for member, part in parts.items()}
    due = {member: part - whole[member] + owed.get(member, _NOTHING) for member, part in parts.items()}
    more = floor(sum(parts.values(), _NOTHING) + sum(owed.values(), _NOTHING)) - sum(whole.values())
    waiting = sorted((member for member, part in parts.items() if part != whole[member]), key=lambda m: (-due[m], m))
    for member in waiting[:more]:
        whole[member] += 1
    return whole

"""Bid curves: how much power somebody takes at each price, in one window.

Power is whole W: what is taken is positive, what is given negative. Prices are whole iota per MWh. A curve is a
staircase that rises as the price falls, and all that is done with it is exact arithmetic: sums, bounds, what a battery
makes of it. So two islands that clear the same two curves find the same trade.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

MAX_PRICE: Final = 10**12
"""The greatest price, iota per MWh."""
PER_MILLE: Final = 1000

type _Map = Callable[[int], int]
type Step = tuple[int, int]
"""Below this price so much more is taken: iota per MWh, W."""


@dataclass(frozen=True, slots=True)
class Curve:
    """How much is taken at each price.

    Attributes:
        base: What is taken at any price, W: the least.
        steps: With what each lower price adds; prices fall, and each adds something.
    """

    base: int = 0
    steps: tuple[Step, ...] = ()

    @property
    def top(self) -> int:
        """The most that is taken, W."""
        return self.base + sum(more for _, more in self.steps)

    @property
    def is_sound(self) -> bool:
        """Whether it is a curve: prices within bounds fall from step to step, and each step adds something."""
        prices = [price for price, _ in self.steps]
        return (
            all(abs(price) <= MAX_PRICE for price in prices)
            and all(more > 0 for _, more in self.steps)
            and all(higher > lower for higher, lower in pairwise(prices))
        )

    @classmethod
    def total(cls, curves: Iterable[Curve]) -> Curve:
        """Return what all take together."""
        found = list(curves)
        steps: list[Step] = []
        for each in found:
            steps += each.steps
        steps.sort(reverse=True)
        return cls(sum(each.base for each in found), _joined(steps))

    def within(self, least: int, most: int) -> Curve:
        """Return it with never less taken than `least`, and never more than `most`."""
        taken, steps = self.base, []
        reached = base = min(most, max(least, taken))
        for price, more in self.steps:
            taken += more
            now = min(most, max(least, taken))
            if now > reached:
                steps.append((price, now - reached))
                reached = now
                if now == most:
                    break
        return Curve(base, tuple(steps))

    def without(self, other: Curve, least: int, most: int) -> Curve:
        """Return what the rest takes of a sum that `other` is part of, within `least` and `most`.

        The sum may have been cut off where the rest is out of these bounds anyhow.
        """
        changes = sorted([*self.steps, *((price, -more) for price, more in other.steps)], reverse=True)
        taken, steps = self.base - other.base, []
        reached = base = min(most, max(least, taken))
        for place, (price, more) in enumerate(changes, start=1):
            taken += more
            if place < len(changes) and changes[place][0] == price:
                continue
            now = min(most, max(least, taken))
            if now > reached:
                steps.append((price, now - reached))
                reached = now
        return Curve(base, tuple(steps))

    def dearer(self, fee: int) -> Curve:
        """Return it with a fee for all that crosses: what is taken is worth less, what is given costs more."""
        return self._bent(lambda taken: taken, lambda price: price + fee, lambda price: price - fee)

    def stored(self, charge: int, discharge: int) -> Curve:
        """Return it as what is behind an inverter sees it; efficiencies in per mille. Power is then what is stored."""
        return self._bent(
            lambda taken: taken * charge // PER_MILLE if taken < 0 else -(-taken * PER_MILLE // discharge),
            lambda price: price * PER_MILLE // charge,
            lambda price: price * discharge // PER_MILLE,
        )

    def drawn(self, charge: int, discharge: int) -> Curve:
        """Return what is stored as what is in front of the inverter sees it."""
        return self._bent(
            lambda taken: -(-taken * discharge // PER_MILLE) if taken < 0 else taken * PER_MILLE // charge,
            lambda price: price * PER_MILLE // discharge,
            lambda price: price * charge // PER_MILLE,
        )

    def _bent(self, power: _Map, given: _Map, taken: _Map) -> Curve:
        """Return it with other power, and with other prices for what is given and what is taken."""
        at, steps = self.base, []
        for price, more in self.steps:
            end = at + more
            if at < 0:
                steps.append((given(price), power(min(end, 0)) - power(at)))
            if end > 0:
                steps.append((taken(price), power(end) - power(max(at, 0))))
            at = end
        return Curve(power(self.base), _joined(steps))

    def simplified(self, most_steps: int) -> Curve:
        """Return it with at most so many steps: no more is given and no more is paid than by the whole one."""
        if len(self.steps) <= most_steps:
            return self
        at = self.base
        given: list[Step] = []
        taken: list[Step] = []
        for price, more in self.steps:
            end = at + more
            if at < 0:
                given.append((price, min(end, 0) - at))
            if end > 0:
                taken.append((price, end - max(at, 0)))
            at = end
        while len(given) + len(taken) > most_steps:
            _, steps, place = min(
                (min(left[1], right[1]), index, place)
                for index, steps in enumerate((given, taken))
                for place, (left, right) in enumerate(pairwise(steps))
            )
            side = (given, taken)[steps]
            left, right = side[place], side[place + 1]
            side[place : place + 2] = [((left if steps == 0 else right)[0], left[1] + right[1])]
        return Curve(self.base, _joined([*given, *taken]))

    def to_list(self) -> list[int]:
        """Return it as JSON: the base, then price and power of each step."""
        return [self.base, *(value for step in self.steps for value in step)]

    @classmethod
    def from_list(cls, values: Sequence[int]) -> Self:
        """Read what `to_list` gave. Raises ValueError: it is no curve."""
        if len(values) % 2 == 0:
            raise ValueError("not a curve")
        found = cls(values[0], tuple(zip(values[1::2], values[2::2], strict=True)))
        if not found.is_sound:
            raise ValueError("not a curve")
        return found


def _joined(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return steps, whose prices never rise, with those of one price in one and without empty ones."""
    found: list[Step] = []
    for price, more in steps:
        if more <= 0:
            continue
        if found and found[-1][0] <= price:
            # Rounding may have brought two steps together.
            found[-1] = (found[-1][0], found[-1][1] + more)
        else:
            found.append((price, more))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """What two curves make of each other.

    Attributes:
        flow: From the first to the second, W; negative the other way.
        price: Iota per MWh, between what both said.
    """

    flow: int
    price: int


def clear(first: Curve, second: Curve) -> Cleared:
    """Return the trade at which neither side wants more, of several the one with the least power.

    There is none where the first gives what the second does not take, or the other way round.
    """
    least, most = max(second.base, -first.top), min(second.top, -first.base)
    if least > most:
        return Cleared(flow=0, price=0)
    gap = first.base + second.base
    taken_first, taken_second = first.base, second.base
    changes = sorted(
        [(price, more, 0) for price, more in first.steps] + [(price, more, 1) for price, more in second.steps],
        key=lambda change: -change[0],
    )
    place = 0
    upper = lower = 0
    from_first, to_second = -taken_first, taken_second
    while place < len(changes) and gap < 0:
        price = changes[place][0]
        from_first, to_second = -taken_first, taken_second
        while place < len(changes) and changes[place][0] == price:
            _, more, side = changes[place]
            gap += more
            if side == 0:
                taken_first += more
            else:
                taken_second += more
            place += 1
        upper = lower = price
    # The flow that both accept at this price: between what they took above it, and what they take below it.
    low = max(least, to_second, -taken_first)
    high = min(most, taken_second, from_first)
    if gap == 0 and place < len(changes):
        lower = changes[place][0]
        upper = upper if changes and place else lower
    flow = min(max(0, low), high) if low <= high else min(max(0, least), most)
    return Cleared(flow=flow, price=(upper + lower) // 2)

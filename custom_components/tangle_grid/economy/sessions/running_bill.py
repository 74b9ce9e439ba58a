"""What a session costs so far, at the same cost of computing however long it lasts.

The session is kept as rows: each has a price of its own for everything, or is a slice long. What the bill needs of
them is summed up by price as they grow, so that a step costs as much as the tariff has elements. The rows are the
periods of the session's CDR: `pricing.price` gives the same amount for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from fractions import Fraction
from math import ceil
from typing import Any, Final

from ..cdr import Cdr, Period
from ..errors import StoredError
from ..pricing import Charge, flat_line, limited, volume_line
from ..tariff import Amount, Dimension, PriceComponent, Tariff
from .quote import holds_tax, moment, next_change, price_of

_DIMENSIONS: Final = (Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME, Dimension.FLAT)
_ENERGY, _TIME, _STANDING, _FLAT = range(4)
_UNITS: Final = (1000, 3600, 3600)
_MOST_ROWS: Final = 400
#: A longer gap is not cut at every change of price.
_LONGEST_CUT_S: Final = 14 * 86_400
_ROW_FIELDS: Final = 7

type _Key = tuple[int | None, int | None, int | None, int | None, bool]


@dataclass(slots=True)
class Row:
    """A part of a session: when it began (epoch seconds), Wh taken and fed back, seconds, and the range of power (W).

    Seconds are those of charging and those of standing there; seconds in which the island held the car back are
    neither. The power is kept where the tariff asks for it.
    """

    at: int
    wh: int = 0
    charging_s: int = 0
    standing_s: int = 0
    wh_out: int = 0
    low_w: int | None = None
    high_w: int | None = None

    def to_dict(self) -> list[int | None]:
        """Return it as JSON."""
        return [self.at, self.wh, self.charging_s, self.standing_s, self.wh_out, self.low_w, self.high_w]

    @classmethod
    def from_dict(cls, stored: object, where: str) -> Row:
        """Return what was stored. Raises StoredError."""
        wrong = StoredError("not_of_its_kind", {"where": where, "kind": "a row"})
        if not isinstance(stored, (list, tuple)) or len(stored) != _ROW_FIELDS:
            raise wrong
        figures, power = stored[:5], stored[5:]
        if any(isinstance(each, bool) or not isinstance(each, int) for each in figures) or min(figures[1:]) < 0:
            raise wrong
        if any(isinstance(each, bool) or not isinstance(each, int | None) for each in power):
            raise wrong
        return cls(*figures, *power)

    @property
    def idle(self) -> bool:
        """Return whether the car neither took energy nor charged."""
        return not (self.wh or self.charging_s)

    def period(self) -> Period:
        """Return it as a period of a CDR."""
        dimensions = {
            "ENERGY": Fraction(self.wh, 1000),
            "TIME": Fraction(self.charging_s, 3600),
            "PARKING_TIME": Fraction(self.standing_s, 3600),
        }
        if self.low_w is not None and self.high_w is not None:
            dimensions |= {"MIN_POWER": Fraction(self.low_w, 1000), "MAX_POWER": Fraction(self.high_w, 1000)}
        return Period(start=datetime.fromtimestamp(self.at, UTC), dimensions=dimensions)


def cdr_of(rows: list[Row], start_s: int, end_s: int, currency: str) -> Cdr:
    """Return the session as a CDR, for `pricing.price`."""
    start, end = (datetime.fromtimestamp(each, UTC) for each in (start_s, end_s))
    return Cdr(start=start, end=end, periods=tuple(row.period() for row in rows), currency=currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """The sum of all prices before the tariff's limits, and how much of it is below nought (0 or more).

    `is_any` says whether anything was taken that has a price.
    """

    sum: Amount
    negative: Fraction
    is_any: bool


class RunningBill:
    """The bill of one session, in the tariff's currency."""

    def __init__(self, tariff: Tariff, zone: tzinfo, start_s: int, slice_wh: int) -> None:
        """Begin. A row of the same price is closed when it has `slice_wh`."""
        self.tariff, self.zone, self.start_s, self.row_wh = tariff, zone, start_s, slice_wh
        self.rows: list[Row] = []
        self._keys: list[_Key] = []
        self.wh = 0
        self.holds_tax = holds_tax(tariff)
        #: Whether any of its prices is below nought.
        self.may_pay = any(each.price < 0 for element in tariff.elements for each in element.components)
        self._volumes = [0, 0, 0]
        self._sums: list[dict[int, int]] = [{}, {}, {}]
        self._flat: int | None = None
        self._index = {
            id(component): number for number, each in enumerate(tariff.elements) for component in each.components
        }
        restrictions = [each.restrictions for each in tariff.elements]
        self._asks_power = any(each.power_kw.asks() for each in restrictions)
        self._asks_current = any(each.current_a.asks() for each in restrictions)
        bounds = [
            bound for each in restrictions for bound in (each.energy_kwh.low, each.energy_kwh.high) if bound is not None
        ]
        self._thresholds = sorted({ceil(bound * 1000) for bound in bounds})
        self._change: int | None = start_s  # until then no price changes by time

    def add(
        self, from_s: int, to_s: int, wh: int, lasts_s: int, *, charging: bool, held: bool, wh_out: int, power_w: int
    ) -> None:
        """Bill an interval. Its energy is spread evenly over it where the price changes within."""
        for at, part_wh, part_s, part_out in self._parts(from_s, to_s, wh, lasts_s, wh_out):
            if not (part_wh or part_out or (part_s and not held)):
                continue
            row = Row(
                at,
                part_wh,
                part_s if charging and not held else 0,
                part_s if not charging and not held else 0,
                part_out,
                *((power_w, power_w) if self._asks_power else (None, None)),
            )
            self._take(row)

    def restore(self, rows: list[Row]) -> None:
        """Take rows that were stored."""
        for row in rows:
            self._append(row, self._key(row))

    def _parts(self, from_s: int, to_s: int, wh: int, lasts_s: int, wh_out: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield where each part begins, its Wh, seconds and Wh fed back; cut where the price may change."""
        cuts = [from_s]
        if from_s + _LONGEST_CUT_S > to_s:
            while (change := self._next_change(cuts[-1])) is not None and change < to_s:
                cuts.append(change)
        whole, given = max(1, to_s - from_s), (0, 0, 0)
        for begin, end in zip(cuts, [*cuts[1:], to_s], strict=True):
            gone, of = (end - from_s, whole) if end < to_s else (1, 1)
            until = wh * gone // of, lasts_s * gone // of, wh_out * gone // of
            part_wh, part_s, part_out = until[0] - given[0], until[1] - given[1], until[2] - given[2]
            given = until
            yield from self._by_energy(begin, end, part_wh, part_s, part_out)

    def _by_energy(
        self, begin: int, end: int, wh: int, lasts_s: int, wh_out: int
    ) -> Iterator[tuple[int, int, int, int]]:
        """Cut where the price changes by the energy."""
        at = begin
        while (limit := next((each for each in self._thresholds if each > self.wh), None)) and limit - self.wh < wh:
            share = limit - self.wh
            seconds, out = lasts_s * share // wh, wh_out * share // wh
            yield at, share, seconds, out
            at += (end - at) * share // wh
            wh, lasts_s, wh_out = wh - share, lasts_s - seconds, wh_out - out
        yield at, wh, lasts_s, wh_out

    def _next_change(self, after_s: int) -> int | None:
        if self._change is not None and self._change <= after_s:
            self._change = next_change(self.tariff, self.zone, self.start_s, after_s)
        return self._change

    def _key(self, row: Row) -> _Key:
        """Return the element that prices each dimension of a row, by its first moment."""
        at = moment(self.zone, self.start_s, row.at, self.wh)
        idle = row.idle and (self._asks_current or self._asks_power)
        if self._asks_current and row.idle:
            at = replace(at, current_a=(Fraction(0), Fraction(0)))
        if row.low_w is not None and row.high_w is not None:
            at = replace(at, power_kw=(Fraction(row.low_w, 1000), Fraction(row.high_w, 1000)))
        energy, time, standing, flat = (
            None if found is None else self._index[id(found)]
            for found in (self.tariff.component(dimension, at) for dimension in _DIMENSIONS)
        )
        return energy, time, standing, flat, idle

    def _take(self, row: Row) -> None:
        key = self._key(row)
        if self.rows and self._keys[-1] == key and self.rows[-1].wh < self.row_wh:
            _join(self.rows[-1], row)
            self._count(row, key)
            return
        self._append(row, key)
        if len(self.rows) > _MOST_ROWS:
            self._coalesce()

    def _append(self, row: Row, key: _Key) -> None:
        self.rows.append(row)
        self._keys.append(key)
        self._count(row, key)

    def _count(self, row: Row, key: _Key) -> None:
        self.wh += row.wh
        if self._flat is None:
            self._flat = key[_FLAT]
        for dimension, volume in enumerate((row.wh, row.charging_s, row.standing_s)):
            self._volumes[dimension] += volume
            element = key[dimension]
            if volume and element is not None:
                sums = self._sums[dimension]
                sums[element] = sums.pop(element, 0) + volume  # the last price is the last one

    def _coalesce(self) -> None:
        """Join pairs of rows of the same price, and let rows be twice as long from now on."""
        rows, keys = self.rows, self._keys
        self.rows, self._keys = [], []
        self.row_wh *= 2
        for row, key in zip(rows, keys, strict=True):
            if self.rows and self._keys[-1] == key and self.rows[-1].wh + row.wh <= self.row_wh:
                _join(self.rows[-1], row)
            else:
                self.rows.append(row)
                self._keys.append(key)

    def _component(self, dimension: int, element: int) -> PriceComponent:
        found = self.tariff.elements[element].component(_DIMENSIONS[dimension])
        assert found is not None  # noqa: S101  # it was found by its element
        return found

    def now(self, at_s: int) -> PriceComponent | None:
        """Return what prices the next Wh, None if it is free."""
        return self.tariff.component(Dimension.ENERGY, moment(self.zone, self.start_s, at_s, self.wh))

    def priced(self, ahead_wh: int = 0, ahead_by: PriceComponent | None = None) -> Priced:
        """Return what it costs so far, or would if the car had taken so many Wh more at this price."""
        sum_, negative, is_any = Amount(), Fraction(0), self._flat is not None
        if self._flat is not None:
            fee = self._component(_FLAT, self._flat)
            for line in flat_line("FLAT", [fee]):
                sum_ += line.cost
            negative += max(Fraction(0), -self.written(sum_))
        billed_standing = bool(self._sums[_STANDING])
        for dimension in (_ENERGY, _TIME, _STANDING):
            charges = [
                Charge(Fraction(volume, _UNITS[dimension]), self._component(dimension, element))
                for element, volume in self._sums[dimension].items()
            ]
            volume = Fraction(self._volumes[dimension], _UNITS[dimension])
            if dimension == _ENERGY and ahead_wh and ahead_by:
                charges.append(Charge(Fraction(ahead_wh, 1000), ahead_by))
                volume += Fraction(ahead_wh, 1000)
            is_any = is_any or bool(charges)
            stepped = not (dimension == _TIME and billed_standing)
            for line in volume_line(_DIMENSIONS[dimension], volume, charges, stepped=stepped):
                sum_ += line.cost
                added = line.billed - sum((charge.volume for charge in charges), Fraction(0))
                negative -= sum((min(Fraction(0), each.component.price) * each.volume for each in charges), Fraction(0))
                if charges and added:
                    negative -= min(Fraction(0), charges[-1].component.price) * added
        return Priced(sum=sum_, negative=negative, is_any=is_any)

    def total(self, priced: Priced, withheld: Fraction) -> Amount:
        """Return the amount within the tariff's limits, without the `withheld` part of its negative prices.

        Nothing is owed before anything was taken that has a price, also where a session has a minimum price.
        """
        if not priced.is_any:
            return Amount()
        whole = priced.sum + Amount(excl_vat=withheld, incl_vat=withheld)
        return limited(whole, self.tariff.minimum, self.tariff.maximum)

    def written(self, amount: Amount) -> Fraction:
        """Return an amount as the tariff writes its prices: with tax if they hold it. The other is information."""
        return amount.incl_vat if self.holds_tax else amount.excl_vat

    def positive_energy(self) -> Fraction:
        """Return what the energy cost where its price is above nought, as written, before steps and limits."""
        return sum(
            (
                max(Fraction(0), price_of(self._component(_ENERGY, element))) * volume / 1000
                for element, volume in self._sums[_ENERGY].items()
            ),
            Fraction(0),
        )

    def to_dict(self) -> Mapping[str, Any]:
        """Return what `restore` needs, as JSON."""
        return {"row_wh": self.row_wh, "rows": [row.to_dict() for row in self.rows]}


def _join(first: Row, second: Row) -> None:
    first.wh += second.wh
    first.charging_s += second.charging_s
    first.standing_s += second.standing_s
    first.wh_out += second.wh_out
    if first.low_w is not None and second.low_w is not None:
        first.low_w = min(first.low_w, second.low_w)
    if first.high_w is not None and second.high_w is not None:
        first.high_w = max(first.high_w, second.high_w)

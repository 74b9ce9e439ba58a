"""The account of a session: what its payer was asked for, what is paid of it, and each payment by its name.

What is owed is computed as a cumulative amount, exact, and rounded down to whole iota once. Each payment is that amount
less what was ordered before, so nothing rounds away and nothing is paid twice. Of a stream one payment at a time is
under way. The ledger has the last word on what was paid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Final

from ..effects import Effect
from ..tariff import PriceComponent
from .meter import Finding
from .metered_bill import MeteredBill
from .orders import Order, Stream, named, parts_of, payment_id
from .quote import price_of
from .slices import Slices
from .terms import Terms

_WH_PER_KWH: Final = 1000
#: What a person does not pay by energy is paid every quarter of an hour.
_EVERY_S: Final = 900
_SUN_WH: Final = 10_000
#: Payments that a session lists one by one; of older ones it keeps the sums.
_MOST_LISTED: Final = 400


@dataclass(slots=True)
class Sums:
    """What the present payer was asked for: iota ordered by stream, energy that is covered, and that is paid."""

    energy_i: int = 0
    fee_i: int = 0
    feed_in_i: int = 0
    covered_wh: int = 0
    paid_wh: int = 0
    fed_covered_wh: int = 0
    ordered_at: int = 0


class Account:
    """The account of one session. `payers` are those who were taken for its payer, the present one last."""

    def __init__(self, session_id: str, terms: Terms, metered: MeteredBill, payer: str | None, at: int) -> None:
        """Begin with nothing ordered."""
        self.session_id, self.terms, self.metered = session_id, terms, metered
        self.payers: list[str | None] = [payer]
        self.sums = Sums(ordered_at=at)
        self.orders: list[Order] = []
        self.outstanding: dict[str, Order] = {}
        self.older_i: dict[str, int] = {}
        self.older = 0
        self.sun_wh: dict[str, int] = {}
        self.sun_i: dict[str, int] = {}
        self.number = 0

    # What it says

    @property
    def payer(self) -> str | None:
        """Return who pays, None if nobody does."""
        return self.payers[-1]

    @property
    def is_billed(self) -> bool:
        """Return whether somebody pays."""
        return self.payer is not None

    @property
    def charge_i(self) -> int:
        """Return what the tariff's prices come to so far, cumulative; negative is what the car gets."""
        return self.metered.charge_i() if self.is_billed else 0

    @property
    def fee_i(self) -> int:
        """Return the operator's fee so far, cumulative."""
        return self.metered.fee_i() if self.is_billed else 0

    @property
    def feed_in_i(self) -> int:
        """Return what the car earned by feeding back so far, cumulative."""
        return self.metered.feed_in_i() if self.is_billed else 0

    @property
    def debt_i(self) -> int:
        """Return what is owed and was not even ordered, because the wallet could not pay it."""
        if not self.is_billed:
            return 0
        return max(0, self.charge_i - self.sums.energy_i) + max(0, self.fee_i - self.sums.fee_i)

    @property
    def arrears_wh(self) -> int:
        """Return energy that no payment covers, Wh; negative is covered ahead."""
        return self.metered.wh - self.sums.covered_wh if self.is_billed else 0

    @property
    def credit_wh(self) -> int:
        """Return energy that is not paid, Wh; negative is paid ahead."""
        return self.metered.wh - self.sums.paid_wh if self.is_billed else 0

    @property
    def is_paying(self) -> bool:
        """Return whether a payment for energy is under way."""
        return not (self._is_free(Stream.ENERGY) and self._is_free(Stream.ENERGY_BACK))

    @property
    def is_settled(self) -> bool:
        """Return whether nothing is under way and nothing owed."""
        return not self.outstanding and not self.debt_i

    # What is due

    def due(self, now_s: int, affordable_i: int | None, by: Slices) -> Iterator[Effect]:
        """Order what is due while the car is plugged in, as far as its wallet allows."""
        yield from self._sun_orders(now_s, _SUN_WH)
        if not self.is_billed:
            self.sums.covered_wh = self.sums.paid_wh = self.metered.wh
            return
        price = self.metered.price(now_s)
        per_wh = price_of(price) * self.terms.rate / _WH_PER_KWH
        energy, left = self._energy_order(now_s, price, per_wh, affordable_i, by), affordable_i
        if energy:
            yield from self._order(energy)
            if left is not None and energy.stream is Stream.ENERGY:
                left -= energy.amount_i
        if not self._has_one_side:
            yield from self._fee_when_due(now_s, max(Fraction(0), per_wh), left)
        fed = self.metered.fed.feed_in - self.sums.fed_covered_wh
        if fed * 4 >= self.terms.credit_wh * 3 and self._is_free(Stream.FEED_IN):
            yield from self._fed_in(now_s)

    def _energy_order(
        self, now_s: int, price: PriceComponent | None, per_wh: Fraction, affordable_i: int | None, by: Slices
    ) -> Order | None:
        if self.is_paying:
            return None
        sums, wh = self.sums, self.metered.wh
        arrears = wh - sums.covered_wh
        if arrears >= by.due_wh:
            cover = by.cover(wh)
        elif now_s - sums.ordered_at >= _EVERY_S and self._is_behind(arrears, per_wh):
            cover = max(wh, sums.covered_wh) if per_wh > 0 else wh
        else:
            return None
        amount_i = self.metered.charge_i(cover - wh, price) - sums.energy_i
        fee_i = self._fee_within()
        if affordable_i is not None and amount_i + fee_i > affordable_i:
            fee_i = 0
            if amount_i > affordable_i:
                cover, amount_i = self._affordable(price, per_wh, affordable_i, by)
                if amount_i <= 0:
                    return None
        sums.covered_wh, sums.ordered_at = max(cover, 0), now_s
        if not amount_i + fee_i:
            sums.paid_wh = sums.covered_wh
            return None
        return self._new_energy(now_s, amount_i, fee_i)

    def _is_behind(self, arrears: int, per_wh: Fraction) -> bool:
        """Return whether more is owed than the energy that is not covered explains: time, fees, or another price."""
        explained = max(Fraction(0), per_wh) * arrears
        owed_i = self.metered.charge_i() - self.sums.energy_i
        return owed_i - explained > max(Fraction(0), per_wh) * self.terms.slice_wh

    def _affordable(
        self, price: PriceComponent | None, per_wh: Fraction, affordable_i: int, by: Slices
    ) -> tuple[int, int]:
        """Return until where the wallet can cover, Wh, and its amount; 0 where it is less than half a slice.

        What is owed is paid as far as it goes, and where that is little, what can be had in advance.
        """
        wh, due_i = self.metered.wh, self.metered.charge_i() - self.sums.energy_i
        least_i = max(Fraction(0), per_wh) * self.terms.slice_wh / 2
        if least_i <= due_i <= affordable_i:
            return wh, due_i
        if per_wh <= 0 or affordable_i < least_i:
            return wh, 0
        if due_i > affordable_i:
            cover, amount_i = wh - ceil((due_i - affordable_i) / per_wh), affordable_i
        else:
            ahead_wh = min(by.ahead_wh, floor((affordable_i - due_i) / per_wh))
            cover = wh + ahead_wh
            amount_i = min(affordable_i, self.metered.charge_i(ahead_wh, price) - self.sums.energy_i)
        return max(cover, self.sums.covered_wh, 0), amount_i if amount_i >= least_i else 0

    def _new_energy(self, now_s: int, amount_i: int, fee_i: int) -> Order:
        """Return the payment of so much for energy, which may be negative, and of so much of the fee."""
        assert self.payer is not None  # noqa: S101  # nothing is ordered of nobody
        self.sums.energy_i += amount_i
        self.sums.fee_i += fee_i
        net_i, seller = amount_i + fee_i, self.terms.seller
        if net_i > 0:
            return replace(self._new(Stream.ENERGY, self.payer, seller, net_i, now_s), fee_i=fee_i)
        return replace(self._new(Stream.ENERGY_BACK, seller, self.payer, -net_i, now_s), fee_i=fee_i)

    def rest(self, now_s: int, left: int | None) -> Iterator[Effect]:
        """Order all that is left of a session that is over, as far as the wallet allows."""
        yield from self._sun_orders(now_s, 1)
        if not self.is_billed:
            return
        amount_i, fee_i = self.metered.charge_i() - self.sums.energy_i, self._fee_within()
        if left is not None and amount_i > left:
            amount_i = max(0, left)
        if left is not None and amount_i + fee_i > left:
            fee_i = max(0, left - amount_i)
        self.sums.covered_wh = self.metered.wh
        if amount_i + fee_i:
            if left is not None:
                left -= max(0, amount_i + fee_i)
            yield from self._order(self._new_energy(now_s, amount_i, fee_i))
        elif fee_i:  # what is given back is the fee: nothing moves
            self.sums.energy_i += amount_i
            self.sums.fee_i += fee_i
        if not self._has_one_side:
            yield from self._fee(now_s, self.fee_i - self.sums.fee_i, left, partly=True)
        yield from self._fed_in(now_s)

    @property
    def _has_one_side(self) -> bool:
        """Return whether price and fee go to the same wallet, and so in the same payment."""
        return self.terms.seller == self.terms.operator

    def _fee_within(self) -> int:
        """Return what of the fee goes with a payment for energy now."""
        return max(0, self.fee_i - self.sums.fee_i) if self._has_one_side else 0

    def _fee_when_due(self, now_s: int, per_wh: Fraction, left: int | None) -> Iterator[Effect]:
        """Order the fee in its own payment once it is worth as much as half of the credit."""
        fee_i = self.fee_i - self.sums.fee_i
        if fee_i > per_wh * self.terms.credit_wh / 2 and self._is_free(Stream.FEE):
            yield from self._fee(now_s, fee_i, left)

    def _fee(self, now_s: int, fee_i: int, left: int | None, *, partly: bool = False) -> Iterator[Effect]:
        assert self.payer is not None  # noqa: S101  # nothing is ordered of nobody
        if left is not None and fee_i > left:
            fee_i = left if partly else 0
        if fee_i > 0:
            self.sums.fee_i += fee_i
            yield from self._order(self._new(Stream.FEE, self.payer, self.terms.operator, fee_i, now_s))

    def _fed_in(self, now_s: int) -> Iterator[Effect]:
        assert self.payer is not None  # noqa: S101  # nobody is paid who is not there
        amount_i = self.feed_in_i - self.sums.feed_in_i
        self.sums.fed_covered_wh = self.metered.fed.feed_in
        if amount_i > 0:
            self.sums.feed_in_i += amount_i
            yield from self._order(self._new(Stream.FEED_IN, self.terms.operator, self.payer, amount_i, now_s))

    def add_sun(self, shares: Mapping[str, int]) -> None:
        """Count whose sun went into the car, Wh."""
        for name, wh in shares.items():
            self.sun_wh[name] = self.sun_wh.get(name, 0) + wh

    def _sun_orders(self, now_s: int, least_wh: int) -> Iterator[Effect]:
        """Pay those whose sun it was, once so much is not paid."""
        per_wh = self.terms.sun * self.terms.rate / _WH_PER_KWH
        if not per_wh:
            return
        for name, wh in sorted(self.sun_wh.items()):
            amount_i = floor(per_wh * wh) - self.sun_i.get(name, 0)
            if amount_i > 0 and amount_i >= per_wh * least_wh - 1 and name != self.terms.operator:
                self.sun_i[name] = self.sun_i.get(name, 0) + amount_i
                yield from self._order(self._new(Stream.SUN, self.terms.operator, name, amount_i, now_s))

    # Another payer

    def change_payer(self, payer: str | None, now_s: int) -> Iterator[Effect]:
        """Give back to the payer so far what was paid, net with each other side; the one who comes pays all."""
        for order in [*self._refunds(now_s)]:
            yield from self._order(order)
        self.payers.append(payer)
        self.sums = Sums(ordered_at=now_s)
        if payer is None:
            self.sums.covered_wh = self.sums.paid_wh = self.metered.wh

    def _refunds(self, now_s: int) -> Iterator[Order]:
        if self.payer is None:
            return
        net = {self.terms.seller: self.sums.energy_i}
        net[self.terms.operator] = net.get(self.terms.operator, 0) + self.sums.fee_i - self.sums.feed_in_i
        for other, amount_i in net.items():
            if amount_i > 0:
                yield self._new(Stream.REFUND, other, self.payer, amount_i, now_s)
            elif amount_i < 0:
                yield self._new(Stream.REFUND_BACK, self.payer, other, -amount_i, now_s)

    # Orders

    def _new(self, stream: Stream, source: str, target: str, amount_i: int, now_s: int) -> Order:
        payer = len(self.payers) - 1
        who = target if stream is Stream.SUN else str(payer)
        order = Order(
            payment_id=payment_id(self.session_id, who, self.number, stream),
            stream=stream,
            payer=payer,
            source=source,
            target=target,
            amount_i=amount_i,
            at=now_s,
            covered_wh=self.sums.covered_wh,
        )
        self.number += 1
        return order

    def _order(self, order: Order) -> Iterator[Effect]:
        if order.source == order.target:  # a household that charges at its own charger moves nothing
            self._arrived(order)
            return
        self.outstanding[order.payment_id] = order
        self._list(order)
        yield from order.effects(self.session_id, self.terms.rate)

    def _list(self, order: Order) -> None:
        self.orders.append(order)
        if len(self.orders) > _MOST_LISTED:
            oldest = self.orders.pop(0)
            for stream, amount_i in parts_of(oldest):
                key = f"{oldest.payer}:{stream.value}:{oldest.source}:{oldest.target}"
                self.older_i[key] = self.older_i.get(key, 0) + amount_i
            self.older += 1

    def _is_free(self, stream: Stream) -> bool:
        """Return whether nothing of this kind is under way for the present payer."""
        payer = len(self.payers) - 1
        return not any(each.stream is stream and each.payer == payer for each in self.outstanding.values())

    def _arrived(self, order: Order) -> None:
        if order.payer == len(self.payers) - 1 and order.stream in {Stream.ENERGY, Stream.ENERGY_BACK}:
            self.sums.paid_wh = max(self.sums.paid_wh, order.covered_wh)

    # What the ledger says

    def take_paid(self, paid: Mapping[str, int]) -> set[Finding]:
        """Take in what was paid. The ledger is right: also on amounts, and on payments that a backup forgot."""
        findings: set[Finding] = set()
        for payment, amount_i in paid.items():
            if (order := self.outstanding.pop(payment, None)) is not None:
                if order.amount_i != amount_i:
                    findings.add(Finding.LEDGER_DIFFERS)
                    self._adjust(order.stream, order.payer, order.target, amount_i - order.amount_i)
                    self._replace(order, amount_i)
                self._arrived(order)
        for payment, amount_i in paid.items():
            said = named(self.session_id, payment)
            if said is None or said[1] < self.number:
                continue
            findings.add(Finding.LEDGER_DIFFERS)
            self._adopt(payment, *said, amount_i)
        return findings

    def _adopt(self, payment: str, who: str, number: int, stream: Stream, amount_i: int) -> None:
        """Take in a payment that was made in a future that a backup has undone."""
        self.number = number + 1
        payer = len(self.payers) - 1
        if stream is not Stream.SUN and who != str(payer):
            return
        seller, operator, car = self.terms.seller, self.terms.operator, self.payer or ""
        source, target = {
            Stream.ENERGY: (car, seller),
            Stream.ENERGY_BACK: (seller, car),
            Stream.FEE: (car, operator),
            Stream.FEED_IN: (operator, car),
            Stream.SUN: (operator, who),
        }.get(stream, ("", ""))
        if not source or amount_i <= 0:
            return
        self._adjust(stream, payer, target, amount_i)
        self._list(
            Order(
                payment_id=payment,
                stream=stream,
                payer=payer,
                source=source,
                target=target,
                amount_i=amount_i,
                at=self.metered.billed_to_s,
                covered_wh=self.sums.covered_wh,
            )
        )

    def _adjust(self, stream: Stream, payer: int, target: str, by_i: int) -> None:
        """Correct what was ordered by what the ledger has."""
        if stream is Stream.SUN:
            self.sun_i[target] = self.sun_i.get(target, 0) + by_i
        if payer != len(self.payers) - 1:
            return
        if stream is Stream.ENERGY:
            self.sums.energy_i += by_i
        elif stream is Stream.ENERGY_BACK:
            self.sums.energy_i -= by_i
        elif stream is Stream.FEE:
            self.sums.fee_i += by_i
        elif stream is Stream.FEED_IN:
            self.sums.feed_in_i += by_i

    def _replace(self, order: Order, amount_i: int) -> None:
        for index, each in enumerate(self.orders):
            if each.payment_id == order.payment_id:
                self.orders[index] = replace(order, amount_i=amount_i)

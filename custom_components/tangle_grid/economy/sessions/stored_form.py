"""How the parts of a session are read back from JSON without believing it."""

from dataclasses import fields
from typing import Final

from ..stored import Stored
from .account import Account, Sums
from .energy_lines import EnergyLines
from .meter import Finding
from .metered_bill import Fed, MeteredBill
from .orders import Order
from .running_bill import Row

_BOOKED: Final = 3


def read_metered(stored: Stored, metered: MeteredBill) -> None:
    """Take over what was stored of what was metered. Raises StoredError."""
    bill = stored.object("bill")
    rows = [Row.from_dict(each, f"{bill.where('rows')}[{index}]") for index, each in enumerate(bill.list("rows"))]
    metered.bill.row_wh = bill.whole("row_wh", 1)
    bill.end()
    metered.bill.restore(rows)
    metered.fed = _numbers(stored.object("fed"), Fed)
    metered.granted = stored.wholes("granted")
    metered.carry_ms = stored.whole("carry_ms", 0)
    metered.billed_to_s = stored.whole("billed_to_s", stored.whole("started_at"))
    metered.power_w = stored.whole("power_w", 0)
    metered.pace_w = stored.whole("pace_w", 0) if stored.has("pace_w") else metered.power_w
    if metered.bill.wh != metered.meter.wh_in:
        raise stored.impossible("bill", metered.bill.wh)


def read_account(stored: Stored, account: Account, payers: list[str | None]) -> None:
    """Take over what was stored of payments. Raises StoredError."""
    account.payers = payers
    account.sums = _numbers(stored.object("account"), Sums)
    account.orders = [Order.from_dict(each) for each in stored.objects("orders")]
    account.outstanding = {order.payment_id: order for order in map(Order.from_dict, stored.objects("outstanding"))}
    account.older, account.older_i = stored.whole("older", 0), stored.wholes("older_i")
    account.sun_wh, account.sun_i = stored.wholes("sun_wh"), stored.wholes("sun_i")
    account.number = stored.whole("number", 0)


def read_lines(stored: Stored) -> EnergyLines:
    """Return what was stored of the lines of energy. Raises StoredError."""
    booked = stored.whole_list("booked")
    if len(booked) != _BOOKED or min(booked) < 0:
        raise stored.wrong("booked", "three whole numbers")
    return EnergyLines(*booked, month=stored.text("month"))


def sums_dict(sums: Sums | Fed) -> dict[str, int]:
    """Return sums as JSON."""
    return {each.name: getattr(sums, each.name) for each in fields(sums)}


def _numbers[T: (Sums, Fed)](stored: Stored, kind: type[T]) -> T:
    found = kind(**{each.name: stored.whole(each.name) for each in fields(kind)})
    stored.end()
    return found


def read_findings(stored: Stored) -> set[Finding]:
    """Return what was found wrong. Raises StoredError."""
    known = {each.value: each for each in Finding}
    found = stored.texts("found")
    if any(each not in known for each in found):
        raise stored.wrong("found", "known texts")
    return {known[each] for each in found}

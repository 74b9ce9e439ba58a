"""How a session is written as JSON, and read back without believing it."""

from dataclasses import fields
from datetime import tzinfo
from typing import Any, Final

from ..stored import Stored
from .account import Account, Sums
from .energy_lines import EnergyLines
from .meter import Finding, Meter
from .metered_bill import Fed, MeteredBill
from .orders import Order
from .running_bill import Row
from .session import Hold, Phase, Session
from .terms import Guest, Terms

_VERSION: Final = 1
_BOOKED: Final = 3


def session_dict(session: Session) -> dict[str, Any]:
    """Return a session as JSON."""
    metered, account, lines = session.metered, session.account, session.lines
    return {
        "version": _VERSION,
        "session_id": session.session_id,
        "charger": session.charger,
        "terms": session.terms.to_dict(),
        "payers": list(account.payers),
        "guest": session.guest and session.guest.value,
        "phase": session.phase.value,
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        "meter": metered.meter.to_dict(),
        "bill": metered.bill.to_dict(),
        "account": _dict_of(account.sums),
        "fed": _dict_of(metered.fed),
        "orders": [order.to_dict() for order in account.orders],
        "outstanding": [order.to_dict() for order in account.outstanding.values()],
        "older": account.older,
        "older_i": dict(account.older_i),
        "granted": dict(metered.granted),
        "sun_wh": dict(account.sun_wh),
        "sun_i": dict(account.sun_i),
        "found": sorted(session.found),
        "hold": session.hold and session.hold.value,
        "pauses": session.pauses,
        "number": account.number,
        "carry_ms": metered.carry_ms,
        "billed_to_s": metered.billed_to_s,
        "power_w": metered.power_w,
        "pace_w": metered.pace_w,
        "booked": [lines.wh_in, lines.wh_out, lines.number],
        "month": lines.month,
    }


def session_of(value: object, zone: tzinfo) -> Session:
    """Return the session that was stored; `zone` is the one that its terms name.

    Raises StoredError for anything else, SessionError and TariffError where its terms or its tariff cannot be.
    """
    stored = Stored.open(value, "session", _VERSION)
    payers: list[str | None] = stored.list("payers")
    if not payers or not all(each is None or isinstance(each, str) for each in payers):
        raise stored.wrong("payers", "a list of payers")
    session = Session(
        stored.text("session_id"),
        stored.text("charger"),
        Terms.from_dict(stored.value("terms")),
        zone,
        Meter.from_dict(stored.value("meter")),
        stored.whole("started_at"),
        payer=payers[-1],
        guest=stored.optional_choice("guest", Guest),
    )
    session.phase = stored.choice("phase", Phase)
    session.ended_at = stored.whole("ended_at", session.started_at)
    session.found = _findings(stored)
    session.hold = stored.optional_choice("hold", Hold)
    session.pauses = stored.has("pauses") and stored.flag("pauses")
    session.lines = _lines(stored)
    session.saved_wh = session.wh_in + session.wh_out
    _read_metered(stored, session.metered)
    _read_account(stored, session.account, payers)
    stored.end()
    return session


def _read_metered(stored: Stored, metered: MeteredBill) -> None:
    bill = stored.object("bill")
    rows = [Row.from_list(each, f"{bill.where('rows')}[{index}]") for index, each in enumerate(bill.list("rows"))]
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


def _read_account(stored: Stored, account: Account, payers: list[str | None]) -> None:
    account.payers = payers
    account.sums = _numbers(stored.object("account"), Sums)
    account.orders = [Order.from_dict(each) for each in stored.objects("orders")]
    account.outstanding = {order.payment_id: order for order in map(Order.from_dict, stored.objects("outstanding"))}
    account.older, account.older_i = stored.whole("older", 0), stored.wholes("older_i")
    account.sun_wh, account.sun_i = stored.wholes("sun_wh"), stored.wholes("sun_i")
    account.number = stored.whole("number", 0)


def _lines(stored: Stored) -> EnergyLines:
    booked = stored.whole_list("booked")
    if len(booked) != _BOOKED or min(booked) < 0:
        raise stored.wrong("booked", "three whole numbers")
    return EnergyLines(*booked, month=stored.text("month"))


def _dict_of(sums: Sums | Fed) -> dict[str, int]:
    return {each.name: getattr(sums, each.name) for each in fields(sums)}


def _numbers[T: (Sums, Fed)](stored: Stored, kind: type[T]) -> T:
    found = kind(**{each.name: stored.whole(each.name) for each in fields(kind)})
    stored.end()
    return found


def _findings(stored: Stored) -> set[Finding]:
    known = {each.value: each for each in Finding}
    found = stored.texts("found")
    if any(each not in known for each in found):
        raise stored.wrong("found", "known texts")
    return {known[each] for each in found}

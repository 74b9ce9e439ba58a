"""`scripts/price`: what a charging session costs by a tariff, from two files in OCPI's JSON."""

import argparse
import json
import sys
from datetime import UTC, tzinfo
from fractions import Fraction
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .cdr import Cdr, read_cdr, tariffs_of
from .errors import TariffError, shown
from .pricing import Bill, Line, price
from .tariff import Amount, Limit, Tariff, read_tariff

_UNITS: Final = {"ENERGY": "kWh", "TIME": "h", "PARKING_TIME": "h", "RESERVATION_TIME": "h"}
# Operators round: amounts that are nearer than this are the same.
_CENT: Final = Fraction(1, 100)
_ROUNDING: Final = "Amounts are exact until here, and shown with four decimals, halves away from nought."


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/price",
        description="Say what a charging session costs by a tariff. Exit code 0: here it is, 2: it cannot be told.",
    )
    parser.add_argument(
        "--tariff",
        type=Path,
        metavar="FILE",
        help="a tariff of OCPI 2.2.1 or 2.3; without it, the one that the session brings along",
    )
    parser.add_argument("--cdr", type=Path, required=True, metavar="FILE", help="the session, a CDR of OCPI")
    parser.add_argument("--time-zone", metavar="NAME", help="where the charger stands, such as Europe/Amsterdam")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args(given)


def _zone(given: str | None, cdr: Cdr) -> tuple[tzinfo, str]:
    """Return the time zone and a sentence that says where it is from. Raises ValueError for one that is not known."""
    name = given or cdr.time_zone
    if name is None:
        country = f", and {cdr.country} may have several" if cdr.country else ""
        return UTC, f"Times of day are UTC: the session names no time zone{country}; give --time-zone."
    try:
        zone = ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError, OSError:
        raise ValueError(f"{name} is no time zone that is known here.") from None
    return zone, f"Times of day are those of {name}, {'as given' if given else 'as the session says'}."


def _brought(text: bytes, cdr: Cdr) -> Tariff:
    """Return the tariff of the session itself: that of its first period, else the first that was valid.

    Raises TariffError if it brings none, or none that fits.
    """
    brought = tariffs_of(text)
    named = {period.tariff_id for period in cdr.periods[:1]} - {None}
    fitting = [each for each in brought if each.tariff_id in named] or [
        each for each in brought if each.holds(cdr.start)
    ]
    return (fitting or brought)[0]


def _claim(bill: Bill, cdr: Cdr) -> list[str]:
    """Return what the session itself says that it costs, beside what it costs: both as bills are written, in cents."""
    differences: list[str] = []
    said = cdr.claimed or Limit()
    for claimed, found, what in (
        (said.excl_vat, bill.total.excl_vat, "without VAT"),
        (said.incl_vat, bill.total.incl_vat, "with it"),
    ):
        if claimed is not None:
            more = claimed - found
            same = abs(more) < _CENT
            than = "as here" if same else f"{shown(abs(more))} {'more' if more > 0 else 'less'} than here"
            differences.append(f"{shown(claimed)} {what} ({than})")
    return [f"The session itself says {' and '.join(differences)}."] if differences else []


def _notes(bill: Bill, tariff: Tariff, cdr: Cdr, *, given: bool) -> list[str]:
    guessed, changing, feeding = (
        ", ".join(map(str, found)) for found in (bill.guessed_periods, bill.changing_periods, bill.feeding_periods)
    )
    notes = [f"Passed over: {sentence}" for sentence in (*tariff.passed_over, *cdr.passed_over)]
    if not given:
        notes.append(f"The tariff is one that the session brings along: {tariff.tariff_id}.")
    if cdr.by_totals:
        notes.append("The session has no charging periods: its totals were priced as one.")
    if bill.other_tariffs:
        others, which = ", ".join(bill.other_tariffs), "which you gave" if given else "that of the first"
        notes.append(f"Periods name another tariff ({others}): all were priced by {tariff.tariff_id}, {which}.")
    if feeding:
        notes.append(f"Period {feeding}: more energy was fed back than taken; it was taken off at the price then.")
    if bill.begins_early:
        notes.append("Period 1 begins before the session does: it was priced as it begins.")
    if guessed:
        notes.append(
            f"Period {guessed}: nothing says its current or power, so prices that ask for it were taken to hold."
        )
    if changing:
        notes.append(f"Period {changing}: another price begins within it; all of it was priced as it begins.")
    return notes


def _number(text: str) -> float:
    """Return a figure that is rounded already as what JSON calls a number; it is printed with the same digits."""
    return float(text)


def _amount(amount: Amount) -> dict[str, Any]:
    return {"excl_vat": _number(shown(amount.excl_vat)), "incl_vat": _number(shown(amount.incl_vat))}


def _line(line: Line) -> dict[str, Any]:
    volumes = {"volume": _number(shown(line.volume)), "billed_volume": _number(shown(line.billed))}
    return {"type": line.dimension, "unit": _UNITS.get(line.dimension)} | volumes | _amount(line.cost)


def _as_json(bill: Bill, notes: list[str]) -> str:
    fields = {
        "currency": bill.currency,
        "dimensions": [_line(line) for line in bill.lines],
        "adjustment": _amount(bill.adjustment),
        "total": _amount(bill.total),
        "notes": notes,
    }
    return json.dumps(fields, indent=2)


def _as_text(bill: Bill, notes: list[str]) -> str:
    rows = [("", "used", "billed", "", "excl. VAT", "incl. VAT")]
    for line in bill.lines:
        unit = _UNITS.get(line.dimension, "")
        volumes = (shown(line.volume), shown(line.billed)) if unit else ("", "")
        rows.append((line.dimension, *volumes, unit, shown(line.cost.excl_vat), shown(line.cost.incl_vat)))
    if bill.adjustment != Amount():
        name = "minimum price" if max(bill.adjustment.excl_vat, bill.adjustment.incl_vat) > 0 else "maximum price"
        rows.append((name, "", "", "", shown(bill.adjustment.excl_vat), shown(bill.adjustment.incl_vat)))
    rows.append(("Total", "", "", bill.currency, shown(bill.total.excl_vat), shown(bill.total.incl_vat)))
    table = [f"{a:<16} {b:>10} {c:>10} {d:<4} {e:>12} {f:>12}" for a, b, c, d, e, f in rows]
    return "\n".join([*(row.rstrip() for row in table), *notes])


def _is_swapped(options: argparse.Namespace) -> bool:
    """Return whether one of the files looks like what the other should be."""
    if options.tariff is None:
        return False
    try:
        tariff, cdr = (json.loads(path.read_bytes()) for path in (options.tariff, options.cdr))
    except ValueError, OSError:
        return False
    return (isinstance(cdr, dict) and "elements" in cdr) or (isinstance(tariff, dict) and "charging_periods" in tariff)


def main(given: list[str] | None = None) -> int:
    """Return price one session; return the exit code."""
    options = arguments(given)
    try:
        text = options.cdr.read_bytes()
        tariff = None if options.tariff is None else read_tariff(options.tariff.read_bytes(), foreign=True)
        cdr = read_cdr(text)
        tariff = tariff or _brought(text, cdr)
        zone, said = _zone(options.time_zone, cdr)
        bill = price(tariff, cdr, zone)
    except OSError as error:
        sys.stderr.write(f"scripts/price: {error.filename} cannot be read: {error.strerror}.\n")
        return 2
    except (TariffError, ValueError) as error:
        hint = " Perhaps --tariff and --cdr are the wrong way round." if _is_swapped(options) else ""
        sys.stderr.write(f"scripts/price: {error}{hint}\n")
        return 2
    notes = [said, _ROUNDING, *_notes(bill, tariff, cdr, given=options.tariff is not None), *_claim(bill, cdr)]
    sys.stdout.write((_as_json(bill, notes) if options.json else _as_text(bill, notes)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""What a payment costs after many others: sending must not get dearer as a wallet grows older.

Usage: scripts/bench wallet [--json] [--payments N] [--single] [--data DIR]

A treasury pays a car, one payment after the other, each until it is confirmed: its bundle signed and attached, a
milestone issued, the books written. Up to the N-th (default 10,000) payments share bundles, eight to one, as the
payments of one settlement do; `--single` gives each its own, which takes much longer. Then the grown ledger and a
young one, which has made ten payments, take turns with single payments, so that whatever else the machine does falls
on both. The figures are medians, in processor time and on the clock. Proof of work is left at its minimum: it costs
the same for ever, and would hide what this is about.
"""

import argparse
import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Final

from custom_components.tangle_grid.ledger import TREASURY, PaymentOrder, Secrets
from custom_components.tangle_grid.ledger.core import LedgerCore

GOAL: Final = 1.2
_MEASURED: Final = 25
_FIRST: Final = 10
_SHARED: Final = 8
_AMOUNT: Final = 1_000


class Payer:
    """Pays and waits; counts the payments."""

    def __init__(self, core: LedgerCore) -> None:
        self._core = core
        self.paid = 0

    def pay(self, count: int) -> tuple[float, float]:
        """Make so many payments at once; return the seconds of processor time and on the clock until all are booked."""
        orders = [
            PaymentOrder(
                payment_id=f"payment-{self.paid + number}",
                source=TREASURY,
                target="car",
                amount_i=_AMOUNT,
                memo={"request": f"request-{self.paid + number}"},
            )
            for number in range(count)
        ]
        work, clock = time.process_time(), time.perf_counter()
        for order in orders:
            self._core.orders.pay(order)
        while not self._core.is_drained():
            self._core.steps.advance()
        self.paid += count
        return time.process_time() - work, time.perf_counter() - clock


def open_ledger(folder: Path) -> LedgerCore:
    return LedgerCore(
        folder,
        island_id="0" * 32,
        secrets=Secrets.generate(["car"]),
        mwm=1,
        milestone_interval_s=0.0,
        clock=time.time,
    )


def check(core: LedgerCore, payer: Payer) -> None:
    if not core.health().supply_ok or core.accounts.states()["car"].balance_i != payer.paid * _AMOUNT:
        raise SystemExit("the books are wrong")


def medians(costs: list[tuple[float, float]]) -> dict[str, float]:
    return {"cpu_s": median(cost[0] for cost in costs), "wall_s": median(cost[1] for cost in costs)}


def measure(folder: Path, payments: int, *, single: bool) -> dict[str, Any]:
    """Grow a ledger in this folder, compare it with a young one, and return the report."""
    started = time.perf_counter()
    with ExitStack() as opened:
        grown, young = open_ledger(folder / "grown"), open_ledger(folder / "young")
        opened.callback(grown.close)
        opened.callback(young.close)
        old_payer, new_payer = Payer(grown), Payer(young)
        share = 1 if single else _SHARED
        while old_payer.paid < payments - _MEASURED:
            old_payer.pay(min(share, payments - _MEASURED - old_payer.paid))
        while new_payer.paid < _FIRST:
            new_payer.pay(1)
        costs = [(new_payer.pay(1), old_payer.pay(1)) for _ in range(_MEASURED)]
        first, last = medians([cost[0] for cost in costs]), medians([cost[1] for cost in costs])
        check(grown, old_payer)
        check(young, new_payer)
        transactions = grown.backend.transactions
    return {
        "payments": old_payer.paid,
        "transactions": transactions,
        "first": first,
        "last": last,
        "ratio": last["cpu_s"] / first["cpu_s"],
        "wall_ratio": last["wall_s"] / first["wall_s"],
        "bytes": sum(file.stat().st_size for file in (folder / "grown").iterdir()),
        "seconds": time.perf_counter() - started,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench wallet", description="The cost of a payment after many others")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--payments", type=int, default=10_000, metavar="N", help="default 10000")
    parser.add_argument("--single", action="store_true", help="one bundle per payment all the way")
    parser.add_argument("--data", type=Path, metavar="DIR", help="an empty folder to keep the ledger in")
    arguments = parser.parse_args()
    if arguments.payments < _FIRST + _MEASURED:
        parser.error(f"at least {_FIRST + _MEASURED} payments")
    if arguments.data is None:
        with tempfile.TemporaryDirectory() as folder:
            report = measure(Path(folder), arguments.payments, single=arguments.single)
    else:
        report = measure(arguments.data, arguments.payments, single=arguments.single)
    if arguments.json:
        print(json.dumps(report, indent=2))
        return
    for name, label in (("first", f"after {_FIRST} payments"), ("last", f"up to payment {report['payments']}")):
        row = report[name]
        print(f"{label:24} {row['cpu_s'] * 1e3:8.1f} ms of work {row['wall_s'] * 1e3:8.1f} ms on the clock")
    print(f"{'ratio':24} {report['ratio']:8.2f} (goal: at most {GOAL}), on the clock {report['wall_ratio']:.2f}")
    print(f"{report['transactions']} transactions, {report['bytes'] / 1e6:.1f} MB, {report['seconds']:.0f} s in all")


if __name__ == "__main__":
    main()

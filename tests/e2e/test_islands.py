"""`scripts/demo --islands 2 --check`: two real Home Assistants become neighbours, and one pays the other for power."""

import json
import re
import subprocess
from typing import Any

import pytest

from scripts.lib.demo.launching import SCRIPT

pytestmark = [pytest.mark.e2e, pytest.mark.long]

TIMEOUT_S = 400
TRANSACTION_HASH = re.compile(r"[9A-Z]{81}")


def test_one_island_buys_from_the_other_and_pays_what_both_meters_counted() -> None:
    finished = subprocess.run(
        [SCRIPT, "--islands", "2", "--check"], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert finished.returncode == 0, f"{finished.stdout}\n{finished.stderr}"
    report: dict[str, Any] = json.loads(finished.stdout)
    assert report["seller"] != report["buyer"]
    assert [step["step"] for step in report["steps"]] == [
        "both_set_up",
        "one_tangle",
        "joined",
        "bids_exchanged",
        "trade_agreed",
        "delivered",
        "settled",
        "paid",
    ]
    assert all(hours > 12 for hours in report["bids"].values())
    power_w, price = report["trade"]["power_w"], report["trade"]["price_i_per_kwh"]
    assert 0 < power_w <= report["limit_w"]
    # Between what a kWh is worth on both sides.
    assert 180_000 <= price <= 380_000
    seller, buyer = report["meters"]["seller"], report["meters"]["buyer"]
    assert seller["tie_w"] == pytest.approx(power_w, abs=20)
    assert buyer["tie_w"] == pytest.approx(-0.98 * power_w, abs=20)
    for side in (seller, buyer):
        assert side["through_transformer_w"] == pytest.approx(side["tie_w"], abs=400)
    settled = report["settled"]
    assert settled["counted_wh"] == min(settled["seller_wh"], settled["buyer_wh"])
    assert settled["buyer_wh"] == pytest.approx(0.98 * settled["seller_wh"], rel=0.05)
    # Most of an hour at this power.
    assert 0.8 * power_w < settled["seller_wh"] <= power_w
    paid = report["paid"]
    assert paid["amount_i"] == pytest.approx(settled["counted_wh"] * price / 1_000, rel=0.01)
    assert paid["treasury_of_seller_i"] == paid["amount_i"]
    assert TRANSACTION_HASH.fullmatch(paid["transaction"])

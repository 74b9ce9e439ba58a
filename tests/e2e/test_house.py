"""`scripts/demo --house --check`: a house joins a street, keeps low, helps, is paid and pays; its car roams."""

import json
import re
import subprocess
from typing import Any

import pytest

from scripts.lib.demo.launching import SCRIPT

pytestmark = [pytest.mark.e2e, pytest.mark.long]

TIMEOUT_S = 600
TRANSACTION_HASH = re.compile(r"[9A-Z]{81}")


def test_a_house_joins_a_street_and_lives_in_it() -> None:
    finished = subprocess.run(
        [SCRIPT, "--house", "--check"], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert finished.returncode == 0, f"{finished.stdout}\n{finished.stderr}"
    report: dict[str, Any] = json.loads(finished.stdout)
    assert report["street"] != report["house"]
    assert [step["step"] for step in report["steps"]] == [
        "both_set_up",
        "streets_node_used",
        "cars_wallet_filled",
        "joined_by_code",
        "envelope_kept",
        "request_answered",
        "street_pays_house",
        "house_pays_charger",
        "roaming_car_pays",
    ]
    assert 0 < report["envelope"]["least_a"] < report["fuse_a"]
    assert report["envelope"]["below_fuse_s"] >= 15
    assert report["envelope"]["longest_over_s"] <= 5
    assert report["request"]["promised_w"] > 0
    for payment in (report["street_pays_house"], report["house_pays_charger"]):
        assert payment["amount_i"] > 0
        assert TRANSACTION_HASH.fullmatch(payment["transaction"])
    roaming = report["roaming"]
    # More than the first kilowatt-hour, which is believed before any time has passed.
    assert roaming["roaming_wh"] > 1_000
    assert roaming["payments"] >= 2
    assert roaming["wallet_before_i"] - roaming["wallet_after_i"] == roaming["roaming_paid_i"] > 0
    assert TRANSACTION_HASH.fullmatch(roaming["transaction"])

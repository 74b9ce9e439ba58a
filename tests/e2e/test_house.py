"""`scripts/demo --house --check`: two real Home Assistants; a house joins, and keeps to its envelope."""

import json
import subprocess
from typing import Any

import pytest

from scripts.lib.demo.launching import SCRIPT

pytestmark = [pytest.mark.e2e, pytest.mark.long]

TIMEOUT_S = 400


def test_a_house_joins_a_street_and_keeps_to_its_envelope() -> None:
    finished = subprocess.run(
        [SCRIPT, "--house", "--check"], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert finished.returncode == 0, f"{finished.stdout}\n{finished.stderr}"
    report: dict[str, Any] = json.loads(finished.stdout)
    assert report["street"] != report["house"]
    assert [step["step"] for step in report["steps"]] == [
        "both_set_up",
        "streets_node_used",
        "joined_by_code",
        "envelope_kept",
    ]
    assert 0 < report["envelope"]["least_a"] < report["fuse_a"]
    assert report["envelope"]["below_fuse_s"] >= 15
    assert report["envelope"]["longest_over_s"] <= 5

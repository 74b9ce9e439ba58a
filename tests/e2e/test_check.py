"""`scripts/demo --check`: the whole story as a process that anybody can start, judged by what it prints."""

import json
import re
import socket
import subprocess
from typing import Any

import pytest

from scripts.lib.demo.launching import SCRIPT

pytestmark = pytest.mark.e2e

TIMEOUT_S = 360
SUPPORTED_VERSION = re.compile(r"2026\.1[01]\.\d+")
TRANSACTION_HASH = re.compile(r"[9A-Z]{81}")


@pytest.fixture(scope="module")
def report(check_process: subprocess.Popen[str]) -> dict[str, Any]:
    output, progress = check_process.communicate(timeout=TIMEOUT_S)
    assert check_process.returncode == 0, f"{output}\n{progress}"
    # Standard output holds the object and nothing else.
    result: dict[str, Any] = json.loads(output)
    return result


def test_a_real_home_assistant_with_a_whole_street(report: dict[str, Any]) -> None:
    assert SUPPORTED_VERSION.fullmatch(report["homeassistant"])
    # Six homes, four chargers, a battery and the sun, each with more than a few entities.
    assert report["entities"] > 100


def test_the_peak_comes_and_goes(report: dict[str, Any]) -> None:
    assert report["load_after_w"] < report["threshold_w"] < report["peak_w"]
    assert report["threshold_w"] < report["capacity_w"]


def test_some_accept_and_some_decline_with_a_reason(report: dict[str, Any]) -> None:
    assert report["requests"] >= 1
    assert report["accepted"] >= 1
    assert report["declined"] >= 1
    assert report["decline_reasons"]
    assert all(len(reason) > 10 for reason in report["decline_reasons"].values())


def test_a_battery_and_a_car_feed_back(report: dict[str, Any]) -> None:
    assert len(report["fed_back"]) >= 2
    assert all(power < 0 for power in report["fed_back"].values())


def test_rewards_stand_in_the_wallets_and_on_the_tangle(report: dict[str, Any]) -> None:
    assert report["rewards_i"] == report["wallet_delta_i"] > 0
    assert report["reward_transactions"]
    assert len(set(report["reward_transactions"])) <= len(report["reward_transactions"])
    assert all(TRANSACTION_HASH.fullmatch(each) for each in report["reward_transactions"])
    assert report["meter_messages"] >= 1


def test_cars_pay_and_earn_and_the_books_balance(report: dict[str, Any]) -> None:
    assert report["session_slices"] >= 3
    assert report["parking_paid_i"] > 0
    assert report["toll_paid_i"] == 800_000
    assert (report["reports"], report["findings_paid"], report["lies_paid"]) == (3, 2, 0)
    assert report["books_balanced"] is True


def test_the_overload_is_answered_at_once(report: dict[str, Any]) -> None:
    assert 0 < report["reaction_ms"] < 5_000


def test_a_taken_port_is_named_and_nothing_is_left() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        finished = subprocess.run(
            [SCRIPT, "--port", str(port)], capture_output=True, text=True, timeout=60, check=False
        )
    assert finished.returncode == 1
    assert f"port {port}" in finished.stderr
    assert "--port" in finished.stderr
    assert finished.stdout == ""


def test_a_strange_folder_is_left_alone(tmp_path: Any) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    finished = subprocess.run(
        [SCRIPT, "--check", "--keep", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert finished.returncode == 1
    assert str(tmp_path) in finished.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]

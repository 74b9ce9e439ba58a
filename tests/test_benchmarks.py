"""What the benchmarks read, and that the pure rooms need no Home Assistant."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks._sessions import SessionsError, check_stations, from_acn_data, is_event_queue, load, synthetic
from benchmarks.baseline import run as baseline
from benchmarks.liars import run as liars

ROOT = Path(__file__).parents[1]
STATIONS = [f"CA-{number}" for number in range(300, 320)]


def item(station: str, arrived: str, left: str, kwh: float = 5.0) -> dict[str, Any]:
    return {"spaceID": station, "connectionTime": arrived, "disconnectTime": left, "kWhDelivered": kwh}


ITEMS = [
    item("CA-303", "Sat, 01 May 2021 20:42:47 GMT", "Sat, 01 May 2021 22:32:12 GMT"),
    item("CA-303", "Sat, 01 May 2021 21:42:47 GMT", "Sat, 01 May 2021 23:32:12 GMT"),
    item("CA-304", "2021-05-02T00:10:00+00:00", "2021-05-02T01:00:00+00:00", 2.5),
    item("11900388", "Sat, 01 May 2021 20:42:47 GMT", "Sat, 01 May 2021 21:32:12 GMT"),
    item("CA-305", "Sat, 01 May 2021 20:42:47 GMT", "Sat, 01 May 2021 20:43:12 GMT"),
]


@pytest.mark.parametrize("wrap", [lambda items: items, lambda items: {"_items": items}])
def test_sessions_of_acn_data(wrap: Any, tmp_path: Path) -> None:
    path = tmp_path / "sessions.json.gz"
    path.write_bytes(gzip.compress(json.dumps(wrap(ITEMS)).encode()))
    data = load(path)
    assert not is_event_queue(data)
    sessions = from_acn_data(data, STATIONS)
    # Left out: a second car at an occupied station, another site's station, and a stay of less than a period.
    assert [(each.station, each.arrival, each.departure) for each in sessions] == [
        ("CA-303", 248, 270),
        ("CA-304", 290, 300),
    ]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"a": 1},
        None,
        7,
        [],
        ["CA-303"],
        [{"spaceID": "CA-303"}],
        [{**ITEMS[0], "connectionTime": None}],
        [{**ITEMS[0], "disconnectTime": 1_619_901_767}],
        [{**ITEMS[0], "kWhDelivered": None}],
        [ITEMS[3]],
    ],
)
def test_anything_else_is_refused(data: Any) -> None:
    with pytest.raises(SessionsError):
        from_acn_data(data, STATIONS)


@pytest.mark.parametrize("text", ["not json", ""])
def test_no_json_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sessions.json"
    path.write_text(text)
    with pytest.raises(SessionsError):
        load(path)


def test_a_queue_needs_cars_at_stations_of_the_site() -> None:
    check_stations(["CA-303"], STATIONS)
    with pytest.raises(SessionsError, match="no car"):
        check_stations([], STATIONS)
    with pytest.raises(SessionsError, match="CA-999"):
        check_stations(["CA-303", "CA-999"], STATIONS)


def test_synthetic_sessions_are_the_same_for_a_seed_and_never_overlap() -> None:
    sessions = synthetic(STATIONS, seed=3, days=4)
    assert sessions == synthetic(STATIONS, seed=3, days=4)
    assert sessions != synthetic(STATIONS, seed=4, days=4)
    busy: dict[str, int] = {}
    for each in sorted(sessions, key=lambda each: each.arrival):
        assert busy.get(each.station, -1) <= each.arrival < each.departure
        busy[each.station] = each.departure


def test_the_grid_can_be_imported_without_home_assistant() -> None:
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'homeassistant': raise ModuleNotFoundError(name)\n"
        "import importlib.util\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *a: None if name == 'homeassistant' else found(name, *a)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "import benchmarks\n"
        "from custom_components.tangle_grid.grid import GridEngine\n"
        "assert 'homeassistant' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_reaction_is_measured_in_a_running_home_assistant() -> None:
    """Each round ends only when every charger's action has been called with less."""
    command = [sys.executable, "-m", "benchmarks.reaction", "--participants", "1,3", "--rounds", "2", "--json"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert list(found) == ["1", "3"]
    for each in found.values():
        assert each["rounds"] == 2
        assert 0.0 < each["first_ms"]["median"] <= each["last_ms"]["median"]
        assert each["longest_block_ms"]["max"] >= each["longest_block_ms"]["median"] > 0.0


@pytest.mark.e2e
def test_a_home_is_measured_with_and_without_the_island() -> None:
    """Real processes: what the island writes is counted, and the home without it has none of that."""
    python = ROOT / ".runtime" / "envs" / "demo" / "bin" / "python"
    if not python.exists():
        pytest.skip("scripts/demo has not been used here")
    command = [str(python), "-m", "benchmarks.ha", "--participants", "4", "--share", "1", "--json"]
    # Long enough for a reading on the Tangle, and restless enough for what is worth a state.
    options = ["--street", "restless", "--minutes", "0.7", "--warm-up", "5"]
    done = subprocess.run([*command, *options], cwd=ROOT, check=True, capture_output=True, text=True, timeout=240)
    ((without, with_us),) = ((each["without"], each["with"]) for each in json.loads(done.stdout))
    assert without["writes"]["ours"] == without["transactions"] == without["stored_bytes"] == 0
    for each in (without, with_us):
        # Three phases, and for an hour.
        assert 9_000 < each["writes"]["feed"] <= 11_500
        assert each["rows"] >= each["writes"]["feed"]
        assert each["cpu_s"] > 0
        assert each["longest_block_ms"] > 0
    assert with_us["writes"]["ours"] > 0
    assert 500 < with_us["stored_bytes"] / with_us["transactions"] < 10_000


def test_charging_sessions_are_measured_over_crashes() -> None:
    """The run itself stops at a payment that is made twice and at a receipt that contradicts itself."""
    command = [sys.executable, "-m", "benchmarks.economy", "--quick", "--json"]
    found = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    assert found["rate"]["sessions_per_s"] > 0.2
    assert found["cost"]["ratio"] > 0
    most = {"11 of 11 kW": 25, "11 of 22 kW": 29, "22 of 22 kW": 31, "50 of 50 kW": 75, "150 of 150 kW": 15}
    assert all(max(found["payments"][power].values()) <= count for power, count in most.items())
    assert all(each["crashes"] >= 100 for each in found["credit"].values())
    assert found["liars"].keys() == {"2 reporters", "3 reporters"}
    assert all(each["precision"] >= 0.95 and each["over_budget_i"] == 0 for each in found["liars"].values())
    for cars, each in found["credit"].items():
        # What a car of 150 kW takes in 140 s.
        bound_wh = 5_840 if cars.startswith("150") else 1_000
        assert 0 < max(each["answering_wh"], each["away_wh"], each["paid_ahead_wh"]) <= bound_wh


def test_the_baseline_is_measured_next_to_the_last_reading() -> None:
    """Days that are held back; what has just been switched on is believed by the last reading, not by ours."""
    figures = baseline(homes=3, days=16, held_back=2, seed=2)
    for rules in figures.values():
        assert set(rules) == {"ours", "last_reading", "mean_5min"}
        assert all(
            0.0 < abs(each["bias_pct"]) <= each["mean_error_pct"] <= each["rms_error_pct"] for each in rules.values()
        )
    switched_on = figures["switched_on"]
    assert switched_on["ours"]["bias_pct"] < 0.0 < switched_on["last_reading"]["bias_pct"]
    assert switched_on["ours"]["rms_error_pct"] < switched_on["last_reading"]["rms_error_pct"]


def test_a_day_on_a_street_prints_figures_and_draws_them(tmp_path: Path) -> None:
    """Only where its environment has been set up: it needs a solver."""
    python = ROOT / ".runtime" / "envs" / "bench" / "bin" / "python"
    if not python.exists():
        pytest.skip("scripts/bench day has not been used here")
    plot = tmp_path / "day.png"
    command = [python, "-m", "benchmarks.day", "--days", "1", "--cars", "4", "--fuses", "2.0", "--json", "--plot", plot]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    ways = {row["way"]: row for row in found["summary"]}
    assert set(ways) == {"uncontrolled", "protection", "plan", "usual"}
    assert 1.0 <= ways["plan"]["peak_median"] < ways["uncontrolled"]["peak_median"]
    assert ways["plan"]["beyond_kwh"] <= ways["protection"]["beyond_kwh"] + 0.5
    assert plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.long
def test_a_usual_day_comes_within_a_tenth_of_the_lowest_peak() -> None:
    """Where the plan knows what the optimum knows; and no energy is lost."""
    python = ROOT / ".runtime" / "envs" / "bench" / "bin" / "python"
    if not python.exists():
        pytest.skip("scripts/bench day has not been used here")
    command = [python, "-m", "benchmarks.day", "--days", "3", "--fuses", "2.0", "--json"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    ways = {row["way"]: row for row in json.loads(done.stdout)["summary"]}
    assert ways["usual"]["peak_worst"] <= 1.1
    assert ways["usual"]["beyond_worst_kwh"] == ways["plan"]["beyond_worst_kwh"] == 0.0
    assert ways["plan"]["peak_median"] <= 1.15


def test_ours_and_the_algorithms_of_acn_sim_run_on_the_same_sessions(tmp_path: Path) -> None:
    """Only where its environment has been set up: it needs the simulator. Its own event queue gives the same again."""
    python = ROOT / ".runtime" / "envs" / "bench" / "bin" / "python"
    if not python.exists():
        pytest.skip("scripts/bench acn_sim has not been used here")

    def figures(*options: str) -> dict[str, dict[str, float]]:
        command = [python, "-m", "benchmarks.acn_sim", "--capacity-kw", "20", "--json", *options]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found: dict[str, dict[str, float]] = json.loads(done.stdout)
        return {
            name: {key: value for key, value in each.items() if not key.startswith("decision_ms")}
            for name, each in found.items()
        }

    queue = tmp_path / "queue.json"
    write = (
        "import sys; from benchmarks.acn_sim import event_queue; event_queue(None, seed=3, days=1).to_json(sys.argv[1])"
    )
    subprocess.run([python, "-c", write, str(queue)], cwd=ROOT, check=True, capture_output=True)
    known = figures("--days", "1", "--seed", "3")
    assert list(known) == ["ours", "edf", "llf", "fcfs", "round_robin", "uncontrolled"]
    assert figures("--sessions", str(queue), "--only", "ours,edf") == {name: known[name] for name in ("ours", "edf")}
    for name, each in known.items():
        assert 0.0 < each["energy_pct"] <= 100.0
        assert 0.0 <= each["p5_fraction"] <= each["jain"] <= 1.0
        assert (each["violations"] == 0) == (name != "uncontrolled")
        assert name == "uncontrolled" or each["peak_kw"] <= 20.0


@pytest.mark.parametrize("needed", [2, 3, 4])
def test_liars_are_fewer_than_what_is_found(needed: int) -> None:
    figures = liars(reports=1_500, seed=2, needed=needed)
    assert figures["precision"] >= 0.95
    assert figures["found"] >= 0.9
    assert figures["over_budget_i"] == 0
    assert figures["least_i"] <= figures["per_true_i"] <= 1.1 * figures["least_i"]
    # Lies are what is refused, nearly alone.
    assert figures["refused_liars"] > 20 * figures["refused_others"]

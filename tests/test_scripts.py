"""The scripts as they are started: from anywhere, with --help, ended by Ctrl-C from their first moment on."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from coverage import CoverageData

from scripts.lib.demo.__main__ import parse
from scripts.lib.demo.errors import DemoError
from scripts.lib.demo.flows import SUBENTRY, walk
from scripts.lib.demo.home import check_seed
from scripts.lib.demo.street import _in_order, _street_entry

ROOT = Path(__file__).parents[1]
START = ROOT / "scripts/lib/start.py"
LIBRARY = ROOT / "scripts/lib"
#: As if somebody presses Ctrl-C while it is still imported.
IMPORTED = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(30)\n"


def listen_to_ctrl_c() -> None:
    """What a shell starts in the background is deaf to it, and so is all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(folder: Path, *arguments: str, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *flags, START, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=listen_to_ctrl_c,  # no threads take part
        env={**os.environ, "PYTHONPATH": str(folder)},
    )


@pytest.mark.parametrize("program", ["slow", "slow.py", "package.inner"])
def test_ctrl_c_while_a_program_is_imported(tmp_path: Path, program: str) -> None:
    (tmp_path / "slow.py").write_text(IMPORTED)
    (tmp_path / "package").mkdir()
    (tmp_path / "package/__init__.py").write_text("")
    (tmp_path / "package/inner.py").write_text("import slow\n")
    done = run(tmp_path, program, flags=("-S",))
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_program_is_run_as_if_it_was_started_itself(tmp_path: Path) -> None:
    (tmp_path / "said.py").write_text("import sys\nprint(__name__, sys.argv[1:])\nraise SystemExit(7)\n")
    for program in ("said", "said.py"):
        done = run(tmp_path, program, "-m", "two words")
        assert (done.returncode, done.stdout) == (7, "__main__ ['-m', 'two words']\n")


@pytest.mark.parametrize(
    "script",
    ["bench", "demo", "frontend", "node", "pack", "price", "protocol", "test", "translations", "verify"],
)
def test_a_script_starts_all_that_it_starts_so(script: str) -> None:
    lines = [line for line in (ROOT / "scripts" / script).read_text().splitlines() if line.lstrip()[:1] != "#"]
    started = [line for line in lines if "python3 " in line or '"$python"' in line]
    assert started
    assert all("scripts/lib/start.py" in line for line in started), started


NAMES_OF_OTHERS = ("json", "demo", "custom_components", "benchmarks", "argparse")


@pytest.mark.parametrize(
    "module",
    [
        "custom_components.tangle_grid.verify.cli",
        "custom_components.tangle_grid.economy.cli",
        "demo",
        "benchmarks.evening",
    ],
)
def test_whatever_lies_in_the_working_directory(tmp_path: Path, module: str) -> None:
    for name in NAMES_OF_OTHERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('not this one')\n")
    done = subprocess.run(
        [sys.executable, START, module, "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage" in done.stdout


def test_what_the_demo_starts_does_not_look_there_either() -> None:
    """`-m` alone would put the working directory before everything else."""
    for path in sorted((LIBRARY / "demo").glob("*.py")):
        for before, after in zip(lines := path.read_text().splitlines(), lines[1:], strict=False):
            if after.strip() == '"-m",':
                assert before.strip().startswith('"-P",'), path.name


def run_script(name: str, *arguments: str, folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "scripts" / name, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PATH": path},
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The scripts in a checkout where python3 would tell that it was started."""
    shutil.copytree(ROOT / "scripts", tmp_path / "checkout/scripts")
    (tmp_path / "checkout/benchmarks").mkdir()
    shutil.copy(ROOT / "benchmarks/day.py", tmp_path / "checkout/benchmarks")
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin/python3"
    python.write_text('#!/bin/sh\ntouch "$(dirname "$0")/started"\nexit 3\n')
    python.chmod(0o755)
    return tmp_path / "checkout"


@pytest.mark.parametrize("script", ["pack", "pin", "protocol", "screenshots", "lint", "bench"])
@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_help_does_nothing_else(checkout: Path, script: str, asked: str) -> None:
    binaries = checkout.parent / "bin"
    done = run_script(script, asked, folder=checkout, path=f"{binaries}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert f"scripts/{script}" in done.stdout or "day" in done.stderr
    assert not (binaries / "started").exists()


@pytest.mark.parametrize("script", ["pack", "pin", "protocol", "screenshots", "lint"])
def test_what_is_not_understood_does_nothing(checkout: Path, script: str) -> None:
    binaries = checkout.parent / "bin"
    for arguments in (["--anything"], ["one", "two"]):
        done = run_script(script, *arguments, folder=checkout, path=f"{binaries}:{os.environ['PATH']}")
        assert done.returncode == 2
        assert f"scripts/{script}" in done.stderr
        assert not (binaries / "started").exists()


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", LIBRARY / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RUNTIME", tmp_path / ".runtime")
    return module


def test_what_is_fetched_lies_in_the_checkout(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command that the set-up starts is told so by its environment."""
    for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    told: list[list[str]] = []

    def run(command: list[str], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        given = os.environ if env is None else env
        for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR"):
            assert Path(given[name]).is_relative_to(tmp_path / ".runtime"), command
        told.append(command)
        answer = "3 14 2" if command[1:2] == ["-c"] else ""
        if command[1:2] == ["venv"]:
            Path(command[-1]).mkdir(parents=True)
        return subprocess.CompletedProcess(command, 0, answer, "")

    monkeypatch.setattr(bootstrap, "run", run)
    bootstrap.ensure_environment("test")
    assert {"pip", "venv"} <= {word for command in told for word in command}
    monkeypatch.undo()


@pytest.mark.parametrize("there", [True, False])
def test_certificates_of_the_machine_count(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    """Those that uv brings along do not know a company's network."""
    monkeypatch.delenv("UV_SYSTEM_CERTS", raising=False)
    monkeypatch.setattr(bootstrap, "SYSTEM_CERTIFICATES", tmp_path / "certificates.crt")
    if there:
        (tmp_path / "certificates.crt").touch()
    bootstrap.certificates()
    assert os.environ.pop("UV_SYSTEM_CERTS", None) == ("true" if there else None)


def test_the_pins_are_made_with_the_same_cache() -> None:
    text = (ROOT / "scripts/pin").read_text()
    assert text.index("export UV_CACHE_DIR") < text.index("pip compile")


# A home that is kept, with what somebody has added to it.


class Api:
    """What Home Assistant answers to the demo."""

    def __init__(self, entries: list[str], streets: list[str]) -> None:
        self.entries = [{"entry_id": each, "title": each} for each in entries]
        self.registered = [
            {"platform": "tangle_grid", "config_entry_id": each, "unique_id": f"{each}_sim_transformer_street_time"}
            for each in streets
        ]

    async def command(self, kind: str, **_fields: object) -> object:
        return self.entries if kind == "config_entries/get" else self.registered


async def test_the_street_is_found_among_other_islands() -> None:
    found = await _street_entry(Api(["mine", "street"], ["street", "removed"]))  # type: ignore[arg-type]
    assert found is not None
    assert found["entry_id"] == "street"
    assert await _street_entry(Api(["mine"], [])) is None  # type: ignore[arg-type]


class Forms:
    """Home Assistant's forms: each answer leads to the next of some steps."""

    def __init__(self, *steps: dict[str, object]) -> None:
        self.steps = list(steps)
        self.asked: list[tuple[str, str, object]] = []

    async def request(self, method: str, path: str, body: object = None) -> object:
        self.asked.append((method, path, body))
        return {"flow_id": "f1", **self.steps.pop(0)}


async def test_forms_are_left_as_they_are_but_for_what_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.lib.demo.flows._POLL_S", 0.0)
    fields = [
        {"name": "name"},
        {"name": "fuse", "default": 25},
        {"name": "rarely", "type": "expandable", "schema": [{"name": "plan", "default": True}]},
        {"name": "empty"},
    ]
    forms = Forms(
        {"type": "menu", "step_id": "user"},
        {"type": "form", "step_id": "island", "data_schema": fields},
        {"type": "progress", "step_id": "meter"},
        {"type": "form", "step_id": "code", "data_schema": [], "description_placeholders": {"code": "TG1"}},
        {"type": "abort", "reason": "code_made"},
    )
    answers = {"user": {"next_step_id": "island"}, "island": {"name": "Number 12", "plan": False}}
    end, shown = await walk(forms, SUBENTRY, {"handler": "x"}, answers)  # type: ignore[arg-type]
    assert (end["reason"], shown["code"]) == ("code_made", {"code": "TG1"})
    filled = {"name": "Number 12", "fuse": 25, "rarely": {"plan": False}}
    here = f"{SUBENTRY}/f1"
    assert forms.asked[1:] == [
        ("POST", here, {"next_step_id": "island"}),
        ("POST", here, filled),
        ("GET", here, None),
        ("POST", here, {}),
    ]


@pytest.mark.parametrize(
    "step",
    [
        {"type": "form", "step_id": "island", "errors": {"name": "name_taken"}},
        {"type": "menu", "step_id": "something_new", "reason": "something_new"},
    ],
)
async def test_a_form_that_does_not_go_on_ends_the_demo(step: dict[str, object]) -> None:
    with pytest.raises(DemoError, match=r"name_taken|something_new"):
        await walk(Forms(step), SUBENTRY, {"handler": "x"}, {})  # type: ignore[arg-type]


def test_a_house_is_not_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["--house", "--check"]).house
    with pytest.raises(SystemExit):
        parse(["--house", "--keep", "somewhere"])
    assert parse(["--islands", "2"]).islands == 2
    for wrong in (["--islands", "3"], ["--islands", "2", "--house"], ["--islands", "2", "--keep", "somewhere"]):
        with pytest.raises(SystemExit):
            parse(wrong)
    assert "leave one of them out" in capsys.readouterr().err


def test_feeders_and_guests_have_no_part_in_the_story() -> None:
    kinds = ["guest", "household", "feeder", "charger", "something new"]
    found = _in_order([{"subentry_type": kind, "title": kind} for kind in kinds])
    assert [each["subentry_type"] for each in found] == ["charger", "household"]


def test_another_seed_is_refused_where_a_street_stands(tmp_path: Path) -> None:
    check_seed(tmp_path, 7)
    storage = tmp_path / ".storage"
    storage.mkdir()
    entries = [{"data": {}}, {"data": {"seed": 7}}]
    (storage / "core.config_entries").write_text(json.dumps({"data": {"entries": entries}}))
    check_seed(tmp_path, 7)
    check_seed(tmp_path, None)
    with pytest.raises(DemoError, match=r"seed 7.*--seed.*--keep"):
        check_seed(tmp_path, 8)


@pytest.fixture(scope="module")
def coverage_rooms() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_rooms", LIBRARY / "coverage_rooms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_room_that_is_run_too_little_is_told_from_the_others(coverage_rooms: ModuleType) -> None:
    lines = {
        Path("flows/entry/ledger.py"): (30, 1),
        Path("flows/fields.py"): (70, 0),
        Path("grid/engine/engine.py"): (100, 5),
        Path("config_flow.py"): (50, 0),
        Path("sensor.py"): (50, 6),
    }
    rules = {"every_room": 95.0, "flows": 100.0, "config_flow.py": 100.0, "gone": 100.0}
    found = coverage_rooms.judged(coverage_rooms.by_room(lines, rules), rules)
    assert found == [
        ("*.py", 94.0, 95.0),
        ("config_flow.py", 100.0, 100.0),
        ("flows", 99.0, 100.0),
        # A rule whose room was renamed must not hold by itself.
        ("gone", 0.0, 100.0),
        ("grid", 95.0, 95.0),
    ]


def test_what_is_measured_decides_how_the_check_ends(tmp_path: Path) -> None:
    check = str(LIBRARY / "coverage_rooms.py")
    nothing = run(ROOT, check, str(tmp_path / "nothing"))
    assert nothing.returncode == 2
    assert "--cov" in nothing.stderr
    # All of one module is run, and nothing else.
    module = ROOT / "custom_components/tangle_grid/config_flow.py"
    data = CoverageData(basename=str(tmp_path / "data"))
    data.add_lines({str(module): range(1, 1 + len(module.read_text().splitlines()))})
    data.write()
    little = run(ROOT, check, str(tmp_path / "data"))
    assert little.returncode == 1
    said = {line.split()[0]: line for line in little.stdout.splitlines()}
    assert "TOO LITTLE" in said["flows"]
    assert "100.00 %   at least 100 %" in said["config_flow.py"]
    assert "TOO LITTLE" not in said["config_flow.py"]

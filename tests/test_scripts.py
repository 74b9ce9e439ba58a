"""The scripts as they are started: Ctrl-C ends them quietly from their first moment on."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
START = ROOT / "scripts/lib/start.py"
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


@pytest.mark.parametrize("script", ["bench", "demo", "node", "test", "verify"])
def test_a_script_starts_all_that_it_starts_so(script: str) -> None:
    lines = [line for line in (ROOT / "scripts" / script).read_text().splitlines() if line.lstrip()[:1] != "#"]
    started = [line for line in lines if "python3 " in line or '"$python"' in line]
    assert started
    assert all("scripts/lib/start.py" in line for line in started), started

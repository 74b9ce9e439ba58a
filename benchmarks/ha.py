"""What an island costs the Home Assistant that it runs in, beside the same Home Assistant without it.

scripts/bench ha [--participants 20,50] [--street quiet] [--minutes 3] [--share 1,0.25] [--warm-up 60] [--json]

A real Home Assistant runs in a process of its own, on one core, with its real recorder, real SQLite files and, where
the integration is set up, the real Tangle. Meter and participants report each second. Once all has started (`--warm-up`
seconds after the set-up), it is watched for so many minutes, and the counts are given for an hour; `--minutes 60`
watches the whole hour. No clock runs faster: what threads and files wait for would not.

- *a quiet street*: other loads come and go once an hour, and fill the feed once; on a *restless* one every five
  minutes, and chargers are told something new all the time.
- *a quarter of one core* stands for a Raspberry Pi: the process is stopped for three quarters of every 20 ms (SIGSTOP,
  SIGCONT), so that all of its threads have a quarter of one core's time. The longest block then holds the stops, too.
- *longest block*: by how much the event loop came later to a callback than was asked for.
- *rows* and *bytes* are those of the recorder's tables and of their pages; *written* is what the kernel was given to
  write to the disk for the process, *fsyncs* are counted with strace where it is installed.
- *memory* is what is resident at the end; the difference between the two is what the island adds.
- *after a year*: the recorder's pages of the ten days that it keeps, and the Tangle, of which what is never pruned
  grows for a year and the rest for as many days as the node keeps messages.

Environment: demo
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from custom_components.tangle_grid.bridge.options import LedgerChoice
from scripts.lib.demo.home import choose_port, http_storage

from ._ha_home import STREETS, configuration

ROOT: Final = Path(__file__).resolve().parents[1]
HOUR_S: Final = 3600.0
DAY_H, YEAR_DAYS = 24, 365
#: What the recorder keeps unless it is told otherwise.
RECORDER_DAYS: Final = 10
#: The process runs for a share of each, s.
SLICE_S: Final = 0.02
_SYNCS: Final = ("fsync(", "fdatasync(")


def _command(folder: Path, trace: Path, arguments: Sequence[str]) -> list[str]:
    home = [sys.executable, str(ROOT / "scripts/lib/start.py"), "benchmarks._ha_home", str(folder), *arguments]
    if not (strace := shutil.which("strace")):
        return home
    # The tracer is a grandchild, and the kernel lets everything but these calls pass at full speed.
    options = ["-D", "-f", "--seccomp-bpf", "-qq", "-ttt", "-e", "trace=fsync,fdatasync", "-o", str(trace)]
    return [strace, *options, *home]


def _slow_down(process: subprocess.Popen[str], share: float) -> None:
    """Let a process run for a share of the time, until it ends."""
    while process.poll() is None:
        if share >= 1:
            time.sleep(1.0)
            continue
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGSTOP)
            time.sleep(SLICE_S * (1 - share))
            process.send_signal(signal.SIGCONT)
        time.sleep(SLICE_S * share)


def _syncs(trace: Path, begun: float, ended: float) -> int | None:
    """Return how often files were forced to the disk between two moments; None where nobody counted."""
    if not trace.exists():
        return None
    moments = (line.split() for line in trace.read_text().splitlines() if any(call in line for call in _SYNCS))
    return sum(begun <= float(words[1]) <= ended for words in moments)


def measure(
    participants: int, share: float, *, street: str, with_us: bool, warm_up_s: float, seconds: float
) -> dict[str, Any]:
    """Run one Home Assistant and return its figures, counts for an hour.

    Raises:
        SystemExit: It did not run to its end.
    """
    runtime = ROOT / ".runtime"
    runtime.mkdir(exist_ok=True)
    # Not in memory, where /tmp may be.
    with tempfile.TemporaryDirectory(dir=runtime, prefix="bench-ha-") as name:
        folder, trace, log = Path(name) / "home", Path(name) / "syncs", Path(name) / "log"
        (folder / "custom_components").mkdir(parents=True)
        (folder / "custom_components" / "tangle_grid").symlink_to(ROOT / "custom_components" / "tangle_grid")
        # Another Home Assistant may run here, on the usual port.
        (folder / ".storage").mkdir()
        (folder / ".storage" / "http").write_text(json.dumps(http_storage(choose_port(None))))
        (folder / "configuration.yaml").write_text(configuration(participants))
        arguments = [str(participants), street, str(int(with_us)), str(warm_up_s), str(seconds)]
        with log.open("w") as errors:
            process = subprocess.Popen(  # noqa: S603  # this file's own command
                _command(folder, trace, arguments),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                preexec_fn=_on_one_core,  # noqa: PLW1509  # no other thread runs here
            )
            try:
                _slow_down(process, share)
            finally:
                process.kill()
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        lines = process.stdout.read().splitlines()
        if not lines:
            raise SystemExit(f"the home did not run to its end:\n{log.read_text()[-3000:]}")
        found: dict[str, Any] = json.loads(lines[-1])
        found["syncs"] = _syncs(trace, found["begun"], found["ended"])
    return _for_an_hour(found)


def _on_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _for_an_hour(found: dict[str, Any]) -> dict[str, Any]:
    factor: float = HOUR_S / (found["ended"] - found["begun"])

    def hourly(key: str) -> int:
        return round(float(found[key]) * factor)

    keep_days = LedgerChoice().keep_days or YEAR_DAYS
    lasting = found["lasting"] / found["transactions"] if found["transactions"] else 0.0
    days = lasting * YEAR_DAYS + (1 - lasting) * min(keep_days, YEAR_DAYS)
    return {
        "participants": found["participants"],
        "writes": {key: round(value * factor) for key, value in found["writes"].items()},
        "rows": hourly("rows"),
        "recorder_bytes": hourly("recorder_bytes"),
        "cpu_s": round(found["cpu_s"] * factor, 1),
        "longest_block_ms": round(found["longest_block_ms"], 1),
        "memory_bytes": found["memory_bytes"],
        "written_bytes": hourly("written"),
        "syncs": None if found["syncs"] is None else hourly("syncs"),
        "transactions": hourly("transactions"),
        "lasting": hourly("lasting"),
        "stored_bytes": hourly("stored"),
        "year_recorder_bytes": hourly("recorder_bytes") * DAY_H * RECORDER_DAYS,
        "year_tangle_bytes": round(hourly("stored") * DAY_H * days),
    }


def _print(share: float, street: str, without: dict[str, Any], with_us: dict[str, Any]) -> None:
    core = "one core" if share >= 1 else f"{share:g} of one core"
    print(f"{with_us['participants']} participants, a {street} street, {core}; for an hour")
    print(f"    {'':42}{'without us':>14}{'with us':>14}{'more':>14}")
    mega = 1e-6
    lines = (
        ("state writes, the feed's meter", "feed", 1),
        ("state writes, devices and limits", "devices", 1),
        ("state writes, ours", "ours", 1),
        ("recorder rows", "rows", 1),
        ("recorder MB", "recorder_bytes", mega),
        ("processor s", "cpu_s", 1),
        ("longest block of the loop, ms", "longest_block_ms", 1),
        ("memory MB", "memory_bytes", mega),
        ("written to the disk, MB", "written_bytes", mega),
        ("fsyncs", "syncs", 1),
        ("transactions on the Tangle", "transactions", 1),
        ("  of them never pruned", "lasting", 1),
        ("Tangle, MB", "stored_bytes", mega),
        ("after a year: recorder, MB", "year_recorder_bytes", mega),
        ("after a year: the Tangle, MB", "year_tangle_bytes", mega),
    )
    for text, key, unit in lines:
        pair = [each["writes"].get(key, each.get(key)) for each in (without, with_us)]
        if None in pair:
            print(f"    {text:42}{'strace is not installed':>28}")
            continue
        before, after = (value * unit for value in pair)
        print(f"    {text:42}{before:14,.1f}{after:14,.1f}{after - before:14,.1f}")
    writes = with_us["writes"]
    ours, feed, meters = writes["ours"], max(1, writes["feed"]), max(1, writes["feed"] + writes["devices"])
    print(f"    our writes are {ours / feed:.3f} of the feed meter's, {ours / meters:.3f} of all meters'")


def main(argv: Sequence[str]) -> int:
    """Measure every size with every share of a core, and print it."""
    parser = argparse.ArgumentParser(prog="scripts/bench ha")
    parser.add_argument("--participants", default="20,50", help="numbers of participants, with commas")
    parser.add_argument("--street", choices=STREETS, default="quiet", help="how the other loads come and go")
    parser.add_argument("--share", default="1,0.25", help="shares of one core, with commas")
    parser.add_argument("--minutes", type=float, default=3.0, help="how long each home is watched")
    parser.add_argument("--warm-up", type=float, default=60.0, help="s from the set-up to the watch")
    parser.add_argument("--json", action="store_true", help="print only JSON")
    options = parser.parse_args(argv)
    if not hasattr(os, "sched_setaffinity") or not Path("/proc/self/io").exists():
        raise SystemExit("this benchmark reads what Linux alone tells of a process")
    results = []
    for share in (float(text) for text in options.share.split(",")):
        for participants in (int(text) for text in options.participants.split(",")):
            without, with_us = (
                measure(
                    participants,
                    share,
                    street=options.street,
                    with_us=ours,
                    warm_up_s=options.warm_up,
                    seconds=options.minutes * 60,
                )
                for ours in (False, True)
            )
            results.append({"share": share, "street": options.street, "without": without, "with": with_us})
            if not options.json:
                _print(share, options.street, without, with_us)
    if options.json:
        print(json.dumps(results, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

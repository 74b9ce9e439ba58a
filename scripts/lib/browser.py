#!/usr/bin/env python3
"""Find a Chromium for the browser tests, or get one; prints its path.

Progress goes to standard error. `TANGLE_GRID_CHROMIUM=/path/to/chromium` in the environment overrides the search.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

RUNTIME = Path(__file__).resolve().parents[2] / ".runtime"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HELP = (
    "The browser tests need Chromium. Install it with the package manager of this system "
    "(Debian: apt-get install chromium) or name one with TANGLE_GRID_CHROMIUM=/path/to/chromium. "
    'Everything else runs without it: scripts/test -m "not e2e".'
)


class NoBrowserError(Exception):
    """No Chromium here and none to be had; the text says what to do."""


def _say(text: str) -> None:
    print(f"[setup] {text}", file=sys.stderr, flush=True)


def _works(path: str) -> bool:
    """Return whether it starts: Ubuntu's `chromium-browser` may be a mere pointer to a snap."""
    try:
        result = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except OSError, subprocess.TimeoutExpired:
        return False
    return result.returncode == 0


def _installed() -> str | None:
    named = os.environ.get("TANGLE_GRID_CHROMIUM")
    if named:
        if not _works(named):
            raise NoBrowserError(f"TANGLE_GRID_CHROMIUM={named} does not start. {HELP}")
        return named
    for name in NAMES:
        path = shutil.which(name)
        if path and _works(path):
            return path
    return None


def _from_debian() -> str | None:
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        become: list[str] = []
    elif (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        become = ["sudo", "-n"]
    else:
        return None
    _say("installing Chromium (Debian package)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        result = subprocess.run(
            [*become, "apt-get", "-qq", *command], env=environment, capture_output=True, text=True, check=False
        )
        if result.returncode:
            _say("apt-get: " + "\n".join(result.stderr.splitlines()[-3:]))
            return None
    return _installed()


def _from_playwright() -> str | None:
    """Return the browser that Playwright fetches for itself, where its host can be reached."""
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(RUNTIME / "browsers"))
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    find = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    found = subprocess.run([sys.executable, "-c", find], capture_output=True, text=True, check=False)
    path = found.stdout.strip()
    if found.returncode or not path:
        return None
    if not Path(path).exists():
        _say("fetching Chromium (Playwright)")
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return None
    return path if _works(path) else None


def ensure_chromium() -> str:
    """Path of a Chromium that starts.

    Raises:
        NoBrowserError: There is none and none could be installed; the text says what to do.
    """
    path = _installed() or _from_debian() or _from_playwright()
    if path is None:
        raise NoBrowserError(HELP)
    return path


if __name__ == "__main__":
    try:
        print(ensure_chromium())
    except NoBrowserError as error:
        raise SystemExit(f"[setup] error: {error}") from None

#!/usr/bin/env python3
"""Find the MQTT broker mosquitto for the tests, or unpack Debian's into `.runtime/`; prints its path.

Progress goes to standard error. Where there is neither it says so and prints nothing: the tests that need a broker are
skipped then.
"""

from __future__ import annotations

import platform
import shutil
import stat
import sys

from scripts.lib.bootstrap import RUNTIME, DebianPackages, host_suite, run, say

#: Debian keeps it where only administrators look, Homebrew in two places.
PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
_C_LIBRARY = ("libc6", "libc-bin", "libcrypt1", "libgcc-s1", "gcc-")


def works(path: str) -> bool:
    """Return whether it starts and tells how it is used."""
    return "mosquitto version" in run([path, "-h"]).stdout


def _from_debian() -> str | None:
    if not DebianPackages.available():
        return None
    folder = RUNTIME / "mosquitto-debian"
    start = folder / "mosquitto"
    if not start.exists():
        say("fetching the MQTT broker mosquitto (Debian package)")
        shutil.rmtree(folder, ignore_errors=True)
        # With the machine's own C library: two of them in one process do not go together.
        DebianPackages(folder, host_suite()).unpack(["mosquitto"], without=_C_LIBRARY)
        triplet = f"{platform.machine()}-linux-gnu"
        start.write_text(
            '#!/bin/sh\nhere=$(cd "$(dirname "$0")" && pwd)\n'
            f'LD_LIBRARY_PATH="$here/usr/lib/{triplet}:$here/lib/{triplet}" exec "$here/usr/sbin/mosquitto" "$@"\n'
        )
        start.chmod(start.stat().st_mode | stat.S_IXUSR)
    return str(start)


def find_mosquitto() -> str | None:
    """Return the path of a mosquitto that starts; None: there is none and none is to be had."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path=PLACES)
    if found and works(found):
        return found
    try:
        unpacked = _from_debian()
    except SystemExit:
        # It was said why. Everything but these tests goes on.
        return None
    return unpacked if unpacked and works(unpacked) else None


if __name__ == "__main__":
    path = find_mosquitto()
    if path is None:
        say("no mosquitto: the tests of links over MQTT are skipped (macOS: brew install mosquitto)")
        sys.exit(0)
    print(path)

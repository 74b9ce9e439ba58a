"""The configuration folder: what Home Assistant finds when it starts."""

import json
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .errors import DemoError

ROOT: Final = Path(__file__).resolve().parents[3]
LOOPBACK: Final = "127.0.0.1"
HOME_NAME: Final = "Tangle Grid demo"

# Trusting the loopback lets the person's own browser in without a password. That is only right because the server
# is bound to the loopback as well (http_storage).
CONFIGURATION: Final = f"""\
# Written by scripts/demo.
homeassistant:
  name: {HOME_NAME}
  latitude: 51.98
  longitude: 5.91
  elevation: 15
  unit_system: metric
  time_zone: Europe/Amsterdam
  currency: EUR
  country: NL
  language: en
  auth_providers:
    - type: trusted_networks
      trusted_networks:
        - {LOOPBACK}
      allow_bypass_login: true
    - type: homeassistant

frontend:
recorder:
  commit_interval: 1
history:
logbook:
automation: !include automations.yaml
script: !include scripts.yaml
logger:
  default: warning
  logs:
    custom_components.tangle_grid: info
    # It warns that a custom integration is in use, and that is the point of this place.
    homeassistant.loader: error
    # They miss system libraries for cameras, which the demo has none of.
    haffmpeg: critical
    homeassistant.components.camera: critical
"""


def store(key: str, version: int, data: Mapping[str, object], *, minor_version: int = 1) -> dict[str, object]:
    """Return the envelope around everything that Home Assistant keeps in `.storage`."""
    return {"version": version, "minor_version": minor_version, "key": key, "data": data}


def http_storage(port: int) -> dict[str, object]:
    """Return the server's settings, as confirmed ones: as YAML they would be a trial that ends after five minutes."""
    stable = {
        "server_host": [LOOPBACK],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "modern_v6",
        "use_x_frame_options": True,
        "created_at": "2026-11-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }
    return store("http", 3, {"stable": stable, "pending": None, "yaml_migration_done": True})


def _write_store(folder: Path, content: Mapping[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / str(content["key"])).write_text(json.dumps(content, indent=2))


def prepare(config: Path, port: int, configuration: str = CONFIGURATION) -> bool:
    """Make the folder ready for a start on `port` with this configuration; what it already holds stays.

    Returns:
        True when the folder was new.
    """
    marker = config / "configuration.yaml"
    if config.exists() and any(config.iterdir()) and not marker.exists():
        raise DemoError(f"{config} is neither empty nor a folder of an earlier demo; choose another one for --keep")
    new = not marker.exists()
    if not new and not marker.read_text().startswith(CONFIGURATION.splitlines()[0]):
        raise DemoError(f"{config} holds a Home Assistant that is not a demo; choose another folder for --keep")
    storage = config / ".storage"
    _write_store(storage, http_storage(port))
    if new:
        for name in ("automations.yaml", "scripts.yaml"):
            (config / name).write_text("[]\n" if name.startswith("auto") else "{}\n")
        steps = ["user", "core_config", "analytics", "integration"]
        _write_store(storage, store("onboarding", 4, {"done": steps}))
    marker.write_text(configuration)
    _link(config / "custom_components" / "tangle_grid", ROOT / "custom_components" / "tangle_grid")
    blueprints = ROOT / "blueprints" / "automation" / "tangle_grid"
    if blueprints.is_dir():
        shutil.copytree(blueprints, config / "blueprints" / "automation" / "tangle_grid", dirs_exist_ok=True)
    return new


def check_seed(config: Path, wanted: int | None) -> None:
    """Refuse another seed for a home whose street stands already: who lives there is settled.

    Raises:
        DemoError: The street in this folder has another seed than the wanted one.
    """
    try:
        stored = json.loads((config / ".storage" / "core.config_entries").read_text())
        seeds = [entry["data"]["seed"] for entry in stored["data"]["entries"] if "seed" in entry["data"]]
    except OSError, ValueError, KeyError, TypeError:
        return
    if wanted is not None and seeds and wanted not in seeds:
        raise DemoError(
            f"the street in {config} was made with the seed {seeds[0]} and keeps it; leave --seed out, or choose "
            "another folder for --keep"
        )


def _link(link: Path, target: Path) -> None:
    """Point to the checkout, also when the folder was made by a checkout that has moved since."""
    link.parent.mkdir(exist_ok=True)
    if link.is_symlink() or link.exists():
        if link.is_symlink() and link.resolve() == target.resolve():
            return
        if link.is_dir() and not link.is_symlink():
            shutil.rmtree(link)
        else:
            link.unlink()
    link.symlink_to(target, target_is_directory=True)


def choose_port(wanted: int | None) -> int:
    """Return the wanted port when it is free, or any free one when none is wanted."""
    with socket.socket() as probe:
        # Home Assistant binds in the same way: a port in TIME_WAIT after a restart is free for it.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted or 0))
        except OSError as error:
            raise DemoError(
                f"port {wanted} on {LOOPBACK} cannot be used ({error.strerror.lower() if error.strerror else error}); "
                "stop what uses it, or choose another one with --port"
            ) from error
        port: int = probe.getsockname()[1]
        return port

"""What an island finds on disk when it starts. Of a file that is not as expected, as much as can be read.

The file itself is kept aside, and the person is told what was lost and where it is. Nothing is ever raised for it:
whoever controls a fuse starts, in the safe state, with whatever is left.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..devices.named import StoredEntry
from ..grid.model.stored_values import Check, UnreadableError, by_name, maybe, number, record

ISSUE_STATE_DAMAGED: Final = "state_damaged"
#: So many parts are named; whoever lost more has lost nearly all.
_NAMED: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredState:
    """What an island stored.

    Attributes:
        engine: For the grid's engine, which reads it with suspicion itself; None: there is nothing.
        clock: The grid time when it was stored, epoch seconds.
        day: The day that it was then, ISO format.
        adapters: What the adapters must know again, by participant id.
        links: What linked islands were asked and told; read with suspicion where they are.
        vehicles: Which vehicles were where, and who is to be paid; read with suspicion where they are.
        unsaid: Messages that the ledger has not taken yet; they are read with suspicion where they are held.
        lost: What could not be read: paths.
    """

    engine: Any = None
    clock: float | None = None
    day: str | None = None
    adapters: Mapping[str, Mapping[str, Any]]
    unsaid: Any = None
    vehicles: Any = None
    links: Any = None
    lost: Sequence[str] = ()


async def async_read(hass: HomeAssistant, store: Store[Any]) -> tuple[Any, bool]:
    """Return what a store holds, and whether Home Assistant could read it.

    Not what is of a newer version or of another form.

    What is no JSON at all, Home Assistant sets aside by itself, and says so.
    """
    path = Path(store.path)
    try:
        stored = await store.async_load()
        return stored, stored is not None or not await hass.async_add_executor_job(path.exists)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a file: the island starts
        LOGGER.warning("The stored file %s is not as expected (%s): what can be read of it is used", store.key, error)
    raw = await hass.async_add_executor_job(_raw, path)
    return (raw.get("data") if isinstance(raw, Mapping) else None), False


async def async_keep_aside(hass: HomeAssistant, store: Store[Any]) -> str | None:
    """Copy a stored file before it is written over; returns where it is, from the configuration folder on."""
    path = Path(store.path)
    kept = path.with_name(f"{path.name}.kept.{dt_util.utcnow():%Y%m%dT%H%M%S}")
    try:
        await hass.async_add_executor_job(shutil.copy2, path, kept)
    except OSError as error:
        LOGGER.warning("%s could not be kept aside: %s", store.key, error)
        return None
    return str(kept.relative_to(hass.config.config_dir))


def read_state(stored: Any, *, sound: bool) -> StoredState:
    """Return what can be read of a stored state; `sound`: Home Assistant could read the file."""
    if stored is None and sound:
        return StoredState(adapters={})
    lost: list[str] = [] if sound else ["version"]
    try:
        read = _STATE(stored, "", lost)
    except UnreadableError:
        return StoredState(adapters={}, lost=("all",))
    return StoredState(
        engine=read["engine"],
        clock=read["clock"],
        day=read["day"],
        adapters=read["adapters"],
        unsaid=read.get("unsaid"),
        vehicles=read.get("vehicles"),
        links=read.get("links"),
        lost=tuple(path.strip("/") for path in lost),
    )


@callback
def async_tell_lost(
    hass: HomeAssistant, entry: StoredEntry, lost: Sequence[str], kept: str | None, names: Mapping[str, str]
) -> None:
    """Tell the person what was lost; it stays until somebody has read it.

    Args:
        hass: Home Assistant.
        entry: The island.
        lost: Paths.
        kept: Where the file is.
        names: Of participants and feeders, by id.
    """
    parts = ["/".join(names.get(step, step) for step in path.split("/")) for path in lost]
    named = ", ".join(parts[:_NAMED]) + (", …" if len(parts) > _NAMED else "")
    LOGGER.warning(
        "Of what %s had stored, this could not be read: %s; the file is kept as %s", entry.title, named, kept
    )
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{ISSUE_STATE_DAMAGED}_{entry.entry_id}",
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_STATE_DAMAGED,
        translation_placeholders={"island": entry.title, "parts": named, "file": kept or "?"},
    )


def _raw(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError, ValueError:
        return None


def _anything(value: Any, path: str, lost: list[str]) -> Any:
    if not isinstance(value, Mapping):
        raise UnreadableError(path)
    return value


def _day(value: Any, path: str, lost: list[str]) -> Any:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise UnreadableError(path) from error
    return value


_STATE: Final[Check] = record(
    {
        "engine": (_anything, dict),
        "clock": (maybe(number(0.0, 1e11)), None),
        "day": (maybe(_day), None),
        "adapters": (by_name(_anything), dict),
    }
)

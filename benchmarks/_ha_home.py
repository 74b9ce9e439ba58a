"""The Home Assistant that `scripts/bench ha` measures: a process of its own, with its real recorder and its real files.

`python scripts/lib/start.py benchmarks._ha_home FOLDER PARTICIPANTS STREET WITH_US WARM_UP_S SECONDS` prints one JSON
line.

The devices are states that change each second, as those of a fast meter do. They change as much with the integration as
without it: half of the participants are chargers, whose cars draw what the limit says, the others are households. The
other loads of the street come and go, so that the feed is now and then above its threshold and once in a while full:
once an hour on a quiet street, every five minutes on a restless one.
"""

import asyncio
import json
import math
import os
import random
import resource
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from homeassistant import bootstrap, runner
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentryDataWithId
from homeassistant.const import EVENT_STATE_CHANGED, UnitOfPower
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from custom_components.tangle_grid.const import (
    CONF_BATTERY_KWH,
    CONF_CAPACITY_A,
    CONF_CHARGED_ABOVE,
    CONF_CURRENT_LIMIT,
    CONF_ISLAND_ID,
    CONF_KIND,
    CONF_MAX_CURRENT,
    CONF_METER,
    CONF_METER_POWER,
    CONF_MIN_CURRENT,
    CONF_MIN_RATE,
    CONF_PHASES,
    CONF_POLICY,
    CONF_POLICY_MODE,
    CONF_POWER,
    CONF_SAFE_CURRENT,
    CONF_SOC,
    CONF_TARGET_SOC,
    CONF_THRESHOLD,
    DOMAIN,
    KIND_ISLAND,
    SUBENTRY_CHARGER,
    SUBENTRY_HOUSEHOLD,
)

METER: Final = ("sensor.meter_l1", "sensor.meter_l2", "sensor.meter_l3")
DATABASE: Final = "home-assistant_v2.db"
VOLTS: Final = 230.0
MOST_A: Final = 16.0
#: A per participant and phase: what the feed carries.
CAPACITY_A: Final = 8.0
#: Every so often the other loads of a street come and go, s.
STREETS: Final = {"quiet": 3600.0, "restless": 300.0}
#: How often the loop is asked for a turn, s; each time costs far less than a thousandth of it.
_TICK_S: Final = 0.02
#: So many transactions tell the size of one.
_MANY: Final = 5_000
_POLICY: Final = {CONF_POLICY_MODE: "always", CONF_CHARGED_ABOVE: 80, CONF_MIN_RATE: 0}


def configuration(participants: int) -> str:
    """Return `configuration.yaml`: the recorder as it comes, and a number for each charger's limit."""
    limits = "".join(
        f"  limit_{number}:\n    min: 0\n    max: {MOST_A:.0f}\n    initial: {MOST_A:.0f}\n    unit_of_measurement: A\n"
        for number in range(0, participants, 2)
    )
    return f"homeassistant:\n  name: Street\nrecorder:\nhistory:\nlogger:\n  default: error\ninput_number:\n{limits}"


def _participant(number: int) -> ConfigSubentryDataWithId:
    kind = SUBENTRY_HOUSEHOLD if number % 2 else SUBENTRY_CHARGER
    data: dict[str, Any] = {
        "name": f"{kind} {number}",
        CONF_PHASES: [1 + number // 2 % 3] if number % 2 else [1, 2, 3],
        CONF_POWER: f"sensor.power_{number}",
        CONF_POLICY: _POLICY,
    }
    if kind == SUBENTRY_CHARGER:
        data |= {
            CONF_CURRENT_LIMIT: f"input_number.limit_{number}",
            CONF_SOC: f"sensor.soc_{number}",
            CONF_BATTERY_KWH: 60.0,
            CONF_TARGET_SOC: 100.0,
            CONF_MIN_CURRENT: 6.0,
            CONF_MAX_CURRENT: MOST_A,
            CONF_SAFE_CURRENT: 6.0,
        }
    return ConfigSubentryDataWithId(
        subentry_type=kind, subentry_id=f"participant-{number}", title=str(data["name"]), unique_id=None, data=data
    )


def island(participants: int) -> ConfigEntry[Any]:
    """Return an island of so many participants, every other one a charger."""
    return ConfigEntry(
        version=1,
        minor_version=1,
        domain=DOMAIN,
        title="Street",
        source="user",
        unique_id=None,
        options={},
        discovery_keys=MappingProxyType({}),
        subentries_data=[_participant(number) for number in range(participants)],
        data={
            CONF_KIND: KIND_ISLAND,
            CONF_ISLAND_ID: "0" * 32,
            "name": "Street",
            CONF_METER: {CONF_METER_POWER: list(METER)},
            CONF_CAPACITY_A: CAPACITY_A * participants,
            CONF_THRESHOLD: 80,
        },
    )


class Street:
    """Meters that report each second; what they say follows from a seed and from the limits of the chargers."""

    def __init__(self, hass: HomeAssistant, participants: int, wave_s: float) -> None:
        self._hass = hass
        self._participants = participants
        self._wave_s = wave_s
        self._draw = random.Random(1)  # noqa: S311  # loads, no secrets
        self._begun = time.monotonic()

    def report(self) -> None:
        """Report all meters once."""
        elapsed = time.monotonic() - self._begun
        phases = [0.0, 0.0, 0.0]
        for number in range(self._participants):
            if number % 2:
                watts = 400.0 + 200.0 * math.sin(number + elapsed / 600) + self._draw.uniform(-20, 20)
                phases[number // 2 % 3] += watts
            else:
                limit = self._hass.states.get(f"input_number.limit_{number}")
                amps = float(limit.state) if limit else MOST_A
                watts = amps * VOLTS * 3 * self._draw.uniform(0.985, 0.995)
                phases = [each + watts / 3 for each in phases]
                self._set(f"sensor.soc_{number}", f"{min(99, 30 + int(elapsed / 180))}", "battery", "%")
            self._set(f"sensor.power_{number}", f"{watts:.0f}")
        other = (0.5 + 1.5 * (1 + math.sin(elapsed * 2 * math.pi / self._wave_s))) * self._participants * VOLTS
        for entity_id, watts in zip(METER, phases, strict=True):
            self._set(entity_id, f"{watts + other + self._draw.uniform(-50, 50):.0f}")

    def _set(self, entity_id: str, state: str, device_class: str = "power", unit: str = UnitOfPower.WATT) -> None:
        attributes = {"device_class": device_class, "unit_of_measurement": unit, "state_class": "measurement"}
        self._hass.states.async_set(entity_id, state, attributes)

    async def live(self) -> None:
        """Report each second, for as long as nobody cancels it."""
        due = time.monotonic()
        while True:
            self.report()
            due = max(due + 1.0, time.monotonic())
            await asyncio.sleep(due - time.monotonic())


class LateTurns:
    """The longest time by which the event loop came later to a callback than was asked for."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def watch(self) -> None:
        """Ask for a turn again and again, for as long as nobody cancels it."""
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(_TICK_S)
            self.longest_s = max(self.longest_s, time.perf_counter() - asked - _TICK_S)


def _rows(folder: Path) -> tuple[int, int]:
    """Return rows of states and statistics, and bytes that the recorder's pages take."""
    with sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True) as database:
        tables = ("states", "state_attributes", "statistics", "statistics_short_term", "events")
        # The names are those above.
        rows = sum(database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables)  # noqa: S608
        (pages,), (size,) = (database.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
    database.close()
    return rows, pages * size


def _ledger(folder: Path, begun: float, ended: float) -> dict[str, int]:
    """Return transactions confirmed in a span, those that are never pruned, and the bytes of all of them.

    The island must be closed: no file is open, and its write-ahead logs are in the files.
    """
    found = {"transactions": 0, "lasting": 0, "stored": 0}
    for path in (folder / DOMAIN).glob("*/tangle.sqlite"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            found["transactions"], found["lasting"] = database.execute(
                "SELECT COUNT(*), COALESCE(SUM(signed OR kept), 0) FROM tx JOIN milestone ON number = tx.milestone"
                " WHERE at BETWEEN ? AND ?",
                (begun, ended),
            ).fetchone()
            found["stored"] = round(_bytes_of_a_transaction(database) * found["transactions"])
        database.close()
    return found


def _bytes_of_a_transaction(database: sqlite3.Connection) -> float:
    """Return what a transaction adds to the file with all its indexes: pages with many of them, less pages without.

    The few of some minutes would be lost in what a page has to spare: they are there again and again.
    """
    with sqlite3.connect(":memory:", isolation_level=None) as copy:
        database.backup(copy)
        copy.execute("CREATE TEMP TABLE more AS SELECT * FROM tx")
        copy.execute("CREATE TEMP TABLE bodies AS SELECT * FROM body")
        (count,) = copy.execute("SELECT COUNT(*) FROM more").fetchone()
        (last,) = copy.execute("SELECT MAX(id) FROM more").fetchone()
        for _ in range(_MANY // count):
            copy.execute("UPDATE more SET id = id + ?", (last,))
            copy.execute("UPDATE bodies SET id = id + ?", (last,))
            copy.executescript("INSERT INTO tx SELECT * FROM more; INSERT INTO body SELECT * FROM bodies")
        copy.execute("VACUUM")
        (size,) = copy.execute("PRAGMA page_size").fetchone()
        (full,) = copy.execute("PRAGMA page_count").fetchone()
        (count,) = copy.execute("SELECT COUNT(*) FROM tx").fetchone()
        copy.executescript("DELETE FROM tx; DELETE FROM body; DELETE FROM milestone; DELETE FROM applied; VACUUM")
        (empty,) = copy.execute("PRAGMA page_count").fetchone()
    copy.close()
    return float((full - empty) * size / count)


def _process() -> dict[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    io = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return {"cpu_s": used.ru_utime + used.ru_stime, "written": int(io["write_bytes"])}


def _memory_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def _flushed(hass: HomeAssistant) -> None:
    from homeassistant.components.recorder import get_instance  # noqa: PLC0415  # of the running Home Assistant

    await get_instance(hass).async_block_till_done()


async def measure(hass: HomeAssistant, folder: Path, participants: int, seconds: float) -> dict[str, Any]:
    """Return what one Home Assistant did in so many seconds."""
    registry = er.async_get(hass)
    ours = {each.entity_id for each in registry.entities.values() if each.platform == DOMAIN}
    writes: Counter[str] = Counter()

    @callback
    def wrote(event: Event[EventStateChangedData]) -> None:
        entity_id = event.data["entity_id"]
        writes["ours" if entity_id in ours else "feed" if entity_id in METER else "devices"] += 1

    late = LateTurns()
    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, wrote)
    await _flushed(hass)
    rows, size = await hass.async_add_executor_job(_rows, folder)
    process, begun = _process(), time.time()
    watch = asyncio.create_task(late.watch())
    await asyncio.sleep(seconds)
    watch.cancel()
    stop()
    await _flushed(hass)
    after, ended = _process(), time.time()
    rows_after, size_after = await hass.async_add_executor_job(_rows, folder)
    return {
        "participants": participants,
        "begun": begun,
        "ended": ended,
        "writes": {key: writes[key] for key in ("feed", "devices", "ours")},
        "rows": rows_after - rows,
        "recorder_bytes": size_after - size,
        "longest_block_ms": late.longest_s * 1e3,
        "memory_bytes": _memory_bytes(),
        **{key: after[key] - process[key] for key in after},
    }


async def run(
    folder: Path, participants: int, *, wave_s: float, with_us: bool, warm_up_s: float, seconds: float
) -> dict[str, Any]:
    """Start a Home Assistant, let its street live, measure and stop it.

    Raises:
        RuntimeError: It did not start, or its island did not.
    """
    hass = await bootstrap.async_setup_hass(runner.RuntimeConfig(config_dir=str(folder), skip_pip=True))
    if hass is None or hass.config.recovery_mode:
        raise RuntimeError("Home Assistant did not start")
    await hass.async_start()
    street = Street(hass, participants, wave_s)
    street.report()
    life = asyncio.create_task(street.live())
    if with_us:
        entry = island(participants)
        await hass.config_entries.async_add(entry)
        if entry.state is not ConfigEntryState.LOADED:
            raise RuntimeError(f"the island was not set up: {entry.reason}")
    await asyncio.sleep(warm_up_s)
    try:
        found = await measure(hass, folder, participants, seconds)
    finally:
        life.cancel()
        await hass.async_stop(force=True)
    return found | _ledger(folder, found["begun"], found["ended"])


def main(arguments: Sequence[str]) -> int:
    """Run one home and print what it measured."""
    folder, participants, street, with_us, warm_up_s, seconds = arguments
    found = asyncio.run(
        run(
            Path(folder),
            int(participants),
            wave_s=STREETS[street],
            with_us=with_us == "1",
            warm_up_s=float(warm_up_s),
            seconds=float(seconds),
        ),
        loop_factory=runner.create_event_loop,
    )
    print(json.dumps(found), flush=True)
    # Nothing of what a home leaves running may keep the benchmark waiting.
    os._exit(0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""An island in a running Home Assistant with all its files, killed at random moments of a charging session.

Each life is a process of its own: Home Assistant, the integration, its ledger with a node in it, and a charger with an
energy counter, whose car goes on while nobody looks. It is killed (SIGKILL) at a random moment, or right when a step is
written or a payment ordered, and the next life begins on the same files. The last one plugs out and settles. What was
paid is read from the ledger's own files, and held against what the counter says.
"""

import asyncio
import json
import logging
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.tangle_grid.bridge.journal import Journal
from custom_components.tangle_grid.clock import GridClock
from custom_components.tangle_grid.config_flow import TangleGridConfigFlow
from custom_components.tangle_grid.const import DOMAIN, KIND_ISLAND, TREASURY
from custom_components.tangle_grid.economy.sessions import SessionReceipt, recompute
from custom_components.tangle_grid.ledger import Embedded, Ledger, PaymentOrder
from custom_components.tangle_grid.ledger.pyota.library import load

SPEED: Final = 40.0
"""Seconds of the grid in a second."""
_CHARGER: Final = "charger-1"
_METER: Final = ("sensor.l1", "sensor.l2", "sensor.l3")
_TICK_S: Final = 0.05
_RICH_I: Final = 10**9
_PRICES: Final = {"kwh": "0.25", "fee_percent": "5"}


class World:
    """The car and its charger: what was drawn goes on while nobody looks. Kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        kept: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        self.begun: float = kept.get("begun", time.time())
        self.at: float = kept.get("at", self.grid_now())
        self.counter_wh: float = kept.get("counter_wh", 250_000.0)
        self.began_wh: float = kept.get("began_wh", self.counter_wh)
        self.amps: float = kept.get("amps", 32.0)
        self.plugged: bool = kept.get("plugged", True)
        # The car waits for its session to be written down: what it takes before is nobody's.
        self.starts: bool = kept.get("starts", False)
        self.most_wh: int = kept.get("most_wh", 0)
        self.longest_s: float = kept.get("longest_s", 0.0)

    def grid_now(self) -> float:
        """Return the time of the grid: it goes on from life to life."""
        return self.begun + (time.time() - self.begun) * SPEED

    @property
    def power_w(self) -> float:
        """Return what the car draws."""
        return self.amps * 230.0 if self.plugged and self.starts else 0.0

    def go_on(self) -> float:
        """Let the car charge until now, and return how long it was since the last look, s of the grid."""
        now = self.grid_now()
        lasted, self.at = now - self.at, now
        self.counter_wh += self.power_w * lasted / 3600
        return lasted

    def keep(self) -> None:
        """Write it down, all or nothing."""
        kept = {name: value for name, value in vars(self).items() if name != "_path"}
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(kept))
        new.replace(self._path)


def _entry() -> MockConfigEntry:
    charger = {
        "name": "Charger",
        "phases": [1],
        "power": "sensor.power",
        "current_limit": "number.limit",
        "connected": "binary_sensor.plug",
        "energy": "sensor.energy",
        "min_current": 6.0,
        "max_current": 32.0,
        "safe_current": 6.0,
        "learn_phases": False,
        "policy": {"mode": "never"},
    }
    return MockConfigEntry(
        domain=DOMAIN,
        entry_id="killed",
        title="Island",
        unique_id="island-1",
        version=TangleGridConfigFlow.VERSION,
        minor_version=TangleGridConfigFlow.MINOR_VERSION,
        data={
            "kind": KIND_ISLAND,
            "island_id": "0" * 32,
            "meter": {"power": list(_METER)},
            "capacity_a": 63.0,
            "threshold": 80,
        },
        options={"planning": False, "prices": _PRICES, "token_rate": "1000000"},
        subentries_data=[
            {
                "subentry_type": "charger",
                "subentry_id": _CHARGER,
                "title": "Charger",
                "unique_id": None,
                "data": charger,
            }
        ],
    )


def _show(hass: HomeAssistant, world: World) -> None:
    """Show how the world is. It is kept first: no counter runs backwards because somebody died."""
    world.keep()
    for entity_id in _METER:
        watts = 400.0 + (world.power_w if entity_id == _METER[0] else 0.0) + random.uniform(0.0, 1.0)  # noqa: S311
        hass.states.async_set(entity_id, f"{watts:.1f}", {"unit_of_measurement": "W"})
    hass.states.async_set("sensor.power", f"{world.power_w:.1f}", {"unit_of_measurement": "W"}, force_update=True)
    hass.states.async_set("sensor.energy", f"{world.counter_wh:.3f}", {"unit_of_measurement": "Wh"})
    hass.states.async_set("binary_sensor.plug", "on" if world.plugged else "off")
    attributes = {"unit_of_measurement": "A", "min": 0, "max": 32, "step": 1}
    hass.states.async_set("number.limit", f"{world.amps:.0f}", attributes)


@contextmanager
def _fast(world: World, say: Callable[[str], None]) -> Iterator[None]:
    """Let the island run on the world's time, with a quick node, and say when it writes and pays."""
    clock = GridClock(speed=SPEED, wall_anchor=world.begun, grid_anchor=world.begun)
    record, pay = Journal.record, Ledger.pay

    def recorded(journal: Journal, steps: Any) -> None:
        say("writing")
        record(journal, steps)
        say("written")

    async def paid(ledger: Ledger, order: PaymentOrder) -> Any:
        say("paying")
        found = await pay(ledger, order)
        say("paid")
        return found

    place = "custom_components.tangle_grid"
    with (
        patch(f"{place}.island.runtime.make_clock", lambda _entry, _last: clock),
        patch(f"{place}.bridge.options.Embedded", lambda **_given: Embedded(mwm=1, milestone_interval_s=0.1)),
        patch.object(Journal, "record", recorded),
        patch.object(Ledger, "pay", paid),
    ):
        yield


async def _live(folder: Path, say: Callable[[str], None], *, ends: bool) -> None:
    world = World(folder / "world.json")
    async with async_test_home_assistant(config_dir=str(folder)) as hass:
        hass.data.pop(DATA_CUSTOM_COMPONENTS)

        async def set_limit(call: ServiceCall) -> None:
            world.go_on()
            world.amps = float(call.data["value"])
            _show(hass, world)

        hass.services.async_register("number", "set_value", set_limit)
        away_s = world.go_on()
        _show(hass, world)
        with _fast(world, say):
            entry = _entry()
            entry.add_to_hass(hass)
            if not await hass.config_entries.async_setup(entry.entry_id):
                raise SystemExit("the integration could not be set up")
            runtime = entry.runtime_data
            await _until(lambda: runtime.link.is_open and runtime.economy.desk.is_open)
            if (await runtime.ledger.wallets())[_CHARGER].balance_i == 0 and not world.starts:
                await runtime.ledger.pay(
                    PaymentOrder(payment_id="begin", source=TREASURY, target=_CHARGER, amount_i=_RICH_I)
                )
            away_s += world.go_on()
            world.longest_s = max(world.longest_s, away_s)
            say("ready")
            while not ends:
                _look(hass, world, runtime)
                await asyncio.sleep(_TICK_S)
            await _end(hass, world, runtime)
            await hass.config_entries.async_unload(entry.entry_id)
            await hass.async_block_till_done()
        await hass.async_stop(force=True)


def _look(hass: HomeAssistant, world: World, runtime: Any) -> None:
    world.go_on()
    _show(hass, world)
    session = runtime.economy.charging.session(_CHARGER)
    if session is not None:
        desk = runtime.economy.desk
        world.starts = world.starts or desk.is_idle
        world.most_wh = max(world.most_wh, session.credit_wh)


async def _end(hass: HomeAssistant, world: World, runtime: Any) -> None:
    """Charge a little, plug out, and wait until all is paid."""
    for _tick in range(20):
        _look(hass, world, runtime)
        await asyncio.sleep(_TICK_S)
    world.go_on()
    world.plugged = False
    world.counter_wh = float(int(world.counter_wh) + 1)

    def over() -> bool:
        _show(hass, world)
        return runtime.economy.charging.session(_CHARGER) is None and not runtime.economy.charging._settling  # noqa: SLF001

    await _until(over, 60.0)
    await runtime.economy.desk.async_settled()
    await runtime.ledger.drain(30.0)
    world.keep()


async def _until(is_so: Callable[[], bool], patience_s: float = 30.0) -> None:
    until = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > until:
            raise SystemExit("it took too long")
        await asyncio.sleep(_TICK_S)


def _child(folder: Path, to: int, *, ends: bool) -> None:
    """Live, and write each word to a pipe."""

    def say(word: str) -> None:
        os.write(to, f"{word}\n".encode())

    code = 1
    try:
        logging.disable(logging.CRITICAL)
        asyncio.run(_live(folder, say, ends=ends))
        code = 0
    except BaseException as error:  # noqa: BLE001 - it is said, and the process ends
        say(f"failed: {error!r}")
    finally:
        os._exit(code)


def _life(folder: Path, rng: random.Random, *, ends: bool) -> str:
    """Live once. Return at which word it was killed, or how it ended."""
    from_, to = os.pipe()
    process = os.fork()
    if not process:
        os.close(from_)
        _child(folder, to, ends=ends)
    os.close(to)
    word = ""
    with os.fdopen(from_) as words:
        if not ends:
            word = _wait_for_death(words, rng)
            os.kill(process, signal.SIGKILL)
        for line in words:
            word = word or (line.strip() if line.startswith("failed") else "")
    _pid, status = os.waitpid(process, 0)
    if word.startswith("failed") or (ends and status):
        raise AssertionError(word or f"it ended with {status}")
    return word


def _wait_for_death(words: Any, rng: random.Random) -> str:
    """Wait until this life shall end: at a word after it is ready, after a while, or before it is ready."""
    chosen = rng.choice(["start", "", "", "writing", "written", "paying", "paid"])
    longest_s, begun, ready = rng.uniform(0.05, 1.2), time.monotonic(), False
    os.set_blocking(words.fileno(), False)
    while True:
        line = words.readline().strip()
        if line.startswith("failed"):
            return str(line)
        if line == "ready":
            ready, begun = True, time.monotonic()
        elif ready and line and line == chosen:
            return chosen
        patience_s = (longest_s if ready or chosen == "start" else 60.0) + (2.0 if chosen and ready else 0.0)
        if chosen == "start" and time.monotonic() - begun > patience_s:
            return chosen
        if time.monotonic() - begun > patience_s:
            return "failed: it was not ready in time" if not ready else "any time"
        if not line:
            time.sleep(0.002)


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What came of a session whose island was killed so often. Energy in Wh, times in s of the grid."""

    kills: int
    at: Mapping[str, int]
    wh: int
    payments: int
    most_credit_wh: int
    longest_away_s: float


def killed_session(kills: int, seed: int) -> Killed:
    """Return what came of it. Raises AssertionError unless each slice was paid once and all sums are exact."""
    load()
    rng = random.Random(seed)  # noqa: S311 - a simulation
    at: dict[str, int] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        for _kill in range(kills):
            word = _life(folder, rng, ends=False)
            at[word] = at.get(word, 0) + 1
        _life(folder, rng, ends=True)
        world = World(folder / "world.json")
        receipt, paid = _books(folder)
    taken = int(world.counter_wh) - int(world.began_wh)
    if receipt.wh_in != taken:
        raise AssertionError(f"{receipt.wh_in} Wh were billed, {taken} were taken: {receipt.findings}, {receipt.rows}")
    if found := recompute(receipt):
        raise AssertionError(f"the receipt contradicts itself: {found}")
    if paid != {order.payment_id: order.amount_i for order in receipt.payments}:
        raise AssertionError(f"the ledger has {paid}, the receipt {receipt.payments}")
    signed = sum(each.amount_i if each.source == _CHARGER else -each.amount_i for each in receipt.payments)
    if signed != receipt.charge_i + receipt.fee_i:
        raise AssertionError(f"{signed} i were paid, {receipt.charge_i + receipt.fee_i} i are owed")
    return Killed(
        kills=kills,
        at=dict(sorted(at.items())),
        wh=receipt.wh_in,
        payments=len(paid),
        most_credit_wh=world.most_wh,
        longest_away_s=round(world.longest_s, 1),
    )


def _books(folder: Path) -> tuple[SessionReceipt, dict[str, int]]:
    """Read the receipt from the journal, and what the ledger's own file has of its payments, all confirmed."""
    (journal,) = folder.rglob("economy.sqlite")
    with sqlite3.connect(journal) as database:
        sagas = database.execute("SELECT state, ended FROM saga WHERE kind = 'charging'").fetchall()
    if len(sagas) != 1 or not sagas[0][1]:
        raise AssertionError(f"{len(sagas)} sessions, or one that is not over")
    receipt = SessionReceipt.from_dict(json.loads(sagas[0][0])["receipt"])
    (wallet,) = folder.rglob("wallet.sqlite")
    with sqlite3.connect(wallet) as database:
        rows = database.execute("SELECT payment_id, amount, state FROM payment").fetchall()
    own = [row for row in rows if row[0].startswith(receipt.session_id)]
    if not all(row[2] == "confirmed" for row in own):
        raise AssertionError(f"not all payments are confirmed: {own}")
    paid = {row[0].partition("~")[0]: row[1] for row in own}
    if len(paid) != len(own):
        raise AssertionError(f"a payment was made twice: {own}")
    return receipt, paid

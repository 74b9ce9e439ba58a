"""From a meter's state change to the action call that carries the lower setpoint, inside a running Home Assistant.

scripts/bench reaction [--participants 10,100,1000] [--rounds N] [--clock wall] [--json]

The whole integration is set up with N chargers, their entities and a meter; only the ledger is left out. In each round
the meter jumps above the capacity: the time runs until the first, and until the last charger's action is called. The
longest block of the event loop is measured at the same time, by a callback that asks for its turn all the while. On a
machine that does other things as well, `--clock processor` counts the time that the loop's thread was at work.
Then the load falls again and the chargers are let back up.
"""

import argparse
import asyncio
import itertools
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import AsyncMock, patch

import numpy as np
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.tangle_grid.const import (
    CONF_BATTERY_KWH,
    CONF_CAPACITY_A,
    CONF_CURRENT_LIMIT,
    CONF_ISLAND_ID,
    CONF_KIND,
    CONF_MAX_CURRENT,
    CONF_METER,
    CONF_METER_POWER,
    CONF_MIN_CURRENT,
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
)

METER = ("sensor.meter_l1", "sensor.meter_l2", "sensor.meter_l3")
VOLTS = 230.0
MOST_A = 16.0
#: A per charger and phase for which the feed is built, and which the other loads take in quiet times.
BUILT_A, QUIET_A = 20.0, 1.0
#: What the wall shows, or for how long the loop's thread was at work.
CLOCKS: Final[dict[str, Callable[[], float]]] = {"wall": time.perf_counter, "processor": time.thread_time}
_CLOCK: Final[dict[str, Callable[[], float]]] = {"now": time.perf_counter}


def subentry(number: int) -> ConfigSubentryDataWithId:
    return ConfigSubentryDataWithId(
        subentry_type="charger",
        subentry_id=f"charger-{number}",
        title=f"Charger {number}",
        unique_id=None,
        data={
            "name": f"Charger {number}",
            CONF_PHASES: [1, 2, 3],
            CONF_POWER: f"sensor.power_{number}",
            CONF_CURRENT_LIMIT: f"input_number.limit_{number}",
            CONF_SOC: f"sensor.soc_{number}",
            CONF_BATTERY_KWH: 60.0,
            CONF_TARGET_SOC: 100.0,
            CONF_MIN_CURRENT: 6.0,
            CONF_MAX_CURRENT: MOST_A,
            CONF_SAFE_CURRENT: MOST_A,
            CONF_POLICY: {CONF_POLICY_MODE: "never"},
        },
    )


class Street:
    """The devices: numbers that are written to, sensors that follow."""

    def __init__(self, hass: HomeAssistant, count: int) -> None:
        self.hass = hass
        self.count = count
        self.called: list[tuple[float, float]] = []
        self._nudge = itertools.cycle((0.0, 0.1))
        hass.services.async_register("input_number", "set_value", self._set)
        for number in range(count):
            self._limit(number, MOST_A)
            hass.states.async_set(f"sensor.soc_{number}", "20", {"unit_of_measurement": "%"})
        self.follow()

    def _limit(self, number: int, amps: float) -> None:
        self.hass.states.async_set(
            f"input_number.limit_{number}",
            str(amps),
            {"min": 0, "max": MOST_A, "step": 1, "unit_of_measurement": "A"},
        )

    async def _set(self, call: ServiceCall) -> None:
        entity_id, amps = call.data["entity_id"], float(call.data["value"])
        before = self.hass.states.get(entity_id)
        assert before is not None  # noqa: S101  # set at the start
        self.called.append((_CLOCK["now"](), amps - float(before.state)))
        self._limit(int(entity_id.rsplit("_", 1)[1]), amps)

    def follow(self) -> float:
        """Return all cars draw what they were told; returns their sum per phase, A."""
        total = 0.0
        for number in range(self.count):
            state = self.hass.states.get(f"input_number.limit_{number}")
            amps = float(state.state) if state else 0.0
            total += amps
            self.hass.states.async_set(
                f"sensor.power_{number}", str(amps * VOLTS * 3 + next(self._nudge)), {"unit_of_measurement": "W"}
            )
        return total

    def meter(self, other_a: float) -> float:
        """Report cars plus other loads; returns the moment of the first change."""
        watts = (self.follow() + other_a * self.count) * VOLTS + next(self._nudge)
        moment = _CLOCK["now"]()
        for entity_id in METER:
            self.hass.states.async_set(entity_id, str(watts), {"unit_of_measurement": "W"})
        return moment


class BlockWatch:
    """Longest time for which the loop had no turn for anybody else."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._last = _CLOCK["now"]()
        self._stopped = False
        asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        now = _CLOCK["now"]()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now
        if not self._stopped:
            asyncio.get_running_loop().call_soon(self._turn)

    def stop(self) -> float:
        """Return the longest time so far, s; the watch ends."""
        self._stopped = True
        return self.longest_s


async def measure(count: int, rounds: int) -> dict[str, Any]:
    """Return all rounds with one number of participants."""
    with TemporaryDirectory() as folder:
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop(DATA_CUSTOM_COMPONENTS)
            return await _measure(hass, count, rounds)


async def _measure(hass: HomeAssistant, count: int, rounds: int) -> dict[str, Any]:
    street = Street(hass, count)
    street.meter(QUIET_A)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Street",
        data={
            CONF_KIND: KIND_ISLAND,
            CONF_ISLAND_ID: "0" * 32,
            "name": "Street",
            CONF_METER: {CONF_METER_POWER: list(METER)},
            CONF_CAPACITY_A: BUILT_A * count,
            CONF_THRESHOLD: 95,
        },
        subentries_data=[subentry(number) for number in range(count)],
    )
    entry.add_to_hass(hass)
    started = time.perf_counter()
    if not await hass.config_entries.async_setup(entry.entry_id):
        raise SystemExit("the integration could not be set up")
    await hass.async_block_till_done()
    setup_s = time.perf_counter() - started
    first: list[float] = []
    last: list[float] = []
    blocks: list[float] = []
    # Never the same twice in a row: what was just written is not written again.
    others = itertools.cycle((BUILT_A * 0.6, BUILT_A * 0.5, BUILT_A * 0.4))
    for _ in range(rounds):
        await _let_up(street, entry)
        street.follow()
        await asyncio.sleep(1.2)
        await hass.async_block_till_done()
        street.called.clear()
        watch = BlockWatch()
        changed = street.meter(next(others))
        await asyncio.sleep(0.3)
        await hass.async_block_till_done()
        blocks.append(watch.stop() * 1e3)
        down = [moment for moment, change in street.called if change < 0]
        if down:
            first.append((min(down) - changed) * 1e3)
            last.append((max(down) - changed) * 1e3)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.NOT_LOADED  # noqa: S101  # nothing may be left running
    await hass.async_stop(force=True)
    return {
        "rounds": len(first),
        "setup_s": round(setup_s, 2),
        "first_ms": _spread(first),
        "last_ms": _spread(last),
        "longest_block_ms": _spread(blocks),
    }


async def _let_up(street: Street, entry: MockConfigEntry) -> None:
    """Put the chargers back to full power, as if the hold and ramp times were over."""
    engine = entry.runtime_data.engine
    for number in range(street.count):
        street._limit(number, MOST_A)  # noqa: SLF001  # the street is this file's own
    for device in engine._parts.devices.values():  # noqa: SLF001  # the grid has no door for skipping time
        if device.lease is not None:
            device.lease.value = MOST_A
        device.reduced_at = None
    street.meter(QUIET_A)
    await asyncio.sleep(0.1)


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    p50, p90 = np.percentile(values, [50, 90])
    return {"median": round(float(p50), 2), "p90": round(float(p90), 2), "max": round(max(values), 2)}


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench reaction")
    parser.add_argument("--participants", default="10,100,1000", help="numbers of chargers, with commas")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="what the times are taken from")
    parser.add_argument("--json", action="store_true", help="print only JSON")
    options = parser.parse_args(argv)
    _CLOCK["now"] = CLOCKS[options.clock]
    logging.disable(logging.WARNING)
    results: dict[int, dict[str, Any]] = {}
    # An island whose ledger never opens: the grid does not wait for it.
    with patch("custom_components.tangle_grid.bridge.link.LedgerLink._async_open", AsyncMock()):
        for count in (int(text) for text in options.participants.split(",")):
            results[count] = asyncio.run(measure(count, options.rounds))
    if options.json:
        print(json.dumps(results, indent=2))
        return 0
    print("ms from the meter's change: to the first action call, to the last, longest block of the loop")
    for count, each in results.items():
        print(f"{count:6,} participants, {each['rounds']} rounds, set up in {each['setup_s']:.1f} s")
        for key in ("first_ms", "last_ms", "longest_block_ms"):
            values = each[key]
            text = "  ".join(f"{name} {value:8.2f}" for name, value in values.items())
            print(f"    {key:18}{text}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

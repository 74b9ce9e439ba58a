"""A Home Assistant of its own whose files an earlier release has stored; run with the packages of the demo.

`python scripts/lib/start.py tests.support.upgraded_home FOLDER` starts it there and prints one JSON line: what became
of the island.
"""

import asyncio
import json
import os
import sys
from typing import Any

from homeassistant import bootstrap, runner
from homeassistant.const import __version__
from homeassistant.helpers import entity_registry as er

CONFIGURATION = """
homeassistant:
logger:
  default: error
input_number:
  limit: {min: 0, max: 16, initial: 16, unit_of_measurement: A}
  discharge: {min: 0, max: 16, initial: 0, unit_of_measurement: A}
  setpoint: {min: -3000, max: 3000, initial: 0, unit_of_measurement: W}
input_boolean:
  charger: {initial: true}
  boiler: {initial: true}
"""
_OPEN_S = 60


async def look(folder: str) -> dict[str, Any]:
    """Return how the island is once its ledger is open, or after a minute."""
    hass = await bootstrap.async_setup_hass(runner.RuntimeConfig(config_dir=folder, skip_pip=True))
    assert hass is not None
    await hass.async_start()
    (entry,) = hass.config_entries.async_entries("tangle_grid")
    link = getattr(entry, "runtime_data", None) and entry.runtime_data.link
    for _ in range(_OPEN_S * 10):
        if link is None or (link.healthy and not entry.runtime_data.engine.commands.unpaid()):
            break
        await asyncio.sleep(0.1)
    ledger = link.ledger
    await ledger.drain(_OPEN_S)
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    found = {
        "version": __version__,
        "recovery_mode": hass.config.recovery_mode,
        "state": entry.state.value,
        "entities": {each.entity_id: each.unique_id for each in entities},
        "provided": sorted(each.entity_id for each in entities if hass.states.get(each.entity_id) is not None),
        "balances": {wallet: state.balance_i for wallet, state in (await ledger.wallets()).items()},
        "lost": list(entry.runtime_data.engine.lost),
    }
    await hass.async_stop(force=True)
    return found


if __name__ == "__main__":
    said = asyncio.run(look(sys.argv[1]), loop_factory=runner.create_event_loop)
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    # Nothing of what a home leaves running may keep the test waiting.
    os._exit(0)

"""What earlier releases stored opens with nothing lost: files that their own code wrote, in a real Home Assistant."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    category_registry as cr,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    issue_registry as ir,
    label_registry as lr,
    restore_state,
)
from homeassistant.setup import async_setup_component

from custom_components.tangle_grid.bridge.journal import JOURNAL_FILE
from custom_components.tangle_grid.bridge.secrets import ledger_folder
from custom_components.tangle_grid.const import DOMAIN, TREASURY
from custom_components.tangle_grid.island.runtime import IslandRuntime
from custom_components.tangle_grid.ledger import SUPPLY, PaymentState
from tests.support.real_ledger import async_until

STORED: Final = Path(__file__).parents[1] / "fixtures"
RELEASES: Final = sorted(path.name for path in STORED.iterdir() if path.is_dir() and path.name != "__pycache__")
SENSORS: Final = {
    **{f"sensor.{meter}{phase}": (1_680, "W") for meter in ("l", "annex_l") for phase in (1, 2, 3)},
    "sensor.charger": (4_140, "W"),
    "sensor.car": (60, "%"),
    "sensor.battery": (0, "W"),
    "sensor.battery_soc": (55, "%"),
    "sensor.home": (900, "W"),
    "sensor.sun": (0, "W"),
}
# Its battery gave back 33 Wh in each of two requests at 1,000,000 i/kWh: one was paid, one was still owed.
REWARD: Final = 33_000
PAID: Final = "4c0e9d392bc8"
OWED: Final = "d66d0ac8141e"


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> Path:
    """The folder of a release."""
    return STORED / str(request.param)


@pytest.fixture
def load_registries() -> bool:
    """Not the empty ones of other tests."""
    return False


@pytest.fixture
def hass_config_dir(release: Path, hass_tmp_config_dir: str, hass_storage: dict[str, Any]) -> str:
    """A home in which that release has lived: tests have a stand-in for `.storage`, all else lies in the folder."""
    shutil.copytree(release, hass_tmp_config_dir, dirs_exist_ok=True)
    for path in (release / ".storage").iterdir():
        hass_storage[path.name] = json.loads(path.read_text())
    return hass_tmp_config_dir


@pytest.fixture
async def opened(hass: HomeAssistant) -> ConfigEntry[IslandRuntime]:
    """Its island, started by the code of today beside the devices that it had."""
    dr.async_setup(hass)
    for registry in (ar, cr, dr, er, fr, ir, lr):
        await registry.async_load(hass)
    await restore_state.async_load(hass)
    for entity_id, (value, unit) in SENSORS.items():
        hass.states.async_set(entity_id, str(value), {"unit_of_measurement": unit})
    hass.states.async_set("binary_sensor.plug", "on")
    amperes = {"min": 0, "max": 16, "initial": 16, "unit_of_measurement": "A"}
    watts = {"min": -3000, "max": 3000, "initial": 0, "unit_of_measurement": "W"}
    numbers = {"limit": amperes, "discharge": {**amperes, "initial": 0}, "setpoint": watts}
    assert await async_setup_component(hass, "input_number", {"input_number": numbers})
    switches: dict[str, dict[str, Any]] = {"charger": {"initial": True}, "boiler": {"initial": True}}
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": switches})
    await hass.config_entries.async_initialize()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_until(hass, lambda: entry.runtime_data.link.healthy)
    return entry


def stored(release: Path, suffix: str) -> Any:
    (path,) = (release / ".storage").glob(f"*{suffix}")
    return json.loads(path.read_text())["data"]


async def test_the_island_runs_with_everybody_who_was_on_it(
    hass: HomeAssistant, release: Path, opened: ConfigEntry[IslandRuntime]
) -> None:
    assert opened.state is ConfigEntryState.LOADED
    (before,) = stored(release, "config_entries")["entries"]
    assert {(each["subentry_id"], each["subentry_type"], each["title"]) for each in before["subentries"]} == {
        (each.subentry_id, each.subentry_type, each.title) for each in opened.subentries.values()
    }
    assert Counter(each.subentry_type for each in opened.subentries.values()) == Counter(
        ("feeder", "charger", "battery", "household", "solar", "guest")
    )
    for each in before["subentries"]:
        assert each["data"] == opened.subentries[each["subentry_id"]].data
    assert opened.unique_id == before["unique_id"]
    assert opened.title == before["title"]
    assert not opened.runtime_data.engine.lost


async def test_entities_keep_their_ids_and_go_on(
    hass: HomeAssistant, release: Path, opened: ConfigEntry[IslandRuntime]
) -> None:
    """Automations, dashboards and histories hang on the entity id, the entity id on the unique id."""
    registry = er.async_get(hass)
    before = {each["entity_id"]: each["unique_id"] for each in stored(release, "entity_registry")["entities"]}
    assert len(before) == 114
    for entity_id, unique_id in before.items():
        entry = registry.async_get(entity_id)
        assert entry is not None, entity_id
        assert entry.unique_id == unique_id
        state = hass.states.get(entity_id)
        if entry.disabled_by is None:
            assert state is not None, entity_id
            assert not state.attributes.get("restored"), f"{entity_id} is provided by nobody"
    assert hass.states.get("sensor.maple_4_power").state != STATE_UNAVAILABLE  # type: ignore[union-attr]


async def test_wallets_have_their_seeds_and_what_was_owed_is_paid_once(
    hass: HomeAssistant, release: Path, opened: ConfigEntry[IslandRuntime]
) -> None:
    runtime = opened.runtime_data
    secrets = await runtime.secret_store.async_secrets()
    assert secrets is not None
    kept = stored(release, ".secrets")
    assert dict(secrets.seeds) == kept["secrets"]["seeds"]
    assert secrets.signing_key == kept["secrets"]["signing_key"]
    (battery,) = (wallet for wallet, owner in kept["owners"].items() if owner["kind"] == "battery")

    async def payments() -> dict[str, PaymentState]:
        return {each.payment_id: each.state for each in await runtime.ledger.payments(limit=500)}

    assert (await payments())[f"{PAID}:{battery}"] is PaymentState.CONFIRMED
    await async_until(hass, lambda: not runtime.engine.commands.unpaid())
    assert await runtime.ledger.drain(60)
    await hass.async_block_till_done()
    assert await payments() == {
        f"{PAID}:{battery}": PaymentState.CONFIRMED,
        f"{OWED}:{battery}": PaymentState.CONFIRMED,
    }
    wallets = await runtime.ledger.wallets()
    balances = {wallet: state.balance_i for wallet, state in wallets.items()}
    assert balances == {
        **dict.fromkeys(kept["secrets"]["seeds"], 0),
        TREASURY: SUPPLY - 2 * REWARD,
        battery: 2 * REWARD,
    }
    assert runtime.ledger.status().supply_ok
    asks = [ask for request in runtime.engine.requests.values() for ask in request.asks.values()]
    assert [(ask.amount_i, ask.confirmed_at is not None) for ask in asks] == [(REWARD, True), (REWARD, True)]


async def test_receipts_of_before_are_verified(
    hass: HomeAssistant, release: Path, opened: ConfigEntry[IslandRuntime]
) -> None:
    """Whoever was rewarded then can still show what for."""
    runtime = opened.runtime_data
    owners = stored(release, ".secrets")["owners"]
    (battery,) = (wallet for wallet, owner in owners.items() if owner["kind"] == "battery")
    verification = await runtime.ledger.tangle.verify(payment_id=f"{PAID}:{battery}")
    assert verification.ok, verification
    kinds = {message.kind for message in await runtime.ledger.tangle.messages(limit=500)}
    assert {"request", "answer", "settlement"} <= kinds


async def test_the_books_begin_where_a_release_had_none(
    hass: HomeAssistant, release: Path, opened: ConfigEntry[IslandRuntime]
) -> None:
    """Nobody has to begin anew for what came later: it starts with what the wallets hold."""
    runtime = opened.runtime_data
    journal = ledger_folder(hass, runtime.island_id) / JOURNAL_FILE
    assert not list(release.rglob(JOURNAL_FILE))  # noqa: ASYNC240 - a folder of a test
    await async_until(hass, lambda: runtime.economy.desk.is_open)
    assert journal.is_file()
    # Each participant of then has a key that nobody else has, for receipts of its own.
    keyring = await runtime.secret_store.async_load(
        {each.subentry_id: (each.subentry_type, each.title) for each in opened.subentries.values()}
    )
    wallets = set(runtime.wallet_ids.values())
    assert wallets <= set(keyring.persons)
    assert len(set(keyring.persons.values())) == len(keyring.persons)


async def test_the_stay_of_the_car_and_what_is_learned_go_on(release: Path, opened: ConfigEntry[IslandRuntime]) -> None:
    before, now = stored(release, ".grid")["engine"], opened.runtime_data.engine.to_dict()
    (charger,) = before["market"]["habits"]["claims"]
    then, claim = (state["market"]["habits"]["claims"][charger] for state in (before, now))
    assert claim["arrived_at"] == then["arrived_at"] is not None
    assert claim["drawn_wh"] >= then["drawn_wh"] > 0
    assert now["market"]["debts"] == before["market"]["debts"]
    assert set(now["devices"]) == set(before["devices"])
    assert [request["request_id"] for request in now["requests"]] == [PAID, OWED]

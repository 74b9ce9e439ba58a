"""Limits, owners' addresses, sweeps and seeds, on real wallets."""

import json
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er

from custom_components.tangle_grid.bridge.secrets import SecretStore
from custom_components.tangle_grid.const import TREASURY
from custom_components.tangle_grid.diagnostics import async_get_config_entry_diagnostics
from custom_components.tangle_grid.ledger import LedgerError, new_seed
from custom_components.tangle_grid.ledger.trinary import address_of, with_checksum
from tests.support.island import BATTERY, CHARGER, HOUSEHOLD, Island
from tests.support.options_forms import step, submit
from tests.support.real_ledger import async_until, live_island, logged

__all__ = ["live_island"]

OWNER = with_checksum(address_of("OWNER" + "9" * 76, 0))


@pytest.fixture
def island(live_island: Island) -> Island:
    return live_island


async def pay(island: Island, amount: int, target: str = CHARGER) -> None:
    """Give a participant something from the treasury."""
    balances = island.runtime.link.wallets
    wallet = island.runtime.wallet_ids[target]
    before = balances[wallet].balance_i
    await island.call("reward", device_id=island.device_id(target), amount=amount, reason="x")
    await async_until(island.hass, lambda: island.runtime.link.wallets[wallet].balance_i == before + amount)


async def refused(island: Island, action: str, **data: Any) -> str | None:
    with pytest.raises(ServiceValidationError) as refusal:
        await island.call(action, **data)
    assert "{" not in str(refusal.value)
    return refusal.value.translation_key


async def test_limits(island: Island) -> None:
    charger = island.device_id(CHARGER)
    await pay(island, 1_000)
    rules = await island.call("set_spending_limits", response=True, device_id=charger, per_payment=300, per_day=500)
    assert (rules["per_payment"], rules["per_day"], rules["left_today"]) == (300, 500, 500)
    send: dict[str, Any] = {"device_id": charger, "target_device_id": island.device_id(HOUSEHOLD)}
    assert await refused(island, "send_tokens", amount=301, **send) == "over_payment_limit"
    await island.call("send_tokens", amount=300, **send)
    assert await refused(island, "send_tokens", amount=201, **send) == "over_day_limit"

    # What is left out stays as it is.
    rules = await island.call("set_spending_limits", response=True, device_id=charger, remove=["per_payment"])
    assert (rules["per_payment"], rules["per_day"], rules["left_today"]) == (None, 500, 200)
    assert await refused(island, "set_spending_limits", device_id=charger, per_day=-1) == "invalid_limit"
    both: dict[str, Any] = {"device_id": charger, "per_day": 5, "remove": "per_day"}
    assert await refused(island, "set_spending_limits", **both) == "limit_set_and_removed"
    await async_until(island.hass, lambda: island.runtime.link.ledger.status().queued == 0)


async def test_the_sensors_show_it(hass: HomeAssistant, island: Island) -> None:
    registry = er.async_get(hass)
    for key, owner in (("spendable_today", CHARGER), ("treasury_spendable_today", None), ("ledger_backend", None)):
        registry.async_update_entity(island.entity_id("sensor", key, owner), disabled_by=None)
    registry.async_update_entity(island.entity_id("sensor", "confirmation_time"), disabled_by=None)
    await hass.config_entries.async_reload(island.entry.entry_id)
    await async_until(hass, lambda: island.runtime.link.healthy)
    await pay(island, 1_000)
    await island.call("set_spending_limits", device_id=island.device_id(CHARGER), per_day=400)
    await island.call("set_owner_address", device_id=island.device_id(CHARGER), address=OWNER)
    await island.settle()
    assert island.state("sensor", "spendable_today", CHARGER) == "400"
    state = hass.states.get(island.entity_id("sensor", "spendable_today", CHARGER))
    assert state is not None
    assert state.attributes["owner_address"] == OWNER
    assert island.state("sensor", "ledger_backend") == "embedded"
    assert float(island.state("sensor", "confirmation_time")) > 0
    assert int(island.state("sensor", "treasury_spendable_today")) > 0


async def test_owner_and_sweep(island: Island) -> None:
    charger = island.device_id(CHARGER)
    assert await refused(island, "sweep", device_id=charger) == "no_owner_address"
    own = island.runtime.link.wallets[island.runtime.wallet_ids[BATTERY]].address
    for wrong in ("x", OWNER[:-1] + ("A" if OWNER[-1] != "A" else "B"), own):
        assert await refused(island, "set_owner_address", device_id=charger, address=wrong) == "invalid_address"
    limits: dict[str, Any] = {"address": OWNER, "sweep_above": 5, "keep": 6}
    assert await refused(island, "set_owner_address", device_id=charger, **limits) == "invalid_limit"

    await pay(island, 1_000)
    rules = await island.call(
        "set_owner_address", response=True, device_id=charger, address=OWNER, sweep_above=5_000, keep=100
    )
    assert (rules["owner_address"], rules["sweep_above"], rules["keep"]) == (OWNER, 5_000, 100)
    payment = await island.call("sweep", response=True, device_id=charger)
    assert (payment["amount"], payment["target"]) == (900, OWNER)
    wallet = island.runtime.wallet_ids[CHARGER]
    await async_until(island.hass, lambda: island.runtime.link.wallets[wallet].balance_i == 100)
    # Above the cap, by itself.
    await island.call("reward", device_id=charger, amount=6_000, reason="x")
    await async_until(island.hass, lambda: island.runtime.link.wallets[wallet].spent_i == 6_900)
    rules = await island.call("set_owner_address", response=True, device_id=charger)
    assert rules["owner_address"] is None


async def test_the_queue(island: Island) -> None:
    entry_id = island.entry.entry_id
    await island.call("reward", device_id=island.device_id(CHARGER), amount=5, reason="x", payment_id="p1")
    listed = await island.call("get_queue", response=True, config_entry_id=entry_id)
    assert all(each["position"] == at for at, each in enumerate(listed["queue"], start=1))
    assert {each["payment_id"] for each in listed["queue"]} <= {"p1"}
    await async_until(island.hass, lambda: island.runtime.link.wallets["charger-1"].balance_i == 5)
    assert await island.call("get_queue", response=True, config_entry_id=entry_id) == {"queue": []}


async def test_a_seed_is_shown_once(hass: HomeAssistant, island: Island, caplog: pytest.LogCaptureFixture) -> None:
    entry, runtime = island.entry, island.runtime
    wallet = runtime.wallet_ids[CHARGER]
    form = await step(hass, entry, "seeds", "export_seed")
    form = await submit(hass, form, wallet=wallet, confirm=False)
    assert form["errors"] == {"confirm": "not_confirmed"}
    shown = await submit(hass, form, wallet=wallet, confirm=True)
    assert shown["step_id"] == "seed_shown"
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    seed = placeholders["seed"]
    assert placeholders["wallet"] == "Charger Maple 4"
    stored = await SecretStore(hass, runtime.island_id).async_secrets()
    assert stored is not None
    assert stored.seeds[wallet] == seed
    done = await submit(hass, shown)
    assert done["type"] is FlowResultType.ABORT
    assert seed not in json.dumps(done, default=str)
    diagnostics = json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str)
    for text in (
        diagnostics,
        logged(caplog),
        json.dumps([state.as_dict() for state in hass.states.async_all()], default=str),
    ):
        assert seed not in text


async def test_no_seed_is_shown_or_taken_while_the_wallets_are_closed(
    hass: HomeAssistant, island: Island, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, runtime = island.entry, island.runtime
    wallet = runtime.wallet_ids[CHARGER]
    forms = [await step(hass, entry, "seeds", name) for name in ("export_seed", "import_seed")]

    async def fails(*_: Any) -> Any:
        raise LedgerError("ledger_unavailable", {})

    with monkeypatch.context() as broken:
        broken.setattr(type(runtime.link.ledger.seeds), "export", fails)
        again = await submit(hass, forms[0], wallet=wallet, confirm=True)
        assert again["errors"] == {"base": "ledger_unavailable"}
    seed = new_seed()
    await runtime.link.async_close()
    assert (await step(hass, entry, "seeds"))["reason"] == "wallets_closed"
    assert (await submit(hass, forms[0], wallet=wallet, confirm=True))["reason"] == "wallets_closed"
    refused = await submit(hass, forms[1], wallet=wallet, wallet_seed=seed, confirm=True)
    assert refused["reason"] == "wallets_closed"
    stored = await SecretStore(hass, runtime.island_id).async_secrets()
    assert stored is not None
    assert seed not in stored.seeds.values()


async def test_a_seed_is_imported(
    hass: HomeAssistant, island: Island, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    entry, runtime = island.entry, island.runtime
    wallet = runtime.wallet_ids[CHARGER]
    store = SecretStore(hass, runtime.island_id)
    before = await store.async_secrets()
    assert before is not None
    seed = new_seed()
    # Somebody has put something on it already.
    await island.call("send_tokens", device_id=island.device_id(), target=with_checksum(address_of(seed, 0)), amount=77)
    await async_until(hass, lambda: runtime.link.wallets[TREASURY].spent_i == 77)
    await pay(island, 5)

    form = await step(hass, entry, "seeds", "import_seed")
    for fields, errors in (
        ({"wallet_seed": seed, "confirm": False}, {"confirm": "not_confirmed"}),
        ({"wallet_seed": "short", "confirm": True}, {"wallet_seed": "invalid_seed"}),
        ({"wallet_seed": before.seeds[TREASURY], "confirm": True}, {"wallet_seed": "seed_in_use"}),
        ({"wallet_seed": seed, "confirm": True}, {"wallet": "wallet_not_empty"}),
    ):
        form = await submit(hass, form, wallet=wallet, **fields)
        assert form["errors"] == errors
        assert (await store.async_secrets()) == before or not (await store.async_secrets()).imports  # type: ignore[union-attr]
    await island.call("send_tokens", device_id=island.device_id(CHARGER), target_device_id=island.device_id(), amount=5)
    await async_until(hass, lambda: not runtime.link.wallets[wallet].balance_i)
    await async_until(hass, lambda: not runtime.link.wallets[TREASURY].incoming_i)
    done = await submit(hass, form, wallet=wallet, wallet_seed=seed.lower(), confirm=True)
    assert done["reason"] == "seed_imported"
    await island.settle()
    assert island.state("sensor", "wallet_balance", CHARGER) == "77"
    after = await store.async_secrets()
    assert after is not None
    assert after.seeds[wallet] == seed
    assert before.seeds[wallet] in after.seeds.values(), "the old seed is kept"
    assert not after.imports
    assert seed not in logged(caplog)
    assert before.seeds[wallet] not in logged(caplog)

    # It stays so over a restart, and the seed that was replaced can still be taken out.
    await hass.config_entries.async_reload(entry.entry_id)
    await async_until(hass, lambda: island.runtime.link.healthy)
    assert island.runtime.link.wallets[wallet].balance_i == 77
    form = await step(hass, entry, "seeds", "export_seed")
    schema = form["data_schema"]
    assert schema is not None
    options = {each["label"]: each["value"] for each in schema.schema["wallet"].config["options"]}
    shown = await submit(hass, form, wallet=options["Charger Maple 4 (~1)"], confirm=True)
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    assert placeholders["seed"] == before.seeds[wallet]


async def test_whoever_was_erased_and_comes_back_gets_the_wallet_back(hass: HomeAssistant) -> None:
    """Of the name nothing is kept but what proves it."""
    store, cars = SecretStore(hass, "b" * 32), {"car-1": ("vehicle", "Quagmire")}
    first = await store.async_load(cars)
    wallet = first.wallets["car-1"]
    assert (await store.async_destroy_person_key(wallet), await store.async_destroy_person_key("nobody"))[1] is None
    left = await store.async_load({})
    assert left.names == {wallet: wallet}
    assert left.persons[wallet] != first.persons[wallet]
    assert "Quagmire" not in str(await store._async_read())
    stranger = await store.async_load({"car-2": ("vehicle", "Other")})
    assert stranger.wallets["car-2"] != wallet
    again = await store.async_load({"car-2": ("vehicle", "Other"), "car-3": ("vehicle", "Quagmire")})
    assert (again.wallets["car-3"], again.names[wallet]) == (wallet, "Quagmire")
    assert again.people.keys() == {wallet, stranger.wallets["car-2"]}

"""Statements: what the action says, who may have one, and the file behind the link."""

import csv
import io
import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.economy.books import verify_statement
from custom_components.tangle_grid.economy.effects import BookEntry, Kind, Transfer
from custom_components.tangle_grid.economy.privacy import fits
from custom_components.tangle_grid.ledger.messages.chronicle import text_of
from tests.support.island import CHARGER, HOUSEHOLD, Island
from tests.support.options_forms import step, submit
from tests.support.real_ledger import async_until, live_island

__all__ = ["live_island"]


@pytest.fixture
async def island(live_island: Island) -> Island:
    """An island on which the charger was paid, and paid for a session."""
    await live_island.hass.config.async_set_time_zone("Europe/Amsterdam")
    runtime = live_island.runtime
    await async_until(live_island.hass, lambda: runtime.economy.desk.is_open)
    await live_island.call("reward", device_id=live_island.device_id(CHARGER), amount=1_000, reason="x")
    await async_until(live_island.hass, lambda: runtime.economy.desk.affordable_i(CHARGER) == 1_000)
    await async_until(live_island.hass, lambda: runtime.link.wallets[CHARGER].balance_i == 1_000)
    await runtime.economy.desk.async_settled()
    now = dt_util.utcnow().timestamp()
    common: dict[str, Any] = {"at": now, "kind": Kind.CHARGING, "reference": "session-1", "payment_id": "session-1:1"}
    runtime.economy.desk.record(
        "session",
        "session-1",
        {},
        [
            Transfer(payment_id="session-1:1", source=CHARGER, target=HOUSEHOLD, amount_i=300),
            BookEntry(
                entry_id="1",
                participant=CHARGER,
                counterparty=HOUSEHOLD,
                amount_i=-300,
                wh_in=1500,
                details={"charger": "=1"},
                **common,
            ),
            BookEntry(entry_id="2", participant=HOUSEHOLD, counterparty=CHARGER, amount_i=300, wh_out=1500, **common),
        ],
        at=now,
        ended=True,
    )
    await async_until(live_island.hass, lambda: runtime.link.wallets[HOUSEHOLD].balance_i == 300)
    await runtime.economy.desk.async_settled()
    return live_island


async def statement(island: Island, participant: str = CHARGER, **data: Any) -> Any:
    return await island.call("statement", response=True, device_id=island.device_id(participant), **data)


async def test_a_statement_is_what_the_wallet_holds_and_is_signed(island: Island) -> None:
    found = await statement(island)
    assert (found["opening"], found["closing"], found["sessions"], found["lines"]) == (0, 700, 1, 2)
    assert found["totals"] == {"received": 1_000, "paid": 300, "energy_in_wh": 1500, "energy_out_wh": 0, "count": 2}
    assert found["kinds"]["charging"]["paid"] == 300
    assert found["money"] is None
    zone = ZoneInfo("Europe/Amsterdam")
    of = verify_statement(found["content"], island.runtime.link.signing_key().public, zone)
    assert of.closing_i == island.runtime.link.wallets[CHARGER].balance_i
    assert of.island == island.runtime.island_id

    before = await statement(island, month="2020-01")
    assert (before["opening"], before["closing"], before["lines"]) == (0, 0, 0)
    hass = island.hass
    hass.config_entries.async_update_entry(island.entry, options={**island.entry.options, "token_rate": "100"})
    found = await statement(island)
    sums = {"opening": "0.0000", "received": "10.0000", "paid": "3.0000", "closing": "7.0000"}
    assert found["money"] == {"currency": hass.config.currency, **sums}
    assert verify_statement(found["content"], island.runtime.link.signing_key().public, zone).worth is not None
    with pytest.raises(ServiceValidationError) as refused:
        await statement(island, month="January")
    assert refused.value.translation_key == "not_a_month"


@pytest.mark.parametrize(("form", "between"), [("csv_comma", ","), ("csv_semicolon", ";")])
async def test_csv(island: Island, form: str, between: str) -> None:
    found = await statement(island, HOUSEHOLD, format=form)
    text = found["content"].removeprefix("\ufeff")
    _opening, line, closing = csv.DictReader(io.StringIO(text, newline=""), delimiter=between)
    assert (line["counterparty"], line["amount_i"], closing["balance_i"]) == ("Charger Maple 4", "300", "300")
    assert line["energy_out_kwh"] == ("1.500" if between == "," else "1,500")


async def test_the_link_downloads_it_once_it_was_signed(
    island: Island, hass_client_no_auth: ClientSessionGenerator
) -> None:
    found = await statement(island, format="csv_comma")
    client = await hass_client_no_auth()
    response = await client.get(found["url"])
    assert response.status == HTTPStatus.OK
    assert (await response.read()).decode() == found["content"]
    assert response.headers["Content-Type"].startswith("text/csv")
    assert 'filename="charger_maple_4-' in response.headers["Content-Disposition"]
    path = found["url"].partition("?")[0]
    for wrong in (path, found["url"].replace("csv_comma", "json"), found["url"].replace(CHARGER, HOUSEHOLD)):
        assert (await client.get(wrong)).status == HTTPStatus.UNAUTHORIZED, wrong


async def test_whoever_is_logged_in_downloads_what_is_theirs(
    island: Island, hass_client: ClientSessionGenerator, hass_read_only_access_token: str
) -> None:
    client = await hass_client()
    base = f"/api/tangle_grid/{island.runtime.island_id}/statement"
    month = str(island.runtime.economy.books.this_month())
    response = await client.get(f"{base}/{CHARGER}/{month}/json")
    assert (await response.json())["closing_i"] == 700
    treasury = await (await client.get(f"{base}/treasury/{month}/json")).json()
    assert treasury["opening_i"] + sum(line["amount_i"] for line in treasury["lines"]) == treasury["closing_i"]
    for wrong, status in (
        (f"{base}/nobody/{month}/json", HTTPStatus.NOT_FOUND),
        (f"{base}/{CHARGER}/{month}/pdf", HTTPStatus.NOT_FOUND),
        (f"{base}/{CHARGER}/2026/json", HTTPStatus.BAD_REQUEST),
        (f"/api/tangle_grid/x/statement/{CHARGER}/{month}/json", HTTPStatus.NOT_FOUND),
    ):
        assert (await client.get(wrong)).status == status, wrong
    guest = await hass_client(hass_read_only_access_token)
    assert (await guest.get(f"{base}/{CHARGER}/{month}/json")).status == HTTPStatus.FORBIDDEN


async def test_nobody_reads_the_statement_of_somebody_else(island: Island, hass_admin_user: MockUser) -> None:
    user = MockUser(id="neighbour", groups=[]).add_to_hass(island.hass)
    with pytest.raises(ServiceValidationError) as refused:
        await statement(island, user_id=user.id)
    assert refused.value.translation_key == "wallet_not_yours"
    assert (await statement(island, user_id=hass_admin_user.id))["closing"] == 700


async def test_everything_is_exported_with_what_opens_its_receipts(island: Island) -> None:
    """Whoever reads the Tangle sees a commitment only; whoever is shown data and salt can check it."""
    found = await island.call("export_my_data", response=True, device_id=island.device_id(CHARGER))
    assert (found["participant"], found["name"], found["settings"]["name"]) == (CHARGER, *["Charger Maple 4"] * 2)
    assert found["books"]["balance_i"] == 700
    (line,) = [line for line in found["books"]["lines"] if line["kind"] == "charging"]
    receipt = line["receipt"]
    assert fits(receipt["commitment"], receipt["data"], receipt["salt"])
    assert receipt["data"]["details"] == {"charger": "=1"}
    payments = await island.ledger.tangle.messages(kind="payment")
    (memo,) = [each["memo"] for message in payments for each in message.body["payments"] if each["id"] == "session-1:1"]
    assert memo["receipts"]["from"] == receipt["commitment"] != memo["receipts"]["to"]
    assert "charger" not in json.dumps(memo)
    # Who pays whom is nobody else's business either; the reward is in the clear.
    assert [message.sealed for message in payments] == [True, False]
    texts = [text_of(island.ledger._core.backend.bundle_of(message.tail)) for message in payments]  # type: ignore[attr-defined]
    assert [CHARGER in text for text in texts] == [False, True]
    json.dumps(found)


async def test_whoever_is_erased_leaves_exact_sums(island: Island) -> None:
    device = island.device_id(CHARGER)
    before, others = await statement(island), await statement(island, HOUSEHOLD)
    with pytest.raises(ServiceValidationError) as refused:
        await island.call("erase_me", device_id=device, confirm=False)
    assert refused.value.translation_key == "erasing_not_confirmed"
    assert await statement(island, month=before["month"]) | {"url": ""} == before | {"url": ""}

    erased = await island.call("erase_me", response=True, device_id=device, confirm=True)
    assert erased == {"lines": 4, "payments": 1, "reports": 0, "under_way": 0}
    after = await statement(island)
    for name in ("opening", "closing", "sessions", "totals", "kinds"):
        assert after[name] == before[name], name
    assert (await statement(island, HOUSEHOLD))["totals"] == others["totals"]
    lines = after["content"]["lines"] + (await statement(island, HOUSEHOLD))["content"]["lines"]
    assert all(line["reference"].startswith("erased-") and line["details"] == {} for line in lines)
    exported = await island.call("export_my_data", response=True, device_id=device)
    assert [line.get("receipt") for line in exported["books"]["lines"]] == [None, None]
    # Nothing is booked or paid once more after a restart.
    entry = island.entry
    await island.hass.config_entries.async_reload(entry.entry_id)
    runtime = entry.runtime_data
    await async_until(island.hass, lambda: runtime.economy.desk.is_open and runtime.link.healthy)
    await runtime.economy.desk.async_settled()
    again = await runtime.economy.books.async_statement(CHARGER, runtime.economy.books.this_month())
    assert (again.closing_i, len(again.lines)) == (700, 2)


async def test_the_island_itself_is_nobody_to_erase(island: Island) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await island.call("erase_me", device_id=island.device_id(), confirm=True)
    assert refused.value.translation_key == "device_is_island"
    found = await island.call("export_my_data", response=True, device_id=island.device_id())
    assert found["participant"] == "treasury"


async def test_how_long_data_is_kept_is_an_option(island: Island) -> None:
    hass, entry = island.hass, island.entry
    before = dict(entry.options)
    days = {"charging": 10, "parking": 7, "tolls": 7, "reports": 7, "energy": 400, "other": 3000}
    runtime = entry.runtime_data
    await submit(hass, await step(hass, entry, "retention"), **days)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert dict(entry.options) == {**before, "retention": days}
    assert entry.runtime_data is runtime, "the grid was not started anew"
    form = await step(hass, entry, "retention")
    shown = {str(field): field.description["suggested_value"] for field in form["data_schema"].schema}  # type: ignore[union-attr]
    assert shown == days
    # The balance of the island is another form, and leaves them alone.
    other = await step(hass, entry, "balancing")
    await submit(hass, other, rate=1, request_minutes=15, meter_max_age=15, publish_interval=30)
    assert entry.options["retention"] == days
    await hass.async_block_till_done(wait_background_tasks=True)
    books, desk = entry.runtime_data.economy.books, entry.runtime_data.economy.desk
    for after, details in ((9, {"charger": "=1"}), (11, {})):
        later = dt_util.utcnow() + timedelta(days=after)
        with patch("custom_components.tangle_grid.island.books.dt_util.utcnow", return_value=later):
            await books.async_forget_old()
        assert [line.details for line in desk.journal.lines(participant=CHARGER)][-1] == details


async def test_old_details_are_forgotten(island: Island) -> None:
    """Of the session, which is a place; the reward's are kept longer. Sums stay."""
    books, desk = island.runtime.economy.books, island.runtime.economy.desk
    await books.async_forget_old()
    assert [line.details for line in desk.journal.lines(participant=CHARGER)][-1] == {"charger": "=1"}
    in_100_days = dt_util.utcnow() + timedelta(days=100)
    with patch("custom_components.tangle_grid.island.books.dt_util.utcnow", return_value=in_100_days):
        await books.async_forget_old()
    assert [line.details for line in desk.journal.lines(participant=CHARGER)] == [{}, {}]
    assert desk.journal.saga("session", "session-1") is None
    assert (await statement(island))["closing"] == 700

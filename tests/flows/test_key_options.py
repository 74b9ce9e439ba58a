"""Keys in the options: a participant's is renewed or ended, the one that opens messages is shown, on a real ledger."""

import json
from pathlib import Path
from typing import Any

import pytest
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.tangle_grid.const import CONF_LEDGER, CONF_PLANNING, CONF_PUBLISH_INTERVAL, CONF_SEALED
from custom_components.tangle_grid.diagnostics import async_get_config_entry_diagnostics
from custom_components.tangle_grid.flows.checks import NO_PLACEHOLDERS
from custom_components.tangle_grid.ledger import LedgerError
from custom_components.tangle_grid.ledger.messages.archive import BackendArchive
from custom_components.tangle_grid.ledger.messages.chronicle import text_of
from custom_components.tangle_grid.protocol import Envelope, ProtocolError
from custom_components.tangle_grid.protocol.sealing import open_body
from custom_components.tangle_grid.verify.cli import opening_keys
from tests.support.island import BATTERY, CHARGER, HOUSEHOLD, Island, island_entry
from tests.support.options_forms import step, submit
from tests.support.real_ledger import async_until, live_island, logged, real_island

__all__ = ["live_island", "real_island"]

# Nothing stands on the Tangle but what a test is about.
QUIET = {CONF_PLANNING: False, CONF_PUBLISH_INTERVAL: 3_600}


def offered(form: ConfigFlowResult) -> dict[str, str]:
    """Who can be chosen, by id."""
    schema = form["data_schema"]
    assert schema is not None
    return {each["value"]: each["label"] for each in schema.schema["participant"].config["options"]}


async def messages(island: Island, kind: str) -> list[dict[str, Any]]:
    """What stands on the Tangle, the oldest first."""
    await async_until(island.hass, island.runtime.link.ledger._core.is_drained)
    read = await island.call("get_messages", response=True, config_entry_id=island.entry.entry_id, kind=kind)
    return list(reversed(read["messages"]))


async def answer(island: Island, answer: str) -> str:
    """Have the charger answer a request; returns the request's id."""
    charger, entry_id = island.device_id(CHARGER), island.entry.entry_id
    asked = await island.call(
        "request_curtailment", response=True, config_entry_id=entry_id, power=3000, duration=5, device_id=[charger]
    )
    request_id: str = asked["request_id"]
    await island.call("answer_request", request_id=request_id, device_id=charger, answer=answer)
    return request_id


async def change_key(hass: HomeAssistant, island: Island, change: str) -> str | None:
    """Renew or end the charger's key; returns what the form says at its end."""
    form = await step(hass, island.entry, "ledger", "keys", change)
    return (await submit(hass, form, participant=CHARGER, confirm=True))["reason"]


def told_of_ended_keys(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Level and name of each line in the log about an answer that was not published."""
    records = [record for record in caplog.records if "published" in record.getMessage()]
    assert all(isinstance(record.args, tuple) for record in records)
    return [(record.levelname, str(record.args[0])) for record in records if isinstance(record.args, tuple)]


@pytest.mark.parametrize("entry", [island_entry(options=QUIET)])
async def test_a_participants_key_is_renewed_and_ended(
    hass: HomeAssistant, real_island: Island, caplog: pytest.LogCaptureFixture
) -> None:
    island, entry = real_island, real_island.entry
    assert (await step(hass, entry, "ledger", "keys", "revoke_key"))["reason"] == "no_keys"
    await island.run(900)
    await answer(island, "decline")
    (first,) = await messages(island, "answer")
    assert (first["participant"], first["device_id"]) == ("Charger Maple 4", island.device_id(CHARGER))
    assert first["verified"]
    assert not first["sealed"]

    form = await step(hass, entry, "ledger", "keys", "renew_key")
    assert offered(form) == {CHARGER: "Charger Maple 4", BATTERY: "Volt battery", HOUSEHOLD: "Home 1"}
    form = await submit(hass, form, participant=CHARGER, confirm=False)
    assert form["errors"] == {"confirm": "not_confirmed"}
    assert len(await messages(island, "key")) == 1
    done = await submit(hass, form, participant=CHARGER, confirm=True)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "key_renewed")
    assert done["description_placeholders"] == {"participant": "Charger Maple 4"}
    await answer(island, "decline")
    first, second = await messages(island, "answer")
    assert first["verified"]
    assert second["verified"]
    assert first["sender"] != second["sender"]

    form = await step(hass, entry, "ledger", "keys", "revoke_key")
    assert offered(form) == {CHARGER: "Charger Maple 4"}
    form = await submit(hass, form, participant=CHARGER, confirm=False)
    assert form["errors"] == {"confirm": "not_confirmed"}
    assert (await submit(hass, form, participant=CHARGER, confirm=True))["reason"] == "key_revoked"
    assert [each["body"]["epoch"] for each in await messages(island, "key")] == [1, 2, 2]

    # It helps and is paid all the same; but nobody can tell any more that it was asked and said yes.
    request_id = await answer(island, "accept")
    await island.run(330)
    part = island.runtime.engine.requests[request_id].asks[CHARGER]
    await async_until(hass, lambda: str(part.state) == "confirmed")
    assert part.amount_i > 0
    assert [each["message_id"] for each in await messages(island, "answer")] == [
        first["message_id"],
        second["message_id"],
    ]
    found = await island.call(
        "verify_receipt", response=True, config_entry_id=entry.entry_id, payment_id=f"{request_id}:{CHARGER}"
    )
    assert "answer" in {check["check"] for check in found["checks"] if not check["ok"]}
    # That is said once, however often it answers.
    await answer(island, "decline")
    await answer(island, "decline")
    assert len(await messages(island, "answer")) == 2
    assert told_of_ended_keys(caplog) == [("WARNING", "Charger Maple 4")]

    assert (await step(hass, entry, "ledger", "keys", "revoke_key"))["reason"] == "no_keys"
    assert await change_key(hass, island, "renew_key") == "key_renewed"
    await answer(island, "decline")
    answers = await messages(island, "answer")
    assert [each["verified"] for each in answers] == [True] * 3
    assert len({each["sender"] for each in answers}) == 3
    # When it is ended another time, it is said another time.
    assert await change_key(hass, island, "revoke_key") == "key_revoked"
    await answer(island, "decline")
    assert len(await messages(island, "answer")) == 3
    assert told_of_ended_keys(caplog) == [("WARNING", "Charger Maple 4")] * 2


def opened(island: Island, keys: tuple[str, ...]) -> list[Any]:
    """What somebody reads on the Tangle who has these keys and nothing else; None for what stays closed."""
    archive = BackendArchive(island.runtime.link.ledger._core.backend)
    bodies: list[Any] = []
    for tail in reversed(list(archive.newest("data"))):
        envelope = Envelope.decode(text_of(archive.bundle(tail)).encode())
        try:
            bodies.append(open_body(keys, envelope.header_bytes(), envelope.body)["data"])
        except ProtocolError:
            bodies.append(None)
    return bodies


async def show_keys(hass: HomeAssistant, island: Island, *, former: bool) -> str:
    form = await step(hass, island.entry, "ledger", "keys", "opening_key")
    form = await submit(hass, form, former_keys=former, confirm=False)
    assert form["errors"] == {"confirm": "not_confirmed"}
    assert dict(form["description_placeholders"] or {}) == NO_PLACEHOLDERS
    shown = await submit(hass, form, former_keys=former, confirm=True)
    assert shown["step_id"] == "opening_key_shown"
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    done = await submit(hass, shown)
    assert done["reason"] == "opening_key_hidden"
    assert placeholders["keys"] not in json.dumps(done, default=str)
    return placeholders["keys"]


@pytest.mark.parametrize("entry", [island_entry(options={**QUIET, CONF_LEDGER: {CONF_SEALED: True}})])
async def test_a_member_can_be_given_the_key_that_opens_messages(
    hass: HomeAssistant, live_island: Island, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    island, file = live_island, tmp_path / "keys"
    say = {"config_entry_id": island.entry.entry_id, "topic": "road_condition"}
    await island.call("publish_data", **say, data={"said": "first"})
    (message,) = await messages(island, "data")
    assert message["sealed"]
    assert message["body"]["data"] == {"said": "first"}
    assert opened(island, ()) == [None]
    text = await show_keys(hass, island, former=False)
    file.write_text(text)
    first = opening_keys(file)
    assert opened(island, first) == [{"said": "first"}]

    form = await step(hass, island.entry, "ledger", "keys", "renew_opening_key")
    form = await submit(hass, form, confirm=False)
    assert form["errors"] == {"confirm": "not_confirmed"}
    assert (await submit(hass, form, confirm=True))["reason"] == "opening_key_renewed"
    await island.call("publish_data", **say, data={"said": "second"})
    assert [each["body"]["data"]["said"] for each in await messages(island, "data")] == ["first", "second"]
    assert opened(island, first) == [{"said": "first"}, None]
    file.write_text(await show_keys(hass, island, former=False))
    assert opened(island, opening_keys(file)) == [None, {"said": "second"}]
    file.write_text(await show_keys(hass, island, former=True))
    assert opened(island, opening_keys(file)) == [{"said": "first"}, {"said": "second"}]

    everything = [
        logged(caplog),
        json.dumps(await async_get_config_entry_diagnostics(hass, island.entry), default=str),
        json.dumps([state.as_dict() for state in hass.states.async_all()], default=str),
        json.dumps(await messages(island, "data"), default=str),
        json.dumps([dict(island.entry.data), dict(island.entry.options)]),
    ]
    for key in opening_keys(file):
        assert not [text for text in everything if key in text]


async def test_the_key_of_one_who_has_left_can_be_ended(hass: HomeAssistant, live_island: Island) -> None:
    entry, keys = live_island.entry, live_island.runtime.link.ledger.keys
    for member in (CHARGER, "somebody"):
        await keys.renew(member)
    hass.config_entries.async_remove_subentry(entry, CHARGER)
    await async_until(
        hass, lambda: live_island.runtime.link.healthy and CHARGER not in live_island.runtime.participants
    )
    assert CHARGER not in offered(await step(hass, entry, "ledger", "keys", "renew_key"))
    form = await step(hass, entry, "ledger", "keys", "revoke_key")
    assert offered(form) == {CHARGER: "Charger Maple 4", "somebody": "somebody"}
    assert (await submit(hass, form, participant=CHARGER, confirm=True))["reason"] == "key_revoked"
    assert offered(await step(hass, entry, "ledger", "keys", "revoke_key")) == {"somebody": "somebody"}


async def test_keys_need_an_open_ledger(hass: HomeAssistant, live_island: Island) -> None:
    entry = live_island.entry
    await live_island.runtime.link.ledger.keys.renew(CHARGER)
    names = ("renew_key", "revoke_key", "opening_key", "renew_opening_key")
    forms = [await step(hass, entry, "ledger", "keys", name) for name in names]
    await live_island.runtime.link.async_close()
    assert (await step(hass, entry, "ledger", "keys"))["reason"] == "ledger_closed"
    whose = {"participant": CHARGER}
    for form, fields in zip(forms, (whose, whose, {"former_keys": True}, {}), strict=True):
        assert (await submit(hass, form, **fields, confirm=True))["reason"] == "ledger_closed"
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await step(hass, entry, "ledger", "keys"))["reason"] == "ledger_closed"


async def test_a_ledger_that_fails_meanwhile_says_so_and_nothing_is_changed(
    hass: HomeAssistant, live_island: Island, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, keys = live_island.entry, live_island.runtime.link.ledger.keys
    await keys.renew(CHARGER)
    members = await keys.members()

    async def fails(*_: Any) -> Any:
        raise LedgerError("ledger_unavailable", {"error": "the disk is full"})

    form = await step(hass, entry, "ledger", "keys", "renew_key")
    with monkeypatch.context() as broken:
        broken.setattr(type(keys), "renew", fails)
        broken.setattr(type(keys), "members", fails)
        again = await submit(hass, form, participant=CHARGER, confirm=True)
        assert again["errors"] == {"base": "ledger_unavailable"}
        placeholders = again["description_placeholders"]
        assert placeholders is not None
        assert placeholders["error"] == "the disk is full"
        assert (await step(hass, entry, "ledger", "keys", "revoke_key"))["reason"] == "ledger_closed"
    assert await keys.members() == members
    assert (await submit(hass, again, participant=CHARGER, confirm=True))["reason"] == "key_renewed"

"""A house joins a street: by code, with a person's yes; its envelope is kept, and what it may draw alone is safe."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import MagicMock, patch

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.diagnostics import async_get_config_entry_diagnostics
from custom_components.tangle_grid.island import link_ends, links
from custom_components.tangle_grid.island.farewells import Farewells
from custom_components.tangle_grid.island.link_declarations import declared, taken
from custom_components.tangle_grid.link.channels.websocket import Connection
from custom_components.tangle_grid.link.core import Declaration, LetterCame, Terms
from custom_components.tangle_grid.link.core.session import Session
from custom_components.tangle_grid.link.joining import messages
from custom_components.tangle_grid.link.joining.store import LinkStore
from custom_components.tangle_grid.screen.picture import items
from tests.support.linked_islands import (
    CHARGER_ID,
    HOUSE_ID,
    OWNERS_NAME,
    STREET_ID,
    Pair,
    async_set_up_house,
    house_entry,
    street_entry,
)

SAFE_A = (6.0, 6.0, 6.0)


@pytest.fixture
async def pair(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator, fake_ledger: Any, socket_enabled: None
) -> AsyncIterator[Pair]:
    await async_set_up_house(hass)
    made = Pair(hass, street_entry(), house_entry())
    made.draw(5000, 4000, 3680)
    for entry in (made.street_entry, made.house_entry):
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    client = await hass_client_no_auth()
    made.url = str(client.make_url("/")).rstrip("/")
    yield made
    for entry in (made.house_entry, made.street_entry):
        assert await hass.config_entries.async_unload(entry.entry_id)


@contextmanager
def later(seconds: float) -> Iterator[None]:
    """What both ends take for the time that has passed; frames that are on their way come too late."""
    real = link_ends.mono

    def mono() -> float:
        return real() + seconds

    with patch.object(link_ends, "mono", mono), patch.object(links, "mono", mono):
        yield


def capacity_a(pair: Pair) -> tuple[float, ...]:
    """What the house's grid takes for its capacity."""
    return tuple(round(watts / 230, 1) for watts in pair.house.status.feeders["main"].capacity_w)


def limit_a(hass: HomeAssistant) -> float:
    """What the house's charger is told."""
    state = hass.states.get("input_number.house_limit")
    assert state is not None
    return float(state.state)


async def test_a_house_joins_and_keeps_to_its_envelope_while_the_street_is_short(
    hass: HomeAssistant, pair: Pair
) -> None:
    await pair.async_join()
    assert pair.states == {"connected"}
    await pair.async_until(lambda: min(pair.envelope_a or (0.0,)) >= 16)
    # By its own meter, in steps of half an ampere.
    assert pair.street.links.houses_w == pytest.approx((4000, 4000, 4000), abs=60)
    assert pair.house.links.houses_w == (0, 0, 0)
    # 66 A on a fuse of 63.
    pair.draw(15_180, 4000, 3680)
    await pair.async_until(lambda: max(pair.envelope_a or (99.0,)) < 15)
    await pair.async_until(lambda: max(capacity_a(pair)) < 15 and limit_a(hass) < 16)
    await hass.async_block_till_done()
    # What nobody controls, and the charger, fit together.
    assert limit_a(hass) + (4000 - 3680) / 230 <= max(pair.envelope_a or (0.0,)) + 0.6


async def test_the_states_of_a_link_are_shown(hass: HomeAssistant, pair: Pair) -> None:
    await pair.async_join()
    await pair.async_until(lambda: pair.states == {"connected"})
    pair.draw(5100, 4000, 3680)
    await hass.async_block_till_done()
    shown = ("sensor.maple_street_link", "sensor.number_12_link")
    await pair.async_until(lambda: all(hass.states.is_state(each, "connected") for each in shown))
    await pair.async_until(lambda: not hass.states.is_state("sensor.maple_street_granted_power", "unknown"))
    granted = hass.states.get("sensor.maple_street_granted_power")
    assert granted is not None
    assert float(granted.state) > 0
    assert granted.attributes["l1"] > 0
    await asyncio.sleep(1.1)
    for runtime, name in ((pair.street, "Number 12"), (pair.house, "Maple Street")):
        shown_links = [item for section, _, item in items(runtime, {}) if section == "links"]
        assert [each["name"] for each in shown_links] == [name]
        assert shown_links[0]["state"] == "connected"
        assert shown_links[0]["relation"] == ("below" if runtime is pair.street else "above")
        assert sum(shown_links[0]["limit_w"]) > 0
        # Into the island: the house takes from its street, and the street gives to it.
        assert (shown_links[0]["power_w"] > 0) is (runtime is pair.house)
        assert (shown_links[0]["reports"] is None) is (runtime is pair.house)
    feeders = [item for section, _, item in items(pair.street, {}) if section == "feeders"]
    assert [(each["name"], each["parent"]) for each in feeders] == [("Maple Street", None), ("Number 12", "main")]


async def test_a_house_that_hears_nothing_falls_back_to_what_is_safe(hass: HomeAssistant, pair: Pair) -> None:
    await pair.async_join()
    pair.draw(5000, 4000, 3680)
    await hass.async_block_till_done()
    with later(120):
        # No reading comes: the end of the lease is enough.
        assert pair.envelope_a is None
        assert pair.house.links.upper is not None
        pair.house.links.upper._happened(())
        await pair.async_until(lambda: max(capacity_a(pair)) <= max(pair.terms.fallback_a) + 0.1)
        # 1.4 A that nobody controls, and 6 A that are safe.
        assert max(capacity_a(pair)) <= 25
        assert pair.terms.safe_a == SAFE_A


@pytest.mark.parametrize("whose", ["house", "street"])
async def test_a_restart_of_either_side_is_safe_until_both_hear_each_other(
    hass: HomeAssistant, pair: Pair, whose: str
) -> None:
    await pair.async_join()
    entry = pair.house_entry if whose == "house" else pair.street_entry
    assert await hass.config_entries.async_unload(entry.entry_id)
    if whose == "street":
        await pair.async_until(lambda: "dead" in {each.state.value for each in pair.house.links.statuses.values()})
        assert pair.house.links.statuses[pair.upper_id].why in {"lost", "not_there", "unreachable"}
    pair.draw(5000, 4000, 3680)
    assert await hass.config_entries.async_setup(entry.entry_id)
    if whose == "house":
        assert max(capacity_a(pair)) <= max(pair.terms.fallback_a) + 0.1
    await pair.async_until(lambda: pair.envelope_a is not None and pair.states == {"connected"})
    await pair.async_until(lambda: capacity_a(pair) != pair.terms.fallback_a)


@pytest.mark.parametrize("whose", ["house", "street"])
async def test_either_side_ends_it_at_once(
    hass: HomeAssistant, pair: Pair, whose: str, hass_storage: dict[str, Any]
) -> None:
    await pair.async_join()
    house, street = pair.house_entry, pair.street_entry
    entry, subentry_id = (house, pair.upper_id) if whose == "house" else (street, pair.house_id)
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()
    left, other = (pair.house, pair.street) if whose == "house" else (pair.street, pair.house)
    await pair.async_until(lambda: [each.state.value for each in other.links.statuses.values()] == ["ended"])
    assert not left.links.statuses
    if whose == "street":
        # It holds what is safe until a person takes note of it.
        await pair.async_until(lambda: max(capacity_a(pair)) <= max(pair.terms.fallback_a) + 0.1)
    else:
        assert max(capacity_a(pair)) == 25.0
    await hass.async_block_till_done()
    await pair.async_until(lambda: [each for each in ir.async_get(hass).issues if each[1].startswith("link_ended")])
    island_id = HOUSE_ID if whose == "house" else STREET_ID
    assert not hass_storage[f"tangle_grid.{island_id}.links"]["data"]["links"]
    # The other one takes note of it, and all is gone there too.
    entry, subentry_id = (street, pair.house_id) if whose == "house" else (house, pair.upper_id)
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()
    assert max(capacity_a(pair)) == 25.0
    assert not [each for each in ir.async_get(hass).issues if each[1].startswith("link_ended")]


async def test_a_house_that_was_away_when_it_was_revoked_is_told_when_it_is_back(
    hass: HomeAssistant, pair: Pair, hass_storage: dict[str, Any]
) -> None:
    await pair.async_join()
    assert await hass.config_entries.async_unload(pair.house_entry.entry_id)
    await pair.async_until(lambda: {each.state.value for each in pair.street.links.statuses.values()} == {"dead"})
    hass.config_entries.async_remove_subentry(pair.street_entry, pair.house_id)
    await hass.async_block_till_done()
    assert not pair.street.links.houses
    kept = hass_storage[f"tangle_grid.{STREET_ID}.links"]["data"]
    assert (len(kept["links"]), len(kept["ended"])) == (0, 1)
    assert await hass.config_entries.async_setup(pair.house_entry.entry_id)
    await pair.async_until(lambda: pair.states == {"ended"})
    await pair.async_until(lambda: "ended" not in hass_storage[f"tangle_grid.{STREET_ID}.links"]["data"])


async def test_nobody_waits_for_ever_for_whom_to_tell(hass: HomeAssistant) -> None:
    store = LinkStore(hass, STREET_ID)
    store.ended = {"1": {"until": 0.0}, "2": {}, "3": {"until": 9e9}}
    waiting = Farewells(hass, store, MagicMock())
    waiting.async_start()
    assert not store.ended
    await waiting.async_stop()


async def test_a_house_that_is_refused_is_told(hass: HomeAssistant, pair: Pair) -> None:
    await pair.async_ask(await pair.async_code())
    assert pair.states == {"waiting"}
    await pair.async_answer(("refuse", None))
    await pair.async_until(lambda: pair.states == {"refused"})
    pair.draw(5000, 4000, 3680)
    await hass.async_block_till_done()

    def told() -> list[str]:
        issues = [each for each in ir.async_get(hass).issues.values() if each.issue_id.startswith("link_refused")]
        return [each.translation_placeholders["reason"] for each in issues if each.translation_placeholders]

    await pair.async_until(lambda: told() == ["its operator said no"] and pair.question() is None)
    assert max(capacity_a(pair)) == 25.0


async def test_no_two_islands_are_each_above_the_other(hass: HomeAssistant, pair: Pair) -> None:
    await pair.async_join()
    code = (await pair.house.links.desk.async_make(pair.url))[0]
    flows = hass.config_entries.subentries
    form = await flows.async_init((pair.street_entry.entry_id, "upper_island"), context={"source": "user"})
    shown = await flows.async_configure(form["flow_id"], {"code": code.text})
    refused = await flows.async_configure(shown["flow_id"], {"single_total": False})
    assert refused["errors"] == {"base": "joining_loop"}


async def test_who_does_not_fit_is_refused_with_the_figures(hass: HomeAssistant, pair: Pair) -> None:
    code = await pair.async_code()
    pair.draw(14_000, 4000, 3680)
    await hass.async_block_till_done()
    refused = await pair.async_ask(code)
    assert refused["errors"] == {"base": "does_not_fit"}
    shown = refused["description_placeholders"]
    assert (shown["phase"], shown["capacity"]) == ("L1", "63")
    assert float(shown["taken"]) + float(shown["wanted"]) > 63


async def test_nothing_of_who_lives_there_leaves_the_house(
    hass: HomeAssistant, pair: Pair, hass_storage: dict[str, Any]
) -> None:
    said: list[Mapping[str, Any]] = []
    wire: list[bytes] = []
    seal, ask, send = Session.seal, messages._seal, Connection.send

    def sealed(self: Session, kind: str, body: Mapping[str, Any]) -> bytes:
        said.append({kind: body})
        return seal(self, kind, body)

    def asked(code: Any, kind: str, body: Mapping[str, Any], key: Any) -> bytes:
        said.append({kind: body})
        return ask(code, kind, body, key)

    def sent(self: Connection, data: bytes) -> bool:
        wire.append(data)
        return send(self, data)

    with (
        patch.object(Session, "seal", sealed),
        patch.object(messages, "_seal", asked),
        patch.object(Connection, "send", sent),
    ):
        await pair.async_join()
        for watts in (4100, 4400, 4000):
            pair.draw(5000, watts, 3680)
            await asyncio.sleep(0.05)
        await pair.async_until(lambda: any("report" in each for each in said))
    text = json.dumps(said)
    kept = json.dumps({name: each for name, each in hass_storage.items() if STREET_ID in name})
    for secret in (OWNERS_NAME, "Zoe", "house-charger", '"soc"', "sensor.", "Number 12"):
        assert secret not in text, secret
    for secret in (OWNERS_NAME, "Zoe", "house-charger"):
        assert secret not in kept, secret
    # A state of charge of 41 % of 60 kWh shows as energy that is wanted, and as nothing else.
    assert "41" not in {str(value) for each in said for body in each.values() for value in body.values()}
    # And whoever carries it reads none of it.
    assert wire
    for word in (b"measured_a", b"fuse_a", b"need_wh", b"limit_a", b"Maple"):
        assert not any(word in data for data in wire), word


async def test_diagnostics_show_no_keys(hass: HomeAssistant, pair: Pair, hass_storage: dict[str, Any]) -> None:
    await pair.async_join()
    for entry, runtime in ((pair.street_entry, pair.street), (pair.house_entry, pair.house)):
        text = json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str)
        for stored in runtime.links._store.links.values():
            assert stored["own"] not in text
            assert stored["code"]["secret"] not in text
        states = json.dumps([each.as_dict() for each in hass.states.async_all()], default=str)
        assert stored["code"]["secret"] not in states
        assert '"links": [' in text


async def test_a_single_total_is_enough(hass: HomeAssistant, pair: Pair) -> None:
    done = await pair.async_ask(await pair.async_code(), single_total=True)
    assert done["type"] == "create_entry"
    await pair.async_approve()
    await pair.async_until(lambda: pair.envelope_a is not None)
    heard = pair.street.links.houses[pair.house_id].report
    assert heard is not None
    assert heard.demands == ()
    assert heard.total is not None
    assert pair.terms.single_total


def change_charger(hass: HomeAssistant, pair: Pair, **data: float) -> None:
    """Change the house's charger, as its form does: the house starts anew."""
    charger = pair.house_entry.subentries[CHARGER_ID]
    hass.config_entries.async_update_subentry(pair.house_entry, charger, data={**charger.data, **data})


async def test_a_house_that_has_changed_is_admitted_anew_or_stays_what_it_was(
    hass: HomeAssistant, pair: Pair, caplog: pytest.LogCaptureFixture, hass_storage: dict[str, Any]
) -> None:
    await pair.async_join()
    change_charger(hass, pair, max_current=10.0, safe_current=8.0)

    def known() -> set[tuple[float, float]]:
        """Greatest and safe current of the charger, as both sides have it; nothing while one of them starts anew."""
        if any(entry.state is not ConfigEntryState.LOADED for entry in (pair.street_entry, pair.house_entry)):
            return set()
        both = (pair.terms, pair.street.links.houses[pair.house_id].feeder.terms)
        return {(each.slots[0].most_a, each.slots[0].safe_a) for each in both}

    await pair.async_until(lambda: pair.loaded and known() == {(10.0, 8.0)})
    await pair.async_until(lambda: pair.loaded and pair.envelope_a is not None and pair.states == {"connected"})
    assert pair.house.links.upper is not None
    assert pair.house.links.upper.end.terms == pair.terms
    kept = [each["data"]["links"] for name, each in hass_storage.items() if name.endswith(".links")]
    assert {link["terms"]["slots"][0]["most_a"] for links in kept for link in links.values()} == {10.0}
    # No room for it: the street is nearly full.
    pair.draw(15_600, 4000, 3680)
    await hass.async_block_till_done()
    change_charger(hass, pair, safe_current=16.0, max_current=16.0)
    await pair.async_until(lambda: "has no room on L1" in caplog.text)
    assert known() == {(10.0, 8.0)}
    assert max(capacity_a(pair)) <= 25.0


def test_a_declaration_that_cannot_be_read_or_is_an_old_one_changes_nothing() -> None:
    terms = Terms(fuse_a=(25.0,) * 3, safe_a=(6.0,) * 3)
    mark = Declaration(terms=terms).mark
    assert declared(LetterCame(letter="x", about="terms", says={"terms": {}}, age_s=0.0)) is None
    assert not taken({"mark": 7}, terms, "Number 12")
    assert not taken({"mark": "0" * 16, "phase": None}, terms, "Number 12")
    assert not taken({"mark": mark, "phase": 0}, terms, "Number 12")
    assert taken({"mark": mark, "phase": None}, terms, "Number 12")


async def test_keys_that_are_gone_are_said(hass: HomeAssistant, pair: Pair, hass_storage: dict[str, Any]) -> None:
    await pair.async_join()
    pair.house.links._store.links.clear()
    assert await hass.config_entries.async_reload(pair.house_entry.entry_id)
    assert [(each.state.value, each.why) for each in pair.house.links.statuses.values()] == [("dead", "keys_missing")]


def test_what_a_house_falls_back_to_is_no_more_than_its_fuse() -> None:
    terms = Terms(fuse_a=(25.0,) * 3, safe_a=(20.0,) * 3, uncontrolled_a=(10.0,) * 3)
    assert terms.fallback_a == (25.0,) * 3

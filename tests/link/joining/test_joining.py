"""Two islands, one code: who is let in, who is told what, and what outlives a restart."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.link.channels.door import LinkView
from custom_components.tangle_grid.link.core import LinkKeys, Terms
from custom_components.tangle_grid.link.joining import asking
from custom_components.tangle_grid.link.joining.asking import async_ask
from custom_components.tangle_grid.link.joining.code import JoinCode
from custom_components.tangle_grid.link.joining.desk import CODE_S, MOST_CODES, CodeDesk
from custom_components.tangle_grid.link.joining.errors import JoinError, Problem
from custom_components.tangle_grid.link.joining.messages import Answer, Answered, Asked, UnreadableError
from custom_components.tangle_grid.link.joining.record import LinkRecord, UnreadableRecordError
from custom_components.tangle_grid.link.joining.store import LinkStore, async_link_store

STREET = "aa" * 16
HOUSE = "bb" * 16
OTHER = "cc" * 16
TERMS = Terms(fuse_a=(25.0, 25.0, 25.0), safe_a=(6.0, 0.0, 0.0), uncontrolled_a=(10.0, 5.0, 5.0))


class Street:
    """An island that lets others join it, and what its surroundings say."""

    def __init__(self, hass: HomeAssistant, store: LinkStore, url: str) -> None:
        self.now = 1_000_000.0
        self.figures: Mapping[str, str] | None = None
        self.above: tuple[str, ...] = ()
        self.changes = 0
        self.url = url
        self.store = store
        self.desk = CodeDesk(
            hass,
            store,
            STREET,
            name="Maple Street",
            fits=lambda _: self.figures,
            above=lambda: self.above,
            changed=self._changed,
            clock=lambda: self.now,
        )
        self.desk.start()

    def _changed(self) -> None:
        self.changes += 1

    async def make(self) -> JoinCode:
        code, until = await self.desk.async_make(self.url)
        assert until == self.now + CODE_S
        return JoinCode.parse(code.text)


@pytest.fixture
async def street(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator, socket_enabled: None
) -> AsyncIterator[Street]:
    assert await async_setup_component(hass, "http", {})
    hass.http.register_view(LinkView(hass))
    client = await hass_client_no_auth()
    made = Street(hass, await async_link_store(hass, STREET), str(client.make_url("/")).rstrip("/"))
    yield made
    await made.desk.async_stop()


async def ask(hass: HomeAssistant, code: JoinCode, keys: LinkKeys | None = None, house: str = HOUSE) -> Answer:
    return await async_ask(hass, code, island_id=house, keys=keys or LinkKeys.generate(), terms=TERMS)


async def test_a_house_asks_and_a_person_says_yes(hass: HomeAssistant, street: Street) -> None:
    code, keys = await street.make(), LinkKeys.generate()
    street.above = (OTHER,)
    answer = await ask(hass, code, keys)
    assert answer.says is Answered.WAITING
    assert answer.above == (STREET, OTHER)
    assert answer.name == "Maple Street"
    assert street.desk.waiting[code.code_id].terms == TERMS
    record = street.desk.record(code.code_id)
    await street.desk.async_decide(code.code_id, approved=True)
    answer = await ask(hass, code, keys)
    assert answer.says is Answered.APPROVED
    # Both sides have the same keys now, and who has the code alone has none of them.
    mine = LinkRecord(
        link_id=code.code_id,
        upper=False,
        code=code,
        own=keys,
        peer=answer.public,
        peer_island=STREET,
        terms=TERMS,
    )
    assert (mine.token, mine.topic_id, mine.link.seals) == (record.token, record.topic_id, record.link.seals)
    assert mine.token != code.token
    assert record.link.peer == keys.signing.public
    assert LinkRecord.from_dict(code.code_id, json.loads(json.dumps(mine.to_dict()))).to_dict() == mine.to_dict()
    with pytest.raises(KeyError):
        street.desk.record(code.code_id)


async def test_a_person_says_no(hass: HomeAssistant, street: Street) -> None:
    code, keys = await street.make(), LinkKeys.generate()
    await ask(hass, code, keys)
    await street.desk.async_decide(code.code_id, approved=False)
    with pytest.raises(JoinError, match=Problem.REFUSED):
        await ask(hass, code, keys)


async def test_a_code_is_for_one_house(hass: HomeAssistant, street: Street) -> None:
    code, keys = await street.make(), LinkKeys.generate()
    await ask(hass, code, keys)
    with pytest.raises(JoinError, match=Problem.USED):
        await ask(hass, code, house=OTHER)
    # The first one is not harmed by it.
    assert (await ask(hass, code, keys)).says is Answered.WAITING


async def test_a_code_expires_by_the_clock_of_who_made_it(hass: HomeAssistant, street: Street) -> None:
    code = await street.make()
    street.now += CODE_S + 1
    with pytest.raises(JoinError, match=Problem.EXPIRED):
        await ask(hass, code)


async def test_a_question_that_waits_does_not_expire(hass: HomeAssistant, street: Street) -> None:
    code, keys = await street.make(), LinkKeys.generate()
    await ask(hass, code, keys)
    street.now += CODE_S + 1
    assert (await ask(hass, code, keys)).says is Answered.WAITING


async def test_a_code_that_was_withdrawn_is_not_known(hass: HomeAssistant, street: Street) -> None:
    code, _ = await street.make(), await street.make()
    await street.desk.async_withdraw(code.code_id)
    with pytest.raises(JoinError, match=Problem.UNKNOWN):
        await ask(hass, code)


async def test_codes_do_not_pile_up(street: Street) -> None:
    with patch("custom_components.tangle_grid.link.joining.desk.MOST_CODES", 3):
        first, *_ = [await street.make() for _ in range(5)]
    assert len(street.store.codes) == 3
    assert first.code_id not in street.store.codes
    street.now += 30 * 24 * 3600
    await street.make()
    assert len(street.store.codes) == 1
    assert MOST_CODES > 3


async def test_an_island_that_lets_nobody_in_is_not_there(hass: HomeAssistant, street: Street) -> None:
    code = await street.make()
    await street.desk.async_withdraw(code.code_id)
    with pytest.raises(JoinError, match=Problem.NOT_THERE):
        await ask(hass, code)


async def test_nobody_at_the_address_is_told(hass: HomeAssistant, street: Street) -> None:
    code = replace(await street.make(), url="http://127.0.0.1:9")
    with patch.object(asking, "PATIENCE_S", 0.5), pytest.raises(JoinError, match=Problem.UNREACHABLE) as error:
        await ask(hass, code)
    assert error.value.placeholders["url"] == "http://127.0.0.1:9"


async def test_nobody_joins_itself_or_what_is_below_it(hass: HomeAssistant, street: Street) -> None:
    code = await street.make()
    with pytest.raises(JoinError, match=Problem.OWN_ISLAND):
        await ask(hass, code, house=STREET)
    street.above = (HOUSE,)
    with pytest.raises(JoinError, match=Problem.LOOP):
        await ask(hass, code)
    assert not street.desk.waiting


async def test_what_does_not_fit_is_refused_with_the_figures(hass: HomeAssistant, street: Street) -> None:
    code = await street.make()
    street.figures = {"capacity": "63"}
    with pytest.raises(JoinError, match=Problem.DOES_NOT_FIT) as error:
        await ask(hass, code)
    assert error.value.placeholders == {"capacity": "63"}
    # Where it fits later the same code does.
    street.figures = None
    assert (await ask(hass, code)).says is Answered.WAITING


async def test_without_mqtt_a_code_for_it_says_so(hass: HomeAssistant, street: Street) -> None:
    street.url = ""
    code = await street.make()
    with patch.object(asking, "PATIENCE_S", 0.3), pytest.raises(JoinError, match=Problem.NO_BROKER):
        await ask(hass, code)


async def test_codes_and_questions_outlive_a_restart(
    hass: HomeAssistant, street: Street, hass_storage: dict[str, Any]
) -> None:
    code, keys = await street.make(), LinkKeys.generate()
    await ask(hass, code, keys)
    await street.store.async_save()
    await street.desk.async_stop()
    again = LinkStore(hass, STREET)
    await again._async_load()
    other = Street(hass, again, street.url)
    assert other.desk.waiting.keys() == {code.code_id}
    assert (await ask(hass, code, keys)).says is Answered.WAITING
    await other.desk.async_stop()
    await again.async_remove()
    assert not again.codes


def test_a_message_of_another_code_or_kind_or_signer_is_not_read() -> None:
    keys, other = LinkKeys.generate(), LinkKeys.generate()
    code = JoinCode.make(url="", island_id=STREET, public=keys.public)
    asked = Asked.make(island_id=HOUSE, keys=other, terms=TERMS)
    answer = Answer(nonce=asked.nonce, says=Answered.WAITING, public=keys.public)
    assert Asked.open(code, asked.seal(code, other)) == asked
    assert Answer.open(code, answer.seal(code, keys)) == replace(answer, figures={})
    another = JoinCode.make(url="", island_id=STREET, public=keys.public)
    # Who has the code, and not the keys that it names, cannot say yes.
    forged = replace(answer, public=other.public).seal(code, other)
    for data in (
        answer.seal(another, keys),
        answer.seal(code, other),
        forged,
        asked.seal(code, other),
        b"",
        b"TGJ1",
        b"TGJ1[]",
        b'TGJ1{"body":{},"signature":1}',
        answer.seal(code, keys)[:-20],
    ):
        with pytest.raises(UnreadableError):
            Answer.open(code, data)
    for data in (asked.seal(code, keys), answer.seal(code, keys), replace(asked, island_id="?").seal(code, other)):
        with pytest.raises(UnreadableError):
            Asked.open(code, data)


@pytest.mark.parametrize("missing", ["code", "own", "terms", "peer_island"])
def test_a_record_that_is_not_whole_is_told(missing: str) -> None:
    keys = LinkKeys.generate()
    code = JoinCode.make(url="", island_id=STREET, public=keys.public)
    record = LinkRecord(
        link_id=code.code_id, upper=True, code=code, own=keys, peer=None, peer_island=HOUSE, terms=TERMS
    )
    assert not record.joined
    stored = record.to_dict()
    assert LinkRecord.from_dict(code.code_id, stored).to_dict() == stored
    with pytest.raises(UnreadableRecordError):
        LinkRecord.from_dict(code.code_id, {name: each for name, each in stored.items() if name != missing})
    with pytest.raises(UnreadableRecordError):
        LinkRecord.from_dict(code.code_id, {**stored, "peer": "nonsense"})

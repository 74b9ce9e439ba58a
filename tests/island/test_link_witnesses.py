"""A house on its street's node compares what it is shown with what the street and other houses saw, and pays nobody
while that contradicts itself."""

import json
from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock, patch

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.bridge.options import LedgerChoice
from custom_components.tangle_grid.const import DOMAIN, TREASURY
from custom_components.tangle_grid.diagnostics import async_get_config_entry_diagnostics
from custom_components.tangle_grid.errors import translated_errors
from custom_components.tangle_grid.flows.contradiction import ContradictionFlow
from custom_components.tangle_grid.island import link_ends, link_witnesses, links
from custom_components.tangle_grid.island.link_witnesses import LOOK_S, LinkWitnesses
from custom_components.tangle_grid.island.runtime import IslandRuntime
from custom_components.tangle_grid.ledger import LedgerError, Secrets, SignedMilestone
from custom_components.tangle_grid.ledger.node.milestone import Milestone
from custom_components.tangle_grid.link.core import LetterCame, Operator, Seen, body_of
from custom_components.tangle_grid.protocol import SigningKey
from custom_components.tangle_grid.repairs import async_create_fix_flow
from custom_components.tangle_grid.verify.cli import main
from tests.support.island import FakeLedger
from tests.support.linked_islands import Pair, async_set_up_house, house_entry, street_entry

URL = "http://street.example:14265"
AT = 1_796_040_000.123457


class Watched(Pair):
    """A street whose node the house uses; what it shows to each of them is the test's affair."""

    def milestone(self, number: int, branch: str = "B") -> SignedMilestone:
        """One that the street has signed."""
        made = Milestone(
            island=self.street.island_id, number=number, previous=f"P{number}", trunk="T", branch=branch, at=AT
        )
        return SignedMilestone(milestone=made, signature=self.street.link.signing_key().sign(made.signed_bytes()))

    def show(self, runtime: IslandRuntime, *numbers: int, branch: str = "B") -> None:
        """Let the node of an island show these milestones, the newest last."""
        cast("FakeLedger", runtime.ledger).chain = [self.milestone(number, branch) for number in numbers]

    async def async_look(self) -> None:
        """Both look, and hear what the other was shown."""
        for runtime in (self.street, self.house, self.street):
            await runtime.witnesses.async_look()
        for _turn in range(6):
            await self.async_pause()
        await self.hass.async_block_till_done()

    async def async_wait(self, seconds: float) -> None:
        """Let time pass on the clocks of both, who look as often as they do."""
        for number in range(1, round(seconds / LOOK_S * 2) + 1):
            self.passed_s += LOOK_S / 2
            self.draw(5000 + number % 3, 4000 + number % 3, 3680)
            for _turn in range(3):
                await self.async_pause()
            if not number % 2:
                await self.async_look()

    async def async_pay(self, runtime: IslandRuntime, payment_id: str) -> None:
        await runtime.link.treasury.async_reward(payment_id, TREASURY, 5, {})

    def issue(self, runtime: IslandRuntime) -> ir.IssueEntry | None:
        issue_id = f"ledger_contradiction_{runtime.entry.entry_id}"
        return ir.async_get(self.hass).async_get_issue(DOMAIN, issue_id)

    def found(self, runtime: IslandRuntime) -> set[str]:
        status = runtime.witnesses.status
        return set() if status is None else set(status.findings)

    async def async_flow(self, runtime: IslandRuntime) -> ContradictionFlow:
        await self.async_until(lambda: self.issue(runtime) is not None)
        issue = self.issue(runtime)
        assert issue is not None
        assert issue.is_fixable
        flow = await async_create_fix_flow(self.hass, issue.issue_id, issue.data)
        assert isinstance(flow, ContradictionFlow)
        flow.hass, flow.handler, flow.issue_id, flow.data = self.hass, DOMAIN, issue.issue_id, issue.data
        return flow


@pytest.fixture
async def pair(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator, fake_ledger: Any, socket_enabled: None
) -> AsyncIterator[Watched]:
    await async_set_up_house(hass)
    made = Watched(hass, street_entry(), house_entry())
    made.draw(5000, 4000, 3680)
    chosen = LedgerChoice(url=URL, tangle_id="iri:X").into_options(made.house_entry.options)
    with (
        patch.object(link_ends, "mono", made.mono),
        patch.object(links, "mono", made.mono),
        patch.object(link_witnesses, "mono", made.mono),
    ):
        for entry in (made.street_entry, made.house_entry):
            entry.add_to_hass(hass)
            if entry is made.house_entry:
                hass.config_entries.async_update_entry(entry, options=chosen)
            assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        client = await hass_client_no_auth()
        made.url = str(client.make_url("/")).rstrip("/")
        await made.async_join()
        await made.async_until(lambda: made.states == {"connected"})
        for runtime in (made.street, made.house):
            made.show(runtime, 1, 2, 3)
        await made.async_look()
        await made.async_look()
        yield made
        for entry in (made.house_entry, made.street_entry):
            assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_fork_holds_all_payments_until_a_person_decides_and_others_can_check_the_proof(
    hass: HomeAssistant, pair: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    for runtime in (pair.street, pair.house):
        pair.show(runtime, 3, 4)
    await pair.async_wait(50)
    for runtime in (pair.street, pair.house):
        status = runtime.witnesses.status
        assert status is not None
        assert (status.findings, status.held, status.proof, status.milestone) == (frozenset(), False, None, 4)
        assert status.witnesses == 1
        told = (await async_get_config_entry_diagnostics(hass, runtime.entry))["witness"]
        assert (told["findings"], told["milestone"], told["witnesses"]) == ([], 4, 1)
        await pair.async_pay(runtime, "p0")

    pair.show(pair.street, 5, branch="B")
    pair.show(pair.house, 5, branch="C")
    await pair.async_wait(2 * LOOK_S)
    for runtime in (pair.street, pair.house):
        assert pair.found(runtime) == {"fork"}
        with pytest.raises(LedgerError, match="payments_held") as caught:
            await pair.async_pay(runtime, "p1")
        with pytest.raises(ServiceValidationError, match="Payments are held"), translated_errors():
            raise caught.value

    flow = await pair.async_flow(pair.house)
    shown = await flow.async_step_init()
    assert shown["menu_options"] == ["pay_again", "own_node"]
    file = Path(shown["description_placeholders"]["file"])  # type: ignore[index]
    key = pair.street.link.signing_key().public
    assert await hass.async_add_executor_job(main, ["--fork", str(file), "--key", key]) == 0
    assert "The fork stands up." in capsys.readouterr().out
    assert await hass.async_add_executor_job(main, ["--fork", str(file), "--key", "0a" * 32]) == 1
    document = json.loads(await hass.async_add_executor_job(file.read_text))
    for wrong, code in (
        ({"other": document["one"]}, 1),
        ({"island": "another"}, 1),
        ({"kind": "?"}, 2),
        ({"one": {}}, 2),
    ):
        await hass.async_add_executor_job(file.write_text, json.dumps(document | wrong))
        assert await hass.async_add_executor_job(main, ["--fork", str(file), "--key", key]) == code
    await hass.async_add_executor_job(file.write_text, "[]")
    assert await hass.async_add_executor_job(main, ["--fork", str(file), "--key", key]) == 2

    # The restart changes nothing of it: payments are held before anything is looked at.
    assert await hass.config_entries.async_unload(pair.house_entry.entry_id)
    for step in (flow.async_step_init, flow.async_step_pay_again):
        assert (await step())["reason"] == "agrees_again"
    assert await hass.config_entries.async_setup(pair.house_entry.entry_id)
    await hass.async_block_till_done()
    with pytest.raises(LedgerError, match="payments_held"):
        await pair.async_pay(pair.house, "p1")
    pair.show(pair.house, 5, 6, branch="C")
    await pair.async_look()
    assert pair.found(pair.house) == {"fork"}

    done = await (await pair.async_flow(pair.house)).async_step_pay_again()
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await pair.async_until(lambda: pair.issue(pair.house) is None)
    await pair.async_pay(pair.house, "p1")
    # It is still known, and nothing new of it holds anything.
    await pair.async_wait(50)
    assert pair.found(pair.house) == {"fork"}
    await pair.async_pay(pair.house, "p2")
    assert (await (await pair.async_flow(pair.street)).async_step_init())["menu_options"] == ["pay_again"]


async def test_what_the_node_takes_back_or_withholds_is_found_within_five_minutes(
    hass: HomeAssistant, pair: Watched
) -> None:
    pair.show(pair.house, 2)
    await pair.house.witnesses.async_look()
    assert pair.found(pair.house) == {"rollback"}
    # A node that cannot be asked proves nothing, neither way.
    ledger = cast("FakeLedger", pair.house.ledger)
    ledger.reachable = False
    await pair.async_wait(50)
    assert pair.found(pair.house) == {"rollback"}
    with pytest.raises(LedgerError, match="payments_held"):
        await pair.async_pay(pair.house, "p1")
    ledger.reachable = True
    pair.show(pair.house, 3)
    await pair.house.witnesses.async_look()
    assert not pair.found(pair.house)
    await pair.async_pay(pair.house, "p1")

    pair.show(pair.street, 3, 4)
    began = pair.passed_s
    while not pair.found(pair.house):
        await pair.async_wait(LOOK_S)
        assert pair.passed_s - began < 300
    assert pair.found(pair.house) == {"withheld"}
    assert not pair.found(pair.street)
    with pytest.raises(LedgerError, match="payments_held"):
        await pair.async_pay(pair.house, "p2")
    await pair.async_pay(pair.street, "p2")
    flow = await pair.async_flow(pair.house)
    assert (await flow.async_step_init())["description_placeholders"]["file"] == "-"  # type: ignore[index]
    assert (await flow.async_step_own_node())["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    await pair.house.witnesses.async_look()
    # A ledger of its own has no operator but the house.
    assert pair.house.witnesses.status is None
    await pair.async_until(lambda: pair.issue(pair.house) is None)
    await pair.async_pay(pair.house, "p2")
    assert (await flow.async_step_init())["reason"] == "agrees_again"


class Way:
    """A link, as far as letters about milestones go."""

    def __init__(self, *, room: bool = True) -> None:
        self.end, self.has_room = self, room
        self.letters: dict[str, Any] = {}

    def understands(self, kind: str) -> bool:
        return kind in {Operator.kind, Seen.kind}

    def post(self, _now: float, letter: str, _about: str, says: Any, *, keep_s: float) -> None:
        assert len(letter) <= 64
        assert keep_s < 300
        self.letters[letter] = says

    def pump(self) -> None:
        """It is on its way."""


STREET = SigningKey.from_hex("07" * 32)
OPERATOR = Operator(island="isle", public_key=STREET.public)


class Alone:
    """The witnesses of one island, with its links and its ledger in the test's hand."""

    def __init__(self, hass: HomeAssistant, *, url: str | None, houses: int = 0) -> None:
        self.entry: Any = MagicMock(options=LedgerChoice(url=url).into_options({}), title="Maple Street")
        self.links: Any = MagicMock(upper=Way(), carried={f"house {number:02}": Way() for number in range(houses)})
        self.link: Any = MagicMock()
        self.link.signing_key.return_value = STREET
        self.link.ledger = FakeLedger(Secrets.generate([]))
        self.store: Any = MagicMock(heads={})
        self.work: list[Coroutine[Any, Any, None]] = []
        self.hass = hass
        self.start()

    def start(self) -> None:
        self.witnesses = LinkWitnesses(
            self.hass,
            self.entry,
            island_id="isle",
            store=self.store,
            links=self.links,
            link=self.link,
            do=lambda work, _name: self.work.append(work),
            released=lambda: None,
            changed=lambda: None,
        )

    def show(self, *numbers: int, branch: str = "B") -> None:
        self.link.ledger.chain = [signed(number, branch) for number in numbers]

    def hear(self, source: str | None, body: Operator | Seen | None) -> None:
        says = {} if body is None else body_of(body)
        about = Operator.kind if body is None else body.kind
        self.witnesses._async_heard(source, LetterCame(letter="x", about=about, says=says, age_s=0.0))

    async def async_work(self) -> None:
        while self.work:
            await self.work.pop(0)


def signed(number: int, branch: str = "B") -> SignedMilestone:
    made = Milestone(island="isle", number=number, previous=f"P{number}", trunk="T", branch=branch, at=AT)
    return SignedMilestone(milestone=made, signature=STREET.sign(made.signed_bytes()))


async def test_a_street_passes_on_unchanged_what_its_houses_were_shown(hass: HomeAssistant) -> None:
    street = Alone(hass, url=None, houses=20)
    ways, upper = street.links.carried, street.links.upper
    ways["house 03"].has_room = False
    seen = Seen.sign(SigningKey.generate(), link_witnesses._head(signed(4)))
    # Before the street has looked itself, it knows nobody's milestones.
    street.hear("house 01", seen)
    await street.witnesses.async_look()
    assert [way.letters for way in ways.values()] == [
        {f"operator/{STREET.public[:32]}": body_of(OPERATOR)} if name != "house 03" else {} for name in ways
    ]
    for way in ways.values():
        way.letters.clear()
    street.hear("house 01", seen)
    told = [name for name, way in ways.items() if way.letters]
    assert told == [f"house {number:02}" for number in (2, 4, 5, 6, 7, 8, 9)]
    for way in (*(ways[name] for name in told), upper):
        assert list(way.letters.values()) == [body_of(seen)]


async def test_three_houses_hear_of_each_other_through_a_street_that_lies_to_one(hass: HomeAssistant) -> None:
    street = Alone(hass, url=None, houses=3)
    houses = {name: Alone(hass, url=URL) for name in street.links.carried}
    for name, house in houses.items():
        house.hear(None, OPERATOR)
        house.show(1, 2, branch="C" if name == "house 02" else "B")
    street.show(1)
    for each in (street, *houses.values()):
        await each.witnesses.async_look()
        await each.async_work()
    for name, house in houses.items():
        for says in list(house.links.upper.letters.values()):
            street.witnesses._async_heard(name, LetterCame(letter="x", about=Seen.kind, says=says, age_s=0.0))
    for name, house in houses.items():
        for letter, says in street.links.carried[name].letters.items():
            about = letter.partition("/")[0]
            house.witnesses._async_heard(None, LetterCame(letter="x", about=about, says=says, age_s=0.0))
    for each in (street, *houses.values()):
        assert each.witnesses.status is not None
        assert each.witnesses.status.findings == {"fork"}
        assert each.link.async_hold_payments.call_args.kwargs == {"held": True}
        for work in each.work:
            work.close()


async def test_nobody_talks_a_house_out_of_watching(hass: HomeAssistant) -> None:
    house = Alone(hass, url=URL)
    await house.witnesses.async_look()
    assert house.witnesses.status is None
    other = Operator(island="isle", public_key=SigningKey.generate().public)
    house.hear("a house", other)
    house.hear(None, None)
    house.hear(None, other)
    house.show(1, 2)
    await house.async_work()
    # None of these is signed by that key: it may still be put right.
    house.link.ledger.chain = []
    house.hear(None, OPERATOR)
    house.show(1, 2)
    await house.async_work()
    house.hear(None, other)
    await house.witnesses.async_look()
    assert house.witnesses.status is not None
    assert house.witnesses.status.milestone == 2


async def test_what_was_seen_is_kept_and_looked_at_by_itself(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    house = Alone(hass, url=URL)
    stop = house.witnesses.async_start()
    house.hear(None, OPERATOR)
    house.show(1, 2)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=LOOK_S + 1))
    await hass.async_block_till_done()
    await house.async_work()
    stop()
    house.witnesses.async_stop()
    house.store.heads = json.loads(json.dumps(house.store.heads))
    # After a restart it is known that the node has gone back, and a proof that cannot be written holds as well.
    house.start()
    house.show(1)
    await house.witnesses.async_look()
    assert house.witnesses.status is not None
    assert house.witnesses.status.findings == {"rollback"}
    house.show(1, 2, branch="C")
    with (
        patch.object(link_witnesses, "_write", side_effect=OSError("full")),
        patch.object(link_witnesses, "_SAVED_EVERY_S", 0.0),
    ):
        await house.witnesses.async_look()
        await house.async_work()
    assert "cannot be written" in caplog.text
    assert house.witnesses.status.held
    assert house.store.heads["own"]["held"] is True
    # Another ledger has nothing to do with it.
    house.entry.options = {}
    house.links.carried["house"] = Way()
    house.link.signing_key.return_value = SigningKey.generate()
    await house.witnesses.async_look()
    assert house.witnesses.status.findings == frozenset()
    assert house.link.async_hold_payments.call_args.kwargs == {"held": False}

"""Who may do what: administrators, owners, other users, users who may only look, and automations."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.tangle_grid.const import CONF_OWNERS, CONF_POLICY, DOMAIN, TREASURY
from custom_components.tangle_grid.ledger import FORMER_MARK, PaymentOrder
from tests.support.island import BATTERY, CHARGER, HOUSEHOLD, Island

ADMIN: Final = "administrator"
OWNER: Final = "owner"
OTHER: Final = "other user"
READER: Final = "user who may only look"
AUTOMATION: Final = "automation"
EVERYBODY: Final = frozenset({ADMIN, OWNER, OTHER, READER, AUTOMATION})

type People = dict[str, str | None]


@pytest.fixture
async def people(hass: HomeAssistant, hass_admin_user: MockUser, hass_read_only_user: MockUser) -> People:
    """Their ids, by what they are."""
    group = await hass.auth.async_get_group(GROUP_ID_USER)
    assert group is not None
    normal = [MockUser(name=name, groups=[group]).add_to_hass(hass) for name in (OWNER, OTHER)]
    return {
        ADMIN: hass_admin_user.id,
        OWNER: normal[0].id,
        OTHER: normal[1].id,
        READER: hass_read_only_user.id,
        AUTOMATION: None,
    }


def own(island: Island, *user_ids: str | None, participant: str = CHARGER) -> None:
    """Choose the owners of a participant."""
    subentry = island.entry.subentries[participant]
    data = {**subentry.data, CONF_OWNERS: list(user_ids)}
    island.hass.config_entries.async_update_subentry(island.entry, subentry, data=data)


type Act = Callable[[Island, Context], Awaitable[Any]]


async def _call(island: Island, context: Context, action: str, **data: Any) -> Any:
    domain, _, service = action.rpartition(".")
    await island.hass.services.async_call(domain or DOMAIN, service, data, blocking=True, context=context)
    await island.settle()


async def _answer(island: Island, context: Context) -> None:
    request_id = next(iter(island.runtime.engine.requests))
    await _call(
        island,
        context,
        "answer_request",
        request_id=request_id,
        device_id=island.device_id(CHARGER),
        answer="decline",
    )


async def _opt_out(island: Island, context: Context) -> None:
    await _call(island, context, "opt_out", device_id=island.device_id(CHARGER))


async def _press(island: Island, context: Context) -> None:
    await _call(island, context, "button.press", entity_id=island.entity_id("button", "opt_out", CHARGER))


async def _accept(island: Island, context: Context) -> None:
    await _call(island, context, "button.press", entity_id=island.entity_id("button", "accept", CHARGER))


async def _decline(island: Island, context: Context) -> None:
    await _call(island, context, "button.press", entity_id=island.entity_id("button", "decline", CHARGER))


async def _try_it(island: Island, context: Context) -> None:
    await _call(island, context, "button.press", entity_id=island.entity_id("button", "try_it"))


async def _select(island: Island, context: Context) -> None:
    entity_id = island.entity_id("select", "policy", CHARGER)
    await _call(island, context, "select.select_option", entity_id=entity_id, option="never")


async def _mode(island: Island, context: Context) -> None:
    entity_id = island.entity_id("select", "charging_mode", CHARGER)
    await _call(island, context, "select.select_option", entity_id=entity_id, option="sun")


async def _number(island: Island, context: Context) -> None:
    await _call(
        island, context, "number.set_value", entity_id=island.entity_id("number", "lowest_rate", CHARGER), value=7
    )


async def _switch(island: Island, context: Context) -> None:
    await _call(island, context, "switch.turn_on", entity_id=island.entity_id("switch", "feed_back", CHARGER))


async def _leaves_at(island: Island, context: Context) -> None:
    entity_id = island.entity_id("time", "leaves_at", CHARGER)
    await _call(island, context, "time.set_value", entity_id=entity_id, time="05:00:00")


async def _send(island: Island, context: Context) -> None:
    data = {"device_id": island.device_id(CHARGER), "target_device_id": island.device_id(BATTERY), "amount": 1}
    await _call(island, context, "send_tokens", **data)


async def _sweep(island: Island, context: Context) -> None:
    await _call(island, context, "sweep", device_id=island.device_id(CHARGER))


async def _send_from_treasury(island: Island, context: Context) -> None:
    data = {"device_id": island.device_id(), "target_device_id": island.device_id(CHARGER), "amount": 1}
    await _call(island, context, "send_tokens", **data)


async def _reward(island: Island, context: Context) -> None:
    await _call(island, context, "reward", device_id=island.device_id(CHARGER), amount=1, reason="x")


async def _request(island: Island, context: Context) -> None:
    await _call(island, context, "request_curtailment", config_entry_id=island.entry.entry_id, power=900, duration=5)


async def _cancel(island: Island, context: Context) -> None:
    await _call(island, context, "cancel_request", request_id=next(iter(island.runtime.engine.requests)))


async def _capacity(island: Island, context: Context) -> None:
    entry_id = island.entry.entry_id
    await _call(island, context, "set_temporary_capacity", config_entry_id=entry_id, power=30_000, duration=5)


async def _clear_capacity(island: Island, context: Context) -> None:
    await _call(island, context, "clear_temporary_capacity", config_entry_id=island.entry.entry_id)


async def _publish(island: Island, context: Context) -> None:
    data = {"config_entry_id": island.entry.entry_id, "topic": "road", "data": {"pothole": True}}
    await _call(island, context, "publish_data", **data)


async def _limits(island: Island, context: Context) -> None:
    await _call(island, context, "set_spending_limits", device_id=island.device_id(CHARGER), per_day=5)


async def _address(island: Island, context: Context) -> None:
    await _call(island, context, "set_owner_address", device_id=island.device_id(CHARGER), address="C" * 90)


SPEAKING: Final = (_answer, _accept, _decline, _opt_out, _press, _select, _mode, _number, _switch, _leaves_at)
SPENDING: Final = (_send, _sweep)
RULING: Final = (
    *(
        _send_from_treasury,
        _reward,
        _request,
        _try_it,
        _cancel,
        _capacity,
        _clear_capacity,
        _publish,
        _limits,
        _address,
    ),
)

MATRIX: Final = [
    (act, owned, allowed)
    for acts, of_owners, of_everybody in (
        (SPEAKING, EVERYBODY - {OTHER, READER}, EVERYBODY - {READER}),
        (SPENDING, frozenset({ADMIN, AUTOMATION, OWNER}), frozenset({ADMIN, AUTOMATION})),
        (RULING, frozenset({ADMIN, AUTOMATION}), frozenset({ADMIN, AUTOMATION})),
    )
    for act in acts
    for owned, allowed in ((True, of_owners), (False, of_everybody))
]
NAMES: Final = [f"{act.__name__}-{'owned' if owned else 'free'}" for act, owned, _ in MATRIX]


def _all_that_counts(island: Island) -> Any:
    """What nobody may change who is refused."""
    engine = island.runtime.engine
    return (
        {request_id: request.to_dict() for request_id, request in engine.requests.items()},
        {subentry_id: dict(subentry.data) for subentry_id, subentry in island.entry.subentries.items()},
        dict(island.entry.options),
        set(island.ledger.orders),
        [message.kind for message in island.ledger.published if message.kind == "data"],
        (dict(island.ledger.limited), dict(island.ledger.owners)),
        engine.status(island.runtime.clock.now()).feeders["main"].temporary_until,
        engine.status(island.runtime.clock.now()).devices[CHARGER].mode,
    )


@pytest.mark.parametrize("who", sorted(EVERYBODY))
@pytest.mark.parametrize(("act", "owned", "allowed"), MATRIX, ids=NAMES)
async def test_who_may_do_what(
    island: Island, people: People, act: Act, owned: bool, allowed: frozenset[str], who: str
) -> None:
    if owned:
        own(island, people[OWNER])
    wallet = island.runtime.wallet_ids[CHARGER]
    island.ledger.balances[wallet] = 1_000
    await island.ledger.rules.set_owner_address(wallet, "B" * 90, keep_i=0)
    if act in (_answer, _accept, _decline, _opt_out, _press, _cancel):
        await island.request(device_id=[island.device_id(CHARGER)])
    if act is _clear_capacity:
        await _capacity(island, Context())
    before = _all_that_counts(island)
    context = Context(user_id=people[who])
    if who in allowed:
        await act(island, context)
        assert _all_that_counts(island) != before
        return
    with pytest.raises((ServiceValidationError, Unauthorized)) as refusal:
        await act(island, context)
    if isinstance(refusal.value, ServiceValidationError):
        assert refusal.value.translation_key in {"control_denied", "not_owner", "wallet_not_yours"}
        assert "{" not in str(refusal.value)
    await island.settle()
    assert _all_that_counts(island) == before


async def test_a_refusal_says_what_to_do(island: Island, people: People) -> None:
    own(island, people[OWNER])
    with pytest.raises(ServiceValidationError, match="Charger Maple 4 belongs to somebody else"):
        await _opt_out(island, Context(user_id=people[OTHER]))
    with pytest.raises(ServiceValidationError, match="You may look at Charger Maple 4, but not control it"):
        await _opt_out(island, Context(user_id=people[READER]))
    own(island)
    with pytest.raises(ServiceValidationError, match=r"Only administrators may spend from .* Charger Maple 4"):
        await _send(island, Context(user_id=people[OWNER]))
    with pytest.raises(UnknownUser):
        await _opt_out(island, Context(user_id="nobody"))


async def test_an_owner_who_may_only_look_may_only_look(island: Island, people: People) -> None:
    own(island, people[READER])
    for act in (_opt_out, _send):
        with pytest.raises(ServiceValidationError) as refusal:
            await act(island, Context(user_id=people[READER]))
        assert refusal.value.translation_key == "control_denied"


async def test_owners_whose_user_is_gone_leave_it_to_administrators(island: Island, people: People) -> None:
    own(island, "deleted")
    with pytest.raises(ServiceValidationError) as refusal:
        await _select(island, Context(user_id=people[OTHER]))
    assert refusal.value.translation_key == "not_owner"
    await _select(island, Context(user_id=people[ADMIN]))
    assert island.entry.subentries[CHARGER].data[CONF_POLICY]["mode"] == "never"


@pytest.mark.parametrize(("left_out", "refusal"), [(0, "not_participating"), (1, "control_denied")])
async def test_all_of_a_participants_entities_count(
    hass: HomeAssistant, island: Island, people: People, left_out: int, refusal: str
) -> None:
    """Home Assistant lets permissions be given for single entities: a part of them is not the participant."""
    user = await hass.auth.async_get_user(str(people[OTHER]))
    assert isinstance(user, MockUser)
    entities = er.async_entries_for_config_entry(er.async_get(hass), island.entry.entry_id)
    mine = [entity.entity_id for entity in entities if entity.config_subentry_id == CHARGER][left_out:]
    user.mock_policy({"entities": {"entity_ids": {entity_id: {POLICY_CONTROL: True} for entity_id in mine}}})
    context = Context(user_id=user.id)
    for participant, key in ((CHARGER, refusal), (HOUSEHOLD, "control_denied")):
        with pytest.raises(ServiceValidationError) as refused:
            await _call(island, context, "opt_out", device_id=island.device_id(participant))
        assert refused.value.translation_key == key


async def test_owners_take_effect_without_a_new_start(island: Island, people: People) -> None:
    runtime = island.runtime
    own(island, people[OWNER])
    await island.settle()
    assert island.runtime is runtime


async def _pay(island: Island, source: str, target: str, payment_id: str) -> None:
    wallets = {TREASURY: TREASURY, **island.runtime.wallet_ids}
    wallet = wallets.get(source, source)
    island.ledger.balances[wallet] = island.ledger.balances.get(wallet, 0) + 10
    await island.ledger.pay(
        PaymentOrder(payment_id=payment_id, source=wallet, target=wallets.get(target, target), amount_i=1)
    )


@pytest.mark.parametrize(("action", "listed"), [("get_payments", "payments"), ("get_queue", "queue")])
async def test_payments_of_others_are_not_shown(island: Island, people: People, action: str, listed: str) -> None:
    own(island, people[OWNER])
    own(island, people[OTHER], participant=HOUSEHOLD)
    for number, (source, target) in enumerate(
        [
            (TREASURY, CHARGER),
            (CHARGER, BATTERY),
            (CHARGER, HOUSEHOLD),
            (TREASURY, BATTERY),
            (HOUSEHOLD, "C" * 90),
            # A seed that was replaced is a wallet of the same owner.
            (f"{island.runtime.wallet_ids[CHARGER]}{FORMER_MARK}1", "C" * 90),
            (TREASURY, "D" * 90),
            (HOUSEHOLD, "C" * 90),
        ]
    ):
        await _pay(island, source, target, str(number))

    async def seen(who: str, limit: int = 50) -> set[str]:
        response = await island.call(
            action, response=True, user_id=people[who], config_entry_id=island.entry.entry_id, limit=limit
        )
        return {each["payment_id"] for each in response[listed]}

    everything = {str(number) for number in range(8)}
    assert await seen(ADMIN) == await seen(AUTOMATION) == everything
    assert await seen(OWNER) == everything - {"4", "7"}
    assert await seen(OTHER) == everything - {"0", "1", "5"}
    assert await seen(READER) == {"3", "6"}
    # As many as were asked for, of those that may be seen.
    assert [len(await seen(READER, limit=limit)) for limit in (1, 2)] == [1, 2]


async def test_payments_of_those_who_left_are_for_administrators(
    hass: HomeAssistant, island: Island, people: People
) -> None:
    await _pay(island, TREASURY, CHARGER, "old")
    hass.config_entries.async_remove_subentry(island.entry, CHARGER)
    await hass.async_block_till_done(wait_background_tasks=True)
    for who, expected in ((ADMIN, {"old"}), (OTHER, set())):
        response = await island.call(
            "get_payments", response=True, user_id=people[who], config_entry_id=island.entry.entry_id
        )
        assert {each["payment_id"] for each in response["payments"]} == expected

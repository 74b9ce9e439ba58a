"""Who may do what for a participant: Home Assistant's own permissions, and the owners that were chosen for it.

Administrators may do everything, and so may automations: a call without a user comes from one, and only an
administrator can have made it. Whoever may not control a participant's entities may not act for it either.
"""

from collections.abc import Iterable

from aiohttp import web
from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import UnknownUser
from homeassistant.helpers import entity_registry as er

from ..const import CONF_OWNERS
from ..errors import invalid
from ..island.configuration import Member, Participant
from ..island.runtime import IslandRuntime
from ..ledger import FORMER_MARK, Payment
from .targets import Target


async def async_bound_user(hass: HomeAssistant, context: Context | None) -> User | None:
    """Return the user whose permissions count; None for those who may do everything: administrators and automations.

    Raises:
        UnknownUser: The user does not exist any more.
    """
    if context is None or context.user_id is None:
        return None
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context)
    return None if user.is_admin else user


@callback
def owners(runtime: IslandRuntime, participant_id: str) -> frozenset[str]:
    """Return the ids of the users that a participant belongs to; none when it belongs to everybody alike."""
    return frozenset(runtime.entry.subentries[participant_id].data.get(CONF_OWNERS, ()))


async def async_require_control(runtime: IslandRuntime, participant: Member, context: Context | None) -> None:
    """Require that who answers, opts out or decides for a participant may control it, and is one of its owners, if any.

    Raises:
        ServiceValidationError: control_denied or not_owner.
        UnknownUser: The user does not exist any more.
    """
    user = await async_bound_user(runtime.hass, context)
    if user is None:
        return
    if not _may_control(runtime, participant, user):
        raise invalid("control_denied", participant=participant.name)
    owned_by = owners(runtime, participant.participant_id)
    if owned_by and user.id not in owned_by:
        raise invalid("not_owner", participant=participant.name)


async def async_require_answer(runtime: IslandRuntime, participant: Participant, context: Context | None) -> None:
    """Require that who answers or opts out for a participant may control it; at a charger the vehicle's owners decide.

    Raises:
        ServiceValidationError: control_denied or not_owner.
        UnknownUser: The user does not exist any more.
    """
    vehicle_id = runtime.vehicles.at(participant.participant_id).vehicle_id
    decides = participant if vehicle_id is None else runtime.members[vehicle_id]
    await async_require_control(runtime, decides, context)


async def async_require_spending(target: Target, context: Context | None) -> None:
    """Require that who spends from a wallet is one of its owners. The treasury's are the administrators.

    Raises:
        ServiceValidationError: control_denied, not_owner, or wallet_not_yours (nobody is chosen as its owner).
        UnknownUser: The user does not exist any more.
    """
    runtime, participant = target.runtime, target.participant
    if participant is not None and owners(runtime, participant.participant_id):
        await async_require_control(runtime, participant, context)
    elif await async_bound_user(runtime.hass, context) is not None:
        name = runtime.entry.title if participant is None else participant.name
        raise invalid("wallet_not_yours", wallet=name)


@callback
def visible_payments(runtime: IslandRuntime, payments: Iterable[Payment], user: User | None) -> list[Payment]:
    """Return those payments that a user may see: nobody sees what is between the wallets of others that have owners.

    Payments of participants who have left are for administrators: nobody knows any more whose they were.
    """
    if user is None:
        return list(payments)
    participants = {wallet: participant for participant, wallet in runtime.wallet_ids.items()}

    def is_visible(payment: Payment) -> bool:
        sides = {wallet.partition(FORMER_MARK)[0] for wallet in (payment.source, payment.target)}
        known = [wallet for wallet in sides if wallet in runtime.wallet_names]
        owned_by = [owners(runtime, participants[wallet]) if wallet in participants else None for wallet in known]
        return any(ids and user.id in ids for ids in owned_by) or all(ids == frozenset() for ids in owned_by)

    return list(filter(is_visible, payments))


@callback
def _may_control(runtime: IslandRuntime, participant: Member, user: User) -> bool:
    """Return whether a user may control all entities that a participant has here."""
    permissions = user.permissions
    if permissions.access_all_entities(POLICY_CONTROL):
        return True
    registry = er.async_get(runtime.hass)
    entity_ids = [
        entity.entity_id
        for entity in er.async_entries_for_config_entry(registry, runtime.entry.entry_id)
        if entity.config_subentry_id == participant.participant_id
    ]
    return bool(entity_ids) and all(permissions.check_entity(entity_id, POLICY_CONTROL) for entity_id in entity_ids)


async def async_require_download(request: web.Request, target: Target) -> None:
    """Whoever downloads what is about a participant may spend for it.

    A link that an automation asked for is signed in the name of a user of Home Assistant itself, which nobody can log
    in as: whoever called the action was allowed to.

    Raises:
        ServiceValidationError: As `async_require_spending`.
        UnknownUser: The user does not exist any more.
    """
    user = request[KEY_HASS_USER]
    if not user.system_generated:
        await async_require_spending(target, Context(user_id=user.id))

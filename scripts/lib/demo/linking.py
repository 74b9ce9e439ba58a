"""What linking two islands takes, whatever they are to each other: one Tangle, a question, and the link's entry."""

from typing import Final
from urllib.parse import urlsplit

from .api import HomeAssistantApi, Json
from .errors import DemoError
from .flows import OPTIONS, SUBENTRY, walk
from .steps import diagnostics, poll
from .street import DOMAIN, Street

_LEDGER_S: Final = 60.0


async def use_node_of(owner_api: HomeAssistantApi, owner: Street, guest_api: HomeAssistantApi, guest: Street) -> None:
    """Let an island work on the Tangle of another: as a guest of its node, and chosen in its own options.

    Raises:
        DemoError: The node does not open, or cannot be used.
    """

    async def opened() -> bool:
        status = (await diagnostics(owner_api, owner.entry_id))["ledger"]["status"]
        return status is not None and status["reachable"]

    async def used() -> bool:
        status = (await diagnostics(guest_api, guest.entry_id))["ledger"]["status"]
        return status is not None and status["backend"] == "remote" and status["reachable"] and status["synced"]

    await poll(opened, _LEDGER_S, f"the ledger of {owner.island.name} does not open")
    made, shown = await walk(
        owner_api,
        SUBENTRY,
        {"handler": [owner.entry_id, "guest"]},
        {"user": {"name": f"Node for {guest.island.name}"}},
    )
    created(made, "the guest of the node")
    told = next(said for step, said in shown.items() if step.startswith("token"))
    made, _ = await walk(
        guest_api,
        OPTIONS,
        {"handler": guest.entry_id},
        {
            "init": {"next_step_id": "ledger"},
            "ledger": {"next_step_id": "other_node"},
            "other_node": {"url": owner_api.url + urlsplit(told["url"]).path, "token": told["token"]},
        },
    )
    created(made, f"the node of {owner.island.name} as the ledger of {guest.island.name}")
    await poll(used, _LEDGER_S, f"{guest.island.name} does not work with the node of {owner.island.name}")


def created(made: Json, what: str) -> Json:
    """Return the end of a flow that has made something.

    Raises:
        DemoError: It has not.
    """
    if made["type"] != "create_entry":
        raise DemoError(f"{what} was not made: {made.get('reason', made['type'])}")
    return made


async def question(api: HomeAssistantApi) -> str | None:
    """Return the repair that tells the operator that somebody asks; None: nobody does."""
    for issue in (await api.command("repairs/list_issues"))["issues"]:
        if issue["domain"] == DOMAIN and issue["issue_id"].startswith("join_request_"):
            return str(issue["issue_id"])
    return None


async def subentry(api: HomeAssistantApi, entry_id: str, kind: str) -> str:
    """Return the subentry of a kind that an island has one of.

    Raises:
        DemoError: It has none.
    """
    for each in await api.command("config_entries/subentries/list", entry_id=entry_id):
        if each["subentry_type"] == kind:
            return str(each["subentry_id"])
    raise DemoError(f"there is no {kind} on the island")

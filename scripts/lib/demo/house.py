"""A house below the street: a Home Assistant of its own, with a simulated home, a charger and a car."""

from dataclasses import dataclass
from typing import Final

from .api import HomeAssistantApi
from .errors import DemoError
from .flows import REPAIR, SUBENTRY, walk
from .home import CONFIGURATION, HOME_NAME
from .linking import created, question, subentry
from .progress import Progress
from .roaming import add_car
from .steps import poll
from .street import DOMAIN, MAPLE_STREET, Feed, Owner, Street, set_up_street

NAME: Final = "Number 12"
FUSE_A: Final = 25
_JOIN_S: Final = 40.0

CONFIGURATION_OF_HOUSE: Final = CONFIGURATION.replace(f"name: {HOME_NAME}", f"name: {HOME_NAME}, {NAME}")
# Its car is plugged in already: whoever comes home is hungry.
_HOUSE: Final = Feed(name=NAME, layout="house", start=MAPLE_STREET.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A house that is set up.

    Attributes:
        island: Its island, as the registries of its Home Assistant know it.
        charger: Its charger.
    """

    island: Street
    charger: Owner


async def set_up_house(api: HomeAssistantApi, progress: Progress, *, speed: float) -> House:
    """Make the island of the house, which lives as fast as the street, and has a second car."""
    island = await set_up_street(api, speed=speed, seed=None, progress=progress, feed=_HOUSE)
    island = await add_car(api, island)
    charger = next(island.of_kind("charger"), None)
    if charger is None:
        raise DemoError("the house has no charger")
    return House(island=island, charger=charger)


async def join(
    street_api: HomeAssistantApi, street: Street, house_api: HomeAssistantApi, house: House, progress: Progress
) -> tuple[str, str]:
    """Join by code: the street makes one, the house asks with it, and the operator of the street lets it in.

    Returns:
        The subentry of the house in the street, and that of the street in the house.
    """
    progress.say("the street makes a code")
    _, shown = await walk(
        street_api,
        SUBENTRY,
        {"handler": [street.entry_id, "house"]},
        {"user": {"way": "direct", "url": street_api.url}},
    )
    progress.say("the house asks with it")
    made, _ = await walk(
        house_api,
        SUBENTRY,
        {"handler": [house.island.entry_id, "upper_island"]},
        {"user": {"code": shown["code"]["code"]}},
    )
    created(made, "the larger island of the house")
    issue_id = await poll(lambda: question(street_api), _JOIN_S, "the operator of the street was not asked")
    progress.say(f"the operator of the street lets it in as '{NAME}'")
    made, _ = await walk(
        street_api,
        REPAIR,
        {"handler": DOMAIN, "issue_id": issue_id},
        {"init": {"next_step_id": "approve"}, "approve": {"name": NAME}},
    )
    created(made, "the house in the street")
    return (
        await subentry(street_api, street.entry_id, "house"),
        await subentry(house_api, house.island.entry_id, "upper_island"),
    )

"""Two islands beside each other, each in a Home Assistant of its own, with a simulated tie line between them."""

import asyncio
from dataclasses import dataclass
from typing import Final, Self

import aiohttp

from .api import HomeAssistantApi, Json
from .errors import DemoError
from .flows import REPAIR, SUBENTRY, walk
from .home import CONFIGURATION, HOME_NAME
from .linking import created, question, subentry
from .progress import Progress
from .steps import poll
from .street import DOMAIN, Feed, Owner, Street, read_street, set_up_street

#: An hour, and with it a trade, takes a minute.
SPEED: Final = 60.0
# Both begin anew when they have become neighbours: the next hour begins soon, and not at once.
_START: Final = "17:34:00"
SUNNY: Final = Feed(name="Sunny Side", layout="sunny", start=_START)
EVENING: Final = Feed(name="Maple Street", layout="street", start=_START)
LIMIT_W: Final = 4_000
#: Of what is put into the line this comes out of it.
EFFICIENCY: Final = 0.98
TIE: Final = "sensor.tie_power"
_FLOW: Final = "input_number.tie_flow"
_JOIN_S: Final = 40.0
_CARRIED_EACH_S: Final = 0.5
_AGAIN_S: Final = 1.0
# The sun is cheap where it shines, and an evening's power is not.
_SELLS: Final = {"tie_power": TIE, "tie_limit": LIMIT_W, "feed_price": 0.18, "feed_export": 0.05, "battery_floor": 20}
_BUYS: Final = {**_SELLS, "feed_price": 0.38, "battery_floor": 90}

# The line's meter at each end, which reports once a second as meters do.
_TIE_METER: Final = """\
input_number:
  tie_flow:
    name: Tie flow
    min: -20000
    max: 20000
    step: 1
    initial: 0
    unit_of_measurement: W
template:
  - triggers:
      - trigger: time_pattern
        seconds: /1
    sensor:
      - name: Tie power
        unique_id: tie_power
        device_class: power
        state_class: measurement
        unit_of_measurement: W
        state: "{{ states('input_number.tie_flow') | float(0) }}"
"""


def configuration_of(feed: Feed) -> str:
    """Return the configuration of an island's Home Assistant, with the meter at its end of the line."""
    return CONFIGURATION.replace(f"name: {HOME_NAME}", f"name: {HOME_NAME}, {feed.name}") + _TIE_METER


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of both islands.

    Attributes:
        api: Its Home Assistant.
        island: The island there, as the registries know it.
        neighbour: The other island, as it stands on this one; its key is empty before they have joined.
    """

    api: HomeAssistantApi
    island: Street
    neighbour: Owner

    @classmethod
    async def set_up(cls, api: HomeAssistantApi, feed: Feed, *, speed: float, seed: int | None, say: Progress) -> Self:
        """Add the island, and wait until it is loaded."""
        island = await set_up_street(api, speed=speed, seed=seed, progress=say, feed=feed)
        return cls(api=api, island=island, neighbour=Owner(key="", name="", kind="neighbour", device_id=""))

    async def joined(self, name: str) -> Self:
        """Return it with its neighbour, whose entities are there now."""
        key = await subentry(self.api, self.island.entry_id, "neighbour")

        async def known() -> Street | None:
            entry = {"entry_id": self.island.entry_id, "title": self.island.island.name}
            island = await read_street(self.api, entry)
            return island if ("sensor", f"{key}_sold_power") in island.entities else None

        island = await poll(known, _JOIN_S, f"{name} does not appear on {self.island.island.name}")
        owner = Owner(key=key, name=name, kind="neighbour", device_id="")
        return type(self)(api=self.api, island=island, neighbour=owner)

    async def state(self, entity_id: str) -> Json:
        """Return an entity of this Home Assistant."""
        found: Json = await self.api.request("GET", f"states/{entity_id}")
        return found

    async def number(self, entity_id: str) -> float | None:
        """Return what an entity shows; None: it shows nothing."""
        try:
            return float((await self.state(entity_id))["state"])
        except ValueError:
            return None

    async def of_tie(self, key: str) -> Json:
        """Return a sensor of the neighbour."""
        return await self.state(self.island.need(self.neighbour, key))

    async def sold_w(self) -> float:
        """Return what is sold to the neighbour now, W; negative: bought."""
        return await self.number(self.island.need(self.neighbour, "sold_power")) or 0.0


async def join(seller: Side, buyer: Side, progress: Progress) -> tuple[Side, Side]:
    """Let both become neighbours: one makes a code, the other enters it, and the first lets it in.

    Returns:
        Both, each with the other beside it.
    """
    progress.say(f"'{SUNNY.name}' makes a code for its neighbour")
    _, shown = await walk(
        seller.api,
        SUBENTRY,
        {"handler": [seller.island.entry_id, "neighbour"]},
        {"user": {"next_step_id": "make"}, "make": {"way": "direct", "url": seller.api.url}},
    )
    progress.say(f"'{EVENING.name}' enters it, and says what its end of the line is")
    made, _ = await walk(
        buyer.api,
        SUBENTRY,
        {"handler": [buyer.island.entry_id, "neighbour"]},
        {"user": {"next_step_id": "enter"}, "enter": {"code": shown["code"]["code"]}, "tie": _BUYS},
    )
    created(made, f"the neighbour of {EVENING.name}")
    issue_id = await poll(lambda: question(seller.api), _JOIN_S, f"the operator of {SUNNY.name} was not asked")
    progress.say(f"the operator of '{SUNNY.name}' lets it in")
    made, _ = await walk(
        seller.api,
        REPAIR,
        {"handler": DOMAIN, "issue_id": issue_id},
        {"init": {"next_step_id": "tie"}, "tie": {"name": EVENING.name, **_SELLS}},
    )
    created(made, f"the neighbour of {SUNNY.name}")
    return await seller.joined(EVENING.name), await buyer.joined(SUNNY.name)


def agreed_w(seller_w: float, buyer_w: float) -> float:
    """Return what flows from the first to the second: what both hold of a trade, and nothing that one has given up."""
    if seller_w * buyer_w >= 0:
        return 0.0
    return min(abs(seller_w), abs(buyer_w)) * (1 if seller_w > 0 else -1)


async def carry(seller: Side, buyer: Side) -> None:
    """Be the line: what was agreed flows, for as long as this goes on."""
    shown: tuple[float, float] | None = None
    while True:
        flow = agreed_w(await seller.sold_w(), await buyer.sold_w())
        # What comes out at the other end is less than what went in.
        ends = (flow, -flow * EFFICIENCY) if flow > 0 else (flow * EFFICIENCY, -flow)
        if ends != shown:
            for side, watts in zip((seller, buyer), ends, strict=True):
                data = {"entity_id": _FLOW, "value": round(watts)}
                await side.api.action("input_number", "set_value", data)
            shown = ends
        await asyncio.sleep(_CARRIED_EACH_S)


async def carry_on(seller_url: str, buyer_url: str, seller: Side, buyer: Side) -> None:
    """Be the line, also after either Home Assistant was started again."""
    while True:
        try:
            async with HomeAssistantApi.connect(seller_url) as first, HomeAssistantApi.connect(buyer_url) as second:
                await carry(
                    Side(api=first, island=seller.island, neighbour=seller.neighbour),
                    Side(api=second, island=buyer.island, neighbour=buyer.neighbour),
                )
        except aiohttp.ClientError, DemoError, TimeoutError, ValueError:
            await asyncio.sleep(_AGAIN_S)

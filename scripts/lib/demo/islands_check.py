"""Two neighbours, watched from outside: how they join, bid, agree, deliver, and how one pays the other."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Final

from .api import HomeAssistantApi, Json
from .errors import DemoError
from .islands import EVENING, LIMIT_W, SUNNY, TIE, Side, carry, join
from .linking import use_node_of
from .progress import Progress
from .steps import Steps, ask, diagnostics, listed, poll

# Real seconds.
_TOTAL_S: Final = 300.0
_LINK_S: Final = 40.0
_BIDS_S: Final = 40.0
#: Two hours of the islands, at the slowest.
_TRADE_S: Final = 130.0
_SETTLED_S: Final = 100.0
_PAYMENT_S: Final = 60.0
_SAMPLE_S: Final = 0.7
#: So many samples of the meters, while the trade goes on.
_SAMPLES: Final = 12
#: So far what is metered may be from what it should be, W: meters are read one after the other, and round.
_APART_W: Final = 400.0
_NAMES: Final = ("seller", "buyer")
_OWN_PARTS: Final = ("home", "charger", "battery", "solar")


class IslandsCycle:
    """Both islands, each asked through its own Home Assistant."""

    def __init__(
        self, seller_api: HomeAssistantApi, buyer_api: HomeAssistantApi, *, speed: float, seed: int | None
    ) -> None:
        """Watch these; `speed` is how fast both live."""
        self._seller_api, self._buyer_api = seller_api, buyer_api
        self._speed, self._seed = speed, seed
        self._before: dict[str, _Books] = {}
        self.seller: Side
        self.buyer: Side

    async def set_up(self, steps: Steps, progress: Progress) -> None:
        """Set both up on one Tangle, and let them become neighbours.

        Raises:
            StepError: A part of it did not come.
        """

        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                seller = group.create_task(
                    Side.set_up(self._seller_api, SUNNY, speed=self._speed, seed=None, say=progress)
                )
                buyer = group.create_task(
                    Side.set_up(self._buyer_api, EVENING, speed=self._speed, seed=self._seed, say=progress)
                )
            self.seller, self.buyer = seller.result(), buyer.result()

        async def tangle() -> None:
            await use_node_of(self._buyer_api, self.buyer.island, self._seller_api, self.seller.island)

        async def joined() -> None:
            self.seller, self.buyer = await join(self.seller, self.buyer, progress)
            await poll(self._connected, _LINK_S, "the islands do not hear each other")

        await steps.step("both_set_up", both)
        await steps.step("one_tangle", tangle)
        await steps.step("joined", joined)

    async def run(self, progress: Progress) -> dict[str, object]:
        """Return what happened, step by step.

        Raises:
            StepError: A step did not come.
        """
        steps = Steps(progress)
        return await steps.within(_TOTAL_S, self._run(steps, progress))

    async def _run(self, steps: Steps, progress: Progress) -> dict[str, object]:
        await self.set_up(steps, progress)
        line = asyncio.create_task(carry(self.seller, self.buyer))
        try:
            bids = await steps.step("bids_exchanged", self._bids)
            trade = await steps.step("trade_agreed", self._agreed)
            progress.say(f"{trade['power_w']} W for an hour, at {trade['price_i_per_kwh']:,} i per kWh")
            metered = await steps.step("delivered", self._delivered)
            settled = await steps.step("settled", self._settled)
            progress.say(f"{settled['seller_wh']} Wh went in, {settled['buyer_wh']} Wh came out: the smaller counts")
            paid = await steps.step("paid", self._paid)
            progress.say(f"{paid['amount_i']:,} i paid")
        finally:
            line.cancel()
            await asyncio.gather(line, return_exceptions=True)
        return {
            "homeassistant": (await self._seller_api.request("GET", "config"))["version"],
            "seller": self._seller_api.url,
            "buyer": self._buyer_api.url,
            "limit_w": LIMIT_W,
            "bids": bids,
            "trade": trade,
            "meters": metered,
            "settled": settled,
            "paid": paid,
            "elapsed_s": round(progress.elapsed_s, 1),
            "steps": steps.done,
        }

    @property
    def _sides(self) -> tuple[Side, Side]:
        return self.seller, self.buyer

    async def _neighbours(self) -> list[Json]:
        """Return how each island sees the other."""
        found = []
        for side in self._sides:
            told = (await diagnostics(side.api, side.island.entry_id))["neighbours"]
            found += [each for each in told if each["subentry_id"] == side.neighbour.key]
        return found

    # Steps

    async def _connected(self) -> bool:
        seen = await self._neighbours()
        return len(seen) == len(self._sides) and all(each["state"] == "connected" for each in seen)

    async def _bids(self) -> Json:
        async def both() -> Json | None:
            seen = await self._neighbours()
            hours = [each["bids"] for each in seen]
            return (
                dict(zip(("hours_by_seller", "hours_by_buyer"), reversed(hours), strict=True)) if all(hours) else None
            )

        return await poll(both, _BIDS_S, "not both have heard a bid of the other")

    async def _agreed(self) -> Json:
        """What both say of a trade that has begun: the same power, and the same price."""

        async def begun() -> Json | None:
            sold, bought = [await side.sold_w() for side in self._sides]
            prices = [(await side.of_tie("trade_price"))["state"] for side in self._sides]
            if not sold > 0 or sold != -bought or prices[0] != prices[1]:
                return None
            return {"power_w": round(sold), "price_i_per_kwh": round(float(prices[0]))}

        agreed = await poll(begun, _TRADE_S, "the islands agree on no trade")
        for name, side in zip(_NAMES, self._sides, strict=True):
            self._before[name] = await _books(side)
        return agreed

    async def _delivered(self) -> Json:
        """What both ties show, and what both transformers carry more, or less, than all that hangs on them."""
        ties: tuple[list[float], list[float]] = ([], [])
        beside: tuple[list[float], list[float]] = ([], [])
        tries = 0
        while len(ties[0]) < _SAMPLES:
            tries += 1
            if tries > 4 * _SAMPLES:
                raise DemoError("the line does not carry what was agreed for long enough")
            seen = [await self._meters(side) for side in self._sides]
            if all(tie for tie, _ in seen):
                for place, (tie, more) in enumerate(seen):
                    ties[place].append(tie)
                    beside[place].append(more)
            await asyncio.sleep(_SAMPLE_S)
        report: Json = {}
        for place, name in enumerate(_NAMES):
            at_tie, at_transformer = median(ties[place]), median(beside[place])
            if abs(at_tie - at_transformer) > _APART_W:
                raise DemoError(
                    f"the tie of the {name} shows {at_tie:.0f} W, and its transformer {at_transformer:.0f} W of it"
                )
            report[name] = {"tie_w": round(at_tie), "through_transformer_w": round(at_transformer)}
        return report

    async def _meters(self, side: Side) -> tuple[float, float]:
        """Return what the tie's meter shows, and what the transformer's shows beyond all that stands behind it, W."""
        states = {state["entity_id"]: state["state"] for state in await side.api.command("get_states")}

        def of(wanted: Callable[[str], bool]) -> float:
            return sum(float(value) for name, value in states.items() if wanted(name) and _is_number(value))

        inside = of(
            lambda name: name.startswith(tuple(f"sensor.street_{part}_" for part in _OWN_PARTS)) and _power(name)
        )
        return of(lambda name: name == TIE), of(lambda name: name == "sensor.street_transformer_power") - inside

    async def _settled(self) -> Json:
        """What both meters counted, as both islands say it."""

        async def counted() -> Json | None:
            told = [(await side.of_tie("sold_power"))["attributes"] for side in self._sides]
            seller, buyer = told
            wh = (seller.get("own_meter_wh"), seller.get("their_meter_wh"))
            if None in wh or wh != (buyer.get("their_meter_wh"), buyer.get("own_meter_wh")):
                return None
            return {"seller_wh": wh[0], "buyer_wh": wh[1], "counted_wh": min(wh)}

        return await poll(counted, _SETTLED_S, "the islands do not tell each other what they have counted")

    async def _paid(self) -> Json:
        """The payment, confirmed on the one Tangle that both see, and both treasuries."""

        async def confirmed() -> Json | None:
            for payment in await listed(self._buyer_api, self.buyer.island.entry_id, "payments"):
                if payment["payment_id"].startswith("neighbour/") and payment["state"] == "confirmed":
                    hash_ = payment["transaction"]
                    told = [
                        (await ask(side.api, side.island.entry_id, "transaction", transaction=hash_))["confirmed"]
                        for side in self._sides
                    ]
                    return {"amount_i": payment["amount"], "transaction": hash_} if all(told) else None
            return None

        payment = await poll(confirmed, _PAYMENT_S, "no payment to the neighbour is confirmed on both nodes")

        async def balanced() -> Json | None:
            now = {name: await _books(side) for name, side in zip(_NAMES, self._sides, strict=True)}
            grown = {name: now[name].treasury_i - self._before[name].treasury_i for name in _NAMES}
            # Nobody else pays the seller. The buyer's people pay and are paid beside it: its own list has to add up.
            booked = now["buyer"].booked_i - self._before["buyer"].booked_i
            if grown["seller"] != payment["amount_i"] or grown["buyer"] != booked:
                return None
            return {"treasury_of_seller_i": grown["seller"], "treasury_of_buyer_i": grown["buyer"]}

        missing = "the treasuries do not hold what was paid"
        return {**payment, **await poll(balanced, _PAYMENT_S, missing)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Books:
    """What a treasury holds by its island's own ledger, and what came and went by the payments there, iota."""

    treasury_i: int
    booked_i: int


async def _books(side: Side) -> _Books:
    balance = (await diagnostics(side.api, side.island.entry_id))["ledger"]["wallets"]["treasury"]["balance_i"]
    booked = 0
    for payment in await listed(side.api, side.island.entry_id, "payments"):
        if payment["state"] == "confirmed":
            treasury = side.island.island.name
            booked += payment["amount"] * ((payment["target"] == treasury) - (payment["source"] == treasury))
    return _Books(treasury_i=int(balance), booked_i=booked)


def _power(name: str) -> bool:
    return name.endswith("_power") and not name.endswith(("boiler_power", "heat_pump_power"))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

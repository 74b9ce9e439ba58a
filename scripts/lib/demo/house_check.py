"""A house on the street, watched from outside: how it joins, and keeps to its envelope."""

import asyncio
import time
from typing import Final

from .api import HomeAssistantApi, Json
from .errors import DemoError
from .house import FUSE_A, House, join, set_up_house, share_node
from .progress import Progress
from .steps import Steps, diagnostics, poll
from .street import Street, set_up_street

# Real seconds.
_TOTAL_S: Final = 300.0
_LINK_S: Final = 60.0
_LEDGER_S: Final = 60.0
_SHORT_S: Final = 120.0
_SAMPLE_S: Final = 0.5
#: So long the street has to be short, and the house below its envelope. Its charger follows within two seconds.
_KEPT_S: Final = 15.0
_FOLLOWS_S: Final = 5.0
#: Less than its fuse by more than this is an envelope that holds the house down, A.
_BELOW_FUSE_A: Final = 1.0
_VOLT: Final = 230.0


class HouseCycle:
    """The street and its house, each asked through its own Home Assistant."""

    def __init__(
        self, street_api: HomeAssistantApi, house_api: HomeAssistantApi, *, speed: float, seed: int | None
    ) -> None:
        self._street_api = street_api
        self._house_api = house_api
        self._speed = speed
        self._seed = seed
        self._street: Street
        self._house: House
        self._in_street = self._in_house = ""

    async def set_up(self, steps: Steps, progress: Progress) -> None:
        """Set both up and let the house join.

        Raises:
            StepError: A part of it did not come.
        """

        async def both() -> None:
            self._house = await set_up_house(self._house_api, progress)
            self._street = await set_up_street(self._street_api, speed=self._speed, seed=self._seed, progress=progress)

        async def node() -> None:
            await poll(self._street_has_a_node, _LEDGER_S, "the ledger of the street does not open")
            await share_node(self._street_api, self._street, self._house_api, self._house)
            await poll(self._on_the_streets_tangle, _LEDGER_S, "the house does not work with the street's node")

        async def joined() -> None:
            self._in_street, self._in_house = await join(
                self._street_api, self._street, self._house_api, self._house, progress
            )
            await poll(self._linked, _LINK_S, "the house and the street do not hear each other")

        await steps.step("both_set_up", both)
        await steps.step("streets_node_used", node)
        await steps.step("joined_by_code", joined)

    async def run(self, progress: Progress) -> dict[str, object]:
        """Return what happened, step by step.

        Raises:
            StepError: A step did not come.
        """
        steps = Steps(progress)
        return await steps.within(_TOTAL_S, self._run(steps, progress))

    async def _run(self, steps: Steps, progress: Progress) -> dict[str, object]:
        await self.set_up(steps, progress)
        kept = await steps.step("envelope_kept", self._envelope_kept)
        return {
            "homeassistant": (await self._house_api.request("GET", "config"))["version"],
            "street": self._street_api.url,
            "house": self._house_api.url,
            "fuse_a": FUSE_A,
            "envelope": kept,
            "elapsed_s": round(progress.elapsed_s, 1),
            "steps": steps.done,
        }

    # Steps

    async def _street_has_a_node(self) -> bool:
        status = (await diagnostics(self._street_api, self._street.entry_id))["ledger"]["status"]
        return status is not None and status["reachable"]

    async def _on_the_streets_tangle(self) -> bool:
        mine = (await diagnostics(self._house_api, self._house.island.entry_id))["ledger"]["status"]
        return mine is not None and mine["backend"] == "remote" and mine["reachable"] and mine["synced"]

    async def _linked(self) -> bool:
        sides = (
            (self._street_api, self._street.entry_id, self._in_street),
            (self._house_api, self._house.island.entry_id, self._in_house),
        )
        for api, entry_id, subentry_id in sides:
            links = (await diagnostics(api, entry_id))["links"]
            mine = next((each for each in links if each["subentry_id"] == subentry_id), None)
            if mine is None or mine["state"] != "connected" or mine["envelope_a"] is None:
                return False
        return True

    async def _envelope_kept(self) -> Json:
        """The house below its envelope, on every phase, while that is below its fuse because the street is short."""
        least_a, most_share = float(FUSE_A), 0.0
        since = over_since = last = time.monotonic()
        short_s, over_s = 0.0, 0.0
        while short_s < _KEPT_S:
            now = time.monotonic()
            if now - since > _SHORT_S:
                raise DemoError(f"its envelope was below its fuse of {FUSE_A} A for {short_s:.0f} s only")
            feeder = await self._feeder_of_house()
            envelope, load = feeder["envelope_w"], feeder["load_w"]
            if envelope is not None and load is not None and min(envelope) < (FUSE_A - _BELOW_FUSE_A) * _VOLT:
                short_s += now - last
                least_a = min(least_a, min(envelope) / _VOLT)
                above = any(watts > limit for watts, limit in zip(load, envelope, strict=True))
                over_since = over_since if above else now
                over_s = max(over_s, now - over_since)
                if over_s > _FOLLOWS_S:
                    raise DemoError(f"it draws {load} W per phase, above its envelope of {envelope} W")
                if not above:
                    most_share = max(most_share, *(w / most for w, most in zip(load, envelope, strict=True)))
            else:
                over_since = now
            last = now
            await asyncio.sleep(_SAMPLE_S)
        return {
            "least_a": round(least_a, 1),
            "below_fuse_s": round(short_s, 1),
            "longest_over_s": round(over_s, 1),
            "most_used_share": round(most_share, 3),
        }

    async def _feeder_of_house(self) -> Json:
        feeders = (await diagnostics(self._house_api, self._house.island.entry_id))["grid"]["feeders"]
        main: Json = next(iter(feeders.values()))
        return main

"""A house on the street, watched from outside: how it joins, keeps to its envelope, helps, is paid and pays."""

import asyncio
import time
from typing import Final

from .api import HomeAssistantApi, Json
from .errors import DemoError
from .house import FUSE_A, House, join, set_up_house
from .linking import use_node_of
from .progress import Progress
from .roaming import RoamingCar
from .steps import Steps, ask, diagnostics, listed, poll
from .street import DOMAIN, Owner, Street, set_up_street

# Real seconds.
_TOTAL_S: Final = 460.0
_LINK_S: Final = 60.0
_SHORT_S: Final = 200.0
_REQUEST_S: Final = 60.0
_PAYMENT_S: Final = 240.0
_SAMPLE_S: Final = 0.5
#: So long the street has to be short, and the house below its envelope. Its charger follows within two seconds.
_KEPT_S: Final = 15.0
_FOLLOWS_S: Final = 5.0
#: A car that charged for so long since the house joined has something to give, as far as can be known: grid seconds.
_KNOWN_S: Final = 400.0
#: Everybody is asked, for minutes of the street.
_ASKED_W: Final = 30_000
_ASKED_MIN: Final = 20
#: Less than its fuse by more than this is an envelope that holds the house down, A.
_BELOW_FUSE_A: Final = 1.0
_VOLT: Final = 230.0
_YES: Final = frozenset({"accepted", "active", "fulfilled", "expired", "cancelled", "settled", "paid"})


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
        self._car: RoamingCar
        self._in_street = self._in_house = ""
        self._joined_at = 0.0

    async def set_up(self, steps: Steps, progress: Progress) -> None:
        """Set both up and let the house join.

        Raises:
            StepError: A part of it did not come.
        """

        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                house = group.create_task(set_up_house(self._house_api, progress, speed=self._speed))
                street = group.create_task(
                    set_up_street(self._street_api, speed=self._speed, seed=self._seed, progress=progress)
                )
            self._house, self._street = house.result(), street.result()

        async def node() -> None:
            await use_node_of(self._street_api, self._street, self._house_api, self._house.island)

        async def funded() -> None:
            self._car = RoamingCar(self._street_api, self._street, self._house_api, self._house.island)
            await self._car.fund()

        async def joined() -> None:
            self._in_street, self._in_house = await join(
                self._street_api, self._street, self._house_api, self._house, progress
            )
            await poll(self._linked, _LINK_S, "the house and the street do not hear each other")
            self._joined_at = time.monotonic()

        await steps.step("both_set_up", both)
        await steps.step("streets_node_used", node)
        await steps.step("cars_wallet_filled", funded)
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
        answered = await steps.step("request_answered", self._answered)
        from_street = await steps.step("street_pays_house", self._street_pays)
        to_charger = await steps.step("house_pays_charger", self._house_pays)
        roaming = await steps.step("roaming_car_pays", self._car.paid)
        return {
            "homeassistant": (await self._house_api.request("GET", "config"))["version"],
            "street": self._street_api.url,
            "house": self._house_api.url,
            "fuse_a": FUSE_A,
            "envelope": kept,
            "request": answered,
            "street_pays_house": from_street,
            "house_pays_charger": to_charger,
            "roaming": roaming,
            "elapsed_s": round(progress.elapsed_s, 1),
            "steps": steps.done,
        }

    # Steps

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

    async def _answered(self) -> Json:
        """The operator asks for help, and the house's own request to its charger is answered by its policy.

        What the car would have drawn is known after five of its minutes of charging, and not before.
        """
        await asyncio.sleep(max(0.0, self._joined_at + _KNOWN_S / self._speed - time.monotonic()))
        asked = {"config_entry_id": self._street.entry_id, "power": _ASKED_W, "duration": _ASKED_MIN}
        await self._street_api.action(DOMAIN, "request_curtailment", asked, response=True)

        async def found() -> Json | None:
            for request in await listed(self._house_api, self._house.island.entry_id, "requests"):
                for part in request["participants"]:
                    if part["name"] == self._house.charger.name and part["state"] in _YES and part["power"]:
                        return {"asked_w": request["power"], "promised_w": part["power"], "reason": part["reason"]}
            return None

        return await poll(found, _REQUEST_S, "the street asked for nothing that the house's charger took on")

    async def _street_pays(self) -> Json:
        """The street's payment for what its meter of the house has shown; the house's treasury shows it."""
        payment = await self._confirmed(self._street_api, self._street, f":{self._in_street}/help", "the house")
        treasury = self._house.island.need(self._house.island.island, "treasury_balance")

        async def arrived() -> int | None:
            state = await self._house_api.request("GET", f"states/{treasury}")
            return int(float(state["state"])) if state["state"].replace(".", "").isdigit() else None

        balance = await poll(arrived, _PAYMENT_S, "the treasury of the house shows no tokens")
        return {**payment, "treasury_of_house_i": balance}

    async def _house_pays(self) -> Json:
        """The house's own payment to its charger's wallet."""
        charger: Owner = self._house.charger
        return await self._confirmed(self._house_api, self._house.island, f":{charger.key}", charger.name)

    async def _confirmed(self, api: HomeAssistantApi, island: Street, ending: str, whom: str) -> Json:
        """Return the first payment with such an id that the Tangle has confirmed."""

        async def found() -> Json | None:
            for payment in await listed(api, island.entry_id, "payments"):
                if payment["payment_id"].endswith(ending) and payment["state"] == "confirmed":
                    on_the_tangle = await ask(api, island.entry_id, "transaction", transaction=payment["transaction"])
                    if on_the_tangle["confirmed"]:
                        return {"amount_i": payment["amount"], "transaction": payment["transaction"]}
            return None

        return await poll(found, _PAYMENT_S, f"no payment to {whom} is confirmed")

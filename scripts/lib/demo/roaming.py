"""A car of the house that charges in the street: a stranger there, whose own Home Assistant pays for it."""

from collections.abc import Mapping
from typing import Final

from .api import HomeAssistantApi, Json
from .flows import SUBENTRY, walk
from .linking import created
from .steps import ask, listed, poll
from .street import DOMAIN, Owner, Street, loaded

NAME: Final = "Second car"
#: What the last charger of the simulated street reads of the car that comes to it: nobody on the street knows it.
_CARD: Final = "TG-0004"
#: For a night of charging, i.
_GIVEN_I: Final = 25_000_000
_KNOWN_S: Final = 60.0
_PAID_S: Final = 120.0
_ROAMING: Final = "roaming/"
_WH_PER_KWH: Final = 1_000


async def add_car(api: HomeAssistantApi, island: Street) -> Street:
    """Let the house have a second car, which may charge at linked islands.

    Returns:
        The house with it.
    """
    made, _ = await walk(
        api,
        SUBENTRY,
        {"handler": [island.entry_id, "vehicle"]},
        # It needs all that it can get: when the street asks, it says no.
        {"user": {"name": NAME, "ids": [_CARD]}, "policy": {"mode": "never", "roaming": True}},
    )
    created(made, f"'{NAME}' of {island.island.name}")

    async def known() -> Street | None:
        found = await loaded(api, island.entry_id)
        return found if found.vehicles else None

    return await poll(known, _KNOWN_S, f"'{NAME}' does not appear in {island.island.name}")


class RoamingCar:
    """The second car of the house, seen from both sides."""

    def __init__(
        self, street_api: HomeAssistantApi, street: Street, house_api: HomeAssistantApi, house: Street
    ) -> None:
        """Take both islands; the house has its second car."""
        self._street_api, self._street, self._house_api, self._house = street_api, street, house_api, house
        self._car: Owner = house.vehicles[0]
        self._charger: Owner = tuple(street.of_kind("charger"))[-1]

    async def fund(self) -> Json:
        """Give its wallet tokens of the street's Tangle: the house has none yet. Return the payment.

        Raises:
            DemoError: The wallet has no address.
        """
        entity_id = self._house.need(self._car, "receive_address")

        async def address() -> str | None:
            state = await self._house_api.request("GET", f"states/{entity_id}")
            shown: str | None = state["attributes"].get("address")
            return shown

        data = {
            "device_id": self._street.island.device_id,
            "target": await poll(address, _KNOWN_S, f"the wallet of '{NAME}' has no address"),
            "amount": _GIVEN_I,
        }
        return await self._street_api.action(DOMAIN, "send_tokens", data, response=True)

    async def paid(self) -> Json:
        """Return what it took at the street's charger, and paid for that, once both sides show it.

        Raises:
            DemoError: It is not recognised there, or what it has paid does not stand on both sides.
        """
        at = self._house.need(self._car, "charger")

        async def elsewhere() -> Json | None:
            shown: Json = await self._house_api.request("GET", f"states/{at}")
            return shown if shown["state"] == "elsewhere" else None

        shown = await poll(elsewhere, _PAID_S, f"'{NAME}' is not recognised at {self._charger.name}")
        price_i = shown["attributes"]["price_i_per_kwh"]
        return await poll(
            lambda: self._settled(price_i), _PAID_S, f"what '{NAME}' has paid does not stand on both sides"
        )

    async def _settled(self, price_i: int) -> Json | None:
        """Return the figures of one moment, in which no payment is half on its way; None: it is another moment."""
        confirmed = await self._confirmed()
        wh = await self._number(self._street_api, self._street.need(self._charger, "session_energy"))
        balance_i = await self._number(self._house_api, self._house.need(self._car, "wallet_balance"))
        paid_i = sum(payment["amount"] for payment in confirmed)
        if not confirmed or wh is None or balance_i is None:
            return None
        if balance_i != _GIVEN_I - paid_i or confirmed != await self._confirmed():
            return None
        booked = await self._booked()
        # A payment that was made anew has a number behind its id.
        if sum(booked.get(each["payment_id"].partition("+")[0], 0) for each in confirmed) != paid_i:
            return None
        for each in confirmed:
            seen = await ask(self._street_api, self._street.entry_id, "transaction", transaction=each["transaction"])
            if not seen["confirmed"]:
                return None
        return {
            "price_i_per_kwh": price_i,
            "roaming_wh": round(wh * _WH_PER_KWH),
            "roaming_paid_i": paid_i,
            "payments": len(confirmed),
            "wallet_before_i": _GIVEN_I,
            "wallet_after_i": round(balance_i),
            "transaction": confirmed[0]["transaction"],
        }

    async def _confirmed(self) -> list[Json]:
        """Return what the car has paid elsewhere, as its own Home Assistant says."""
        return [
            payment
            for payment in await listed(self._house_api, self._house.entry_id, "payments")
            if payment["source"] == self._car.name
            and payment["payment_id"].startswith(_ROAMING)
            and payment["state"] == "confirmed"
        ]

    async def _booked(self) -> Mapping[str, int]:
        """Return what stands in the books of the street's treasury for each payment of cars from elsewhere, i."""
        owner = {"device_id": self._street.island.device_id}
        booked: dict[str, int] = {}
        for line in (await self._street_api.action(DOMAIN, "statement", owner, response=True))["content"]["lines"]:
            if line["payment_id"] is not None:
                name = f"{_ROAMING}{line['payment_id']}"
                booked[name] = booked.get(name, 0) + line["amount_i"]
        return booked

    @staticmethod
    async def _number(api: HomeAssistantApi, entity_id: str) -> float | None:
        try:
            return float((await api.request("GET", f"states/{entity_id}"))["state"])
        except ValueError:
            return None

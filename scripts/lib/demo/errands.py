"""What cars do beside helping: they pay for what they take, park, pass a toll, and report what they see."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from .api import HomeAssistantApi, Json
from .street import DOMAIN, Owner, Street

# A pothole near the street, and what one car says it has seen where nothing is.
_POTHOLE: Final = {"latitude": 51.9812, "longitude": 5.9135}
_LIE: Final = {"latitude": 51.9790, "longitude": 5.9050}
_HONEST: Final = 2
_ENERGY_OF_A_SESSION: Final = re.compile(r"charging-.*:e")
# Half a kilowatt-hour at the street's price of an evening.
_SLICE_I: Final = 150_000


class Errands:
    """Drives the cars of the street about, by the actions that a person or an automation would use."""

    def __init__(self, api: HomeAssistantApi, street: Street) -> None:
        self._api = api
        self._street = street
        self._parked: Json = {}
        self._tolled: Json = {}
        self._reports: list[Json] = []

    def are_funded(self, payments: Sequence[Json]) -> bool:
        """Return whether all who are to pay have been given their first tokens."""
        given = {payment["target"] for payment in payments if payment["state"] == "confirmed"}
        return given >= {*(vehicle.name for vehicle in self._street.vehicles), self._of("data_topic").name}

    async def begin(self) -> None:
        """Let one car park, another pass the toll, and all of them report: two what is there, one what is not."""
        first, second = self._street.vehicles[:2]
        self._parked = await self._act("park_start", first, "parking")
        self._tolled = await self._act("pay_toll", second, "toll")
        topic = self._of("data_topic")
        for number, vehicle in enumerate(self._street.vehicles):
            place = _POTHOLE if number < _HONEST else _LIE
            data = {"device_id": vehicle.device_id, "topic_device_id": topic.device_id, **place}
            self._reports.append(await self._api.action(DOMAIN, "report", data, response=True))

    async def leave(self) -> None:
        """Let the car that parks drive away."""
        self._parked = await self._act("park_end", self._street.vehicles[0], "parking")

    def _of(self, kind: str) -> Owner:
        return next(owner for owner in self._street.services if owner.kind == kind)

    async def _act(self, action: str, vehicle: Owner, kind: str) -> Json:
        data = {"device_id": vehicle.device_id, "service_device_id": self._of(kind).device_id}
        return await self._api.action(DOMAIN, action, data, response=True)

    def outcome(self, payments: Sequence[Json]) -> Json | None:
        """Return what came of it, from the payments of the island; None until all of it is paid."""
        confirmed = [payment for payment in payments if payment["state"] == "confirmed"]
        parked = _paid_to(confirmed, self._of("parking").name)
        tolled = _paid_to(confirmed, self._of("toll").name)
        topic = self._of("data_topic").name
        honest = {vehicle.name for vehicle in self._street.vehicles[:_HONEST]}
        found = [payment for payment in confirmed if payment["source"] == topic]
        truths = sum(payment["amount"] for payment in found if payment["target"] in honest)
        slices = _slices(confirmed)
        if not (parked and tolled and slices) or {payment["target"] for payment in found} < honest:
            return None
        return {
            "session_slices": slices,
            "parking_paid_i": parked,
            "toll_paid_i": tolled,
            "reports": len(self._reports),
            "findings_paid": len(found),
            "findings_paid_i": truths,
            "lies_paid": sum(payment["target"] not in honest for payment in found),
        }

    async def books_balanced(self, balances_i: Mapping[str, int | None]) -> bool | None:
        """Return whether the statement of everybody closes with what their wallet holds; None where it does not now.

        `balances_i` are the wallets by the names of their owners. While something is on its way the two differ: the
        books know a payment from its order on.
        """
        for owner in (*self._street.participants, *self._street.vehicles, *self._street.services):
            if owner.name in balances_i:
                answer = await self._api.action(DOMAIN, "statement", {"device_id": owner.device_id}, response=True)
                if answer["closing"] != balances_i[owner.name]:
                    return None
        return True


def _slices(payments: Sequence[Json]) -> int:
    """Return how many slices of charging sessions are paid; a payment may cover several."""
    return sum(
        int(payment["amount"]) // _SLICE_I
        for payment in payments
        if _ENERGY_OF_A_SESSION.fullmatch(payment["payment_id"])
    )


def _paid_to(payments: Sequence[Json], name: str) -> int:
    return sum(payment["amount"] for payment in payments if payment["target"] == name)

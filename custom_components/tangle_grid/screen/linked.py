"""What a screen shows of linked islands: the street above, the houses below with their reports, neighbours beside."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ..const import MAIN_FEEDER
from ..data import LinkStatus, NeighbourStatus
from ..grid.model.world import NOMINAL_V
from ..island.link_houses import House
from ..island.runtime import IslandRuntime
from .steps import watt, watts


def link_item(runtime: IslandRuntime, link: LinkStatus, device_id: str | None) -> Mapping[str, Any]:
    """Return a linked island as an item.

    `relation` says where it is, seen from this island: above or below. `power_w` flows into this island, negative out
    of it; `limit_w` is the envelope in force, W per phase. Of a house below also `feeder`, its line in this island, and
    `reports`: what it said last.
    """
    grid = runtime.coordinator.data.grid
    house = runtime.links.houses.get(link.subentry_id)
    feeder = grid.feeders.get(link.subentry_id if link.upper else MAIN_FEEDER)
    load_w = None if feeder is None or feeder.load_w is None else sum(feeder.load_w)
    envelope_w = None if link.envelope_a is None else [amps * NOMINAL_V for amps in link.envelope_a]
    return {
        "name": runtime.entry.subentries[link.subentry_id].title,
        "relation": "below" if link.upper else "above",
        "power_w": watt(None if load_w is None else -load_w if link.upper else load_w),
        "limit_w": watts(envelope_w),
        "state": link.state.value,
        "why": link.why,
        "figures": dict(link.figures),
        "price": None,
        "feeder": link.subentry_id if link.upper and house is not None else None,
        "reports": None if house is None else _reports(house),
        "device_id": device_id,
    }


def neighbour_item(runtime: IslandRuntime, neighbour: NeighbourStatus, device_id: str | None) -> Mapping[str, Any]:
    """Return a neighbour as an item, with the keys of `link_item` and three of its own.

    `power_w` is what the own meter at the tie shows, into this island; `price` is in the island's currency per kWh.
    `agreed_w` is what the trade of now brings, negative where it is sold; `blind` says that the meter shows nothing
    although there is a trade; `last` is the last trade that is over, Wh into this island and by both meters.
    """
    flow_w = runtime.neighbours.measured_w(neighbour.subentry_id)
    return {
        "name": runtime.entry.subentries[neighbour.subentry_id].title,
        "relation": "beside",
        "power_w": watt(None if flow_w is None else -flow_w),
        "limit_w": None,
        "state": neighbour.state.value,
        "why": neighbour.why,
        "figures": {},
        "price": _price(runtime, neighbour.price_i_per_kwh),
        "feeder": None,
        "reports": None,
        "device_id": device_id,
        "agreed_w": -neighbour.sold_w,
        "blind": neighbour.blind,
        "last": _last_trade(neighbour),
    }


def _price(runtime: IslandRuntime, price_i_per_kwh: int | None) -> float | None:
    """Return a price in the currency, for the eye; None: there is none, or nobody knows what tokens are worth."""
    rate = runtime.money.now
    return None if price_i_per_kwh is None or rate is None else round(float(Fraction(price_i_per_kwh) / rate), 4)


def _last_trade(neighbour: NeighbourStatus) -> Mapping[str, Any] | None:
    if neighbour.counted is None or neighbour.settled_wh is None:
        return None
    own_wh, their_wh = neighbour.counted
    return {
        "energy_wh": -neighbour.settled_wh,
        "own_wh": own_wh,
        "their_wh": their_wh,
        "differs": neighbour.disagrees,
    }


def _reports(house: House) -> Mapping[str, Any] | None:
    """Return what a house said last: its offer, and each of its slots; None: nothing yet."""
    report = house.report
    if report is None:
        return None
    return {
        "offers_w": watt(report.offers_w),
        "slots": [
            {
                "connected": demand.connected,
                "need_wh": None if demand.need_wh is None else int(demand.need_wh) // 100 * 100,
                "power_w": watt(sum(demand.measured_a) * NOMINAL_V),
            }
            for demand in report.demands
        ],
    }

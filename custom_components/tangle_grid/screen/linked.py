"""What a screen shows of linked islands: the street above, and the houses below with what they report."""

from collections.abc import Mapping
from typing import Any

from ..const import MAIN_FEEDER
from ..data import LinkStatus
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

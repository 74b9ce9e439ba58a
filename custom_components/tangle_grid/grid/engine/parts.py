"""What an engine is made of: feeders, devices, requests; and how each is found."""

from collections.abc import Callable, Mapping
from typing import Any

from ..control.charging_modes import ChargingModes, ModeLimit
from ..control.load_protection import LoadProtection
from ..control.precedence import Precedence
from ..device.belief import believable_w
from ..device.state import DeviceState
from ..device.stay_forecast import StayLog
from ..market.market import Market
from ..model.errors import GridError
from ..model.request import Ask, CurtailmentRequest
from ..model.sale import Sale
from ..model.world import GridConfig
from ..network.feeder_watch import FeederWatch
from ..network.supply import SupplyWatch
from ..network.topology import Topology
from ..planning.planner import Planning
from ..requests.lifecycle import Lifecycle
from .persistence import dump, load


class EngineParts:
    """The parts of one engine, which its steps, its commands and its pictures work on.

    Args:
        config: The island.
        new_id: Makes unique request ids.
        state: What `to_dict` of an earlier run gave, if any; of anything else, what can be read (see `lost`).
        plan_batch: Cars that a step looks at for a plan that is being made; 0 leaves them to the planner's own calls.

    Attributes:
        config: The island, with the policies that are in force.
        topology: Which feeder is above which.
        feeders: In the order of the configuration; `topology.number` has the place of each.
        devices: By id.
        below: For each feeder, the devices whose current passes through it.
        precedence: Who is served first.
        load_protection: Which household loads are off for the fuse.
        lifecycle: All requests.
        market: Who is asked, and who gives how much.
        planning: The plan of the day.
        planned: What the plan leaves each charger now, A by device id.
        charging_modes: What charging modes leave chargers, from step to step.
        modes: What they leave each charger now, by device id; see `ChargingModes`.
        outage_off: Household loads that stay off because the feeding cable is dead, by device id.
        outage_lasts_until: Until when what is always on is expected to last without the cable, grid time.
        sale: What is sold to neighbours now; None: nothing.
        supply: What feeds the island; None: nobody would know that its cable is dead.
        most_w: What each device can draw at most, W by id: more is not believed.
        lost: What of the stored state could not be read: paths, as `devices/car/stays`.
        day_started_at: Grid time at which the present day began.
        saved_at: Grid time at which the stored state was written.

    Raises:
        GridError: `invalid_config`.
    """

    def __init__(self, config: GridConfig, *, new_id: Callable[[], str], state: Any, plan_batch: int) -> None:
        self.config = config
        self.topology = Topology(config)
        self.feeders = [FeederWatch(feeder) for feeder in config.feeders]
        stays = StayLog(local=config.local)
        self.devices = {device.device_id: DeviceState(device, config.timing, stays) for device in config.devices}
        self.below = [
            tuple(each for each in self.devices.values() if self.topology.below(feeder.feeder_id, each.config))
            for feeder in config.feeders
        ]
        self.precedence = Precedence(config, self.topology)
        self.load_protection = LoadProtection(self.topology, config.capacity_margin)
        self.lifecycle = Lifecycle(self.devices, config.timing, config.market, config.local)
        self.market = Market(
            config=config,
            topology=self.topology,
            feeders=self.feeders,
            devices=self.devices,
            lifecycle=self.lifecycle,
            new_id=new_id,
        )
        self.day_started_at: float | None = None
        self.saved_at: float | None = None
        self.lost: list[str] = []
        self.outage_off: dict[str, set[str]] = {}
        self.outage_lasts_until: float | None = None
        self.sale: Sale | None = None
        self.supply = None if config.supply is None else SupplyWatch(config.supply)
        plan: Mapping[str, Any] | None = None
        if state is not None:
            loaded = load(state, self.feeders, self.devices, self.lifecycle)
            self.day_started_at, self.saved_at = loaded.day_started_at, loaded.saved_at
            plan, self.lost = loaded.plan, loaded.lost
            self._restore_supply(loaded.supply)
        self.planning = self._restore_planning(plan, plan_batch)
        self.planned: dict[str, float] = {}
        self.charging_modes = ChargingModes()
        self.modes: Mapping[str, ModeLimit] = {}
        self.most_w = {
            device.device_id: believable_w(device, self.feeder(device.feeder_id).config) for device in config.devices
        }

    def to_dict(self, now: float | None) -> dict[str, Any]:
        """Return all that a restart must not lose, JSON-able and small; `now` is the time of the last step."""
        return {
            **dump(now or self.saved_at, self.day_started_at, self.feeders, self.devices, self.lifecycle),
            "plan": self.planning.to_dict(),
            **({} if self.supply is None else {"supply": self._supply_to_dict(self.supply)}),
        }

    def _supply_to_dict(self, supply: SupplyWatch) -> dict[str, Any]:
        off = {device_id: sorted(loads) for device_id, loads in self.outage_off.items()}
        return {**supply.to_dict(), "off": off}

    def _restore_supply(self, stored: Any) -> None:
        """Go on where an earlier run stopped."""
        if stored is None:
            return
        try:
            off = {str(device_id): {str(load) for load in loads} for device_id, loads in stored["off"].items()}
            if self.supply is not None:
                self.supply = SupplyWatch.from_dict(self.supply.config, stored)
        except KeyError, TypeError, ValueError, AttributeError:
            self.lost.append("supply")
            return
        if self.supply is not None:
            self.outage_off = {each: loads for each, loads in off.items() if each in self.devices and loads}

    def _restore_planning(self, stored: Mapping[str, Any] | None, batch: int) -> Planning:
        try:
            return Planning(self.config, self.topology, stored, batch=batch)
        except KeyError, TypeError, ValueError, AttributeError, OverflowError:
            self.lost.append("plan")
            return Planning(self.config, self.topology, None, batch=batch)

    def part(self, request_id: str, device_id: str, *, known_device: bool = True) -> tuple[CurtailmentRequest, Ask]:
        """Return a request and a device's part in it.

        Raises:
            GridError: `unknown_request`, `unknown_device` (where it must be known), `not_participating`.
        """
        request = self.request(request_id)
        if known_device:
            self.device(device_id)
        if device_id not in request.asks:
            raise GridError("not_participating", {"device_id": device_id, "request_id": request_id})
        return request, request.asks[device_id]

    def request(self, request_id: str) -> CurtailmentRequest:
        """Return a request that is kept.

        Raises:
            GridError: `unknown_request`.
        """
        if request_id not in self.lifecycle.requests:
            raise GridError("unknown_request", {"request_id": request_id})
        return self.lifecycle.requests[request_id]

    def device(self, device_id: str) -> DeviceState:
        """Return a device.

        Raises:
            GridError: `unknown_device`.
        """
        if device_id not in self.devices:
            raise GridError("unknown_device", {"device_id": device_id})
        return self.devices[device_id]

    def feeder(self, feeder_id: str | None) -> FeederWatch:
        """Return a feeder; the first one for None.

        Raises:
            GridError: `unknown_feeder`.
        """
        wanted = self.topology.root if feeder_id is None else feeder_id
        if wanted not in self.topology.number:
            raise GridError("unknown_feeder", {"feeder_id": wanted})
        return self.feeders[self.topology.number[wanted]]

    def nearest(self, device: DeviceState) -> FeederWatch:
        """Return the feeder that a device hangs on."""
        return self.feeders[self.topology.path(device.config.feeder_id)[0]]

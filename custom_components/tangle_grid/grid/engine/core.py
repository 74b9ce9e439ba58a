"""What an engine is made of: feeders, devices, requests; how they are found, shown and stored."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ..control.precedence import Precedence
from ..device.belief import believable_w
from ..device.state import DeviceState
from ..device.stay_forecast import StayLog
from ..market.market import Market
from ..model.errors import GridError
from ..model.events import GridEvent
from ..model.request import Ask, CurtailmentRequest
from ..model.world import Cause, GridConfig, SolarConfig
from ..network.protection import FeederWatch
from ..network.topology import Topology
from ..planning.plan import BATCH
from ..planning.planner import Planning
from ..requests.lifecycle import Lifecycle
from .failsafe import Told
from .persistence import dump, load
from .reporting import device_status, feeder_status
from .status import GridStatus, MarketAccount


class GridCore:
    """The parts of an engine.

    Args:
        config: The island.
        new_id: Makes unique request ids.
        state: What `to_dict` of an earlier run gave, if any; of anything else, what can be read (see `lost`).
        plan_batch: Cars that a step looks at for a plan that is being made; 0 leaves them to `go_on_planning`.

    Raises:
        GridError: `invalid_config`.
    """

    def __init__(
        self,
        config: GridConfig,
        *,
        new_id: Callable[[], str],
        state: Any = None,
        plan_batch: int = BATCH,
    ) -> None:
        self._config = config
        self._topology = Topology(config)
        self._feeders = [FeederWatch(feeder) for feeder in config.feeders]
        stays = StayLog(local=config.local)
        self._devices = {device.device_id: DeviceState(device, config.timing, stays) for device in config.devices}
        self._below = [
            tuple(each for each in self._devices.values() if self._topology.below(feeder.feeder_id, each.config))
            for feeder in config.feeders
        ]
        self._precedence = Precedence(config, self._topology)
        self._lifecycle = Lifecycle(self._devices, config.timing, config.market, config.local)
        self._market = Market(
            config=config,
            topology=self._topology,
            feeders=self._feeders,
            devices=self._devices,
            lifecycle=self._lifecycle,
            new_id=new_id,
        )
        self._day_started_at: float | None = None
        self._now: float | None = None
        self._saved_at: float | None = None
        self._lost: list[str] = []
        plan: Mapping[str, Any] | None = None
        if state is not None:
            loaded = load(state, self._feeders, self._devices, self._lifecycle)
            self._day_started_at, self._saved_at = loaded.day_started_at, loaded.saved_at
            plan, self._lost = loaded.plan, loaded.lost
        self._planning = self._restore_planning(plan, plan_batch)
        self._planned: dict[str, float] = {}
        self._most_w = {
            device.device_id: believable_w(device, self._feeder(device.feeder_id).config) for device in config.devices
        }
        self._seen = False
        # Of the step that is going on, or did not come to its end.
        self._before: Mapping[str, Told] = {}
        self._happened: list[GridEvent] = []
        self._failing = False

    @property
    def config(self) -> GridConfig:
        """The island, with the policies that are in force."""
        return self._config

    @property
    def lost(self) -> Sequence[str]:
        """What of the stored state could not be read: paths, as `devices/car/stays`."""
        return tuple(self._lost)

    @property
    def requests(self) -> Mapping[str, CurtailmentRequest]:
        """Requests by id, oldest first: all that are not finished, and the newest finished ones."""
        return MappingProxyType(self._lifecycle.requests)

    def status(self, now: float) -> GridStatus:
        """A snapshot; also before the first step."""
        requests = self._lifecycle.open()
        balancing = {request.feeder_id for request in requests}
        protecting = {
            number
            for device in self._devices.values()
            if device.lease is not None and device.lease.cause is Cause.PROTECTION
            for number in self._topology.path(device.config.feeder_id)
        }
        return GridStatus(
            at=now,
            feeders={
                feeder.config.feeder_id: feeder_status(
                    feeder,
                    balancing=feeder.config.feeder_id in balancing,
                    protecting=number in protecting,
                )
                for number, feeder in enumerate(self._feeders)
            },
            devices={
                device_id: device_status(device, self._lifecycle.requests, self._planned.get(device_id))
                for device_id, device in self._devices.items()
            },
            open_requests=tuple(request.request_id for request in requests),
            reward_rate_i_per_kwh=self._market.rate(self._feeder(None)),
            plan=self._planning.status(now) if self._config.planning else None,
        )

    def account(self, now: float) -> MarketAccount:
        """What the rewards of this day have cost, and who earned them lately."""
        lifecycle = self._lifecycle
        return MarketAccount(
            spent_today_i=lifecycle.budget.spent_i,
            set_aside_i=lifecycle.budget.aside_i(lifecycle.requests),
            left_today_i=lifecycle.budget.left_today_i(lifecycle.requests),
            debts_i={
                device_id: round(lifecycle.debts.of(device_id, now))
                for device_id, device in self._devices.items()
                if not isinstance(device.config, SolarConfig)
            },
        )

    def start_day(self, now: float) -> None:
        """A new day: peaks start again from the present load, and there is a new budget."""
        self._day_started_at = now
        self._lifecycle.budget.start_day()
        for feeder in self._feeders:
            feeder.peak_w = 0.0 if feeder.reading is None else max(0.0, feeder.reading.total_w)

    def to_dict(self) -> dict[str, Any]:
        """All that a restart must not lose, JSON-able and small."""
        return {
            **dump(self._now or self._saved_at, self._day_started_at, self._feeders, self._devices, self._lifecycle),
            "plan": self._planning.to_dict(),
        }

    def _restore_planning(self, stored: Mapping[str, Any] | None, batch: int) -> Planning:
        try:
            return Planning(self._config, self._topology, stored, batch=batch)
        except KeyError, TypeError, ValueError, AttributeError, OverflowError:
            self._lost.append("plan")
            return Planning(self._config, self._topology, None, batch=batch)

    def _part(self, request_id: str, device_id: str, *, known_device: bool = True) -> tuple[CurtailmentRequest, Ask]:
        request = self._request(request_id)
        if known_device:
            self._device(device_id)
        if device_id not in request.asks:
            raise GridError("not_participating", {"device_id": device_id, "request_id": request_id})
        return request, request.asks[device_id]

    def _request(self, request_id: str) -> CurtailmentRequest:
        if request_id not in self._lifecycle.requests:
            raise GridError("unknown_request", {"request_id": request_id})
        return self._lifecycle.requests[request_id]

    def _device(self, device_id: str) -> DeviceState:
        if device_id not in self._devices:
            raise GridError("unknown_device", {"device_id": device_id})
        return self._devices[device_id]

    def _feeder(self, feeder_id: str | None) -> FeederWatch:
        wanted = self._topology.root if feeder_id is None else feeder_id
        if wanted not in self._topology.number:
            raise GridError("unknown_feeder", {"feeder_id": wanted})
        return self._feeders[self._topology.number[wanted]]

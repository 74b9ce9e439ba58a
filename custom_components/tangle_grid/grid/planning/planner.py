"""From measurements to the plan, and from the plan to what each charger may have now."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..device.state import DeviceState
from ..model.forecast import Forecast
from ..model.world import NOMINAL_V, ChargerConfig, ChargingMode, DeviceKind, GridConfig
from ..network.feeder_watch import FeederWatch, drawn_w
from ..network.topology import Topology
from .plan import BATCH, Planner, PlanStatus, Run
from .slot_dispatch import PlanCar

#: Earlier stays of a charger that make a departure worth planning with, when nobody told one.
_ENOUGH_STAYS: Final = 10
#: A below its setpoint at which a car shows the most that it takes.
_GAP_A: Final = 1.0
_WS_PER_WH: Final = 3600.0


class Planning:
    """The plan of an island, kept up to date.

    Args:
        config: The island.
        topology: Its feeder tree.
        state: What `to_dict` gave, if any.
        batch: Cars that `update` looks at for a plan that is being made; see `Planner`.
    """

    def __init__(
        self, config: GridConfig, topology: Topology, state: Mapping[str, Any] | None = None, *, batch: int = BATCH
    ) -> None:
        self.planner = Planner(config, topology, state, batch=batch)
        self._config = config
        self._topology = topology
        self._accepts_a: dict[str, float] = {}

    def update(
        self,
        now: float,
        devices: Sequence[DeviceState],
        feeders: Sequence[FeederWatch],
        forecast: Forecast | None,
        *,
        enabled: bool,
    ) -> dict[str, float]:
        """Learn, plan, and tell what limits there are.

        Args:
            now: Grid time.
            devices: All devices, brought up to date.
            feeders: By number, brought up to date.
            forecast: What is expected, if anybody says so.
            enabled: Whether to plan; what is usual is learned in any case.

        Returns:
            The most that chargers may have now, A per phase, by device; those that are missing are not limited.
        """
        chargers = [device for device in devices if isinstance(device.config, ChargerConfig)]
        cars = [car for device in chargers if (car := self._car(device, now)) is not None]
        self._learn(now, devices, chargers, feeders, frozenset(car.device_id for car in cars))
        if not enabled:
            return {}
        self.planner.update(
            now,
            cars,
            forecast=forecast,
            limits_w={
                feeder.config.feeder_id: (feeder.temporary.power_w, feeder.temporary.until)
                for feeder in feeders
                if feeder.temporary is not None
            },
        )
        # A plan outlives a change of mode until it is made anew.
        ceilings = {
            device.device_id: self.planner.ceiling_a(device.device_id, now)
            for device in chargers
            if device.mode is ChargingMode.DEPARTURE
        }
        return {device_id: amps for device_id, amps in ceilings.items() if amps is not None}

    def begins_at(self, device_id: str, now: float) -> float | None:
        """Return when the plan next lets a charger have something, grid time; None: it holds nothing for it."""
        return self.planner.begins_at(device_id, now)

    def runs(self, device_id: str) -> Sequence[Run]:
        """Return when the plan lets a charger's car have something, soonest first; nothing: it holds nothing for it."""
        return self.planner.runs(device_id)

    def status(self, now: float) -> PlanStatus | None:
        """Return the plan as it is displayed."""
        return self.planner.status(now)

    def to_dict(self) -> dict[str, Any]:
        """Return what was learned, JSON-able."""
        return self.planner.to_dict()

    def _learn(
        self,
        now: float,
        devices: Sequence[DeviceState],
        chargers: Sequence[DeviceState],
        feeders: Sequence[FeederWatch],
        planned: frozenset[str],
    ) -> None:
        base_w = {
            feeder.config.feeder_id: list(feeder.reading.power_w) for feeder in feeders if feeder.reading is not None
        }
        load_w = None if (main := base_w.get(self._topology.root)) is None else sum(main)
        others_w = 0.0
        for device in chargers:
            self._learn_limit(device)
            arrived_at = device.car.arrived_at if device.car.connected else None
            wanted_wh = 0.0 if arrived_at is None else device.car.session_ws / _WS_PER_WH + (device.need_wh() or 0.0)
            self.planner.arrivals.observe(now, device.device_id, arrived_at, wanted_wh)
            # Who is full or gone stops, even if the last measurement still shows it charging.
            ends = device.watch.compliant and (device.car.satisfied or not device.car.plugged_in)
            if device.device_id not in planned and not ends:
                others_w += max(0.0, device.power_w or 0.0)
            for number in self._topology.path(device.config.feeder_id):
                feeder = feeders[number]
                if feeder.reading is not None:
                    feeder_w = base_w[feeder.config.feeder_id]
                    for phase, watts in enumerate(drawn_w(device, feeder)):
                        feeder_w[phase] -= watts / NOMINAL_V * NOMINAL_V
        suns = [device for device in devices if device.config.kind is DeviceKind.SOLAR]
        sun_w = None
        if suns and all(device.power_w is not None for device in suns):
            sun_w = sum(max(0.0, -(device.power_w or 0.0)) for device in suns)
        self.planner.observe(
            now,
            {feeder_id: (first, second, third) for feeder_id, (first, second, third) in base_w.items()},
            others_w=others_w,
            sun_w=sun_w,
            load_w=load_w,
        )

    def _learn_limit(self, device: DeviceState) -> None:
        """Some cars take less than their charger can give: it shows when they stay below their setpoint."""
        if not device.car.plugged_in:
            self._accepts_a.pop(device.device_id, None)
            return
        told, drawn = device.setpoint, device.measured_a()
        known = self._accepts_a.get(device.device_id)
        if known is None and (told is None or device.car.slack_since is None or not _GAP_A < drawn < told - _GAP_A):
            return
        self._accepts_a[device.device_id] = max(drawn, known or 0.0)

    def _car(self, device: DeviceState, now: float) -> PlanCar | None:
        """Return a car of which enough is known."""
        config, told = device.config, device.car.told_departure_at(now)
        if (
            not isinstance(config, ChargerConfig)
            or device.mode is not ChargingMode.DEPARTURE
            or device.silent
            or device.car.satisfied
            or not device.car.plugged_in
            or not device.watch.compliant
            or (told is None and device.car.stays.count < _ENOUGH_STAYS)
            or (need_wh := device.need_wh()) is None
            or need_wh <= 0
            or device.car.overdue(now)
        ):
            # Who should have left already waits for nothing.
            return None
        return PlanCar(
            device_id=device.device_id,
            feeder_id=config.feeder_id,
            need_wh=need_wh,
            departs_at=device.car.departure_at(now) if told is None else told,
            certain=told is not None,
            min_a=config.min_current_a,
            max_a=min(config.max_current_a, max(config.min_current_a, self._accepts_a.get(device.device_id, 1e9))),
            step_a=config.step_a,
            phases=config.phases,
            charging=device.measured_a() >= config.min_current_a - _GAP_A,
        )

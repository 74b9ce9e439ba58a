"""The control pass: one decision for all chargers and batteries at once, from measurement to setpoint."""

from collections.abc import Iterable, Sequence
from typing import Final

from ..device.state import DeviceState
from ..model.world import NOMINAL_V, BatteryConfig, Cause, ChargerConfig, GridConfig
from ..network.feeder_watch import FeederWatch, drawn_a
from ..network.protection import Room, room_for
from ..network.topology import PHASES, Topology, feeder_of, phase_of, total_at
from ..network.uncontrolled_load import Members
from .battery_decision import BatteryDecision
from .capacity_reservation import NO_LIDS, Lids, put_lids_on
from .charger_decision import ChargerDecision
from .decision import Asked, DeviceDecision, Role, Wiring
from .phase_choice import change_phases
from .precedence import Precedence
from .reporting_cost import note_costs
from .sharing import Sharing

#: What a charger draws beyond its safe current before others stand in for it, A.
_BEYOND_A: Final = 1.0


class ControlPass:
    """Decides for all chargers and batteries.

    Args:
        config: The island.
        topology: Its feeder tree.
        feeders: By number, brought up to date.
        devices: All devices, brought up to date.
        lids: What keeps others from taking up what helpers give up.
        precedence: Who comes first, brought up to date.
        asked: What limits devices beside their feeders, now.
    """

    def __init__(
        self,
        *,
        config: GridConfig,
        topology: Topology,
        feeders: Sequence[FeederWatch],
        devices: Sequence[DeviceState],
        lids: Lids = NO_LIDS,
        precedence: Precedence,
        asked: Asked,
    ) -> None:
        self._config, self._topology, self._feeders = config, topology, feeders
        self._lids, self._precedence, self._asked = lids, precedence, asked
        self._all: list[DeviceDecision] = []
        self._chargers: list[ChargerDecision] = []
        self._batteries: list[BatteryDecision] = []
        wirings: dict[tuple[str, tuple[int, ...]], Wiring] = {}
        for device in devices:
            device_config = device.config
            if not isinstance(device_config, (ChargerConfig, BatteryConfig)):
                continue
            where = (device_config.feeder_id, device_config.phases)
            if (wiring := wirings.get(where)) is None:
                wiring = wirings[where] = Wiring.of(device, topology, feeders)
            if isinstance(device_config, BatteryConfig):
                self._batteries.append(battery := BatteryDecision(device=device, wiring=wiring))
                self._all.append(battery)
            else:
                self._chargers.append(charger := ChargerDecision(device=device, wiring=wiring))
                self._all.append(charger)

    def run(self) -> list[DeviceDecision]:
        """Decide; every decision comes back with its value and cause."""
        for decision in self._all:
            decision.role = decision.take_role(self._asked)
        charging = [each for each in self._chargers if each.role is Role.SHARING]
        storing = [each for each in self._batteries if each.role is Role.SHARING]
        feeding = [each for each in self._all if each.role is Role.FEEDING]
        uncertain = [each for each in self._chargers if each.role is Role.UNCERTAIN]
        disobedient = [each for each in self._chargers if each.role is Role.DISOBEDIENT]
        settled = [each for each in self._all if each.role is Role.SETTLED]
        restrained, controlled = [*uncertain, *disobedient], [*charging, *storing]
        for decision in controlled:
            decision.queue(self._precedence)
        self._stand_in(restrained, charging)
        room = room_for(
            Members(
                controlled=_limits(controlled),
                uncertain=_limits(uncertain),
                feeding=_limits(feeding),
                others=_limits((*disobedient, *settled)),
            ),
            self._feeders,
            margin=self._config.capacity_margin,
            band=self._config.increase_band,
            now=self._asked.now,
            timing=self._asked.timing,
        )
        self._doubt_phases(room)
        for limit, amps in self._asked.kept_free.items():
            # Nobody is raised into the room that a household's loads wait for.
            room.soft_a[limit] -= amps
            room.start_a[limit] -= amps
        put_lids_on(
            self._lids,
            room,
            charging=charging,
            storing=storing,
            others=(*restrained, *feeding),
            feeders=self._feeders,
            config=self._config,
        )
        self._restrain(room, restrained)
        self._feed_back(feeding)
        left = Sharing(controlled, room, self._feeders, self._config, self._asked).decide()
        change_phases(charging, self._chargers, left, self._topology, self._asked)
        note_costs(self._chargers, room, self._feeders, self._topology, now=self._asked.now, timing=self._asked.timing)
        return self._all

    def _stand_in(self, restrained: Iterable[ChargerDecision], charging: Iterable[ChargerDecision]) -> None:
        """Below a blind feeder all safe currents fit together: what one draws beyond its own, others go without."""
        beyond: dict[int, list[float]] = {}
        for decision in restrained:
            more_a = decision.beyond_safe_a
            for number in self._topology.path(decision.charger.feeder_id):
                if more_a > 0.0 and self._feeders[number].blind:
                    phases = beyond.setdefault(number, [0.0] * PHASES)
                    for phase in decision.charger.phases:
                        phases[phase] += more_a
        for decision in sorted(charging, key=lambda each: each.order, reverse=True) if beyond else ():
            for number in self._topology.path(decision.charger.feeder_id):
                short = beyond.get(number)
                if short is not None and any(short[phase] > _BEYOND_A for phase in decision.charger.phases):
                    decision.ceiling, decision.ceiling_cause = 0.0, Cause.SAFE_STATE
                    for phase in decision.charger.phases:
                        short[phase] -= decision.charger.safe_current_a

    def _doubt_phases(self, room: Room) -> None:
        """Where a phase is short of more than cars can give, a car may be on it that was believed to be elsewhere."""
        short = [limit for limit, amps in enumerate(room.hard_a[: total_at(0, len(self._feeders))]) if amps < 0]
        for decision in self._all if short else ():
            path = {feeder_of(limit) for limit in decision.wiring.limits}
            phases = frozenset(phase_of(limit) for limit in short if feeder_of(limit) in path)
            if phases and decision.device.phases.doubt(phases):
                decision.device.take_phases()
                decision.configure()

    def _restrain(self, room: Room, restrained: Iterable[ChargerDecision]) -> None:
        """Silent and disobedient chargers may only fall; when their feeder is short they are told to stop."""
        fuse_a = room.fuse_a(room.hard_a)
        for decision in restrained:
            limits = decision.wiring.limits
            if any(room.hard_a[limit] < 0 for limit in limits):
                # A temporary capacity leaves them their floor.
                decision.told = min(decision.told, decision.dimmed_a(self._config.dimming_floor_w))
            decision.restrain(self._asked.now, fuse_short=any(fuse_a[limit] < 0 for limit in limits))

    def _feed_back(self, feeding: Iterable[DeviceDecision]) -> None:
        """Cars and batteries that were asked to give energy do, as far as the feeder can carry it away."""
        carried: dict[int, float] = {}
        for decision in feeding:
            device, amps = decision.device, -decision.ceiling
            for limit in decision.wiring.limits:
                feeder = self._feeders[feeder_of(limit)]
                assert feeder.reading is not None  # noqa: S101  # blind feeders have no limits here
                drawn = drawn_a(device, feeder, phase_of(limit))
                load = carried.get(limit, feeder.reading.power_w[phase_of(limit)] / NOMINAL_V)
                capacity = feeder.limit_a[phase_of(limit)] * (1 - self._config.capacity_margin)
                amps = min(amps, max(0.0, capacity + load - drawn))
            given = decision.feed_back(amps)
            for limit in decision.wiring.limits:
                feeder = self._feeders[feeder_of(limit)]
                assert feeder.reading is not None  # noqa: S101  # blind feeders have no limits here
                load = carried.get(limit, feeder.reading.power_w[phase_of(limit)] / NOMINAL_V)
                carried[limit] = load - drawn_a(device, feeder, phase_of(limit)) - given


def _limits(decisions: Iterable[DeviceDecision]) -> list[tuple[DeviceState, tuple[int, ...]]]:
    return [(decision.device, decision.wiring.limits) for decision in decisions]

"""What an island does while its cable is dead, and until everything is back.

While the cable is dead, chargers are stopped and nobody is asked for anything. As long as nobody confirms that the
island is formed, nothing is told to feed in either. Where it is formed, the root carries what the inverters can give,
and what they say they give takes the meter's place; household loads are kept off by `plan_outage`, and cars that may
feed back carry their share. When the cable has settled, loads come back in the order of their ranks and then chargers
in the order of their names, one after the other.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..device.household_loads import RESTORE_FOR_S
from ..device.state import DeviceState
from ..model.events import GridEvent, SupplyChanged
from ..model.forecast import Forecast
from ..model.request import RequestState
from ..model.supply import Supply
from ..model.world import (
    NOMINAL_V,
    BatteryConfig,
    ChargerConfig,
    DeviceKind,
    HouseholdConfig,
    HouseholdTelemetry,
    Inputs,
    PhaseReading,
    Reason,
)
from ..network.supply import SupplyWatch
from ..planning.outage_plan import OutageLoad, Stored, keep_what_fits, plan_outage
from .parts import EngineParts

SLOT_S: Final = 900.0
#: How far the plan looks ahead: nobody knows when the cable comes back, but the sun does within two days, mostly.
AHEAD_SLOTS: Final = 192
#: A load that is switched now and then is on for about this share of the time.
_DUTY: Final = 0.3
#: The least that is taken to be the base load, of all that is seen.
_LEAST_BASE: Final = 0.25
#: The least load of so long is still remembered, s.
_REMEMBERED_S: Final = 3600.0
#: What the base load may be of what is usual, when that is carried on.
_LIKENESS: Final = (0.1, 2.0)
#: When the load rises by this share of what the inverters can give, the plan is made anew at once.
_CHANGED: Final = 0.1
#: A load that was switched off stays off for so long, s, and one that was let on again stays on, unless the inverters
#: are short.
_STAYS_OFF_S: Final = 1800.0
_STAYS_ON_S: Final = 900.0
#: A load is off so long after it was told, s, at the latest.
_SWITCHED_S: Final = 5.0


@dataclass(slots=True, kw_only=True)
class OutageOrders:
    """What an outage asks of devices.

    Attributes:
        chargers_a: The most that each charger may have now, A per phase; negative feeds back.
    """

    chargers_a: dict[str, float] = field(default_factory=dict)


class OutageControl:
    """Follows the supply from step to step; nothing happens on an island that cannot lose its cable."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._planned_at = -math.inf
        self._planned_w = 0.0
        self._seen_w: list[tuple[float, float]] = []
        self._looked_at: float | None = None
        self._overloaded_s = 0.0
        self._switched_at: dict[tuple[str, str], float] = {}

    @property
    def alone(self) -> bool:
        """The cable does not feed."""
        supply = self._parts.supply
        return supply is not None and supply.alone

    def take_in(self, now: float, inputs: Inputs, events: list[GridEvent]) -> Mapping[str, PhaseReading | None]:
        """Look at the supply, and return what the meters show: of an island, its inverters take the root's place."""
        supply = self._parts.supply
        if supply is None:
            return inputs.meters
        root = self._parts.feeder(None)
        if supply.observe(now, inputs.supply):
            events.append(SupplyChanged(supply=supply.state))
            self._planned_at = -math.inf
            self._seen_w = []
            # Another meter than before speaks from now on.
            root.change_source()
            if supply.alone:
                self._end_requests(now, events)
        root.ceiling_a = supply.ceiling_a
        if supply.state is not Supply.ISLAND:
            return inputs.meters
        reading = None if inputs.supply is None else inputs.supply.reading
        return {**inputs.meters, root.config.feeder_id: reading}

    def orders(self, now: float, forecast: Forecast | None, events: list[GridEvent]) -> OutageOrders:
        """Decide, from devices that are brought up to date, and note which loads stay off. News go to `events`."""
        supply = self._parts.supply
        if supply is None or supply.state is Supply.CABLE:
            return OutageOrders()
        if supply.state is Supply.RETURNING:
            return self._bring_back(supply, now, events)
        orders = OutageOrders(chargers_a={device.device_id: 0.0 for device in self._chargers()})
        if supply.state is Supply.ISLAND:
            # In the dark there is nothing to keep off: loads stay as they are.
            self._keep_loads(supply, now, forecast)
            orders.chargers_a |= self._feed_in()
        return orders

    def off(self, device_id: str) -> frozenset[str]:
        """Return the loads of a household that stay off."""
        return frozenset(self._parts.outage_off.get(device_id, ()))

    def _end_requests(self, now: float, events: list[GridEvent]) -> None:
        """Nobody helps a feeder that feeds nobody: what was delivered until now is settled."""
        lifecycle = self._parts.lifecycle
        for request in lifecycle.open():
            for ask in request.asks.values():
                if ask.waiting or ask.engaged:
                    lifecycle.end(request, ask, RequestState.CANCELLED, now, events, reason=Reason(key="ended_outage"))
            self._parts.market.close(request, events)

    def _chargers(self) -> Sequence[DeviceState]:
        return [device for device in self._parts.devices.values() if isinstance(device.config, ChargerConfig)]

    def _households(self) -> Sequence[tuple[DeviceState, HouseholdConfig]]:
        return [
            (device, device.config)
            for device in self._parts.devices.values()
            if isinstance(device.config, HouseholdConfig)
        ]

    # While the cable is dead

    def _keep_loads(self, supply: SupplyWatch, now: float, forecast: Forecast | None) -> None:
        reading = self._parts.feeder(None).reading
        load_w = 0.0 if reading is None else reading.total_w
        limit_w = sum(supply.ceiling_a or ()) * NOMINAL_V
        short = reading is not None and load_w > limit_w
        if self._stands(supply, now, load_w, limit_w) and short:
            # A motor that starts: the inverters stand it, and it may be over before they do not any more.
            return
        changed = load_w - self._planned_w > _CHANGED * max(limit_w, 1.0)
        due = changed or now - self._planned_at >= SLOT_S
        if not due and not short:
            return
        loads, sun_now_w = self._loads(), self._sun_now_w()
        base_now_w = self._base_now_w(now, load_w, loads, sun_now_w)
        if due:
            self._planned_at, self._planned_w = now, load_w
            sun_w, base_w = self._sun_w(now, sun_now_w, forecast), self._base_w(now, base_now_w)
            plan = plan_outage(self._stored(), base_w=base_w, sun_w=sun_w, loads=loads, most_w=limit_w, slot_s=SLOT_S)
            self._parts.outage_lasts_until = None if plan.lasts_s is None else now + plan.lasts_s
            kept = plan.kept
        else:
            # Short between two plans: whoever does not fit goes now, and nobody looks ahead in each pass.
            kept = keep_what_fits(self._stored(), base_w=base_now_w, sun_w=sun_now_w, loads=loads, most_w=limit_w)
        for device, config in self._households():
            for load in config.loads:
                name = f"{device.device_id}/{load.load_id}"
                on, off = _is_on(device, load.load_id), load.load_id in self.off(device.device_id)
                since_s = now - self._switched_at.get((device.device_id, load.load_id), -math.inf)
                if name in kept and off and since_s >= _STAYS_OFF_S and not short:
                    self._let_on(device, load.load_id, now)
                elif name not in kept and on and not off and (short or since_s >= _STAYS_ON_S):
                    self._parts.outage_off.setdefault(device.device_id, set()).add(load.load_id)
                else:
                    continue
                self._switched_at[device.device_id, load.load_id] = now

    def _stands(self, supply: SupplyWatch, now: float, load_w: float, limit_w: float) -> bool:
        """Tell whether inverters stand their load until the next pass, and a switch after it; call it in each pass.

        What they were overloaded for they need again to cool down.
        """
        config = supply.config
        elapsed_s = 0.0 if self._looked_at is None else max(0.0, now - self._looked_at)
        self._looked_at = now
        over = load_w > limit_w
        self._overloaded_s = max(0.0, self._overloaded_s + (elapsed_s if over else -elapsed_s))
        next_s = max(elapsed_s, _SWITCHED_S)
        return load_w <= limit_w * (1 + config.overload_share) and self._overloaded_s + 2 * next_s <= config.overload_s

    def _loads(self) -> list[OutageLoad]:
        """Return the loads that are on, or would be: those that are off for another reason ask for nothing."""
        return [
            OutageLoad(
                load_id=f"{device.device_id}/{load.load_id}",
                rank=1 + load.rank,
                power_w=load.rated_w,
                usual_w=(load.rated_w * _DUTY,),
                running=load.load_id not in self.off(device.device_id),
            )
            for device, config in self._households()
            for load in config.loads
            if load.load_id in self.off(device.device_id) or _is_on(device, load.load_id)
        ]

    def _stored(self) -> Stored:
        energy = room = discharge = charge = 0.0
        for device in self._parts.devices.values():
            config, soc = device.config, device.least_soc
            if soc is None or device.silent:
                continue
            if isinstance(config, BatteryConfig):
                energy += max(0.0, soc - config.min_soc) / 100.0 * config.capacity_wh
                room += (100.0 - config.min_soc) / 100.0 * config.capacity_wh
                discharge += config.max_discharge_w
                charge += config.max_charge_w
            elif isinstance(config, ChargerConfig) and (spare := _spare_wh(device, config)) > 0:
                energy += spare
                room += spare
                discharge += config.max_discharge_a * config.watts_per_amp
        return Stored(energy_wh=energy, room_wh=max(room, energy), discharge_w=discharge, charge_w=charge)

    def _sun_now_w(self) -> float:
        suns = [device for device in self._parts.devices.values() if device.config.kind is DeviceKind.SOLAR]
        return sum(max(0.0, -(device.power_w or 0.0)) for device in suns)

    def _sun_w(self, now: float, now_w: float, forecast: Forecast | None) -> list[float]:
        """Return what the sun gives, W per slot: what it gives now, then what is forecast or usual."""
        usual = self._parts.planning.planner.outlook
        expected = [now_w]
        for slot in range(1, AHEAD_SLOTS):
            begin = now + slot * SLOT_S
            forecast_w = (
                None if forecast is None or forecast.sun_w is None else forecast.sun_w.mean(begin, begin + SLOT_S)
            )
            watts = usual.usual_sun_w(begin) if forecast_w is None else forecast_w
            expected.append(0.0 if watts is None else max(0.0, watts))
        return expected

    def _base_now_w(self, now: float, load_w: float, loads: Sequence[OutageLoad], sun_w: float) -> float:
        """Return what nobody switches draws now, W."""
        running_w = sum(load.power_w for load in loads if load.running)
        all_w = max(0.0, load_w + sun_w - sum(device.power_w or 0.0 for device in self._chargers()))
        self._seen_w = [(at, watts) for at, watts in self._seen_w if now - at <= _REMEMBERED_S] + [(now, all_w)]
        # A load that is on need not draw what it can: something of what is seen is there whatever is on.
        return max(all_w - running_w, _LEAST_BASE * all_w)

    def _base_w(self, now: float, now_w: float) -> list[float]:
        """Return what nobody switches, W per slot: as it is now, and later as usual in the same proportion."""
        usual = self._parts.planning.planner.outlook
        # What is always there was there when least was seen.
        later_w = min(now_w, *[watts for _, watts in self._seen_w])
        usual_w = usual.usual_load_w(now)
        least, most = _LIKENESS
        share = None if not usual_w else min(most, max(least, later_w / usual_w))
        expected = [now_w]
        for slot in range(1, AHEAD_SLOTS):
            watts = usual.usual_load_w(now + slot * SLOT_S)
            expected.append(later_w if watts is None or share is None else watts * share)
        return expected

    def _feed_in(self) -> dict[str, float]:
        """Return what cars give, A per phase, negative: of the load, what they hold of all that is stored."""
        root = self._parts.feeder(None)
        stored = self._stored()
        if root.reading is None or stored.energy_wh <= 0:
            return {}
        given_a = sum(max(0.0, -device.measured_a()) * len(device.config.phases) for device in self._chargers())
        load_w = max(0.0, root.reading.total_w) + given_a * NOMINAL_V
        gives: dict[str, float] = {}
        for device in self._chargers():
            config = device.config
            assert isinstance(config, ChargerConfig)  # noqa: S101 - that is what _chargers are
            if (spare := _spare_wh(device, config)) <= 0:
                continue
            amps = min(config.max_discharge_a, load_w * spare / stored.energy_wh / config.watts_per_amp)
            amps = math.floor(amps / config.step_a) * config.step_a
            if amps >= config.min_current_a:
                gives[device.device_id] = -amps
        return gives

    # The cable is back

    def _bring_back(self, supply: SupplyWatch, now: float, events: list[GridEvent]) -> OutageOrders:
        """Let one load after the other on again, by rank, and then the chargers."""
        gap_s = supply.config.restore_gap_s
        waiting = sorted(
            (load.rank, device.device_id, load.load_id)
            for device, config in self._households()
            for load in config.loads
            if load.load_id in self.off(device.device_id)
        )
        # What is no longer on the list of its household comes back first.
        known = {(device_id, load_id) for _, device_id, load_id in waiting}
        for device, _ in self._households():
            for load_id in [each for each in self.off(device.device_id) if (device.device_id, each) not in known]:
                self._let_on(device, load_id, now)
        if waiting and now - self._planned_at >= gap_s:
            _, device_id, load_id = waiting[0]
            self._let_on(self._parts.device(device_id), load_id, now)
            self._planned_at = now
        chargers = sorted(device.device_id for device in self._chargers())
        if waiting:
            return OutageOrders(chargers_a=dict.fromkeys(chargers, 0.0))
        first_at = self._planned_at if math.isfinite(self._planned_at) else (supply.since or now)
        free = int((now - first_at) / gap_s) if gap_s > 0 else len(chargers)
        if free >= len(chargers):
            supply.restored(now)
            events.append(SupplyChanged(supply=supply.state))
        return OutageOrders(chargers_a=dict.fromkeys(chargers[free:], 0.0))

    def _let_on(self, device: DeviceState, load_id: str, now: float) -> None:
        """Have a load come back, unless a request keeps it off as well."""
        off = self._parts.outage_off[device.device_id]
        off.remove(load_id)
        if not off:
            del self._parts.outage_off[device.device_id]
        if load_id not in device.loads.shed:
            device.loads.restoring[load_id] = now + RESTORE_FOR_S


def _spare_wh(device: DeviceState, config: ChargerConfig) -> float:
    """Return what a car may give, Wh: nothing without a floor that its owner set and a state of charge."""
    floor, soc, capacity_wh = config.policy.v2g_floor_soc, device.least_soc, config.battery_wh
    if config.max_discharge_a <= 0 or floor is None or soc is None or not capacity_wh or not device.car.plugged_in:
        return 0.0
    return max(0.0, soc - floor) / 100.0 * capacity_wh


def _is_on(device: DeviceState, load_id: str) -> bool:
    telemetry = device.telemetry
    return isinstance(telemetry, HouseholdTelemetry) and telemetry.loads_on.get(load_id) is True

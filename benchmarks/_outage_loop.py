"""One outage in a closed loop: the engine on one side, homes, batteries and the sun on the other."""

import itertools
import math
from dataclasses import dataclass, field
from typing import Final

from benchmarks._outage_model import HOURS, RETURNED, SHARES, SLOT_S, Outage, Served
from custom_components.tangle_grid.grid import (
    BatteryConfig,
    BatteryTelemetry,
    FeederConfig,
    GridConfig,
    GridEngine,
    HouseholdConfig,
    HouseholdSetpoint,
    HouseholdTelemetry,
    Inputs,
    MarketConfig,
    PhaseReading,
    ShedLoad,
    SolarConfig,
    SolarTelemetry,
)
from custom_components.tangle_grid.grid.model.forecast import Forecast, Series
from custom_components.tangle_grid.grid.model.supply import SupplyConfig, SupplyTelemetry
from custom_components.tangle_grid.grid.model.world import NOMINAL_V

START: Final = 1_700_000_100.0
#: What inverters stand beyond their power: this share, for this time.
STANDS_SHARE: Final = 0.1
STANDS_S: Final = 60.0
_BEFORE_S: Final = 120.0
_AFTER_S: Final = 3_600.0


@dataclass(slots=True, kw_only=True)
class Lived(Served):
    """What was served, and how.

    Attributes:
        loads: How many there are.
        overload: The greatest overload without a break, as a share of what inverters stand.
        dark_s: The inverters were empty or overloaded, and everybody in the dark, s.
        disorder_s: A load ran although one that comes before it, and takes no more, was kept off, s.
        to_capacity_s: From the loss to the new capacity, s.
        restore_s: From the cable's return until every load was back, s.
    """

    loads: int = 0
    overload: float = 0.0
    dark_s: float = 0.0
    disorder_s: float = 0.0
    to_capacity_s: float = math.inf
    restore_s: float = math.inf


@dataclass(slots=True)
class Loop:
    """One outage."""

    outage: Outage
    step_s: float
    _engine: GridEngine = field(init=False)
    _on: dict[tuple[str, str], bool] = field(init=False)

    def run(self) -> Lived:
        """Run from before the loss until after the return."""
        outage, step_s = self.outage, self.step_s
        self._engine = GridEngine(self._config(), new_id=map(str, itertools.count()).__next__)
        homes, ranks = range(len(outage.loads_w)), range(1, len(SHARES))
        self._on = {(f"home{home}", f"load{rank}"): True for home in homes for rank in ranks}
        lived = Lived(energy_wh=[0.0] * len(SHARES), hours=0.0)
        lived.loads = len(self._on)
        held_wh, over_ws, lasted_s = outage.start_wh, 0.0, outage.slots * SLOT_S
        t = -_BEFORE_S
        while t < lasted_s + _AFTER_S:
            slot = min(max(0, int(t // SLOT_S)), outage.slots - 1)
            dead = 0 <= t < lasted_s
            draws = [outage.wanted_w(slot, 0)] + [
                sum(outage.loads_w[home][rank][slot] for home in homes if self._on[f"home{home}", f"load{rank}"])
                for rank in ranks
            ]
            net_w = sum(draws) - outage.sun_w[slot]
            if dead:
                beyond_w = max(0.0, net_w - outage.inverter_w)
                over_ws = over_ws + beyond_w * step_s if beyond_w > 0 else 0.0
                stands_ws = STANDS_SHARE * outage.inverter_w * STANDS_S
                if net_w > 0 and (over_ws > stands_ws or held_wh <= net_w * step_s / 3600.0):
                    # All switch off, the sun's inverters with them.
                    lived.dark_s += step_s
                else:
                    lived.overload = max(lived.overload, over_ws / stands_ws)
                    if net_w > 0:
                        held_wh -= net_w * step_s / 3600.0
                    else:
                        room = min(-net_w, outage.inverter_w)
                        held_wh = min(outage.battery_wh, held_wh + room * step_s / 3600.0 * RETURNED)
                    for rank, watts in enumerate(draws):
                        lived.energy_wh[rank] += watts * step_s / 3600.0
                    lived.hours += step_s / 3600.0
            self._pass(t, slot, net_w, held_wh, dead=dead, lived=lived)
            t += step_s
        return lived

    def _pass(self, t: float, slot: int, net_w: float, held_wh: float, *, dead: bool, lived: Lived) -> None:
        now, outage = START + t, self.outage
        reading = _reading(net_w, now)
        sun = SolarTelemetry(reading=_reading(-outage.sun_w[slot], now))
        soc = 10.0 + 90.0 * held_wh / outage.battery_wh
        battery = BatteryTelemetry(reading=_reading(-net_w if dead else 0.0, now), soc=soc, soc_at=now)
        homes = {
            f"home{home}": HouseholdTelemetry(
                reading=_reading(sum(rank[slot] for rank in outage.loads_w[home]), now),
                loads_on={f"load{rank}": self._on[f"home{home}", f"load{rank}"] for rank in range(1, len(SHARES))},
            )
            for home in range(len(outage.loads_w))
        }
        begin = START + slot * SLOT_S
        result = self._engine.step(
            now,
            Inputs(
                meters={"street": None if dead else reading},
                devices={"sun": sun, "battery": battery, **homes},
                forecast=Forecast(
                    sun_w=Series(start=begin, step_s=SLOT_S, values=outage.forecast_w[slot:]),
                ),
                supply=SupplyTelemetry(cable=not dead, formed=dead, reading=reading if dead else None),
            ),
        )
        if dead and self._disorder():
            lived.disorder_s += self.step_s
        if dead:
            limit_w = sum(result.status.feeders["street"].capacity_w)
            if limit_w <= outage.inverter_w + 1.0:
                lived.to_capacity_s = min(lived.to_capacity_s, t)
        for setpoint in result.setpoints:
            if isinstance(setpoint, HouseholdSetpoint):
                for load in setpoint.shed:
                    lived.switched += self._on[setpoint.device_id, load]
                    self._on[setpoint.device_id, load] = False
                for load in setpoint.restore:
                    lived.switched += not self._on[setpoint.device_id, load]
                    self._on[setpoint.device_id, load] = True
        since = t - outage.slots * SLOT_S
        if since >= 0 and all(self._on.values()):
            lived.restore_s = min(lived.restore_s, since)

    def _disorder(self) -> bool:
        """Return whether a load runs although one that comes before it, and takes no more, is off."""
        ranked = [
            (
                int(load.removeprefix("load")),
                max(self.outage.loads_w[int(home.removeprefix("home"))][int(load[4:])]),
                on,
            )
            for (home, load), on in self._on.items()
        ]
        return any(
            runs and not waits and before < after and takes_less <= takes
            for after, takes, runs in ranked
            for before, takes_less, waits in ranked
        )

    def _config(self) -> GridConfig:
        outage = self.outage
        homes = tuple(
            HouseholdConfig(
                device_id=f"home{home}",
                feeder_id="street",
                loads=tuple(
                    ShedLoad(load_id=f"load{rank}", rated_w=max(loads[rank]), rank=rank - 1)
                    for rank in range(1, len(SHARES))
                ),
            )
            for home, loads in enumerate(outage.loads_w)
        )
        battery = BatteryConfig(
            device_id="battery",
            feeder_id="street",
            capacity_wh=round(outage.battery_wh / 0.9),
            max_charge_w=outage.inverter_w,
            max_discharge_w=outage.inverter_w,
            min_soc=10.0,
        )
        amps = outage.inverter_w / 3 / NOMINAL_V
        return GridConfig(
            feeders=(FeederConfig(feeder_id="street", capacity_a=(400.0,) * 3, threshold_a=(350.0,) * 3),),
            devices=(*homes, battery, SolarConfig(device_id="sun", feeder_id="street")),
            market=MarketConfig(automatic=False),
            supply=SupplyConfig(inverter_a=(amps, amps, amps)),
        )


def _reading(watts: float, now: float) -> PhaseReading:
    third = watts / 3
    return PhaseReading(power_w=(third, third, third), at=now, changed_at=now)


def nothing_done(outage: Outage) -> Served:
    """Return what is served when all that is wanted runs: overloaded or empty inverters switch off for everybody."""
    energy, hours, held_wh = [0.0] * len(SHARES), 0.0, outage.start_wh
    for slot in range(outage.slots):
        wanted = [outage.wanted_w(slot, rank) for rank in range(len(SHARES))]
        net_w = sum(wanted) - outage.sun_w[slot]
        if net_w > outage.inverter_w or net_w * HOURS > held_wh:
            continue
        if net_w > 0:
            held_wh -= net_w * HOURS
        else:
            held_wh = min(outage.battery_wh, held_wh + min(-net_w, outage.inverter_w) * HOURS * RETURNED)
        hours += HOURS
        energy = [served + watts * HOURS for served, watts in zip(energy, wanted, strict=True)]
    return Served(energy_wh=energy, hours=hours)

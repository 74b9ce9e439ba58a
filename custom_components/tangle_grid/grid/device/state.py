"""What the grid remembers of one device from step to step."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..model.lease import Lease
from ..model.request import Decision
from ..model.world import (
    NOMINAL_V,
    ChargerConfig,
    ChargerTelemetry,
    ChargingMode,
    DeviceConfig,
    PhaseReading,
    PhaseTriple,
    Reason,
    Telemetry,
    Timing,
)
from .belief import DeviceFault
from .car_session import CarSession
from .compliance import ComplianceWatch, measured_current_a
from .draw_bounds import CommandLog
from .freshness import fresh_reading
from .held_back import HeldBack
from .household_loads import HouseholdLoads
from .life_check import LifeCheck
from .measurement import PowerLog
from .min_current_detection import MinimumWatch
from .own_power import OwnPower
from .phase_change import ONE, THREE, PhaseChange
from .phase_count import PhaseCount
from .phase_detection import PhaseWatch
from .probing import Probe
from .report_interval import ReportWatch
from .resume_watch import ResumeWatch
from .shown_limit import ShownWatch
from .state_of_charge import ChargeWatch
from .stay_forecast import StayLog
from .trial import ChargerTrial
from .turns import Turns
from .unread_draw import UnreadDraw

#: Wh by which a car that has reached its target must fall short again before it is charged on, and percent.
_NEEDS_AGAIN_WH: Final = 500.0
_NEEDS_AGAIN: Final = 2.0
#: What is left to a car that uses less than it is granted on top of its draw, A.
_SPARE_A: Final = 2.0
#: A device that has reported nothing for longer is silent, however seldom it reports, s.
_OLDEST_S: Final = 3600.0
#: Who was told to pause for so long has done so, if it can be reached, s.
_LONG_PAUSE_S: Final = 300.0
#: Who draws less than this and was told to pause is paused, A.
_PAUSED_A: Final = 1.0


class DeviceState:
    """One device: configuration, newest telemetry, lease, obedience and totals.

    Attributes:
        device_id: Its id.
        reading: The newest trusted reading, None while the device is silent.
        fault: Why its newest reading is not believed, whatever its age; None: it is.
        log: Its measured power.
        own: The same without the time in which it helped.
        left_until: It has left a request by its own wish and is not asked again before this time.
        last_a: Greatest phase current of the last trusted reading, A; survives silence.
        configured: The configuration as it was entered; `config` has the phases and least current that were learned.
        car: The car at a charger.
        charge: How full the car or battery is.
        phases: Which phases its car uses.
        count: How many of them are proven to share a power that it is told.
        change: How it is changed over between one phase and three.
        minimum: The least current with which its car charges.
        reduced_at: When it was last reduced or found blind: increases wait from there.
        own_w: What a battery charged with when it was last left to itself, W.
        loads: What a household's loads were told.
        reports: How often it reports.
        life: Whether its silence says anything.
        turns: How often it was told less lately.
        held_back: What its seldom reports keep from cars.
        unread: Whether it can be read only while it draws nothing.
        commands: What a charger was told.
        assumed: What a meter has shown of a charger since its last report: grid time and A per phase.
        lowest_a: The least that a charger can be told, A per phase; 0: it can be paused.
        shown: What it makes of what it is told.
        resume: Whether it forgets its setpoint when it charges again after a pause.
        probe: When it may be tried although nobody sees what it does.
        first_shown_a: The limit that a charger showed when it was first seen, in the step in which it was, A.
        rewrite: It may have forgotten its setpoint.
        limit_a: The most that its charging session lets it have, A per phase; None: anything.
        trial: It is, or was, tried out.
        mode: The charging mode of a charger.
    """

    limit_a: float | None = None
    mode = ChargingMode.DEPARTURE
    trial: ChargerTrial | None = None
    _long_paused = False
    rewrite = False

    def __init__(self, config: DeviceConfig, timing: Timing, all_stays: StayLog | None = None) -> None:
        self.device_id = config.device_id
        self.config = self.configured = config
        self.phases = PhaseWatch(config.phases, config.max_current_a if isinstance(config, ChargerConfig) else 0.0)
        self.minimum = (
            MinimumWatch(config.min_current_a, config.max_current_a)
            if isinstance(config, ChargerConfig)
            else MinimumWatch(0.0, 0.0)
        )
        self.charge = ChargeWatch.of(config)
        self.car = CarSession(self.charge, StayLog() if all_stays is None else all_stays)
        self.log = PowerLog(2 * timing.baseline_window_s + timing.telemetry_max_age_s)
        self.own = OwnPower(3 * timing.baseline_window_s + timing.telemetry_max_age_s)
        self.left_until = -math.inf
        self.telemetry: Telemetry | None = None
        self.reading: PhaseReading | None = None
        self.silent = True
        self.fault: DeviceFault | None = None
        self._observed = False
        self.last_a = 0.0
        self.lease: Lease | None = None
        self.reduced_at: float | None = None
        self.watch = ComplianceWatch()
        self.reports = ReportWatch()
        self.life = LifeCheck()
        self.turns = Turns()
        self.held_back = HeldBack()
        self.unread = UnreadDraw()
        self.commands = CommandLog()
        self.assumed: tuple[float, PhaseTriple] | None = None
        self.lowest_a = 0.0
        self.shown = (
            ShownWatch(config.min_current_a, config.step_a) if isinstance(config, ChargerConfig) else ShownWatch()
        )
        self.resume = ResumeWatch()
        self.probe, self.change = Probe(), _change_of(config)
        self.count = PhaseCount()
        self.first_shown_a: float | None = None
        self._shown_before = False
        self._reachable = True
        self.own_w = 0.0
        self.loads = HouseholdLoads(config)
        self.last_decision: Decision | None = None
        self.request_id: str | None = None
        self.delivered_wh = self.earned_i = 0

    @property
    def soc(self) -> float | None:
        """State of charge that is expected, percent, while the device can be seen; None: unknown."""
        return None if self.silent else self.charge.expected

    @property
    def least_soc(self) -> float | None:
        """State of charge that it has at least, percent, while the device can be seen; None: unknown."""
        return None if self.silent else self.charge.surely

    @property
    def setpoint(self) -> float | None:
        """What it was told last."""
        return None if self.lease is None else self.lease.value

    @property
    def power_w(self) -> float | None:
        """Measured total, W, if trusted."""
        return None if self.reading is None else self.reading.total_w

    def observe(self, now: float, elapsed_s: float, telemetry: Telemetry | None, timing: Timing) -> bool:
        """Take in the newest telemetry; True when the device fell silent or came back."""
        if telemetry is not None:
            self.telemetry = telemetry
        self._observe_reports(telemetry)
        self._note_command()
        reading = fresh_reading(telemetry, now, timing, max_age_s=self.max_age_s(timing))
        self._observe_change(now, reading)
        self.reading = None if reading is None else self.phases.placed(self._as_of(now, reading))
        self.log.add(now, self.reading)
        self.own.observe(now, elapsed_s, self.reading)
        was_silent, self.silent = self.silent, self.reading is None
        lease = self.lease
        self._long_paused = lease is not None and lease.value == 0 and now - lease.changed_at >= _LONG_PAUSE_S
        if self.reading is not None:
            self.last_a = max(self.reading.power_w) / NOMINAL_V
        if isinstance(self.config, ChargerConfig):
            self._observe_car(elapsed_s, now, timing)
        else:
            self.charge.observe(now, telemetry, power_w=self.power_w, told=self.setpoint, plugged=True)
            if self.reading is not None and self.setpoint is None:
                self.own_w = max(0.0, self.reading.total_w)
        first, self._observed = not self._observed, True
        # That a device is there is no news at the start; that it is not, is.
        return self.silent if first else was_silent != self.silent

    def judged(self, telemetry: Telemetry | None, fault: DeviceFault | None) -> Telemetry | None:
        """Take in why its reading cannot be true, if so, and return what of the telemetry is believed."""
        if isinstance(telemetry, ChargerTelemetry):
            telemetry, fault = self.unread.judged(telemetry, fault, self.setpoint)
        self.fault = fault
        return telemetry

    def max_age_s(self, timing: Timing) -> float:
        """Return the age up to which its reports are believed, s."""
        own_s = self.config.max_age_s if isinstance(self.config, ChargerConfig) else None
        if own_s is not None:
            return own_s
        return max(self.reports.max_age_s(timing.telemetry_max_age_s, _OLDEST_S), self.life.patience_s)

    def asked_a(self, now: float, timing: Timing) -> float | None:
        """Return what it is told at most so that it has something to say, A per phase; None: it need not be asked."""
        reading, told_a = self.reading, self.setpoint
        if reading is None or told_a is None or not self._reachable:
            return None
        said = None if self.telemetry is None else self.telemetry.reading
        spoke_at = reading.at if said is None else max(said.at, said.heard_at or said.at)
        return self.life.asks(
            now, spoke_at=spoke_at, max_age_s=self.max_age_s(timing), drawn_a=self.last_a, told_a=told_a
        )

    def _as_of(self, now: float, reading: PhaseReading) -> PhaseReading:
        """Return a reading with the time for which it speaks: of who reports what changes, later than it was made."""
        lease = self.lease
        if lease is None or lease.value is None:
            return reading
        drawn_a = max(reading.power_w) / NOMINAL_V
        at = self.life.valid_at(reading, now, told_a=lease.value, told_at=lease.changed_at, drawn_a=drawn_a)
        return reading if at == reading.at else replace(reading, at=at)

    def mute(self, now: float) -> None:
        """Take it as silent, so that it may only fall: it cannot be read."""
        self.fault, self.reading, self.silent = DeviceFault.UNREADABLE, None, True
        # What could not be read is not kept to be stumbled over again.
        self.telemetry = None
        self._reachable = False
        self.log.add(now, None)
        self.own.observe(now, 0.0, None)

    def _note_command(self) -> None:
        """Remember what is in force, whoever decided it."""
        lease = self.lease
        if lease is not None and lease.value is not None:
            self.commands.add(lease.changed_at, lease.value, before=max(lease.value, self.last_a))

    def _observe_reports(self, telemetry: Telemetry | None) -> None:
        reachable = telemetry is not None and telemetry.available
        if not reachable:
            self.reports.interrupt()
            self.life.interrupt()
        elif telemetry is not None and telemetry.reading is not None and math.isfinite(telemetry.reading.at):
            self.reports.observe(telemetry.reading.at)
            self.life.observe(telemetry.reading, told_at=None if self.lease is None else self.lease.changed_at)
        if reachable and not self._reachable:
            # Whoever was gone may have been without power, and come back with a limit of its own.
            self.rewrite = True
        self._reachable = reachable
        if isinstance(telemetry, ChargerTelemetry):
            self.lowest_a = max(0.0, telemetry.lowest_a)
            self.first_shown_a = None if self._shown_before else telemetry.shown_a
            self._shown_before |= telemetry.shown_a is not None

    @property
    def resting(self) -> bool:
        """A charger of which nothing is heard, but which was paused before, and can be reached: it draws nothing.

        That it does is known from its last report or, where it reports only while it charges, from the meter. After a
        long pause it is enough that it can be reached: what it drew last is kept free for it anyway.
        """
        drawn_a, reading = self.last_a, None if self.telemetry is None else self.telemetry.reading
        if self.assumed is not None and reading is not None and self.assumed[0] > reading.at:
            drawn_a = max(self.assumed[1])
        paused = self._long_paused or abs(drawn_a) < _PAUSED_A
        return self.silent and self._reachable and self.setpoint == 0 and paused

    @property
    def late(self) -> bool:
        """It can be reached and has reported, but so long ago that it is not believed any more."""
        said = None if self.telemetry is None else self.telemetry.reading
        return self.silent and self._reachable and self.fault is None and said is not None

    def learn_shown(self, now: float) -> None:
        """Find out what it makes of what it is told, by what it shows."""
        config, lease, telemetry = self.config, self.lease, self.telemetry
        if not isinstance(config, ChargerConfig) or not isinstance(telemetry, ChargerTelemetry):
            return
        if self.car.connected is False:
            self.shown.forget()
        elif lease is not None and lease.value is not None:
            shown_a = telemetry.shown_a if self._reachable else None
            self.shown.observe(
                now,
                told_a=lease.value,
                told_at=lease.changed_at,
                shown_a=shown_a,
                slow_s=self.reports.max_age_s(0.0, _OLDEST_S),
            )
        if config.skips != (skips := tuple(sorted(self.shown.skips))):
            self.config = replace(config, skips=skips)
        self.take_minimum()

    def need_wh(self) -> float | None:
        """Return energy that the car still wants, Wh; None when unknown."""
        config, telemetry = self.config, self.telemetry
        if not isinstance(config, ChargerConfig) or not isinstance(telemetry, ChargerTelemetry):
            return None
        needed_wh = telemetry.energy_needed_wh
        if needed_wh is not None and math.isfinite(needed_wh):
            return max(0.0, needed_wh)
        return self.charge.need_wh(config.target_soc)

    def usable_a(self, now: float, timing: Timing) -> float:
        """Return the most that a car can be expected to use, A: its maximum, or what it draws plus a little.

        A car that tapers or waits does not hold on to current that others want. Once it draws nearly all that it was
        told, it may have more.
        """
        config = self.config
        assert isinstance(config, ChargerConfig)  # noqa: S101  # only chargers are asked
        if self.car.slack_since is None or self.setpoint is None or self.setpoint <= 0 or self._seeks_more:
            return config.max_current_a
        if now - self.car.slack_since < timing.compliance_grace_s:
            return config.max_current_a
        drawn_a = self.last_a if self.reading is None else self._uses_a(self.reading, self.setpoint)
        return max(config.min_current_a, min(self.setpoint, drawn_a + _SPARE_A))

    def learn_phases(self, now: float, meter: PhaseReading | None) -> None:
        """Find out which phases the car uses; `meter` is the newest trusted reading of the charger's feeder."""
        configured = self.configured
        if not isinstance(configured, ChargerConfig):
            return
        if configured.limit_undivided and self.reading is not None:
            self.count.observe(now, configured, self.reading, self.lease, plugged=self.car.connected)
        if not configured.learn_phases:
            return
        if self.car.connected is False:
            self.phases.part()
        elif self.reading is not None:
            # Without a plug to watch, a change of the car would go unnoticed: only what shows itself is used.
            self.phases.observe(now, self.reading, meter if self.car.connected else None)
        self.take_phases()

    def _observe_change(self, now: float, reading: PhaseReading | None) -> None:
        """Find out how many phases it is switched to, and let these count."""
        if not self.change.possible:
            return
        telemetry, told_a = self.telemetry, self.setpoint
        shown = telemetry.phases_shown if isinstance(telemetry, ChargerTelemetry) and self._reachable else None
        least_a = 0.0 if self.change.pauses else self._min_a
        idle = (
            reading is not None
            and told_a is not None
            and told_a <= least_a
            and max(map(abs, reading.power_w)) <= (least_a + _PAUSED_A) * NOMINAL_V
        )
        measured_at = None if reading is None else reading.at
        if reading is not None and self.phases.contradicts(reading):
            self.change.doubted = True
        self.change.observe(now, shown, idle=idle, measured_at=measured_at)
        self.phases.switch(self.configured.phases[:1] if self.change.in_use == ONE else None)
        self.take_phases()

    def phases_told(self, amps: float) -> int:
        """Return how many phases a power is for that stands for `amps` A on each: the fewer, the more each has.

        As few as it may be switched to, and as its car may use.
        """
        config = self.config
        if self.change.possible and self.change.in_use is None:
            return ONE
        if self._shares_unknown and isinstance(config, ChargerConfig):
            return self.count.told(config, amps)
        return len(config.phases)

    @property
    def _shares_unknown(self) -> bool:
        """Whether it is told a power and nobody knows how many phases share it."""
        config = self.config
        return isinstance(config, ChargerConfig) and config.limit_undivided and not self.phases.placed_by

    @property
    def is_first_tried(self) -> bool:
        """Whether it is given all or nothing for the first time, to find out whether its car charges with that."""
        minimum = self.minimum
        return self._shares_unknown and minimum.tries_all and minimum.learned is not None and not minimum.has_refused

    @property
    def phases_lid_a(self) -> float | None:
        """The most that it is told so that it shows how many phases share its power, A; None: anything."""
        return self.count.lid_a if self._shares_unknown else None

    @property
    def _seeks_more(self) -> bool:
        """Whether its car may need the power of more phases to charge at all, and this has not been tried yet."""
        return self._shares_unknown and self.count.proven == 1 and self.minimum.is_open

    @property
    def _min_a(self) -> float:
        """The least current with which a charger charges, A per phase."""
        return self.config.min_current_a if isinstance(self.config, ChargerConfig) else 0.0

    def take_phases(self) -> None:
        """Let the phases that are known by now count."""
        if self.phases.phases != self.config.phases:
            self.config = replace(self.config, phases=self.phases.phases)
            if self.reading is not None:
                self.reading = self.phases.placed(self.reading)

    def learn_minimum(self) -> None:
        """Find out with how little the car charges; only of one that is known to be there."""
        config, lease, reading = self.config, self.lease, self.reading
        if not isinstance(config, ChargerConfig) or not self.car.connected:
            self.minimum.forget()
        elif reading is not None and lease is not None and lease.value is not None:
            need_wh = self.need_wh()
            # A power that is meant for one phase starts no car that needs three: it is given all, or nothing.
            self.minimum.tries_all = self._shares_unknown and self.count.proven == 1
            self.minimum.observe(
                reading.at,
                told_a=lease.value,
                told_at=lease.changed_at,
                drawn_a=reading.total_w / NOMINAL_V if self.minimum.tries_all else self.last_a,
                wants=not self.car.satisfied and (need_wh is None or need_wh > _NEEDS_AGAIN_WH),
            )
        self.take_minimum()

    def take_minimum(self) -> None:
        """Let the least current that is known by now count."""
        least_a = max(self.minimum.current_a, self.shown.least_a, self._least_told_a())
        if isinstance(self.config, ChargerConfig) and self.config.min_current_a != least_a:
            self.config = replace(self.config, min_current_a=least_a)

    def _least_told_a(self) -> float:
        """Return what the least power that its limit takes stands for where it is for few phases, A per phase."""
        config, telemetry = self.config, self.telemetry
        if not self._shares_unknown or not isinstance(config, ChargerConfig):
            return 0.0
        least_w = telemetry.least_w if isinstance(telemetry, ChargerTelemetry) else 0.0
        return min(config.max_current_a, least_w / (NOMINAL_V * self.count.proven))

    def _observe_car(self, elapsed_s: float, now: float, timing: Timing) -> None:
        config, reading, told, car = self.config, self.reading, self.setpoint, self.car
        assert isinstance(config, ChargerConfig)  # noqa: S101  # only they have cars
        telemetry = self.telemetry if isinstance(self.telemetry, ChargerTelemetry) else None
        said = None if telemetry is None else telemetry.connected
        if car.observe_plug(now, said=said, reading=reading, timing=timing):
            # Some chargers forget their limit when a session begins.
            self.rewrite = True
        power_w = None if reading is None else reading.total_w
        car.count(now, elapsed_s, power_w)
        self.charge.observe(now, self.telemetry, power_w=power_w, told=told, plugged=car.connected)
        need = self.need_wh()
        if need is not None and need <= 0:
            car.satisfied = True
        elif need is not None:
            # What is shown in whole percent goes up and down by one.
            again_wh = max(_NEEDS_AGAIN_WH, (config.battery_wh or 0) * _NEEDS_AGAIN / 100)
            car.satisfied &= need <= again_wh
        else:
            soc = self.charge.expected
            car.satisfied &= soc is not None and soc >= config.target_soc - _NEEDS_AGAIN
        car.observe_departure(now, None if telemetry is None else telemetry.departure_at)
        car.observe_use(now, None if reading is None or told is None else self._uses_a(reading, told), told)

    def _uses_a(self, reading: PhaseReading, told_a: float) -> float:
        """Return what its car draws on a phase, A; of a total on unknown phases what fits best to all that it may."""
        if not reading.split or self.phases.learned is not None:
            return self.last_a
        total_a = reading.total_w / NOMINAL_V
        shares = [total_a / number for number in range(1, len(self.config.phases) + 1)]
        return min(shares, key=lambda share: (abs(share - told_a), share))

    def measured_a(self) -> float:
        """Return greatest phase current of a charger, A; the last known one while it is silent."""
        reading, config = self.reading, self.config
        if reading is None or not isinstance(config, ChargerConfig):
            return self.last_a
        return measured_current_a(config, reading)

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        self.log.clear()
        self.own.log.clear()
        self.reports.interrupt()
        self.life.interrupt()
        self.turns.forget()
        self.held_back.forget()
        self.commands.clear()
        self.assumed = None
        self.probe.forget_future(now)
        self.shown.forget_future(now)
        self.resume.forget_future()
        self.left_until = -math.inf
        if self.reduced_at is not None:
            self.reduced_at = min(self.reduced_at, now)
        self.watch.forget_future(now)
        self.change.forget_future(now)
        self.car.forget_future(now)
        self.charge.forget_future(now)
        self.loads.forget_future(now)
        if self.lease is not None:
            # Written in the future means: expiry unknown, so renew at once.
            written_at, changed_at = min(self.lease.written_at, now), min(self.lease.changed_at, now)
            self.lease = replace(self.lease, written_at=written_at, changed_at=changed_at, expires_at=now)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content: what a restart must not lose."""
        decision = self.last_decision
        return {
            **self.loads.to_dict(),
            "request_id": self.request_id,
            "delivered_wh": self.delivered_wh,
            "earned_i": self.earned_i,
            **self.car.to_dict(),
            "charge": self.charge.to_dict(),
            "phases": self.phases.to_dict(),
            "change": self.change.to_dict(),
            "count": self.count.to_dict(),
            "minimum": self.minimum.to_dict() if isinstance(self.config, ChargerConfig) else None,
            "reports": self.reports.to_dict(),
            "life": self.life.to_dict(),
            "forgets": self.resume.forgets,
            "mode": self.mode.value,
            "decision": None
            if decision is None
            else {
                "at": decision.at,
                "accepted": decision.accepted,
                "reason": {"key": decision.reason.key, "placeholders": dict(decision.reason.placeholders)},
                "request_id": decision.request_id,
                "power_w": decision.power_w,
                "rate": decision.rate,
            },
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take over what an earlier run stored with `to_dict`."""
        self.loads.restore(data)
        self.request_id = data["request_id"]
        self.delivered_wh = int(data["delivered_wh"])
        self.earned_i = int(data["earned_i"])
        self.car.restore(data)
        if (charge := data.get("charge")) is not None:
            self.charge.restore(charge)
        if (phases := data.get("phases")) is not None and isinstance(self.config, ChargerConfig):
            self.phases.restore(phases)
            self.take_phases()
        if (change := data.get("change")) is not None:
            self.change.restore(change)
        if (counted := data.get("count")) is not None:
            self.count.restore(counted)
        self.reports.restore(data.get("reports", ()))
        if (life := data.get("life")) is not None:
            self.life.restore(life)
        self.resume.forgets = bool(data.get("forgets", False))
        self.mode = ChargingMode(data.get("mode", ChargingMode.DEPARTURE))
        if (minimum := data.get("minimum")) is not None and isinstance(self.config, ChargerConfig):
            self.minimum.restore(minimum)
            self.take_minimum()
        if (decision := data["decision"]) is not None:
            self.last_decision = Decision(**{**decision, "reason": Reason(**decision["reason"])})


def _change_of(config: DeviceConfig) -> PhaseChange:
    """Return how a device is changed over; only chargers with three phases can be."""
    if not isinstance(config, ChargerConfig) or len(config.phases) != THREE:
        return PhaseChange(None)
    return PhaseChange(config.phase_hold_s, pauses=config.phase_pauses)

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
    DeviceConfig,
    HouseholdConfig,
    PhaseReading,
    PhaseTriple,
    Reason,
    Telemetry,
    Timing,
)
from .belief import DeviceFault
from .compliance import ComplianceWatch, measured_current_a
from .departure import Departure
from .draw_bounds import CommandLog
from .freshness import fresh_reading
from .held_back import HeldBack
from .life_check import LifeCheck
from .measurement import PowerLog
from .min_current_detection import MinimumWatch
from .phase_detection import PhaseWatch
from .plug import PlugWatch
from .probing import Probe
from .report_interval import ReportWatch
from .resume_watch import ResumeWatch
from .shown_limit import ShownWatch
from .state_of_charge import ChargeWatch
from .stay_forecast import StayLog
from .turns import Turns

#: Wh by which a car that has reached its target must fall short again before it is charged on, and percent.
_NEEDS_AGAIN_WH: Final = 500.0
_NEEDS_AGAIN: Final = 2.0
#: A below its setpoint at which a car no longer uses what it is granted, and what is left to it on top of its draw.
_IDLE_GAP_A: Final = 1.0
_SPARE_A: Final = 2.0
#: The longest time for which one reading says what a car was charged with, s: a clock may jump by a month.
_VOUCHED_S: Final = 900.0
#: With fewer stays of its own, a charger goes by those of all chargers.
_OWN_STAYS: Final = 10
#: How long a load is told to come back until it is seen on, s.
RESTORE_FOR_S: Final = 3600.0
#: What was shorter was no stay, s.
_LEAST_STAY_S: Final = 120.0
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
        own_log: The same without the time in which it helped; see `own_time`.
        helping: It has an active part in a request, or is on its way back from one.
        left_until: It has left a request by its own wish and is not asked again before this time.
        last_a: Greatest phase current of the last trusted reading, A; survives silence.
        configured: The configuration as it was entered; `config` has the phases and least current that were learned.
        plug: Whether a car is plugged in.
        plugged_in: A car may be there: unknown counts as there, and a slip of the plug's bit is none.
        departure: When it leaves, as somebody said.
        charge: How full the car or battery is.
        phases: Which phases its car uses.
        minimum: The least current with which its car charges.
        stays: How long its cars stayed.
        session_ws: What its car was charged with since the session began, W·s.
        session_at: When that was, grid time; it stays until the next one begins. None: nobody knows any more.
        arrived_at: When the car was plugged in; None: there is none, or nobody saw it.
        reduced_at: When it was last reduced or found blind: increases wait from there.
        own_w: What a battery charged with when it was last left to itself, W.
        shed: Household loads that are kept off, with the time since when.
        seen_off: Those of them that were seen off, in this run.
        restoring: Household loads to be switched on again, with the time until when that is tried.
        told_shed, told_restore: What the household was told last.
        reports: How often it reports.
        life: Whether its silence says anything.
        turns: How often it was told less lately.
        held_back: What its seldom reports keep from cars.
        commands: What a charger was told.
        assumed: What a meter has shown of a charger since its last report: grid time and A per phase.
        lowest_a: The least that a charger can be told, A per phase; 0: it can be paused.
        shown: What it makes of what it is told.
        resume: Whether it forgets its setpoint when it charges again after a pause.
        probe: When it may be tried although nobody sees what it does.
        first_shown_a: The limit that a charger showed when it was first seen, in the step in which it was, A.
        rewrite: It may have forgotten its setpoint.
        limit_a: The most that its charging session lets it have, A per phase; None: anything.
    """

    plugged_in = True
    limit_a: float | None = None
    _long_paused = False
    _wrong_charging = False
    rewrite = False
    satisfied = False

    def __init__(self, config: DeviceConfig, timing: Timing, all_stays: StayLog | None = None) -> None:
        self.device_id = config.device_id
        self.config = self.configured = config
        self.phases = PhaseWatch(config.phases, config.max_current_a if isinstance(config, ChargerConfig) else 0.0)
        self.minimum = (
            MinimumWatch(config.min_current_a, config.max_current_a)
            if isinstance(config, ChargerConfig)
            else MinimumWatch(0.0, 0.0)
        )
        self._all_stays = StayLog() if all_stays is None else all_stays
        self.stays = StayLog(local=self._all_stays.local)
        self.plug = PlugWatch()
        self.departure = Departure()
        self.charge = ChargeWatch.of(config)
        self.arrived_at: float | None = None
        self._expected_at: float | None = None
        self.log = PowerLog(2 * timing.baseline_window_s + timing.telemetry_max_age_s)
        self.own_log = PowerLog(3 * timing.baseline_window_s + timing.telemetry_max_age_s)
        self.helping = False
        self.left_until = -math.inf
        self._helped_s = 0.0
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
        self.commands = CommandLog()
        self.assumed: tuple[float, PhaseTriple] | None = None
        self.lowest_a = 0.0
        self.shown = (
            ShownWatch(config.min_current_a, config.step_a) if isinstance(config, ChargerConfig) else ShownWatch()
        )
        self.resume = ResumeWatch()
        self.probe = Probe()
        self.first_shown_a: float | None = None
        self._shown_before = False
        self._reachable = True
        self.slack_since: float | None = None
        self.session_ws = 0.0
        self.session_at: float | None = None
        self.own_w = 0.0
        self.shed: dict[str, float] = {}
        self.seen_off: set[str] = set()
        self.restoring: dict[str, float] = {}
        self.told_shed: frozenset[str] = frozenset()
        self.told_restore: frozenset[str] = frozenset()
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
    def connected(self) -> bool | None:
        """A car is there; None: nobody ever said."""
        return self.plug.connected

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
        self.reading = None if reading is None else self.phases.placed(self._as_of(now, reading))
        self.log.add(now, self.reading)
        self._log_own_power(now, elapsed_s)
        was_silent, self.silent = self.silent, self.reading is None
        lease = self.lease
        self._long_paused = lease is not None and lease.value == 0 and now - lease.changed_at >= _LONG_PAUSE_S
        if self.reading is not None:
            self.last_a = max(self.reading.power_w) / NOMINAL_V
        if isinstance(self.config, ChargerConfig):
            self._observe_plug(now, timing)
            self._observe_car(elapsed_s, now)
        else:
            self.charge.observe(now, telemetry, power_w=self.power_w, told=self.setpoint, plugged=True)
            if self.reading is not None and self.setpoint is None:
                self.own_w = max(0.0, self.reading.total_w)
        first, self._observed = not self._observed, True
        # That a device is there is no news at the start; that it is not, is.
        return self.silent if first else was_silent != self.silent

    def judged(self, telemetry: Telemetry | None, fault: DeviceFault | None) -> Telemetry | None:
        """Take in why its reading cannot be true, if so, and return what of the telemetry is believed.

        A charger whose reading cannot be true when it charges is right about the 0 W of a pause, and would be started
        and stopped for ever. It is believed again when it charges, or with the next car.
        """
        if isinstance(telemetry, ChargerTelemetry):
            reading = telemetry.reading
            if fault is DeviceFault.IMPLAUSIBLE and self.setpoint:
                self._wrong_charging = True
            elif telemetry.connected is False:
                self._wrong_charging = False
            elif self._wrong_charging and reading is not None:
                self._wrong_charging = max(map(abs, reading.power_w)) < _PAUSED_A * NOMINAL_V
                if self._wrong_charging:
                    telemetry, fault = replace(telemetry, reading=None), DeviceFault.IMPLAUSIBLE
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
        self._log_own_power(now, 0.0)

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
        if self.connected is False:
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

    def own_time(self, now: float) -> float:
        """Return a moment on the clock of `own_log`, which stands still while the device helps.

        So whoever helps in one request after the other keeps the baseline that it had before the first of them, and is
        no worse off than one that leaves each of them early to be seen drawing again.
        """
        return now - self._helped_s

    def _log_own_power(self, now: float, elapsed_s: float) -> None:
        if self.helping:
            self._helped_s += elapsed_s
            return
        reading = self.reading
        if reading is not None and self._helped_s:
            reading = replace(reading, at=self.own_time(reading.at))
        self.own_log.add(self.own_time(now), reading)

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
        if self.slack_since is None or self.setpoint is None or self.setpoint <= 0:
            return config.max_current_a
        if now - self.slack_since < timing.compliance_grace_s:
            return config.max_current_a
        return max(config.min_current_a, min(self.setpoint, self.last_a + _SPARE_A))

    def told_departure_at(self, now: float) -> float | None:
        """Return when the car leaves, as somebody said; None when nobody did, or when that time has passed."""
        departure = self.departure.at
        return departure if departure is not None and departure > now else None

    def overdue(self, now: float) -> bool:
        """Return whether the car should have left by now, as somebody said, but is there and not charged."""
        return self.departure.overdue(now) and self.plugged_in and not self.satisfied

    def departure_at(self, now: float) -> float:
        """Return when the car leaves: told, else expected from earlier stays; later than `now`."""
        told = self.told_departure_at(now)
        if told is not None:
            return told
        if self._expected_at is None or self._expected_at <= now:
            stays = self.stays if self.stays.count >= _OWN_STAYS else self._all_stays
            arrived_at = now if self.arrived_at is None else self.arrived_at
            self._expected_at = stays.expected_departure(arrived_at=arrived_at, now=now)
        return self._expected_at

    def shown_departure_at(self) -> float | None:
        """Return when the car leaves.

        Told, else as it was expected last; None when there is no car or nothing is known.
        """
        if not isinstance(self.config, ChargerConfig) or self.connected is False:
            return None
        return self._expected_at if self.departure.at is None else self.departure.at

    def learn_phases(self, now: float, meter: PhaseReading | None) -> None:
        """Find out which phases the car uses; `meter` is the newest trusted reading of the charger's feeder."""
        configured = self.configured
        if not isinstance(configured, ChargerConfig) or not configured.learn_phases:
            return
        if self.connected is False:
            self.phases.part()
        elif self.reading is not None:
            # Without a plug to watch, a change of the car would go unnoticed: only what shows itself is used.
            self.phases.observe(now, self.reading, meter if self.connected else None)
        self.take_phases()

    def take_phases(self) -> None:
        """Let the phases that are known by now count."""
        if self.phases.phases != self.config.phases:
            self.config = replace(self.config, phases=self.phases.phases)
            if self.reading is not None:
                self.reading = self.phases.placed(self.reading)

    def learn_minimum(self) -> None:
        """Find out with how little the car charges; only of one that is known to be there."""
        config, lease, reading = self.config, self.lease, self.reading
        if not isinstance(config, ChargerConfig) or not self.connected:
            self.minimum.forget()
        elif reading is not None and lease is not None and lease.value is not None:
            need_wh = self.need_wh()
            self.minimum.observe(
                reading.at,
                told_a=lease.value,
                told_at=lease.changed_at,
                drawn_a=self.last_a,
                wants=not self.satisfied and (need_wh is None or need_wh > _NEEDS_AGAIN_WH),
            )
        self.take_minimum()

    def take_minimum(self) -> None:
        """Let the least current that is known by now count."""
        least_a = max(self.minimum.current_a, self.shown.least_a)
        if isinstance(self.config, ChargerConfig) and self.config.min_current_a != least_a:
            self.config = replace(self.config, min_current_a=least_a)

    def _observe_plug(self, now: float, timing: Timing) -> None:
        telemetry, plug, before = self.telemetry, self.plug, self.connected
        said = telemetry.connected if isinstance(telemetry, ChargerTelemetry) else None
        doubted_since = plug.doubted_since
        plug.observe(now, said=said, reading=self.reading, hold_s=timing.plug_hold_s)
        self.plugged_in = plug.may_be_there(now, timing.plug_hold_s)
        if plug.connected and before is False:
            # Some chargers forget their limit when a session begins.
            self.rewrite = True
            self.session_ws, self.session_at = 0.0, now
            self.satisfied = False
            self.arrived_at = now
            self._expected_at = None
            self.charge.arrive(now)
        elif before and not plug.connected:
            left_at = now if doubted_since is None else doubted_since
            if self.arrived_at is not None and left_at - self.arrived_at >= _LEAST_STAY_S:
                for stays in (self.stays, self._all_stays):
                    stays.add(arrived_at=self.arrived_at, left_at=left_at)
            self.arrived_at = self._expected_at = None
            self.charge.leave(now)
        if plug.connected is False:
            self.departure.leave()

    def _observe_car(self, elapsed_s: float, now: float) -> None:
        config, reading, told, plugged = self.config, self.reading, self.setpoint, self.plug.connected
        assert isinstance(config, ChargerConfig)  # noqa: S101  # only they have cars
        if self.session_at is None and not self.session_ws:
            self.session_at = now
        power_w = None if reading is None else reading.total_w
        if power_w is not None:
            self.session_ws += max(0.0, power_w) * min(elapsed_s, _VOUCHED_S)
        self.charge.observe(now, self.telemetry, power_w=power_w, told=told, plugged=plugged)
        need = self.need_wh()
        if need is not None and need <= 0:
            self.satisfied = True
        elif need is not None:
            # What is shown in whole percent goes up and down by one.
            again_wh = max(_NEEDS_AGAIN_WH, (config.battery_wh or 0) * _NEEDS_AGAIN / 100)
            self.satisfied &= need <= again_wh
        else:
            soc = self.charge.expected
            self.satisfied &= soc is not None and soc >= config.target_soc - _NEEDS_AGAIN
        if plugged is not False:
            said: float | None = getattr(self.telemetry, "departure_at", None)
            self.departure.observe(now, said, charged=self.satisfied, watched=plugged is True)
        if reading is None or told is None or self._uses_a(reading, told) >= told - _IDLE_GAP_A:
            self.slack_since = None
        elif self.slack_since is None:
            self.slack_since = now

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

    def rated_w(self, loads: tuple[str, ...]) -> float:
        """Return rated power of some of a household's loads, W."""
        if not isinstance(self.config, HouseholdConfig):
            return 0.0
        return sum(load.rated_w for load in self.config.loads if load.load_id in loads)

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        self.log.clear()
        self.own_log.clear()
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
        if self.slack_since is not None:
            self.slack_since = min(self.slack_since, now)
        self.watch.forget_future(now)
        self.plug.forget_future()
        self.departure.forget_future(now)
        self.charge.forget_future(now)
        if self.arrived_at is not None:
            self.arrived_at = min(self.arrived_at, now)
        self.shed = {load: min(since, now) for load, since in self.shed.items()}
        self.restoring = {load: min(until, now + RESTORE_FOR_S) for load, until in self.restoring.items()}
        self._expected_at = None
        if self.lease is not None:
            # Written in the future means: expiry unknown, so renew at once.
            written_at, changed_at = min(self.lease.written_at, now), min(self.lease.changed_at, now)
            self.lease = replace(self.lease, written_at=written_at, changed_at=changed_at, expires_at=now)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content: what a restart must not lose."""
        decision = self.last_decision
        return {
            "shed": self.shed,
            "restoring": self.restoring,
            "request_id": self.request_id,
            "delivered_wh": self.delivered_wh,
            "earned_i": self.earned_i,
            "session_ws": self.session_ws,
            "session_at": self.session_at,
            "connected": self.connected,
            "arrived_at": self.arrived_at,
            "departure_at": self.departure.at,
            "charge": self.charge.to_dict(),
            "stays": self.stays.to_dict(),
            "phases": self.phases.to_dict(),
            "minimum": self.minimum.to_dict() if isinstance(self.config, ChargerConfig) else None,
            "reports": self.reports.to_dict(),
            "life": self.life.to_dict(),
            "forgets": self.resume.forgets,
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
        self.shed = {str(load): float(since) for load, since in data["shed"].items()}
        self.restoring = {str(load): float(until) for load, until in data["restoring"].items()}
        self.request_id = data["request_id"]
        self.delivered_wh = int(data["delivered_wh"])
        self.earned_i = int(data["earned_i"])
        self.session_ws, self.session_at = float(data["session_ws"]), data.get("session_at")
        self.plug.connected = data["connected"]
        self.arrived_at = data.get("arrived_at")
        self.departure.at = data.get("departure_at")
        if (charge := data.get("charge")) is not None:
            self.charge.restore(charge)
        self.stays = StayLog.from_dict(data.get("stays", []), self._all_stays.local)
        for arrived_at, stayed_s in self.stays.to_dict():
            self._all_stays.add(arrived_at=arrived_at, left_at=arrived_at + stayed_s)
        if (phases := data.get("phases")) is not None and isinstance(self.config, ChargerConfig):
            self.phases.restore(phases)
            self.take_phases()
        self.reports.restore(data.get("reports", ()))
        if (life := data.get("life")) is not None:
            self.life.restore(life)
        self.resume.forgets = bool(data.get("forgets", False))
        if (minimum := data.get("minimum")) is not None and isinstance(self.config, ChargerConfig):
            self.minimum.restore(minimum)
            self.take_minimum()
        if (decision := data["decision"]) is not None:
            self.last_decision = Decision(**{**decision, "reason": Reason(**decision["reason"])})

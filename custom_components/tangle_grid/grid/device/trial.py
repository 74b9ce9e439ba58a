"""Trying a charger out: its current goes down and up again, and what follows says how it is read and told.

A trial only ever puts a lid on what the control pass decides, so it can take nothing from anybody, and when it ends,
however that comes about, the lid is gone. It ends by itself: when all was seen, when something more important decides
about the charger, when nothing comes of it, and after `LONGEST_S` in any case. It is not kept over a restart.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ..model.world import NOMINAL_V, Cause, PhaseReading
from .meter_lag import WITHIN_S, MeterLag, MeterSight

#: No trial takes longer, s.
LONGEST_S: Final = 600.0
#: So far above its least current a charger is let rise, A: enough to see it come down again.
_RISE_A: Final = 4.0
#: A charger is given this long for each step, s, or so many of its own reports.
_PATIENCE_S: Final = 90.0
_REPORTS: Final = 3.0
_LONGEST_STEP_S: Final = 300.0
#: A setpoint that is not raised any more for this long is what there is, s.
_STEADY_S: Final = 45.0
#: What was measured this long after a change counts for it, s.
_SETTLE_S: Final = 5.0
#: After a pause others may come first, s.
_RESUME_S: Final = 180.0
#: Shares of what is told: who draws more than the first charges with it, more than the second has not followed.
_CHARGES: Final = 0.6
_OBEYS: Final = 1.1
_SLACK_W: Final = 150.0
#: Less than this is no charging, W, and a phase with more is used, W.
_PAUSED_W: Final = 200.0
_USED_W: Final = 1.5 * NOMINAL_V
#: Who draws so much less than it was told takes no more, A.
_BELOW_A: Final = 1.5
_PHASES: Final = 3
#: At its least current a car draws about that, as a share, and less than before by so much, W.
_ABOUT: Final = 0.12
_FELL_W: Final = 300.0
#: What is more important than a trial.
_FIRST: Final = {
    Cause.REQUEST: "request",
    Cause.RESERVED: "request",
    Cause.PAYMENT: "payment",
}


class Stage(StrEnum):
    """Where a trial is."""

    WAITING = "waiting"
    HIGH = "high"
    LOW = "low"
    PAUSE = "pause"
    RESUME = "resume"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a trial looks at in a step.

    Attributes:
        now: Grid time.
        told_a: What is in force, A per phase; None: nothing yet.
        told_at: Since when.
        cause: Why.
        reading: As it was reported, signed; None: nothing is known.
        report_s: How often the charger reports, s; None: not known yet.
        lowest_a: The least that it can be told, A per phase; 0: it can be paused.
        connected: A car is there; None: nobody says.
        asked: It is asked in a request, or helps in one.
        blind: Its feeder cannot be seen.
        meter: What the meter of its feeder shows; None: nothing.
    """

    now: float
    told_a: float | None
    told_at: float
    cause: Cause | None
    reading: PhaseReading | None
    report_s: float | None = None
    lowest_a: float = 0.0
    connected: bool | None = None
    asked: bool = False
    blind: bool = False
    meter: MeterSight | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialReport:
    """What a trial has seen.

    Attributes:
        stage: Where it is.
        reason: Why it came to no end: `no_car`, `silent`, `held`, `idle`, `no_room`, `request`, `protection`,
            `payment`, `meter`, `time`, `cancelled`, `failed`; None: it did, or goes on.
        high_a, low_a: What it was told, A per phase; None: it did not come to that.
        high_w, low_w: What it drew then, W.
        follows: It came down when it was told; None: not seen.
        follow_s: After how long, s.
        pauses: It stopped when it was told; None: not tried, or nothing to see.
        pause_s: After how long, s.
        resumes: It went on afterwards; None: not tried.
        resume_s: After how long, s.
        inverted: Its power is negative while it charges.
        phases: On how many phases the car charges; None: not seen.
        used: On which of them, as the charger counts them; empty where it tells only the total.
        takes_a: It takes no more than this of what it was told, A per phase; None: it takes all.
        report_s: How often it reports, s.
        meter_s: How long after it was told to come down the meter of its feeder showed it, s; None: not seen.
        meter_missed: That meter showed nothing of it.
    """

    stage: Stage = Stage.WAITING
    reason: str | None = None
    high_a: float | None = None
    high_w: float | None = None
    low_a: float | None = None
    low_w: float | None = None
    follows: bool | None = None
    follow_s: float | None = None
    pauses: bool | None = None
    pause_s: float | None = None
    resumes: bool | None = None
    resume_s: float | None = None
    inverted: bool = False
    phases: int | None = None
    used: tuple[int, ...] = ()
    takes_a: float | None = None
    report_s: float | None = None
    meter_s: float | None = None
    meter_missed: bool = False

    @property
    def ended(self) -> bool:
        """Nothing more comes."""
        return self.stage in {Stage.DONE, Stage.STOPPED}


class ChargerTrial:
    """One charger's trial.

    Args:
        now: Grid time.
        min_a: Its least current, A per phase.
        max_a: Its greatest one.

    Attributes:
        report: What was seen so far.
        most_a: The lid, A per phase; None: there is none any more.
    """

    def __init__(self, now: float, *, min_a: float, max_a: float) -> None:
        self.report = TrialReport()
        self._min_a = min_a
        self.most_a: float | None = min(max_a, min_a + _RISE_A)
        self._began = self._since = now
        self._meter = MeterLag()

    def stop(self, reason: str) -> None:
        """End it, if it goes on."""
        if not self.report.ended:
            self.report = replace(self.report, stage=Stage.STOPPED, reason=reason)
            self.most_a = None

    def look(self, sight: Sight) -> None:
        """Take in one step, and decide about the lid."""
        if self.report.ended:
            return
        self._meter.look(sight.now, sight.meter)
        self.report = replace(
            self.report, report_s=sight.report_s, meter_s=self._meter.lag_s, meter_missed=self._meter.missed
        )
        if (reason := self._stops(sight)) is not None:
            self.stop(reason)
            return
        match self.report.stage:
            case Stage.WAITING:
                self._wait(sight)
            case Stage.HIGH:
                self._look_high(sight)
            case Stage.LOW:
                self._look_low(sight)
            case Stage.PAUSE:
                self._look_paused(sight)
            case _:
                self._look_resumed(sight)

    def _stops(self, sight: Sight) -> str | None:
        if sight.now - self._began >= LONGEST_S or sight.now < self._began:
            return "time"
        if sight.connected is False:
            return "no_car"
        if sight.asked:
            return "request"
        if sight.blind:
            return "meter"
        if sight.cause in _FIRST:
            return _FIRST[sight.cause]
        if self.report.stage is Stage.WAITING:
            return None
        if sight.cause is Cause.SAFE_STATE:
            return "silent"
        # It was lowered once, and that is still the reason for its share; or it is lowered now.
        lowered = self.report.stage in {Stage.HIGH, Stage.LOW} and (sight.told_a or 0.0) < (self.most_a or 0.0)
        return "protection" if lowered and sight.cause is Cause.PROTECTION else None

    def _patience_s(self) -> float:
        own_s = _REPORTS * (self.report.report_s or 0.0)
        return min(max(_PATIENCE_S, own_s), _LONGEST_STEP_S)

    def _go_on(self, stage: Stage, now: float, most_a: float | None) -> None:
        self.report, self.most_a, self._since = replace(self.report, stage=stage), most_a, now

    def _wait(self, sight: Sight) -> None:
        """Until it has risen as far as it may, or gets no more."""
        told_a, most_a = sight.told_a or 0.0, self.most_a or 0.0
        steady = told_a == most_a or sight.now - sight.told_at >= _STEADY_S
        if 0 < told_a <= most_a and steady:
            self._go_on(Stage.HIGH, sight.now, told_a)
        elif sight.now - self._since >= self._patience_s():
            held = "protection" if sight.cause is Cause.PROTECTION else "held"
            self.stop("silent" if sight.reading is None else held)

    def _look_high(self, sight: Sight) -> None:
        """Until a measurement shows it charging with what it was told."""
        power_w = _settled_w(sight)
        if power_w is None or abs(power_w) < _CHARGES * NOMINAL_V * self._min_a:
            if sight.now - self._since >= self._patience_s():
                self.stop("silent" if power_w is None else "idle")
            return
        told_a, drawn_w = sight.told_a or self._min_a, abs(power_w)
        used = _used(sight.reading)
        phases = len(used) or max(1, min(_PHASES, math.ceil((drawn_w - _SLACK_W) / (NOMINAL_V * told_a * _OBEYS))))
        above = drawn_w > NOMINAL_V * phases * told_a * _OBEYS + _SLACK_W
        if above and sight.now - self._since < self._patience_s():
            # It came from above, and may be slow.
            return
        if not above and sight.meter is not None and sight.now - sight.told_at < WITHIN_S:
            # What its meter shows late of this change would be taken for the next one.
            return
        drawn_a = drawn_w / NOMINAL_V / phases
        self.report = replace(
            self.report,
            high_a=told_a,
            high_w=drawn_w,
            inverted=power_w < 0,
            phases=phases,
            used=used,
            takes_a=drawn_a if drawn_a < told_a - _BELOW_A else None,
        )
        if above:
            self.report = replace(self.report, follows=False)
            self._go_on(Stage.DONE, sight.now, None)
        elif told_a > self._min_a:
            self._meter.told(sight.now, sight.meter, drawn_w - NOMINAL_V * phases * self._min_a)
            self._go_on(Stage.LOW, sight.now, self._min_a)
        elif sight.lowest_a <= 0:
            self._pause(sight, drawn_w)
        else:
            self.stop("no_room")

    def _look_low(self, sight: Sight) -> None:
        """Until it has come down and its meter has shown it, or does not."""
        report = self.report
        if report.low_a is not None:
            self._pause_or_end(sight)
            return
        power_w, told_a = _settled_w(sight, wait_s=0.0), sight.told_a or 0.0
        if told_a <= self._min_a and power_w is not None:
            drawn_w, before_w = abs(power_w), report.high_w or 0.0
            most_w = NOMINAL_V * (report.phases or 1) * self._min_a * _OBEYS + _SLACK_W
            count = min(_PHASES, max(1, round(drawn_w / NOMINAL_V / self._min_a)))
            about = abs(drawn_w / (NOMINAL_V * count * self._min_a) - 1.0) <= _ABOUT and before_w - drawn_w >= _FELL_W
            if drawn_w <= most_w or about:
                # Who drew as little before has shown nothing.
                seen = before_w > most_w or about
                self.report = replace(
                    report,
                    low_a=told_a,
                    low_w=drawn_w,
                    follows=True if seen else None,
                    follow_s=_after_s(sight) if seen else None,
                    phases=len(report.used) or (count if seen else report.phases),
                )
                self._pause_or_end(sight)
                return
        if sight.now - self._since >= self._patience_s():
            if power_w is None:
                self.stop("silent")
                return
            self.report = replace(report, low_a=told_a, low_w=abs(power_w), follows=False)
            self._pause_or_end(sight)

    def _pause_or_end(self, sight: Sight) -> None:
        if self.report.follows and self._meter.waits:
            return
        if sight.lowest_a <= 0:
            self._pause(sight, self.report.low_w or 0.0)
        else:
            self.report = replace(self.report, pauses=False)
            self._go_on(Stage.DONE, sight.now, None)

    def _pause(self, sight: Sight, drawn_w: float) -> None:
        self._meter.told(sight.now, sight.meter, drawn_w)
        self._go_on(Stage.PAUSE, sight.now, 0.0)

    def _look_paused(self, sight: Sight) -> None:
        """Until it has stopped and its meter has shown it, or does not."""
        if self.report.pauses:
            if not self._meter.waits:
                self._go_on(Stage.RESUME, sight.now, self.report.high_a)
            return
        power_w = _settled_w(sight, wait_s=0.0)
        if sight.told_a == 0 and power_w is not None and abs(power_w) < _PAUSED_W:
            self.report = replace(self.report, pauses=True, pause_s=_after_s(sight))
        elif sight.now - self._since >= self._patience_s():
            self.report = replace(self.report, pauses=False)
            self._go_on(Stage.DONE, sight.now, None)

    def _look_resumed(self, sight: Sight) -> None:
        """Until it charges again."""
        power_w, told_a = _settled_w(sight, wait_s=0.0), sight.told_a or 0.0
        if told_a > 0 and power_w is not None and abs(power_w) >= _CHARGES * NOMINAL_V * self._min_a:
            self.report = replace(self.report, resumes=True, resume_s=_after_s(sight))
        elif sight.now - self._since < max(_RESUME_S, self._patience_s()):
            return
        elif told_a > 0:
            self.report = replace(self.report, resumes=False)
        self._go_on(Stage.DONE, sight.now, None)


def _settled_w(sight: Sight, wait_s: float = _SETTLE_S) -> float | None:
    """Return what was measured of what is told now, W; None: nothing yet."""
    if sight.reading is None or sight.reading.at < sight.told_at + wait_s:
        return None
    return sight.reading.total_w


def _after_s(sight: Sight) -> float:
    assert sight.reading is not None  # noqa: S101  # something was measured
    return max(0.0, sight.reading.at - sight.told_at)


def _used(reading: PhaseReading | None) -> tuple[int, ...]:
    if reading is None or reading.split:
        return ()
    return tuple(phase for phase, watts in enumerate(reading.power_w) if abs(watts) > _USED_W)

"""One control pass after the other: read, decide, write. A pass may fail; the loop does not.

Whatever fails in a pass, the safe state is written to all devices in the same turn, and the next pass tries again.

Reductions are written first, and only then a picture of the pass is made for people. Where many devices are read, or
told something at once, that is done in several turns of the event loop, so that others have theirs in between.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import islice
from typing import Final, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..clock import GridClock, as_datetime
from ..devices.adapters.readout import Readout
from ..devices.forecasts.source import ForecastSource
from ..grid.engine.engine import GridEngine
from ..grid.engine.failsafe import nothing_known
from ..grid.engine.status import Decisions, GridStatus
from ..grid.model.events import GridEvent
from ..grid.model.world import Cause, HouseholdSetpoint, Inputs, Setpoint, Telemetry
from ..grid.planning.plan import SMALL_BATCH
from .pass_watch import PassWatch
from .setpoint_writers import SetpointWriter, reduces

#: So many setpoints are handed over in one turn of the event loop.
AT_ONCE: Final = 100
#: More devices than these are read in a turn of their own, before the one that decides.
READ_APART: Final = 250
#: How much longer than for a piece of a plan the loop is left to others.
_PLAN_PAUSE: Final = 4.0


class Happened(Protocol):
    """Takes what happened in a pass."""

    def __call__(self, events: Iterable[GridEvent], *, persist: bool = False) -> None:
        """`persist`: the state must be saved before anybody acts on it."""


class ControlLoop:
    """Runs the engine on what is measured, and hands its setpoints to the devices.

    Attributes:
        engine: What decides.
        status: What the last pass that worked saw and decided.
        telemetry: What the devices reported to it.
        day: The day that it was in, ISO format.
        reaction_ms: From what led to the newest answer to an overload (a reading, or the time at which help was due to
            be asked for) to the setpoint written, in wall milliseconds.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        engine: GridEngine,
        *,
        clock: GridClock,
        readout: Readout,
        forecasts: ForecastSource,
        writers: Mapping[str, SetpointWriter],
        happened: Happened,
        show: Callable[[Exception | None], None],
        day: str | None,
    ) -> None:
        """Take the parts.

        Args:
            hass: Home Assistant.
            entry: The island.
            engine: What decides.
            clock: Grid time.
            readout: What is measured.
            forecasts: What is expected.
            writers: The ways to the devices, by id.
            happened: Told of the events of each pass, and whether the state must be saved before anybody acts on it.
            show: Told after each pass, and why if it failed.
            day: The day of the last pass of the run before.
        """
        self.engine = engine
        self.telemetry: Mapping[str, Telemetry] = {}
        self.day = day
        self.reaction_ms: float | None = None
        self._hass = hass
        self._entry = entry
        self._clock = clock
        self._readout = readout
        self._forecasts = forecasts
        self._writers = writers
        self._happened = happened
        self._show = show
        self._watch = PassWatch(hass, entry)
        self._inputs: Inputs | None = None
        self._now = 0.0
        self._began = 0.0
        self._told: dict[str, Setpoint] = {}
        self._unsaved: dict[str, Setpoint] = {}
        # What the last pass decided and has not been handed over yet, reductions first.
        self._waiting: dict[str, tuple[Setpoint, Callable[[], None] | None]] = {}
        self._turn: asyncio.Handle | None = None
        # The decision on what was read in the turn before, and when the meter's reading came that led to it.
        self._decision: asyncio.Handle | None = None
        self._meter_changed_at: float | None = None
        self._planning: asyncio.Task[None] | None = None
        self._running = False
        self._first: Decisions | Exception
        self.status: GridStatus
        # A first pass fills the picture for the entities. Its setpoints, the safe state, are written at the start.
        try:
            self._first = self._decide()
            self.status = engine.status(self._now)
        except Exception as error:  # noqa: BLE001 - an island with a fault in it starts in the safe state
            self._first = error
            self.status = nothing_known(engine.config, self._now)

    @callback
    def async_start(self) -> None:
        """Carry out the first pass, and from now on each other."""
        self._running = True
        first = self._first
        if isinstance(first, Exception):
            self._fall_back(first)
            return
        try:
            self._carry_out(first, None)
            if self._turn is None:
                self.status = self.engine.status(self._now)
        except Exception as error:  # noqa: BLE001 - see the top
            self._fall_back(error)

    @callback
    def async_step(self, meter_changed_at: float | None = None) -> None:
        """Make one control pass.

        Args:
            meter_changed_at: When the meter's reading came that led to it, on the performance counter.
        """
        if not self._running:
            return
        pending = self._decision is not None
        if pending:
            # What came in between counts as well, and nobody waits any longer.
            self._cancel_decision()
        else:
            self._began, self._meter_changed_at = time.perf_counter(), meter_changed_at
        try:
            if pending or len(self._writers) <= READ_APART:
                self._carry_out_and_show(self._decide())
            else:
                self._inputs, self._now = None, self._clock.now()
                self.telemetry = self._readout.devices()
                self._decision = self._hass.loop.call_soon(self._async_decide)
        except Exception as error:  # noqa: BLE001 - see the top
            self._fall_back(error)

    @callback
    def _async_decide(self) -> None:
        """Decide on what was read in the turn before."""
        self._decision = None
        try:
            self._carry_out_and_show(self._decide_on_telemetry())
        except Exception as error:  # noqa: BLE001 - see the top
            self._fall_back(error)

    def _cancel_decision(self) -> None:
        if self._decision is not None:
            self._decision.cancel()
            self._decision = None

    def _carry_out_and_show(self, result: Decisions) -> None:
        self._carry_out(result, self._meter_changed_at)
        if self._turn is None:
            self._conclude()

    @callback
    def _async_go_on(self) -> None:
        """Hand over some more of the setpoints, and come to the end of the pass when there are none left."""
        self._turn = None
        try:
            self._hand_over()
            if self._turn is None:
                self._conclude()
        except Exception as error:  # noqa: BLE001 - see the top
            self._fall_back(error)

    def _conclude(self) -> None:
        """Show, once all devices have been told, what the pass saw and decided."""
        self.status = self.engine.status(self._now)
        self._go_on_planning()
        self._show(None)
        self._watch.async_worked()

    def _decide(self) -> Decisions:
        self._inputs, self._now = None, self._clock.now()
        self.telemetry = self._readout.devices()
        return self._decide_on_telemetry()

    def _decide_on_telemetry(self) -> Decisions:
        self._inputs = None
        self._now = now = self._clock.now()
        self._start_day(now)
        self._inputs = Inputs(
            meters=self._readout.meters(),
            devices=self.telemetry,
            forecast=self._forecasts.forecast(),
            supply=self._readout.supply(),
        )
        return self.engine.decide(now, self._inputs)

    def _carry_out(self, result: Decisions, meter_changed_at: float | None) -> None:
        try:
            self._write(result, meter_changed_at)
            self.engine.reached()
            if result.events:
                # Whoever hears of them looks at once.
                self.status = self.engine.status(self._now)
        finally:
            self._happened(result.events, persist=result.persist)

    def _write(self, result: Decisions, meter_changed_at: float | None) -> None:
        """Hand setpoints to the devices, reductions first; of those that answer an overload, the time is taken."""
        for setpoint in result.setpoints:
            before = self._told.get(setpoint.device_id)
            self._told[setpoint.device_id] = setpoint
            written = None
            if before is not None and reduces(before, setpoint):
                written = self._reaction_clock(result, setpoint, meter_changed_at)
            if isinstance(setpoint, HouseholdSetpoint) and (result.persist or setpoint.device_id in self._unsaved):
                # Nobody would switch a load on again that was switched off and then forgotten in a crash.
                self._unsaved[setpoint.device_id] = setpoint
            else:
                # What still waits for its turn is out of date.
                self._waiting[setpoint.device_id] = (setpoint, written)
        self._waiting = dict(sorted(self._waiting.items(), key=lambda each: not each[1][0].reduces))
        self._hand_over()

    def _hand_over(self) -> None:
        """Hand as many setpoints to their devices as one turn of the event loop takes; the others have the next one."""
        waiting = self._waiting
        for device_id in tuple(islice(waiting, AT_ONCE)):
            setpoint, written = waiting.pop(device_id)
            self._writers[device_id].put(setpoint, written)
        if waiting and self._turn is None:
            self._turn = self._hass.loop.call_soon(self._async_go_on)

    def _cancel_turn(self) -> None:
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    def _fall_back(self, error: Exception) -> None:
        """A pass failed: the safe state for all, and whoever can mend it is told. Never raises."""
        setpoints, events = self.engine.fail_safe(self._now, self._inputs)
        waiting, self._waiting = self._waiting, {}
        self._cancel_turn()
        self._cancel_decision()
        for setpoint in setpoints:
            waiting.pop(setpoint.device_id, None)
            self._told[setpoint.device_id] = setpoint
            self._try(self._writers[setpoint.device_id].put, setpoint)
        # Whoever has no safe state of its own keeps what was decided for it.
        for device_id, (setpoint, _) in waiting.items():
            self._try(self._writers[device_id].put, setpoint)
        self._watch.async_failed(error)
        self._try(partial(self._happened, persist=True), events)
        self._try(self._show, error)

    def _try[T](self, do: Callable[[T], None], what: T) -> None:
        try:
            do(what)
        except Exception as error:  # noqa: BLE001 - the others have their turn all the same
            self._watch.async_failed(error)

    def _reaction_clock(
        self, result: Decisions, setpoint: Setpoint, meter_changed_at: float | None
    ) -> Callable[[], None] | None:
        """Return what is to be called when a reduction is written; None when no time is taken of it."""
        if meter_changed_at is None:
            # No reading led to this pass: what was due in it is a request.
            since = self._began if result.above_threshold and setpoint.cause is Cause.REQUEST else None
        else:
            # What is short within the margin is an overload that does not come to be.
            answers = result.above_threshold or setpoint.cause is Cause.PROTECTION
            since = meter_changed_at if answers else None
        if since is None:
            return None

        def written() -> None:
            self.reaction_ms = (time.perf_counter() - since) * 1000

        return written

    def _start_day(self, now: float) -> None:
        today = dt_util.as_local(as_datetime(now)).date().isoformat()
        if self.day is not None and today != self.day:
            self.engine.start_day(now)
        self.day = today

    # What waits until the state is saved

    def take_unsaved(self) -> dict[str, Setpoint]:
        """Return the setpoints that wait until the present state is on disk."""
        unsaved, self._unsaved = self._unsaved, {}
        return unsaved

    def keep_unsaved(self, setpoints: Mapping[str, Setpoint]) -> None:
        """Keep waiting what could not be saved, but for what was decided since."""
        self._unsaved = {**setpoints, **self._unsaved}

    def write_saved(self, setpoints: Mapping[str, Setpoint]) -> None:
        """Write those of them that still hold."""
        for device_id, setpoint in setpoints.items():
            if self._running and self._told.get(device_id) is setpoint:
                self._waiting.pop(device_id, None)
                self._writers[device_id].put(setpoint)

    # Planning

    def _go_on_planning(self) -> None:
        if (self._planning is None or self._planning.done()) and self.engine.go_on_planning(0):
            self._planning = self._entry.async_create_background_task(
                self._hass, self._async_plan(), "tangle_grid plan", eager_start=False
            )

    async def _async_plan(self) -> None:
        """Make a plan that is due between the passes, and leave the loop to others most of the time."""
        goes_on = True
        while goes_on and self._running:
            begun = time.perf_counter()
            try:
                goes_on = self.engine.go_on_planning(SMALL_BATCH)
            except Exception as error:  # noqa: BLE001 - without a plan nobody is held back, and all else goes on
                self._watch.async_no_plan(error)
                return
            if goes_on:
                await asyncio.sleep(_PLAN_PAUSE * (time.perf_counter() - begun))

    async def async_close(self) -> None:
        """Stop, and leave every device in its safe state. May be called twice.

        Loads that are off because the cable is dead stay off: all at once, they would be too much for the inverters.
        """
        self._running = False
        self._waiting.clear()
        self._cancel_turn()
        self._cancel_decision()
        self._watch.async_close()
        supply = self.status.supply
        kept_off = () if supply is None else supply.kept_off
        await asyncio.gather(
            *(writer.async_close(leave=device_id in kept_off) for device_id, writer in self._writers.items())
        )
